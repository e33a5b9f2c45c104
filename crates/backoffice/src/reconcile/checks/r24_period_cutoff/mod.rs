//! # Period cut-off
//!
//! **What.** The two dates of a document lie on different sides of a closed period, or of the day
//! looked at, and are further apart than the grace days.
//!
//! **Why it happens.** Late posting.
//!
//! **What to do.** Accrue it in the period it belongs to, and reverse the accrual.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};

pub(super) const CHECK: Check = Check {
    id: "R24_period_cutoff",
    weight: Weight::Margin,
    why: "The document was posted late, into the next period.",
    next: "Accrue the amount in the period it belongs to and reverse the accrual in the next.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let (one, other) = (case.project_date()?, case.ledger_date()?);
    let apart = figures::dates::days_between(one, other).abs();
    let closed = context.view.lists.closing_date;
    let over_closing = closed.is_some_and(|closed| (one <= closed) != (other <= closed));
    let over_today = context.view.counts(Some(one)) != context.view.counts(Some(other))
        && !case.residual.is_empty();
    let late = apart > context.view.policy.grace_days && (over_closing || over_today);
    if case.relation != Relation::Paired || !late {
        return None;
    }
    let what = format!(
        "{} and {} are {apart} days apart, on two sides of a period end",
        context.name_project(case.project.first()?),
        context.name_ledger(case.ledger.first()?),
    );
    let amount = case.project_gross().abs().max(case.project_net().abs());
    Some(Claim::new(amount, what))
}
