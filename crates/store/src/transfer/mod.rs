//! Moving a tenant: every row out into a file, and every row in again, on either engine.
//!
//! The file is lines of JSON: a head, one line per row, and a last line with the number of rows of
//! each table and the digest of all of them. Importing checks the digest twice: over what was
//! read, and over what the database gives back before the import is committed.
//!
//! Secrets stay behind: tokens, client secrets and pending authorisations open only with keys
//! that never leave an installation, and a refresh token that two installations use is lost to
//! both. Connections arrive as connections to be made again.

mod read;
mod row;
mod tables;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use read::import;
pub(crate) use row::Digest;
pub(crate) use tables::{SECRETS, TABLES, Table};
pub use write::{Destination, export};
pub(crate) use write::{line, not_written};

/// What a file holds, or an import brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// SHA-256 over all of them, in hexadecimal.
    pub digest: String,
}

/// The first line of a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    /// The edition of the format.
    pub(crate) plumbline_tenant: u32,
    pub(crate) tenant_id: String,
    pub(crate) name: String,
}

/// The edition that is written.
const EDITION: u32 = 1;

/// A line with a row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    table: String,
    row: Vec<serde_json::Value>,
}
