//! The four form posts of OAuth: exchange, refresh, service account, revocation.

use base64::Engine;
use figures::source::System;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;

use super::login::LoginError;
use super::secret::Secret;
use super::vault::{Standing, StoredTokens, VaultError};
use crate::http::{Cause, FetchError, Limits, build, checked_address, send, shown};

/// The addresses of one vendor's authorisation server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Where a person consents, in the browser.
    pub authorize: Url,
    /// Where codes and refresh tokens become tokens.
    pub token: Url,
    /// Where a grant ends.
    pub revoke: Url,
}

/// An application registered with a vendor. No `Debug`, because its secret is in it.
#[derive(Clone)]
pub struct Application {
    /// Whose application it is.
    pub system: System,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: Secret,
    /// The redirect address, exactly as registered.
    pub redirect_uri: String,
    /// The vendor's addresses.
    pub endpoints: Endpoints,
}

/// Why a token could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// The grant is expired, revoked, already used or of another application.
    #[error(
        "{system} no longer accepts the authorisation ({message}); a person has to connect it again"
    )]
    InvalidGrant {
        /// The vendor.
        system: System,
        /// What it said.
        message: String,
    },
    /// The client id, the secret or the environment is wrong.
    #[error(
        "{system} does not know this application ({message}); check the client id, its secret, and that both belong to the chosen environment"
    )]
    InvalidClient {
        /// The vendor.
        system: System,
        /// What it said.
        message: String,
    },
    /// The request never reached the vendor.
    #[error("{system} cannot be reached ({detail})")]
    NotSent {
        /// The vendor.
        system: System,
        /// What the network said.
        detail: String,
    },
    /// The request was sent and nothing usable came back: it may have been carried out.
    #[error("the answer of {system} to a token request was lost ({detail})")]
    Lost {
        /// The vendor.
        system: System,
        /// What happened.
        detail: String,
    },
    /// Another refusal.
    #[error("{system} refused a token request with status {status} ({message})")]
    Refused {
        /// The vendor.
        system: System,
        /// HTTP status.
        status: u16,
        /// What it said.
        message: String,
    },
}

/// Talks to one vendor's token and revocation addresses, and to nothing else.
pub(crate) struct TokenEndpoint {
    application: Application,
    http: reqwest::Client,
    limits: Limits,
}

#[derive(Deserialize)]
struct Grant {
    access_token: String,
    expires_in: i64,
    refresh_token: Option<String>,
    x_refresh_token_expires_in: Option<i64>,
    x_refresh_token_hard_expires_in: Option<i64>,
    token_type: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

/// Tokens have small answers; a large one is not a token.
const TOKEN_LIMITS_BYTES: usize = 1024 * 1024;

impl TokenEndpoint {
    pub(crate) fn new(application: Application, limits: Limits) -> Result<Self, Cause> {
        for url in [&application.endpoints.token, &application.endpoints.revoke] {
            checked_address(url.as_str()).map_err(|error| Cause::Unreachable {
                detail: error.to_string(),
            })?;
        }
        let limits = Limits {
            body_bytes: TOKEN_LIMITS_BYTES,
            ..limits
        };
        let http = build(&limits, &application.endpoints.token)?;
        Ok(Self {
            application,
            http,
            limits,
        })
    }

    pub(crate) const fn application(&self) -> &Application {
        &self.application
    }

    /// Turns the code of a callback into tokens.
    pub(crate) async fn exchange(
        &self,
        code: &Secret,
        now: Timestamp,
    ) -> Result<StoredTokens, OauthError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &self.application.redirect_uri),
        ];
        self.grant(&form, now).await
    }

    /// Turns a refresh token into a new pair.
    pub(crate) async fn refresh(
        &self,
        refresh: &Secret,
        now: Timestamp,
    ) -> Result<StoredTokens, OauthError> {
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose()),
        ];
        if self.application.system == System::Procore {
            form.push(("redirect_uri", &self.application.redirect_uri));
        }
        self.grant(&form, now).await
    }

    /// A token of the service account.
    pub(crate) async fn service_account(&self, now: Timestamp) -> Result<StoredTokens, OauthError> {
        self.grant(&[("grant_type", "client_credentials")], now)
            .await
    }

    /// Ends the grant at the vendor.
    pub(crate) async fn revoke(&self, token: &Secret) -> Result<(), OauthError> {
        let url = self.application.endpoints.revoke.clone();
        let reply = self.post(url, &[("token", token.expose())]).await?;
        if (200..300).contains(&reply.status) {
            Ok(())
        } else {
            Err(self.refusal(&reply))
        }
    }

    async fn grant(
        &self,
        form: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<StoredTokens, OauthError> {
        let system = self.application.system;
        let url = self.application.endpoints.token.clone();
        let reply = self.post(url, form).await?;
        if reply.status != 200 {
            return Err(self.refusal(&reply));
        }
        let grant: Grant = serde_json::from_slice(&reply.body).map_err(|_| OauthError::Lost {
            system,
            detail: "the answer is not a token".to_owned(),
        })?;
        let bearer = grant
            .token_type
            .as_deref()
            .is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        if !bearer || grant.access_token.is_empty() || grant.expires_in <= 0 {
            let detail = "the answer holds no usable bearer token".to_owned();
            return Err(OauthError::Lost { system, detail });
        }
        let after = |seconds: i64| {
            now.checked_add(SignedDuration::from_secs(seconds))
                .unwrap_or(Timestamp::MAX)
        };
        Ok(StoredTokens {
            standing: Standing::Connected,
            access: Some(Secret::new(grant.access_token)),
            refresh: grant
                .refresh_token
                .filter(|text| !text.is_empty())
                .map(Secret::new),
            obtained_at: now,
            expires_at: after(grant.expires_in),
            refresh_expires_at: grant.x_refresh_token_expires_in.map(after),
            consent_expires_at: grant.x_refresh_token_hard_expires_in.map(after),
            account: None,
            refresh_started: None,
        })
    }

    async fn post(
        &self,
        url: Url,
        form: &[(&str, &str)],
    ) -> Result<crate::http::Reply, OauthError> {
        let application = &self.application;
        let secret = application.client_secret.expose();
        let mut form = form.to_vec();
        let mut request = self.http.post(url).header("accept", "application/json");
        match application.system {
            System::QuickBooks => {
                let pair = format!("{}:{secret}", application.client_id);
                let pair = base64::engine::general_purpose::STANDARD.encode(pair);
                request = request
                    .header("authorization", format!("Basic {pair}"))
                    .header("x-include-refresh-token-hard-expires-in", "true");
            }
            System::Procore => {
                form.push(("client_id", &application.client_id));
                form.push(("client_secret", secret));
            }
        }
        let system = application.system;
        send(request.form(&form), &self.limits)
            .await
            .map_err(|cause| match cause {
                Cause::Unreachable { detail } => OauthError::NotSent { system, detail },
                Cause::TimedOut => OauthError::Lost {
                    system,
                    detail: "no answer in time".to_owned(),
                },
                Cause::Interrupted { detail } => OauthError::Lost { system, detail },
                other => OauthError::Lost {
                    system,
                    detail: other.sentence(system),
                },
            })
    }

    fn refusal(&self, reply: &crate::http::Reply) -> OauthError {
        let system = self.application.system;
        let status = reply.status;
        if status >= 500 || status == 429 {
            return OauthError::Lost {
                system,
                detail: format!("status {status}"),
            };
        }
        let Ok(refusal) = serde_json::from_slice::<Refusal>(&reply.body) else {
            return OauthError::Refused {
                system,
                status,
                message: "no reason given".to_owned(),
            };
        };
        let message = shown(
            refusal
                .error_description
                .as_deref()
                .unwrap_or(&refusal.error),
        );
        match refusal.error.as_str() {
            "invalid_grant" => OauthError::InvalidGrant { system, message },
            "invalid_client" | "unauthorized_client" => {
                OauthError::InvalidClient { system, message }
            }
            _ => OauthError::Refused {
                system,
                status,
                message,
            },
        }
    }
}

/// Why a connection could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The browser's return is not good.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The vendor gave no token.
    #[error(transparent)]
    Oauth(#[from] OauthError),
    /// The account cannot be read with the new token.
    #[error("{0}")]
    Account(Box<FetchError>),
    /// Another account than the one this connection is bound to.
    #[error(
        "this connection is bound to {system} company {bound}, but access was given to {given}; choose {bound} on the consent page"
    )]
    OtherAccount {
        /// The vendor.
        system: System,
        /// The account it is bound to.
        bound: String,
        /// The account that was chosen.
        given: String,
    },
    /// The return names no usable account.
    #[error("the return from {0} names no company; begin again")]
    NoAccount(System),
    /// An address may not be used.
    #[error("{0}")]
    Address(String),
    /// The tokens could not be kept.
    #[error(transparent)]
    Vault(#[from] VaultError),
}
