//! Which document of Procore's a payment pays.

use figures::Money;
use rustc_hash::FxHashMap;

use super::{Family, ProjectKind, ProjectUnit};
use crate::reconcile::matching::pairing::compact;
use crate::reconcile::view::View;

/// Notes of each payment which unit it pays.
pub(super) fn name_paid(view: &View<'_>, units: &mut [ProjectUnit<'_>]) {
    let paid = PaidDocuments::new(view, units);
    for unit in units {
        if matches!(unit.family, Family::Receipt | Family::Payment) {
            unit.pays = paid.of(view, unit);
        }
    }
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// A contract, and the job that the record naming it is kept in.
type OnJob = (i64, i64);

/// Documents by job and by what payments name them with. A payment pays a document of its own job:
/// Procore keeps both under one contract, and a job is compared without a look at the others.
struct PaidDocuments {
    by_id: FxHashMap<(i64, ProjectKind, i64), u32>,
    by_number: FxHashMap<(OnJob, String), u32>,
    /// Certificates by contract and running number.
    by_running: FxHashMap<(OnJob, i64), u32>,
    /// Certificates by contract and net amount; nothing where several have it.
    by_amount: FxHashMap<(OnJob, Money), Option<u32>>,
}

impl PaidDocuments {
    fn new(view: &View<'_>, project: &[ProjectUnit<'_>]) -> Self {
        let mut by_id = FxHashMap::default();
        let mut by_number = FxHashMap::default();
        let mut by_running = FxHashMap::default();
        let mut by_amount: FxHashMap<(OnJob, Money), Option<u32>> = FxHashMap::default();
        for (place, unit) in project.iter().enumerate() {
            if !matches!(unit.family, Family::Billing | Family::Cost) {
                continue;
            }
            by_id.insert((unit.job, unit.kind, unit.id), index(place));
            let on_job = unit.contract.map(|contract| (unit.job, contract));
            let records = &view.records;
            let running = match unit.kind {
                ProjectKind::PayApplication => {
                    Some(records.pay_applications[unit.place as usize].number)
                }
                ProjectKind::SubcontractorInvoice => {
                    Some(records.subcontractor_invoices[unit.place as usize].number)
                }
                _ => None,
            };
            if let (Some(contract), Some(number)) = (on_job, running) {
                by_running.entry((contract, number)).or_insert(index(place));
                by_amount
                    .entry((contract, unit.shown.net + unit.shown.tax))
                    .and_modify(|held| *held = None)
                    .or_insert(Some(index(place)));
            }
            if let Some(contract) = on_job.filter(|_| !unit.number.is_empty()) {
                by_number
                    .entry((contract, compact(unit.number)))
                    .or_insert(index(place));
            }
        }
        Self {
            by_id,
            by_number,
            by_running,
            by_amount,
        }
    }

    /// The unit paid by a payment, when the payment names it.
    fn of(&self, view: &View<'_>, payment: &ProjectUnit<'_>) -> Option<u32> {
        if payment.kind == ProjectKind::DirectCost {
            return self
                .by_id
                .get(&(payment.job, ProjectKind::DirectCost, payment.id))
                .copied();
        }
        let record = &view.records.contract_payments[payment.place as usize];
        let contract = (payment.job, record.contract_id);
        let invoice = ProjectKind::SubcontractorInvoice;
        let named = record
            .subcontractor_invoice_id
            .and_then(|id| self.by_id.get(&(payment.job, invoice, id)));
        if named.is_some() {
            return named.copied();
        }
        let number = compact(&record.invoice_number);
        let by_number = self
            .by_number
            .get(&(contract, number))
            .filter(|_| !record.invoice_number.is_empty());
        let by_running = record
            .draw_request_number
            .and_then(|number| self.by_running.get(&(contract, number)));
        // Named or not, a payment of exactly what one certificate asks for pays that one.
        let by_amount = self
            .by_amount
            .get(&(contract, record.amount))
            .copied()
            .flatten();
        by_number.or(by_running).copied().or(by_amount)
    }
}
