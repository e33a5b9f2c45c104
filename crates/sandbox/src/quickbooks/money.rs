//! Amounts as whole cents, read from and written to the text of JSON numbers.
//!
//! Nothing here passes through floating point.

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Number, Value};

/// The decimal in a JSON number or in a numeric string; both occur in what clients send.
pub(crate) fn decimal(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::Number(number) => number.as_str(),
        Value::String(text) => text.trim(),
        _ => return None,
    };
    text.parse::<Decimal>()
        .ok()
        .or_else(|| Decimal::from_scientific(text).ok())
}

/// Rounds half away from zero to whole cents.
pub(crate) fn round_to_cents(amount: Decimal) -> Option<i64> {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    i64::try_from(rounded.mantissa()).ok()
}

/// The cents in a JSON number or numeric string.
pub(crate) fn cents(value: &Value) -> Option<i64> {
    if let Value::Number(number) = value
        && let Some(cents) = plain_cents(number.as_str())
    {
        return Some(cents);
    }
    decimal(value).and_then(round_to_cents)
}

/// The common case without a decimal type: digits with at most two places.
fn plain_cents(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() > 15 || places.len() > 2 || whole.is_empty() {
        return None;
    }
    let mut cents = 0_i64;
    for digit in whole.bytes().chain(places.bytes()) {
        if !digit.is_ascii_digit() {
            return None;
        }
        cents = cents * 10 + i64::from(digit - b'0');
    }
    for _ in places.len()..2 {
        cents *= 10;
    }
    Some(if negative { -cents } else { cents })
}

/// The cents of a member; zero when it is absent or not a number.
pub(crate) fn member_cents(body: &Value, member: &str) -> i64 {
    body.get(member).and_then(cents).unwrap_or(0)
}

/// An amount as the API writes it: no trailing zeros (`337.5`, `0`).
pub(crate) fn number(cents: i64) -> Value {
    let text = plain(cents);
    let short = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    short.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// An amount as reports and hints write it: always two places (`8250.00`).
pub(crate) fn plain(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let magnitude = cents.unsigned_abs();
    format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_their_shortest_form() {
        for (cents, expected) in [(33750, "337.5"), (0, "0"), (5500, "55"), (-1, "-0.01")] {
            assert_eq!(number(cents).to_string(), expected);
        }
    }

    #[test]
    fn strings_and_numbers_read_alike_and_round_half_away_from_zero() {
        let read = |text: &str| cents(&serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(read("\"318.40\""), Some(31840));
        assert_eq!(read("0.005"), Some(1));
        assert_eq!(read("-0.005"), Some(-1));
        assert_eq!(read("1e3"), Some(100_000));
        assert_eq!(read("-337.5"), Some(-33_750));
        assert_eq!(read("55.0"), Some(5_500));
        assert_eq!(read("1.999"), Some(200));
        assert_eq!(read("\"x\""), None);
    }
}
