//! Listening: requests in, pages out, and a stop that lets running requests end.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::house::House;
use super::router::router;

/// Serves until `stop` is cancelled.
///
/// # Errors
/// When the listener breaks, or people would send their passwords over a network in the clear.
pub async fn serve(
    house: Arc<House>,
    listener: TcpListener,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let address = listener.local_addr().context("failed to learn the port")?;
    let is_encrypted = house.origin().starts_with("https://");
    anyhow::ensure!(
        address.ip().is_loopback() || is_encrypted,
        "passwords must not cross a network in the clear: listen on 127.0.0.1, or put a proxy with \
         TLS in front and say so with --origin https://…"
    );
    let application = router(house).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, application)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
        .context("failed to serve")
}
