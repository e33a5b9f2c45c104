//! Document numbers as duplicates repeat them (domain rule E3), and series, which are none.

use figures::Date;

/// The normal form of a number (domain rule E3): upper case, letters and digits only, without
/// leading zeros in runs of digits, without a leading word for "invoice".
pub(crate) fn compact_number(number: &str) -> String {
    let mut compact = String::with_capacity(number.len());
    let mut digits_before = false;
    for letter in without_invoice_word(number)
        .chars()
        .filter(|letter| letter.is_alphanumeric())
    {
        if letter == '0' && !digits_before {
            continue;
        }
        digits_before = letter.is_ascii_digit();
        compact.extend(letter.to_uppercase());
    }
    compact
}

/// A number without a leading word for "invoice" that stands apart: `Inv. #HPR-2932`, `INV45`.
fn without_invoice_word(number: &str) -> &str {
    let number = number.trim_start();
    let letters = number.chars().take_while(char::is_ascii_alphabetic).count();
    let (word, rest) = number.split_at(letters);
    let says_invoice = ["INVOICE", "INV", "NO"]
        .iter()
        .any(|one| word.eq_ignore_ascii_case(one));
    if says_invoice && rest.chars().any(char::is_alphanumeric) {
        rest
    } else {
        number
    }
}

/// Whether two normal forms may be one number: equal, one missing, or one with a suffix.
pub(super) fn is_variant(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    short.is_empty()
        || (long.starts_with(short) && long.len() - short.len() <= 3)
        || (short.len() > 2 && long.ends_with(short))
}

/// Whether one normal form is the other with a suffix: a revision, not the next of a series.
pub(super) fn is_revision(one: &str, other: &str) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    short.len() > 2 && long.len() > short.len() && long.starts_with(short) && is_variant(one, other)
}

/// At least three documents at regular spacing: rent, not a duplicate.
pub(super) fn is_series(dates: impl Iterator<Item = Date>) -> bool {
    let mut days: Vec<i32> = dates.map(figures::dates::day_number).collect();
    days.sort_unstable();
    let gaps: Vec<i32> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (Some(least), Some(most)) = (gaps.iter().min(), gaps.iter().max()) else {
        return false;
    };
    gaps.len() >= 2 && *least >= 5 && most - least <= 4
}
