//! # Unapplied payment
//!
//! **What.** A customer payment is in QuickBooks but not applied to an invoice, and the customer
//! has open invoices.
//!
//! **Why it happens.** The payment was recorded without ticking the invoice it pays.
//!
//! **What to do.** Apply the payment to the matched invoice. Do not remind the customer meanwhile.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::Case;
use crate::reconcile::units::{Family, Part};

pub(super) const CHECK: Check = Check {
    id: "R01_unapplied_payment",
    weight: Weight::Cash,
    why: "The payment was recorded without linking it to an invoice.",
    next: "Apply the payment to the open invoice in QuickBooks, and stop reminders until then.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case
        .ledger
        .iter()
        .find(|unit| unit.part == Part::Unapplied)?;
    let payment = context.document(unit);
    if case.family != Family::Receipt || payment.date > context.view.as_of {
        return None;
    }
    let open = context
        .wide
        .open_invoices(context.view, payment.customer.as_deref()?);
    let amount = payment.unapplied.min(open);
    if amount.is_zero() {
        return None;
    }
    let what = format!(
        "{} leaves {} unapplied while the customer has {open} in open invoices",
        context.name_ledger(unit),
        payment.unapplied
    );
    Some(Claim::new(amount, what))
}
