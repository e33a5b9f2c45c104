//! What a request changes, in a table: each value now and after, with the names of what is referred
//! to.

use std::collections::{BTreeMap, BTreeSet};

use connectors::quickbooks::write::ATTACHMENT;
use figures::source::SourceRef;
use gate::draft::{Draft, Request, Verb};
use serde_json::Value;
use store::proposals::Sent;
use store::{Store, StoreError, TenantScope, mirror};

/// A value that becomes another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is the value of.
    pub what: String,
    /// Now; empty when there is none.
    pub now: String,
    /// After; empty when there is none.
    pub after: String,
}

/// What a request changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// What it does, to which record.
    pub title: String,
    /// The values.
    pub changes: Vec<Change>,
    /// The exact body, for whoever wants to see it.
    pub request: String,
}

/// What a draft changes, or changed: with the record as it was just before it was sent, else as it was
/// last read. Nothing where a person does it.
pub(super) async fn of(
    store: &Store,
    scope: &TenantScope,
    draft: &Draft,
    sent: Option<&Sent>,
) -> Result<Option<Changed>, StoreError> {
    let newest = mirror::cycle_as_of(store, scope, None).await?;
    let (Some(newest), Some(request)) = (newest, &draft.request) else {
        return Ok(None);
    };
    let read =
        async |record: &SourceRef| mirror::record_as_of(store, scope, newest.number, record).await;
    let before = match (sent, request.target()) {
        (Some(sent), _) => sent.intent.before.clone(),
        (None, Some(target)) => read(&target).await?,
        (None, None) => None,
    };
    let texts = [before.as_deref(), Some(request.body.as_str())];
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let named: BTreeSet<SourceRef> = texts
        .into_iter()
        .flatten()
        .flat_map(|text| referred(&parse(text)))
        .collect();
    let mut names = BTreeMap::new();
    for record in named {
        let text = read(&record).await?;
        let name = text.as_deref().and_then(name_of);
        let name = name.unwrap_or_else(|| record.id.to_string());
        names.insert(record, name);
    }
    Ok(Some(changed(request, before.as_deref(), &names)))
}

fn changed(
    request: &Request,
    before: Option<&str>,
    names: &BTreeMap<SourceRef, String>,
) -> Changed {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let now = before
        .map(|text| flat(&parse(text), names))
        .unwrap_or_default();
    let after = match request.verb {
        Verb::Create | Verb::Update => flat(&parse(&request.body), names),
        Verb::Void | Verb::Delete => BTreeMap::new(),
    };
    let keys = now
        .keys()
        .chain(after.keys().filter(|key| !now.contains_key(*key)));
    let changes = keys
        .filter_map(|key| {
            let (now, after) = (now.get(key), after.get(key));
            let differs =
                now != after && (after.is_some() || request.verb != Verb::Update || is_line(key));
            differs.then(|| Change {
                what: key.words.clone(),
                now: now.cloned().unwrap_or_default(),
                after: after.cloned().unwrap_or_default(),
            })
        })
        .collect();
    let number = |text: &str| {
        let value = parse(text);
        let named = value
            .get("DocNumber")
            .or_else(|| value.get("PaymentRefNum"));
        named.and_then(Value::as_str).map(str::to_owned)
    };
    let which = before.and_then(number).or_else(|| number(&request.body));
    let verb = match request.verb {
        Verb::Create => "New",
        Verb::Update => "Change of",
        Verb::Void => "Void of",
        Verb::Delete => "Removal of",
    };
    let kind = match request.entity.as_str() {
        ATTACHMENT => "attachment".to_owned(),
        entity => spaced(entity),
    };
    Changed {
        title: match which {
            Some(number) => format!("{verb} {kind} {number}"),
            None => format!(
                "{verb} {kind} {}",
                request.id.as_deref().unwrap_or_default()
            ),
        },
        changes,
        request: request.body.clone(),
    }
}

/// Where a value is, so that they come in the order of a document, and what people call it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    line: usize,
    /// What people call it.
    pub(super) words: String,
}

fn is_line(key: &Key) -> bool {
    key.line > 0
}

/// Members that say nothing to a person, or that the vendor keeps.
const LEFT_OUT: [&str; 25] = [
    "AttachableRef",
    "ContentType",
    "IncludeOnSend",
    "Id",
    "SyncToken",
    "MetaData",
    "domain",
    "sparse",
    "LineEx",
    "DetailType",
    "BillableStatus",
    "CurrencyRef",
    "LineNum",
    "TaxCodeRef",
    "APAccountRef",
    "ARAccountRef",
    "CustomField",
    "TxnTaxDetail",
    "Balance",
    "UnappliedAmt",
    "ProcessPayment",
    "SalesTermRef",
    "HomeBalance",
    "GlobalTaxCalculation",
    "ApplyTaxAfterDiscount",
];

pub(super) fn flat(value: &Value, names: &BTreeMap<SourceRef, String>) -> BTreeMap<Key, String> {
    let mut found = BTreeMap::new();
    walk(value, (0, ""), names, &mut found);
    found
}

fn walk(
    value: &Value,
    (line, name): (usize, &str),
    names: &BTreeMap<SourceRef, String>,
    found: &mut BTreeMap<Key, String>,
) {
    match value {
        Value::Null => {}
        Value::Object(members) if members.contains_key("value") => {
            let id = members
                .get("value")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let text = kind_of(name)
                .and_then(|kind| names.get(&SourceRef::quickbooks(kind, id)))
                .cloned()
                .unwrap_or_else(|| id.to_owned());
            put(found, line, name, text);
        }
        Value::Object(members) if members.contains_key("TxnId") => {
            let part = |name: &str| {
                members
                    .get(name)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let (kind, id) = (part("TxnType"), part("TxnId"));
            let number = names.get(&SourceRef::quickbooks(kind, id));
            let number = number.map_or(id, String::as_str);
            put(found, line, name, format!("{} {number}", spaced(kind)));
        }
        Value::Object(members) => {
            for (name, value) in members {
                if !LEFT_OUT.contains(&name.as_str()) {
                    walk(value, (line, name), names, found);
                }
            }
        }
        Value::Array(all) if name == "Line" => {
            for (at, one) in all.iter().enumerate() {
                walk(one, (at + 1, ""), names, found);
            }
        }
        Value::Array(all) => all
            .iter()
            .for_each(|one| walk(one, (line, name), names, found)),
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => put(found, line, name, text.clone()),
        other => put(found, line, name, number(&other.to_string())),
    }
}

fn put(found: &mut BTreeMap<Key, String>, line: usize, name: &str, text: String) {
    let what = in_words(name);
    let words = if line == 0 {
        what
    } else {
        format!("Line {line}, {}", what.to_lowercase())
    };
    found.insert(Key { line, words }, text);
}

/// An amount with separators; anything else as it is.
fn number(text: &str) -> String {
    figures::Money::parse(text).map_or_else(|_| text.to_owned(), |money| money.to_string())
}

fn in_words(name: &str) -> String {
    match name {
        "DocNumber" | "PaymentRefNum" => "Number".to_owned(),
        "TxnDate" => "Date".to_owned(),
        "DueDate" => "Due".to_owned(),
        "PrivateNote" => "Memo".to_owned(),
        "LinkedTxn" => "Applied to".to_owned(),
        "TotalAmt" => "Total".to_owned(),
        "CustomerRef" => "Customer or job".to_owned(),
        "PostingType" => "Side".to_owned(),
        "DepartmentRef" => "Location".to_owned(),
        name => spaced(name.strip_suffix("Ref").unwrap_or(name)),
    }
}

/// `JournalEntry` as `Journal entry`.
pub(super) fn spaced(name: &str) -> String {
    let mut words = String::new();
    for (at, letter) in name.chars().enumerate() {
        if at > 0 && letter.is_uppercase() {
            words.push(' ');
            words.extend(letter.to_lowercase());
        } else {
            words.push(letter);
        }
    }
    words
}

fn kind_of(member: &str) -> Option<&'static str> {
    [
        ("AccountRef", "Account"),
        ("DepositToAccountRef", "Account"),
        ("ClassRef", "Class"),
        ("CustomerRef", "Customer"),
        ("DepartmentRef", "Department"),
        ("ItemRef", "Item"),
        ("VendorRef", "Vendor"),
    ]
    .into_iter()
    .find(|(known, _)| *known == member)
    .map(|(_, kind)| kind)
}

/// Every record that a text refers to by an id, or is linked to.
pub(super) fn referred(value: &Value) -> Vec<SourceRef> {
    let text = |value: &Value, name: &str| Some(value.get(name)?.as_str()?.to_owned());
    match value {
        Value::Object(members) => {
            let link = text(value, "TxnType").zip(text(value, "TxnId"));
            let mut found: Vec<SourceRef> = link
                .map(|(kind, id)| SourceRef::quickbooks(&kind, &id))
                .into_iter()
                .collect();
            for (name, value) in members {
                let one = kind_of(name).zip(text(value, "value"));
                found.extend(one.map(|(kind, id)| SourceRef::quickbooks(kind, &id)));
                found.extend(referred(value));
            }
            found
        }
        Value::Array(all) => all.iter().flat_map(referred).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn name_of(record: &str) -> Option<String> {
    let value: Value = serde_json::from_str(record).ok()?;
    ["FullyQualifiedName", "DisplayName", "Name", "DocNumber"]
        .iter()
        .find_map(|name| value.get(name)?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(verb: Verb, body: &str) -> Request {
        Request {
            verb,
            entity: "Bill".into(),
            id: (verb != Verb::Create).then(|| "145".into()),
            body: body.to_owned(),
            before: Vec::new(),
        }
    }

    const BILL: &str = r#"{"Id":"145","SyncToken":"1","DocNumber":"88121","Balance":300,"TotalAmt":300.00,
        "Line":[{"Id":"1","Amount":1234.5,"DetailType":"AccountBasedExpenseLineDetail",
          "AccountBasedExpenseLineDetail":{"AccountRef":{"value":"80"},"CustomerRef":{"value":"5"}}}]}"#;

    fn lines(found: &Changed) -> Vec<String> {
        let one = |it: &Change| format!("{}: {} > {}", it.what, it.now, it.after);
        found.changes.iter().map(one).collect()
    }

    #[test]
    fn only_what_becomes_different_is_shown_with_names_for_ids() {
        let names = BTreeMap::from([
            (
                SourceRef::quickbooks("Customer", "5"),
                "Elm Street".to_owned(),
            ),
            (
                SourceRef::quickbooks("Customer", "6"),
                "Foothills".to_owned(),
            ),
        ]);
        let body = BILL
            .replace("\"value\":\"5\"", "\"value\":\"6\"")
            .replace("\"Balance\":300,", "");
        let found = changed(&request(Verb::Update, &body), Some(BILL), &names);
        assert_eq!(found.title, "Change of Bill 88121");
        assert_eq!(
            lines(&found),
            ["Line 1, customer or job: Elm Street > Foothills"]
        );
    }

    #[test]
    fn a_new_record_shows_all_it_says_and_one_that_goes_all_it_said() {
        let names = BTreeMap::new();
        let made = changed(&request(Verb::Create, BILL), None, &names);
        assert_eq!(
            lines(&made),
            [
                "Number:  > 88121",
                "Total:  > 300.00",
                "Line 1, account:  > 80",
                "Line 1, amount:  > 1,234.50",
                "Line 1, customer or job:  > 5",
            ]
        );
        let gone = changed(&request(Verb::Delete, "{}"), Some(BILL), &names);
        assert_eq!(gone.title, "Removal of Bill 88121");
        assert_eq!(lines(&gone)[0], "Number: 88121 > ");
    }

    #[test]
    fn a_payment_says_what_it_is_applied_to() {
        let body = r#"{"Id":"310","TotalAmt":900,"Line":[{"Amount":900,"LinkedTxn":[{"TxnId":"210","TxnType":"Invoice"}]}]}"#;
        let before = r#"{"Id":"310","TotalAmt":900,"UnappliedAmt":900}"#;
        let invoice = SourceRef::quickbooks("Invoice", "210");
        let value: Value = serde_json::from_str(body).unwrap();
        assert_eq!(referred(&value), std::slice::from_ref(&invoice));
        let names = BTreeMap::from([(invoice, "1087".to_owned())]);
        let found = changed(&request(Verb::Update, body), Some(before), &names);
        assert_eq!(
            lines(&found),
            [
                "Line 1, amount:  > 900.00",
                "Line 1, applied to:  > Invoice 1087"
            ]
        );
    }
}
