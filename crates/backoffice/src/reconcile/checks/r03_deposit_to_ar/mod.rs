//! # Deposit to accounts receivable
//!
//! **What.** A deposit or journal line was entered straight to accounts receivable for a customer
//! and is not linked to an invoice. The aging shows an open invoice and a negative deposit.
//!
//! **Why it happens.** The bank line was coded to accounts receivable instead of being matched
//! with a payment.
//!
//! **What to do.** Link it to the invoice through a payment.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::Case;
use crate::reconcile::units::{Family, Part};

pub(super) const CHECK: Check = Check {
    id: "R03_deposit_to_ar",
    weight: Weight::Cash,
    why: "The bank line was coded to accounts receivable instead of being received against the invoice.",
    next: "Receive a payment that links the invoice with this deposit.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case
        .ledger
        .iter()
        .find(|unit| unit.part == Part::ToReceivable)?;
    if case.family != Family::Receipt || !context.view.counts(unit.date) {
        return None;
    }
    let amount = unit.shown.gross;
    let what = format!(
        "{} put {amount} straight to accounts receivable, linked to no invoice",
        context.name_ledger(unit)
    );
    Some(Claim::new(amount, what))
}
