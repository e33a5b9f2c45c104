//! The receipts of the figures of a run, as they are stored and computed again.

use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::policy::Policy;
use backoffice::reconcile::receipts::{Receipt, receipt, receipts};
use backoffice::reconcile::result::Reconciliation;
use figures::figure::Absence;
use store::results::FigureReceipt;

use crate::books::Loaded;
use crate::refused::Refused;

/// The receipts of every figure of the bridges.
///
/// # Errors
/// Never in practice: a receipt is always JSON.
pub fn of(
    loaded: &Loaded,
    decisions: &Decisions,
    outcome: &Reconciliation,
) -> anyhow::Result<Vec<FigureReceipt>> {
    receipts(&loaded.books, &Policy::default(), decisions, outcome)
        .iter()
        .map(stored)
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
