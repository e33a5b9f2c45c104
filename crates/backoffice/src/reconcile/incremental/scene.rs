//! What is looked at after a change: some units, out of all books, in their order.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::kept::{GroupNumber, Joined, Kept, KeptGroup, KeptLedger, KeptProject};
use super::keys::{self, DocumentKey, LedgerKey, ProjectKey};
use super::state::Names;
use crate::reconcile::matching::pairing::{Group, Pairing};
use crate::reconcile::units::{LedgerUnit, ProjectUnit};
use crate::reconcile::view::View;

/// What is compared anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Fresh {
    /// Whole jobs.
    pub(super) jobs: BTreeSet<i64>,
    /// Documents, for what of them is on no job.
    pub(super) documents: BTreeSet<DocumentKey>,
}

impl Fresh {
    pub(super) fn has(&self, kept: &Kept, key: &LedgerKey) -> bool {
        match kept.ledger_unit(key) {
            Some(known) => self.holds(known, key),
            None => self.documents.contains(&key.document),
        }
    }

    /// The same of a unit that is at hand.
    pub(super) fn holds(&self, known: &KeptLedger, key: &LedgerKey) -> bool {
        match known.job {
            Some(job) => self.jobs.contains(&job),
            None => self.documents.contains(&key.document),
        }
    }
}

/// Units to look at, and documents that must be there besides theirs.
#[derive(Debug, Clone, Default)]
pub(super) struct Scene {
    pub(super) project: FxHashSet<ProjectKey>,
    pub(super) ledger: FxHashSet<LedgerKey>,
    pub(super) documents: FxHashSet<DocumentKey>,
    /// Jobs of which all units are here.
    jobs: BTreeSet<i64>,
}

impl Scene {
    /// What is compared anew, and nothing else: other parts of a document that is on no job in part are
    /// as they were.
    pub(super) fn of_fresh(kept: &Kept, fresh: &Fresh) -> Self {
        let mut scene = Self {
            jobs: fresh.jobs.clone(),
            ..Self::default()
        };
        for job in &fresh.jobs {
            let units = kept.units_of.get(job).into_iter().flatten();
            scene.project.extend(units);
            scene.ledger.extend(kept.ledger_of(*job));
        }
        for document in &fresh.documents {
            let parts = kept.parts_of(document);
            let fresh = parts.filter(|key| fresh.has(kept, key));
            scene.ledger.extend(fresh);
        }
        scene
    }

    /// All units of a group.
    pub(super) fn add_group(&mut self, group: &KeptGroup) {
        self.project.extend(group.project.iter().copied());
        self.ledger.extend(group.ledger.iter().cloned());
    }

    /// What the units are paired with. A unit is in one group at most, so once is enough; and of a
    /// job that is here, groups of that job alone are here already.
    pub(super) fn add_groups(&mut self, kept: &Kept) {
        let is_news = |joined: &Joined, job: Option<i64>| {
            joined.wide || job.is_none_or(|job| !self.jobs.contains(&job))
        };
        let project = self.project.iter();
        let project = project.filter_map(|key| {
            let joined = kept.project_unit(key)?.joined?;
            is_news(&joined, Some(key.job)).then_some(joined.group)
        });
        let ledger = self.ledger.iter();
        let ledger = ledger.filter_map(|key| {
            let unit = kept.ledger_unit(key)?;
            let joined = unit.joined?;
            is_news(&joined, unit.job).then_some(joined.group)
        });
        let numbers: FxHashSet<GroupNumber> = project.chain(ledger).collect();
        for group in numbers.iter().filter_map(|number| kept.groups.get(number)) {
            self.add_group(group);
        }
    }

    /// An empty scene beside this one, which does not ask again for the groups of jobs that are here.
    pub(super) fn beside(&self) -> Self {
        Self {
            jobs: self.jobs.clone(),
            ..Self::default()
        }
    }

    /// Procore's units of jobs that are not here as a whole.
    pub(super) fn strangers(&self) -> impl Iterator<Item = &ProjectKey> {
        let project = self.project.iter();
        project.filter(|key| !self.jobs.contains(&key.job))
    }

    /// All units of a document.
    pub(super) fn add_document(&mut self, kept: &Kept, document: &DocumentKey) {
        self.ledger.extend(kept.parts_of(document));
        self.documents.insert(document.clone());
    }

    /// The scene in the order of the books, with all documents that it needs.
    pub(super) fn in_order(self, kept: &Kept) -> InOrder {
        let mut documents = self.documents.clone();
        let mut project: Vec<ProjectKey> = self.project.into_iter().collect();
        let mut ledger: Vec<LedgerKey> = self.ledger.into_iter().collect();
        project.sort_unstable();
        ledger.sort_unstable();
        for key in &ledger {
            documents.insert(key.document.clone());
            let pays = kept.ledger_unit(key).and_then(|unit| unit.pays.as_ref());
            documents.extend(pays.cloned());
        }
        InOrder {
            project,
            ledger,
            documents,
            whole: self.documents,
        }
    }
}

/// A scene that is no longer added to, in the order of the books.
pub(super) struct InOrder {
    pub(super) project: Vec<ProjectKey>,
    pub(super) ledger: Vec<LedgerKey>,
    /// The documents of all units, those that payments pay, and those asked for besides.
    pub(super) documents: FxHashSet<DocumentKey>,
    /// Documents of which all units are here.
    pub(super) whole: FxHashSet<DocumentKey>,
}

/// The units of a scene with their names, in the order of the books.
pub(super) struct Cast<'k> {
    pub(super) project: Vec<ProjectUnit<'k>>,
    pub(super) ledger: Vec<LedgerUnit<'k>>,
    pub(super) names: Names,
    /// What is known of them, at the same places.
    pub(super) known_project: Vec<&'k KeptProject>,
    pub(super) known_ledger: Vec<&'k KeptLedger>,
    project_places: FxHashMap<ProjectKey, u32>,
    ledger_places: FxHashMap<LedgerKey, u32>,
}

impl<'k> Cast<'k> {
    /// Revives the units of a scene in books that hold their records.
    pub(super) fn new(kept: &'k Kept, scene: &InOrder, view: &View<'_>) -> Self {
        let mut cast = Self {
            project: Vec::with_capacity(scene.project.len()),
            ledger: Vec::with_capacity(scene.ledger.len()),
            names: Names {
                project: Vec::with_capacity(scene.project.len()),
                ledger: Vec::with_capacity(scene.ledger.len()),
            },
            known_project: Vec::with_capacity(scene.project.len()),
            known_ledger: Vec::with_capacity(scene.ledger.len()),
            project_places: FxHashMap::default(),
            ledger_places: FxHashMap::default(),
        };
        cast.revive_project(kept, scene, view);
        cast.revive_ledger(kept, scene, view);
        cast.project_places = cast.names.project.iter().copied().zip(0..).collect();
        cast.ledger_places = cast.names.ledger.iter().cloned().zip(0..).collect();
        for (unit, known) in cast.project.iter_mut().zip(&cast.known_project) {
            unit.pays = known
                .pays
                .and_then(|paid| cast.project_places.get(&paid).copied());
        }
        cast
    }

    fn revive_project(&mut self, kept: &'k Kept, scene: &InOrder, view: &View<'_>) {
        let places = keys::places(&view.records);
        for key in &scene.project {
            let place = places.get(&key.record());
            if let (Some(known), Some(place)) = (kept.project_unit(key), place) {
                self.project.push(known.revive(*place, None));
                self.names.project.push(*key);
                self.known_project.push(known);
            }
        }
    }

    fn revive_ledger(&mut self, kept: &'k Kept, scene: &InOrder, view: &View<'_>) {
        let document = |key: &DocumentKey| view.document(key.kind, &key.id);
        for key in &scene.ledger {
            if let (Some(known), Some(place)) = (kept.ledger_unit(key), document(&key.document)) {
                let pays = known.pays.as_ref().and_then(document);
                self.ledger.push(known.revive(place, pays));
                self.names.ledger.push(key.clone());
                self.known_ledger.push(known);
            }
        }
    }

    pub(super) fn project_place(&self, key: &ProjectKey) -> Option<u32> {
        self.project_places.get(key).copied()
    }

    pub(super) fn ledger_place(&self, key: &LedgerKey) -> Option<u32> {
        self.ledger_places.get(key).copied()
    }

    /// Numbers of the groups that the units are in.
    pub(super) fn groups(&self) -> BTreeSet<GroupNumber> {
        let project = self.known_project.iter().filter_map(|known| known.joined);
        let ledger = self.known_ledger.iter().filter_map(|known| known.joined);
        project.chain(ledger).map(|joined| joined.group).collect()
    }

    /// The kept groups of these units as a pairing, with as much of each group as is here.
    pub(super) fn pairing(&self, kept: &Kept) -> Pairing {
        let mut pairing = Pairing::new(self.project.len(), self.ledger.len());
        for number in self.groups() {
            if let Some(group) = kept.groups.get(&number) {
                pairing.found(self.local(group));
            }
        }
        for (known, place) in self.known_project.iter().zip(0..) {
            let broken = known.broken.clone();
            pairing
                .broken_links
                .extend(broken.map(|gone| (place, gone)));
        }
        pairing
    }

    /// A kept group with the places of those of its units that are here.
    fn local(&self, group: &KeptGroup) -> Group {
        let project = group
            .project
            .iter()
            .filter_map(|key| self.project_place(key));
        let ledger = group.ledger.iter().filter_map(|key| self.ledger_place(key));
        Group {
            project: project.collect(),
            ledger: ledger.collect(),
            ..group.group.clone()
        }
    }

    /// Whether a kept group and one that was found hold the same units.
    pub(super) fn is_same(&self, was: &KeptGroup, now: &Group) -> bool {
        let project = now
            .project
            .iter()
            .map(|place| &self.names.project[*place as usize]);
        let ledger = now
            .ledger
            .iter()
            .map(|place| &self.names.ledger[*place as usize]);
        was.project.iter().eq(project) && was.ledger.iter().eq(ledger)
    }
}
