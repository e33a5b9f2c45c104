//! Reading a view from the store.

use std::collections::BTreeMap;

use figures::source::{SourceRef, System};
use figures::{Date, Money};
use jiff::Timestamp;
use store::mirror::{self, CycleState};
use store::results::{self, StoredResult};
use store::worklist::{self, ItemState};
use store::{connections, quarantine};

use super::named::{JobName, Named};
use super::stored::{Bridge, Finding};
use super::told::Told;
use super::{BooksView, Item, Job, JobMeasure, Standing, SystemStanding, TenantView};
use crate::books::Loaded;
use crate::desk::Desk;
use crate::reading::CONNECTION;
use crate::web::records::{Card, bare_name};
use crate::web::worklist::Tally;
use crate::web::{catalogue, format, house};

impl TenantView {
    /// Derives the view of the newest result.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn load(desk: &Desk) -> anyhow::Result<Self> {
        let zone = house::zone(&desk.settings);
        let cycles = mirror::cycles(&desk.store, &desk.scope).await?;
        let finished: Vec<(i64, Date, Timestamp)> = cycles
            .iter()
            .filter_map(|cycle| match cycle.state {
                CycleState::Finished { as_of, at } => Some((cycle.number, as_of, at)),
                CycleState::Open | CycleState::Abandoned { .. } => None,
            })
            .collect();
        let newest = finished.first().map(|cycle| cycle.0);
        let systems = [
            standing(desk, System::Procore, newest).await?,
            standing(desk, System::QuickBooks, newest).await?,
        ];
        let result = results::newest(&desk.store, &desk.scope, None).await?;
        let mut name = None;
        let books = match result {
            Some(result) => {
                let today = desk.clock.now().to_zoned(zone.clone()).date();
                let before = finished
                    .iter()
                    .filter(|cycle| cycle.0 < result.cycle)
                    .find(|cycle| cycle.2.to_zoned(zone.clone()).date() < today)
                    .map(|cycle| (cycle.0 + 1, cycle.2));
                name = company(desk, result.cycle).await?;
                let read_at = finished
                    .iter()
                    .find(|cycle| cycle.0 == result.cycle)
                    .map_or(result.produced_at, |cycle| cycle.2);
                Some(books(desk, result, read_at, before).await?)
            }
            None => None,
        };
        let settings = &desk.settings;
        let is_simulated = settings.procore.as_ref().is_some_and(|one| one.is_local())
            || settings
                .quickbooks
                .as_ref()
                .is_some_and(|one| one.is_local());
        Ok(Self {
            name: name.unwrap_or_else(|| "Your company".to_owned()),
            zone,
            stale_after_days: settings.stale_after_days,
            writes: settings.switches.grant(None).is_ok(),
            is_simulated,
            quarantine: quarantine::standing(&desk.store, &desk.scope).await?,
            systems,
            books,
        })
    }
}

/// The company's name in QuickBooks.
async fn company(desk: &Desk, cycle: i64) -> anyhow::Result<Option<String>> {
    let (store, scope) = (&desk.store, &desk.scope);
    let resource = "CompanyInfo".into();
    let records =
        mirror::read_resource_as_of(store, scope, cycle, System::QuickBooks, resource).await?;
    let records = records.collect().await?;
    let name = records.first().and_then(|record| {
        let body: serde_json::Value = serde_json::from_str(&record.body).ok()?;
        Some(body.get("CompanyName")?.as_str()?.to_owned())
    });
    Ok(name)
}

async fn standing(
    desk: &Desk,
    system: System,
    newest: Option<i64>,
) -> anyhow::Result<SystemStanding> {
    let (store, scope) = (&desk.store, &desk.scope);
    let connection = connections::connection(store, scope, system).await?;
    let mut found = SystemStanding {
        system,
        changed_at: connection.as_ref().map(|one| one.changed_at),
        account_id: connection
            .as_ref()
            .map(|one| one.account_id.clone())
            .unwrap_or_default(),
        grant: connection
            .as_ref()
            .map(|one| one.grant_type.clone())
            .unwrap_or_default(),
        connection: connection.map(|one| one.state),
        read_at: None,
        failed: None,
        calls: Vec::new(),
        incomplete: Vec::new(),
        blind_spots: Vec::new(),
    };
    let Some(cycle) = newest else {
        return Ok(found);
    };
    let captured = mirror::captured(store, scope, cycle).await?;
    let captured = captured.into_iter().find(|one| one.system == system);
    found.read_at = captured.map(|one| one.captured_at);
    let calls = mirror::meter_readings(store, scope, cycle).await?;
    let calls = calls.into_iter().filter(|one| one.system == system);
    found.calls = calls.map(|one| (one.meter, one.count)).collect();
    let completeness = mirror::completeness(store, scope, cycle).await?;
    for gap in completeness.incomplete {
        if gap.system != system {
            continue;
        }
        if gap.resource == CONNECTION {
            found.failed = Some(gap.reason.to_string());
        } else {
            found.incomplete.push(gap);
        }
    }
    if system == System::Procore {
        found.blind_spots = completeness.blind_spots;
    }
    Ok(found)
}

async fn books(
    desk: &Desk,
    result: StoredResult,
    read_at: Timestamp,
    since: Option<(i64, Timestamp)>,
) -> anyhow::Result<BooksView> {
    let named = Named::kept(desk, &result).await?;
    let (number, as_of) = (result.cycle, result.as_of);
    let told = Told::read(desk, &result).await?;
    let Named { jobs, cards } = match named {
        Some(named) => named,
        None => {
            let loaded = Loaded::from_mirror(&desk.store, &desk.scope, number, as_of).await?;
            Named::of(&loaded.books, &told)
        }
    };
    let jobs = jobs_of(jobs, told.bridges);
    let names: BTreeMap<i64, String> = jobs.iter().map(|job| (job.id, job.name.clone())).collect();
    let make = |found: Vec<(worklist::Item, Finding)>| -> Vec<Item> {
        found
            .into_iter()
            .map(|(item, finding)| shown(item, finding, &cards, &names))
            .collect()
    };
    let open = make(told.open);
    let mut cleared = make(told.cleared);
    cleared.sort_by_key(|item| std::cmp::Reverse(item.cleared_cycle));
    let tallies = Tally::of(&open, &cleared);
    let mut places = BTreeMap::new();
    for (at, item) in open.iter().enumerate() {
        places.insert(item.id.clone(), (ItemState::Open, at));
    }
    for (at, item) in cleared.iter().enumerate() {
        places.insert(item.id.clone(), (ItemState::Cleared, at));
    }
    Ok(BooksView {
        cycle: number,
        as_of,
        read_at,
        since,
        jobs,
        open,
        cleared,
        questions: told.questions,
        pairs: told.pairs,
        paired: told.paired,
        cards,
        not_kept: told.not_kept,
        refused: told.refused,
        rejections: told.rejections,
        not_connected: told.not_connected,
        tallies,
        places,
    })
}

fn shown(
    item: worklist::Item,
    finding: Finding,
    cards: &BTreeMap<SourceRef, Card>,
    jobs: &BTreeMap<i64, String>,
) -> Item {
    let code = item.check.split('_').next().unwrap_or_default().to_owned();
    let title = catalogue::title(&code);
    let first = finding.records.first();
    let subject = first.map_or_else(String::new, |source| {
        cards
            .get(source)
            .map_or_else(|| bare_name(source), |card| card.name.clone())
    });
    let job = item.project_id.map(|id| {
        let name = jobs.get(&id).cloned();
        name.unwrap_or_else(|| id.to_string())
    });
    let job_rank = job.as_ref().map_or(usize::MAX, |name| {
        jobs.values().filter(|other| *other < name).count()
    });
    let job = job.unwrap_or_default();
    let named = |id: i64| jobs.get(&id).cloned();
    let what = format::sentence(&finding.what, named);
    let haystack = format!(
        "{code} {title} {subject} {what} {} {}",
        job,
        format::magnitude(Money::from_cents(item.amount_cents.unwrap_or(0))),
    )
    .to_lowercase();
    Item {
        id: item.id,
        code,
        title,
        subject,
        project_id: item.project_id,
        job,
        job_rank,
        amount: Money::from_cents(item.amount_cents.unwrap_or(0)),
        what,
        why: format::sentence(&finding.why, named),
        next: format::sentence(&finding.next, named),
        records: finding.records,
        effects: finding.effects,
        date: finding.date,
        opened_cycle: item.opened_cycle,
        seen_as_of: item.last_seen_as_of,
        is_proven: item.seen_in_newest,
        cleared_cycle: item.cleared_cycle,
        haystack,
    }
}

fn jobs_of(named: Vec<JobName>, bridges: Vec<Bridge>) -> Vec<Job> {
    let mut jobs: BTreeMap<i64, Job> = named
        .into_iter()
        .map(|named| {
            let job = Job {
                id: named.id,
                number: named.number,
                name: named.name,
                measures: Vec::new(),
            };
            (named.id, job)
        })
        .collect();
    for bridge in bridges {
        let job = jobs.entry(bridge.project_id).or_insert_with(|| Job {
            id: bridge.project_id,
            number: String::new(),
            name: bridge.project_id.to_string(),
            measures: Vec::new(),
        });
        let mut steps = bridge.explained;
        steps.sort_by_key(|step| std::cmp::Reverse(step.amount.abs()));
        job.measures.push(JobMeasure {
            measure: bridge.measure,
            procore: bridge.procore,
            quickbooks: bridge.quickbooks,
            difference: bridge.procore - bridge.quickbooks,
            explained: steps.iter().map(|step| step.amount).sum(),
            unexplained: bridge.unexplained,
            steps,
        });
    }
    let mut jobs: Vec<Job> = jobs
        .into_values()
        .filter(|job| !job.measures.is_empty())
        .collect();
    for job in &mut jobs {
        job.measures.sort_by_key(|one| one.measure);
    }
    jobs.sort_by_key(|job| {
        let worst = job.measures.iter().map(JobMeasure::standing).max();
        let largest = job.measures.iter().map(|one| one.difference.abs()).max();
        (
            std::cmp::Reverse(worst.unwrap_or(Standing::Ties)),
            std::cmp::Reverse(largest),
            job.id,
        )
    });
    jobs
}
