//! # Duplicate invoice
//!
//! **What.** Two customer invoices in QuickBooks match one pay application in Procore.
//!
//! **Why it happens.** The invoice was issued again without voiding the first one.
//!
//! **What to do.** Void the second invoice, or credit it.

use figures::model::DocumentKind;

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R06_duplicate_invoice",
    weight: Weight::Margin,
    why: "The invoice was issued again without voiding the first.",
    next: "Void or credit the invoice that Procore does not know.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case.ledger.first()?;
    let kind = context.document(unit).kind;
    let lone = case.relation == Relation::OnlyLedger && !case.residual.is_empty();
    if !lone
        || case.family != Family::Billing
        || !matches!(kind, DocumentKind::Invoice)
        || !context.view.counts(unit.date)
    {
        return None;
    }
    if unit.shown.gross <= figures::Money::ZERO && unit.shown.net <= figures::Money::ZERO {
        return None;
    }
    let original = context.repeats(unit)?;
    let what = format!(
        "{} repeats {}: {} is in QuickBooks twice and in Procore once",
        context.name_ledger(unit),
        context.name_ledger(original),
        unit.shown.gross,
    );
    let amount = if unit.shown.gross.is_zero() {
        unit.shown.net
    } else {
        unit.shown.gross
    };
    Some(Claim::new(amount, what).with([context.document(original).source()]))
}
