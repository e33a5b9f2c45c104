//! Which documents share a number or an amount with a document, over all jobs.

use std::hash::{Hash, Hasher};

use figures::model::LedgerDocument;
use rustc_hash::{FxHashMap, FxHasher};

use super::kept::KeptLedger;
use super::keys::DocumentKey;
use crate::reconcile::checks::compact_number;
use crate::reconcile::matching::pairing::compact;
use crate::reconcile::units::Family;

/// Documents by what repetitions share. Two marks may fall together; whoever looks compares.
#[derive(Debug, Default)]
pub(super) struct Marks {
    documents: FxHashMap<u64, Vec<DocumentKey>>,
}

/// What a unit may share with its repetition (domain rule E3), or with what a voided document
/// was entered again as.
pub(super) fn marks_of(unit: &KeptLedger, document: &LedgerDocument) -> Vec<u64> {
    let mut marks = Vec::with_capacity(3);
    let whose = match (unit.family, document.customer.as_deref()) {
        (Family::Billing, Some(customer)) => mark(&("customer", customer)),
        _ => mark(&("party", unit.party)),
    };
    let family = unit.family;
    if !unit.number.is_empty() {
        marks.push(mark(&(family, whose, compact_number(&unit.number))));
        marks.push(mark(&(family, unit.party, compact(&unit.number))));
    }
    if matches!(family, Family::Billing | Family::Cost) {
        marks.push(mark(&(family, whose, unit.shown.gross.cents())));
    }
    marks
}

fn mark(of: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    of.hash(&mut hasher);
    hasher.finish()
}

impl Marks {
    pub(super) fn add(&mut self, marks: &[u64], document: &DocumentKey) {
        for mark in marks {
            let same = self.documents.entry(*mark).or_default();
            if !same.contains(document) {
                same.push(document.clone());
            }
        }
    }

    pub(super) fn remove(&mut self, marks: &[u64], document: &DocumentKey) {
        for mark in marks {
            if let Some(same) = self.documents.get_mut(mark) {
                same.retain(|one| one != document);
            }
        }
    }

    pub(super) fn with(&self, marks: &[u64]) -> impl Iterator<Item = &DocumentKey> {
        let found = marks.iter().filter_map(|mark| self.documents.get(mark));
        found.flatten()
    }
}
