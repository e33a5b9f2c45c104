//! # Dates on two sides of the period end
//!
//! **What.** The same document stands in both systems, but only one of its two dates is on or
//! before the day looked at, and the dates are within the grace days of each other.
//!
//! **Why it happens.** A bill or invoice is approved at the end of the month in Procore and posted
//! in the first days of the next month in QuickBooks, or the other way round.
//!
//! **What to do.** Nothing: it clears when the next period is read. It is listed because it
//! explains its part of the bridge.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};

pub(super) const CHECK: Check = Check {
    id: "T02_period_cutoff",
    weight: Weight::Information,
    why: "The document was dated just before the period end in one system and just after it in the other.",
    next: "Nothing to do: the next period shows both.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let (project, ledger) = (case.project_date()?, case.ledger_date()?);
    let straddles = context.view.counts(Some(project)) != context.view.counts(Some(ledger));
    let apart = figures::dates::days_between(project, ledger).abs();
    let timely = apart <= context.view.policy.grace_days;
    if case.relation != Relation::Paired || case.residual.is_empty() || !straddles || !timely {
        return None;
    }
    let what = format!(
        "{} is {} in QuickBooks: {apart} days apart, with the period end between",
        context.name_project(case.project.first()?),
        context.name_ledger(case.ledger.first()?),
    );
    let amount = case.project_gross().abs().max(case.project_net().abs());
    Some(Claim::new(amount, what))
}
