//! Which documents share a number or an amount with a document, over all jobs.

use std::hash::{Hash, Hasher};

use figures::model::LedgerDocument;
use rustc_hash::{FxHashMap, FxHasher};

use super::keys::DocumentKey;
use crate::reconcile::checks::compact_number;
use crate::reconcile::matching::pairing::compact;
use crate::reconcile::units::{Family, LedgerUnit};

/// Documents by what repetitions share. Two marks may fall together; whoever looks compares.
#[derive(Debug, Default)]
pub(super) struct Marks {
    documents: FxHashMap<u64, Vec<DocumentKey>>,
}

/// What a unit may share with its repetition (domain rule E3), or with what a voided document
/// was entered again as: two forms of its number, and its amount.
pub(super) type UnitMarks = [Option<u64>; 3];

pub(super) fn marks_of(unit: &LedgerUnit<'_>, document: &LedgerDocument) -> UnitMarks {
    let whose = match (unit.family, document.customer.as_deref()) {
        (Family::Billing, Some(customer)) => mark(&("customer", customer)),
        _ => mark(&("party", unit.party)),
    };
    let family = unit.family;
    let has_number = !unit.number.is_empty();
    let by_amount = matches!(family, Family::Billing | Family::Cost);
    [
        has_number.then(|| mark(&(family, whose, compact_number(unit.number)))),
        has_number.then(|| mark(&(family, unit.party, compact(unit.number)))),
        by_amount.then(|| mark(&(family, whose, unit.shown.gross.cents()))),
    ]
}

fn mark(of: &impl Hash) -> u64 {
    let mut hasher = FxHasher::default();
    of.hash(&mut hasher);
    hasher.finish()
}

impl Marks {
    pub(super) fn add(&mut self, marks: &UnitMarks, document: &DocumentKey) {
        for mark in marks.iter().flatten() {
            let same = self.documents.entry(*mark).or_default();
            if !same.contains(document) {
                same.push(document.clone());
            }
        }
    }

    pub(super) fn remove(&mut self, marks: &UnitMarks, document: &DocumentKey) {
        for mark in marks.iter().flatten() {
            if let Some(same) = self.documents.get_mut(mark) {
                same.retain(|one| one != document);
            }
        }
    }

    /// Whether several documents have this mark.
    pub(super) fn is_shared(&self, mark: u64) -> bool {
        self.documents.get(&mark).is_some_and(|same| same.len() > 1)
    }

    /// Documents with this mark.
    pub(super) fn with(&self, mark: u64) -> impl Iterator<Item = &DocumentKey> {
        self.documents.get(&mark).into_iter().flatten()
    }
}
