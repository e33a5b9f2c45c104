//! # Commitment value
//!
//! **What.** The revised value of a commitment in Procore differs from its purchase order in
//! QuickBooks, or one of the two is missing.
//!
//! **Why it happens.** A commitment change order was not mirrored.
//!
//! **What to do.** Update the purchase order.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::Case;
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R33_commitment_value",
    weight: Weight::Classification,
    why: "A commitment change order was not mirrored in QuickBooks.",
    next: "Update the purchase order in QuickBooks to the revised value.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.family != Family::Commitment || case.residual.is_empty() {
        return None;
    }
    let what = match (case.project.first(), case.ledger.first()) {
        (Some(one), Some(other)) => format!(
            "{} is {} in Procore; {} is {} in QuickBooks",
            context.name_project(one),
            case.project_gross(),
            context.name_ledger(other),
            case.ledger_gross(),
        ),
        (Some(one), None) => {
            format!(
                "{} has no purchase order in QuickBooks",
                context.name_project(one)
            )
        }
        (None, Some(other)) => {
            format!(
                "{} has no commitment in Procore",
                context.name_ledger(other)
            )
        }
        (None, None) => return None,
    };
    Some(Claim::new(case.main(), what))
}
