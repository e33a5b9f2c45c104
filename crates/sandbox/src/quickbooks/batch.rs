//! Batches: up to thirty independent items, each of which can fault alone.

use jiff::Timestamp;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use super::company::values::text;
use super::company::{Company, VoidForm, VoidOutcome, WriteOptions};
use super::fault::Fault;
use super::gateway::Usage;
use super::kind::Kind;
use super::query;

const CAP: usize = 30;
/// Query rows over all items of one batch.
const ROW_CAP: usize = 1000;

/// Carries out a batch and returns the `BatchItemResponse` array with what it cost.
pub(super) fn answer(
    company: &mut Company,
    body: &Value,
    replayable: bool,
    shuffle: Option<&mut ChaCha8Rng>,
    now: Timestamp,
) -> Result<(Value, Usage), Fault> {
    let items = body
        .get("BatchItemRequest")
        .and_then(Value::as_array)
        .ok_or_else(|| Fault::required("BatchItemRequest"))?;
    if items.len() > CAP {
        let detail = format!(
            "The maximum is {CAP} items, the request has {}",
            items.len()
        );
        return Err(Fault::validation(
            "1040",
            "Batch size limit exceeded",
            detail,
        ));
    }
    if replayable && items.iter().any(|item| text(item, "bId").len() > 10) {
        return Err(Fault::validation(
            "2130",
            "Invalid request id",
            "bId is longer than 10",
        ));
    }
    let mut order: Vec<usize> = (0..items.len()).collect();
    if let Some(random) = shuffle {
        order.shuffle(random);
    }
    // Queries see the books as they were: no item sees another's effects.
    order.sort_by_key(|at| {
        items
            .get(*at)
            .is_some_and(|item| item.get("Query").is_none())
    });
    let mut usage = Usage::default();
    let mut rows_left = ROW_CAP;
    let mut answers = Vec::new();
    for item in order.into_iter().filter_map(|at| items.get(at)) {
        let mut answer = Map::new();
        answer.insert(
            "bId".to_owned(),
            item.get("bId").cloned().unwrap_or(Value::Null),
        );
        match carry_out(company, item, &mut usage, &mut rows_left, now) {
            Ok((name, value)) => answer.insert(name, value),
            Err(fault) => answer.insert("Fault".to_owned(), fault.body()),
        };
        answers.push(Value::Object(answer));
    }
    Ok((Value::Array(answers), usage))
}

fn carry_out(
    company: &mut Company,
    item: &Value,
    usage: &mut Usage,
    rows_left: &mut usize,
    now: Timestamp,
) -> Result<(String, Value), Fault> {
    if let Some(statement) = item.get("Query").and_then(Value::as_str) {
        usage.reads += 1;
        let mut response = query::answer(company, statement)?;
        cap_rows(&mut response, rows_left);
        return Ok(("QueryResponse".to_owned(), response));
    }
    usage.writes += 1;
    let (kind, body) = item
        .as_object()
        .into_iter()
        .flatten()
        .find_map(|(name, body)| Some((Kind::parse(name)?, body)))
        .ok_or_else(|| Fault::required("an entity"))?;
    let options = WriteOptions {
        allow_duplicate_number: text(item, "optionsData").contains("allowduplicatedocnum"),
    };
    let answer = match text(item, "operation") {
        "create" => company.create(kind, body, options, now)?,
        "update" if text(item, "optionsData") == "void" => {
            match company.void(kind, body, VoidForm::Include, now)? {
                VoidOutcome::Voided(entity) => entity,
                _ => return Err(Fault::system(500)),
            }
        }
        "update" => company.update(kind, body, options, now)?,
        "delete" => company.delete(kind, body, now)?,
        "void" => match company.void(kind, body, VoidForm::Operation, now)? {
            VoidOutcome::Voided(entity) => entity,
            _ => return Err(Fault::system(500)),
        },
        other => {
            let detail = format!("operation '{other}'");
            return Err(Fault::validation("2170", "Invalid Enumeration", detail));
        }
    };
    Ok((kind.name().to_owned(), answer))
}

fn cap_rows(response: &mut Value, rows_left: &mut usize) {
    let Value::Object(map) = response else { return };
    let mut kept = None;
    for rows in map.values_mut().filter_map(Value::as_array_mut) {
        rows.truncate(*rows_left);
        *rows_left -= rows.len();
        kept = Some(rows.len());
    }
    if let Some(kept) = kept {
        map.insert("maxResults".to_owned(), json!(kept));
    }
}
