//! # Direct cost without a bill
//!
//! **What.** Procore has a direct cost for which QuickBooks holds no document.
//!
//! **Why it happens.** The receipt or expense report was not turned in.
//!
//! **What to do.** Ask for the receipt and enter the expense.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, ProjectKind};

pub(super) const CHECK: Check = Check {
    id: "R26_direct_cost_no_bill",
    weight: Weight::Margin,
    why: "The receipt was not turned in to the office.",
    next: "Ask for the receipt and enter the expense in QuickBooks.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case.project.first()?;
    let lone = case.relation == Relation::OnlyProject && !case.residual.is_empty();
    if !lone || unit.kind != ProjectKind::DirectCost || case.family != Family::Cost {
        return None;
    }
    let what = format!(
        "{} for {} is in Procore and has no document in QuickBooks",
        context.name_project(unit),
        case.project_gross()
    );
    Some(Claim::new(
        case.project_gross().abs().max(case.project_net().abs()),
        what,
    ))
}
