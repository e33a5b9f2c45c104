//! Cycles: one reading of the books each, one open at a time.

use figures::Date;
use figures::source::System;
use jiff::Timestamp;

use super::key::{Reach, ResourceKey, system_from};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope, quarantine};

/// The right to write into the open cycle. A later [`begin_cycle`] takes it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenCycle {
    pub(super) number: i64,
    pub(super) run: i64,
}

impl OpenCycle {
    /// The number of the cycle, from 1.
    #[must_use]
    pub fn number(self) -> i64 {
        self.number
    }
}

/// What [`begin_cycle`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The cycle to write into.
    pub cycle: OpenCycle,
    /// Whether an earlier process left this cycle unfinished.
    pub resumed: bool,
    /// What was already finished with a proof, and need not be read again. Everything else must
    /// be read from its beginning.
    pub finished: Vec<ResourceKey>,
}

/// Where a cycle stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CycleState {
    /// Being read, or left unfinished by a process that ended.
    Open,
    /// Read to its end, as of a day. Incomplete resources are in [`super::completeness`].
    Finished {
        /// The day it is true for.
        as_of: Date,
        /// When.
        at: Timestamp,
    },
    /// Given up. What it read stays in the mirror, later cycles build on it.
    Abandoned {
        /// When.
        at: Timestamp,
    },
}

/// A cycle as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// Its number.
    pub number: i64,
    /// When it began first.
    pub started_at: Timestamp,
    /// Where it stands.
    pub state: CycleState,
}

/// Which company of a system was read, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The system.
    pub system: System,
    /// Procore company or QuickBooks realm.
    pub account_id: String,
    /// When the reading began.
    pub captured_at: Timestamp,
    /// JSON of whatever else a snapshot needs (time zone, minor version).
    pub detail: String,
}

/// Begins a cycle, or takes the unfinished one up again.
///
/// # Errors
/// [`Refusal::Quarantined`] after a restore.
pub async fn begin_cycle(
    store: &Store,
    scope: &TenantScope,
    now: Timestamp,
) -> Result<Begun, StoreError> {
    store.tx(scope, move |tx| Box::pin(begin(tx, now))).await
}

async fn begin(tx: &mut Tx, now: Timestamp) -> Result<Begun, StoreError> {
    quarantine::refuse_in(tx).await?;
    let tenant = tx.tenant();
    let (last_run, last_number): (i64, i64) = query(
        "SELECT coalesce(max(run_no), 0), coalesce(max(cycle_no), 0)
         FROM cycle WHERE tenant_id = $1",
    )
    .bind(&tenant)
    .row(tx.connection())
    .await?;
    let run = last_run + 1;
    let open: Option<i64> = query(
        "UPDATE cycle SET run_no = $2 WHERE tenant_id = $1 AND state = 'open' RETURNING cycle_no",
    )
    .bind(&tenant)
    .bind(run)
    .value_if_any(tx.connection())
    .await?;
    if let Some(number) = open {
        let finished = finished_resources(tx, number).await?;
        return Ok(Begun {
            cycle: OpenCycle { number, run },
            resumed: true,
            finished,
        });
    }
    let number = last_number + 1;
    query(
        "INSERT INTO cycle (tenant_id, cycle_no, run_no, state, started_at)
         VALUES ($1, $2, $3, 'open', $4)",
    )
    .bind(&tenant)
    .bind(number)
    .bind(run)
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    Ok(Begun {
        cycle: OpenCycle { number, run },
        resumed: false,
        finished: Vec::new(),
    })
}

async fn finished_resources(tx: &mut Tx, number: i64) -> Result<Vec<ResourceKey>, StoreError> {
    let rows: Vec<(String, String, String, i64)> = query(
        "SELECT system, resource, reach, project_id FROM cycle_resource
         WHERE tenant_id = $1 AND cycle_no = $2 AND outcome IN ('sweep', 'changes')
         ORDER BY system, resource, reach, project_id",
    )
    .bind(tx.tenant())
    .bind(number)
    .rows(tx.connection())
    .await?;
    rows.into_iter()
        .map(|(system, resource, reach, project_id)| {
            Ok(ResourceKey {
                system: system_from(&system)?,
                resource: resource.into(),
                reach: Reach::from_columns(&reach, project_id)?,
            })
        })
        .collect()
}

/// Ends the cycle. Whatever was read without an outcome is remembered as incomplete.
///
/// # Errors
/// [`Refusal::CycleNotOpen`] when the cycle is no longer this run's.
pub async fn finish_cycle(
    store: &Store,
    scope: &TenantScope,
    cycle: OpenCycle,
    as_of: Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                require_open(tx, cycle).await?;
                mark_unfinished(tx, cycle).await?;
                end(tx, cycle, "finished", Some(as_of), now).await
            })
        })
        .await
}

/// Gives the cycle up, so that the next one begins afresh. What was read stays in the mirror.
///
/// # Errors
/// [`Refusal::CycleNotOpen`] when the cycle is no longer this run's.
pub async fn abandon_cycle(
    store: &Store,
    scope: &TenantScope,
    cycle: OpenCycle,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                require_open(tx, cycle).await?;
                end(tx, cycle, "abandoned", None, now).await
            })
        })
        .await
}

async fn end(
    tx: &mut Tx,
    cycle: OpenCycle,
    state: &'static str,
    as_of: Option<Date>,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE cycle SET state = $3, finished_at = $4, as_of = $5
         WHERE tenant_id = $1 AND cycle_no = $2",
    )
    .bind(tx.tenant())
    .bind(cycle.number)
    .bind(state)
    .bind(moment(now))
    .bind(as_of.map(|date| date.to_string()))
    .execute(tx.connection())
    .await?;
    // Only an open cycle needs to know what it has touched.
    query("DELETE FROM cycle_touched WHERE tenant_id = $1 AND cycle_no = $2")
        .bind(tx.tenant())
        .bind(cycle.number)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// A resource that pages were written for, but that nobody finished, is not proven whole.
async fn mark_unfinished(tx: &mut Tx, cycle: OpenCycle) -> Result<(), StoreError> {
    query(
        "INSERT INTO cycle_resource (tenant_id, cycle_no, system, resource, reach, project_id,
                                     outcome, reason, present, removed)
         SELECT tenant_id, cycle_no, system, resource,
                CASE project_id WHEN $3 THEN 'everything' ELSE 'project' END, project_id,
                'incomplete', 'the read was not finished', 0, 0
         FROM cycle_touched AS touched
         WHERE tenant_id = $1 AND cycle_no = $2 AND NOT EXISTS (
             SELECT 1 FROM cycle_resource AS known
             WHERE known.tenant_id = touched.tenant_id AND known.cycle_no = touched.cycle_no
               AND known.system = touched.system AND known.resource = touched.resource
               AND (known.reach = 'everything' OR known.project_id = touched.project_id))",
    )
    .bind(tx.tenant())
    .bind(cycle.number)
    .bind(super::key::NONE)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes which company of a system this cycle reads; a resumed cycle keeps the first moment.
///
/// # Errors
/// [`Refusal::CycleNotOpen`] when the cycle is no longer this run's.
pub async fn note_capture(
    store: &Store,
    scope: &TenantScope,
    cycle: OpenCycle,
    captured: Captured,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                require_open(tx, cycle).await?;
                query(
                    "INSERT INTO cycle_system
                         (tenant_id, cycle_no, system, account_id, captured_at, detail)
                     VALUES ($1, $2, $3, $4, $5, $6)
                     ON CONFLICT (tenant_id, cycle_no, system)
                     DO UPDATE SET account_id = excluded.account_id, detail = excluded.detail",
                )
                .bind(tx.tenant())
                .bind(cycle.number)
                .bind(captured.system.name())
                .bind(captured.account_id)
                .bind(moment(captured.captured_at))
                .bind(captured.detail)
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// The companies that a cycle read, by system.
///
/// # Errors
/// When the store cannot be read.
pub async fn captured(
    store: &Store,
    scope: &TenantScope,
    number: i64,
) -> Result<Vec<Captured>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, String, String)> = query(
                    "SELECT system, account_id, captured_at, detail FROM cycle_system
                     WHERE tenant_id = $1 AND cycle_no = $2 ORDER BY system",
                )
                .bind(tx.tenant())
                .bind(number)
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(system, account_id, captured_at, detail)| {
                        let system = system_from(&system)?;
                        let captured_at = read_moment(&captured_at)?;
                        Ok(Captured {
                            system,
                            account_id,
                            captured_at,
                            detail,
                        })
                    })
                    .collect()
            })
        })
        .await
}

type CycleRow = (i64, String, String, Option<String>, Option<String>);

fn cycle_from((number, state, started, finished, as_of): CycleRow) -> Result<Cycle, StoreError> {
    const UNREADABLE: StoreError = StoreError::Unreadable { what: "cycle" };
    let state = match (state.as_str(), finished, as_of) {
        ("open", None, None) => CycleState::Open,
        ("finished", Some(at), Some(as_of)) => CycleState::Finished {
            as_of: as_of.parse().map_err(|_| UNREADABLE)?,
            at: read_moment(&at)?,
        },
        ("abandoned", Some(at), None) => CycleState::Abandoned {
            at: read_moment(&at)?,
        },
        _ => return Err(UNREADABLE),
    };
    Ok(Cycle {
        number,
        started_at: read_moment(&started)?,
        state,
    })
}

/// One cycle, if it exists.
///
/// # Errors
/// When the store cannot be read.
pub async fn cycle(
    store: &Store,
    scope: &TenantScope,
    number: i64,
) -> Result<Option<Cycle>, StoreError> {
    Ok(cycles(store, scope)
        .await?
        .into_iter()
        .find(|cycle| cycle.number == number))
}

/// All cycles, newest first.
///
/// # Errors
/// When the store cannot be read.
pub async fn cycles(store: &Store, scope: &TenantScope) -> Result<Vec<Cycle>, StoreError> {
    store
        .read(scope, |tx| {
            Box::pin(async move {
                let rows: Vec<CycleRow> = query(
                    "SELECT cycle_no, state, started_at, finished_at, as_of FROM cycle
                     WHERE tenant_id = $1 ORDER BY cycle_no DESC",
                )
                .bind(tx.tenant())
                .rows(tx.connection())
                .await?;
                rows.into_iter().map(cycle_from).collect()
            })
        })
        .await
}

/// The newest finished cycle, or the newest one that is true for `as_of` or an earlier day.
///
/// # Errors
/// When the store cannot be read.
pub async fn cycle_as_of(
    store: &Store,
    scope: &TenantScope,
    as_of: Option<Date>,
) -> Result<Option<Cycle>, StoreError> {
    Ok(cycles(store, scope)
        .await?
        .into_iter()
        .find(|cycle| match cycle.state {
            CycleState::Finished { as_of: day, .. } => as_of.is_none_or(|limit| day <= limit),
            CycleState::Open | CycleState::Abandoned { .. } => false,
        }))
}

/// Refuses unless the cycle is open and no later run has taken it over.
pub(super) async fn require_open(tx: &mut Tx, cycle: OpenCycle) -> Result<(), StoreError> {
    let open: Option<i64> = query(
        "SELECT cycle_no FROM cycle
         WHERE tenant_id = $1 AND cycle_no = $2 AND run_no = $3 AND state = 'open'",
    )
    .bind(tx.tenant())
    .bind(cycle.number)
    .bind(cycle.run)
    .value_if_any(tx.connection())
    .await?;
    match open {
        Some(_) => Ok(()),
        None => Err(Refusal::CycleNotOpen {
            cycle: cycle.number,
        }
        .into()),
    }
}

/// An instant as it is stored: UTC with six digits, so that text order is time order.
pub(crate) fn moment(at: Timestamp) -> String {
    format!("{at:.6}")
}

pub(crate) fn read_moment(text: &str) -> Result<Timestamp, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Unreadable { what: "time stamp" })
}
