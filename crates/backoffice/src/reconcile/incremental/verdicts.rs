//! What the checks said, kept by where it was said, so that a part of it can be said again.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;

use super::keys::{DocumentKey, LedgerKey, ProjectKey};
use crate::reconcile::checks;
use crate::reconcile::result::Finding;
use crate::reconcile::units::Family;

/// Where something was said, in the order in which the checks are asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Of a case: its units, and the number of what was said of it.
    Case(Family, Vec<ProjectKey>, Vec<LedgerKey>, usize),
    /// Of the books as a whole: the check, and the number of what it said.
    Scan(usize, usize),
    /// Of one thing, by a check that looks at the books as a whole.
    Of(usize, SmolStr),
}

/// What something was said about. When that changes, it is asked again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Home {
    Job(i64),
    Document(DocumentKey),
    Check(usize),
}

/// Everything that was said.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    by_id: BTreeMap<SmolStr, BTreeMap<Place, Said>>,
    at_home: BTreeMap<Home, BTreeSet<(SmolStr, Place)>>,
    /// Findings of one id as one finding.
    pub(super) findings: BTreeMap<SmolStr, Finding>,
    /// Ids about which something else is said than before.
    changed: BTreeSet<SmolStr>,
}

#[derive(Debug)]
struct Said {
    finding: Finding,
    homes: BTreeSet<Home>,
}

impl Verdicts {
    /// Notes what was said.
    pub(super) fn say(&mut self, place: Place, finding: Finding, homes: BTreeSet<Home>) {
        let id = finding.id.clone();
        for home in &homes {
            let there = self.at_home.entry(home.clone()).or_default();
            there.insert((id.clone(), place.clone()));
        }
        self.changed.insert(id.clone());
        let same = self.by_id.entry(id).or_default();
        same.insert(place, Said { finding, homes });
    }

    /// Forgets everything that was said about something.
    pub(super) fn forget(&mut self, home: &Home) {
        for (id, place) in self.at_home.remove(home).unwrap_or_default() {
            let Some(same) = self.by_id.get_mut(&id) else {
                continue;
            };
            let Some(said) = same.remove(&place) else {
                continue;
            };
            if same.is_empty() {
                self.by_id.remove(&id);
            }
            for other in said.homes.iter().filter(|other| *other != home) {
                if let Some(there) = self.at_home.get_mut(other) {
                    there.remove(&(id.clone(), place.clone()));
                }
            }
            self.changed.insert(id);
        }
    }

    /// Forgets what was said of one case.
    pub(super) fn forget_case(&mut self, homes: &BTreeSet<Home>, case: &Place) {
        let Place::Case(family, project, ledger, _) = case else {
            return;
        };
        let is_same = |place: &Place| matches!(place, Place::Case(one, left, right, _) if (one, left, right) == (family, project, ledger));
        if let Some(home) = homes.first() {
            self.forget_where(home, is_same);
        }
    }

    /// Forgets what was said of every case that holds a ledger unit, which has this home.
    pub(super) fn forget_part(&mut self, home: &Home, part: &LedgerKey) {
        self.forget_where(
            home,
            |place| matches!(place, Place::Case(_, _, ledger, _) if ledger.contains(part)),
        );
    }

    fn forget_where(&mut self, home: &Home, is_meant: impl Fn(&Place) -> bool) {
        let there = self.at_home.get(home).into_iter().flatten();
        let meant = there.filter(|(_, place)| is_meant(place));
        let meant: Vec<(SmolStr, Place)> = meant.cloned().collect();
        for (id, place) in meant {
            let said = self.by_id.get_mut(&id).and_then(|same| same.remove(&place));
            for home in said.iter().flat_map(|said| &said.homes) {
                if let Some(there) = self.at_home.get_mut(home) {
                    there.remove(&(id.clone(), place.clone()));
                }
            }
            if self.by_id.get(&id).is_some_and(BTreeMap::is_empty) {
                self.by_id.remove(&id);
            }
            self.changed.insert(id);
        }
    }

    /// Brings the findings up to date. Gives what each changed finding was before.
    pub(super) fn settle(&mut self) -> BTreeMap<SmolStr, Option<Finding>> {
        let mut before = BTreeMap::new();
        for id in std::mem::take(&mut self.changed) {
            let joined = self.by_id.get(&id).and_then(joined);
            let held = match joined {
                Some(finding) => self.findings.insert(id.clone(), finding),
                None => self.findings.remove(&id),
            };
            if self.findings.get(&id) != held.as_ref() {
                before.insert(id, held);
            }
        }
        before
    }
}

/// Everything that was said under one id as one finding.
fn joined(same: &BTreeMap<Place, Said>) -> Option<Finding> {
    let mut all = same.values().map(|said| said.finding.clone());
    let mut finding = all.next()?;
    for other in all {
        checks::join(&mut finding, other);
    }
    finding.effects.sort();
    Some(finding)
}
