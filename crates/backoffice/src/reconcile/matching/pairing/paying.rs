//! Payments, by the documents that they pay, and money that never reached its invoice.

use std::collections::BTreeMap;

use figures::Money;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{Evidence, Group, NONE, Run, compact, same_order, stands};
use crate::reconcile::result::PairBasis;
use crate::reconcile::units::{Family, LedgerUnit, Part};

/// Money that went astray is booked within this many days.
const ASTRAY_DAYS: i32 = 15;

impl<'a> Run<'_, 'a> {
    /// Payments of documents that are paired: what pays one side of a pair is matched with what
    /// pays the other side.
    pub(super) fn match_paying(&mut self, family: Family) {
        let targets = self.targets(family);
        let mut blocks: BTreeMap<u32, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for unit in self.free_project(family) {
            if let Some(group) = targets.get(&unit) {
                blocks.entry(*group).or_default().0.push(unit);
            }
        }
        let of_document = self.groups_of_documents();
        for unit in self.free_ledger(family) {
            let pays = self.ledger[unit as usize].pays;
            if let Some(group) = pays.and_then(|document| of_document.get(&document)) {
                blocks.entry(*group).or_default().1.push(unit);
            }
        }
        blocks.retain(|group, (project, ledger)| {
            self.is_fresh_group(*group)
                || project.iter().any(|unit| self.is_fresh_unit(*unit))
                || ledger.iter().any(|part| self.is_fresh_part(*part))
        });
        let blocks: Vec<_> = blocks
            .into_values()
            .filter(|(project, ledger)| !project.is_empty() && !ledger.is_empty())
            .collect();
        let found: Vec<Vec<Group>> = blocks
            .par_iter()
            .map(|(project, ledger)| self.same_target(family, project, ledger))
            .collect();
        for mut group in found.into_iter().flatten() {
            self.take_unapplied(&mut group);
            self.add(group);
        }
    }

    /// A payment that was applied only in part: what it leaves unapplied is of the same payment.
    pub(super) fn take_unapplied(&self, group: &mut Group) {
        let sum = |group: &Group| -> (Money, Money) {
            (
                group
                    .project
                    .iter()
                    .map(|unit| self.project[*unit as usize].shown.gross)
                    .sum(),
                group
                    .ledger
                    .iter()
                    .map(|part| self.ledger[*part as usize].shown.gross)
                    .sum(),
            )
        };
        let (received, applied) = sum(group);
        if received <= applied {
            return;
        }
        let rest = group.ledger.iter().find_map(|part| {
            let parts = self.parts.get(&self.ledger[*part as usize].document)?;
            parts.iter().copied().find(|other| {
                let unit = &self.ledger[*other as usize];
                unit.part == Part::Unapplied
                    && unit.shown.gross == received - applied
                    && self.pairing.of_ledger[*other as usize] == NONE
            })
        });
        group.ledger.extend(rest);
    }

    /// Group of the document that each project payment pays.
    pub(super) fn targets(&self, family: Family) -> FxHashMap<u32, u32> {
        let mut targets = FxHashMap::default();
        for unit in self.free_project(family) {
            let group = self.project[unit as usize]
                .pays
                .map(|paid| self.pairing.of_project[paid as usize])
                .filter(|group| *group != NONE);
            if let Some(group) = group {
                targets.insert(unit, group);
            }
        }
        targets
    }

    /// Group of each ledger document that is paid.
    pub(super) fn groups_of_documents(&self) -> FxHashMap<u32, u32> {
        let mut found = FxHashMap::default();
        for (place, unit) in self.ledger.iter().enumerate() {
            let group = self.pairing.of_ledger[place];
            if group != NONE && matches!(unit.family, Family::Billing | Family::Cost) {
                found.entry(unit.document).or_insert(group);
            }
        }
        found
    }

    /// Within payments of one document: all of both sides when they sum to the same, else one by
    /// one by amount and order of date; what is left stays free.
    pub(super) fn same_target(
        &self,
        family: Family,
        project: &[u32],
        ledger: &[u32],
    ) -> Vec<Group> {
        let group = |project: Vec<u32>, ledger: Vec<u32>| Group {
            family,
            project,
            ledger,
            basis: PairBasis::Number,
            score: 9_700,
            evidence: Evidence::PaysTheSame,
            reversed: false,
        };
        let (mut project, mut ledger) = (project.to_vec(), ledger.to_vec());
        project.sort_by_key(|unit| (self.project[*unit as usize].date, *unit));
        ledger.sort_by_key(|unit| (self.ledger[*unit as usize].date, *unit));
        let mut groups = Vec::new();
        project.retain(|unit| {
            let amount = self.project[*unit as usize].shown.gross;
            let equal = |part: &&u32| self.ledger[**part as usize].shown.gross == amount;
            let Some(part) = ledger.iter().find(equal).copied() else {
                return true;
            };
            ledger.retain(|other| *other != part);
            groups.push(group(vec![*unit], vec![part]));
            false
        });
        if !project.is_empty() && !ledger.is_empty() {
            let sums: (Money, Money) = (
                project
                    .iter()
                    .map(|unit| self.project[*unit as usize].shown.gross)
                    .sum(),
                ledger
                    .iter()
                    .map(|part| self.ledger[*part as usize].shown.gross)
                    .sum(),
            );
            let single = project.len() == 1 && ledger.len() == 1;
            if sums.0 == sums.1 || (single && same_order(sums.0, sums.1)) {
                groups.push(group(project, ledger));
            }
        }
        groups
    }

    /// Money received that never reached its invoice: unapplied, or deposited straight to income or
    /// to receivables. The owner, the amount and nearly the day are what is left to go by.
    pub(super) fn match_astray(&mut self) {
        let family = Family::Receipt;
        self.match_whole_payments();
        let mut by_amount: BTreeMap<Money, Vec<u32>> = BTreeMap::new();
        for place in self.free_ledger(family) {
            let unit = &self.ledger[place as usize];
            // A payment that did reach an invoice of the job comes before money gone astray.
            if unit.part != Part::Applied || unit.job.is_some() {
                by_amount.entry(unit.shown.gross).or_default().push(place);
            }
        }
        let mut near: Vec<(bool, bool, i32, u32, u32)> = Vec::new();
        for place in self.free_project(family) {
            let unit = &self.project[place as usize];
            for part in by_amount.get(&unit.shown.gross).into_iter().flatten() {
                let other = &self.ledger[*part as usize];
                let (Some(one), Some(two)) = (unit.date, other.date) else {
                    continue;
                };
                let apart = figures::dates::days_between(one, two).abs();
                let number = compact(unit.number);
                let same_number = !number.is_empty() && number == compact(other.number);
                if (apart <= ASTRAY_DAYS || same_number) && self.may_be_owner(unit.job, other) {
                    let astray = other.part != Part::Applied;
                    near.push((astray, !same_number, apart, place, *part));
                }
            }
        }
        near.sort_unstable();
        for (_, other_number, _, unit, part) in near {
            self.add(Group {
                family,
                project: vec![unit],
                ledger: vec![part],
                basis: if other_number {
                    PairBasis::Scored
                } else {
                    PairBasis::Number
                },
                score: 8_600,
                evidence: Evidence::SameMoney,
                reversed: false,
            });
        }
    }

    /// A payment that was applied only in part, or to several invoices: its whole amount is what
    /// Procore received.
    fn match_whole_payments(&mut self) {
        let mut wholes: BTreeMap<Money, Vec<Vec<u32>>> = BTreeMap::new();
        for parts in self.parts.values() {
            let free = parts.iter().all(|part| {
                let unit = &self.ledger[*part as usize];
                unit.family == Family::Receipt
                    && stands(unit.standing)
                    && self.pairing.of_ledger[*part as usize] == NONE
            });
            let unapplied = parts
                .iter()
                .any(|part| self.ledger[*part as usize].part == Part::Unapplied);
            if free && unapplied && parts.len() > 1 {
                let total = self.view.at(self.ledger[parts[0] as usize].document).total;
                wholes.entry(total).or_default().push(parts.clone());
            }
        }
        for parts in wholes.values_mut() {
            parts.sort();
        }
        for place in self.free_project(Family::Receipt).collect::<Vec<_>>() {
            let unit = &self.project[place as usize];
            let Some(candidates) = wholes.get(&unit.shown.gross) else {
                continue;
            };
            let near = |parts: &&Vec<u32>| {
                let other = &self.ledger[parts[0] as usize];
                let days = unit.date.zip(other.date);
                days.is_some_and(|(one, two)| {
                    figures::dates::days_between(one, two).abs() <= ASTRAY_DAYS
                }) && parts
                    .iter()
                    .any(|part| self.may_be_owner(unit.job, &self.ledger[*part as usize]))
            };
            if let Some(parts) = candidates.iter().find(near) {
                self.add(Group {
                    family: Family::Receipt,
                    project: vec![place],
                    ledger: parts.clone(),
                    basis: PairBasis::Scored,
                    score: 8_600,
                    evidence: Evidence::SameMoney,
                    reversed: false,
                });
            }
        }
    }

    /// Whether a receipt names the owner of a job, or nobody.
    pub(super) fn may_be_owner(&self, job: i64, unit: &LedgerUnit<'_>) -> bool {
        if unit.job.is_some() {
            return unit.job == Some(job);
        }
        let document = self.view.at(unit.document);
        let amount = unit.shown.gross;
        let line = document.lines.iter().find(|line| line.amount == amount);
        let named = document
            .customer
            .as_deref()
            .or(line.and_then(|line| line.customer.as_deref()));
        let Some(named) = named else { return true };
        let customers = self
            .job_map
            .customers
            .get(&job)
            .map(Vec::as_slice)
            .unwrap_or_default();
        customers
            .iter()
            .any(|own| self.view.root_customer(own) == self.view.root_customer(named))
    }
}
