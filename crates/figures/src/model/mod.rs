//! The two sets of books in the words of the trade.
//!
//! [`ProjectBooks`] is what Procore says and [`LedgerBooks`] is what QuickBooks says. They are two
//! types so that the sides cannot be mixed up. Which vendor member becomes which field is written
//! down beside the readers in the connectors.

mod ledger;
mod project;

pub use ledger::*;
pub use project::*;

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A part of Procore that the connection could not read. Missing means unknown, never zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BlindSpot {
    /// The project, or none for a company resource.
    pub project_id: Option<i64>,
    /// The resource by its snapshot name.
    pub resource: SmolStr,
    /// Why, such as `permission`.
    pub reason: SmolStr,
}

/// A resource that was read but could not be proven whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Incomplete {
    /// `procore` or `quickbooks`.
    pub system: crate::source::System,
    /// The project, or none.
    pub project_id: Option<i64>,
    /// The resource by its snapshot or entity name.
    pub resource: SmolStr,
    /// What could not be proven.
    pub reason: SmolStr,
}

/// Both sets of books, as far as they are connected.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// What Procore says; nothing when it is not connected.
    pub project: Option<ProjectBooks>,
    /// What QuickBooks says; nothing when it is not connected.
    pub ledger: Option<LedgerBooks>,
    /// What could not be proven whole.
    pub incomplete: Vec<Incomplete>,
}
