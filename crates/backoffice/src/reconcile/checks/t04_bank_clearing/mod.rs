//! # Money on its way through the bank
//!
//! **What.** A payment settled at the bank within the grace days, or a payment that has rested in
//! undeposited funds for no more than ten days beside an equal deposit.
//!
//! **Why it happens.** Banks need days; people enter bank lines before they match them.
//!
//! **What to do.** Nothing yet: it clears, or becomes R46 or R40 when the time has passed.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "T04_bank_clearing",
    weight: Weight::Information,
    why: "The bank and the books need a few days to agree.",
    next: "Nothing to do yet.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if let Some(payment) = super::r40_undeposited_funds::waiting(case, context) {
        let age = context.view.age(payment.date);
        let what = format!(
            "{} has been in undeposited funds for {age} days beside an equal deposit",
            super::context::name_document(payment)
        );
        return Some(Claim::new(payment.total, what).with([payment.source()]));
    }
    let (date, unit) = super::r46_bank_payment_unrecorded::settled(case, context)?;
    let lone = case.relation == Relation::OnlyProject;
    let paid = matches!(case.family, Family::Receipt | Family::Payment);
    if !lone || !paid || !context.view.in_grace(Some(date)) {
        return None;
    }
    let what = format!(
        "{} settled at the bank on {date}",
        context.name_project(unit)
    );
    Some(Claim::new(case.project_gross(), what))
}
