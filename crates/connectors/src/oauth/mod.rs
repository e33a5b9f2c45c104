//! Authorisation with both vendors: consent, tokens, refresh that survives a crash, revocation.
//!
//! This is our own code because no library keeps the one promise that matters here: a refresh
//! token that the vendor replaces on every use is never lost. See [`Connection`] for how. Secrets
//! live in [`Secret`], which cannot be printed or serialised. The module must not know what the
//! tokens are used for, and keeps nothing itself: a [`TokenVault`] does.

mod callback;
mod connection;
mod endpoint;
mod login;
#[cfg(test)]
mod refresh_tests;
mod secret;
mod vault;

pub use callback::{Callback, CallbackError, CallbackListener, consent_on_this_machine};
pub use connection::Connection;
pub(crate) use endpoint::TokenEndpoint;
pub use endpoint::{Application, ConnectError, Endpoints, OauthError};
pub use login::{LoginError, PendingLogin};
pub use secret::Secret;
pub use vault::{RefreshStart, Standing, StoredTokens, TokenVault, VaultError};
