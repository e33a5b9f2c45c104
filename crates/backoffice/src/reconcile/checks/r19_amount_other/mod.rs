//! # Amounts differ
//!
//! **What.** Both systems hold the document and its amounts differ in a way that no other class
//! explains.
//!
//! **Why it happens.** A partial entry, an edit after a sync, or freight.
//!
//! **What to do.** Compare the two versions and correct the wrong one.

use figures::Money;

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};

pub(super) const CHECK: Check = Check {
    id: "R19_amount_other",
    weight: Weight::Margin,
    why: "One of the two was edited after the other was entered.",
    next: "Compare the two versions and correct the wrong one.",
    rule: Rule::Claim(claim),
};

/// Whether a difference has no mark of a slip that never clears by itself.
pub(super) fn is_plain(case: &Case<'_, '_>) -> bool {
    case.relation == Relation::Paired && case.project_gross() != -case.ledger_gross()
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let both = matches!(case.relation, Relation::Paired | Relation::Reversed);
    if !both || case.residual.is_empty() {
        return None;
    }
    let gross = case.project_gross() - case.ledger_gross();
    let entered_net =
        case.ledger_gross() == case.ledger_net() && case.project_gross() != case.project_net();
    let difference = if gross.is_zero() || entered_net {
        case.main()
    } else {
        gross
    };
    let straddles =
        context.view.counts(case.project_date()) != context.view.counts(case.ledger_date());
    if straddles {
        return None;
    }
    let project = context.name_project(case.project.first()?);
    let ledger = context.name_ledger(case.ledger.first()?);
    let what = if gross.is_zero() {
        let total = case.project_gross();
        let counted = counted(case);
        format!("{project} and {ledger} are both {total}, and Procore counts {counted}")
    } else {
        let (theirs, ours) = (case.project_gross(), case.ledger_gross());
        format!("{project} is {theirs} in Procore; {ledger} is {ours} in QuickBooks")
    };
    Some(Claim::new(difference, what))
}

/// What is counted otherwise of documents whose totals agree.
fn counted(case: &Case<'_, '_>) -> String {
    let told = case.effects().into_iter().map(|effect| {
        let measure = effect.measure.name().replace('_', " ");
        let more = if effect.amount < Money::ZERO {
            "less"
        } else {
            "more"
        };
        let (amount, job) = (effect.amount.abs(), effect.project_id);
        format!("{amount} {more} as {measure} on job {job}")
    });
    told.collect::<Vec<_>>().join(" and ")
}
