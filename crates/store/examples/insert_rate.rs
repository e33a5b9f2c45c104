//! Measures how fast the mirror takes records in and gives them back.
//!
//! `cargo run --release -p store --example insert_rate [RECORDS] [BYTES]` writes that many records
//! of about that many bytes in pages of 5,000, reads the same pages again unchanged, then with one
//! record in a hundred changed, and reads the whole mirror back. It prints rows per second.

use std::path::Path;
use std::time::Instant;

use figures::source::{RawRecord, System};
use store::mirror::{
    OpenCycle, Outcome, Reach, ResourceKey, begin_cycle, finish_cycle, finish_resource, read_as_of,
    record_page,
};
use store::{Installation, MasterKeySource, Store, StoreError};

const PAGE: usize = 5_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let records: usize = arguments
        .next()
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let bytes: usize = arguments.next().map_or(Ok(500), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let (source, now) = (MasterKeySource::BesideTheData, jiff::Timestamp::UNIX_EPOCH);
    let installation = Installation::open(&data, &source, now).await?;
    let tenant = installation.create_tenant("Measured", now).await?.id;
    let store = installation.store(&tenant).await?;
    let path = store.path().map(Path::to_owned).unwrap_or_default();

    sweep(&store, "first sweep", records, |id| body(id, 0, bytes)).await?;
    let last = sweep(&store, "unchanged sweep", records, |id| body(id, 0, bytes)).await?;
    sweep(&store, "1 in 100 changed", records, |id| {
        body(id, usize::from(id.is_multiple_of(100)), bytes)
    })
    .await?;

    let started = Instant::now();
    let mut stream = read_as_of(&store, &store.scope(), last).await?;
    let mut count = 0;
    while let Some(chunk) = stream.next_chunk().await? {
        count += chunk.len();
    }
    report("read as of a past cycle", count, started);

    installation.close().await;
    drop((stream, store, installation));
    println!("file: {} MB", std::fs::metadata(&path)?.len() / 1_000_000);
    let started = Instant::now();
    let installation = Installation::open(&data, &source, now).await?;
    println!("open the folder: {} ms", started.elapsed().as_millis());
    let started = Instant::now();
    installation.store(&tenant).await?.close().await;
    println!(
        "open the tenant with quick check: {} ms",
        started.elapsed().as_millis()
    );
    let started = Instant::now();
    installation.store(&tenant).await?;
    println!("open it again: {} ms", started.elapsed().as_millis());
    installation.close().await;
    Ok(())
}

async fn sweep(
    store: &Store,
    what: &str,
    records: usize,
    body_of: impl Fn(usize) -> String,
) -> Result<i64, StoreError> {
    let scope = store.scope();
    let now = jiff::Timestamp::UNIX_EPOCH;
    let cycle = begin_cycle(store, &scope, now).await?.cycle;
    let mut in_store = std::time::Duration::ZERO;
    for first in (0..records).step_by(PAGE) {
        let page: Vec<_> = (first..records.min(first + PAGE))
            .map(|id| bill(id, &body_of))
            .collect();
        let started = Instant::now();
        record_page(store, &scope, cycle, page).await?;
        in_store += started.elapsed();
    }
    println!("{what}: {} rows/s", rate(records, in_store));
    let started = Instant::now();
    finish(store, cycle).await?;
    println!("  finishing took {} ms", started.elapsed().as_millis());
    Ok(cycle.number())
}

async fn finish(store: &Store, cycle: OpenCycle) -> Result<(), StoreError> {
    let scope = store.scope();
    let key = ResourceKey {
        system: System::QuickBooks,
        resource: "Bill".into(),
        reach: Reach::Everything,
    };
    finish_resource(
        store,
        &scope,
        cycle,
        key,
        Outcome::Sweep { counted: None },
        None,
    )
    .await?;
    let as_of = jiff::civil::date(2026, 10, 31);
    finish_cycle(store, &scope, cycle, as_of, jiff::Timestamp::UNIX_EPOCH).await
}

fn bill(id: usize, body_of: &impl Fn(usize) -> String) -> RawRecord {
    RawRecord {
        system: System::QuickBooks,
        resource: "Bill".into(),
        external_id: (id + 1).to_string().into(),
        project_id: None,
        parent_id: None,
        body: body_of(id),
    }
}

fn body(id: usize, edition: usize, bytes: usize) -> String {
    let filler = "x".repeat(bytes.saturating_sub(60));
    format!("{{\"Id\":\"{id}\",\"SyncToken\":\"{edition}\",\"PrivateNote\":\"{filler}\"}}")
}

fn report(what: &str, rows: usize, started: Instant) {
    println!("{what}: {} rows/s", rate(rows, started.elapsed()));
}

fn rate(rows: usize, elapsed: std::time::Duration) -> u128 {
    (rows as u128 * 1_000) / elapsed.as_millis().max(1)
}
