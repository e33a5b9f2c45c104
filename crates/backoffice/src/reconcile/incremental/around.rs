//! What must be at hand to judge a unit: what it pays and is paid by, what it may repeat or take
//! back, and what checks look up by amount.

use std::collections::BTreeSet;

use figures::model::DocumentKind;
use rustc_hash::FxHashSet;

use super::Reconciler;
use super::keys::DocumentKey;
use super::loose::{Amounts, amounts_of};
use super::scene::{Fresh, InOrder, Scene};
use crate::reconcile::units::{Family, Part};

impl Reconciler {
    /// Payments of the documents of a scene, and what payments of the scene pay.
    pub(super) fn add_payments(&self, scene: &Scene, around: &mut Scene) {
        let kept = &self.state.kept;
        let mut paid: BTreeSet<&DocumentKey> = BTreeSet::new();
        for key in &scene.ledger {
            let Some(unit) = kept.ledger_unit(key) else {
                continue;
            };
            if let Some(pays) = &unit.pays {
                around.ledger.extend(kept.parts_of(pays));
                paid.insert(pays);
            }
            if matches!(unit.family, Family::Billing | Family::Cost) {
                paid.insert(&key.document);
            }
        }
        for document in paid {
            for payer in self.shelf.payers(document) {
                let parts = kept.parts_of(payer).filter(|part| {
                    kept.ledger_unit(part).is_some_and(|unit| {
                        unit.pays.as_ref() == Some(document) || uses_up(document)
                    })
                });
                around.ledger.extend(parts);
            }
        }
    }

    /// The same on Procore's side; its payments are of the job of what they pay.
    pub(super) fn add_project_payments(&self, scene: &Scene, fresh: &Fresh, around: &mut Scene) {
        let kept = &self.state.kept;
        let others = scene
            .project
            .iter()
            .filter(|key| !fresh.jobs.contains(&key.job));
        around
            .project
            .extend(others.flat_map(|key| kept.payments_of(key)));
        let paid = scene.project.iter();
        around
            .project
            .extend(paid.filter_map(|key| kept.project_unit(key)?.pays));
    }

    /// What payments of a scene pay, on both sides.
    pub(super) fn add_paid(&self, scene: &Scene, paid: &mut Scene) {
        let kept = &self.state.kept;
        let ledger = scene.ledger.iter().filter_map(|key| kept.ledger_unit(key));
        for pays in ledger.filter_map(|unit| unit.pays.as_ref()) {
            paid.ledger.extend(kept.parts_of(pays));
        }
        let project = scene.project.iter();
        let pays = project.filter_map(|key| kept.project_unit(key)?.pays);
        paid.project.extend(pays);
    }

    /// Unpaired documents that take an unpaired one of the scene back, and those that they could
    /// take back instead: which belongs to which is told by all of a job together.
    pub(super) fn add_taken_back(&self, scene: &mut Scene) {
        let kept = &self.state.kept;
        let here = scene.ledger.iter().filter_map(|key| kept.ledger_unit(key));
        let lone = here.filter(|unit| unit.joined.is_none());
        let wanted: FxHashSet<Amounts> = lone.filter_map(amounts_of).collect();
        let same = wanted
            .iter()
            .flat_map(|amounts| kept.loose_ledger.of_amounts(amounts));
        let lone = same.filter(|key| {
            let unit = kept.ledger_unit(key);
            unit.is_some_and(|unit| unit.joined.is_none())
        });
        let documents: Vec<DocumentKey> = lone.map(|key| key.document.clone()).collect();
        for document in &documents {
            scene.add_document(kept, document);
        }
    }

    /// Documents that unpaired ones may repeat.
    pub(super) fn add_originals(&self, scene: &mut Scene) {
        let kept = &self.state.kept;
        let mut found: FxHashSet<&DocumentKey> = FxHashSet::default();
        for unit in scene.ledger.iter().filter_map(|key| kept.ledger_unit(key)) {
            if unit.joined.is_none() {
                let marks = unit.marks.iter().flatten();
                found.extend(marks.flat_map(|mark| self.state.marks.with(*mark)));
            }
        }
        for document in found {
            scene.add_document(kept, document);
        }
    }

    /// Documents that checks look up by amount.
    pub(super) fn add_looked_up(&self, scene: &mut InOrder) {
        let kept = &self.state.kept;
        let payments = scene
            .project
            .iter()
            .filter_map(|key| kept.project_unit(key));
        for unit in payments.filter(|unit| unit.family == Family::Payment && unit.joined.is_none())
        {
            let found = self
                .shelf
                .of_amount(DocumentKind::Purchase, unit.shown.gross);
            scene.documents.extend(found.cloned());
        }
        for key in &scene.ledger {
            let Some(unit) = kept.ledger_unit(key) else {
                continue;
            };
            if matches!(unit.part, Part::ToIncome | Part::ToReceivable) {
                let waiting = self.state.wide.undeposited(unit.shown.gross);
                let waiting = waiting.map(|id| DocumentKey::new(DocumentKind::Payment, id));
                scene.documents.extend(waiting);
            }
            if key.document.kind == DocumentKind::Purchase
                && unit.joined.is_none()
                && let Some(check) = self.shelf.documents.get(&key.document)
            {
                let found = self.shelf.of_amount(DocumentKind::Bill, check.total);
                scene.documents.extend(found.cloned());
            }
        }
    }
}

/// A credit is used up by whatever else a payment pays.
fn uses_up(document: &DocumentKey) -> bool {
    matches!(
        document.kind,
        DocumentKind::CreditMemo | DocumentKind::VendorCredit
    )
}
