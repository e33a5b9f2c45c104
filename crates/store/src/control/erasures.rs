//! An owner's wish to have the company erased: asked for, taken back, or due.
//!
//! Nothing is erased here. Whoever works for the tenant looks whether it is due.

use figures::Date;
use gate::leaving::{due_at, permit, permit_asking};
use jiff::Timestamp;

use super::people::grants_in;
use super::{Control, ControlTx};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Refusal, StoreError, TenantScope};

/// Who asks.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The id of the person.
    pub by: String,
    /// The company's name as that person typed it.
    pub name: String,
    /// Why, in that person's words.
    pub reason: String,
    /// Today, in the tenant's zone.
    pub on: Date,
}

/// A wish that was not taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The id of the person who asked.
    pub by: String,
    /// The person's name.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Why, in that person's words.
    pub reason: String,
    /// When the company is erased.
    pub due_at: Timestamp,
}

/// The wish that stands, if there is one.
///
/// # Errors
/// When the control data cannot be read.
pub async fn pending(
    control: &Control,
    scope: &TenantScope,
) -> Result<Option<Pending>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| Box::pin(async move { pending_in(&mut tx, &tenant_id).await }))
        .await
}

pub(super) async fn pending_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
) -> Result<Option<Pending>, StoreError> {
    let row: Option<(String, String, String, String, String)> = query(
        "SELECT e.asked_by, coalesce(p.name, ''), e.asked_at, e.reason, e.due_at
         FROM erasure_request e LEFT JOIN person p ON p.person_id = e.asked_by
         WHERE e.tenant_id = $1 AND e.ended_at IS NULL",
    )
    .bind(tenant_id)
    .row_if_any(tx.connection())
    .await?;
    row.map(|(by, name, at, reason, due_at)| {
        Ok(Pending {
            by,
            name,
            at: read_moment(&at)?,
            reason,
            due_at: read_moment(&due_at)?,
        })
    })
    .transpose()
}

/// Asks for the company to be erased; says when it will be.
///
/// # Errors
/// [`Refusal::Change`] with the reason, [`Refusal::OtherName`], [`Refusal::ErasureAsked`].
pub async fn ask(
    control: &Control,
    scope: &TenantScope,
    asking: Asking,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| Box::pin(async move { ask_in(&mut tx, &tenant_id, asking, now).await }))
        .await
}

async fn ask_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    asking: Asking,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let grants = grants_in(tx, tenant_id, &asking.by).await?;
    permit_asking(&grants.unwrap_or_default(), &asking.reason, asking.on)
        .map_err(Refusal::Change)?;
    let name: String = query("SELECT name FROM tenant WHERE tenant_id = $1")
        .bind(tenant_id)
        .value(tx.connection())
        .await?;
    if asking.name.trim() != name.trim() {
        return Err(Refusal::OtherName.into());
    }
    let standing: i64 =
        query("SELECT count(*) FROM erasure_request WHERE tenant_id = $1 AND ended_at IS NULL")
            .bind(tenant_id)
            .value(tx.connection())
            .await?;
    if standing > 0 {
        return Err(Refusal::ErasureAsked.into());
    }
    let due_at = due_at(now);
    query(
        "INSERT INTO erasure_request (tenant_id, request_no, asked_by, asked_at, reason, due_at)
         SELECT $1, coalesce(max(request_no), 0) + 1, $2, $3, $4, $5
         FROM erasure_request WHERE tenant_id = $1",
    )
    .bind(tenant_id)
    .bind(asking.by)
    .bind(moment(now))
    .bind(asking.reason.trim())
    .bind(moment(due_at))
    .execute(tx.connection())
    .await?;
    Ok(due_at)
}

/// Takes the wish back. Any owner may, whoever asked.
///
/// # Errors
/// [`Refusal::Change`] with the reason, [`Refusal::NoErasureAsked`].
pub async fn withdraw(
    control: &Control,
    scope: &TenantScope,
    by: &str,
    on: Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (tenant_id, by) = (scope.tenant_id().to_owned(), by.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let grants = grants_in(&mut tx, &tenant_id, &by).await?;
                permit(&grants.unwrap_or_default(), on).map_err(Refusal::Change)?;
                let ended = query(
                    "UPDATE erasure_request SET ended_at = $2, ended_by = $3
                     WHERE tenant_id = $1 AND ended_at IS NULL",
                )
                .bind(tenant_id)
                .bind(moment(now))
                .bind(by)
                .execute(tx.connection())
                .await?;
                if ended == 0 {
                    return Err(Refusal::NoErasureAsked.into());
                }
                Ok(())
            })
        })
        .await
}

/// The wish that stands for a tenant by its id, for the operator, who finishes what an owner asked
/// for.
///
/// # Errors
/// When the control data cannot be read.
pub async fn asked_of(control: &Control, tenant_id: &str) -> Result<Option<Pending>, StoreError> {
    pending(control, &TenantScope::new(tenant_id.to_owned())).await
}
