//! The requests that carry out a correction.
//!
//! An update is never built from what we know of a record: the stored text is taken, exactly what
//! is meant is changed in it, and it is sent back whole, because a member that is left out is
//! cleared. A new record says in its private note which proposal it came from, so that it is found
//! again when its answer was lost. Source: Intuit's API reference, "Full update", and the entities.

mod compensate;
mod entered;

use std::collections::BTreeSet;

use figures::Money;
use figures::model::Posting;
use figures::source::SourceRef;
use gate::correction::{
    BillLine, Coding, Correction, Entity, InvoiceLine, JournalLine, NewBill, NewInvoice,
    NewJournal, Recoding,
};
use gate::draft::{Document, PreImage, Request, Verb};
use serde_json::{Map, Value, json};

use super::image::{image, writable};
use super::{ATTACHMENT, NoObject, can_be_voided};

pub use compensate::{Effect, compensation};
pub use entered::entered;

/// Why there is no request for a correction. The texts finish "the request was not made: …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRequest {
    /// A record that it touches or names was not read.
    #[error("{0} was not read")]
    NotRead(SourceRef),
    /// A record whose text cannot be used.
    #[error("{record}: {reason}")]
    Unusable {
        /// The record.
        record: SourceRef,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A person does it.
    #[error("no interface can do it")]
    ForAPerson,
}

/// The text of a record as it was last read.
pub type Lookup<'a> = dyn Fn(&SourceRef) -> Option<String> + 'a;

/// The request of a correction. `mark` is the proposal's id, which goes into what is made.
///
/// # Errors
/// [`NoRequest`] when a record is not known or cannot be changed like this.
pub fn request(
    correction: &Correction,
    mark: &str,
    lookup: &Lookup<'_>,
) -> Result<Request, NoRequest> {
    match correction {
        Correction::PostBill(bill) => post_bill(bill, mark, lookup),
        Correction::EnterInvoice(invoice) => enter_invoice(invoice, mark, lookup),
        Correction::PostJournal(journal) => post_journal(journal, mark, lookup),
        Correction::ApplyPayment { payment, to } => apply(payment, to, lookup),
        Correction::Recode { document, change } => recode(document, change, lookup),
        Correction::Remove { document } => remove(document, lookup),
        Correction::Attach { to, document } => attach(to, document, mark, lookup),
        Correction::Instruct(_) => Err(NoRequest::ForAPerson),
    }
}

/// A record as it can be written back after a request with this verb: the whole text, or, for one that
/// is made again, without what belonged to the one that is gone and with the mark of the proposal.
///
/// # Errors
/// [`NoObject`] when the text is no JSON object.
pub fn as_it_was(verb: Verb, raw: &str, mark: &str) -> Result<String, NoObject> {
    let mut members = writable(raw)?;
    if matches!(verb, Verb::Void | Verb::Delete) {
        let before = members.get("PrivateNote").and_then(Value::as_str);
        let marked = format!("{} {}", before.unwrap_or_default(), note(mark));
        members.insert("PrivateNote".to_owned(), json!(marked.trim_start()));
        members.retain(|name, _| name != "Id" && name != "LinkedTxn");
        for line in lines_of(&mut members) {
            if let Some(line) = line.as_object_mut() {
                line.retain(|name, _| name != "Id" && name != "LineNum");
            }
        }
    }
    Ok(Value::Object(members).to_string())
}

/// Characters of a number (fault 2050).
pub const LONGEST_NUMBER: usize = 21;

/// The number of a document as it would be sent; nothing when it has none.
#[must_use]
pub fn number_of(body: &str) -> Option<String> {
    let members: Map<String, Value> = serde_json::from_str(body).ok()?;
    Some(members.get("DocNumber")?.as_str()?.to_owned())
}

/// The same document under its number with a letter behind it, because a void document and a twin
/// keep theirs and a company may want every number once; nothing when it has no number.
#[must_use]
pub fn numbered_otherwise(body: &str, letter: char) -> Option<String> {
    let mut members: Map<String, Value> = serde_json::from_str(body).ok()?;
    let number = members.get("DocNumber")?.as_str()?;
    let kept: String = number.chars().take(LONGEST_NUMBER - 1).collect();
    members.insert("DocNumber".to_owned(), json!(format!("{kept}{letter}")));
    Some(Value::Object(members).to_string())
}

/// A record that is changed: what the vendor keeps about it counts as well.
fn touched(record: &SourceRef, raw: &str) -> Result<PreImage, NoRequest> {
    let image = image(raw).map_err(|_| no_object(record))?;
    Ok(PreImage {
        record: record.clone(),
        content: image.content,
        standing: Some(image.standing),
    })
}

/// Records that are only named; their balances may move.
fn named(records: BTreeSet<SourceRef>, lookup: &Lookup<'_>) -> Result<Vec<PreImage>, NoRequest> {
    let one = |record: SourceRef| {
        let before = touched(&record, &read(&record, lookup)?)?;
        Ok(PreImage {
            standing: None,
            ..before
        })
    };
    records.into_iter().map(one).collect()
}

fn read(record: &SourceRef, lookup: &Lookup<'_>) -> Result<String, NoRequest> {
    lookup(record).ok_or_else(|| NoRequest::NotRead(record.clone()))
}

fn no_object(record: &SourceRef) -> NoRequest {
    NoRequest::Unusable {
        record: record.clone(),
        reason: "its text is no JSON object",
    }
}

fn create(
    entity: &str,
    body: Value,
    names: BTreeSet<SourceRef>,
    lookup: &Lookup<'_>,
) -> Result<Request, NoRequest> {
    Ok(Request {
        verb: Verb::Create,
        entity: entity.into(),
        id: None,
        body: without_nothing(body).to_string(),
        before: named(names, lookup)?,
    })
}

/// What is not said is left out.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name, without_nothing(value)))
                .collect(),
        ),
        Value::Array(all) => all.into_iter().map(without_nothing).collect(),
        other => other,
    }
}

fn amount(money: Money) -> Value {
    let cents = money.cents();
    let text = format!(
        "{}{}.{:02}",
        if cents < 0 { "-" } else { "" },
        cents.unsigned_abs() / 100,
        cents.unsigned_abs() % 100
    );
    // A decimal of digits is always a number; arbitrary precision keeps it as it is.
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// The amount of a line.
fn amount_of(line: &Value) -> Option<Money> {
    Money::parse(&line.get("Amount")?.to_string()).ok()
}

fn reference(id: Option<&str>) -> Value {
    id.map_or(Value::Null, |id| json!({ "value": id }))
}

/// A location, which the interface calls a department.
fn location_of(id: Option<&figures::SmolStr>) -> Option<SourceRef> {
    id.map(|id| SourceRef::quickbooks("Department", id))
}

fn note(mark: &str) -> String {
    format!("Plumbline {mark}")
}

fn post_bill(bill: &NewBill, mark: &str, lookup: &Lookup<'_>) -> Result<Request, NoRequest> {
    let mut names = BTreeSet::from([SourceRef::quickbooks("Vendor", &bill.vendor)]);
    names.extend(location_of(bill.location.as_ref()));
    for line in &bill.lines {
        names.insert(match &line.on {
            Coding::Account(id) => SourceRef::quickbooks("Account", id),
            Coding::Item(id) => SourceRef::quickbooks("Item", id),
        });
        names.extend(
            line.customer
                .iter()
                .map(|id| SourceRef::quickbooks("Customer", id)),
        );
        names.extend(
            line.class
                .iter()
                .map(|id| SourceRef::quickbooks("Class", id)),
        );
    }
    let line = |line: &BillLine| {
        let (kind, member, id) = match &line.on {
            Coding::Account(id) => ("AccountBasedExpenseLineDetail", "AccountRef", id),
            Coding::Item(id) => ("ItemBasedExpenseLineDetail", "ItemRef", id),
        };
        json!({
            "Amount": amount(line.amount),
            "Description": line.description.as_str(),
            "DetailType": kind,
            (kind): {
                (member): reference(Some(id)),
                "CustomerRef": reference(line.customer.as_deref()),
                "ClassRef": reference(line.class.as_deref()),
                "BillableStatus": "NotBillable",
            },
        })
    };
    let body = json!({
        "VendorRef": reference(Some(&bill.vendor)),
        "DocNumber": bill.number.as_str(),
        "TxnDate": bill.date.to_string(),
        "DueDate": bill.due.map(|day| day.to_string()),
        "DepartmentRef": reference(bill.location.as_deref()),
        "PrivateNote": note(mark),
        "Line": bill.lines.iter().map(line).collect::<Vec<_>>(),
    });
    create("Bill", body, names, lookup)
}

fn enter_invoice(
    invoice: &NewInvoice,
    mark: &str,
    lookup: &Lookup<'_>,
) -> Result<Request, NoRequest> {
    let mut names = BTreeSet::from([SourceRef::quickbooks("Customer", &invoice.customer)]);
    names.extend(location_of(invoice.location.as_ref()));
    for line in &invoice.lines {
        names.insert(SourceRef::quickbooks("Item", &line.item));
        names.extend(
            line.class
                .iter()
                .map(|id| SourceRef::quickbooks("Class", id)),
        );
    }
    let line = |line: &InvoiceLine| {
        json!({
            "Amount": amount(line.amount),
            "Description": line.description.as_str(),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": reference(Some(&line.item)),
                "ClassRef": reference(line.class.as_deref()),
            },
        })
    };
    let body = json!({
        "CustomerRef": reference(Some(&invoice.customer)),
        "DocNumber": invoice.number.as_str(),
        "TxnDate": invoice.date.to_string(),
        "DueDate": invoice.due.map(|day| day.to_string()),
        "DepartmentRef": reference(invoice.location.as_deref()),
        "PrivateNote": note(mark),
        "Line": invoice.lines.iter().map(line).collect::<Vec<_>>(),
    });
    create("Invoice", body, names, lookup)
}

fn post_journal(
    journal: &NewJournal,
    mark: &str,
    lookup: &Lookup<'_>,
) -> Result<Request, NoRequest> {
    let mut names = BTreeSet::new();
    for line in &journal.lines {
        names.insert(SourceRef::quickbooks("Account", &line.account));
        names.extend(
            line.class
                .iter()
                .map(|id| SourceRef::quickbooks("Class", id)),
        );
        names.extend(line.entity.iter().map(|entity| match entity {
            Entity::Customer(id) => SourceRef::quickbooks("Customer", id),
            Entity::Vendor(id) => SourceRef::quickbooks("Vendor", id),
        }));
    }
    let line = |line: &JournalLine| {
        json!({
            "Amount": amount(line.amount),
            "Description": line.description.as_str(),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {
                "PostingType": match line.posting {
                    Posting::Debit => "Debit",
                    Posting::Credit => "Credit",
                },
                "AccountRef": reference(Some(&line.account)),
                "ClassRef": reference(line.class.as_deref()),
                "Entity": match &line.entity {
                    None => Value::Null,
                    Some(Entity::Customer(id)) => {
                        json!({"Type": "Customer", "EntityRef": reference(Some(id))})
                    }
                    Some(Entity::Vendor(id)) => {
                        json!({"Type": "Vendor", "EntityRef": reference(Some(id))})
                    }
                },
            },
        })
    };
    let body = json!({
        "DocNumber": journal.number.as_str(),
        "TxnDate": journal.date.to_string(),
        "PrivateNote": note(mark),
        "Line": journal.lines.iter().map(line).collect::<Vec<_>>(),
    });
    create("JournalEntry", body, names, lookup)
}

fn apply(
    payment: &str,
    to: &[(figures::SmolStr, Money)],
    lookup: &Lookup<'_>,
) -> Result<Request, NoRequest> {
    let payment = SourceRef::quickbooks("Payment", payment);
    let raw = read(&payment, lookup)?;
    let mut members = writable(&raw).map_err(|_| no_object(&payment))?;
    let mut before = vec![touched(&payment, &raw)?];
    for (invoice, part) in to {
        let invoice = SourceRef::quickbooks("Invoice", invoice);
        before.push(touched(&invoice, &read(&invoice, lookup)?)?);
        lines_of(&mut members).push(json!({
            "Amount": amount(*part),
            "LinkedTxn": [{"TxnId": invoice.id.as_str(), "TxnType": "Invoice"}],
        }));
    }
    Ok(update(&payment, members, before))
}

fn recode(
    document: &SourceRef,
    change: &Recoding,
    lookup: &Lookup<'_>,
) -> Result<Request, NoRequest> {
    let unusable = |reason| NoRequest::Unusable {
        record: document.clone(),
        reason,
    };
    let raw = read(document, lookup)?;
    let mut members = writable(&raw).map_err(|_| no_object(document))?;
    let (member, from, to, kind) = match change {
        Recoding::Customer { from, to } => ("CustomerRef", Some(from), to, "Customer"),
        Recoding::Class { from, to } => ("ClassRef", from.as_ref(), to, "Class"),
        Recoding::Account { from, to } => ("AccountRef", Some(from), to, "Account"),
        Recoding::Item { from, to } => ("ItemRef", Some(from), to, "Item"),
    };
    if from == Some(to) {
        return Err(unusable("it is coded like that already"));
    }
    let mut changed = 0;
    for line in lines_of(&mut members) {
        let Some(detail) = detail_of(line) else {
            continue;
        };
        let has = detail
            .get(member)
            .and_then(|reference| reference.get("value"))
            .and_then(Value::as_str);
        if has != from.map(|id| id.as_str()) {
            continue;
        }
        let status = detail.get("BillableStatus").and_then(Value::as_str);
        if status == Some("HasBeenBilled") {
            return Err(unusable("a line of it was billed to the customer already"));
        }
        detail.insert(member.to_owned(), reference(Some(to)));
        changed += 1;
    }
    if changed == 0 {
        return Err(unusable("no line of it is coded like that"));
    }
    let mut before = vec![touched(document, &raw)?];
    let names = BTreeSet::from([SourceRef::quickbooks(kind, to)]);
    before.extend(named(names, lookup)?);
    Ok(update(document, members, before))
}

fn remove(document: &SourceRef, lookup: &Lookup<'_>) -> Result<Request, NoRequest> {
    let raw = read(document, lookup)?;
    let mut before = vec![touched(document, &raw)?];
    // What it names is needed once more if it has to be entered again.
    let members = writable(&raw).map_err(|_| no_object(document))?;
    let mut names = BTreeSet::new();
    collect_names(&Value::Object(members), &mut names);
    before.extend(named(names, lookup)?);
    Ok(Request {
        verb: if can_be_voided(&document.kind) {
            Verb::Void
        } else {
            Verb::Delete
        },
        entity: document.kind.clone(),
        id: Some(document.id.clone()),
        body: "{}".to_owned(),
        before,
    })
}

/// What is said about a document; its bytes go along when it is sent.
fn attach(
    to: &SourceRef,
    document: &Document,
    mark: &str,
    lookup: &Lookup<'_>,
) -> Result<Request, NoRequest> {
    let body = json!({
        "AttachableRef": [{
            "EntityRef": {"type": to.kind.as_str(), "value": to.id.as_str()},
            "IncludeOnSend": false,
        }],
        "FileName": document.name,
        "ContentType": document.media_type.as_str(),
        "Note": note(mark),
    });
    create(ATTACHMENT, body, BTreeSet::from([to.clone()]), lookup)
}

/// Every record that a document names, of the kinds that can be made inactive.
fn collect_names(value: &Value, names: &mut BTreeSet<SourceRef>) {
    const KINDS: [(&str, &str); 6] = [
        ("AccountRef", "Account"),
        ("ClassRef", "Class"),
        ("CustomerRef", "Customer"),
        ("DepartmentRef", "Department"),
        ("ItemRef", "Item"),
        ("VendorRef", "Vendor"),
    ];
    match value {
        Value::Object(members) => {
            let of_entry = members.get("Type").and_then(Value::as_str);
            let entity = members
                .get("EntityRef")
                .and_then(|it| it.get("value")?.as_str());
            if let (Some(kind @ ("Customer" | "Vendor")), Some(id)) = (of_entry, entity) {
                names.insert(SourceRef::quickbooks(kind, id));
            }
            for (name, value) in members {
                let kind = KINDS.iter().find(|(member, _)| member == name);
                let id = value.get("value").and_then(Value::as_str);
                if let (Some((_, kind)), Some(id)) = (kind, id) {
                    names.insert(SourceRef::quickbooks(kind, id));
                }
                collect_names(value, names);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| collect_names(value, names)),
        _ => {}
    }
}

fn update(record: &SourceRef, members: Map<String, Value>, before: Vec<PreImage>) -> Request {
    Request {
        verb: Verb::Update,
        entity: record.kind.clone(),
        id: Some(record.id.clone()),
        body: Value::Object(members).to_string(),
        before,
    }
}

/// The lines of a document; without any it gets a list of none.
fn lines_of(members: &mut Map<String, Value>) -> &mut Vec<Value> {
    let lines = members.entry("Line").or_insert_with(|| json!([]));
    if !lines.is_array() {
        *lines = json!([]);
    }
    match lines {
        Value::Array(all) => all,
        _ => unreachable!("a list was put there"),
    }
}

/// The part of a line in which its coding is.
fn detail_of(line: &mut Value) -> Option<&mut Map<String, Value>> {
    let name = line.get("DetailType")?.as_str()?.to_owned();
    line.get_mut(&name)?.as_object_mut()
}

#[cfg(test)]
mod tests;
