//! `plumbline reconcile`: both books compared, as JSON, table or comma-separated values.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::result::{Finding, Reconciliation};

use super::table::{Cell, Table, printable};
use super::{Answer, Format, Global, Status};
use crate::books::Loaded;

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
        None => anyhow::bail!("the mirror cannot be read yet"),
    }
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
    drop(write!(
        out,
        "\n{} findings, {timing} of them timing; {} bridges; {} questions; {} records rejected\n",
        outcome.findings.len(),
        outcome.bridges.len(),
        outcome.questions.len(),
        outcome.rejections.len()
    ));
    out
}
