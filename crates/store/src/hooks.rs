//! What vendors announced: noted once, and turned into one reading at most a minute.
//!
//! Nothing that an announcement says is kept but its id, so that one that is sent twice is known.
//! It asks for a reading, which finds out by itself what has changed.

use figures::source::System;
use jiff::SignedDuration;

use crate::jobs::{NewJob, database_now, enqueue_in};
use crate::mirror::{moment, read_moment};
use crate::sql::{batches, over_rows, query};
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// What came of announcements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Noted {
    /// Announced for the first time.
    pub fresh: u64,
    /// Known already.
    pub repeated: u64,
}

/// Ids are remembered for as long as a vendor may send an event again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Readings that announcements of one connection ask for are at least so far apart.
const APART: SignedDuration = SignedDuration::from_mins(1);

/// Notes events by their ids. If any is new, the job is to be done: at once, or a minute after the
/// one that the same connection asked for last.
///
/// # Errors
/// When the store cannot write.
pub async fn note(
    store: &Store,
    scope: &TenantScope,
    system: System,
    events: Vec<String>,
    job: NewJob,
) -> Result<Noted, StoreError> {
    store
        .tx(scope, move |tx| Box::pin(note_in(tx, system, events, job)))
        .await
}

async fn note_in(
    tx: &mut Tx,
    system: System,
    mut events: Vec<String>,
    mut job: NewJob,
) -> Result<Noted, StoreError> {
    events.sort();
    events.dedup();
    let now = database_now(tx.connection()).await?;
    query("DELETE FROM hook_event WHERE tenant_id = $1 AND received_at < $2")
        .bind(tx.tenant())
        .bind(moment(now.checked_sub(REMEMBERED).unwrap_or(now)))
        .execute(tx.connection())
        .await?;
    let all = events.len() as u64;
    let mut fresh = 0;
    for batch in batches(events) {
        let mut insert = over_rows(
            "INSERT INTO hook_event (tenant_id, system, received_at, event_id)
             SELECT {1}, {2}, {3}, column1 FROM (VALUES {rows}) AS page WHERE true
             ON CONFLICT (tenant_id, system, event_id) DO NOTHING",
            1,
            batch.len(),
        );
        for event in batch {
            insert = insert.bind(event);
        }
        fresh += insert
            .bind(tx.tenant())
            .bind(system.name())
            .bind(moment(now))
            .execute(tx.connection())
            .await?;
    }
    if fresh > 0 {
        let woke_at: Option<String> =
            query("SELECT woke_at FROM hook_wake WHERE tenant_id = $1 AND system = $2")
                .bind(tx.tenant())
                .bind(system.name())
                .value_if_any(tx.connection())
                .await?;
        let woke_at = woke_at.as_deref().map(read_moment).transpose()?;
        job.run_at = match woke_at {
            // One that is still to come covers this event too.
            Some(at) if at > now => at,
            Some(at) => at.checked_add(APART).unwrap_or(now).max(now),
            None => now,
        };
        query(
            "INSERT INTO hook_wake (tenant_id, system, woke_at) VALUES ($1, $2, $3)
             ON CONFLICT (tenant_id, system) DO UPDATE SET woke_at = excluded.woke_at",
        )
        .bind(tx.tenant())
        .bind(system.name())
        .bind(moment(job.run_at))
        .execute(tx.connection())
        .await?;
        enqueue_in(tx, job).await?;
    }
    Ok(Noted {
        fresh,
        repeated: all - fresh,
    })
}
