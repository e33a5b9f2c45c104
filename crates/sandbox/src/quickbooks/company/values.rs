//! Reading members of entity bodies.

use jiff::civil::Date;
use serde_json::{Map, Value};

use crate::quickbooks::kind::Key;
use crate::quickbooks::kind::Kind;

/// A number or numeric string as an id.
pub(crate) fn id_of(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_str().parse().ok(),
        _ => None,
    }
}

/// The id in a reference member such as `CustomerRef`.
pub(crate) fn ref_id(body: &Value, member: &str) -> Option<u64> {
    body.get(member)?.get("value").and_then(id_of)
}

/// A text member, empty when absent.
pub(crate) fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body.get(member).and_then(Value::as_str).unwrap_or("")
}

/// A truth member given as a boolean or as text.
pub(crate) fn flag(body: &Value, member: &str) -> Option<bool> {
    match body.get(member)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A date member.
pub(crate) fn date(body: &Value, member: &str) -> Option<Date> {
    body.get(member)?.as_str()?.get(..10)?.parse().ok()
}

/// Top-level lines with the content of bundles laid out flat.
pub(crate) fn flat_lines(body: &Value) -> Vec<&Value> {
    let mut flat = Vec::new();
    for line in lines(body) {
        match line
            .get("GroupLineDetail")
            .and_then(|detail| detail.get("Line"))
        {
            Some(Value::Array(inner)) => flat.extend(inner.iter()),
            _ => flat.push(line),
        }
    }
    flat
}

/// The lines as stored.
pub(crate) fn lines(body: &Value) -> &[Value] {
    body.get("Line")
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The detail object that `DetailType` names.
pub(crate) fn detail(line: &Value) -> Option<&Value> {
    let name = line.get("DetailType").and_then(Value::as_str)?;
    line.get(name)
}

/// The transactions that a body or a line points at.
pub(crate) fn linked(holder: &Value) -> Vec<Key> {
    let links = holder.get("LinkedTxn").and_then(Value::as_array);
    links
        .into_iter()
        .flatten()
        .filter_map(|link| {
            let kind = Kind::of_linked(text(link, "TxnType"))?;
            Some((kind, link.get("TxnId").and_then(id_of)?))
        })
        .collect()
}

/// The party on a line or header `Entity`/`EntityRef`, whose type is given beside the id.
pub(crate) fn party(holder: &Value, type_name: &str, id: Option<u64>) -> Option<Key> {
    let id = id?;
    let kind = match type_name.to_ascii_lowercase().as_str() {
        "customer" => Kind::Customer,
        "employee" => Kind::Employee,
        "vendor" => Kind::Vendor,
        _ if holder.get("DepositLineDetail").is_some() => Kind::Customer,
        _ => Kind::Vendor,
    };
    Some((kind, id))
}

/// The object behind a value that is known to be one.
pub(crate) fn members(body: &mut Value) -> &mut Map<String, Value> {
    if !body.is_object() {
        *body = Value::Object(Map::new());
    }
    match body {
        Value::Object(map) => map,
        _ => unreachable!("the value was just made an object"),
    }
}
