//! Who may ask for what: decided here, from the router's list, before any handler runs.
//!
//! A handler never asks again and never gives more. What an action needs is a table; a person
//! whose roles do not hold it is refused, and so is everybody when there is no person.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::AppError;
use super::visitor::Visitor;

/// What the web can do, one for each right that a person can have or lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// See the worklist, the bridges, the figures and where they come from.
    ReadBooks,
    /// Say that two records are the same, or are not.
    DecideMatches,
    /// Read both systems now.
    ReadNow,
    /// Connect and disconnect Procore and QuickBooks.
    Connect,
    /// Change settings of the company.
    ChangeSettings,
}

impl Action {
    /// What it is called in a refusal: "It needs the right to …".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ReadBooks => "read the books",
            Self::DecideMatches => "decide about matches",
            Self::ReadNow => "read both systems",
            Self::Connect => "connect systems",
            Self::ChangeSettings => "change settings",
        }
    }
}

/// What a route asks of its visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: style, type, health.
    Nothing,
    /// The right to an action.
    May(Action),
}

/// Longest form that is read. A decision names a few records and a note.
const LONGEST_FORM: usize = 64 * 1_024;

/// Lets a request through to its handler, or answers it.
pub async fn authorise(State(needs): State<Needs>, request: Request, next: Next) -> Response {
    let Needs::May(action) = needs else {
        return next.run(request).await;
    };
    let Some(visitor) = request.extensions().get::<Arc<Visitor>>().cloned() else {
        return AppError::SignedOut.into_response();
    };
    if !visitor.may(action) {
        return AppError::Forbidden(action.words()).into_response();
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    match with_token(request, &visitor).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Reads the form for the session's token and hands the request on as it came.
async fn with_token(request: Request, visitor: &Visitor) -> Result<Request, AppError> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, LONGEST_FORM)
        .await
        .map_err(|_| AppError::Refused("The form is too long, so nothing was changed."))?;
    let sent = url::form_urlencoded::parse(&bytes).find(|(name, _)| name == "csrf");
    match sent {
        Some((_, token)) if visitor.sent_this(&token) => {
            Ok(Request::from_parts(parts, Body::from(bytes)))
        }
        _ => Err(AppError::Refused(
            "The page was open for too long, so nothing was changed. Open it again and repeat.",
        )),
    }
}
