//! Which records of the two systems are in truth the same, from the books behind both.

use std::collections::BTreeMap;

use super::books::{Books, ContractKind, PairKind, Presence};
use crate::world::{SideRef, TruePair};

fn side(kind: &str, id: i64) -> SideRef {
    SideRef {
        kind: kind.to_string(),
        id: id.to_string(),
    }
}

/// The Procore kind of a contract.
pub(crate) fn contract_kind(kind: ContractKind) -> &'static str {
    match kind {
        ContractKind::Prime => "prime_contract",
        ContractKind::WorkOrder => "work_order_contract",
        ContractKind::PurchaseOrder => "purchase_order_contract",
    }
}

/// Every job, party and document that exists on both sides.
pub(crate) fn pairs(books: &Books) -> Vec<TruePair> {
    let mut all = Vec::new();
    let mut add = |kind: &str, procore: Vec<SideRef>, quickbooks: Vec<SideRef>| {
        if !procore.is_empty() && !quickbooks.is_empty() {
            all.push(TruePair {
                kind: kind.to_string(),
                procore,
                quickbooks,
            });
        }
    };
    for job in &books.jobs {
        let mut customers = vec![side("Customer", job.qid)];
        customers.extend(job.extra.iter().map(|(id, _)| side("Customer", *id)));
        add("job", vec![side("project", job.pid)], customers);
    }
    for owner in &books.owners {
        add(
            "party",
            vec![side("vendor", owner.pid)],
            vec![side("Customer", owner.qid)],
        );
    }
    for vendor in &books.vendors {
        add(
            "party",
            vec![side("vendor", vendor.pid)],
            vec![side("Vendor", vendor.qid)],
        );
    }
    for employee in &books.employees {
        add(
            "party",
            vec![side("person", employee.pid)],
            vec![side("Employee", employee.qid)],
        );
    }
    for pair in &books.pairs {
        let procore = pair
            .procore
            .iter()
            .filter_map(|&at| procore_side(books, pair.kind, at))
            .collect();
        add(
            "document",
            procore,
            quickbooks_sides(books, &pair.quickbooks),
        );
    }
    let mut payments: BTreeMap<Vec<usize>, Vec<SideRef>> = BTreeMap::new();
    for payment in books.payments.iter().filter(|payment| !payment.absent) {
        payments
            .entry(payment.twins.clone())
            .or_default()
            .push(side("contract_payment", payment.id));
    }
    for (twins, sides) in payments {
        add("document", sides, quickbooks_sides(books, &twins));
    }
    all
}

fn quickbooks_sides(books: &Books, txns: &[usize]) -> Vec<SideRef> {
    txns.iter()
        .map(|&at| &books.txns[at])
        .filter(|txn| txn.presence == Presence::Live)
        .map(|txn| side(txn.kind.entity(), txn.id))
        .collect()
}

fn procore_side(books: &Books, kind: PairKind, at: usize) -> Option<SideRef> {
    match kind {
        PairKind::PayApplication => Some(side("payment_application", books.pay_apps[at].id)),
        PairKind::Requisition => Some(side("requisition", books.requisitions[at].id)),
        PairKind::Commitment | PairKind::Prime => {
            let contract = &books.contracts[at];
            Some(side(contract_kind(contract.kind), contract.id))
        }
        _ => {
            let cost = &books.directs[at];
            (!cost.absent && !cost.deleted).then(|| side("direct_cost", cost.id))
        }
    }
}
