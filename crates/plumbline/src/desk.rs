//! A data folder that is open for work: store, settings, clock.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use backoffice::reconcile::matching::decisions::{Decision, Decisions};
use backoffice::reconcile::result::PairKind;
use connectors::http::{Clock, SystemClock};
use figures::Date;
use figures::source::System;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::connections::{self, ConnectionState};
use store::decisions::{self, Verdict};
use store::{Store, TenantScope};

use crate::refused::Refused;
use crate::settings::Settings;

/// An open data folder. One process at a time has it.
pub struct Desk {
    /// The store.
    pub store: Store,
    /// Whose data it is.
    pub scope: TenantScope,
    /// The settings.
    pub settings: Settings,
    /// The folder.
    pub data: PathBuf,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

const STORE: &str = "plumbline.db";

impl Desk {
    /// Opens a data folder, creating it if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be created, is in use, or holds something else.
    pub async fn open(data: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        create_private(data).with_context(|| format!("failed to create {}", data.display()))?;
        let settings = Settings::load(data)?;
        let store = Store::open(data.join(STORE)).await?;
        let scope = store.scope();
        Ok(Self {
            store,
            scope,
            settings,
            data: data.to_owned(),
            clock,
        })
    }

    /// Opens a data folder that must be there, with the machine's clock.
    ///
    /// # Errors
    /// [`Refused`] when there is none: nothing was ever connected.
    pub async fn existing(data: &Path) -> anyhow::Result<Self> {
        if !data.join(STORE).is_file() {
            return Err(Refused::new(format!(
                "Nothing is connected yet: there is no data in {}. Connect both systems with \
                 `plumbline connect procore` and `plumbline connect quickbooks`, or name another \
                 folder with --data.",
                data.display()
            ))
            .into());
        }
        Self::open(data, Arc::new(SystemClock)).await
    }

    /// The day to look at the books: the one that is asked for, the one of the settings, today.
    ///
    /// # Errors
    /// When the time zone of the settings is unknown.
    pub fn day(&self, asked: Option<Date>) -> anyhow::Result<Date> {
        match asked.or(self.settings.as_of) {
            Some(day) => Ok(day),
            None => self.today(),
        }
    }

    /// Today in the contractor's time zone.
    ///
    /// # Errors
    /// When the time zone of the settings is unknown.
    pub fn today(&self) -> anyhow::Result<Date> {
        let name = &self.settings.time_zone;
        let zone = TimeZone::get(name)
            .with_context(|| format!("failed to find the time zone {name} of the settings"))?;
        Ok(self.clock.now().to_zoned(zone).date())
    }

    /// Why a system may not be used now, in whole sentences; nothing when its connection stands.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn why_not(&self, system: System) -> anyhow::Result<Option<String>> {
        let connection = connections::connection(&self.store, &self.scope, system).await?;
        let name = system.name();
        Ok(match connection.map(|connection| connection.state) {
            Some(ConnectionState::Connected) => None,
            Some(ConnectionState::NeedsReconnect(reason)) => Some(format!(
                "{system} must be connected again ({reason}), so nothing that needs it is shown. \
                 Run `plumbline connect {name}`."
            )),
            Some(ConnectionState::Disconnected) | None => Some(format!(
                "{system} is not connected, so nothing that needs it is shown. Run `plumbline \
                 connect {name}`."
            )),
        })
    }

    /// What people have decided about pairs, as it stands now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn decisions(&self) -> anyhow::Result<Decisions> {
        Ok(taken(&decisions::standing(&self.store, &self.scope).await?))
    }

    /// What people had decided about pairs at a moment.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn decisions_at(&self, at: Timestamp) -> anyhow::Result<Decisions> {
        let history = decisions::history(&self.store, &self.scope).await?;
        let mut standing: Vec<decisions::Decision> = Vec::new();
        for decision in history
            .into_iter()
            .filter(|decision| decision.decided_at <= at)
        {
            standing.retain(|earlier| earlier.pair != decision.pair);
            standing.push(decision);
        }
        Ok(taken(&standing))
    }
}

fn taken(standing: &[decisions::Decision]) -> Decisions {
    let mut found = Decisions::default();
    for decision in standing {
        let Some(kind) = pair_kind(&decision.pair.kind) else {
            continue;
        };
        let said = match decision.verdict {
            Verdict::Confirmed => &mut found.confirmed,
            Verdict::Refused => &mut found.refused,
            Verdict::Withdrawn => continue,
        };
        for procore in &decision.pair.procore {
            said.extend(decision.pair.quickbooks.iter().map(|quickbooks| Decision {
                kind,
                procore: procore.clone(),
                quickbooks: quickbooks.clone(),
            }));
        }
    }
    found
}

/// The kind of pair with this name.
#[must_use]
pub fn pair_kind(name: &str) -> Option<PairKind> {
    match name {
        "job" => Some(PairKind::Job),
        "party" => Some(PairKind::Party),
        "document" => Some(PairKind::Document),
        _ => None,
    }
}

fn create_private(data: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data)
}
