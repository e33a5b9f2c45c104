//! # Joint check not linked
//!
//! **What.** A check to two payees was written directly and not applied to the bill of the
//! subcontractor.
//!
//! **Why it happens.** Checks with two payees are often written by hand, past the bill.
//!
//! **What to do.** Replace the check by a bill payment on the bill of the subcontractor.

use figures::Money;
use figures::model::{DocumentKind, LedgerDocument};

use super::{Check, Claim, Context, Rule, Weight};
use crate::reconcile::cases::{Case, Relation};
use crate::reconcile::matching::documents::names;
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R28_joint_check_unlinked",
    weight: Weight::Classification,
    why: "A check with two payees was written past the bill.",
    next: "Apply the check to the bill as a bill payment.",
    rule: Rule::Claim(claim),
};

/// Payees of a check that names two, in normal form.
fn payees(payee: &str) -> Option<(String, String)> {
    let upper = payee.to_uppercase();
    [" AND ", " & ", " OR "].iter().find_map(|between| {
        let (one, other) = upper.split_once(between)?;
        let (one, other) = (names::normalise(one), names::normalise(other));
        (!one.is_empty() && !other.is_empty()).then_some((one, other))
    })
}

/// The texts of a purchase that may name its payees.
fn texts<'t>(context: &'t Context<'_, '_>, check: &'t LedgerDocument) -> Vec<&'t str> {
    let lines = check.lines.iter().map(|line| line.description.as_str());
    [check.payee_name.as_str(), check.note.as_str()]
        .into_iter()
        .chain(lines)
        .chain(
            check
                .vendor
                .as_deref()
                .map(|vendor| context.view.ledger_vendor(vendor)),
        )
        .collect()
}

/// Whether a purchase is a check to two payees: no card charge; coded to accounts payable, or its
/// payee or its memo names two. A single vendor whose name happens to hold an "and" is none.
fn is_joint(context: &Context<'_, '_>, check: &LedgerDocument) -> bool {
    let one_vendor = check
        .vendor
        .as_ref()
        .is_some_and(|vendor| context.parties.companies.contains_key(vendor));
    let card = check
        .account
        .as_deref()
        .is_some_and(|account| context.view.is_card(account));
    let payable = check
        .lines
        .iter()
        .any(|line| context.view.role_of(line).payable);
    let said = check.lines.iter().map(|line| line.description.as_str());
    let memo = said
        .chain([check.note.as_str()])
        .any(|text| payees(text).is_some());
    let payee = !one_vendor && payees(context.view.payee(check)).is_some();
    !card && (payable || memo || payee)
}

/// The check to this vendor and another for this amount.
fn joint_check<'a>(
    context: &Context<'_, 'a>,
    amount: Money,
    vendor: &str,
    date: Option<figures::Date>,
) -> Option<&'a LedgerDocument> {
    let vendor = names::normalise(vendor);
    let near = |check: &LedgerDocument| {
        date.is_none_or(|date| figures::dates::days_between(date, check.date).abs() <= 31)
    };
    let named = |check: &LedgerDocument| {
        let own = names::normalise(context.view.payee(check));
        let payable = check
            .lines
            .iter()
            .any(|line| context.view.role_of(line).payable);
        if payable && (own == vendor || names::alike(&own, &vendor)) {
            return true;
        }
        texts(context, check)
            .into_iter()
            .filter_map(payees)
            .any(|(one, other)| {
                [&one, &other].into_iter().any(|payee| {
                    *payee == vendor
                        || names::alike(payee, &vendor)
                        || payee.ends_with(&vendor)
                        || payee.starts_with(&vendor)
                })
            })
    };
    context
        .of_amount(DocumentKind::Purchase, amount)
        .filter(|check| !check.voided)
        .find(|check| near(check) && named(check) && is_joint(context, check))
}

fn claim(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<Claim> {
    match (case.relation, case.family) {
        (Relation::OnlyProject, Family::Payment) => {
            let unit = case.project.first()?;
            let check = joint_check(context, case.project_gross(), unit.party_name, unit.date)?;
            let what = format!(
                "{} was paid with {}, which is not applied to the bill",
                context.name_project(unit),
                super::context::name_document(check)
            );
            Some(Claim::new(case.project_gross(), what).about(check.source()))
        }
        // The check was coded to job cost: the cost is in the books twice.
        (Relation::OnlyLedger, Family::Cost) => {
            let check = context.first_document(case)?;
            if check.kind != DocumentKind::Purchase || !is_joint(context, check) {
                return None;
            }
            let bill = open_bill(context, check)?;
            let what = format!(
                "{} pays {} and is not applied to it",
                super::context::name_document(check),
                super::context::name_document(bill)
            );
            Some(
                Claim::new(check.total, what)
                    .about(check.source())
                    .with([bill.source()]),
            )
        }
        _ => None,
    }
}

/// The open bill of this amount of one of a check's payees.
fn open_bill<'a>(context: &Context<'_, 'a>, check: &LedgerDocument) -> Option<&'a LedgerDocument> {
    let (one, other) = payees(context.view.payee(check))?;
    context
        .of_amount(DocumentKind::Bill, check.total)
        .find(|bill| {
            let vendor = names::normalise(context.view.payee(bill));
            [&one, &other]
                .into_iter()
                .any(|payee| *payee == vendor || names::alike(payee, &vendor))
        })
}
