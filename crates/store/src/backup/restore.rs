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
use crate::lock::DirectoryLock;
use crate::{Installation, MasterKeySource, Refusal, StoreError, quarantine, sqlite};

/// Restores a whole backup into a new data folder: the tenants in it are in quarantine, every
/// session is ended and every token for programs is revoked, because ends and revocations since the
/// backup are not known. Tenants that the backup leaves out are erased there.
///
/// # Errors
/// [`Refusal::DataIsThere`] when the folder holds anything; [`StoreError::Backup`] with the name of
/// the file that is missing, cut short or changed. Nothing is left then.
pub async fn restore(kept: &Kept, into: &Path, now: Timestamp) -> Result<Manifest, StoreError> {
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

    let installation = Installation::open(folder, &kept.master_key, now).await?;
    let settled = settle(&installation, &manifest, now).await;
    installation.close().await;
    settled?;
    unfinished.finish()?;
    Ok(manifest)
}

async fn settle(
    installation: &Installation,
    manifest: &Manifest,
    now: Timestamp,
) -> Result<(), StoreError> {
    let control = installation.control();
    for tenant in installation.tenants().await? {
        if tenant.state == TenantState::Erased {
            continue;
        }
        if !manifest.tenants.contains(&tenant.id) {
            installation.erase_tenant(&tenant.id, None, now).await?;
            continue;
        }
        if tenant.state == TenantState::Suspended {
            installation.resume_tenant(&tenant.id, now).await?;
        }
        let store = installation.store(&tenant.id).await?;
        quarantine::enter(&store, manifest.made_at, now).await?;
        if tenant.state == TenantState::Suspended {
            installation.suspend_tenant(&tenant.id, now).await?;
        }
    }
    control::nobody_is_in(control, now).await
}

/// Puts the file of one tenant back into its data folder, where it must be missing, and the tenant
/// into quarantine. The folder's own keys must open it.
///
/// # Errors
/// [`Refusal::DataIsThere`] when the tenant has a file; [`StoreError::UnknownTenant`] when the
/// folder or the backup does not know the tenant; [`StoreError::WrongKey`] when its key was replaced
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
