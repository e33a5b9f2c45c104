//! Bringing the data of version 0.1 forward: one plain file becomes one encrypted tenant.
//!
//! The plain file is only removed when the encrypted one is whole, compared row by row, and in
//! use. A process that is killed before that leaves it untouched, and the next one begins again.

use std::path::Path;

use jiff::Timestamp;

use super::{Home, Installation, file_of, remove_files};
use crate::control::{self, Tenant, TenantState};
use crate::sealed::{Now, seal_all};
use crate::{Refusal, Store, StoreError, sqlite};

impl Installation {
    /// Makes a tenant of a plain file and removes the file.
    ///
    /// # Errors
    /// When the file is no store of version 0.1, is damaged, or its tenant is here under another
    /// state; the file is kept then.
    pub async fn move_in(
        &self,
        plain: &Path,
        name: &str,
        now: Timestamp,
    ) -> Result<Tenant, StoreError> {
        let Home::Folder { folder, .. } = &self.inner.home else {
            return Err(StoreError::Transfer {
                reason: "a plain file is brought into a data folder, and moved to a server from \
                         there"
                    .to_owned(),
            });
        };
        let id = sqlite::tenant_of_plain(plain).await?;
        match control::tenant(&self.inner.control, &id).await? {
            // Only the removing of the plain file was left.
            Some(tenant) if tenant.state == TenantState::Active => {
                remove_files(plain)?;
                return Ok(tenant);
            }
            Some(_) => return Err(Refusal::TenantIsHere { id }.into()),
            None => {}
        }
        let file = file_of(folder, &id);
        match self.copied_in(plain, &file, &id, name, now).await {
            Ok(()) => {}
            Err(error) => {
                self.remove_unfinished(&id).await?;
                return Err(error);
            }
        }
        let tenant = self.activate(&id, now).await?;
        remove_files(plain)?;
        Ok(tenant)
    }

    async fn copied_in(
        &self,
        plain: &Path,
        file: &Path,
        id: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        control::add(&self.inner.control, id, name, now).await?;
        let keys = self.inner.keys.add(id).await?;
        sqlite::copy(plain, None, file, &keys, id).await?;
        let Home::Folder { lock, .. } = &self.inner.home else {
            return Err(StoreError::UnknownTenant);
        };
        let lock = std::sync::Arc::clone(lock);
        let store = Store::open(file, id, keys, lock, sqlite::Check::Quick).await?;
        let sealed = store
            .tx(&store.scope(), |tx| Box::pin(seal_all(tx, Now::Plain)))
            .await;
        store.close().await;
        sealed.map(drop)
    }
}
