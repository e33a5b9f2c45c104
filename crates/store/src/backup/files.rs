//! Backing a data folder up while its process goes on writing.
//!
//! The lock of the folder is not taken and nothing in it is written but a note: each file is read
//! at one moment by a connection that cannot write, and stays encrypted under its key.

use std::path::Path;

use jiff::Timestamp;

use super::place::{self, Unfinished};
use super::{Destination, Engine, Manifest, refused, verified, with_ledger};
use crate::control::{OWNER as CONTROL, TenantState};
use crate::installation::make_private;
use crate::keys::{KeyFile, MasterKey};
use crate::ledger::Ledger;
use crate::{MasterKeySource, StoreError, sqlite};

/// Backs up a data folder, or some tenants of it, and reads the backup back. It may be in use.
///
/// # Errors
/// [`StoreError::Backup`] when there is something in the place already or what was written does
/// not read back; [`StoreError::UnknownTenant`] for a tenant that is not here. Nothing is left then.
pub async fn folder(
    data: &Path,
    master_key: &MasterKeySource,
    to: &Destination,
    only: &[String],
    now: Timestamp,
) -> Result<Manifest, StoreError> {
    place::check(to)?;
    let keys = KeyFile::open(
        &data.join("keys.json"),
        MasterKey::load(master_key, data, false)?,
    )?;
    let unfinished = Unfinished::begin(&to.folder, ".unfinished")?;
    let folder = unfinished.folder();
    make_private(&folder.join("tenants"))?;

    let control_keys = keys.keys_of(CONTROL)?;
    let control = folder.join("control.db");
    sqlite::snapshot(&data.join("control.db"), &control_keys, &control).await?;
    let tenants = chosen(sqlite::tenants_in(&control, &control_keys).await?, only)?;
    let mut names = vec!["control.db".to_owned()];
    for id in &tenants {
        let name = format!("tenants/{id}.db");
        let from = data.join(&name);
        sqlite::snapshot(&from, &keys.keys_of(id)?, &folder.join(&name)).await?;
        names.push(name);
    }

    names.extend(with_ledger(&Ledger::of_folder(data), folder)?);
    let manifest = Manifest::of(folder, &names, Engine::Files, tenants, now, &control_keys)?;
    manifest.write(folder)?;
    if verified(folder, &keys).await? != manifest {
        return Err(refused(folder, "its manifest does not read back"));
    }
    keys.copy_to(&to.keys)?;
    unfinished.finish()?;
    place::note(data, now)?;
    Ok(manifest)
}

/// The tenants to back up: all that are in use, or the named ones.
fn chosen(all: Vec<(String, TenantState)>, only: &[String]) -> Result<Vec<String>, StoreError> {
    let there: Vec<String> = all
        .into_iter()
        .filter(|(_, state)| matches!(state, TenantState::Active | TenantState::Suspended))
        .map(|(id, _)| id)
        .collect();
    if only.is_empty() {
        return Ok(there);
    }
    if only.iter().all(|id| there.contains(id)) {
        Ok(only.to_vec())
    } else {
        Err(StoreError::UnknownTenant)
    }
}

/// Opens every file with its key and reads all of its pages.
pub(super) async fn look_through(
    folder: &Path,
    manifest: &Manifest,
    keys: &KeyFile,
) -> Result<(), StoreError> {
    let control_keys = keys.keys_of(CONTROL)?;
    sqlite::look_through(&folder.join("control.db"), &control_keys).await?;
    for id in &manifest.tenants {
        let path = folder.join("tenants").join(format!("{id}.db"));
        sqlite::look_through(&path, &keys.keys_of(id)?).await?;
    }
    Ok(())
}
