//! Where a backup is written: beside its place first, under its name when it is whole.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{Destination, refused};
use crate::StoreError;
use crate::installation::make_private;
use crate::keys::{sync_folder_of, write_private};

/// A folder that is being written.
pub(super) struct Unfinished {
    folder: PathBuf,
    place: PathBuf,
}

impl Unfinished {
    /// Makes the folder beside its place. What a process that was killed left there is removed.
    pub(super) fn begin(place: &Path, ending: &str) -> Result<Self, StoreError> {
        let mut name = place.as_os_str().to_owned();
        name.push(ending);
        let folder = PathBuf::from(name);
        match std::fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(refused(&folder, error.to_string()));
            }
            _ => {}
        }
        make_private(&folder)?;
        Ok(Self {
            folder,
            place: place.to_owned(),
        })
    }

    /// Where it is meanwhile.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives it its name, durably.
    pub(super) fn finish(self) -> Result<(), StoreError> {
        let at = |error: std::io::Error| refused(&self.place, error.to_string());
        sync_below(&self.folder).map_err(at)?;
        // An empty folder of this name is in nobody's way.
        match std::fs::remove_dir(&self.place) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(at(error)),
            _ => {}
        }
        std::fs::rename(&self.folder, &self.place)
            .and_then(|()| sync_folder_of(&self.place))
            .map_err(at)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Finished ones are not there any more; what is left of others is of no use.
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn sync_below(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_below(&path)?;
        } else {
            File::open(&path)?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

/// Refuses places where something is, and keys that would lie within the backup.
pub(super) fn check(to: &Destination) -> Result<(), StoreError> {
    if is_taken(&to.folder) {
        return Err(refused(
            &to.folder,
            "there is something of that name already",
        ));
    }
    if to.keys.exists() {
        return Err(refused(&to.keys, "there is something of that name already"));
    }
    let whole =
        |path: &Path| std::path::absolute(path).map_err(|error| refused(path, error.to_string()));
    if whole(&to.keys)?.starts_with(whole(&to.folder)?) {
        return Err(refused(
            &to.keys,
            "the keys must lie apart from the data, because they are kept for a shorter time; name \
             another place with --keys",
        ));
    }
    Ok(())
}

/// Whether there is something, other than an empty folder.
pub(super) fn is_taken(path: &Path) -> bool {
    match std::fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

const NOTE: &str = "last-backup";

/// Notes in a data folder when it was backed up.
pub(super) fn note(data: &Path, at: Timestamp) -> Result<(), StoreError> {
    let (path, fresh) = (data.join(NOTE), data.join("last-backup.new"));
    write_private(&fresh, format!("{at:.0}\n").as_bytes())
        .and_then(|()| std::fs::rename(&fresh, &path))
        .map_err(|error| refused(&path, error.to_string()))
}

pub(super) fn newest(data: &Path) -> Result<Option<Timestamp>, StoreError> {
    let path = data.join(NOTE);
    match std::fs::read_to_string(&path) {
        Ok(text) => text
            .trim()
            .parse()
            .map(Some)
            .map_err(|_| refused(&path, "it does not hold a time")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused(&path, error.to_string())),
    }
}
