//! Erasing a tenant, with an account of what is gone and what remains.
//!
//! It is closed to everybody first, then the ledger says that it is being erased, then its keys are
//! destroyed: from there on its data cannot be read, whatever is left of it on a disk. Then its data
//! goes, the ledger gets the certificate, and only then it counts as erased. A process that is killed
//! in between is followed by one that finishes.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Home, Installation, file_of, remove_files};
use crate::control::erasures::{self, Pending};
use crate::control::{self, TenantState};
use crate::ledger::{Entry, Ledger, What};
use crate::{Secret, StoreError, TenantScope, doctor, postgres};

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

/// For whom a tenant is erased, with whose rights, and where that is written down.
#[derive(Debug, Clone)]
pub struct Erasing<'a> {
    /// The administrator of a server: the application role has no right to remove history.
    pub administrator: Option<&'a Secret>,
    /// The ledger that gets a line before anything is destroyed, and the certificate afterwards.
    pub ledger: Ledger,
    /// The id of the person who asked for it, or `operator`.
    pub by: String,
    /// Why, in that person's words.
    pub reason: String,
}

/// What became of a tenant whose erasure was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// It is erased.
    Erased(Erasure),
    /// It is closed to everybody for good, and waits for the administrator of the server to remove
    /// its rows with [`Installation::erase_tenant`].
    Closed,
}

impl Installation {
    /// Erases a tenant. This is not taken back.
    ///
    /// # Errors
    /// [`StoreError::UnknownTenant`] when there is none; [`StoreError::Ledger`] when the ledger cannot
    /// be written, before anything is destroyed; otherwise what could not be removed, and doing it
    /// again goes on.
    pub async fn erase_tenant(
        &self,
        tenant_id: &str,
        erasing: &Erasing<'_>,
        now: Timestamp,
    ) -> Result<Erasure, StoreError> {
        let tenant = control::tenant(&self.inner.control, tenant_id).await?;
        let tenant = tenant.filter(|tenant| tenant.state != TenantState::Erased);
        let tenant = tenant.ok_or(StoreError::UnknownTenant)?;
        if matches!(self.inner.home, Home::Server(_)) && erasing.administrator.is_none() {
            return Err(StoreError::NoServer {
                reason: "erasing takes the address of an administrator, because the application \
                         role cannot remove history"
                    .to_owned(),
            });
        }
        let rows = self.counted(&tenant.id).await;
        if tenant.state != TenantState::Erasing {
            let state = TenantState::Erasing;
            control::set_state(&self.inner.control, &tenant.id, state, now).await?;
        }
        self.erase_closed(&tenant.id, rows, erasing, now).await
    }

    /// Erases a tenant whose owner asked for it, if it is due and nobody took it back; nothing when it
    /// is not. From the moment that it is closed it is not taken back.
    ///
    /// # Errors
    /// As [`Self::erase_tenant`].
    pub async fn erase_if_due(
        &self,
        scope: &TenantScope,
        asked: &Pending,
        now: Timestamp,
    ) -> Result<Option<Left>, StoreError> {
        if now < asked.due_at {
            return Ok(None);
        }
        let id = scope.tenant_id();
        let rows = self.counted(id).await;
        if !control::begin_erasing(&self.inner.control, scope, now).await? {
            return Ok(None);
        }
        let Home::Folder { folder, .. } = &self.inner.home else {
            self.close_store(id).await;
            return Ok(Some(Left::Closed));
        };
        let erasing = Erasing {
            administrator: None,
            ledger: Ledger::of_folder(folder),
            by: asked.by.clone(),
            reason: asked.reason.clone(),
        };
        let erased = self.erase_closed(id, rows, &erasing, now).await?;
        Ok(Some(Left::Erased(erased)))
    }

    /// Rows by table. What cannot be opened any more can still be erased, only not counted.
    async fn counted(&self, tenant_id: &str) -> BTreeMap<String, u64> {
        let Ok(store) = self.store(tenant_id).await else {
            return BTreeMap::new();
        };
        let health = doctor::check(&store, &store.scope()).await;
        health.map_or_else(|_| BTreeMap::new(), |it| it.rows.into_iter().collect())
    }

    /// Writes it down, removes it, and writes down what is gone.
    async fn erase_closed(
        &self,
        tenant_id: &str,
        rows: BTreeMap<String, u64>,
        erasing: &Erasing<'_>,
        now: Timestamp,
    ) -> Result<Erasure, StoreError> {
        let whose = (erasing.by.as_str(), erasing.reason.as_str());
        let begun = Entry {
            rows: rows.clone(),
            ..Entry::new(now, tenant_id, What::Begun, whose)
        };
        erasing.ledger.append(&[begun])?;
        let administrator = erasing.administrator;
        let erasure = self.destroy(tenant_id, rows, administrator).await?;
        self.certify(&erasure, &erasing.ledger, whose, now).await?;
        Ok(erasure)
    }

    /// Writes the certificate down, and then that the tenant is erased: a ledger that cannot be
    /// written leaves something to finish.
    pub(super) async fn certify(
        &self,
        erasure: &Erasure,
        ledger: &Ledger,
        whose: (&str, &str),
        now: Timestamp,
    ) -> Result<(), StoreError> {
        ledger.append(&[erasure.certificate(now, whose)])?;
        self.note_erased(&erasure.tenant_id, now).await
    }

    async fn note_erased(&self, tenant_id: &str, now: Timestamp) -> Result<(), StoreError> {
        control::set_state(&self.inner.control, tenant_id, TenantState::Erased, now).await
    }

    /// Destroys keys and data of a tenant whose erasure the ledger of a restore tells of.
    pub(crate) async fn remove(&self, tenant_id: &str, now: Timestamp) -> Result<(), StoreError> {
        self.destroy(tenant_id, BTreeMap::new(), None).await?;
        self.note_erased(tenant_id, now).await
    }

    /// Destroys keys and data of a tenant that is closed for it.
    pub(super) async fn destroy(
        &self,
        tenant_id: &str,
        rows: BTreeMap<String, u64>,
        administrator: Option<&Secret>,
    ) -> Result<Erasure, StoreError> {
        self.close_store(tenant_id).await;
        self.inner.keys.destroy(tenant_id).await?;
        let data_is_gone = match &self.inner.home {
            Home::Folder { folder, .. } => {
                let file = file_of(folder, tenant_id);
                remove_files(&file)?;
                !file.exists()
            }
            Home::Server(_) => match administrator {
                Some(administrator) => postgres::erase(administrator, tenant_id).await?,
                None => false,
            },
        };
        let keys_are_gone = self.inner.keys.keys_of(tenant_id).await.is_err();
        Ok(Erasure {
            tenant_id: tenant_id.to_owned(),
            rows,
            data_is_gone,
            keys_are_gone,
            remains: self.what_remains(),
        })
    }

    /// Goes on where a process ended that was erasing a tenant of a folder.
    pub(super) async fn finish_erasing(
        &self,
        tenant_id: &str,
        ledger: &Ledger,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut newest_first = ledger.entries()?.into_iter().rev();
        let begun = match newest_first.find(|it| it.tenant_id == tenant_id) {
            // Only this was not noted any more.
            Some(last) if last.what == What::Done => {
                return self.note_erased(tenant_id, now).await;
            }
            Some(last) if last.what == What::Begun => last,
            _ => self.begun_again(tenant_id, ledger, now).await?,
        };
        let whose = (begun.by.as_str(), begun.reason.as_str());
        let erasure = self.destroy(tenant_id, begun.rows.clone(), None).await?;
        self.certify(&erasure, ledger, whose, now).await
    }

    /// The first line of an erasure whose process ended before it.
    async fn begun_again(
        &self,
        tenant_id: &str,
        ledger: &Ledger,
        now: Timestamp,
    ) -> Result<Entry, StoreError> {
        let scope = TenantScope::new(tenant_id.to_owned());
        let asked = erasures::pending(&self.inner.control, &scope).await?;
        let (by, reason) = match &asked {
            Some(asked) => (asked.by.as_str(), asked.reason.as_str()),
            None => ("operator", "an erasure that was interrupted"),
        };
        let begun = Entry::new(now, tenant_id, What::Begun, (by, reason));
        ledger.append(std::slice::from_ref(&begun))?;
        Ok(begun)
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
            "who had it erased and why, in the ledger of erasures, so that no backup brings it back \
             unnoticed"
                .to_owned(),
            "people who belong to another company here too, with what they are there".to_owned(),
            format!(
                "backups of its data until they are removed; {sealed}, unless a backup of {keys} \
                 from before is kept"
            ),
            format!("backups of {keys} from before; remove them to make the erasure final"),
            "what was exported to files, which is in the hands of those who did".to_owned(),
        ]
    }
}

impl Erasure {
    fn certificate(&self, at: Timestamp, whose: (&str, &str)) -> Entry {
        Entry {
            rows: self.rows.clone(),
            keys_are_gone: self.keys_are_gone,
            data_is_gone: self.data_is_gone,
            remains: self.remains.clone(),
            ..Entry::new(at, &self.tenant_id, What::Done, whose)
        }
    }
}
