//! # Duplicate bill
//!
//! **What.** Two bills, checks or card charges in QuickBooks match one document in Procore: the
//! same vendor and number, or the same vendor and amount within two weeks with a number that is
//! missing or a variant. Recurring equal bills are not reported.
//!
//! **Why it happens.** The bill was entered again from a statement, or by hand after a sync.
//!
//! **What to do.** Void the later one that is not paid; if both are paid, ask for a vendor credit.

use figures::model::DocumentKind;

use super::{Check, Claim, Context, Rule, Weight, repeated};
use crate::reconcile::cases::Case;
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R05_duplicate_bill",
    weight: Weight::Cash,
    why: "The bill was entered again, from a statement or by hand after a sync.",
    next: "Void the bill that is not paid; if both are paid, get the money back as a vendor credit.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    repeated::claim(
        case,
        context,
        Family::Cost,
        &[DocumentKind::Bill, DocumentKind::Purchase],
    )
}
