//! What vendors announce: proven, noted, and turned into a reading that finds out by itself.
//!
//! An announcement is only a hint. Nothing that it says becomes a fact; the worst that a false one
//! could do is a reading too many, at most once a minute. Proof comes before anything is read of
//! the body. Companies that nobody here reads get the same answer as others.

mod announced;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::to_bytes;
use axum::extract::{Path, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use figures::source::System;
use ring::hmac;
use store::control::{companies, procore_hooks};
use store::{Secret, connections, hooks};

use self::announced::Announced;
use super::house::{House, Work};
use crate::{logs, work};

/// The longest body that is read.
const LONGEST: usize = 1 << 20;
/// Tokens of Intuit that may count at the same time, while one replaces the other.
const TOKENS: usize = 2;

/// How announcements are told from others, and how many there were.
#[derive(Default)]
pub struct Hooks {
    quickbooks: Vec<hmac::Key>,
    counts: Counts,
}

/// How many announcements came, since the start. None of them names a company.
#[derive(Debug, Default)]
pub struct Counts {
    /// Events that were proven and new.
    pub fresh: AtomicU64,
    /// Events that had come before.
    pub repeated: AtomicU64,
    /// Events of companies that nobody here reads.
    pub unknown: AtomicU64,
    /// Requests without proof, or whose body is none of the vendor's.
    pub refused: AtomicU64,
}

impl Hooks {
    /// With the verifier tokens of Intuit: none, one, or two while one replaces the other.
    ///
    /// # Errors
    /// When there are more.
    pub fn try_new(verifier_tokens: &Secret) -> anyhow::Result<Self> {
        let words = verifier_tokens.expose().split_whitespace();
        let quickbooks: Vec<hmac::Key> = words
            .map(|word| hmac::Key::new(hmac::HMAC_SHA256, word.as_bytes()))
            .collect();
        anyhow::ensure!(
            quickbooks.len() <= TOKENS,
            "PLUMBLINE_QUICKBOOKS_VERIFIER_TOKENS holds more than two tokens; keep the one that \
             counts and the one that replaces it"
        );
        Ok(Self {
            quickbooks,
            counts: Counts::default(),
        })
    }

    /// Whether Intuit's announcements can be proven.
    #[must_use]
    pub fn knows_quickbooks(&self) -> bool {
        !self.quickbooks.is_empty()
    }

    /// How many announcements came.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Whether Intuit signed these bytes. The time it takes says nothing about the signature.
    fn is_signed(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let signature = headers.get("intuit-signature");
        let signature = signature.and_then(|value| STANDARD.decode(value.as_bytes()).ok());
        let Some(signature) = signature else {
            return false;
        };
        // Every token is tried, whichever fits.
        let fitting = self
            .quickbooks
            .iter()
            .filter(|key| hmac::verify(key, body, &signature).is_ok());
        fitting.count() > 0
    }

    fn refused(&self, status: StatusCode) -> StatusCode {
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
        status
    }
}

/// `POST /hooks/quickbooks`: signed by Intuit over the raw bytes; may name several companies.
pub async fn quickbooks(State(house): State<Arc<House>>, request: Request) -> StatusCode {
    let (parts, body) = request.into_parts();
    let hooks = house.hooks();
    let Ok(body) = to_bytes(body, LONGEST).await else {
        return hooks.refused(StatusCode::PAYLOAD_TOO_LARGE);
    };
    if !hooks.is_signed(&parts.headers, &body) {
        return hooks.refused(StatusCode::UNAUTHORIZED);
    }
    let Some(announced) = announced::by_quickbooks(&body) else {
        return hooks.refused(StatusCode::BAD_REQUEST);
    };
    for (realm, events) in announced.by_company() {
        let control = house.installation().control();
        let noted = match companies::reader(control, System::QuickBooks, &realm).await {
            Ok(Some(tenant_id)) => note(&house, &tenant_id, System::QuickBooks, events).await,
            Ok(None) => {
                unknown(&house, events.len());
                Ok(())
            }
            Err(error) => Err(error.into()),
        };
        if let Err(error) = noted {
            return broken(&error);
        }
    }
    StatusCode::OK
}

/// `POST /hooks/procore/{token}`: Procore signs nothing, so the address is one that nobody can
/// guess, and the hook sends a value that only it was told.
pub async fn procore(
    State(house): State<Arc<House>>,
    Path(path): Path<String>,
    request: Request,
) -> StatusCode {
    let (parts, body) = request.into_parts();
    let hooks = house.hooks();
    let value = parts.headers.get(AUTHORIZATION);
    let value = value
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (path, value) = (Secret::new(path), Secret::new(value.to_owned()));
    let control = house.installation().control();
    let tenant_id = match procore_hooks::tenant(control, &path, &value).await {
        Ok(Some(tenant_id)) => tenant_id,
        Ok(None) => return hooks.refused(StatusCode::UNAUTHORIZED),
        Err(error) => return broken(&error.into()),
    };
    let Ok(body) = to_bytes(body, LONGEST).await else {
        return hooks.refused(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let Some(announced) = announced::by_procore(&body) else {
        return hooks.refused(StatusCode::BAD_REQUEST);
    };
    match of_this_company(&house, &tenant_id, announced).await {
        Ok(()) => StatusCode::OK,
        Err(error) => broken(&error),
    }
}

/// Notes what concerns the company that the tenant is connected to, and nothing else.
async fn of_this_company(
    house: &House,
    tenant_id: &str,
    announced: Announced,
) -> anyhow::Result<()> {
    let store = house.installation().store(tenant_id).await?;
    let connection = connections::connection(&store, &store.scope(), System::Procore).await?;
    let bound = connection.map(|connection| connection.account_id);
    for (company, events) in announced.by_company() {
        if Some(&company) == bound.as_ref() {
            note(house, tenant_id, System::Procore, events).await?;
        } else {
            unknown(house, events.len());
        }
    }
    Ok(())
}

async fn note(
    house: &House,
    tenant_id: &str,
    system: System,
    events: Vec<String>,
) -> anyhow::Result<()> {
    let store = house.installation().store(tenant_id).await?;
    let (scope, job) = (store.scope(), work::reading(work::Cause::Announcement));
    let noted = hooks::note(&store, &scope, system, events, job).await?;
    let counts = house.hooks().counts();
    counts.fresh.fetch_add(noted.fresh, Ordering::Relaxed);
    counts.repeated.fetch_add(noted.repeated, Ordering::Relaxed);
    if noted.fresh > 0 {
        house.asked(&scope, Some(Work::Read)).await;
    }
    Ok(())
}

fn unknown(house: &House, events: usize) {
    let counts = house.hooks().counts();
    let events = u64::try_from(events).unwrap_or(u64::MAX);
    counts.unknown.fetch_add(events, Ordering::Relaxed);
}

/// The vendor sends it again later.
fn broken(error: &anyhow::Error) -> StatusCode {
    tracing::error!(
        kind = logs::kind(error),
        "an announcement could not be noted"
    );
    StatusCode::SERVICE_UNAVAILABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(token: &str, body: &[u8]) -> HeaderMap {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
        let text = STANDARD.encode(hmac::sign(&key, body));
        let mut headers = HeaderMap::new();
        headers.insert("intuit-signature", text.parse().unwrap());
        headers
    }

    #[test]
    fn two_tokens_count_while_one_replaces_the_other() {
        let hooks = Hooks::try_new(&Secret::new("old new".to_owned())).unwrap();
        for (token, fine) in [("old", true), ("new", true), ("other", false), ("", false)] {
            assert_eq!(
                hooks.is_signed(&signed(token, b"[]"), b"[]"),
                fine,
                "{token}"
            );
        }
        assert!(
            !hooks.is_signed(&signed("old", b"[]"), b"[ ]"),
            "other bytes"
        );
        assert!(!hooks.is_signed(&HeaderMap::new(), b"[]"));
        assert!(Hooks::try_new(&Secret::new("a b c".to_owned())).is_err());
    }

    #[test]
    fn without_a_token_nothing_is_proven() {
        let hooks = Hooks::try_new(&Secret::new(String::new())).unwrap();
        assert!(!hooks.knows_quickbooks());
        assert!(!hooks.is_signed(&signed("", b"[]"), b"[]"));
    }
}
