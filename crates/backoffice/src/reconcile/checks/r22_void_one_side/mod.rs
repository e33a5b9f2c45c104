//! # Void on one side
//!
//! **What.** One system holds the document as void, the other as approved or open.
//!
//! **Why it happens.** A correction was made by voiding in one system and was not mirrored.
//!
//! **What to do.** Void the other one as well, or enter it again.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, Standing};

pub(super) const CHECK: Check = Check {
    id: "R22_void_one_side",
    weight: Weight::Margin,
    why: "A correction by voiding was not mirrored in the other system.",
    next: "Void the other document as well, or enter this one again.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    // A commitment that ended while its purchase order stands open is R32.
    if case.residual.is_empty() || case.family == Family::Commitment {
        return None;
    }
    let (one, other) = (case.project.first()?, case.ledger.first()?);
    let (amount, what) = match case.relation {
        Relation::LedgerVoided => (
            case.project_gross().abs().max(case.project_net().abs()),
            format!(
                "{} was voided in QuickBooks; {} is approved in Procore",
                context.name_ledger(other),
                context.name_project(one)
            ),
        ),
        Relation::ProjectGone(Standing::Void) => (
            case.ledger_gross().abs().max(case.ledger_net().abs()),
            format!(
                "{} is void in Procore; {} stands in QuickBooks",
                context.name_project(one),
                context.name_ledger(other)
            ),
        ),
        _ => return None,
    };
    Some(Claim::new(amount, what))
}
