//! The first step: documents of one party with one number that no other document can claim.
//!
//! All rows are grouped by party and number with one sort. A group with one row on each side whose
//! amounts agree by a rule of the trade is certain; so is an amount that appears once on each side
//! of a larger group. Everything else is left to the weighing of evidence.

use super::document::{Policy, UNKNOWN};
use super::evidence::Evidence;
use super::number::NumberEvidence;
use super::parties::Names;
use super::radix::{self, Entry, RIGHT, mix};
use super::table::{Row, Table, relate_amounts, weigh};

/// Larger groups are not searched for single amounts.
const LARGEST_GROUP: usize = 64;
/// Partners fetched together.
const BATCH: usize = 64;
/// No partner.
const NOBODY: u32 = u32::MAX;

/// For each left row, its certain partner and the evidence.
pub(crate) fn partners(
    left: &Table,
    right: &Table,
    names: &Names,
    policy: &Policy,
) -> Vec<Option<(u32, Evidence)>> {
    let proposed = proposed(left, right);
    let mut partners = Vec::with_capacity(left.len());
    let mut fetched = [left.rows.first().copied(); BATCH];
    for (rows, batch) in left.rows.chunks(BATCH).zip(proposed.chunks(BATCH)) {
        // Partners lie anywhere in memory. Fetching many before looking at any of them lets the
        // machine wait for them together instead of one after another.
        for (row, partner) in fetched.iter_mut().zip(batch) {
            *row = right.rows.get(*partner as usize).copied();
        }
        for ((a, partner), b) in rows.iter().zip(batch).zip(&fetched) {
            let place = (partners.len() as u32, *partner);
            partners.push(b.as_ref().and_then(|b| {
                let amount = relate_amounts((left, right), place, (a.amount, b.amount));
                let evidence = weigh(a, b, (NumberEvidence::Same, amount), names);
                let near = evidence
                    .days_apart
                    .is_none_or(|days| days <= policy.date_window_days);
                (amount.is_exact() && near).then_some((*partner, evidence))
            }));
        }
    }
    partners
}

/// For each left row, the only right row of its party and number, or of these and its amount.
fn proposed(left: &Table, right: &Table) -> Vec<u32> {
    let rows = entries(&left.rows, 0).chain(entries(&right.rows, RIGHT));
    let mut proposed = vec![NOBODY; left.len()];
    let sorted = radix::sort(rows);
    for group in sorted.chunk_by(|a, b| a.key == b.key) {
        match group {
            [_] => {}
            [a, b] if !a.is_right() && b.is_right() => proposed[a.row as usize] = b.index(),
            _ if group.len() <= LARGEST_GROUP => {
                // Rows are in order, so the left side comes first.
                let (lefts, rights) =
                    group.split_at(group.partition_point(|entry| !entry.is_right()));
                for a in lefts {
                    let amount = left.rows[a.index() as usize].amount;
                    let alone = only(lefts, &left.rows, amount);
                    if let (Some(_), Some(b)) = (alone, only(rights, &right.rows, amount)) {
                        proposed[a.row as usize] = b;
                    }
                }
            }
            _ => {}
        }
    }
    proposed
}

/// The row of a group that has this amount, if there is exactly one.
fn only(group: &[Entry], rows: &[Row], amount: i64) -> Option<u32> {
    let mut equal = group
        .iter()
        .filter(|entry| rows[entry.index() as usize].amount == amount);
    let found = equal.next()?;
    equal.next().is_none().then(|| found.index())
}

fn entries(rows: &[Row], side: u32) -> impl Iterator<Item = Entry> + Clone {
    let known = |(row, _): &(&Row, u32)| !row.number.is_missing() && row.party != UNKNOWN;
    rows.iter()
        .zip(0_u32..)
        .filter(known)
        .map(move |(row, index)| Entry {
            key: mix(row.number.digest(), u64::from(row.party)),
            row: index | side,
        })
}
