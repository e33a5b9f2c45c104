//! # Billed over commitment
//!
//! **What.** A vendor has billed more than its commitment allows.
//!
//! **Why it happens.** A commitment change order is missing.
//!
//! **What to do.** Get the change order, or reject the excess.

use std::collections::BTreeMap;

use figures::model::ChangeOrderKind;
use figures::source::SourceRef;
use figures::{Date, Money};

use super::{Check, Context, Hit, Rule, Weight};
use crate::reconcile::units::{ProjectKind, Standing};

pub(super) const CHECK: Check = Check {
    id: "R42_bill_over_commitment",
    weight: Weight::Cash,
    why: "A commitment change order is missing.",
    next: "Get the commitment change order, or reject the excess.",
    rule: Rule::Scan(scan),
};

fn scan(context: &Context<'_, '_>) -> Vec<Hit> {
    let view = context.view;
    // Billed to date per contract, gross of retainage, document by document.
    let mut billed: BTreeMap<i64, Vec<(Option<Date>, i64, Money)>> = BTreeMap::new();
    for unit in context.project {
        if unit.kind == ProjectKind::SubcontractorInvoice && unit.standing == Standing::Counted {
            let Some(contract) = unit.contract else {
                continue;
            };
            billed
                .entry(contract)
                .or_default()
                .push((unit.date, unit.id, unit.shown.gross));
        }
    }
    let mut hits = Vec::new();
    for (contract, mut documents) in billed {
        let Some((project_id, value, record)) = value_of(context, contract) else {
            continue;
        };
        let total: Money = documents.iter().map(|(_, _, gross)| *gross).sum();
        let excess = total - value;
        if excess <= view.policy.tied {
            continue;
        }
        documents.sort();
        let mut so_far = Money::ZERO;
        let crossing = documents.iter().find(|(_, _, gross)| {
            so_far += *gross;
            so_far > value
        });
        let waits = pending(context, contract) >= excess;
        hits.push(Hit {
            amount: excess,
            project_id: Some(project_id),
            customer_id: None,
            effects: Vec::new(),
            // Only the agreement is named: the document that crossed its value is right in itself,
            // and may be the record of another finding.
            records: vec![record],
            what: format!(
                "{total} is billed on a commitment of {value}; requisition {} went over it",
                crossing.map_or(0, |(_, id, _)| *id)
            ),
            date: crossing.and_then(|(date, _, _)| *date),
            instead: waits.then_some("T03_pending_approval"),
        });
    }
    hits
}

/// Change orders of a contract that wait for approval.
fn pending(context: &Context<'_, '_>, contract: i64) -> Money {
    let changes = context.view.project.change_orders.iter().filter(|change| {
        change.contract_id == contract
            && change.kind == ChangeOrderKind::Commitment
            && !change.deleted
            && matches!(
                change.status.as_str(),
                "pending" | "revised" | "pricing" | "proceeding"
            )
    });
    changes.map(|change| change.amount).sum()
}

/// Project, revised value and record of a commitment.
fn value_of(context: &Context<'_, '_>, contract: i64) -> Option<(i64, Money, SourceRef)> {
    let commitment = context.view.commitment(contract)?;
    let record = SourceRef::procore(commitment.kind.record_kind(), contract);
    Some((commitment.project_id, commitment.revised, record))
}
