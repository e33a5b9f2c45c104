//! # Stored materials
//!
//! **What.** The cost of a document differs by what QuickBooks put into inventory: materials
//! stored on the site are billed in Procore and not yet cost in QuickBooks, or the reverse.
//!
//! **Why it happens.** Materials were expensed early or late.
//!
//! **What to do.** Reclassify between inventory and job cost.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, ProjectKind};
use figures::Money;

pub(super) const CHECK: Check = Check {
    id: "R34_stored_materials",
    weight: Weight::Margin,
    why: "Stored materials went to inventory in one system and to cost in the other.",
    next: "Reclassify the stored materials between inventory and job cost.",
    rule: Rule::Claim(claim),
};

/// A pay application whose invoice lacks exactly the materials that it stores.
fn stored_on_application(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let [unit] = case.project.as_slice() else {
        return None;
    };
    let billed = case.relation == Relation::Paired && unit.kind == ProjectKind::PayApplication;
    if !billed || case.residual.is_empty() {
        return None;
    }
    let totals = &context.view.records.pay_applications[unit.place as usize].totals;
    let stored = totals.stored_materials;
    let lacks = case.project_gross() - case.ledger_gross() == stored
        || case.project_net() - case.ledger_net() == stored;
    if stored.is_zero() || !lacks {
        return None;
    }
    let what = format!(
        "{} bills {stored} of stored materials that {} leaves out",
        context.name_project(unit),
        context.name_ledger(case.ledger.first()?)
    );
    Some(Claim::new(stored, what))
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if let Some(stored) = stored_on_application(case, context) {
        return Some(stored);
    }
    if case.relation != Relation::Paired || case.residual.is_empty() || case.family != Family::Cost
    {
        return None;
    }
    let mut stored = Money::ZERO;
    for unit in &case.ledger {
        for line in &context.document(unit).lines {
            if context.view.role_of(line).inventory {
                stored += line.amount;
            }
        }
    }
    if stored.is_zero() || stored != case.main() {
        return None;
    }
    let what = format!(
        "{} put {stored} of stored materials into inventory; Procore counts them as cost",
        context.name_ledger(case.ledger.first()?)
    );
    Some(Claim::new(stored, what))
}
