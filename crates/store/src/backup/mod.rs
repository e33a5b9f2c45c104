//! Backups of an installation, and what becomes of them.
//!
//! ```text
//! <folder>/manifest.json     what is in it: each file with its SHA-256, sealed
//!          control.db        tenants, people, sessions           } of a data folder:
//!          tenants/<id>.db   everything of one tenant            } encrypted as there
//!          database.dump     all of it                             of a server
//!          erasures.jsonl    which tenants were erased until then
//! <keys>                     the wrapped keys, apart from the rest
//! ```
//!
//! A backup is written beside its place, read back, and only then given its name: what has the name
//! is whole. The manifest is sealed with a key of the installation, so that a file cannot be put in
//! the place of another. Whatever is restored begins in [`crate::quarantine`], and what was erased
//! since, as [`crate::ledger`] knows it, is erased again.

#[cfg(test)]
mod erased_tests;
mod files;
mod manifest;
mod place;
mod restore;
mod server;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

pub use manifest::{Engine, Entry, Manifest};
pub use restore::{Restored, restore, restore_tenant};
pub use server::{restore_server, server};

pub use files::folder;

use crate::keys::{KeyFile, MasterKey};
use crate::ledger::{LEDGER, Ledger};
use crate::{MasterKeySource, StoreError};

/// Where a backup goes. Neither must exist.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The folder of the backup.
    pub folder: PathBuf,
    /// The file for the wrapped keys. It lies elsewhere, because it is kept for a shorter time.
    pub keys: PathBuf,
}

/// Whose data a backup holds and where its keys are.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The folder of the backup.
    pub folder: PathBuf,
    /// The file with the wrapped keys.
    pub keys: PathBuf,
    /// The master key that was in force when the backup was made.
    pub master_key: MasterKeySource,
}

impl Kept {
    fn key_file(&self) -> Result<KeyFile, StoreError> {
        let master = MasterKey::load_without_folder(&self.master_key)?;
        KeyFile::open(&self.keys, master)
    }
}

/// Reads a backup from its first byte to its last: digests, seal, and that every file opens with
/// its keys and is sound.
///
/// # Errors
/// [`StoreError::Backup`] with the name of the file that is missing, cut short or changed.
pub async fn verify(kept: &Kept) -> Result<Manifest, StoreError> {
    let keys = kept.key_file()?;
    verified(&kept.folder, &keys).await
}

async fn verified(folder: &Path, keys: &KeyFile) -> Result<Manifest, StoreError> {
    let manifest = Manifest::read(folder, keys)?;
    manifest.compare(folder)?;
    if manifest.engine == Engine::Files {
        files::look_through(folder, &manifest, keys).await?;
    } else {
        server::look_through(folder).await?;
    }
    Ok(manifest)
}

/// When the newest backup of a data folder was made, as [`folder()`] noted it there.
///
/// # Errors
/// When the note is there and cannot be read.
pub fn newest_of_folder(data: &Path) -> Result<Option<Timestamp>, StoreError> {
    place::newest(data)
}

/// Copies the ledger of erasures into a backup; says under which name, where there is one.
fn with_ledger(ledger: &Ledger, folder: &Path) -> Result<Option<String>, StoreError> {
    if !ledger.is_there() {
        return Ok(None);
    }
    Ledger::of_folder(folder).append(&ledger.entries()?)?;
    Ok(Some(LEDGER.to_owned()))
}

fn refused(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Backup {
        path: path.to_owned(),
        reason: reason.into(),
    }
}
