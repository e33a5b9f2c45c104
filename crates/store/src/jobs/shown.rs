//! Jobs as people and workers see them: which there are, and when one is next due.

use jiff::SignedDuration;

use super::{Job, JobState, STATES, database_now};
use crate::audit::{Action, note_in};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Refusal, Store, StoreError, TenantScope};

/// Gives a dead job its attempts back.
///
/// # Errors
/// [`Refusal::NotDead`] when there is no such job, or it is not dead.
pub async fn retry(store: &Store, scope: &TenantScope, job_id: &str) -> Result<(), StoreError> {
    let job_id = job_id.to_owned();
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let now = database_now(tx.connection()).await?;
                let changed = query(
                    "UPDATE job SET state = 'waiting', attempts = 0, run_at = $3,
                                    finished_at = NULL
                     WHERE tenant_id = $1 AND job_id = $2 AND state = 'dead'
                       AND NOT EXISTS (
                           SELECT 1 FROM job AS other
                           WHERE other.tenant_id = $1 AND other.kind = job.kind
                             AND other.dedupe_key = job.dedupe_key AND other.state = 'waiting')",
                )
                .bind(tx.tenant())
                .bind(&job_id)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                if changed == 0 {
                    return Err(Refusal::NotDead { job: job_id }.into());
                }
                note_in(tx, Action::JobRetried, &job_id, now).await
            })
        })
        .await
}

/// The jobs in a state, those that are or were due first at the front.
///
/// # Errors
/// When the store cannot be read.
pub async fn jobs(
    store: &Store,
    scope: &TenantScope,
    state: JobState,
) -> Result<Vec<Job>, StoreError> {
    let name = STATES.iter().find(|(known, _)| *known == state);
    let name = name.map_or("", |(_, name)| *name);
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<Shown> = query(
                    "SELECT job_id, kind, payload, state, run_at, attempts, last_error FROM job
                     WHERE tenant_id = $1 AND state = $2 ORDER BY run_at, job_id",
                )
                .bind(tx.tenant())
                .bind(name)
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(id, kind, payload, state, run_at, attempts, last_error)| {
                        Ok(Job {
                            id,
                            kind,
                            payload,
                            state: JobState::from_name(&state)?,
                            run_at: read_moment(&run_at)?,
                            attempts,
                            last_error,
                        })
                    })
                    .collect()
            })
        })
        .await
}

type Shown = (String, String, String, String, String, i64, Option<String>);

/// How long until a job of the tenant is due, or a lease ends; nothing when no job waits.
///
/// # Errors
/// When the store cannot be read.
pub async fn next_due(
    store: &Store,
    scope: &TenantScope,
) -> Result<Option<SignedDuration>, StoreError> {
    store
        .read(scope, |tx| {
            Box::pin(async move {
                let now = database_now(tx.connection()).await?;
                // While one is in hands, no other one is taken.
                let due: Option<String> = query(
                    "SELECT coalesce(
                         (SELECT max(lease_until) FROM job
                          WHERE tenant_id = $1 AND state = 'leased'),
                         (SELECT min(run_at) FROM job
                          WHERE tenant_id = $1 AND state = 'waiting'))",
                )
                .bind(tx.tenant())
                .value(tx.connection())
                .await?;
                let due = due.as_deref().map(read_moment).transpose()?;
                Ok(due.map(|due| due.duration_since(now).max(SignedDuration::ZERO)))
            })
        })
        .await
}

/// How many jobs are in each state that can need a look: those that wait, are being done, or are
/// dead. Done ones are not counted, because they only grow.
///
/// # Errors
/// When the store cannot be read.
pub async fn counts(
    store: &Store,
    scope: &TenantScope,
) -> Result<Vec<(JobState, u64)>, StoreError> {
    store
        .read(scope, |tx| {
            Box::pin(async move {
                let rows: Vec<(String, i64)> = query(
                    "SELECT state, count(*) FROM job
                     WHERE tenant_id = $1 AND state <> 'done' GROUP BY state ORDER BY state",
                )
                .bind(tx.tenant())
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(state, count)| Ok((JobState::from_name(&state)?, count.unsigned_abs())))
                    .collect()
            })
        })
        .await
}
