//! # Invoice without a pay application
//!
//! **What.** QuickBooks has an invoice on a job and Procore has no pay application for it.
//!
//! **Why it happens.** Time and material or service work was billed outside Procore.
//!
//! **What to do.** Create or link the pay application, or mark the invoice as outside the
//! contract.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, Standing};

pub(super) const CHECK: Check = Check {
    id: "R08_invoice_missing_p",
    weight: Weight::Margin,
    why: "Work was billed outside Procore.",
    next: "Create the pay application in Procore, or mark the invoice as outside the contract.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let alone = matches!(
        case.relation,
        Relation::OnlyLedger | Relation::ProjectGone(Standing::Draft)
    );
    let invoice = context.first_document(case)?.kind == figures::model::DocumentKind::Invoice;
    if !alone || !invoice || case.family != Family::Billing || case.residual.is_empty() {
        return None;
    }
    let what = format!(
        "{} has no approved pay application in Procore",
        context.name_ledger(case.ledger.first()?)
    );
    Some(Claim::new(
        case.ledger_gross().abs().max(case.ledger_net().abs()),
        what,
    ))
}
