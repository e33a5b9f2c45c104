//! Measures accuracy on simulated contractors: `accuracy [SIZE] [FIRST_SEED] [SEEDS] [--details]`.
//!
//! SIZE is `small`, `medium`, `large` or `all`.

use anyhow::bail;
use plumbline::accuracy::{Score, Tally, measure};
use sandbox::contractor::Plan;

type Maker = fn(u64) -> Plan;

fn main() -> anyhow::Result<()> {
    let (details, words): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|word| word == "--details");
    let details = !details.is_empty();
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
        println!(
            "\n### {name}, seeds {first} to {}\n\n{tally}",
            first + seeds - 1
        );
        for shortfall in tally.shortfalls() {
            short = true;
            println!("- **short**: {shortfall}");
        }
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
