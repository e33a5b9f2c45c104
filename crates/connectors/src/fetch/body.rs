//! Cutting an answer into records without touching them.
//!
//! The text of a record is a slice of the answer: nothing is parsed into numbers and written
//! again, so amounts keep every digit and unknown members stay.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The raw text of one member of an object, looked up without reading the others. The last of
/// several members of the same name counts, as in most readers of JSON.
pub(crate) fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let mut reader = serde_json::Deserializer::from_str(object);
    let found = serde::Deserializer::deserialize_map(&mut reader, Member { name }).ok()?;
    found.map(RawValue::get)
}

/// All members of an object as they are written.
pub(crate) fn members(object: &str) -> Option<Vec<(String, &str)>> {
    let mut reader = serde_json::Deserializer::from_str(object);
    let found = serde::Deserializer::deserialize_map(&mut reader, Members).ok()?;
    Some(
        found
            .into_iter()
            .map(|(name, raw)| (name, raw.get()))
            .collect(),
    )
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(entry) = map.next_entry::<String, &'de RawValue>()? {
            found.push(entry);
        }
        Ok(found)
    }
}

struct Member<'n> {
    name: &'n str,
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<Text<'de>>()? {
            if key.0 == self.name {
                found = Some(map.next_value::<&'de RawValue>()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// A string or number as text; nothing for null, objects and arrays, and for empty strings.
pub(crate) fn plain_text(raw: &str) -> Option<Cow<'_, str>> {
    let raw = raw.trim();
    let text = match raw.as_bytes().first()? {
        b'"' => serde_json::from_str::<Text<'_>>(raw).ok()?.0,
        b'-' | b'0'..=b'9' => Cow::Borrowed(raw),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The elements of an array as they are written.
pub(crate) fn rows_of(array: &str) -> Result<Vec<&str>, String> {
    let rows: Vec<&RawValue> =
        serde_json::from_str(array).map_err(|error| format!("the list cannot be read: {error}"))?;
    Ok(rows.into_iter().map(RawValue::get).collect())
}

/// A stand-in id for a record that has none, so that it is kept and can be rejected by name.
pub(crate) fn content_id(body: &str) -> String {
    let digest = Sha256::digest(body.as_bytes());
    let mut out = String::from("none-");
    for byte in digest.iter().take(10) {
        out.push_str(&format!("{byte:02x}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_come_out_of_a_page_as_they_went_in(
            rows in proptest::collection::vec(("[a-z]{1,4}", "[ -~]{0,12}", any::<i64>()), 0..20),
            gap in "[ \n\t]{0,3}",
        ) {
            let written: Vec<String> = rows
                .iter()
                .map(|(name, text, number)| {
                    let text = serde_json::to_string(text).unwrap();
                    format!("{{\"{name}\":{text},{gap}\"id\":{number}.50}}")
                })
                .collect();
            let page = format!("[{gap}{}{gap}]", written.join(&format!("{gap},{gap}")));
            prop_assert_eq!(rows_of(&page).unwrap(), &written[..]);
            for (row, (name, _, number)) in written.iter().zip(&rows) {
                if name != "id" {
                    let text = format!("{number}.50");
                    prop_assert_eq!(member(row, "id"), Some(text.as_str()));
                }
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,200}") {
            let _read = (member(&text, "id"), members(&text), rows_of(&text), plain_text(&text));
        }
    }

    #[test]
    fn a_member_is_found_as_it_is_written() {
        let object = r#"{"a":{"id":1},"id": 12.50 ,"b":[1],"\u0069d2":"x"}"#;
        assert_eq!(member(object, "id"), Some("12.50"));
        assert_eq!(member(object, "a"), Some(r#"{"id":1}"#));
        assert_eq!(
            member(object, "id2"),
            Some("\"x\""),
            "escaped names are names"
        );
        assert_eq!(member(object, "c"), None);
        assert_eq!(member("[1]", "id"), None);
        assert_eq!(member(r#"{"id":1,"id":2}"#, "id"), Some("2"));
    }

    #[test]
    fn ids_are_text_whether_written_as_number_or_string() {
        assert_eq!(
            plain_text("18014398509481985").as_deref(),
            Some("18014398509481985")
        );
        assert_eq!(plain_text("\"234\"").as_deref(), Some("234"));
        assert_eq!(plain_text("\"\""), None);
        assert_eq!(plain_text("null"), None);
        assert_eq!(plain_text("{}"), None);
    }

    #[test]
    fn rows_keep_every_byte() {
        let rows = rows_of("[ {\"a\": 1.10 } ,{\"b\":\"\\u00e9\"}]").unwrap();
        assert_eq!(rows, ["{\"a\": 1.10 }", "{\"b\":\"\\u00e9\"}"]);
        assert!(rows_of("[{\"a\":1},").is_err());
        assert_ne!(content_id("{}"), content_id("[]"));
    }
}
