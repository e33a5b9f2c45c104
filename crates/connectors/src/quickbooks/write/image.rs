//! What a record says, apart from what moves by itself.
//!
//! Two readings of a record that nobody touched have the same image, although its version token,
//! its time stamps and the names that the vendor copies into references differ. The image is in two
//! parts: the *content*, which people enter, and the *standing*, which the vendor keeps about the
//! record (balance, what is linked to it). Source: Intuit's API reference, "Sparse update" and the
//! entities' read-only members.

use figures::SmolStr;
use gate::digest::{Digest, Fields};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// A record's image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    /// What people entered.
    pub content: Digest,
    /// What the vendor keeps about it.
    pub standing: Digest,
}

/// Members that say nothing about the books; the addresses of a document are good for minutes.
const NOISE: [&str; 10] = [
    "FileAccessUri",
    "TempDownloadUri",
    "ThumbnailFileAccessUri",
    "ThumbnailTempDownloadUri",
    "SyncToken",
    "MetaData",
    "domain",
    "sparse",
    "time",
    "LineEx",
];

/// Members that the vendor keeps and nobody writes.
const STANDING: [&str; 7] = [
    "Balance",
    "BalanceWithJobs",
    "CurrentBalance",
    "CurrentBalanceWithSubAccounts",
    "LinkedTxn",
    "RemainingCredit",
    "UnappliedAmt",
];

/// Members that the vendor puts into lines: a line's number is its place, which counts anyway.
const IN_LINES: [&str; 2] = ["LineEx", "LineNum"];

/// What the vendor fills in where nothing was said: a line that is not taxed.
fn is_default(name: &str, value: &Value) -> bool {
    name == "TaxCodeRef" && value.get("value").and_then(Value::as_str) == Some("NON")
}

/// A record whose text is no JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record is no JSON object")]
pub struct NoObject;

/// The image of a record as it was read.
///
/// # Errors
/// [`NoObject`].
pub fn image(raw: &str) -> Result<Image, NoObject> {
    let (standing, content): (Map<_, _>, Map<_, _>) = object(raw)?
        .into_iter()
        .filter(|(name, _)| !NOISE.contains(&name.as_str()))
        .partition(|(name, _)| STANDING.contains(&name.as_str()));
    let digest = |members| hash(Fields::of("plumbline.image.v1"), &Value::Object(members)).digest();
    Ok(Image {
        content: digest(content),
        standing: digest(standing),
    })
}

/// The version token of a record.
#[must_use]
pub fn version(raw: &str) -> Option<SmolStr> {
    let text = crate::fetch::member(raw, "SyncToken")?;
    crate::fetch::plain_text(text).map(SmolStr::new)
}

/// Whether a record says everything that was sent: every member, every line in its place, numbers by
/// their value and references by their id. The vendor may have added to it.
#[must_use]
pub fn is_said_in(sent: &str, kept: &str) -> bool {
    let (Ok(mut sent), Ok(kept)) = (writable(sent), object(kept)) else {
        return false;
    };
    // Links in a header are the vendor's to keep.
    sent.remove("LinkedTxn");
    is_within(&Value::Object(sent), &Value::Object(kept))
}

fn is_within(sent: &Value, kept: &Value) -> bool {
    match (sent, kept) {
        (Value::Object(sent), Value::Object(kept)) => {
            let is_reference = sent.contains_key("value");
            sent.iter()
                .filter(|(name, value)| !(is_empty(value) || (is_reference && *name == "name")))
                .all(|(name, value)| kept.get(name).is_some_and(|kept| is_within(value, kept)))
        }
        (Value::Array(sent), Value::Array(kept)) => {
            let lines = |all: &[Value]| all.iter().filter(|one| !is_subtotal(one)).count();
            let kept_lines = kept.iter().filter(|one| !is_subtotal(one));
            lines(sent) == lines(kept)
                && sent
                    .iter()
                    .filter(|one| !is_subtotal(one))
                    .zip(kept_lines)
                    .all(|(sent, kept)| is_within(sent, kept))
        }
        (Value::Number(sent), Value::Number(kept)) => {
            plain(&sent.to_string()) == plain(&kept.to_string())
        }
        (sent, kept) => sent == kept,
    }
}

/// Whether nothing is left in a document but itself: it was voided.
#[must_use]
pub fn is_void(raw: &str) -> bool {
    let total = crate::fetch::member(raw, "TotalAmt").and_then(crate::fetch::plain_text);
    total.is_some_and(|total| plain(&total) == "0")
}

/// The record as it can be sent back whole: every member that a person could have entered, also
/// those that we do not know.
pub(super) fn writable(raw: &str) -> Result<Map<String, Value>, NoObject> {
    let mut members = object(raw)?;
    members.retain(|name, _| !NOISE.contains(&name.as_str()) && !is_kept_by_vendor(name));
    let lines = members.get_mut("Line").and_then(Value::as_array_mut);
    for line in lines.into_iter().flatten() {
        // What the vendor adds to a payment's line, and does not take back.
        line.as_object_mut().map(|line| line.remove("LineEx"));
    }
    Ok(members)
}

/// A header's links are sent back: left out, they would be taken for removed.
fn is_kept_by_vendor(name: &str) -> bool {
    STANDING.contains(&name) && name != "LinkedTxn"
}

fn object(raw: &str) -> Result<Map<String, Value>, NoObject> {
    serde_json::from_str(raw).map_err(|_| NoObject)
}

/// Members in the order of their names, without what is empty; a reference without the name that
/// the vendor adds; a number by its value.
fn hash(fields: Fields, value: &Value) -> Fields {
    match value {
        Value::Null => fields.text("null"),
        Value::Bool(is) => fields.text(if *is { "true" } else { "false" }),
        Value::Number(number) => fields.text("number").text(&plain(&number.to_string())),
        Value::String(text) => fields.text("text").text(text),
        Value::Array(all) => {
            let kept: Vec<&Value> = all.iter().filter(|one| !is_subtotal(one)).collect();
            fields
                .text("list")
                .list(&kept, |fields, one| hash(fields, one))
        }
        Value::Object(members) => {
            let is_reference = members.contains_key("value") && members.contains_key("name");
            let mut kept: Vec<(&String, &Value)> = members
                .iter()
                .filter(|(name, value)| {
                    let is_noise = IN_LINES.contains(&name.as_str())
                        || (is_reference && *name == "name")
                        || is_default(name, value);
                    !is_noise && !is_empty(value)
                })
                .collect();
            kept.sort_by_key(|(name, _)| *name);
            fields.text("object").list(&kept, |fields, (name, value)| {
                hash(fields.text(name), value)
            })
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(all) => all.iter().all(is_subtotal),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A line that only adds up the ones before it; the vendor makes it again.
fn is_subtotal(line: &Value) -> bool {
    line.get("DetailType").and_then(Value::as_str) == Some("SubTotalLineDetail")
}

fn plain(number: &str) -> String {
    Decimal::from_scientific(number)
        .or_else(|_| number.parse::<Decimal>())
        .map_or_else(|_| number.to_owned(), |value| value.normalize().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BILL: &str = r#"{"DocNumber":"88121","SyncToken":"0","domain":"QBO","sparse":false,"Id":"145",
        "MetaData":{"CreateTime":"2026-11-01T08:00:00-08:00"},"TotalAmt":120.50,"Balance":120.50,
        "VendorRef":{"value":"72","name":"Copper Ridge"},"LinkedTxn":[],"PrivateNote":"",
        "Line":[{"Id":"1","Amount":120.50,"DetailType":"AccountBasedExpenseLineDetail"}]}"#;

    fn changed(from: &str, to: &str) -> Image {
        assert!(BILL.contains(from), "{from}");
        image(&BILL.replace(from, to)).unwrap()
    }

    #[test]
    fn what_moves_by_itself_is_no_other_record() {
        let whole = image(BILL).unwrap();
        for (from, to) in [
            ("\"SyncToken\":\"0\"", "\"SyncToken\":\"7\""),
            ("2026-11-01T08", "2026-11-02T09"),
            ("\"sparse\":false,", ""),
            ("Copper Ridge", "Copper Ridge Inc."),
            ("\"PrivateNote\":\"\",", ""),
            ("\"LinkedTxn\":[],", ""),
            ("\"TotalAmt\":120.50", "\"TotalAmt\":120.5"),
            (
                "\"Line\":[",
                "\"Line\":[{\"Amount\":120.50,\"DetailType\":\"SubTotalLineDetail\"},",
            ),
            (
                "\"Id\":\"1\"",
                "\"Id\":\"1\",\"LineNum\":1,\"TaxCodeRef\":{\"value\":\"NON\"}",
            ),
        ] {
            assert_eq!(changed(from, to), whole, "{from}");
        }
    }

    #[test]
    fn whatever_somebody_entered_is_content_and_what_the_vendor_keeps_is_standing() {
        let whole = image(BILL).unwrap();
        for (from, to) in [
            ("\"value\":\"72\"", "\"value\":\"73\""),
            ("\"Amount\":120.50", "\"Amount\":120.51"),
            ("\"PrivateNote\":\"\"", "\"PrivateNote\":\"Hold.\""),
            ("\"Id\":\"1\"", "\"Id\":\"2\""),
            ("88121", "88122"),
        ] {
            let other = changed(from, to);
            assert_ne!(other.content, whole.content, "{from}");
            assert_eq!(other.standing, whole.standing, "{from}");
        }
        for (from, to) in [
            ("\"Balance\":120.50", "\"Balance\":0"),
            (
                "\"LinkedTxn\":[]",
                "\"LinkedTxn\":[{\"TxnId\":\"9\",\"TxnType\":\"BillPaymentCheck\"}]",
            ),
        ] {
            let other = changed(from, to);
            assert_eq!(other.content, whole.content, "{from}");
            assert_ne!(other.standing, whole.standing, "{from}");
        }
        assert_eq!(image("[]"), Err(NoObject));
    }

    #[test]
    fn what_was_sent_is_said_in_what_the_vendor_kept_or_it_is_not() {
        let sent = r#"{"DocNumber":"88121","VendorRef":{"value":"72"},"LinkedTxn":[{"TxnId":"1"}],
            "Line":[{"Amount":120.5,"DetailType":"AccountBasedExpenseLineDetail"}]}"#;
        assert!(is_said_in(sent, BILL));
        for (from, to) in [
            ("\"value\":\"72\"", "\"value\":\"73\""),
            ("\"Amount\":120.50", "\"Amount\":120.51"),
            ("88121", "88122"),
            ("\"Line\":[", "\"Line\":[{\"Amount\":1},"),
        ] {
            assert!(!is_said_in(sent, &BILL.replace(from, to)), "{from}");
        }
    }

    #[test]
    fn a_document_without_an_amount_is_void() {
        assert!(is_void(r#"{"TotalAmt":0}"#) && is_void(r#"{"TotalAmt":0.00}"#));
        assert!(!is_void(r#"{"TotalAmt":0.01}"#) && !is_void("{}"));
    }

    #[test]
    fn members_change_places_and_lines_do_not() {
        let one = image(r#"{"a":1,"b":{"c":2,"d":[1,2]}}"#).unwrap();
        assert_eq!(image(r#"{"b":{"d":[1,2],"c":2.0},"a":1}"#).unwrap(), one);
        assert_ne!(image(r#"{"b":{"d":[2,1],"c":2},"a":1}"#).unwrap(), one);
    }

    #[test]
    fn what_is_sent_back_keeps_members_that_nobody_here_knows_and_every_digit() {
        let raw = r#"{"Id":"1","SyncToken":"3","Balance":5,"LinkedTxn":[{"TxnId":"9"}],
            "Unknown":{"x":0.1000000000000000001},"Line":[{"Amount":1.10}]}"#;
        let text = Value::Object(writable(raw).unwrap()).to_string();
        assert_eq!(
            text,
            r#"{"Id":"1","LinkedTxn":[{"TxnId":"9"}],"Unknown":{"x":0.1000000000000000001},"Line":[{"Amount":1.10}]}"#
        );
    }
}
