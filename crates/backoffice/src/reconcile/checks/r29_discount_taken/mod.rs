//! # Terms discount taken
//!
//! **What.** A bill was paid early and the vendor gave the discount that its terms allow.
//! QuickBooks shows it as a vendor credit used on the payment.
//!
//! **Why it happens.** Early payment.
//!
//! **What to do.** Nothing: it is not an error. Make sure that the discount account is the right
//! one.

use figures::model::DocumentKind;

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R29_discount_taken",
    weight: Weight::Information,
    why: "The bill was paid early enough for the terms discount.",
    next: "Nothing to correct; check that the discount is in the discount account.",
    rule: Rule::Claim(claim),
};

/// Whether a vendor credit is the discount that the terms of a bill allow.
pub(super) fn is_discount(
    context: &Context<'_, '_>,
    credit: &figures::model::LedgerDocument,
) -> bool {
    let words = |text: &str| text.to_lowercase().contains("discount");
    let coded = credit
        .lines
        .iter()
        .any(|line| context.view.role_of(line).discount);
    coded
        || words(&credit.note)
        || credit.lines.iter().any(|line| words(&line.description))
        || context.wide.is_discount(&credit.id)
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case.ledger.first()?;
    let credit = context.document(unit);
    let lone = case.relation == Relation::OnlyLedger && case.family == Family::Cost;
    if !lone || credit.kind != DocumentKind::VendorCredit || !context.view.counts(unit.date) {
        return None;
    }
    if !is_discount(context, credit) {
        return None;
    }
    let what = format!(
        "{} is a discount for paying early",
        context.name_ledger(unit)
    );
    Some(Claim::new(credit.total - credit.tax, what))
}
