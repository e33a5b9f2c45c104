//! Opening the SQLite file: lock, checks, settings, migrations.
//!
//! One connection writes and checkpoints; the others are opened read-only. The bundled SQLite can
//! damage a file in WAL mode when two connections write or checkpoint, so this is not a matter of
//! taste.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use crate::error::extended_code;
use crate::lock::DirectoryLock;
use crate::{StoreError, TenantScope};

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// `PLMB`: marks a SQLite file as ours.
const APPLICATION_ID: i64 = 0x504C_4D42;
const READERS: u32 = 3;

/// An open store. Clones share the same file and connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    pub(crate) scope: TenantScope,
    pub(crate) path: PathBuf,
    /// Set once a write failed on the disk: this handle writes no more.
    pub(crate) stopped: AtomicBool,
    _lock: DirectoryLock,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Store({})", self.inner.path.display())
    }
}

impl Store {
    /// Opens the store in this file, creating it (readable by its owner only) if it is not there.
    ///
    /// # Errors
    /// When another process holds the folder, when the file is damaged, foreign or newer than
    /// this program, or cannot be opened. An existing file that is not ours is left untouched.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let lock = DirectoryLock::take(directory_of(&path))?;
        create_private(&path)?;
        let writer = writer_pool(&path).await?;
        prepare(&writer, &path).await?;
        let scope = own_tenant(&writer, &path).await?;
        let readers = reader_pool(&path).await?;
        let inner = Inner {
            writer,
            readers,
            scope,
            path,
            stopped: AtomicBool::new(false),
            _lock: lock,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The scope of the operator: whoever may open the file may see the tenant in it.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        self.inner.scope.clone()
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Waits for running transactions, closes the readers, then the writer, which checkpoints.
    ///
    /// A process that ends without it loses nothing: the next opening reads the log. Within one
    /// process, close the store before opening it again.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Creates the file before SQLite does, so that its mode (and that of its log) is ours.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::CannotOpen {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .row_buffer_size(512)
        .pragma("mmap_size", "0")
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("cache_size", "-65536")
}

async fn writer_pool(path: &Path) -> Result<SqlitePool, StoreError> {
    // A foreign database must not even be switched to WAL, so its mark is read first.
    let mut probe = connect_once(options(path).read_only(true), path).await?;
    check_is_ours(&mut probe, path).await?;
    sqlx::Connection::close(probe)
        .await
        .map_err(|error| opening(path, error))?;
    pool_options(1)
        .connect_with(
            options(path)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("secure_delete", "FAST")
                // Without it, INSERT OR REPLACE deletes without asking the triggers.
                .pragma("recursive_triggers", "ON"),
        )
        .await
        .map_err(|error| opening(path, error))
}

async fn reader_pool(path: &Path) -> Result<SqlitePool, StoreError> {
    pool_options(READERS)
        .connect_with(options(path).read_only(true).pragma("query_only", "ON"))
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
async fn prepare(writer: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let at_path = |error| opening(path, error);
    let mut connection = writer.acquire().await.map_err(at_path)?;
    checked(&mut connection, "PRAGMA quick_check(1)", path).await?;
    // Part of the header page: written by its own small transaction.
    sqlx::query("PRAGMA application_id = 1347177794")
        .execute(&mut *connection)
        .await
        .map_err(at_path)?;
    if migrations_are_pending(&mut connection).await {
        checked(&mut connection, "PRAGMA integrity_check(1)", path).await?;
        MIGRATIONS
            .run(&mut *connection)
            .await
            .map_err(|error| migration(path, error))?;
        checked(&mut connection, "PRAGMA integrity_check(1)", path).await?;
    } else {
        // Refuses files of a newer program and edited migrations.
        MIGRATIONS
            .run(&mut *connection)
            .await
            .map_err(|error| migration(path, error))?;
    }
    Ok(())
}

async fn migrations_are_pending(connection: &mut SqliteConnection) -> bool {
    let applied: Result<i64, _> = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations")
        .fetch_one(&mut *connection)
        .await;
    applied.map_or(true, |applied| {
        usize::try_from(applied) != Ok(MIGRATIONS.iter().count())
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

/// Reads the tenant of the file, making one in a new file.
async fn own_tenant(writer: &SqlitePool, path: &Path) -> Result<TenantScope, StoreError> {
    let mut connection = writer
        .acquire()
        .await
        .map_err(|error| opening(path, error))?;
    sqlx::query(
        "INSERT INTO this_tenant (tenant_id, only_row) VALUES ($1, 1) ON CONFLICT DO NOTHING",
    )
    .bind(format!("tnt_{}", Uuid::now_v7().simple()))
    .execute(&mut *connection)
    .await?;
    let tenant_id = sqlx::query_scalar("SELECT tenant_id FROM this_tenant")
        .fetch_one(&mut *connection)
        .await?;
    Ok(TenantScope::new(tenant_id))
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
        NOT_A_DATABASE => StoreError::NotAStore { path },
        CANNOT_OPEN => StoreError::CannotOpen {
            path,
            reason: error.to_string(),
        },
        _ => error.into(),
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
