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
    /// What runs, or was asked for, if anything, and since when.
    pub running: Option<(Work, Timestamp)>,
    /// It was asked for and runs in another process, or waits for a worker.
    pub is_elsewhere: bool,
    /// The step in a few words.
    pub step: String,
    /// Resources in the order in which they began.
    pub resources: Vec<Resource>,
    /// Whether the last one broke on our side.
    pub broke: bool,
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

    /// Somebody asked for a work that no worker of this process has begun, or for none.
    pub fn asked(&self, work: Option<(Work, Timestamp)>) {
        let mut progress = self.lock();
        match work {
            Some(work) if progress.running.is_none() => {
                *progress = Progress {
                    running: Some(work),
                    is_elsewhere: true,
                    ..Progress::default()
                };
            }
            None if progress.is_elsewhere => {
                *progress = Progress::default();
                self.ended.notify_waiters();
            }
            _ => {}
        }
    }

    /// Begins a work unless one is under way in this process.
    pub fn begin(self: &Arc<Self>, work: Work, at: Timestamp) -> Option<Watching> {
        let mut progress = self.lock();
        if progress.running.is_some() && !progress.is_elsewhere {
            return None;
        }
        *progress = Progress {
            running: Some((work, at)),
            ..Progress::default()
        };
        Some(Watching(Arc::clone(self)))
    }

    /// Returns when nothing runs or waits.
    pub async fn idle(&self) {
        loop {
            let ended = self.ended.notified();
            if self.lock().running.is_none() {
                return;
            }
            ended.await;
        }
    }

    /// Whether there is nothing to remember.
    pub(super) fn is_empty(&self) -> bool {
        *self.lock() == Progress::default()
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
    /// The work is over.
    pub fn ended(self, well: bool) {
        self.0.lock().broke = !well;
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
        let second = shared.begin(Work::Compare, Timestamp::UNIX_EPOCH).unwrap();
        second.ended(false);
        assert!(shared.now().broke && shared.now().running.is_none());
    }

    #[test]
    fn what_was_asked_for_is_shown_until_it_begins_or_is_over_elsewhere() {
        let shared = Arc::new(Shared::default());
        let asked = Some((Work::Read, Timestamp::UNIX_EPOCH));
        shared.asked(asked);
        assert!(shared.now().is_elsewhere && shared.now().running == asked);
        let work = shared.begin(Work::Read, Timestamp::UNIX_EPOCH).unwrap();
        shared.asked(None);
        assert!(!shared.now().is_elsewhere && shared.now().running == asked);
        work.ended(true);
        shared.asked(asked);
        shared.asked(None);
        assert!(shared.is_empty());
    }
}
