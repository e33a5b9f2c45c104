//! What an announcement says about itself: whose it is, and what it is called.
//!
//! Nothing else of it is looked at. Intuit has two formats and is changing from one to the other;
//! which one it is shows in the shape of the JSON, not in a setting.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// More events than this are no vendor's.
const MOST: usize = 1_000;

/// The events of one request: the company and the id of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Announced(Vec<(String, String)>);

impl Announced {
    /// The ids of the events by company.
    pub(super) fn by_company(self) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (company, id) in self.0 {
            found.entry(company).or_default().push(id);
        }
        found
    }

    fn unless_too_many(self) -> Option<Self> {
        (self.0.len() <= MOST).then_some(self)
    }
}

/// Intuit's events: an array of CloudEvents, or an object with `eventNotifications`.
pub(super) fn by_quickbooks(body: &[u8]) -> Option<Announced> {
    let events = match serde_json::from_slice(body).ok()? {
        Value::Array(events) => events.iter().map(cloud_event).collect::<Option<Vec<_>>>()?,
        Value::Object(body) => {
            let mut found = Vec::new();
            for company in body.get("eventNotifications")?.as_array()? {
                let realm = company.get("realmId")?.as_str()?;
                let entities = company
                    .get("dataChangeEvent")?
                    .get("entities")?
                    .as_array()?;
                // They have no id; the same words are the same event.
                found.extend(
                    entities
                        .iter()
                        .map(|one| (realm.to_owned(), named(realm, one))),
                );
            }
            found
        }
        _ => return None,
    };
    Announced(events).unless_too_many()
}

fn cloud_event(event: &Value) -> Option<(String, String)> {
    let realm = event.get("intuitaccountid")?.as_str()?.to_owned();
    Some((realm, short(event.get("id")?.as_str()?)))
}

/// Procore's event: one object, in any version of its payload; some write ids as numbers.
pub(super) fn by_procore(body: &[u8]) -> Option<Announced> {
    let event: Value = serde_json::from_slice(body).ok()?;
    let word = |name: &str| match event.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let id = word("ulid").or_else(|| word("id"))?;
    Some(Announced(vec![(word("company_id")?, short(&id))]))
}

fn named(realm: &str, entity: &Value) -> String {
    let mut hash = Sha256::new();
    hash.update(realm.as_bytes());
    hash.update([0]);
    hash.update(entity.to_string().as_bytes());
    hexadecimal(&hash.finalize())
}

/// An id as it is remembered; one that is longer than an id should be is shortened by its digest.
fn short(id: &str) -> String {
    const LONGEST: usize = 64;
    if id.len() <= LONGEST && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        id.to_owned()
    } else {
        hexadecimal(&Sha256::digest(id.as_bytes()))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLASSIC: &str = r#"{"eventNotifications":[
        {"realmId":"1","dataChangeEvent":{"entities":[
            {"name":"Payment","id":"310","operation":"Update","lastUpdated":"2026-03-03T20:52:31.657Z"},
            {"name":"Payment","id":"311","operation":"Update","lastUpdated":"2026-03-03T20:52:31.657Z"}]}},
        {"realmId":"2","dataChangeEvent":{"entities":[
            {"name":"Payment","id":"310","operation":"Update","lastUpdated":"2026-03-03T20:52:31.657Z"}]}}]}"#;
    const CLOUD: &str = r#"[
        {"specversion":"1.0","id":"e1","type":"qbo.payment.updated.v1","intuitaccountid":"1","data":{}},
        {"specversion":"1.0","id":"e2","type":"qbo.payment.updated.v1","intuitaccountid":"2","data":{}}]"#;

    #[test]
    fn both_formats_say_whose_events_they_are() {
        let classic = by_quickbooks(CLASSIC.as_bytes()).unwrap().by_company();
        assert_eq!((classic["1"].len(), classic["2"].len()), (2, 1));
        let mut all: Vec<String> = classic.into_values().flatten().collect();
        all.sort();
        all.dedup();
        assert_eq!(
            all.len(),
            3,
            "the same record of two companies is two events"
        );
        let cloud = by_quickbooks(CLOUD.as_bytes()).unwrap().by_company();
        assert_eq!(
            (&cloud["1"], &cloud["2"]),
            (&vec!["e1".to_owned()], &vec!["e2".to_owned()])
        );
    }

    #[test]
    fn the_same_event_has_the_same_id_each_time() {
        let once = by_quickbooks(CLASSIC.as_bytes());
        assert_eq!(once, by_quickbooks(CLASSIC.as_bytes()));
        let later = CLASSIC.replace("31.657", "32.657");
        assert_ne!(once, by_quickbooks(later.as_bytes()));
    }

    #[test]
    fn procore_writes_ids_in_two_ways() {
        let old =
            br#"{"id":123456789,"ulid":"0A1B","company_id":4480001,"resource_name":"Projects"}"#;
        let new = br#"{"id":"01J0","company_id":"4480001","resource_type":"Projects"}"#;
        for (body, id) in [(&old[..], "0A1B"), (&new[..], "01J0")] {
            let found = by_procore(body).unwrap().by_company();
            assert_eq!(found["4480001"], [id]);
        }
    }

    #[test]
    fn what_is_no_announcement_is_none() {
        for body in [
            "",
            "1",
            "{}",
            "[1]",
            r#"[{"id":"a"}]"#,
            r#"{"eventNotifications":[{}]}"#,
        ] {
            assert_eq!(by_quickbooks(body.as_bytes()), None, "{body}");
        }
        for body in [
            "",
            "[]",
            "{}",
            r#"{"id":true,"company_id":1}"#,
            r#"{"id":1}"#,
        ] {
            assert_eq!(by_procore(body.as_bytes()), None, "{body}");
        }
        assert_eq!(by_quickbooks(b"[]"), Some(Announced::default()));
        let one = r#"{"id":"e","intuitaccountid":"1"}"#;
        let many = |count| format!("[{}]", vec![one; count].join(","));
        assert!(by_quickbooks(many(MOST).as_bytes()).is_some());
        assert_eq!(by_quickbooks(many(MOST + 1).as_bytes()), None);
    }

    #[test]
    fn a_long_id_does_not_fill_the_store() {
        let long = format!(
            r#"[{{"id":"{}","intuitaccountid":"1"}}]"#,
            "x".repeat(100_000)
        );
        let found = by_quickbooks(long.as_bytes()).unwrap().by_company();
        assert_eq!(found["1"][0].len(), 64);
    }
}
