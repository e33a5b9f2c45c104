//! Where Procore is, and how a company is connected.

use std::sync::Arc;

use figures::source::System;
use url::Url;

use super::Client;
use crate::http::{
    AddressError, Conditions, FetchError, FixedBearer, Place, checked_address, is_this_machine,
};
use crate::oauth::{
    Application, Callback, ConnectError, Endpoints, PendingLogin, Secret, StoredTokens,
    TokenEndpoint, TokenVault,
};

/// Which Procore: a login host and an API host that belong together. Tokens never cross
/// environments, and Procore's own message about a wrong pair is misleading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Origin of the API.
    pub api: Url,
    /// Addresses of the authorisation server.
    pub endpoints: Endpoints,
}

/// Why two hosts are no environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// An address may not be used.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The hosts are of different environments.
    #[error(
        "`{login}` and `{api}` do not belong to the same Procore environment; take both from one of: {}",
        known_pairs()
    )]
    Mixed {
        /// Login host.
        login: String,
        /// API host.
        api: String,
    },
}

/// Login host and API host of production, developer sandbox, monthly sandbox and federal.
const PAIRS: &[(&str, &str)] = &[
    ("https://login.procore.com", "https://api.procore.com"),
    (
        "https://login-sandbox.procore.com",
        "https://sandbox.procore.com",
    ),
    (
        "https://login-sandbox-monthly.procore.com",
        "https://api-monthly.procore.com",
    ),
    ("https://login.procoregov.com", "https://api.procoregov.com"),
];

fn known_pairs() -> String {
    PAIRS
        .iter()
        .map(|(login, api)| format!("{login} with {api}"))
        .collect::<Vec<_>>()
        .join(", ")
}

impl Environment {
    /// Real companies, the customer's on-demand sandbox among them.
    ///
    /// # Errors
    /// Never in practice: the addresses are constants.
    pub fn production() -> Result<Self, EnvironmentError> {
        Self::of_hosts(PAIRS[0].0, PAIRS[0].1)
    }

    /// Procore's developer sandbox.
    ///
    /// # Errors
    /// Never in practice: the addresses are constants.
    pub fn developer_sandbox() -> Result<Self, EnvironmentError> {
        Self::of_hosts(PAIRS[1].0, PAIRS[1].1)
    }

    /// A login host and an API host, which must be one of Procore's pairs or both on this
    /// machine.
    ///
    /// # Errors
    /// [`EnvironmentError`].
    pub fn of_hosts(login: &str, api: &str) -> Result<Self, EnvironmentError> {
        let (login, api) = (login.trim_end_matches('/'), api.trim_end_matches('/'));
        let api_url = checked_address(api)?;
        let login_url = checked_address(login)?;
        let local = is_this_machine(&api_url) && is_this_machine(&login_url);
        if !local && !PAIRS.contains(&(login, api)) {
            return Err(EnvironmentError::Mixed {
                login: login.to_owned(),
                api: api.to_owned(),
            });
        }
        let at = |path: &str| checked_address(&format!("{login}{path}"));
        Ok(Self {
            api: api_url,
            endpoints: Endpoints {
                authorize: at("/oauth/authorize")?,
                token: at("/oauth/token")?,
                revoke: at("/oauth/revoke")?,
            },
        })
    }
}

/// What is connected: the company, and with whose rights.
struct Target<'a> {
    environment: &'a Environment,
    company_id: i64,
    bound: Option<i64>,
    conditions: Conditions,
}

/// Completes a person's login: the code becomes tokens, the company must answer with them, and
/// then the tokens are kept.
///
/// `bound` is the company this connection belongs to already; another one is refused.
///
/// # Errors
/// [`ConnectError`]; a grant that is not kept is revoked.
#[expect(
    clippy::too_many_arguments,
    reason = "each is a different thing, named at its call"
)]
pub async fn connect(
    environment: &Environment,
    application: &Application,
    login: PendingLogin,
    callback: &Callback,
    company_id: i64,
    bound: Option<i64>,
    vault: &dyn TokenVault,
    conditions: Conditions,
) -> Result<(), ConnectError> {
    let now = conditions.clock.now();
    let code = login.finish(application, callback, now)?;
    let target = Target {
        environment,
        company_id,
        bound,
        conditions,
    };
    target.check_bound()?;
    let endpoint = target.endpoint(application)?;
    let tokens = endpoint.exchange(&code, now).await?;
    target.keep(&endpoint, tokens, vault).await
}

/// Connects with the application's service account.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect_service_account(
    environment: &Environment,
    application: &Application,
    company_id: i64,
    bound: Option<i64>,
    vault: &dyn TokenVault,
    conditions: Conditions,
) -> Result<(), ConnectError> {
    let now = conditions.clock.now();
    let target = Target {
        environment,
        company_id,
        bound,
        conditions,
    };
    target.check_bound()?;
    let endpoint = target.endpoint(application)?;
    let tokens = endpoint.service_account(now).await?;
    target.keep(&endpoint, tokens, vault).await
}

impl Target<'_> {
    fn check_bound(&self) -> Result<(), ConnectError> {
        match self.bound.filter(|bound| *bound != self.company_id) {
            Some(bound) => Err(ConnectError::OtherAccount {
                system: System::Procore,
                bound: bound.to_string(),
                given: self.company_id.to_string(),
            }),
            None => Ok(()),
        }
    }

    fn endpoint(&self, application: &Application) -> Result<TokenEndpoint, ConnectError> {
        TokenEndpoint::new(application.clone(), self.conditions.limits)
            .map_err(|cause| ConnectError::Address(cause.sentence(System::Procore)))
    }

    async fn keep(
        self,
        endpoint: &TokenEndpoint,
        mut tokens: StoredTokens,
        vault: &dyn TokenVault,
    ) -> Result<(), ConnectError> {
        let access = tokens
            .access
            .clone()
            .unwrap_or_else(|| Secret::new(String::new()));
        let company_id = self.company_id;
        if let Err(error) = self.look(access.clone()).await {
            if let Err(error) = endpoint.revoke(&access).await {
                tracing::warn!(%error, "a grant that is not kept could not be revoked");
            }
            return Err(ConnectError::Account(Box::new(error)));
        }
        tokens.account = Some(company_id.to_string());
        vault.save(tokens).await?;
        Ok(())
    }

    /// The company must be listed, and a call inside it must pass: without the application's
    /// installation the list succeeds and everything else is refused.
    async fn look(self, access: Secret) -> Result<(), FetchError> {
        let bearer = Arc::new(FixedBearer(Arc::new(access)));
        let client =
            Client::with_bearers(self.environment, self.company_id, bearer, self.conditions)?;
        let place = Place::company("companies");
        let listing = client
            .list(&place, "/rest/v1.0/companies", &[], Some(100))
            .await?;
        let id = self.company_id.to_string();
        if !listing.rows.iter().any(|row| row.id == id) {
            let reason = format!(
                "company {id} is not among the companies of this authorisation; check its id, or \
                 sign in as somebody who belongs to it"
            );
            return Err(FetchError {
                system: System::Procore,
                resource: place.resource,
                project_id: None,
                cause: crate::http::Cause::NotConnected { reason },
                trace: None,
            });
        }
        client
            .show(&place, "/rest/v1.0/company_base_url", &[])
            .await
            .map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_different_environments_are_refused_by_name() {
        assert!(Environment::production().is_ok() && Environment::developer_sandbox().is_ok());
        let mixed =
            Environment::of_hosts("https://login.procore.com", "https://sandbox.procore.com");
        let text = mixed.unwrap_err().to_string();
        assert!(
            text.contains("https://login-sandbox.procore.com with https://sandbox.procore.com")
        );
        assert!(Environment::of_hosts("http://127.0.0.1:1", "http://localhost:2/").is_ok());
        assert!(Environment::of_hosts("http://127.0.0.1:1", "https://api.procore.com").is_err());
        assert!(Environment::of_hosts("http://10.0.0.4", "http://10.0.0.4").is_err());
    }
}
