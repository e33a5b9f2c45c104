//! What the readers of both vendors share: scalars of any spelling, versions of one record, the
//! log of refused records, and the walk over many records on all cores.
//!
//! Nothing here knows a resource of either vendor. The readers themselves are
//! [`crate::procore::normalise`] and [`crate::quickbooks::normalise`].

pub(crate) mod raw;
pub(crate) mod refused;
pub(crate) mod versions;

use figures::SmolStr;
use figures::source::{RawRecord, Rejection, SourceRef, System};
use rayon::prelude::*;

use self::refused::Refused;

/// One record as text, borrowed from a file or from a raw record.
#[derive(Debug, Clone, Copy)]
pub struct RawLine<'a> {
    /// The resource: a snapshot file name (`requisitions`) or a QuickBooks entity (`Bill`).
    pub resource: &'a str,
    /// The Procore project it was read under, if any.
    pub project_id: Option<i64>,
    /// The Procore parent it was read under, if any.
    pub parent_id: Option<i64>,
    /// The id under which it was stored; empty when only the body knows it.
    pub external_id: &'a str,
    /// Line in its snapshot file, from 1; zero when it did not come from a file.
    pub line: u64,
    /// The body as JSON.
    pub body: &'a str,
}

impl<'a> From<&'a RawRecord> for RawLine<'a> {
    fn from(record: &'a RawRecord) -> Self {
        Self {
            resource: &record.resource,
            project_id: record.project_id,
            parent_id: record.parent_id,
            external_id: &record.external_id,
            line: 0,
            body: &record.body,
        }
    }
}

/// Why one record was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The vendor's id, as far as it could be read.
    pub(crate) id: SmolStr,
    /// A sentence that a person can act on.
    pub(crate) reason: String,
}

impl Refusal {
    /// A refusal of a record whose id is not known.
    pub(crate) fn nameless(reason: impl Into<String>) -> Self {
        Self {
            id: SmolStr::default(),
            reason: reason.into(),
        }
    }
}

/// Lists of records that one thread fills and that are joined in reading order.
pub(crate) trait Tables: Default + Send {
    /// Reads one record into its list.
    fn read(&mut self, line: &RawLine<'_>) -> Result<(), Refusal>;
    /// The log of refused records.
    fn refused(&mut self) -> &mut Refused;
    /// The kind of a resource's records in references.
    fn source(resource: &str, id: &str) -> SourceRef;
    /// Appends what was read after this.
    fn absorb(&mut self, later: Self);

    /// Reads one record and logs it when it is refused.
    fn read_or_log(&mut self, line: &RawLine<'_>) {
        if let Err(refusal) = self.read(line) {
            self.log(line, refusal);
        }
    }

    /// Logs a refused record.
    fn log(&mut self, line: &RawLine<'_>, refusal: Refusal) {
        let id = if refusal.id.is_empty() {
            line.external_id
        } else {
            refusal.id.as_str()
        };
        let record = Self::source(line.resource, id);
        let place = place(record.system, line.resource, line.line);
        self.refused().push(Rejection {
            record,
            place,
            reason: refusal.reason,
        });
    }
}

/// Such as `quickbooks/Bill.ndjson line 12`; nothing for a record that came from no file.
pub(crate) fn place(system: System, resource: &str, line: u64) -> Option<String> {
    (line > 0).then(|| format!("{}/{resource}.ndjson line {line}", system.name()))
}

/// How many records one thread reads before the next piece of work.
const PIECE: usize = 512;

/// Reads items on all cores; the result does not depend on how many there are.
pub(crate) fn in_parallel<T: Tables, I: Sync>(
    total: &mut T,
    items: &[I],
    read: impl Fn(&mut T, &I) + Sync,
) {
    let pieces: Vec<T> = items
        .par_chunks(PIECE)
        .map(|piece| {
            let mut tables = T::default();
            for item in piece {
                read(&mut tables, item);
            }
            tables
        })
        .collect();
    for piece in pieces {
        total.absorb(piece);
    }
}

/// How many records of a stream are held at once.
const BATCH: usize = 16_384;

/// Reads a stream of raw records, a batch at a time.
pub(crate) fn read_all<T: Tables>(total: &mut T, records: impl IntoIterator<Item = RawRecord>) {
    let mut records = records.into_iter();
    loop {
        let batch: Vec<RawRecord> = records.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return;
        }
        in_parallel(total, &batch, |tables, record| {
            tables.read_or_log(&RawLine::from(record))
        });
    }
}
