//! Calls to the vendors: one HTTP client that can read and nothing else, and one that sends what
//! was approved and nothing else.
//!
//! QuickBooks has no read-only scope, so being read-only is a property of this code:
//! [`ReadClient`] has no method that sends anything but `GET`, the one that writes takes a
//! [`gate::order::Order`], and the few form posts that OAuth needs live in `oauth`, out of reach of
//! everything that holds a `ReadClient`. Plain `http://` is
//! spoken to this machine only, redirects are never followed, and every answer has a size and a
//! time limit. This module must not know what the vendors' bodies mean.

mod clock;
mod error;
mod read;
mod write;

pub use clock::{BoxFuture, Clock, NoRandomness, SystemClock};
pub(crate) use error::shown;
pub use error::{Cause, FetchError};
pub use read::ReadClient;
pub(crate) use read::{Bearers, FixedBearer, Place, Verdict};
pub use write::NotDone;
pub(crate) use write::{Payload, WriteClient};

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use url::{Host, Url};

use crate::meter::Meter;
use crate::throttle::Policy;

/// Size and time limits of one answer.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest body in bytes, after decompression.
    pub body_bytes: usize,
    /// Time for the connection.
    pub connect: Duration,
    /// Longest silence while the answer arrives.
    pub silence: Duration,
    /// Time for the whole answer.
    pub whole: Duration,
}

impl Default for Limits {
    /// 256 MB; 15 s to connect, 130 s of silence (QuickBooks itself gives up after 120), 10 min.
    fn default() -> Self {
        Self {
            body_bytes: 256 * 1024 * 1024,
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(130),
            whole: Duration::from_secs(600),
        }
    }
}

/// What a client works with, besides its authorisation.
#[derive(Clone)]
pub struct Conditions {
    /// Size and time limits of one answer.
    pub limits: Limits,
    /// How fast we may ask.
    pub policy: Policy,
    /// Clock and randomness.
    pub clock: Arc<dyn Clock>,
    /// Counts the calls.
    pub meter: Arc<Meter>,
}

impl Conditions {
    /// The system's clock, the default limits and a meter of its own.
    #[must_use]
    pub fn with_policy(policy: Policy) -> Self {
        Self {
            limits: Limits::default(),
            policy,
            clock: Arc::new(SystemClock),
            meter: Arc::new(Meter::new()),
        }
    }
}

/// Why an address is refused before anything is sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an address at all.
    #[error("`{0}` is not a web address")]
    Malformed(String),
    /// Plain HTTP to another machine.
    #[error("`{0}` must start with https://; plain http is allowed for this machine only")]
    NotEncrypted(String),
}

/// Reads an address and refuses plain HTTP to any other machine.
///
/// # Errors
/// [`AddressError`] with the offending address.
pub fn checked_address(text: &str) -> Result<Url, AddressError> {
    let url = Url::parse(text).map_err(|_| AddressError::Malformed(text.to_owned()))?;
    match url.scheme() {
        "https" if url.host().is_some() => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        "http" => Err(AddressError::NotEncrypted(text.to_owned())),
        _ => Err(AddressError::Malformed(text.to_owned())),
    }
}

/// Whether an address names this machine.
#[must_use]
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The underlying client for one host: no redirects, no proxies guessed from the environment,
/// time limits. A client for this machine needs no certificates, so it also works where none are
/// installed.
pub(crate) fn build(limits: &Limits, host: &Url) -> Result<reqwest::Client, Cause> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // The binary usually has done it. If another thread does it just now, that is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
    let mut builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(limits.connect)
        .read_timeout(limits.silence)
        .timeout(limits.whole)
        .user_agent(USER_AGENT);
    if is_this_machine(host) {
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| Cause::Unreachable {
        detail: root_cause(&error),
    })
}

/// The name under which this program introduces itself to the vendors.
const USER_AGENT: &str = concat!("plumbline/", env!("CARGO_PKG_VERSION"));

/// An answer that arrived whole.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The server's clock, from the `Date` header.
    pub(crate) fn server_time(&self) -> Option<Timestamp> {
        http_date(self.header("date")?)
    }

    /// The vendor's number for this call, which its support asks for.
    pub(crate) fn trace(&self) -> Option<Box<str>> {
        let found = self
            .header("intuit_tid")
            .or_else(|| self.header("x-request-id"))?;
        Some(
            found
                .chars()
                .filter(char::is_ascii_graphic)
                .take(100)
                .collect(),
        )
    }

    pub(crate) fn is_html(&self) -> bool {
        let declared = self
            .header("content-type")
            .is_some_and(|kind| kind.contains("html"));
        let start = self.body.iter().find(|byte| !byte.is_ascii_whitespace());
        declared || start == Some(&b'<')
    }

    /// Whether the body ends as a JSON document ends. A body that was cut does not.
    pub(crate) fn ends_like_json(&self) -> bool {
        let end = self
            .body
            .iter()
            .rev()
            .find(|byte| !byte.is_ascii_whitespace());
        matches!(end, Some(b'}' | b']'))
    }
}

/// Reads an HTTP date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// Sends a request and reads the whole answer within the limits.
pub(crate) async fn send(
    request: reqwest::RequestBuilder,
    limits: &Limits,
) -> Result<Reply, Cause> {
    let mut response = request
        .send()
        .await
        .map_err(|error| transport_cause(&error))?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = BytesMut::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| transport_cause(&error))?
    {
        if body.len().saturating_add(chunk.len()) > limits.body_bytes {
            return Err(Cause::TooLarge {
                limit_bytes: limits.body_bytes,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply {
        status,
        headers,
        body: body.freeze(),
    })
}

fn transport_cause(error: &reqwest::Error) -> Cause {
    let detail = root_cause(error);
    if error.is_timeout() {
        Cause::TimedOut
    } else if error.is_connect() || error.is_builder() {
        Cause::Unreachable { detail }
    } else {
        Cause::Interrupted { detail }
    }
}

/// The innermost message: the outer ones repeat the address, which may hold an account's number.
fn root_cause(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    if std::ptr::addr_eq(inner, error) {
        "the request failed".to_owned()
    } else {
        inner.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_spoken_to_this_machine_only() {
        for good in [
            "http://127.0.0.1:9440/v3",
            "http://localhost:1/",
            "https://api.procore.com",
        ] {
            assert!(checked_address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://192.168.0.4/",
            "http://api.procore.com",
            "ftp://127.0.0.1/",
            "nonsense",
        ] {
            assert!(checked_address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_date_header_is_read_as_an_instant() {
        let at = http_date("Fri, 20 Nov 2026 09:15:02 GMT").unwrap();
        assert_eq!(at.to_string(), "2026-11-20T09:15:02Z");
        assert_eq!(http_date("yesterday"), None);
    }
}
