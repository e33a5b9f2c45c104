//! Listening: requests in, pages out, and a stop that lets running requests end.
//!
//! A connection that sends no request, or half of one, is closed after a while, so that nobody
//! keeps all places by saying nothing. So is one whose request does not end (`in_time`).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::house::House;
use super::in_time::Within;
use super::router::router;
use super::tls::{Certificate, TlsListener};

/// How long running requests have to end once a stop is asked for.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Serves until `stop` is cancelled: then no connection is accepted any more, and the requests that
/// are under way have [`PATIENCE`] to end. A connection whose next head is not there in time is
/// closed, and a request whose body is not is answered so.
///
/// # Errors
/// When the listener breaks, or people would send their passwords over a network in the clear.
pub async fn serve(
    house: Arc<House>,
    listener: TcpListener,
    certificate: Option<Arc<Certificate>>,
    within: Within,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let address = listener.local_addr().context("failed to learn the port")?;
    let is_encrypted = house.origin().starts_with("https://");
    anyhow::ensure!(
        address.ip().is_loopback() || is_encrypted,
        "passwords must not cross a network in the clear: listen on 127.0.0.1, name a certificate \
         with --tls-cert, or put a proxy with TLS in front and say so with --origin https://…"
    );
    let application = router(house, within);
    match certificate {
        None => over(application, listener, within.head, stop).await,
        Some(certificate) => {
            let listener = TlsListener::of(listener, certificate).context("failed to listen")?;
            over(application, listener, within.head, stop).await;
        }
    }
    Ok(())
}

/// Serves an application over any kind of listener.
pub(super) async fn over<L>(
    application: Router,
    mut listener: L,
    head_within: Duration,
    stop: CancellationToken,
) where
    L: Listener<Addr = SocketAddr>,
{
    let connections = TaskTracker::new();
    loop {
        let (stream, address) = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let service = TowerToHyperService::new(application.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(address));
            service.call(request)
        });
        connections.spawn(talk(stream, service, head_within, stop.clone()));
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(PATIENCE, connections.wait())
        .await
        .is_err()
    {
        tracing::warn!("requests that did not end were cut off");
    }
}

/// Answers the requests of one connection, one after the other.
async fn talk<I, S>(stream: I, service: S, head_within: Duration, stop: CancellationToken)
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    S: Service<Request<Incoming>, Response = Response<axum::body::Body>, Error = Infallible>,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_within)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // How a connection ends is its client's affair; every answer that was given is in the log.
    tokio::select! {
        ended = connection.as_mut() => drop(ended),
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            drop(connection.await);
        }
    }
}
