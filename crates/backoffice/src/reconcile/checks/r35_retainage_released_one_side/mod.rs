//! # Retainage released on one side
//!
//! **What.** Retainage was released in one system and not in the other.
//!
//! **Why it happens.** The release was keyed as new work, or billed in one system only.
//!
//! **What to do.** Bill the release in the other system, or code it as a release.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family};

pub(super) const CHECK: Check = Check {
    id: "R35_retainage_released_one_side",
    weight: Weight::Margin,
    why: "The release was billed in one system only, or keyed as new work.",
    next: "Enter the release of retainage in the other system.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let retained = matches!(case.family, Family::Billing | Family::Cost);
    let lone = matches!(case.relation, Relation::OnlyProject | Relation::OnlyLedger);
    if !retained || !lone || case.residual.is_empty() {
        return None;
    }
    let (gross, net) = match case.relation {
        Relation::OnlyProject => (case.project_gross(), case.project_net()),
        _ => (case.ledger_gross(), case.ledger_net()),
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
    let what = format!("{name} releases retainage of {net} in {system} only");
    Some(Claim::new(net, what))
}
