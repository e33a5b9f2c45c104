//! `plumbline explain` and `plumbline replay`: how a figure came about, and whether it still does.

use std::fmt::Write;

use anyhow::{Context, bail};
use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::receipts::Receipt;
use store::results;

use super::reconcile::{finished, standing_books};
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
            desk.store.close().await;
            receipts::one(&standing?.loaded, &decisions?, figure)?
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
        drop(write!(out, "\n{}", table.aligned()));
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
    desk.store.close().await;
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
        .find(|one| cycle.is_none_or(|number| one.cycle == number))
        .with_context(|| match cycle {
            Some(cycle) => format!("failed to find a receipt of {figure} in cycle {cycle}"),
            None => format!("failed to find a receipt of {figure}"),
        })?;
    let known = store::mirror::cycle(&desk.store, &desk.scope, kept.cycle).await?;
    known
        .and_then(finished)
        .context("failed to find the cycle of the receipt")?;
    let result = results::newest(&desk.store, &desk.scope, Some(kept.cycle)).await?;
    let result = result.context("failed to find the result of the receipt")?;
    let loaded = Loaded::from_mirror(&desk.store, &desk.scope, kept.cycle, kept.as_of).await?;
    let decisions = desk.decisions_at(result.produced_at).await?;
    let again = receipts::stored(&receipts::one(&loaded, &decisions, figure)?)?;
    Ok(Replayed {
        stored: kept.receipt.inputs,
        again: again.inputs,
        cycle: kept.cycle,
    })
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
