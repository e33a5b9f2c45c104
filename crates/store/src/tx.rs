//! The only door to a connection.
//!
//! Work runs in a task of its own, so that a caller who goes away cannot leave a connection
//! inside an open transaction (sqlx 0.9.0 does that when `begin` is dropped half-way); the pools'
//! `after_release` hook is the second lock. The tenant is set within each transaction and never
//! outlives it.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};

use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

use crate::keys::{Keys, Place};
use crate::{Secret, StoreError};

/// What a unit of work returns: a boxed future, because it borrows the transaction.
pub(crate) type Work<'t, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 't>>;

/// A connection inside a transaction, of either engine.
pub(crate) enum Connection<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// The pools of one engine.
pub(crate) enum Engine {
    /// One file: one connection writes, the others only read.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    /// A server that many processes share, and that knows whose rows these are.
    Postgres { pool: PgPool, of: Of },
}

/// Whose rows a database of a server holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// A tenant's, behind row security.
    Tenant,
    /// The installation's.
    Control,
}

/// An opened database of one owner (a tenant, or the control data) with its keys.
pub(crate) struct Database {
    owner: String,
    engine: Engine,
    keys: RwLock<Arc<Keys>>,
    /// Set once a write failed on the disk: this handle writes no more.
    stopped: AtomicBool,
    closed: AtomicBool,
}

/// One transaction.
pub(crate) struct Tx {
    owner: String,
    /// On whose behalf, where a person acts.
    actor: Option<Arc<str>>,
    keys: Arc<Keys>,
    open: Open,
}

enum Open {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

#[derive(Clone, Copy)]
enum Kind {
    Read,
    Write,
    /// A writing that does not wait for the owner's other writers where it need not.
    Beside,
}

impl Tx {
    /// The tenant that every statement must name.
    pub(crate) fn tenant(&self) -> String {
        self.owner.clone()
    }

    /// On whose behalf the transaction runs, where a person acts.
    pub(crate) fn actor(&self) -> Option<Arc<str>> {
        self.actor.clone()
    }

    pub(crate) fn act_for(&mut self, actor: Option<Arc<str>>) {
        self.actor = actor;
    }

    /// Where statements run.
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        match &mut self.open {
            Open::Sqlite(transaction) => Connection::Sqlite(transaction),
            Open::Postgres(transaction) => Connection::Postgres(transaction),
        }
    }

    /// Seals a secret for its place in the database.
    pub(crate) fn seal(&self, place: Place<'_>, secret: &Secret) -> Result<String, StoreError> {
        Ok(self.keys.seal(place, secret)?)
    }

    /// Opens a secret that was sealed for this place.
    pub(crate) fn unseal(&self, place: Place<'_>, text: &str) -> Result<Secret, StoreError> {
        self.keys
            .unseal(place, text)
            .map_err(|_| StoreError::Unsealed {
                what: place.column,
                table: place.table,
            })
    }

    /// The keys as they were when the transaction began.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }
}

/// Whatever this process has opened.
static OPENED: Mutex<Vec<Weak<Database>>> = Mutex::new(Vec::new());

/// Closes every database that this process still has open. It belongs at the end of a program:
/// SQLCipher takes its ciphers down when the process exits, under the feet of connections that
/// are open still, and that crashes.
pub async fn close_all() {
    let opened = std::mem::take(&mut *OPENED.lock().unwrap_or_else(PoisonError::into_inner));
    for database in opened.iter().filter_map(Weak::upgrade) {
        database.close().await;
    }
}

impl Database {
    pub(crate) fn new(owner: &str, engine: Engine, keys: Keys) -> Arc<Self> {
        let database = Arc::new(Self {
            owner: owner.to_owned(),
            engine,
            keys: RwLock::new(Arc::new(keys)),
            stopped: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        });
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        opened.retain(|database| database.strong_count() > 0);
        opened.push(Arc::downgrade(&database));
        drop(opened);
        database
    }

    /// The keys that the next transaction gets.
    pub(crate) fn keys(&self) -> Arc<Keys> {
        // What is held stays usable after a panic elsewhere.
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&keys)
    }

    pub(crate) fn replace_keys(&self, keys: Keys) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// Runs `work` in one writing transaction: committed when it returns `Ok`, else rolled back.
    pub(crate) async fn write<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.write_as(Kind::Write, work).await
    }

    async fn write_as<T, F>(self: &Arc<Self>, kind: Kind, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        if self.stopped.load(Ordering::Acquire) {
            return Err(StoreError::Stopped);
        }
        let result = self.in_a_task(kind, work).await;
        if result.as_ref().is_err_and(StoreError::is_of_the_disk) {
            self.stopped.store(true, Ordering::Release);
        }
        result
    }

    /// Runs `work` on one unchanging view of the data; it cannot write.
    pub(crate) async fn read<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.in_a_task(Kind::Read, work).await
    }

    /// The same without waiting for the owner's other writers, for work on single rows that it
    /// locks itself, and for making a tenant known. A file has one writer anyway.
    pub(crate) async fn write_beside<T, F>(self: &Arc<Self>, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.write_as(Kind::Beside, work).await
    }

    /// Takes no more work. With files it waits for running transactions, then closes the readers
    /// and last the writer, which checkpoints; the connections to a server are shared.
    pub(crate) async fn close(&self) {
        self.closed.store(true, Ordering::Release);
        if let Engine::Sqlite { writer, readers } = &self.engine {
            readers.close().await;
            writer.close().await;
        }
    }

    /// Whether [`Database::close`] was called.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    async fn in_a_task<T, F>(self: &Arc<Self>, kind: Kind, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        let database = Arc::clone(self);
        let task = tokio::spawn(async move {
            let mut tx = database.begin(kind).await?;
            match work(&mut tx).await {
                Ok(value) => {
                    tx.open.commit().await?;
                    Ok(value)
                }
                Err(error) => {
                    // The first error is the one to report; the hook rolls back if this fails too.
                    drop(tx.open.rollback().await);
                    Err(error)
                }
            }
        });
        task.await.unwrap_or(Err(StoreError::Interrupted))
    }

    async fn begin(&self, kind: Kind) -> Result<Tx, StoreError> {
        if self.is_closed() {
            return Err(StoreError::Closed);
        }
        let open = match (&self.engine, kind) {
            (Engine::Sqlite { writer, .. }, Kind::Write | Kind::Beside) => {
                Open::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            (Engine::Sqlite { readers, .. }, Kind::Read) => {
                Open::Sqlite(readers.begin_with("BEGIN").await?)
            }
            (Engine::Postgres { pool, of }, kind) => {
                Open::Postgres(self.begin_on_server(pool, *of, kind).await?)
            }
        };
        Ok(Tx {
            owner: self.owner.clone(),
            actor: None,
            keys: self.keys(),
            open,
        })
    }

    /// One writer per tenant at a time, as with files: what is computed from rows that were read
    /// in a transaction still holds when it commits.
    async fn begin_on_server(
        &self,
        pool: &PgPool,
        of: Of,
        kind: Kind,
    ) -> Result<Transaction<'static, Postgres>, StoreError> {
        let mut transaction = match kind {
            Kind::Read => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                pool.begin_with(begin).await?
            }
            Kind::Write | Kind::Beside => pool.begin().await?,
        };
        if of == Of::Tenant {
            sqlx::query("SELECT set_config('app.tenant_id', $1, true)")
                .bind(&self.owner)
                .execute(&mut *transaction)
                .await?;
        }
        match (of, kind) {
            (Of::Tenant, Kind::Write) => {
                let known = sqlx::query(
                    "SELECT tenant_id FROM this_tenant WHERE tenant_id = $1 FOR NO KEY UPDATE",
                )
                .bind(&self.owner)
                .fetch_optional(&mut *transaction)
                .await?;
                if known.is_none() {
                    return Err(StoreError::UnknownTenant);
                }
            }
            (Of::Control, Kind::Write) => {
                sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('plumbline', 0))")
                    .execute(&mut *transaction)
                    .await?;
            }
            (_, Kind::Read | Kind::Beside) => {}
        }
        Ok(transaction)
    }
}

impl Open {
    async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }

    async fn rollback(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.rollback().await,
            Self::Postgres(transaction) => transaction.rollback().await,
        }
    }
}
