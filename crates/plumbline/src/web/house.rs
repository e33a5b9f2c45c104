//! The tenants that this process serves, with what their screens read kept in memory.
//!
//! A view is made once for each published result and replaced as a whole, so a page never mixes
//! two results. Reading runs in the background: one at a time for each tenant.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use connectors::http::Clock;
use connectors::oauth::PendingLogin;
use figures::Date;
use figures::source::System;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::jobs::{self, JobState};
use store::{Installation, Store, TenantScope};
use tokio_util::sync::CancellationToken;

use super::health::Readiness;
use super::progress::{Progress, Shared};
use super::signin::door::Door;
use super::tenant_view::TenantView;
use crate::cycle;
use crate::desk::Desk;
use crate::logs;
use crate::settings::Settings;

/// Everything that the pages share.
pub struct House {
    installation: Installation,
    clock: Arc<dyn Clock>,
    /// Those that somebody has asked for since the start.
    tenants: tokio::sync::Mutex<BTreeMap<String, Arc<Tenant>>>,
    door: Door,
    origin: String,
    stopping: CancellationToken,
    readiness: Readiness,
}

/// One tenant, open for work.
pub struct Tenant {
    installation: Installation,
    store: Store,
    scope: TenantScope,
    clock: Arc<dyn Clock>,
    view: tokio::sync::Mutex<Option<Arc<TenantView>>>,
    progress: Arc<Shared>,
    logins: Mutex<BTreeMap<System, (String, PendingLogin)>>,
}

impl House {
    /// Serves the tenants of an installation to whoever the door lets in.
    #[must_use]
    pub fn new(installation: Installation, clock: Arc<dyn Clock>, door: Door) -> Self {
        Self {
            installation,
            clock,
            tenants: tokio::sync::Mutex::default(),
            origin: door.link(""),
            door,
            stopping: CancellationToken::new(),
            readiness: Readiness::default(),
        }
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
        let mut tenants = self.tenants.lock().await;
        if let Some(tenant) = tenants.get(scope.tenant_id()) {
            return Ok(Arc::clone(tenant));
        }
        let tenant = Arc::new(Tenant {
            installation: self.installation.clone(),
            store: self.installation.store(scope.tenant_id()).await?,
            scope: scope.clone(),
            clock: Arc::clone(&self.clock),
            view: tokio::sync::Mutex::default(),
            progress: Arc::new(Shared::until(self.stopping.clone())),
            logins: Mutex::default(),
        });
        tenants.insert(scope.tenant_id().to_owned(), Arc::clone(&tenant));
        Ok(tenant)
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
        let tenants: Vec<_> = self.tenants.lock().await.values().map(Arc::clone).collect();
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
        self.stopping.cancel();
        let tenants = std::mem::take(&mut *self.tenants.lock().await);
        let idle = async {
            for tenant in tenants.into_values() {
                tenant.progress.idle().await;
            }
        };
        if tokio::time::timeout(super::PATIENCE, idle).await.is_err() {
            tracing::warn!("a reading did not end in time and is cut off");
        }
        self.installation.close().await;
    }
}

impl Tenant {
    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Whose data it is.
    #[must_use]
    pub fn scope(&self) -> &TenantScope {
        &self.scope
    }

    /// The settings as they stand now.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn settings(&self) -> anyhow::Result<Settings> {
        Settings::load(&self.store, &self.scope).await
    }

    /// A desk to work at.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub async fn desk(&self) -> anyhow::Result<Desk> {
        Ok(Desk {
            installation: self.installation.clone(),
            store: self.store.clone(),
            scope: self.scope.clone(),
            settings: self.settings().await?,
            clock: Arc::clone(&self.clock),
        })
    }

    /// What the screens read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn view(&self) -> anyhow::Result<Arc<TenantView>> {
        let mut kept = self.view.lock().await;
        if let Some(view) = kept.as_ref() {
            return Ok(Arc::clone(view));
        }
        let view = Arc::new(TenantView::load(&self.desk().await?).await?);
        *kept = Some(Arc::clone(&view));
        Ok(view)
    }

    /// Reads the view afresh and shows it from the next page on. Until then the pages show the
    /// one before, so that nobody waits.
    ///
    /// # Errors
    /// When the store cannot be read; then the next page tries again.
    pub async fn refresh(&self) -> anyhow::Result<()> {
        let fresh = match self.desk().await {
            Ok(desk) => TenantView::load(&desk).await,
            Err(error) => Err(error),
        };
        let mut kept = self.view.lock().await;
        match fresh {
            Ok(view) => {
                *kept = Some(Arc::new(view));
                Ok(())
            }
            Err(error) => {
                *kept = None;
                Err(error)
            }
        }
    }

    /// How far a reading has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.now()
    }

    /// Reads both systems in the background, unless that is already under way.
    pub fn read_now(self: &Arc<Self>) {
        self.work(Work::Read);
    }

    /// Compares the books again in the background with what people have decided meanwhile.
    pub fn compare_again(self: &Arc<Self>) {
        self.work(Work::Compare);
    }

    /// Returns when nothing is being read or compared.
    pub async fn idle(&self) {
        self.progress.idle().await;
    }

    fn work(self: &Arc<Self>, work: Work) {
        if self.progress.is_stopping() {
            return;
        }
        let Some(mut watch) = self.progress.begin(work, self.clock.now()) else {
            return;
        };
        let tenant = Arc::clone(self);
        tokio::spawn(async move {
            let mut next = work;
            loop {
                let outcome = tenant.run(next, &mut watch).await;
                // The screens change before the work is over, so whoever waited sees the new ones.
                let outcome = tenant.refresh().await.and(outcome);
                if let Err(error) = &outcome
                    && !tenant.progress.is_stopping()
                {
                    tracing::error!(kind = logs::kind(error), "a reading broke");
                }
                if !watch.goes_on(outcome.is_ok()) {
                    break;
                }
                next = Work::Compare;
            }
        });
    }

    async fn run(&self, work: Work, watch: &mut super::progress::Watching) -> anyhow::Result<()> {
        let desk = self.desk().await?;
        match work {
            Work::Read => cycle::run(&desk, desk.day(None)?, watch).await.map(drop),
            Work::Compare => cycle::compare_newest(&desk, watch).await,
        }
    }

    /// Remembers a consent that this person was sent away to give; it replaces an earlier one.
    pub fn begin_login(&self, person_id: &str, login: PendingLogin) {
        let system = login.system();
        self.logins().insert(system, (person_id.to_owned(), login));
    }

    /// Takes the consent that this person is giving, once.
    pub fn take_login(&self, person_id: &str, system: System) -> Option<PendingLogin> {
        let (begun_by, login) = self.logins().remove(&system)?;
        (begun_by == person_id).then_some(login)
    }

    fn logins(&self) -> MutexGuard<'_, BTreeMap<System, (String, PendingLogin)>> {
        // What is kept stays usable after a panic elsewhere.
        self.logins.lock().unwrap_or_else(PoisonError::into_inner)
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

/// A time zone of the settings; UTC when it is unknown, which `doctor` reports.
#[must_use]
pub fn zone(settings: &Settings) -> TimeZone {
    TimeZone::get(&settings.time_zone).unwrap_or(TimeZone::UTC)
}
