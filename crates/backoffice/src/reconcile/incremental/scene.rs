//! What is looked at after a change: some units, out of all books, in their order.

use std::collections::BTreeSet;

use super::kept::{Kept, KeptGroup};
use super::keys::{self, DocumentKey, LedgerKey, ProjectKey};
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
        match kept.ledger_unit(key).and_then(|unit| unit.job) {
            Some(job) => self.jobs.contains(&job),
            None => self.documents.contains(&key.document),
        }
    }
}

/// Units to look at, and documents that must be there besides theirs.
#[derive(Debug, Clone, Default)]
pub(super) struct Scene {
    pub(super) project: BTreeSet<ProjectKey>,
    pub(super) ledger: BTreeSet<LedgerKey>,
    pub(super) documents: BTreeSet<DocumentKey>,
}

impl Scene {
    /// All units of what is compared anew.
    pub(super) fn of_fresh(kept: &Kept, fresh: &Fresh) -> Self {
        let mut scene = Self::default();
        for job in &fresh.jobs {
            let units = kept.project.get(job).into_iter().flatten();
            scene.project.extend(units.map(|unit| unit.key));
            scene.ledger.extend(kept.ledger_of(*job));
        }
        for document in &fresh.documents {
            scene.ledger.extend(kept.parts_of(document));
        }
        scene
    }

    /// All units of a group.
    pub(super) fn add_group(&mut self, group: &KeptGroup) {
        self.project.extend(group.project.iter().copied());
        self.ledger.extend(group.ledger.iter().cloned());
    }

    /// All units of a document.
    pub(super) fn add_document(&mut self, kept: &Kept, document: &DocumentKey) {
        self.ledger.extend(kept.parts_of(document));
        self.documents.insert(document.clone());
    }

    /// The documents of all units, those that payments pay, and those asked for besides.
    pub(super) fn all_documents(&self, kept: &Kept) -> BTreeSet<DocumentKey> {
        let mut documents = self.documents.clone();
        for key in &self.ledger {
            documents.insert(key.document.clone());
            let pays = kept.ledger_unit(key).and_then(|unit| unit.pays.as_ref());
            documents.extend(pays.cloned());
        }
        documents
    }
}

/// The units of a scene with their names.
pub(super) struct Cast<'k> {
    pub(super) project: Vec<ProjectUnit<'k>>,
    pub(super) ledger: Vec<LedgerUnit<'k>>,
    pub(super) project_keys: Vec<ProjectKey>,
    pub(super) ledger_keys: Vec<LedgerKey>,
}

impl<'k> Cast<'k> {
    /// Revives the units of a scene in books that hold their records.
    pub(super) fn new(kept: &'k Kept, scene: &Scene, view: &View<'_>) -> Self {
        let places = keys::places(view.project);
        let mut cast = Self {
            project: Vec::with_capacity(scene.project.len()),
            ledger: Vec::with_capacity(scene.ledger.len()),
            project_keys: Vec::with_capacity(scene.project.len()),
            ledger_keys: Vec::with_capacity(scene.ledger.len()),
        };
        for key in &scene.project {
            let place = places.get(&key.record());
            if let (Some(unit), Some(place)) = (kept.project_unit(key), place) {
                cast.project.push(unit.revive(*place, None));
                cast.project_keys.push(*key);
            }
        }
        for (unit, key) in cast.project.iter_mut().zip(&cast.project_keys) {
            let pays = kept.project_unit(key).and_then(|unit| unit.pays);
            unit.pays = pays.and_then(|paid| place_of(&cast.project_keys, &paid));
        }
        let document = |key: &DocumentKey| view.document(key.kind, &key.id);
        for key in &scene.ledger {
            if let (Some(unit), Some(place)) = (kept.ledger_unit(key), document(&key.document)) {
                let pays = unit.pays.as_ref().and_then(document);
                cast.ledger.push(unit.revive(place, pays, key.nth));
                cast.ledger_keys.push(key.clone());
            }
        }
        cast
    }

    pub(super) fn project_place(&self, key: &ProjectKey) -> Option<u32> {
        place_of(&self.project_keys, key)
    }

    pub(super) fn ledger_place(&self, key: &LedgerKey) -> Option<u32> {
        place_of(&self.ledger_keys, key)
    }

    /// The kept groups of these units as a pairing, with as much of each group as is here.
    pub(super) fn pairing(&self, kept: &Kept) -> Pairing {
        let mut numbers: BTreeSet<u32> = BTreeSet::new();
        let project = self
            .project_keys
            .iter()
            .filter_map(|key| kept.project_unit(key));
        numbers.extend(project.filter_map(|unit| Some(unit.joined?.group)));
        let ledger = self
            .ledger_keys
            .iter()
            .filter_map(|key| kept.ledger_unit(key));
        numbers.extend(ledger.filter_map(|unit| Some(unit.joined?.group)));
        let mut pairing = Pairing::new(self.project.len(), self.ledger.len());
        for number in numbers {
            if let Some(group) = kept.groups.get(&number) {
                pairing.found(self.local(group));
            }
        }
        for (key, place) in self.project_keys.iter().zip(0..) {
            let broken = kept.project_unit(key).and_then(|unit| unit.broken.clone());
            pairing
                .broken_links
                .extend(broken.map(|gone| (place, gone)));
        }
        pairing
    }

    /// A kept group with the places of those of its units that are here.
    pub(super) fn local(&self, group: &KeptGroup) -> Group {
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

    /// The names of a group's units.
    pub(super) fn named(&self, group: &Group) -> (Vec<ProjectKey>, Vec<LedgerKey>) {
        let project = group
            .project
            .iter()
            .map(|place| self.project_keys[*place as usize]);
        let ledger = group.ledger.iter();
        let ledger = ledger.map(|place| self.ledger_keys[*place as usize].clone());
        (project.collect(), ledger.collect())
    }
}

fn place_of<K: Ord>(keys: &[K], key: &K) -> Option<u32> {
    let place = keys.binary_search(key).ok()?;
    u32::try_from(place).ok()
}
