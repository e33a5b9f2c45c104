//! # Bill never posted
//!
//! **What.** A subcontractor invoice is approved in Procore and QuickBooks has no bill or expense
//! for it.
//!
//! **Why it happens.** It was not entered, its e-mail was lost, or a sync failed.
//!
//! **What to do.** Enter the bill.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, ProjectKind};

pub(super) const CHECK: Check = Check {
    id: "R04_bill_never_posted",
    weight: Weight::Margin,
    why: "The bill was not entered, or a sync failed.",
    next: "Enter the bill in QuickBooks, with its retainage.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case.project.first()?;
    let lone = case.relation == Relation::OnlyProject && !case.residual.is_empty();
    if !lone || unit.kind != ProjectKind::SubcontractorInvoice || case.family != Family::Cost {
        return None;
    }
    let what = format!(
        "{} for {} is approved in Procore and was never posted in QuickBooks",
        context.name_project(unit),
        case.project_gross()
    );
    Some(Claim::new(
        case.project_gross().abs().max(case.project_net().abs()),
        what,
    ))
}
