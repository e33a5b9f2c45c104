//! Units that were left over when a step looked over all jobs, by what they are looked up by.

use std::collections::BTreeMap;

use figures::dates::day_number;
use figures::model::DocumentKind;
use figures::{Date, Money};
use rustc_hash::{FxHashMap, FxHashSet};

use super::kept::{KeptLedger, KeptProject};
use super::keys::{LedgerKey, ProjectKey};
use crate::reconcile::units::Family;

/// Procore's units that were left over, by family.
#[derive(Debug, Default)]
pub(super) struct LooseProject {
    awake: BTreeMap<Family, FxHashSet<ProjectKey>>,
    asleep: Asleep,
}

/// Labor that nothing is paired with. It names neither a party nor a number, so it can only be
/// paired with something of its amount, with a journal of its day, or with a voided document near
/// its day; until there is one, nobody looks at it.
#[derive(Debug, Default)]
struct Asleep {
    /// By the number of the day.
    of_day: BTreeMap<i32, FxHashSet<ProjectKey>>,
    of_amount: FxHashMap<u64, FxHashSet<ProjectKey>>,
}

/// The number of the day, and the amount, by which a unit is found that sleeps.
fn found_by(unit: &KeptProject) -> Option<(i32, u64)> {
    let day = unit.date().map(day_number)?;
    Some((day, unit.shown.gross.cents().unsigned_abs()))
}

impl LooseProject {
    pub(super) fn insert(&mut self, unit: &KeptProject) {
        self.remove(unit);
        let sleeps = unit.labor && unit.joined.is_none() && unit.names_nobody();
        if let Some((day, amount)) = found_by(unit).filter(|_| sleeps) {
            let asleep = &mut self.asleep;
            asleep.of_day.entry(day).or_default().insert(unit.key);
            asleep.of_amount.entry(amount).or_default().insert(unit.key);
        } else {
            self.awake.entry(unit.family).or_default().insert(unit.key);
        }
    }

    pub(super) fn remove(&mut self, unit: &KeptProject) {
        if let Some(same) = self.awake.get_mut(&unit.family) {
            same.remove(&unit.key);
        }
        let Some((day, amount)) = found_by(unit) else {
            return;
        };
        let of_day = self.asleep.of_day.get_mut(&day);
        let of_amount = self.asleep.of_amount.get_mut(&amount);
        for same in of_day.into_iter().chain(of_amount) {
            same.remove(&unit.key);
        }
    }

    /// All but those that sleep.
    pub(super) fn awake(&self) -> impl Iterator<Item = &ProjectKey> {
        self.awake.values().flatten()
    }

    pub(super) fn awake_of(&self, family: Family) -> impl Iterator<Item = &ProjectKey> {
        self.awake.get(&family).into_iter().flatten()
    }

    /// What sleeps within so many days of a day.
    pub(super) fn asleep_near(&self, day: Date, days: i32) -> impl Iterator<Item = &ProjectKey> {
        let day = day_number(day);
        let near = self.asleep.of_day.range(day - days..=day + days);
        near.flat_map(|(_, same)| same)
    }

    /// What sleeps and has this amount, whatever its sign.
    pub(super) fn asleep_of_amount(&self, amount: Money) -> impl Iterator<Item = &ProjectKey> {
        let amount = amount.cents().unsigned_abs();
        self.asleep.of_amount.get(&amount).into_iter().flatten()
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

    /// Those of all kinds but one.
    pub(super) fn but(&self, kind: DocumentKind) -> impl Iterator<Item = &LedgerKey> {
        let others = self
            .by_kind
            .iter()
            .filter(move |(other, _)| **other != kind);
        others.flat_map(|(_, same)| same)
    }

    pub(super) fn of_kind(&self, kind: DocumentKind) -> impl Iterator<Item = &LedgerKey> {
        self.by_kind.get(&kind).into_iter().flatten()
    }

    pub(super) fn of_amounts(&self, amounts: &Amounts) -> impl Iterator<Item = &LedgerKey> {
        self.by_amounts.get(amounts).into_iter().flatten()
    }
}
