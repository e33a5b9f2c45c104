//! The bridge: both totals of a job's measure and the way from one to the other.

use std::collections::{BTreeMap, BTreeSet};

use figures::{Measure, Money};

use super::result::{Bridge, Explained, Finding};
use super::units::{LedgerUnit, ProjectUnit};

/// A bridge for every job and kept measure. What no finding explains is left over, and shown.
pub(crate) fn bridges(
    jobs: &BTreeSet<i64>,
    kept: &[Measure],
    project: &[ProjectUnit<'_>],
    ledger: &[LedgerUnit<'_>],
    findings: &[Finding],
) -> Vec<Bridge> {
    let mut totals: BTreeMap<(i64, Measure), (Money, Money)> = BTreeMap::new();
    for unit in project {
        totals
            .entry((unit.job, unit.family.measure()))
            .or_default()
            .0 += unit.share.main;
        if let Some(measure) = unit.family.retainage_measure() {
            totals.entry((unit.job, measure)).or_default().0 += unit.share.retainage;
        }
    }
    for unit in ledger {
        let Some(job) = unit.job else { continue };
        totals.entry((job, unit.family.measure())).or_default().1 += unit.share.main;
        if let Some(measure) = unit.family.retainage_measure() {
            totals.entry((job, measure)).or_default().1 += unit.share.retainage;
        }
    }
    let mut steps: BTreeMap<(i64, Measure), Vec<Explained>> = BTreeMap::new();
    for finding in findings {
        for effect in &finding.effects {
            steps
                .entry((effect.project_id, effect.measure))
                .or_default()
                .push(Explained {
                    check: finding.check,
                    finding: finding.id.clone(),
                    amount: effect.amount,
                });
        }
    }
    let mut bridges = Vec::with_capacity(jobs.len() * kept.len());
    for job in jobs {
        for measure in kept {
            let key = (*job, *measure);
            let (procore, quickbooks) = totals.get(&key).copied().unwrap_or_default();
            let mut explained = steps.remove(&key).unwrap_or_default();
            explained.sort();
            bridges.push(Bridge::new(
                *job,
                *measure,
                (procore, quickbooks),
                explained,
            ));
        }
    }
    bridges
}

impl Bridge {
    /// A bridge over its steps; what they leave is unexplained.
    pub(crate) fn new(
        project_id: i64,
        measure: Measure,
        (procore, quickbooks): (Money, Money),
        explained: Vec<Explained>,
    ) -> Self {
        let found: Money = explained.iter().map(|step| step.amount).sum();
        Self {
            project_id,
            measure,
            procore,
            quickbooks,
            explained,
            unexplained: procore - quickbooks - found,
        }
    }
}
