//! Many companies in one process: what each of them holds, and what it costs to go from one to
//! another.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use connectors::http::{Clock, SystemClock};
use sandbox::contractor::Plan;
use store::OPEN_TENANTS;

use super::person::Person;
use super::prepared::{read_once, reader};
use super::server::Server;
use super::{at, milliseconds};
use crate::desk::{self, Desk};
use crate::sandboxes;

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

/// So many small contractors, each read once, and somebody who reads each.
async fn prepared(data: &Path, tenants: u64) -> anyhow::Result<Vec<String>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let installation = desk::open_installation(data, &SystemClock).await?;
    let mut cookies = Vec::new();
    for number in 0..tenants {
        let name = format!("Contractor {number}");
        let tenant = installation.create_tenant(&name, clock.now()).await?;
        let mut desk = Desk::at(installation.clone(), &tenant.id, Arc::clone(&clock)).await?;
        read_once(&mut desk, &Plan::small(number)).await?;
        sandboxes::let_others_connect(&desk).await?;
        let readers = reader(&installation, &tenant.id, 1).await?;
        cookies.extend(readers);
    }
    installation.close().await;
    Ok(cookies)
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
