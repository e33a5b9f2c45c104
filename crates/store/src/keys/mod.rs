//! The keys: what is encrypted with which, and where they are kept.
//!
//! ```text
//! master key (32 bytes; a file, an environment variable or a command: never inside the data)
//!  └─ one random key per tenant and one for the control file, wrapped   [keys.json]
//!      ├─ "db"     the key of the encrypted file                        (HKDF-SHA-256)
//!      └─ "token"  the key that seals tokens and client secrets
//! ```
//!
//! Keys and nonces come from the operating system and from nowhere else: a nonce that a seeded
//! generator repeats gives the key away. Nothing here knows a table or a file of data.

mod file;
mod master;
mod seal;
mod table;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

pub(crate) use file::KeyFile;
pub use master::{MasterKey, MasterKeySource};
pub(crate) use master::{sync_folder_of, write_private};
pub(crate) use seal::{Key, Purpose, Unsealable, from_base64, to_base64};
pub(crate) use table::KeyTable;

use crate::{Secret, StoreError};

/// Where the wrapped keys of an installation are.
pub(crate) enum Keyring {
    /// In `keys.json` of a data folder.
    File(Mutex<KeyFile>),
    /// In a schema of their own on the server.
    Table(KeyTable),
}

impl Keyring {
    fn file(file: &Mutex<KeyFile>) -> MutexGuard<'_, KeyFile> {
        // What is held stays usable after a panic elsewhere.
        file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The keys of an owner.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when there is none, or the master key does not open it.
    pub(crate) async fn keys_of(&self, owner: &str) -> Result<Keys, StoreError> {
        match self {
            Self::File(file) => Self::file(file).keys_of(owner),
            Self::Table(table) => table.keys_of(owner).await,
        }
    }

    /// Every wrapped key, when a server holds them.
    pub(crate) async fn of_the_server(&self) -> Result<Option<KeyFile>, StoreError> {
        match self {
            Self::File(_) => Ok(None),
            Self::Table(table) => table.all().await.map(Some),
        }
    }

    /// Makes the next key of an owner, written down before anything is encrypted with it.
    pub(crate) async fn add(&self, owner: &str) -> Result<Keys, StoreError> {
        match self {
            Self::File(file) => Self::file(file).add(owner),
            Self::Table(table) => table.add(owner).await,
        }
    }

    /// Destroys the keys of an owner that are older than this version.
    pub(crate) async fn retire_before(&self, owner: &str, kept: Version) -> Result<(), StoreError> {
        match self {
            Self::File(file) => Self::file(file).retire_before(owner, kept),
            Self::Table(table) => table.retire_before(owner, kept).await,
        }
    }

    /// Destroys every key of an owner.
    pub(crate) async fn destroy(&self, owner: &str) -> Result<(), StoreError> {
        self.retire_before(owner, Version::MAX).await
    }

    /// Wraps every key with another master key. What the keys encrypted is not touched.
    pub(crate) async fn rewrap(&self, master: MasterKey) -> Result<(), StoreError> {
        match self {
            Self::File(file) => Self::file(file).rewrap(master),
            Self::Table(table) => table.rewrap(master).await,
        }
    }
}

/// A number that each new key of an owner raises.
pub(crate) type Version = u32;

/// The keys of one owner: the newest seals, the older ones still open what they sealed.
#[derive(Clone)]
pub(crate) struct Keys {
    owner: String,
    newest: Version,
    versions: BTreeMap<Version, Key>,
}

/// The place of a sealed value. A value that was moved elsewhere cannot be opened there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The table.
    pub(crate) table: &'static str,
    /// The column.
    pub(crate) column: &'static str,
    /// What names the row within the tenant's part of the table.
    pub(crate) row: &'a str,
}

/// How every sealed text begins; the version of its key follows.
const ENVELOPE: &str = "v1.";

impl Keys {
    /// Before there is any key; nothing is sealed or opened with it.
    pub(crate) fn none(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            newest: 0,
            versions: BTreeMap::new(),
        }
    }

    fn new(owner: &str, versions: BTreeMap<Version, Key>) -> Option<Self> {
        let newest = *versions.keys().next_back()?;
        let owner = owner.to_owned();
        Some(Self {
            owner,
            newest,
            versions,
        })
    }

    /// Keys of file passphrases, newest first, in the form that SQLCipher takes.
    pub(crate) fn of_the_file(&self) -> Vec<Zeroizing<String>> {
        let versions = self.versions.values().rev();
        versions
            .map(|key| key.derived(Purpose::DatabaseFile).as_hex())
            .collect()
    }

    /// The version that seals.
    pub(crate) fn newest(&self) -> Version {
        self.newest
    }

    /// Seals a text for one place: `v1.<key version>.<nonce, ciphertext and tag in base64>`.
    pub(crate) fn seal(&self, place: Place<'_>, secret: &Secret) -> Result<String, Unsealable> {
        let key = self.versions.get(&self.newest).ok_or(Unsealable)?;
        let bytes = key
            .derived(Purpose::Token)
            .seal(&self.bound_to(place, self.newest), secret.expose())?;
        let text = seal::to_base64(&bytes);
        Ok(format!("{ENVELOPE}{}.{text}", self.newest))
    }

    /// Opens what [`Keys::seal`] sealed for the same place.
    pub(crate) fn unseal(&self, place: Place<'_>, text: &str) -> Result<Secret, Unsealable> {
        let version = sealed_with(text).ok_or(Unsealable)?;
        let key = self.versions.get(&version).ok_or(Unsealable)?;
        let (_, body) = text.rsplit_once('.').ok_or(Unsealable)?;
        let bytes = seal::from_base64(body).ok_or(Unsealable)?;
        let opened = key
            .derived(Purpose::Token)
            .open(&self.bound_to(place, version), &bytes)?;
        let text = std::str::from_utf8(&opened).map_err(|_| Unsealable)?;
        Ok(Secret::new(text.to_owned()))
    }

    fn bound_to(&self, place: Place<'_>, version: Version) -> Vec<u8> {
        let version = version.to_string();
        seal::bound_to(&[
            "plumbline.value.v1",
            &self.owner,
            place.table,
            place.column,
            place.row,
            &version,
        ])
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Keys(of {}, newest {})", self.owner, self.newest)
    }
}

/// The version of the key that sealed this text, if it is sealed at all.
pub(crate) fn sealed_with(text: &str) -> Option<Version> {
    let (version, _) = text.strip_prefix(ENVELOPE)?.split_once('.')?;
    version.parse().ok()
}
