//! Restoring a data folder.
//!
//! Everything is prepared beside the place and given its name last, so that nobody can open half of
//! it, or a tenant that is not in quarantine yet.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use super::place::{Unfinished, is_taken};
use super::{Engine, Kept, Manifest, refused, verified};
use crate::control::{self, TenantState};
use crate::installation::file_of;
use crate::ledger::{Entry, Known, Ledger, What};
use crate::lock::DirectoryLock;
use crate::{Installation, MasterKeySource, Refusal, StoreError, quarantine, sqlite};

/// What came of restoring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup says about itself.
    pub manifest: Manifest,
    /// Tenants that were erased since the backup, and so again.
    pub erased_again: Vec<String>,
    /// Tenants that were erased since the backup, and are there because the operator said so.
    pub brought_back: Vec<String>,
}

impl Restored {
    pub(super) fn of(manifest: Manifest) -> Self {
        Self {
            manifest,
            erased_again: Vec::new(),
            brought_back: Vec::new(),
        }
    }

    /// What is to be done about a tenant that was erased since the backup, as a line of the ledger;
    /// nothing for all others.
    pub(super) fn replay(&mut self, known: &Known, id: &str, now: Timestamp) -> Option<Entry> {
        let erased = known.erasure_of(id)?;
        Some(match known.reason_to_bring_back() {
            Some(reason) => {
                self.brought_back.push(id.to_owned());
                Entry::new(now, id, What::BroughtBack, ("operator", reason))
            }
            None => {
                self.erased_again.push(id.to_owned());
                Entry {
                    keys_are_gone: true,
                    data_is_gone: true,
                    ..Entry::new(now, id, What::Again, (&erased.by, &erased.reason))
                }
            }
        })
    }
}

/// Restores a whole backup into a new data folder: the tenants in it are in quarantine, every
/// session is ended and every token for programs is revoked, because ends and revocations since the
/// backup are not known. Tenants that the backup leaves out are erased there, and so are those that
/// were erased since the backup, as far as it is known.
///
/// # Errors
/// [`Refusal::DataIsThere`] when the folder holds anything; [`StoreError::Backup`] with the name of
/// the file that is missing, cut short or changed. Nothing is left then.
pub async fn restore(
    kept: &Kept,
    into: &Path,
    known: &Known,
    now: Timestamp,
) -> Result<Restored, StoreError> {
    if is_taken(into) {
        let path = into.to_owned();
        return Err(Refusal::DataIsThere { path }.into());
    }
    let keys = kept.key_file()?;
    let manifest = verified(&kept.folder, &keys).await?;
    of_files(kept, &manifest)?;
    let unfinished = Unfinished::begin(into, ".restoring")?;
    let folder = unfinished.folder();
    crate::installation::make_private(&folder.join("tenants"))?;
    for file in &manifest.files {
        copy(&kept.folder.join(&file.name), &folder.join(&file.name))?;
    }
    // What was read is compared again where it arrived.
    manifest.compare(folder)?;
    keys.copy_to(&folder.join("keys.json"))?;

    let ledger = Ledger::of_folder(folder);
    let known = known.clone().with(&ledger)?;
    let installation = Installation::open(folder, &kept.master_key, now).await?;
    let settled = settle(&installation, manifest, &known, now).await;
    installation.close().await;
    let (restored, lines) = settled?;
    ledger.replace(&known, &lines)?;
    unfinished.finish()?;
    Ok(restored)
}

async fn settle(
    installation: &Installation,
    manifest: Manifest,
    known: &Known,
    now: Timestamp,
) -> Result<(Restored, Vec<Entry>), StoreError> {
    let control = installation.control();
    let (mut restored, mut lines) = (Restored::of(manifest), Vec::new());
    for tenant in installation.tenants().await? {
        if tenant.state == TenantState::Erased {
            continue;
        }
        let is_left_out = !restored.manifest.tenants.contains(&tenant.id);
        let line = if is_left_out {
            None
        } else {
            restored.replay(known, &tenant.id, now)
        };
        let is_erased = line.as_ref().is_some_and(|line| line.what == What::Again);
        lines.extend(line);
        if is_left_out || is_erased {
            installation.remove(&tenant.id, now).await?;
            continue;
        }
        if tenant.state == TenantState::Suspended {
            installation.resume_tenant(&tenant.id, now).await?;
        }
        let store = installation.store(&tenant.id).await?;
        quarantine::enter(&store, restored.manifest.made_at, now).await?;
        if tenant.state == TenantState::Suspended {
            installation.suspend_tenant(&tenant.id, now).await?;
        }
    }
    control::nobody_is_in(control, now).await?;
    Ok((restored, lines))
}

/// Puts the file of one tenant back into its data folder, where it must be missing, and the tenant
/// into quarantine. The folder's own keys must open it.
///
/// # Errors
/// [`Refusal::DataIsThere`] when the tenant has a file; [`Refusal::WasErased`] when the folder's
/// ledger says so; [`StoreError::UnknownTenant`] when the folder or the backup does not know the tenant; [`StoreError::WrongKey`] when its key was replaced
/// since.
pub async fn restore_tenant(
    kept: &Kept,
    tenant_id: &str,
    data: &Path,
    master_key: &MasterKeySource,
    now: Timestamp,
) -> Result<Manifest, StoreError> {
    let keys = kept.key_file()?;
    let manifest = verified(&kept.folder, &keys).await?;
    of_files(kept, &manifest)?;
    if !manifest.tenants.iter().any(|id| id == tenant_id) {
        return Err(StoreError::UnknownTenant);
    }
    let known = Known::of(&[])?.with(&Ledger::of_folder(data))?;
    if let Some(erased) = known.erasure_of(tenant_id) {
        let on = erased.at.strftime("%Y-%m-%d").to_string();
        let id = tenant_id.to_owned();
        return Err(Refusal::WasErased { id, on }.into());
    }
    let path = file_of(data, tenant_id);
    if path.exists() {
        return Err(Refusal::DataIsThere { path }.into());
    }
    let installation = Installation::open(data, master_key, now).await?;
    let restored = bring_back(&installation, kept, tenant_id, &manifest, now).await;
    installation.close().await;
    restored?;
    Ok(manifest)
}

async fn bring_back(
    installation: &Installation,
    kept: &Kept,
    tenant_id: &str,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<(), StoreError> {
    let data = installation.folder().ok_or(StoreError::UnknownTenant)?;
    let own = installation.keys_of(tenant_id).await?;
    let path = file_of(data, tenant_id);
    let fresh = path.with_extension("restoring");
    drop(std::fs::remove_file(&fresh));
    copy(&kept.folder.join(format!("tenants/{tenant_id}.db")), &fresh)?;
    let entered = async {
        sqlite::look_through(&fresh, &own).await?;
        let lock: Arc<DirectoryLock> = installation.lock().ok_or(StoreError::UnknownTenant)?;
        let check = sqlite::Check::Quick;
        let store = crate::Store::open(&fresh, tenant_id, own, lock, check).await?;
        let entered = quarantine::enter(&store, manifest.made_at, now).await;
        store.close().await;
        entered
    };
    if let Err(error) = entered.await {
        // The first error is the one to report.
        drop(std::fs::remove_file(&fresh));
        return Err(error);
    }
    std::fs::rename(&fresh, &path).map_err(|error| refused(&path, error.to_string()))
}

fn of_files(kept: &Kept, manifest: &Manifest) -> Result<(), StoreError> {
    if manifest.engine == Engine::Files {
        return Ok(());
    }
    Err(refused(
        &kept.folder,
        "it is the backup of a database server; set PLUMBLINE_DATABASE_ADMIN_URL to restore it to \
         an empty database",
    ))
}

/// Copies a file to where only its owner may read it.
fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    sqlite::create_private(to)?;
    let copied = std::fs::File::open(from).and_then(|mut from| {
        let mut to = std::fs::OpenOptions::new().write(true).open(to)?;
        std::io::copy(&mut from, &mut to)?;
        to.sync_all()
    });
    copied.map_err(|error| refused(from, error.to_string()))
}
