//! Work to be done, kept with what caused it.
//!
//! A job is written in the transaction of its cause ([`enqueue_in`]), so neither exists without
//! the other. A worker takes it with a lease ([`claim`]); the lease has a number that rises with
//! each one, and whoever comes back after losing it can neither complete the job nor fail it. The
//! database's clock decides when a lease ends, because the workers' clocks may differ. A tenant has
//! one job in hands at a time, because all of them work on the same books. What failed too often,
//! or was lost too often, is dead: it stays visible until a person retries it or the same work is
//! done.
//!
//! Work must be idempotent: a worker that is killed after the work and before [`complete`] is
//! followed by another one. What ends with a publication is completed in the same transaction
//! ([`crate::conclude()`]).

mod lease;
mod shown;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::mirror::{moment, read_moment};
use crate::sql::{per_engine, query};
use crate::tx::{Connection, Tx};
use crate::{Refusal, Store, StoreError, TenantScope};

pub(crate) use lease::complete_in;
pub use lease::{claim, complete, fail, hand_back, renew, take_up};
pub use shown::{counts, jobs, next_due, retry};

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

impl NewJob {
    /// Work of a kind that waits once, to be done as soon as there is a worker.
    #[must_use]
    pub fn at_once(kind: &str, payload: String, attempts_most: i64) -> Self {
        Self {
            kind: kind.to_owned(),
            payload,
            dedupe_key: Some(kind.to_owned()),
            run_at: Timestamp::MIN,
            attempts_most,
        }
    }
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
    pub(crate) number: i64,
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
    /// With what, or why, as JSON text.
    pub payload: String,
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
    let run_at = moment(job.run_at.max(now));
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
    .bind(&run_at)
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
    .bind(run_at)
    .value(tx.connection())
    .await
}

/// Refuses unless the lease is the newest of its job and has not ended; returns the moment.
pub(crate) async fn still_held(tx: &mut Tx, lease: &Lease) -> Result<Timestamp, StoreError> {
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
