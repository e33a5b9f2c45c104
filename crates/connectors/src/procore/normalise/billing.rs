//! Applications to the owner, subcontractor invoices and payments on contracts.

use figures::Money;
use figures::model::{
    CertificateTotals, CodedAmount, ContractPayment, PayApplication, SubcontractorInvoice,
};

use super::members::{amount, cost_code, holder, project, status};
use super::{ProjectTables, wire};
use crate::reading::raw::{Read, object, sum};
use crate::reading::{RawLine, Refusal};

impl ProjectTables {
    pub(super) fn read_pay_application(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Application<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(
            wire.id,
            wire.updated_at,
            wire.currency_configuration.as_ref(),
        )?;
        let record = pay_application(key.id, line, &wire).map_err(|reason| key.refusal(reason))?;
        self.pay_applications.push(key.stamp(record, line));
        Ok(())
    }

    pub(super) fn read_subcontractor_invoice(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::Application<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(
            wire.id,
            wire.updated_at,
            wire.currency_configuration.as_ref(),
        )?;
        let record =
            subcontractor_invoice(key.id, line, &wire).map_err(|reason| key.refusal(reason))?;
        self.subcontractor_invoices.push(key.stamp(record, line));
        Ok(())
    }

    pub(super) fn read_contract_payment(&mut self, line: &RawLine<'_>) -> Result<(), Refusal> {
        let wire: wire::ContractPayment<'_> = object(line.body).map_err(Refusal::nameless)?;
        let key = self.key(
            wire.id,
            wire.updated_at,
            wire.currency_configuration.as_ref(),
        )?;
        let record = contract_payment(key.id, line, &wire).map_err(|reason| key.refusal(reason))?;
        self.contract_payments.push(key.stamp(record, line));
        Ok(())
    }
}

fn pay_application(
    id: i64,
    line: &RawLine<'_>,
    wire: &wire::Application<'_>,
) -> Read<PayApplication> {
    let status = status(wire.status)?;
    let contract = wire
        .contract
        .as_ref()
        .map(|contract| contract.id)
        .unwrap_or_default();
    let period = wire.billing_period.as_ref();
    let start = wire
        .period_start
        .or(period.map(|period| period.start_date).unwrap_or_default());
    let end = wire
        .period_end
        .or(period.map(|period| period.end_date).unwrap_or_default());
    Ok(PayApplication {
        id,
        project_id: project(line, wire.project_id, wire.project)?,
        contract_id: holder(line, &[contract, wire.contract_id])?,
        number: wire.number.integer("number")?.ok_or("number is missing")?,
        invoice_number: wire.invoice_number.words("invoice_number")?,
        totals: totals(wire, &status, "g702")?,
        status,
        billing_date: wire.billing_date.date("billing_date")?,
        period_start: start.date("period_start")?,
        period_end: end.date("period_end")?,
        paid: wire.total_amount_paid.money("total_amount_paid")?,
        origin_id: wire.origin_id.words("origin_id")?,
        deleted: wire.deleted_at.is_some(),
    })
}

fn subcontractor_invoice(
    id: i64,
    line: &RawLine<'_>,
    wire: &wire::Application<'_>,
) -> Read<SubcontractorInvoice> {
    let status = status(wire.status)?;
    Ok(SubcontractorInvoice {
        id,
        project_id: project(line, wire.project_id, wire.project)?,
        commitment_id: holder(line, &[wire.commitment_id, wire.contract_id])?,
        vendor_id: wire.vendor_id.integer("vendor_id")?,
        vendor_name: wire.vendor_name.words("vendor_name")?,
        number: wire.number.integer("number")?.ok_or("number is missing")?,
        invoice_number: wire.invoice_number.words("invoice_number")?,
        totals: totals(wire, &status, "summary")?,
        status,
        billing_date: wire.billing_date.date("billing_date")?,
        payment_date: wire.payment_date.date("payment_date")?,
        lines: coded_lines(wire)?,
        origin_id: wire.origin_id.words("origin_id")?,
        deleted: wire.deleted_at.is_some(),
    })
}

/// The totals; whatever counts must be there, and nothing is computed in its place.
fn totals(wire: &wire::Application<'_>, status: &str, member: &str) -> Read<CertificateTotals> {
    let Some(totals) = wire.g702.as_ref().or(wire.summary.as_ref()) else {
        return if super::members::counts(status) {
            Err(format!("it has no {member}, so its totals are not known"))
        } else {
            Ok(CertificateTotals::default())
        };
    };
    Ok(CertificateTotals {
        completed_and_stored: amount(
            totals.total_completed_and_stored_to_date,
            "total_completed_and_stored_to_date",
            status,
        )?,
        retainage: amount(totals.total_retainage, "total_retainage", status)?,
        earned_less_retainage: amount(
            totals.total_earned_less_retainage,
            "total_earned_less_retainage",
            status,
        )?,
        less_previous: amount(
            totals.less_previous_certificates_for_payment,
            "less_previous_certificates_for_payment",
            status,
        )?,
        current_due: amount(totals.current_payment_due, "current_payment_due", status)?,
        tax: totals
            .tax_applicable_to_this_payment
            .money_or_zero("tax_applicable_to_this_payment")?,
        stored_materials: stored_materials(wire, totals)?,
    })
}

/// The sum over the lines; without lines what the totals say.
fn stored_materials(wire: &wire::Application<'_>, totals: &wire::Totals<'_>) -> Read<Money> {
    if all_lines(wire).is_empty() {
        return totals.stored_materials.money_or_zero("stored_materials");
    }
    sum(
        "materials_presently_stored",
        billed_lines(wire).map(|line| {
            line.materials_presently_stored
                .money_or_zero("materials_presently_stored")
        }),
    )
}

fn coded_lines(wire: &wire::Application<'_>) -> Read<Vec<CodedAmount>> {
    billed_lines(wire)
        .map(|line| {
            Ok(CodedAmount {
                cost_code_id: cost_code(line.cost_code_id, line.cost_code.as_ref())?,
                amount: line
                    .total_completed_and_stored_to_date
                    .money_or_zero("total_completed_and_stored_to_date")?,
            })
        })
        .collect()
}

fn all_lines<'a, 'b>(wire: &'b wire::Application<'a>) -> &'b [wire::BilledLine<'a>] {
    wire.g703
        .as_deref()
        .or(wire.items.as_deref())
        .unwrap_or_default()
}

/// The lines that make up the total. A subcontractor's own breakdown (`contract_detail_item`)
/// repeats the contract lines and counts only where those are not given.
fn billed_lines<'a, 'b>(
    wire: &'b wire::Application<'a>,
) -> impl Iterator<Item = &'b wire::BilledLine<'a>> {
    let lines = all_lines(wire);
    let is_kind = |line: &wire::BilledLine<'_>, kind: &str| matches!(line.item_type.text("item_type"), Ok(Some(text)) if text == kind);
    let has_contract_lines = lines.iter().any(|line| is_kind(line, "contract_item"));
    lines
        .iter()
        .filter(move |line| !(has_contract_lines && is_kind(line, "contract_detail_item")))
}

fn contract_payment(
    id: i64,
    line: &RawLine<'_>,
    wire: &wire::ContractPayment<'_>,
) -> Read<ContractPayment> {
    Ok(ContractPayment {
        id,
        project_id: project(line, wire.project_id, wire.project)?,
        contract_id: holder(line, &[wire.contract_id])?,
        subcontractor_invoice_id: wire.requisition_id.integer("requisition_id")?,
        amount: wire.amount.money_required("amount")?,
        date: wire.date.date("date")?,
        check_number: wire.check_number.words("check_number")?,
        invoice_number: wire.invoice_number.words("invoice_number")?,
        payment_number: wire.payment_number.integer("payment_number")?.unwrap_or(0),
        draw_request_number: wire.draw_request_number.integer("draw_request_number")?,
        settled: wire.date_payment_settled.date("date_payment_settled")?,
        bank_reference: wire.external_payment_id.words("external_payment_id")?,
        origin_id: wire.origin_id.words("origin_id")?,
        deleted: wire.deleted_at.is_some(),
    })
}
