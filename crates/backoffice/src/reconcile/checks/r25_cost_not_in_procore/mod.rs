//! # Cost not in Procore
//!
//! **What.** QuickBooks has job cost, by bill, check or card, that Procore has neither as direct
//! cost nor against a commitment.
//!
//! **Why it happens.** Card purchases and direct entries past the project team.
//!
//! **What to do.** Create the direct cost or the purchase order in Procore.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::{Family, Standing};

pub(super) const CHECK: Check = Check {
    id: "R25_cost_not_in_procore",
    weight: Weight::Margin,
    why: "The cost was entered in QuickBooks past the project team.",
    next: "Create the direct cost in Procore, or move the cost to the job it belongs to.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let alone = matches!(
        case.relation,
        Relation::OnlyLedger | Relation::ProjectGone(Standing::Draft)
    );
    let document = context.first_document(case)?;
    let journal = document.kind == figures::model::DocumentKind::JournalEntry;
    if !alone || journal || case.family != Family::Cost || case.residual.is_empty() {
        return None;
    }
    let what = format!(
        "{} put {} on the job and is not in Procore",
        context.name_ledger(case.ledger.first()?),
        case.ledger_gross()
    );
    Some(Claim::new(case.ledger_gross(), what))
}
