//! Documents entered twice: bills (R05) and invoices (R06).

use figures::model::DocumentKind;

use super::{Claim, Context};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

/// A document that stands alone and repeats one that is paired (domain rule E3).
pub(super) fn claim(
    case: &Case<'_, '_>,
    context: &Context<'_, '_>,
    family: Family,
    kinds: &[DocumentKind],
) -> Option<Claim> {
    let unit = case.ledger.first()?;
    let kind = context.document(unit).kind;
    let lone = case.relation == Relation::OnlyLedger && !case.residual.is_empty();
    if !lone || case.family != family || !kinds.contains(&kind) || !context.view.counts(unit.date) {
        return None;
    }
    if unit.shown.gross <= figures::Money::ZERO && unit.shown.net <= figures::Money::ZERO {
        return None;
    }
    let original = context.repeats(unit)?;
    let what = format!(
        "{} repeats {}: {} is in QuickBooks twice and in Procore once",
        context.name_ledger(unit),
        context.name_ledger(original),
        unit.shown.gross,
    );
    let amount = if unit.shown.gross.is_zero() {
        unit.shown.net
    } else {
        unit.shown.gross
    };
    Some(Claim::new(amount, what).with([context.document(original).source()]))
}
