//! How the vendors are reached: where they are, which application calls them, with whose rights.

use connectors::http::{AddressError, is_this_machine};
use connectors::oauth::{Application, Endpoints, Secret};
use connectors::procore::client::EnvironmentError;
use connectors::{procore, quickbooks};
use figures::source::System;
use serde::{Deserialize, Serialize};

/// With whose rights Procore is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rights {
    /// A person consented.
    Person,
    /// The application's own account; it has no refresh token that could be lost.
    ServiceAccount,
}

/// Which of a vendor's systems is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Environment {
    /// Real companies
    Production,
    /// The vendor's developer sandbox
    Sandbox,
}

impl Environment {
    /// Login host and API host of Procore.
    #[must_use]
    pub const fn procore_hosts(self) -> (&'static str, &'static str) {
        match self {
            Self::Production => ("https://login.procore.com", "https://api.procore.com"),
            Self::Sandbox => (
                "https://login-sandbox.procore.com",
                "https://sandbox.procore.com",
            ),
        }
    }

    /// How settings name it, and forms.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        }
    }
}

/// How one of the systems is reached. No `Debug`, because the client secret is in it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Procore.
    Procore(ProcoreAccess),
    /// QuickBooks.
    QuickBooks(QuickBooksAccess),
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
    /// Client secret; it is kept apart from the rest.
    #[serde(skip, default = "nothing")]
    pub secret: store::Secret,
    /// The redirect address, exactly as registered.
    pub redirect_uri: String,
}

fn nothing() -> store::Secret {
    store::Secret::new(String::new())
}

impl Access {
    /// The system.
    #[must_use]
    pub const fn system(&self) -> System {
        match self {
            Self::Procore(_) => System::Procore,
            Self::QuickBooks(_) => System::QuickBooks,
        }
    }

    /// With whose rights the system is read.
    #[must_use]
    pub const fn rights(&self) -> Rights {
        match self {
            Self::Procore(access) => access.rights,
            Self::QuickBooks(_) => Rights::Person,
        }
    }

    /// The registered application.
    #[must_use]
    pub const fn client(&self) -> &Client {
        match self {
            Self::Procore(access) => &access.client,
            Self::QuickBooks(access) => &access.client,
        }
    }

    /// The same with the address that the browser comes back to.
    #[must_use]
    pub fn returning_to(mut self, redirect_uri: &str) -> Self {
        redirect_uri.clone_into(&mut self.client_mut().redirect_uri);
        self
    }

    /// The same with the client secret, which is kept apart from the rest.
    #[must_use]
    pub fn with_secret(mut self, secret: store::Secret) -> Self {
        self.client_mut().secret = secret;
        self
    }

    const fn client_mut(&mut self) -> &mut Client {
        match self {
            Self::Procore(access) => &mut access.client,
            Self::QuickBooks(access) => &mut access.client,
        }
    }

    /// The environment as connections name it.
    #[must_use]
    pub fn environment(&self) -> &str {
        match self {
            Self::Procore(access) => &access.api,
            Self::QuickBooks(access) => &access.environment,
        }
    }

    /// The application, for the authorisation server of its environment.
    ///
    /// # Errors
    /// When its addresses may not be used.
    pub fn application(&self) -> anyhow::Result<Application> {
        Ok(match self {
            Self::Procore(access) => access.application()?,
            Self::QuickBooks(access) => access.application()?,
        })
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
            client_secret: Secret::new(self.secret.expose().to_owned()),
            redirect_uri: self.redirect_uri.clone(),
            endpoints,
        }
    }
}
