//! A live authorisation: hands out access tokens and refreshes them without ever losing one.
//!
//! The refresh is crash-safe. Both vendors replace the refresh token when it is used, and Procore
//! kills the old one even if its answer never arrives. So: take the connection's lease, read the
//! tokens again, write `refresh_started` and commit, call the vendor, write the new pair and
//! commit, and only then use it. A process that dies in between leaves `refresh_started` behind:
//! the old token is then tried once; if the vendor refuses it, a person has to consent again and
//! every figure that needs the system is refused until then.
//!
//! A refresh runs in a task of its own: whoever asked for a token may leave before it comes (a browser
//! that is closed, a job whose lease is over), and the vendor has replaced the token all the same.

use std::sync::Arc;
use std::time::Duration;

use figures::source::System;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tracing::Instrument as _;

use super::endpoint::{Application, OauthError, TokenEndpoint};
use super::secret::Secret;
use super::vault::{RefreshStart, Standing, StoredTokens, TokenVault, VaultError};
use crate::http::{Bearers, BoxFuture, Cause, Clock, Limits};

/// How tokens are obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// A person consented; the refresh token rotates.
    Person,
    /// Procore's service account; there is nothing to rotate.
    ServiceAccount,
}

/// One authorised connection. It is shared by everything that reads over it, so that one refresh
/// at a time happens in this process; the vault's lease does the same between processes.
pub struct Connection {
    grant: Arc<Grant>,
}

/// What is done with the tokens of a connection, to its end even when nobody waits for it.
struct Grant {
    endpoint: TokenEndpoint,
    vault: Arc<dyn TokenVault>,
    clock: Arc<dyn Clock>,
    way: Way,
    current: Mutex<Current>,
}

/// What this process knows.
#[derive(Default)]
struct Current {
    tokens: Option<StoredTokens>,
    /// After a refresh that failed for a passing reason, a token that is still good is used
    /// until then without another try.
    next_try: Option<Timestamp>,
}

/// A token is not used in the last minute of its life.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// How often we look whether another process has finished refreshing.
const LOOKS: u32 = 60;
const LOOK_PAUSE: Duration = Duration::from_secs(2);
/// Pause between refreshes while the old token is still good.
const NEXT_TRY: SignedDuration = SignedDuration::from_secs(30);

impl Connection {
    /// A connection that a person consented to.
    ///
    /// # Errors
    /// [`Cause::Unreachable`] when an address may not be used.
    pub fn of_person(
        application: Application,
        vault: Arc<dyn TokenVault>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, Cause> {
        Self::new(application, vault, clock, limits, Way::Person)
    }

    /// A connection of Procore's service account.
    ///
    /// # Errors
    /// [`Cause::NotConnected`] for QuickBooks, which has no service accounts;
    /// [`Cause::Unreachable`] when an address may not be used.
    pub fn of_service_account(
        application: Application,
        vault: Arc<dyn TokenVault>,
        clock: Arc<dyn Clock>,
        limits: Limits,
    ) -> Result<Self, Cause> {
        if application.system != System::Procore {
            let reason = "only Procore has service accounts".to_owned();
            return Err(Cause::NotConnected { reason });
        }
        Self::new(application, vault, clock, limits, Way::ServiceAccount)
    }

    fn new(
        application: Application,
        vault: Arc<dyn TokenVault>,
        clock: Arc<dyn Clock>,
        limits: Limits,
        way: Way,
    ) -> Result<Self, Cause> {
        let endpoint = TokenEndpoint::new(application, limits)?;
        let grant = Arc::new(Grant {
            endpoint,
            vault,
            clock,
            way,
            current: Mutex::default(),
        });
        Ok(Self { grant })
    }

    /// Revokes the grant at the vendor and destroys the tokens here. The tokens are destroyed
    /// even when the vendor cannot be told; the error then says so.
    ///
    /// # Errors
    /// [`Cause::NotKept`] from the vault, otherwise what the revocation met.
    pub async fn disconnect(&self) -> Result<(), Cause> {
        let grant = Arc::clone(&self.grant);
        to_its_end(async move { grant.end().await }).await
    }

    async fn token(&self, refused: Option<Arc<Secret>>) -> Result<Arc<Secret>, Cause> {
        let grant = Arc::clone(&self.grant);
        to_its_end(async move { grant.good(refused.as_deref()).await }).await
    }
}

/// Waits for something that is not cut off when the one who waits is.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Cause>> + Send + 'static,
) -> Result<T, Cause> {
    match tokio::spawn(work.in_current_span()).await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Cause::Interrupted {
                detail: "the program is stopping".to_owned(),
            }),
        },
    }
}

impl Grant {
    async fn end(&self) -> Result<(), Cause> {
        let mut current = self.current.lock().await;
        let stored = self.vault.load().await.map_err(not_kept)?;
        *current = Current::default();
        self.vault.forget().await.map_err(not_kept)?;
        // QuickBooks: either token ends the grant. Procore: the access token is asked for.
        let token = match self.endpoint.application().system {
            System::QuickBooks => stored.refresh.or(stored.access),
            System::Procore => stored.access.or(stored.refresh),
        };
        match token {
            Some(token) => self
                .endpoint
                .revoke(&token)
                .await
                .map_err(|error| self.cause(error)),
            None => Ok(()),
        }
    }

    /// A token that is good now; refreshes it first when 80 % of its life is over.
    async fn good(&self, refused: Option<&Secret>) -> Result<Arc<Secret>, Cause> {
        let mut current = self.current.lock().await;
        if let Some(token) = current
            .tokens
            .as_ref()
            .and_then(|known| self.fit(known, refused))
        {
            return Ok(token);
        }
        // Somebody else may have refreshed since we last looked.
        let stored = self.vault.load().await.map_err(not_kept)?;
        current.tokens = Some(stored.clone());
        if let Some(token) = self.fit(&stored, refused) {
            return Ok(token);
        }
        let still_good = refused.is_none() && self.is_usable(&stored);
        let now = self.clock.now();
        if still_good && current.next_try.is_some_and(|at| now < at) {
            return stored.access.map(Arc::new).ok_or_else(no_token);
        }
        match self.refresh(refused).await {
            Ok(tokens) => {
                let token = tokens.access.clone();
                *current = Current {
                    tokens: Some(tokens),
                    next_try: None,
                };
                token.map(Arc::new).ok_or_else(no_token)
            }
            // A refresh that failed for a passing reason does not make a good token bad.
            Err(Cause::Unreachable { .. } | Cause::TimedOut | Cause::Interrupted { .. })
                if still_good =>
            {
                current.next_try = now.checked_add(NEXT_TRY).ok();
                stored.access.map(Arc::new).ok_or_else(no_token)
            }
            Err(cause) => {
                current.tokens = None;
                Err(cause)
            }
        }
    }

    /// The access token, unless it is due for a refresh.
    fn fit(&self, tokens: &StoredTokens, refused: Option<&Secret>) -> Option<Arc<Secret>> {
        if self.is_due(tokens, refused) {
            None
        } else {
            tokens.access.clone().map(Arc::new)
        }
    }

    fn is_usable(&self, tokens: &StoredTokens) -> bool {
        let left = tokens.expires_at.duration_since(self.clock.now());
        tokens.standing == Standing::Connected && tokens.access.is_some() && left > SKEW
    }

    fn is_due(&self, tokens: &StoredTokens, refused: Option<&Secret>) -> bool {
        if !self.is_usable(tokens) || (refused.is_some() && tokens.access.as_ref() == refused) {
            return true;
        }
        let life = tokens.expires_at.duration_since(tokens.obtained_at);
        let age = self.clock.now().duration_since(tokens.obtained_at);
        age.as_secs().saturating_mul(5) >= life.as_secs().saturating_mul(4)
    }

    async fn refresh(&self, refused: Option<&Secret>) -> Result<StoredTokens, Cause> {
        for _ in 0..LOOKS {
            let begun = self
                .vault
                .begin_refresh(self.clock.now())
                .await
                .map_err(not_kept)?;
            match begun {
                RefreshStart::Begun(stored) if !self.is_due(&stored, refused) => {
                    // Another process finished between our look and our lease.
                    self.vault.abandon_refresh().await.map_err(not_kept)?;
                    return Ok(stored);
                }
                RefreshStart::Begun(stored) => return self.call(stored).await,
                RefreshStart::Done(stored) if !self.is_due(&stored, refused) => return Ok(stored),
                RefreshStart::Done(_) => {}
                RefreshStart::Busy => {
                    self.clock
                        .sleep(LOOK_PAUSE + self.clock.jitter(LOOK_PAUSE))
                        .await;
                    let stored = self.vault.load().await.map_err(not_kept)?;
                    if !self.is_due(&stored, refused) {
                        return Ok(stored);
                    }
                }
            }
        }
        Err(Cause::TimedOut)
    }

    /// Holds the lease and calls the vendor.
    async fn call(&self, stored: StoredTokens) -> Result<StoredTokens, Cause> {
        if self.way == Way::ServiceAccount {
            let outcome = self.endpoint.service_account(self.clock.now()).await;
            return self.keep(outcome, &stored, false).await;
        }
        if let Standing::NeedsReconnect { reason } = &stored.standing {
            let reason = reason.clone();
            self.vault.abandon_refresh().await.map_err(not_kept)?;
            return Err(Cause::NotConnected { reason });
        }
        let Some(refresh) = &stored.refresh else {
            self.vault.abandon_refresh().await.map_err(not_kept)?;
            return Err(Cause::NotConnected {
                reason: "nobody has connected it".to_owned(),
            });
        };
        let mut unsure = stored.refresh_started.is_some();
        let mut outcome = self.endpoint.refresh(refresh, self.clock.now()).await;
        if matches!(outcome, Err(OauthError::Lost { .. })) {
            // The vendor may have carried it out. One more try tells, unless it is lost as well.
            unsure = true;
            outcome = self.endpoint.refresh(refresh, self.clock.now()).await;
        }
        self.keep(outcome, &stored, unsure).await
    }

    /// Writes down how it ended, before anybody uses the outcome.
    async fn keep(
        &self,
        outcome: Result<StoredTokens, OauthError>,
        stored: &StoredTokens,
        unsure: bool,
    ) -> Result<StoredTokens, Cause> {
        match outcome {
            Ok(mut fresh) => {
                fresh.account = stored.account.clone();
                if self.way == Way::Person {
                    fresh.refresh = fresh.refresh.or_else(|| stored.refresh.clone());
                }
                fresh.consent_expires_at = fresh.consent_expires_at.or(stored.consent_expires_at);
                self.vault.save(fresh.clone()).await.map_err(not_kept)?;
                Ok(fresh)
            }
            Err(error @ OauthError::InvalidGrant { .. }) if self.way == Way::Person => {
                let reason = if unsure {
                    "an earlier refresh was cut off after the vendor had replaced the token"
                } else {
                    "the authorisation has expired or was revoked"
                };
                tracing::warn!(system = %self.endpoint.application().system, %error, "reconnect needed");
                self.vault.needs_reconnect(reason).await.map_err(not_kept)?;
                Err(Cause::NotConnected {
                    reason: reason.to_owned(),
                })
            }
            Err(error @ (OauthError::Lost { .. } | OauthError::NotSent { .. })) => {
                let open = unsure || matches!(error, OauthError::Lost { .. });
                if open && self.way == Way::Person {
                    self.vault.leave_refresh_open().await.map_err(not_kept)?;
                } else {
                    self.vault.abandon_refresh().await.map_err(not_kept)?;
                }
                Err(self.cause(error))
            }
            Err(error) => {
                // The vendor answered and did not carry it out.
                self.vault.abandon_refresh().await.map_err(not_kept)?;
                Err(self.cause(error))
            }
        }
    }

    fn cause(&self, error: OauthError) -> Cause {
        cause_of(error)
    }
}

/// An authorisation failure in the words of a failed read.
pub(crate) fn cause_of(error: OauthError) -> Cause {
    match error {
        OauthError::NotSent { detail, .. } => Cause::Unreachable { detail },
        OauthError::Lost { detail, .. } => Cause::Interrupted { detail },
        other => Cause::NotConnected {
            reason: other.to_string(),
        },
    }
}

pub(crate) fn not_kept(error: VaultError) -> Cause {
    Cause::NotKept {
        detail: error.to_string(),
    }
}

fn no_token() -> Cause {
    Cause::NotConnected {
        reason: "there is no access token".to_owned(),
    }
}

impl Bearers for Connection {
    fn bearer(&self) -> BoxFuture<'_, Result<Arc<Secret>, Cause>> {
        Box::pin(self.token(None))
    }

    fn renew(&self, refused: Arc<Secret>) -> BoxFuture<'_, Result<Arc<Secret>, Cause>> {
        Box::pin(self.token(Some(refused)))
    }
}
