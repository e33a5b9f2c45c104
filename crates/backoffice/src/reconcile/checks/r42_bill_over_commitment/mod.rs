//! # Billed over commitment
//!
//! **What.** A vendor has billed more than its commitment allows.
//!
//! **Why it happens.** A commitment change order is missing.
//!
//! **What to do.** Get the change order, or reject the excess.

use figures::Money;
use figures::model::ChangeOrderKind;
use figures::source::SourceRef;

use super::overbilled::{self, Agreement};
use super::{Check, Context, Hit, Rule, Weight};
use crate::reconcile::units::ProjectKind;

pub(super) const CHECK: Check = Check {
    id: "R42_bill_over_commitment",
    weight: Weight::Cash,
    why: "A commitment change order is missing.",
    next: "Get the commitment change order, or reject the excess.",
    rule: Rule::Scan(scan),
};

fn scan(context: &Context<'_, '_>) -> Vec<Hit> {
    let agreement = Agreement {
        certificate: ProjectKind::SubcontractorInvoice,
        change: ChangeOrderKind::Commitment,
        noun: "commitment",
        document: "requisition",
        value_of,
    };
    overbilled::scan(context, &agreement)
}

/// Project, revised value and record of a commitment.
fn value_of(context: &Context<'_, '_>, contract: i64) -> Option<(i64, Money, SourceRef)> {
    let commitment = context.view.commitment(contract)?;
    let record = SourceRef::procore(commitment.kind.record_kind(), contract);
    Some((commitment.project_id, commitment.revised, record))
}
