//! When a worker should look at a tenant next.
//!
//! A hint for all workers of an installation: whoever writes a job says so here afterwards, and
//! should that be lost, the worker looks at the tenant again before long anyway. Taking a tenant
//! from the agenda gives no right to its jobs; only a lease does.

use jiff::{SignedDuration, Timestamp};

use super::Control;
use crate::mirror::moment;
use crate::sql::query;
use crate::{StoreError, TenantScope};

/// A tenant that a worker is to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The tenant.
    pub tenant_id: String,
    /// What stands in the agenda while it is being looked at.
    mark: String,
}

const DUE: &str = "SELECT t.tenant_id FROM tenant t LEFT JOIN agenda a ON a.tenant_id = t.tenant_id
                   WHERE t.state = 'active' AND (a.due_at IS NULL OR a.due_at <= $1)
                   ORDER BY coalesce(a.due_at, ''), t.tenant_id LIMIT 1";

/// Takes the active tenant that has been due for longest. Others keep away from it for `hold`.
///
/// # Errors
/// When the control data cannot be written.
pub async fn take(
    control: &Control,
    now: Timestamp,
    hold: SignedDuration,
) -> Result<Option<Visit>, StoreError> {
    let due: Option<String> = control
        .read(move |mut tx| {
            Box::pin(async move {
                let due = query(DUE).bind(moment(now));
                due.value_if_any(tx.connection()).await
            })
        })
        .await?;
    if due.is_none() {
        return Ok(None);
    }
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                // Somebody may have taken it meanwhile.
                let due: Option<String> = query(DUE)
                    .bind(moment(now))
                    .value_if_any(tx.connection())
                    .await?;
                let Some(tenant_id) = due else {
                    return Ok(None);
                };
                let mark = moment(now.checked_add(hold).unwrap_or(Timestamp::MAX));
                set(&mut tx, &tenant_id, &mark).await?;
                Ok(Some(Visit { tenant_id, mark }))
            })
        })
        .await
}

async fn set(
    tx: &mut super::ControlTx<'_>,
    tenant_id: &str,
    due_at: &str,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO agenda (tenant_id, due_at) VALUES ($1, $2)
         ON CONFLICT (tenant_id) DO UPDATE SET due_at = excluded.due_at",
    )
    .bind(tenant_id)
    .bind(due_at)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The tenant was looked at and is due again at a moment, unless somebody asked for it meanwhile.
///
/// # Errors
/// When the control data cannot be written.
pub async fn settle(control: &Control, visit: Visit, next_at: Timestamp) -> Result<(), StoreError> {
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query("UPDATE agenda SET due_at = $3 WHERE tenant_id = $1 AND due_at = $2")
                    .bind(visit.tenant_id)
                    .bind(visit.mark)
                    .bind(moment(next_at))
                    .execute(tx.connection())
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Somebody wrote a job: the tenant is due at a moment, or earlier if it was already.
///
/// # Errors
/// When the control data cannot be written.
pub async fn ask(control: &Control, scope: &TenantScope, at: Timestamp) -> Result<(), StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query(
                    "INSERT INTO agenda (tenant_id, due_at) VALUES ($1, $2)
                     ON CONFLICT (tenant_id) DO UPDATE SET due_at = excluded.due_at
                     WHERE agenda.due_at > excluded.due_at",
                )
                .bind(tenant_id)
                .bind(moment(at))
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}
