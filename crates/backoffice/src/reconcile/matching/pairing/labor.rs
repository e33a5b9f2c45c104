//! Labor: payroll costs against payroll journals, which have neither numbers nor parties.

use std::collections::BTreeMap;

use figures::Money;
use figures::dates::day_number;
use figures::model::DocumentKind;

use super::{Evidence, Group, NONE, Run, same_order};
use crate::reconcile::result::PairBasis;
use crate::reconcile::units::{Family, ProjectKind};

/// Payroll is posted within this many days of the labor.
pub(crate) const PAYROLL_DAYS: i32 = 10;

/// Labor of one day that is left: costs, and parts of journals by journal.
type LaborOfDay = (Vec<u32>, BTreeMap<u32, Vec<u32>>);

impl<'a> Run<'_, 'a> {
    /// Labor: payroll costs of a job against the payroll journals of that job. They have no
    /// numbers and no parties, but equal amounts on nearly equal days, and wages and burden apart.
    pub(super) fn match_payroll(&mut self) {
        let mut blocks: BTreeMap<i64, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for place in self.free_project(Family::Cost) {
            let unit = &self.project[place as usize];
            let payroll = unit.kind == ProjectKind::DirectCost
                && self.view.records.direct_costs[unit.place as usize].kind == "payroll";
            if payroll && self.is_anew(unit.job) {
                blocks.entry(unit.job).or_default().0.push(place);
            }
        }
        for place in self.free_ledger(Family::Cost) {
            let unit = &self.ledger[place as usize];
            let journal = self.view.at(unit.document).kind == DocumentKind::JournalEntry;
            if let Some(job) = unit.job.filter(|job| journal && self.is_anew(*job)) {
                blocks.entry(job).or_default().1.push(place);
            }
        }
        for (project, ledger) in blocks.into_values() {
            self.match_labor(&project, &ledger, |one, other| one == other);
            self.match_crews(&project, &ledger);
            self.match_journals(&project, &ledger);
            self.match_uneven_crews(&project, &ledger);
            self.match_labor(&project, &ledger, same_order);
        }
    }

    /// Labor entered worker by worker: all costs of a day against the part of the job's journal
    /// that they sum to, else the fewest of them that do.
    pub(super) fn match_crews(&mut self, project: &[u32], ledger: &[u32]) {
        for part in ledger {
            let posted = &self.ledger[*part as usize];
            if self.pairing.of_ledger[*part as usize] != NONE {
                continue;
            }
            let apart = |unit: &u32| {
                let date = self.project[*unit as usize].date.zip(posted.date);
                date.map_or(i32::MAX, |(one, two)| {
                    figures::dates::days_between(one, two).abs()
                })
            };
            let mut costs: Vec<u32> = project
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                .filter(|unit| apart(unit) <= PAYROLL_DAYS)
                .collect();
            costs.sort_by_key(|unit| (apart(unit), *unit));
            let nearest = costs.first().map(apart);
            let of_day: Vec<u32> = costs
                .iter()
                .copied()
                .filter(|unit| Some(apart(unit)) == nearest)
                .collect();
            let sum: Money = of_day
                .iter()
                .map(|unit| self.project[*unit as usize].shown.gross)
                .sum();
            let chosen = if sum == posted.shown.gross {
                Some(of_day)
            } else {
                self.summing_to(&costs, posted.shown.gross)
            };
            if let Some(project) = chosen {
                self.add(Group {
                    family: Family::Cost,
                    project,
                    ledger: vec![*part],
                    basis: PairBasis::Scored,
                    score: 9_200,
                    evidence: Evidence::Payroll,
                    reversed: false,
                });
            }
        }
    }

    /// One cost for wages and burden against the journals of its day that sum to it: wages in one
    /// journal, burden in another.
    fn match_journals(&mut self, project: &[u32], ledger: &[u32]) {
        for unit in project {
            if self.pairing.of_project[*unit as usize] != NONE {
                continue;
            }
            let cost = &self.project[*unit as usize];
            let apart = |part: &u32| {
                let date = cost.date.zip(self.ledger[*part as usize].date);
                date.map_or(i32::MAX, |(one, two)| {
                    figures::dates::days_between(one, two).abs()
                })
            };
            let free: Vec<u32> = ledger
                .iter()
                .copied()
                .filter(|part| self.pairing.of_ledger[*part as usize] == NONE)
                .filter(|part| apart(part) <= PAYROLL_DAYS)
                .collect();
            let Some(day) = free.iter().map(apart).min() else {
                continue;
            };
            let parts: Vec<u32> = free.into_iter().filter(|part| apart(part) == day).collect();
            let posted: Money = parts
                .iter()
                .map(|part| self.ledger[*part as usize].shown.gross)
                .sum();
            if parts.len() > 1 && posted == cost.shown.gross {
                self.add_labor(vec![*unit], parts, 9_200);
            }
        }
    }

    /// What is left of a day's crew against what is left of the journal of that day, when the
    /// sums differ: one difference, not one for each worker.
    fn match_uneven_crews(&mut self, project: &[u32], ledger: &[u32]) {
        for part in ledger {
            if self.pairing.of_ledger[*part as usize] != NONE {
                continue;
            }
            let posted = &self.ledger[*part as usize];
            let journals = ledger
                .iter()
                .filter(|other| self.pairing.of_ledger[**other as usize] == NONE)
                .filter(|other| self.ledger[**other as usize].date == posted.date)
                .count();
            if journals != 1 {
                continue;
            }
            let costs: Vec<u32> = project
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                .filter(|unit| self.project[*unit as usize].date == posted.date)
                .collect();
            let sum: Money = costs
                .iter()
                .map(|unit| self.project[*unit as usize].shown.gross)
                .sum();
            if costs.len() > 1 && same_order(sum, posted.shown.gross) {
                self.add_labor(costs, vec![*part], 8_500);
            }
        }
    }

    fn add_labor(&mut self, project: Vec<u32>, ledger: Vec<u32>, score: u16) {
        self.add(Group {
            family: Family::Cost,
            project,
            ledger,
            basis: PairBasis::Scored,
            score,
            evidence: Evidence::Payroll,
            reversed: false,
        });
    }

    /// Labor that the journal of its day posted to another job, or to none: one cost against one
    /// part, else the costs left of a day against the parts left, when they sum to the same.
    pub(super) fn match_strayed_labor(&mut self) {
        let project: Vec<u32> = self
            .free_project(Family::Cost)
            .filter(|place| {
                let unit = &self.project[*place as usize];
                unit.kind == ProjectKind::DirectCost
                    && self.view.records.direct_costs[unit.place as usize].kind == "payroll"
            })
            .collect();
        let ledger: Vec<u32> = self
            .free_ledger(Family::Cost)
            .filter(|place| {
                let document = self.view.at(self.ledger[*place as usize].document);
                document.kind == DocumentKind::JournalEntry
            })
            .collect();
        self.match_labor(&project, &ledger, |one, other| one == other);
        let mut by_day: BTreeMap<_, LaborOfDay> = BTreeMap::new();
        for unit in project
            .iter()
            .filter(|unit| self.pairing.of_project[**unit as usize] == NONE)
        {
            by_day
                .entry(self.project[*unit as usize].date)
                .or_default()
                .0
                .push(*unit);
        }
        for part in ledger
            .iter()
            .filter(|part| self.pairing.of_ledger[**part as usize] == NONE)
        {
            let unit = &self.ledger[*part as usize];
            let journals = &mut by_day.entry(unit.date).or_default().1;
            journals.entry(unit.document).or_default().push(*part);
        }
        for (costs, journals) in by_day.into_values() {
            for parts in journals.into_values() {
                let posted: Money = parts
                    .iter()
                    .map(|part| self.ledger[*part as usize].shown.gross)
                    .sum();
                let free: Vec<u32> = costs
                    .iter()
                    .copied()
                    .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                    .collect();
                if let Some(costs) = self.summing_to(&free, posted) {
                    self.add(Group {
                        family: Family::Cost,
                        project: costs,
                        ledger: parts,
                        basis: PairBasis::Scored,
                        score: 8_500,
                        evidence: Evidence::Payroll,
                        reversed: false,
                    });
                }
            }
        }
    }

    /// The fewest of a few costs that sum to an amount.
    pub(super) fn summing_to(&self, costs: &[u32], amount: Money) -> Option<Vec<u32>> {
        let costs = &costs[..costs.len().min(12)];
        // The sum of each choice is the sum of a smaller one and one cost more.
        let mut sums = vec![Money::ZERO; 1 << costs.len()];
        for mask in 1..sums.len() {
            let without = mask & (mask - 1);
            let added = costs[mask.trailing_zeros() as usize];
            sums[mask] = sums[without] + self.project[added as usize].shown.gross;
        }
        let fewest = (1..sums.len())
            .filter(|mask| sums[*mask] == amount)
            .min_by_key(|mask| mask.count_ones())?;
        let chosen = costs.iter().enumerate();
        let chosen = chosen.filter(|(at, _)| fewest & (1 << at) != 0);
        Some(chosen.map(|(_, one)| *one).collect())
    }

    /// Pairs labor of one job by amount and nearest day.
    pub(super) fn match_labor(
        &mut self,
        project: &[u32],
        ledger: &[u32],
        agree: impl Fn(Money, Money) -> bool,
    ) {
        let mut by_day: BTreeMap<i32, Vec<u32>> = BTreeMap::new();
        for part in ledger {
            let free = self.pairing.of_ledger[*part as usize] == NONE;
            if let Some(posted) = self.ledger[*part as usize].date.filter(|_| free) {
                by_day.entry(day_number(posted)).or_default().push(*part);
            }
        }
        let mut near: Vec<(i32, u32, u32)> = Vec::new();
        for unit in project
            .iter()
            .filter(|unit| self.pairing.of_project[**unit as usize] == NONE)
        {
            let one = &self.project[*unit as usize];
            let Some(day) = one.date.map(day_number) else {
                continue;
            };
            for (posted, parts) in by_day.range(day - PAYROLL_DAYS..=day + PAYROLL_DAYS) {
                let apart = (day - posted).abs();
                let equal = parts.iter().filter(|part| {
                    agree(one.shown.gross, self.ledger[**part as usize].shown.gross)
                });
                near.extend(equal.map(|part| (apart, *unit, *part)));
            }
        }
        near.sort_unstable();
        for (_, unit, part) in near {
            self.add(Group {
                family: Family::Cost,
                project: vec![unit],
                ledger: vec![part],
                basis: PairBasis::Scored,
                score: 9_400,
                evidence: Evidence::Payroll,
                reversed: false,
            });
        }
    }
}
