//! What a tenant has set: where the vendors are and as whom we call them.
//!
//! They lie in the tenant's store. The client secrets in them are sealed there, each for itself,
//! and never written with the rest.

mod access;
mod powers;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use figures::source::System;
use figures::{Date, Money};
use gate::switches::Switches;
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::settings::{MadeFrom, StoredSettings, Then};
use store::{Store, TenantScope};

pub use access::{Access, Client, Environment, ProcoreAccess, QuickBooksAccess, Rights};
pub use powers::carry_out;

use crate::work;
use crate::work::schedule::Schedule;

/// Settings of one tenant.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// IANA name of the contractor's time zone, which decides what day it is.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// The day that the books are looked at instead of today, for sandboxes whose books end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// A mirror older than this many days is too old to show figures from.
    #[serde(default = "three")]
    pub stale_after_days: i32,
    /// When the books are read by themselves.
    #[serde(default)]
    pub schedule: Schedule,
    /// When the daily letter is sent.
    #[serde(default = "half_past_six")]
    pub digest_at: Time,
    /// What may be written, and by which agent; all off until an owner turns it on.
    #[serde(default)]
    pub switches: Switches,
    /// Above this, within seven days and to one party, it takes two to approve.
    #[serde(
        default,
        rename = "second_approval_above_cents",
        skip_serializing_if = "Option::is_none"
    )]
    pub second_approval_above: Option<Money>,
    /// Up to this sum alike proposals about money are approved together; one by one without it.
    #[serde(
        default,
        rename = "together_up_to_cents",
        skip_serializing_if = "Option::is_none"
    )]
    pub together_up_to: Option<Money>,
    /// Procore, once connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procore: Option<ProcoreAccess>,
    /// QuickBooks, once connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quickbooks: Option<QuickBooksAccess>,
    /// What they were made from, so that nobody's change is lost.
    #[serde(skip)]
    made_from: MadeFrom,
}

fn utc() -> String {
    "UTC".to_owned()
}

const fn three() -> i32 {
    3
}

const fn half_past_six() -> Time {
    Time::constant(6, 30, 0, 0)
}

const PROCORE_SECRET: &str = "procore.client_secret";
const QUICKBOOKS_SECRET: &str = "quickbooks.client_secret";

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_zone: utc(),
            as_of: None,
            stale_after_days: three(),
            schedule: Schedule::default(),
            digest_at: half_past_six(),
            switches: Switches::default(),
            second_approval_above: None,
            together_up_to: None,
            procore: None,
            quickbooks: None,
            made_from: MadeFrom::Whatever,
        }
    }
}

impl Settings {
    /// The settings of a tenant; the defaults when it has none yet.
    ///
    /// # Errors
    /// When they cannot be read or understood, or a secret does not open.
    pub async fn load(store: &Store, scope: &TenantScope) -> anyhow::Result<Self> {
        match store::settings::load(store, scope).await? {
            None => Ok(Self {
                made_from: MadeFrom::These(None),
                ..Self::default()
            }),
            Some(stored) => Self::of(&stored),
        }
    }

    fn of(stored: &StoredSettings) -> anyhow::Result<Self> {
        let mut settings: Self = serde_json::from_str(&stored.body)
            .context("failed to understand the settings of the tenant")?;
        for (client, name) in settings.clients() {
            // A tenant that was moved here left its secrets behind; connecting again asks for them.
            if let Some(secret) = stored.secrets.get(name) {
                client.secret = secret.clone();
            }
        }
        settings.made_from = MadeFrom::These(Some(stored.body.clone()));
        Ok(settings)
    }

    /// Keeps the settings, whatever was there: as a whole, or not at all.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn save(&self, store: &Store, scope: &TenantScope) -> anyhow::Result<()> {
        Ok(store::settings::save(store, scope, self.stored()?).await?)
    }

    /// Keeps the settings with the next moments of regular work, and reads the books anew.
    ///
    /// # Errors
    /// [`store::Refusal::SettingsChanged`] when others were kept since these were loaded; when the
    /// store cannot write.
    pub async fn change(
        &self,
        store: &Store,
        scope: &TenantScope,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let zone = TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC);
        let regular = work::regular(self, &zone, now);
        let before = Self::load(store, scope).await?;
        let then = Then {
            made_from: self.made_from.clone(),
            jobs: vec![work::reading(work::Cause::Settings)],
            moments: regular.iter().map(|one| (one.name, one.next_at)).collect(),
            differs: self.differs_from(&before)?.map(|what| (what, now)),
            voids: self
                .switches
                .is_less_than(&before.switches)
                .then_some(("a switch was turned off", now)),
        };
        Ok(store::settings::change(store, scope, self.stored()?, then).await?)
    }

    /// Which settings are others than before, with both values; secrets are not among them.
    fn differs_from(&self, before: &Self) -> anyhow::Result<Option<String>> {
        let (now, was) = (serde_json::to_value(self)?, serde_json::to_value(before)?);
        let (Some(now), Some(was)) = (now.as_object(), was.as_object()) else {
            return Ok(None);
        };
        let names: BTreeSet<&String> = now.keys().chain(was.keys()).collect();
        let value = |of: Option<&serde_json::Value>| {
            of.map_or_else(|| "nothing".to_owned(), serde_json::Value::to_string)
        };
        let differing: Vec<String> = names
            .into_iter()
            .filter(|name| now.get(*name) != was.get(*name))
            .map(|name| {
                let words = name.replace('_', " ");
                format!(
                    "{words}: {} to {}",
                    value(was.get(name)),
                    value(now.get(name))
                )
            })
            .collect();
        Ok((!differing.is_empty()).then(|| differing.join("; ")))
    }

    /// How a system is reached; nothing until somebody has said it.
    #[must_use]
    pub fn access(&self, system: System) -> Option<Access> {
        match system {
            System::Procore => self.procore.clone().map(Access::Procore),
            System::QuickBooks => self.quickbooks.clone().map(Access::QuickBooks),
        }
    }

    /// The same settings with another way to reach a system.
    #[must_use]
    pub fn reaching(mut self, access: Access) -> Self {
        match access {
            Access::Procore(access) => self.procore = Some(access),
            Access::QuickBooks(access) => self.quickbooks = Some(access),
        }
        self
    }

    /// What they were made from.
    #[must_use]
    pub fn made_from(&self) -> MadeFrom {
        self.made_from.clone()
    }

    /// The settings as they are stored.
    ///
    /// # Errors
    /// When they cannot be written as text.
    pub fn stored(&self) -> anyhow::Result<StoredSettings> {
        let mut settings = self.clone();
        Ok(StoredSettings {
            body: serde_json::to_string(&settings)?,
            secrets: settings
                .clients()
                .map(|(client, name)| (name.to_owned(), client.secret.clone()))
                .collect::<BTreeMap<_, _>>(),
        })
    }

    /// The registered applications with the names of their secrets.
    fn clients(&mut self) -> impl Iterator<Item = (&mut Client, &'static str)> {
        let procore = self.procore.as_mut().map(|access| &mut access.client);
        let quickbooks = self.quickbooks.as_mut().map(|access| &mut access.client);
        let procore = procore.map(|client| (client, PROCORE_SECRET));
        procore
            .into_iter()
            .chain(quickbooks.map(|client| (client, QUICKBOOKS_SECRET)))
    }
}
