//! Pay applications and requisitions as Procore returns them, with the G702 and G703 arithmetic.

use serde_json::Value;

use super::billing::{blank_line, value_of};
use super::books::{Billing, BillingLine, Books, ContractKind, Source};
use super::calendar::month_end;
use super::chart::CODES;
use super::json::{day, instant, money, object, padded, percent, put};
use super::wire_procore::{Out, code_value, push};

/// Payments recorded per contract.
pub(crate) fn paid_by_contract(books: &Books) -> Vec<i64> {
    let mut paid = vec![0; books.contracts.len()];
    for payment in books.payments.iter().filter(|payment| !payment.absent) {
        paid[payment.contract] += payment.amount;
    }
    paid
}

/// Net of retainage billed per contract on its latest approved billing.
pub(crate) fn billed_by_contract(books: &Books) -> Vec<i64> {
    let mut billed = vec![0; books.contracts.len()];
    for billing in books.pay_apps.iter().chain(&books.requisitions) {
        if billing.status == "approved" {
            billed[billing.contract] = billing.total() - billing.retainage();
        }
    }
    billed
}

/// Writes every pay application, requisition and billing period.
pub(crate) fn write(books: &Books, out: &mut Out) {
    for billing in &books.pay_apps {
        write_one(books, billing, out);
    }
    for billing in &books.requisitions {
        write_one(books, billing, out);
    }
}

fn write_one(books: &Books, billing: &Billing, out: &mut Out) {
    let contract = &books.contracts[billing.contract];
    let project = books.jobs[contract.job].pid;
    let lines = complete_lines(books, billing);
    if contract.kind == ContractKind::Prime {
        let body = pay_application(books, billing, &lines);
        push(
            out,
            "payment_applications",
            Some(project),
            Some(contract.id),
            body,
        );
    } else {
        let body = requisition(books, billing, &lines);
        push(out, "requisitions", Some(project), Some(contract.id), body);
    }
}

/// The billing's lines, and an empty one for every change order approved by then without one.
fn complete_lines(books: &Books, billing: &Billing) -> Vec<BillingLine> {
    let mut lines = billing.lines.clone();
    for &at in &books.contracts[billing.contract].changes {
        let source = Source::Change(at);
        if approved_by(books, at, billing) && !lines.iter().any(|line| line.source == source) {
            lines.push(blank_line(books.changes[at].id + 500_000_000, source));
        }
    }
    lines
}

fn approved_by(books: &Books, change: usize, billing: &Billing) -> bool {
    let change = &books.changes[change];
    change.status == "approved" && change.reviewed.is_some_and(|date| date <= billing.date)
}

fn summary(books: &Books, billing: &Billing, lines: &[BillingLine]) -> Value {
    let contract = &books.contracts[billing.contract];
    let original = contract.amount();
    let changes: Vec<i64> = contract
        .changes
        .iter()
        .filter(|&&at| approved_by(books, at, billing))
        .map(|&at| books.changes[at].amount)
        .collect();
    let net: i64 = changes.iter().sum();
    let sum = original + net;
    let total = billing.total();
    let work_retainage: i64 = lines.iter().map(|line| line.work_retainage).sum();
    let stored_retainage: i64 = lines.iter().map(|line| line.stored_retainage).sum();
    let earned = total - billing.retainage();
    let before = billing.previous_total() - billing.previous_retainage();
    let rate = if billing.released {
        0
    } else {
        contract.retainage_bp
    };
    let mut body = object([
        ("original_contract_sum", money(original)),
        ("net_change_by_change_orders", money(net)),
        ("contract_sum_to_date", money(sum)),
        ("total_completed_and_stored_to_date", money(total)),
        ("completed_work_retainage_percent", padded(rate).into()),
        ("completed_work_retainage_amount", money(work_retainage)),
        ("stored_materials_retainage_percent", padded(rate).into()),
        ("stored_materials_retainage_amount", money(stored_retainage)),
        ("total_retainage", money(billing.retainage())),
        ("total_earned_less_retainage", money(earned)),
        ("less_previous_certificates_for_payment", money(before)),
        ("current_payment_due", money(earned - before + billing.tax)),
        ("balance_to_finish_including_retainage", money(sum - earned)),
        ("tax_applicable_to_this_payment", money(billing.tax)),
    ]);
    if contract.kind == ContractKind::Prime && !books.plan.lean {
        put(
            &mut body,
            "positive_change_order_item_total",
            money(changes.iter().filter(|&&c| c > 0).sum()),
        );
        put(
            &mut body,
            "negative_change_order_item_total",
            money(changes.iter().filter(|&&c| c < 0).sum()),
        );
    }
    body
}

fn pay_application(books: &Books, billing: &Billing, lines: &[BillingLine]) -> Value {
    let contract = &books.contracts[billing.contract];
    let owner = &books.owners[contract.party];
    let (start, end) = (billing.date.first_of_month(), month_end(billing.date));
    let sum: i64 = lines
        .iter()
        .map(|line| value_of(books, billing.contract, line.source))
        .sum();
    let paid: i64 = billing_payments(books, billing);
    let mut body = object([
        ("id", billing.id.into()),
        ("number", billing.number.into()),
        ("invoice_number", billing.invoice_number.as_str().into()),
        ("status", billing.status.into()),
        ("billing_date", day(billing.date)),
        ("period_start", day(start)),
        ("period_end", day(end)),
        (
            "percent_complete",
            format!("{}%", percent(billing.total(), sum)).into(),
        ),
        ("total_amount_paid", money(paid)),
        ("total_amount_accrued_this_period", money(billing.gross())),
        ("formatted_contract_company", owner.name.as_str().into()),
        (
            "contract",
            object([
                ("id", contract.id.into()),
                ("type", "PrimeContract".into()),
                ("title", contract.title.as_str().into()),
            ]),
        ),
        ("origin_id", billing.origin.clone().into()),
        ("origin_data", Value::Null),
        ("g702", summary(books, billing, lines)),
        ("created_at", day(billing.date)),
        ("updated_at", day(billing.date)),
    ]);
    if !books.plan.lean {
        let rows: Vec<Value> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| row(books, billing, line, n))
            .collect();
        put(&mut body, "g703", rows.into());
    }
    body
}

fn billing_payments(books: &Books, billing: &Billing) -> i64 {
    if books.plan.lean {
        return 0;
    }
    books
        .payments
        .iter()
        .filter(|payment| {
            payment.contract == billing.contract
                && !payment.absent
                && payment.invoice_number == billing.invoice_number
        })
        .map(|payment| payment.amount)
        .sum()
}

fn requisition(books: &Books, billing: &Billing, lines: &[BillingLine]) -> Value {
    let contract = &books.contracts[billing.contract];
    let vendor = &books.vendors[contract.party];
    let kind = if contract.kind == ContractKind::WorkOrder {
        "WorkOrderContract"
    } else {
        "PurchaseOrderContract"
    };
    let (start, end) = (billing.date.first_of_month(), month_end(billing.date));
    let sum: i64 = lines
        .iter()
        .map(|line| value_of(books, billing.contract, line.source))
        .sum();
    let mut body = object([
        ("id", billing.id.into()),
        ("project_id", books.jobs[contract.job].pid.into()),
        ("commitment_id", contract.id.into()),
        ("commitment_type", kind.into()),
        ("contract_name", contract.title.as_str().into()),
        ("vendor_id", vendor.pid.into()),
        ("vendor_name", vendor.name.as_str().into()),
        ("number", billing.number.into()),
        ("invoice_number", billing.invoice_number.as_str().into()),
        ("invoice_type", "Progress".into()),
        ("status", billing.status.into()),
        ("erp_status", "not_integrated".into()),
        ("billing_date", day(billing.date)),
        ("requisition_start", day(start)),
        ("requisition_end", day(end)),
        ("payment_date", Value::Null),
        ("final", billing.released.into()),
        (
            "percent_complete",
            format!("{}%", percent(billing.total(), sum)).into(),
        ),
        ("total_claimed_amount", money(billing.gross())),
        ("previous_requisition_id", billing.previous.into()),
        ("summary", summary(books, billing, lines)),
        ("origin_id", billing.origin.clone().into()),
        ("origin_data", Value::Null),
        ("created_at", instant(billing.date)),
        ("updated_at", instant(billing.date)),
    ]);
    if !books.plan.lean {
        let rows: Vec<Value> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| row(books, billing, line, n))
            .collect();
        put(&mut body, "items", rows.into());
    }
    body
}

/// A G703 row, or a requisition item: the two differ in a few keys only.
fn row(books: &Books, billing: &Billing, line: &BillingLine, n: usize) -> Value {
    let contract = &books.contracts[billing.contract];
    let value = value_of(books, billing.contract, line.source);
    let (code, origin, from_change) = match line.source {
        Source::Line(at) => (contract.lines[at].code, contract.lines[at].id, false),
        Source::Change(at) => (
            books.changes[at].code,
            books.changes[at].package.unwrap_or(books.changes[at].id),
            true,
        ),
    };
    let total = line.work + line.stored;
    let held = line.work_retainage + line.stored_retainage;
    let before = line.previous_work_retainage + line.previous_stored_retainage;
    let work_change = line.work_retainage - line.previous_work_retainage;
    let rate = if billing.released {
        0
    } else {
        contract.retainage_bp
    };
    let mut body = object([
        ("id", line.id.into()),
        ("description_of_work", CODES[code].name.into()),
        ("scheduled_value", money(value)),
        (
            "work_completed_from_previous_application",
            money(line.previous_work),
        ),
        (
            "work_completed_this_period",
            money(line.work - line.previous_work),
        ),
        ("materials_presently_stored", money(line.stored)),
        ("total_completed_and_stored_to_date", money(total)),
        (
            "total_completed_and_stored_to_date_percent",
            percent(total, value).into(),
        ),
        ("balance_to_finish", money(value - total)),
        (
            "work_completed_retainage_from_previous_application",
            money(line.previous_work_retainage),
        ),
        (
            "work_completed_retainage_retained_this_period",
            money(work_change.max(0)),
        ),
        (
            "work_completed_retainage_released_this_period",
            money((-work_change).max(0)),
        ),
        (
            "work_completed_retainage_currently_retained",
            money(line.work_retainage),
        ),
        (
            "work_completed_retainage_percent_this_period",
            padded(rate).into(),
        ),
        (
            "materials_stored_retainage_currently_retained",
            money(line.stored_retainage),
        ),
        ("total_retainage_currently_retained", money(held)),
        ("total_retainage_from_previous_application", money(before)),
        ("cost_code", code_value(books, contract.job, code)),
    ]);
    if contract.kind == ContractKind::Prime {
        put(&mut body, "item_number", (n + 1).into());
        put(&mut body, "type", "payment_application_line_item".into());
        put(
            &mut body,
            "origin_type",
            if from_change {
                "ChangeOrderPackage"
            } else {
                "LineItem"
            }
            .into(),
        );
        put(&mut body, "origin_id", origin.into());
        put(
            &mut body,
            "added_from_source",
            if from_change {
                "change_order"
            } else {
                "contract"
            }
            .into(),
        );
    } else {
        put(
            &mut body,
            "item_type",
            if from_change {
                "change_order_item"
            } else {
                "contract_item"
            }
            .into(),
        );
        put(&mut body, "line_item_id", origin.into());
        put(&mut body, "position", (n + 1).into());
        put(&mut body, "status", billing.status.into());
    }
    body
}
