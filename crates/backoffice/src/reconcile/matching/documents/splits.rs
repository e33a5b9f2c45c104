//! One document here that is several there: part invoices of one number, or amounts that add up.
//!
//! Parts are looked for twice. First by number, before rows are paired one to one: `4711-1` and
//! `4711-2` belong to `4711` when their amounts add up to it. Then, among what is left in the end,
//! by amount alone within one party, job and time. Both searches are bounded.

use super::amount::{self, AmountEvidence};
use super::document::{Policy, UNKNOWN};
use super::evidence::{Evidence, PartyEvidence, points_for};
use super::loose::Loose;
use super::number::{Number, NumberEvidence};
use super::parties::Names;
use super::radix::{self, Entry, RIGHT, mix};
use super::table::{Row, Table, days_apart, relate_parties, weigh};

/// One row of a side and the rows of the other side that make it up, as ranks.
#[derive(Debug)]
pub(crate) struct Split {
    pub(crate) whole: u32,
    pub(crate) parts: Vec<u32>,
    pub(crate) evidence: Evidence,
}

/// The side whose rows are whole, and the side that may have them in parts.
pub(crate) struct Sides<'a> {
    pub(crate) table: &'a Table,
    pub(crate) wholes: &'a Loose,
    pub(crate) parts: &'a Loose,
    pub(crate) names: &'a Names,
    pub(crate) policy: &'a Policy,
}

/// Longest suffix that marks a part.
const LONGEST_SUFFIX: u32 = 3;
/// Numbers of this length are rare enough to be looked for across parties.
const LONG_NUMBER: u32 = 5;
/// Larger groups of one number are not searched.
const LARGEST_GROUP: usize = 64;
/// Most rows among which parts are sought, by number and by amount.
const PARTS_BY_NUMBER: usize = 10;
const PARTS_BY_AMOUNT: usize = 12;
/// Points held against a sum for each row more among which it was sought: every further row doubles
/// the sums that may fit by chance, though most of them are far off.
const BY_CHANCE: i32 = 5;
/// Most rows among which parts are sought that make up an amount with tax.
const MOST_WITH_TAX: i32 = 3;
/// Most parts found by amount alone: more add up by chance.
const MOST_BY_AMOUNT: u32 = 4;

/// Splits whose parts carry the number of the whole.
pub(crate) fn by_number(sides: &Sides) -> Vec<Split> {
    let entries = radix::sort(stems(sides).iter().copied());
    let mut found = Vec::new();
    for group in entries.chunk_by(|a, b| a.key == b.key) {
        let (wholes, parts) = group.split_at(group.partition_point(|entry| !entry.is_right()));
        if wholes.is_empty() || parts.len() < 2 || group.len() > LARGEST_GROUP {
            continue;
        }
        for whole in wholes {
            let row = &sides.wholes.rows[whole.index() as usize];
            let ranks: Vec<u32> = parts
                .iter()
                .map(Entry::index)
                .filter(|part| {
                    let part = &sides.parts.rows[*part as usize];
                    may_be_part(row.amount, part.amount)
                        && within(sides.policy, row.day, part.day)
                        && relate_parties(row, part, sides.names) != PartyEvidence::Different
                })
                .take(PARTS_BY_NUMBER + 1)
                .collect();
            if ranks.len() > PARTS_BY_NUMBER {
                continue;
            }
            if let Some((parts, amount)) = sides.adding_up(whole.index(), &ranks, u32::MAX) {
                found.push(sides.split(whole.index(), parts, (NumberEvidence::Suffixed, amount)));
            }
        }
    }
    without_conflicts(found, sides)
}

/// Splits among the rows of one party near in time, and of one job if the whole names it, whose
/// amounts add up in one way only.
pub(crate) fn by_amount(sides: &Sides) -> Vec<Split> {
    let key = |row: &Row| (row.party, row.day);
    let mut order: Vec<u32> = (0..sides.parts.len() as u32).collect();
    let rows = &sides.parts.rows;
    order.sort_unstable_by_key(|rank| (key(&rows[*rank as usize]), *rank));
    let mut found = Vec::new();
    let window = i32::from(sides.policy.split_window_days);
    let least = points_for(sides.policy.accept);
    for (whole, rank) in sides.wholes.rows.iter().zip(0_u32..) {
        if whole.party == UNKNOWN || whole.amount == 0 {
            continue;
        }
        let first = (whole.party, whole.day.saturating_sub(window));
        let last = (whole.party, whole.day.saturating_add(window));
        let from = order.partition_point(|part| key(&rows[*part as usize]) < first);
        let to = order.partition_point(|part| key(&rows[*part as usize]) <= last);
        let fits = |part: &Row| {
            (part.job == whole.job || whole.job == UNKNOWN)
                && may_be_part(whole.amount, part.amount)
        };
        let near = order[from..to].iter().copied();
        let mut ranks: Vec<u32> = near.filter(|part| fits(&rows[*part as usize])).collect();
        if ranks.len() < 2 {
            continue;
        }
        ranks.sort_unstable_by_key(|part| (days_apart(whole.day, rows[*part as usize].day), *part));
        ranks.truncate(PARTS_BY_AMOUNT);
        let searched = ranks.len() as i32;
        if let Some((parts, amount)) = sides.adding_up(rank, &ranks, MOST_BY_AMOUNT) {
            // Tax at one of many rates adds up by chance too often, unless little else is about.
            if amount == AmountEvidence::TaxAdded && searched > MOST_WITH_TAX {
                continue;
            }
            let split = sides.split(rank, parts, (NumberEvidence::Missing, amount));
            let by_chance = BY_CHANCE * (searched - 2);
            if split.evidence.points(sides.policy) - by_chance >= least {
                found.push(split);
            }
        }
    }
    without_conflicts(found, sides)
}

/// Wholes by number, and parts by what remains of their number without a suffix: once within their
/// party, and long numbers once more across parties, where names may be written otherwise.
fn stems(sides: &Sides) -> Vec<Entry> {
    let keys = |party: u32, number: Number| {
        let digest = number.digest();
        let long = number.length() >= LONG_NUMBER;
        [
            (party != UNKNOWN).then(|| mix(digest, u64::from(party))),
            long.then_some(digest),
        ]
    };
    let mut entries = Vec::with_capacity(sides.wholes.len() * 3);
    // One bit per whole, so that hardly any stem without a whole is sorted.
    let mut present = vec![0_u64; 1 << 16];
    for (row, rank) in sides.wholes.rows.iter().zip(0_u32..) {
        if row.number.length() < 2 || row.amount == 0 {
            continue;
        }
        for key in keys(row.party, row.number).into_iter().flatten() {
            present[(key >> 48) as usize] |= 1 << (key >> 42 & 63);
            entries.push(Entry { key, row: rank });
        }
    }
    for (row, rank) in sides.parts.rows.iter().zip(0_u32..) {
        if row.amount == 0 {
            continue;
        }
        for suffix in 0..=LONGEST_SUFFIX {
            let stem = row.number.without_last(suffix);
            if stem.length() < 2 {
                break;
            }
            for key in keys(row.party, stem).into_iter().flatten() {
                if present[(key >> 48) as usize] & 1 << (key >> 42 & 63) != 0 {
                    entries.push(Entry {
                        key,
                        row: rank | RIGHT,
                    });
                }
            }
        }
    }
    entries
}

fn within(policy: &Policy, left: i32, right: i32) -> bool {
    days_apart(left, right).is_none_or(|days| days <= policy.split_window_days)
}

/// A part has the sign of the whole and is smaller, allowing for tax on the parts.
fn may_be_part(whole: i64, part: i64) -> bool {
    part != 0 && (whole < 0) == (part < 0) && part.unsigned_abs() < whole.unsigned_abs()
}

impl Sides<'_> {
    /// The rows, at least two and at most `most`, whose amounts make up an amount of the whole.
    /// Nothing when none do, or when several choices do equally well.
    fn adding_up(
        &self,
        whole: u32,
        ranks: &[u32],
        most: u32,
    ) -> Option<(Vec<u32>, AmountEvidence)> {
        if ranks.len() < 2 {
            return None;
        }
        let stated = self.table.stated(self.wholes.index[whole as usize]);
        let targets: Vec<i64> = stated.filter(|amount| *amount != 0).collect();
        let amounts: Vec<i64> = ranks
            .iter()
            .map(|rank| self.parts.rows[*rank as usize].amount)
            .collect();
        let mut sums = vec![0_i64; 1 << amounts.len()];
        let mut best: Option<(AmountEvidence, u32, bool)> = None;
        for choice in 1..sums.len() as u32 {
            let lowest = choice.trailing_zeros() as usize;
            let sum = sums[(choice & (choice - 1)) as usize].saturating_add(amounts[lowest]);
            sums[choice as usize] = sum;
            if choice.count_ones() < 2 || choice.count_ones() > most {
                continue;
            }
            let Some(relation) = targets
                .iter()
                .filter_map(|target| made_up(*target, sum))
                .min()
            else {
                continue;
            };
            best = match best {
                Some((known, _, _)) if known < relation => best,
                Some((known, first, _)) if known == relation => Some((known, first, true)),
                _ => Some((relation, choice, false)),
            };
        }
        let (relation, choice, several) = best?;
        let parts = ranks
            .iter()
            .zip(0..)
            .filter(|(_, bit)| choice >> bit & 1 == 1);
        (!several).then(|| (parts.map(|(rank, _)| *rank).collect(), relation))
    }

    fn split(
        &self,
        whole: u32,
        mut parts: Vec<u32>,
        (number, amount): (NumberEvidence, AmountEvidence),
    ) -> Split {
        parts.sort_unstable();
        let row = &self.wholes.rows[whole as usize];
        let first = &self.parts.rows[parts[0] as usize];
        let mut evidence = weigh(row, first, (number, amount), self.names);
        // Parts follow one another; the nearest tells when the whole was entered.
        let days = |part: &u32| days_apart(row.day, self.parts.rows[*part as usize].day);
        evidence.days_apart = parts.iter().filter_map(days).min();
        evidence.parts = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        Split {
            whole,
            parts,
            evidence,
        }
    }
}

/// How a sum makes up an amount, if it does to the cent.
fn made_up(target: i64, sum: i64) -> Option<AmountEvidence> {
    let relation = amount::compare(target, sum);
    relation.is_exact().then_some(relation)
}

/// Keeps splits that share no row, those of more weight first.
fn without_conflicts(mut found: Vec<Split>, sides: &Sides) -> Vec<Split> {
    found.sort_by_key(|split| (-split.evidence.points(sides.policy), split.whole));
    let mut whole_taken = vec![false; sides.wholes.len()];
    let mut part_taken = vec![false; sides.parts.len()];
    found.retain(|split| {
        let free = !whole_taken[split.whole as usize]
            && split.parts.iter().all(|part| !part_taken[*part as usize]);
        if free {
            whole_taken[split.whole as usize] = true;
            for part in &split.parts {
                part_taken[*part as usize] = true;
            }
        }
        free
    });
    found
}
