//! Where Procore may announce changes of a tenant.
//!
//! Procore signs nothing. Each tenant has an address that nobody can guess and a value that the
//! hook must send; both are kept as digests only.

use jiff::Timestamp;

use super::digests::digest;
use super::{Control, ControlTx};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Secret, StoreError, TenantScope};

const PATH: &str = "procore_hook.path";
const AUTHORIZATION: &str = "procore_hook.authorization";

/// Makes the tenant's address; one that was there before ends. The scope says who does it.
///
/// # Errors
/// When the control data cannot be written.
pub async fn make(
    control: &Control,
    scope: &TenantScope,
    path: &Secret,
    authorization: &Secret,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (path, authorization) = (digest(PATH, path), digest(AUTHORIZATION, authorization));
    let (tenant_id, by) = (scope.tenant_id().to_owned(), who(scope));
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                end_in(&mut tx, &tenant_id, &by, now).await?;
                query(
                    "INSERT INTO procore_hook (tenant_id, path_digest, authorization_digest,
                                               created_at, created_by)
                     VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(tenant_id)
                .bind(path)
                .bind(authorization)
                .bind(moment(now))
                .bind(by)
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// Ends the tenant's address. The scope says who does it.
///
/// # Errors
/// When the control data cannot be written.
pub async fn end(control: &Control, scope: &TenantScope, now: Timestamp) -> Result<(), StoreError> {
    let (tenant_id, by) = (scope.tenant_id().to_owned(), who(scope));
    control
        .tx(move |mut tx| Box::pin(async move { end_in(&mut tx, &tenant_id, &by, now).await }))
        .await
}

async fn end_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE procore_hook SET ended_at = $2, ended_by = $3
         WHERE tenant_id = $1 AND ended_at IS NULL",
    )
    .bind(tenant_id)
    .bind(moment(now))
    .bind(by)
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn who(scope: &TenantScope) -> String {
    let actor = scope.actor();
    actor.map_or_else(|| "operator".to_owned(), |person| person.to_string())
}

/// When the tenant's address was made; nothing when it has none.
///
/// # Errors
/// When the control data cannot be read.
pub async fn made_at(
    control: &Control,
    scope: &TenantScope,
) -> Result<Option<Timestamp>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let at: Option<String> = query(
                    "SELECT created_at FROM procore_hook
                         WHERE tenant_id = $1 AND ended_at IS NULL",
                )
                .bind(tenant_id)
                .value_if_any(tx.connection())
                .await?;
                at.as_deref().map(read_moment).transpose()
            })
        })
        .await
}

/// The active tenant that an announcement is for; nothing unless both address and value are its
/// own. Digests are compared, so that the time it takes says nothing about them.
///
/// # Errors
/// When the control data cannot be read.
pub async fn tenant(
    control: &Control,
    path: &Secret,
    authorization: &Secret,
) -> Result<Option<String>, StoreError> {
    let (path, authorization) = (digest(PATH, path), digest(AUTHORIZATION, authorization));
    control
        .read(move |mut tx| {
            Box::pin(async move {
                query(
                    "SELECT h.tenant_id FROM procore_hook h
                     JOIN tenant t ON t.tenant_id = h.tenant_id
                     WHERE h.path_digest = $1 AND h.authorization_digest = $2
                       AND h.ended_at IS NULL
                       AND t.state = 'active'",
                )
                .bind(path)
                .bind(authorization)
                .value_if_any(tx.connection())
                .await
            })
        })
        .await
}
