//! The first step: documents of one party with one number that no other document can claim.
//!
//! All rows are grouped by party and number with one sort. A group with one row on each side whose
//! amounts agree by a rule of the trade is certain; so is an amount that appears once on each side
//! of a larger group. Everything else is left to the weighing of evidence.

use super::amount::AmountEvidence;
use super::document::{Policy, UNKNOWN};
use super::radix::{self, Entry, RIGHT, mix};
use super::table::{Table, days_apart, relate_amounts};

/// Two rows that are one document, and how their amounts relate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) amount: AmountEvidence,
}

/// Larger groups are not searched for single amounts.
const LARGEST_GROUP: usize = 64;

/// The certain links of two tables.
pub(crate) fn links(left: &Table, right: &Table, policy: &Policy) -> Vec<Link> {
    let mut entries = Vec::with_capacity(left.len() + right.len());
    collect(left, 0, &mut entries);
    collect(right, RIGHT, &mut entries);
    let entries = radix::sort(entries);
    let mut links = Vec::with_capacity(left.len().min(right.len()));
    let near = |a: &Entry, b: &Entry| {
        days_apart(a.day, b.day).is_none_or(|days| days <= policy.date_window_days)
    };
    let link = |a: &Entry, b: &Entry| {
        let (rows, primary) = ((a.index(), b.index()), (a.amount, b.amount));
        let amount = relate_amounts((left, right), rows, primary);
        (amount.is_exact() && near(a, b)).then_some(Link {
            left: rows.0,
            right: rows.1,
            amount,
        })
    };
    for group in entries.chunk_by(|a, b| a.key == b.key) {
        match group {
            [_] => {}
            [a, b] if !a.is_right() && b.is_right() => links.extend(link(a, b)),
            _ if group.len() <= LARGEST_GROUP => {
                // Rows are in order, so the left side comes first.
                let (lefts, rights) =
                    group.split_at(group.partition_point(|entry| !entry.is_right()));
                for a in lefts.iter().filter(|a| a.amount != 0 && single(a, lefts)) {
                    let equal = rights.iter().find(|b| b.amount == a.amount);
                    if let Some(b) = equal.filter(|b| single(b, rights)) {
                        links.extend(link(a, b));
                    }
                }
            }
            _ => {}
        }
    }
    links
}

fn single(entry: &Entry, side: &[Entry]) -> bool {
    side.iter()
        .filter(|other| other.amount == entry.amount)
        .count()
        == 1
}

fn collect(table: &Table, side: u32, entries: &mut Vec<Entry>) {
    for (index, row) in table.rows.iter().enumerate() {
        if row.number.is_missing() || row.party == UNKNOWN {
            continue;
        }
        let number = mix(row.number.0 as u64, (row.number.0 >> 64) as u64);
        entries.push(Entry {
            key: mix(number, u64::from(row.party)),
            amount: row.amount,
            row: index as u32 | side,
            day: row.day,
        });
    }
}
