//! # Change order in one system only
//!
//! **What.** The contract sum of a job differs between Procore and the estimates in QuickBooks, by
//! the amount of one or more change orders.
//!
//! **Why it happens.** A change order was approved in Procore and nobody raised the estimate in
//! QuickBooks; or the estimate was raised before the owner approved.
//!
//! **What to do.** Update the estimate in QuickBooks, or get the change order approved in Procore.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::ChangeOrder;
use figures::source::SourceRef;
use figures::{Measure, Money};

use super::{Check, Context, Hit, Rule, Weight};
use crate::reconcile::cases::Case;
use crate::reconcile::convention::counted_changes;
use crate::reconcile::result::Effect;
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R10_change_order_one_system",
    weight: Weight::Margin,
    why: "A change order was entered in one system and not mirrored in the other.",
    next: "Raise the estimate in QuickBooks by the change order, or get the change order approved in Procore.",
    rule: Rule::Split(split),
};

/// At most this many change orders are tried in all combinations.
const MOST: usize = 16;

fn split(case: &Case<'_, '_>, context: &Context<'_, '_>) -> Vec<Hit> {
    let (Family::Contract, Some((job, share))) = (case.family, case.residual.first_key_value())
    else {
        return Vec::new();
    };
    let difference = share.main;
    if difference.abs() <= context.view.policy.rounding {
        return Vec::new();
    }
    let approved: Vec<&ChangeOrder> = counted_changes(&context.view.records)
        .filter(|change| change.project_id == *job)
        .collect();
    let open = open_changes(context, *job);
    // Approved ones that no estimate holds raise the difference; open ones that an estimate
    // already holds lower it.
    let signed = |keep: &dyn Fn(&ChangeOrder) -> bool| -> Vec<(&ChangeOrder, Money)> {
        let missing = approved.iter().map(|change| (*change, change.amount));
        let early = open.iter().map(|change| (*change, -change.amount));
        missing
            .chain(early)
            .filter(|(change, _)| keep(change))
            .collect()
    };
    // Where change orders have estimates of their own, those tell which are mirrored.
    let likely = in_estimates(case, &approved, &open);
    let plausible =
        |change: &ChangeOrder| likely.contains(&change.id) == (change.status != "approved");
    let chosen =
        subset(signed(&plausible), difference).or_else(|| subset(signed(&|_| true), difference));
    if let Some(chosen) = chosen {
        let hit = |(change, amount): &(&ChangeOrder, Money)| {
            if *amount == change.amount && change.status == "approved" {
                missing_in_ledger(change, case, context)
            } else {
                early_in_ledger(change, case, context)
            }
        };
        return chosen.iter().map(hit).collect();
    }
    vec![unnamed(case, context, *job, difference)]
}

/// Change orders that have an estimate of exactly their amount, each estimate taken once.
fn in_estimates(
    case: &Case<'_, '_>,
    approved: &[&ChangeOrder],
    open: &[&ChangeOrder],
) -> BTreeSet<i64> {
    let mut estimates: BTreeMap<Money, u32> = BTreeMap::new();
    for unit in &case.ledger {
        *estimates.entry(unit.shown.gross).or_default() += 1;
    }
    let mut found = BTreeSet::new();
    for change in approved.iter().chain(open) {
        if let Some(left) = estimates.get_mut(&change.amount).filter(|left| **left > 0) {
            *left -= 1;
            found.insert(change.id);
        }
    }
    found
}

/// Change orders of the job that are neither approved nor dead, a change and its twin once.
fn open_changes<'a>(context: &Context<'_, 'a>, job: i64) -> Vec<&'a ChangeOrder> {
    let mut by_number: BTreeMap<(i64, &str, Money), &ChangeOrder> = BTreeMap::new();
    for change in &context.view.records.change_orders {
        let upstream = context.view.prime(change.contract_id).is_some();
        let open = !change.deleted
            && !matches!(
                change.status.as_str(),
                "approved" | "rejected" | "no_charge" | "not_proceeding"
            );
        if change.project_id == job && upstream && open {
            let key = (change.contract_id, change.number.as_str(), change.amount);
            by_number.entry(key).or_insert(change);
        }
    }
    by_number.into_values().collect()
}

/// The fewest change orders whose signed amounts sum to the difference, the younger first.
fn subset(
    mut changes: Vec<(&ChangeOrder, Money)>,
    difference: Money,
) -> Option<Vec<(&ChangeOrder, Money)>> {
    changes.retain(|(change, _)| !change.amount.is_zero());
    changes.sort_by_key(|(change, _)| (std::cmp::Reverse(change.date), change.id));
    changes.truncate(MOST);
    let mut best: Option<(u32, u32)> = None;
    for chosen in 1_u32..1 << changes.len() {
        let count = chosen.count_ones();
        if best.is_some_and(|(fewest, _)| count >= fewest) {
            continue;
        }
        let picked = changes
            .iter()
            .enumerate()
            .filter(|(place, _)| chosen & (1 << place) != 0);
        let sum: Money = picked.map(|(_, (_, amount))| *amount).sum();
        if sum == difference {
            best = Some((count, chosen));
        }
    }
    let (_, chosen) = best?;
    let picked = changes
        .iter()
        .enumerate()
        .filter(|(place, _)| chosen & (1 << place) != 0);
    Some(picked.map(|(_, one)| *one).collect())
}

fn source(change: &ChangeOrder) -> SourceRef {
    SourceRef::procore(change.kind.record_kind(), change.id)
}

fn hit(change: &ChangeOrder, case: &Case<'_, '_>, context: &Context<'_, '_>, effect: Money) -> Hit {
    // The estimate of its own amount, or the only one there is.
    let own = case
        .ledger
        .iter()
        .filter(|unit| unit.shown.gross == change.amount);
    let only = case.ledger.iter().filter(|_| case.ledger.len() == 1);
    let estimate = own.chain(only).next();
    let mut records: Vec<SourceRef> = estimate
        .map(|unit| context.view.at(unit.document).source())
        .into_iter()
        .collect();
    if effect.cents() < 0 {
        records.push(source(change));
    } else {
        records.insert(0, source(change));
    }
    let project_id = change.project_id;
    Hit {
        amount: effect.abs(),
        project_id: Some(project_id),
        customer_id: case.customer(context.view),
        effects: vec![Effect {
            project_id,
            measure: Measure::Contract,
            amount: effect,
        }],
        records,
        what: String::new(),
        date: change.date,
        instead: None,
    }
}

fn missing_in_ledger(change: &ChangeOrder, case: &Case<'_, '_>, context: &Context<'_, '_>) -> Hit {
    let mut hit = hit(change, case, context, change.amount);
    hit.what = format!(
        "change order {} for {} is approved in Procore and in no estimate in QuickBooks",
        change.number, change.amount
    );
    hit.instead = context
        .view
        .in_grace(change.date)
        .then_some("T01_in_transit");
    hit
}

fn early_in_ledger(change: &ChangeOrder, case: &Case<'_, '_>, context: &Context<'_, '_>) -> Hit {
    let mut hit = hit(change, case, context, -change.amount);
    hit.what = format!(
        "change order {} for {} is {} in Procore but already in an estimate in QuickBooks",
        change.number, change.amount, change.status
    );
    hit.instead = if change.status == "void" {
        Some("R22_void_one_side")
    } else {
        context
            .view
            .in_grace(change.date)
            .then_some("T03_pending_approval")
    };
    hit
}

/// The contract sums differ, and no change order says why.
fn unnamed(case: &Case<'_, '_>, context: &Context<'_, '_>, job: i64, difference: Money) -> Hit {
    Hit {
        amount: difference.abs(),
        project_id: Some(job),
        customer_id: case.customer(context.view),
        effects: case.effects(),
        records: case.records(context.view),
        what: format!(
            "the contract sum in Procore is {} and the estimates in QuickBooks come to {}",
            case.project_gross(),
            case.ledger_gross()
        ),
        date: case.project_date(),
        instead: None,
    }
}
