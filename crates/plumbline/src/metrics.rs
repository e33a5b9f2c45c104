//! What is counted for Prometheus: how much, how fast and how it ended; never whose.
//!
//! No label holds a name, an address or the id of a tenant or record, so that whoever may read the
//! metrics learns nothing about anybody. Counters are of the process, and so is this list.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use figures::source::System;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The counters of this process.
pub static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::new);

/// How a step of signing in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum SignIn {
    /// The password, or the code, was right.
    Right,
    /// It was not.
    Wrong,
    /// Too many tries.
    TooMany,
    /// Right, but there is no company to work in.
    NoCompany,
}

/// How a cycle ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum CycleEnd {
    /// Both systems were read.
    Whole,
    /// A system could not be read, or not whole; what needs it is refused.
    Partial,
    /// The process was to end; the next run goes on.
    Stopped,
    /// Our own side failed.
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Step {
    step: &'static str,
    outcome: SignIn,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct End {
    outcome: CycleEnd,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Called {
    system: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfPool {
    pool: &'static str,
    state: &'static str,
}

/// What is looked up when somebody asks, because nothing counts it as it happens.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// Jobs by state, of the tenants that are in use here.
    pub jobs: Vec<(&'static str, u64)>,
    /// Tenants whose files are open.
    pub open_tenants: u64,
    /// Connections of each pool to a server: name, used, idle, most.
    pub pools: Vec<(&'static str, u64, u64, u64)>,
    /// Resident memory of the process in bytes, where the system tells.
    pub memory: Option<u64>,
    /// When the newest backup was made, in seconds since 1970.
    pub newest_backup: Option<u64>,
}

type Level = Gauge<u64, AtomicU64>;

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    request_seconds: Family<Route, Histogram, fn() -> Histogram>,
    sign_ins: Family<Step, Counter>,
    cycles: Family<End, Counter>,
    cycle_seconds: Histogram,
    calls: Family<Called, Counter>,
    jobs: Family<InState, Level>,
    open_tenants: Level,
    pools: Family<OfPool, Level>,
    memory: Level,
    newest_backup: Level,
}

impl Metrics {
    fn new() -> Self {
        let seconds: fn() -> Histogram = || {
            Histogram::new([
                0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
            ])
        };
        let mut new = Self {
            registry: Registry::with_prefix("plumbline"),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(seconds),
            sign_ins: Family::default(),
            cycles: Family::default(),
            cycle_seconds: Histogram::new([1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0]),
            calls: Family::default(),
            jobs: Family::default(),
            open_tenants: Level::default(),
            pools: Family::default(),
            memory: Level::default(),
            newest_backup: Level::default(),
        };
        new.list();
        new
    }

    fn list(&mut self) {
        let it = &mut self.registry;
        let seconds = || Unit::Seconds;
        it.register("requests", "Requests by route", self.requests.clone());
        it.register_with_unit(
            "request",
            "Time to an answer by route",
            seconds(),
            self.request_seconds.clone(),
        );
        it.register(
            "sign_in_steps",
            "Passwords and codes",
            self.sign_ins.clone(),
        );
        it.register("cycles", "Readings of both systems", self.cycles.clone());
        it.register_with_unit(
            "cycle",
            "Time from reading to publishing",
            seconds(),
            self.cycle_seconds.clone(),
        );
        it.register("vendor_calls", "Calls to each system", self.calls.clone());
        it.register(
            "jobs",
            "Jobs of the tenants that are in use here",
            self.jobs.clone(),
        );
        it.register(
            "open_tenants",
            "Tenants whose files are open",
            self.open_tenants.clone(),
        );
        it.register(
            "database_connections",
            "Connections to a database server",
            self.pools.clone(),
        );
        it.register_with_unit(
            "resident_memory",
            "Memory of the process",
            Unit::Bytes,
            self.memory.clone(),
        );
        it.register_with_unit(
            "newest_backup_time",
            "When the newest backup was made, since 1970; 0 for never",
            seconds(),
            self.newest_backup.clone(),
        );
    }

    /// A request was answered. The route is its entry in the router's list, not what was asked for.
    pub fn answered(&self, route: &'static str, method: &'static str, status: u16, time: Duration) {
        let request = Request {
            route,
            method,
            status,
        };
        self.requests.get_or_create(&request).inc();
        let route = Route { route };
        self.request_seconds
            .get_or_create(&route)
            .observe(time.as_secs_f64());
    }

    /// Somebody gave a password (`password`) or a code (`code`).
    pub fn signed_in(&self, step: &'static str, outcome: SignIn) {
        self.sign_ins.get_or_create(&Step { step, outcome }).inc();
    }

    /// A cycle ended.
    pub fn cycled(&self, outcome: CycleEnd, time: Duration) {
        self.cycles.get_or_create(&End { outcome }).inc();
        self.cycle_seconds.observe(time.as_secs_f64());
    }

    /// Calls were made to a system.
    pub fn called(&self, system: System, calls: u64) {
        let system = system.name();
        self.calls.get_or_create(&Called { system }).inc_by(calls);
    }

    /// Everything, in the text form of OpenMetrics, together with what was looked up.
    ///
    /// # Errors
    /// When it cannot be written, which memory alone can cause.
    pub fn text(&self, looked: &Looked) -> Result<String, std::fmt::Error> {
        for (state, count) in &looked.jobs {
            self.jobs.get_or_create(&InState { state }).set(*count);
        }
        self.open_tenants.set(looked.open_tenants);
        for (pool, used, idle, most) in &looked.pools {
            for (state, count) in [("used", used), ("idle", idle), ("most", most)] {
                self.pools
                    .get_or_create(&OfPool { pool, state })
                    .set(*count);
            }
        }
        self.memory.set(looked.memory.unwrap_or_default());
        self.newest_backup
            .set(looked.newest_backup.unwrap_or_default());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
