//! Two worker processes on one server, one of them killed without warning, and what came of it.
//!
//! Every tenant's hour of reading has come. In the end each must have exactly one published cycle
//! and no job left, whoever did the work.

use std::fmt;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use connectors::http::{Clock, SystemClock};
use jiff::SignedDuration;
use sandbox::contractor::{Plan, generate};
use store::jobs::{self, JobState};
use store::mirror::{self, CycleState};
use store::settings::Then;
use store::{Installation, results};
use tokio::process::{Child, Command};

use crate::connect::{self, Consent};
use crate::desk::Desk;
use crate::sandboxes::{self, Manner, Ports, Sandboxes};
use crate::settings::Rights;
use crate::throw_away::Server;
use crate::work::schedule::Schedule;

/// What to do.
#[derive(Debug, Clone)]
pub struct Order {
    /// The program.
    pub program: PathBuf,
    /// How many tenants.
    pub tenants: usize,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Tenants.
    pub tenants: usize,
    /// Jobs that the process that lived on has done.
    pub by_the_survivor: usize,
    /// Jobs that were begun by the killed process and done by the other one.
    pub taken_over: usize,
    /// Seconds from the start of the workers until nothing was left.
    pub seconds: u64,
    /// What is not as it must be. There must be none.
    pub problems: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{} tenants read in {} s by two processes, one of them killed midway",
            self.tenants, self.seconds
        )?;
        writeln!(
            out,
            "{} by the process that lived on, {} of them taken over from the killed one",
            self.by_the_survivor, self.taken_over
        )?;
        writeln!(out, "{} problems", self.problems.len())?;
        for problem in &self.problems {
            writeln!(out, "  {problem}")?;
        }
        Ok(())
    }
}

/// Seconds that a job is held without a sign of life, so that nobody waits long for a killed one.
const LEASE: &str = "5";
/// Somebody looks how far the workers have come after so long for each tenant, because looking at
/// many of them costs the workers time.
const LOOK: Duration = Duration::from_millis(25);
/// Longer than this it never takes.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Runs the whole experiment.
///
/// # Errors
/// When server, sandboxes or program cannot be started, or the work comes to no end.
pub async fn run(order: &Order) -> anyhow::Result<Summary> {
    let world = generate(&Plan::small(7));
    let sandboxes = Sandboxes::start(world, Ports::default(), Manner::Still).await?;
    let server = Server::start().await?;
    let installation = server.installation().await?;
    let mut tenants = Vec::new();
    for number in 0..order.tenants {
        tenants.push(connected(&installation, &sandboxes, number).await?);
    }

    let began = Instant::now();
    let mut killed = worker(order, &server)?;
    let survivor = worker(order, &server)?;
    // In the middle of its work: a quarter is done, and somebody has something in hands.
    let mut left = tenants.clone();
    until(&installation, &mut left, |left, in_hands| {
        (order.tenants - left) * 4 >= order.tenants && in_hands > 0
    })
    .await?;
    killed.kill().await.context("failed to kill a worker")?;
    until(&installation, &mut left, |left, _| left == 0).await?;
    let mut summary = Summary {
        tenants: order.tenants,
        seconds: began.elapsed().as_secs(),
        by_the_survivor: stopped(survivor).await?,
        ..Summary::default()
    };
    for tenant in &tenants {
        examine(&installation, tenant, &mut summary).await?;
    }
    installation.close().await;
    sandboxes.shutdown().await;
    Ok(summary)
}

/// A tenant that is connected to both systems and whose hour of reading has come.
async fn connected(
    installation: &Installation,
    sandboxes: &Sandboxes,
    number: usize,
) -> anyhow::Result<String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let name = format!("Contractor {number}");
    let tenant = installation.create_tenant(&name, clock.now()).await?;
    let mut desk = Desk::at(installation.clone(), &tenant.id, clock).await?;
    desk.settings.as_of = Some(sandboxes.as_of);
    desk.settings.time_zone.clone_from(&sandboxes.time_zone);
    // This one hour and no other, however long it takes.
    desk.settings.schedule = Schedule {
        at: Vec::new(),
        sweep_hours: 0,
    };
    let access = sandboxes.procore_access(Rights::ServiceAccount);
    connect::procore(&mut desk, access, Consent::Headless).await?;
    connect::quickbooks(&mut desk, sandboxes.quickbooks_access(), Consent::Headless).await?;
    sandboxes::let_others_connect(&desk).await?;
    let an_hour_ago = desk
        .clock
        .now()
        .checked_sub(SignedDuration::from_hours(1))?;
    let then = Then {
        moments: vec![("reading", Some(an_hour_ago))],
        ..Then::default()
    };
    let settings = desk.settings.stored()?;
    store::settings::change(&desk.store, &desk.scope, settings, then).await?;
    Ok(tenant.id)
}

fn worker(order: &Order, server: &Server) -> anyhow::Result<Child> {
    Command::new(&order.program)
        .args(["work", "--lease", LEASE])
        .env("PLUMBLINE_DATABASE_URL", server.application().expose())
        .env("PLUMBLINE_MASTER_KEY", server.master_key().expose())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("failed to start the program")
}

/// Interrupts a worker; returns how many jobs it says to have done.
async fn stopped(worker: Child) -> anyhow::Result<usize> {
    let id = worker.id().context("a worker has ended by itself")?;
    let interrupted = Command::new("kill")
        .args(["-INT", &id.to_string()])
        .status()
        .await?;
    ensure!(interrupted.success(), "a worker could not be interrupted");
    let output = worker.wait_with_output().await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let words = said.split_whitespace();
    let number = words.filter_map(|word| word.parse().ok()).next();
    number.with_context(|| format!("a worker said {said}"))
}

/// Looks again and again until something holds of the number of tenants with work left and of the
/// number of those that somebody works on.
async fn until(
    installation: &Installation,
    left: &mut Vec<String>,
    holds: impl Fn(usize, usize) -> bool,
) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let (mut still, mut in_hands) = (Vec::new(), 0);
        for tenant in std::mem::take(left) {
            let store = installation.store(&tenant).await?;
            let count = async |state| jobs::jobs(&store, &store.scope(), state).await;
            let is_held = !count(JobState::Leased).await?.is_empty();
            in_hands += usize::from(is_held);
            if is_held || !count(JobState::Waiting).await?.is_empty() {
                still.push(tenant);
            }
        }
        *left = still;
        if holds(left.len(), in_hands) {
            return Ok(());
        }
        ensure!(began.elapsed() < PATIENCE, "the workers come to no end");
        tokio::time::sleep(LOOK * u32::try_from(left.len())?.max(4)).await;
    }
}

/// Looks for whatever is not as it must be with a tenant.
async fn examine(
    installation: &Installation,
    tenant: &str,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let store = installation.store(tenant).await?;
    let scope = store.scope();
    let mut problem = |what: String| summary.problems.push(format!("{tenant}: {what}"));
    let cycles = mirror::cycles(&store, &scope).await?;
    let is_finished = |cycle: &&mirror::Cycle| matches!(cycle.state, CycleState::Finished { .. });
    let finished: Vec<i64> = cycles
        .iter()
        .filter(is_finished)
        .map(|cycle| cycle.number)
        .collect();
    if finished.len() != 1 {
        problem(format!("{} cycles were finished", finished.len()));
    }
    match results::newest(&store, &scope, None).await? {
        None => problem("nothing was published".to_owned()),
        Some(result) => {
            if result.number != 1 || !finished.contains(&result.cycle) {
                problem(format!(
                    "{} results of cycle {}",
                    result.number, result.cycle
                ));
            }
        }
    }
    let done = jobs::jobs(&store, &scope, JobState::Done).await?;
    if done.len() != 1 {
        problem(format!("{} jobs were done", done.len()));
    }
    if !jobs::jobs(&store, &scope, JobState::Dead).await?.is_empty() {
        problem("a job was given up".to_owned());
    }
    summary.taken_over += done.iter().filter(|job| job.attempts > 1).count();
    Ok(())
}
