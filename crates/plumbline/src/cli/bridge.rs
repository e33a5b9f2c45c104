//! `plumbline bridge`: the way from one system's total to the other's, step by step.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::bail;
use backoffice::reconcile::receipts::{FigureSide, figure_id};
use backoffice::reconcile::result::Bridge;
use figures::{Measure, Money};

use super::reconcile::{Compared, compared};
use super::table::{Cell, Table, printable};
use super::{Answer, Format, Global, Status};
use crate::refused::Refused;

pub(super) async fn run(
    global: &Global,
    job: Option<String>,
    measure: Option<Measure>,
) -> anyhow::Result<Answer> {
    let compared = compared(global).await?;
    let wanted = match &job {
        Some(text) => Some(chosen(&compared, text)?),
        None => None,
    };
    let bridges: Vec<&Bridge> = compared
        .outcome
        .bridges
        .iter()
        .filter(|bridge| wanted.is_none_or(|id| bridge.project_id == id))
        .filter(|bridge| measure.is_none_or(|one| bridge.measure == one))
        .collect();
    if bridges.is_empty() && !compared.outcome.refused.is_empty() {
        return Err(Refused::new(compared.notes().join(" ")).into());
    }
    let text = match (global.format, wanted) {
        (Format::Json, _) => serde_json::to_string(&bridges)?,
        (Format::Csv | Format::Xlsx, _) => steps(&compared, &bridges).comma_separated()?,
        (Format::Table, None) => overview(&compared, &bridges),
        (Format::Table, Some(_)) => {
            let parts: Vec<String> = bridges
                .iter()
                .map(|bridge| waterfall(&compared, bridge))
                .collect();
            parts.join("\n")
        }
    };
    let status = match compared.status() {
        Status::Findings => Status::Done,
        other => other,
    };
    Ok(Answer::text(text)
        .with_notes(compared.notes())
        .with_status(status))
}

/// The job that is meant: by id, or by a part of its name that only one job has.
fn chosen(compared: &Compared, text: &str) -> anyhow::Result<i64> {
    if let Ok(id) = text.parse::<i64>()
        && compared.jobs.contains_key(&id)
    {
        return Ok(id);
    }
    let part = text.to_lowercase();
    let found: Vec<(&i64, &String)> = compared
        .jobs
        .iter()
        .filter(|(_, name)| name.to_lowercase().contains(&part))
        .collect();
    match found.as_slice() {
        [(id, _)] => Ok(**id),
        [] if compared.jobs.is_empty() => Err(Refused::new(compared.notes().join(" ")).into()),
        [] => bail!("there is no job {text}"),
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|(id, name)| format!("{name} ({id})"))
                .collect();
            bail!("{text} may mean {}", names.join(", "))
        }
    }
}

/// One line for each bridge.
pub(super) fn overview(compared: &Compared, bridges: &[&Bridge]) -> String {
    let mut table = Table::new(&[
        "job",
        "measure",
        "Procore",
        "QuickBooks",
        "difference",
        "explained",
        "unexplained",
    ]);
    for bridge in bridges {
        let explained: Money = bridge.explained.iter().map(|step| step.amount).sum();
        table.push(vec![
            Cell::text(compared.job(Some(bridge.project_id))),
            Cell::text(bridge.measure.name()),
            Cell::Cents(bridge.procore.cents()),
            Cell::Cents(bridge.quickbooks.cents()),
            Cell::Cents((bridge.procore - bridge.quickbooks).cents()),
            Cell::Cents(explained.cents()),
            Cell::Cents(bridge.unexplained.cents()),
        ]);
    }
    format!(
        "As of {}; differences are Procore minus QuickBooks\n\n{}",
        compared.outcome.as_of,
        table.aligned()
    )
}

/// One bridge as a statement that foots: QuickBooks, the steps, Procore.
fn waterfall(compared: &Compared, bridge: &Bridge) -> String {
    let whats: BTreeMap<&str, &str> = compared
        .outcome
        .findings
        .iter()
        .map(|finding| (finding.id.as_str(), finding.what.as_str()))
        .collect();
    let mut table = Table::new(&["", "amount", "what", "figure or finding"]);
    let id = |side| Cell::text(figure_id(bridge.project_id, bridge.measure, side));
    let total = |name: &str, amount: Money, side| {
        vec![
            Cell::text(name),
            Cell::Cents(amount.cents()),
            Cell::text(""),
            id(side),
        ]
    };
    table.push(total(
        "QuickBooks total",
        bridge.quickbooks,
        FigureSide::QuickBooks,
    ));
    for step in &bridge.explained {
        table.push(vec![
            Cell::text(format!("  {}", step.check)),
            Cell::Cents(step.amount.cents()),
            Cell::text(
                whats
                    .get(step.finding.as_str())
                    .copied()
                    .unwrap_or_default(),
            ),
            Cell::text(step.finding.as_str()),
        ]);
    }
    table.push(total(
        "  unexplained",
        bridge.unexplained,
        FigureSide::Unexplained,
    ));
    table.push(total("Procore total", bridge.procore, FigureSide::Procore));
    let mut out = String::new();
    let job = printable(&compared.job(Some(bridge.project_id)));
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "{job}: {}, as of {}",
        bridge.measure, compared.outcome.as_of
    );
    out.push_str(&table.aligned());
    out
}

/// Every step of every bridge as a row; the rows of a bridge sum to Procore's total.
fn steps(compared: &Compared, bridges: &[&Bridge]) -> Table {
    let mut table = Table::new(&["project_id", "job", "measure", "step", "finding", "amount"]);
    for bridge in bridges {
        let mut push = |step: &str, finding: &str, amount: Money| {
            table.push(vec![
                Cell::text(bridge.project_id.to_string()),
                Cell::text(compared.job(Some(bridge.project_id))),
                Cell::text(bridge.measure.name()),
                Cell::text(step),
                Cell::text(finding),
                Cell::Cents(amount.cents()),
            ]);
        };
        push("quickbooks", "", bridge.quickbooks);
        for step in &bridge.explained {
            push(step.check, &step.finding, step.amount);
        }
        push("unexplained", "", bridge.unexplained);
    }
    table
}
