//! `plumbline explain` and `plumbline replay`: how a figure came about, and whether it still does.

use std::fmt::Write;

use anyhow::{Context, bail};
use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::receipts::{FigureSide, Receipt, figure_id};
use figures::Measure;
use serde::Deserialize;
use store::results;

use super::reconcile::standing_books;
use super::table::{Cell, Table};
use super::{Answer, Format, Global};
use crate::books::Loaded;
use crate::desk::Desk;
use crate::receipts;

/// Shows formula, inputs and source records of a figure.
pub(super) async fn explain(global: &Global, figure: &str) -> anyhow::Result<Answer> {
    let receipt = match &global.snapshot {
        Some(dir) => {
            let loaded = Loaded::from_snapshot(dir, global.as_of)?;
            receipts::one(&loaded, &Decisions::default(), figure)?
        }
        None => {
            let desk = Desk::existing(&global.data()).await?;
            let standing = standing_books(&desk, global.as_of).await;
            let decisions = desk.decisions().await;
            desk.close().await;
            receipts::one(&standing?, &decisions?, figure)?
        }
    };
    shown(&receipt, global.format).map(Answer::text)
}

fn shown(receipt: &Receipt, format: Format) -> anyhow::Result<String> {
    if format == Format::Json {
        return Ok(serde_json::to_string(receipt)?);
    }
    let mut table = Table::new(&["amount", "input", "system", "record"]);
    for input in &receipt.inputs {
        table.push(vec![
            Cell::Cents(input.amount.cents()),
            Cell::text(input.name.as_str()),
            Cell::text(input.source.system.label()),
            Cell::text(format!("{} {}", input.source.kind, input.source.id)),
        ]);
    }
    if format != Format::Table {
        return table.comma_separated();
    }
    let mut out = format!(
        "{} = {}, as of {}\n{}@{}: {}\n",
        receipt.figure,
        receipt.value,
        receipt.as_of,
        receipt.definition.id,
        receipt.definition.version,
        receipt.definition.formula,
    );
    if table.rows.is_empty() {
        out.push_str("\nNo record goes into it.\n");
    } else {
        // Writing to a string does not fail.
        let _ = write!(out, "\n{}", table.aligned());
    }
    Ok(out)
}

/// Computes a figure again from the mirror of its cycle and compares it with its receipt.
pub(super) async fn replay(
    global: &Global,
    figure: &str,
    cycle: Option<i64>,
) -> anyhow::Result<Answer> {
    if global.snapshot.is_some() {
        bail!("a snapshot holds no receipts to compare with; use `plumbline explain`");
    }
    let desk = Desk::existing(&global.data()).await?;
    let replayed = replayed(&desk, figure, cycle).await;
    desk.close().await;
    let Replayed {
        stored,
        again,
        cycle,
    } = replayed?;
    if stored != again {
        bail!(
            "{figure} of cycle {cycle} does not come out as it was stored:\n{}",
            difference(&stored, &again)
        );
    }
    if global.format == Format::Json {
        return Ok(Answer::text(again));
    }
    Ok(Answer::text(format!(
        "{figure} of cycle {cycle}: computed again from the mirror, the same {} bytes as its receipt.\n",
        again.len()
    )))
}

struct Replayed {
    stored: String,
    again: String,
    cycle: i64,
}

async fn replayed(desk: &Desk, figure: &str, cycle: Option<i64>) -> anyhow::Result<Replayed> {
    let kept = results::receipts(&desk.store, &desk.scope, figure).await?;
    let kept = kept
        .into_iter()
        .find(|one| cycle.is_none_or(|number| one.cycle == number));
    let wanted = kept.as_ref().map(|one| one.cycle).or(cycle);
    let result = results::newest(&desk.store, &desk.scope, wanted).await?;
    let result = result.with_context(|| format!("failed to find a result with {figure}"))?;
    let (cycle, as_of) = (result.cycle, result.as_of);
    let loaded = Loaded::from_mirror(&desk.store, &desk.scope, cycle, as_of).await?;
    let decisions = desk.decisions_at(result.produced_at).await?;
    let again = receipts::stored(&receipts::one(&loaded, &decisions, figure)?)?;
    match kept {
        Some(kept) => Ok(Replayed {
            stored: kept.receipt.inputs,
            again: again.inputs,
            cycle,
        }),
        // A run too large for receipts: its result holds the value.
        None => Ok(Replayed {
            stored: value_in(&result.body, figure)?,
            again: again.value,
            cycle,
        }),
    }
}

/// The value of a figure in a stored result.
fn value_in(body: &str, figure: &str) -> anyhow::Result<String> {
    let result: StoredResult = serde_json::from_str(body).context("failed to read the result")?;
    let sides = [
        FigureSide::Procore,
        FigureSide::QuickBooks,
        FigureSide::Unexplained,
    ];
    for bridge in &result.bridges {
        let values = [
            bridge.procore_cents,
            bridge.quickbooks_cents,
            bridge.unexplained_cents,
        ];
        for (side, value) in sides.into_iter().zip(values) {
            if figure_id(bridge.project_id, bridge.measure, side) == figure {
                return Ok(value.to_string());
            }
        }
    }
    bail!("the stored result does not show {figure}")
}

/// The members of a stored result that a replay needs.
#[derive(Deserialize)]
struct StoredResult {
    bridges: Vec<StoredBridge>,
}

#[derive(Deserialize)]
struct StoredBridge {
    project_id: i64,
    measure: Measure,
    procore_cents: i64,
    quickbooks_cents: i64,
    unexplained_cents: i64,
}

/// Where two receipts part.
fn difference(stored: &str, again: &str) -> String {
    let at = stored
        .bytes()
        .zip(again.bytes())
        .take_while(|(one, other)| one == other)
        .count();
    let part = |text: &str| {
        let bytes = text.as_bytes();
        let from = at.saturating_sub(60).min(bytes.len());
        let to = (at + 120).min(bytes.len());
        String::from_utf8_lossy(&bytes[from..to]).into_owned()
    };
    format!(
        "at byte {at}\n  stored: …{}…\n  now:    …{}…",
        part(stored),
        part(again)
    )
}
