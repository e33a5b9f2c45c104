//! Listening: requests in, pages out, and a stop that lets running requests end.

use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::house::House;
use super::router::router;
use super::visitor::Visitor;

/// Serves until `stop` is cancelled.
///
/// # Errors
/// When the listener breaks or the machine has no randomness.
pub async fn serve(
    house: Arc<House>,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let address = listener.local_addr().context("failed to learn the port")?;
    anyhow::ensure!(
        address.ip().is_loopback(),
        "nobody signs in yet, so this listens on this machine only; use 127.0.0.1"
    );
    let visitor = Arc::new(Visitor::operator(&house)?);
    let application = router(house, visitor);
    axum::serve(listener, application)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
        .context("failed to serve")
}
