//! What a scenario leaves to be worked out: totals to date, revised contracts, open balances, and
//! the order of all lists.

use std::collections::BTreeMap;

use figures::Money;
use figures::model::{CertificateTotals, DocumentKind};

use super::reader::Reader;

/// Works out everything that follows from the lines.
pub(super) fn settle(reader: &mut Reader) {
    changes(reader);
    applications(reader);
    requisitions(reader);
    balances(reader);
    sort(reader);
}

/// Approved change orders as contracts and commitments state them.
fn changes(reader: &mut Reader) {
    for change in &reader.project.change_orders {
        let counts = change.status == "approved"
            && !change.deleted
            && change.kind.record_kind().ends_with("_change_order")
            && !change.kind.record_kind().starts_with("potential");
        if !counts {
            continue;
        }
        for contract in &mut reader.project.prime_contracts {
            if contract.id == change.contract_id {
                contract.approved_change_orders += change.amount;
            }
        }
        for commitment in &mut reader.project.commitments {
            if commitment.id == change.contract_id {
                commitment.approved_change_orders += change.amount;
                commitment.revised += change.amount;
            }
        }
    }
}

/// Totals to date per contract.
#[derive(Default)]
struct ToDate {
    of_contract: BTreeMap<i64, CertificateTotals>,
}

impl ToDate {
    /// Turns the amounts of a period into totals to date. Only what is approved and stands is
    /// carried on to the next document.
    fn add(&mut self, contract: i64, stands: bool, totals: &mut CertificateTotals) {
        let before = self.of_contract.get(&contract).copied().unwrap_or_default();
        let (gross, retainage) = (totals.completed_and_stored, totals.retainage);
        totals.completed_and_stored = before.completed_and_stored + gross;
        totals.retainage = before.retainage + retainage;
        totals.earned_less_retainage = totals.completed_and_stored - totals.retainage;
        totals.less_previous = before.earned_less_retainage;
        totals.current_due = totals.earned_less_retainage - totals.less_previous;
        if stands {
            self.of_contract.insert(contract, *totals);
        }
    }
}

fn applications(reader: &mut Reader) {
    let mut to_date = ToDate::default();
    let list = &mut reader.project.pay_applications;
    list.sort_by_key(|one| (one.contract_id, one.number, one.id));
    for one in list {
        let stands = !one.deleted && one.status == "approved";
        to_date.add(one.contract_id, stands, &mut one.totals);
    }
}

fn requisitions(reader: &mut Reader) {
    let mut to_date = ToDate::default();
    let list = &mut reader.project.subcontractor_invoices;
    list.sort_by_key(|one| (one.commitment_id, one.number, one.id));
    for one in list {
        let stands = !one.deleted && one.status.starts_with("approved");
        to_date.add(one.commitment_id, stands, &mut one.totals);
    }
}

/// What payments and used credits leave open, unless the scenario states it.
fn balances(reader: &mut Reader) {
    let mut applied: BTreeMap<(String, String), Money> = BTreeMap::new();
    for document in &reader.ledger.documents {
        for line in &document.lines {
            for link in &line.links {
                let key = (link.kind.to_string(), link.id.to_string());
                *applied.entry(key).or_default() += line.amount;
            }
        }
    }
    for document in &mut reader.ledger.documents {
        let stated = reader
            .stated
            .contains(format!("{} {}", document.kind.entity(), document.id).as_str());
        let open = [
            DocumentKind::Bill,
            DocumentKind::Invoice,
            DocumentKind::CreditMemo,
            DocumentKind::VendorCredit,
        ];
        if !stated && open.contains(&document.kind) {
            let key = (document.kind.entity().to_owned(), document.id.to_string());
            document.balance = document.total - applied.get(&key).copied().unwrap_or_default();
        }
    }
}

fn sort(reader: &mut Reader) {
    let number = |id: &str| (id.len(), id.to_owned());
    let project = &mut reader.project;
    project.projects.sort_by_key(|one| one.id);
    project.parties.sort_by_key(|one| one.id);
    project.prime_contracts.sort_by_key(|one| one.id);
    project.commitments.sort_by_key(|one| one.id);
    project.change_orders.sort_by_key(|one| one.id);
    project.pay_applications.sort_by_key(|one| one.id);
    project.subcontractor_invoices.sort_by_key(|one| one.id);
    project.contract_payments.sort_by_key(|one| one.id);
    project.direct_costs.sort_by_key(|one| one.id);
    let ledger = &mut reader.ledger;
    ledger.customers.sort_by_key(|one| number(&one.id));
    ledger.vendors.sort_by_key(|one| number(&one.id));
    ledger
        .documents
        .sort_by_key(|one| (one.kind, number(&one.id)));
}
