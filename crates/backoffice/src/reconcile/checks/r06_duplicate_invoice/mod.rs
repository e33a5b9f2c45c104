//! # Duplicate invoice
//!
//! **What.** Two customer invoices in QuickBooks match one pay application in Procore.
//!
//! **Why it happens.** The invoice was issued again without voiding the first one.
//!
//! **What to do.** Void the second invoice, or credit it.

use figures::model::DocumentKind;

use super::{Check, Claim, Context, Rule, Weight, repeated};
use crate::reconcile::cases::Case;
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R06_duplicate_invoice",
    weight: Weight::Margin,
    why: "The invoice was issued again without voiding the first.",
    next: "Void or credit the invoice that Procore does not know.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    repeated::claim(case, context, Family::Billing, &[DocumentKind::Invoice])
}
