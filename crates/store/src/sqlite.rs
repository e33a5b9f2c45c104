//! Opening an encrypted file: keys, checks, settings, migrations.
//!
//! One connection writes and checkpoints; the others are opened read-only. The bundled SQLite can
//! damage a file in WAL mode when two connections write or checkpoint, so this is not a matter of
//! taste. The key is the first thing a connection is told. Without SQLCipher that would be ignored
//! in silence and the file would be plain, so a build without it refuses to start.

mod snapshot;

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

use crate::StoreError;
use crate::error::extended_code;
use crate::keys::Keys;
use crate::sql::query;
use crate::transfer::{Digest, Summary, TABLES};
use crate::tx::{Connection, Engine};

pub(crate) use snapshot::{look_through, snapshot, tenants_in};

/// The tables of a tenant.
pub(crate) static TENANT: Migrator = sqlx::migrate!("migrations/sqlite");
/// The tables of the control file.
pub(crate) static CONTROL: Migrator = sqlx::migrate!("migrations/control");

/// `PLMB`: marks a SQLite file as ours.
const APPLICATION_ID: i64 = 0x504C_4D42;
const READERS: u32 = 3;

/// How a plain SQLite file begins. An encrypted one begins with its random salt.
const PLAIN: &[u8; 16] = b"SQLite format 3\0";

/// Whether a file is looked through while it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// Once per process and file, where it is quick or was not closed properly.
    Quick,
    /// It was looked through before, in this process.
    Done,
}

/// Beyond so many bytes looking through a file takes longer than a person waits. SQLCipher
/// authenticates each page when it is read, so a damaged one is never taken for a good one.
const QUICK_BYTES: u64 = 64 << 20;

impl Check {
    fn is_due(self, path: &Path) -> bool {
        let length = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        self == Self::Quick && (length(path) <= QUICK_BYTES || length(Path::new(&log)) > 0)
    }
}

/// Creates an encrypted file that only its owner may read.
///
/// # Errors
/// When there is a file already: what is there is never opened as if it were new.
pub(crate) async fn create(
    path: &Path,
    keys: &Keys,
    migrations: &Migrator,
) -> Result<Engine, StoreError> {
    create_private(path)?;
    open_with(path, &newest(keys), migrations, Check::Quick).await
}

/// Opens an existing encrypted file.
///
/// # Errors
/// When it is missing, empty, plain, damaged, foreign, newer than this program, or encrypted with
/// another key. A file that cannot be opened is left as it is.
pub(crate) async fn open(
    path: &Path,
    keys: &Keys,
    migrations: &Migrator,
    check: Check,
) -> Result<Engine, StoreError> {
    refuse_missing_or_plain(path)?;
    // A file whose key is being replaced may still be under the one before.
    for key in keys.of_the_file() {
        match open_with(path, &key, migrations, check).await {
            Err(StoreError::WrongKey { .. }) => {}
            other => return other,
        }
    }
    Err(wrong_key(path))
}

fn newest(keys: &Keys) -> zeroize::Zeroizing<String> {
    keys.of_the_file().into_iter().next().unwrap_or_default()
}

async fn open_with(
    path: &Path,
    key: &str,
    migrations: &Migrator,
    check: Check,
) -> Result<Engine, StoreError> {
    let options = options(path, key);
    // Asked before a connection of ours makes a log.
    let is_due = check.is_due(path);
    let writer = writer_pool(path, &options).await?;
    let readers = match prepare(&writer, path, migrations, is_due).await {
        Ok(()) => reader_pool(path, options).await,
        Err(error) => Err(error),
    };
    match readers {
        Ok(readers) => Ok(Engine::Sqlite { writer, readers }),
        Err(error) => {
            writer.close().await;
            Err(error)
        }
    }
}

/// The tenant of a plain file of version 0.1.
pub(crate) async fn tenant_of_plain(path: &Path) -> Result<String, StoreError> {
    let mut connection = connect_once(plain_options(path), path).await?;
    let found = tenant_in(&mut connection, path).await;
    close(connection, path).await?;
    found
}

async fn tenant_in(connection: &mut SqliteConnection, path: &Path) -> Result<String, StoreError> {
    check_is_ours(connection, path).await?;
    checked(connection, "PRAGMA quick_check(1)", path).await?;
    sqlx::query_scalar("SELECT tenant_id FROM this_tenant")
        .fetch_optional(connection)
        .await
        .map_err(|error| opening(path, error))?
        .ok_or_else(|| StoreError::NotAStore {
            path: path.to_owned(),
        })
}

/// Copies an encrypted file under the newest of its keys.
pub(crate) async fn recopy(
    from: &Path,
    keys: &Keys,
    to: &Path,
    tenant_id: &str,
) -> Result<(), StoreError> {
    for key in keys.of_the_file() {
        match copy(from, Some(&key), to, keys, tenant_id).await {
            Err(StoreError::WrongKey { .. }) => {}
            other => return other,
        }
    }
    Err(wrong_key(from))
}

/// Copies a file, plain or encrypted, into a new one under the newest key, and compares both row
/// by row. Where it fails the new file is removed.
pub(crate) async fn copy(
    from: &Path,
    from_key: Option<&str>,
    to: &Path,
    keys: &Keys,
    tenant_id: &str,
) -> Result<(), StoreError> {
    let from_options = match from_key {
        Some(key) => options(from, key),
        None => plain_options(from),
    };
    let mut old = connect_once(from_options, from).await?;
    if let Err(error) = check_is_ours(&mut old, from).await {
        close(old, from).await?;
        return Err(error);
    }
    let key = newest(keys);
    create_private(to)?;
    let copied = copy_rows(&mut old, &key, to).await;
    let compared = match copied {
        Ok(()) => compare(&mut old, to, &key, tenant_id).await,
        Err(error) => Err(error),
    };
    close(old, from).await?;
    if compared.is_err() {
        // The first error is the one to report.
        drop(std::fs::remove_file(to));
    }
    compared
}

async fn copy_rows(old: &mut SqliteConnection, key: &str, to: &Path) -> Result<(), StoreError> {
    let at_path = |error| opening(to, error);
    // The key is bound, so it is in no text of a statement.
    sqlx::query("ATTACH DATABASE $1 AS fresh KEY $2")
        .bind(to.to_string_lossy().into_owned())
        .bind(format!("x'{key}'"))
        .execute(&mut *old)
        .await
        .map_err(at_path)?;
    for statement in [
        "PRAGMA fresh.synchronous = FULL",
        "SELECT sqlcipher_export('fresh')",
        "PRAGMA fresh.application_id = 1347177794",
        "DETACH DATABASE fresh",
    ] {
        sqlx::query(statement)
            .fetch_all(&mut *old)
            .await
            .map_err(at_path)?;
    }
    Ok(())
}

async fn compare(
    old: &mut SqliteConnection,
    to: &Path,
    key: &str,
    tenant_id: &str,
) -> Result<(), StoreError> {
    let mut new = connect_once(options(to, key).read_only(true), to).await?;
    let same = async {
        checked(&mut new, "PRAGMA integrity_check(1)", to).await?;
        let left = digest_of(old, tenant_id).await?;
        Ok(left == digest_of(&mut new, tenant_id).await?)
    };
    let same: Result<bool, StoreError> = same.await;
    close(new, to).await?;
    if same? {
        return Ok(());
    }
    Err(StoreError::Transfer {
        reason: "the copy is not the same as the original, so the original stays".to_owned(),
    })
}

/// The digest over every table of tenants' rows that the file has.
async fn digest_of(
    connection: &mut SqliteConnection,
    tenant_id: &str,
) -> Result<Summary, StoreError> {
    let there: Vec<String> =
        sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .fetch_all(&mut *connection)
            .await?;
    let mut digest = Digest::new();
    for table in TABLES
        .iter()
        .filter(|it| there.iter().any(|name| name == it.name))
    {
        query(table.select)
            .bind(tenant_id)
            .each(Connection::Sqlite(&mut *connection), |row| {
                digest.add(table.name, &row);
                Ok(())
            })
            .await?;
    }
    Ok(digest.summary())
}

fn plain_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .disable_statement_logging()
        .busy_timeout(Duration::from_secs(5))
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("temp_store", "MEMORY")
}

async fn close(connection: SqliteConnection, path: &Path) -> Result<(), StoreError> {
    sqlx::Connection::close(connection)
        .await
        .map_err(|error| opening(path, error))
}

/// Creates the file before SQLite does, so that its mode (and that of its log) is ours.
pub(crate) fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|error| cannot_open(path, &error))
}

fn cannot_open(path: &Path, error: &std::io::Error) -> StoreError {
    StoreError::CannotOpen {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn refuse_missing_or_plain(path: &Path) -> Result<(), StoreError> {
    let mut start = Vec::new();
    let opened = File::open(path).and_then(|file| file.take(16).read_to_end(&mut start));
    match opened {
        Ok(0) => Err(StoreError::Missing {
            path: path.to_owned(),
        }),
        Ok(_) if start == PLAIN => Err(StoreError::NotEncrypted {
            path: path.to_owned(),
        }),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(StoreError::Missing {
            path: path.to_owned(),
        }),
        Err(error) => Err(cannot_open(path, &error)),
    }
}

fn options(path: &Path, key: &str) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        // sqlx tells SQLite this first. The statements of opening are not logged: the key is
        // among them.
        .pragma("key", format!("\"x'{key}'\""))
        // SQLCipher writes to the standard error, where our own refusals are read.
        .pragma("cipher_log_level", "NONE")
        .disable_statement_logging()
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .row_buffer_size(512)
        .pragma("mmap_size", "0")
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("temp_store", "MEMORY")
}

/// A cache for the writer that holds the key columns of some hundred thousand records.
const WRITER_CACHE: &str = "-65536";
const READER_CACHE: &str = "-8192";

async fn writer_pool(
    path: &Path,
    options: &SqliteConnectOptions,
) -> Result<SqlitePool, StoreError> {
    // A foreign database must not even be switched to WAL, so its mark is read first.
    let mut probe = connect_once(options.clone().read_only(true), path).await?;
    let looked_at = check_is_ours(&mut probe, path).await;
    close(probe, path).await?;
    looked_at?;
    pool_options(1)
        .connect_with(
            options
                .clone()
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("cache_size", WRITER_CACHE)
                .pragma("secure_delete", "FAST")
                // Without it, INSERT OR REPLACE deletes without asking the triggers.
                .pragma("recursive_triggers", "ON"),
        )
        .await
        .map_err(|error| opening(path, error))
}

async fn reader_pool(path: &Path, options: SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    pool_options(READERS)
        .connect_with(
            options
                .read_only(true)
                .pragma("cache_size", READER_CACHE)
                .pragma("query_only", "ON"),
        )
        .await
        .map_err(|error| opening(path, error))
}

fn pool_options(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        // A long bulk write is no reason to give up: the writer is waited for.
        .acquire_timeout(Duration::from_secs(3600))
        .test_before_acquire(false)
        .after_release(|connection, _| {
            Box::pin(async move {
                // Outside a transaction this fails, which is the good case.
                let _ = sqlx::query("ROLLBACK").execute(connection).await;
                Ok(true)
            })
        })
}

async fn connect_once(
    options: SqliteConnectOptions,
    path: &Path,
) -> Result<SqliteConnection, StoreError> {
    sqlx::ConnectOptions::connect(&options)
        .await
        .map_err(|error| opening(path, error))
}

async fn check_is_ours(connection: &mut SqliteConnection, path: &Path) -> Result<(), StoreError> {
    let cipher: Option<String> = sqlx::query_scalar("PRAGMA cipher_version")
        .fetch_optional(&mut *connection)
        .await
        .map_err(|error| opening(path, error))?;
    if cipher.is_none_or(|version| version.is_empty()) {
        return Err(StoreError::NoEncryption);
    }
    let mark: i64 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| opening(path, error))?;
    if mark == APPLICATION_ID {
        return Ok(());
    }
    // A file that a crash left behind before the mark was set holds no table yet.
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema")
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| opening(path, error))?;
    if mark == 0 && tables == 0 {
        return Ok(());
    }
    Err(StoreError::NotAStore {
        path: path.to_owned(),
    })
}

/// Checks the file, marks it as ours and brings its tables forward.
async fn prepare(
    writer: &SqlitePool,
    path: &Path,
    migrations: &Migrator,
    is_due: bool,
) -> Result<(), StoreError> {
    let at_path = |error| opening(path, error);
    let mut connection = writer.acquire().await.map_err(at_path)?;
    if is_due {
        checked(&mut connection, "PRAGMA quick_check(1)", path).await?;
    }
    let mark: i64 = sqlx::query_scalar("PRAGMA application_id")
        .fetch_one(&mut *connection)
        .await
        .map_err(at_path)?;
    if mark != APPLICATION_ID {
        // Part of the header page: written by its own small transaction.
        sqlx::query("PRAGMA application_id = 1347177794")
            .execute(&mut *connection)
            .await
            .map_err(at_path)?;
    }
    // The log has no header; the file itself has one as soon as it has a page.
    refuse_plain_header(path)?;
    let pending = migrations_are_pending(&mut connection, migrations).await;
    if pending {
        checked(&mut connection, "PRAGMA integrity_check(1)", path).await?;
    }
    // Also refuses files of a newer program and edited migrations.
    migrations
        // Directly: through `run` the compiler cannot prove that the future may move between threads.
        .run_direct(None, &mut *connection, false)
        .await
        .map_err(|error| migration(path, error))?;
    if pending {
        checked(&mut connection, "PRAGMA integrity_check(1)", path).await?;
    }
    Ok(())
}

/// What was just written must not be readable without the key.
fn refuse_plain_header(path: &Path) -> Result<(), StoreError> {
    match refuse_missing_or_plain(path) {
        Err(StoreError::NotEncrypted { .. }) => Err(StoreError::NoEncryption),
        // A new file may have everything in its log still.
        Ok(()) | Err(StoreError::Missing { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

async fn migrations_are_pending(connection: &mut SqliteConnection, migrations: &Migrator) -> bool {
    let applied: Result<i64, _> = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await;
    applied.map_or(true, |applied| {
        usize::try_from(applied) != Ok(migrations.iter().count())
    })
}

async fn checked(
    connection: &mut SqliteConnection,
    check: &'static str,
    path: &Path,
) -> Result<(), StoreError> {
    let answer: String = sqlx::query_scalar(check)
        .fetch_one(&mut *connection)
        .await
        .map_err(|error| opening(path, error))?;
    if answer == "ok" {
        Ok(())
    } else {
        Err(StoreError::Damaged {
            path: path.to_owned(),
            detail: answer,
        })
    }
}

/// Says what an error means while the file is being opened.
fn opening(path: &Path, error: sqlx::Error) -> StoreError {
    const CORRUPT: i64 = 11;
    const CANNOT_OPEN: i64 = 14;
    const NOT_A_DATABASE: i64 = 26;
    let path = path.to_owned();
    match extended_code(&error) & 0xff {
        CORRUPT => StoreError::Damaged {
            path,
            detail: error.to_string(),
        },
        // Without the right key every file looks like this.
        NOT_A_DATABASE => wrong_key(&path),
        CANNOT_OPEN => StoreError::CannotOpen {
            path,
            reason: error.to_string(),
        },
        _ => error.into(),
    }
}

fn wrong_key(path: &Path) -> StoreError {
    StoreError::WrongKey {
        what: path.display().to_string(),
    }
}

fn migration(path: &Path, error: MigrateError) -> StoreError {
    let path = path.to_owned();
    match error {
        MigrateError::VersionMissing(version) => StoreError::NewerSchema { path, version },
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            opening(&path, error)
        }
        other => StoreError::Migration {
            path,
            detail: other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests;
