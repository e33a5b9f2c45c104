//! Calendar steps of a contractor's month. Pure date arithmetic; no clock.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

const IN_RANGE: &str = "the simulation stays within the years 1990 to 2100";

fn add(date: Date, span: Span) -> Date {
    date.checked_add(span).expect(IN_RANGE)
}

/// The date that many days later (earlier when negative).
pub(crate) fn plus(date: Date, days: i64) -> Date {
    add(date, days.days())
}

/// The first day of the month that many months later.
pub(crate) fn month_start(date: Date, months: i64) -> Date {
    add(date.first_of_month(), months.months())
}

/// The last day of the date's month.
pub(crate) fn month_end(date: Date) -> Date {
    date.last_of_month()
}

/// Whole days from `earlier` to `later`.
pub(crate) fn days_between(earlier: Date, later: Date) -> i64 {
    i64::from((later - earlier).get_days())
}

/// The check run (the 10th or the 25th) on or after a date.
pub(crate) fn check_run(date: Date) -> Date {
    let first = date.first_of_month();
    match date.day() {
        1..=10 => plus(first, 9),
        11..=25 => plus(first, 24),
        _ => plus(month_start(date, 1), 9),
    }
}

/// The earlier of two dates.
pub(crate) fn earlier(a: Date, b: Date) -> Date {
    if a < b { a } else { b }
}
