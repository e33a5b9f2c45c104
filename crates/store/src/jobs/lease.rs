//! A job in a worker's hands: taken, kept, done, failed, handed back.

use jiff::{SignedDuration, Timestamp};

use super::{AfterFailure, Lease, NewJob, backoff, database_now, enqueue_in, still_held};
use crate::mirror::moment;
use crate::sql::{per_engine, query};
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope};

/// Takes the job that has been due for longest, if there is one and none of the tenant is in
/// anybody's hands. A lease that ended counts as an attempt that was lost. In quarantine there is
/// none.
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
    if !is_free(tx).await? {
        return Ok(None);
    }
    let now = database_now(tx.connection()).await?;
    loop {
        let due: Option<Due> = per_engine(
            "SELECT job_id, kind, payload, attempts, attempts_most, lease_no FROM job
             WHERE tenant_id = $1
               AND (state = 'waiting' AND run_at <= $2 OR state = 'leased' AND lease_until <= $2)
               AND NOT EXISTS (SELECT 1 FROM quarantine
                               WHERE quarantine.tenant_id = $1 AND released_at IS NULL)
             ORDER BY run_at, job_id LIMIT 1",
            // A row that is locked is being completed at this moment.
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
        return leased(
            tx,
            (job_id, kind, payload, attempts, lease_no),
            holder,
            lease,
            now,
        )
        .await
        .map(Some);
    }
}

/// Whether nobody works on the tenant. Somebody who writes at this moment may, so on a server the
/// tenant's row is only taken when it is free.
async fn is_free(tx: &mut Tx) -> Result<bool, StoreError> {
    let tenant: Option<String> = per_engine(
        "SELECT tenant_id FROM this_tenant WHERE tenant_id = $1",
        "SELECT tenant_id FROM this_tenant WHERE tenant_id = $1 FOR NO KEY UPDATE SKIP LOCKED",
    )
    .bind(tx.tenant())
    .value_if_any(tx.connection())
    .await?;
    if tenant.is_none() {
        return Ok(false);
    }
    let now = database_now(tx.connection()).await?;
    query(
        "SELECT NOT EXISTS (
             SELECT 1 FROM job WHERE tenant_id = $1 AND state = 'leased' AND lease_until > $2)",
    )
    .bind(tx.tenant())
    .bind(moment(now))
    .value(tx.connection())
    .await
}

async fn leased(
    tx: &mut Tx,
    (job_id, kind, payload, attempts, lease_no): (String, String, String, i64, i64),
    holder: String,
    lease: SignedDuration,
    now: Timestamp,
) -> Result<Lease, StoreError> {
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
    Ok(Lease {
        job_id,
        kind,
        payload,
        attempt: attempts + 1,
        number: lease_no + 1,
    })
}

/// Adds a job and takes it in the same moment, for a process that does this work and no other; the
/// same work that waits already is taken instead. Of a folder, which one process has at a time, what
/// is in hands was left there by a process that has ended.
///
/// # Errors
/// [`Refusal::Busy`] when a job of the tenant is in somebody's hands.
pub async fn take_up(
    store: &Store,
    scope: &TenantScope,
    job: NewJob,
    holder: &str,
    lease: SignedDuration,
) -> Result<Lease, StoreError> {
    let (holder, is_alone) = (holder.to_owned(), store.path().is_some());
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                if is_alone {
                    take_back(tx).await?;
                }
                if !is_free(tx).await? {
                    return Err(Refusal::Busy.into());
                }
                let id = enqueue_in(tx, job).await?;
                let row: (String, String, String, i64, i64) = query(
                    "SELECT job_id, kind, payload, attempts, lease_no FROM job
                     WHERE tenant_id = $1 AND job_id = $2",
                )
                .bind(tx.tenant())
                .bind(id)
                .row(tx.connection())
                .await?;
                let now = database_now(tx.connection()).await?;
                leased(tx, row, holder, lease, now).await
            })
        })
        .await
}

/// What is in hands waits again, once.
async fn take_back(tx: &mut Tx) -> Result<(), StoreError> {
    let now = database_now(tx.connection()).await?;
    for statement in [
        "UPDATE job SET state = 'done', finished_at = $2, lease_holder = NULL, lease_until = NULL
         WHERE tenant_id = $1 AND state = 'leased' AND EXISTS (
             SELECT 1 FROM job AS other
             WHERE other.tenant_id = job.tenant_id AND other.kind = job.kind
               AND other.dedupe_key = job.dedupe_key AND other.state = 'waiting')",
        "UPDATE job SET state = 'waiting', run_at = $2, lease_holder = NULL, lease_until = NULL
         WHERE tenant_id = $1 AND state = 'leased'",
    ] {
        query(statement)
            .bind(tx.tenant())
            .bind(moment(now))
            .execute(tx.connection())
            .await?;
    }
    Ok(())
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
        .tx_beside(scope, move |tx| Box::pin(complete_in(tx, lease)))
        .await
}

/// The same within the transaction of what the work came to. What was dead of the same work is
/// done with.
pub(crate) async fn complete_in(tx: &mut Tx, lease: Lease) -> Result<(), StoreError> {
    let now = still_held(tx, &lease).await?;
    query(
        "UPDATE job SET state = 'done', finished_at = $3
         WHERE tenant_id = $1 AND state = 'dead' AND (kind, dedupe_key) =
               (SELECT kind, dedupe_key FROM job WHERE tenant_id = $1 AND job_id = $2)",
    )
    .bind(tx.tenant())
    .bind(&lease.job_id)
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    // Indexed by when they were due; what was done long ago is of no use to anybody.
    let long_ago = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    query(
        "DELETE FROM job WHERE tenant_id = $1 AND state = 'done' AND run_at < $2
                           AND finished_at < $2",
    )
    .bind(tx.tenant())
    .bind(moment(long_ago))
    .execute(tx.connection())
    .await?;
    end(tx, &lease.job_id, "done", None, now).await
}

/// Done jobs are kept for so long.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Gives the job back untouched, because its worker stops. It counts as no attempt.
///
/// # Errors
/// [`Refusal::LeaseLost`] when the lease has ended.
pub async fn hand_back(store: &Store, scope: &TenantScope, lease: Lease) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let now = still_held(tx, &lease).await?;
                if waits_too(tx, &lease).await? {
                    return end(tx, &lease.job_id, "done", None, now).await;
                }
                query(
                    "UPDATE job SET state = 'waiting', run_at = $3, attempts = attempts - 1,
                                    lease_holder = NULL, lease_until = NULL
                     WHERE tenant_id = $1 AND job_id = $2",
                )
                .bind(tx.tenant())
                .bind(lease.job_id)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// Whether the same work waits as well.
async fn waits_too(tx: &mut Tx, lease: &Lease) -> Result<bool, StoreError> {
    query(
        "SELECT EXISTS (
             SELECT 1 FROM job AS other
             WHERE other.tenant_id = job.tenant_id AND other.kind = job.kind
               AND other.dedupe_key = job.dedupe_key AND other.state = 'waiting')
         FROM job WHERE tenant_id = $1 AND job_id = $2",
    )
    .bind(tx.tenant())
    .bind(&lease.job_id)
    .value(tx.connection())
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
    let attempts_most: i64 =
        query("SELECT attempts_most FROM job WHERE tenant_id = $1 AND job_id = $2")
            .bind(tx.tenant())
            .bind(&lease.job_id)
            .value(tx.connection())
            .await?;
    if lease.attempt >= attempts_most {
        end(tx, &lease.job_id, "dead", Some(reason), now).await?;
        return Ok(AfterFailure::Dead);
    }
    if waits_too(tx, &lease).await? {
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
