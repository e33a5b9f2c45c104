//! Who may ask for what: decided here, from the router's list, before any handler runs.
//!
//! A handler never gives more. What an action needs is `gate`'s to say; a person whose roles do
//! not hold it is refused, and so is everybody when there is no person.

use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, MatchedPath, Multipart, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
pub use gate::roles::Action;
use gate::roles::Decision;
use store::documents;

use super::api;
use super::error::AppError;
use super::router;
use super::signin::flow::Standing;
use super::visitor::{Arriving, Visitor, is_same_token};

/// What a route asks of its visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Not even our host name: what supervisors ask by whatever address they reach us at. Nothing
    /// is said there about anybody.
    Probe,
    /// Nothing: style, type, and the forms of those who are not signed in yet.
    Nothing,
    /// A proof in the request itself, which its handler looks at: what vendors announce. It comes
    /// from no page.
    Proof,
    /// A password that was right: the pages between it and everything else.
    Password,
    /// A person who is in, whatever their roles: their own account.
    Person,
    /// The right to an action.
    May(Action),
    /// The same, by a program's token, which reads only.
    TokenMay(Action),
}

/// Longest form that is read. A decision names a few records and a note.
const LONGEST_FORM: usize = 64 * 1_024;
/// Longest form with a document.
const LONGEST_UPLOAD: usize = documents::LONGEST + LONGEST_FORM;

/// Lets a request through to its handler, or answers it.
pub async fn authorise(State(needs): State<Needs>, request: Request, next: Next) -> Response {
    let by_program = request.headers().contains_key(AUTHORIZATION);
    let is_open = matches!(needs, Needs::Probe | Needs::Nothing | Needs::Proof);
    if by_program != matches!(needs, Needs::TokenMay(_)) && !is_open {
        // A token opens the pages for programs and no other; a cookie opens those for people.
        return signed_out(needs);
    }
    let expected = match admitted(needs, &request) {
        Ok(expected) => expected,
        Err(answer) => return answer,
    };
    if is_read(&request) {
        return next.run(request).await;
    }
    match expected {
        None => next.run(request).await,
        Some(token) => match with_token(request, &token).await {
            Ok(request) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        },
    }
}

fn is_read(request: &Request) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD)
}

/// The token that a change must bring, for whoever may pass; else the answer.
#[expect(
    clippy::result_large_err,
    reason = "the error is the answer, made once and handed on"
)]
fn admitted(needs: Needs, request: &Request) -> Result<Option<String>, Response> {
    let arriving = request.extensions().get::<Arriving>();
    let visitor = request.extensions().get::<Arc<Visitor>>();
    match needs {
        // Forms before signing in are of no session; their origin was looked at.
        Needs::Probe | Needs::Nothing | Needs::Proof => Ok(None),
        Needs::Password => match arriving {
            Some(arriving) => Ok(Some(arriving.csrf().to_owned())),
            None => Err(to_the_door(request, arriving)),
        },
        Needs::Person => match visitor {
            Some(visitor) => Ok(Some(visitor.csrf.clone())),
            None => Err(to_the_door(request, arriving)),
        },
        Needs::TokenMay(action) => match visitor.map(|visitor| visitor.decision(action)) {
            None => Err(signed_out(needs)),
            Some(Decision::Denied(denial)) => {
                let text = denial.to_string();
                Err(api::refused(StatusCode::FORBIDDEN, "not_permitted", &text))
            }
            Some(Decision::Permitted) => Ok(None),
        },
        Needs::May(action) => {
            let Some(visitor) = visitor else {
                return Err(to_the_door(request, arriving));
            };
            match visitor.decision(action) {
                Decision::Denied(denial) => {
                    Err(AppError::Forbidden(denial.to_string()).into_response())
                }
                Decision::Permitted
                    if action.needs_fresh_factor() && !visitor.is_fresh && !is_read(request) =>
                {
                    Err(show_the_factor_again(request))
                }
                Decision::Permitted => Ok(Some(visitor.csrf.clone())),
            }
        }
    }
}

/// Nobody who could ask this asks.
fn signed_out(needs: Needs) -> Response {
    match needs {
        Needs::TokenMay(_) => api::refused(
            StatusCode::UNAUTHORIZED,
            "no_token",
            "Send a token that counts, as Authorization: Bearer. A person makes one under My \
             account.",
        ),
        _ => AppError::SignedOut.into_response(),
    }
}

/// Pages lead to what is missing; everything else is refused.
fn to_the_door(request: &Request, arriving: Option<&Arriving>) -> Response {
    let door = match arriving.map(Arriving::standing) {
        Some(Standing::NeedsCode) => "/sign-in/factor",
        Some(Standing::NeedsSetUp) => "/sign-in/set-up",
        Some(Standing::In) | None => "/sign-in",
    };
    let is_part = request.headers().contains_key("hx-request");
    if is_read(request) && !is_part {
        let to = request.uri().path_and_query().map_or("/", |it| it.as_str());
        Redirect::to(&with_return(door, to)).into_response()
    } else {
        AppError::SignedOut.into_response()
    }
}

/// The address without its last part; nothing for one that has one part only.
fn above_of(path: &str) -> Option<String> {
    let (above, _) = path.rsplit_once('/')?;
    (!above.is_empty()).then(|| above.to_owned())
}

/// What a change needs is a code of the last minutes; the form is to be sent again afterwards, from
/// its own page where it has one at the same address.
fn show_the_factor_again(request: &Request) -> Response {
    let path = request.uri().path();
    let matched = request.extensions().get::<MatchedPath>();
    // The page that a form is on is at its own address or at the one above it.
    let matched = matched.map(MatchedPath::as_str);
    let to = if matched.is_some_and(router::is_page) {
        path.to_owned()
    } else if let Some(above) = above_of(path)
        && matched
            .and_then(above_of)
            .is_some_and(|it| router::is_page(&it))
    {
        above
    } else {
        format!("/{}", path.split('/').nth(1).unwrap_or_default())
    };
    Redirect::to(&with_return("/sign-in/factor", &to)).into_response()
}

fn with_return(door: &str, to: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("to", to);
    format!("{door}?{}", query.finish())
}

/// Reads the form for the session's token and hands the request on as it came.
async fn with_token(request: Request, expected: &str) -> Result<Request, AppError> {
    let (parts, body) = request.into_parts();
    let has_parts = has_parts(&parts.headers);
    let longest = if has_parts {
        LONGEST_UPLOAD
    } else {
        LONGEST_FORM
    };
    let bytes = to_bytes(body, longest)
        .await
        .map_err(|_| AppError::Refused("The form is too long, so nothing was changed."))?;
    let handed_on = |bytes: Bytes| {
        let mut request = Request::from_parts(parts.clone(), Body::from(bytes));
        DefaultBodyLimit::max(longest).apply(&mut request);
        request
    };
    let sent = if has_parts {
        token_of_parts(handed_on(bytes.clone())).await
    } else {
        let mut fields = url::form_urlencoded::parse(&bytes);
        let token = fields.find(|(name, _)| name == "csrf");
        token.map(|(_, token)| token.into_owned())
    };
    match sent {
        Some(token) if is_same_token(expected, &token) => Ok(handed_on(bytes)),
        _ => Err(AppError::Refused(
            "The page was open for too long, so nothing was changed. Open it again and repeat.",
        )),
    }
}

/// Whether a form has several parts, one of which may be a document.
pub(super) fn has_parts(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"))
}

/// The token of a form of several parts, which comes before any document.
async fn token_of_parts(request: Request) -> Option<String> {
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let first = form.next_field().await.ok()??;
    if first.name() != Some("csrf") {
        return None;
    }
    first.text().await.ok()
}
