//! How long a request may take to arrive: its head, and what it brings.
//!
//! A limit counts from the head to the last byte. One between bytes would be none for a client that
//! sends one of them now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use super::access::has_parts;
use super::error::AppError;

/// How long the parts of a request may take.
#[derive(Debug, Clone, Copy)]
pub struct Within {
    /// The head, and how long a connection is kept without a request. Proxies in front let go of
    /// theirs sooner.
    pub head: Duration,
    /// The body of a form or of an announcement.
    pub form: Duration,
    /// The body of a form with a document.
    pub upload: Duration,
}

impl Within {
    /// The limits of a server. The longest document arrives in time at 90 kB a second.
    pub const USUAL: Self = Self {
        head: Duration::from_secs(30),
        form: Duration::from_secs(30),
        upload: Duration::from_secs(120),
    };

    fn body(self, request: &Request) -> Duration {
        if has_parts(request.headers()) {
            self.upload
        } else {
            self.form
        }
    }
}

/// Hands a request on with a body that fails once its time is over. Whoever reads it acts only on a
/// whole one; the answer says why it was not.
pub(super) async fn arrives_in_time(
    State(within): State<Within>,
    request: Request,
    next: Next,
) -> Response {
    let until = Instant::now() + within.body(&request);
    let is_late = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&is_late);
    let request = request.map(|body| Body::from_stream(ending(body, until, noted)));
    let response = next.run(request).await;
    if !is_late.load(Ordering::Relaxed) {
        return response;
    }
    let mut response = AppError::Late.into_response();
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
    response
}

/// The bytes of a body, and an error when they have not ended at `until`.
fn ending(
    body: Body,
    until: Instant,
    is_late: Arc<AtomicBool>,
) -> impl Stream<Item = Result<Bytes, axum::Error>> {
    let state = (body.into_data_stream(), is_late);
    stream::unfold(state, move |(mut bytes, is_late)| async move {
        let read = match timeout_at(until, bytes.next()).await {
            Ok(read) => read?,
            Err(late) => {
                is_late.store(true, Ordering::Relaxed);
                Err(axum::Error::new(late))
            }
        };
        Some((read, (bytes, is_late)))
    })
}
