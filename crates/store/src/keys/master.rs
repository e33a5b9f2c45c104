//! Where the master key comes from.
//!
//! Without any configuration it is a file *beside* the data folder, made with a new folder: a copy
//! or backup of the folder alone then opens nothing, and a folder that is moved without its key
//! says so. It is never made where encrypted data already is.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use super::seal::{Key, bound_to, from_base64, to_base64};
use super::{Keys, Version};
use crate::{Secret, StoreError};

/// Where to get the master key.
#[derive(Debug, Clone)]
pub enum MasterKeySource {
    /// A file beside the data folder, `<name of the folder>.master-key`, made with a new folder.
    BesideTheData,
    /// A file that only its owner may read, with 32 bytes in base64.
    File(PathBuf),
    /// 32 bytes in base64, as from an environment variable.
    Text(Secret),
    /// A program and its arguments, whose standard output is 32 bytes in base64.
    Command(Vec<String>),
}

impl MasterKeySource {
    /// The same source, said so that it does not depend on which folder is opened with it.
    ///
    /// # Errors
    /// When the data folder has no place.
    pub fn of_folder(self, data: &Path) -> Result<Self, StoreError> {
        match self {
            Self::BesideTheData => beside(data).map(Self::File),
            named => Ok(named),
        }
    }
}

/// The key that wraps all others.
#[derive(Debug, Clone)]
pub struct MasterKey(pub(super) Key);

/// A key file holds 44 characters; whatever is much longer is something else.
const LONGEST: u64 = 1_024;

impl MasterKey {
    /// A new master key from the operating system.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn random() -> Result<Self, StoreError> {
        Ok(Self(Key::random()?))
    }

    /// The key as base64, as it stands in a key file.
    #[must_use]
    pub fn to_text(&self) -> Secret {
        Secret::new(self.0.as_base64().to_string())
    }

    fn from_text(text: &str, place: &str) -> Result<Self, StoreError> {
        let key = from_base64(text.trim()).and_then(|bytes| Key::from_bytes(&bytes));
        key.map(Self).ok_or_else(|| StoreError::MasterKey {
            reason: format!("{place} does not hold 32 bytes in base64"),
        })
    }

    /// Reads the key for an installation that has no folder.
    pub(crate) fn load_without_folder(source: &MasterKeySource) -> Result<Self, StoreError> {
        match source {
            MasterKeySource::BesideTheData => Err(StoreError::MasterKey {
                reason: "on a database server it must be named: set PLUMBLINE_MASTER_KEY_FILE, \
                         PLUMBLINE_MASTER_KEY_COMMAND or PLUMBLINE_MASTER_KEY"
                    .to_owned(),
            }),
            named => Self::load(named, Path::new(""), false),
        }
    }

    /// Reads the key. `may_make` says whether a missing file beside the data may be made.
    pub(crate) fn load(
        source: &MasterKeySource,
        data: &Path,
        may_make: bool,
    ) -> Result<Self, StoreError> {
        match source {
            MasterKeySource::Text(text) => {
                Self::from_text(text.expose(), "the variable with the master key")
            }
            MasterKeySource::File(path) => Self::from_file(path),
            MasterKeySource::Command(words) => Self::from_command(words),
            MasterKeySource::BesideTheData => {
                let path = beside(data)?;
                if may_make && !path.exists() {
                    make(&path)?;
                }
                Self::from_file(&path)
            }
        }
    }

    /// Wraps a key for its owner.
    pub(super) fn wrapped(
        &self,
        owner: &str,
        version: Version,
        key: &Key,
    ) -> Result<String, StoreError> {
        Ok(to_base64(&self.0.seal_key(&place(owner, version), key)?))
    }

    /// Wraps every key of an owner.
    pub(super) fn wrapped_anew(
        &self,
        keys: &Keys,
    ) -> Result<BTreeMap<Version, String>, StoreError> {
        let versions = keys.versions.iter();
        versions
            .map(|(version, key)| Ok((*version, self.wrapped(&keys.owner, *version, key)?)))
            .collect()
    }

    /// The keys of an owner, if all of them open.
    pub(super) fn unwrapped(
        &self,
        owner: &str,
        wrapped: &BTreeMap<Version, String>,
    ) -> Option<Keys> {
        let mut versions = BTreeMap::new();
        for (version, text) in wrapped {
            let sealed = from_base64(text)?;
            let key = self.0.open(&place(owner, *version), &sealed).ok()?;
            versions.insert(*version, Key::from_bytes(&key)?);
        }
        Keys::new(owner, versions)
    }

    fn from_file(path: &Path) -> Result<Self, StoreError> {
        let refused = |reason: String| StoreError::MasterKey { reason };
        let file = File::open(path).map_err(|error| {
            refused(match error.kind() {
                ErrorKind::NotFound => format!("there is no key file {}", path.display()),
                _ => format!("{} cannot be read: {error}", path.display()),
            })
        })?;
        only_the_owner_may_read(&file, path)?;
        let mut text = Zeroizing::new(String::new());
        file.take(LONGEST)
            .read_to_string(&mut text)
            .map_err(|error| refused(format!("{} cannot be read: {error}", path.display())))?;
        Self::from_text(&text, &path.display().to_string())
    }

    fn from_command(words: &[String]) -> Result<Self, StoreError> {
        let refused = |reason: String| StoreError::MasterKey { reason };
        let Some((program, arguments)) = words.split_first() else {
            return Err(refused(
                "the command for the master key is empty".to_owned(),
            ));
        };
        let output = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| refused(format!("{program} cannot be started: {error}")))?;
        let printed = Zeroizing::new(output.stdout);
        if !output.status.success() {
            return Err(refused(format!("{program} ended with {}", output.status)));
        }
        let text = std::str::from_utf8(&printed).unwrap_or_default();
        Self::from_text(text, &format!("the output of {program}"))
    }
}

fn place(owner: &str, version: Version) -> Vec<u8> {
    bound_to(&["plumbline.key.v1", owner, &version.to_string()])
}

/// The key file beside a data folder.
pub(crate) fn beside(data: &Path) -> Result<PathBuf, StoreError> {
    let whole = std::path::absolute(data).map_err(|error| StoreError::MasterKey {
        reason: format!("{} has no place: {error}", data.display()),
    })?;
    let mut name: OsString = whole.file_name().unwrap_or("plumbline".as_ref()).to_owned();
    name.push(".master-key");
    Ok(whole.with_file_name(name))
}

#[cfg(unix)]
fn only_the_owner_may_read(file: &File, path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::MetadataExt;
    let is_private = file.metadata().is_ok_and(|of| {
        // A credential of systemd is root's, and its group bit stands for the one user it is for.
        let is_credential = (of.mode() & 0o777, of.uid(), of.gid()) == (0o440, 0, 0);
        of.mode() & 0o077 == 0 || is_credential
    });
    if is_private {
        return Ok(());
    }
    Err(StoreError::MasterKey {
        reason: format!(
            "{path} may be read by others than its owner; run `chmod 600 {path}` and consider \
             the key known to them",
            path = path.display()
        ),
    })
}

#[cfg(not(unix))]
fn only_the_owner_may_read(_: &File, _: &Path) -> Result<(), StoreError> {
    Ok(())
}

/// Makes a key file: whole and durable, or not at all.
fn make(path: &Path) -> Result<(), StoreError> {
    let mut fresh = path.as_os_str().to_owned();
    fresh.push(".new");
    let fresh = PathBuf::from(fresh);
    let text = MasterKey::random()?.0.as_base64();
    write_private(&fresh, text.as_bytes())
        .and_then(|()| std::fs::rename(&fresh, path))
        .and_then(|()| sync_folder_of(path))
        .map_err(|error| StoreError::MasterKey {
            reason: format!("{} cannot be written: {error}", path.display()),
        })
}

/// Writes a file that only its owner may read, and makes it durable.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a renaming in the folder of this file durable.
pub(crate) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        #[cfg(unix)]
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
