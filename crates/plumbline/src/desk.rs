//! One tenant of a data folder, open for work: store, settings, clock.

use std::path::Path;
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
use store::control::{Tenant, TenantState};
use store::decisions::{self, Verdict};
use store::{Installation, MasterKeySource, Store, TenantScope};

use crate::earlier_version;
use crate::refused::Refused;
use crate::settings::Settings;

/// One tenant of an open data folder. One process at a time has the folder.
pub struct Desk {
    /// The folder with all its tenants.
    pub installation: Installation,
    /// The tenant's data.
    pub store: Store,
    /// Whose data it is.
    pub scope: TenantScope,
    /// The settings.
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The name of the one tenant that nobody named.
const UNNAMED: &str = "Contractor";

impl Desk {
    /// Opens the only tenant of a data folder, making folder and tenant if they are not there.
    ///
    /// # Errors
    /// When the folder cannot be created, is in use, has several tenants, or its keys cannot be
    /// had.
    pub async fn open(data: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let installation = open_installation(data, clock.as_ref()).await?;
        let tenant = match chosen(installation.tenants().await?)? {
            Some(tenant) => tenant,
            None => installation.create_tenant(UNNAMED, clock.now()).await?,
        };
        Self::at(installation, &tenant.id, clock).await
    }

    /// Opens one tenant of an open data folder.
    ///
    /// # Errors
    /// When there is no such tenant, it is suspended, or its file does not open.
    pub async fn at(
        installation: Installation,
        tenant_id: &str,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let store = installation.store(tenant_id).await?;
        let scope = store.scope();
        let settings = Settings::load(&store, &scope).await?;
        Ok(Self {
            installation,
            store,
            scope,
            settings,
            clock,
        })
    }

    /// Keeps the settings as they are now.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn save_settings(&self) -> anyhow::Result<()> {
        self.settings.save(&self.store, &self.scope).await
    }

    /// Waits for what is running and lets go of the folder.
    pub async fn close(&self) {
        self.installation.close().await;
    }

    /// Opens a data folder that must be there, with the machine's clock.
    ///
    /// # Errors
    /// [`Refused`] when there is none: nothing was ever connected.
    pub async fn existing(data: &Path) -> anyhow::Result<Self> {
        let on_server = database_url().is_some();
        if !on_server && !data.join("keys.json").is_file() && !earlier_version::is_in(data) {
            return Err(Refused::new(format!(
                "Nothing is connected yet: there is no data in {}. Connect both systems in the \
                 browser after `plumbline serve`, or with `plumbline connect procore` and \
                 `plumbline connect quickbooks`, or name another folder with --data.",
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
                 Connect it under Connections, or with `plumbline connect {name}`."
            )),
            Some(ConnectionState::Disconnected) | None => Some(format!(
                "{system} is not connected, so nothing that needs it is shown. Connect it under \
                 Connections, or with `plumbline connect {name}`."
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

/// Opens a data folder with the master key that the environment names, and brings the data of an
/// earlier version forward. With `PLUMBLINE_DATABASE_URL` it connects to that server instead.
///
/// # Errors
/// When the folder is in use, the server is not safe to serve from, or the keys cannot be had.
pub async fn open_installation(data: &Path, clock: &dyn Clock) -> anyhow::Result<Installation> {
    let master_key = master_key()?;
    if let Some(url) = database_url() {
        let durability = store::postgres::Durability::Required;
        return Ok(Installation::connect(&url, &master_key, durability).await?);
    }
    let installation = Installation::open(data, &master_key, clock.now()).await?;
    earlier_version::bring_forward(&installation, data, UNNAMED, clock.now()).await?;
    Ok(installation)
}

/// The address of the database server, when the data is on one. It may hold a password, so it is
/// never an argument, which other users of the machine could see.
pub(crate) fn database_url() -> Option<store::Secret> {
    variable("PLUMBLINE_DATABASE_URL").map(store::Secret::new)
}

pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// Where the master key comes from: `PLUMBLINE_MASTER_KEY_FILE`, `PLUMBLINE_MASTER_KEY_COMMAND`
/// (a program and its arguments, no shell) or `PLUMBLINE_MASTER_KEY` (base64); else a file beside
/// the data folder.
pub(crate) fn master_key() -> anyhow::Result<MasterKeySource> {
    let file = variable("PLUMBLINE_MASTER_KEY_FILE").map(|path| MasterKeySource::File(path.into()));
    let command = variable("PLUMBLINE_MASTER_KEY_COMMAND").map(|words| {
        MasterKeySource::Command(words.split_whitespace().map(str::to_owned).collect())
    });
    let text = variable("PLUMBLINE_MASTER_KEY")
        .map(|text| MasterKeySource::Text(store::Secret::new(text)));
    let mut named = [file, command, text].into_iter().flatten();
    match (named.next(), named.next()) {
        (Some(_), Some(_)) => anyhow::bail!(
            "more than one of PLUMBLINE_MASTER_KEY_FILE, PLUMBLINE_MASTER_KEY_COMMAND and \
             PLUMBLINE_MASTER_KEY is set; keep one of them"
        ),
        (Some(source), None) => Ok(source),
        (None, _) => Ok(MasterKeySource::BesideTheData),
    }
}

/// The tenant that `PLUMBLINE_TENANT` names, or the only one there is.
fn chosen(tenants: Vec<Tenant>) -> anyhow::Result<Option<Tenant>> {
    let mut usable = tenants
        .into_iter()
        .filter(|tenant| matches!(tenant.state, TenantState::Active | TenantState::Suspended));
    if let Some(id) = variable("PLUMBLINE_TENANT") {
        let named = usable.find(|tenant| tenant.id == id);
        return named.map(Some).ok_or_else(|| {
            Refused::new(format!(
                "There is no tenant {id} here. See them with `plumbline tenant list`."
            ))
            .into()
        });
    }
    match (usable.next(), usable.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(Refused::new(
            "This installation has several tenants. See them with `plumbline tenant list` and \
             name one in PLUMBLINE_TENANT."
                .to_owned(),
        )
        .into()),
    }
}
