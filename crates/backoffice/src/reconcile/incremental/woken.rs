//! What is left over and sleeps: it is looked at only when something may be paired with it.
//!
//! Labor that nothing is paired with names neither a party nor a number, so it needs something of
//! its amount, a journal of its day that is left over, or a voided document near its day. Estimates
//! that the only contract of their job took after the steps over all jobs need a contract that is
//! left over. There are thousands of both, and hardly ever such a thing.

use std::collections::BTreeSet;

use figures::Date;
use figures::model::DocumentKind;

use super::Reconciler;
use super::kept::KeptLedger;
use super::scene::{Cast, Scene};
use crate::reconcile::matching::documents::UNKNOWN;
use crate::reconcile::matching::pairing::memory::Memory;
use crate::reconcile::matching::pairing::{self, NONE, Pairing};
use crate::reconcile::units::{Family, Standing};

/// What is looked at of what sleeps.
#[derive(Debug, Default)]
pub(super) struct Woken {
    /// Days of which all labor is looked at.
    days: BTreeSet<Date>,
    /// Whether estimates are.
    pub(super) estimates: bool,
}

impl Woken {
    pub(super) fn wake(&mut self, more: Self) {
        self.days.extend(more.days);
        self.estimates |= more.estimates;
    }

    /// What was not looked at, though something that was paired anew was left over for it.
    pub(super) fn missing(
        &self,
        cast: &Cast<'_>,
        memory: &Memory,
        pairing: &Pairing,
    ) -> Option<Self> {
        let mut more = Self::default();
        let first_common = pairing.first_common.get(&Family::Contract);
        for (place, unit) in cast.project.iter().enumerate() {
            let left = pairing.of_project[place] == NONE
                || first_common.is_none_or(|first| pairing.joined_project[place] >= *first);
            let contract = memory.fresh_project[place] && unit.family == Family::Contract;
            more.estimates |= contract && left && !self.estimates;
        }
        for (place, unit) in cast.ledger.iter().enumerate() {
            let left = pairing.of_ledger[place] == NONE
                || pairing.joined_ledger[place] >= pairing::STRAYED_LABOR;
            let kind = cast.names.ledger[place].document.kind;
            let posted = kind == DocumentKind::JournalEntry && unit.family == Family::Cost;
            if memory.fresh_ledger[place] && posted && left {
                let day = unit.date.filter(|day| !self.days.contains(day));
                more.days.extend(day);
            }
        }
        (more.estimates || !more.days.is_empty()).then_some(more)
    }
}

impl Reconciler {
    /// What is awake because of what was left over before.
    pub(super) fn woken(&self) -> Woken {
        let kept = &self.state.kept;
        let journals = kept.loose_ledger.of_kind(DocumentKind::JournalEntry);
        let journals = journals.filter_map(|key| kept.ledger_unit(key));
        let posted = journals.filter(|unit| unit.family == Family::Cost);
        let contracts = kept.loose_project.awake_of(Family::Contract);
        Woken {
            days: posted.filter_map(KeptLedger::date).collect(),
            estimates: contracts.count() > 0,
        }
    }

    /// Labor that sleeps and may be paired with something in the scene.
    pub(super) fn add_woken(&self, scene: &mut Scene, woken: &Woken) {
        let kept = &self.state.kept;
        let asleep = &kept.loose_project;
        for day in &woken.days {
            scene.project.extend(asleep.asleep_near(*day, 0));
        }
        for key in &scene.ledger {
            let unit = kept.ledger_unit(key);
            let Some(unit) = unit.filter(|unit| unit.family == Family::Cost) else {
                continue;
            };
            let amounts = [unit.shown.gross, unit.shown.net].into_iter();
            for amount in amounts.filter(|amount| !amount.is_zero()) {
                scene.project.extend(asleep.asleep_of_amount(amount));
            }
            // Nothing is found by an amount of zero, but labor in a journal.
            let posted = key.document.kind == DocumentKind::JournalEntry;
            let empty = posted && unit.shown.gross.is_zero();
            let voided = unit.standing == Standing::Void && unit.party == UNKNOWN;
            if let Some(day) = unit.date().filter(|_| empty || voided) {
                let days = pairing::VOIDED_DAYS.max(pairing::PAYROLL_DAYS);
                scene.project.extend(asleep.asleep_near(day, days));
            }
        }
    }
}
