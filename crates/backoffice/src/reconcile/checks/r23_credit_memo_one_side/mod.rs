//! # Credit in one system only
//!
//! **What.** A credit memo or vendor credit is in QuickBooks and Procore has no negative line or
//! change order for it, or the other way round.
//!
//! **Why it happens.** An adjustment was made outside Procore.
//!
//! **What to do.** Mirror it as a negative pay application line or change order.

use figures::model::DocumentKind;

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R23_credit_memo_one_side",
    weight: Weight::Margin,
    why: "An adjustment was made outside Procore.",
    next: "Mirror the credit in Procore, as a negative line or a change order.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let amount = match case.relation {
        Relation::OnlyLedger => {
            let document = context.first_document(case)?;
            let credit = matches!(
                document.kind,
                DocumentKind::CreditMemo | DocumentKind::VendorCredit
            ) || document.is_refund;
            credit.then(|| case.ledger_gross())?
        }
        _ => return None,
    };
    let costs = matches!(case.family, Family::Billing | Family::Cost);
    if !costs || case.residual.is_empty() {
        return None;
    }
    let what = format!(
        "{} has no counterpart in Procore",
        context.name_ledger(case.ledger.first()?)
    );
    Some(Claim::new(amount, what))
}
