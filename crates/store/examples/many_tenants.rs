//! Measures what many tenants in one process cost.
//!
//! `cargo run --release -p store --example many_tenants [TENANTS] [SWITCHES]` makes that many
//! tenants, asks one of them after the other in a scattered order for its cycles, and prints how
//! long the switches took and how much memory the process holds.

use std::time::{Duration, Instant};

use store::{Installation, MasterKeySource, OPEN_TENANTS, mirror};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let tenants: usize = arguments.next().map_or(Ok(1_000), |text| text.parse())?;
    let switches: usize = arguments.next().map_or(Ok(2_000), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let (source, now) = (MasterKeySource::BesideTheData, jiff::Timestamp::UNIX_EPOCH);
    let installation = Installation::open(&folder.path().join("data"), &source, now).await?;
    let started = Instant::now();
    let mut ids = Vec::new();
    for number in 0..tenants {
        let tenant = installation.create_tenant(&number.to_string(), now).await?;
        ids.push(tenant.id);
    }
    println!(
        "made {tenants} tenants in {} ms; memory {}",
        started.elapsed().as_millis(),
        memory()
    );
    let mut took = Vec::new();
    for step in 0..switches {
        // A stride that shares no factor with the count meets every tenant, far from the last one.
        let id = &ids[step * 617 % tenants];
        let started = Instant::now();
        let store = installation.store(id).await?;
        mirror::cycles(&store, &store.scope()).await?;
        took.push(started.elapsed());
    }
    took.sort();
    println!(
        "{switches} switches over {tenants} tenants, {OPEN_TENANTS} of them open: median {} ms, \
         p99 {} ms, longest {} ms; memory {}",
        at(&took, 50),
        at(&took, 99),
        at(&took, 100),
        memory()
    );
    installation.close().await;
    Ok(())
}

fn at(sorted: &[Duration], percent: usize) -> u128 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(last * percent / 100)
        .map_or(0, Duration::as_millis)
}

/// What the system says the process holds, where it says so.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    held.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}
