//! A tenant that was restored keeps to itself until somebody releases it.
//!
//! The original may still be at work elsewhere, and what was decided since the backup is not known
//! here. So nothing is read from a vendor, no token is refreshed, no connection is made and no job
//! is taken; what is here can be read and compared. The database refuses, whoever asks.

use jiff::Timestamp;

use crate::audit::{Action, note_in};
use crate::mirror::{moment, read_moment};
use crate::proposals::void_in;
use crate::sql::query;
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope};

/// Why a tenant keeps to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quarantine {
    /// When it was restored.
    pub since: Timestamp,
    /// The moment of the backup: what happened later is not here.
    pub backup_of: Timestamp,
}

/// The quarantine that a tenant is in, if any.
///
/// # Errors
/// When the store cannot be read.
pub async fn standing(
    store: &Store,
    scope: &TenantScope,
) -> Result<Option<Quarantine>, StoreError> {
    store.read(scope, |tx| Box::pin(standing_in(tx))).await
}

async fn standing_in(tx: &mut Tx) -> Result<Option<Quarantine>, StoreError> {
    let row: Option<(String, String)> = query(
        "SELECT since, backup_of FROM quarantine
         WHERE tenant_id = $1 AND released_at IS NULL ORDER BY since DESC LIMIT 1",
    )
    .bind(tx.tenant())
    .row_if_any(tx.connection())
    .await?;
    row.map(|(since, backup_of)| {
        Ok(Quarantine {
            since: read_moment(&since)?,
            backup_of: read_moment(&backup_of)?,
        })
    })
    .transpose()
}

/// Ends the quarantine of a tenant; returns whether it was in one. `by` says who released it: the
/// id of a person, or `operator`.
///
/// # Errors
/// When the store cannot write.
pub async fn release(
    store: &Store,
    scope: &TenantScope,
    by: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let by = by.to_owned();
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let released = query(
                    "UPDATE quarantine SET released_at = $2, released_by = $3
                     WHERE tenant_id = $1 AND released_at IS NULL",
                )
                .bind(tx.tenant())
                .bind(moment(now))
                .bind(by)
                .execute(tx.connection())
                .await?;
                if released > 0 {
                    note_in(tx, Action::Released, "", now).await?;
                    // What was approved then may have been done since.
                    void_in(tx, "the books were restored from a backup", now).await?;
                }
                Ok(released > 0)
            })
        })
        .await
}

/// Why a restored connection has to be made again.
pub(crate) const RENEWED_SINCE: &str =
    "the books were restored from a backup, and the sign-in may have been renewed since";

/// What the entering changes, in this order. A connection that signs in by itself, such as
/// Procore's service account, has nothing that a vendor could have replaced.
pub(crate) const ENTER: &str = "INSERT INTO quarantine (tenant_id, since, backup_of)
     VALUES ($1, $2, $3)";
pub(crate) const DOUBT: &str = "UPDATE connection
     SET state = 'needs_reconnect', reason = $2, changed_at = $3
     WHERE tenant_id = $1 AND state = 'connected'
       AND EXISTS (SELECT 1 FROM token WHERE token.tenant_id = connection.tenant_id
                     AND token.system = connection.system AND refresh_token IS NOT NULL)";

/// Puts a tenant into quarantine, and its connections with refresh tokens in need of a new
/// consent, in one transaction.
pub(crate) async fn enter(
    store: &Store,
    backup_of: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .tx(&store.scope(), move |tx| {
            Box::pin(async move {
                query(ENTER)
                    .bind(tx.tenant())
                    .bind(moment(now))
                    .bind(moment(backup_of))
                    .execute(tx.connection())
                    .await?;
                query(DOUBT)
                    .bind(tx.tenant())
                    .bind(RENEWED_SINCE)
                    .bind(moment(now))
                    .execute(tx.connection())
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Refuses within the transaction of whatever would reach outside.
pub(crate) async fn refuse_in(tx: &mut Tx) -> Result<(), StoreError> {
    match standing_in(tx).await? {
        None => Ok(()),
        Some(found) => Err(Refusal::Quarantined {
            backup_of: found.backup_of,
        }
        .into()),
    }
}
