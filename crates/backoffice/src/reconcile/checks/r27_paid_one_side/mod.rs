//! # Paid on one side
//!
//! **What.** One system says that a document was paid, the other does not.
//!
//! **Why it happens.** The payment was not synced, or the status in Procore was set by hand.
//!
//! **What to do.** Find the payment, or correct the status.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R27_paid_one_side",
    weight: Weight::Cash,
    why: "The payment was entered in one system only.",
    next: "Find the payment, or correct the status in Procore.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let pays = matches!(case.family, Family::Receipt | Family::Payment);
    if !pays || case.residual.is_empty() {
        return None;
    }
    let (amount, what) = match (case.relation, case.project.first(), case.ledger.first()) {
        (Relation::OnlyProject | Relation::LedgerVoided, Some(unit), _) => (
            case.project_gross(),
            format!(
                "{} is paid in Procore and not in QuickBooks",
                context.name_project(unit)
            ),
        ),
        (Relation::OnlyLedger | Relation::ProjectGone(_), _, Some(unit)) => {
            let pays = unit.pays.map(|paid| context.view.at(paid));
            let paid = pays.map_or("its document".to_owned(), super::context::name_document);
            (
                case.ledger_gross(),
                format!(
                    "{} paid {paid}; Procore shows it unpaid",
                    context.name_ledger(unit)
                ),
            )
        }
        _ => return None,
    };
    let paid = case
        .ledger
        .first()
        .and_then(|unit| unit.pays)
        .map(|paid| context.view.at(paid).source());
    Some(Claim::new(amount, what).with(paid))
}
