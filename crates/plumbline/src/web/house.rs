//! The tenants that this process serves, with what their screens read kept in memory.
//!
//! A view is made once for each published result and replaced as a whole, so a page never mixes
//! two results. What other processes publish is noticed by a cheap look, once a second at most.
//! Only so many tenants are kept as [`MOST_OPEN`] says; the one that nobody asked for in the
//! longest while is let go of. Work is asked for here and done by a worker.

mod tenant;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use connectors::http::Clock;
use figures::Date;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::control::agenda;
use store::jobs::{self, JobState};
use store::{Installation, TenantScope};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use tenant::Tenant;

use super::health::Readiness;
use super::hooks::Hooks;
use super::progress::Shared;
use super::signin::door::Door;
use crate::logs;
use crate::sandboxes::Local;
use crate::settings::Settings;
use crate::work;

/// So many tenants are kept with what their screens read.
pub const MOST_OPEN: usize = store::OPEN_TENANTS;
/// Everything that the pages share.
pub struct House {
    installation: Installation,
    clock: Arc<dyn Clock>,
    /// Those that somebody has asked for lately.
    tenants: tokio::sync::Mutex<Open>,
    boards: Mutex<BTreeMap<String, Arc<Shared>>>,
    wake: Arc<Notify>,
    door: Door,
    hooks: Hooks,
    local: Option<Local>,
    origin: String,
    stopping: CancellationToken,
    readiness: Readiness,
}

/// The tenants that are kept, each with the number of its last use.
#[derive(Default)]
struct Open {
    tenants: BTreeMap<String, (Arc<Tenant>, u64)>,
    uses: u64,
}

impl House {
    /// Serves the tenants of an installation to whoever the door lets in.
    #[must_use]
    pub fn new(installation: Installation, clock: Arc<dyn Clock>, door: Door) -> Self {
        Self {
            installation,
            clock,
            tenants: tokio::sync::Mutex::default(),
            boards: Mutex::default(),
            wake: Arc::default(),
            origin: door.link(""),
            door,
            hooks: Hooks::default(),
            local: None,
            stopping: CancellationToken::new(),
            readiness: Readiness::default(),
        }
    }

    /// The same with what tells true announcements of vendors from others.
    #[must_use]
    pub fn with_hooks(mut self, hooks: Hooks) -> Self {
        self.hooks = hooks;
        self
    }

    /// The same with sandboxes on this machine that may be connected besides the vendors. Their
    /// addresses come from whoever starts the process, never from a page: a person at a browser
    /// must not make this machine call itself.
    #[must_use]
    pub fn with_local(mut self, local: Option<Local>) -> Self {
        self.local = local;
        self
    }

    /// The sandboxes on this machine, where there are some.
    #[must_use]
    pub fn local(&self) -> Option<&Local> {
        self.local.as_ref()
    }

    /// How announcements of vendors are told from others.
    #[must_use]
    pub fn hooks(&self) -> &Hooks {
        &self.hooks
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Wakes the workers of this process.
    #[must_use]
    pub fn wake(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    /// Everything that is kept.
    #[must_use]
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// How people get in.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Where browsers find us; what vendors send people back to.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether a request was made for us: the host of our origin, or this machine by its other
    /// name when we listen on it.
    #[must_use]
    pub fn is_our_host(&self, host: &str) -> bool {
        let own = self.origin.split_once("://").map_or("", |(_, own)| own);
        let port = own.strip_prefix("127.0.0.1:");
        host == own || (port.is_some() && host.strip_prefix("localhost:") == port)
    }

    /// The tenant of a scope, which only a session, a token or the operator has.
    ///
    /// # Errors
    /// When its data cannot be opened.
    pub async fn tenant(&self, scope: &TenantScope) -> anyhow::Result<Arc<Tenant>> {
        let mut open = self.tenants.lock().await;
        open.uses += 1;
        let now = open.uses;
        if let Some((tenant, used)) = open.tenants.get_mut(scope.tenant_id()) {
            *used = now;
            return Ok(Arc::clone(tenant));
        }
        let tenant = Arc::new(Tenant {
            installation: self.installation.clone(),
            store: self.installation.store(scope.tenant_id()).await?,
            scope: scope.clone(),
            clock: Arc::clone(&self.clock),
            view: tokio::sync::Mutex::default(),
            is_refreshing: AtomicBool::new(false),
            names: tokio::sync::Mutex::default(),
            progress: self.progress(scope),
        });
        let entry = (Arc::clone(&tenant), now);
        open.tenants.insert(scope.tenant_id().to_owned(), entry);
        if open.tenants.len() > MOST_OPEN {
            let oldest = open.tenants.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(id) = oldest.map(|(id, _)| id.clone()) {
                open.tenants.remove(&id);
            }
        }
        Ok(tenant)
    }

    /// How many tenants are kept.
    pub async fn open_tenants(&self) -> usize {
        self.tenants.lock().await.tenants.len()
    }

    /// The progress of a tenant's work, whether or not anybody looks.
    #[must_use]
    pub fn progress(&self, scope: &TenantScope) -> Arc<Shared> {
        let mut boards = self.boards.lock().unwrap_or_else(PoisonError::into_inner);
        // What nobody holds and says nothing is forgotten.
        boards.retain(|_, board| Arc::strong_count(board) > 1 || !board.is_empty());
        let board = boards.entry(scope.tenant_id().to_owned());
        let new = || Arc::new(Shared::until(self.stopping.clone()));
        Arc::clone(board.or_insert_with(new))
    }

    /// A tenant is gone: nothing of it is kept in memory.
    pub async fn forget(&self, scope: &TenantScope) {
        self.tenants.lock().await.tenants.remove(scope.tenant_id());
    }

    /// A tenant has other results: its screens show them from the next page on.
    pub async fn changed(&self, scope: &TenantScope) {
        let open = self.tenants.lock().await;
        let tenant = open.tenants.get(scope.tenant_id());
        let tenant = tenant.map(|(tenant, _)| Arc::clone(tenant));
        drop(open);
        if let Some(tenant) = tenant
            && let Err(error) = tenant.refresh_if_shown().await
        {
            tracing::error!(kind = logs::kind(&error), "a view could not be made");
        }
    }

    /// A job of a tenant was written, whether or not anybody looks at the tenant: the pages say so,
    /// and the workers are told.
    pub async fn asked(&self, scope: &TenantScope, work: Option<Work>) {
        let now = self.now();
        if let Some(work) = work {
            self.progress(scope).asked(Some((work, now)));
        }
        if let Err(error) = agenda::ask(self.installation.control(), scope, now).await {
            // The job is there; a worker finds it when it comes by.
            tracing::warn!(%error, "the agenda could not be written");
        }
        self.wake.notify_one();
    }

    /// Today in the tenant's time zone.
    ///
    /// # Errors
    /// When the tenant's data cannot be read.
    pub async fn today(&self, scope: &TenantScope) -> anyhow::Result<Date> {
        let view = self.tenant(scope).await?.view().await?;
        Ok(self.now().to_zoned(view.zone.clone()).date())
    }

    /// Cancelled once the process is to end: nothing new is begun, and what runs ends where it can
    /// be taken up again.
    #[must_use]
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Whether requests can be served, else the class of what is wrong.
    ///
    /// # Errors
    /// `stopping`, `database`, `keys` or `schema`.
    pub async fn readiness(&self) -> Result<(), &'static str> {
        if self.stopping.is_cancelled() {
            return Err("stopping");
        }
        self.readiness.of(&self.installation).await
    }

    /// How many jobs of the tenants in use are in each state.
    pub async fn jobs(&self) -> Vec<(&'static str, u64)> {
        let open = self.tenants.lock().await;
        let tenants = open.tenants.values().map(|(tenant, _)| Arc::clone(tenant));
        let tenants: Vec<_> = tenants.collect();
        drop(open);
        let mut found = [("waiting", 0), ("leased", 0), ("dead", 0)];
        for tenant in tenants {
            // A tenant that cannot be read is missing here; its pages say so.
            let counts = jobs::counts(&tenant.store, &tenant.scope).await;
            for (state, count) in counts.unwrap_or_default() {
                let at = match state {
                    JobState::Waiting => 0,
                    JobState::Leased => 1,
                    JobState::Dead => 2,
                    JobState::Done => continue,
                };
                found[at].1 += count;
            }
        }
        found.to_vec()
    }

    /// Ends readings at their next page, which the next process goes on from, and closes everything.
    pub async fn close(&self) {
        let open = std::mem::take(&mut *self.tenants.lock().await);
        let idle = async {
            for (tenant, _) in open.tenants.into_values() {
                if !tenant.progress.now().is_elsewhere {
                    tenant.progress.idle().await;
                }
            }
        };
        if tokio::time::timeout(super::PATIENCE, idle).await.is_err() {
            tracing::warn!("a reading did not end in time and is cut off");
        }
        self.installation.close().await;
    }
}

/// What runs in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Both systems are read.
    Read,
    /// What was read is compared again.
    Compare,
}

impl Work {
    /// The work of a kind of job, where the pages show it.
    #[must_use]
    pub fn of_kind(kind: &str) -> Option<Self> {
        match kind {
            work::READING => Some(Self::Read),
            work::COMPARISON => Some(Self::Compare),
            _ => None,
        }
    }
}

/// A time zone of the settings; UTC when it is unknown, which `doctor` reports.
#[must_use]
pub fn zone(settings: &Settings) -> TimeZone {
    TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC)
}
