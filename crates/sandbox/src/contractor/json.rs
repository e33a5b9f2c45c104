//! The number and object styles of the two vendors. Amounts are cents and never floating point.

use jiff::civil::Date;
use serde_json::{Map, Number, Value};

/// A JSON object with its members in order.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut map = Map::with_capacity(N);
    for (key, value) in members {
        map.insert(key.to_string(), value);
    }
    Value::Object(map)
}

/// Adds a member to an object.
pub(crate) fn put(target: &mut Value, key: &str, value: Value) {
    if let Value::Object(map) = target {
        map.insert(key.to_string(), value);
    }
}

/// Two decimals: Procore's totals, `"7300.00"`.
pub(crate) fn padded(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!(
        "{sign}{}.{:02}",
        cents.unsigned_abs() / 100,
        cents.unsigned_abs() % 100
    )
}

/// At least one decimal, no trailing zero after it: Procore's contracts, `"7396144.0"`, `"343.85"`.
pub(crate) fn unpadded(cents: i64) -> String {
    let text = padded(cents);
    text.strip_suffix('0').map_or(text.clone(), str::to_string)
}

/// A QuickBooks amount: a JSON number without trailing zeros, `90000`, `337.5`.
pub(crate) fn number(cents: i64) -> Value {
    let text = padded(cents);
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// A Procore amount with two decimals.
pub(crate) fn money(cents: i64) -> Value {
    Value::from(padded(cents))
}

/// A Procore amount in the contract style.
pub(crate) fn plain(cents: i64) -> Value {
    Value::from(unpadded(cents))
}

/// A calendar date.
pub(crate) fn day(date: Date) -> Value {
    Value::from(date.to_string())
}

/// A calendar date or null.
pub(crate) fn maybe_day(date: Option<Date>) -> Value {
    date.map_or(Value::Null, day)
}

/// An instant on a date, in UTC as Procore writes it.
pub(crate) fn instant(date: Date) -> Value {
    Value::from(format!("{date}T16:00:00Z"))
}

/// `part / whole` in percent with two decimals, without a sign; zero when the whole is zero.
pub(crate) fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "0.00".to_string();
    }
    let hundredths = (i128::from(part) * 20_000 / i128::from(whole) + 1).div_euclid(2);
    padded(i64::try_from(hundredths).unwrap_or(0))
}

/// A QuickBooks reference with its display name.
pub(crate) fn reference(id: i64, name: &str) -> Value {
    object([
        ("value", Value::from(id.to_string())),
        ("name", Value::from(name)),
    ])
}

/// `{id, name}` as Procore writes it.
pub(crate) fn named(id: i64, name: &str) -> Value {
    object([("id", Value::from(id)), ("name", Value::from(name))])
}

/// The same record without the named members, in exactly sized maps: for very large worlds.
pub(crate) fn compact(value: Value, without: &[&str]) -> Value {
    match value {
        Value::Object(map) => {
            let kept: Vec<(String, Value)> = map
                .into_iter()
                .filter(|(key, _)| !without.contains(&key.as_str()))
                .collect();
            let mut small = Map::with_capacity(kept.len());
            for (key, value) in kept {
                small.insert(key, compact(value, without));
            }
            Value::Object(small)
        }
        Value::Array(list) => {
            let small: Vec<Value> = list
                .into_iter()
                .map(|value| compact(value, without))
                .collect();
            Value::Array(small)
        }
        other => other,
    }
}
