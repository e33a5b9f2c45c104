//! # Sales tax treatment
//!
//! **What.** The amounts of a document differ by sales tax: it is in the lines in one system and
//! apart or absent in the other. Where the document names no rate, the accepted rates are those of
//! the policy.
//!
//! **Why it happens.** Tax was included in the cost, or a wrong tax code was used.
//!
//! **What to do.** Correct the tax code.

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::units::Family;

use figures::Money;
use rust_decimal::Decimal;

pub(super) const CHECK: Check = Check {
    id: "R18_tax_treatment",
    weight: Weight::Classification,
    why: "Tax was included in one system and kept apart in the other.",
    next: "Correct the tax code of the document in QuickBooks.",
    rule: Rule::Claim(claim),
};

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    // What two commitments differ by is R33, whatever its size (domain rule H1).
    let commitment = case.family == Family::Commitment;
    if case.relation != Relation::Paired || case.residual.len() != 1 || commitment {
        return None;
    }
    let difference = case.project_gross() - case.ledger_gross();
    if difference.is_zero() {
        return None;
    }
    // A line of its own says what the difference is: tax, or freight and the like.
    let own_line = case
        .ledger
        .iter()
        .flat_map(|unit| &context.document(unit).lines)
        .find(|line| line.amount.abs() == difference.abs());
    let says_tax = own_line.map(|line| line.description.to_lowercase().contains("tax"));
    if says_tax == Some(false) && own_line.is_some_and(|line| !line.description.is_empty()) {
        return None;
    }
    let stated = case
        .project
        .iter()
        .map(|unit| unit.shown.tax)
        .chain(case.ledger.iter().map(|unit| unit.shown.tax))
        .any(|tax| !tax.is_zero() && (tax.abs().cents() - difference.abs().cents()).abs() <= 2);
    let bases = [
        case.project_gross().abs().min(case.ledger_gross().abs()),
        case.project_net().abs().min(case.ledger_net().abs()),
    ];
    let by_net = case.project_net() - case.ledger_net();
    let rate = bases
        .into_iter()
        .flat_map(|base| [(base, difference), (base, by_net)])
        .find_map(|(base, difference)| rate_of(base, difference.abs(), context));
    if !stated && rate.is_none() && says_tax != Some(true) {
        return None;
    }
    let how = match rate {
        Some(rate) if !stated => format!(
            ", which is {}% of it",
            (rate * Decimal::ONE_HUNDRED).normalize()
        ),
        _ => ", the tax on it".to_owned(),
    };
    let what = format!(
        "{} and {} differ by {}{how}",
        context.name_project(case.project.first()?),
        context.name_ledger(case.ledger.first()?),
        difference.abs(),
    );
    Some(Claim::new(difference, what))
}

/// The accepted rate that makes this tax of this base, to the cent.
fn rate_of(base: Money, tax: Money, context: &Context<'_, '_>) -> Option<Decimal> {
    let rates = &context.view.policy.tax_rates;
    if base.is_zero() || tax.is_zero() {
        return None;
    }
    let (base, tax) = (Decimal::from(base.cents()), Decimal::from(tax.cents()));
    rates.steps.iter().find_map(|step| {
        let rate = (tax / base / step).round() * step;
        let exact = (base * rate)
            .round_dp_with_strategy(0, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        (exact == tax && rate >= rates.from && rate <= rates.to).then_some(rate)
    })
}
