//! Speed and memory of the main job, measured in processes of their own.

mod steps;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use steps::Measured;
pub use table::Row;

/// Runs the benchmark, or, as a child, one of its steps.
///
/// # Errors
/// When a step fails or the words are not understood.
pub fn run(words: &[String]) -> anyhow::Result<()> {
    if let [step, name, rest @ ..] = words
        && step == "--step"
    {
        return steps::run(name, rest);
    }
    let asked = Asked::read(words)?;
    let mut rows = Vec::new();
    for size in &asked.sizes {
        rows.push(measure(&asked, *size)?);
        println!("{}", table::markdown(&rows));
    }
    if let Some(file) = &asked.write {
        table::write(file, &rows)?;
    }
    Ok(())
}

/// Changes taken in one by one.
const CHANGES: u64 = 100;

struct Asked {
    sizes: Vec<usize>,
    seed: u64,
    dir: PathBuf,
    write: Option<PathBuf>,
}

impl Asked {
    fn read(words: &[String]) -> anyhow::Result<Self> {
        let mut asked = Self {
            sizes: Vec::new(),
            seed: 1,
            dir: std::env::temp_dir().join("plumbline-bench"),
            write: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .with_context(|| format!("{word} needs a value"))
            };
            match word.as_str() {
                "--seed" => asked.seed = value()?.parse()?,
                "--dir" => asked.dir = value()?.into(),
                "--write" => asked.write = Some(value()?.into()),
                size => match size.parse() {
                    Ok(size) => asked.sizes.push(size),
                    Err(_) => bail!("{size} is neither a number of records nor an option"),
                },
            }
        }
        if asked.sizes.is_empty() {
            asked.sizes = vec![10_000, 100_000, 1_000_000];
        }
        Ok(asked)
    }
}

/// One size: generate, merely parse, reconcile, and reconcile again after one change.
fn measure(asked: &Asked, size: usize) -> anyhow::Result<Row> {
    let dir = asked.dir.join(format!("{size}-{}", asked.seed));
    if !dir.join("snapshot").join("snapshot.json").is_file() {
        child(
            "generate",
            &dir,
            &[size.to_string(), asked.seed.to_string()],
        )?;
    }
    let parse = child("parse", &dir, &[])?;
    let whole = child("reconcile", &dir, &[])?;
    let seed = (asked.seed + 1_000).to_string();
    let change = child("change", &dir, &[seed, CHANGES.to_string()])?;
    Ok(Row {
        size,
        parse,
        whole,
        change,
    })
}

fn child(step: &str, dir: &Path, more: &[String]) -> anyhow::Result<Measured> {
    let output = Command::new(std::env::current_exe()?)
        .args(["--step", step])
        .arg(dir)
        .args(more)
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("failed to start the step {step}"))?;
    if !output.status.success() {
        bail!("the step {step} failed: {}", output.status);
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
