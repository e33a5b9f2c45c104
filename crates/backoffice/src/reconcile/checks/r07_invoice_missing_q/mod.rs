//! # Invoice missing in QuickBooks
//!
//! **What.** An owner pay application is approved in Procore and QuickBooks has no invoice for it.
//!
//! **Why it happens.** Billing was not entered in QuickBooks.
//!
//! **What to do.** Enter the invoice.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, ProjectKind};

pub(super) const CHECK: Check = Check {
    id: "R07_invoice_missing_q",
    weight: Weight::Cash,
    why: "The billing was not entered in QuickBooks, so nobody collects it.",
    next: "Enter the invoice in QuickBooks and send it.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case.project.first()?;
    let lone = case.relation == Relation::OnlyProject && !case.residual.is_empty();
    if !lone || unit.kind != ProjectKind::PayApplication || case.family != Family::Billing {
        return None;
    }
    let what = format!(
        "{} for {} is approved in Procore and has no invoice in QuickBooks",
        context.name_project(unit),
        case.project_gross()
    );
    Some(Claim::new(
        case.project_gross().abs().max(case.project_net().abs()),
        what,
    ))
}
