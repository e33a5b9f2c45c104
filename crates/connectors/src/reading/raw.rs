//! JSON scalars of any spelling: `12`, `"12"`, `"12.0"`, `"10.00%"`, `null`, absent.
//!
//! A member is kept as the piece of text it is and read when its meaning is known, so that no
//! amount ever becomes a floating-point number and a wrong member can be named in the refusal.

use std::borrow::Cow;

use figures::dates::parse_date;
use figures::{Date, Money, SmolStr};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// What a reading gives: the value, or what is wrong with the member.
pub(crate) type Read<T> = Result<T, String>;

/// The greatest rate, percentage or number of hours that is read.
const GREATEST_RATE: i64 = 1_000_000;

/// The JSON text of a member; absent and `null` are the same.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Raw<'a>(Option<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <&'de RawValue>::deserialize(deserializer)?.get();
        Ok(Self((text != "null").then_some(text)))
    }
}

impl<'a> Raw<'a> {
    /// A member with this JSON text.
    #[cfg(test)]
    pub(crate) fn new(json: &'a str) -> Self {
        Self((json != "null").then_some(json))
    }

    /// Whether there is a value.
    pub(crate) fn is_some(self) -> bool {
        self.0.is_some()
    }

    /// This member, or the other one when this is absent.
    pub(crate) fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0))
    }

    /// The JSON text of an object.
    pub(crate) fn object(self) -> Option<&'a str> {
        self.0.filter(|json| json.starts_with('{'))
    }

    /// The text of a string, number or boolean; nothing when it is empty.
    pub(crate) fn text(self, member: &str) -> Read<Option<Cow<'a, str>>> {
        let Some(json) = self.0 else { return Ok(None) };
        let text = match json.as_bytes().first() {
            Some(b'"') => {
                let inner = &json[1..json.len() - 1];
                if inner.contains('\\') {
                    Cow::Owned(serde_json::from_str(json).map_err(|_| {
                        format!("{member} is {}, which is not a readable text", shown(json))
                    })?)
                } else {
                    Cow::Borrowed(inner)
                }
            }
            Some(b'{' | b'[') => {
                return Err(format!(
                    "{member} is {} where one value belongs",
                    shown(json)
                ));
            }
            _ => Cow::Borrowed(json),
        };
        Ok((!text.is_empty()).then_some(text))
    }

    /// The text, empty when absent.
    pub(crate) fn words(self, member: &str) -> Read<SmolStr> {
        Ok(self
            .text(member)?
            .map_or_else(SmolStr::default, SmolStr::new))
    }

    /// An amount, with or without quotation marks.
    pub(crate) fn money(self, member: &str) -> Read<Option<Money>> {
        let Some(text) = self.text(member)? else {
            return Ok(None);
        };
        if text.trim().is_empty() {
            return Ok(None);
        }
        Money::parse(&text)
            .map(Some)
            .map_err(|problem| format!("{member} is {}, and {problem}", shown(&text)))
    }

    /// An amount that is nothing when absent.
    pub(crate) fn money_or_zero(self, member: &str) -> Read<Money> {
        Ok(self.money(member)?.unwrap_or(Money::ZERO))
    }

    /// An amount that must be there.
    pub(crate) fn money_required(self, member: &str) -> Read<Money> {
        self.money(member)?
            .ok_or_else(|| format!("{member} is missing"))
    }

    /// A rate, quantity or percentage; a percent sign is dropped.
    pub(crate) fn decimal(self, member: &str) -> Read<Option<Decimal>> {
        let Some(text) = self.text(member)? else {
            return Ok(None);
        };
        let digits = text.trim().trim_end_matches('%').trim_end();
        if digits.is_empty() {
            return Ok(None);
        }
        let number = Decimal::from_str_exact(digits)
            .or_else(|_| Decimal::from_scientific(digits))
            .map_err(|_| {
                format!(
                    "{member} is {}, which is not a decimal number",
                    shown(&text)
                )
            })?;
        if number.abs() > Decimal::from(GREATEST_RATE) {
            return Err(format!(
                "{member} is {}, and it is beyond a million",
                shown(&text)
            ));
        }
        Ok(Some(number))
    }

    /// A calendar date between 1990 and 2100.
    pub(crate) fn date(self, member: &str) -> Read<Option<Date>> {
        let Some(text) = self.text(member)? else {
            return Ok(None);
        };
        parse_date(text.trim())
            .filter(|date| (1990..=2100).contains(&date.year()))
            .map(Some)
            .ok_or_else(|| {
                format!(
                    "{member} is {}, which is not a date between 1990 and 2100",
                    shown(&text)
                )
            })
    }

    /// A date that only orders or informs; nothing when it cannot be read.
    pub(crate) fn date_if_readable(self) -> Option<Date> {
        self.date("").ok().flatten()
    }

    /// The first fourteen digits of a time stamp: later stamps give greater numbers.
    pub(crate) fn moment(self) -> u64 {
        let Some(json) = self.0 else { return 0 };
        let mut number: u64 = 0;
        let mut digits = 0;
        for byte in json.bytes().filter(u8::is_ascii_digit).take(14) {
            number = number * 10 + u64::from(byte - b'0');
            digits += 1;
        }
        number * 10_u64.pow(14 - digits)
    }

    /// A whole number, with or without quotation marks.
    pub(crate) fn integer(self, member: &str) -> Read<Option<i64>> {
        let Some(text) = self.text(member)? else {
            return Ok(None);
        };
        text.trim()
            .parse()
            .map(Some)
            .map_err(|_| format!("{member} is {}, which is not a whole number", shown(&text)))
    }

    /// True or false.
    pub(crate) fn flag(self, member: &str) -> Read<Option<bool>> {
        let Some(text) = self.text(member)? else {
            return Ok(None);
        };
        match text.as_ref() {
            "true" | "True" | "1" => Ok(Some(true)),
            "false" | "False" | "0" => Ok(Some(false)),
            other => Err(format!(
                "{member} is {}, which is neither true nor false",
                shown(other)
            )),
        }
    }
}

/// The sum of amounts, refused beyond what one amount may be.
pub(crate) fn sum(member: &str, amounts: impl Iterator<Item = Read<Money>>) -> Read<Money> {
    let mut total = Money::ZERO;
    for amount in amounts {
        total += amount?;
        if total.abs() > Money::from_cents(Money::LIMIT) {
            return Err(format!("{member} adds up to more than ten trillion"));
        }
    }
    Ok(total)
}

/// The start of a text in quotation marks, short enough for a sentence.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let text = text.trim_matches('"');
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("\u{201c}{}…\u{201d}", &text[..end]),
        None => format!("\u{201c}{text}\u{201d}"),
    }
}

/// What the parser says, without long pieces of the record in it.
pub(crate) fn told(problem: &serde_json::Error) -> String {
    const LONGEST: usize = 160;
    let said = problem.to_string();
    match said.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… at column {}", &said[..end], problem.column()),
        None => said,
    }
}

/// The body as a wire object, or why it is none.
pub(crate) fn object<'a, T: Deserialize<'a>>(body: &'a str) -> Read<T> {
    if !body.trim_start().starts_with('{') {
        return Err(format!(
            "it is {} and not a JSON object",
            shown(body.trim())
        ));
    }
    serde_json::from_str(body)
        .map_err(|problem| format!("it cannot be read as JSON of this kind: {}", told(&problem)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_may_be_a_number_or_a_text_and_is_never_rounded() {
        for json in [
            "1450.25",
            "\"1450.25\"",
            "\"1450.250\"",
            "14.5025e2",
            "\" 1450.25 \"",
        ] {
            assert_eq!(
                Raw::new(json).money("amount"),
                Ok(Some(Money::from_cents(145_025))),
                "{json}"
            );
        }
        assert_eq!(
            Raw::new("1e3").money("amount"),
            Ok(Some(Money::from_cents(100_000)))
        );
        assert_eq!(Raw::new("\"\"").money("amount"), Ok(None));
        assert_eq!(Raw::new("null").money("amount"), Ok(None));
        assert_eq!(
            Raw::new("0.125").money("amount").unwrap_err(),
            "amount is \u{201c}0.125\u{201d}, and it has a fraction of a cent"
        );
        assert!(Raw::new("{}").money("amount").is_err());
        assert!(Raw::new("1e300").money("amount").is_err());
    }

    #[test]
    fn a_sum_beyond_what_one_amount_may_be_is_refused() {
        let most = || Ok(Money::from_cents(Money::LIMIT));
        assert_eq!(sum("lines", std::iter::repeat_with(most).take(1)), most());
        assert!(sum("lines", std::iter::repeat_with(most).take(20_000)).is_err());
    }

    #[test]
    fn a_refusal_does_not_repeat_a_long_record() {
        let long = format!("{{\"a\":\"{}\"", "x".repeat(5000));
        #[derive(Debug, Deserialize)]
        struct Number {
            #[expect(dead_code, reason = "only its type matters")]
            a: u8,
        }
        let said = object::<Number>(&long).unwrap_err();
        assert!(said.len() < 300, "{said}");
    }

    #[test]
    fn a_percent_sign_is_dropped_from_a_rate() {
        assert_eq!(
            Raw::new("\"96.36%\"").decimal("rate"),
            Ok(Some(Decimal::new(9636, 2)))
        );
        assert_eq!(Raw::new("1e1").decimal("rate"), Ok(Some(Decimal::TEN)));
        assert!(Raw::new("\"ten\"").decimal("rate").is_err());
        assert!(Raw::new("1e27").decimal("rate").is_err());
    }

    #[test]
    fn a_date_outside_living_books_is_refused() {
        assert!(
            Raw::new("\"2026-06-25T10:00:00Z\"")
                .date("day")
                .unwrap()
                .is_some()
        );
        for json in [
            "\"0206-06-25\"",
            "\"2101-01-01\"",
            "\"06/25/2026\"",
            "20260625",
        ] {
            assert!(Raw::new(json).date("day").is_err(), "{json}");
        }
    }

    #[test]
    fn escaped_emoji_and_right_to_left_text_are_kept() {
        assert_eq!(
            Raw::new(r#""\ud83c\udfd7 \u05e9\u05dc""#).words("name"),
            Ok("🏗 של".into())
        );
        assert_eq!(Raw::new("\"🏗 של\"").words("name"), Ok("🏗 של".into()));
        assert!(Raw::new(r#""\ud83c""#).words("name").is_err());
    }

    #[test]
    fn a_later_stamp_is_a_greater_number() {
        let moments = [
            "null",
            "\"2026-06-28\"",
            "\"2026-06-28T10:00:00Z\"",
            "\"2026-06-28T10:00:01.5Z\"",
        ]
        .map(|json| Raw::new(json).moment());
        assert!(moments.is_sorted_by(|one, next| one < next), "{moments:?}");
    }
}
