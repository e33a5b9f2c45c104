//! The state of the store itself, for `plumbline doctor`.

use std::path::{Path, PathBuf};

use crate::sql::query;
use crate::transfer::TABLES;
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// What the file looks like from inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The file; nothing when a server holds the data.
    pub path: Option<PathBuf>,
    /// What the engine's own full check found wrong; empty when the data is sound. A server checks
    /// itself.
    pub damage: Vec<String>,
    /// Rows that refer to something that is not there; 0 when the file is sound.
    pub dangling_references: u64,
    /// Records whose newest version is not what the record says; 0 when the mirror is sound.
    pub inconsistent_records: u64,
    /// Size of the file in bytes.
    pub file_bytes: u64,
    /// Size of its log in bytes; it shrinks when the store is closed.
    pub log_bytes: u64,
    /// Bytes within the file that are free for new rows.
    pub free_bytes: u64,
    /// The newest migration that was applied.
    pub schema_version: i64,
    /// Rows by table, in the order of the tables' names.
    pub rows: Vec<(String, u64)>,
}

impl Health {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.dangling_references == 0 && self.inconsistent_records == 0
    }
}

/// Looks through the whole store. On a large one this takes minutes.
///
/// # Errors
/// When the store cannot be read at all.
pub async fn check(store: &Store, scope: &TenantScope) -> Result<Health, StoreError> {
    let path = store.path().map(Path::to_owned);
    store
        .read(scope, move |tx| Box::pin(check_in(tx, path)))
        .await
}

async fn check_in(tx: &mut Tx, path: Option<PathBuf>) -> Result<Health, StoreError> {
    let file = match path {
        Some(path) => check_file(tx, path).await?,
        None => OfFile::default(),
    };
    let mut rows = Vec::new();
    for table in &TABLES {
        let count = number_for_tenant(tx, table.count).await?;
        rows.push((table.name.to_owned(), count));
    }
    rows.sort();
    let inconsistent_records = number_for_tenant(
        tx,
        "SELECT count(*) FROM record WHERE tenant_id = $1 AND NOT EXISTS (
             SELECT 1 FROM record_version AS newest
             WHERE newest.tenant_id = record.tenant_id AND newest.system = record.system
               AND newest.resource = record.resource AND newest.project_id = record.project_id
               AND newest.parent_id = record.parent_id AND newest.id_length = record.id_length
               AND newest.external_id = record.external_id AND newest.version = record.version
               AND newest.digest = record.digest AND newest.removed = record.removed)",
    )
    .await?;
    Ok(Health {
        path: file.path,
        damage: file.damage,
        dangling_references: file.dangling_references,
        inconsistent_records,
        file_bytes: file.file_bytes,
        log_bytes: file.log_bytes,
        free_bytes: file.free_bytes,
        schema_version: query("SELECT max(version) FROM _sqlx_migrations")
            .value(tx.connection())
            .await?,
        rows,
    })
}

/// What only a file can tell.
#[derive(Default)]
struct OfFile {
    path: Option<PathBuf>,
    damage: Vec<String>,
    dangling_references: u64,
    file_bytes: u64,
    log_bytes: u64,
    free_bytes: u64,
}

async fn check_file(tx: &mut Tx, path: PathBuf) -> Result<OfFile, StoreError> {
    let mut damage = Vec::new();
    // The second finds pages that were changed outside of SQLCipher.
    for check in [
        "PRAGMA integrity_check(100)",
        "PRAGMA cipher_integrity_check",
    ] {
        let found: Vec<(String,)> = query(check).rows(tx.connection()).await?;
        damage.extend(found.into_iter().map(|line| line.0));
    }
    damage.retain(|line| line != "ok");
    let dangling = "SELECT count(*) FROM pragma_foreign_key_check";
    // SQLCipher answers the plain pragma with text.
    let page_bytes = number(
        tx,
        "SELECT CAST(page_size AS INTEGER) FROM pragma_page_size",
    )
    .await?;
    Ok(OfFile {
        damage,
        dangling_references: number(tx, dangling).await?,
        file_bytes: size(&path),
        log_bytes: size(&log_of(&path)),
        free_bytes: number(tx, "PRAGMA freelist_count").await? * page_bytes,
        path: Some(path),
    })
}

async fn number_for_tenant(tx: &mut Tx, statement: &'static str) -> Result<u64, StoreError> {
    let number: i64 = query(statement)
        .bind(tx.tenant())
        .value(tx.connection())
        .await?;
    Ok(number.unsigned_abs())
}

async fn number(tx: &mut Tx, statement: &'static str) -> Result<u64, StoreError> {
    let number: i64 = query(statement).value(tx.connection()).await?;
    Ok(number.unsigned_abs())
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// A file that is not there has no bytes.
fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |file| file.len())
}
