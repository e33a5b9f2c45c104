//! `cargo xtask peers`: our document matcher against ordered SQL passes in DuckDB, on the same
//! files in the same run, with the truth known.
//!
//! `generate` writes tables from seeds, `noise` holds what happens between them, and the passes are
//! in `xtask/peers/duckdb_passes.py`. This module only runs, measures and reports.

mod generate;
mod noise;
mod random;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

pub(crate) use report::Outcome;

/// The DuckDB release that the figures are for.
const DUCKDB: &str = "duckdb==2.0.0";
/// Seeds that the matcher was developed on. A verdict uses others.
const DEVELOPMENT_SEEDS: [u64; 3] = [11, 12, 13];

const HELP: &str = "\
usage: cargo xtask peers [options]
  --rows N         rows a side (default 1000000)
  --seeds A,B,...  seeds of the tables (default: the development seeds 11,12,13)
  --generate DIR   only write a.csv, b.csv and truth.csv of the first seed into DIR
  --binary PATH    the plumbline binary (default: build it in release mode)
  --ours           leave the peer out
  --write          write docs/reference/match-benchmark.md";

/// What to run.
struct Options {
    rows: usize,
    seeds: Vec<u64>,
    generate: Option<PathBuf>,
    binary: Option<PathBuf>,
    ours_only: bool,
    write: bool,
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self {
            rows: 1_000_000,
            seeds: DEVELOPMENT_SEEDS.to_vec(),
            generate: None,
            binary: None,
            ours_only: false,
            write: false,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || {
                args.next()
                    .with_context(|| format!("{arg} needs a value\n{HELP}"))
            };
            match arg.as_str() {
                "--rows" => options.rows = value()?.parse().context("--rows is not a number")?,
                "--seeds" => {
                    let seeds = value()?
                        .split(',')
                        .map(str::parse)
                        .collect::<Result<_, _>>();
                    options.seeds = seeds.context("--seeds are not numbers")?;
                }
                "--generate" => options.generate = Some(value()?.into()),
                "--binary" => options.binary = Some(value()?.into()),
                "--ours" => options.ours_only = true,
                "--write" => options.write = true,
                _ => bail!("unknown option {arg}\n{HELP}"),
            }
        }
        ensure!(!options.seeds.is_empty(), "no seeds\n{HELP}");
        Ok(options)
    }
}

/// Runs the comparison and prints it.
///
/// # Errors
/// When an option is wrong, a tool is missing, or a program fails.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let options = Options::parse(args)?;
    if let Some(folder) = &options.generate {
        let seed = options.seeds[0];
        return generate::World::new(options.rows, seed).write(folder, seed);
    }
    let root = workspace_root()?;
    let binary = match &options.binary {
        Some(binary) => binary.clone(),
        None => build(&root)?,
    };
    let python = if options.ours_only {
        PathBuf::from("python3")
    } else {
        peer_python(&root)?
    };
    let mut outcomes = Vec::new();
    for seed in &options.seeds {
        let folder = root.join(format!("target/peers/{}-{seed}", options.rows));
        eprintln!("seed {seed}: writing {} rows a side", options.rows);
        generate::World::new(options.rows, *seed).write(&folder, *seed)?;
        let path = |name: &str| folder.join(name);
        let truth = pairs(&path("truth.csv"))?;
        let run = |who: &'static str, command: Vec<PathBuf>| -> Result<Outcome> {
            eprintln!("seed {seed}: {who}");
            let out = path(&format!("pairs-{who}.csv"));
            let used = measure(&root, &python, &command)?;
            let outcome = judge(who, *seed, &truth, &pairs(&out)?, used);
            eprintln!("{}", outcome.line());
            Ok(outcome)
        };
        let out = path("pairs-plumbline.csv");
        let ours = vec![
            binary.clone(),
            "match".into(),
            path("a.csv"),
            path("b.csv"),
            "--out".into(),
            out,
        ];
        outcomes.push(run("plumbline", ours)?);
        if !options.ours_only {
            let script = root.join("xtask/peers/duckdb_passes.py");
            let out = path("pairs-duckdb.csv");
            outcomes.push(run(
                "duckdb",
                vec![python.clone(), script, path("a.csv"), path("b.csv"), out],
            )?);
        }
    }
    let text = report::markdown(&outcomes, options.rows, &DEVELOPMENT_SEEDS);
    println!("{text}");
    if options.write {
        let path = root.join("docs/reference/match-benchmark.md");
        std::fs::write(&path, text)
            .with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(())
}

fn workspace_root() -> Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(here
        .parent()
        .context("xtask is not inside the workspace")?
        .to_path_buf())
}

fn build(root: &Path) -> Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--package", "plumbline"])
        .current_dir(root)
        .status()
        .context("failed to start cargo")?;
    ensure!(status.success(), "the release build failed");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    Ok(target.join("release/plumbline"))
}

/// A Python with the pinned DuckDB, made once.
fn peer_python(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/peers/venv");
    let python = folder.join("bin/python");
    let ready = || -> bool {
        let check = format!(
            "import duckdb; assert duckdb.__version__ == '{}'",
            &DUCKDB[8..]
        );
        Command::new(&python)
            .args(["-c", &check])
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !ready() {
        let made = Command::new("python3")
            .args(["-m", "venv"])
            .arg(&folder)
            .status();
        ensure!(
            made.is_ok_and(|status| status.success()),
            "python3 with venv is needed for the peer"
        );
        let pip = Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", DUCKDB])
            .status();
        ensure!(
            pip.is_ok_and(|status| status.success()),
            "failed to install {DUCKDB} from PyPI"
        );
        ensure!(ready(), "{DUCKDB} was installed but does not load");
    }
    Ok(python)
}

/// What a program used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    pub(crate) cpu_ms: u64,
    pub(crate) wall_ms: u64,
    pub(crate) peak_kib: u64,
}

fn measure(root: &Path, python: &Path, command: &[PathBuf]) -> Result<Used> {
    let output = Command::new(python)
        .arg(root.join("xtask/peers/measure.py"))
        .args(command)
        .output()
        .context("failed to start python3")?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        text.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    let last = text.lines().last().unwrap_or_default();
    let measured: serde_json::Value =
        serde_json::from_str(last).with_context(|| format!("no measurement: {text}"))?;
    let field = |name: &str| {
        measured[name]
            .as_u64()
            .with_context(|| format!("no {name}"))
    };
    ensure!(
        measured["status"] == 0,
        "{} failed:\n{text}",
        command[0].display()
    );
    Ok(Used {
        cpu_ms: field("cpu_ms")?,
        wall_ms: field("wall_ms")?,
        peak_kib: field("peak_kib")?,
    })
}

/// The first two columns of a table of pairs.
fn pairs(path: &Path) -> Result<BTreeSet<(String, String)>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read {}", path.display()))?;
    let mut pairs = BTreeSet::new();
    for line in text.lines().skip(1) {
        let mut fields = line.split(',');
        let (Some(a), Some(b)) = (fields.next(), fields.next()) else {
            bail!("{} holds a line without a pair: {line}", path.display());
        };
        pairs.insert((a.to_owned(), b.to_owned()));
    }
    Ok(pairs)
}

fn judge(
    who: &'static str,
    seed: u64,
    truth: &BTreeSet<(String, String)>,
    found: &BTreeSet<(String, String)>,
    used: Used,
) -> Outcome {
    let right = found.intersection(truth).count() as u64;
    // Nothing may be matched twice, but for the parts of a split: then one side repeats, never both.
    let mut uses: BTreeMap<&str, u32> = BTreeMap::new();
    for (a, b) in found {
        *uses.entry(a).or_default() += 1;
        *uses.entry(b).or_default() += 1;
    }
    let twice = found
        .iter()
        .filter(|(a, b)| uses[a.as_str()] > 1 && uses[b.as_str()] > 1)
        .count();
    Outcome {
        who,
        seed,
        truth: truth.len() as u64,
        found: found.len() as u64,
        right,
        twice: twice as u64,
        used,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_unknown_ones_are_refused() {
        let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
        let options = Options::parse(&words("--rows 5000 --seeds 1,2 --ours")).unwrap();
        assert_eq!(
            (options.rows, options.seeds, options.ours_only),
            (5_000, vec![1, 2], true)
        );
        assert!(Options::parse(&words("--row 5")).is_err());
        assert!(Options::parse(&words("--seeds x")).is_err());
    }

    #[test]
    fn a_pair_in_which_both_sides_repeat_is_counted_as_matched_twice() {
        let set = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect::<BTreeSet<_>>()
        };
        let used = Used {
            cpu_ms: 1,
            wall_ms: 1,
            peak_kib: 1,
        };
        let truth = set(&[("a", "x"), ("b", "y"), ("b", "z")]);
        let split = judge("plumbline", 1, &truth, &truth, used);
        assert_eq!((split.right, split.twice), (3, 0));
        let stolen = set(&[("a", "x"), ("a", "y"), ("b", "y")]);
        assert_eq!(judge("plumbline", 1, &truth, &stolen, used).twice, 1);
    }
}
