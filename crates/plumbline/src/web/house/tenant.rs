//! One tenant that is open: what its screens read, and what is asked for of its workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use connectors::http::Clock;
use jiff::{SignedDuration, Timestamp};
use store::jobs::{self, JobState};
use store::{Installation, Store, StoreError, TenantScope, mirror, results};

use super::Work;
use crate::approvals::edit::Names;
use crate::desk::Desk;
use crate::logs;
use crate::settings::Settings;
use crate::web::progress::{Progress, Shared};
use crate::web::tenant_view::TenantView;

/// So often a page looks for what other processes have published.
const LOOK_EVERY: SignedDuration = SignedDuration::from_secs(1);

/// One tenant, open for work.
pub struct Tenant {
    pub(super) installation: Installation,
    pub(super) store: Store,
    pub(super) scope: TenantScope,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) view: tokio::sync::Mutex<Option<Kept>>,
    pub(super) is_refreshing: AtomicBool,
    /// Names, and the cycle in which they were read.
    pub(super) names: tokio::sync::Mutex<Option<(i64, Arc<Names>)>>,
    pub(super) progress: Arc<Shared>,
}

/// A view, what it was made of, and when somebody last looked whether that still stands.
pub(super) struct Kept {
    view: Arc<TenantView>,
    stamp: String,
    looked_at: Timestamp,
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

    /// What the screens read. Of a server that other processes work on too, what they published
    /// is looked for once a second at most; until the new view is made the pages show the one
    /// before, so that nobody waits.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn view(self: &Arc<Self>) -> anyhow::Result<Arc<TenantView>> {
        let mut kept = self.view.lock().await;
        let Some(known) = kept.as_mut() else {
            let made = self.made().await?;
            let view = Arc::clone(&made.view);
            *kept = Some(made);
            return Ok(view);
        };
        let now = self.clock.now();
        let is_due = now.duration_since(known.looked_at) >= LOOK_EVERY;
        if self.installation.is_on_a_server() && is_due {
            known.looked_at = now;
            self.look_at_work().await?;
            if results::stamp(&self.store, &self.scope).await? != known.stamp {
                self.refresh_in_the_background();
            }
        }
        Ok(Arc::clone(&known.view))
    }

    async fn made(&self) -> anyhow::Result<Kept> {
        // Taken first: whatever changes while the view is made shows at the next look.
        let looked_at = self.clock.now();
        let stamp = results::stamp(&self.store, &self.scope).await?;
        let view = Arc::new(TenantView::load(&self.desk().await?).await?);
        Ok(Kept {
            view,
            stamp,
            looked_at,
        })
    }

    /// Whether another process works on the tenant, or a job waits for one.
    async fn look_at_work(&self) -> anyhow::Result<()> {
        let mut work = None;
        for state in [JobState::Leased, JobState::Waiting] {
            for job in jobs::jobs(&self.store, &self.scope, state).await? {
                let is_due = state == JobState::Leased || job.run_at <= self.clock.now();
                if let Some(kind) = Work::of_kind(&job.kind)
                    && is_due
                {
                    work = work.or(Some((kind, job.run_at)));
                }
            }
        }
        self.progress.asked(work);
        Ok(())
    }

    fn refresh_in_the_background(self: &Arc<Self>) {
        if self.is_refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        let tenant = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = tenant.refresh().await {
                tracing::error!(kind = logs::kind(&error), "a view could not be made");
            }
            tenant.is_refreshing.store(false, Ordering::Release);
        });
    }

    pub(super) async fn refresh_if_shown(&self) -> anyhow::Result<()> {
        if self.view.lock().await.is_none() {
            return Ok(());
        }
        self.refresh().await
    }

    /// Reads the view afresh and shows it from the next page on. Until then the pages show the
    /// one before, so that nobody waits.
    ///
    /// # Errors
    /// When the store cannot be read; then the next page tries again.
    pub async fn refresh(&self) -> anyhow::Result<()> {
        let fresh = self.made().await;
        let mut kept = self.view.lock().await;
        match fresh {
            Ok(made) => {
                *kept = Some(made);
                Ok(())
            }
            Err(error) => {
                *kept = None;
                Err(error)
            }
        }
    }

    /// What accounts, customers, vendors and so on are called, as they were read last. They stay
    /// until there is a newer reading: a company has thousands, and each would be read for every sheet.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn names(&self) -> Result<Arc<Names>, StoreError> {
        let Some(newest) = mirror::cycle_as_of(&self.store, &self.scope, None).await? else {
            return Ok(Arc::default());
        };
        let mut known = self.names.lock().await;
        if let Some((_, names)) = known.as_ref().filter(|(of, _)| *of == newest.number) {
            return Ok(Arc::clone(names));
        }
        let names = Names::of_cycle(&self.store, &self.scope, newest.number).await?;
        let names = Arc::new(names);
        *known = Some((newest.number, Arc::clone(&names)));
        Ok(names)
    }

    /// How far a reading has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress.now()
    }

    /// Returns when nothing is being read or compared, or waits for it.
    pub async fn idle(&self) {
        self.progress.idle().await;
    }
}
