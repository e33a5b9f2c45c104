//! What identifies a record and a resource, and how that is written in key columns.

use figures::SmolStr;
use figures::source::{RawRecord, System};

use crate::{Refusal, StoreError};

/// Stands for "no project" and "no parent" in key columns, which cannot be null. It sorts first,
/// as `None` does.
pub(super) const NONE: i64 = i64::MIN;

/// A resource of a system, or the part of it that belongs to one project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceKey {
    /// The system.
    pub system: System,
    /// A snapshot name (`requisitions`) or an entity (`Bill`).
    pub resource: SmolStr,
    /// How much of it.
    pub reach: Reach,
}

/// How much of a resource a read covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// All of it, in whatever project.
    Everything,
    /// What was read under one Procore project.
    Project(i64),
}

impl Reach {
    pub(super) fn columns(self) -> (&'static str, i64) {
        match self {
            Self::Everything => ("everything", NONE),
            Self::Project(id) => ("project", id),
        }
    }

    pub(super) fn from_columns(reach: &str, project_id: i64) -> Result<Self, StoreError> {
        match reach {
            "everything" => Ok(Self::Everything),
            "project" => Ok(Self::Project(project_id)),
            _ => Err(StoreError::Unreadable { what: "reach" }),
        }
    }

    /// The first and last value of the project column that lie within the reach.
    pub(super) fn projects(self) -> (i64, i64) {
        match self {
            Self::Everything => (NONE, i64::MAX),
            Self::Project(id) => (id, id),
        }
    }

    /// The project, if the reach is one.
    #[must_use]
    pub fn project_id(self) -> Option<i64> {
        match self {
            Self::Everything => None,
            Self::Project(id) => Some(id),
        }
    }
}

pub(crate) fn system_from(name: &str) -> Result<System, StoreError> {
    [System::Procore, System::QuickBooks]
        .into_iter()
        .find(|system| system.name() == name)
        .ok_or(StoreError::Unreadable { what: "system" })
}

pub(super) fn to_column(id: Option<i64>, record: &RawRecord) -> Result<i64, StoreError> {
    match id {
        Some(NONE) => Err(StoreError::Refused(Refusal::UnusableKey {
            resource: record.resource.to_string(),
            id: record.external_id.to_string(),
        })),
        Some(id) => Ok(id),
        None => Ok(NONE),
    }
}

pub(super) fn from_column(id: i64) -> Option<i64> {
    (id != NONE).then_some(id)
}
