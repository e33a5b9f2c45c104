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
    // Billed to date per contract: what Procore's last certificate says, gross of retainage.
    let mut billed: BTreeMap<i64, (Money, i64, Option<Date>)> = BTreeMap::new();
    for unit in context.project {
        if unit.kind != ProjectKind::SubcontractorInvoice || unit.standing != Standing::Counted {
            continue;
        }
        let Some(contract) = unit.contract else { continue };
        let entry = billed.entry(contract).or_insert((Money::ZERO, unit.id, unit.date));
        entry.0 += unit.shown.gross;
        if unit.date >= entry.2 {
            (entry.1, entry.2) = (unit.id, unit.date);
        }
    }
    let mut hits = Vec::new();
    for (contract, (billed, last, date)) in billed {
        let Some((project_id, value, record)) = value_of(context, contract) else { continue };
        let excess = billed - value;
        if excess <= view.policy.tied {
            continue;
        }
        let pending: Money = pending(context, contract);
        let waits = pending >= excess;
        hits.push(Hit {
            amount: excess,
            project_id: Some(project_id),
            customer_id: None,
            effects: Vec::new(),
            records: vec![SourceRef::procore("requisition", last), record],
            what: format!("{billed} is billed on a commitment of {value}"),
            date,
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
            && matches!(change.status.as_str(), "pending" | "revised" | "pricing" | "proceeding")
    });
    changes.map(|change| change.amount).sum()
}

/// Project, revised value and record of a commitment.
fn value_of(context: &Context<'_, '_>, contract: i64) -> Option<(i64, Money, SourceRef)> {
    let commitment = context.view.commitment(contract)?;
    let record = SourceRef::procore(commitment.kind.record_kind(), contract);
    Some((commitment.project_id, commitment.revised, record))
}
