//! Reading a tenant from a file.

use std::io::BufRead;

use super::row::{Digest, from_json};
use super::{EDITION, Head, Line, SECRETS, Summary, TABLES, Table};
use crate::sql::{Value, batches, over_rows, query};
use crate::tx::Tx;
use crate::{Store, StoreError};

/// A file whose head was read.
pub(crate) struct Import<R> {
    pub(crate) head: Head,
    lines: R,
}

/// Begins to read a file.
pub(crate) fn import<R: BufRead>(mut lines: R) -> Result<Import<R>, StoreError> {
    let mut text = String::new();
    lines.read_line(&mut text).map_err(not_read)?;
    let head: Head = serde_json::from_str(&text)
        .map_err(|_| not_whole("its first line is not that of an exported tenant".to_owned()))?;
    if head.plumbline_tenant != EDITION {
        return Err(not_whole(format!(
            "it is of edition {}, and this program reads {EDITION}",
            head.plumbline_tenant
        )));
    }
    let digits = head.tenant_id.strip_prefix("tnt_").unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(not_whole("it names no tenant".to_owned()));
    }
    Ok(Import { head, lines })
}

/// Rows are written in batches of so many.
const BATCH: usize = 512;

impl<R: BufRead + Send + 'static> Import<R> {
    /// Writes every row into the empty store of the tenant: all of them or none.
    pub(crate) async fn into_store(self, store: &Store) -> Result<Summary, StoreError> {
        store
            .tx(&store.scope(), move |tx| Box::pin(self.write(tx)))
            .await
    }

    async fn write(mut self, tx: &mut Tx) -> Result<Summary, StoreError> {
        let mut digest = Digest::new();
        let mut waiting: Vec<Vec<Value>> = Vec::new();
        let mut place = 0;
        let stated = loop {
            let mut text = String::new();
            if self.lines.read_line(&mut text).map_err(not_read)? == 0 {
                return Err(not_whole("it ends before its last line".to_owned()));
            }
            let Ok(line) = serde_json::from_str::<Line>(&text) else {
                let summary = serde_json::from_str::<Summary>(&text);
                break summary.map_err(|_| not_whole("a line is not understood".to_owned()))?;
            };
            let position = position_of(&line.table, place)?;
            if position != place || waiting.len() == BATCH {
                write_rows(tx, &TABLES[place], std::mem::take(&mut waiting)).await?;
                place = position;
            }
            let row = row_of(&TABLES[place], &line, &self.head.tenant_id)?;
            digest.add(TABLES[place].name, &row);
            waiting.push(row);
        };
        write_rows(tx, &TABLES[place], waiting).await?;
        if digest.summary() != stated {
            return Err(not_whole("its digest is another than it states".to_owned()));
        }
        if digest_of(tx).await? != stated {
            return Err(not_whole("the database gives other rows back".to_owned()));
        }
        Ok(stated)
    }
}

/// The tables come in their order, so that what is referred to is there.
fn position_of(name: &str, at_least: usize) -> Result<usize, StoreError> {
    TABLES
        .iter()
        .enumerate()
        .skip(at_least)
        .find(|(_, table)| table.name == name && !SECRETS.contains(&name))
        .map(|(position, _)| position)
        .ok_or_else(|| not_whole("it has rows of an unknown table, or out of order".to_owned()))
}

fn row_of(table: &Table, line: &Line, tenant_id: &str) -> Result<Vec<Value>, StoreError> {
    let fits = table.kinds.len() == line.row.len();
    let values = table.kinds.chars().zip(&line.row);
    let row: Option<Vec<Value>> = values.map(|(kind, value)| from_json(kind, value)).collect();
    let row = row.filter(|_| fits);
    // Whose row it is stands first; a file brings its own tenant and nobody else.
    row.filter(|row| row.first() == Some(&tenant_id.into()))
        .ok_or_else(|| not_whole(format!("a row of {} does not fit", table.name)))
}

async fn write_rows(tx: &mut Tx, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
    for batch in batches(rows) {
        let mut insert = over_rows(table.insert, table.kinds.len(), batch.len());
        for value in batch.into_iter().flatten() {
            insert = insert.bind(value);
        }
        insert.execute(tx.connection()).await?;
    }
    Ok(())
}

/// The digest of what the database holds.
pub(super) async fn digest_of(tx: &mut Tx) -> Result<Summary, StoreError> {
    let mut digest = Digest::new();
    let tenant_id = tx.tenant();
    for table in TABLES.iter().filter(|table| !SECRETS.contains(&table.name)) {
        query(table.select)
            .bind(&tenant_id)
            .each(tx.connection(), |row| {
                digest.add(table.name, &row);
                Ok(())
            })
            .await?;
    }
    Ok(digest.summary())
}

#[expect(clippy::needless_pass_by_value, reason = "an error is mapped with it")]
fn not_read(error: std::io::Error) -> StoreError {
    not_whole(format!("it cannot be read: {error}"))
}

fn not_whole(reason: String) -> StoreError {
    StoreError::Transfer {
        reason: format!("the file cannot be imported: {reason}"),
    }
}
