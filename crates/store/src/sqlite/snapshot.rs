//! Copies of encrypted files that another process may be writing, made by a connection that cannot.

use std::path::Path;

use sqlx::SqliteConnection;

use super::{
    check_is_ours, checked, close, connect_once, create_private, opening, options,
    refuse_missing_or_plain, wrong_key,
};
use crate::StoreError;
use crate::control::TenantState;
use crate::keys::Keys;

/// Copies a file as it is at one moment into a new one, which is encrypted under the same key.
pub(crate) async fn snapshot(from: &Path, keys: &Keys, to: &Path) -> Result<(), StoreError> {
    let mut old = connect(from, keys).await?;
    create_private(to)?;
    let copied = sqlx::query("VACUUM INTO $1")
        .bind(to.to_string_lossy().into_owned())
        .execute(&mut old)
        .await
        .map_err(|error| opening(to, error));
    close(old, from).await?;
    copied?;
    // What was just written must not be readable without the key.
    match refuse_missing_or_plain(to) {
        Err(StoreError::NotEncrypted { .. }) => Err(StoreError::NoEncryption),
        other => other,
    }
}

/// Reads every page of a file and proves that it is whole and under one of these keys.
pub(crate) async fn look_through(path: &Path, keys: &Keys) -> Result<(), StoreError> {
    let mut connection = connect(path, keys).await?;
    let sound = async {
        // One line for each page that was changed outside of SQLCipher; none when all is well.
        let changed: Option<String> = sqlx::query_scalar("PRAGMA cipher_integrity_check")
            .fetch_optional(&mut connection)
            .await
            .map_err(|error| opening(path, error))?;
        if let Some(detail) = changed {
            return Err(StoreError::Damaged {
                path: path.to_owned(),
                detail,
            });
        }
        checked(&mut connection, "PRAGMA integrity_check(1)", path).await
    };
    let sound = sound.await;
    close(connection, path).await?;
    sound
}

/// The tenants of a control file with their states.
pub(crate) async fn tenants_in(
    path: &Path,
    keys: &Keys,
) -> Result<Vec<(String, TenantState)>, StoreError> {
    let mut connection = connect(path, keys).await?;
    let rows: Result<Vec<(String, String)>, _> =
        sqlx::query_as("SELECT tenant_id, state FROM tenant ORDER BY created_at, tenant_id")
            .fetch_all(&mut connection)
            .await;
    close(connection, path).await?;
    let rows = rows.map_err(|error| opening(path, error))?;
    rows.into_iter()
        .map(|(id, state)| {
            let state = TenantState::from_name(&state);
            Ok((id, state.ok_or(StoreError::Unreadable { what: "tenant" })?))
        })
        .collect()
}

/// A connection that cannot write, with whichever of the keys opens the file.
async fn connect(path: &Path, keys: &Keys) -> Result<SqliteConnection, StoreError> {
    refuse_missing_or_plain(path)?;
    for key in keys.of_the_file() {
        let mut connection = connect_once(options(path, &key).read_only(true), path).await?;
        match check_is_ours(&mut connection, path).await {
            Ok(()) => return Ok(connection),
            Err(StoreError::WrongKey { .. }) => close(connection, path).await?,
            Err(error) => {
                close(connection, path).await?;
                return Err(error);
            }
        }
    }
    Err(wrong_key(path))
}
