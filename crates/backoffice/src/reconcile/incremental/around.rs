//! What must be at hand to judge a unit: what it pays and is paid by, what it may repeat or take
//! back, and what checks look up by amount.

use std::collections::BTreeSet;

use figures::model::DocumentKind;
use rustc_hash::FxHashSet;

use super::Reconciler;
use super::kept::KeptLedger;
use super::keys::DocumentKey;
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

    /// Unpaired documents that take an unpaired one of the scene back, and those that they could
    /// take back instead: which belongs to which is told by all of a job together.
    pub(super) fn add_taken_back(&self, scene: &mut Scene) {
        let kept = &self.state.kept;
        let here = scene.ledger.iter().filter_map(|key| kept.ledger_unit(key));
        let wanted: FxHashSet<TakenBack> = here.filter_map(taken_back).collect();
        let same = kept.loose_ledger.iter().filter(|key| {
            let unit = kept.ledger_unit(key);
            unit.and_then(taken_back)
                .is_some_and(|of_unit| wanted.contains(&of_unit))
        });
        let documents: Vec<DocumentKey> = same.map(|key| key.document.clone()).collect();
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

/// What a document and the credit that takes it back have in common: family, party and job, and
/// both amounts but for their sign.
type TakenBack = (Family, u32, Option<i64>, [u64; 2]);

fn taken_back(unit: &KeptLedger) -> Option<TakenBack> {
    let lone = unit.joined.is_none() && matches!(unit.family, Family::Billing | Family::Cost);
    let amounts = [unit.share.main, unit.share.retainage];
    let amounts = amounts.map(|amount| amount.cents().unsigned_abs());
    (lone && !unit.share.is_none()).then_some((unit.family, unit.party, unit.job, amounts))
}
