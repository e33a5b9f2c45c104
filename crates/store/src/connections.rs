//! Connections to the vendors: how one is authorised, and where it stands.
//!
//! An authorisation is started with [`start_authorization`] and redeemed once with
//! [`redeem_state`]; [`connect`] then binds the company together with the first tokens. The text
//! of `state` is stored only as a digest. What goes over the wire is the connectors' business.

use figures::source::System;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::audit::{Action, note_in};
use crate::jobs::{NewJob, enqueue_in};
use crate::keys::Place;
use crate::mirror::{moment, read_moment};
use crate::settings::{MadeFrom, StoredSettings, replace_in};
use crate::sql::query;
use crate::tokens::{TokenSet, write_tokens};
use crate::tx::Tx;
use crate::{Refusal, Secret, Store, StoreError, TenantScope, quarantine};

/// An authorisation that a person was sent away to give.
#[derive(Debug, Clone)]
pub struct PendingAuthorization {
    /// The system.
    pub system: System,
    /// The random text that comes back with the code; at least 256 bits.
    pub state: Secret,
    /// What the authorisation is bound to: the session that started it.
    pub session: String,
    /// What it takes to go on when the answer comes, in whichever process; it is sealed.
    pub kept: Secret,
    /// When it is too late; ten minutes are enough.
    pub expires_at: Timestamp,
}

/// What came back from the vendor, to be checked against what was started here.
#[derive(Debug, Clone)]
pub struct ReturnedState {
    /// The system whose callback was called.
    pub system: System,
    /// The text that came back.
    pub state: Secret,
    /// The session that the answer came in.
    pub session: String,
}

/// Where a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// Tokens are there.
    Connected,
    /// The vendor no longer accepts them, for this reason.
    NeedsReconnect(String),
    /// A person disconnected it; there are no tokens any more.
    Disconnected,
}

/// A connection to one company of a vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The system.
    pub system: System,
    /// `production`, `sandbox` or the like, as the connector names it.
    pub environment: String,
    /// Procore company or QuickBooks realm. It never changes once bound.
    pub account_id: String,
    /// The OAuth grant: `authorization_code` or `client_credentials`.
    pub grant_type: String,
    /// Where it stands.
    pub state: ConnectionState,
    /// Whether everything must be read again before anything is written or undone.
    pub resync_due: bool,
    /// When the state last changed.
    pub changed_at: Timestamp,
}

/// A company to connect, once its identity is verified with the new token.
#[derive(Debug, Clone)]
pub struct NewConnection {
    /// The system.
    pub system: System,
    /// `production`, `sandbox` or the like.
    pub environment: String,
    /// Procore company or QuickBooks realm.
    pub account_id: String,
    /// The OAuth grant.
    pub grant_type: String,
    /// The first tokens.
    pub tokens: TokenSet,
}

fn digest(state: &Secret) -> Vec<u8> {
    Sha256::digest(state.expose().as_bytes()).to_vec()
}

/// The column is named after the first thing that was kept in it.
pub(crate) fn kept_place(row: &str) -> Place<'_> {
    Place {
        table: "oauth_state",
        column: "pkce_verifier",
        row,
    }
}

/// A digest as the name of its row.
pub(crate) fn row_name(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Remembers an authorisation before the person is sent to the vendor. It replaces one of the same
/// session for the same system that was not used.
///
/// # Errors
/// [`Refusal::Quarantined`] after a restore.
pub async fn start_authorization(
    store: &Store,
    scope: &TenantScope,
    pending: PendingAuthorization,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                quarantine::refuse_in(tx).await?;
                query(
                    "DELETE FROM oauth_state
                     WHERE tenant_id = $1
                       AND (expires_at <= $2
                            OR (system = $3 AND session = $4 AND used_at IS NULL))",
                )
                .bind(tx.tenant())
                .bind(moment(now))
                .bind(pending.system.name())
                .bind(pending.session.clone())
                .execute(tx.connection())
                .await?;
                let digest = digest(&pending.state);
                let row = row_name(&digest);
                let kept = tx.seal(kept_place(&row), &pending.kept)?;
                query(
                    "INSERT INTO oauth_state
                         (tenant_id, state_digest, system, session, pkce_verifier, expires_at)
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(tx.tenant())
                .bind(digest)
                .bind(pending.system.name())
                .bind(pending.session)
                .bind(kept)
                .bind(moment(pending.expires_at))
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// Uses an authorisation up and returns what was kept with it. It works once, whoever else tries at
/// the same moment.
///
/// # Errors
/// [`Refusal::UnknownState`], [`Refusal::StateUsed`] or [`Refusal::StateExpired`].
pub async fn redeem_state(
    store: &Store,
    scope: &TenantScope,
    returned: ReturnedState,
    now: Timestamp,
) -> Result<Secret, StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let digest = digest(&returned.state);
                let row = row_name(&digest);
                let known: Option<(Option<String>, String, Option<String>)> = query(
                    "SELECT used_at, expires_at, pkce_verifier FROM oauth_state
                     WHERE tenant_id = $1 AND state_digest = $2 AND system = $3 AND session = $4",
                )
                .bind(tx.tenant())
                .bind(digest.clone())
                .bind(returned.system.name())
                .bind(returned.session)
                .row_if_any(tx.connection())
                .await?;
                let (used_at, expires_at, kept) = known.ok_or(Refusal::UnknownState)?;
                if used_at.is_some() {
                    return Err(Refusal::StateUsed.into());
                }
                if expires_at <= moment(now) {
                    return Err(Refusal::StateExpired.into());
                }
                let used = query(
                    "UPDATE oauth_state SET used_at = $3, pkce_verifier = NULL
                     WHERE tenant_id = $1 AND state_digest = $2 AND used_at IS NULL",
                )
                .bind(tx.tenant())
                .bind(digest)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                if used == 0 {
                    return Err(Refusal::StateUsed.into());
                }
                tx.unseal(kept_place(&row), &kept.unwrap_or_default())
            })
        })
        .await
}

/// Binds the company and stores its first tokens, in one transaction. Connecting again replaces
/// the tokens, forgets the cursors and asks for a full resync.
///
/// # Errors
/// [`Refusal::OtherAccount`] when another company is bound; [`Refusal::Quarantined`] after a restore.
pub async fn connect(
    store: &Store,
    scope: &TenantScope,
    new: NewConnection,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| Box::pin(connect_in(tx, new, now)))
        .await
}

/// The same together with the settings that belong to it and the job that reads it, so that none
/// of the three is there without the others.
///
/// # Errors
/// As [`connect`]; [`Refusal::SettingsChanged`].
pub async fn connect_and_read(
    store: &Store,
    scope: &TenantScope,
    new: NewConnection,
    (settings, made_from): (StoredSettings, MadeFrom),
    job: NewJob,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                connect_in(tx, new, now).await?;
                replace_in(tx, settings, made_from).await?;
                enqueue_in(tx, job).await?;
                Ok(())
            })
        })
        .await
}

async fn connect_in(tx: &mut Tx, new: NewConnection, now: Timestamp) -> Result<(), StoreError> {
    quarantine::refuse_in(tx).await?;
    let company = format!("{}, company {}", new.system.label(), new.account_id);
    if let Some(bound) = find(tx, new.system).await?
        && bound.account_id != new.account_id
    {
        return Err(Refusal::OtherAccount {
            system: new.system.label(),
            bound: bound.account_id,
            offered: new.account_id,
        }
        .into());
    }
    query(
        "INSERT INTO connection (tenant_id, system, environment, account_id, grant_type, state,
                                 reason, resync_due, changed_at)
         VALUES ($1, $2, $3, $4, $5, 'connected', '', 1, $6)
         ON CONFLICT (tenant_id, system)
         DO UPDATE SET environment = excluded.environment, grant_type = excluded.grant_type,
                       state = 'connected', reason = '', resync_due = 1,
                       changed_at = excluded.changed_at",
    )
    .bind(tx.tenant())
    .bind(new.system.name())
    .bind(new.environment)
    .bind(new.account_id)
    .bind(new.grant_type)
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    query("DELETE FROM cursor WHERE tenant_id = $1 AND system = $2")
        .bind(tx.tenant())
        .bind(new.system.name())
        .execute(tx.connection())
        .await?;
    note_in(tx, Action::Connected, &company, now).await?;
    write_tokens(tx, new.system, &new.tokens).await
}

/// The connection to a system, if there ever was one.
///
/// # Errors
/// When the store cannot be read.
pub async fn connection(
    store: &Store,
    scope: &TenantScope,
    system: System,
) -> Result<Option<Connection>, StoreError> {
    store
        .read(scope, move |tx| Box::pin(find(tx, system)))
        .await
}

type ConnectionRow = (String, String, String, String, String, bool, String);

pub(crate) async fn find(tx: &mut Tx, system: System) -> Result<Option<Connection>, StoreError> {
    let row: Option<ConnectionRow> = query(
        "SELECT environment, account_id, grant_type, state, reason, resync_due = 1, changed_at
         FROM connection WHERE tenant_id = $1 AND system = $2",
    )
    .bind(tx.tenant())
    .bind(system.name())
    .row_if_any(tx.connection())
    .await?;
    let Some((environment, account_id, grant_type, state, reason, resync_due, changed_at)) = row
    else {
        return Ok(None);
    };
    let state = match state.as_str() {
        "connected" => ConnectionState::Connected,
        "needs_reconnect" => ConnectionState::NeedsReconnect(reason),
        "disconnected" => ConnectionState::Disconnected,
        _ => return Err(StoreError::Unreadable { what: "connection" }),
    };
    let changed_at = read_moment(&changed_at)?;
    Ok(Some(Connection {
        system,
        environment,
        account_id,
        grant_type,
        state,
        resync_due,
        changed_at,
    }))
}

/// Notes that the vendor no longer accepts our tokens. From then on they are not handed out.
///
/// # Errors
/// [`Refusal::NotConnected`] when the system is not connected.
pub async fn needs_reconnect(
    store: &Store,
    scope: &TenantScope,
    system: System,
    reason: String,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let before = find(tx, system).await?;
                let stood = before.is_some_and(|it| it.state == ConnectionState::Connected);
                let what = format!("{}: {reason}", system.label());
                let changed = query(
                    "UPDATE connection SET state = 'needs_reconnect', reason = $3, changed_at = $4
                     WHERE tenant_id = $1 AND system = $2 AND state <> 'disconnected'",
                )
                .bind(tx.tenant())
                .bind(system.name())
                .bind(reason)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                if changed == 0 {
                    return Err(Refusal::NotConnected {
                        system: system.label(),
                    }
                    .into());
                }
                if stood {
                    note_in(tx, Action::ConnectionBroke, &what, now).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Notes that everything was read again since the last connecting.
///
/// # Errors
/// When the store cannot write.
pub async fn resync_done(
    store: &Store,
    scope: &TenantScope,
    system: System,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                query("UPDATE connection SET resync_due = 0 WHERE tenant_id = $1 AND system = $2")
                    .bind(tx.tenant())
                    .bind(system.name())
                    .execute(tx.connection())
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Destroys the tokens and forgets the cursors. Revoke at the vendor first. The company stays
/// bound, and the mirror stays as the past.
///
/// # Errors
/// When the store cannot write.
pub async fn disconnect(
    store: &Store,
    scope: &TenantScope,
    system: System,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                // The row stays with a higher generation, so that a refresh that is still under
                // way cannot bring tokens back.
                for statement in [
                    "UPDATE token SET generation = generation + 1, access_token = '',
                         refresh_token = NULL, refresh_started_at = NULL, lease_holder = NULL,
                         lease_until = NULL
                     WHERE tenant_id = $1 AND system = $2",
                    "DELETE FROM cursor WHERE tenant_id = $1 AND system = $2",
                ] {
                    query(statement)
                        .bind(tx.tenant())
                        .bind(system.name())
                        .execute(tx.connection())
                        .await?;
                }
                query(
                    "UPDATE connection SET state = 'disconnected', reason = '', changed_at = $3
                     WHERE tenant_id = $1 AND system = $2",
                )
                .bind(tx.tenant())
                .bind(system.name())
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                note_in(tx, Action::Disconnected, system.label(), now).await
            })
        })
        .await
}
