//! # Wrong job
//!
//! **What.** The document is in both systems, for the same amount, on different jobs. One job
//! looks too cheap and the other too expensive.
//!
//! **Why it happens.** A slip of the key, or the default job of a card.
//!
//! **What to do.** Move the lines to the right job in QuickBooks.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R13_wrong_job",
    weight: Weight::Margin,
    why: "The wrong job was picked when the document was entered.",
    next: "Change the customer on the lines in QuickBooks to the right job.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.relation != Relation::Paired || case.residual.is_empty() {
        return None;
    }
    let (one, other) = (case.project.first()?, case.ledger.first()?);
    let elsewhere = case.ledger.iter().any(|unit| unit.job != Some(one.job));
    // An invoice under another owner is a matter of the party, not of the job.
    let foreign = case.family == Family::Billing
        && other.job.is_none()
        && !under_owner(case, context, one.job);
    if !elsewhere || foreign {
        return None;
    }
    let moved = case
        .residual
        .values()
        .map(|share| (share.main + share.retainage).abs().max(share.main.abs()))
        .max()?;
    let to = other
        .job
        .map_or("no job".to_owned(), |job| format!("job {job}"));
    let what = format!(
        "{} belongs to job {}; {} is coded to {to}",
        context.name_project(one),
        one.job,
        context.name_ledger(other)
    );
    let amount = if case.family == Family::Cost {
        case.ledger_gross().abs()
    } else {
        moved
    };
    Some(Claim::new(
        if elsewhere_whole(case, one.job) {
            amount
        } else {
            moved
        },
        what,
    ))
}

/// Whether nothing of the ledger side is on the right job.
fn elsewhere_whole(case: &Case<'_, '_>, job: i64) -> bool {
    case.ledger.iter().all(|unit| unit.job != Some(job))
}

/// Whether the ledger document names the owner of the job, or another of the owner's customers.
fn under_owner(case: &Case<'_, '_>, context: &Context<'_, '_>, job: i64) -> bool {
    let named = context
        .first_document(case)
        .and_then(|document| document.customer.as_deref());
    let own = context
        .jobs
        .customers
        .get(&job)
        .and_then(|customers| customers.first());
    match (named, own) {
        (Some(named), Some(own)) => context.same_tree(named, own),
        _ => false,
    }
}
