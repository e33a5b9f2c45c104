//! # Overpayment
//!
//! **What.** More was paid than was owed: a vendor was paid more than the bill, or a customer paid
//! more than is open.
//!
//! **Why it happens.** A double payment, or a change order that lowered the amount after it was
//! paid.
//!
//! **What to do.** Recover the excess, or apply it to the next document.

use figures::Money;
use figures::model::DocumentKind;

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, Part};

pub(super) const CHECK: Check = Check {
    id: "R30_overpayment",
    weight: Weight::Cash,
    why: "Something was paid twice or paid in full after it was reduced.",
    next: "Recover the excess or apply it to the next bill or invoice.",
    rule: Rule::Claim(claim),
};

/// What a bill payment paid beyond the bills and credits that it names.
pub(super) fn excess(document: &figures::model::LedgerDocument) -> Money {
    let mut applied = Money::ZERO;
    for line in &document.lines {
        for link in &line.links {
            applied += if link.kind == "VendorCredit" {
                -line.amount
            } else {
                line.amount
            };
        }
    }
    document.total - applied
}

/// A second payment of a bill that is paid already.
fn paid_twice(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let unit = case.ledger.first()?;
    let paid = unit.pays?;
    let bill = context.view.at(paid);
    let all = context.paid.get(&paid).copied().unwrap_or_default();
    let paying = case.family == Family::Payment && !case.residual.is_empty();
    let lone = matches!(case.relation, Relation::OnlyLedger | Relation::Paired);
    let over = all - bill.total;
    if !paying || !lone || over <= Money::ZERO || !context.view.counts(unit.date) {
        return None;
    }
    let what = format!(
        "{} pays {} again: {all} is paid on {}",
        context.name_ledger(unit),
        super::context::name_document(bill),
        bill.total
    );
    Some(Claim::new(over.min(case.ledger_gross()), what).with([bill.source()]))
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if let Some(twice) = paid_twice(case, context) {
        return Some(twice);
    }
    let unit = case.ledger.iter().find(|unit| match case.family {
        Family::Receipt => unit.part == Part::Unapplied,
        Family::Payment => true,
        _ => false,
    })?;
    // A payment of several bills is reported with the part that differs, or with its first part.
    if case.family == Family::Payment && case.residual.is_empty() && !unit.is_first {
        return None;
    }
    let document = context.document(unit);
    let amount = match document.kind {
        DocumentKind::Payment => document.unapplied,
        DocumentKind::BillPayment => excess(document),
        _ => return None,
    };
    if amount <= Money::ZERO || document.date > context.view.as_of {
        return None;
    }
    let what = format!(
        "{} is {amount} more than what it pays",
        context.name_ledger(unit)
    );
    Some(Claim::new(amount, what))
}
