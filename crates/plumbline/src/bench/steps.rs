//! The steps of the benchmark, each in a process of its own.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use backoffice::reconcile::incremental::{Reach, Reconciler};
use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::policy::Policy;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use sandbox::contractor::{Plan, generate};
use serde::{Deserialize, Serialize};

use crate::again::edit;

/// What a step measured of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Lines read.
    pub records: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Milliseconds that passed.
    pub wall_ms: u64,
    /// Milliseconds of processor time, user and system.
    pub cpu_ms: u64,
    /// Peak resident memory in mebibytes.
    pub peak_mib: u64,
    /// Milliseconds of the parts, by name.
    pub parts: Vec<(String, u64)>,
}

/// Runs one step and prints what it measured.
pub(super) fn run(name: &str, words: &[String]) -> anyhow::Result<()> {
    let dir = Path::new(words.first().context("a step needs a folder")?);
    let mut measured = Measured::default();
    let start = Instant::now();
    match name {
        "generate" => make(dir, words)?,
        "parse" => parse(dir, &mut measured)?,
        "reconcile" => reconcile(dir, &mut measured)?,
        "change" => change(dir, words, &mut measured)?,
        other => bail!("unknown step {other}"),
    }
    measured.wall_ms = millis(start);
    (measured.cpu_ms, measured.peak_mib) = (cpu_ms()?, peak_mib()?);
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn make(dir: &Path, words: &[String]) -> anyhow::Result<()> {
    let size = words.get(1).context("how many records?")?.parse()?;
    let seed = words.get(2).context("which seed?")?.parse()?;
    generate(&Plan::records(seed, size)).write_snapshot(&dir.join("snapshot"))?;
    Ok(())
}

/// Merely reads and parses every line, on as many threads as the real reading uses.
fn parse(dir: &Path, measured: &mut Measured) -> anyhow::Result<()> {
    for system in ["procore", "quickbooks"] {
        for entry in std::fs::read_dir(dir.join("snapshot").join(system))? {
            let bytes = std::fs::read(entry?.path())?;
            measured.bytes += bytes.len() as u64;
            let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            let parsed: u64 = lines
                .par_iter()
                .filter(|line| !line.is_empty())
                .map(|line| u64::from(serde_json::from_slice::<serde_json::Value>(line).is_ok()))
                .sum();
            measured.records += parsed;
        }
    }
    Ok(())
}

/// The whole job from a snapshot: read, reconcile, write the outcome.
fn reconcile(dir: &Path, measured: &mut Measured) -> anyhow::Result<()> {
    let start = Instant::now();
    let snapshot = connectors::snapshot::read(&dir.join("snapshot"))?;
    measured.parts.push(("read".to_owned(), millis(start)));
    let start = Instant::now();
    let outcome = backoffice::reconcile::reconcile(
        &snapshot.books,
        snapshot.as_of,
        &Policy::default(),
        &Decisions::default(),
        snapshot.rejections,
    );
    measured.parts.push(("reconcile".to_owned(), millis(start)));
    let start = Instant::now();
    let mut out = std::io::BufWriter::new(std::fs::File::create(dir.join("outcome.json"))?);
    serde_json::to_writer(&mut out, &outcome)?;
    measured.parts.push(("write".to_owned(), millis(start)));
    measured.records = outcome.pairs.len() as u64;
    Ok(())
}

/// Changes taken in one by one into books that are compared already. In the end the result must be
/// the one from scratch.
fn change(dir: &Path, words: &[String], measured: &mut Measured) -> anyhow::Result<()> {
    let seed = words.get(1).context("which seed?")?.parse()?;
    let changes: u64 = words.get(2).context("how many changes?")?.parse()?;
    let snapshot = connectors::snapshot::read(&dir.join("snapshot"))?;
    let mut books = snapshot.books;
    let (policy, decisions) = (Policy::default(), Decisions::default());
    let mut standing = Reconciler::new(
        books.clone(),
        snapshot.as_of,
        policy.clone(),
        decisions.clone(),
        Vec::new(),
    )
    .context("the books cannot be kept")?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut micros, mut whole) = (Vec::new(), 0);
    while u64::try_from(micros.len())? < changes {
        let Some((_, change)) = edit(&mut books, &mut rng) else {
            continue;
        };
        let start = Instant::now();
        let difference = standing.apply(vec![change])?;
        micros.push(u64::try_from(start.elapsed().as_micros())?);
        whole += u64::from(difference.reach == Reach::Everything);
    }
    micros.sort_unstable();
    let at = |percent: usize| micros[(micros.len() - 1) * percent / 100];
    measured.parts.push(("median µs".to_owned(), at(50)));
    measured.parts.push(("p90 µs".to_owned(), at(90)));
    measured.parts.push(("most µs".to_owned(), at(100)));
    measured.parts.push(("whole".to_owned(), whole));
    let kept = standing.outcome();
    drop(standing);
    let start = Instant::now();
    let scratch =
        backoffice::reconcile::reconcile(&books, snapshot.as_of, &policy, &decisions, Vec::new());
    measured
        .parts
        .push(("scratch ms".to_owned(), millis(start)));
    if serde_json::to_string(&kept)? != serde_json::to_string(&scratch)? {
        bail!("after {changes} changes the result is not the one from scratch");
    }
    measured.records = changes;
    Ok(())
}

/// Processor time of this process from `/proc/self/stat`.
fn cpu_ms() -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let after = stat
        .rsplit(')')
        .next()
        .context("unreadable /proc/self/stat")?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<u64>().ok());
    let (user, system) = (ticks(11), ticks(12));
    // Linux counts these in hundredths of a second on every machine that it runs on today.
    Ok((user.unwrap_or_default() + system.unwrap_or_default()) * 10)
}

/// Peak resident memory of this process from `/proc/self/status`.
fn peak_mib() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    Ok(kib.context("unreadable /proc/self/status")? / 1_024)
}
