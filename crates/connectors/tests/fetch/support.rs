//! What the tests of reading share: a clock that does not wait, a vault and a receiver in memory,
//! and connections made through the vendors' own consent pages.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectors::fetch::{Completeness, ResourceKey, Sink, SinkError};
use connectors::http::{BoxFuture, Clock, Conditions, Limits, NoRandomness, SystemClock};
use connectors::meter::Meter;
use connectors::oauth::{
    Application, Callback, CallbackListener, Connection, PendingLogin, RefreshStart, Secret,
    Standing, StoredTokens, TokenVault, VaultError, consent_on_this_machine,
};
use connectors::throttle::Policy;
use connectors::{procore, quickbooks};
use figures::source::{RawRecord, System};
use jiff::Timestamp;

/// Time that passes only when somebody would have waited.
pub(crate) struct QuickClock(AtomicI64);

impl QuickClock {
    pub(crate) fn at(start: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(start.as_millisecond())))
    }

    pub(crate) fn waited_since(&self, start: Timestamp) -> Duration {
        let passed = self.0.load(Ordering::SeqCst) - start.as_millisecond();
        Duration::from_millis(u64::try_from(passed).unwrap())
    }
}

impl Clock for QuickClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'_, ()> {
        self.0
            .fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
        Box::pin(tokio::task::yield_now())
    }

    fn jitter(&self, most: Duration) -> Duration {
        most / 2
    }

    fn unguessable(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        SystemClock.unguessable(buffer)
    }
}

pub(crate) fn conditions(clock: &Arc<QuickClock>) -> Conditions {
    Conditions {
        limits: Limits {
            whole: Duration::from_secs(20),
            ..Limits::default()
        },
        policy: Policy {
            attempts: 4,
            ..Policy::this_machine()
        },
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        meter: Arc::new(Meter::new()),
    }
}

/// A vault in memory.
pub(crate) struct MemoryVault(Mutex<StoredTokens>);

impl MemoryVault {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(StoredTokens::none())))
    }

    pub(crate) fn stored(&self) -> StoredTokens {
        self.0.lock().unwrap().clone()
    }
}

type Done<'a, T> = BoxFuture<'a, Result<T, VaultError>>;

impl TokenVault for MemoryVault {
    fn load(&self) -> Done<'_, StoredTokens> {
        Box::pin(async { Ok(self.stored()) })
    }

    fn begin_refresh(&self, at: Timestamp) -> Done<'_, RefreshStart> {
        let before = self.stored();
        self.0.lock().unwrap().refresh_started = Some(at);
        Box::pin(async { Ok(RefreshStart::Begun(before)) })
    }

    fn save(&self, tokens: StoredTokens) -> Done<'_, ()> {
        *self.0.lock().unwrap() = tokens;
        Box::pin(async { Ok(()) })
    }

    fn abandon_refresh(&self) -> Done<'_, ()> {
        self.0.lock().unwrap().refresh_started = None;
        Box::pin(async { Ok(()) })
    }

    fn leave_refresh_open(&self) -> Done<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn needs_reconnect<'a>(&'a self, reason: &'a str) -> Done<'a, ()> {
        let standing = Standing::NeedsReconnect {
            reason: reason.to_owned(),
        };
        *self.0.lock().unwrap() = StoredTokens {
            standing,
            ..StoredTokens::none()
        };
        Box::pin(async { Ok(()) })
    }

    fn forget(&self) -> Done<'_, ()> {
        *self.0.lock().unwrap() = StoredTokens::none();
        Box::pin(async { Ok(()) })
    }
}

/// A receiver that keeps everything in memory.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) records: BTreeMap<(String, Option<i64>, String), RawRecord>,
    pub(crate) verdicts: BTreeMap<(String, Option<i64>), Completeness>,
    /// Resources in the order of their verdicts.
    pub(crate) order: Vec<String>,
}

impl Kept {
    pub(crate) fn verdict(&self, resource: &str) -> Option<&Completeness> {
        let found = self.verdicts.iter().find(|((name, _), _)| name == resource);
        found.map(|(_, verdict)| verdict)
    }

    pub(crate) fn ids(&self, resource: &str) -> Vec<String> {
        let of = self
            .records
            .values()
            .filter(|record| record.resource == resource);
        of.map(|record| record.external_id.to_string()).collect()
    }
}

type Kept0<'a> = BoxFuture<'a, Result<(), SinkError>>;

impl Sink for Kept {
    fn page<'a>(&'a mut self, key: &'a ResourceKey, records: Vec<RawRecord>) -> Kept0<'a> {
        for record in records {
            assert_eq!(record.resource, key.resource);
            let id = record.external_id.to_string();
            self.records
                .insert((record.resource.to_string(), key.project_id, id), record);
        }
        Box::pin(async { Ok(()) })
    }

    fn restart<'a>(&'a mut self, key: &'a ResourceKey) -> Kept0<'a> {
        self.records.retain(|(resource, project, _), _| {
            *resource != key.resource || *project != key.project_id
        });
        Box::pin(async { Ok(()) })
    }

    fn done<'a>(&'a mut self, key: &'a ResourceKey, proof: Completeness) -> Kept0<'a> {
        self.order.push(key.to_string());
        self.verdicts
            .insert((key.resource.to_string(), key.project_id), proof);
        Box::pin(async { Ok(()) })
    }
}

/// A QuickBooks sandbox and a connection to it.
pub(crate) struct Ledger {
    pub(crate) server: sandbox::quickbooks::Handle,
    pub(crate) client: quickbooks::client::Client,
    pub(crate) vault: Arc<MemoryVault>,
    pub(crate) clock: Arc<QuickClock>,
    pub(crate) start: Timestamp,
}

/// Walks through the consent page and returns what came back.
pub(crate) async fn consent(
    application: &mut Application,
    clock: &QuickClock,
) -> (PendingLogin, Callback) {
    let listener = CallbackListener::bind("http://127.0.0.1:0/callback")
        .await
        .unwrap();
    application.redirect_uri = listener.redirect_uri().to_owned();
    let (login, address) = PendingLogin::begin(application, clock).unwrap();
    let waiting = tokio::spawn(listener.wait(Duration::from_secs(60)));
    consent_on_this_machine(&address).await.unwrap();
    (login, waiting.await.unwrap().unwrap())
}

pub(crate) fn quickbooks_application(server: &sandbox::quickbooks::Handle) -> Application {
    let environment = quickbooks::client::Environment::local(server.base_url()).unwrap();
    Application {
        system: System::QuickBooks,
        client_id: sandbox::quickbooks::CLIENT_ID.to_owned(),
        client_secret: Secret::new(sandbox::quickbooks::CLIENT_SECRET.to_owned()),
        redirect_uri: String::new(),
        endpoints: environment.endpoints,
    }
}

pub(crate) async fn ledger(books: Option<sandbox::quickbooks::Books>) -> Ledger {
    let config = sandbox::quickbooks::Config {
        headless: true,
        pace: sandbox::quickbooks::Pace::Manual,
        start: books
            .is_none()
            .then(|| "2026-11-20T17:00:00Z".parse().unwrap()),
        throttle: sandbox::quickbooks::Throttle::off(),
        ..sandbox::quickbooks::Config::default()
    };
    let server = sandbox::quickbooks::start(config, books).await.unwrap();
    let start = server.now();
    let clock = QuickClock::at(start);
    let environment = quickbooks::client::Environment::local(server.base_url()).unwrap();
    let mut application = quickbooks_application(&server);
    let (login, callback) = consent(&mut application, &clock).await;
    let vault = MemoryVault::new();
    let realm = quickbooks::client::connect(
        &environment,
        &application,
        login,
        &callback,
        None,
        vault.as_ref(),
        conditions(&clock),
    )
    .await
    .unwrap();
    let connection = Connection::of_person(
        application,
        Arc::clone(&vault) as Arc<dyn TokenVault>,
        Arc::clone(&clock) as Arc<dyn Clock>,
        Limits::default(),
    )
    .unwrap();
    let client = quickbooks::client::Client::open(
        &environment,
        &realm,
        Arc::new(connection),
        conditions(&clock),
    )
    .unwrap();
    Ledger {
        server,
        client,
        vault,
        clock,
        start,
    }
}

/// A Procore sandbox and a connection to it.
pub(crate) struct Office {
    pub(crate) server: sandbox::procore::Handle,
    pub(crate) client: Arc<procore::client::Client>,
    pub(crate) vault: Arc<MemoryVault>,
    pub(crate) clock: Arc<QuickClock>,
}

pub(crate) fn procore_application(server: &sandbox::procore::Handle) -> Application {
    let environment =
        procore::client::Environment::of_hosts(server.auth_url(), server.api_url()).unwrap();
    Application {
        system: System::Procore,
        client_id: server.config().client_id.clone(),
        client_secret: Secret::new(server.config().client_secret.clone()),
        redirect_uri: "http://localhost".to_owned(),
        endpoints: environment.endpoints,
    }
}

/// With whose rights Procore is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    Person,
    ServiceAccount,
}

pub(crate) async fn office(books: sandbox::procore::Books, rights: Rights) -> Office {
    let config = sandbox::procore::Config {
        headless_consent: true,
        limits: sandbox::procore::RateLimits {
            jump_to_reset: true,
            ..sandbox::procore::RateLimits::default()
        },
        ..sandbox::procore::Config::default()
    };
    let server = sandbox::procore::start(config, Some(books)).await.unwrap();
    let start = server.now();
    let clock = QuickClock::at(start);
    let environment =
        procore::client::Environment::of_hosts(server.auth_url(), server.api_url()).unwrap();
    let mut application = procore_application(&server);
    let vault = MemoryVault::new();
    let company = server.company_id();
    let kept = Arc::clone(&vault) as Arc<dyn TokenVault>;
    let time = Arc::clone(&clock) as Arc<dyn Clock>;
    let connection = match rights {
        Rights::Person => {
            let (login, callback) = consent(&mut application, &clock).await;
            procore::client::connect(
                &environment,
                &application,
                login,
                &callback,
                company,
                None,
                vault.as_ref(),
                conditions(&clock),
            )
            .await
            .unwrap();
            Connection::of_person(application, kept, time, Limits::default()).unwrap()
        }
        Rights::ServiceAccount => {
            procore::client::connect_service_account(
                &environment,
                &application,
                company,
                None,
                vault.as_ref(),
                conditions(&clock),
            )
            .await
            .unwrap();
            Connection::of_service_account(application, kept, time, Limits::default()).unwrap()
        }
    };
    let client = procore::client::Client::open(
        &environment,
        company,
        Arc::new(connection),
        conditions(&clock),
    )
    .unwrap();
    Office {
        server,
        client: Arc::new(client),
        vault,
        clock,
    }
}
