//! Civil dates: reading them from vendor text and counting between them.

use jiff::civil::Date;

/// Reads the calendar date at the start of `2026-06-25`, `2026-06-25T19:00:00Z` and the like.
///
/// The date of a time stamp is the one written in it; for ages in whole days that is near enough
/// to the tenant's own day, and the same on every machine.
///
/// ```
/// use figures::dates::parse_date;
/// assert_eq!(parse_date("2026-06-25").map(|d| d.day()), Some(25));
/// assert_eq!(parse_date("06/25/2026"), None);
/// ```
#[must_use]
pub fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let (date, rest) = bytes.split_at_checked(10)?;
    if !matches!(rest.first(), None | Some(b'T' | b' ')) || date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    let year = i16::try_from(digits(&date[0..4])?).ok()?;
    let month = i8::try_from(digits(&date[5..7])?).ok()?;
    let day = i8::try_from(digits(&date[8..10])?).ok()?;
    Date::new(year, month, day).ok()
}

fn digits(text: &[u8]) -> Option<i32> {
    text.iter().try_fold(0, |number, byte| {
        byte.is_ascii_digit()
            .then(|| number * 10 + i32::from(byte - b'0'))
    })
}

/// Days from a fixed origin, for sorting and subtracting in bulk.
#[must_use]
pub fn day_number(date: Date) -> i32 {
    // Days from civil, Howard Hinnant's public-domain algorithm.
    let year = i32::from(date.year()) - i32::from(date.month() <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = (i32::from(date.month()) + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + i32::from(date.day()) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Calendar days from `earlier` to `later`; negative when they are the other way round.
#[must_use]
pub fn days_between(earlier: Date, later: Date) -> i32 {
    day_number(later) - day_number(earlier)
}

/// Whether both dates lie in the same calendar month.
#[must_use]
pub fn same_month(one: Date, other: Date) -> bool {
    one.year() == other.year() && one.month() == other.month()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn only_real_calendar_dates_are_read() {
        for text in [
            "2026-02-30",
            "2026-13-01",
            "20260101",
            "2026-1-01",
            "",
            "2026-01-01x",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
        assert_eq!(parse_date("2024-02-29T23:59:59Z"), Some(date(2024, 2, 29)));
    }

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(day_number(date(1970, 1, 1)), 0);
        assert_eq!(days_between(date(2024, 2, 28), date(2024, 3, 1)), 2);
        assert_eq!(days_between(date(2026, 11, 5), date(2026, 10, 31)), -5);
    }
}
