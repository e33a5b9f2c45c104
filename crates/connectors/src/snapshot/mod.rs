//! Snapshot folders: what both vendors returned, as they returned it, on disk.
//!
//! [`read`] gives books through the same parsing code as a live connection, [`read_raw`] gives
//! the records themselves, and [`write()`] writes a folder whose bytes depend on nothing but the
//! records. The format is version 1; a folder of another version is refused, never guessed at.

mod blocks;
mod envelope;
mod head;
mod raw;
mod write;

use std::path::{Path, PathBuf};

use figures::model::Books;
use figures::source::{Rejection, System};
use figures::{Date, SmolStr};
use thiserror::Error;

use self::blocks::{Blocks, Text};
pub use self::head::{Head, ProcoreHead, QuickBooksHead};
pub use self::raw::{RawRecords, read_raw};
pub use self::write::write;
use crate::procore::normalise::ProjectTables;
use crate::quickbooks::normalise::LedgerTables;
use crate::reading::refused::Refused;
use crate::reading::{RawLine, Refusal, Tables, in_parallel, place};

/// A snapshot that was read.
#[derive(Debug)]
pub struct Snapshot {
    /// The day whose books these are.
    pub as_of: Date,
    /// The tenant's time zone, such as `America/Denver`.
    pub time_zone: String,
    /// Both sets of books, as far as the snapshot has them.
    pub books: Books,
    /// Records that could not be used, by system, kind and id.
    pub rejections: Vec<Rejection>,
    /// The systems that the snapshot does not have: everything that needs them fails closed.
    pub not_connected: Vec<System>,
    /// What the folder says about itself, the moments of capture included.
    pub head: Head,
}

/// Why a folder is not read or written as a snapshot.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// There is no such folder.
    #[error("there is no folder {0}: give the folder that holds snapshot.json")]
    NoFolder(PathBuf),
    /// The folder has no `snapshot.json`.
    #[error("the folder {0} holds no snapshot.json: give the folder of a snapshot")]
    NoHead(PathBuf),
    /// `snapshot.json` cannot be understood.
    #[error("{path} cannot be understood ({problem}): write the snapshot again")]
    Head {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The format is another one.
    #[error(
        "the snapshot has format {found}, and this program reads format 1: write it again with \
         this version"
    )]
    Format {
        /// The format that the folder states.
        found: u64,
    },
    /// The folder to write to has something in it.
    #[error("the folder {0} is not empty: give a new folder, so that old files do not mix in")]
    NotEmpty(PathBuf),
    /// A record cannot be placed in a folder.
    #[error("{0}")]
    Record(String),
    /// The operating system refused.
    #[error("failed to read or write {path}: {problem}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        problem: std::io::Error,
    },
}

impl SnapshotError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        |problem| Self::Io {
            path: path.to_owned(),
            problem,
        }
    }
}

/// Reads a snapshot folder into books.
///
/// # Errors
/// [`SnapshotError`] when the folder is no snapshot of format 1 or cannot be read. A bad record
/// is no error: it becomes a rejection.
pub fn read(dir: &Path) -> Result<Snapshot, SnapshotError> {
    let head = Head::load(dir)?;
    let mut books = Books::default();
    let mut rejections = Vec::new();
    let mut not_connected = Vec::new();
    match &head.procore {
        Some(procore) => {
            let mut tables = ProjectTables::default();
            read_system(dir, System::Procore, &mut tables)?;
            let (mut project, refused) = tables.finish(procore.company_id);
            project.blind_spots.clone_from(&procore.blind_spots);
            books.project = Some(project);
            rejections.extend(refused);
        }
        None => not_connected.push(System::Procore),
    }
    match &head.quickbooks {
        Some(quickbooks) => {
            let mut tables = LedgerTables::default();
            read_system(dir, System::QuickBooks, &mut tables)?;
            let (ledger, refused) = tables.finish(&quickbooks.realm_id);
            books.ledger = Some(ledger);
            rejections.extend(refused);
        }
        None => not_connected.push(System::QuickBooks),
    }
    Ok(Snapshot {
        as_of: head.as_of,
        time_zone: head.time_zone.clone(),
        books,
        rejections,
        not_connected,
        head,
    })
}

/// Lists that a snapshot file can fill.
trait FileTables: Tables + Sync {
    const SYSTEM: System;
    /// Whether records of this resource are read at all.
    fn wants(resource: &str) -> bool;
    /// Counts records that are not.
    fn skip(&mut self, resource: &str, count: u64);
    /// Reads one line of a file.
    fn read_line(&mut self, resource: &str, number: u64, text: &str);
}

impl FileTables for ProjectTables {
    const SYSTEM: System = System::Procore;

    fn wants(resource: &str) -> bool {
        Self::is_read(resource)
    }

    fn skip(&mut self, resource: &str, count: u64) {
        self.count_unread(resource, count);
    }

    fn read_line(&mut self, resource: &str, number: u64, text: &str) {
        let nothing = RawLine {
            resource,
            project_id: None,
            parent_id: None,
            external_id: "",
            line: number,
            body: "",
        };
        // The short cut is only trusted when what it found is whole JSON.
        if let Some(found) = envelope::at_a_glance(text)
            && self.read(&found.line(nothing)).is_ok()
        {
            return;
        }
        match envelope::parse(text) {
            Ok(found) => self.read_or_log(&found.line(nothing)),
            Err(reason) => self.log(&nothing, Refusal::nameless(reason)),
        }
    }
}

impl FileTables for LedgerTables {
    const SYSTEM: System = System::QuickBooks;

    fn wants(resource: &str) -> bool {
        Self::is_read(resource)
    }

    fn skip(&mut self, resource: &str, count: u64) {
        self.count_unread(resource, count);
    }

    fn read_line(&mut self, resource: &str, number: u64, text: &str) {
        self.read_or_log(&RawLine {
            resource,
            project_id: None,
            parent_id: None,
            external_id: "",
            line: number,
            body: text,
        });
    }
}

/// Reads all files of one system, in order of their names.
fn read_system<T: FileTables>(
    dir: &Path,
    system: System,
    tables: &mut T,
) -> Result<(), SnapshotError> {
    for file in files(dir, system)? {
        match &file.kind {
            FileKind::Records => read_file(&file, tables)?,
            FileKind::Other => tables.skip(&file.stem, 1),
        }
    }
    Ok(())
}

fn read_file<T: FileTables>(file: &SnapshotFile, tables: &mut T) -> Result<(), SnapshotError> {
    let resource = file.stem.as_str();
    let wanted = T::wants(resource);
    let mut blocks = Blocks::open(&file.path).map_err(SnapshotError::io(&file.path))?;
    let mut current = blocks.next().map_err(SnapshotError::io(&file.path))?;
    while let Some(block) = current {
        let ((), next) = rayon::join(
            || {
                let lines = block.lines();
                if wanted {
                    in_parallel(tables, &lines, |tables, (number, text)| match text {
                        Text::Good(text) => tables.read_line(resource, *number, text),
                        Text::Bad(problem) => reject_line(tables, resource, *number, problem),
                    });
                } else {
                    tables.skip(resource, lines.len().try_into().unwrap_or(u64::MAX));
                }
            },
            || blocks.next(),
        );
        current = next.map_err(SnapshotError::io(&file.path))?;
    }
    Ok(())
}

fn reject_line<T: FileTables>(tables: &mut T, resource: &str, number: u64, problem: &str) {
    let rejection = Rejection {
        record: T::source(resource, ""),
        place: place(T::SYSTEM, resource, number),
        reason: problem.to_owned(),
    };
    let refused: &mut Refused = tables.refused();
    refused.push(rejection);
}

/// What a file of a snapshot is.
#[derive(Debug, PartialEq, Eq)]
enum FileKind {
    /// One record a line.
    Records,
    /// A report or something unknown; counted, not read.
    Other,
}

/// A file of a snapshot.
#[derive(Debug)]
struct SnapshotFile {
    path: PathBuf,
    stem: SmolStr,
    kind: FileKind,
}

/// The files of one system by name; none when its folder is missing, because a missing file means
/// that the resource is empty.
fn files(dir: &Path, system: System) -> Result<Vec<SnapshotFile>, SnapshotError> {
    let folder = dir.join(system.name());
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(SnapshotError::io(&folder))? {
        let path = entry.map_err(SnapshotError::io(&folder))?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let Some(name) = name.filter(|name| !name.starts_with('.') && path.is_file()) else {
            continue;
        };
        let (stem, kind) = match name.strip_suffix(".ndjson") {
            Some(stem) => (SmolStr::new(stem), FileKind::Records),
            None => (
                SmolStr::new(name.split('.').next().unwrap_or(&name)),
                FileKind::Other,
            ),
        };
        files.push(SnapshotFile { path, stem, kind });
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

#[cfg(test)]
mod tests;
