//! The metrics, on a listener of their own: whoever may read them need not be let in.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::house::House;
use super::in_time::Within;
use super::serve::over;
use crate::metrics::{Looked, METRICS};

/// The form that is written.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves `/metrics` until `stop` is cancelled.
pub async fn serve_metrics(house: Arc<House>, listener: TcpListener, stop: CancellationToken) {
    let application = Router::new()
        .route("/metrics", get(metrics))
        .with_state(house);
    over(application, listener, Within::USUAL.head, stop).await;
}

async fn metrics(State(house): State<Arc<House>>) -> Response {
    match METRICS.text(&looked(&house).await) {
        Ok(text) => ([(CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn looked(house: &House) -> Looked {
    let installation = house.installation();
    let pools = installation.pools().into_iter().map(|pool| {
        let (open, idle) = (u64::from(pool.open), u64::from(pool.idle));
        (
            pool.name,
            open.saturating_sub(idle),
            idle,
            u64::from(pool.most),
        )
    });
    // What cannot be read is not shown; `/ready` says why.
    let newest_backup = installation.newest_backup().await.ok().flatten();
    Looked {
        jobs: house.jobs().await,
        open_tenants: u64::try_from(installation.open_tenants()).unwrap_or(u64::MAX),
        pools: pools.collect(),
        memory: memory(),
        newest_backup: newest_backup.and_then(|at| u64::try_from(at.as_second()).ok()),
    }
}

/// Resident memory of this process, as Linux tells it.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}
