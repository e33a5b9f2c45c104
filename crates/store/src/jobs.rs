//! Work to be done, kept with what caused it.
//!
//! A job is written in the transaction of its cause ([`enqueue_in`]), so neither exists without
//! the other. A worker takes it with a lease ([`claim`]); the lease has a number that rises with
//! each one, and whoever comes back after losing it can neither complete the job nor fail it. The
//! database's clock decides when a lease ends, because the workers' clocks may differ. What failed
//! too often, or was lost too often, is dead: it stays visible until a person retries it.
//!
//! Work must be idempotent: a worker that is killed after the work and before [`complete`] is
//! followed by another one.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::mirror::{moment, read_moment};
use crate::sql::{per_engine, query};
use crate::tx::{Connection, Tx};
use crate::{Refusal, Store, StoreError, TenantScope};

/// Work to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// What is to be done, such as `cycle`.
    pub kind: String,
    /// With what, as JSON text.
    pub payload: String,
    /// Jobs of one kind with the same key wait once. Without a key each waits for itself.
    pub dedupe_key: Option<String>,
    /// Not before this moment.
    pub run_at: Timestamp,
    /// After so many attempts it is dead.
    pub attempts_most: i64,
}

/// A job in a worker's hands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job, such as `job_01933f…`.
    pub job_id: String,
    /// What is to be done.
    pub kind: String,
    /// With what, as JSON text.
    pub payload: String,
    /// Which attempt this is, from 1.
    pub attempt: i64,
    /// Rises with each lease of the job.
    number: i64,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// To be done.
    Waiting,
    /// In a worker's hands, or left there by one that ended.
    Leased,
    /// Done.
    Done,
    /// Failed or lost too often; a person has to look.
    Dead,
}

/// A job as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// When it is, or was, due.
    pub run_at: Timestamp,
    /// How often it was begun.
    pub attempts: i64,
    /// What the last failure said.
    pub last_error: Option<String>,
}

/// How a failed job goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// It is tried again at this moment of the database's clock.
    Again(Timestamp),
    /// It is dead.
    Dead,
    /// The same work waits already, so this one is done with.
    Superseded,
}

const STATES: [(JobState, &str); 4] = [
    (JobState::Waiting, "waiting"),
    (JobState::Leased, "leased"),
    (JobState::Done, "done"),
    (JobState::Dead, "dead"),
];

impl JobState {
    fn from_name(name: &str) -> Result<Self, StoreError> {
        let known = STATES.iter().find(|(_, known)| *known == name);
        known
            .map(|(state, _)| *state)
            .ok_or(StoreError::Unreadable { what: "job" })
    }
}

/// The pause before the next attempt: half a minute, doubled each time, an hour at most, and of
/// the last half a part that `random` decides, so that many jobs do not come back at once.
#[must_use]
pub fn backoff(attempt: i64, random: u64) -> SignedDuration {
    const FIRST_MS: u64 = 30_000;
    const LONGEST_MS: u64 = 3_600_000;
    let doublings = u32::try_from(attempt.saturating_sub(1).clamp(0, 16)).unwrap_or(0);
    let whole = (FIRST_MS << doublings).min(LONGEST_MS);
    let half = whole / 2;
    let milliseconds = half + random % (half + 1);
    SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX))
}

/// Adds a job; returns its id, or that of the same work that waits already.
///
/// # Errors
/// When the store cannot write.
pub async fn enqueue(
    store: &Store,
    scope: &TenantScope,
    job: NewJob,
) -> Result<String, StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move { enqueue_in(tx, job).await })
        })
        .await
}

/// The same within the transaction of what causes it.
pub(crate) async fn enqueue_in(tx: &mut Tx, job: NewJob) -> Result<String, StoreError> {
    let now = database_now(tx.connection()).await?;
    let id = format!("job_{}", Uuid::now_v7().simple());
    let added = query(
        "INSERT INTO job (tenant_id, job_id, kind, payload, dedupe_key, state, run_at, attempts,
                          attempts_most, lease_no, enqueued_at)
         VALUES ($1, $2, $3, $4, $5, 'waiting', $6, 0, $7, 0, $8)
         ON CONFLICT (tenant_id, kind, dedupe_key) WHERE state = 'waiting' DO NOTHING",
    )
    .bind(tx.tenant())
    .bind(&id)
    .bind(&job.kind)
    .bind(job.payload)
    .bind(&job.dedupe_key)
    .bind(moment(job.run_at))
    .bind(job.attempts_most)
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    if added == 1 {
        return Ok(id);
    }
    // The same work waits; it is due at the earlier of both moments.
    query(
        "UPDATE job SET run_at = CASE WHEN run_at < $4 THEN run_at ELSE $4 END
         WHERE tenant_id = $1 AND kind = $2 AND dedupe_key = $3 AND state = 'waiting'
         RETURNING job_id",
    )
    .bind(tx.tenant())
    .bind(job.kind)
    .bind(job.dedupe_key)
    .bind(moment(job.run_at))
    .value(tx.connection())
    .await
}

/// Takes the job that has been due for longest, if there is one. A lease that ended counts as an
/// attempt that was lost. In quarantine there is none.
///
/// # Errors
/// When the store cannot write.
pub async fn claim(
    store: &Store,
    scope: &TenantScope,
    holder: &str,
    lease: SignedDuration,
) -> Result<Option<Lease>, StoreError> {
    let holder = holder.to_owned();
    store
        .tx_beside(scope, move |tx| Box::pin(claim_in(tx, holder, lease)))
        .await
}

async fn claim_in(
    tx: &mut Tx,
    holder: String,
    lease: SignedDuration,
) -> Result<Option<Lease>, StoreError> {
    let now = database_now(tx.connection()).await?;
    loop {
        // Others look at the same moment; each takes a row that no other one has.
        let due: Option<Due> = per_engine(
            "SELECT job_id, kind, payload, attempts, attempts_most, lease_no FROM job
             WHERE tenant_id = $1
               AND (state = 'waiting' AND run_at <= $2 OR state = 'leased' AND lease_until <= $2)
               AND NOT EXISTS (SELECT 1 FROM quarantine
                               WHERE quarantine.tenant_id = $1 AND released_at IS NULL)
             ORDER BY run_at, job_id LIMIT 1",
            "SELECT job_id, kind, payload, attempts, attempts_most, lease_no FROM job
             WHERE tenant_id = $1
               AND (state = 'waiting' AND run_at <= $2 OR state = 'leased' AND lease_until <= $2)
               AND NOT EXISTS (SELECT 1 FROM quarantine
                               WHERE quarantine.tenant_id = $1 AND released_at IS NULL)
             ORDER BY run_at, job_id LIMIT 1 FOR UPDATE SKIP LOCKED",
        )
        .bind(tx.tenant())
        .bind(moment(now))
        .row_if_any(tx.connection())
        .await?;
        let Some((job_id, kind, payload, attempts, attempts_most, lease_no)) = due else {
            return Ok(None);
        };
        if attempts >= attempts_most {
            end(
                tx,
                &job_id,
                "dead",
                Some("the worker was lost".to_owned()),
                now,
            )
            .await?;
            continue;
        }
        query(
            "UPDATE job SET state = 'leased', attempts = attempts + 1, lease_no = lease_no + 1,
                            lease_holder = $3, lease_until = $4
             WHERE tenant_id = $1 AND job_id = $2",
        )
        .bind(tx.tenant())
        .bind(&job_id)
        .bind(holder)
        .bind(moment(now.checked_add(lease).unwrap_or(Timestamp::MAX)))
        .execute(tx.connection())
        .await?;
        return Ok(Some(Lease {
            job_id,
            kind,
            payload,
            attempt: attempts + 1,
            number: lease_no + 1,
        }));
    }
}

type Due = (String, String, String, i64, i64, i64);

/// Keeps the job for longer.
///
/// # Errors
/// [`Refusal::LeaseLost`] when the lease has ended: stop working.
pub async fn renew(
    store: &Store,
    scope: &TenantScope,
    lease: &Lease,
    longer: SignedDuration,
) -> Result<(), StoreError> {
    let lease = lease.clone();
    store
        .tx_beside(scope, move |tx| {
            Box::pin(async move {
                let now = still_held(tx, &lease).await?;
                query("UPDATE job SET lease_until = $3 WHERE tenant_id = $1 AND job_id = $2")
                    .bind(tx.tenant())
                    .bind(lease.job_id)
                    .bind(moment(now.checked_add(longer).unwrap_or(Timestamp::MAX)))
                    .execute(tx.connection())
                    .await?;
                Ok(())
            })
        })
        .await
}

/// The job is done.
///
/// # Errors
/// [`Refusal::LeaseLost`] when the lease has ended: another worker has the job, or will.
pub async fn complete(store: &Store, scope: &TenantScope, lease: Lease) -> Result<(), StoreError> {
    store
        .tx_beside(scope, move |tx| {
            Box::pin(async move {
                let now = still_held(tx, &lease).await?;
                end(tx, &lease.job_id, "done", None, now).await
            })
        })
        .await
}

/// The job failed. It waits for its next attempt, or is dead after the last. The reason is shown
/// to people; it holds no secret.
///
/// # Errors
/// [`Refusal::LeaseLost`] when the lease has ended.
pub async fn fail(
    store: &Store,
    scope: &TenantScope,
    lease: Lease,
    reason: String,
    random: u64,
) -> Result<AfterFailure, StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(fail_in(tx, lease, reason, random))
        })
        .await
}

async fn fail_in(
    tx: &mut Tx,
    lease: Lease,
    reason: String,
    random: u64,
) -> Result<AfterFailure, StoreError> {
    let now = still_held(tx, &lease).await?;
    let (attempts_most, waits_too): (i64, bool) = query(
        "SELECT attempts_most, EXISTS (
             SELECT 1 FROM job AS other
             WHERE other.tenant_id = job.tenant_id AND other.kind = job.kind
               AND other.dedupe_key = job.dedupe_key AND other.state = 'waiting')
         FROM job WHERE tenant_id = $1 AND job_id = $2",
    )
    .bind(tx.tenant())
    .bind(&lease.job_id)
    .row(tx.connection())
    .await?;
    if lease.attempt >= attempts_most {
        end(tx, &lease.job_id, "dead", Some(reason), now).await?;
        return Ok(AfterFailure::Dead);
    }
    if waits_too {
        end(tx, &lease.job_id, "done", Some(reason), now).await?;
        return Ok(AfterFailure::Superseded);
    }
    let next = now
        .checked_add(backoff(lease.attempt, random))
        .unwrap_or(Timestamp::MAX);
    query(
        "UPDATE job SET state = 'waiting', run_at = $3, last_error = $4, lease_holder = NULL,
                        lease_until = NULL
         WHERE tenant_id = $1 AND job_id = $2",
    )
    .bind(tx.tenant())
    .bind(lease.job_id)
    .bind(moment(next))
    .bind(reason)
    .execute(tx.connection())
    .await?;
    Ok(AfterFailure::Again(next))
}

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
                Ok(())
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
                    "SELECT job_id, kind, state, run_at, attempts, last_error FROM job
                     WHERE tenant_id = $1 AND state = $2 ORDER BY run_at, job_id",
                )
                .bind(tx.tenant())
                .bind(name)
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(id, kind, state, run_at, attempts, last_error)| {
                        Ok(Job {
                            id,
                            kind,
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

type Shown = (String, String, String, String, i64, Option<String>);

/// Refuses unless the lease is the newest of its job and has not ended; returns the moment.
async fn still_held(tx: &mut Tx, lease: &Lease) -> Result<Timestamp, StoreError> {
    let now = database_now(tx.connection()).await?;
    let held: Option<i64> = per_engine(
        "SELECT lease_no FROM job
         WHERE tenant_id = $1 AND job_id = $2 AND lease_no = $3 AND state = 'leased'
           AND lease_until > $4",
        "SELECT lease_no FROM job
         WHERE tenant_id = $1 AND job_id = $2 AND lease_no = $3 AND state = 'leased'
           AND lease_until > $4
         FOR UPDATE",
    )
    .bind(tx.tenant())
    .bind(&lease.job_id)
    .bind(lease.number)
    .bind(moment(now))
    .value_if_any(tx.connection())
    .await?;
    match held {
        Some(_) => Ok(now),
        None => Err(Refusal::LeaseLost {
            job: lease.job_id.clone(),
        }
        .into()),
    }
}

async fn end(
    tx: &mut Tx,
    job_id: &str,
    state: &'static str,
    reason: Option<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE job SET state = $3, finished_at = $4, lease_holder = NULL, lease_until = NULL,
                        last_error = coalesce($5, last_error)
         WHERE tenant_id = $1 AND job_id = $2",
    )
    .bind(tx.tenant())
    .bind(job_id)
    .bind(state)
    .bind(moment(now))
    .bind(reason)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The moment by the database's clock, which all workers share.
pub(crate) async fn database_now(connection: Connection<'_>) -> Result<Timestamp, StoreError> {
    let text: String = per_engine(
        "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
    )
    .value(connection)
    .await?;
    read_moment(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_an_hour_and_half_of_it_is_chance() {
        let of = |attempt, random| backoff(attempt, random).as_millis();
        assert_eq!(
            (of(1, 0), of(1, 15_000), of(1, 15_001)),
            (15_000, 30_000, 15_000)
        );
        assert_eq!((of(2, 0), of(3, 0)), (30_000, 60_000));
        assert_eq!((of(40, 0), of(40, 1_800_000)), (1_800_000, 3_600_000));
    }
}
