//! # Bank payment not recorded
//!
//! **What.** The bank settled a payment that Procore shows, and QuickBooks has no such payment.
//!
//! **Why it happens.** The payment ran through a payment service or the bank and nobody entered it
//! in QuickBooks.
//!
//! **What to do.** Enter the payment in QuickBooks.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, Part, ProjectKind};

pub(super) const CHECK: Check = Check {
    id: "R46_bank_payment_unrecorded",
    weight: Weight::Cash,
    why: "The bank paid and nobody entered it in QuickBooks.",
    next: "Enter the payment in QuickBooks and link it to what it pays.",
    rule: Rule::Claim(claim),
};

/// The day on which the bank settled a payment of Procore's that stands alone.
pub(super) fn settled<'c, 'a>(
    case: &Case<'c, 'a>,
    context: &Context<'_, 'a>,
) -> Option<(figures::Date, &'c crate::reconcile::units::ProjectUnit<'a>)> {
    case.project.iter().find_map(|unit| {
        if unit.kind != ProjectKind::ContractPayment {
            return None;
        }
        let payment = &context.view.records.contract_payments[unit.place as usize];
        let bank = payment.settled.or_else(|| {
            (!payment.bank_reference.is_empty())
                .then_some(payment.date)
                .flatten()
        })?;
        Some((bank, *unit))
    })
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let lone = case.relation == Relation::OnlyProject && !case.residual.is_empty();
    let paid = matches!(case.family, Family::Receipt | Family::Payment);
    let (date, unit) = settled(case, context)?;
    if !lone || !paid || case.has_part(Part::Unapplied) {
        return None;
    }
    let what = format!(
        "{} settled at the bank on {date} and is not in QuickBooks",
        context.name_project(unit)
    );
    Some(Claim::new(case.project_gross(), what))
}
