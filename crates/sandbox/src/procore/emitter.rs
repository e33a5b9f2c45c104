//! Sends webhooks: one attempt per delivery that is due, outcomes booked on the virtual clock.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::clock::ClockMode;
use super::hooks;
use super::serve::Server;

/// Sends whenever something changed, until stopped.
pub(crate) async fn run(server: Arc<Server>, stop: CancellationToken) {
    let client = client(server.config.webhooks.timeout_ms);
    loop {
        let tick = async {
            match server.config.clock {
                ClockMode::Frozen => std::future::pending::<()>().await,
                ClockMode::Running => tokio::time::sleep(Duration::from_millis(500)).await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = server.wake.notified() => {}
            () = tick => {}
        }
        if let Some(client) = &client {
            send_due(&server, client).await;
        }
    }
}

/// A client that gives up after the time that stands for the vendor's five seconds.
fn client(timeout_ms: u64) -> Option<reqwest::Client> {
    // Another part of the process may have chosen a provider already; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(Duration::from_millis(timeout_ms))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .ok()
}

/// Sends everything that is due now and returns how many attempts were made.
pub(crate) async fn send_now(server: &Server) -> usize {
    match client(server.config.webhooks.timeout_ms) {
        Some(client) => send_due(server, &client).await,
        None => 0,
    }
}

async fn send_due(server: &Server, client: &reqwest::Client) -> usize {
    let mut round = server.sending.lock().await;
    let mut sent = 0;
    loop {
        let mut due = {
            let state = server.state();
            state.hooks.due(state.clock.seconds())
        };
        if due.is_empty() {
            return sent;
        }
        *round += 1;
        hooks::shuffle(server.config.seed, *round, server.config.webhooks, &mut due);
        for delivery in due {
            let status = post(
                client,
                &delivery.url,
                delivery.authorization.as_deref(),
                &delivery.payload,
            )
            .await;
            sent += 1;
            let mut state = server.state();
            let now = state.clock.now();
            state.hooks.attempted(delivery.id, status, now);
        }
    }
}

async fn post(
    client: &reqwest::Client,
    url: &str,
    authorization: Option<&str>,
    payload: &Value,
) -> Option<u16> {
    let mut request = client.post(url).json(payload);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request
        .send()
        .await
        .ok()
        .map(|response| response.status().as_u16())
}
