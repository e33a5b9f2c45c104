//! The document that takes an effect back where the first one has to stay: its period is closed, or it
//! was paid or linked since. The books of then stay as they are; the opposite is entered on a day that
//! is open.
//!
//! A bill is taken back by a credit of its vendor, an invoice by a credit memo, an entry by its reverse,
//! a change of coding by an entry that moves the amounts back, and what was voided is entered again.
//! Source: Intuit's API reference, `VendorCredit`, `CreditMemo`, `JournalEntry`.

use std::collections::BTreeSet;

use figures::source::SourceRef;
use figures::{Date, Money};
use gate::draft::{Request, Verb};
use serde_json::{Map, Value, json};

use super::super::NoObject;
use super::{
    Lookup, NoRequest, amount, amount_of, as_it_was, collect_names, create, lines_of, note, read,
    reference,
};
use crate::quickbooks::write::image::writable;

/// Something that was done, as its records show it.
#[derive(Debug, Clone, Copy)]
pub struct Effect<'a> {
    /// The request that did it.
    pub request: &'a Request,
    /// The record that it made or changed.
    pub record: &'a SourceRef,
    /// The text of the record before; nothing for a new one.
    pub before: Option<&'a str>,
    /// The text of the record after it; nothing for one that is gone.
    pub after: Option<&'a str>,
}

/// The request that takes an effect back by another document of this day. `mark` is the proposal's id.
///
/// # Errors
/// [`NoRequest::ForAPerson`] where no document does, such as for a payment that was applied;
/// [`NoRequest::NotRead`] and [`NoRequest::Unusable`] as for any request.
pub fn compensation(
    effect: &Effect<'_>,
    day: Date,
    mark: &str,
    lookup: &Lookup<'_>,
) -> Result<Request, NoRequest> {
    let unread = || NoRequest::NotRead(effect.record.clone());
    let unusable = |NoObject| super::no_object(effect.record);
    let object = |text: Option<&str>| writable(text.ok_or_else(unread)?).map_err(unusable);
    let (entity, mut body) = match (effect.request.verb, effect.request.entity.as_str()) {
        (Verb::Create, "Bill") => ("VendorCredit", credit(object(effect.after)?)),
        (Verb::Create, "Invoice") => ("CreditMemo", credit(object(effect.after)?)),
        (Verb::Create, "JournalEntry") => ("JournalEntry", reverse(object(effect.after)?)),
        (Verb::Update, "Bill" | "Purchase") => {
            let (before, after) = (object(effect.before)?, object(effect.after)?);
            ("JournalEntry", moved_back(effect, before, after, lookup)?)
        }
        (verb @ (Verb::Void | Verb::Delete), entity) => {
            let before = effect.before.ok_or_else(unread)?;
            let again = as_it_was(verb, before, mark).map_err(unusable)?;
            return on(day, entity, object(Some(&again))?, lookup);
        }
        _ => return Err(NoRequest::ForAPerson),
    };
    body.retain(|name, _| !OF_THE_FIRST.contains(&name.as_str()));
    for line in lines_of(&mut body) {
        if let Some(line) = line.as_object_mut() {
            line.retain(|name, _| !matches!(name.as_str(), "Id" | "LineNum" | "LinkedTxn"));
        }
    }
    body.insert("PrivateNote".to_owned(), json!(note(mark)));
    on(day, entity, body, lookup)
}

/// The request that makes a document of this day.
fn on(
    day: Date,
    entity: &str,
    mut body: Map<String, Value>,
    lookup: &Lookup<'_>,
) -> Result<Request, NoRequest> {
    body.insert("TxnDate".to_owned(), json!(day.to_string()));
    let (body, mut names) = (Value::Object(body), BTreeSet::new());
    collect_names(&body, &mut names);
    create(entity, body, names, lookup)
}

/// What belongs to the first document alone.
const OF_THE_FIRST: [&str; 6] = [
    "Id",
    "LinkedTxn",
    "TotalAmt",
    "HomeTotalAmt",
    "EmailStatus",
    "PrintStatus",
];

/// A document without the sums that the vendor puts between its lines, and without when it is due.
fn credit(mut members: Map<String, Value>) -> Map<String, Value> {
    let kind =
        |line: &Value| line.get("DetailType").and_then(Value::as_str) == Some("SubTotalLineDetail");
    lines_of(&mut members).retain(|line| !kind(line));
    members.retain(|name, _| name != "DueDate" && name != "SalesTermRef");
    members
}

/// Debits become credits.
fn reverse(mut members: Map<String, Value>) -> Map<String, Value> {
    for line in lines_of(&mut members) {
        let side = line.pointer_mut("/JournalEntryLineDetail/PostingType");
        if let Some(side) = side {
            let other = if side == "Debit" { "Credit" } else { "Debit" };
            *side = json!(other);
        }
    }
    members
}

/// An entry that moves each line that is coded otherwise from where it is to where it was.
fn moved_back(
    effect: &Effect<'_>,
    mut before: Map<String, Value>,
    mut after: Map<String, Value>,
    lookup: &Lookup<'_>,
) -> Result<Map<String, Value>, NoRequest> {
    let unusable = |reason| NoRequest::Unusable {
        record: effect.record.clone(),
        reason,
    };
    // A purchase with this mark is a refund: its lines are credits.
    let is_refund = after.get("Credit").and_then(Value::as_bool) == Some(true);
    let location = after.get("DepartmentRef").cloned();
    let number = after.get("DocNumber").cloned();
    let (was, is) = (lines_of(&mut before), lines_of(&mut after));
    if was.len() != is.len() {
        return Err(unusable("it has more or fewer lines than before"));
    }
    let mut lines = Vec::new();
    for (was, is) in was.iter().zip(is.iter()) {
        let moved = amount_of(is).ok_or_else(|| unusable("a line of it has no amount"))?;
        if amount_of(was) != Some(moved) {
            return Err(unusable("a line of it has another amount than before"));
        }
        let (from, to) = (Coded::of(is, lookup)?, Coded::of(was, lookup)?);
        let (Some(from), Some(to)) = (from, to) else {
            continue;
        };
        if from == to || moved.is_zero() {
            continue;
        }
        let takes_from = if (moved < Money::ZERO) == is_refund {
            "Credit"
        } else {
            "Debit"
        };
        let gives_to = if takes_from == "Credit" {
            "Debit"
        } else {
            "Credit"
        };
        lines.push(from.line(takes_from, moved.abs(), location.as_ref()));
        lines.push(to.line(gives_to, moved.abs(), location.as_ref()));
    }
    if lines.is_empty() {
        return Err(unusable("no line of it is coded otherwise than before"));
    }
    let mut entry = Map::new();
    entry.extend(number.map(|number| ("DocNumber".to_owned(), number)));
    entry.insert("Line".to_owned(), Value::Array(lines));
    Ok(entry)
}

/// Where a line of a bill or purchase posts to.
#[derive(Debug, PartialEq, Eq)]
struct Coded {
    account: String,
    class: Option<String>,
    customer: Option<String>,
}

impl Coded {
    /// Nothing for a line that is no cost.
    fn of(line: &Value, lookup: &Lookup<'_>) -> Result<Option<Self>, NoRequest> {
        let Some(detail) = line
            .get("DetailType")
            .and_then(Value::as_str)
            .and_then(|kind| line.get(kind))
        else {
            return Ok(None);
        };
        let id = |member: &str| {
            let id = detail.get(member)?.get("value")?.as_str()?;
            Some(id.to_owned())
        };
        let account = match (id("AccountRef"), id("ItemRef")) {
            (Some(account), _) => account,
            (None, Some(item)) => account_of_item(&item, lookup)?,
            (None, None) => return Ok(None),
        };
        Ok(Some(Self {
            account,
            class: id("ClassRef"),
            customer: id("CustomerRef"),
        }))
    }

    fn line(&self, side: &str, magnitude: Money, location: Option<&Value>) -> Value {
        let entity = self
            .customer
            .as_deref()
            .map(|id| json!({"Type": "Customer", "EntityRef": reference(Some(id))}));
        json!({
            "Amount": amount(magnitude),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {
                "PostingType": side,
                "AccountRef": reference(Some(&self.account)),
                "ClassRef": reference(self.class.as_deref()),
                "DepartmentRef": location,
                "Entity": entity,
            },
        })
    }
}

/// What is bought as an item is a cost on the item's account.
fn account_of_item(item: &str, lookup: &Lookup<'_>) -> Result<String, NoRequest> {
    let record = SourceRef::quickbooks("Item", item);
    let members = writable(&read(&record, lookup)?).map_err(|_| super::no_object(&record))?;
    let account = members
        .get("ExpenseAccountRef")
        .and_then(|it| it.get("value"));
    let account = account.and_then(Value::as_str).map(str::to_owned);
    account.ok_or(NoRequest::Unusable {
        record,
        reason: "it has no account of costs",
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::lookup;
    use super::*;

    const DAY: &str = "2026-12-01";

    fn compensated(
        (verb, record): (Verb, &SourceRef),
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<(String, String), NoRequest> {
        let request = Request {
            verb,
            entity: record.kind.clone(),
            id: None,
            body: String::new(),
            before: Vec::new(),
        };
        let effect = Effect {
            request: &request,
            record,
            before,
            after,
        };
        let made = compensation(&effect, DAY.parse().unwrap(), "prp_2", &lookup)?;
        assert_eq!((made.verb, made.id), (Verb::Create, None));
        assert!(made.before.iter().all(|it| it.standing.is_none()));
        Ok((made.entity.to_string(), made.body))
    }

    #[test]
    fn a_bill_becomes_a_credit_of_the_same_lines_on_another_day() {
        let bill = r#"{"Id":"145","SyncToken":"2","VendorRef":{"value":"72"},"DocNumber":"88121",
            "TxnDate":"2026-10-02","DueDate":"2026-11-01","TotalAmt":90.50,"Balance":0,
            "LinkedTxn":[{"TxnId":"7","TxnType":"BillPaymentCheck"}],"PrivateNote":"Plumbline prp_1",
            "Line":[{"Id":"1","LineNum":1,"Amount":100.50,"DetailType":"AccountBasedExpenseLineDetail",
              "AccountBasedExpenseLineDetail":{"AccountRef":{"value":"80"},"CustomerRef":{"value":"5"}}},
              {"Id":"2","Amount":-10.00,"DetailType":"ItemBasedExpenseLineDetail",
              "ItemBasedExpenseLineDetail":{"ItemRef":{"value":"9"}}}]}"#;
        let record = SourceRef::quickbooks("Bill", "145");
        let (entity, body) = compensated((Verb::Create, &record), None, Some(bill)).unwrap();
        assert_eq!(entity, "VendorCredit");
        assert_eq!(
            body,
            r#"{"VendorRef":{"value":"72"},"DocNumber":"88121","TxnDate":"2026-12-01","PrivateNote":"Plumbline prp_2","Line":[{"Amount":100.50,"DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"80"},"CustomerRef":{"value":"5"}}},{"Amount":-10.00,"DetailType":"ItemBasedExpenseLineDetail","ItemBasedExpenseLineDetail":{"ItemRef":{"value":"9"}}}]}"#
        );
    }

    #[test]
    fn an_invoice_becomes_a_credit_memo_without_the_vendors_sums() {
        let invoice = r#"{"Id":"9","CustomerRef":{"value":"5"},"DocNumber":"1087","TxnDate":"2026-10-02",
            "Line":[{"Id":"1","Amount":7,"DetailType":"SalesItemLineDetail",
              "SalesItemLineDetail":{"ItemRef":{"value":"3"}}},
              {"Amount":7,"DetailType":"SubTotalLineDetail","SubTotalLineDetail":{}}]}"#;
        let record = SourceRef::quickbooks("Invoice", "9");
        let (entity, body) = compensated((Verb::Create, &record), None, Some(invoice)).unwrap();
        assert_eq!(entity, "CreditMemo");
        assert!(
            !body.contains("SubTotal") && body.contains("\"ItemRef\":{\"value\":\"3\"}"),
            "{body}"
        );
    }

    #[test]
    fn an_entry_is_reversed() {
        let entry = r#"{"Id":"9","DocNumber":"J1","TxnDate":"2026-10-02","Line":[
            {"Id":"0","Amount":5,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":
              {"PostingType":"Debit","AccountRef":{"value":"80"}}},
            {"Id":"1","Amount":5,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":
              {"PostingType":"Credit","AccountRef":{"value":"81"}}}]}"#;
        let record = SourceRef::quickbooks("JournalEntry", "9");
        let (_, body) = compensated((Verb::Create, &record), None, Some(entry)).unwrap();
        let sides: Vec<&str> = body
            .split("PostingType\":\"")
            .skip(1)
            .map(|it| &it[..5])
            .collect();
        assert_eq!(sides, ["Credi", "Debit"]);
    }

    /// The amounts go from where they are now to where they were, whatever their sign and side.
    #[test]
    fn a_change_of_coding_is_moved_back_by_an_entry() {
        let purchase = |job: &str, credit: bool| {
            format!(
                r#"{{"Id":"9","DocNumber":"C7","Credit":{credit},"DepartmentRef":{{"value":"2"}},"Line":[
                {{"Id":"1","Amount":100,"DetailType":"AccountBasedExpenseLineDetail",
                 "AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"80"}},"CustomerRef":{{"value":"{job}"}}}}}},
                {{"Id":"2","Amount":-30,"DetailType":"AccountBasedExpenseLineDetail",
                 "AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"80"}},"CustomerRef":{{"value":"{job}"}}}}}},
                {{"Id":"3","Amount":8,"DetailType":"AccountBasedExpenseLineDetail",
                 "AccountBasedExpenseLineDetail":{{"AccountRef":{{"value":"80"}},"CustomerRef":{{"value":"7"}}}}}}]}}"#
            )
        };
        let record = SourceRef::quickbooks("Purchase", "9");
        for is_refund in [false, true] {
            let (was, is) = (purchase("5", is_refund), purchase("6", is_refund));
            let (entity, body) =
                compensated((Verb::Update, &record), Some(&was), Some(&is)).unwrap();
            assert_eq!(entity, "JournalEntry");
            let value: Value = serde_json::from_str(&body).unwrap();
            let text =
                |line: &Value, at: &str| line.pointer(at).unwrap().as_str().unwrap().to_owned();
            let found: Vec<String> = value["Line"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| {
                    let detail = "/JournalEntryLineDetail";
                    let side = text(line, &format!("{detail}/PostingType"));
                    let job = text(line, &format!("{detail}/Entity/EntityRef/value"));
                    format!("{side} {} {job}", line["Amount"])
                })
                .collect();
            let expected = if is_refund {
                [
                    "Debit 100.00 6",
                    "Credit 100.00 5",
                    "Credit 30.00 6",
                    "Debit 30.00 5",
                ]
            } else {
                [
                    "Credit 100.00 6",
                    "Debit 100.00 5",
                    "Debit 30.00 6",
                    "Credit 30.00 5",
                ]
            };
            assert_eq!(found, expected);
            assert!(body.contains("\"DepartmentRef\":{\"value\":\"2\"}"));
        }
        let other = purchase("5", false).replace(":100,", ":101,");
        let refused = compensated(
            (Verb::Update, &record),
            Some(&other),
            Some(&purchase("6", false)),
        );
        assert!(matches!(refused, Err(NoRequest::Unusable { .. })));
    }

    #[test]
    fn what_was_voided_is_entered_again_and_a_payment_is_left_to_a_person() {
        let bill = r#"{"Id":"145","VendorRef":{"value":"72"},"DocNumber":"1","PrivateNote":"As agreed","TxnDate":"2026-10-02","Line":[]}"#;
        let record = SourceRef::quickbooks("Bill", "145");
        let (entity, body) = compensated((Verb::Void, &record), Some(bill), None).unwrap();
        assert_eq!(entity, "Bill");
        assert!(body.contains(DAY) && !body.contains("145"), "{body}");
        assert!(
            body.contains("\"PrivateNote\":\"As agreed Plumbline prp_2\""),
            "{body}"
        );
        let payment = SourceRef::quickbooks("Payment", "310");
        let refused = compensated((Verb::Update, &payment), Some("{}"), Some("{}"));
        assert_eq!(refused, Err(NoRequest::ForAPerson));
    }
}
