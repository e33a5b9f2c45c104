//! Units that were left over when a step looked over all jobs, by what they are looked up by.

use std::collections::BTreeMap;

use figures::model::DocumentKind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::kept::{KeptLedger, KeptProject};
use super::keys::{LedgerKey, ProjectKey};
use crate::reconcile::units::Family;

/// Procore's units that were left over, by family.
#[derive(Debug, Default)]
pub(super) struct LooseProject(BTreeMap<Family, FxHashSet<ProjectKey>>);

impl LooseProject {
    pub(super) fn insert(&mut self, unit: &KeptProject) {
        self.0.entry(unit.family).or_default().insert(unit.key);
    }

    pub(super) fn remove(&mut self, unit: &KeptProject) {
        if let Some(same) = self.0.get_mut(&unit.family) {
            same.remove(&unit.key);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &ProjectKey> {
        self.0.values().flatten()
    }

    pub(super) fn of_family(&self, family: Family) -> impl Iterator<Item = &ProjectKey> {
        self.0.get(&family).into_iter().flatten()
    }
}

/// Ledger units that were left over.
#[derive(Debug, Default)]
pub(super) struct LooseLedger {
    by_kind: BTreeMap<DocumentKind, FxHashSet<LedgerKey>>,
    by_amounts: FxHashMap<Amounts, FxHashSet<LedgerKey>>,
}

/// What a document and the credit that takes it back have in common: family, party and job, and
/// both amounts but for their sign.
pub(super) type Amounts = (Family, u32, Option<i64>, [u64; 2]);

/// By what a unit is looked up that may take another back or be taken back.
pub(super) fn amounts_of(unit: &KeptLedger) -> Option<Amounts> {
    let is_document = matches!(unit.family, Family::Billing | Family::Cost);
    let amounts = [unit.share.main, unit.share.retainage];
    let amounts = amounts.map(|amount| amount.cents().unsigned_abs());
    (is_document && !unit.share.is_none()).then_some((unit.family, unit.party, unit.job, amounts))
}

impl LooseLedger {
    pub(super) fn insert(&mut self, key: &LedgerKey, unit: &KeptLedger) {
        if let Some(amounts) = amounts_of(unit) {
            let same = self.by_amounts.entry(amounts).or_default();
            same.insert(key.clone());
        }
        let same = self.by_kind.entry(key.document.kind).or_default();
        same.insert(key.clone());
    }

    pub(super) fn remove(&mut self, key: &LedgerKey, unit: &KeptLedger) {
        let amounts = amounts_of(unit);
        if let Some(amounts) = amounts
            && let Some(same) = self.by_amounts.get_mut(&amounts)
        {
            same.remove(key);
            if same.is_empty() {
                self.by_amounts.remove(&amounts);
            }
        }
        if let Some(same) = self.by_kind.get_mut(&key.document.kind) {
            same.remove(key);
        }
    }

    pub(super) fn contains(&self, key: &LedgerKey) -> bool {
        let same = self.by_kind.get(&key.document.kind);
        same.is_some_and(|same| same.contains(key))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &LedgerKey> {
        self.by_kind.values().flatten()
    }

    pub(super) fn of_kind(&self, kind: DocumentKind) -> impl Iterator<Item = &LedgerKey> {
        self.by_kind.get(&kind).into_iter().flatten()
    }

    pub(super) fn of_amounts(&self, amounts: &Amounts) -> impl Iterator<Item = &LedgerKey> {
        self.by_amounts.get(amounts).into_iter().flatten()
    }
}
