//! Where tokens are kept, as the connectors need it; the store implements it.

use jiff::Timestamp;

use super::secret::Secret;
use crate::http::BoxFuture;

/// Whether a connection may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Tokens are there.
    Connected,
    /// A person has to consent again.
    NeedsReconnect {
        /// Why, as a fragment a person can read.
        reason: String,
    },
    /// Nobody ever connected it, or it was disconnected.
    NotConnected,
}

/// The tokens of one connection. No `Debug`, because secrets are in it.
#[derive(Clone)]
pub struct StoredTokens {
    /// Whether the connection may be used.
    pub standing: Standing,
    /// The access token, if one was obtained.
    pub access: Option<Secret>,
    /// The refresh token; a service account has none.
    pub refresh: Option<Secret>,
    /// When the access token was obtained.
    pub obtained_at: Timestamp,
    /// When the access token ends, from the vendor's answer.
    pub expires_at: Timestamp,
    /// When the refresh token ends if it is not used, where the vendor says so.
    pub refresh_expires_at: Option<Timestamp>,
    /// When consent ends whatever happens, where the vendor says so.
    pub consent_expires_at: Option<Timestamp>,
    /// The account it is bound to: QuickBooks' realm or Procore's company.
    pub account: Option<String>,
    /// When a refresh began whose end was never written down.
    pub refresh_started: Option<Timestamp>,
}

impl StoredTokens {
    /// A connection that does not exist.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            standing: Standing::NotConnected,
            access: None,
            refresh: None,
            obtained_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::UNIX_EPOCH,
            refresh_expires_at: None,
            consent_expires_at: None,
            account: None,
            refresh_started: None,
        }
    }
}

/// What came of asking for the right to refresh.
pub enum RefreshStart {
    /// Ours alone. The tokens are as they were when the lease was taken; their `refresh_started`
    /// is the one of an earlier refresh that never ended, if there was one.
    Begun(StoredTokens),
    /// Another process has just done it; these are its tokens and there is no lease.
    Done(StoredTokens),
    /// Another process is at it.
    Busy,
}

/// The vault could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the access that was given is not kept: {0}")]
pub struct VaultError(pub String);

/// Keeps the tokens of one connection. Every method commits before it returns.
pub trait TokenVault: Send + Sync {
    /// What is stored now.
    fn load(&self) -> BoxFuture<'_, Result<StoredTokens, VaultError>>;

    /// Takes the connection's lease (which ends by itself after a few minutes, in case its holder
    /// died) and writes `refresh_started`, in one transaction.
    fn begin_refresh(&self, at: Timestamp) -> BoxFuture<'_, Result<RefreshStart, VaultError>>;

    /// Writes a new pair, clears `refresh_started` and gives the lease back, in one transaction.
    /// It is called before the new access token is used for the first time.
    fn save(&self, tokens: StoredTokens) -> BoxFuture<'_, Result<(), VaultError>>;

    /// Gives the lease back after a refresh of which the vendor certainly never heard, and
    /// clears `refresh_started`.
    fn abandon_refresh(&self) -> BoxFuture<'_, Result<(), VaultError>>;

    /// Gives the lease back after a refresh whose outcome is unknown; `refresh_started` stays.
    fn leave_refresh_open(&self) -> BoxFuture<'_, Result<(), VaultError>>;

    /// Notes that a person has to consent again, destroys the tokens and gives the lease back.
    fn needs_reconnect<'a>(&'a self, reason: &'a str) -> BoxFuture<'a, Result<(), VaultError>>;

    /// Destroys the tokens after a disconnection.
    fn forget(&self) -> BoxFuture<'_, Result<(), VaultError>>;
}
