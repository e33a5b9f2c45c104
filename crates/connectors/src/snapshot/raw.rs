//! The records of a snapshot as they are, for the mirror and for writing them again.

use std::collections::VecDeque;
use std::path::Path;

use figures::SmolStr;
use figures::source::{RawRecord, Rejection, SourceRef, System};
use serde::Deserialize;

use super::blocks::{Blocks, Text};
use super::{FileKind, Head, SnapshotError, SnapshotFile, envelope, files};
use crate::fetch::content_id;
use crate::procore::normalise::record_kind;
use crate::reading::place;
use crate::reading::raw::Raw;

/// The records of a snapshot, file by file in the order of the lines.
pub struct RawRecords {
    waiting: VecDeque<(System, SnapshotFile)>,
    open: Option<(System, SnapshotFile, Blocks)>,
    ready: VecDeque<Result<RawRecord, Rejection>>,
}

/// Reads the records of a snapshot as they are; nothing is normalised.
///
/// Files of a system that the snapshot does not name are not read, and neither are reports.
///
/// # Errors
/// [`SnapshotError`] when the folder is no snapshot of format 1. A line that is no record comes
/// as a [`Rejection`] in its place.
pub fn read_raw(dir: &Path) -> Result<RawRecords, SnapshotError> {
    let head = Head::load(dir)?;
    let mut waiting = VecDeque::new();
    for (system, is_there) in [
        (System::Procore, head.procore.is_some()),
        (System::QuickBooks, head.quickbooks.is_some()),
    ] {
        if is_there {
            let records = files(dir, system)?
                .into_iter()
                .filter(|file| file.kind == FileKind::Records);
            waiting.extend(records.map(|file| (system, file)));
        }
    }
    Ok(RawRecords {
        waiting,
        open: None,
        ready: VecDeque::new(),
    })
}

impl Iterator for RawRecords {
    type Item = Result<Result<RawRecord, Rejection>, SnapshotError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(Ok(ready));
            }
            let Some((system, file, blocks)) = &mut self.open else {
                let (system, file) = self.waiting.pop_front()?;
                match Blocks::open(&file.path) {
                    Ok(blocks) => self.open = Some((system, file, blocks)),
                    Err(problem) => return Some(Err(SnapshotError::io(&file.path)(problem))),
                }
                continue;
            };
            match blocks.next() {
                Ok(Some(block)) => {
                    for (number, text) in block.lines() {
                        let record = match text {
                            Text::Good(text) => record(*system, &file.stem, text),
                            Text::Bad(problem) => Err(problem.to_owned()),
                        };
                        let (system, resource) = (*system, file.stem.as_str());
                        self.ready.push_back(
                            record.map_err(|reason| rejection(system, resource, number, reason)),
                        );
                    }
                }
                Ok(None) => self.open = None,
                Err(problem) => {
                    let error = SnapshotError::io(&file.path)(problem);
                    self.open = None;
                    return Some(Err(error));
                }
            }
        }
    }
}

fn rejection(system: System, resource: &str, line: u64, reason: String) -> Rejection {
    let kind = match system {
        System::Procore => record_kind(resource),
        System::QuickBooks => SmolStr::new(resource),
    };
    Rejection {
        record: SourceRef {
            system,
            kind,
            id: SmolStr::default(),
        },
        place: place(system, resource, line),
        reason,
    }
}

fn record(system: System, resource: &SmolStr, text: &str) -> Result<RawRecord, String> {
    #[derive(Deserialize)]
    #[serde(bound(deserialize = "'de: 'a"))]
    struct Ids<'a> {
        #[serde(default, rename = "id")]
        lower: Raw<'a>,
        #[serde(default, rename = "Id")]
        upper: Raw<'a>,
    }
    let (project_id, parent_id, body) = match system {
        System::Procore => {
            let found = envelope::parse(text)?;
            (found.project_id, found.parent_id, found.body)
        }
        System::QuickBooks => (None, None, text),
    };
    let ids: Ids<'_> = crate::reading::raw::object(body)?;
    let id = ids.lower.or(ids.upper).words("id")?;
    let external_id = if id.is_empty() {
        // Rows of unbudgeted cost have no id; their content stands for it, as in a live reading.
        SmolStr::new(content_id(body))
    } else {
        id
    };
    Ok(RawRecord {
        system,
        resource: resource.clone(),
        external_id,
        project_id,
        parent_id,
        body: body.to_owned(),
    })
}
