//! What supervisors and proxies ask: whether the process answers, and whether it can serve.
//!
//! Both are open to everybody and say nothing about anybody: a word, and of what is wrong only the
//! class. What it is exactly is in the log.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use store::Unready;

use super::house::House;

/// `GET /health`: the process answers.
pub async fn health() -> &'static str {
    "ok\n"
}

/// `GET /ready`: requests can be served.
pub async fn ready(State(house): State<Arc<House>>) -> Response {
    match house.readiness().await {
        Ok(()) => "ready\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

/// The last answer of the installation, so that asking often asks the database seldom.
#[derive(Debug, Default)]
pub struct Readiness {
    last: tokio::sync::Mutex<Option<(Instant, Result<(), &'static str>)>>,
}

/// How long an answer holds.
const HOLDS: Duration = Duration::from_secs(1);
/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(3);

impl Readiness {
    /// Asks the installation, unless it was asked just now.
    pub async fn of(&self, installation: &store::Installation) -> Result<(), &'static str> {
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = *last
            && at.elapsed() < HOLDS
        {
            return answer;
        }
        let answer = match tokio::time::timeout(PATIENCE, installation.ready()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(Unready::Database)) | Err(_) => Err("database"),
            Ok(Err(Unready::Keys)) => Err("keys"),
            Ok(Err(Unready::Schema)) => Err("schema"),
        };
        if let Err(why) = answer {
            tracing::error!(why, "not ready");
        }
        *last = Some((Instant::now(), answer));
        answer
    }
}
