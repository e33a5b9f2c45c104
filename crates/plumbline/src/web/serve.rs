//! Listening: requests in, pages out, and a stop that lets running requests end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::serve::{Listener, ListenerExt};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::house::House;
use super::router::router;
use super::tls::{Certificate, TlsListener};

/// How long running requests have to end once a stop is asked for.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Serves until `stop` is cancelled: then no connection is accepted any more, and the requests that
/// are under way have [`PATIENCE`] to end.
///
/// # Errors
/// When the listener breaks, or people would send their passwords over a network in the clear.
pub async fn serve(
    house: Arc<House>,
    listener: TcpListener,
    certificate: Option<Arc<Certificate>>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let address = listener.local_addr().context("failed to learn the port")?;
    let is_encrypted = house.origin().starts_with("https://");
    anyhow::ensure!(
        address.ip().is_loopback() || is_encrypted,
        "passwords must not cross a network in the clear: listen on 127.0.0.1, name a certificate \
         with --tls-cert, or put a proxy with TLS in front and say so with --origin https://…"
    );
    match certificate {
        None => over(house, listener, stop).await,
        Some(certificate) => {
            let listener = TlsListener::of(listener, certificate).context("failed to listen")?;
            over(house, listener, stop).await
        }
    }
}

async fn over<L>(house: Arc<House>, listener: L, stop: CancellationToken) -> anyhow::Result<()>
where
    L: Listener<Addr = SocketAddr>,
{
    // Tapping makes the address of every kind of listener known to the handlers.
    let listener = listener.tap_io(|_| {});
    let application = router(house).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, application)
        .with_graceful_shutdown(stop.clone().cancelled_owned())
        .into_future();
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        served = served => served.context("failed to serve"),
        () = too_late => {
            tracing::warn!("requests that did not end were cut off");
            Ok(())
        }
    }
}
