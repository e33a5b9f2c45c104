//! How figures and days are written on the screens: one way for each, decided here.
//!
//! Tables carry no dollar sign and put negatives in parentheses; sentences carry the sign and say
//! the direction in words. It must not compute anything.

use figures::{Date, Money};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// An amount as a cell of a table shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// `1,234.50`, negative amounts as `(1,234.50)`.
    pub text: String,
    /// Style class: `neg` hangs its parenthesis, `zero` is grey.
    pub kind: &'static str,
}

/// An amount for a cell.
#[must_use]
pub fn amount(money: Money) -> Amount {
    let text = magnitude(money);
    let cents = money.cents();
    if cents < 0 {
        Amount {
            text: format!("({text})"),
            kind: "neg",
        }
    } else {
        Amount {
            text,
            kind: if cents == 0 { "zero" } else { "" },
        }
    }
}

/// An amount without its sign for a sentence: `$1,234.50`. The sentence says the direction.
#[must_use]
pub fn dollars(money: Money) -> String {
    format!("${}", magnitude(money))
}

/// `1,234.50` without a sign.
#[must_use]
pub fn magnitude(money: Money) -> String {
    let cents = money.cents().unsigned_abs();
    format!("{}.{:02}", count(cents / 100), cents % 100)
}

/// A whole number with thousands commas.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// How many of something, with its noun: `1 item`, `7 items`.
#[must_use]
pub fn of(number: usize, one: &str, several: &str) -> String {
    let noun = if number == 1 { one } else { several };
    format!(
        "{} {noun}",
        count(u64::try_from(number).unwrap_or(u64::MAX))
    )
}

/// A short mark for an axis, to the nearest: `2.91 M`, `38.4 k`, `950`. Cut off instead, a mark would
/// stand beside a greater amount on its lesser side.
#[must_use]
pub fn axis(money: Money) -> String {
    let whole = money.cents() / 100;
    let sign = if whole < 0 { "−" } else { "" };
    let size = whole.unsigned_abs();
    match size {
        999_950.. => {
            let hundredths = (size + 5_000) / 10_000;
            format!("{sign}{}.{:02} M", hundredths / 100, hundredths % 100)
        }
        10_000.. => {
            let tenths = (size + 50) / 100;
            format!("{sign}{}.{} k", tenths / 10, tenths % 10)
        }
        _ => format!("{sign}{}", count(size)),
    }
}

/// A day in a list: without its year when that is the year of the books.
#[must_use]
pub fn day_in_list(day: Date, books: Date) -> String {
    let form = if day.year() == books.year() {
        "%b %-d"
    } else {
        "%b %-d, %Y"
    };
    day.strftime(form).to_string()
}

/// A day in a record: `Nov 23, 2026`.
#[must_use]
pub fn day(day: Date) -> String {
    day.strftime("%b %-d, %Y").to_string()
}

/// A day with its weekday: `Mon, Nov 23, 2026`.
#[must_use]
pub fn weekday(day: Date) -> String {
    day.strftime("%a, %b %-d, %Y").to_string()
}

/// The time of day of a moment: `6:03 am`.
#[must_use]
pub fn time(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%-I:%M %P").to_string()
}

/// A moment: `6:03 am` on the day of `now`, `Nov 22, 6:03 am` on another.
#[must_use]
pub fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = if at.date() == now.date() {
        "%-I:%M %P"
    } else if at.year() == now.year() {
        "%b %-d, %-I:%M %P"
    } else {
        "%b %-d, %Y, %-I:%M %P"
    };
    at.strftime(form).to_string()
}

/// A finding's text as a sentence: days as people write them, trade words for record kinds, a
/// capital and a full stop. `jobs` names the jobs that are mentioned by their number.
#[must_use]
pub fn sentence(text: &str, job: impl Fn(i64) -> Option<String>) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let bare = word.trim_end_matches([',', '.', ';', ':', ')']);
        let rest = &word[bare.len()..];
        let open = bare.len() - bare.trim_start_matches('(').len();
        let (open, bare) = bare.split_at(open);
        let after_job = words
            .last()
            .is_some_and(|last| last == "job" || last == "project");
        let named = if after_job {
            bare.parse().ok().and_then(&job)
        } else {
            None
        };
        let shown = named.unwrap_or_else(|| match bare {
            "payment_application" => "pay application".to_owned(),
            "requisition" => "subcontractor invoice".to_owned(),
            _ => match bare.parse::<Date>() {
                Ok(date) if bare.len() == 10 => day(date),
                _ => bare.to_owned(),
            },
        });
        words.push(format!("{open}{shown}{rest}"));
    }
    let mut out = words.join(" ");
    if let Some(first) = out.get(..1) {
        let first = first.to_uppercase();
        out.replace_range(..1, &first);
    }
    if !out.is_empty() && !out.ends_with(['.', '?']) {
        out.push('.');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn negatives_hang_in_parentheses_and_zero_is_grey() {
        let shown = |cents| {
            let amount = amount(Money::from_cents(cents));
            (amount.text, amount.kind)
        };
        assert_eq!(shown(123_456_789), ("1,234,567.89".to_owned(), ""));
        assert_eq!(shown(-5), ("(0.05)".to_owned(), "neg"));
        assert_eq!(shown(0), ("0.00".to_owned(), "zero"));
        assert_eq!(dollars(Money::from_cents(-100_000)), "$1,000.00");
    }

    #[test]
    fn an_axis_is_short() {
        let shown = |cents| axis(Money::from_cents(cents));
        assert_eq!(shown(298_722_531), "2.99 M");
        assert_eq!(shown(298_422_531), "2.98 M");
        assert_eq!(shown(99_994_900), "999.9 k");
        assert_eq!(shown(99_995_000), "1.00 M");
        assert_eq!(shown(3_840_000), "38.4 k");
        assert_eq!(shown(95_000), "950");
        assert_eq!(shown(-1_234_500), "−12.3 k");
        assert_eq!(shown(-1_235_000), "−12.4 k");
    }

    #[test]
    fn this_year_needs_no_year() {
        let books = date("2026-11-23");
        assert_eq!(day_in_list(date("2026-11-03"), books), "Nov 3");
        assert_eq!(day_in_list(date("2025-11-03"), books), "Nov 3, 2025");
    }

    #[test]
    fn a_moment_names_its_day_only_when_it_is_another() {
        let zone = TimeZone::get("America/Denver").unwrap();
        let now: Timestamp = "2026-11-23T13:03:00Z".parse().unwrap();
        assert_eq!(moment(now, now, &zone), "6:03 am");
        let earlier: Timestamp = "2026-11-22T23:10:00Z".parse().unwrap();
        assert_eq!(moment(earlier, now, &zone), "Nov 22, 4:10 pm");
    }

    #[test]
    fn a_finding_reads_as_a_sentence() {
        let text = "bill 7, dated 2025-12-18 is coded to job 400449; requisition 9 (2026-01-05)";
        let job = |id| (id == 400_449).then(|| "Highland School".to_owned());
        assert_eq!(
            sentence(text, job),
            "Bill 7, dated Dec 18, 2025 is coded to job Highland School; subcontractor invoice 9 \
             (Jan 5, 2026)."
        );
        assert_eq!(sentence("", |_| None), "");
    }
}
