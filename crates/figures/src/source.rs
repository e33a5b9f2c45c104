//! Where a fact came from: systems, raw records and references to them.
//!
//! Raw records are defined here, below connectors and store, so that neither needs to see the
//! other.

use alloc::string::String;
use core::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// One of the two systems whose books are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum System {
    /// Where projects are run.
    Procore,
    /// Where the ledger is kept.
    QuickBooks,
}

impl System {
    /// The name in interfaces and files: `procore` or `quickbooks`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Procore => "procore",
            Self::QuickBooks => "quickbooks",
        }
    }

    /// The name that people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Procore => "Procore",
            Self::QuickBooks => "QuickBooks",
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.label())
    }
}

/// A record as the vendor returned it, with the keys under which it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRecord {
    /// The system it was read from.
    pub system: System,
    /// The resource: a snapshot file name (`requisitions`) or a QuickBooks entity (`Bill`).
    pub resource: SmolStr,
    /// The vendor's id as text; singletons such as `Preferences` have `1`.
    pub external_id: SmolStr,
    /// The Procore project it was read under, if any.
    pub project_id: Option<i64>,
    /// The Procore parent it was read under (contract, commitment, vendor, budget view), if any.
    pub parent_id: Option<i64>,
    /// The body, byte for byte as it came.
    pub body: String,
}

/// A reference to one record of one system, as shown to people and stored with findings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceRef {
    /// The system that holds it.
    pub system: System,
    /// Snapshot name in the singular (`payment_application`) or QuickBooks entity name (`Bill`).
    pub kind: SmolStr,
    /// The vendor's id as text.
    pub id: SmolStr,
}

impl SourceRef {
    /// A Procore record.
    #[must_use]
    pub fn procore(kind: &str, id: i64) -> Self {
        Self {
            system: System::Procore,
            kind: SmolStr::new(kind),
            id: smol_str::format_smolstr!("{id}"),
        }
    }

    /// A QuickBooks entity.
    #[must_use]
    pub fn quickbooks(kind: &str, id: &str) -> Self {
        Self {
            system: System::QuickBooks,
            kind: SmolStr::new(kind),
            id: SmolStr::new(id),
        }
    }
}

impl fmt::Display for SourceRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.system, self.kind, self.id)
    }
}

/// A record that could not be used, with the reason a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rejection {
    /// The record; its id is empty when the record did not even have one.
    pub record: SourceRef,
    /// Where it was found, such as a file and line, when the id alone does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}
