//! `plumbline worklist`: findings with their history, as list, page or file.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::Context;
use backoffice::reconcile::result::Finding;
use figures::Date;
use figures::source::System;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::worklist::{self, Event, EventKind, Filter, ItemState};

use super::arguments::WorklistCommand;
use super::reconcile::{Compared, compared, finished, job_name};
use super::table::{Cell, Table, printable};
use super::{Answer, Format, Global, Status, export};
use crate::desk::Desk;

/// One item, whether from the store or from a snapshot.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) state: &'static str,
    pub(super) check: String,
    pub(super) project_id: Option<i64>,
    pub(super) customer_id: Option<String>,
    pub(super) amount_cents: Option<i64>,
    /// The day for which it was last found.
    pub(super) as_of: Date,
    /// The cycle that opened it; none in a snapshot.
    pub(super) opened_cycle: Option<i64>,
    /// Whether the newest cycle found it again.
    pub(super) seen_in_newest: bool,
    /// The finding as it was found.
    pub(super) finding: Box<RawValue>,
}

/// The members of a finding that are shown to people.
#[derive(Debug, Deserialize)]
pub(super) struct Words {
    pub(super) what: String,
    pub(super) why: String,
    pub(super) next: String,
    records: Vec<figures::source::SourceRef>,
    effects: Vec<Moved>,
}

#[derive(Debug, Deserialize)]
struct Moved {
    project_id: i64,
    measure: String,
    amount_cents: i64,
}

impl Item {
    pub(super) fn words(&self) -> anyhow::Result<Words> {
        serde_json::from_str(self.finding.get())
            .with_context(|| format!("failed to read finding {}", self.id))
    }

    fn of_store(item: worklist::Item) -> anyhow::Result<Self> {
        Ok(Self {
            state: match item.state {
                ItemState::Open => "open",
                ItemState::Cleared => "cleared",
            },
            check: item.check,
            project_id: item.project_id,
            customer_id: item.customer_id,
            amount_cents: item.amount_cents,
            as_of: item.last_seen_as_of,
            opened_cycle: Some(item.opened_cycle),
            seen_in_newest: item.seen_in_newest,
            finding: RawValue::from_string(item.body)?,
            id: item.id,
        })
    }

    fn of_finding(finding: &Finding, as_of: Date) -> anyhow::Result<Self> {
        Ok(Self {
            id: finding.id.to_string(),
            state: "open",
            check: finding.check.to_owned(),
            project_id: finding.project_id,
            customer_id: finding.customer_id.as_ref().map(ToString::to_string),
            amount_cents: Some(finding.amount.cents()),
            as_of,
            opened_cycle: None,
            seen_in_newest: true,
            finding: serde_json::value::to_raw_value(finding)?,
        })
    }
}

/// Items with what people need to read them.
pub(super) struct Listed {
    pub(super) items: Vec<Item>,
    pub(super) jobs: BTreeMap<i64, String>,
    /// The day of the newest cycle.
    pub(super) as_of: Option<Date>,
    pub(super) notes: Vec<String>,
    pub(super) status: Status,
}

pub(super) async fn run(global: &Global, what: WorklistCommand) -> anyhow::Result<Answer> {
    let filter = match &what {
        WorklistCommand::List {
            all,
            check,
            job,
            limit,
        } => Filter {
            state: (!all).then_some(ItemState::Open),
            project_id: *job,
            check: check.clone(),
            limit: *limit,
            customer_id: None,
        },
        WorklistCommand::Export { .. } => Filter {
            state: Some(ItemState::Open),
            ..Filter::default()
        },
        WorklistCommand::Show { .. } => Filter::default(),
    };
    let (listed, history) = match &global.snapshot {
        Some(_) => (of_snapshot(&compared(global).await?, &filter)?, Vec::new()),
        None => {
            let desk = Desk::existing(&global.data()).await?;
            let listed = of_store(&desk, filter).await;
            let history = match &what {
                WorklistCommand::Show { id } => {
                    worklist::history(&desk.store, &desk.scope, id).await?
                }
                _ => Vec::new(),
            };
            desk.close().await;
            (listed?, history)
        }
    };
    let text = match what {
        WorklistCommand::List { .. } => list(&listed, global.format)?,
        WorklistCommand::Show { id } => show(&listed, &id, &history, global.format)?,
        WorklistCommand::Export { out } => export(&listed, &out, global.format)?,
    };
    Ok(Answer::text(text)
        .with_notes(listed.notes)
        .with_status(listed.status))
}

/// The worklist of the store. It is shown even when a connection has ended, because each item
/// carries its day; what has ended is said beside it.
pub(super) async fn of_store(desk: &Desk, filter: Filter) -> anyhow::Result<Listed> {
    let newest = store::mirror::cycle_as_of(&desk.store, &desk.scope, None)
        .await?
        .and_then(finished);
    let mut notes = Vec::new();
    for system in [System::Procore, System::QuickBooks] {
        notes.extend(desk.why_not(system).await?);
    }
    let limit = i64::from(desk.settings.stale_after_days) * 24;
    let mut jobs = BTreeMap::new();
    match newest {
        Some((cycle, day, at)) => {
            if desk.clock.now().duration_since(at).as_hours() > limit {
                notes.push(format!(
                    "The books were last read as of {day}, which is longer ago than the limit. \
                     Run `plumbline cycle`."
                ));
            }
            notes.extend(
                store::mirror::completeness(&desk.store, &desk.scope, cycle)
                    .await?
                    .incomplete
                    .into_iter()
                    .map(|gap| gap.reason.to_string()),
            );
            jobs = names(desk, cycle).await?;
        }
        None => notes.push("The books were never read. Run `plumbline cycle`.".to_owned()),
    }
    notes.dedup();
    let items = worklist::list(&desk.store, &desk.scope, filter).await?;
    let items: Vec<Item> = items
        .into_iter()
        .map(Item::of_store)
        .collect::<Result<_, _>>()?;
    let status = status(!notes.is_empty(), &items);
    Ok(Listed {
        items,
        jobs,
        as_of: newest.map(|(_, day, _)| day),
        notes,
        status,
    })
}

fn of_snapshot(compared: &Compared, filter: &Filter) -> anyhow::Result<Listed> {
    let outcome = &compared.outcome;
    let wanted = |finding: &&Finding| {
        let check = filter
            .check
            .as_ref()
            .is_none_or(|code| finding.check.starts_with(code));
        check
            && filter
                .project_id
                .is_none_or(|id| finding.project_id == Some(id))
    };
    let most = filter.limit.map_or(usize::MAX, |limit| limit as usize);
    let items: Vec<Item> = outcome
        .findings
        .iter()
        .filter(wanted)
        .take(most)
        .map(|finding| Item::of_finding(finding, outcome.as_of))
        .collect::<Result<_, _>>()?;
    let notes = compared.notes();
    let status = status(!notes.is_empty(), &items);
    Ok(Listed {
        items,
        jobs: compared.jobs.clone(),
        as_of: Some(outcome.as_of),
        notes,
        status,
    })
}

fn status(refused: bool, items: &[Item]) -> Status {
    let open = |item: &Item| item.state == "open" && !item.check.starts_with('T');
    match (refused, items.iter().any(open)) {
        (true, _) => Status::Refused,
        (false, true) => Status::Findings,
        (false, false) => Status::Done,
    }
}

/// Names of jobs as the mirror has them.
async fn names(desk: &Desk, cycle: i64) -> anyhow::Result<BTreeMap<i64, String>> {
    let (name, system) = ("projects".into(), System::Procore);
    let records =
        store::mirror::read_resource_as_of(&desk.store, &desk.scope, cycle, system, name).await?;
    let (books, _) = connectors::procore::normalise::books(0, records.collect().await?);
    Ok(books
        .projects
        .into_iter()
        .map(|one| (one.id, one.name.to_string()))
        .collect())
}

fn list(listed: &Listed, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Json => serde_json::to_string(&listed.items)?,
        Format::Csv | Format::Xlsx => export::table(listed)?.comma_separated()?,
        Format::Table => {
            let mut table = Table::new(&["check", "amount", "job", "as of", "what", "id"]);
            for item in &listed.items {
                table.push(vec![
                    Cell::text(item.check.as_str()),
                    item.amount_cents.map_or(Cell::Empty, Cell::Cents),
                    Cell::text(job_name(&listed.jobs, item.project_id)),
                    Cell::text(item.as_of.to_string()),
                    Cell::text(item.words()?.what),
                    Cell::text(item.id.as_str()),
                ]);
            }
            if listed.items.is_empty() {
                "The worklist is empty.\n".to_owned()
            } else {
                format!("{}\n{} items\n", table.aligned(), listed.items.len())
            }
        }
    })
}

fn show(listed: &Listed, id: &str, history: &[Event], format: Format) -> anyhow::Result<String> {
    let item = listed.items.iter().find(|item| item.id == id);
    let item = item.with_context(|| format!("failed to find {id} on the worklist"))?;
    if format == Format::Json {
        return Ok(serde_json::to_string(item)?);
    }
    let words = item.words()?;
    let mut out = format!(
        "{}  {}  {}\nJob: {}\nAmount: {}\nAs of: {}\n\nWhat: {}\nWhy: {}\nNext: {}\n",
        item.id,
        item.check,
        item.state,
        printable(&job_name(&listed.jobs, item.project_id)),
        figures::Money::from_cents(item.amount_cents.unwrap_or(0)),
        item.as_of,
        printable(&words.what),
        printable(&words.why),
        printable(&words.next),
    );
    out.push_str("\nRecords:\n");
    for record in &words.records {
        // Writing to a string does not fail.
        let _ = writeln!(out, "  {}", printable(&record.to_string()));
    }
    if !words.effects.is_empty() {
        out.push_str("\nMoves (Procore minus QuickBooks):\n");
    }
    for moved in &words.effects {
        let job = printable(&job_name(&listed.jobs, Some(moved.project_id)));
        let amount = figures::Money::from_cents(moved.amount_cents);
        let _ = writeln!(out, "  {} of {job}: {amount}", moved.measure);
    }
    if !history.is_empty() {
        out.push_str("\nHistory:\n");
    }
    for event in history {
        let what = match event.kind {
            EventKind::Opened => "opened",
            EventKind::Changed => "changed",
            EventKind::Cleared => "cleared",
            EventKind::Reopened => "reopened",
        };
        let _ = writeln!(
            out,
            "  {what} in cycle {}, as of {}",
            event.cycle, event.as_of
        );
    }
    Ok(out)
}

fn export(listed: &Listed, out: &Path, format: Format) -> anyhow::Result<String> {
    let is_sheet = format == Format::Xlsx || out.extension().is_some_and(|name| name == "xlsx");
    let written = if is_sheet {
        export::spreadsheet(listed, out)?
    } else {
        export::comma_separated(listed, out)?
    };
    Ok(format!(
        "{} items as of {} written to {} (digest of the rows {written}).\n",
        listed.items.len(),
        listed
            .as_of
            .map_or_else(|| "no day".to_owned(), |day| day.to_string()),
        out.display()
    ))
}
