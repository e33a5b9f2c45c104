//! Sole approver mode of a company, as `gate::alone` defines it: kept, ended, never forgotten.

use figures::Date;
use gate::alone::{CoolingOff, SoleApprover, permit};
use jiff::Timestamp;

use super::people::members_in;
use super::{Control, ControlTx, raises};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Refusal, StoreError, TenantScope};

/// Who switches the mode on, or gives it another delay.
#[derive(Debug, Clone)]
pub struct Switching {
    /// The id of the person.
    pub by: String,
    /// Why, in that person's words.
    pub reason: String,
    /// The delay for what is done alone.
    pub cooling_off: CoolingOff,
    /// Today, in the tenant's zone.
    pub on: Date,
}

/// The mode, where it is switched on.
///
/// # Errors
/// When the control data cannot be read.
pub async fn standing(
    control: &Control,
    scope: &TenantScope,
) -> Result<Option<SoleApprover>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| Box::pin(async move { standing_in(&mut tx, &tenant_id).await }))
        .await
}

pub(super) async fn standing_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
) -> Result<Option<SoleApprover>, StoreError> {
    let row: Option<(String, String, String, i64)> = query(
        "SELECT since, person_id, reason, cooling_off_hours FROM sole_approver
         WHERE tenant_id = $1 AND ended_at IS NULL",
    )
    .bind(tenant_id)
    .row_if_any(tx.connection())
    .await?;
    row.map(|(since, by, reason, hours)| {
        Ok(SoleApprover {
            since: read_moment(&since)?,
            by: by.into(),
            reason,
            cooling_off: CoolingOff::try_from_hours(hours).map_err(|_| StoreError::Unreadable {
                what: "sole approver mode",
            })?,
        })
    })
    .transpose()
}

/// Switches the mode on, or gives it another delay. What was proposed before keeps the delay that
/// everybody was told of.
///
/// # Errors
/// [`Refusal::Change`] with the reason.
pub async fn begin(
    control: &Control,
    scope: &TenantScope,
    switching: Switching,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let members = members_in(&mut tx, &tenant_id).await?;
                permit(&switching.by, &switching.reason, &members, switching.on)
                    .map_err(Refusal::Change)?;
                end_in(&mut tx, &tenant_id, &switching.by, now).await?;
                query(
                    "INSERT INTO sole_approver (tenant_id, mode_no, since, person_id, reason,
                                                cooling_off_hours)
                     SELECT $1, coalesce(max(mode_no), 0) + 1, $2, $3, $4, $5
                     FROM sole_approver WHERE tenant_id = $1",
                )
                .bind(tenant_id)
                .bind(moment(now))
                .bind(switching.by)
                .bind(switching.reason.trim())
                .bind(switching.cooling_off.hours())
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// Switches the mode off. What waited for its delay alone counts for nothing then.
///
/// # Errors
/// [`Refusal::NotSwitchedOn`].
pub async fn end(
    control: &Control,
    scope: &TenantScope,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (tenant_id, by) = (scope.tenant_id().to_owned(), by.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                if end_in(&mut tx, &tenant_id, &by, now).await? == 0 {
                    return Err(Refusal::NotSwitchedOn.into());
                }
                raises::void_what_ripens(&mut tx, &tenant_id, &by, now).await
            })
        })
        .await
}

async fn end_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    by: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    query(
        "UPDATE sole_approver SET ended_at = $2, ended_by = $3
         WHERE tenant_id = $1 AND ended_at IS NULL",
    )
    .bind(tenant_id)
    .bind(moment(now))
    .bind(by)
    .execute(tx.connection())
    .await
}
