//! # Deposit to income
//!
//! **What.** A bank deposit was entered straight to an income account although the customer has an
//! open invoice for it. Income is counted twice and the invoice looks unpaid.
//!
//! **Why it happens.** In the bank feed somebody chose "Add" instead of "Match".
//!
//! **What to do.** Receive the payment, link it to the invoice, and remove the income line from
//! the deposit.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::Case;
use crate::reconcile::units::{Family, Part};

pub(super) const CHECK: Check = Check {
    id: "R02_deposit_to_income",
    weight: Weight::Cash,
    why: "The bank line was added as income instead of being matched with the open invoice.",
    next: "Receive the payment against the invoice and replace the income line of the deposit with it.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case
        .ledger
        .iter()
        .find(|unit| unit.part == Part::ToIncome)?;
    let deposit = context.document(unit);
    if case.family != Family::Receipt || deposit.date > context.view.as_of {
        return None;
    }
    let amount = unit.shown.gross;
    let line = deposit.lines.iter().find(|line| line.amount == amount)?;
    let open = line
        .customer
        .as_deref()
        .map(|customer| context.wide.open_invoices(context.view, customer));
    let owed = open.is_some_and(|open| !open.is_zero()) || context.wide.is_open_amount(amount);
    if !owed && case.project.is_empty() {
        return None;
    }
    let what = format!(
        "{} put {amount} straight to income while the invoice for it is still open",
        context.name_ledger(unit)
    );
    Some(Claim::new(amount, what))
}
