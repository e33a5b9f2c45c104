//! What a person is told when a page cannot be shown: a sentence, what to do, a reference.
//!
//! Nothing of an error's own text reaches the page: it goes to the log under the reference.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use store::{Refusal, StoreError};

use super::{assets, format};
use crate::logs;

/// Why a page is not shown.
#[derive(Debug)]
pub enum AppError {
    /// There is no such page or record, or it is another tenant's.
    NotFound,
    /// Nobody is signed in.
    SignedOut,
    /// This person may not.
    Forbidden(String),
    /// What was sent cannot be done; nothing was changed.
    Refused(&'static str),
    /// The same with a sentence that names the record.
    Conflict(String),
    /// What was sent did not arrive in time; nothing was changed.
    Late,
    /// Something broke.
    Broken(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for AppError {
    fn from(error: E) -> Self {
        let error = error.into();
        match error.downcast_ref() {
            // Whoever comes second at any form is told so.
            Some(StoreError::Refused(refusal @ Refusal::SettingsChanged)) => {
                Self::Conflict(format::sentence(&refusal.to_string(), |_| None))
            }
            _ => Self::Broken(error),
        }
    }
}

/// The page of an error. It stands alone, because the shell may be what broke.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// Where style and type are.
    pub assets: &'static str,
    /// The title, which is also the first sentence.
    pub title: String,
    /// What else to know.
    pub text: String,
    /// The reference to quote, when something broke.
    pub reference: Option<String>,
}

impl ErrorPage {
    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            assets: assets::FOLDER.as_str(),
            title: "Something broke on our side.".to_owned(),
            text: "Nothing was changed.".to_owned(),
            reference: Some("7F2K90".to_owned()),
        }
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let (status, title, text, reference) = match self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "There is nothing here.".to_owned(),
                "The address may be mistyped, or the record is gone from the books.".to_owned(),
                None,
            ),
            Self::SignedOut => (
                StatusCode::UNAUTHORIZED,
                "You are not signed in.".to_owned(),
                "Sign in and open the page again.".to_owned(),
                None,
            ),
            Self::Forbidden(why) => (
                StatusCode::FORBIDDEN,
                "You can't do this.".to_owned(),
                why,
                None,
            ),
            Self::Refused(text) => (
                StatusCode::BAD_REQUEST,
                "Not done.".to_owned(),
                text.to_owned(),
                None,
            ),
            Self::Conflict(text) => (StatusCode::CONFLICT, "Not done.".to_owned(), text, None),
            Self::Late => (
                StatusCode::REQUEST_TIMEOUT,
                "This took too long to arrive.".to_owned(),
                "Nothing was changed. Send it again, over a better connection if there is one."
                    .to_owned(),
                None,
            ),
            Self::Broken(error) => {
                let reference = reference(&error);
                tracing::error!(%reference, kind = logs::kind(&error), "a page broke");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Something broke on our side.".to_owned(),
                    "Nothing was changed.".to_owned(),
                    Some(reference),
                )
            }
        };
        let page = ErrorPage {
            assets: assets::FOLDER.as_str(),
            title,
            text,
            reference,
        };
        match page.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => status.into_response(),
        }
    }
}

/// Six characters that find the line in the log: the same error has the same reference.
fn reference(error: &anyhow::Error) -> String {
    use sha2::{Digest, Sha256};
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let digest = Sha256::digest(format!("{error:#}").as_bytes());
    digest
        .iter()
        .take(6)
        .map(|byte| char::from(LETTERS[usize::from(byte & 31)]))
        .collect()
}

/// A rendered page.
///
/// # Errors
/// When the template fails, which its test with a sample rules out.
pub fn page(template: &impl Template) -> Result<Response, AppError> {
    Ok(Html(template.render()?).into_response())
}
