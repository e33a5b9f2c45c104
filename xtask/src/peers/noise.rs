//! What happens to a document on its way into the second set of books.

use super::generate::{Record, rates};
use super::random::Random;

/// Combined sales-tax rates that exist, in thousandths of a percent.
const TAX_RATES: [i64; 16] = [
    4_000, 4_500, 5_300, 5_500, 6_000, 6_250, 6_350, 6_625, 7_000, 7_250, 7_750, 8_250, 8_375,
    8_875, 9_250, 10_250,
];
/// Retainage rates as often as they are met: ten percent most, then five.
const RETAINAGE_RATES: [i64; 10] = [
    10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 5_000, 5_000, 5_000, 7_500,
];

/// Trade words and how people shorten them.
const SHORT: [(&str, &str); 26] = [
    ("Construction", "Constr"),
    ("Construction", "Const"),
    ("Electrical", "Elec"),
    ("Electric", "Elec"),
    ("Mechanical", "Mech"),
    ("Plumbing", "Plbg"),
    ("Concrete", "Conc"),
    ("Excavating", "Excav"),
    ("Equipment", "Equip"),
    ("Services", "Svcs"),
    ("Service", "Svc"),
    ("Supply", "Sup"),
    ("Materials", "Matls"),
    ("Building", "Bldg"),
    ("Engineering", "Eng"),
    ("Heating", "Htg"),
    ("Landscaping", "Landscape"),
    ("Structural", "Struct"),
    ("Steel", "Stl"),
    ("Brothers", "Bros"),
    ("Insulation", "Insul"),
    ("Foundation", "Fdn"),
    ("Demolition", "Demo"),
    ("Masonry", "Mas"),
    ("Roofing", "Rfg"),
    ("Lumber", "Lbr"),
];
const FORMS: [&str; 9] = [
    " LLC", " Inc.", " Inc", " Co.", " Corp.", " Company", " Ltd.", " L.L.C.", ", Inc.",
];

/// Days from the document to its entry on the other side.
pub(crate) fn delay(random: &mut Random) -> i64 {
    match random.below(100) {
        0..40 => 0,
        40..80 => random.between(1, 5),
        80..97 => random.between(5, 12),
        _ => random.between(12, 35),
    }
}

/// Retainage or tax on the amount.
pub(crate) fn amount(record: &mut Record, supplier: bool, random: &mut Random) {
    // Suppliers charge tax and are not held back; the rates are those of all documents together.
    let part = |cases: u64, of: u64| cases * 1_000 / of;
    if !supplier && random.per_mille(part(rates::NET_OF_RETAINAGE, 600)) {
        let rate = *random.pick(&RETAINAGE_RATES);
        record.cents -= share(record.cents, rate);
    } else if supplier && random.per_mille(part(rates::TAX_ADDED, 400)) {
        let rate = *random.pick(&TAX_RATES);
        record.cents += share(record.cents, rate);
    }
}

fn share(cents: i64, rate: i64) -> i64 {
    (cents * rate + 50_000) / 100_000
}

/// Everything but amount and day: spelling, number, typing errors, job.
pub(crate) fn copy(record: &mut Record, jobs: &[String], random: &mut Random) {
    spelling(record, random);
    if random.per_mille(rates::NUMBER_VARIANT) && !record.number.is_empty() {
        record.number = number_variant(&record.number, random);
    }
    if random.per_mille(rates::TYPING_ERROR) {
        match random.below(3) {
            0 => record.number = mistype(&record.number, random),
            1 => record.vendor = mistype(&record.vendor, random),
            _ => {
                let typed = mistype_digits(&record.cents.to_string(), random);
                record.cents = typed.parse().unwrap_or(record.cents);
            }
        }
    }
    if random.per_mille(rates::JOB_MISSING) {
        record.job.clear();
    } else if random.per_mille(rates::JOB_WRONG) {
        record.job.clone_from(random.pick(jobs));
    }
}

/// Another spelling of the name, now and then.
pub(crate) fn spelling(record: &mut Record, random: &mut Random) {
    if random.per_mille(rates::NAME_VARIANT) {
        record.vendor = name_variant(&record.vendor, random);
    }
}

fn name_variant(name: &str, random: &mut Random) -> String {
    let bare = FORMS
        .iter()
        .find_map(|form| name.strip_suffix(form))
        .unwrap_or(name);
    let words: Vec<&str> = bare.split(' ').collect();
    let fitting: Vec<&(&str, &str)> = SHORT
        .iter()
        .filter(|(long, _)| words.contains(long))
        .collect();
    match random.below(7) {
        0 => bare.to_owned(),
        1 => format!("{bare}{}", random.pick(&FORMS)),
        2 => name.to_uppercase(),
        3 if name.contains('&') => name.replace('&', "and"),
        4 if words.len() >= 3 => {
            // A word is left out, never the first.
            let out = 1 + random.below(words.len() as u64 - 1) as usize;
            let kept = words.iter().enumerate().filter(|(at, _)| *at != out);
            kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
        }
        _ if !fitting.is_empty() => {
            let (long, short) = **random.pick(&fitting);
            let dot = if random.per_mille(300) { "." } else { "" };
            let form = if random.per_mille(500) { " LLC" } else { "" };
            let short = format!("{short}{dot}");
            let words: Vec<&str> = words
                .iter()
                .map(|word| if *word == long { short.as_str() } else { word })
                .collect();
            format!("{}{form}", words.join(" "))
        }
        _ => format!("The {bare}"),
    }
}

fn number_variant(number: &str, random: &mut Random) -> String {
    let digits_from = number.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let (prefix, digits) = number.split_at(digits_from);
    match random.below(9) {
        0 => format!("INV {number}"),
        1 => format!("Inv. #{number}"),
        2 => format!("#{number}"),
        3 => format!("{prefix}00{digits}"),
        4 => number.replace('-', ""),
        5 => digits.to_owned(),
        6 => number.to_lowercase(),
        7 => match random.below(3) {
            0 => format!("{number}-R1"),
            1 => format!("{number}A"),
            _ => number.rsplit('-').next().unwrap_or(number).to_owned(),
        },
        _ => String::new(),
    }
}

/// One typing error: two neighbours swapped, a character changed, lost, or struck twice.
fn mistype(text: &str, random: &mut Random) -> String {
    let mut typed: Vec<char> = text.chars().collect();
    if typed.len() < 3 {
        return text.to_owned();
    }
    let at = 1 + random.below(typed.len() as u64 - 2) as usize;
    match random.below(4) {
        0 => typed.swap(at, at + 1),
        1 => {
            typed[at] = if typed[at].is_ascii_digit() {
                char::from(b'0' + random.below(10) as u8)
            } else {
                char::from(b'a' + random.below(26) as u8)
            }
        }
        2 => {
            typed.remove(at);
        }
        _ => typed.insert(at, typed[at]),
    }
    typed.into_iter().collect()
}

/// A typing error that keeps the number of digits in three of four cases.
fn mistype_digits(text: &str, random: &mut Random) -> String {
    let mut typed = text.as_bytes().to_vec();
    if typed.len() < 3 {
        return text.to_owned();
    }
    let at = random.below(typed.len() as u64 - 1) as usize;
    match random.below(4) {
        0 | 1 => typed.swap(at, at + 1),
        2 => typed[at] = b'1' + random.below(9) as u8,
        _ => {
            typed.remove(at);
        }
    }
    String::from_utf8(typed).unwrap_or_else(|_| text.to_owned())
}

/// The parts of a document: numbered with a suffix, all with the number of the whole, or with
/// numbers of their own, days apart.
pub(crate) fn parts(record: &Record, random: &mut Random) -> Vec<Record> {
    let count = [2, 2, 2, 3, 3, 4][random.below(6) as usize];
    let numbering = random.below(4);
    let mut rest = record.cents;
    let own: u64 = 10_000 + random.below(900_000);
    (0..count)
        .map(|at| {
            let left = count - at;
            let cents = if left == 1 {
                rest
            } else {
                rest * random.between(25, 75) / 100 / (left - 1)
            };
            rest -= cents;
            let number = match numbering {
                0 => format!("{}-{}", record.number, at + 1),
                1 => format!("{}{}", record.number, char::from(b'A' + at as u8)),
                2 => record.number.clone(),
                _ => format!("{}", own + at as u64 * (1 + own % 5)),
            };
            Record {
                number,
                cents,
                day: record.day + at * random.between(0, 9),
                ..record.clone()
            }
        })
        .collect()
}
