//! Which backups were made of a server, and what a restored installation forgets.

use jiff::Timestamp;

use super::Control;
use crate::StoreError;
use crate::jobs::database_now;
use crate::mirror::{moment, read_moment};
use crate::sql::query;

/// Notes a backup of the whole installation.
pub(crate) async fn note(
    control: &Control,
    made_at: Timestamp,
    tenants: i64,
    bytes: i64,
) -> Result<(), StoreError> {
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query("INSERT INTO backup (made_at, tenants, bytes) VALUES ($1, $2, $3)")
                    .bind(moment(made_at))
                    .bind(tenants)
                    .bind(bytes)
                    .execute(tx.connection())
                    .await?;
                Ok(())
            })
        })
        .await
}

/// When the newest backup of a server was made.
///
/// # Errors
/// When the control data cannot be read.
pub async fn newest(control: &Control) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<String> = control
        .read(|mut tx| {
            Box::pin(async move {
                query("SELECT made_at FROM backup ORDER BY made_at DESC LIMIT 1")
                    .value_if_any(tx.connection())
                    .await
            })
        })
        .await?;
    at.map(|at| read_moment(&at)).transpose()
}

/// The moment by the server's clock.
pub(crate) async fn server_time(control: &Control) -> Result<Timestamp, StoreError> {
    control
        .read(|mut tx| Box::pin(async move { database_now(tx.connection()).await }))
        .await
}

/// Ends every session and revokes every token for programs. What waited for a day or for a second
/// person counts for nothing: what came of it since the backup is not known.
pub(crate) const NOBODY_IS_IN: [&str; 4] = [
    "UPDATE session SET ended_at = $1, ended_because = 'restored' WHERE ended_at IS NULL",
    "UPDATE api_token SET revoked_at = $1 WHERE revoked_at IS NULL",
    "UPDATE proposed_raise SET outcome = 'void', ended_at = $1, ended_by = 'operator'
     WHERE ended_at IS NULL",
    "UPDATE erasure_request SET ended_at = $1, ended_by = 'operator' WHERE ended_at IS NULL",
];

/// Does that in an installation that was restored.
pub(crate) async fn nobody_is_in(control: &Control, now: Timestamp) -> Result<(), StoreError> {
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                for statement in NOBODY_IS_IN {
                    query(statement)
                        .bind(moment(now))
                        .execute(tx.connection())
                        .await?;
                }
                Ok(())
            })
        })
        .await
}
