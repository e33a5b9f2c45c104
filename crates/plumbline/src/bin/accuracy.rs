//! Measures accuracy on simulated contractors: `accuracy [SIZE] [FIRST_SEED] [SEEDS]
//! [--details] [--write]`.
//!
//! SIZE is `small`, `medium`, `large` or `all`. With `--write` the outcome becomes
//! `docs/reference/accuracy.md`.

use anyhow::bail;
use plumbline::accuracy::{Score, Tally, measure};
use sandbox::contractor::Plan;

type Maker = fn(u64) -> Plan;

/// What stands above the numbers when they are written down.
const HEAD: &str = "\
# Accuracy

Written by `cargo xtask accuracy SIZE FIRST_SEED SEEDS --write`. Each seed is a simulated contractor of
24 months or more (small: 3 jobs, medium: 12, large: 40) in which every class of the catalogue is
planted, beside legitimate look-alikes. The snapshot is written, read and reconciled as a user's would
be; the truth is the simulation's own and is read by this command alone. The simulation was written
from the references without sight of the checks. Seeds below 50000 were looked at in development.

A planted disagreement counts as found when a finding of the same class names one of its records, or
the same job and amount; each finding is used once. Pairs are counted as single ties. Ties between
people (workers and employees) are left out: they are not matched yet.
";

fn main() -> anyhow::Result<()> {
    let (options, words): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|word| word.starts_with("--"));
    let details = options.iter().any(|option| option == "--details");
    let mut report = String::from(HEAD);
    let size = words.first().map_or("all", String::as_str);
    let first: u64 = words.get(1).map_or(Ok(1), |word| word.parse())?;
    let seeds: u64 = words.get(2).map_or(Ok(10), |word| word.parse())?;
    let sizes: &[(&str, Maker)] = match size {
        "small" => &[("small", Plan::small)],
        "medium" => &[("medium", Plan::medium)],
        "large" => &[("large", Plan::large)],
        "all" => &[
            ("small", Plan::small),
            ("medium", Plan::medium),
            ("large", Plan::large),
        ],
        other => bail!("unknown size {other}: use small, medium, large or all"),
    };
    let folder = tempfile::tempdir()?;
    let mut short = false;
    for (name, plan) in sizes {
        let mut tally = Tally::default();
        for seed in first..first + seeds {
            let (score, _, _) = measure(&plan(seed), folder.path())?;
            if details {
                show(name, seed, &score);
            }
            tally.add(&score);
        }
        let mut part = format!(
            "\n## {name}, seeds {first} to {}\n\n{tally}",
            first + seeds - 1
        );
        for shortfall in tally.shortfalls() {
            short = true;
            part.push_str(&format!("- **short**: {shortfall}\n"));
        }
        print!("{part}");
        report.push_str(&part);
    }
    if options.iter().any(|option| option == "--write") {
        std::fs::write("docs/reference/accuracy.md", report)?;
    }
    if short {
        bail!("some figures that must be reached were not");
    }
    Ok(())
}

fn show(name: &str, seed: u64, score: &Score) {
    println!("\n--- {name} {seed}");
    for one in &score.missed {
        println!(
            "missed {} {:?} {}: {:?} {:?}",
            one.code, one.project_id, one.note, one.records, one.effects
        );
    }
    for one in &score.invented {
        let records: Vec<String> = one.records.iter().map(ToString::to_string).collect();
        println!(
            "invented {} {:?}: {} [{}]",
            one.check,
            one.project_id,
            one.what,
            records.join(", ")
        );
    }
    for one in score.exceptions.iter().chain(&score.wrong_totals) {
        println!("{one}");
    }
    for one in &score.unaccounted {
        println!("unaccounted {one}");
    }
}
