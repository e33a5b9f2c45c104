//! # Different party
//!
//! **What.** The same document names one company in Procore and another customer or vendor in
//! QuickBooks.
//!
//! **Why it happens.** Names drifted apart, or a vendor was merged or entered twice.
//!
//! **What to do.** Correct the name on the document, or map the two companies to each other.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R12_party_mapping",
    weight: Weight::Classification,
    why: "Names drifted apart, or the vendor exists twice.",
    next: "Correct the vendor or customer on the document in QuickBooks, or confirm that the two are one.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.relation != Relation::Paired {
        return None;
    }
    let (one, other) = (case.project.first()?, case.ledger.first()?);
    let differs = match case.family {
        Family::Cost | Family::Commitment => {
            let document = context.document(other);
            document.vendor.is_some()
                && one.party != u32::MAX
                && other.party != u32::MAX
                && one.party != other.party
        }
        Family::Billing => other.job.is_none() && !case.residual.is_empty(),
        // A payment names whom the bill names.
        Family::Contract | Family::Receipt | Family::Payment => false,
    };
    if !differs {
        return None;
    }
    let named = if other.party_name.is_empty() {
        "another customer"
    } else {
        other.party_name
    };
    let what = format!(
        "{} is {} in QuickBooks, under {named}",
        context.name_project(one),
        context.name_ledger(other)
    );
    let amount = case.ledger_gross().abs().max(case.ledger_net().abs());
    Some(Claim::new(amount, what))
}
