//! Partners that do not stand: drafts, void and deleted documents, and voided ledger documents.

use std::collections::{BTreeMap, BTreeSet};

use super::block::is_sequence;
use super::{Evidence, Group, NONE, Reach, Run, Sign, UNKNOWN, compact, index, stands};
use crate::reconcile::result::PairBasis;
use crate::reconcile::units::{Family, LedgerUnit, ProjectUnit, Standing};

/// A voided document stands for what is within this many days of it, if it has no number.
pub(crate) const VOIDED_DAYS: i32 = 7;

impl Run<'_, '_> {
    /// Drafts, void and deleted documents of Procore's against what stands in the ledger: within
    /// their job first, then in all jobs.
    pub(super) fn match_drafts(&mut self, family: Family, reach: Reach) {
        let drafts: Vec<u32> = self
            .project
            .iter()
            .enumerate()
            .filter(|(place, unit)| {
                unit.family == family
                    && !stands(unit.standing)
                    && self.pairing.of_project[*place] == NONE
            })
            .map(|(place, _)| index(place))
            .collect();
        let living: Vec<u32> = self
            .free_ledger(family)
            .filter(|unit| self.ledger[*unit as usize].job.is_some())
            .collect();
        if drafts.is_empty() || living.is_empty() {
            return;
        }
        if matches!(reach, Reach::AllJobs) {
            let matched = self.match_block(family, &drafts, &living, (reach, Sign::AsIs));
            self.accept(matched);
            return;
        }
        let jobs: BTreeSet<i64> = drafts
            .iter()
            .map(|unit| self.project[*unit as usize].job)
            .filter(|job| self.is_anew(*job))
            .collect();
        for job in jobs {
            let own: Vec<u32> = drafts
                .iter()
                .copied()
                .filter(|unit| self.project[*unit as usize].job == job)
                .collect();
            let parts: Vec<u32> = living
                .iter()
                .copied()
                .filter(|part| self.ledger[*part as usize].job == Some(job))
                .collect();
            let matched = self.match_block(family, &own, &parts, (reach, Sign::AsIs));
            self.accept(matched);
        }
    }

    /// What stands in Procore against what was voided in the ledger.
    pub(super) fn match_voided(&mut self, family: Family) {
        let parties: BTreeSet<u32> = self
            .ledger
            .iter()
            .filter(|unit| unit.family == family && unit.standing == Standing::Void)
            .map(|unit| unit.party)
            .collect();
        if parties.is_empty() {
            return;
        }
        // A document that was voided and entered again under its number has its partner there.
        let living: BTreeSet<(u32, String)> = self
            .ledger
            .iter()
            .filter(|unit| unit.family == family && unit.standing != Standing::Void)
            .filter(|unit| !unit.number.is_empty() && parties.contains(&unit.party))
            .map(|unit| (unit.party, compact(unit.number)))
            .collect();
        let entered_again = |unit: &LedgerUnit<'_>| {
            !unit.number.is_empty() && living.contains(&(unit.party, compact(unit.number)))
        };
        let mut voided: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (place, unit) in self.ledger.iter().enumerate() {
            let gone = unit.family == family && unit.standing == Standing::Void;
            if gone && self.pairing.of_ledger[place] == NONE && !entered_again(unit) {
                let context = self.context_key(family, unit.party, unit.job);
                voided.entry(context).or_default().push(index(place));
            }
        }
        if voided.is_empty() {
            return;
        }
        let left: Vec<u32> = self.free_project(family).collect();
        for place in left {
            let unit = &self.project[place as usize];
            let context = self.context_key(family, unit.party, Some(unit.job));
            let Some(gone) = voided.get_mut(&context) else {
                continue;
            };
            let known = |part: &u32| self.is_voided_twin(unit, *part);
            let found = gone
                .iter()
                .position(|part| known(part) == Some(true))
                .or_else(|| {
                    // Without a number, the only one of its party near the date.
                    let mut near = gone
                        .iter()
                        .enumerate()
                        .filter(|(_, part)| known(part).is_none());
                    near.next()
                        .filter(|_| near.next().is_none())
                        .map(|(at, _)| at)
                });
            if let Some(at) = found {
                self.add(Group {
                    family,
                    project: vec![place],
                    ledger: vec![gone.remove(at)],
                    basis: PairBasis::Number,
                    score: 9_000,
                    evidence: Evidence::VoidedNumber,
                    reversed: false,
                });
            }
        }
    }

    /// Whether a voided document has the unit's number; nothing when it has no number to tell by
    /// but lies near the date.
    pub(super) fn is_voided_twin(&self, unit: &ProjectUnit<'_>, part: u32) -> Option<bool> {
        let other = &self.ledger[part as usize];
        let (one, two) = (compact(unit.number), compact(other.number));
        let same = one == two || one.ends_with(&two) || two.ends_with(&one);
        let telling = !is_sequence(unit.number) && !self.is_check_number(other);
        if !one.is_empty() && !two.is_empty() && (same || telling) {
            return Some(same);
        }
        let near = match (unit.date, other.date) {
            (Some(one), Some(two)) => figures::dates::days_between(one, two).abs() <= VOIDED_DAYS,
            _ => false,
        };
        let owner = is_receipt(unit) && !self.may_be_owner(unit.job, other);
        (!near || owner).then_some(false)
    }

    /// What must agree besides the number: the job on the owner's side, the party otherwise.
    pub(super) fn context_key(&self, family: Family, party: u32, job: Option<i64>) -> u32 {
        if family == Family::Receipt {
            // A voided payment has lost its lines, and with them its job.
            UNKNOWN
        } else if matches!(family, Family::Contract | Family::Billing) {
            job.and_then(|job| self.jobs.get(&job))
                .copied()
                .unwrap_or(UNKNOWN)
        } else {
            party
        }
    }
}

fn is_receipt(unit: &ProjectUnit<'_>) -> bool {
    unit.family == Family::Receipt
}
