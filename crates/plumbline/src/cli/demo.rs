//! `plumbline demo`: the whole product on a simulated contractor, on this machine only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use backoffice::reconcile::result::Bridge;
use connectors::http::SystemClock;
use gate::switches::Level;
use sandbox::contractor::{Plan, generate};
use store::results;
use tokio::net::TcpListener;

use super::bridge;
use super::demo_people;
use super::progress::Screen;
use super::reconcile::Compared;
use super::serve::{Serves, Serving};
use super::table::{Cell, Table};
use super::{Answer, Global, Status};
use crate::books::Loaded;
use crate::connect::{self, Consent};
use crate::cycle;
use crate::desk::Desk;
use crate::propose::RECONCILIATION;
use crate::reading::Watch;
use crate::sandboxes::{Manner, Ports, Sandboxes};
use crate::settings::Rights;
use crate::web::hooks::Hooks;
use crate::web::house::Work;
use crate::web::signin::door::{DoorSettings, Factors};
use crate::web::signin::password::Cost;

pub(super) async fn run(global: &Global, once: bool) -> anyhow::Result<Answer> {
    let mut screen = Screen::new();
    screen.note("starting a local Procore and a local QuickBooks with the demo contractor");
    let world = generate(&Plan::demo());
    let sandboxes = Sandboxes::start(world, Ports::default(), Manner::Headless).await?;
    sandboxes.close_last_year();
    let answer = if once {
        let folder = tempfile::tempdir()?;
        first_cycle(&sandboxes, &folder.path().join("data"), &mut screen).await?
    } else {
        let data = global
            .folder
            .clone()
            .unwrap_or_else(|| PathBuf::from("./plumbline-demo"));
        served(&sandboxes, &data, &mut screen).await?
    };
    sandboxes.shutdown().await;
    Ok(answer)
}

/// Serves the demo and reads both systems meanwhile, so that the pages show how it comes in.
async fn served(sandboxes: &Sandboxes, data: &Path, screen: &mut Screen) -> anyhow::Result<Answer> {
    let desk = connected(sandboxes, data, screen).await?;
    let listener = match TcpListener::bind(LISTEN).await {
        Ok(listener) => listener,
        // The usual port is taken, perhaps by another demo: any free one will do.
        Err(_) => TcpListener::bind("127.0.0.1:0").await?,
    };
    let settings = DoorSettings {
        origin: format!("http://{}", listener.local_addr()?),
        proxies: 0,
        cost: Cost::FULL,
        // Nobody has to take out a phone to look at a simulated company.
        factors: Factors::Optional,
        mailer: None,
    };
    let clock = Arc::clone(&desk.clock);
    let hooks = Hooks::default();
    let serving = Serving::start(
        desk.installation.clone(),
        clock,
        settings,
        Serves {
            hooks,
            workers: 1,
            certificate: None,
            local: Some(sandboxes.local()),
        },
        listener,
    )?;
    let (house, origin) = (&serving.house, serving.house.origin());
    let people = demo_people::invited(house.door(), &desk.scope).await?;
    screen.note(&format!(
        "reading both for the first time; watch it at {origin}\n{people}"
    ));
    // The job that reads was written with the connections.
    let tenant = house.tenant(&desk.scope).await?;
    house.asked(&desk.scope, Some(Work::Read)).await;
    tokio::select! {
        () = tenant.idle() => {}
        stopped = tokio::signal::ctrl_c() => stopped?,
    }
    if let Some(result) = results::newest(&desk.store, &desk.scope, None).await? {
        let loaded =
            Loaded::from_mirror(&desk.store, &desk.scope, result.cycle, result.as_of).await?;
        let answer = answer(Compared::of(&loaded, &desk.decisions().await?));
        println!("{}\n{}\n\n{people}", answer.text, what_next(data, origin));
        for note in &answer.notes {
            eprintln!("{note}");
        }
        tokio::signal::ctrl_c().await?;
    }
    drop((tenant, desk));
    serving.stop().await?;
    Ok(Answer::text("Stopped."))
}

/// Where the demo is served, unless that is taken.
const LISTEN: &str = "127.0.0.1:8420";

/// A desk that is connected to both.
async fn connected(
    sandboxes: &Sandboxes,
    data: &Path,
    screen: &mut Screen,
) -> anyhow::Result<Desk> {
    let mut desk = Desk::open(data, Arc::new(SystemClock)).await?;
    desk.settings.time_zone.clone_from(&sandboxes.time_zone);
    desk.settings.as_of = Some(sandboxes.as_of);
    // Proposing changes nothing; writing stays off until the demo's owner turns it on.
    let agents = &mut desk.settings.switches.agents;
    agents.insert(RECONCILIATION.into(), Level::Propose);
    screen.note("connecting to both through OAuth");
    let access = sandboxes.procore_access(Rights::Person);
    connect::procore(&mut desk, access, Consent::Headless).await?;
    connect::quickbooks(&mut desk, sandboxes.quickbooks_access(), Consent::Headless).await?;
    Ok(desk)
}

/// Connects to both, reads them and shows what came of it.
async fn first_cycle(
    sandboxes: &Sandboxes,
    data: &Path,
    screen: &mut Screen,
) -> anyhow::Result<Answer> {
    let desk = connected(sandboxes, data, screen).await?;
    let report = cycle::run(&desk, sandboxes.as_of, screen).await?;
    desk.close().await;
    Ok(answer(Compared {
        jobs: report.loaded.job_names(),
        outcome: report.outcome,
    }))
}

fn answer(compared: Compared) -> Answer {
    let status = match compared.status() {
        Status::Findings => Status::Done,
        other => other,
    };
    Answer::text(shown(&compared))
        .with_notes(compared.notes())
        .with_status(status)
}

/// Items of the worklist that are shown.
const SHOWN: usize = 20;

fn shown(compared: &Compared) -> String {
    let outcome = &compared.outcome;
    let mut items = Table::new(&["check", "amount", "job", "what", "id"]);
    for finding in outcome.findings.iter().take(SHOWN) {
        items.push(vec![
            Cell::text(finding.check),
            Cell::Cents(finding.amount.cents()),
            Cell::text(compared.job(finding.project_id)),
            Cell::text(finding.what.as_str()),
            Cell::text(finding.id.as_str()),
        ]);
    }
    let mut by_class: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for finding in &outcome.findings {
        let class = by_class.entry(finding.check).or_default();
        class.0 += 1;
        class.1 += finding.amount.cents();
    }
    let mut classes = Table::new(&["class", "findings", "amount"]);
    for (class, (count, amount)) in by_class {
        classes.push(vec![
            Cell::text(class),
            Cell::Count(count),
            Cell::Cents(amount),
        ]);
    }
    let bridges: Vec<&Bridge> = outcome.bridges.iter().collect();
    format!(
        "Worklist, the {} most severe of {} findings\n\n{}\nBy class\n\n{}\nJob bridges. {}\n\
         {} questions for a person; {} records rejected.\n",
        items.rows.len(),
        outcome.findings.len(),
        items.aligned(),
        classes.aligned(),
        bridge::overview(compared, &bridges),
        outcome.questions.len(),
        outcome.rejections.len(),
    )
}

fn what_next(data: &Path, origin: &str) -> String {
    let data = data.display();
    format!(
        "Open {origin} in your browser. Both systems keep running until Ctrl-C; after that, from \
         the data that stays:\n\n\
         plumbline --data {data} worklist\n\
         plumbline --data {data} worklist show FINDING-ID\n\
         plumbline --data {data} bridge \"Harbor Warehouse\"\n\
         plumbline --data {data} explain bridge.billed.quickbooks:400320\n\
         plumbline --data {data} serve"
    )
}
