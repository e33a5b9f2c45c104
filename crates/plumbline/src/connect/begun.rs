//! A consent that a person was sent away to give, until the browser comes back.
//!
//! It lies with the tenant, so that it is found again by another process, or by the next one. It
//! counts once, for ten minutes, and in the session that began it.

use connectors::oauth::{Callback, PendingLogin};
use figures::source::System;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use store::connections::{self, PendingAuthorization, ReturnedState};
use store::{Refusal, Secret, StoreError};
use url::Url;

use super::PATIENCE;
use crate::desk::Desk;
use crate::settings::Access;

/// A consent that was begun. How the system is reached is kept only once the consent is given and
/// the company has answered. No `Debug`, because a client secret is in it.
pub struct Begun {
    pub(super) login: PendingLogin,
    pub(super) access: Access,
}

/// The same as it is sealed. The client secret stands apart, because settings never hold it.
#[derive(Serialize, Deserialize)]
struct Kept {
    login: PendingLogin,
    access: Access,
    client_secret: String,
}

impl Begun {
    /// How the system will be reached.
    #[must_use]
    pub const fn access(&self) -> &Access {
        &self.access
    }

    fn kept(self) -> serde_json::Result<Secret> {
        let client_secret = self.access.client().secret.expose().to_owned();
        let kept = Kept {
            login: self.login,
            access: self.access,
            client_secret,
        };
        Ok(Secret::new(serde_json::to_string(&kept)?))
    }

    fn of(kept: &Secret) -> serde_json::Result<Self> {
        let kept: Kept = serde_json::from_str(kept.expose())?;
        Ok(Self {
            login: kept.login,
            access: kept.access.with_secret(Secret::new(kept.client_secret)),
        })
    }
}

/// Begins a consent whose browser comes back to the redirect address of the access, in the same
/// session. Returns the address to send the person to; an earlier one of the session for the same
/// system counts no more.
///
/// # Errors
/// When an address may not be used, the machine has no randomness, or the store cannot write.
pub async fn begin(desk: &Desk, access: Access, session_id: &str) -> anyhow::Result<Url> {
    let (login, address) = PendingLogin::begin(&access.application()?, desk.clock.as_ref())?;
    let now = desk.clock.now();
    let pending = PendingAuthorization {
        system: access.system(),
        // What is kept of it is a digest, so it is read where it stands.
        state: Secret::new(Callback::from_query(&address).state),
        session: session_id.to_owned(),
        kept: Begun { login, access }.kept()?,
        expires_at: now + SignedDuration::try_from(PATIENCE)?,
    };
    connections::start_authorization(&desk.store, &desk.scope, pending, now).await?;
    Ok(address)
}

/// Takes the consent that a browser came back from, once; nothing when none of this session and
/// system has this state, or it was used before, or is too old.
///
/// # Errors
/// When the store cannot be read or written, or what was kept cannot be understood.
pub async fn returned(
    desk: &Desk,
    system: System,
    session_id: &str,
    callback: &Callback,
) -> anyhow::Result<Option<Begun>> {
    let returned = ReturnedState {
        system,
        state: Secret::new(callback.state.clone()),
        session: session_id.to_owned(),
    };
    let now = desk.clock.now();
    match connections::redeem_state(&desk.store, &desk.scope, returned, now).await {
        Ok(kept) => Ok(Some(Begun::of(&kept)?)),
        Err(StoreError::Refused(
            Refusal::UnknownState | Refusal::StateUsed | Refusal::StateExpired,
        )) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
