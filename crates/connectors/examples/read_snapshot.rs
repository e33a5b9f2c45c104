//! Reads a snapshot folder and says how long that took, beside the time that merely parsing the
//! same lines as JSON values takes on as many cores.
//!
//! `cargo run --release -p connectors --example read_snapshot -- DIR`

#![expect(
    clippy::print_stdout,
    reason = "an example that prints what it measured"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use connectors::snapshot;
use figures::model::{LedgerBooks, ProjectBooks};
use rayon::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args()
        .nth(1)
        .ok_or("give the folder of a snapshot")?;
    let dir = Path::new(&dir);

    let begun = Instant::now();
    let snapshot = snapshot::read(dir)?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("as of {} in {}", snapshot.as_of, snapshot.time_zone);
    if let Some(project) = &snapshot.books.project {
        print_counts("procore", &project_counts(project), &project.unread);
    }
    if let Some(ledger) = &snapshot.books.ledger {
        print_counts("quickbooks", &ledger_counts(ledger), &ledger.unread);
    }
    println!("rejections: {}", snapshot.rejections.len());
    for rejection in snapshot.rejections.iter().take(5) {
        let place = rejection.place.as_deref().unwrap_or("-");
        println!("  {} ({place}): {}", rejection.record, rejection.reason);
    }
    println!("not connected: {:?}", snapshot.not_connected);
    println!(
        "books read in {seconds:.2} s; peak memory {}",
        peak_memory()
    );
    drop(snapshot);

    let begun = Instant::now();
    let (lines, bytes) = parse_values(dir)?;
    let values = begun.elapsed().as_secs_f64();
    println!("{lines} lines, {bytes} bytes parsed as JSON values in {values:.2} s");
    println!(
        "reading takes {:.2} times as long as parsing",
        seconds / values
    );
    Ok(())
}

fn project_counts(books: &ProjectBooks) -> Vec<(&'static str, usize)> {
    vec![
        ("projects", books.projects.len()),
        ("parties", books.parties.len()),
        ("insurances", books.insurances.len()),
        ("cost codes", books.cost_codes.len()),
        ("budget rows", books.budget_rows.len()),
        ("prime contracts", books.prime_contracts.len()),
        ("commitments", books.commitments.len()),
        ("schedule lines", books.schedule_lines.len()),
        ("change orders", books.change_orders.len()),
        ("pay applications", books.pay_applications.len()),
        ("subcontractor invoices", books.subcontractor_invoices.len()),
        ("contract payments", books.contract_payments.len()),
        ("direct costs", books.direct_costs.len()),
        ("billing periods", books.billing_periods.len()),
        ("time entries", books.time_entries.len()),
        ("blind spots", books.blind_spots.len()),
    ]
}

fn ledger_counts(books: &LedgerBooks) -> Vec<(&'static str, usize)> {
    let mut counts = vec![
        ("accounts", books.accounts.len()),
        ("customers", books.customers.len()),
        ("vendors", books.vendors.len()),
        ("items", books.items.len()),
        ("classes", books.classes.len()),
        ("departments", books.departments.len()),
        ("terms", books.terms.len()),
        ("budgets", books.budgets.len()),
        ("tombstones", books.tombstones.len()),
    ];
    let mut kinds: BTreeMap<&'static str, usize> = BTreeMap::new();
    for document in &books.documents {
        *kinds.entry(document.kind.entity()).or_default() += 1;
    }
    counts.extend(kinds);
    counts
}

fn print_counts(
    system: &str,
    counts: &[(&'static str, usize)],
    unread: &[(figures::SmolStr, u64)],
) {
    for (name, count) in counts {
        println!("{system:>10} {name:<24} {count:>9}");
    }
    for (name, count) in unread {
        println!("{system:>10} {name:<24} {count:>9} not read");
    }
}

/// Parses every line into a JSON value, a batch of lines at a time on all cores.
fn parse_values(dir: &Path) -> Result<(u64, u64), Box<dyn Error>> {
    let (mut lines, mut bytes) = (0_u64, 0_u64);
    for system in ["procore", "quickbooks"] {
        let Ok(entries) = std::fs::read_dir(dir.join(system)) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path
                .extension()
                .is_none_or(|extension| extension != "ndjson")
            {
                continue;
            }
            let mut reader = BufReader::with_capacity(1 << 20, std::fs::File::open(&path)?);
            loop {
                let batch = next_batch(&mut reader)?;
                if batch.is_empty() {
                    break;
                }
                lines += batch.len() as u64;
                bytes += batch.iter().map(|line| line.len() as u64).sum::<u64>();
                batch.par_iter().for_each(|line| {
                    std::hint::black_box(serde_json::from_str::<serde_json::Value>(line).is_ok());
                });
            }
        }
    }
    Ok((lines, bytes))
}

fn next_batch(reader: &mut impl BufRead) -> Result<Vec<String>, Box<dyn Error>> {
    let mut batch = Vec::new();
    let mut held = 0;
    while held < 16 << 20 {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            break;
        }
        held += line.len();
        batch.push(line);
    }
    Ok(batch)
}

/// The most memory that this process has held, where the system tells.
fn peak_memory() -> String {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
            Some(
                line.split_ascii_whitespace()
                    .skip(1)
                    .collect::<Vec<_>>()
                    .join(" "),
            )
        })
        .unwrap_or_else(|| "unknown".to_owned())
}
