//! The ledger of erasures: which tenants were erased, when, for whom and why, with the proof.
//!
//! It lies in the data folder and in every backup, and holds no name and nothing out of the books.
//! A line is on disk before anything is destroyed, so what was erased cannot be unknown; whoever
//! restores a backup asks it first. Each line names the digest of the one before, so that a line
//! that was changed, or taken out of the middle, is found.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use gate::digest::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// The name of the ledger in a data folder and in a backup.
pub const LEDGER: &str = "erasures.jsonl";

/// What a line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The erasure begins; its keys are destroyed after this line.
    Begun,
    /// It is done; the line is its certificate.
    Done,
    /// A backup brought the tenant back, and it was erased again at once.
    Again,
    /// The operator brought it back from a backup although it was erased.
    BroughtBack,
    /// The operator restored a backup without a ledger of what was erased.
    Unknown,
}

/// One line, without its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// The tenant; empty where a line is about a whole backup.
    pub tenant_id: String,
    /// What happened.
    pub what: What,
    /// The id of the person who asked for it, or `operator`.
    pub by: String,
    /// Why, in that person's words.
    pub reason: String,
    /// Rows by table that there were, when they could be counted.
    pub rows: BTreeMap<String, u64>,
    /// Whether its keys were looked for afterwards and not found.
    pub keys_are_gone: bool,
    /// Whether its file or rows were looked for afterwards and not found.
    pub data_is_gone: bool,
    /// What remains, and why.
    pub remains: Vec<String>,
}

impl Entry {
    /// A line that proves nothing yet.
    pub(crate) fn new(
        at: Timestamp,
        tenant_id: &str,
        what: What,
        (by, reason): (&str, &str),
    ) -> Self {
        Self {
            at,
            tenant_id: tenant_id.to_owned(),
            what,
            by: by.to_owned(),
            reason: reason.to_owned(),
            rows: BTreeMap::new(),
            keys_are_gone: false,
            data_is_gone: false,
            remains: Vec::new(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The SHA-256 of the line before, in hexadecimal; empty in the first one.
    before: String,
    entry: Entry,
}

/// A ledger in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger in this file.
    #[must_use]
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The ledger of a data folder or of a backup.
    #[must_use]
    pub fn of_folder(folder: &Path) -> Self {
        Self::at(folder.join(LEDGER))
    }

    /// Whether the file is there.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.path.is_file()
    }

    /// Every line, the oldest first. What a process that was killed left of a last line was never
    /// acknowledged and does not count.
    ///
    /// # Errors
    /// [`StoreError::Ledger`] when the file is not there, or its lines do not follow each other.
    pub fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let mut file = File::open(&self.path).map_err(|error| self.unusable(&error))?;
        file.lock_shared().map_err(|error| self.unusable(&error))?;
        Ok(self.read(&mut file)?.0)
    }

    /// Makes an empty ledger where there is none.
    pub(crate) fn make(&self) -> Result<(), StoreError> {
        self.opened().map(drop)
    }

    /// Adds lines, durably.
    pub(crate) fn append(&self, entries: &[Entry]) -> Result<(), StoreError> {
        let mut file = self.opened()?;
        file.lock().map_err(|error| self.unusable(&error))?;
        let (_, mut before, length) = self.read(&mut file)?;
        let mut text = Vec::new();
        for entry in entries {
            let line = Line {
                before,
                entry: entry.clone(),
            };
            let line = serde_json::to_vec(&line)
                .map_err(|error| self.unusable(&std::io::Error::from(error)))?;
            before = Digest::of(&line).to_string();
            text.extend(line);
            text.push(b'\n');
        }
        file.set_len(length)
            .and_then(|()| file.seek(SeekFrom::Start(length)))
            .and_then(|_| file.write_all(&text))
            .and_then(|()| file.sync_all())
            .and_then(|()| crate::keys::sync_folder_of(&self.path))
            .map_err(|error| self.unusable(&error))
    }

    /// Begins anew with all that is known from elsewhere, and goes on with these lines.
    pub(crate) fn replace(&self, known: &Known, lines: &[Entry]) -> Result<(), StoreError> {
        let mut path = self.path.as_os_str().to_owned();
        path.push(".new");
        let fresh = Self::at(PathBuf::from(path));
        drop(std::fs::remove_file(&fresh.path));
        let mut entries = known.entries();
        entries.extend_from_slice(lines);
        fresh.append(&entries)?;
        std::fs::rename(&fresh.path, &self.path)
            .and_then(|()| crate::keys::sync_folder_of(&self.path))
            .map_err(|error| self.unusable(&error))
    }

    /// The file for writing, for its owner only.
    fn opened(&self) -> Result<File, StoreError> {
        if let Some(folder) = self.path.parent() {
            crate::installation::make_private(folder)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(&self.path)
            .map_err(|error| self.unusable(&error))
    }

    /// The lines, the digest of the last one, and where the next one begins.
    fn read(&self, file: &mut File) -> Result<(Vec<Entry>, String, u64), StoreError> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)
            .map_err(|error| self.unusable(&error))?;
        let (mut entries, mut before, mut length) = (Vec::new(), String::new(), 0);
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let Some(text) = line.strip_suffix(b"\n") else {
                break;
            };
            let read: Option<Line> = serde_json::from_slice(text).ok();
            let Some(read) = read.filter(|read| read.before == before) else {
                return Err(self.refused(format!(
                    "line {} is damaged, or the one before it was changed",
                    entries.len() + 1
                )));
            };
            before = Digest::of(text).to_string();
            length += line.len() as u64;
            entries.push(read.entry);
        }
        Ok((entries, before, length))
    }

    fn unusable(&self, error: &std::io::Error) -> StoreError {
        self.refused(error.to_string())
    }

    fn refused(&self, reason: String) -> StoreError {
        StoreError::Ledger {
            path: self.path.clone(),
            reason,
        }
    }
}

/// What is known about erasures when a backup is restored.
#[derive(Debug, Clone)]
pub struct Known {
    entries: BTreeSet<Entry>,
    /// Why tenants are brought back although they were erased.
    although: Option<String>,
}

impl Known {
    /// What these ledgers know together.
    ///
    /// # Errors
    /// [`StoreError::Ledger`] when one of them is not there or damaged.
    pub fn of(ledgers: &[Ledger]) -> Result<Self, StoreError> {
        let mut entries = BTreeSet::new();
        for ledger in ledgers {
            entries.extend(ledger.entries()?);
        }
        Ok(Self {
            entries,
            although: None,
        })
    }

    /// There is no ledger, for a reason that stays.
    #[must_use]
    pub fn nothing(reason: &str, now: Timestamp) -> Self {
        let entry = Entry::new(now, "", What::Unknown, ("operator", reason));
        Self {
            entries: BTreeSet::from([entry]),
            although: None,
        }
    }

    /// The same, and what was erased is brought back all the same, for a reason that stays.
    #[must_use]
    pub fn although(mut self, reason: &str) -> Self {
        self.although = Some(reason.to_owned());
        self
    }

    /// The same, with what another ledger knows, if it is there.
    pub(crate) fn with(mut self, other: &Ledger) -> Result<Self, StoreError> {
        if other.is_there() {
            self.entries.extend(other.entries()?);
        }
        Ok(self)
    }

    /// Why tenants are brought back although they were erased, if they are.
    pub(crate) fn reason_to_bring_back(&self) -> Option<&str> {
        self.although.as_deref()
    }

    /// The line that erased the tenant, unless it was brought back since.
    pub(crate) fn erasure_of(&self, tenant_id: &str) -> Option<&Entry> {
        let mut theirs = self.entries.iter().filter(|it| it.tenant_id == tenant_id);
        theirs
            .next_back()
            .filter(|last| last.what != What::BroughtBack)
    }

    /// Everything that is known, the oldest first, for a ledger that goes on from here.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.entries.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests;
