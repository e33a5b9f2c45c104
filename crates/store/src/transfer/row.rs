//! One row: as JSON, and as bytes to be digested.

use serde_json::{Value as Json, json};
use sha2::Sha256;

use super::Summary;
use crate::keys::{from_base64, to_base64};
use crate::sql::Value;

/// The digest over rows of tables in their order.
pub(crate) struct Digest {
    hash: Sha256,
    rows: std::collections::BTreeMap<String, u64>,
}

impl Digest {
    pub(crate) fn new() -> Self {
        Self {
            hash: sha2::Digest::new(),
            rows: std::collections::BTreeMap::new(),
        }
    }

    /// Takes the next row in. Each value goes in with its kind and length, so that no other row
    /// gives the same bytes.
    pub(crate) fn add(&mut self, table: &str, row: &[Value]) {
        *self.rows.entry(table.to_owned()).or_default() += 1;
        self.part(b't', table.as_bytes());
        for value in row {
            match value {
                Value::Text(None) | Value::Whole(None) => self.part(b'n', b""),
                Value::Text(Some(text)) => self.part(b's', text.as_bytes()),
                Value::Shared(text) => self.part(b's', text.as_bytes()),
                Value::Whole(Some(number)) => self.part(b'i', &number.to_be_bytes()),
                Value::Bytes(bytes) => self.part(b'b', bytes),
            }
        }
    }

    fn part(&mut self, kind: u8, bytes: &[u8]) {
        sha2::Digest::update(&mut self.hash, [kind]);
        sha2::Digest::update(&mut self.hash, (bytes.len() as u64).to_be_bytes());
        sha2::Digest::update(&mut self.hash, bytes);
    }

    pub(crate) fn summary(self) -> Summary {
        let digest = sha2::Digest::finalize(self.hash);
        Summary {
            rows: self.rows,
            digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        }
    }
}

/// A value in the file.
pub(super) fn to_json(value: &Value) -> Json {
    match value {
        Value::Text(text) => json!(text),
        Value::Shared(text) => json!(text.as_ref()),
        Value::Whole(number) => json!(number),
        Value::Bytes(bytes) => json!({ "base64": to_base64(bytes) }),
    }
}

/// A value of the file for a column of this kind, if it fits.
pub(super) fn from_json(kind: char, value: &Json) -> Option<Value> {
    match (kind, value) {
        ('t', Json::Null) => Some(Value::Text(None)),
        ('w', Json::Null) => Some(Value::Whole(None)),
        ('t', Json::String(text)) => Some(Value::Text(Some(text.clone()))),
        ('w', Json::Number(number)) => Some(Value::Whole(Some(number.as_i64()?))),
        ('b', Json::Object(members)) if members.len() == 1 => {
            let bytes = from_base64(members.get("base64")?.as_str()?)?;
            Some(Value::Bytes(bytes.to_vec()))
        }
        _ => None,
    }
}
