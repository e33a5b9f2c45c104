//! A data folder: the control file, the keys and a file per tenant.
//!
//! ```text
//! <folder>/plumbline.lock     one process at a time
//!          keys.json          the wrapped keys (back it up apart from the rest)
//!          erasures.jsonl     which tenants were erased, for whoever restores a backup
//!          control.db         tenants, people, sessions
//!          tenants/<id>.db    everything of one tenant
//! <folder>.master-key         unless the master key comes from elsewhere
//! ```
//!
//! Only as many tenants are open as [`OPEN_TENANTS`] says, because each connection is a thread and
//! a cache; the one that was used longest ago is closed when another is needed.

mod erase;
mod moved;
mod rotation;
mod slots;
mod standing;

use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use uuid::Uuid;

use crate::control::{self, Control, Tenant, TenantState};
use crate::keys::{KeyFile, KeyTable, Keyring, MasterKey, MasterKeySource};
use crate::ledger::Ledger;
use crate::lock::DirectoryLock;
use crate::postgres::{self, Durability, Pools};
use crate::transfer::{self, Summary};
use crate::{Refusal, Secret, Store, StoreError};

pub use erase::{Erasing, Erasure, Left};
use slots::Slots;
pub(crate) use standing::newest;
pub use standing::{PoolUse, Unready};

/// How many tenants are held open, apart from those that are being used at the moment.
pub const OPEN_TENANTS: usize = 32;

/// An opened data folder. Clones are the same one.
#[derive(Clone)]
pub struct Installation {
    inner: Arc<Inner>,
}

struct Inner {
    home: Home,
    control: Control,
    keys: Keyring,
}

/// Where the data is.
enum Home {
    /// A file per tenant in a folder that is ours alone.
    Folder {
        folder: PathBuf,
        slots: Slots,
        lock: Arc<DirectoryLock>,
    },
    /// A server that other processes may use too.
    Server(Pools),
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.inner.home {
            Home::Folder { folder, .. } => write!(out, "Installation({})", folder.display()),
            Home::Server(_) => out.write_str("Installation(on a server)"),
        }
    }
}

impl Installation {
    /// Opens a data folder, making a new one where there is nothing yet. Whatever an earlier
    /// process left half-made or half-erased is finished first.
    ///
    /// # Errors
    /// When another process has the folder, the master key cannot be had or is the wrong one, or
    /// a file is missing or damaged. Nothing is made then where there was something before.
    pub async fn open(
        folder: &Path,
        master_key: &MasterKeySource,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        make_private(&folder.join("tenants"))?;
        let lock = Arc::new(DirectoryLock::take(folder)?);
        let (key_path, control_path) = (folder.join("keys.json"), folder.join("control.db"));
        let is_new = !key_path.exists() && !control_path.exists();
        let master = MasterKey::load(master_key, folder, is_new)?;
        let keys = if is_new {
            KeyFile::create(&key_path, master)?
        } else {
            KeyFile::open(&key_path, master)?
        };
        let control_keys = keys.keys_of(control::OWNER)?;
        // A process may have ended between writing the key and making the file; then there is no
        // tenant yet whose data could be hidden by a new control file.
        let is_there = std::fs::metadata(&control_path).is_ok_and(|file| file.len() > 0);
        let control = if is_there || keys.has_tenants() {
            Control::open(&control_path, control_keys).await?
        } else {
            remove_files(&control_path)?;
            Control::create(&control_path, control_keys).await?
        };
        let home = Home::Folder {
            folder: folder.to_owned(),
            slots: Slots::default(),
            lock,
        };
        Ledger::of_folder(folder).make()?;
        let installation = Self::of(home, control, Keyring::File(Mutex::new(keys)));
        installation.finish_what_was_begun(now).await?;
        Ok(installation)
    }

    /// Connects to a server that was prepared, as its application role.
    ///
    /// # Errors
    /// When the server cannot be reached, the role could step over row security, the tables are not
    /// of this version, or the master key cannot be had or is the wrong one.
    pub async fn connect(
        url: &Secret,
        master_key: &MasterKeySource,
        durability: Durability,
    ) -> Result<Self, StoreError> {
        let master = MasterKey::load_without_folder(master_key)?;
        let pools = postgres::connect(url, durability).await?;
        postgres::refuse_other_schema(&pools).await?;
        let control = Control::on_server(&pools);
        let keys = KeyTable::new(control.clone(), master);
        let control_keys = match keys.keys_if_any(control::OWNER).await? {
            Some(keys) => keys,
            None => keys.add(control::OWNER).await?,
        };
        control.replace_keys(control_keys);
        Ok(Self::of(Home::Server(pools), control, Keyring::Table(keys)))
    }

    fn of(home: Home, control: Control, keys: Keyring) -> Self {
        let inner = Inner {
            home,
            control,
            keys,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Whether a server holds the data.
    #[must_use]
    pub fn is_on_a_server(&self) -> bool {
        matches!(self.inner.home, Home::Server(_))
    }

    /// The control data.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.inner.control
    }

    /// The folder; nothing when a server holds the data.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.inner.home {
            Home::Folder { folder, .. } => Some(folder),
            Home::Server(_) => None,
        }
    }

    /// Every tenant in the order in which they were created, the erased ones too.
    ///
    /// # Errors
    /// When the control file cannot be read.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        control::tenants(&self.inner.control).await
    }

    /// Makes a tenant: its row, its key, its file.
    ///
    /// # Errors
    /// When one of them cannot be written; what was written is removed at the next opening.
    pub async fn create_tenant(&self, name: &str, now: Timestamp) -> Result<Tenant, StoreError> {
        let id = format!("tnt_{}", Uuid::now_v7().simple());
        self.prepare_tenant(&id, name, now).await?.close().await;
        self.activate(&id, now).await
    }

    /// Writes row, key and file of a tenant that nobody can open yet.
    async fn prepare_tenant(
        &self,
        id: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Store, StoreError> {
        control::add(&self.inner.control, id, name, now).await?;
        let keys = self.inner.keys.add(id).await?;
        match &self.inner.home {
            Home::Folder { folder, lock, .. } => {
                Store::create(&file_of(folder, id), id, keys, Arc::clone(lock)).await
            }
            Home::Server(pools) => Store::create_on_server(pools, id, keys).await,
        }
    }

    async fn activate(&self, id: &str, now: Timestamp) -> Result<Tenant, StoreError> {
        control::set_state(&self.inner.control, id, TenantState::Active, now).await?;
        control::tenant(&self.inner.control, id)
            .await?
            .ok_or(StoreError::UnknownTenant)
    }

    /// Removes what is there of a tenant that was never finished.
    async fn remove_unfinished(&self, id: &str) -> Result<(), StoreError> {
        self.inner.keys.destroy(id).await?;
        if let Home::Folder { folder, .. } = &self.inner.home {
            remove_files(&file_of(folder, id))?;
        }
        control::forget(&self.inner.control, id).await
    }

    /// Brings in a tenant that was exported, here or elsewhere: every row of it, or nothing.
    ///
    /// # Errors
    /// [`Refusal::TenantIsHere`], and [`StoreError::Transfer`] for a file that is not whole.
    pub async fn import_tenant(
        &self,
        file: impl BufRead + Send + 'static,
        now: Timestamp,
    ) -> Result<(Tenant, Summary), StoreError> {
        let import = transfer::import(file)?;
        let (id, name) = (import.head.tenant_id.clone(), import.head.name.clone());
        if control::tenant(&self.inner.control, &id).await?.is_some() {
            return Err(Refusal::TenantIsHere { id }.into());
        }
        let brought = async {
            let store = self.prepare_tenant(&id, &name, now).await?;
            let summary = import.into_store(&store).await;
            store.close().await;
            summary
        };
        match brought.await {
            Ok(summary) => Ok((self.activate(&id, now).await?, summary)),
            Err(error) => {
                self.remove_unfinished(&id).await?;
                Err(error)
            }
        }
    }

    /// The data of a tenant, opened if it is not open already.
    ///
    /// # Errors
    /// [`StoreError::UnknownTenant`] for an id that does not exist or is erased,
    /// [`Refusal::TenantSuspended`], and whatever opening its file refuses.
    pub async fn store(&self, tenant_id: &str) -> Result<Store, StoreError> {
        let tenant = control::tenant(&self.inner.control, tenant_id)
            .await?
            .ok_or(StoreError::UnknownTenant)?;
        match tenant.state {
            TenantState::Active => {}
            TenantState::Suspended => {
                return Err(Refusal::TenantSuspended { id: tenant.id }.into());
            }
            TenantState::Preparing | TenantState::Erasing | TenantState::Erased => {
                return Err(StoreError::UnknownTenant);
            }
        }
        let keys = &self.inner.keys;
        match &self.inner.home {
            Home::Folder {
                folder,
                slots,
                lock,
            } => {
                let (file, lock) = (file_of(folder, &tenant.id), Arc::clone(lock));
                slots
                    .opened(&tenant.id, OPEN_TENANTS, async |check| {
                        let keys = keys.keys_of(&tenant.id).await?;
                        Store::open(&file, &tenant.id, keys, lock, check).await
                    })
                    .await
            }
            Home::Server(pools) => {
                let keys = keys.keys_of(&tenant.id).await?;
                Ok(Store::on_server(pools, &tenant.id, keys))
            }
        }
    }

    /// Closes a tenant to everybody until it is resumed.
    ///
    /// # Errors
    /// [`StoreError::UnknownTenant`] when there is none, or it is erased.
    pub async fn suspend_tenant(&self, tenant_id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.known(tenant_id).await?;
        control::set_state(&self.inner.control, tenant_id, TenantState::Suspended, now).await?;
        self.close_store(tenant_id).await;
        Ok(())
    }

    /// Opens a suspended tenant again.
    ///
    /// # Errors
    /// [`StoreError::UnknownTenant`] when there is none, or it is erased.
    pub async fn resume_tenant(&self, tenant_id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.known(tenant_id).await?;
        control::set_state(&self.inner.control, tenant_id, TenantState::Active, now).await
    }

    /// Waits for running transactions and closes everything.
    pub async fn close(&self) {
        if let Home::Folder { slots, .. } = &self.inner.home {
            slots.close_all().await;
        }
        self.inner.control.close().await;
        if let Home::Server(pools) = &self.inner.home {
            pools.tenants.close().await;
            pools.control.close().await;
        }
    }

    async fn close_store(&self, tenant_id: &str) {
        if let Home::Folder { slots, .. } = &self.inner.home {
            slots.close(tenant_id).await;
        }
    }

    /// Refuses unless the tenant is active or suspended.
    async fn known(&self, tenant_id: &str) -> Result<Tenant, StoreError> {
        let tenant = control::tenant(&self.inner.control, tenant_id).await?;
        tenant
            .filter(|tenant| matches!(tenant.state, TenantState::Active | TenantState::Suspended))
            .ok_or(StoreError::UnknownTenant)
    }

    /// Only for a folder, which no other process has: on a server, what looks half-made may be
    /// another process's work of this moment.
    async fn finish_what_was_begun(&self, now: Timestamp) -> Result<(), StoreError> {
        let Home::Folder { folder, .. } = &self.inner.home else {
            return Ok(());
        };
        for tenant in self.tenants().await? {
            match tenant.state {
                TenantState::Preparing => self.remove_unfinished(&tenant.id).await?,
                TenantState::Erasing => {
                    let ledger = Ledger::of_folder(folder);
                    self.finish_erasing(&tenant.id, &ledger, now).await?;
                }
                TenantState::Active | TenantState::Suspended | TenantState::Erased => {}
            }
        }
        Ok(())
    }
}

/// Only ids that we made name files: `tnt_` and hexadecimal digits.
pub(crate) fn file_of(folder: &Path, tenant_id: &str) -> PathBuf {
    folder.join("tenants").join(format!("{tenant_id}.db"))
}

/// Makes a folder, and those above it, that only its owner may look into.
pub(crate) fn make_private(folder: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| StoreError::CannotOpen {
            path: folder.to_owned(),
            reason: error.to_string(),
        })
}

/// Removes a database file with its log. What is not there is gone already.
fn remove_files(path: &Path) -> Result<(), StoreError> {
    for ending in ["-wal", "-shm", ""] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        let file = PathBuf::from(name);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::CannotOpen {
                    path: file,
                    reason: error.to_string(),
                });
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod life_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod upgrade_tests;
