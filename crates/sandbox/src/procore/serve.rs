//! The three listeners and the way of a request through faults, limits and the API.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::call::{self, Incoming};
use super::config::Config;
use super::faults::FaultKind;
use super::limits::Standing;
use super::reply::{Content, Refusal, Reply};
use super::state::{Logged, State, Urls};
use super::wire::{Cut, CuttableListener};
use super::{admin, files, oauth, seeded};

/// What all handlers share.
pub(crate) struct Server {
    pub(crate) config: Config,
    pub(crate) urls: Urls,
    state: Mutex<State>,
    pub(crate) wake: Notify,
    /// Webhooks are sent by one at a time.
    pub(crate) sending: tokio::sync::Mutex<u64>,
}

impl Server {
    pub(crate) fn new(config: Config, urls: Urls, state: State) -> Self {
        Self {
            config,
            urls,
            state: Mutex::new(state),
            wake: Notify::new(),
            sending: tokio::sync::Mutex::new(0),
        }
    }

    /// The state; a panic in another request does not make it unusable.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    Auth,
    Api,
    Files,
}

/// Serves one host until the token is cancelled.
fn spawn(
    server: &Arc<Server>,
    host: Host,
    listener: TcpListener,
    stop: CancellationToken,
) -> JoinHandle<()> {
    let handler =
        move |Shared(server): Shared<Arc<Server>>,
              ConnectInfo(cut): ConnectInfo<Cut>,
              request: Request| async move { handle(&server, host, &cut, request).await };
    let app = Router::new()
        .fallback(handler)
        .with_state(Arc::clone(server));
    let service = app.into_make_service_with_connect_info::<Cut>();
    tokio::spawn(async move {
        let serving = axum::serve(CuttableListener(listener), service)
            .with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = serving.await {
            tracing::error!(%error, "the sandbox stopped serving");
        }
    })
}

pub(crate) struct Listeners {
    pub(crate) auth: TcpListener,
    pub(crate) api: TcpListener,
    pub(crate) files: TcpListener,
}

pub(crate) fn spawn_all(
    server: &Arc<Server>,
    listeners: Listeners,
    stop: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    vec![
        spawn(server, Host::Auth, listeners.auth, stop.clone()),
        spawn(server, Host::Api, listeners.api, stop.clone()),
        spawn(server, Host::Files, listeners.files, stop.clone()),
    ]
}

const LARGEST_BODY: usize = 64 * 1024 * 1024;

async fn read(request: Request) -> Incoming {
    let (parts, body) = request.into_parts();
    let text = |name: HeaderName| {
        parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    let authorization = text(header::AUTHORIZATION);
    let company = text(HeaderName::from_static("procore-company-id"));
    let idempotency = text(HeaderName::from_static("idempotency-token"));
    let content_type = text(header::CONTENT_TYPE).unwrap_or_default();
    let body = to_bytes(body, LARGEST_BODY)
        .await
        .map(|bytes| bytes.to_vec())
        .unwrap_or_default();
    Incoming {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization,
        company,
        content_type,
        idempotency,
        body,
    }
}

async fn handle(server: &Server, host: Host, cut: &Cut, request: Request) -> Response<Body> {
    let incoming = read(request).await;
    if host == Host::Api && incoming.path.starts_with("/_sandbox") {
        let reply = admin::answer(server, &incoming).await;
        return render(reply, HeaderMap::new());
    }
    let Outcome {
        reply,
        headers,
        transport,
    } = answer(server, host, &incoming);
    server.wake.notify_one();
    let mut dropped = false;
    for effect in transport {
        match effect {
            Transport::Wait(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
            Transport::Half => cut.in_the_middle(),
            Transport::Drop => {
                cut.now();
                dropped = true;
            }
        }
    }
    let status = if dropped { 0 } else { reply.status };
    server.state().log(Logged {
        method: incoming.method,
        path: incoming.path,
        query: incoming.query,
        status,
    });
    render(reply, headers)
}

/// What happens to the connection.
enum Transport {
    Wait(u64),
    Half,
    Drop,
}

struct Outcome {
    reply: Reply,
    headers: HeaderMap,
    transport: Vec<Transport>,
}

/// The part of a request that needs the state: no waiting in here.
fn answer(server: &Server, host: Host, incoming: &Incoming) -> Outcome {
    let state = &mut *server.state();
    let number = state.next_request();
    let struck = state.faults.strike(&incoming.method, &incoming.path);
    let mut transport = Vec::new();
    let mut instead = None;
    for fault in &struck {
        match fault {
            FaultKind::DropConnection => {
                transport.push(Transport::Drop);
                instead = Some(Reply::empty(500));
            }
            FaultKind::RateLimited { retry_after } => {
                instead = Some(error_reply(incoming, 429, *retry_after));
            }
            FaultKind::Status {
                status,
                retry_after,
            } => {
                instead = Some(error_reply(incoming, *status, *retry_after));
            }
            FaultKind::HtmlPage { status } => {
                instead = Some(Reply::html(
                    *status,
                    "<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body><center><h1>Bad Gateway</h1></center></body></html>",
                ));
            }
            FaultKind::EditBefore { edits } => {
                for edit in edits {
                    // An edit that does not fit is the script's mistake and shows in its test.
                    if let Err(reason) = admin::apply(state, edit) {
                        tracing::warn!(%reason, "a scripted edit was refused");
                    }
                }
            }
            _ => {}
        }
    }
    let standing = (host == Host::Api).then(|| count(state));
    let refused = standing.is_some_and(|standing| !standing.allowed);
    let mut reply = match instead {
        Some(reply) => reply,
        None if refused => over_limit(state, incoming, standing),
        None => process(server, state, host, incoming),
    };
    for fault in &struck {
        after(fault, &mut reply, &mut transport);
    }
    let request_id = seeded::token(server.config.seed, &["request", &number.to_string()]);
    let headers = common_headers(state, standing, &request_id[..32]);
    Outcome {
        reply,
        headers,
        transport,
    }
}

fn process(server: &Server, state: &mut State, host: Host, incoming: &Incoming) -> Reply {
    let (config, urls) = (&server.config, &server.urls);
    match host {
        Host::Auth => oauth::answer(state, config, incoming),
        Host::Files => files::blob(state, config.seed, incoming),
        Host::Api if incoming.path.starts_with("/files/") => {
            files::redirect(state, config.seed, &urls.files, incoming)
        }
        // The API host served these historically and still does.
        Host::Api if incoming.path.starts_with("/oauth/") => oauth::answer(state, config, incoming),
        Host::Api => call::answer(state, config, urls, incoming),
    }
}

fn count(state: &mut State) -> Standing {
    let now = state.clock.seconds();
    let limits = state.limits;
    let standing = state.limiter.count(now, &limits);
    if !standing.allowed && limits.jump_to_reset {
        state.clock.advance((standing.reset - now).max(0));
    }
    standing
}

fn over_limit(state: &State, incoming: &Incoming, standing: Option<Standing>) -> Reply {
    let wait = standing.map(|standing| (standing.reset - state.clock.seconds()).max(1));
    error_reply(incoming, 429, wait.filter(|_| state.limits.retry_after))
}

fn error_reply(incoming: &Incoming, status: u16, retry_after: Option<i64>) -> Reply {
    let message = match status {
        401 => "The access token is invalid",
        403 => "You do not have permission to perform this action",
        404 => "Not Found",
        429 => "You have surpassed the max number of requests for a client. Please try again later",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    let v2 = incoming.path.starts_with("/rest/v2");
    let reply = Refusal::new(status, message).render(v2, None);
    match retry_after {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    }
}

fn after(fault: &FaultKind, reply: &mut Reply, transport: &mut Vec<Transport>) {
    match fault {
        FaultKind::TimeoutAfterCommit { hold_ms } => {
            transport.push(Transport::Wait(*hold_ms));
            transport.push(Transport::Drop);
        }
        FaultKind::DropAfterCommit => transport.push(Transport::Drop),
        FaultKind::TruncatedBody => transport.push(Transport::Half),
        FaultKind::Slow { ms } => transport.push(Transport::Wait(*ms)),
        FaultKind::HtmlSuccess => {
            *reply = Reply::html(
                200,
                "<html><body>Please sign in to the network.</body></html>",
            );
        }
        FaultKind::DuplicateRows => {
            if let Some(rows) = rows_of(reply)
                && let Some(first) = rows.first().cloned()
            {
                rows.push(first);
            }
        }
        FaultKind::OutOfOrderRows => {
            if let Some(rows) = rows_of(reply) {
                rows.reverse();
            }
        }
        _ => {}
    }
}

fn rows_of(reply: &mut Reply) -> Option<&mut Vec<Value>> {
    match &mut reply.body {
        Content::Json(Value::Array(rows)) => Some(rows),
        Content::Json(value) => value.get_mut("data")?.as_array_mut(),
        _ => None,
    }
}

fn common_headers(state: &State, standing: Option<Standing>, request_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, text: String| {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("date", state.clock.http_date());
    put("x-request-id", request_id.to_owned());
    if let Some(standing) = standing {
        put("x-rate-limit-limit", standing.limit.to_string());
        put("x-rate-limit-remaining", standing.remaining.to_string());
        put("x-rate-limit-reset", standing.reset.to_string());
    }
    headers
}

pub(crate) fn render(reply: Reply, headers: HeaderMap) -> Response<Body> {
    let (kind, bytes) = match reply.body {
        Content::Nothing => (None, Vec::new()),
        Content::Json(value) => {
            let text = serde_json::to_vec(&value).unwrap_or_else(|error| {
                json!({"error": error.to_string()}).to_string().into_bytes()
            });
            (Some("application/json"), text)
        }
        Content::Html(text) => (Some("text/html; charset=utf-8"), text.into_bytes()),
        Content::Bytes(kind, bytes) => (Some(kind), bytes),
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = headers;
    if let Some(kind) = kind {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, text) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&text) {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    }
    response
}
