//! # In transit
//!
//! **What.** A document is in one system only, or differs, and is no older than the grace days:
//! the other side is probably being entered.
//!
//! **Why it happens.** Entering takes a few days.
//!
//! **What to do.** Nothing yet: it clears, or becomes an error when the grace days have passed.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "T01_in_transit",
    weight: Weight::Information,
    why: "Entering in the other system takes a few days.",
    next: "Nothing to do yet; it should appear in the other system.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let waits = match case.relation {
        Relation::OnlyProject => true,
        // A duplicate, a journal or a deposit in the wrong place never clears by itself; those
        // were claimed before.
        Relation::OnlyLedger => case.family != Family::Commitment && !is_manual(case, context),
        Relation::Paired => amounts_differ(case),
        _ => false,
    };
    let young = match case.family {
        Family::Commitment => change_is_young(case, context),
        _ => context.in_grace(case),
    };
    if !waits || !young || case.residual.is_empty() {
        return None;
    }
    let what = match (case.project.first(), case.ledger.first()) {
        (Some(unit), None) => {
            format!("{} is not in QuickBooks yet", context.name_project(unit))
        }
        (None, Some(unit)) => format!("{} is not in Procore yet", context.name_ledger(unit)),
        (Some(one), Some(other)) => {
            format!(
                "{} and {} differ",
                context.name_project(one),
                context.name_ledger(other)
            )
        }
        (None, None) => return None,
    };
    let amount = match case.relation {
        Relation::OnlyProject => case.project_gross().abs().max(case.project_net().abs()),
        Relation::OnlyLedger => case.ledger_gross().abs().max(case.ledger_net().abs()),
        _ => case.main().abs(),
    };
    Some(Claim::new(amount, what))
}

/// A journal is never in transit.
fn is_manual(case: &Case<'_, '_>, context: &Context<'_, '_>) -> bool {
    context
        .first_document(case)
        .is_some_and(|document| document.kind == figures::model::DocumentKind::JournalEntry)
}

/// Whether the two sides differ otherwise than by a slip that never clears by itself.
fn amounts_differ(case: &Case<'_, '_>) -> bool {
    case.residual.len() == 1
        && case.main() != figures::Money::ZERO
        && super::r19_amount_other::is_plain(case)
}

/// Whether a change order within the grace days explains the difference of a commitment.
fn change_is_young(case: &Case<'_, '_>, context: &Context<'_, '_>) -> bool {
    let Some(unit) = case.project.first() else {
        return false;
    };
    if case.relation == Relation::OnlyProject {
        return context.view.in_grace(unit.date);
    }
    let changes = context.view.records.change_orders.iter().filter(|change| {
        change.contract_id == unit.id
            && crate::reconcile::view::is_approved(change)
            && change.kind != figures::model::ChangeOrderKind::Package
            && context.view.in_grace(change.date)
    });
    let young: figures::Money = changes.map(|change| change.amount).sum();
    !young.is_zero() && young == case.main()
}
