//! Tokens and their crash-safe refresh.
//!
//! A refresh token that rotates can be lost in two ways: two refreshers use it at once, or the
//! process ends between the vendor's answer and the write. [`begin_refresh`] therefore takes a
//! lease and commits "refresh started" *before* the call, and [`save_refreshed`] commits the new
//! pair *before* its first use. A start that was never followed by a save is ambiguous: the next
//! refresher is told so, tries the old token once, and either goes on or says
//! [`needs_reconnect`](crate::connections::needs_reconnect).
//!
//! Tokens are sealed with the tenant's key and bound to their system, on top of the encryption of
//! the file. They are never logged and [`Secret`] does not print them.

use figures::source::System;
use jiff::{SignedDuration, Timestamp};

use crate::connections::{ConnectionState, find};
use crate::keys::Place;
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Refusal, Secret, Store, StoreError, TenantScope, quarantine};

/// What a vendor handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSet {
    /// Sent with every call.
    pub access_token: Secret,
    /// Exchanged for the next pair; a service account has none.
    pub refresh_token: Option<Secret>,
    /// When they were handed out.
    pub obtained_at: Timestamp,
    /// When the access token ends.
    pub access_expires_at: Timestamp,
    /// When the refresh token ends, where the vendor says so.
    pub refresh_expires_at: Option<Timestamp>,
}

/// Tokens as stored, with the number that each replacement raises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTokens {
    /// Counts the pairs of this connection.
    pub generation: i64,
    /// The pair.
    pub tokens: TokenSet,
}

/// Who wants to refresh, and what they know.
#[derive(Debug, Clone)]
pub struct RefreshRequest {
    /// The system.
    pub system: System,
    /// A name for this refresher, unique among those that run at the same time.
    pub holder: String,
    /// The generation that the refresher holds; a newer one makes the refresh needless.
    pub seen_generation: i64,
    /// How long others keep away. It must be longer than the call may take.
    pub lease: SignedDuration,
}

/// What a refresher may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshStart {
    /// Call the vendor with these tokens, then save or release with the ticket.
    Go {
        /// The pair to refresh.
        stored: StoredTokens,
        /// Whether an earlier refresh of this pair was started and its end is not known: then an
        /// `invalid_grant` means that the vendor's answer was lost.
        ambiguous: bool,
        /// Proves the lease.
        ticket: RefreshTicket,
    },
    /// Somebody has already done it.
    AlreadyRefreshed(StoredTokens),
    /// Somebody else is doing it; ask again after this moment at the latest.
    Busy {
        /// When the lease ends.
        until: Timestamp,
    },
}

/// The right to save one refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshTicket {
    system: System,
    holder: String,
    generation: i64,
    ambiguous: bool,
}

/// How a refresh ended that brought no new tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshFailure {
    /// The vendor certainly did not act on it: it never left us, or was refused untried.
    NotSent,
    /// It may have acted: the answer was lost, cut short or not understood.
    Unknown,
}

/// The tokens to call with.
///
/// # Errors
/// [`Refusal::NotConnected`] or [`Refusal::NeedsReconnect`]: a connection that does not stand has
/// no tokens to give. [`Refusal::Quarantined`] after a restore.
pub async fn current(
    store: &Store,
    scope: &TenantScope,
    system: System,
) -> Result<StoredTokens, StoreError> {
    store
        .read(scope, move |tx| Box::pin(usable(tx, system)))
        .await
}

/// When the refresh token of a system ends, where the vendor says so: from then on a person has to
/// consent again.
///
/// # Errors
/// When the store cannot be read.
pub async fn consent_ends(
    store: &Store,
    scope: &TenantScope,
    system: System,
) -> Result<Option<Timestamp>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let end: Option<Option<String>> = query(
                    "SELECT refresh_expires_at FROM token WHERE tenant_id = $1 AND system = $2",
                )
                .bind(tx.tenant())
                .bind(system.name())
                .value_if_any(tx.connection())
                .await?;
                end.flatten().map(|end| read_moment(&end)).transpose()
            })
        })
        .await
}

async fn usable(tx: &mut Tx, system: System) -> Result<StoredTokens, StoreError> {
    quarantine::refuse_in(tx).await?;
    let not_connected = Refusal::NotConnected {
        system: system.label(),
    };
    match find(tx, system).await?.map(|connection| connection.state) {
        Some(ConnectionState::Connected) => {}
        Some(ConnectionState::NeedsReconnect(reason)) => {
            return Err(Refusal::NeedsReconnect {
                system: system.label(),
                reason,
            }
            .into());
        }
        Some(ConnectionState::Disconnected) | None => return Err(not_connected.into()),
    }
    Ok(stored(tx, system).await?.ok_or(not_connected)?.0)
}

type TokenRow = (
    i64,
    String,
    Option<String>,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// Somebody's hold on the refresh of a pair.
struct Hold {
    started: bool,
    holder: Option<String>,
    until: Option<Timestamp>,
}

async fn stored(tx: &mut Tx, system: System) -> Result<Option<(StoredTokens, Hold)>, StoreError> {
    let row: Option<TokenRow> = query(
        "SELECT generation, access_token, refresh_token, obtained_at, access_expires_at,
                refresh_expires_at, refresh_started_at, lease_holder, lease_until
         FROM token WHERE tenant_id = $1 AND system = $2",
    )
    .bind(tx.tenant())
    .bind(system.name())
    .row_if_any(tx.connection())
    .await?;
    let Some((generation, access, refresh, obtained, expires, ends, started, holder, until)) = row
    else {
        return Ok(None);
    };
    let refresh = refresh
        .map(|sealed| tx.unseal(refresh_place(system), &sealed))
        .transpose()?;
    let tokens = TokenSet {
        access_token: tx.unseal(access_place(system), &access)?,
        refresh_token: refresh,
        obtained_at: read_moment(&obtained)?,
        access_expires_at: read_moment(&expires)?,
        refresh_expires_at: ends.as_deref().map(read_moment).transpose()?,
    };
    let until = until.as_deref().map(read_moment).transpose()?;
    let hold = Hold {
        started: started.is_some(),
        holder,
        until,
    };
    Ok(Some((StoredTokens { generation, tokens }, hold)))
}

pub(crate) fn access_place(system: System) -> Place<'static> {
    Place {
        table: "token",
        column: "access_token",
        row: system.name(),
    }
}

pub(crate) fn refresh_place(system: System) -> Place<'static> {
    Place {
        column: "refresh_token",
        ..access_place(system)
    }
}

/// Takes the lease and commits that a refresh has started. Call the vendor only after `Go`.
///
/// # Errors
/// [`Refusal::NotConnected`] or [`Refusal::NeedsReconnect`].
pub async fn begin_refresh(
    store: &Store,
    scope: &TenantScope,
    request: RefreshRequest,
    now: Timestamp,
) -> Result<RefreshStart, StoreError> {
    store
        .tx(scope, move |tx| Box::pin(begin(tx, request, now)))
        .await
}

async fn begin(
    tx: &mut Tx,
    request: RefreshRequest,
    now: Timestamp,
) -> Result<RefreshStart, StoreError> {
    let RefreshRequest {
        system,
        holder,
        seen_generation,
        lease,
    } = request;
    usable(tx, system).await?;
    let (stored, hold) = stored(tx, system).await?.ok_or(Refusal::NotConnected {
        system: system.label(),
    })?;
    if stored.generation > seen_generation {
        return Ok(RefreshStart::AlreadyRefreshed(stored));
    }
    if let (Some(other), Some(until)) = (&hold.holder, hold.until)
        && *other != holder
        && until > now
    {
        return Ok(RefreshStart::Busy { until });
    }
    query(
        "UPDATE token SET refresh_started_at = $3, lease_holder = $4, lease_until = $5
         WHERE tenant_id = $1 AND system = $2",
    )
    .bind(tx.tenant())
    .bind(system.name())
    .bind(moment(now))
    .bind(&holder)
    .bind(moment(now.checked_add(lease).unwrap_or(Timestamp::MAX)))
    .execute(tx.connection())
    .await?;
    let (generation, ambiguous) = (stored.generation, hold.started);
    let ticket = RefreshTicket {
        system,
        holder,
        generation,
        ambiguous,
    };
    Ok(RefreshStart::Go {
        stored,
        ambiguous,
        ticket,
    })
}

/// Stores the new pair and ends the refresh, in one transaction. Use the pair only after this.
///
/// A pair that comes late, after the lease has ended, is still taken as long as nobody has stored
/// another one: throwing it away would lose the connection. It also lifts a reconnect that another
/// refresher asked for in between.
///
/// # Errors
/// [`Refusal::RefreshOvertaken`] when another pair was stored since.
pub async fn save_refreshed(
    store: &Store,
    scope: &TenantScope,
    ticket: RefreshTicket,
    tokens: TokenSet,
    now: Timestamp,
) -> Result<StoredTokens, StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let system = ticket.system;
                let generation: Option<i64> =
                    query("SELECT generation FROM token WHERE tenant_id = $1 AND system = $2")
                        .bind(tx.tenant())
                        .bind(system.name())
                        .value_if_any(tx.connection())
                        .await?;
                if generation != Some(ticket.generation) {
                    return Err(Refusal::RefreshOvertaken {
                        system: system.label(),
                    }
                    .into());
                }
                write_tokens(tx, system, &tokens).await?;
                query(
                    "UPDATE connection SET state = 'connected', reason = '', changed_at = $3
                     WHERE tenant_id = $1 AND system = $2 AND state = 'needs_reconnect'",
                )
                .bind(tx.tenant())
                .bind(system.name())
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                Ok(StoredTokens {
                    generation: ticket.generation + 1,
                    tokens,
                })
            })
        })
        .await
}

/// Ends a refresh that brought no tokens. After [`RefreshFailure::Unknown`], now or in an earlier
/// attempt, the next refresher is told that the pair is ambiguous.
///
/// # Errors
/// When the store cannot write. A lease that somebody else holds by now is left alone.
pub async fn release_refresh(
    store: &Store,
    scope: &TenantScope,
    ticket: RefreshTicket,
    failure: RefreshFailure,
) -> Result<(), StoreError> {
    let keep_mark = i64::from(ticket.ambiguous || failure == RefreshFailure::Unknown);
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                query(
                    "UPDATE token SET lease_holder = NULL, lease_until = NULL,
                         refresh_started_at =
                             CASE $5 WHEN 1 THEN refresh_started_at ELSE NULL END
                     WHERE tenant_id = $1 AND system = $2 AND lease_holder = $3
                       AND generation = $4",
                )
                .bind(tx.tenant())
                .bind(ticket.system.name())
                .bind(ticket.holder)
                .bind(ticket.generation)
                .bind(keep_mark)
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// Writes a pair as the next generation, with no refresh under way.
pub(crate) async fn write_tokens(
    tx: &mut Tx,
    system: System,
    tokens: &TokenSet,
) -> Result<(), StoreError> {
    let access = tx.seal(access_place(system), &tokens.access_token)?;
    let refresh = tokens
        .refresh_token
        .as_ref()
        .map(|token| tx.seal(refresh_place(system), token))
        .transpose()?;
    query(
        "INSERT INTO token (tenant_id, system, generation, access_token, refresh_token,
                            obtained_at, access_expires_at, refresh_expires_at)
         VALUES ($1, $2, 1, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, system)
         DO UPDATE SET generation = token.generation + 1,
                       access_token = excluded.access_token,
                       refresh_token = excluded.refresh_token,
                       obtained_at = excluded.obtained_at,
                       access_expires_at = excluded.access_expires_at,
                       refresh_expires_at = excluded.refresh_expires_at,
                       refresh_started_at = NULL, lease_holder = NULL, lease_until = NULL",
    )
    .bind(tx.tenant())
    .bind(system.name())
    .bind(access)
    .bind(refresh)
    .bind(moment(tokens.obtained_at))
    .bind(moment(tokens.access_expires_at))
    .bind(tokens.refresh_expires_at.map(moment))
    .execute(tx.connection())
    .await?;
    Ok(())
}
