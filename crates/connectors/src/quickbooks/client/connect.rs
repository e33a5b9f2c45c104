//! Where QuickBooks is, and how a company is connected.

use std::sync::Arc;

use figures::source::System;
use url::Url;

use super::{Client, is_realm};
use crate::http::{AddressError, Conditions, FixedBearer, checked_address};
use crate::oauth::{
    Application, Callback, ConnectError, Endpoints, PendingLogin, Secret, TokenEndpoint, TokenVault,
};

/// Which QuickBooks: the addresses of the API and of the authorisation server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Origin of the Accounting API.
    pub api: Url,
    /// Addresses of the authorisation server.
    pub endpoints: Endpoints,
}

impl Environment {
    /// Real companies.
    ///
    /// # Errors
    /// Never in practice: the addresses are constants.
    pub fn production() -> Result<Self, AddressError> {
        Self::intuit("https://quickbooks.api.intuit.com")
    }

    /// Intuit's developer sandbox.
    ///
    /// # Errors
    /// Never in practice: the addresses are constants.
    pub fn developer_sandbox() -> Result<Self, AddressError> {
        Self::intuit("https://sandbox-quickbooks.api.intuit.com")
    }

    /// A local sandbox, which serves everything at one origin.
    ///
    /// # Errors
    /// [`AddressError`] when the origin may not be used.
    pub fn local(origin: &str) -> Result<Self, AddressError> {
        let at = |path: &str| checked_address(&format!("{}{path}", origin.trim_end_matches('/')));
        Ok(Self {
            api: at("/")?,
            endpoints: Endpoints {
                authorize: at("/connect/oauth2")?,
                token: at("/oauth2/v1/tokens/bearer")?,
                revoke: at("/v2/oauth2/tokens/revoke")?,
            },
        })
    }

    fn intuit(api: &str) -> Result<Self, AddressError> {
        Ok(Self {
            api: checked_address(api)?,
            endpoints: Endpoints {
                authorize: checked_address("https://appcenter.intuit.com/connect/oauth2")?,
                token: checked_address(
                    "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
                )?,
                revoke: checked_address(
                    "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
                )?,
            },
        })
    }
}

/// Completes a login: the code becomes tokens, the company named in the browser is trusted only
/// after it has answered with them, and then the tokens are kept. Returns the company's id.
///
/// `bound` is the company this connection belongs to already; another one is refused.
///
/// # Errors
/// [`ConnectError`]; a grant that is not kept is revoked.
pub async fn connect(
    environment: &Environment,
    application: &Application,
    login: PendingLogin,
    callback: &Callback,
    bound: Option<&str>,
    vault: &dyn TokenVault,
    conditions: Conditions,
) -> Result<String, ConnectError> {
    let now = conditions.clock.now();
    let code = login.finish(application, callback, now)?;
    let realm = callback.realm_id.clone().filter(|realm| is_realm(realm));
    let realm = realm.ok_or(ConnectError::NoAccount(System::QuickBooks))?;
    if let Some(bound) = bound.filter(|bound| *bound != realm) {
        return Err(ConnectError::OtherAccount {
            system: System::QuickBooks,
            bound: bound.to_owned(),
            given: realm,
        });
    }
    let endpoint = TokenEndpoint::new(application.clone(), conditions.limits)
        .map_err(|cause| ConnectError::Address(cause.sentence(System::QuickBooks)))?;
    let mut tokens = endpoint.exchange(&code, now).await?;
    let access = tokens
        .access
        .clone()
        .unwrap_or_else(|| Secret::new(String::new()));
    let bearer = Arc::new(FixedBearer(Arc::new(access.clone())));
    let looked = match Client::with_bearers(environment, &realm, bearer, conditions) {
        Ok(client) => client.company_info().await.map(|_| ()),
        Err(error) => Err(error),
    };
    if let Err(error) = looked {
        let revoked = endpoint
            .revoke(tokens.refresh.as_ref().unwrap_or(&access))
            .await;
        if let Err(error) = revoked {
            tracing::warn!(%error, "a grant that is not kept could not be revoked");
        }
        return Err(ConnectError::Account(Box::new(error)));
    }
    tokens.account = Some(realm.clone());
    vault.save(tokens).await?;
    Ok(realm)
}
