//! # Commitment closed, purchase order open
//!
//! **What.** A commitment is closed or terminated in Procore and its purchase order is still open
//! in QuickBooks, or the other way round.
//!
//! **Why it happens.** Closing was done in one system only.
//!
//! **What to do.** Close the purchase order, or reopen the commitment.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, Standing};

pub(super) const CHECK: Check = Check {
    id: "R32_commitment_closed_po_open",
    weight: Weight::Classification,
    why: "The commitment was closed in one system only.",
    next: "Close the purchase order in QuickBooks, or reopen the commitment in Procore.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.family != Family::Commitment || case.ledger.is_empty() || case.project.is_empty() {
        return None;
    }
    let unit = case.project.first()?;
    let commitment = &context.view.records.commitments[unit.place as usize];
    let order = context.first_document(case)?;
    // A completed subcontract is closed only for offices that close its purchase order as a rule.
    let ended = match commitment.status.as_str() {
        "closed" | "terminated" | "void" => true,
        "complete" => context.wide.completed.carries(),
        _ => false,
    };
    let complete = commitment.status == "complete";
    let open = order.status.eq_ignore_ascii_case("open");
    let closed = order.status.eq_ignore_ascii_case("closed");
    let differs =
        (ended && open) || (unit.standing == Standing::Counted && !ended && !complete && closed);
    if !differs || matches!(case.relation, Relation::ProjectGone(Standing::Draft)) {
        return None;
    }
    let what = format!(
        "{} is {} in Procore; {} is {} in QuickBooks",
        context.name_project(unit),
        commitment.status,
        context.name_ledger(case.ledger.first()?),
        order.status.to_lowercase(),
    );
    let billed = context.billed.get(&unit.id).copied().unwrap_or_default();
    Some(Claim::new(
        (case.ledger_gross() - billed).max(figures::Money::ZERO),
        what,
    ))
}
