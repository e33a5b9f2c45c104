//! The eight measures that a job bridge compares.

use core::fmt;

use serde::{Deserialize, Serialize};

/// What a bridge compares for one job. The exact reading of both totals is in the reference of
/// measures; the order here is the order on every page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Approved prime contract with approved change orders; accepted estimates.
    Contract,
    /// Billed to the owner, net of retainage and without sales tax.
    Billed,
    /// Retainage receivable.
    Retainage,
    /// Cash received from the owner.
    Received,
    /// Approved commitments with approved change orders; purchase orders.
    Committed,
    /// Job cost, gross of retainage under the gross convention.
    Cost,
    /// Retainage payable.
    RetainagePayable,
    /// Cash paid to subcontractors and suppliers.
    Paid,
}

impl Measure {
    /// All measures in page order.
    pub const ALL: [Self; 8] = [
        Self::Contract,
        Self::Billed,
        Self::Retainage,
        Self::Received,
        Self::Committed,
        Self::Cost,
        Self::RetainagePayable,
        Self::Paid,
    ];

    /// The name in interfaces and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Billed => "billed",
            Self::Retainage => "retainage",
            Self::Received => "received",
            Self::Committed => "committed",
            Self::Cost => "cost",
            Self::RetainagePayable => "retainage_payable",
            Self::Paid => "paid",
        }
    }

    /// The measure with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}
