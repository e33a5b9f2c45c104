//! The chain over the audit's entries in the store; the rule itself is [`gate::chain`].

use std::io::Write;

use gate::chain::{Anchor, Broken, Link, PURPOSE, Verifier, beginning, hash};
use serde::Serialize;

use crate::sql::query;
use crate::transfer::{line, not_written};
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// An entry as it is stored.
struct Stored {
    number: i64,
    at: String,
    actor: Option<String>,
    action: String,
    about: String,
    /// Nothing for an entry that was written before there was a chain.
    hash: Option<String>,
}

impl Stored {
    fn link(&self) -> Link<'_> {
        Link {
            number: self.number,
            at: &self.at,
            actor: self.actor.as_deref(),
            action: &self.action,
            about: &self.about,
        }
    }
}

type Row = (i64, String, Option<String>, String, String, Option<String>);

async fn stored_after(tx: &mut Tx, number: i64) -> Result<Vec<Stored>, StoreError> {
    let rows: Vec<Row> = query(
        "SELECT e.entry_no, e.at, e.actor, e.action, e.about, l.hash
         FROM audit_entry e
         LEFT JOIN audit_link l ON l.tenant_id = e.tenant_id AND l.entry_no = e.entry_no
         WHERE e.tenant_id = $1 AND e.entry_no > $2 ORDER BY e.entry_no",
    )
    .bind(tx.tenant())
    .bind(number)
    .rows(tx.connection())
    .await?;
    let stored = |(number, at, actor, action, about, hash)| Stored {
        number,
        at,
        actor,
        action,
        about,
        hash,
    };
    Ok(rows.into_iter().map(stored).collect())
}

/// Links every entry that has no link yet: the one that was just written, and at the first time
/// those from before there was a chain.
pub(super) async fn link_in(tx: &mut Tx) -> Result<(), StoreError> {
    let head: Option<(i64, String)> = query(
        "SELECT entry_no, hash FROM audit_link WHERE tenant_id = $1
         ORDER BY entry_no DESC LIMIT 1",
    )
    .bind(tx.tenant())
    .row_if_any(tx.connection())
    .await?;
    let (number, mut before) = head.unwrap_or_else(|| (0, beginning()));
    for entry in stored_after(tx, number).await? {
        before = hash(&tx.tenant(), &before, entry.link()).to_string();
        query("INSERT INTO audit_link (tenant_id, entry_no, hash) VALUES ($1, $2, $3)")
            .bind(tx.tenant())
            .bind(entry.number)
            .bind(&before)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

/// Checks the whole chain, and that it continues these anchors. Returns its own anchor.
///
/// # Errors
/// When the store cannot be read. What is wrong with the chain is part of the answer.
pub async fn verify(
    store: &Store,
    scope: &TenantScope,
    anchors: Vec<Anchor>,
) -> Result<Result<Anchor, Broken>, StoreError> {
    let all = whole(store, scope).await?;
    let mut verifier = Verifier::new(scope.tenant_id(), &anchors);
    for entry in &all {
        let hash = entry.hash.as_deref().unwrap_or_default();
        if let Err(broken) = verifier.take(entry.link(), hash) {
            return Ok(Err(broken));
        }
    }
    Ok(verifier.end())
}

/// All entries; those of a company that has no chain yet are linked first.
async fn whole(store: &Store, scope: &TenantScope) -> Result<Vec<Stored>, StoreError> {
    let read = async || {
        store
            .read(scope, |tx| Box::pin(async { stored_after(tx, 0).await }))
            .await
    };
    let all = read().await?;
    if all.is_empty() || all.iter().any(|entry| entry.hash.is_some()) {
        return Ok(all);
    }
    store
        .tx(scope, |tx| Box::pin(async { link_in(tx).await }))
        .await?;
    read().await
}

/// The first line of a copy.
#[derive(Serialize)]
struct Head<'a> {
    purpose: &'a str,
    tenant: &'a str,
}

/// Every other line: the fields in the order in which they are hashed, and the hash.
#[derive(Serialize)]
struct Line<'a> {
    number: i64,
    at: &'a str,
    actor: Option<&'a str>,
    action: &'a str,
    about: &'a str,
    hash: &'a str,
}

/// Writes the whole chain, one JSON object a line, so that anybody can check it without us.
/// Returns how many entries there were.
///
/// # Errors
/// When the store cannot be read or the copy not be written.
pub async fn export(
    store: &Store,
    scope: &TenantScope,
    out: &mut (impl Write + Send),
) -> Result<usize, StoreError> {
    let all = whole(store, scope).await?;
    let head = Head {
        purpose: PURPOSE,
        tenant: scope.tenant_id(),
    };
    out.write_all(&line(&head)?).map_err(not_written)?;
    for entry in &all {
        let one = Line {
            number: entry.number,
            at: &entry.at,
            actor: entry.actor.as_deref(),
            action: &entry.action,
            about: &entry.about,
            hash: entry.hash.as_deref().unwrap_or_default(),
        };
        out.write_all(&line(&one)?).map_err(not_written)?;
    }
    out.flush().map_err(not_written)?;
    Ok(all.len())
}
