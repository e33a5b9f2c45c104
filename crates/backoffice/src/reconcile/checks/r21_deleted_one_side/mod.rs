//! # Deleted on one side
//!
//! **What.** A link ties two documents together and one of them is gone: the ledger document that
//! Procore names was deleted, or the Procore document behind a ledger document was deleted.
//!
//! **Why it happens.** Someone deleted a bill or invoice to enter it again, or cleaned up a
//! duplicate in the wrong system.
//!
//! **What to do.** Restore the deleted document, or void the other one as well.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Standing;

pub(super) const CHECK: Check = Check {
    id: "R21_deleted_one_side",
    weight: Weight::Margin,
    why: "The document was deleted in one system only.",
    next: "Find out why it was deleted; restore it, or void the other one as well.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    if case.residual.is_empty() {
        return None;
    }
    match case.relation {
        Relation::OnlyProject => {
            let gone = case.broken_link.as_ref()?;
            let what = format!(
                "{} names {} {} in QuickBooks, which was deleted",
                context.name_project(case.project.first()?),
                gone.kind,
                gone.id
            );
            Some(Claim::new(
                case.project_gross().abs().max(case.project_net().abs()),
                what,
            ))
        }
        Relation::ProjectGone(Standing::Deleted) => {
            let what = format!(
                "{} stands in QuickBooks; {} was deleted in Procore",
                context.name_ledger(case.ledger.first()?),
                context.name_project(case.project.first()?),
            );
            Some(Claim::new(
                case.ledger_gross().abs().max(case.ledger_net().abs()),
                what,
            ))
        }
        _ => None,
    }
}
