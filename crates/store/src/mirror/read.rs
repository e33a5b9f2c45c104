//! Reading the mirror as it was at the end of a cycle.

use std::collections::VecDeque;

use figures::SmolStr;
use figures::source::{RawRecord, SourceRef, System};

use super::key::{NONE, from_column, system_from};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope};

const CHUNK: i64 = 4_096;

/// The records that were there at the end of a cycle, in the order of system, resource, project,
/// parent and id (ids that are whole numbers by their value).
///
/// Each chunk is a short read of its own: versions of a past cycle never change, so chunks need no
/// common view, and a slow reader holds nothing up.
#[derive(Debug)]
pub struct RecordStream {
    store: Store,
    scope: TenantScope,
    cycle: i64,
    resources: VecDeque<(System, SmolStr)>,
    after: Option<Position>,
}

/// The last version that was read, from which the next chunk goes on.
#[derive(Debug, Clone)]
struct Position {
    project_id: i64,
    parent_id: i64,
    id_length: i64,
    external_id: String,
}

/// Opens the mirror as it was at the end of this cycle. An open cycle can be read too: it shows
/// what has been written so far.
///
/// # Errors
/// [`Refusal::UnknownCycle`] when there was no such cycle.
pub async fn read_as_of(
    store: &Store,
    scope: &TenantScope,
    cycle: i64,
) -> Result<RecordStream, StoreError> {
    let resources = store
        .read(scope, move |tx| {
            Box::pin(async move { resources_of(tx, cycle).await })
        })
        .await?;
    Ok(stream(store, scope, cycle, resources))
}

/// The same for one resource only.
///
/// # Errors
/// [`Refusal::UnknownCycle`] when there was no such cycle.
pub async fn read_resource_as_of(
    store: &Store,
    scope: &TenantScope,
    cycle: i64,
    system: System,
    resource: SmolStr,
) -> Result<RecordStream, StoreError> {
    let mut all = read_as_of(store, scope, cycle).await?;
    all.resources
        .retain(|known| *known == (system, resource.clone()));
    Ok(all)
}

/// One record of no project and no parent, such as QuickBooks' are, as it was at the end of a cycle;
/// nothing when it was not there.
///
/// # Errors
/// When the store cannot be read.
pub async fn record_as_of(
    store: &Store,
    scope: &TenantScope,
    cycle: i64,
    wanted: &SourceRef,
) -> Result<Option<String>, StoreError> {
    let wanted = wanted.clone();
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let newest: Option<(String, i64)> = query(
                    "SELECT body, removed FROM record_version
                     WHERE tenant_id = $1 AND system = $2 AND resource = $3 AND project_id = $4
                       AND parent_id = $4 AND id_length = length($5) AND external_id = $5
                       AND first_seen_cycle <= $6
                     ORDER BY version DESC LIMIT 1",
                )
                .bind(tx.tenant())
                .bind(wanted.system.name())
                .bind(wanted.kind.as_str())
                .bind(NONE)
                .bind(wanted.id.as_str())
                .bind(cycle)
                .row_if_any(tx.connection())
                .await?;
                Ok(newest.and_then(|(body, removed)| (removed == 0).then_some(body)))
            })
        })
        .await
}

fn stream(
    store: &Store,
    scope: &TenantScope,
    cycle: i64,
    resources: VecDeque<(System, SmolStr)>,
) -> RecordStream {
    RecordStream {
        store: store.clone(),
        scope: scope.clone(),
        cycle,
        resources,
        after: None,
    }
}

async fn resources_of(tx: &mut Tx, cycle: i64) -> Result<VecDeque<(System, SmolStr)>, StoreError> {
    let known: Option<i64> =
        query("SELECT cycle_no FROM cycle WHERE tenant_id = $1 AND cycle_no = $2")
            .bind(tx.tenant())
            .bind(cycle)
            .value_if_any(tx.connection())
            .await?;
    if known.is_none() {
        return Err(Refusal::UnknownCycle { cycle }.into());
    }
    // One step in the key per resource, instead of a walk through every record.
    let mut resources = VecDeque::new();
    let mut last = (String::new(), String::new());
    loop {
        let next: Option<(String, String)> = query(
            "SELECT system, resource FROM record
             WHERE tenant_id = $1 AND (system, resource) > ($2, $3)
             ORDER BY system, resource LIMIT 1",
        )
        .bind(tx.tenant())
        .bind(&last.0)
        .bind(&last.1)
        .row_if_any(tx.connection())
        .await?;
        let Some(next) = next else {
            return Ok(resources);
        };
        resources.push_back((system_from(&next.0)?, next.1.as_str().into()));
        last = next;
    }
}

type VersionRow = (i64, i64, i64, String, String);

impl RecordStream {
    /// The next records, or nothing at the end.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<RawRecord>>, StoreError> {
        while let Some((system, resource)) = self.resources.front().cloned() {
            let rows = self.fetch(system, resource.clone()).await?;
            self.after = rows.last().map(|row| Position {
                project_id: row.0,
                parent_id: row.1,
                id_length: row.2,
                external_id: row.3.clone(),
            });
            if rows.is_empty() {
                self.resources.pop_front();
                continue;
            }
            return Ok(Some(
                rows.into_iter()
                    .map(|(project_id, parent_id, _, external_id, body)| RawRecord {
                        system,
                        resource: resource.clone(),
                        external_id: external_id.into(),
                        project_id: from_column(project_id),
                        parent_id: from_column(parent_id),
                        body,
                    })
                    .collect(),
            ));
        }
        Ok(None)
    }

    /// Everything that is left, for books that fit in memory.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn collect(mut self) -> Result<Vec<RawRecord>, StoreError> {
        let mut records = Vec::new();
        while let Some(chunk) = self.next_chunk().await? {
            records.extend(chunk);
        }
        Ok(records)
    }

    async fn fetch(
        &self,
        system: System,
        resource: SmolStr,
    ) -> Result<Vec<VersionRow>, StoreError> {
        let (cycle, after) = (self.cycle, self.after.clone());
        let first = Position {
            project_id: NONE,
            parent_id: NONE,
            id_length: -1,
            external_id: String::new(),
        };
        let after = after.unwrap_or(first);
        self.store
            .read(&self.scope, move |tx| {
                Box::pin(async move {
                    // The key ends in the version, so "no later version within the cycle" is one
                    // step in the same index. It is asked as a value, because PostgreSQL would
                    // make NOT EXISTS a join, by estimates that a fresh table has not yet.
                    query(
                        "SELECT project_id, parent_id, id_length, external_id, body
                         FROM record_version AS this
                         WHERE tenant_id = $1 AND system = $2 AND resource = $3
                           AND (project_id, parent_id, id_length, external_id)
                               > ($4, $5, $6, $7)
                           AND first_seen_cycle <= $8 AND removed = 0
                           AND coalesce((
                               SELECT later.version FROM record_version AS later
                               WHERE later.tenant_id = $1 AND later.system = $2
                                 AND later.resource = $3
                                 AND later.project_id = this.project_id
                                 AND later.parent_id = this.parent_id
                                 AND later.id_length = this.id_length
                                 AND later.external_id = this.external_id
                                 AND later.version = this.version + 1
                                 AND later.first_seen_cycle <= $8
                               LIMIT 1), 0) = 0
                         ORDER BY project_id, parent_id, id_length, external_id
                         LIMIT $9",
                    )
                    .bind(tx.tenant())
                    .bind(system.name())
                    .bind(resource.as_str())
                    .bind(after.project_id)
                    .bind(after.parent_id)
                    .bind(after.id_length)
                    .bind(after.external_id)
                    .bind(cycle)
                    .bind(CHUNK)
                    .rows(tx.connection())
                    .await
                })
            })
            .await
    }
}
