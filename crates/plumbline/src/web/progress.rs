//! How far a reading has come, for a page that asks again and again.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use connectors::fetch;
use figures::SmolStr;
use figures::source::System;
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::house::Work;
use crate::reading::Watch;

/// One resource of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// The system.
    pub system: System,
    /// Its name.
    pub name: SmolStr,
    /// Records so far.
    pub records: u64,
    /// How many there will be, where the vendor says so.
    pub total: Option<u64>,
    /// No longer the one being read.
    pub done: bool,
}

/// Where a reading stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// What runs, if anything does, and since when.
    pub running: Option<(Work, Timestamp)>,
    /// The step in a few words.
    pub step: String,
    /// Resources in the order in which they began.
    pub resources: Vec<Resource>,
    /// Whether the last one broke on our side.
    pub broke: bool,
    /// Somebody decided something meanwhile: what was read must be compared once more.
    is_stale: bool,
}

/// The progress that a reading writes and pages read.
#[derive(Default)]
pub struct Shared {
    progress: Mutex<Progress>,
    ended: Notify,
    stopping: CancellationToken,
}

impl Shared {
    /// A progress whose work ends early once this is cancelled.
    #[must_use]
    pub fn until(stopping: CancellationToken) -> Self {
        Self {
            stopping,
            ..Self::default()
        }
    }

    /// Whether nothing may be begun any more.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// A copy of where it stands.
    #[must_use]
    pub fn now(&self) -> Progress {
        self.lock().clone()
    }

    /// Begins a work unless one is under way.
    pub fn begin(self: &Arc<Self>, work: Work, at: Timestamp) -> Option<Watching> {
        let mut progress = self.lock();
        if progress.running.is_some() {
            progress.is_stale |= work == Work::Compare;
            return None;
        }
        *progress = Progress {
            running: Some((work, at)),
            ..Progress::default()
        };
        Some(Watching(Arc::clone(self)))
    }

    /// Returns when nothing runs.
    pub async fn idle(&self) {
        loop {
            let ended = self.ended.notified();
            if self.lock().running.is_none() {
                return;
            }
            ended.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        // What is kept stays readable after a panic elsewhere.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to write the progress of the work that is under way. It ends with this value, so
/// that a work that panics does not run for ever.
pub struct Watching(Arc<Shared>);

impl Watching {
    /// Whether the work must go on with another comparison, because people decided something
    /// while it ran; otherwise it is over.
    #[must_use]
    pub fn goes_on(&mut self, well: bool) -> bool {
        let mut progress = self.0.lock();
        progress.broke = !well;
        if well && std::mem::take(&mut progress.is_stale) {
            return true;
        }
        progress.running = None;
        false
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.lock().running = None;
        self.0.ended.notify_waiters();
    }
}

impl Watch for Watching {
    fn is_stopping(&self) -> bool {
        self.0.is_stopping()
    }

    fn step(&mut self, step: &fetch::Progress) {
        let mut progress = self.0.lock();
        let (system, name) = (step.key.system, &step.key.resource);
        let known = progress
            .resources
            .iter()
            .position(|one| one.system == system && one.name == *name);
        for (at, one) in progress.resources.iter_mut().enumerate() {
            one.done = Some(at) != known;
        }
        match known.and_then(|at| progress.resources.get_mut(at)) {
            Some(one) => {
                one.records = step.records;
                one.total = step.total.or(one.total);
            }
            None => progress.resources.push(Resource {
                system,
                name: name.clone(),
                records: step.records,
                total: step.total,
                done: false,
            }),
        }
    }

    fn note(&mut self, text: &str) {
        let mut progress = self.0.lock();
        for one in &mut progress.resources {
            one.done = true;
        }
        text.clone_into(&mut progress.step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_work_runs_at_a_time_and_it_ends_with_its_watch() {
        let shared = Arc::new(Shared::default());
        let first = shared.begin(Work::Read, Timestamp::UNIX_EPOCH).unwrap();
        assert!(shared.begin(Work::Compare, Timestamp::UNIX_EPOCH).is_none());
        drop(first);
        assert!(shared.now().running.is_none());
        let mut second = shared.begin(Work::Compare, Timestamp::UNIX_EPOCH).unwrap();
        assert!(!second.goes_on(false));
        assert!(shared.now().broke && shared.now().running.is_none());
    }

    #[test]
    fn what_is_decided_meanwhile_is_compared_before_the_work_is_over() {
        let shared = Arc::new(Shared::default());
        let mut work = shared.begin(Work::Read, Timestamp::UNIX_EPOCH).unwrap();
        assert!(shared.begin(Work::Compare, Timestamp::UNIX_EPOCH).is_none());
        assert!(work.goes_on(true));
        assert!(!work.goes_on(true));
    }
}
