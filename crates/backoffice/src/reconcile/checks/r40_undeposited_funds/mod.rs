//! # Payment left in undeposited funds
//!
//! **What.** A payment has rested in undeposited funds for more than ten days while a bank deposit
//! of the same amount was entered straight to income or to receivables.
//!
//! **Why it happens.** The receipt was entered, and later the bank line was added again instead of
//! being matched with it.
//!
//! **What to do.** Remove the second entry and deposit the payment that is waiting.

use figures::model::DocumentKind;

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::Case;
use crate::reconcile::units::Part;

pub(super) const CHECK: Check = Check {
    id: "R40_undeposited_funds",
    weight: Weight::Cash,
    why: "The money was entered twice: as a payment, and again when the bank line was added.",
    next: "Delete the deposit line and put the waiting payment into a deposit.",
    rule: Rule::Claim(claim),
};

/// The payment that waits in undeposited funds for the money of this deposit line.
pub(super) fn waiting<'a>(
    case: &Case<'_, 'a>,
    context: &Context<'_, 'a>,
) -> Option<&'a figures::model::LedgerDocument> {
    let line = case
        .ledger
        .iter()
        .find(|unit| matches!(unit.part, Part::ToIncome | Part::ToReceivable))?;
    let deposit = context.document(line);
    let same_customer = |payment: &figures::model::LedgerDocument| {
        let named = deposit
            .lines
            .iter()
            .find_map(|line| line.customer.as_deref());
        match (payment.customer.as_deref(), named) {
            (Some(one), Some(other)) => context.same_tree(one, other),
            _ => true,
        }
    };
    let candidates = context.wide.undeposited(line.shown.gross);
    candidates
        .filter_map(|id| context.view.document(DocumentKind::Payment, id))
        .map(|place| context.view.at(place))
        .filter(|payment| payment.date <= context.view.as_of && same_customer(payment))
        .min_by_key(|payment| {
            (
                figures::dates::days_between(payment.date, deposit.date).abs(),
                &payment.id,
            )
        })
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let payment = waiting(case, context)?;
    let age = context.view.age(payment.date);
    if age <= context.view.policy.undeposited_days {
        return None;
    }
    let what = format!(
        "{} has been in undeposited funds for {age} days, and {} brought the same {} to the bank",
        super::context::name_document(payment),
        context.name_ledger(case.ledger.first()?),
        payment.total,
    );
    Some(Claim::new(payment.total, what).with([payment.source()]))
}
