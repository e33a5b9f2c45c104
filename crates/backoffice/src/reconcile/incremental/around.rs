//! What must be at hand to judge a unit: what it pays and is paid by, what it may repeat or take
//! back, and what checks look up by amount.

use figures::model::DocumentKind;
use rustc_hash::FxHashSet;

use super::Reconciler;
use super::keys::{DocumentKey, LedgerKey, ProjectKey};
use super::loose::{Amounts, amounts_of};
use super::scene::{InOrder, Scene};
use super::shelf::is_credit;
use crate::reconcile::units::{Family, Part};

impl Reconciler {
    /// Payments of the documents of a scene, and what payments of the scene pay.
    pub(super) fn add_payments(&self, scene: &Scene, around: &mut Scene) {
        let kept = &self.state.kept;
        let mut paid: FxHashSet<&DocumentKey> = FxHashSet::default();
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
            around.ledger.extend(kept.parts_paying(document).cloned());
            around.ledger.extend(self.parts_using(document));
        }
    }

    /// All parts of the payments that use a credit up, whatever else they pay; none for what is no
    /// credit.
    pub(super) fn parts_using(&self, document: &DocumentKey) -> impl Iterator<Item = LedgerKey> {
        let credit = is_credit(document.kind).then_some(document);
        let payers = credit.into_iter().flat_map(|key| self.shelf.payers(key));
        payers.flat_map(|payer| self.state.kept.parts_of(payer))
    }

    /// The same on Procore's side; its payments are of the job of what they pay.
    pub(super) fn add_project_payments(&self, scene: &Scene, around: &mut Scene) {
        let kept = &self.state.kept;
        for key in scene.strangers() {
            around.project.extend(kept.payments_of(key));
            around
                .project
                .extend(kept.project_unit(key).and_then(|unit| unit.pays));
        }
    }

    /// Payments of both sides of the pairs that payments of a scene pay, or that are in it: they are
    /// matched with each other.
    pub(super) fn add_other_sides(&self, scene: &mut Scene) {
        let kept = &self.state.kept;
        scene.add_groups(kept);
        let mut paid = scene.beside();
        self.add_paid(scene, &mut paid);
        paid.add_groups(kept);
        scene.project.extend(paid.project);
        scene.ledger.extend(paid.ledger);
        let payments = scene.strangers().flat_map(|key| kept.payments_of(key));
        let payments: Vec<ProjectKey> = payments.copied().collect();
        scene.project.extend(payments);
        let documents: FxHashSet<&DocumentKey> =
            scene.ledger.iter().map(|key| &key.document).collect();
        let payments = documents.into_iter().flat_map(|one| kept.parts_paying(one));
        let payments: Vec<LedgerKey> = payments.cloned().collect();
        scene.ledger.extend(payments);
    }

    /// What payments of a scene pay, on both sides.
    pub(super) fn add_paid(&self, scene: &Scene, paid: &mut Scene) {
        let kept = &self.state.kept;
        let ledger = scene.ledger.iter().filter_map(|key| kept.ledger_unit(key));
        for pays in ledger.filter_map(|unit| unit.pays.as_ref()) {
            paid.ledger.extend(kept.parts_of(pays));
        }
        let project = scene.strangers();
        let pays = project.filter_map(|key| kept.project_unit(key)?.pays);
        paid.project.extend(pays);
    }

    /// What may explain that payments of a scene differ: what they pay, and credits that they use up.
    pub(super) fn add_explaining(&self, payments: &Scene, causes: &mut Scene) {
        self.add_paid(payments, causes);
        let documents: FxHashSet<&DocumentKey> =
            payments.ledger.iter().map(|key| &key.document).collect();
        let credits = documents
            .into_iter()
            .flat_map(|one| self.shelf.credits_of(one));
        let parts = credits.flat_map(|credit| self.state.kept.parts_of(credit));
        causes.ledger.extend(parts);
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
