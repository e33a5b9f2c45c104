//! The store's tokens as the connectors' token vault.
//!
//! The store decides who may refresh and remembers a refresh whose end is unknown; this adapter
//! only translates. It must not know how tokens are obtained or what they open.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use connectors::http::{BoxFuture, Clock};
use connectors::oauth::{RefreshStart, Secret, Standing, StoredTokens, TokenVault, VaultError};
use figures::source::System;
use jiff::{SignedDuration, Timestamp};
use store::connections::{self, ConnectionState, NewConnection};
use store::control::Control;
use store::control::companies::{self, Company};
use store::tokens::{self, RefreshFailure, RefreshRequest, RefreshTicket, TokenSet};
use store::{Refusal, Store, StoreError, TenantScope};

use crate::desk::Desk;
use crate::settings::{Access, Settings};
use crate::work;

/// Keeps the tokens of one system in the store.
pub struct StoreVault {
    store: Store,
    scope: TenantScope,
    system: System,
    environment: String,
    grant_type: &'static str,
    clock: Arc<dyn Clock>,
    connecting: Option<Connecting>,
    held: Mutex<Held>,
}

/// What a new connection takes besides its tokens.
#[derive(Clone)]
struct Connecting {
    control: Control,
    settings: Settings,
    access: Access,
}

/// What this process knows of the pair.
#[derive(Default)]
struct Held {
    generation: i64,
    ticket: Option<RefreshTicket>,
}

/// So often settings are read again that somebody else changes at the same moment.
const TRIES: usize = 5;
/// Longer than a token request may take.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

type Done<'a, T> = BoxFuture<'a, Result<T, VaultError>>;

impl StoreVault {
    /// The vault of a system of the desk's tenant. Environment and grant type are noted with a new
    /// connection, and what is done is done by whoever the desk's scope acts for.
    #[must_use]
    pub fn at(desk: &Desk, system: System, environment: &str, grant_type: &'static str) -> Self {
        Self {
            store: desk.store.clone(),
            scope: desk.scope.clone(),
            system,
            environment: environment.to_owned(),
            grant_type,
            clock: Arc::clone(&desk.clock),
            connecting: None,
            held: Mutex::default(),
        }
    }

    /// The same for a new connection: its company is taken in the control data, and the settings
    /// with how it is reached are kept together with it and with the job that reads it.
    #[must_use]
    pub fn connecting(mut self, desk: &Desk, access: Access) -> Self {
        self.connecting = Some(Connecting {
            control: desk.installation.control().clone(),
            settings: desk.settings.clone(),
            access,
        });
        self
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // What is held stays usable after a panic elsewhere.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn loaded(&self) -> Result<StoredTokens, StoreError> {
        let connection = connections::connection(&self.store, &self.scope, self.system).await?;
        let Some(connection) = connection else {
            return Ok(StoredTokens::none());
        };
        let account = Some(connection.account_id);
        match connection.state {
            ConnectionState::Connected => {
                let stored = tokens::current(&self.store, &self.scope, self.system).await?;
                Ok(self.taken(stored, account))
            }
            ConnectionState::NeedsReconnect(reason) => {
                let standing = Standing::NeedsReconnect { reason };
                Ok(StoredTokens {
                    standing,
                    account,
                    ..StoredTokens::none()
                })
            }
            ConnectionState::Disconnected => Ok(StoredTokens::none()),
        }
    }

    /// Notes the generation and translates.
    fn taken(&self, stored: tokens::StoredTokens, account: Option<String>) -> StoredTokens {
        self.held().generation = stored.generation;
        let secret = |kept: &store::Secret| Secret::new(kept.expose().to_owned());
        StoredTokens {
            standing: Standing::Connected,
            access: Some(secret(&stored.tokens.access_token)),
            refresh: stored.tokens.refresh_token.as_ref().map(secret),
            obtained_at: stored.tokens.obtained_at,
            expires_at: stored.tokens.access_expires_at,
            refresh_expires_at: stored.tokens.refresh_expires_at,
            consent_expires_at: None,
            account,
            refresh_started: None,
        }
    }

    async fn begin(&self, at: Timestamp) -> Result<RefreshStart, StoreError> {
        let request = RefreshRequest {
            system: self.system,
            holder: self.store.holder(),
            seen_generation: self.held().generation,
            lease: LEASE,
        };
        let connection = connections::connection(&self.store, &self.scope, self.system).await?;
        let account = connection.map(|connection| connection.account_id);
        match tokens::begin_refresh(&self.store, &self.scope, request, at).await {
            Ok(tokens::RefreshStart::Go {
                stored,
                ambiguous,
                ticket,
            }) => {
                let mut taken = self.taken(stored, account);
                taken.refresh_started = ambiguous.then_some(at);
                self.held().ticket = Some(ticket);
                Ok(RefreshStart::Begun(taken))
            }
            Ok(tokens::RefreshStart::AlreadyRefreshed(stored)) => {
                Ok(RefreshStart::Done(self.taken(stored, account)))
            }
            Ok(tokens::RefreshStart::Busy { .. }) => Ok(RefreshStart::Busy),
            // There is nothing to refresh; the standing says why.
            Err(StoreError::Refused(Refusal::NeedsReconnect { .. })) => {
                Ok(RefreshStart::Begun(self.loaded().await?))
            }
            Err(error) => Err(error),
        }
    }

    async fn keep(&self, fresh: StoredTokens) -> Result<(), StoreError> {
        let now = self.clock.now();
        let kept = |secret: &Secret| store::Secret::new(secret.expose().to_owned());
        let access = fresh
            .access
            .as_ref()
            .ok_or(StoreError::Unreadable { what: "token" })?;
        let set = TokenSet {
            access_token: kept(access),
            refresh_token: fresh.refresh.as_ref().map(kept),
            obtained_at: fresh.obtained_at,
            access_expires_at: fresh.expires_at,
            refresh_expires_at: fresh.refresh_expires_at,
        };
        let ticket = self.held().ticket.take();
        match ticket {
            Some(ticket) => {
                let stored =
                    tokens::save_refreshed(&self.store, &self.scope, ticket, set, now).await?;
                self.held().generation = stored.generation;
                Ok(())
            }
            None => {
                self.connect(fresh.account.unwrap_or_default(), set, now)
                    .await
            }
        }
    }

    /// Takes the company, then binds the tenant to it. A grant that is not kept is not revoked:
    /// with the same application that would end the access of whoever has the company.
    async fn connect(
        &self,
        account_id: String,
        tokens: TokenSet,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let new = NewConnection {
            system: self.system,
            environment: self.environment.clone(),
            account_id: account_id.clone(),
            grant_type: self.grant_type.to_owned(),
            tokens,
        };
        // Only a vault of a new connection gets tokens that no refresh was begun for.
        let connecting = self.connecting.clone();
        let connecting = connecting.ok_or(StoreError::Unreadable { what: "token" })?;
        let company = Company {
            system: self.system,
            account_id,
            is_read: true,
        };
        companies::take(&connecting.control, &self.scope, company, now).await?;
        self.bind(new, connecting, now).await
    }

    /// Somebody may have changed the settings since they were read: the other system is connected
    /// at the same moment. A consent that was given is not lost for that.
    async fn bind(
        &self,
        new: NewConnection,
        connecting: Connecting,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Connecting {
            mut settings,
            access,
            ..
        } = connecting;
        for _ in 0..TRIES {
            let reaching = settings.reaching(access.clone());
            let unreadable = |_| StoreError::Unreadable { what: "settings" };
            let kept = (reaching.stored().map_err(unreadable)?, reaching.made_from());
            let (new, job) = (new.clone(), work::reading(work::Cause::Connection));
            let bound =
                connections::connect_and_read(&self.store, &self.scope, new, kept, job, now).await;
            if !matches!(bound, Err(StoreError::Refused(Refusal::SettingsChanged))) {
                return bound;
            }
            let read = Settings::load(&self.store, &self.scope).await;
            settings = read.map_err(unreadable)?;
        }
        Err(Refusal::SettingsChanged.into())
    }

    async fn release(&self, failure: RefreshFailure) -> Result<(), StoreError> {
        let ticket = self.held().ticket.take();
        match ticket {
            Some(ticket) => {
                tokens::release_refresh(&self.store, &self.scope, ticket, failure).await
            }
            None => Ok(()),
        }
    }
}

fn not_kept(error: StoreError) -> VaultError {
    VaultError(error.to_string())
}

impl TokenVault for StoreVault {
    fn load(&self) -> Done<'_, StoredTokens> {
        Box::pin(async { self.loaded().await.map_err(not_kept) })
    }

    fn begin_refresh(&self, at: Timestamp) -> Done<'_, RefreshStart> {
        Box::pin(async move { self.begin(at).await.map_err(not_kept) })
    }

    fn save(&self, tokens: StoredTokens) -> Done<'_, ()> {
        Box::pin(async { self.keep(tokens).await.map_err(not_kept) })
    }

    fn abandon_refresh(&self) -> Done<'_, ()> {
        Box::pin(async {
            self.release(RefreshFailure::NotSent)
                .await
                .map_err(not_kept)
        })
    }

    fn leave_refresh_open(&self) -> Done<'_, ()> {
        Box::pin(async {
            self.release(RefreshFailure::Unknown)
                .await
                .map_err(not_kept)
        })
    }

    fn needs_reconnect<'a>(&'a self, reason: &'a str) -> Done<'a, ()> {
        Box::pin(async move {
            self.held().ticket = None;
            let (reason, now) = (reason.to_owned(), self.clock.now());
            connections::needs_reconnect(&self.store, &self.scope, self.system, reason, now)
                .await
                .map_err(not_kept)
        })
    }

    fn forget(&self) -> Done<'_, ()> {
        Box::pin(async {
            self.held().ticket = None;
            connections::disconnect(&self.store, &self.scope, self.system, self.clock.now())
                .await
                .map_err(not_kept)
        })
    }
}
