//! When a tenant's regular work is next due.
//!
//! The moment and the job it makes are written in one transaction, so that a moment makes one job
//! whoever looks. What was missed while nothing ran is made up for once.

use jiff::Timestamp;

use crate::jobs::{NewJob, enqueue_in};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// Work that comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regular {
    /// Its name, such as `reading`.
    pub name: &'static str,
    /// When it is due next, seen from now; never when there is none.
    pub next_at: Option<Timestamp>,
    /// What is to be done when it is due.
    pub job: NewJob,
}

/// Makes the jobs whose moment has come, and notes the next moments. Returns the earliest of
/// those.
///
/// # Errors
/// When the store fails.
pub async fn tick(
    store: &Store,
    scope: &TenantScope,
    regular: Vec<Regular>,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let names: Vec<&'static str> = regular.iter().map(|one| one.name).collect();
    let known = store
        .read(scope, move |tx| Box::pin(moments(tx, names)))
        .await?;
    let is_quiet = known.iter().zip(&regular).all(|(known, one)| match known {
        Some(at) => *at > now && one.next_at.is_some(),
        None => one.next_at.is_none(),
    });
    if is_quiet {
        return Ok(known.into_iter().flatten().min());
    }
    store
        .tx(scope, move |tx| Box::pin(tick_in(tx, regular, now)))
        .await
}

async fn tick_in(
    tx: &mut Tx,
    regular: Vec<Regular>,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let mut earliest: Option<Timestamp> = None;
    for one in regular {
        let known = moments(tx, vec![one.name])
            .await?
            .into_iter()
            .flatten()
            .next();
        let next = match (known, one.next_at) {
            (Some(at), Some(_)) if at > now => Some(at),
            (Some(at), next) if at <= now => {
                enqueue_in(tx, one.job).await?;
                set_in(tx, one.name, next).await?;
                next
            }
            (_, next) => {
                set_in(tx, one.name, next).await?;
                next
            }
        };
        earliest = earliest.into_iter().chain(next).min();
    }
    Ok(earliest)
}

async fn moments(
    tx: &mut Tx,
    names: Vec<&'static str>,
) -> Result<Vec<Option<Timestamp>>, StoreError> {
    let mut found = Vec::new();
    for name in names {
        let at: Option<String> =
            query("SELECT next_at FROM schedule WHERE tenant_id = $1 AND name = $2")
                .bind(tx.tenant())
                .bind(name)
                .value_if_any(tx.connection())
                .await?;
        found.push(at.as_deref().map(read_moment).transpose()?);
    }
    Ok(found)
}

/// Sets the next moment of regular work, in the transaction of what changed it.
pub(crate) async fn set_in(
    tx: &mut Tx,
    name: &'static str,
    next_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let statement = match next_at {
        None => query("DELETE FROM schedule WHERE tenant_id = $1 AND name = $2"),
        Some(_) => query(
            "INSERT INTO schedule (tenant_id, name, next_at) VALUES ($1, $2, $3)
             ON CONFLICT (tenant_id, name) DO UPDATE SET next_at = excluded.next_at",
        ),
    };
    let mut statement = statement.bind(tx.tenant()).bind(name);
    if let Some(at) = next_at {
        statement = statement.bind(moment(at));
    }
    statement.execute(tx.connection()).await?;
    Ok(())
}
