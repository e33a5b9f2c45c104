//! # Rounding
//!
//! **What.** Both systems hold the document and its amounts differ by no more than the rounding
//! tolerance of one cent.
//!
//! **Why it happens.** Tax or a split was rounded line by line in one system and as a total in the
//! other.
//!
//! **What to do.** Accept it. Many on one vendor are worth a look at how the vendor rounds.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};

pub(super) const CHECK: Check = Check {
    id: "R39_rounding",
    weight: Weight::Information,
    why: "A tax or a split was rounded differently in the two systems.",
    next: "Accept it; nothing needs to be entered.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    let tolerance = context.view.policy.rounding;
    let (main, retainage) = (case.main().abs(), case.retainage().abs());
    let single = case.residual.len() == 1;
    if case.relation != Relation::Paired || !single || main > tolerance || retainage > tolerance {
        return None;
    }
    let what = format!(
        "{} and {} differ by {}",
        context.name_project(case.project.first()?),
        context.name_ledger(case.ledger.first()?),
        main.max(retainage),
    );
    Some(Claim::new(main.max(retainage), what))
}
