//! What the tests share: sandboxes, a data folder, a clock that does not wait, the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use connectors::fetch::Progress;
use connectors::http::{BoxFuture, Clock, NoRandomness, SystemClock};
use figures::Date;
use jiff::Timestamp;
use plumbline::connect::{self, Consent};
use plumbline::cycle::{self, Report};
use plumbline::desk::Desk;
use plumbline::reading::Watch;
use plumbline::sandboxes::{Manner, Ports, Sandboxes};
use plumbline::settings::{Rights, Settings};
use sandbox::contractor::{Plan, generate};

/// Time that passes only when somebody would have waited.
pub(crate) struct QuickClock(AtomicI64);

impl QuickClock {
    pub(crate) fn at(start: Timestamp) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(start.as_millisecond())))
    }

    pub(crate) fn advance_minutes(&self, minutes: i64) {
        self.0.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    pub(crate) fn advance_hours(&self, hours: i64) {
        self.0.fetch_add(hours * 3_600_000, Ordering::SeqCst);
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

/// Nobody watches.
pub(crate) struct Silent;

impl Watch for Silent {
    fn step(&mut self, _: &Progress) {}
    fn note(&mut self, _: &str) {}
}

/// Both sandboxes and a connected data folder.
pub(crate) struct App {
    pub(crate) sandboxes: Sandboxes,
    pub(crate) clock: Arc<QuickClock>,
    folder: tempfile::TempDir,
}

impl App {
    /// A small contractor, connected to both systems.
    pub(crate) async fn start(seed: u64) -> Self {
        let app = Self::unconnected(seed).await;
        app.connect().await;
        app
    }

    pub(crate) async fn unconnected(seed: u64) -> Self {
        Self::of(&Plan::small(seed)).await
    }

    /// A contractor of this kind, connected to nothing yet.
    pub(crate) async fn of(plan: &Plan) -> Self {
        let world = generate(plan);
        let sandboxes = Sandboxes::start(world, Ports::default(), Manner::Still)
            .await
            .unwrap();
        let clock = QuickClock::at(sandboxes.procore.now());
        Self {
            sandboxes,
            clock,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn day(&self) -> Date {
        self.sandboxes.as_of
    }

    pub(crate) async fn desk(&self) -> Desk {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let mut desk = Desk::open(&self.data(), clock).await.unwrap();
        desk.settings.as_of = Some(self.day());
        desk
    }

    /// Connects both systems; doing it again asks for a full read.
    pub(crate) async fn connect(&self) {
        let mut desk = self.desk().await;
        let access = self.sandboxes.procore_access(Rights::Person);
        connect::procore(&mut desk, access, Consent::Headless)
            .await
            .unwrap();
        let access = self.sandboxes.quickbooks_access();
        connect::quickbooks(&mut desk, access, Consent::Headless)
            .await
            .unwrap();
        desk.close().await;
    }

    pub(crate) async fn cycle(&self) -> Report {
        let desk = self.desk().await;
        let report = cycle::run(&desk, self.day(), &mut Silent).await.unwrap();
        desk.close().await;
        report
    }

    /// Runs the program on the data folder. Its clock is the machine's, so the folder's limit of
    /// age is lifted first.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.lift_age();
        let data = self.data().display().to_string();
        let mut all = vec!["--data", &data];
        all.extend(arguments);
        run(&all)
    }

    fn lift_age(&self) {
        if !self.data().exists() {
            return;
        }
        let lift = || async {
            let mut desk = self.desk().await;
            desk.settings = Settings::load(&desk.store, &desk.scope).await.unwrap();
            if desk.settings.procore.is_some() {
                desk.settings.stale_after_days = 100_000;
                desk.save_settings().await.unwrap();
            }
            desk.close().await;
        };
        // A test may be within a runtime already, and none may be started in another.
        let block_on = || tokio::runtime::Runtime::new().unwrap().block_on(lift());
        std::thread::scope(|scope| scope.spawn(block_on).join().unwrap());
    }

    pub(crate) fn realm(&self) -> String {
        self.sandboxes.quickbooks.realm_id()
    }
}

/// What a run of the program came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

pub(crate) fn run(arguments: &[&str]) -> Ran {
    run_with(arguments, &[])
}

pub(crate) fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(program());
    command.args(arguments).envs(variables.iter().copied());
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Ran {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_plumbline"))
}

/// A snapshot folder of a small contractor.
pub(crate) fn snapshot(seed: u64, folder: &Path) -> PathBuf {
    let dir = folder.join("snapshot");
    generate(&Plan::small(seed)).write_snapshot(&dir).unwrap();
    dir
}
