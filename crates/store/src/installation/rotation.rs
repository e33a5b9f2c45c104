//! Replacing keys.
//!
//! The master key: every wrapped key is wrapped anew, in one step, while everything stays open. A
//! tenant's key: what is sealed is sealed anew in one transaction, then the encrypted file is
//! copied under its new key, compared, and put in the place of the old one. Whoever asks for the
//! tenant meanwhile waits. A process that is killed leaves both keys, and both open.

use super::{Home, Installation, file_of, remove_files};
use crate::keys::{MasterKey, MasterKeySource};
use crate::sealed::{Now, seal_all};
use crate::{Store, StoreError, sqlite};

impl Installation {
    /// Wraps every key with the master key of another source. From then on only that one opens the
    /// installation.
    ///
    /// # Errors
    /// When the new key cannot be had or the wrapped keys cannot be written; the old one stays in
    /// force then.
    pub async fn replace_master_key(&self, new: &MasterKeySource) -> Result<(), StoreError> {
        let master = MasterKey::load_without_folder(new)?;
        self.inner.keys.rewrap(master).await
    }

    /// Gives a tenant a new key and destroys the ones before it. Returns how many secrets were
    /// sealed anew.
    ///
    /// # Errors
    /// When something cannot be written; the keys before stay then, and doing it again finishes.
    pub async fn replace_tenant_key(&self, tenant_id: &str) -> Result<u64, StoreError> {
        let store = self.store(tenant_id).await?;
        let keys = self.inner.keys.add(tenant_id).await?;
        store.replace_keys(keys.clone());
        let sealed = store
            .tx(&store.scope(), |tx| Box::pin(seal_all(tx, Now::Sealed)))
            .await?;
        drop(store);
        if let Home::Folder {
            folder,
            slots,
            lock,
        } = &self.inner.home
        {
            let file = file_of(folder, tenant_id);
            let fresh = file.with_extension("new");
            slots
                .while_closed(tenant_id, async || {
                    remove_files(&fresh)?;
                    sqlite::recopy(&file, &keys, &fresh, tenant_id).await?;
                    remove_log(&file)?;
                    std::fs::rename(&fresh, &file).map_err(|error| StoreError::CannotOpen {
                        path: file.clone(),
                        reason: error.to_string(),
                    })?;
                    let lock = std::sync::Arc::clone(lock);
                    let check = sqlite::Check::Quick;
                    Store::open(&file, tenant_id, keys.clone(), lock, check).await
                })
                .await?;
        }
        self.inner
            .keys
            .retire_before(tenant_id, keys.newest())
            .await?;
        Ok(sealed)
    }
}

/// A closed file has no log; one that is left would be taken for the new file's.
fn remove_log(file: &std::path::Path) -> Result<(), StoreError> {
    for ending in ["-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        remove_files(std::path::Path::new(&name))?;
    }
    Ok(())
}
