//! `keys.json`: the wrapped keys of a data folder.
//!
//! Each is sealed with the master key and bound to its owner and version, so that an entry which
//! is moved to another owner does not open. The file is replaced as a whole. Back it up apart from
//! the data, and for a short time only: as long as a copy of a destroyed key exists, what it
//! encrypted is not gone.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::master::{MasterKey, sync_folder_of, write_private};
use super::seal::Key;
use super::{Keys, Version};
use crate::StoreError;
use crate::control::OWNER as CONTROL;

/// The open key file.
#[derive(Debug)]
pub(crate) struct KeyFile {
    path: PathBuf,
    master: MasterKey,
    wrapped: Wrapped,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    format: u32,
    keys: BTreeMap<String, BTreeMap<Version, String>>,
}

const FORMAT: u32 = 1;

impl KeyFile {
    /// Makes the file with a key for the control file in it.
    pub(crate) fn create(path: &Path, master: MasterKey) -> Result<Self, StoreError> {
        let wrapped = Wrapped {
            format: FORMAT,
            keys: BTreeMap::new(),
        };
        let mut file = Self {
            path: path.to_owned(),
            master,
            wrapped,
        };
        file.add(CONTROL)?;
        Ok(file)
    }

    /// Reads the file and proves that the master key is the right one.
    pub(crate) fn open(path: &Path, master: MasterKey) -> Result<Self, StoreError> {
        let unreadable = |reason: String| StoreError::KeyFile {
            path: path.to_owned(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| {
            unreadable(match error.kind() {
                ErrorKind::NotFound => "it is not there".to_owned(),
                _ => error.to_string(),
            })
        })?;
        let wrapped: Wrapped =
            serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        if wrapped.format != FORMAT {
            return Err(unreadable(format!("its format is {}", wrapped.format)));
        }
        let file = Self {
            path: path.to_owned(),
            master,
            wrapped,
        };
        file.keys_of(CONTROL)?;
        Ok(file)
    }

    /// Keys that lie elsewhere, as a file; it is not written.
    pub(crate) fn of_entries(
        path: &Path,
        master: MasterKey,
        keys: BTreeMap<String, BTreeMap<Version, String>>,
    ) -> Self {
        let format = FORMAT;
        Self {
            path: path.to_owned(),
            master,
            wrapped: Wrapped { format, keys },
        }
    }

    /// Each wrapped key with its owner and version.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, Version, &str)> {
        self.wrapped.keys.iter().flat_map(|(owner, versions)| {
            let versions = versions.iter();
            versions.map(|(version, wrapped)| (owner.as_str(), *version, wrapped.as_str()))
        })
    }

    /// Writes the wrapped keys, as they were read, to another file that only its owner may read.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let mut copy = Self {
            path: path.to_owned(),
            master: self.master.clone(),
            wrapped: self.wrapped.clone(),
        };
        copy.write(self.wrapped.clone())
    }

    /// Whether there is a key of anybody but the control file.
    pub(crate) fn has_tenants(&self) -> bool {
        self.wrapped.keys.keys().any(|owner| owner != CONTROL)
    }

    /// The keys of an owner.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when there is none (it was destroyed, or never made) or when the
    /// master key does not open it.
    pub(crate) fn keys_of(&self, owner: &str) -> Result<Keys, StoreError> {
        let wrapped = self.wrapped.keys.get(owner);
        wrapped
            .and_then(|wrapped| self.master.unwrapped(owner, wrapped))
            .ok_or_else(|| StoreError::WrongKey {
                what: format!("the keys of {owner} in {}", self.path.display()),
            })
    }

    /// Makes the next key of an owner and writes it down before anything is encrypted with it.
    pub(crate) fn add(&mut self, owner: &str) -> Result<Keys, StoreError> {
        let mut next = self.wrapped.clone();
        let versions = next.keys.entry(owner.to_owned()).or_default();
        let version = versions.keys().next_back().map_or(1, |newest| newest + 1);
        let key = self.master.wrapped(owner, version, &Key::random()?)?;
        versions.insert(version, key);
        self.write(next)?;
        self.keys_of(owner)
    }

    /// Destroys the keys of an owner that are older than this version.
    pub(crate) fn retire_before(&mut self, owner: &str, kept: Version) -> Result<(), StoreError> {
        let mut next = self.wrapped.clone();
        if let Some(versions) = next.keys.get_mut(owner) {
            versions.retain(|version, _| *version >= kept);
        }
        next.keys.retain(|_, versions| !versions.is_empty());
        self.write(next)
    }

    /// Wraps every key with another master key. What the keys encrypted is not touched.
    pub(crate) fn rewrap(&mut self, master: MasterKey) -> Result<(), StoreError> {
        let mut next = self.wrapped.clone();
        for (owner, wrapped) in &mut next.keys {
            *wrapped = master.wrapped_anew(&self.keys_of(owner)?)?;
        }
        self.write(next)?;
        self.master = master;
        Ok(())
    }

    /// Replaces the file: a process that is killed leaves the old one or the new one.
    fn write(&mut self, next: Wrapped) -> Result<(), StoreError> {
        let fresh = self.path.with_extension("json.new");
        let text = serde_json::to_string_pretty(&next)
            .map_err(|_| StoreError::Unreadable { what: "key" })?;
        write_private(&fresh, text.as_bytes())
            .and_then(|()| std::fs::rename(&fresh, &self.path))
            .and_then(|()| sync_folder_of(&self.path))
            .map_err(|error| StoreError::KeyFile {
                path: self.path.clone(),
                reason: error.to_string(),
            })?;
        self.wrapped = next;
        Ok(())
    }
}
