//! The HTTP server: one origin, one lock, faults around every call.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::company::{Company, Inconsistency};
use super::config::{Books, Config, Throttle, Webhooks};
use super::fault::Fault;
use super::gateway::Meter;
use super::listener::{Cutter, CuttingListener};
use super::response::{Call, Reply};
use super::scripts::{Edit, FaultKind, FaultRule, disturb_rows};
use super::state::State;
use super::{admin, chaos};

const BODY_LIMIT: usize = 256 * 1024 * 1024;

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    stop: CancellationToken,
    delivery: tokio::sync::Mutex<()>,
    base_url: String,
    first_realm: String,
}

/// A running sandbox and its admin functions. Cloning shares the server.
#[derive(Debug, Clone)]
pub struct Handle {
    shared: Arc<Shared>,
    task: Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
}

/// Starts a server on 127.0.0.1 with the given books, or with those of a new company.
///
/// # Errors
/// A taken port, an unknown time zone, or books that cannot be loaded.
pub async fn start(config: Config, books: Option<Books>) -> anyhow::Result<Handle> {
    let (listener, address) = CuttingListener::bind(config.port).await?;
    let state = State::new(config, books)?;
    let first_realm = state.companies.keys().next().cloned().unwrap_or_default();
    let stop = CancellationToken::new();
    let shared = Arc::new(Shared {
        state: Mutex::new(state),
        stop: stop.clone(),
        delivery: tokio::sync::Mutex::new(()),
        base_url: format!("http://{address}"),
        first_realm,
    });
    let handle = Handle {
        shared,
        task: Arc::new(tokio::sync::Mutex::new(None)),
    };
    let for_calls = handle.clone();
    let router = Router::new().fallback(
        move |ConnectInfo(cutter): ConnectInfo<Cutter>, request: Request| {
            let handle = for_calls.clone();
            async move { handle.serve(cutter, request).await }
        },
    );
    let service = router.into_make_service_with_connect_info::<Cutter>();
    let task = tokio::spawn(async move {
        let stopped = async move { stop.cancelled().await };
        if let Err(error) = axum::serve(listener, service)
            .with_graceful_shutdown(stopped)
            .await
        {
            tracing::error!(%error, "the QuickBooks sandbox stopped");
        }
    });
    *handle.task.lock().await = Some(task);
    Ok(handle)
}

/// Counts a call out, even when its client has gone away.
struct InFlight {
    handle: Handle,
    realm: String,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.handle.state().gateway.leave(&self.realm);
    }
}

impl Handle {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic in one call must not make the whole server unusable.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn serve(&self, cutter: Cutter, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
            return respond(Reply::text(413, "text/plain", "body too large"), None);
        };
        let query = parts.uri.query().unwrap_or("");
        let call = Call {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers: parts.headers,
            body: body.to_vec(),
        };
        if call.path.starts_with("/_sandbox/") {
            return respond(admin::answer(self, &call).await, None);
        }
        let realm = realm_of(&call);
        let _in_flight = realm.clone().map(|realm| {
            self.state().gateway.enter(&realm);
            InFlight {
                handle: self.clone(),
                realm,
            }
        });
        let (fault, trace) = {
            let mut state = self.state();
            state.clock.tick();
            (state.scripts.next(&call), state.trace_id())
        };
        let reply = self
            .serve_with(fault, &call, realm.as_deref(), &cutter)
            .await;
        self.queue_events();
        respond(reply, Some(trace))
    }

    async fn serve_with(
        &self,
        fault: Option<FaultKind>,
        call: &Call,
        realm: Option<&str>,
        cutter: &Cutter,
    ) -> Reply {
        let refuse = |fault: Fault| {
            let state = self.state();
            state.fault_reply(realm.unwrap_or(""), &fault, state.clock.now())
        };
        match fault {
            None => self.state().answer(call),
            Some(FaultKind::Slow { milliseconds }) => {
                self.wait(milliseconds).await;
                self.state().answer(call)
            }
            Some(FaultKind::TimeoutAfterCommit { milliseconds }) => {
                let reply = self.state().answer(call);
                self.queue_events();
                self.wait(milliseconds).await;
                cutter.cut_after(0);
                reply
            }
            Some(FaultKind::DropAfterCommit) => {
                let reply = self.state().answer(call);
                cutter.cut_after(0);
                reply
            }
            Some(FaultKind::DropBefore) => {
                cutter.cut_after(0);
                Reply::text(500, "text/plain", "")
            }
            Some(FaultKind::CutConnection) => {
                let reply = self.state().answer(call);
                // The head is a few hundred bytes; at least part of the body must be lost.
                let half = i64::try_from(reply.body.len() / 2).unwrap_or(0);
                cutter.cut_after(half.max(20));
                reply
            }
            Some(FaultKind::TruncatedBody) => {
                let mut reply = self.state().answer(call);
                reply.body.truncate(reply.body.len() / 2);
                reply
            }
            Some(FaultKind::Throttled { retry_after }) => {
                let reply = refuse(Fault::throttled());
                match retry_after {
                    Some(seconds) => reply.with("retry-after", seconds.to_string()),
                    None => reply,
                }
            }
            Some(FaultKind::Unauthorized) => refuse(Fault::unauthenticated(
                "Malformed bearer token: too short or too long",
            )),
            Some(FaultKind::Forbidden) => refuse(Fault::forbidden(
                "The application is not authorized for this company.",
            )),
            Some(FaultKind::ServerError { status }) => refuse(Fault::system(status)),
            Some(FaultKind::Html { status }) => Reply::text(
                status,
                "text/html",
                "<html><head><title>Service Unavailable</title></head><body><h1>The service is temporarily unavailable</h1></body></html>",
            ),
            Some(FaultKind::FaultInSuccess) => refuse(Fault {
                status: 200,
                ..Fault::system(200)
            }),
            Some(FaultKind::DuplicateRows) => self.disturbed(call, true),
            Some(FaultKind::ShuffledRows) => self.disturbed(call, false),
            Some(FaultKind::EditBetween { edits }) => {
                for edit in &edits {
                    if let Err(error) = self.edit(realm.unwrap_or(""), edit) {
                        tracing::warn!(%error, "a scripted edit was refused");
                    }
                }
                self.state().answer(call)
            }
        }
    }

    fn disturbed(&self, call: &Call, duplicate: bool) -> Reply {
        let mut reply = self.state().answer(call);
        if let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body) {
            disturb_rows(&mut body, duplicate);
            reply.body = body.to_string().into_bytes();
        }
        reply
    }

    async fn wait(&self, milliseconds: u64) {
        let pause = tokio::time::sleep(Duration::from_millis(milliseconds));
        tokio::select! {
            () = pause => {}
            () = self.shared.stop.cancelled() => {}
        }
    }

    /// Moves what happened in the companies to the webhook queue, and sends it in the background.
    fn queue_events(&self) {
        if self.collect_events() {
            let handle = self.clone();
            tokio::spawn(async move { handle.deliver_webhooks().await });
        }
    }

    /// Moves what happened in the companies to the webhook queue; says whether something is due.
    fn collect_events(&self) -> bool {
        let mut state = self.state();
        let hooks = state.config.webhooks.clone();
        let mut changes = Vec::new();
        for (realm, company) in &mut state.companies {
            changes.push((realm.clone(), company.take_changes()));
        }
        let Some(hooks) = hooks else { return false };
        for (realm, changes) in changes {
            if state.oauth.is_connected(&realm) {
                state.outbox.add(&hooks, &realm, changes);
            }
        }
        state.outbox.due(&hooks, state.clock.now()).is_some()
    }

    /// Posts every event that is due and returns when none is.
    pub async fn deliver_webhooks(&self) {
        self.collect_events();
        let _one_at_a_time = self.shared.delivery.lock().await;
        loop {
            let due = {
                let state = self.state();
                let now = state.clock.now();
                let hooks = state.config.webhooks.as_ref();
                hooks.and_then(|hooks| state.outbox.due(hooks, now))
            };
            let Some(delivery) = due else { return };
            // The client needs a provider even though it only speaks to this machine in clear.
            drop(rustls::crypto::ring::default_provider().install_default());
            let accepted = match reqwest::Client::builder()
                .timeout(Duration::from_secs(3))
                .build()
            {
                Ok(client) => client
                    .post(&delivery.url)
                    .header("content-type", "application/json")
                    .header("intuit-signature", &delivery.signature)
                    .body(delivery.body.clone())
                    .send()
                    .await
                    .is_ok_and(|answer| answer.status() == reqwest::StatusCode::OK),
                Err(_) => false,
            };
            let mut state = self.state();
            let now = state.clock.now();
            state.outbox.done(&delivery, accepted, now);
        }
    }

    /// Events waiting and requests that the endpoint has accepted.
    #[must_use]
    pub fn webhook_counts(&self) -> (usize, u64) {
        self.state().outbox.counts()
    }

    /// `http://127.0.0.1:port`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    /// The first company's id.
    #[must_use]
    pub fn realm_id(&self) -> String {
        self.shared.first_realm.clone()
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.state().clock.now()
    }

    /// Moves the virtual clock.
    pub fn advance_seconds(&self, seconds: i64) {
        self.state()
            .clock
            .advance(SignedDuration::from_secs(seconds));
    }

    /// Ends every access token now.
    pub fn expire_tokens(&self) {
        self.state().oauth.expire_access();
    }

    /// Disconnects the app as a user inside QuickBooks would; returns how many grants ended.
    pub fn revoke_grants(&self, realm_id: &str) -> usize {
        self.state().oauth.disconnect(realm_id)
    }

    /// Replaces the fault script.
    pub fn set_faults(&self, rules: Vec<FaultRule>) {
        let mut state = self.state();
        let seed = state.config.seed;
        state.scripts.set(rules, seed);
    }

    /// How often each rule of the script has fired.
    #[must_use]
    pub fn faults_fired(&self) -> Vec<u64> {
        self.state().scripts.fired()
    }

    /// Edits the books as a person in QuickBooks would.
    ///
    /// # Errors
    /// An unknown company, or the vendor's refusal.
    pub fn edit(&self, realm_id: &str, edit: &Edit) -> anyhow::Result<()> {
        let mut state = self.state();
        let now = state.clock.now();
        let company = state
            .companies
            .get_mut(realm_id)
            .ok_or_else(|| anyhow::anyhow!("unknown company {realm_id}"))?;
        chaos::apply(company, edit, now)
            .map_err(|fault| anyhow::anyhow!("{}: {}", fault.code, fault.detail))
    }

    /// Random edits from a seed; returns those that took effect.
    pub fn chaos(&self, realm_id: &str, count: usize, seed: u64) -> Vec<Edit> {
        let mut state = self.state();
        let now = state.clock.now();
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        match state.companies.get_mut(realm_id) {
            Some(company) => chaos::random_edits(company, count, &mut random, now),
            None => Vec::new(),
        }
    }

    /// Sets or clears the closing date.
    pub fn set_closing_date(&self, realm_id: &str, date: Option<jiff::civil::Date>) {
        let mut state = self.state();
        let now = state.clock.now();
        if let Some(company) = state.companies.get_mut(realm_id) {
            company.set_closing_date(date, now);
        }
    }

    /// Ticks a transaction off against the bank's statement. Says whether there is such a one.
    pub fn reconcile(&self, realm_id: &str, entity: &str, id: &str) -> bool {
        let mut state = self.state();
        let company = state.companies.get_mut(realm_id);
        company.is_some_and(|company| company.reconcile(entity, id))
    }

    /// Takes the tick away again. Says whether there was one.
    pub fn unreconcile(&self, realm_id: &str, entity: &str, id: &str) -> bool {
        let mut state = self.state();
        let company = state.companies.get_mut(realm_id);
        company.is_some_and(|company| company.unreconcile(entity, id))
    }

    /// Metered calls of this month.
    #[must_use]
    pub fn meter(&self) -> Meter {
        let mut state = self.state();
        let (limit, now) = (state.config.monthly_reads, state.clock.now());
        state.gateway.meter(limit, now)
    }

    /// Changes the monthly allowance of reads.
    pub fn set_monthly_reads(&self, limit: u64) {
        self.state().config.monthly_reads = limit;
    }

    /// Changes the request limits.
    pub fn set_throttle(&self, throttle: Throttle) {
        self.state().config.throttle = throttle;
    }

    /// Lets the consent page answer by itself, or not.
    pub fn set_headless(&self, on: bool) {
        self.state().config.headless = on;
    }

    /// Sets or ends the webhook subscription.
    pub fn set_webhooks(&self, hooks: Option<Webhooks>) {
        self.state().config.webhooks = hooks;
    }

    /// Adds a further company to the company chooser.
    ///
    /// # Errors
    /// Books that cannot be loaded.
    pub fn add_company(&self, books: Books) -> anyhow::Result<()> {
        self.state().add_company(books)
    }

    /// Reads a company's books while the server holds still.
    pub fn with_company<T>(&self, realm_id: &str, read: impl FnOnce(&Company) -> T) -> Option<T> {
        self.state().companies.get(realm_id).map(read)
    }

    /// Where the loaded books contradicted themselves.
    #[must_use]
    pub fn inconsistencies(&self, realm_id: &str) -> Vec<Inconsistency> {
        self.with_company(realm_id, |company| company.inconsistencies().to_vec())
            .unwrap_or_default()
    }

    /// Every living entity as it is served, by entity name.
    #[must_use]
    pub fn dump(&self, realm_id: &str) -> Value {
        self.with_company(realm_id, Company::dump)
            .unwrap_or(Value::Object(Map::new()))
    }

    /// The bytes of an attachment of the first company.
    #[must_use]
    pub fn attached(&self, id: &str) -> Option<Vec<u8>> {
        self.state().attached(&self.shared.first_realm, id)
    }

    /// Stops the server; calls that wait are answered or cut.
    pub async fn shutdown(self) {
        self.shared.stop.cancel();
        if let Some(task) = self.task.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::warn!(%error, "the QuickBooks sandbox ended badly");
        }
    }
}

fn realm_of(call: &Call) -> Option<String> {
    let rest = call.path.strip_prefix("/v3/company/")?;
    rest.split('/').next().map(str::to_owned)
}

fn respond(reply: Reply, trace: Option<String>) -> Response {
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(reply.content_type));
    if let Some(trace) = trace.and_then(|trace| HeaderValue::from_str(&trace).ok()) {
        headers.insert("intuit_tid", trace);
    }
    // A replayed answer carries the trace id of the first call.
    for (name, value) in reply.headers {
        if let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(&value),
        ) {
            headers.insert(name, value);
        }
    }
    response
}
