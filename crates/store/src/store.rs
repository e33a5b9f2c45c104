//! One tenant's data, opened.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use uuid::Uuid;

use crate::keys::Keys;
use crate::lock::DirectoryLock;
use crate::postgres::Pools;
use crate::sql::query;
use crate::sqlite::{self, Check};
use crate::tx::{Database, Engine, Of, Tx, Work};
use crate::{StoreError, TenantScope};

/// The opened data of one tenant. Clones share the same connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) database: Arc<Database>,
    scope: TenantScope,
    /// The file, unless a server holds the data.
    path: Option<PathBuf>,
    /// The folder stays ours as long as anything in it is open.
    _lock: Option<Arc<DirectoryLock>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Store({})", self.inner.scope.tenant_id())
    }
}

impl Store {
    /// Makes the encrypted file of a new tenant.
    pub(crate) async fn create(
        path: &Path,
        tenant_id: &str,
        keys: Keys,
        lock: Arc<DirectoryLock>,
    ) -> Result<Self, StoreError> {
        let engine = sqlite::create(path, &keys, &sqlite::TENANT).await?;
        let store = Self::of(Some(path), tenant_id, engine, keys, Some(lock));
        match store
            .found("INSERT INTO this_tenant (tenant_id, only_row) VALUES ($1, 1)")
            .await
        {
            Ok(()) => Ok(store),
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    /// Makes a new tenant known to the server.
    pub(crate) async fn create_on_server(
        pools: &Pools,
        tenant_id: &str,
        keys: Keys,
    ) -> Result<Self, StoreError> {
        let store = Self::on_server(pools, tenant_id, keys);
        store
            .found("INSERT INTO this_tenant (tenant_id) VALUES ($1) ON CONFLICT DO NOTHING")
            .await?;
        Ok(store)
    }

    /// A tenant of a server. Nothing is opened: the connections are there.
    pub(crate) fn on_server(pools: &Pools, tenant_id: &str, keys: Keys) -> Self {
        let engine = Engine::Postgres {
            pool: pools.tenants.clone(),
            of: Of::Tenant,
        };
        Self::of(None, tenant_id, engine, keys, None)
    }

    async fn found(&self, statement: &'static str) -> Result<(), StoreError> {
        self.inner
            .database
            .write_beside(move |tx| {
                Box::pin(async move {
                    query(statement)
                        .bind(tx.tenant())
                        .execute(tx.connection())
                        .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Opens the encrypted file of a tenant, and proves that it is this tenant's.
    pub(crate) async fn open(
        path: &Path,
        tenant_id: &str,
        keys: Keys,
        lock: Arc<DirectoryLock>,
        check: Check,
    ) -> Result<Self, StoreError> {
        let engine = sqlite::open(path, &keys, &sqlite::TENANT, check).await?;
        let store = Self::of(Some(path), tenant_id, engine, keys, Some(lock));
        let found: Result<Option<String>, _> = store
            .read(&store.scope(), |tx| {
                Box::pin(async move {
                    query("SELECT tenant_id FROM this_tenant")
                        .value_if_any(tx.connection())
                        .await
                })
            })
            .await;
        match found {
            Ok(Some(found)) if found == tenant_id => Ok(store),
            Ok(_) => {
                store.close().await;
                Err(StoreError::UnknownTenant)
            }
            Err(error) => {
                store.close().await;
                Err(error)
            }
        }
    }

    fn of(
        path: Option<&Path>,
        tenant_id: &str,
        engine: Engine,
        keys: Keys,
        lock: Option<Arc<DirectoryLock>>,
    ) -> Self {
        let inner = Inner {
            database: Database::new(tenant_id, engine, keys),
            scope: TenantScope::new(tenant_id.to_owned()),
            path: path.map(Path::to_owned),
            _lock: lock,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The scope of the tenant whose data this is.
    #[must_use]
    pub fn scope(&self) -> TenantScope {
        self.inner.scope.clone()
    }

    /// The file; nothing when a server holds the data.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.inner.path.as_deref()
    }

    /// A name for whoever works in this process, for leases. One process at a time has a folder, so
    /// a lease of the same name there is one of a process that has ended; processes that share a
    /// server have different names.
    #[must_use]
    pub fn holder(&self) -> String {
        static PROCESS: LazyLock<String> =
            LazyLock::new(|| format!("plumbline-{}", Uuid::now_v7().simple()));
        match &self.inner.path {
            Some(_) => "plumbline".to_owned(),
            None => PROCESS.clone(),
        }
    }

    /// Waits for running transactions and closes every connection, for all clones.
    ///
    /// A process that ends without it loses nothing: the next opening reads the log.
    pub async fn close(&self) {
        self.inner.database.close().await;
    }

    pub(crate) fn replace_keys(&self, keys: Keys) {
        self.inner.database.replace_keys(keys);
    }

    /// Whether nobody but the installation holds this store.
    pub(crate) fn is_unused(&self) -> bool {
        Arc::strong_count(&self.inner) == 1
    }

    /// Whether somebody has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        self.inner.database.is_closed()
    }

    /// Runs `work` in one writing transaction: committed when it returns `Ok`, else rolled back.
    pub(crate) async fn tx<T, F>(&self, scope: &TenantScope, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.check(scope)?;
        let actor = scope.actor();
        let write = self.inner.database.write(move |tx| {
            tx.act_for(actor);
            work(tx)
        });
        write.await
    }

    /// The same without waiting for the tenant's other writers, for work on single rows that it
    /// locks itself.
    pub(crate) async fn tx_beside<T, F>(
        &self,
        scope: &TenantScope,
        work: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.check(scope)?;
        let actor = scope.actor();
        let write = self.inner.database.write_beside(move |tx| {
            tx.act_for(actor);
            work(tx)
        });
        write.await
    }

    /// Runs `work` on one unchanging view of the data; it cannot write.
    pub(crate) async fn read<T, F>(&self, scope: &TenantScope, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> Work<'t, T> + Send + 'static,
    {
        self.check(scope)?;
        self.inner.database.read(work).await
    }

    fn check(&self, scope: &TenantScope) -> Result<(), StoreError> {
        if *scope == self.inner.scope {
            Ok(())
        } else {
            Err(StoreError::UnknownTenant)
        }
    }
}
