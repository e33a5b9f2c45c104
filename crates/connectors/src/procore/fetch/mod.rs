//! Reading a whole Procore company, or what changed in it, with proof.
//!
//! The company's lists come first, then project by project, a few projects at a time, delivered
//! in the order of their ids. What the connection may not read becomes a blind spot with its
//! reason: an absent permission, a tool that is switched off, a project it is no member of,
//! contracts that may be hidden from it. It must not know where records are kept.

mod blind;
mod company;
mod contracts;
mod project;
mod reader;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use figures::source::System;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use smol_str::SmolStr;
use tokio::task::JoinHandle;

use super::client::Client;
use crate::fetch::{Completeness, Delivery, ResourceKey, Sink, Summary};
use crate::http::FetchError;
use project::Project;
use reader::{Outcome, Verdict};

pub(crate) use blind::Permissions;

/// What to read, and how.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The company's today, in its own time zone: lists by day end the day after.
    pub today: Date,
    /// Timecards and manpower logs are read from this day on.
    pub days_from: Date,
    /// Projects that earlier reads saw: one that is no longer listed is a blind spot, because a
    /// project that vanishes has not been deleted.
    pub known_projects: BTreeSet<i64>,
    /// Projects read at the same time.
    pub at_once: usize,
    /// Rows asked for at once.
    pub page_rows: u32,
}

impl Plan {
    /// Everything since a day, three projects at a time, 100 rows a page.
    #[must_use]
    pub const fn new(today: Date, days_from: Date) -> Self {
        Self {
            today,
            days_from,
            known_projects: BTreeSet::new(),
            at_once: 3,
            page_rows: 100,
        }
    }
}

/// What is read: everything, or what changed since a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Everything,
    Since(Timestamp),
}

/// Changes are asked for from a little before the cursor, for the sake of clocks.
const OVERLAP: SignedDuration = SignedDuration::from_mins(10);

/// Reads everything.
///
/// # Errors
/// [`FetchError`] when nothing more can be read; a single resource that cannot be proven whole
/// is reported to the sink and in the summary instead.
pub async fn all(
    client: &Arc<Client>,
    plan: &Plan,
    sink: &mut dyn Sink,
) -> Result<Summary, FetchError> {
    read(client, plan, Scope::Everything, sink).await
}

/// Reads what changed since a cursor, which is the `cursor` of the last [`Summary`]. Where
/// Procore cannot be asked for changes, the resource is read whole; the verdict tells which.
///
/// Edits that do not touch a record's own `updated_at`, and deletions, show only in a full read:
/// do one every week.
///
/// # Errors
/// As [`all`].
pub async fn changes_since(
    client: &Arc<Client>,
    plan: &Plan,
    cursor: Timestamp,
    sink: &mut dyn Sink,
) -> Result<Summary, FetchError> {
    let since = cursor.checked_sub(OVERLAP).unwrap_or(Timestamp::UNIX_EPOCH);
    read(client, plan, Scope::Since(since), sink).await
}

async fn read(
    client: &Arc<Client>,
    plan: &Plan,
    scope: Scope,
    sink: &mut dyn Sink,
) -> Result<Summary, FetchError> {
    let mut delivery = Delivered::new(sink);
    let company = company::read(client, plan, scope).await?;
    let projects = company.projects;
    // Procore's own clock at the beginning; without it the local one, an hour earlier.
    let cursor = company.server_time.unwrap_or_else(|| {
        let now = client.clock().now();
        now.checked_sub(SignedDuration::from_hours(1))
            .unwrap_or(now)
    });
    for outcome in company.outcomes {
        delivery.take(outcome).await?;
    }
    let listed: BTreeSet<i64> = projects.iter().map(|project| project.id).collect();
    for id in plan.known_projects.difference(&listed) {
        let key = ResourceKey::project("projects", *id);
        delivery.inner.blind(&key, "not_a_member").await?;
    }
    let mut waiting: VecDeque<Project> = projects.into();
    let mut running: VecDeque<Running> = VecDeque::new();
    loop {
        while running.len() < plan.at_once.max(1) {
            let Some(project) = waiting.pop_front() else {
                break;
            };
            running.push_back(Running::start(
                Arc::clone(client),
                plan.clone(),
                scope,
                project,
            ));
        }
        let Some(next) = running.pop_front() else {
            break;
        };
        for outcome in next.finish(client).await? {
            delivery.take(outcome).await?;
        }
    }
    Ok(delivery.inner.summary(cursor))
}

/// A project that is being read. Dropping it stops the reading.
struct Running(JoinHandle<Result<Vec<Outcome>, FetchError>>);

impl Running {
    fn start(client: Arc<Client>, plan: Plan, scope: Scope, project: Project) -> Self {
        Self(tokio::spawn(async move {
            project::read(&client, &plan, scope, project).await
        }))
    }

    async fn finish(mut self, client: &Client) -> Result<Vec<Outcome>, FetchError> {
        match (&mut self.0).await {
            Ok(outcomes) => outcomes,
            Err(error) => {
                let place = crate::http::Place::company("projects");
                Err(client.unreadable(&place, format!("reading a project was stopped: {error}")))
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Hands outcomes over and counts them for people who wait.
struct Delivered<'a> {
    inner: Delivery<'a>,
    counts: BTreeMap<SmolStr, u64>,
}

impl<'a> Delivered<'a> {
    fn new(sink: &'a mut dyn Sink) -> Self {
        Self {
            inner: Delivery::new(System::Procore, sink),
            counts: BTreeMap::new(),
        }
    }

    async fn take(&mut self, outcome: Outcome) -> Result<(), FetchError> {
        let Outcome {
            key,
            records,
            verdict,
        } = outcome;
        let count = records.len() as u64;
        if matches!(verdict, Verdict::Whole) {
            self.inner.restart(&key).await?;
        }
        // Parents are part of a record, not of its page: one page may hold several.
        self.inner.page(&key, records).await?;
        let total = self.counts.entry(key.resource.clone()).or_default();
        *total += count;
        let shown = ResourceKey::company(System::Procore, &key.resource);
        let so_far = *total;
        self.inner.progress(&shown, so_far, None);
        match verdict {
            Verdict::Whole => {
                self.inner
                    .done(&key, Completeness::Whole { records: count })
                    .await
            }
            Verdict::Changes => {
                let proof = Completeness::Changes {
                    records: count,
                    total_now: None,
                };
                self.inner.done(&key, proof).await
            }
            Verdict::Blind(reason) => self.inner.blind(&key, reason).await,
            Verdict::Doubtful(reason) => self.inner.incomplete(&key, &reason).await,
            Verdict::Failed(error) => self.inner.failed(&key, error).await,
        }
    }
}
