//! Money: whole cents in the home currency of the tenant's books.
//!
//! One tenant's books have one currency (domain rule I5). An amount in another currency is turned
//! away where the vendor's record is read, so that it can never be added to these.

use alloc::string::String;
use core::fmt;
use core::iter::Sum;

use serde::{Deserialize, Serialize};

/// An amount in cents of the home currency; negative amounts are credits.
///
/// Sums saturate nowhere: reading refuses amounts beyond [`Money::LIMIT`], so that adding
/// millions of them cannot reach the edge of the integer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Money(i64);

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMoney {
    /// The text is not a decimal number.
    NotANumber,
    /// The number has a fraction of a cent; nothing is rounded silently.
    FractionOfACent,
    /// The number is larger than any amount in a contractor's books ([`Money::LIMIT`]).
    TooLarge,
}

impl fmt::Display for NotMoney {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::NotANumber => "it is not a decimal number",
            Self::FractionOfACent => "it has a fraction of a cent",
            Self::TooLarge => "it is beyond ten trillion",
        })
    }
}

impl core::error::Error for NotMoney {}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that is read from a record: ten trillion, in cents.
    pub const LIMIT: i64 = 1_000_000_000_000_000;

    /// An amount given in cents.
    #[must_use]
    pub const fn from_cents(cents: i64) -> Self {
        Self(cents)
    }

    /// The amount in cents.
    #[must_use]
    pub const fn cents(self) -> i64 {
        self.0
    }

    /// Reads a decimal text such as `7396144.0`, `-30.5`, `1e3` or `84000`.
    ///
    /// ```
    /// use figures::Money;
    /// assert_eq!(Money::parse("343.85"), Ok(Money::from_cents(34_385)));
    /// assert_eq!(Money::parse("7300.00"), Ok(Money::from_cents(730_000)));
    /// assert!(Money::parse("0.005").is_err());
    /// ```
    ///
    /// # Errors
    /// [`NotMoney`] says why the text is no amount. A fraction of a cent is refused, not rounded.
    pub fn parse(text: &str) -> Result<Self, NotMoney> {
        let bytes = text.trim().as_bytes();
        let (negative, digits) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let cents = parse_magnitude(digits)?;
        Ok(Self(if negative { -cents } else { cents }))
    }

    /// The amount without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self(self.0.abs())
    }

    /// Whether the amount is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The decimal text without separators, always with two decimals: `-1234.50`.
    #[must_use]
    pub fn to_decimal(self) -> String {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        alloc::format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100)
    }
}

/// Cents of an unsigned decimal text with an optional exponent.
fn parse_magnitude(text: &[u8]) -> Result<i64, NotMoney> {
    let mut mantissa: i64 = 0;
    let mut decimals: i32 = 0;
    let mut seen_digit = false;
    let mut seen_point = false;
    let mut exponent: i32 = 0;
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        match byte {
            b'0'..=b'9' => {
                seen_digit = true;
                let digit = i64::from(byte - b'0');
                if seen_point && decimals >= 8 {
                    if digit != 0 {
                        return Err(NotMoney::FractionOfACent);
                    }
                    continue;
                }
                mantissa = mantissa
                    .checked_mul(10)
                    .and_then(|scaled| scaled.checked_add(digit))
                    .ok_or(NotMoney::TooLarge)?;
                decimals += i32::from(seen_point);
            }
            b'.' if !seen_point => seen_point = true,
            b'e' | b'E' if seen_digit => {
                exponent = parse_exponent(rest.as_slice())?;
                break;
            }
            _ => return Err(NotMoney::NotANumber),
        }
    }
    if !seen_digit {
        return Err(NotMoney::NotANumber);
    }
    scale_to_cents(mantissa, decimals - exponent)
}

fn parse_exponent(text: &[u8]) -> Result<i32, NotMoney> {
    let text = core::str::from_utf8(text).map_err(|_| NotMoney::NotANumber)?;
    let exponent: i32 = text.parse().map_err(|_| NotMoney::NotANumber)?;
    if exponent.abs() > 30 {
        Err(NotMoney::TooLarge)
    } else {
        Ok(exponent)
    }
}

/// `mantissa / 10^decimals` in cents.
fn scale_to_cents(mantissa: i64, decimals: i32) -> Result<i64, NotMoney> {
    let mut cents = mantissa;
    for _ in decimals..2 {
        cents = cents.checked_mul(10).ok_or(NotMoney::TooLarge)?;
    }
    for _ in 2..decimals {
        if cents % 10 != 0 {
            return Err(NotMoney::FractionOfACent);
        }
        cents /= 10;
    }
    if cents > Money::LIMIT {
        Err(NotMoney::TooLarge)
    } else {
        Ok(cents)
    }
}

impl fmt::Display for Money {
    /// With separators, as on a statement: `-1,234.50`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let whole = alloc::format!("{}", magnitude / 100);
        let mut text = String::with_capacity(whole.len() + whole.len() / 3 + 4);
        if self.0 < 0 {
            text.push('-');
        }
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text.push_str(&alloc::format!(".{:02}", magnitude % 100));
        out.pad(&text)
    }
}

impl core::ops::Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl core::ops::Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl core::ops::Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl core::ops::AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl core::ops::SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, |total, amount| total + amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn a_fraction_of_a_cent_is_refused_and_trailing_zeros_are_not() {
        assert_eq!(Money::parse("1.005"), Err(NotMoney::FractionOfACent));
        assert_eq!(
            Money::parse("1.0050000000001"),
            Err(NotMoney::FractionOfACent)
        );
        assert_eq!(Money::parse("1.500000000000"), Ok(Money::from_cents(150)));
        assert_eq!(Money::parse("1.5e2"), Ok(Money::from_cents(15_000)));
        assert_eq!(Money::parse("125e-2"), Ok(Money::from_cents(125)));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in [
            "", "-", ".", "1.2.3", "12a", "--1", "NaN", "1,000", "e5", "1e",
        ] {
            assert_eq!(Money::parse(text), Err(NotMoney::NotANumber), "{text}");
        }
        assert_eq!(
            Money::parse("99999999999999999999"),
            Err(NotMoney::TooLarge)
        );
        assert_eq!(Money::parse("1e29"), Err(NotMoney::TooLarge));
    }

    #[test]
    fn a_statement_shows_separators_and_sign() {
        assert_eq!(Money::from_cents(-123_456_789).to_string(), "-1,234,567.89");
        assert_eq!(Money::from_cents(5).to_string(), "0.05");
    }

    proptest! {
        #[test]
        fn reading_what_was_written_gives_the_same_amount(cents in -Money::LIMIT..=Money::LIMIT) {
            let money = Money::from_cents(cents);
            prop_assert_eq!(Money::parse(&money.to_decimal()), Ok(money));
        }
    }
}
