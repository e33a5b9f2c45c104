//! Billing beyond what was agreed, upstream (R41) and downstream (R42).

use std::collections::BTreeMap;

use figures::model::ChangeOrderKind;
use figures::source::SourceRef;
use figures::{Date, Money};

use super::{Context, Hit};
use crate::reconcile::units::{ProjectKind, Standing};

/// Project, revised value and record of an agreement.
pub(super) type Valued = (i64, Money, SourceRef);

/// What tells the two directions apart.
pub(super) struct Agreement {
    /// The document that bills on it.
    pub(super) certificate: ProjectKind,
    /// Change orders that raise it.
    pub(super) change: ChangeOrderKind,
    /// What people call the agreement, and the record that bills on it.
    pub(super) noun: &'static str,
    pub(super) document: &'static str,
    /// Its project, revised value and record.
    pub(super) value_of: fn(&Context<'_, '_>, i64) -> Option<Valued>,
}

/// Agreements on which more is billed than they are worth, by what the certificates say.
pub(super) fn scan(context: &Context<'_, '_>, agreement: &Agreement) -> Vec<Hit> {
    let view = context.view;
    // Billed to date per contract, gross of retainage, document by document.
    let mut billed: BTreeMap<i64, Vec<(Option<Date>, i64, Money)>> = BTreeMap::new();
    for unit in context.project {
        if unit.kind == agreement.certificate && unit.standing == Standing::Counted {
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
        let Some((project_id, value, record)) = (agreement.value_of)(context, contract) else {
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
        let waits = pending(context, contract, agreement.change) >= excess;
        hits.push(Hit {
            amount: excess,
            project_id: Some(project_id),
            customer_id: None,
            effects: Vec::new(),
            // Only the agreement is named: the document that crossed its value is right in itself,
            // and may be the record of another finding.
            records: vec![record],
            what: format!(
                "{total} is billed on a {} of {value}; {} {} went over it",
                agreement.noun,
                agreement.document,
                crossing.map_or(0, |(_, id, _)| *id)
            ),
            date: crossing.and_then(|(date, _, _)| *date),
            instead: waits.then_some("T03_pending_approval"),
        });
    }
    hits
}

/// Change orders of a contract that wait for approval.
fn pending(context: &Context<'_, '_>, contract: i64, kind: ChangeOrderKind) -> Money {
    let changes = context.view.records.change_orders.iter().filter(|change| {
        change.contract_id == contract
            && change.kind == kind
            && !change.deleted
            && matches!(
                change.status.as_str(),
                "pending" | "revised" | "pricing" | "proceeding"
            )
    });
    changes.map(|change| change.amount).sum()
}
