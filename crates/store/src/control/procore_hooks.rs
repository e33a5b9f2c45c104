//! Where Procore may announce changes of a tenant.
//!
//! Procore signs nothing. Each tenant has an address that nobody can guess and a value that the
//! hook must send; both are kept as digests only.

use jiff::Timestamp;

use super::Control;
use super::digests::digest;
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Secret, StoreError, TenantScope};

const PATH: &str = "procore_hook.path";
const AUTHORIZATION: &str = "procore_hook.authorization";

/// Makes the tenant's address; one that was there before ends.
///
/// # Errors
/// When the control data cannot be written.
pub async fn make(
    control: &Control,
    scope: &TenantScope,
    path: &Secret,
    authorization: &Secret,
    person_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (tenant_id, person_id) = (scope.tenant_id().to_owned(), person_id.to_owned());
    let (path, authorization) = (digest(PATH, path), digest(AUTHORIZATION, authorization));
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query(
                    "INSERT INTO procore_hook (tenant_id, path_digest, authorization_digest,
                                               created_at, created_by)
                     VALUES ($1, $2, $3, $4, $5)
                     ON CONFLICT (tenant_id) DO UPDATE
                     SET path_digest = excluded.path_digest,
                         authorization_digest = excluded.authorization_digest,
                         created_at = excluded.created_at, created_by = excluded.created_by",
                )
                .bind(tenant_id)
                .bind(path)
                .bind(authorization)
                .bind(moment(now))
                .bind(person_id)
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// Ends the tenant's address.
///
/// # Errors
/// When the control data cannot be written.
pub async fn end(control: &Control, scope: &TenantScope) -> Result<(), StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query("DELETE FROM procore_hook WHERE tenant_id = $1")
                    .bind(tenant_id)
                    .execute(tx.connection())
                    .await?;
                Ok(())
            })
        })
        .await
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
                let at: Option<String> =
                    query("SELECT created_at FROM procore_hook WHERE tenant_id = $1")
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
