//! # Sign reversed
//!
//! **What.** Both systems hold the document with the same amount, one as a charge and one as a
//! credit.
//!
//! **Why it happens.** A credit was entered as a bill, or a bill as a credit.
//!
//! **What to do.** Delete the wrong one and enter it with the right sign.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};

pub(super) const CHECK: Check = Check {
    id: "R17_sign_reversed",
    weight: Weight::Margin,
    why: "A credit was entered as a charge, or a charge as a credit.",
    next: "Replace the document in QuickBooks by one with the opposite sign.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let opposite =
        case.project_gross() == -case.ledger_gross() || case.project_net() == -case.ledger_net();
    let both = matches!(case.relation, Relation::Paired | Relation::Reversed);
    if !both || case.residual.is_empty() || !opposite || case.project_gross().is_zero() {
        return None;
    }
    let what = format!(
        "{} is {} in Procore; {} is {} in QuickBooks",
        context.name_project(case.project.first()?),
        case.project_gross(),
        context.name_ledger(case.ledger.first()?),
        case.ledger_gross(),
    );
    Some(Claim::new(case.main(), what))
}
