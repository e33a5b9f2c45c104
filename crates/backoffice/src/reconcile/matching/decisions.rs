//! What people have said about pairs. It outranks every score.

use std::collections::BTreeSet;

use figures::source::SourceRef;

use crate::reconcile::result::PairKind;

/// A pair that a person confirmed or refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decision {
    /// What kind of thing.
    pub kind: PairKind,
    /// The Procore record.
    pub procore: SourceRef,
    /// The QuickBooks record.
    pub quickbooks: SourceRef,
}

/// All decisions in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Pairs that are the same.
    pub confirmed: BTreeSet<Decision>,
    /// Pairs that are not the same.
    pub refused: BTreeSet<Decision>,
}

impl Decisions {
    /// Whether a person said that these two are not the same.
    #[must_use]
    pub fn refuses(&self, kind: PairKind, procore: &SourceRef, quickbooks: &SourceRef) -> bool {
        !self.refused.is_empty()
            && self.refused.contains(&Decision {
                kind,
                procore: procore.clone(),
                quickbooks: quickbooks.clone(),
            })
    }

    /// The confirmed pairs of a kind.
    pub fn confirmed_of(&self, kind: PairKind) -> impl Iterator<Item = &Decision> {
        self.confirmed
            .iter()
            .filter(move |decision| decision.kind == kind)
    }
}
