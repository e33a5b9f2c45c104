//! Writing a tenant to a file, or to whoever takes it along.

use std::future::Future;
use std::io::Write;

use super::row::{Digest, to_json};
use super::{EDITION, Head, Line, SECRETS, Summary, TABLES};
use crate::sql::{Sink, Value, query};
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// Where an export goes. Whatever cannot take more just now lets the export wait.
pub trait Destination: Send {
    /// Takes some bytes.
    ///
    /// # Errors
    /// When they cannot be kept or sent; the export ends then.
    fn take(&mut self, bytes: Vec<u8>) -> impl Future<Output = std::io::Result<()>> + Send;

    /// There is nothing more.
    ///
    /// # Errors
    /// When what was taken cannot be kept or sent.
    fn end(&mut self) -> impl Future<Output = std::io::Result<()>> + Send;
}

/// A file takes bytes at once.
impl<W: Write + Send> Destination for W {
    async fn take(&mut self, bytes: Vec<u8>) -> std::io::Result<()> {
        self.write_all(&bytes)
    }

    async fn end(&mut self) -> std::io::Result<()> {
        self.flush()
    }
}

/// Writes every row of a tenant but its secrets, as of one moment.
///
/// # Errors
/// When the store cannot be read or the file not be written.
pub async fn export(
    store: &Store,
    scope: &TenantScope,
    name: &str,
    out: impl Destination + 'static,
) -> Result<Summary, StoreError> {
    let name = name.to_owned();
    store
        .read(scope, move |tx| Box::pin(export_in(tx, name, out)))
        .await
}

async fn export_in(
    tx: &mut Tx,
    name: String,
    mut out: impl Destination,
) -> Result<Summary, StoreError> {
    let tenant_id = tx.tenant();
    let head = Head {
        plumbline_tenant: EDITION,
        tenant_id: tenant_id.clone(),
        name,
    };
    out.take(line(&head)?).await.map_err(not_written)?;
    let mut digest = Digest::new();
    for table in TABLES.iter().filter(|table| !SECRETS.contains(&table.name)) {
        let mut sink = Rows {
            table: table.name,
            digest: &mut digest,
            out: &mut out,
        };
        query(table.select)
            .bind(&tenant_id)
            .each_into(tx.connection(), &mut sink)
            .await?;
    }
    let summary = digest.summary();
    out.take(line(&summary)?).await.map_err(not_written)?;
    out.end().await.map_err(not_written)?;
    Ok(summary)
}

/// Writes the rows of a table.
struct Rows<'a, O> {
    table: &'static str,
    digest: &'a mut Digest,
    out: &'a mut O,
}

impl<O: Destination> Sink for Rows<'_, O> {
    async fn take(&mut self, mut row: Vec<Value>) -> Result<(), StoreError> {
        if self.table == "connection" {
            to_be_made_again(&mut row);
        }
        self.digest.add(self.table, &row);
        let row = row.iter().map(to_json).collect();
        let table = self.table.to_owned();
        let line = line(&Line { table, row })?;
        self.out.take(line).await.map_err(not_written)
    }
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

/// A value as one line of JSON.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn line(content: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = serde_json::to_vec(content)
        .map_err(std::io::Error::from)
        .map_err(not_written)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "an error is mapped with it")]
pub(crate) fn not_written(error: std::io::Error) -> StoreError {
    StoreError::Transfer {
        reason: format!("the file cannot be written: {error}"),
    }
}
