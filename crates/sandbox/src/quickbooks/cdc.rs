//! Change data capture: full objects and tombstones since an instant, silently cut at a cap.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::clock;
use super::company::Company;
use super::fault::Fault;
use super::kind::Kind;

/// Objects per response over all entities; more are dropped without a word.
const CAP: usize = 1000;
/// How far back the vendor remembers.
const WINDOW_DAYS: i64 = 30;

/// Answers `entities=…&changedSince=…` with the `CDCResponse` array.
pub(super) fn answer(
    company: &Company,
    entities: &str,
    changed_since: &str,
    now: Timestamp,
) -> Result<Value, Fault> {
    let since = clock::parse(changed_since, company.zone()).ok_or_else(|| {
        Fault::validation(
            "2080",
            "Invalid Date",
            format!("changedSince '{changed_since}'"),
        )
    })?;
    // Older changes are forgotten silently; the caller must know to resynchronise.
    let window = SignedDuration::from_hours(24 * WINDOW_DAYS);
    let since = since.max(now.checked_sub(window).unwrap_or(since));
    let mut blocks = Vec::new();
    let mut left = CAP;
    for name in entities
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let kind = Kind::parse(name)
            .filter(|kind| kind.has_change_capture())
            .ok_or_else(|| {
                let detail = format!("{name} is not supported for change data capture");
                Fault::validation(
                    "2010",
                    "Request has invalid or unsupported property",
                    detail,
                )
            })?;
        blocks.push(block(company, kind, since, &mut left));
    }
    if blocks.is_empty() {
        return Err(Fault::required("entities"));
    }
    Ok(json!([{"QueryResponse": blocks}]))
}

fn block(company: &Company, kind: Kind, since: Timestamp, left: &mut usize) -> Value {
    let mut block = Map::new();
    let Some(table) = company.table(kind) else {
        return Value::Object(block);
    };
    let mut live: Vec<(Timestamp, u64)> = table
        .rows
        .iter()
        .filter(|(_, record)| record.updated >= since)
        .map(|(id, record)| (record.updated, *id))
        .collect();
    live.sort_unstable();
    let mut gone: Vec<(Timestamp, u64)> = table
        .gone
        .iter()
        .filter(|(_, record)| record.updated >= since)
        .map(|(id, record)| (record.updated, *id))
        .collect();
    gone.sort_unstable();
    let rows: Vec<Value> = live
        .iter()
        .filter_map(|(_, id)| company.served(kind, *id).map(std::borrow::Cow::into_owned))
        .chain(
            gone.iter()
                .filter_map(|(_, id)| table.gone.get(id))
                .map(|dead| dead.body.clone()),
        )
        .take(*left)
        .collect();
    *left -= rows.len();
    if !rows.is_empty() {
        let count = rows.len();
        block.insert(kind.name().to_owned(), Value::Array(rows));
        block.insert("startPosition".to_owned(), json!(1));
        block.insert("maxResults".to_owned(), json!(count));
        block.insert("totalCount".to_owned(), json!(count));
    }
    Value::Object(block)
}
