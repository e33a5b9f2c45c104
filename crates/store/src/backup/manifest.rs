//! What a backup says about itself.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::refused;
use crate::control::OWNER as CONTROL;
use crate::keys::{KeyFile, Keys, Place, write_private};
use crate::{Secret, StoreError};

/// The first file to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    plumbline_backup: u32,
    /// The moment of the backup: what was acknowledged before it is in it.
    pub made_at: Timestamp,
    /// What was backed up.
    pub engine: Engine,
    /// The ids of the tenants that are in it.
    pub tenants: Vec<String>,
    /// The files.
    pub files: Vec<Entry>,
    /// The digest of everything above, sealed with a key of the installation.
    seal: String,
}

/// What was backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// A data folder.
    Files,
    /// A database server.
    Server,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its path within the backup.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

const EDITION: u32 = 1;
const NAME: &str = "manifest.json";

impl Manifest {
    /// Describes the files of a folder, sealed.
    pub(super) fn of(
        folder: &Path,
        names: &[String],
        engine: Engine,
        tenants: Vec<String>,
        made_at: Timestamp,
        keys: &Keys,
    ) -> Result<Self, StoreError> {
        let files = names.iter().map(|name| Entry::of(folder, name));
        let mut manifest = Self {
            plumbline_backup: EDITION,
            made_at,
            engine,
            tenants,
            files: files.collect::<Result<_, _>>()?,
            seal: String::new(),
        };
        let digest = Secret::new(manifest.digest()?);
        manifest.seal = keys.seal(place(&manifest.made_at.to_string()), &digest)?;
        Ok(manifest)
    }

    /// Size of all files in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), StoreError> {
        let path = folder.join(NAME);
        let text =
            serde_json::to_vec_pretty(self).map_err(|error| refused(&path, error.to_string()));
        write_private(&path, &text?).map_err(|error| refused(&path, error.to_string()))
    }

    /// Reads the manifest and proves that this installation wrote it.
    pub(super) fn read(folder: &Path, keys: &KeyFile) -> Result<Self, StoreError> {
        let path = folder.join(NAME);
        let text = std::fs::read(&path).map_err(|error| refused(&path, error.to_string()))?;
        let manifest: Self = serde_json::from_slice(&text)
            .map_err(|_| refused(&path, "it is cut short, or not the manifest of a backup"))?;
        if manifest.plumbline_backup != EDITION {
            let reason = format!(
                "it is of edition {}, and this program reads {EDITION}",
                manifest.plumbline_backup
            );
            return Err(refused(&path, reason));
        }
        let keys = keys.keys_of(CONTROL)?;
        let opened = keys.unseal(place(&manifest.made_at.to_string()), &manifest.seal);
        match opened {
            Ok(digest) if digest.expose() == manifest.digest()? => Ok(manifest),
            _ => Err(refused(
                &path,
                "its seal does not open: it was changed, or the keys are those of another \
                 installation",
            )),
        }
    }

    /// Reads every file and compares it with what is said about it.
    pub(super) fn compare(&self, folder: &Path) -> Result<(), StoreError> {
        for stated in &self.files {
            let path = folder.join(&stated.name);
            let is_within = Path::new(&stated.name)
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            if !is_within {
                return Err(refused(&path, "it lies outside the backup"));
            }
            let found = Entry::of(folder, &stated.name)?;
            if found.bytes != stated.bytes {
                let reason = format!(
                    "it has {} bytes and should have {}",
                    found.bytes, stated.bytes
                );
                return Err(refused(&path, reason));
            }
            if found.sha256 != stated.sha256 {
                return Err(refused(&path, "it is not the file that was written"));
            }
        }
        Ok(())
    }

    fn digest(&self) -> Result<String, StoreError> {
        let unsealed = Self {
            seal: String::new(),
            ..self.clone()
        };
        let text = serde_json::to_vec(&unsealed)
            .map_err(|_| StoreError::Unreadable { what: "manifest" })?;
        Ok(hexadecimal(&Sha256::digest(text)))
    }
}

/// The seal is bound to the moment of its backup.
fn place(made_at: &str) -> Place<'_> {
    Place {
        table: "backup",
        column: "manifest",
        row: made_at,
    }
}

impl Entry {
    fn of(folder: &Path, name: &str) -> Result<Self, StoreError> {
        let path = folder.join(name);
        let at = |error: std::io::Error| refused(&path, error.to_string());
        let mut file = File::open(&path).map_err(at)?;
        let (mut hash, mut bytes) = (Sha256::new(), 0);
        let mut part = vec![0; 1 << 20];
        loop {
            match file.read(&mut part).map_err(at)? {
                0 => break,
                read => {
                    hash.update(part.get(..read).unwrap_or_default());
                    bytes += read as u64;
                }
            }
        }
        Ok(Self {
            name: name.to_owned(),
            bytes,
            sha256: hexadecimal(&hash.finalize()),
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
