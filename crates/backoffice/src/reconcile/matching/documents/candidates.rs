//! The second step: every pairing of left-over rows that is worth weighing.
//!
//! Rows of one party are compared with each other as long as there are few; in a large party each
//! row meets only the rows that share its amount, its number or its time. Across parties, rows meet
//! that share two of number, amount, job and day. No step compares all with all.

use std::cmp::Ordering;

use super::amount::{self, AmountEvidence, RETAINAGE_RATES};
use super::document::{Policy, UNKNOWN};
use super::evidence::{Evidence, points_for};
use super::loose::Loose;
use super::number::NumberEvidence;
use super::parties::Names;
use super::radix::{self, Entry, RIGHT, mix};
use super::table::{Row, Table, days_apart, relate_amounts, weigh};

/// A pairing worth weighing, between ranks of left-over rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) left: u32,
    pub(crate) right: u32,
    /// The weight of the evidence.
    pub(crate) points: i32,
    pub(crate) evidence: Evidence,
}

/// Up to this many rows of a party on the other side are all looked at.
const WHOLE_PARTY: usize = 160;
/// In a larger party, as many rows are looked at before and after a row's day, and per other key.
const WINDOW: usize = 48;
/// Groups of one key across parties are looked at whole up to this many pairings.
const WHOLE_GROUP: usize = 64;
/// Candidates kept per row.
const KEPT: usize = 12;

/// What every comparison needs at hand.
pub(crate) struct Weighing<'a> {
    pub(crate) tables: (&'a Table, &'a Table),
    pub(crate) left: &'a Loose,
    pub(crate) right: &'a Loose,
    pub(crate) names: &'a Names,
    pub(crate) policy: &'a Policy,
}

impl Weighing<'_> {
    /// Weighs two rows by rank, if anything but their party, job and time connects them.
    fn weigh(&self, left: u32, right: u32, least: i32) -> Option<Edge> {
        let (a, b) = (
            &self.left.rows[left as usize],
            &self.right.rows[right as usize],
        );
        let far = days_apart(a.day, b.day).is_some_and(|days| days > self.policy.date_window_days);
        if far && a.number != b.number {
            return None;
        }
        let number = a.number.compare(b.number);
        let rows = (
            self.left.index[left as usize],
            self.right.index[right as usize],
        );
        let amount = relate_amounts(self.tables, rows, (a.amount, b.amount));
        // Numbers one digit apart tell nothing by themselves: a company counts its invoices.
        let tells = match amount {
            AmountEvidence::Different | AmountEvidence::Near | AmountEvidence::Zero => matches!(
                number,
                NumberEvidence::Same | NumberEvidence::SameCore | NumberEvidence::Suffixed
            ),
            _ => true,
        };
        if !tells {
            return None;
        }
        let evidence = weigh(a, b, (number, amount), self.names);
        let points = evidence.points(self.policy);
        (points >= least).then_some(Edge {
            left,
            right,
            points,
            evidence,
        })
    }
}

/// The candidates that reach the score at which a person would be asked, best first per left row.
pub(crate) fn edges(weighing: &Weighing) -> Vec<Edge> {
    let least = points_for(weighing.policy.question);
    let mut edges = Vec::with_capacity(weighing.left.len());
    within_parties(weighing, least, &mut edges);
    across_parties(weighing, least, &mut edges);
    edges.sort_unstable_by_key(|edge| (edge.left, edge.right));
    edges.dedup_by_key(|edge| (edge.left, edge.right));
    let mut kept = Vec::with_capacity(edges.len());
    for of_row in edges.chunk_by_mut(|a, b| a.left == b.left) {
        of_row.sort_unstable_by(best_first);
        kept.extend_from_slice(&of_row[..of_row.len().min(KEPT)]);
    }
    kept
}

/// More points first, then by rank.
pub(crate) fn best_first(a: &Edge, b: &Edge) -> Ordering {
    (b.points, a.left, a.right).cmp(&(a.points, b.left, b.right))
}

fn within_parties(weighing: &Weighing, least: i32, edges: &mut Vec<Edge>) {
    let rights = weighing.right.parties();
    let mut next = 0;
    for (party, left) in weighing.left.parties() {
        while next < rights.len() && rights[next].0 < party {
            next += 1;
        }
        let Some((_, right)) = rights.get(next).filter(|(other, _)| *other == party) else {
            continue;
        };
        if right.len() <= WHOLE_PARTY {
            for a in left {
                for b in right.clone() {
                    edges.extend(weighing.weigh(a as u32, b as u32, least));
                }
            }
        } else {
            large_party(weighing, (left, right.clone()), least, edges);
        }
    }
}

/// Compares the rows of a large party by amount, derived amounts, number, and time.
fn large_party(
    weighing: &Weighing,
    (left, right): (std::ops::Range<usize>, std::ops::Range<usize>),
    least: i32,
    edges: &mut Vec<Edge>,
) {
    let rows = &weighing.right.rows;
    let by_amount: Vec<u32> = right.clone().map(|rank| rank as u32).collect();
    let mut by_number = by_amount.clone();
    by_number.sort_unstable_by_key(|rank| {
        let row = &rows[*rank as usize];
        (row.number, row.day, *rank)
    });
    let mut by_day = by_amount.clone();
    by_day.sort_unstable_by_key(|rank| (rows[*rank as usize].day, *rank));
    let mut by_job = by_amount.clone();
    by_job.sort_unstable_by_key(|rank| (rows[*rank as usize].job, rows[*rank as usize].day, *rank));
    let mut seen: Vec<u32> = Vec::with_capacity(16 * WINDOW);
    for a in left {
        let row = &weighing.left.rows[a];
        seen.clear();
        let mut amounts = vec![row.amount];
        for rate in RETAINAGE_RATES {
            amounts.push(row.amount - amount::share(row.amount, rate));
            amounts.push(amount::before_retainage(row.amount, rate));
        }
        for amount in amounts {
            // A cent to each side, for those who round otherwise.
            for amount in [amount.saturating_sub(1), amount, amount.saturating_add(1)] {
                let from = by_amount.partition_point(|rank| rows[*rank as usize].amount < amount);
                let to = by_amount.partition_point(|rank| rows[*rank as usize].amount <= amount);
                seen.extend_from_slice(nearest(&by_amount[from..to], row, rows));
            }
        }
        if !row.number.is_missing() {
            let from = by_number.partition_point(|rank| rows[*rank as usize].number < row.number);
            let to = by_number.partition_point(|rank| rows[*rank as usize].number <= row.number);
            seen.extend_from_slice(nearest(&by_number[from..to], row, rows));
        }
        let at = by_day.partition_point(|rank| rows[*rank as usize].day < row.day);
        seen.extend_from_slice(around(&by_day, at));
        let at = by_job.partition_point(|rank| {
            let other = &rows[*rank as usize];
            (other.job, other.day) < (row.job, row.day)
        });
        seen.extend_from_slice(around(&by_job, at));
        seen.sort_unstable();
        seen.dedup();
        for b in &seen {
            edges.extend(weighing.weigh(a as u32, *b, least));
        }
    }
}

fn around(order: &[u32], at: usize) -> &[u32] {
    &order[at.saturating_sub(WINDOW)..(at + WINDOW).min(order.len())]
}

/// Of a run of rows in order of their days, those around the day of a row.
fn nearest<'a>(run: &'a [u32], row: &Row, rows: &[Row]) -> &'a [u32] {
    around(
        run,
        run.partition_point(|rank| rows[*rank as usize].day < row.day),
    )
}

/// The properties under which rows of different parties meet.
type CrossKey = fn(&Row) -> Option<u64>;

const CROSS_KEYS: [CrossKey; 5] = [
    long_number,
    number_and_amount,
    number_and_job,
    amount_and_job,
    amount_and_day,
];

fn number_digest(row: &Row) -> Option<u64> {
    (row.number.length() >= 3).then(|| row.number.digest())
}

fn long_number(row: &Row) -> Option<u64> {
    (row.number.length() >= 5).then(|| row.number.digest())
}

fn number_and_amount(row: &Row) -> Option<u64> {
    number_digest(row)
        .filter(|_| row.amount != 0)
        .map(|number| mix(number, row.amount as u64))
}

fn number_and_job(row: &Row) -> Option<u64> {
    number_digest(row)
        .filter(|_| row.job != UNKNOWN)
        .map(|number| mix(number, !u64::from(row.job)))
}

fn amount_and_job(row: &Row) -> Option<u64> {
    (row.amount != 0 && row.job != UNKNOWN)
        .then(|| mix(row.amount as u64, u64::from(row.job) ^ 0x5851_F42D))
}

fn amount_and_day(row: &Row) -> Option<u64> {
    (row.amount != 0).then(|| mix(row.amount as u64, row.day as u64 ^ 0x1405_7B7E_F767_814F))
}

fn across_parties(weighing: &Weighing, least: i32, edges: &mut Vec<Edge>) {
    for key in CROSS_KEYS {
        let of_side = |rows: &[Row], side: u32| {
            let keyed = rows
                .iter()
                .zip(0_u32..)
                .filter_map(|(row, rank)| Some((key(row)?, rank)));
            keyed
                .map(|(key, rank)| Entry {
                    key,
                    row: rank | side,
                })
                .collect::<Vec<Entry>>()
        };
        let mut entries = of_side(&weighing.left.rows, 0);
        entries.append(&mut of_side(&weighing.right.rows, RIGHT));
        let entries = radix::sort(entries.iter().copied());
        for group in entries.chunk_by(|a, b| a.key == b.key) {
            let (lefts, rights) = group.split_at(group.partition_point(|entry| !entry.is_right()));
            let whole = lefts.len() * rights.len() <= WHOLE_GROUP;
            for (place, a) in lefts.iter().enumerate() {
                // A crowd of equal rows is met in order of rank, which is order of content.
                let met = if whole {
                    rights
                } else {
                    let at = place * rights.len() / lefts.len();
                    &rights[at.saturating_sub(4)..(at + 4).min(rights.len())]
                };
                for b in met {
                    let (left, right) = (a.index(), b.index());
                    let party = weighing.left.rows[left as usize].party;
                    if party == UNKNOWN || party != weighing.right.rows[right as usize].party {
                        edges.extend(weighing.weigh(left, right, least));
                    }
                }
            }
        }
    }
}
