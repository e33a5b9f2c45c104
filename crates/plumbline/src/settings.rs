//! What the data folder remembers besides the store: where the vendors are and as whom we call.
//!
//! The file is readable by its owner only, because the client secrets are in it. Tokens are not:
//! they live in the store, where they can be replaced in a transaction.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use connectors::http::{AddressError, is_this_machine};
use connectors::oauth::{Application, Endpoints, Secret};
use connectors::procore::client::EnvironmentError;
use connectors::{procore, quickbooks};
use figures::Date;
use figures::source::System;
use serde::{Deserialize, Serialize};

/// Settings of one data folder.
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
    /// Procore, once connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procore: Option<ProcoreAccess>,
    /// QuickBooks, once connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quickbooks: Option<QuickBooksAccess>,
}

fn utc() -> String {
    "UTC".to_owned()
}

const fn three() -> i32 {
    3
}

/// With whose rights Procore is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    /// A person consented.
    Person,
    /// The application's own account; it has no refresh token that could be lost.
    ServiceAccount,
}

/// How Procore is reached. No `Debug`, because the client secret is in it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProcoreAccess {
    /// Origin of the login host.
    pub login: String,
    /// Origin of the API host.
    pub api: String,
    /// The company.
    pub company_id: i64,
    /// With whose rights.
    pub rights: Rights,
    /// The registered application.
    pub client: Client,
}

/// How QuickBooks is reached.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuickBooksAccess {
    /// `production`, `sandbox` or the origin of a sandbox on this machine.
    pub environment: String,
    /// The registered application.
    pub client: Client,
}

/// An application registered with a vendor.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Client id.
    pub id: String,
    /// Client secret.
    pub secret: String,
    /// The redirect address, exactly as registered.
    pub redirect_uri: String,
}

const FILE: &str = "settings.json";

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_zone: utc(),
            as_of: None,
            stale_after_days: three(),
            procore: None,
            quickbooks: None,
        }
    }
}

impl Settings {
    /// The settings of a data folder; the defaults when it has none yet.
    ///
    /// # Errors
    /// When the file cannot be read or understood.
    pub fn load(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => {
                return Err(error).with_context(|| format!("failed to read {}", path.display()));
            }
        };
        serde_json::from_str(&text)
            .with_context(|| format!("failed to understand {}", path.display()))
    }

    /// Writes the settings: as a whole, or not at all.
    ///
    /// # Errors
    /// Whatever the file system refuses.
    pub fn save(&self, data: &Path) -> anyhow::Result<()> {
        let path = data.join(FILE);
        let fresh = data.join("settings.json.new");
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&fresh).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&fresh, &path)
        });
        written.with_context(|| format!("failed to write {}", path.display()))
    }
}

impl ProcoreAccess {
    /// Where Procore is.
    ///
    /// # Errors
    /// When the hosts do not belong together.
    pub fn environment(&self) -> Result<procore::client::Environment, EnvironmentError> {
        procore::client::Environment::of_hosts(&self.login, &self.api)
    }

    /// The application, for the authorisation server of this environment.
    ///
    /// # Errors
    /// When the hosts do not belong together.
    pub fn application(&self) -> Result<Application, EnvironmentError> {
        Ok(self
            .client
            .application(System::Procore, self.environment()?.endpoints))
    }

    /// Whether it is a sandbox on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.environment()
            .is_ok_and(|environment| is_this_machine(&environment.api))
    }
}

impl QuickBooksAccess {
    /// Where QuickBooks is.
    ///
    /// # Errors
    /// When the address may not be used.
    pub fn environment(&self) -> Result<quickbooks::client::Environment, AddressError> {
        match self.environment.as_str() {
            "production" => quickbooks::client::Environment::production(),
            "sandbox" => quickbooks::client::Environment::developer_sandbox(),
            origin => quickbooks::client::Environment::local(origin),
        }
    }

    /// The application, for the authorisation server of this environment.
    ///
    /// # Errors
    /// When the address may not be used.
    pub fn application(&self) -> Result<Application, AddressError> {
        Ok(self
            .client
            .application(System::QuickBooks, self.environment()?.endpoints))
    }

    /// Whether it is a sandbox on this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.environment()
            .is_ok_and(|environment| is_this_machine(&environment.api))
    }
}

impl Client {
    fn application(&self, system: System, endpoints: Endpoints) -> Application {
        Application {
            system,
            client_id: self.id.clone(),
            client_secret: Secret::new(self.secret.clone()),
            redirect_uri: self.redirect_uri.clone(),
            endpoints,
        }
    }
}
