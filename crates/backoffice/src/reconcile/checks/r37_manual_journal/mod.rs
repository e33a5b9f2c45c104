//! # Manual journal
//!
//! **What.** A journal entry on receivables, payables, job cost or retainage has no document
//! behind it. An entry that books the retainage of a document, names it and no other, and is exactly
//! what it lacks is a part of that document (see `R09`).
//!
//! **Why it happens.** A manual adjustment.
//!
//! **What to do.** Attach the reason, or reverse it.

use std::collections::BTreeMap;

use figures::model::DocumentKind;
use figures::{Measure, Money};

use super::{Check, Context, Hit, Rule, Weight};
use crate::reconcile::matching::pairing::NONE;
use crate::reconcile::matching::pairing::withheld::retainage_entry;
use crate::reconcile::result::Effect;
use crate::reconcile::units::{Family, Part};
use crate::reconcile::view::debit_less_credit;

pub(super) const CHECK: Check = Check {
    id: "R37_manual_journal",
    weight: Weight::Margin,
    why: "Somebody adjusted the books by hand.",
    next: "Attach the reason to the journal entry, or reverse it.",
    rule: Rule::Scan(scan),
};

fn scan(context: &Context<'_, '_>) -> Vec<Hit> {
    without_reversals(unexplained(context))
}

/// All manual journals that no document explains, in order of the journals.
pub(crate) fn unexplained(context: &Context<'_, '_>) -> Vec<Hit> {
    let mut units: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, unit) in context.ledger.iter().enumerate() {
        if context.view.at(unit.document).kind == DocumentKind::JournalEntry {
            units.entry(unit.document).or_default().push(place);
        }
    }
    let mut hits = Vec::new();
    for (place, document) in context.view.documents.iter().enumerate() {
        let place = u32::try_from(place).unwrap_or(NONE);
        let manual = document.kind == DocumentKind::JournalEntry
            && document.date <= context.view.as_of
            && !document.voided
            && !context.payroll_journals.contains(&place);
        if manual {
            let units = units.get(&place).map(Vec::as_slice).unwrap_or_default();
            hits.extend(look_at(context, place, units));
        }
    }
    hits
}

/// Days within which an accrual is reversed.
const REVERSAL_DAYS: i32 = 35;

/// An accrual and its reversal take each other back.
pub(crate) fn without_reversals(hits: Vec<Hit>) -> Vec<Hit> {
    let key = |hit: &Hit, sign: i64| -> Vec<(i64, Measure, i64)> {
        let mut key: Vec<_> = hit
            .effects
            .iter()
            .map(|effect| {
                (
                    effect.project_id,
                    effect.measure,
                    sign * effect.amount.cents(),
                )
            })
            .collect();
        key.sort();
        key
    };
    let mut open: BTreeMap<Vec<(i64, Measure, i64)>, Vec<usize>> = BTreeMap::new();
    let mut gone = vec![false; hits.len()];
    for (at, hit) in hits
        .iter()
        .enumerate()
        .filter(|(_, hit)| !hit.effects.is_empty())
    {
        let near = |other: &usize| {
            hits[*other].date.zip(hit.date).is_some_and(|(one, two)| {
                figures::dates::days_between(one, two).abs() <= REVERSAL_DAYS
            })
        };
        let opposite = open.get_mut(&key(hit, -1));
        let found =
            opposite.and_then(|all| all.iter().position(near).map(|place| all.remove(place)));
        match found {
            Some(other) => (gone[at], gone[other]) = (true, true),
            None => open.entry(key(hit, 1)).or_default().push(at),
        }
    }
    hits.into_iter()
        .zip(gone)
        .filter(|(_, gone)| !gone)
        .map(|(hit, _)| hit)
        .collect()
}

/// One journal: what of it no document explains.
fn look_at(context: &Context<'_, '_>, place: u32, units: &[usize]) -> Option<Hit> {
    let document = context.view.at(place);
    if is_part_of_another(context, place, units) {
        return None;
    }
    let mut effects: Vec<Effect> = Vec::new();
    let (mut debits, mut credits) = (Money::ZERO, Money::ZERO);
    let mut project_id = None;
    for at in units {
        let unit = &context.ledger[*at];
        if unit.part == Part::ToReceivable {
            return None;
        }
        if context.pairing.of_ledger[*at] != NONE {
            continue;
        }
        let Some(job) = unit.job else { continue };
        project_id = project_id.or(Some(job));
        let mut add = |measure: Option<Measure>, amount: Money| {
            if let Some(measure) = measure.filter(|_| !amount.is_zero()) {
                let effect = Effect {
                    project_id: job,
                    measure,
                    amount: -amount,
                };
                super::roots::add(&mut effects, effect);
                if amount > Money::ZERO {
                    debits += amount;
                } else {
                    credits -= amount;
                }
            }
        };
        add(
            Some(unit.family.measure()).filter(|_| unit.family == Family::Cost),
            unit.share.main,
        );
        add(unit.family.retainage_measure(), unit.share.retainage);
    }
    let (sheet, customer) = sheet_amount(context, document);
    if effects.is_empty() && sheet.is_zero() {
        return None;
    }
    let amount = debits.max(credits).max(if effects.is_empty() {
        sheet
    } else {
        Money::ZERO
    });
    let project_id =
        project_id.or_else(|| customer.and_then(|customer| context.jobs.project_of(customer)));
    Some(Hit {
        amount,
        project_id,
        customer_id: customer.map(figures::SmolStr::new),
        effects,
        records: vec![document.source()],
        what: format!(
            "{} has no document behind it",
            super::context::name_document(document)
        ),
        date: Some(document.date),
        instead: None,
    })
}

/// Whether a journal books the retainage of a document that it is joined to.
fn is_part_of_another(context: &Context<'_, '_>, place: u32, units: &[usize]) -> bool {
    let is_joined = |at: &usize| {
        let group = context.pairing.of_ledger[*at] as usize;
        let parts = context.pairing.groups.get(group).map(|group| &group.ledger);
        let mut parts = parts.into_iter().flatten();
        parts.any(|part| context.ledger[*part as usize].document != place)
    };
    retainage_entry(context.view, context.view.at(place)).is_some()
        && !units.is_empty()
        && units.iter().all(is_joined)
}

/// What a journal moves on receivables, payables and retainage, and whose.
fn sheet_amount<'a>(
    context: &Context<'_, 'a>,
    document: &'a figures::model::LedgerDocument,
) -> (Money, Option<&'a str>) {
    let mut amount = Money::ZERO;
    let mut customer = None;
    for line in &document.lines {
        let role = context.view.role_of(line);
        if role.receivable || role.payable || role.retainage_receivable || role.retainage_payable {
            amount = amount.max(debit_less_credit(line).abs());
            customer = customer.or(line.customer.as_deref());
        }
    }
    (amount, customer)
}
