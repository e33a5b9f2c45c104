//! The pages of the demo contractor, with ten thousand items on its worklist, while many people
//! use them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use connectors::http::SystemClock;
use figures::Money;
use gate::action::Kind;
use gate::proposal::Proposal;
use gate::switches::{Level, Switches};
use gate::together;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sandbox::contractor::Plan;
use store::proposals::{self, Filter};
use store::{results, worklist};
use tokio::task::JoinSet;

use super::person::Person;
use super::prepared::{grow_worklist, read_once, reader};
use super::server::{Answered, Server};
use super::{at, milliseconds};
use crate::approvals;
use crate::desk::Desk;
use crate::propose::RECONCILIATION;

const ITEMS: i64 = 10_000;
/// Somebody who works fast looks at a page for a second on average: nothing to twice as long.
const PAUSE: Duration = Duration::from_millis(2_000);

/// Measures, and returns the table for the documentation.
pub(super) async fn measured(
    program: PathBuf,
    people: u64,
    seconds: u64,
) -> anyhow::Result<String> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let (cookies, pages) = prepared(&data, people).await?;
    let server = Server::start(&program, &data).await?;
    let listening = server.started_in;
    let began = Instant::now();
    let cookie = cookies.first().context("nobody is there")?;
    Person::at(&server.origin, cookie).await?.page("/").await?;
    let first_page = listening + began.elapsed();
    let mut out = format!(
        "Start on these data: listening after {} ms, first page after {} ms.\n",
        milliseconds(listening),
        milliseconds(first_page)
    );
    let pages = Arc::new(pages);
    for pause in [PAUSE, Duration::ZERO] {
        server.answered();
        let sizes = visited(&server.origin, &cookies, &pages, seconds, pause).await?;
        // The last lines of the log may still be on their way.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let manner = if pause.is_zero() {
            "without a pause"
        } else {
            "with a pause of a second on average"
        };
        writeln!(out, "\n{people} people for {seconds} s, {manner}:\n")?;
        out += &table(server.answered())?;
        let largest = sizes.iter().max_by_key(|(_, size)| **size);
        let (page, size) = largest.context("no page was read")?;
        writeln!(out, "\nLargest page: {page}, {} kB.", size.div_ceil(1_000))?;
    }
    server.stop().await?;
    Ok(out)
}

/// The demo contractor with a long worklist, people who read it, and what they look at.
async fn prepared(data: &Path, people: u64) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let mut desk = Desk::open(data, Arc::new(SystemClock)).await?;
    desk.settings.switches = Switches {
        writes: true,
        connection_writes: true,
        agents: [(RECONCILIATION.into(), Level::Propose)].into(),
        ..Switches::default()
    };
    desk.settings.together_up_to = Some(Money::from_cents(10_000_000_000));
    read_once(&mut desk, &Plan::demo()).await?;
    let (store, scope) = (&desk.store, &desk.scope);
    let result = results::newest(store, scope, None).await?;
    let result = result.context("nothing was compared")?;
    grow_worklist(store, (result.cycle, result.as_of), ITEMS).await?;
    let items = worklist::list(store, scope, worklist::Filter::default()).await?;
    let item = items.first().context("an empty worklist")?;
    let of_job = items.iter().find_map(|item| item.project_id);
    let job = of_job.context("no item of a job")?;
    let mut pages = vec![
        "/".to_owned(),
        "/worklist".to_owned(),
        "/worklist?group=job".to_owned(),
        "/worklist?group=class&page=7".to_owned(),
        "/worklist?find=bill".to_owned(),
        format!("/worklist/{}", item.id),
        "/jobs".to_owned(),
        format!("/jobs/{job}"),
        format!("/jobs/{job}/bridge/cost"),
        format!("/figures/bridge.cost.procore:{job}"),
        "/matches?tab=documents".to_owned(),
        "/find?q=supply".to_owned(),
        "/connections".to_owned(),
        "/people".to_owned(),
        "/audit".to_owned(),
        "/settings".to_owned(),
        "/account".to_owned(),
        "/approvals".to_owned(),
        "/approvals?tab=over".to_owned(),
    ];
    pages.extend(pages_of_proposals(&desk).await?);
    let cookies = reader(&desk.installation, scope.tenant_id(), people).await?;
    desk.close().await;
    Ok((cookies, pages))
}

/// A proposal, the sheet on which it is changed, and as many alike as one page may have. The demo
/// proposes no two alike, so copies are made.
async fn pages_of_proposals(desk: &Desk) -> anyhow::Result<[String; 3]> {
    let (store, scope) = (&desk.store, &desk.scope);
    let open = proposals::list(store, scope, Filter::Open, 1_000).await?;
    let entered = open.iter().find(|one| one.kind == Kind::PostBill.name());
    let entered = &entered.context("no bill is proposed")?.id;
    let stored = proposals::proposal(store, scope, entered).await?;
    let mut first = stored
        .context("the proposal is gone")?
        .proposal
        .newest()
        .clone();
    first.draft.finding = None;
    let mut alike = Vec::new();
    for _ in 0..together::MOST {
        let id = approvals::new_id(desk)?;
        alike.push(format!("id={id}"));
        let copy = Proposal::try_new(scope.tenant_id().into(), id.into(), first.clone())?;
        proposals::propose(store, scope, copy, desk.clock.now()).await?;
    }
    Ok([
        format!("/approvals/{entered}"),
        format!("/approvals/{entered}/edit"),
        format!("/approvals/together?{}", alike.join("&")),
    ])
}

/// Everybody goes through all pages again and again, each from another one on. Returns the bytes
/// of each page.
async fn visited(
    origin: &str,
    cookies: &[String],
    pages: &Arc<Vec<String>>,
    seconds: u64,
    pause: Duration,
) -> anyhow::Result<BTreeMap<String, usize>> {
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut visits = JoinSet::new();
    for (number, cookie) in cookies.iter().enumerate() {
        let (pages, mut person) = (Arc::clone(pages), Person::at(origin, cookie).await?);
        let mut random = ChaCha8Rng::seed_from_u64(u64::try_from(number)?);
        visits.spawn(async move {
            let mut sizes = BTreeMap::new();
            for page in pages.iter().cycle().skip(number % pages.len()) {
                // Before the first page too: nobody comes in the same moment as everybody else.
                if !pause.is_zero() {
                    tokio::time::sleep(pause.mul_f64(random.random())).await;
                }
                if Instant::now() >= until {
                    break;
                }
                let size = person.page(page).await?;
                sizes.insert(page.clone(), size);
            }
            anyhow::Ok(sizes)
        });
    }
    let mut sizes = BTreeMap::new();
    while let Some(visit) = visits.join_next().await {
        sizes.append(&mut visit??);
    }
    Ok(sizes)
}

fn table(answered: Vec<Answered>) -> anyhow::Result<String> {
    let mut times: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    for one in answered {
        times.entry("all".to_owned()).or_default().push(one.time);
        times.entry(one.route).or_default().push(one.time);
    }
    let mut out =
        "| page | requests | server ms: median | p99 | most |\n|---|---:|---:|---:|---:|\n"
            .to_owned();
    for (page, mut times) in times {
        times.sort();
        let [median, high, most] = [500, 990, 1_000].map(|part| milliseconds(at(&times, part)));
        writeln!(
            out,
            "| {page} | {} | {median} | {high} | {most} |",
            times.len()
        )?;
    }
    Ok(out)
}
