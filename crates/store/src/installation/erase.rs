//! Erasing a tenant, with an account of what is gone and what remains.
//!
//! Its keys are destroyed first: from then on its data cannot be read, whatever is left of it on a
//! disk. Then its data goes. A process that is killed in between is followed by one that finishes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Home, Installation, file_of, remove_files};
use crate::control::{self, TenantState};
use crate::{Secret, StoreError, doctor, postgres};

/// The account of an erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The tenant.
    pub tenant_id: String,
    /// Rows by table that there were, when they could be counted.
    pub rows: BTreeMap<String, u64>,
    /// Whether its file or rows were looked for afterwards and not found.
    pub data_is_gone: bool,
    /// Whether its keys were looked for afterwards and not found.
    pub keys_are_gone: bool,
    /// What remains, and why.
    pub remains: Vec<String>,
}

impl Installation {
    /// Erases a tenant. This is not taken back. On a server it takes the administrator, because the
    /// application role has no right to remove history.
    ///
    /// # Errors
    /// [`StoreError::UnknownTenant`] when there is none; otherwise what could not be removed, and
    /// doing it again goes on.
    pub async fn erase_tenant(
        &self,
        tenant_id: &str,
        administrator: Option<&Secret>,
        now: Timestamp,
    ) -> Result<Erasure, StoreError> {
        let tenant = control::tenant(&self.inner.control, tenant_id).await?;
        let tenant = tenant.filter(|tenant| tenant.state != TenantState::Erased);
        let tenant = tenant.ok_or(StoreError::UnknownTenant)?;
        if matches!(self.inner.home, Home::Server(_)) && administrator.is_none() {
            return Err(StoreError::NoServer {
                reason: "erasing takes the address of an administrator, because the application \
                         role cannot remove history"
                    .to_owned(),
            });
        }
        // What cannot be opened any more can still be erased, only not counted.
        let rows = match self.store(&tenant.id).await {
            Ok(store) => {
                let health = doctor::check(&store, &store.scope()).await;
                health.map_or_else(|_| BTreeMap::new(), |it| it.rows.into_iter().collect())
            }
            Err(_) => BTreeMap::new(),
        };
        let control = &self.inner.control;
        if tenant.state != TenantState::Erasing {
            control::set_state(control, &tenant.id, TenantState::Erasing, now).await?;
        }
        self.close_store(&tenant.id).await;
        self.inner.keys.destroy(&tenant.id).await?;
        let data_is_gone = match &self.inner.home {
            Home::Folder { folder, .. } => {
                let file = file_of(folder, &tenant.id);
                remove_files(&file)?;
                !file.exists()
            }
            Home::Server(_) => match administrator {
                Some(administrator) => postgres::erase(administrator, &tenant.id).await?,
                None => false,
            },
        };
        control::set_state(control, &tenant.id, TenantState::Erased, now).await?;
        let keys_are_gone = self.inner.keys.keys_of(&tenant.id).await.is_err();
        Ok(Erasure {
            tenant_id: tenant.id,
            rows,
            data_is_gone,
            keys_are_gone,
            remains: self.what_remains(),
        })
    }

    fn what_remains(&self) -> Vec<String> {
        let keys = match &self.inner.home {
            Home::Folder { .. } => "keys.json",
            Home::Server(_) => "the schema plumbline_keys",
        };
        let sealed = match &self.inner.home {
            Home::Folder { .. } => "they open with no key that is left here",
            Home::Server(_) => {
                "their tokens open with no key that is left here, their other rows are as readable \
                 as the backup is"
            }
        };
        vec![
            "its id and the days of creation and erasure, so that the id is not used again"
                .to_owned(),
            format!(
                "backups of its data until they are removed; {sealed}, unless a backup of {keys} \
                 from before is kept"
            ),
            format!("backups of {keys} from before; remove them to make the erasure final"),
            "what was exported to files, which is in the hands of those who did".to_owned(),
        ]
    }
}
