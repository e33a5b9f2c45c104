//! # Wrong class
//!
//! **What.** A document is in another class or location than the documents of its job usually are.
//!
//! **Why it happens.** The default class was left in place.
//!
//! **What to do.** Change the class.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R14_wrong_class",
    weight: Weight::Classification,
    why: "The default class or location was left in place.",
    next: "Change the class or location of the document in QuickBooks.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.relation != Relation::Paired || !matches!(case.family, Family::Billing | Family::Cost) {
        return None;
    }
    let unit = case.ledger.first()?;
    let document = context.document(unit);
    let job = unit.job?;
    if !unit.one_job {
        return None;
    }
    let habits = &context.wide.habits;
    let class =
        super::habits::single_class(document).zip(habits.class_of(job, context.view.policy));
    let place = document
        .department
        .as_deref()
        .zip(habits.department_of(job, context.view.policy));
    let (used, usual, kind) = match (class, place) {
        (Some((used, usual)), _) if used != usual => (used, usual, "class"),
        (_, Some((used, usual))) if used != usual => (used, usual, "location"),
        _ => return None,
    };
    let what = format!(
        "{} is in {kind} {used}; documents of its job are in {kind} {usual}",
        context.name_ledger(unit)
    );
    Some(Claim::new(
        case.ledger_gross().abs().max(case.ledger_net().abs()),
        what,
    ))
}
