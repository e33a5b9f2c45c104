//! What the matcher leaves: equal twins, credits and rebills, estimates of change orders, the only
//! ones left, and what was voided, deleted or never approved.

use std::collections::{BTreeMap, BTreeSet};

use figures::Money;

use super::block::{as_entered, is_sequence};
use super::{Evidence, Group, NONE, Run, UNKNOWN, compact, index, same_order};
use crate::reconcile::result::PairBasis;
use crate::reconcile::units::{Family, LedgerUnit, ProjectUnit, Standing};

/// Equal documents further apart than this are not twins.
const TWIN_DAYS: i32 = 31;

impl<'a> Run<'_, 'a> {
    /// One Procore document and several ledger documents of the same amount: the matcher finds
    /// them equally good and chooses none. One of them is the partner, the one nearest in date;
    /// the others are left to be called duplicates.
    pub(super) fn twins(&mut self, blocks: &[(Vec<u32>, Vec<u32>)]) {
        for (project, ledger) in blocks {
            let mut same: BTreeMap<(u32, Money), Vec<u32>> = BTreeMap::new();
            for part in ledger
                .iter()
                .filter(|part| self.pairing.of_ledger[**part as usize] == NONE)
            {
                let unit = &self.ledger[*part as usize];
                let owner_side = matches!(
                    unit.family,
                    Family::Contract | Family::Billing | Family::Receipt
                );
                let key = (
                    if owner_side { UNKNOWN } else { unit.party },
                    unit.shown.net,
                );
                same.entry(key).or_default().push(*part);
            }
            let free: Vec<u32> = project
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                .collect();
            for place in free {
                let unit = &self.project[place as usize];
                let owner_side = matches!(
                    unit.family,
                    Family::Contract | Family::Billing | Family::Receipt
                );
                let party = if owner_side { UNKNOWN } else { unit.party };
                let key = (party, unit.shown.net);
                let Some(candidates) = same.get(&key).filter(|all| all.len() > 1) else {
                    continue;
                };
                let apart = |part: &u32| {
                    let other = &self.ledger[*part as usize];
                    match (unit.date, other.date) {
                        (Some(one), Some(other)) => figures::dates::days_between(one, other).abs(),
                        _ => i32::MAX,
                    }
                };
                let group = |part: u32| Group {
                    family: unit.family,
                    project: vec![place],
                    ledger: vec![part],
                    basis: PairBasis::Scored,
                    score: 8_000,
                    evidence: Evidence::NearestTwin,
                    reversed: false,
                };
                let best = candidates
                    .iter()
                    .copied()
                    .filter(|part| self.pairing.of_ledger[*part as usize] == NONE)
                    .filter(|part| apart(part) <= TWIN_DAYS && !self.refused(&group(*part)))
                    .min_by_key(|part| {
                        let number = self.ledger[*part as usize].number;
                        (number.is_empty(), number.len(), apart(part), *part)
                    });
                if let Some(part) = best {
                    self.add(group(part));
                }
            }
        }
    }

    /// Credit and rebill: a document that was credited in full and entered again is stood for by
    /// the one entered again.
    pub(super) fn rebills(&mut self, family: Family) {
        if !matches!(family, Family::Billing | Family::Cost) {
            return;
        }
        let key = |unit: &LedgerUnit<'_>, sign: i64| {
            let net = Money::from_cents(sign * unit.shown.net.cents());
            (
                unit.party,
                unit.job,
                Money::from_cents(sign * unit.shown.gross.cents()),
                net,
            )
        };
        let mut entered: BTreeMap<_, Vec<u32>> = BTreeMap::new();
        let mut credits = Vec::new();
        for place in self.free_ledger(family) {
            let unit = &self.ledger[place as usize];
            if unit.shown.gross < Money::ZERO {
                if self.is_fresh_part(place) {
                    credits.push(place);
                }
            } else {
                entered.entry(key(unit, 1)).or_default().push(place);
            }
        }
        if credits.is_empty() || entered.is_empty() {
            return;
        }
        let mut paired: BTreeMap<_, Vec<u32>> = BTreeMap::new();
        for (place, unit) in self.ledger.iter().enumerate() {
            let group = self.pairing.of_ledger[place];
            if unit.family == family && group != NONE {
                paired.entry(key(unit, 1)).or_default().push(index(place));
            }
        }
        for credit in credits {
            let unit = &self.ledger[credit as usize];
            let same = key(unit, -1);
            let (Some(before), Some(again)) = (paired.get(&same), entered.get_mut(&same)) else {
                continue;
            };
            let held = before.iter().copied().find(|place| {
                self.ledger[*place as usize].date <= unit.date
                    && self.pairing.groups[self.pairing.of_ledger[*place as usize] as usize].basis
                        > PairBasis::Link
            });
            let stands_for = |place: &u32| {
                let group = &self.pairing.groups[self.pairing.of_ledger[*place as usize] as usize];
                group
                    .project
                    .iter()
                    .filter_map(|one| self.project[*one as usize].date)
                    .min()
            };
            let original = held.as_ref().and_then(stands_for);
            let later = again.iter().position(|place| {
                let date = self.ledger[*place as usize].date;
                let near = original.zip(date).is_some_and(|(one, two)| {
                    figures::dates::days_between(one, two).abs()
                        <= self.view.policy.date_window_days
                });
                date >= unit.date && near
            });
            if let (Some(held), Some(later)) = (held, later) {
                let again = again.remove(later);
                let group = self.pairing.of_ledger[held as usize];
                self.pairing.of_ledger[held as usize] = NONE;
                self.pairing.join(again, group);
                let group = &mut self.pairing.groups[group as usize];
                for part in &mut group.ledger {
                    if *part == held {
                        *part = again;
                    }
                }
            }
        }
    }

    /// Estimates that are left belong to the only prime contract of their job: each change order
    /// may have an estimate of its own.
    pub(super) fn further_estimates(&mut self) {
        let mut primes: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        for place in 0..self.project.len() {
            let unit = &self.project[place];
            if unit.family == Family::Contract && unit.standing == Standing::Counted {
                primes.entry(unit.job).or_default().push(index(place));
            }
        }
        let left: Vec<u32> = self.free_ledger(Family::Contract).collect();
        for place in left {
            let unit = &self.ledger[place as usize];
            if !unit.job.is_some_and(|job| self.is_anew(job)) {
                continue;
            }
            let Some([prime]) = unit.job.and_then(|job| primes.get(&job)).map(Vec::as_slice) else {
                continue;
            };
            match self.pairing.of_project[*prime as usize] {
                NONE => self.add(Group {
                    family: Family::Contract,
                    project: vec![*prime],
                    ledger: vec![place],
                    basis: PairBasis::Scored,
                    score: 8_000,
                    evidence: Evidence::OnlyContract,
                    reversed: false,
                }),
                group => {
                    self.pairing.join(place, group);
                    self.pairing.groups[group as usize].ledger.push(place);
                }
            }
        }
    }

    /// Within a job: two documents of one party that are alone near one date, have no numbers
    /// that contradict each other, and amounts of one order. They differ, and that is the point.
    pub(super) fn only_ones_left(&mut self, family: Family, blocks: &[(Vec<u32>, Vec<u32>)]) {
        if matches!(family, Family::Receipt | Family::Payment) {
            return;
        }
        for (project, ledger) in blocks {
            let free_project: Vec<u32> = project
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                .collect();
            let free_ledger: Vec<u32> = ledger
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_ledger[*unit as usize] == NONE)
                .collect();
            if free_project.is_empty() || free_ledger.is_empty() || free_ledger.len() > 2_000 {
                continue;
            }
            let near = |unit: u32, part: u32| self.may_be(unit, part);
            let mut groups = Vec::new();
            for unit in &free_project {
                let mut partners = free_ledger.iter().filter(|part| near(*unit, **part));
                let (Some(part), None) = (partners.next(), partners.next()) else {
                    continue;
                };
                if free_project
                    .iter()
                    .filter(|other| near(**other, *part))
                    .count()
                    == 1
                {
                    groups.push((*unit, *part));
                }
            }
            for (unit, part) in groups {
                let group = Group {
                    family,
                    project: vec![unit],
                    ledger: vec![part],
                    basis: PairBasis::Scored,
                    score: 7_500,
                    evidence: Evidence::OnlyOnesLeft,
                    reversed: false,
                };
                self.add(group);
            }
        }
    }

    pub(super) fn may_be(&self, unit: u32, part: u32) -> bool {
        let (one, other) = (&self.project[unit as usize], &self.ledger[part as usize]);
        let billing = one.family == Family::Billing;
        let same_party = matches!(one.family, Family::Billing | Family::Contract)
            || (one.party == other.party && one.party != UNKNOWN);
        let apart = match (one.date, other.date) {
            (Some(one), Some(other)) => figures::dates::days_between(one, other).abs(),
            _ => i32::MAX,
        };
        let near = matches!(one.family, Family::Commitment | Family::Contract) || apart <= 4;
        // A running number or our own check number is no document number that could contradict.
        let numbers_allow = billing
            || matches!(one.family, Family::Contract | Family::Commitment)
            || is_sequence(one.number)
            || other.number.is_empty()
            || self.is_check_number(other);
        same_party
            && near
            && numbers_allow
            && (same_order(one.shown.gross, other.shown.gross)
                || same_order(one.shown.net, other.shown.net)
                || (apart == 0
                    && self.is_check_number(other)
                    && same_side(one.shown.net, other.shown.net)))
    }

    /// What is left on one side against what was voided, deleted or never approved on the other.
    /// What a pair lacks, when something that is left is exactly that: another line of the same
    /// document, another payment of the same document, or a second invoice or bill of the same
    /// party and job near the same day.
    pub(super) fn complete(&mut self) {
        let lacking = self.lacking();
        if lacking.is_empty() {
            return;
        }
        let free: Vec<u32> = Family::ALL
            .into_iter()
            .filter(|family| *family != Family::Contract)
            .flat_map(|family| self.free_ledger(family).collect::<Vec<_>>())
            .collect();
        let mut completed: BTreeSet<usize> = BTreeSet::new();
        for part in free {
            let unit = &self.ledger[part as usize];
            let amount = unit.shown.gross;
            let Some(groups) = lacking.get(&(unit.family, amount)) else {
                continue;
            };
            let found = groups
                .iter()
                .copied()
                .filter(|group| !completed.contains(group))
                .find(|group| self.belongs(&self.pairing.groups[*group], unit));
            if let Some(group) = found {
                completed.insert(group);
                self.pairing.join(part, index(group));
                self.pairing.groups[group].ledger.push(part);
            }
        }
    }

    /// Groups whose ledger side is less than Procore's, by what they lack.
    fn lacking(&self) -> BTreeMap<(Family, Money), Vec<usize>> {
        let mut lacking: BTreeMap<(Family, Money), Vec<usize>> = BTreeMap::new();
        for (place, group) in self.pairing.groups.iter().enumerate() {
            let lack = lack_of(group, self.project, self.ledger, self.enters_retainage);
            if let Some(lack) = lack {
                lacking.entry((group.family, lack)).or_default().push(place);
            }
        }
        lacking
    }

    /// Whether a part that is left belongs to the documents of a group.
    fn belongs(&self, group: &Group, unit: &LedgerUnit<'_>) -> bool {
        group.ledger.iter().any(|other| {
            let other = &self.ledger[*other as usize];
            let days = other.date.zip(unit.date);
            let near =
                days.is_some_and(|(one, two)| figures::dates::days_between(one, two).abs() <= 3);
            let paying = matches!(unit.family, Family::Receipt | Family::Payment);
            other.document == unit.document
                || (paying && unit.pays.is_some() && other.pays == unit.pays)
                || (!paying
                    && near
                    && unit.job.is_some()
                    && (other.job, other.party) == (unit.job, unit.party))
        })
    }

    /// The same amount to the cent within a few days, on another job or under another party, when
    /// there is no other such document on either side.
    pub(super) fn match_elsewhere(&mut self, family: Family) {
        if matches!(family, Family::Contract | Family::Receipt) {
            return;
        }
        let project: Vec<u32> = self.free_project(family).collect();
        let mut by_amount: BTreeMap<Money, Vec<u32>> = BTreeMap::new();
        for part in self.free_ledger(family) {
            let unit = &self.ledger[part as usize];
            if !unit.shown.net.is_zero() {
                by_amount.entry(unit.shown.net).or_default().push(part);
            }
        }
        let candidates = |place: u32| -> Vec<u32> {
            let unit = &self.project[place as usize];
            let same = by_amount
                .get(&unit.shown.net)
                .map(Vec::as_slice)
                .unwrap_or_default();
            same.iter()
                .copied()
                .filter(|part| self.may_be_elsewhere(unit, *part))
                .collect()
        };
        let found: Vec<(u32, Vec<u32>)> = project
            .into_iter()
            .map(|place| (place, candidates(place)))
            .collect();
        let mut wanted: BTreeMap<u32, u32> = BTreeMap::new();
        for (_, parts) in &found {
            for part in parts {
                *wanted.entry(*part).or_default() += 1;
            }
        }
        for (place, parts) in found {
            let [part] = parts.as_slice() else { continue };
            if wanted.get(part) == Some(&1) {
                self.add(Group {
                    family,
                    project: vec![place],
                    ledger: vec![*part],
                    basis: PairBasis::Scored,
                    score: 8_000,
                    evidence: Evidence::OnlyOnesLeft,
                    reversed: false,
                });
            }
        }
    }

    /// One document against all parts of a ledger document that serves several jobs.
    pub(super) fn match_whole_documents(&mut self, family: Family) {
        if !matches!(family, Family::Cost | Family::Commitment) {
            return;
        }
        let mut parts: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for part in self.free_ledger(family) {
            parts
                .entry(self.ledger[part as usize].document)
                .or_default()
                .push(part);
        }
        parts.retain(|_, parts| parts.len() > 1);
        let mut by_amount: BTreeMap<Money, Vec<Vec<u32>>> = BTreeMap::new();
        for parts in parts.into_values() {
            let total = parts
                .iter()
                .map(|part| self.ledger[*part as usize].shown.gross)
                .sum();
            by_amount.entry(total).or_default().push(parts);
        }
        for place in self.free_project(family).collect::<Vec<_>>() {
            let unit = &self.project[place as usize];
            let amount = self.as_entered(unit).gross;
            let of_job = |parts: &&Vec<u32>| {
                parts
                    .iter()
                    .any(|part| self.ledger[*part as usize].job == Some(unit.job))
                    && parts.iter().all(|part| self.may_be_elsewhere(unit, *part))
            };
            let found = by_amount
                .get(&amount)
                .and_then(|all| all.iter().find(of_job))
                .cloned();
            if let Some(ledger) = found {
                self.add(Group {
                    family,
                    project: vec![place],
                    ledger,
                    basis: PairBasis::Scored,
                    score: 8_000,
                    evidence: Evidence::OnlyOnesLeft,
                    reversed: false,
                });
            }
        }
    }

    fn may_be_elsewhere(&self, unit: &ProjectUnit<'_>, part: u32) -> bool {
        let other = &self.ledger[part as usize];
        let near = unit.family == Family::Commitment
            || match (unit.date, other.date) {
                (Some(one), Some(two)) => figures::dates::days_between(one, two).abs() <= 3,
                _ => false,
            };
        let party = unit.party == other.party && unit.party != UNKNOWN;
        let owner = unit.family == Family::Billing;
        let numbers_allow = is_sequence(unit.number)
            || other.number.is_empty()
            || self.is_check_number(other)
            || compact(unit.number) == compact(other.number);
        near && numbers_allow && (party || owner || other.job == Some(unit.job))
    }
}

/// What the ledger side of a group lacks, when it has a part of what Procore shows.
pub(crate) fn lack_of(
    group: &Group,
    project: &[ProjectUnit<'_>],
    ledger: &[LedgerUnit<'_>],
    enters_retainage: bool,
) -> Option<Money> {
    let wanted: Money = group
        .project
        .iter()
        .map(|one| as_entered(&project[*one as usize], enters_retainage).gross)
        .sum();
    let have: Money = group
        .ledger
        .iter()
        .map(|one| ledger[*one as usize].shown.gross)
        .sum();
    let lack = wanted - have;
    let same_sign = (lack > Money::ZERO) == (have > Money::ZERO);
    (!lack.is_zero() && same_sign && !group.reversed).then_some(lack)
}

/// Amounts of one sign, neither more than three times the other: enough on one and the same day.
fn same_side(one: Money, other: Money) -> bool {
    let (one, other) = (one.cents(), other.cents());
    let (small, large) = (one.abs().min(other.abs()), one.abs().max(other.abs()));
    one.signum() * other.signum() > 0 && large <= small * 3
}
