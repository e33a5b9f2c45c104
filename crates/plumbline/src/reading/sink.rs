//! The receiver that writes what a vendor sends into the mirror.
//!
//! A resource is held back until its verdict as long as it is small, so that a read that is begun
//! again leaves nothing behind; a large one is written as it comes.

use std::collections::BTreeSet;

use connectors::fetch::{Completeness, Progress, ResourceKey, Sink, SinkError};
use connectors::http::BoxFuture;
use figures::SmolStr;
use figures::source::{RawRecord, System};
use store::StoreError;
use store::mirror::{self, CycleState, OpenCycle, Outcome, Reach};

use super::Watch;
use crate::desk::Desk;

/// Writes one system's records into the open cycle.
pub(super) struct MirrorSink<'a> {
    desk: &'a Desk,
    cycle: OpenCycle,
    system: System,
    watch: &'a mut dyn Watch,
    /// The newest finished cycle.
    previous: Option<i64>,
    held: Vec<RawRecord>,
    held_of: Option<ResourceKey>,
    done: BTreeSet<ResourceKey>,
    projects: BTreeSet<i64>,
    missed_deletion: bool,
    failure: Option<StoreError>,
}

/// Records of one resource that are held back at most.
const HELD: usize = 20_000;
/// Records written in one transaction at most.
const PAGE: usize = 4_000;

impl<'a> MirrorSink<'a> {
    pub(super) async fn open(
        desk: &'a Desk,
        cycle: OpenCycle,
        system: System,
        watch: &'a mut dyn Watch,
    ) -> Result<Self, StoreError> {
        let previous = mirror::cycles(&desk.store, &desk.scope)
            .await?
            .into_iter()
            .find(|cycle| matches!(cycle.state, CycleState::Finished { .. }))
            .map(|cycle| cycle.number);
        Ok(Self {
            desk,
            cycle,
            system,
            watch,
            previous,
            held: Vec::new(),
            held_of: None,
            done: BTreeSet::new(),
            projects: BTreeSet::new(),
            missed_deletion: false,
            failure: None,
        })
    }

    /// Why the store refused, if it did. It is not the vendor's fault then.
    pub(super) fn failure(&mut self) -> Option<StoreError> {
        self.failure.take()
    }

    /// Projects that came.
    pub(super) fn projects(&self) -> &BTreeSet<i64> {
        &self.projects
    }

    /// Whether the vendor holds fewer records than we do, so that one was deleted unseen.
    pub(super) fn missed_deletion(&self) -> bool {
        self.missed_deletion
    }

    /// Everything is read again: earlier verdicts of this read are void.
    pub(super) fn begin_again(&mut self) {
        self.done.clear();
        self.held.clear();
        self.held_of = None;
        self.missed_deletion = false;
    }

    /// The projects that earlier cycles saw, those that have vanished since among them.
    pub(super) async fn known_projects(&self) -> Result<BTreeSet<i64>, StoreError> {
        let Some(previous) = self.previous else {
            return Ok(BTreeSet::new());
        };
        let (store, scope) = (&self.desk.store, &self.desk.scope);
        let name = SmolStr::new_static("projects");
        let records =
            mirror::read_resource_as_of(store, scope, previous, System::Procore, name).await?;
        let mut known: BTreeSet<i64> = records
            .collect()
            .await?
            .iter()
            .filter_map(|record| record.external_id.parse().ok())
            .collect();
        let unseen = mirror::completeness(store, scope, previous)
            .await?
            .blind_spots;
        known.extend(
            unseen
                .into_iter()
                .filter(|spot| spot.resource == "projects")
                .filter_map(|spot| spot.project_id),
        );
        Ok(known)
    }

    async fn take(&mut self, key: &ResourceKey, records: Vec<RawRecord>) -> Result<(), StoreError> {
        if key.system == System::Procore && key.resource == "projects" {
            let ids = records
                .iter()
                .filter_map(|record| record.external_id.parse::<i64>().ok());
            self.projects.extend(ids);
        }
        if self.held_of.as_ref() != Some(key) {
            self.flush().await?;
            self.held_of = Some(key.clone());
        }
        self.held.extend(records);
        if self.done.contains(key) || self.held.len() > HELD {
            self.flush().await?;
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let mut records = std::mem::take(&mut self.held).into_iter();
        loop {
            let page: Vec<RawRecord> = records.by_ref().take(PAGE).collect();
            if page.is_empty() {
                return Ok(());
            }
            let (store, scope) = (&self.desk.store, &self.desk.scope);
            mirror::record_page(store, scope, self.cycle, page).await?;
        }
    }

    async fn settle(&mut self, key: &ResourceKey, proof: Completeness) -> Result<(), StoreError> {
        self.flush().await?;
        let outcome = match proof {
            Completeness::Whole { .. } => {
                self.keep_tombstones(&key.resource).await?;
                // The connector has compared the counts; tombstones are not in them.
                Outcome::Sweep { counted: None }
            }
            Completeness::Changes {
                total_now: Some(total),
                ..
            } if self.count(key).await? != total => {
                self.missed_deletion = true;
                Outcome::Incomplete(SmolStr::new_static("a deletion was not announced"))
            }
            Completeness::Changes { .. } => Outcome::Changes,
            Completeness::Blind(spot) => Outcome::Blind(spot.reason),
            Completeness::Incomplete(gap) => Outcome::Incomplete(gap.reason),
        };
        let kept = mirror::ResourceKey {
            system: key.system,
            resource: key.resource.clone(),
            reach: key.project_id.map_or(Reach::Everything, Reach::Project),
        };
        let (store, scope) = (&self.desk.store, &self.desk.scope);
        mirror::finish_resource(store, scope, self.cycle, kept, outcome, None).await?;
        self.done.insert(key.clone());
        Ok(())
    }

    /// How many living records of a resource the mirror holds.
    async fn count(&self, key: &ResourceKey) -> Result<u64, StoreError> {
        let (store, scope, cycle) = (&self.desk.store, &self.desk.scope, self.cycle.number());
        let (system, resource) = (key.system, key.resource.clone());
        let mut records =
            mirror::read_resource_as_of(store, scope, cycle, system, resource).await?;
        let mut count = 0;
        while let Some(chunk) = records.next_chunk().await? {
            count += chunk.iter().filter(|record| !is_tombstone(record)).count() as u64;
        }
        Ok(count)
    }

    /// QuickBooks forgets after 30 days what was deleted; the mirror does not. A full read must
    /// not take a tombstone for something that was never there.
    async fn keep_tombstones(&mut self, resource: &SmolStr) -> Result<(), StoreError> {
        let (System::QuickBooks, Some(previous)) = (self.system, self.previous) else {
            return Ok(());
        };
        let (store, scope) = (&self.desk.store, &self.desk.scope);
        let mut records =
            mirror::read_resource_as_of(store, scope, previous, self.system, resource.clone())
                .await?;
        while let Some(mut chunk) = records.next_chunk().await? {
            chunk.retain(is_tombstone);
            if !chunk.is_empty() {
                mirror::record_page(store, scope, self.cycle, chunk).await?;
            }
        }
        Ok(())
    }

    fn told<T>(&mut self, result: Result<T, StoreError>) -> Result<T, SinkError> {
        result.map_err(|error| {
            let text = error.to_string();
            self.failure.get_or_insert(error);
            SinkError(text)
        })
    }
}

/// Whether a record is QuickBooks' note that something was deleted.
fn is_tombstone(record: &RawRecord) -> bool {
    record.system == System::QuickBooks
        && record.body.contains("\"Deleted\"")
        && serde_json::from_str::<Tombstone>(&record.body)
            .is_ok_and(|stone| stone.status.as_deref() == Some("Deleted"))
}

#[derive(serde::Deserialize)]
struct Tombstone {
    status: Option<String>,
}

type Kept<'b> = BoxFuture<'b, Result<(), SinkError>>;

impl Sink for MirrorSink<'_> {
    fn page<'b>(&'b mut self, key: &'b ResourceKey, records: Vec<RawRecord>) -> Kept<'b> {
        Box::pin(async move {
            let mut taken = self.take(key, records).await;
            if taken.is_ok() && self.watch.is_stopping() {
                taken = Err(StoreError::Closed);
            }
            self.told(taken)
        })
    }

    fn restart<'b>(&'b mut self, key: &'b ResourceKey) -> Kept<'b> {
        if self.held_of.as_ref() == Some(key) {
            self.held.clear();
        }
        Box::pin(async { Ok(()) })
    }

    fn done<'b>(&'b mut self, key: &'b ResourceKey, proof: Completeness) -> Kept<'b> {
        Box::pin(async move {
            let settled = self.settle(key, proof).await;
            self.told(settled)
        })
    }

    fn progress(&mut self, step: &Progress) {
        self.watch.step(step);
    }
}
