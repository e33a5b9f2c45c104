//! A local Procore that is faithful on the wire.
//!
//! Three origins on the loopback address: the authorisation host, the API host, and a storage
//! origin for file contents that refuses a leaked token. It serves the Procore half of a
//! [`World`](crate::world::World) on the vendor's documented routes, with the vendor's paging,
//! filters, headers, number encodings, permissions, limits and errors.
//!
//! It must not know any type of the product: it is the independent witness. The list of what it
//! answers is in `routes`; the way of a request is `serve`, then `call`, then `list`, `show`,
//! `write` or a handler named in the route.

mod access;
mod admin;
mod call;
mod clock;
mod config;
mod derived;
mod documents;
mod emitter;
mod encoding;
mod faults;
mod files;
mod filters;
mod hook_routes;
mod hooks;
mod identities;
mod limits;
mod list;
mod oauth;
mod query;
mod reference;
mod reply;
mod route;
mod routes;
mod seeded;
mod serve;
mod show;
mod state;
mod store;
mod totals;
mod views;
mod wire;
mod write;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use access::{Level, Principal};
pub use clock::ClockMode;
pub use config::{Books, Config, Login, RateLimits, Sprinkle, WebhookPolicy};
pub use encoding::{Style, conforms, declared};
pub use faults::{Edit, Fault, FaultKind};
pub use identities::Inconsistency;
pub use reply::Shape;
pub use state::Logged;

/// A running server. Dropping it leaves the server running until the runtime ends; call
/// [`Handle::shutdown`] to stop it in an orderly way.
pub struct Handle {
    server: Arc<serve::Server>,
    tasks: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

/// Starts the three listeners on 127.0.0.1.
///
/// # Errors
/// A port that is taken.
pub async fn start(config: Config, world: Option<Books>) -> anyhow::Result<Handle> {
    let bind = |port: u16| async move {
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .with_context(|| format!("failed to listen on port {port}"))?;
        let url = format!("http://{}", listener.local_addr()?);
        anyhow::Ok((listener, url))
    };
    let (auth, auth_url) = bind(config.auth_port).await?;
    let (api, api_url) = bind(config.api_port).await?;
    let (files, files_url) = bind(config.files_port).await?;
    let urls = state::Urls {
        auth: auth_url,
        api: api_url,
        files: files_url,
    };
    let state = state::State::new(&config, world);
    let server = Arc::new(serve::Server::new(config, urls, state));
    let stop = CancellationToken::new();
    let mut tasks = serve::spawn_all(&server, serve::Listeners { auth, api, files }, &stop);
    tasks.push(tokio::spawn(emitter::run(
        Arc::clone(&server),
        stop.clone(),
    )));
    Ok(Handle {
        server,
        tasks,
        stop,
    })
}

impl Handle {
    /// Origin of the authorisation host, without a trailing slash.
    #[must_use]
    pub fn auth_url(&self) -> &str {
        &self.server.urls.auth
    }

    /// Origin of the API host, without a trailing slash.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.server.urls.api
    }

    /// Origin of the file storage, without a trailing slash.
    #[must_use]
    pub fn files_url(&self) -> &str {
        &self.server.urls.files
    }

    /// The company whose books are served.
    #[must_use]
    pub fn company_id(&self) -> i64 {
        self.server.state().company_id
    }

    /// What the server was started with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.server.config
    }

    /// Virtual time.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        self.server.state().clock.now()
    }

    /// Moves virtual time.
    pub fn advance(&self, seconds: i64) {
        self.server.state().clock.advance(seconds);
        self.server.wake.notify_one();
    }

    /// Issues a token pair without the OAuth dance; the body is that of the token endpoint.
    #[must_use]
    pub fn issue_token(&self, who: Principal) -> Value {
        let state = &mut *self.server.state();
        let now = state.clock.seconds();
        state.auth.issue(who, now, &self.server.config)
    }

    /// Ends every access token; refresh tokens stay good.
    pub fn expire_tokens(&self) {
        self.server.state().auth.expire_all();
    }

    /// Ends every token, as when consent is withdrawn.
    pub fn revoke_tokens(&self) {
        self.server.state().auth.revoke_all();
    }

    /// Replaces the fault script.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.server.state().faults.set(faults);
    }

    /// Adds one line to the fault script.
    pub fn add_fault(&self, fault: Fault) {
        self.server.state().faults.add(fault);
    }

    /// Sets a permission level, for one project or (without) for all of them or the company.
    pub fn set_level(&self, who: Principal, project: Option<i64>, tool: &str, level: Level) {
        self.server
            .state()
            .access
            .set_level(who, project, tool, level);
    }

    /// Lets a project vanish from, or return to, what a principal may see.
    pub fn set_member(&self, who: Principal, project: i64, member: bool) {
        self.server.state().access.set_member(who, project, member);
    }

    /// Switches a tool of a project on or off.
    pub fn set_tool_enabled(&self, project: i64, tool: &str, enabled: bool) {
        self.server
            .state()
            .access
            .set_tool_enabled(project, tool, enabled);
    }

    /// Puts a principal on a contract's private list, or takes it off.
    pub fn set_on_private_list(&self, who: Principal, contract: i64, listed: bool) {
        self.server
            .state()
            .access
            .set_on_private_list(who, contract, listed);
    }

    /// Installs the application in the company, or removes it.
    pub fn set_installed(&self, installed: bool) {
        self.server.state().access.installed = installed;
    }

    /// Replaces the rate limits and starts both windows afresh.
    pub fn set_limits(&self, limits: RateLimits) {
        let mut state = self.server.state();
        state.limits = limits;
        state.limiter.reset();
    }

    /// Chooses the error shape of the routes that fit a pattern; `None` gives the usual one back.
    pub fn set_error_shape(&self, route: &str, shape: Option<Shape>) {
        self.server.state().set_error_shape(route, shape);
    }

    /// Changes a record as a Procore user would; returns its id.
    ///
    /// # Errors
    /// A body that is no object, or a record to delete that does not exist.
    pub fn edit(&self, edit: &Edit) -> anyhow::Result<i64> {
        let outcome = admin::apply(&mut self.server.state(), edit);
        self.server.wake.notify_one();
        outcome.map_err(anyhow::Error::msg)
    }

    /// The stored body of a record, deleted ones included.
    #[must_use]
    pub fn record(&self, collection: &str, id: i64) -> Option<Value> {
        let state = self.server.state();
        state
            .store
            .find(collection, id)
            .map(|record| Value::Object(record.body.clone()))
    }

    /// Gives a file a content of its own.
    pub fn put_file(&self, name: &str, content: Vec<u8>) {
        self.server.state().files.insert(name.to_owned(), content);
    }

    /// Loaded or edited records whose stated totals contradict their parts.
    #[must_use]
    pub fn inconsistencies(&self) -> Vec<Inconsistency> {
        identities::inconsistencies(&self.server.state().store)
    }

    /// The requests answered so far, the latest 20,000 of them.
    #[must_use]
    pub fn requests(&self) -> Vec<Logged> {
        self.server.state().requests()
    }

    /// Forgets the requests answered so far.
    pub fn clear_requests(&self) {
        self.server.state().clear_log();
    }

    /// Counts, tokens, faults, deliveries and routes.
    #[must_use]
    pub fn dump(&self) -> Value {
        self.server.state().dump(&self.server.config)
    }

    /// Every webhook delivery with its attempts.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Value> {
        self.server.state().hooks.deliveries_all()
    }

    /// Sends the webhooks that are due; returns how many attempts were made.
    pub async fn send_webhooks(&self) -> usize {
        emitter::send_now(&self.server).await
    }

    /// Runs the retry schedule: moves virtual time from one due webhook to the next.
    pub async fn settle_webhooks(&self, seconds: i64) -> usize {
        admin::settle(&self.server, seconds).await
    }

    /// Stops accepting, lets open requests end, and cuts those that do not.
    pub async fn shutdown(self) {
        self.stop.cancel();
        for mut task in self.tasks {
            if tokio::time::timeout(Duration::from_secs(2), &mut task)
                .await
                .is_err()
            {
                task.abort();
            }
        }
    }
}
