//! `plumbline reconcile`: both books compared, as JSON, table or comma-separated values.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::result::{Finding, Reconciliation};
use figures::Date;
use figures::dates::days_between;
use figures::source::System;
use jiff::Timestamp;
use store::mirror::{self, Cycle, CycleState};

use super::table::{Cell, Table, printable};
use super::{Answer, Format, Global, Status};
use crate::books::Loaded;
use crate::desk::Desk;
use crate::refused::Refused;

/// A comparison with what people need to read it.
pub(super) struct Compared {
    /// The comparison.
    pub(super) outcome: Reconciliation,
    /// Names of jobs.
    pub(super) jobs: BTreeMap<i64, String>,
}

impl Compared {
    pub(super) fn of(loaded: &Loaded, decisions: &Decisions) -> Self {
        Self {
            outcome: loaded.reconcile(decisions),
            jobs: loaded.job_names(),
        }
    }

    /// What is not shown and why, a sentence each.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self
            .outcome
            .refused
            .iter()
            .map(|refusal| printable(&refusal.reason))
            .collect();
        notes.dedup();
        notes
    }

    /// How a command that shows this comparison ends.
    pub(super) fn status(&self) -> Status {
        if !self.outcome.refused.is_empty() {
            Status::Refused
        } else if self
            .outcome
            .findings
            .iter()
            .any(|finding| !finding.is_timing())
        {
            Status::Findings
        } else {
            Status::Done
        }
    }

    /// The job as people know it.
    pub(super) fn job(&self, id: Option<i64>) -> String {
        job_name(&self.jobs, id)
    }
}

/// A job's name with its id, or a dash.
pub(super) fn job_name(jobs: &BTreeMap<i64, String>, id: Option<i64>) -> String {
    match id {
        Some(id) => match jobs.get(&id) {
            Some(name) => format!("{name} ({id})"),
            None => id.to_string(),
        },
        None => "-".to_owned(),
    }
}

/// Reads the books that the options name and compares them.
pub(super) async fn compared(global: &Global) -> anyhow::Result<Compared> {
    match &global.snapshot {
        Some(dir) => of_snapshot(dir, global),
        None => {
            let desk = Desk::existing(&global.data()).await?;
            let compared = of_mirror(&desk, global).await;
            desk.close().await;
            compared
        }
    }
}

async fn of_mirror(desk: &Desk, global: &Global) -> anyhow::Result<Compared> {
    let loaded = standing_books(desk, global.as_of).await?;
    Ok(Compared::of(&loaded, &desk.decisions().await?))
}

/// The books of the newest cycle, or of the newest one up to a day that is asked for.
///
/// Without a day they must stand now: both connections good, the reading not too old. Whoever
/// names a day gets the books of that day, which is what the answer then says.
pub(super) async fn standing_books(desk: &Desk, asked: Option<Date>) -> anyhow::Result<Loaded> {
    let newest = mirror::cycle_as_of(&desk.store, &desk.scope, asked).await?;
    let Some((cycle, day, at)) = newest.and_then(finished) else {
        return Err(nothing_read(desk, asked).await?.into());
    };
    let limit = desk.settings.stale_after_days;
    match asked {
        Some(asked) if days_between(day, asked) > limit => {
            return Err(Refused::new(format!(
                "The newest reading up to {asked} is of {day}, {} days earlier, which is more than \
                 the limit of {limit}, so no figures of {asked} are shown. Ask for {day} instead.",
                days_between(day, asked)
            ))
            .into());
        }
        None if desk.clock.now().duration_since(at).as_hours() > i64::from(limit) * 24 => {
            return Err(Refused::new(format!(
                "The books were last read on {}, as of {day}, which is longer ago than the limit \
                 of {limit} days, so no figures are shown. Run `plumbline cycle`, or ask for that \
                 day with --as-of {day}.",
                at.strftime("%Y-%m-%d %H:%M UTC")
            ))
            .into());
        }
        Some(_) | None => {}
    }
    let as_of = asked.unwrap_or(day);
    let mut loaded = Loaded::from_mirror(&desk.store, &desk.scope, cycle, as_of).await?;
    if asked.is_none() {
        for system in [System::Procore, System::QuickBooks] {
            if let Some(reason) = desk.why_not(system).await? {
                loaded.withhold(system, reason);
            }
        }
    }
    Ok(loaded)
}

/// Number, day and moment of a cycle that was read to its end.
pub(super) fn finished(cycle: Cycle) -> Option<(i64, Date, Timestamp)> {
    match cycle.state {
        CycleState::Finished { as_of, at } => Some((cycle.number, as_of, at)),
        CycleState::Open | CycleState::Abandoned { .. } => None,
    }
}

async fn nothing_read(desk: &Desk, asked: Option<Date>) -> anyhow::Result<Refused> {
    let mut sentences = Vec::new();
    for system in [System::Procore, System::QuickBooks] {
        sentences.extend(desk.why_not(system).await?);
    }
    if sentences.is_empty() {
        sentences.push(match asked {
            Some(day) => format!(
                "The books were never read as of {day} or an earlier day. `plumbline doctor` \
                 lists the days that there are."
            ),
            None => "The books were never read. Run `plumbline cycle`.".to_owned(),
        });
    }
    Ok(Refused::new(sentences.join(" ")))
}

fn of_snapshot(dir: &Path, global: &Global) -> anyhow::Result<Compared> {
    let loaded = Loaded::from_snapshot(dir, global.as_of)?;
    Ok(Compared::of(&loaded, &Decisions::default()))
}

pub(super) async fn run(global: &Global) -> anyhow::Result<Answer> {
    let compared = compared(global).await?;
    let outcome = &compared.outcome;
    let text = match global.format {
        Format::Json => serde_json::to_string(outcome)?,
        Format::Csv | Format::Xlsx => findings(&compared, &outcome.findings).comma_separated()?,
        Format::Table => overview(&compared),
    };
    Ok(Answer::text(text)
        .with_notes(compared.notes())
        .with_status(compared.status()))
}

/// The findings as a table.
pub(super) fn findings(compared: &Compared, findings: &[Finding]) -> Table {
    let mut table = Table::new(&["check", "amount", "job", "what", "next", "id"]);
    for finding in findings {
        table.push(vec![
            Cell::text(finding.check),
            Cell::Cents(finding.amount.cents()),
            Cell::text(compared.job(finding.project_id)),
            Cell::text(finding.what.as_str()),
            Cell::text(finding.next.as_str()),
            Cell::text(finding.id.as_str()),
        ]);
    }
    table
}

/// Everything at a glance.
fn overview(compared: &Compared) -> String {
    let outcome = &compared.outcome;
    let mut out = format!("As of {}\n\n", outcome.as_of);
    if outcome.findings.is_empty() {
        out.push_str(if outcome.refused.is_empty() {
            "No findings: the books agree.\n"
        } else {
            "No findings are shown; see what is missing below.\n"
        });
    } else {
        let mut table = Table::new(&["check", "amount", "job", "what"]);
        for finding in &outcome.findings {
            table.push(vec![
                Cell::text(finding.check),
                Cell::Cents(finding.amount.cents()),
                Cell::text(compared.job(finding.project_id)),
                Cell::text(finding.what.as_str()),
            ]);
        }
        out.push_str(&table.aligned());
    }
    let timing = outcome
        .findings
        .iter()
        .filter(|finding| finding.is_timing())
        .count();
    // Writing to a string does not fail.
    let _ = write!(
        out,
        "\n{} findings, {timing} of them timing; {} bridges; {} questions; {} records rejected\n",
        outcome.findings.len(),
        outcome.bridges.len(),
        outcome.questions.len(),
        outcome.rejections.len()
    );
    out
}
