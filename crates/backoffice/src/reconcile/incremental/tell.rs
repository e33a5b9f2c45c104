//! The whole result, and the difference that a change made to it.

use std::collections::{BTreeMap, BTreeSet};

use figures::{Measure, SmolStr};

use super::keys::ProjectKey;
use super::scene::Fresh;
use super::state::State;
use super::{Difference, Reach, Reconciler};
use crate::reconcile::refusals::{self, Refused};
use crate::reconcile::result::{Bridge, Finding, Pair, Reconciliation};
use crate::reconcile::units::Family;
use crate::reconcile::{self, checks};

impl Reconciler {
    /// The whole result.
    pub(super) fn tell(&self) -> Reconciliation {
        let state = &self.state;
        let refused = self.refused();
        let mut findings: Vec<Finding> = state
            .verdicts
            .findings
            .values()
            .filter_map(|one| self.shown(one, &refused))
            .collect();
        findings.sort_by(checks::worst_first);
        let mut outcome = reconcile::nothing_yet(self.as_of, &self.shelf.incomplete);
        outcome.rejections = self.rejections.clone();
        outcome
            .rejections
            .extend(state.rejections.values().flatten().cloned());
        outcome.rejections.sort();
        outcome.rejections.dedup();
        outcome.retainage_convention = Some(state.convention.name());
        outcome.not_kept = state.not_kept.clone();
        outcome.findings = findings;
        outcome.bridges = self.bridges(self.jobs(), &refused);
        outcome.blind_spots = self.shelf.company().blind_spots.clone();
        outcome.refused.extend(refused.all());
        outcome.pairs = self.pairs();
        outcome.questions = state.questions.values().flatten().cloned().collect();
        outcome
            .questions
            .extend(state.jobs.questions.iter().cloned());
        outcome
            .questions
            .sort_by(|one, other| one.id.cmp(&other.id));
        outcome
    }

    fn refused(&self) -> Refused {
        refusals::refused(&self.shelf.company().blind_spots, &self.shelf.incomplete)
    }

    /// Jobs that have bridges.
    fn jobs(&self) -> impl Iterator<Item = i64> + '_ {
        let projects = self.shelf.company().projects.iter();
        projects.filter(|one| !one.deleted).map(|one| one.id)
    }

    /// A finding as it is shown, if it is.
    fn shown(&self, finding: &Finding, refused: &Refused) -> Option<Finding> {
        let mut finding = finding.clone();
        let kept = reconcile::keep_kept(&mut finding, &self.missing());
        (kept && !refused.cover_finding(&finding)).then_some(finding)
    }

    /// Measures that are not kept in QuickBooks.
    fn missing(&self) -> BTreeSet<Measure> {
        self.state.not_kept.iter().map(|one| one.measure).collect()
    }

    fn bridges(&self, jobs: impl Iterator<Item = i64>, refused: &Refused) -> Vec<Bridge> {
        let missing = self.missing();
        let jobs: BTreeSet<i64> = jobs.collect();
        let mut bridges = Vec::with_capacity(jobs.len() * Measure::ALL.len());
        for job in jobs {
            let kept = Measure::ALL
                .into_iter()
                .filter(|measure| !missing.contains(measure));
            bridges.extend(kept.map(|measure| bridge(&self.state, job, measure)));
        }
        bridges.retain(|bridge| !refused.cover(bridge.project_id, bridge.measure));
        bridges
    }

    fn pairs(&self) -> Vec<Pair> {
        let state = &self.state;
        let mut pairs = reconcile::pairs_of(state.kept.groups.values().filter_map(|group| {
            let parts = || {
                group
                    .ledger
                    .iter()
                    .filter_map(|key| state.kept.ledger_unit(key))
            };
            let again =
                group.group.family == Family::Payment && group.project.iter().any(|key| key.paying);
            if again || parts().any(|part| reconcile::is_hidden(part.standing, part.part)) {
                return None;
            }
            let left = group.project.iter().map(ProjectKey::side).collect();
            let right = group.ledger.iter().map(|key| key.document.side()).collect();
            Some((&group.group, left, right))
        }));
        pairs.extend(state.jobs.pairs.iter().cloned());
        pairs.extend(state.parties.pairs.iter().cloned());
        reconcile::sort_pairs(&mut pairs);
        pairs
    }

    /// What came out otherwise.
    pub(super) fn difference(
        &self,
        before: &BTreeMap<SmolStr, Option<Finding>>,
        fresh: &Fresh,
    ) -> Difference {
        let refused = self.refused();
        let mut difference = Difference {
            reach: Reach::Jobs(fresh.jobs.len()),
            ..Difference::default()
        };
        let mut jobs = fresh.jobs.clone();
        for (id, was) in before {
            let now = self.state.verdicts.findings.get(id);
            for effect in was.iter().chain(now).flat_map(|one| &one.effects) {
                jobs.insert(effect.project_id);
            }
            match now.and_then(|now| self.shown(now, &refused)) {
                Some(now) => difference.findings.push(now),
                None => {
                    difference.cleared.insert(id.clone());
                }
            }
        }
        difference.findings.sort_by(checks::worst_first);
        let projects = &self.shelf.company().projects;
        jobs.retain(|job| {
            let place = projects.binary_search_by_key(job, |one| one.id);
            place.is_ok_and(|place| !projects[place].deleted)
        });
        difference.bridges = self.bridges(jobs.into_iter(), &refused);
        difference
    }

    /// What came out otherwise when everything was compared again.
    pub(super) fn difference_to(&self, before: &State) -> Difference {
        let (was, now) = (&before.verdicts.findings, &self.state.verdicts.findings);
        let changed: BTreeMap<SmolStr, Option<Finding>> = was
            .keys()
            .chain(now.keys())
            .filter(|id| was.get(*id) != now.get(*id))
            .map(|id| (id.clone(), was.get(id).cloned()))
            .collect();
        let fresh = Fresh {
            jobs: self.jobs().collect(),
            ..Fresh::default()
        };
        Difference {
            reach: Reach::Everything,
            ..self.difference(&changed, &fresh)
        }
    }
}

fn bridge(state: &State, job: i64, measure: Measure) -> Bridge {
    let key = (job, measure);
    let (procore, quickbooks) = state.totals.get(&key).copied().unwrap_or_default();
    let explained: Vec<_> = state
        .steps
        .get(&key)
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    Bridge::new(job, measure, (procore, quickbooks), explained)
}
