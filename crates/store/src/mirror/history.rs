//! The versions of one record, for a person who asks what changed and when.

use figures::SmolStr;
use figures::source::{RawRecord, System};

use super::key::from_column;
use crate::sql::query;
use crate::{Store, StoreError, TenantScope};

/// One version of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordVersion {
    /// Counts from 1 for each record.
    pub version: i64,
    /// The cycle that saw it first.
    pub first_seen_cycle: i64,
    /// Whether this version says that the record is gone; its body is empty then.
    pub removed: bool,
    /// The record as it was.
    pub record: RawRecord,
}

/// Every version of the record with this id, oldest first. Where a vendor uses an id under several
/// projects or parents, each has its own versions.
///
/// # Errors
/// When the store cannot be read.
pub async fn history(
    store: &Store,
    scope: &TenantScope,
    system: System,
    resource: SmolStr,
    external_id: SmolStr,
) -> Result<Vec<RecordVersion>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<(i64, i64, i64, i64, bool, String)> = query(
                    "SELECT project_id, parent_id, version, first_seen_cycle, removed = 1, body
                     FROM record_version
                     WHERE tenant_id = $1 AND system = $2 AND resource = $3 AND external_id = $4
                     ORDER BY project_id, parent_id, version",
                )
                .bind(tx.tenant())
                .bind(system.name())
                .bind(resource.as_str())
                .bind(external_id.as_str())
                .rows(tx.connection())
                .await?;
                Ok(rows
                    .into_iter()
                    .map(
                        |(project_id, parent_id, version, first_seen_cycle, removed, body)| {
                            RecordVersion {
                                version,
                                first_seen_cycle,
                                removed,
                                record: RawRecord {
                                    system,
                                    resource: resource.clone(),
                                    external_id: external_id.clone(),
                                    project_id: from_column(project_id),
                                    parent_id: from_column(parent_id),
                                    body,
                                },
                            }
                        },
                    )
                    .collect())
            })
        })
        .await
}
