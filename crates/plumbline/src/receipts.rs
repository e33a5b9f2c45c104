//! The receipts of the figures of a run, as they are stored and computed again.

use anyhow::Context;
use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::policy::Policy;
use backoffice::reconcile::receipts::{FigureSide, Receipt, figure_id, receipt};
use backoffice::reconcile::result::Reconciliation;
use figures::figure::Absence;
use rayon::prelude::*;
use store::results::FigureReceipt;

use crate::books::Loaded;
use crate::refused::Refused;

/// Figures of which a cycle writes receipts, and records from which it does. Each receipt is a
/// computation of its own; beyond this a cycle would take longer than the reading. Figures
/// without a stored receipt are replayed against the stored result instead.
const MOST_FIGURES: usize = 1_000;
const MOST_RECORDS: usize = 100_000;

/// The receipts of every figure of the bridges; none when there are too many.
///
/// # Errors
/// When a figure that is shown has no receipt, which would be an error of the program.
pub fn of(
    loaded: &Loaded,
    decisions: &Decisions,
    outcome: &Reconciliation,
) -> anyhow::Result<Vec<FigureReceipt>> {
    let sides = [
        FigureSide::Procore,
        FigureSide::QuickBooks,
        FigureSide::Unexplained,
    ];
    let figures: Vec<String> = outcome
        .bridges
        .iter()
        .flat_map(|bridge| sides.map(|side| figure_id(bridge.project_id, bridge.measure, side)))
        .collect();
    let records = loaded
        .books
        .ledger
        .as_ref()
        .map_or(0, |books| books.documents.len());
    if figures.len() > MOST_FIGURES || records > MOST_RECORDS {
        return Ok(Vec::new());
    }
    figures
        .par_iter()
        .map(|figure| {
            let receipt = one(loaded, decisions, figure)
                .with_context(|| format!("failed to write the receipt of {figure}"))?;
            stored(&receipt)
        })
        .collect()
}

/// The receipt of one figure, computed from the books.
///
/// # Errors
/// [`Refused`] when the figure is not shown, with the reason.
pub fn one(loaded: &Loaded, decisions: &Decisions, figure: &str) -> Result<Receipt, Refused> {
    receipt(
        &loaded.books,
        loaded.as_of,
        &Policy::default(),
        decisions,
        figure,
    )
    .map_err(|Absence { what, reason }| {
        let reasons = loaded.reasons.join(" ");
        Refused::new(format!("{what} is not shown: {reason} {reasons}").trim_end())
    })
}

/// A receipt as the store keeps it.
///
/// # Errors
/// Never in practice: a receipt is always JSON.
pub fn stored(receipt: &Receipt) -> anyhow::Result<FigureReceipt> {
    Ok(FigureReceipt {
        figure_id: receipt.figure.clone(),
        definition: format!("{}@{}", receipt.definition.id, receipt.definition.version),
        value: receipt.value.cents().to_string(),
        inputs: serde_json::to_string(receipt)?,
    })
}
