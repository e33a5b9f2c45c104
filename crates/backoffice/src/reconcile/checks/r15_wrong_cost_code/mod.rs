//! # Wrong cost code
//!
//! **What.** A document is coded to an account or item that belongs to another cost code than
//! Procore says. The map is what most documents of the tenant follow.
//!
//! **Why it happens.** The account was picked by habit.
//!
//! **What to do.** Change the account on the lines.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::matching::pairing::withheld::only_document;
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R15_wrong_cost_code",
    weight: Weight::Classification,
    why: "The account was picked by habit.",
    next: "Change the account of the lines in QuickBooks to the one of the cost code.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.relation != Relation::Paired || case.family != Family::Cost {
        return None;
    }
    let [one] = case.project.as_slice() else {
        return None;
    };
    let other = only_document(context.view, case.ledger.iter().copied())?;
    let amounts_agree = one.shown.gross == other.shown.gross || case.residual.is_empty();
    let habits = &context.wide.habits;
    let named = super::habits::named_code(context.view, habits, other);
    let own = habits.code_of(context.view, one);
    let how = match (named, own) {
        // The item says which cost code it is for.
        (Some(named), Some(own)) if named == own => return None,
        (Some(named), Some(own)) => format!("to cost code {named}; Procore has it on {own}"),
        _ => {
            let usual = habits.account_of(own?, context.view.policy)?;
            let used = super::habits::single_account(context.view, other)?;
            if used == usual {
                return None;
            }
            format!("to account {used}; its cost code usually goes to account {usual}")
        }
    };
    if !amounts_agree {
        return None;
    }
    let what = format!("{} is coded {how}", context.name_ledger(other));
    Some(Claim::new(other.shown.gross, what))
}
