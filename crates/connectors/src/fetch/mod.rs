//! What both readers hand over: pages of raw records, and a proof that a resource is whole.
//!
//! A receiver ([`Sink`]) keeps what comes. For each resource it gets pages and then one verdict;
//! only [`Completeness::Whole`] allows the conclusion that what did not come is not there. The
//! module must not know where records are kept nor which vendor they came from.

mod body;

use std::fmt;

use figures::model::{BlindSpot, Incomplete};
use figures::source::{RawRecord, System};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

pub(crate) use body::{content_id, member, members, plain_text, rows_of};

use crate::http::{BoxFuture, Cause, FetchError};

/// What a page belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceKey {
    /// The system.
    pub system: System,
    /// Snapshot name or QuickBooks entity.
    pub resource: SmolStr,
    /// The Procore project, for resources that are read project by project.
    pub project_id: Option<i64>,
    /// The Procore parent. Verdicts are given per project, so it is empty in them.
    pub parent_id: Option<i64>,
}

impl ResourceKey {
    /// A resource of the whole company.
    #[must_use]
    pub fn company(system: System, resource: &str) -> Self {
        Self {
            system,
            resource: SmolStr::new(resource),
            project_id: None,
            parent_id: None,
        }
    }

    /// A Procore resource of one project.
    #[must_use]
    pub fn project(resource: &str, project_id: i64) -> Self {
        Self {
            project_id: Some(project_id),
            ..Self::company(System::Procore, resource)
        }
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.system, self.resource)?;
        match self.project_id {
            Some(project) => write!(out, " of project {project}"),
            None => Ok(()),
        }
    }
}

/// The verdict on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// Everything was delivered since the last [`Sink::restart`]: what did not come is gone.
    Whole {
        /// How many records the vendor holds.
        records: u64,
    },
    /// Only what changed was delivered; what did not come is as it was.
    Changes {
        /// How many records came.
        records: u64,
        /// How many the vendor holds now, where it was asked: a receiver that holds another
        /// number has missed a deletion and needs a full read.
        total_now: Option<u64>,
    },
    /// The connection may not read it. Unknown, never zero.
    Blind(BlindSpot),
    /// It was read, or tried, and could not be proven whole.
    Incomplete(Incomplete),
}

/// How far a read has come, for people who wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// What is being read.
    pub key: ResourceKey,
    /// Records of this resource so far.
    pub records: u64,
    /// How many there will be, if the vendor said so.
    pub total: Option<u64>,
}

/// What a receiver could not do; reading stops.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SinkError(pub String);

/// Receives what is read, in an order that does not depend on the network.
///
/// The same record may come more than once in a read; the last one counts.
pub trait Sink: Send {
    /// Some records of a resource. Their bodies are as the vendor wrote them.
    fn page<'a>(
        &'a mut self,
        key: &'a ResourceKey,
        records: Vec<RawRecord>,
    ) -> BoxFuture<'a, Result<(), SinkError>>;

    /// The resource is read again from its beginning: what came of it in this read is void.
    fn restart<'a>(&'a mut self, key: &'a ResourceKey) -> BoxFuture<'a, Result<(), SinkError>>;

    /// The verdict on a resource; no more pages of it follow, except changes found meanwhile.
    fn done<'a>(
        &'a mut self,
        key: &'a ResourceKey,
        proof: Completeness,
    ) -> BoxFuture<'a, Result<(), SinkError>>;

    /// How far it has come. Nothing needs to be done about it.
    fn progress(&mut self, _step: &Progress) {}
}

/// What a read came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// What the connection may not read.
    pub blind_spots: Vec<BlindSpot>,
    /// What could not be proven whole.
    pub incomplete: Vec<Incomplete>,
    /// Records delivered.
    pub records: u64,
    /// The vendor's own time when the read began: where the next read of changes starts.
    pub cursor: Timestamp,
}

/// The receiver with the bookkeeping around it.
pub(crate) struct Delivery<'a> {
    system: System,
    sink: &'a mut dyn Sink,
    blind_spots: Vec<BlindSpot>,
    incomplete: Vec<Incomplete>,
    records: u64,
    failures_in_a_row: u32,
}

/// So many resources failing one after another mean that the vendor is down.
const FAILURES_THAT_STOP: u32 = 3;

impl<'a> Delivery<'a> {
    pub(crate) fn new(system: System, sink: &'a mut dyn Sink) -> Self {
        Self {
            system,
            sink,
            blind_spots: Vec::new(),
            incomplete: Vec::new(),
            records: 0,
            failures_in_a_row: 0,
        }
    }

    pub(crate) async fn page(
        &mut self,
        key: &ResourceKey,
        records: Vec<RawRecord>,
    ) -> Result<(), FetchError> {
        if records.is_empty() {
            return Ok(());
        }
        self.records += records.len() as u64;
        self.sink
            .page(key, records)
            .await
            .map_err(|error| not_kept(key, error))
    }

    pub(crate) async fn restart(&mut self, key: &ResourceKey) -> Result<(), FetchError> {
        self.sink
            .restart(key)
            .await
            .map_err(|error| not_kept(key, error))
    }

    pub(crate) fn progress(&mut self, key: &ResourceKey, records: u64, total: Option<u64>) {
        self.sink.progress(&Progress {
            key: key.clone(),
            records,
            total,
        });
    }

    pub(crate) async fn done(
        &mut self,
        key: &ResourceKey,
        proof: Completeness,
    ) -> Result<(), FetchError> {
        // A later verdict on the same resource replaces the earlier one.
        self.blind_spots
            .retain(|spot| spot.resource != key.resource || spot.project_id != key.project_id);
        self.incomplete
            .retain(|what| what.resource != key.resource || what.project_id != key.project_id);
        match &proof {
            Completeness::Blind(spot) => self.blind_spots.push(spot.clone()),
            Completeness::Incomplete(what) => self.incomplete.push(what.clone()),
            Completeness::Whole { .. } | Completeness::Changes { .. } => {
                self.failures_in_a_row = 0;
            }
        }
        self.sink
            .done(key, proof)
            .await
            .map_err(|error| not_kept(key, error))
    }

    pub(crate) async fn incomplete(
        &mut self,
        key: &ResourceKey,
        reason: &str,
    ) -> Result<(), FetchError> {
        let what = Incomplete {
            system: self.system,
            project_id: key.project_id,
            resource: key.resource.clone(),
            reason: SmolStr::new(reason),
        };
        self.done(key, Completeness::Incomplete(what)).await
    }

    pub(crate) async fn blind(
        &mut self,
        key: &ResourceKey,
        reason: &str,
    ) -> Result<(), FetchError> {
        let spot = BlindSpot {
            project_id: key.project_id,
            resource: key.resource.clone(),
            reason: SmolStr::new(reason),
        };
        self.done(key, Completeness::Blind(spot)).await
    }

    /// One resource failed: it is incomplete, unless nothing else can succeed either.
    pub(crate) async fn failed(
        &mut self,
        key: &ResourceKey,
        error: FetchError,
    ) -> Result<(), FetchError> {
        if error.cause.stops_everything() {
            return Err(error);
        }
        if matches!(
            error.cause,
            Cause::TimedOut | Cause::Interrupted { .. } | Cause::ServerFault { .. }
        ) {
            self.failures_in_a_row += 1;
            if self.failures_in_a_row >= FAILURES_THAT_STOP {
                return Err(error);
            }
        }
        self.incomplete(key, &error.to_string()).await
    }

    pub(crate) fn summary(self, cursor: Timestamp) -> Summary {
        Summary {
            blind_spots: self.blind_spots,
            incomplete: self.incomplete,
            records: self.records,
            cursor,
        }
    }
}

fn not_kept(key: &ResourceKey, error: SinkError) -> FetchError {
    FetchError {
        system: key.system,
        resource: key.resource.clone(),
        project_id: key.project_id,
        cause: Cause::NotKept {
            detail: error.to_string(),
        },
        trace: None,
    }
}
