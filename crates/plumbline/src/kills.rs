//! The cycle killed at random instants, again and again, and what is left in the end.
//!
//! Two data folders read the same sandboxes: one undisturbed, one whose `plumbline cycle` is
//! killed without warning. In the end both must hold the same records and the same worklist. The
//! kills come from a seed; where exactly they fall depends on the machine.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use connectors::http::SystemClock;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sandbox::contractor::{Plan, generate};
use store::worklist::{self, EventKind, Filter};

use crate::connect::{self, Consent};
use crate::desk::Desk;
use crate::sandboxes::{Manner, Ports, Sandboxes};
use crate::settings::Rights;

/// What to do.
#[derive(Debug, Clone)]
pub struct Order {
    /// The program.
    pub program: PathBuf,
    /// How often to kill it.
    pub kills: u32,
    /// Decides when, and when tokens end.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cycles that were killed.
    pub killed: u32,
    /// Cycles that came to their end in between.
    pub completed: u32,
    /// How often the access tokens were ended, so that the next cycle had to refresh them.
    pub expired: u32,
    /// Refreshes cut off between the vendor's answer and our commit: the old token was dead by
    /// then, and the program said that a person must connect again.
    pub cut_refreshes: u32,
    /// Connections that were lost in any other way. There must be none.
    pub lost_connections: u32,
    /// Where the disturbed folder differs from the undisturbed one. There must be no difference.
    pub differences: Vec<String>,
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{} cycles killed, {} completed in between",
            self.killed, self.completed
        )?;
        writeln!(out, "{} times the access tokens had ended", self.expired)?;
        writeln!(
            out,
            "{} refreshes cut off after the vendor's answer, all of them told",
            self.cut_refreshes
        )?;
        writeln!(out, "{} connections lost", self.lost_connections)?;
        writeln!(
            out,
            "{} differences to an undisturbed run",
            self.differences.len()
        )?;
        for difference in &self.differences {
            writeln!(out, "  {difference}")?;
        }
        Ok(())
    }
}

/// Runs the whole experiment.
///
/// # Errors
/// When the sandboxes or the program cannot be started, or the undisturbed run fails.
pub async fn run(order: &Order) -> anyhow::Result<Summary> {
    let world = generate(&Plan::small(7));
    let sandboxes = Sandboxes::start(world, Ports::default(), Manner::Still).await?;
    let folder = tempfile::tempdir()?;
    let (calm, rough) = (folder.path().join("calm"), folder.path().join("rough"));
    connect_both(&sandboxes, &calm).await?;
    let began = Instant::now();
    expect_success(cycle(&order.program, &calm).await?)?;
    let mut usual = began.elapsed();
    connect_both(&sandboxes, &rough).await?;

    let mut random = ChaCha8Rng::seed_from_u64(order.seed);
    let mut summary = Summary::default();
    while summary.killed < order.kills {
        if random.random_bool(0.5) {
            sandboxes.procore.expire_tokens();
            sandboxes.quickbooks.expire_tokens();
            summary.expired += 1;
        }
        let most = u64::try_from(usual.as_micros())?;
        let after = Duration::from_micros(random.random_range(0..=most));
        let began = Instant::now();
        match killed_after(&order.program, &rough, after).await? {
            None => summary.killed += 1,
            Some(output) => {
                summary.completed += 1;
                usual = began.elapsed();
                reconnect_if_told(&sandboxes, &rough, &output, &mut summary).await?;
                // Every other time everything is read again, as after a new consent.
                if random.random_bool(0.5) {
                    connect_both(&sandboxes, &rough).await?;
                    usual *= 3;
                }
            }
        }
    }
    let last = cycle(&order.program, &rough).await?;
    reconnect_if_told(&sandboxes, &rough, &last, &mut summary).await?;
    expect_success(cycle(&order.program, &rough).await?)?;
    summary.differences = differences(&order.program, &calm, &rough).await?;
    sandboxes.shutdown().await;
    Ok(summary)
}

async fn connect_both(sandboxes: &Sandboxes, data: &Path) -> anyhow::Result<()> {
    let mut desk = Desk::open(data, Arc::new(SystemClock)).await?;
    desk.settings.as_of = Some(sandboxes.as_of);
    desk.settings.time_zone.clone_from(&sandboxes.time_zone);
    let access = sandboxes.procore_access(Rights::ServiceAccount);
    connect::procore(&mut desk, access, Consent::Headless).await?;
    connect::quickbooks(&mut desk, sandboxes.quickbooks_access(), Consent::Headless).await?;
    desk.close().await;
    Ok(())
}

/// A vendor that kills the old token when it answers leaves no way but a new consent, if we die
/// before the answer is written. That must be said; every other loss is our fault.
async fn reconnect_if_told(
    sandboxes: &Sandboxes,
    data: &Path,
    output: &Output,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(());
    }
    if said.contains("an earlier refresh was cut off") {
        summary.cut_refreshes += 1;
    } else if said.contains("connect") {
        summary.lost_connections += 1;
    } else {
        bail!("the cycle failed: {said}");
    }
    connect_both(sandboxes, data).await
}

fn command(program: &Path, data: &Path, arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program);
    command.arg("--data").arg(data).args(arguments);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn cycle(program: &Path, data: &Path) -> anyhow::Result<Output> {
    command(program, data, &["cycle"])
        .output()
        .await
        .context("failed to start the program")
}

/// Lets a cycle run for a while and kills it; its output when it was faster.
async fn killed_after(
    program: &Path,
    data: &Path,
    after: Duration,
) -> anyhow::Result<Option<Output>> {
    let child = command(program, data, &["cycle"])
        .spawn()
        .context("failed to start the program")?;
    let id = child.id();
    match tokio::time::timeout(after, child.wait_with_output()).await {
        Ok(output) => Ok(Some(output?)),
        // Dropping the child has killed it; the folder is free once it is gone.
        Err(_) => {
            gone(data, id).await?;
            Ok(None)
        }
    }
}

/// Waits until the killed process has let go of the folder.
async fn gone(data: &Path, id: Option<u32>) -> anyhow::Result<()> {
    let lock = data.join("plumbline.lock");
    for _ in 0..100_000 {
        let Ok(file) = std::fs::File::open(&lock) else {
            return Ok(());
        };
        if file.try_lock().is_ok() {
            return Ok(());
        }
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
    bail!("process {id:?} does not let go of {}", lock.display())
}

fn expect_success(output: Output) -> anyhow::Result<()> {
    if output.status.success() {
        Ok(())
    } else {
        bail!(
            "the cycle failed: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    }
}

/// Compares what two folders hold: records byte by byte, worklist item by item.
async fn differences(program: &Path, calm: &Path, rough: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let (left, right) = (
        records(program, calm).await?,
        records(program, rough).await?,
    );
    for name in left
        .keys()
        .chain(right.keys().filter(|name| !left.contains_key(*name)))
    {
        if left.get(name) != right.get(name) {
            found.push(format!("the records of {name} differ"));
        }
    }
    let (left, right) = (items(calm).await?, items(rough).await?);
    for id in left
        .keys()
        .chain(right.keys().filter(|id| !left.contains_key(*id)))
    {
        match (left.get(id), right.get(id)) {
            (Some(one), Some(other)) if one == other => {}
            (one, other) => found.push(format!("item {id}: {one:?} and {other:?}")),
        }
    }
    // What is around the store, such as a backup that nobody made, is no concern of this.
    let mut doctor = command(program, rough, &["doctor", "--format", "json"]);
    let doctor = doctor.output().await?;
    let said: serde_json::Value = serde_json::from_slice(&doctor.stdout).unwrap_or_default();
    if said.get("sound") != Some(&serde_json::Value::Bool(true)) {
        found.push(format!(
            "doctor: {}",
            String::from_utf8_lossy(&doctor.stdout)
        ));
    }
    Ok(found)
}

/// The files of a snapshot by name, without the moments of capture.
async fn records(program: &Path, data: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("snapshot");
    let shown = out.display().to_string();
    expect_success(
        command(program, data, &["snapshot", "export", &shown])
            .output()
            .await?,
    )?;
    let mut files = BTreeMap::new();
    for system in ["procore", "quickbooks"] {
        for entry in std::fs::read_dir(out.join(system))? {
            let path = entry?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            files.insert(format!("{system}/{name}"), std::fs::read(&path)?);
        }
    }
    Ok(files)
}

/// State, amount and times opened of every item.
async fn items(data: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let desk = Desk::existing(data).await?;
    let mut found = BTreeMap::new();
    for item in worklist::list(&desk.store, &desk.scope, Filter::default()).await? {
        let life = worklist::history(&desk.store, &desk.scope, &item.id).await?;
        let count = |kind| life.iter().filter(|event| event.kind == kind).count();
        let facts = format!(
            "{} {:?} rank {} {:?}, opened {}, cleared {}, reopened {}",
            item.check,
            item.state,
            item.severity,
            item.amount_cents,
            count(EventKind::Opened),
            count(EventKind::Cleared),
            count(EventKind::Reopened),
        );
        found.insert(item.id, facts);
    }
    desk.close().await;
    Ok(found)
}
