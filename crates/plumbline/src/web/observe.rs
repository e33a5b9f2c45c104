//! What is logged and counted about every request: its entry in the router's list, how it ended,
//! how long it took, and whose it was by id. Never what was asked for or answered.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

use super::router::template;
use crate::metrics::METRICS;

/// The tenant that a request was found to be of; the visitor's layer notes it on the answer.
#[derive(Debug, Clone)]
pub struct OfTenant(pub String);

const ID: HeaderName = HeaderName::from_static("x-request-id");

/// Logs and counts a request. Its id goes back with the answer, so that a person can quote it.
pub async fn observe(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", |path| template(path.as_str()));
    let method = method(request.method());
    let id = format!("req_{}", Uuid::now_v7().simple());
    // Durations are from the monotonic clock.
    let began = Instant::now();
    let span = tracing::info_span!("request", id);
    let mut response = next.run(request).instrument(span).await;
    let time = began.elapsed();
    let status = response.status().as_u16();
    METRICS.answered(route, method, status, time);
    let tenant = response.extensions().get::<OfTenant>();
    tracing::info!(
        id,
        route,
        method,
        status,
        us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
        tenant = tenant.map(|tenant| tenant.0.as_str()),
        "answered"
    );
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(ID, id);
    }
    response
}

/// A method that somebody made up is not repeated.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    }
}
