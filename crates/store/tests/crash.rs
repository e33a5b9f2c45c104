//! Killed at any moment and started again, the store ends where it would have ended undisturbed.
//!
//! The test starts itself as a worker that runs cycles, step by step on command. It lets the
//! worker do a few steps, orders one more and kills it with SIGKILL somewhere inside that step.
#![expect(
    clippy::unwrap_used,
    reason = "whatever fails here must end the test or the worker"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use figures::source::{RawRecord, System};
use jiff::{SignedDuration, Timestamp};
use store::connections::{NewConnection, connect};
use store::mirror::{
    OpenCycle, Outcome, Reach, ResourceKey, begin_cycle, cursors, cycles, finish_cycle,
    finish_resource, read_as_of, record_page,
};
use store::tokens::{
    RefreshRequest, RefreshStart, TokenSet, begin_refresh, current, save_refreshed,
};
use store::worklist::{self, Filter, Proof, PublishedFinding, Publishing, publish};
use store::{Installation, MasterKeySource, Secret, Store, doctor};

const SEED: u64 = 0x0b1e_55ed;
const CYCLES: i64 = 14;
const FOLDER: &str = "STORE_CRASH_TEST_FOLDER";
const RESOURCES: [(System, &str); 3] = [
    (System::QuickBooks, "Bill"),
    (System::QuickBooks, "Invoice"),
    (System::Procore, "requisitions"),
];

#[test]
fn killed_fifty_times_it_ends_as_if_undisturbed() {
    let (calm, stormy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&calm, &stormy] {
        block_on(set_up(folder.path()));
    }
    let mut undisturbed = Worker::start(calm.path());
    while undisturbed.step().is_some() {}
    undisturbed.end();

    let mut random = SEED;
    let mut kills = 0;
    while !run_and_kill(stormy.path(), &mut random) {
        kills += 1;
        assert!(kills < 2_000, "seed {SEED:#x}: no progress");
    }
    assert!(kills >= 50, "seed {SEED:#x}: only {kills} kills");
    let expected = block_on(everything(calm.path()));
    let found = block_on(everything(stormy.path()));
    assert_eq!(found.len(), expected.len(), "seed {SEED:#x}");
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found, expected, "seed {SEED:#x} after {kills} kills");
    }
}

/// Returns whether the worker came to its end before it was killed.
fn run_and_kill(folder: &Path, random: &mut u64) -> bool {
    let mut worker = Worker::start(folder);
    let mut newest_saved = 0;
    for _ in 0..next(random) % 9 {
        match worker.step() {
            Some(done) => newest_saved = saved_token(&done).unwrap_or(newest_saved),
            None => {
                worker.end();
                return true;
            }
        }
    }
    worker.order();
    for _ in 0..next(random) % 300_000 {
        std::hint::spin_loop();
    }
    worker.kill();
    let stored = block_on(stored_token(folder));
    assert!(
        stored >= newest_saved,
        "token {newest_saved} was saved, but {stored} is stored"
    );
    false
}

/// A worker process and the pipes to it.
struct Worker {
    child: Child,
    answers: BufReader<std::process::ChildStderr>,
}

impl Worker {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["worker", "--ignored", "--exact", "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stderr.take().unwrap());
        Self { child, answers }
    }

    fn order(&mut self) {
        // A worker that has come to its end takes no more orders, which is no error.
        let _ = self.child.stdin.as_mut().unwrap().write_all(b"go\n");
    }

    /// Orders one step and waits for it; nothing when the worker is done.
    fn step(&mut self) -> Option<String> {
        self.order();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        assert!(
            line.starts_with("done") || line == "end\n",
            "the worker failed: {line}"
        );
        (line != "end\n").then_some(line)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn end(&mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

fn saved_token(answer: &str) -> Option<i64> {
    answer.trim_end().strip_prefix("done token ")?.parse().ok()
}

#[test]
#[ignore = "started by the other test as a process of its own"]
fn worker() {
    // Whoever runs the ignored tests too has no work for it.
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    block_on(work(&PathBuf::from(folder)));
    eprintln!("end");
}

/// Waits for the next order; returns false when nobody orders any more.
fn ordered() -> bool {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap() > 0
}

async fn work(folder: &Path) {
    let (store, installation) = open(folder).await;
    loop {
        let done = cycles(&store, &store.scope()).await.unwrap();
        let finished = done
            .iter()
            .filter(|cycle| cycle.state != store::mirror::CycleState::Open);
        if finished.count() as i64 == CYCLES {
            break;
        }
        run_cycle(&store, folder).await;
    }
    installation.close().await;
}

async fn run_cycle(store: &Store, folder: &Path) {
    let scope = store.scope();
    let begun = begin_cycle(store, &scope, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    let cycle = begun.cycle;
    for (system, resource) in RESOURCES {
        let key = ResourceKey {
            system,
            resource: resource.into(),
            reach: Reach::Everything,
        };
        if begun.finished.contains(&key) {
            continue;
        }
        for page in 0..3 {
            if !ordered() {
                return;
            }
            record_page(store, &scope, cycle, records(&key, cycle.number(), page))
                .await
                .unwrap();
            eprintln!("done page {page} of {resource}");
        }
        if !ordered() {
            return;
        }
        refresh(store, folder).await;
        if !ordered() {
            return;
        }
        let cursor = Some(format!("after cycle {}", cycle.number()));
        let sweep = Outcome::Sweep { counted: None };
        finish_resource(store, &scope, cycle, key, sweep, cursor)
            .await
            .unwrap();
        eprintln!("done {resource}");
    }
    if !ordered() {
        return;
    }
    end_cycle(store, cycle).await;
    eprintln!("done cycle {}", cycle.number());
}

async fn end_cycle(store: &Store, cycle: OpenCycle) {
    let scope = store.scope();
    let as_of = jiff::civil::date(2026, 10, 31);
    let publishing = Publishing {
        cycle: cycle.number(),
        as_of,
        findings: (0..40)
            .filter(|n| (n + cycle.number()) % 3 != 0)
            .map(|n| finding(n, cycle.number()))
            .collect(),
        proof: Proof::Everything,
    };
    publish(store, &scope, publishing, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    finish_cycle(store, &scope, cycle, as_of, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
}

/// A third of the records changes in each cycle, and some come and go.
fn records(key: &ResourceKey, cycle: i64, page: i64) -> Vec<RawRecord> {
    (page * 200..(page + 1) * 200)
        .filter(|id| (id + cycle) % 11 != 0)
        .map(|id| RawRecord {
            system: key.system,
            resource: key.resource.clone(),
            external_id: id.to_string().into(),
            project_id: (key.system == System::Procore).then_some(id % 5),
            parent_id: None,
            body: format!("{{\"id\":{id},\"edition\":{}}}", (id + cycle) / 3),
        })
        .collect()
}

fn finding(n: i64, cycle: i64) -> PublishedFinding {
    PublishedFinding {
        id: format!("fnd_{n}"),
        check: "R01_unapplied_payment".to_owned(),
        project_id: Some(n % 5),
        also_touches: Vec::new(),
        customer_id: None,
        amount_cents: Some(n + cycle / 4),
        severity: n % 3,
        body: format!("{{\"n\":{n}}}"),
    }
}

/// The vendor's side: its newest refresh token. The one before it is still good, because the
/// vendor cannot know whether its answer arrived; older ones are not.
fn exchange(folder: &Path, token: i64) -> i64 {
    let path = folder.join("vendor");
    let newest: i64 = std::fs::read_to_string(&path).unwrap().parse().unwrap();
    assert!(
        token == newest || token == newest - 1,
        "refresh token {token} was lost ({newest})"
    );
    if token < newest {
        return newest;
    }
    let new = folder.join("vendor.new");
    std::fs::write(&new, (newest + 1).to_string()).unwrap();
    std::fs::rename(&new, &path).unwrap();
    newest + 1
}

async fn refresh(store: &Store, folder: &Path) {
    let scope = store.scope();
    let seen = current(store, &scope, System::QuickBooks)
        .await
        .unwrap()
        .generation;
    let request = RefreshRequest {
        system: System::QuickBooks,
        holder: std::process::id().to_string(),
        seen_generation: seen,
        lease: SignedDuration::ZERO,
    };
    let start = begin_refresh(store, &scope, request, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    let RefreshStart::Go { stored, ticket, .. } = start else {
        panic!("the only refresher was refused: {start:?}");
    };
    let new = exchange(folder, number_of(&stored.tokens));
    save_refreshed(store, &scope, ticket, tokens(new), Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    eprintln!("done token {new}");
}

fn tokens(number: i64) -> TokenSet {
    TokenSet {
        access_token: Secret::new(format!("access {number}")),
        refresh_token: Some(Secret::new(number.to_string())),
        obtained_at: Timestamp::UNIX_EPOCH,
        access_expires_at: Timestamp::UNIX_EPOCH,
        refresh_expires_at: None,
    }
}

fn number_of(tokens: &TokenSet) -> i64 {
    tokens
        .refresh_token
        .as_ref()
        .unwrap()
        .expose()
        .parse()
        .unwrap()
}

async fn set_up(folder: &Path) {
    std::fs::write(folder.join("vendor"), "0").unwrap();
    let (store, installation) = open(folder).await;
    let new = NewConnection {
        system: System::QuickBooks,
        environment: "sandbox".to_owned(),
        account_id: "9341450000000001".to_owned(),
        grant_type: "authorization_code".to_owned(),
        tokens: tokens(0),
    };
    connect(&store, &store.scope(), new, Timestamp::UNIX_EPOCH)
        .await
        .unwrap();
    installation.close().await;
}

/// The one tenant of the folder, made when it is not there yet.
async fn open(folder: &Path) -> (Store, Installation) {
    let source = MasterKeySource::BesideTheData;
    let now = Timestamp::UNIX_EPOCH;
    let installation = Installation::open(&folder.join("data"), &source, now)
        .await
        .unwrap();
    let tenant = match installation.tenants().await.unwrap().pop() {
        Some(tenant) => tenant,
        None => installation.create_tenant("Ridgeline", now).await.unwrap(),
    };
    let store = installation.store(&tenant.id).await.unwrap();
    (store, installation)
}

async fn stored_token(folder: &Path) -> i64 {
    let (store, installation) = open(folder).await;
    let stored = current(&store, &store.scope(), System::QuickBooks)
        .await
        .unwrap();
    installation.close().await;
    number_of(&stored.tokens)
}

/// All that must be the same in the end, as text: every past cycle, the worklist with the life of
/// each item, the cursors and the number of versions.
async fn everything(folder: &Path) -> Vec<String> {
    let (store, installation) = open(folder).await;
    let scope = store.scope();
    let mut all = Vec::new();
    for cycle in 1..=CYCLES {
        let mut seen = BTreeSet::new();
        let records = read_as_of(&store, &scope, cycle)
            .await
            .unwrap()
            .collect()
            .await
            .unwrap();
        for record in records {
            let key = (
                record.system,
                record.resource.clone(),
                record.external_id.clone(),
            );
            assert!(seen.insert(key), "a record is there twice: {record:?}");
            all.push(format!("{cycle} {record:?}"));
        }
    }
    for item in worklist::list(&store, &scope, Filter::default())
        .await
        .unwrap()
    {
        let life = worklist::history(&store, &scope, &item.id).await.unwrap();
        let life: Vec<_> = life
            .iter()
            .map(|e| (e.kind, e.cycle, e.amount_cents))
            .collect();
        all.push(format!("{item:?} {life:?}"));
    }
    all.push(format!(
        "{:?}",
        cursors(&store, &scope, System::QuickBooks).await.unwrap()
    ));
    let health = doctor::check(&store, &scope).await.unwrap();
    assert!(health.is_sound(), "{health:?}");
    let versions = health
        .rows
        .iter()
        .find(|(table, _)| table == "record_version");
    all.push(format!("{versions:?}"));
    installation.close().await;
    all
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// SplitMix64: small, and the same everywhere.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
