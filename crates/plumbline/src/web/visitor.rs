//! Who asks: the only way in which a handler knows a person and a tenant.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use connectors::http::NoRandomness;
use sha2::{Digest, Sha256};
use store::TenantScope;

use super::access::Action;
use super::error::AppError;
use super::house::House;

/// A person with what they may touch.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The person's id.
    pub person_id: String,
    /// The person's name.
    pub name: String,
    /// Whose books they see.
    pub scope: TenantScope,
    /// What a form must send back.
    pub csrf: String,
}

impl Visitor {
    /// The operator of this machine, who may do everything: only for development on the machine
    /// itself, where nobody signs in.
    ///
    /// # Errors
    /// When the machine has no randomness.
    pub fn operator(house: &House) -> Result<Self, NoRandomness> {
        let mut bytes = [0_u8; 32];
        house.clock().unguessable(&mut bytes)?;
        let csrf = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self {
            person_id: "operator".to_owned(),
            name: "Operator of this machine".to_owned(),
            scope: house.scope().clone(),
            csrf,
        })
    }

    /// Whether this person may.
    #[must_use]
    pub fn may(&self, _action: Action) -> bool {
        true
    }

    /// Whether a form was made for this session. Digests are compared, so that the time it takes
    /// says nothing about the token.
    #[must_use]
    pub fn sent_this(&self, token: &str) -> bool {
        Sha256::digest(token.as_bytes()) == Sha256::digest(self.csrf.as_bytes())
    }

    /// Two letters for the corner of the page.
    #[must_use]
    pub fn initials(&self) -> String {
        let first = self
            .name
            .split_whitespace()
            .filter_map(|word| word.chars().next());
        first.take(2).flat_map(char::to_uppercase).collect()
    }
}

/// Finds out who asks and notes it on the request.
pub async fn resolve(
    State(visitor): State<Arc<Visitor>>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, AppError> {
        let found = parts.extensions.get::<Arc<Self>>();
        found
            .map(|visitor| Self::clone(visitor))
            .ok_or(AppError::SignedOut)
    }
}
