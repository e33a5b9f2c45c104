//! Writing a tenant to a file.

use std::io::Write;

use super::row::{Digest, to_json};
use super::{EDITION, Head, Line, SECRETS, Summary, TABLES};
use crate::sql::{Value, query};
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// Writes every row of a tenant but its secrets, as of one moment.
///
/// # Errors
/// When the store cannot be read or the file not be written.
pub async fn export(
    store: &Store,
    scope: &TenantScope,
    name: &str,
    out: impl Write + Send + 'static,
) -> Result<Summary, StoreError> {
    let name = name.to_owned();
    store
        .read(scope, move |tx| Box::pin(export_in(tx, name, out)))
        .await
}

async fn export_in(
    tx: &mut Tx,
    name: String,
    mut out: impl Write + Send,
) -> Result<Summary, StoreError> {
    let tenant_id = tx.tenant();
    let head = Head {
        plumbline_tenant: EDITION,
        tenant_id: tenant_id.clone(),
        name,
    };
    line(&mut out, &head)?;
    let mut digest = Digest::new();
    for table in TABLES.iter().filter(|table| !SECRETS.contains(&table.name)) {
        query(table.select)
            .bind(&tenant_id)
            .each(tx.connection(), |mut row| {
                if table.name == "connection" {
                    to_be_made_again(&mut row);
                }
                digest.add(table.name, &row);
                let row = row.iter().map(to_json).collect();
                let table = table.name.to_owned();
                line(&mut out, &Line { table, row })
            })
            .await?;
    }
    let summary = digest.summary();
    line(&mut out, &summary)?;
    out.flush().map_err(not_written)?;
    Ok(summary)
}

/// The columns of a connection that say where it stands.
const STATE: usize = 5;
const REASON: usize = 6;

/// A connection that stands here does not stand where its tokens are not.
fn to_be_made_again(row: &mut [Value]) {
    if let Some([state, reason]) = row.get_mut(STATE..=REASON)
        && *state == Value::from("connected")
    {
        *state = "needs_reconnect".into();
        *reason = "the books were moved here, and the sign-in was not".into();
    }
}

/// Writes a value as one line of JSON.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn line(
    out: &mut impl Write,
    content: &impl serde::Serialize,
) -> Result<(), StoreError> {
    serde_json::to_writer(&mut *out, content)
        .map_err(std::io::Error::from)
        .and_then(|()| out.write_all(b"\n"))
        .map_err(not_written)
}

#[expect(clippy::needless_pass_by_value, reason = "an error is mapped with it")]
pub(crate) fn not_written(error: std::io::Error) -> StoreError {
    StoreError::Transfer {
        reason: format!("the file cannot be written: {error}"),
    }
}
