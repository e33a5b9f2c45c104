//! A consent under way: the `state` that ties the browser's return to the person who left.

use figures::source::System;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::callback::Callback;
use super::endpoint::Application;
use super::secret::Secret;
use crate::http::{Clock, NoRandomness, shown};

/// A consent that a person has begun. It can be stored: of the state it holds only the digest.
/// It is used up by [`PendingLogin::finish`], so one state opens one connection at most.
#[derive(Debug, Serialize, Deserialize)]
pub struct PendingLogin {
    system: System,
    state_sha256: String,
    redirect_uri: String,
    begun_at: Timestamp,
}

/// Why a returning browser is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// The state is missing, or of another login.
    #[error("this return does not belong to the login that was begun; begin again")]
    WrongState,
    /// More than ten minutes have passed.
    #[error("the login was begun more than ten minutes ago; begin again")]
    TooLate,
    /// The person or the vendor said no.
    #[error("access was not granted ({0}); begin again if that was a mistake")]
    NotGranted(String),
    /// The vendor sent no code.
    #[error("the return holds no code; begin again")]
    NoCode,
}

/// How long a login may take.
const LOGIN_SECONDS: i64 = 600;

impl PendingLogin {
    /// Begins a login: what to keep, and the address to open in the browser.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn begin(
        application: &Application,
        clock: &dyn Clock,
    ) -> Result<(Self, Url), NoRandomness> {
        let mut bytes = [0_u8; 32];
        clock.unguessable(&mut bytes)?;
        let state = hex(&bytes);
        let mut address = application.endpoints.authorize.clone();
        {
            let mut query = address.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &application.client_id)
                .append_pair("redirect_uri", &application.redirect_uri)
                .append_pair("state", &state);
            if application.system == System::QuickBooks {
                query.append_pair("scope", "com.intuit.quickbooks.accounting");
            }
        }
        let pending = Self {
            system: application.system,
            state_sha256: hex(&Sha256::digest(state.as_bytes())),
            redirect_uri: application.redirect_uri.clone(),
            begun_at: clock.now(),
        };
        Ok((pending, address))
    }

    /// The system that is being connected.
    #[must_use]
    pub const fn system(&self) -> System {
        self.system
    }

    /// Checks the browser's return and hands out the code.
    ///
    /// # Errors
    /// [`LoginError`], in the order: state, time, refusal, code.
    pub fn finish(
        self,
        application: &Application,
        callback: &Callback,
        now: Timestamp,
    ) -> Result<Secret, LoginError> {
        let digest = hex(&Sha256::digest(callback.state.as_bytes()));
        let same_login =
            application.system == self.system && application.redirect_uri == self.redirect_uri;
        // Digests are compared, so the time it takes says nothing about the state itself.
        if digest != self.state_sha256 || !same_login {
            return Err(LoginError::WrongState);
        }
        let age = now.duration_since(self.begun_at);
        if age > SignedDuration::from_secs(LOGIN_SECONDS) || age.is_negative() {
            return Err(LoginError::TooLate);
        }
        if let Some(error) = &callback.error {
            return Err(LoginError::NotGranted(shown(error)));
        }
        callback
            .code
            .clone()
            .filter(|code| !code.is_empty())
            .ok_or(LoginError::NoCode)
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::SystemClock;
    use crate::oauth::Endpoints;

    fn application() -> Application {
        let url = |text: &str| Url::parse(text).unwrap();
        Application {
            system: System::QuickBooks,
            client_id: "id".to_owned(),
            client_secret: Secret::new("secret".to_owned()),
            redirect_uri: "http://localhost:1/callback/quickbooks".to_owned(),
            endpoints: Endpoints {
                authorize: url("https://appcenter.intuit.com/connect/oauth2"),
                token: url("https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"),
                revoke: url("https://developer.api.intuit.com/v2/oauth2/tokens/revoke"),
            },
        }
    }

    fn returned(address: &Url) -> Callback {
        let state = address
            .query_pairs()
            .find(|(name, _)| name == "state")
            .unwrap()
            .1
            .into_owned();
        Callback {
            state,
            code: Some(Secret::new("code".to_owned())),
            realm_id: Some("9341450000000001".to_owned()),
            error: None,
        }
    }

    #[test]
    fn a_login_ends_with_its_own_state_only() {
        let application = application();
        let (pending, address) = PendingLogin::begin(&application, &SystemClock).unwrap();
        let (other, _) = PendingLogin::begin(&application, &SystemClock).unwrap();
        let callback = returned(&address);
        assert_eq!(callback.state.len(), 64, "256 bits");
        let now = pending.begun_at;
        assert_eq!(
            other.finish(&application, &callback, now).err(),
            Some(LoginError::WrongState)
        );
        assert_eq!(
            pending
                .finish(&application, &callback, now)
                .unwrap()
                .expose(),
            "code"
        );
    }

    #[test]
    fn a_login_ends_after_ten_minutes_and_a_refusal_is_told() {
        let application = application();
        let (pending, address) = PendingLogin::begin(&application, &SystemClock).unwrap();
        let late = pending
            .begun_at
            .checked_add(SignedDuration::from_secs(601))
            .unwrap();
        let text = serde_json::to_string(&pending).unwrap();
        let callback = returned(&address);
        assert!(!text.contains(&callback.state), "only the digest is stored");
        assert_eq!(
            pending.finish(&application, &callback, late).err(),
            Some(LoginError::TooLate)
        );
        let again: PendingLogin = serde_json::from_str(&text).unwrap();
        let now = again.begun_at;
        let refused = Callback {
            error: Some("access_denied".to_owned()),
            code: None,
            ..callback
        };
        assert_eq!(
            again.finish(&application, &refused, now).err(),
            Some(LoginError::NotGranted("access_denied".to_owned()))
        );
    }
}
