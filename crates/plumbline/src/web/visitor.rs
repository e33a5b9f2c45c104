//! Who asks: the only way in which a handler knows a person and a tenant.
//!
//! One layer reads the cookie and notes on the request what the session proves: nobody, somebody
//! who is still at the door ([`Arriving`]), or a [`Visitor`]. Nothing else of a request names a
//! person or a tenant.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use figures::Date;
use gate::roles::{Action, Decision, Department, Grants, Role, may};
use sha2::{Digest, Sha256};
use store::control::api_tokens;
use store::control::sessions::{self, Seen};
use store::{Secret, TenantScope};

use super::error::AppError;
use super::house::House;
use super::observe::OfTenant;
use super::signin::door::{Knocking, csrf_of};
use super::signin::flow::Standing;
use super::signin::limits::client_address;

/// A person who is in, with what they may touch.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The person's id.
    pub person_id: String,
    /// The person's name.
    pub name: String,
    /// Whose books they see.
    pub scope: TenantScope,
    /// Their roles there.
    pub grants: Grants,
    /// Today, where the company is.
    pub on: Date,
    /// What a form must send back; a program's token has none, and so changes nothing.
    pub csrf: String,
    /// Whether the second factor was shown within the last minutes.
    pub is_fresh: bool,
    session: Option<Arc<Seen>>,
}

impl Visitor {
    /// What `gate` says about this person and this action, today.
    pub fn decision(&self, action: Action) -> Decision {
        may(&self.grants, action, self.on)
    }

    /// Whether this person may.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        self.decision(action).is_permitted()
    }

    /// Whether this person leads a department today, and so decides about what it proposes.
    #[must_use]
    pub fn leads(&self, department: Department) -> bool {
        let mut roles = self.grants.in_force(self.on).map(|grant| grant.role);
        roles.any(|role| role == Role::Lead(department))
    }

    /// Whether this person leads any department today.
    #[must_use]
    pub fn is_lead(&self) -> bool {
        Department::ALL.into_iter().any(|one| self.leads(one))
    }

    /// The session, unless a program's token asks.
    ///
    /// # Errors
    /// [`AppError::SignedOut`] for a program.
    pub fn session(&self) -> Result<&Seen, AppError> {
        self.session.as_deref().ok_or(AppError::SignedOut)
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

/// A person whose password was right, whether or not more stands between them and the pages.
#[derive(Debug, Clone)]
pub struct Arriving {
    seen: Arc<Seen>,
    csrf: String,
    standing: Standing,
}

impl Arriving {
    /// What the session proves.
    #[must_use]
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// What a form must send back.
    #[must_use]
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// What stands between the session and the pages.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing
    }
}

/// Whether a form was made for the session with this token. Digests are compared, so that the
/// time it takes says nothing about the token.
#[must_use]
pub fn is_same_token(expected: &str, sent: &str) -> bool {
    !expected.is_empty() && Sha256::digest(expected.as_bytes()) == Sha256::digest(sent.as_bytes())
}

/// Finds out who asks and notes it on the request.
pub async fn resolve(
    State(house): State<Arc<House>>,
    mut request: Request,
    next: Next,
) -> Response {
    match who_asks(&house, request.headers()).await {
        Ok(found) => {
            if let Some(arriving) = found.arriving {
                request.extensions_mut().insert(arriving);
            }
            let tenant = found
                .visitor
                .as_ref()
                .map(|one| one.scope.tenant_id().to_owned());
            if let Some(visitor) = found.visitor {
                request.extensions_mut().insert(Arc::new(visitor));
            }
            let mut response = next.run(request).await;
            if let Some(tenant) = tenant {
                response.extensions_mut().insert(OfTenant(tenant));
            }
            response
        }
        Err(error) => error.into_response(),
    }
}

#[derive(Default)]
struct Found {
    arriving: Option<Arriving>,
    visitor: Option<Visitor>,
}

async fn who_asks(house: &House, headers: &HeaderMap) -> Result<Found, AppError> {
    let door = house.door();
    if let Some(token) = bearer(headers) {
        let visitor = program(house, &token).await?;
        return Ok(Found {
            arriving: None,
            visitor,
        });
    }
    let Some(token) = door.cookie().read(headers) else {
        return Ok(Found::default());
    };
    let Some(seen) = sessions::seen(door.control(), &token, door.now()).await? else {
        return Ok(Found::default());
    };
    let (seen, csrf) = (Arc::new(seen), csrf_of(&token));
    let standing = door.standing(&seen);
    let visitor = match standing {
        Standing::In => Some(Visitor {
            person_id: seen.person_id.clone(),
            name: seen.name.clone(),
            scope: seen.scope.clone().by(&seen.person_id),
            grants: seen.grants.clone(),
            on: house.today(&seen.scope).await?,
            csrf: csrf.clone(),
            is_fresh: door.is_fresh(seen.factor_at, seen.has_factor),
            session: Some(Arc::clone(&seen)),
        }),
        Standing::NeedsCode | Standing::NeedsSetUp => None,
    };
    Ok(Found {
        arriving: Some(Arriving {
            seen,
            csrf,
            standing,
        }),
        visitor,
    })
}

fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let text = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let token = text.strip_prefix("Bearer ")?.trim();
    Some(Secret::new(token.to_owned()))
}

/// A program reads as its person may read; it has no form and is never fresh.
async fn program(house: &House, token: &Secret) -> Result<Option<Visitor>, AppError> {
    let door = house.door();
    let Some(caller) = api_tokens::caller(door.control(), token, door.now()).await? else {
        return Ok(None);
    };
    Ok(Some(Visitor {
        on: house.today(&caller.scope).await?,
        person_id: caller.person_id,
        name: caller.name,
        scope: caller.scope,
        grants: caller.grants,
        csrf: String::new(),
        is_fresh: false,
        session: None,
    }))
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

impl<S: Send + Sync> OptionalFromRequestParts<S> for Visitor {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, AppError> {
        let found = parts.extensions.get::<Arc<Self>>();
        Ok(found.map(|visitor| Self::clone(visitor)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Arriving {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, AppError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(AppError::SignedOut)
    }
}

impl FromRequestParts<Arc<House>> for Knocking {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        house: &Arc<House>,
    ) -> Result<Self, Self::Rejection> {
        const LONGEST: usize = 200;
        // Without a connection to look at, everybody is one source.
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        let texts = |name: &str| -> Vec<&str> {
            let values = parts.headers.get_all(name).iter();
            values.filter_map(|it| it.to_str().ok()).collect()
        };
        // A proxy may append a line of its own to one that was made up: all lines are one list.
        let forwarded = texts("x-forwarded-for").join(",");
        let user_agent = texts(USER_AGENT.as_str()).concat();
        Ok(Self {
            address: client_address(peer, Some(&forwarded), house.door().proxies()),
            user_agent: user_agent.chars().take(LONGEST).collect(),
        })
    }
}
