//! # Billed over contract
//!
//! **What.** More is billed to the owner than the revised contract allows.
//!
//! **Why it happens.** A change order was billed before it was approved.
//!
//! **What to do.** Get the change order approved, or credit the excess.

use figures::Money;
use figures::model::ChangeOrderKind;
use figures::source::SourceRef;

use super::overbilled::{self, Agreement};
use super::{Check, Context, Hit, Rule, Weight};
use crate::reconcile::units::ProjectKind;

pub(super) const CHECK: Check = Check {
    id: "R41_billed_over_contract",
    weight: Weight::Cash,
    why: "A change order was billed before the owner approved it.",
    next: "Get the change order approved, or credit the excess.",
    rule: Rule::Scan(scan),
};

fn scan(context: &Context<'_, '_>) -> Vec<Hit> {
    let agreement = Agreement {
        certificate: ProjectKind::PayApplication,
        change: ChangeOrderKind::Prime,
        noun: "contract",
        document: "payment_application",
        value_of,
    };
    overbilled::scan(context, &agreement)
}

/// Project, revised value and record of a prime contract.
fn value_of(context: &Context<'_, '_>, contract: i64) -> Option<(i64, Money, SourceRef)> {
    let prime = context.view.prime(contract)?;
    let changes = context
        .prime_changes
        .get(&contract)
        .copied()
        .unwrap_or_default();
    // The larger of the two ways to know the revised sum: a gap between them is reported apart.
    let value = prime.original + changes.max(prime.approved_change_orders);
    Some((
        prime.project_id,
        value,
        SourceRef::procore("prime_contract", contract),
    ))
}
