//! A worker: looks at the tenants that are due, makes the jobs whose hour has come, and does them.
//!
//! It holds a job with a lease that it renews while it works. A worker that is killed loses it,
//! and the next one takes the work up; one that has lost it can no longer publish. It must not
//! know how anything is read or compared.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, bail};
use connectors::http::Clock;
use figures::source::System;
use jiff::{SignedDuration, Timestamp};
use store::connections::{self, Connection, ConnectionState};
use store::control::companies::{self, Company};
use store::control::erasures::{self, Pending};
use store::control::{agenda, raises};
use store::jobs::{self, Lease};
use store::{Installation, Left, Refusal, Store, StoreError, TenantScope, schedule};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{ATTACHMENT, About, COMPARISON, DIGEST, EXECUTION, READING, alarm, digest, regular};
use crate::approvals;
use crate::cycle;
use crate::desk::Desk;
use crate::execute::{Executor, Ledger};
use crate::reading::{Unwatched, Watch};
use crate::settings::carry_out;
use crate::web::house::{self, House, Work};
use crate::{logs, web, witness};

/// How long a job is held without a sign of life. It is renewed several times meanwhile.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// A lease is renewed so many times while it lasts.
const SIGNS_OF_LIFE: u32 = 4;
/// A tenant is looked at once in so long, whatever the agenda says.
const AT_LEAST_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// A tenant that could not be looked at is left alone for so long.
const AFTER_TROUBLE: SignedDuration = SignedDuration::from_mins(5);
/// So often the agenda is read when nothing is due.
const PAUSE: Duration = Duration::from_secs(2);

/// Does the work of all tenants of an installation, one job after the other.
pub struct Worker {
    installation: Installation,
    clock: Arc<dyn Clock>,
    house: Option<Arc<House>>,
    post: Option<digest::Post>,
    wake: Arc<Notify>,
    lease: SignedDuration,
    done: AtomicUsize,
}

impl Worker {
    /// A worker without pages.
    #[must_use]
    pub fn new(
        installation: Installation,
        clock: Arc<dyn Clock>,
        post: Option<digest::Post>,
    ) -> Self {
        Self {
            installation,
            clock,
            house: None,
            post,
            wake: Arc::default(),
            lease: LEASE,
            done: AtomicUsize::new(0),
        }
    }

    /// A worker in the process that serves the pages: they show how far it has come, and wake it.
    #[must_use]
    pub fn of_house(house: &Arc<House>) -> Self {
        Self {
            installation: house.installation().clone(),
            clock: house.clock(),
            post: house.door().post(),
            wake: house.wake(),
            house: Some(Arc::clone(house)),
            lease: LEASE,
            done: AtomicUsize::new(0),
        }
    }

    /// The same, holding jobs for so long without a sign of life.
    #[must_use]
    pub fn with_lease(mut self, lease: SignedDuration) -> Self {
        self.lease = lease;
        self
    }

    /// How many jobs it has done.
    #[must_use]
    pub fn jobs_done(&self) -> usize {
        self.done.load(Ordering::Relaxed)
    }

    /// Works until `stop` is cancelled. What is in hands then is handed back.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let something_was_due = match self.next(&stop).await {
                Ok(was_due) => was_due,
                Err(error) => {
                    tracing::error!(kind = logs::kind(&error), "the agenda could not be read");
                    false
                }
            };
            if !something_was_due {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = self.wake.notified() => {}
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
    }

    /// Works until nothing is due.
    pub async fn until_quiet(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.next(&stop).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(kind = logs::kind(&error), "the agenda could not be read");
                    return;
                }
            }
        }
    }

    /// Looks at the tenant that has been due for longest; says whether there was one.
    async fn next(self: &Arc<Self>, stop: &CancellationToken) -> anyhow::Result<bool> {
        let control = self.installation.control();
        let Some(visit) = agenda::take(control, self.clock.now(), self.lease).await? else {
            return Ok(false);
        };
        // In a task of its own: whatever breaks with one tenant, the others are worked for.
        let (worker, stop, tenant_id) = (Arc::clone(self), stop.clone(), visit.tenant_id.clone());
        let visiting = tokio::spawn(async move { worker.visit(&tenant_id, &stop).await });
        let tenant = visit.tenant_id.as_str();
        let pause = match visiting.await {
            Ok(Ok(Visited::Worked)) => SignedDuration::ZERO,
            Ok(Ok(Visited::Quiet(pause))) => pause.min(AT_LEAST_EVERY),
            Ok(Err(error)) => {
                let kind = logs::kind(&error);
                tracing::error!(kind, tenant, "a tenant could not be visited");
                AFTER_TROUBLE
            }
            Err(_) => {
                tracing::error!(tenant, "the work for a tenant broke off");
                AFTER_TROUBLE
            }
        };
        let next_at = self.clock.now().checked_add(pause)?;
        agenda::settle(control, visit, next_at).await?;
        Ok(true)
    }

    /// Does whatever is due of one tenant, as a worker would that comes by again and again.
    /// Returns how many jobs were done.
    ///
    /// # Errors
    /// When the tenant's data cannot be opened or read.
    pub async fn work_off(&self, tenant_id: &str) -> anyhow::Result<usize> {
        let stop = CancellationToken::new();
        let mut done = 0;
        while matches!(self.visit(tenant_id, &stop).await?, Visited::Worked) {
            done += 1;
        }
        Ok(done)
    }

    /// Makes the jobs whose hour has come, and does one job if one is due.
    async fn visit(&self, tenant_id: &str, stop: &CancellationToken) -> anyhow::Result<Visited> {
        let mut desk = Desk::at(
            self.installation.clone(),
            tenant_id,
            Arc::clone(&self.clock),
        )
        .await?;
        let (control, now) = (self.installation.control(), self.clock.now());
        let leaving = erasures::pending(control, &desk.scope).await?;
        let next_leave = match &leaving {
            Some(asked) if asked.due_at <= now => return self.leave(desk, asked, now).await,
            Some(asked) => Some(asked.due_at.duration_since(now)),
            None => None,
        };
        self.note_companies(&desk).await?;
        witness::take_in(&desk).await?;
        let next_raise = self.ripen(&mut desk, now).await?;
        let (store, scope) = (&desk.store, &desk.scope);
        let mut regular = regular(&desk.settings, &house::zone(&desk.settings), now);
        if self.post.is_none() {
            regular.retain(|one| one.job.kind != DIGEST);
        }
        let next_hour = schedule::tick(store, scope, regular, now).await?;
        if let Some(lease) = jobs::claim(store, scope, &store.holder(), self.lease).await? {
            self.hold(&desk, lease, stop).await?;
            return Ok(Visited::Worked);
        }
        let hour = next_hour.map(|at| at.duration_since(now));
        let due = jobs::next_due(store, scope).await?;
        let all = [hour, due, next_leave, next_raise];
        let pause = all.into_iter().flatten().min();
        Ok(Visited::Quiet(pause.unwrap_or(AT_LEAST_EVERY)))
    }

    /// Erases a tenant whose owner asked for it a day ago, unless somebody took it back meanwhile.
    async fn leave(&self, desk: Desk, asked: &Pending, now: Timestamp) -> anyhow::Result<Visited> {
        let scope = desk.scope.clone();
        drop(desk);
        let tenant = scope.tenant_id();
        let left = self.installation.erase_if_due(&scope, asked, now).await?;
        if left.is_some()
            && let Some(house) = &self.house
        {
            house.forget(&scope).await;
        }
        match left {
            Some(Left::Erased(erasure)) if erasure.keys_are_gone && erasure.data_is_gone => {
                tracing::info!(tenant, "a tenant was erased");
            }
            Some(Left::Erased(_)) => {
                tracing::error!(tenant, "a tenant was not erased whole: see the ledger");
            }
            Some(Left::Closed) => {
                tracing::warn!(tenant, "a tenant waits for the operator to erase it");
            }
            None => {}
        }
        Ok(Visited::Quiet(AT_LEAST_EVERY))
    }

    /// Makes what waited for its delay alone. Returns how long the next of it waits.
    async fn ripen(
        &self,
        desk: &mut Desk,
        now: Timestamp,
    ) -> anyhow::Result<Option<SignedDuration>> {
        let today = now.to_zoned(house::zone(&desk.settings)).date();
        let (control, standing) = (self.installation.control(), desk.settings.powers());
        let settled = raises::settle(control, &desk.scope, standing, (today, now)).await?;
        for ripe in &settled.switched {
            let done = carry_out(&desk.store, &desk.scope, &ripe.steps, now).await?;
            if let Some(settings) = done {
                desk.settings = settings;
            }
        }
        if let Some(house) = &self.house
            && !settled.switched.is_empty()
        {
            house.changed(&desk.scope).await;
        }
        Ok(settled.next_at.map(|at| at.duration_since(now)))
    }

    /// So that announcements of its companies find the tenant, and no other tenant takes them.
    async fn note_companies(&self, desk: &Desk) -> anyhow::Result<()> {
        let known = connections(desk).await?.into_iter().map(|one| Company {
            system: one.system,
            account_id: one.account_id,
            is_read: one.state == ConnectionState::Connected,
        });
        let (control, now) = (self.installation.control(), self.clock.now());
        let others = companies::settle(control, &desk.scope, known.collect(), now).await?;
        if !others.is_empty() {
            // Two tenants read one since before that was refused. Doctor says which.
            let tenant = desk.scope.tenant_id();
            tracing::warn!(tenant, "a company of this tenant belongs to another one");
        }
        Ok(())
    }

    /// Does a job while it is ours. The pages show how far it has come, and they change before it
    /// is over, so whoever waited for it sees the new ones.
    async fn hold(
        &self,
        desk: &Desk,
        lease: Lease,
        stop: &CancellationToken,
    ) -> anyhow::Result<()> {
        // A reading ends at its next page, where the next one goes on; what takes longer is cut off.
        let cut_off = async {
            stop.cancelled().await;
            tokio::time::sleep(web::PATIENCE).await;
        };
        let shown = self.house.as_ref().zip(Work::of_kind(&lease.kind));
        let board = shown.map(|(house, work)| (house.progress(&desk.scope), work));
        let mut watching = board.and_then(|(board, work)| board.begin(work, self.clock.now()));
        let work = async {
            match &mut watching {
                Some(watch) => self.carried_out(desk, &lease, watch).await,
                None => {
                    let mut watch = Unwatched::until(stop.clone());
                    self.carried_out(desk, &lease, &mut watch).await
                }
            }
        };
        let outcome = tokio::select! {
            biased;
            outcome = while_held(desk, &lease, self.lease, work) => match outcome {
                Some(Ok(())) => Outcome::Done,
                Some(Err(error)) if is_lost(&error) => Outcome::Lost,
                Some(Err(_)) if stop.is_cancelled() => Outcome::Stopped,
                Some(Err(error)) => Outcome::Failed(error),
                None => Outcome::Lost,
            },
            () = cut_off => Outcome::Stopped,
        };
        // Whoever did the work, there may be something new to see.
        if let Some(house) = &self.house {
            house.changed(&desk.scope).await;
        }
        if let Some(watch) = watching {
            watch.ended(!matches!(outcome, Outcome::Failed(_)));
        }
        self.end(desk, lease, outcome).await
    }

    async fn end(&self, desk: &Desk, lease: Lease, outcome: Outcome) -> anyhow::Result<()> {
        let (store, scope) = (&desk.store, &desk.scope);
        match outcome {
            Outcome::Done => {
                self.done.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            Outcome::Lost => {
                tracing::warn!(job = lease.job_id, "a job was lost to another worker");
                Ok(())
            }
            Outcome::Stopped => unless_lost(jobs::hand_back(store, scope, lease).await),
            Outcome::Failed(error) => {
                tracing::error!(
                    kind = logs::kind(&error),
                    job = lease.job_id,
                    "a job failed"
                );
                let mut random = [0; 8];
                self.clock.unguessable(&mut random)?;
                // Only the outermost words: a cause may hold what the database said.
                let (reason, random) = (error.to_string(), u64::from_le_bytes(random));
                let after = jobs::fail(store, scope, lease, reason, random).await;
                unless_lost(after.map(drop))
            }
        }
    }

    /// Carries a proposal out. When sight of it is lost, whoever has to look is told at once.
    async fn execute(&self, desk: &Desk, id: &str) -> anyhow::Result<()> {
        let was_lost = alarm::is_out_of_sight(desk, id).await?;
        let ledger = Ledger::open(desk).await?;
        let ended = Executor::new(desk, &ledger).run(id).await;
        if let (Err(_), Some(post), false) = (&ended, &self.post, was_lost)
            && alarm::is_out_of_sight(desk, id).await?
        {
            alarm::tell(desk, post, id).await?;
        }
        ended.map(drop)
    }

    async fn carried_out(
        &self,
        desk: &Desk,
        lease: &Lease,
        watch: &mut dyn Watch,
    ) -> anyhow::Result<()> {
        match lease.kind.as_str() {
            // Before both are connected there is nothing to compare, and no books are made up.
            READING if !is_there_to_read(desk).await? => {
                Ok(jobs::complete(&desk.store, &desk.scope, lease.clone()).await?)
            }
            READING => cycle::run_for(desk, lease.clone(), desk.day(None)?, watch).await,
            COMPARISON => cycle::compare_for(desk, lease.clone(), watch).await,
            EXECUTION => {
                let about: About = serde_json::from_str(&lease.payload)?;
                self.execute(desk, &about.proposal).await?;
                Ok(jobs::complete(&desk.store, &desk.scope, lease.clone()).await?)
            }
            ATTACHMENT => {
                let about: About = serde_json::from_str(&lease.payload)?;
                approvals::follow(desk, &about.proposal).await?;
                Ok(jobs::complete(&desk.store, &desk.scope, lease.clone()).await?)
            }
            DIGEST => {
                let post = self.post.as_ref();
                let post = post.context("this process sends no mail, and another one does")?;
                digest::send(desk, post).await?;
                Ok(jobs::complete(&desk.store, &desk.scope, lease.clone()).await?)
            }
            _ => bail!("this version of Plumbline does not know such work"),
        }
    }
}

/// The connections of a tenant, also those that do not stand any more.
async fn connections(desk: &Desk) -> Result<Vec<Connection>, StoreError> {
    let mut found = Vec::new();
    for system in [System::Procore, System::QuickBooks] {
        found.extend(connections::connection(&desk.store, &desk.scope, system).await?);
    }
    Ok(found)
}

/// Whether both systems were connected once, and not both were ended by a person.
async fn is_there_to_read(desk: &Desk) -> Result<bool, StoreError> {
    let known = connections(desk).await?;
    let is_open = |one: &Connection| one.state != ConnectionState::Disconnected;
    Ok(known.len() == 2 && known.iter().any(is_open))
}

/// What a look at a tenant came to.
enum Visited {
    /// A job was done, or tried.
    Worked,
    /// Nothing is due for so long.
    Quiet(SignedDuration),
}

/// How holding a job ended.
enum Outcome {
    Done,
    Failed(anyhow::Error),
    Lost,
    Stopped,
}

/// Works while a job is ours, and renews its lease meanwhile; nothing comes of it when the job is
/// lost.
pub async fn while_held<T>(
    desk: &Desk,
    lease: &Lease,
    length: SignedDuration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let lost = CancellationToken::new();
    // A task of its own: the work may keep its thread busy for longer than a lease.
    let (store, scope) = (desk.store.clone(), desk.scope.clone());
    let signs = signs_of_life(store, scope, lease.clone(), length, lost.clone());
    let signs = tokio::spawn(signs);
    let _ends_with_the_work = AbortOnDrop(signs.abort_handle());
    tokio::select! {
        biased;
        done = work => Some(done),
        () = lost.cancelled() => None,
    }
}

/// Renews the lease until it is lost.
async fn signs_of_life(
    store: Store,
    scope: TenantScope,
    lease: Lease,
    length: SignedDuration,
    lost: CancellationToken,
) {
    // It ends by the database's clock, so this is real time.
    let pause = length.unsigned_abs() / SIGNS_OF_LIFE;
    loop {
        tokio::time::sleep(pause).await;
        match jobs::renew(&store, &scope, &lease, length).await {
            Ok(()) => {}
            Err(StoreError::Refused(Refusal::LeaseLost { .. })) => {
                lost.cancel();
                return;
            }
            // The next sign may come through before the lease ends.
            Err(error) => tracing::warn!(%error, "a lease could not be renewed"),
        }
    }
}

struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn is_lost(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(StoreError::Refused(
            Refusal::LeaseLost { .. } | Refusal::CycleNotOpen { .. }
        ))
    )
}

fn unless_lost(result: Result<(), StoreError>) -> anyhow::Result<()> {
    match result {
        Err(StoreError::Refused(Refusal::LeaseLost { .. })) => Ok(()),
        other => Ok(other?),
    }
}
