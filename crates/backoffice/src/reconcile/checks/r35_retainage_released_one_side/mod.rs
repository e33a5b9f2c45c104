//! # Retainage released on one side
//!
//! **What.** Retainage was released in one system and not in the other.
//!
//! **Why it happens.** The release was keyed as new work, or billed in one system only.
//!
//! **What to do.** Bill the release in the other system, or code it as a release.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R35_retainage_released_one_side",
    weight: Weight::Margin,
    why: "The release was billed in one system only, or keyed as new work.",
    next: "Enter the release of retainage in the other system.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.residual.is_empty() || !matches!(case.family, Family::Billing | Family::Cost) {
        return None;
    }
    let (gross, net) = match case.relation {
        // A release by a subcontractor that was never posted is a bill never posted (R04).
        Relation::OnlyProject if case.family == Family::Billing => {
            (case.project_gross(), case.project_net())
        }
        Relation::OnlyLedger => (case.ledger_gross(), case.ledger_net()),
        Relation::Paired if case.ledger_gross() == case.ledger_net() => {
            (case.project_gross(), case.project_net())
        }
        _ => return None,
    };
    // A release bills no work: the net amount is what leaves retainage.
    if !gross.is_zero() || net.is_zero() || context.in_grace(case) {
        return None;
    }
    let (name, system) = match (case.project.first(), case.ledger.first()) {
        (Some(unit), _) => (context.name_project(unit), "Procore"),
        (None, Some(unit)) => (context.name_ledger(unit), "QuickBooks"),
        (None, None) => return None,
    };
    let what = match case.relation {
        Relation::Paired => format!("{name} releases retainage of {net}; it was keyed as new work"),
        _ => format!("{name} releases retainage of {net} in {system} only"),
    };
    Some(Claim::new(net, what))
}
