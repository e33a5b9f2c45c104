//! # Dates differ
//!
//! **What.** The two dates of a document lie in one month and further apart than the date window.
//!
//! **Why it happens.** One system has the date of receipt, the other the date of the bill.
//!
//! **What to do.** Align the dates if terms or aging depend on them.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R20_date_mismatch",
    weight: Weight::Information,
    why: "One system has the date of receipt, the other the date on the document.",
    next: "Align the dates where terms or aging depend on them.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if matches!(case.family, Family::Commitment | Family::Contract)
        || case.relation != Relation::Paired
        || case.project.len() > 1
        || case.ledger.len() > 1
    {
        return None;
    }
    let (one, other) = (case.project_date()?, case.ledger_date()?);
    let apart = figures::dates::days_between(one, other).abs();
    let window = context.view.policy.date_window_days;
    if apart <= window || !figures::dates::same_month(one, other) {
        return None;
    }
    let what = format!(
        "{} and {} are {apart} days apart",
        context.name_project(case.project.first()?),
        context.name_ledger(case.ledger.first()?),
    );
    Some(Claim::new(figures::Money::ZERO, what))
}
