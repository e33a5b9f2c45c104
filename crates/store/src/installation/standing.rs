//! Whether an installation can serve, and how much of it is in use: for supervisors and metrics.

use std::sync::Arc;

use super::{Home, Installation};
use crate::control::{self, backups};
use crate::keys::{KeyFile, Keys};
use crate::lock::DirectoryLock;
use crate::sql::query;
use crate::{StoreError, backup, postgres, sqlite};

/// Why an installation cannot serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unready {
    /// The control data does not answer.
    Database,
    /// The keys do not open.
    Keys,
    /// The tables are not of this version.
    Schema,
}

/// The connections of one pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolUse {
    /// `control` or `tenants`.
    pub name: &'static str,
    /// Connections that are open.
    pub open: u32,
    /// Those of them that nobody uses at the moment.
    pub idle: u32,
    /// How many there may be.
    pub most: u32,
}

impl Installation {
    /// Asks the control data, opens its key and compares the version of the tables.
    ///
    /// # Errors
    /// The first of them that does not hold.
    pub async fn ready(&self) -> Result<(), Unready> {
        let applied = self.applied().await.map_err(|_| Unready::Database)?;
        match self.inner.keys.keys_of(control::OWNER).await {
            Ok(_) => {}
            Err(StoreError::WrongKey { .. }) => return Err(Unready::Keys),
            Err(_) => return Err(Unready::Database),
        }
        if applied < newest(&sqlite::CONTROL) {
            return Err(Unready::Schema);
        }
        match &self.inner.home {
            Home::Folder { .. } => Ok(()),
            Home::Server(pools) => match postgres::refuse_other_schema(pools).await {
                Ok(()) => Ok(()),
                Err(_) => Err(Unready::Schema),
            },
        }
    }

    async fn applied(&self) -> Result<i64, StoreError> {
        let control = &self.inner.control;
        control
            .read(|mut tx| {
                Box::pin(async move {
                    query("SELECT max(version) FROM _sqlx_migrations")
                        .value(tx.connection())
                        .await
                })
            })
            .await
    }

    /// How many tenants have an open file; on a server none has.
    #[must_use]
    pub fn open_tenants(&self) -> usize {
        match &self.inner.home {
            Home::Folder { slots, .. } => slots.open(),
            Home::Server(_) => 0,
        }
    }

    /// The connections to the database.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolUse> {
        match &self.inner.home {
            Home::Folder { .. } => Vec::new(),
            Home::Server(pools) => [("control", &pools.control), ("tenants", &pools.tenants)]
                .into_iter()
                .map(|(name, pool)| PoolUse {
                    name,
                    open: pool.size(),
                    idle: u32::try_from(pool.num_idle()).unwrap_or(u32::MAX),
                    most: pool.options().get_max_connections(),
                })
                .collect(),
        }
    }

    /// When the newest backup was made, as far as it was made with `plumbline backup`.
    ///
    /// # Errors
    /// When the note of it cannot be read.
    pub async fn newest_backup(&self) -> Result<Option<jiff::Timestamp>, StoreError> {
        match self.folder() {
            Some(folder) => backup::newest_of_folder(folder),
            None => backups::newest(&self.inner.control).await,
        }
    }

    /// The moment by the server's clock; nothing in a folder, which has this machine's.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn server_time(&self) -> Result<Option<jiff::Timestamp>, StoreError> {
        match &self.inner.home {
            Home::Folder { .. } => Ok(None),
            Home::Server(_) => control::server_time(&self.inner.control).await.map(Some),
        }
    }

    /// The keys of one owner.
    pub(crate) async fn keys_of(&self, owner: &str) -> Result<Keys, StoreError> {
        self.inner.keys.keys_of(owner).await
    }

    /// Every wrapped key of a server.
    pub(crate) async fn wrapped_keys(&self) -> Result<KeyFile, StoreError> {
        let keys = self.inner.keys.of_the_server().await?;
        keys.ok_or_else(|| StoreError::NoServer {
            reason: "the data is in a folder, and no server holds it".to_owned(),
        })
    }

    /// The hold on the data folder.
    pub(crate) fn lock(&self) -> Option<Arc<DirectoryLock>> {
        match &self.inner.home {
            Home::Folder { lock, .. } => Some(Arc::clone(lock)),
            Home::Server(_) => None,
        }
    }
}

/// The newest migration that this program knows.
pub(crate) fn newest(migrations: &sqlx::migrate::Migrator) -> i64 {
    let versions = migrations.iter().map(|migration| migration.version);
    versions.max().unwrap_or_default()
}
