//! Many companies in one process: what each of them holds, and what it costs to go from one to
//! another.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use connectors::http::{Clock, SystemClock};
use sandbox::contractor::Plan;
use store::{Installation, OPEN_TENANTS, transfer};

use super::person::Person;
use super::prepared::{read_once, reader};
use super::server::Server;
use super::{at, milliseconds};
use crate::desk;

/// Measures, and returns the lines for the documentation.
pub(super) async fn measured(
    program: PathBuf,
    tenants: u64,
    switches: u64,
) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let cookies = prepared(&data, tenants).await?;
    let server = Server::start(&program, &data).await?;
    let at_start = server.memory()?;
    // Once around, so that what stays with every company that was ever asked for is there.
    let first = visited(&server.origin, &cookies, tenants).await?;
    let around = server.memory()?;
    let times = visited(&server.origin, &cookies, switches).await?;
    let after = server.memory()?;
    server.stop().await?;
    let [median, high, most] = [500, 990, 1_000].map(|part| milliseconds(at(&times, part)));
    Ok(format!(
        "{tenants} tenants in one process, {OPEN_TENANTS} of them open at most.\n\
         Memory: {} MB at the start, {} MB after each was visited once, {} MB after {switches} \
         switches: {} kB for each tenant.\n\
         A page of another tenant: median {median} ms, p99 {high} ms, longest {most} ms; first \
         visits p99 {} ms.",
        at_start / 1_000,
        around / 1_000,
        after / 1_000,
        after.saturating_sub(at_start) / tenants.max(1),
        milliseconds(at(&first, 990)),
    ))
}

/// Copies of one small contractor, each with somebody who reads it.
async fn prepared(data: &Path, tenants: u64) -> anyhow::Result<Vec<String>> {
    let original = tempfile::tempdir()?;
    let text = exported(&original.path().join("data")).await?;
    let installation = desk::open_installation(data, &SystemClock).await?;
    let mut cookies = Vec::new();
    for number in 0..tenants {
        cookies.push(copied(&installation, &text, number).await?);
    }
    installation.close().await;
    Ok(cookies)
}

/// A contractor as `plumbline tenant export` writes it, and its id.
async fn exported(data: &Path) -> anyhow::Result<(String, String)> {
    let desk = read_once(data, &Plan::small(7)).await?;
    let tenants = desk.installation.tenants().await?;
    let tenant = tenants.first().context("no tenant")?;
    let (path, id) = (data.with_extension("jsonl"), tenant.id.clone());
    let file = File::create(&path)?;
    transfer::export(&desk.store, &desk.scope, &tenant.name, file).await?;
    desk.close().await;
    Ok((id, std::fs::read_to_string(path)?))
}

async fn copied(
    installation: &Installation,
    (id, text): &(String, String),
    number: u64,
) -> anyhow::Result<String> {
    let another = format!("{}{number:06}", &id[..id.len() - 6]);
    let file = std::io::Cursor::new(text.replace(id, &another).into_bytes());
    let (tenant, _) = installation.import_tenant(file, SystemClock.now()).await?;
    ensure!(tenant.id == another, "a copy has another id than it should");
    let cookies = reader(installation, &tenant.id, 1).await?;
    cookies.into_iter().next().context("nobody reads it")
}

/// Asks one tenant after the other, in a scattered order, for its first page. Returns how long
/// each took for whoever asked, sorted.
async fn visited(origin: &str, cookies: &[String], visits: u64) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    // A stride that shares no factor with the count meets every tenant, far from the last one.
    let stride = (0..cookies.len()).map(|step| step * 617 % cookies.len());
    for which in stride.cycle().take(usize::try_from(visits)?) {
        let cookie = cookies.get(which).context("no such tenant")?;
        let mut person = Person::at(origin, cookie).await?;
        let began = Instant::now();
        person.page("/").await?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times)
}
