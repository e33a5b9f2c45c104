//! Finishing a resource: what was proven, what is gone, and where the next read may start.

use figures::SmolStr;
use figures::model::{BlindSpot, Incomplete};
use figures::source::System;

use super::cycle::{OpenCycle, require_open};
use super::key::{NONE, Reach, ResourceKey, system_from};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// How the reading of a resource ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every record within the reach was read in this run: what was not seen is gone.
    Sweep {
        /// How many the vendor counts, if it says. Another number than was seen makes the
        /// resource incomplete, and nothing is taken for gone.
        counted: Option<u64>,
    },
    /// Every change since the cursor was read: what was not seen is as it was.
    Changes,
    /// It could not be proven whole, for this reason.
    Incomplete(SmolStr),
    /// It could not be read at all, for this reason (`permission`).
    Blind(SmolStr),
}

/// What finishing a resource did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceReport {
    /// Records within the reach that are there now, as far as is known.
    pub present: u64,
    /// Records that were marked removed.
    pub removed: u64,
    /// Whether the resource counts as whole.
    pub whole: bool,
}

/// What a cycle could not prove or see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completeness {
    /// Read, but not proven whole.
    pub incomplete: Vec<Incomplete>,
    /// Not readable in Procore.
    pub blind_spots: Vec<BlindSpot>,
}

/// Where the next incremental read of a resource may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The resource.
    pub key: ResourceKey,
    /// The cycle that proved everything before the cursor.
    pub cycle: i64,
    /// The vendor's or the connector's own text.
    pub value: String,
}

/// Ends the reading of a resource in this cycle and moves its cursor, in one transaction.
///
/// The cursor is moved only when the resource is whole; with `None` it stays. Finishing again
/// what this cycle has already proven, without having read any of it again, changes nothing.
///
/// # Errors
/// [`Refusal::CycleNotOpen`](crate::Refusal::CycleNotOpen) when the cycle is no longer this run's.
pub async fn finish_resource(
    store: &Store,
    scope: &TenantScope,
    cycle: OpenCycle,
    key: ResourceKey,
    outcome: Outcome,
    cursor: Option<String>,
) -> Result<ResourceReport, StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                require_open(tx, cycle).await?;
                if let Some(earlier) = already_proven(tx, cycle, &key).await? {
                    return Ok(earlier);
                }
                finish(tx, cycle, &key, outcome, cursor).await
            })
        })
        .await
}

async fn finish(
    tx: &mut Tx,
    cycle: OpenCycle,
    key: &ResourceKey,
    outcome: Outcome,
    cursor: Option<String>,
) -> Result<ResourceReport, StoreError> {
    let seen = count(tx, key, "seen", cycle.run).await?;
    let (kind, reason) = match outcome {
        Outcome::Sweep {
            counted: Some(counted),
        } if counted != seen => (
            "incomplete",
            format!(
                "{} counts {counted} records, but {seen} were read",
                key.system.label()
            ),
        ),
        Outcome::Sweep { .. } => ("sweep", String::new()),
        Outcome::Changes => ("changes", String::new()),
        Outcome::Incomplete(reason) => ("incomplete", reason.to_string()),
        Outcome::Blind(reason) => ("blind", reason.to_string()),
    };
    let removed = if kind == "sweep" {
        remove_unseen(tx, cycle, key).await?
    } else {
        0
    };
    let present = count(tx, key, "present", cycle.run).await?;
    let whole = matches!(kind, "sweep" | "changes");
    remember(tx, cycle, key, kind, reason, (present, removed)).await?;
    if let (true, Some(value)) = (whole, cursor) {
        move_cursor(tx, cycle, key, value).await?;
    }
    Ok(ResourceReport {
        present,
        removed,
        whole,
    })
}

/// The earlier report, if the cycle has proven the resource and this run read none of it.
async fn already_proven(
    tx: &mut Tx,
    cycle: OpenCycle,
    key: &ResourceKey,
) -> Result<Option<ResourceReport>, StoreError> {
    let (reach, project_id) = key.reach.columns();
    let earlier: Option<(i64, i64)> = query(
        "SELECT present, removed FROM cycle_resource
         WHERE tenant_id = $1 AND cycle_no = $2 AND system = $3 AND resource = $4
           AND reach = $5 AND project_id = $6 AND outcome IN ('sweep', 'changes')
           AND NOT EXISTS (
               SELECT 1 FROM cycle_touched AS touched
               WHERE touched.tenant_id = $1 AND touched.cycle_no = $2 AND touched.system = $3
                 AND touched.resource = $4 AND touched.run_no = $7
                 AND ($5 = 'everything' OR touched.project_id = $6))",
    )
    .bind(tx.tenant())
    .bind(cycle.number)
    .bind(key.system.name())
    .bind(key.resource.as_str())
    .bind(reach)
    .bind(project_id)
    .bind(cycle.run)
    .row_if_any(tx.connection())
    .await?;
    Ok(earlier.map(|(present, removed)| ResourceReport {
        present: present.unsigned_abs(),
        removed: removed.unsigned_abs(),
        whole: true,
    }))
}

async fn count(
    tx: &mut Tx,
    key: &ResourceKey,
    what: &'static str,
    run: i64,
) -> Result<u64, StoreError> {
    let (first, last) = key.reach.projects();
    let count: i64 = query(
        "SELECT count(*) FROM record
         WHERE tenant_id = $1 AND system = $2 AND resource = $3 AND removed = 0
           AND project_id BETWEEN $4 AND $5 AND ($6 = 'present' OR seen_run = $7)",
    )
    .bind(tx.tenant())
    .bind(key.system.name())
    .bind(key.resource.as_str())
    .bind(first)
    .bind(last)
    .bind(what)
    .bind(run)
    .value(tx.connection())
    .await?;
    Ok(count.unsigned_abs())
}

/// Writes a removed version of every record within the reach that this run did not see.
async fn remove_unseen(
    tx: &mut Tx,
    cycle: OpenCycle,
    key: &ResourceKey,
) -> Result<u64, StoreError> {
    let (first, last) = key.reach.projects();
    let statements = [
        "INSERT INTO record_version (tenant_id, system, resource, project_id, parent_id,
                                     id_length, external_id, version, first_seen_cycle, removed,
                                     digest, body)
         SELECT tenant_id, system, resource, project_id, parent_id, id_length, external_id,
                version + 1, $7, 1, $8, ''
         FROM record
         WHERE tenant_id = $1 AND system = $2 AND resource = $3 AND removed = 0
           AND project_id BETWEEN $4 AND $5 AND seen_run <> $6",
        "UPDATE record SET version = version + 1, removed = 1, digest = $8
         WHERE tenant_id = $1 AND system = $2 AND resource = $3 AND removed = 0
           AND project_id BETWEEN $4 AND $5 AND seen_run <> $6 AND $7 > 0",
    ];
    let mut removed = 0;
    // Both take the same binds; the second names the cycle only for that.
    for statement in statements {
        removed = query(statement)
            .bind(tx.tenant())
            .bind(key.system.name())
            .bind(key.resource.as_str())
            .bind(first)
            .bind(last)
            .bind(cycle.run)
            .bind(cycle.number)
            .bind(Vec::<u8>::new())
            .execute(tx.connection())
            .await?;
    }
    Ok(removed)
}

async fn remember(
    tx: &mut Tx,
    cycle: OpenCycle,
    key: &ResourceKey,
    outcome: &'static str,
    reason: String,
    (present, removed): (u64, u64),
) -> Result<(), StoreError> {
    let (reach, project_id) = key.reach.columns();
    query(
        "INSERT INTO cycle_resource (tenant_id, cycle_no, system, resource, reach, project_id,
                                     outcome, reason, present, removed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (tenant_id, cycle_no, system, resource, reach, project_id)
         DO UPDATE SET outcome = excluded.outcome, reason = excluded.reason,
                       present = excluded.present, removed = excluded.removed",
    )
    .bind(tx.tenant())
    .bind(cycle.number)
    .bind(key.system.name())
    .bind(key.resource.as_str())
    .bind(reach)
    .bind(project_id)
    .bind(outcome)
    .bind(reason)
    .bind(i64::try_from(present).unwrap_or(i64::MAX))
    .bind(i64::try_from(removed).unwrap_or(i64::MAX))
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn move_cursor(
    tx: &mut Tx,
    cycle: OpenCycle,
    key: &ResourceKey,
    value: String,
) -> Result<(), StoreError> {
    let (reach, project_id) = key.reach.columns();
    query(
        "INSERT INTO cursor (tenant_id, system, resource, reach, project_id, cycle_no, value)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, system, resource, reach, project_id)
         DO UPDATE SET cycle_no = excluded.cycle_no, value = excluded.value",
    )
    .bind(tx.tenant())
    .bind(key.system.name())
    .bind(key.resource.as_str())
    .bind(reach)
    .bind(project_id)
    .bind(cycle.number)
    .bind(value)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// All cursors of a system.
///
/// # Errors
/// When the store cannot be read.
pub async fn cursors(
    store: &Store,
    scope: &TenantScope,
    system: System,
) -> Result<Vec<Cursor>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, i64, i64, String)> = query(
                    "SELECT resource, reach, project_id, cycle_no, value FROM cursor
                     WHERE tenant_id = $1 AND system = $2
                     ORDER BY resource, reach, project_id",
                )
                .bind(tx.tenant())
                .bind(system.name())
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(resource, reach, project_id, cycle, value)| {
                        let reach = Reach::from_columns(&reach, project_id)?;
                        let key = ResourceKey {
                            system,
                            resource: resource.into(),
                            reach,
                        };
                        Ok(Cursor { key, cycle, value })
                    })
                    .collect()
            })
        })
        .await
}

/// Forgets the cursors of a system, so that everything is swept again (after a gap or a
/// reconnect).
///
/// # Errors
/// When the store cannot write.
pub async fn forget_cursors(
    store: &Store,
    scope: &TenantScope,
    system: System,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                query("DELETE FROM cursor WHERE tenant_id = $1 AND system = $2")
                    .bind(tx.tenant())
                    .bind(system.name())
                    .execute(tx.connection())
                    .await?;
                Ok(())
            })
        })
        .await
}

/// What the cycle could not prove or see; both empty when everything that was read is whole.
///
/// # Errors
/// When the store cannot be read.
pub async fn completeness(
    store: &Store,
    scope: &TenantScope,
    cycle: i64,
) -> Result<Completeness, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, i64, String, String)> = query(
                    "SELECT system, resource, project_id, outcome, reason FROM cycle_resource
                     WHERE tenant_id = $1 AND cycle_no = $2 AND outcome IN ('incomplete', 'blind')
                     ORDER BY system, project_id, resource",
                )
                .bind(tx.tenant())
                .bind(cycle)
                .rows(tx.connection())
                .await?;
                let mut found = Completeness::default();
                for (system, resource, project_id, outcome, reason) in rows {
                    found.add(
                        system_from(&system)?,
                        resource,
                        project_id,
                        &outcome,
                        reason,
                    );
                }
                Ok(found)
            })
        })
        .await
}

impl Completeness {
    fn add(
        &mut self,
        system: System,
        resource: String,
        project_id: i64,
        outcome: &str,
        reason: String,
    ) {
        let project_id = (project_id != NONE).then_some(project_id);
        let (resource, reason) = (resource.into(), reason.into());
        // Only Procore hides records by permission; elsewhere unreadable is incomplete.
        if outcome == "blind" && system == System::Procore {
            self.blind_spots.push(BlindSpot {
                project_id,
                resource,
                reason,
            });
        } else {
            self.incomplete.push(Incomplete {
                system,
                project_id,
                resource,
                reason,
            });
        }
    }
}
