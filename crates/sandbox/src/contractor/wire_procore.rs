//! Procore's side as the API returns it: contracts, change orders, payments, direct costs.
//!
//! Contract totals are derived here from the records, so Procore's documented identities hold
//! whatever was planted. Billings are in `wire_billing`, people and projects in `wire_directory`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::books::{Books, Change, Contract, ContractKind, Direct, DirectKind, Tiers};
use super::calendar::{earlier, plus};
use super::chart::{CODES, cost_type};
use super::json::{compact, day, instant, maybe_day, named, object, percent, plain};
use super::{wire_billing, wire_directory};
use crate::world::ProcoreRecord;

/// Procore's company id of the simulated contractor.
pub(crate) const COMPANY: i64 = 26_972;
const COMPANY_VENDOR: i64 = 60_000;

/// Records by snapshot name.
pub(crate) type Out = BTreeMap<String, Vec<ProcoreRecord>>;

/// Adds one record.
pub(crate) fn push(
    out: &mut Out,
    name: &str,
    project: Option<i64>,
    parent: Option<i64>,
    body: Value,
) {
    let record = ProcoreRecord {
        project_id: project,
        parent_id: parent,
        body,
    };
    out.entry(name.to_string()).or_default().push(record);
}

/// Everything that Procore holds.
pub(crate) fn write(books: &Books) -> Out {
    let mut out = Out::new();
    wire_directory::write(books, &mut out);
    let paid = wire_billing::paid_by_contract(books);
    let billed = wire_billing::billed_by_contract(books);
    for (at, contract) in books.contracts.iter().enumerate() {
        contract_records(books, contract, paid[at], billed[at], &mut out);
    }
    wire_billing::write(books, &mut out);
    for payment in books.payments.iter().filter(|payment| !payment.absent) {
        push_payment(books, payment, &mut out);
    }
    for cost in books.directs.iter().filter(|cost| !cost.absent) {
        push(
            &mut out,
            "direct_costs",
            Some(books.jobs[cost.job].pid),
            None,
            direct_cost(books, cost),
        );
    }
    out
}

/// Procore's id of a cost code within a project.
pub(crate) fn code_id(books: &Books, job: usize, code: usize) -> i64 {
    books.jobs[job].pid * 100 + i64::try_from(code).unwrap_or(0)
}

/// A cost code as records embed it.
pub(crate) fn code_value(books: &Books, job: usize, code: usize) -> Value {
    object([
        ("id", code_id(books, job, code).into()),
        ("name", CODES[code].name.into()),
        ("full_code", CODES[code].code.into()),
    ])
}

/// A cost type as records embed it.
pub(crate) fn type_value(code: usize) -> Value {
    let (id, letter, name) = cost_type(code);
    object([
        ("id", id.into()),
        ("name", name.into()),
        ("code", letter.into()),
        ("base_type", Value::Null),
        ("origin_id", Value::Null),
    ])
}

fn contract_records(books: &Books, contract: &Contract, paid: i64, billed: i64, out: &mut Out) {
    let job = &books.jobs[contract.job];
    let changes: Vec<&Change> = contract
        .changes
        .iter()
        .map(|&at| &books.changes[at])
        .collect();
    let total = |status: &str| -> i64 {
        changes
            .iter()
            .filter(|change| change.status == status)
            .map(|change| change.amount)
            .sum()
    };
    let (approved, pending, amount) = (total("approved"), total("pending"), contract.amount());
    let revised = amount + approved;
    let prime = contract.kind == ContractKind::Prime;
    let (pending_key, draft_key, revised_key, pending_revised_key, billed_key, rest_key) = if prime
    {
        (
            "pending_change_orders_amount",
            "draft_change_orders_amount",
            "revised_contract_amount",
            "pending_revised_contract_amount",
            "owner_invoices_amount",
            "outstanding_balance",
        )
    } else {
        (
            "pending_change_orders",
            "draft_change_orders_amount",
            "revised_contract",
            "pending_revised_contract",
            "total_requisitions_amount",
            "remaining_balance_outstanding",
        )
    };
    let party = if prime {
        let owner = &books.owners[contract.party];
        named(owner.pid, &owner.name)
    } else {
        let vendor = &books.vendors[contract.party];
        object([
            ("id", vendor.pid.into()),
            ("company", vendor.name.as_str().into()),
        ])
    };
    let mut body = object([
        ("id", contract.id.into()),
        ("number", contract.number.as_str().into()),
        ("title", contract.title.as_str().into()),
        ("status", contract.status.into()),
        ("executed", (contract.status != "Draft").into()),
        ("accounting_method", "amount".into()),
        ("private", prime.into()),
        ("contract_date", day(contract.date)),
        ("retainage_percent", plain(contract.retainage_bp)),
        ("grand_total", plain(amount)),
        ("approved_change_orders", plain(approved)),
        (pending_key, plain(pending)),
        (draft_key, plain(total("draft"))),
        (revised_key, plain(revised)),
        (pending_revised_key, plain(revised + pending)),
        (billed_key, plain(billed)),
        ("total_payments", plain(paid)),
        (rest_key, plain(revised - paid)),
        ("percentage_paid", percent(paid, revised).into()),
        ("vendor", party),
        ("origin_id", contract.origin.clone().into()),
        ("origin_data", Value::Null),
        ("origin_code", Value::Null),
        ("created_at", instant(contract.date)),
        ("updated_at", instant(contract.date)),
        ("deleted_at", Value::Null),
    ]);
    let name = match contract.kind {
        ContractKind::Prime => {
            super::json::put(
                &mut body,
                "contractor",
                named(COMPANY_VENDOR, &books.plan.company),
            );
            "prime_contracts"
        }
        ContractKind::WorkOrder => "work_order_contracts",
        ContractKind::PurchaseOrder => "purchase_order_contracts",
    };
    if !prime {
        super::json::put(&mut body, "requisitions_are_enabled", true.into());
        super::json::put(&mut body, "project", named(job.pid, &job.name));
    }
    push(out, name, Some(job.pid), None, body);
    for (position, line) in contract.lines.iter().enumerate() {
        let holder = [
            "PrimeContract",
            "WorkOrderContract",
            "PurchaseOrderContract",
        ][contract.kind as usize];
        let body = object([
            ("id", line.id.into()),
            ("position", (position + 1).into()),
            ("description", CODES[line.code].name.into()),
            ("amount", plain(line.amount)),
            ("extended_amount", plain(line.amount)),
            ("extended_type", "manual".into()),
            ("total_amount", plain(line.amount)),
            ("cost_code", code_value(books, contract.job, line.code)),
            ("line_item_type", type_value(line.code)),
            (
                "holder",
                object([("id", contract.id.into()), ("holder_type", holder.into())]),
            ),
            ("origin_id", Value::Null),
        ]);
        let list = if prime {
            "prime_contract_line_items"
        } else {
            "commitment_line_items"
        };
        push(out, list, Some(job.pid), Some(contract.id), body);
    }
    for change in changes {
        change_records(books, contract, change, out);
    }
}

fn change_records(books: &Books, contract: &Contract, change: &Change, out: &mut Out) {
    let job = &books.jobs[contract.job];
    let prime = contract.kind == ContractKind::Prime;
    let reviewed = change.reviewed.map_or(Value::Null, instant);
    let shared = |kind: Option<&str>, id: i64, twin: Option<i64>| {
        let mut body = object([
            ("id", id.into()),
            ("contract_id", contract.id.into()),
            ("number", change.number.as_str().into()),
            ("revision", 0.into()),
            ("title", change.title.as_str().into()),
            ("status", change.status.into()),
            ("executed", (change.status == "approved").into()),
            ("grand_total", plain(change.amount)),
            ("due_date", Value::Null),
            ("invoiced_date", Value::Null),
            ("paid_date", Value::Null),
            ("reviewed_at", reviewed.clone()),
            ("created_at", instant(change.created)),
            (
                "updated_at",
                instant(change.reviewed.unwrap_or(change.created)),
            ),
        ]);
        if let Some(kind) = kind {
            super::json::put(&mut body, "type", kind.into());
            super::json::put(&mut body, "legacy_package_id", twin.into());
            super::json::put(&mut body, "legacy_request_id", Value::Null);
        } else {
            super::json::put(&mut body, "origin_id", Value::Null);
            super::json::put(&mut body, "deleted_at", Value::Null);
        }
        body
    };
    if change.potential {
        let mut body = shared(None, change.id, None);
        super::json::put(&mut body, "change_order_tiers", 2.into());
        push(
            out,
            "potential_change_orders",
            Some(job.pid),
            Some(contract.id),
            body,
        );
        return;
    }
    if job.tiers != Tiers::LegacyOnly {
        let (name, kind) = if prime {
            ("prime_change_orders", "PrimeChangeOrder")
        } else {
            ("commitment_change_orders", "CommitmentChangeOrder")
        };
        push(
            out,
            name,
            Some(job.pid),
            Some(contract.id),
            shared(Some(kind), change.id, change.package),
        );
    }
    if let Some(package) = change.package {
        push(
            out,
            "change_order_packages",
            Some(job.pid),
            Some(contract.id),
            shared(None, package, None),
        );
    }
}

fn push_payment(books: &Books, payment: &super::books::Payment, out: &mut Out) {
    let contract = &books.contracts[payment.contract];
    let project = books.jobs[contract.job].pid;
    let prime = contract.kind == ContractKind::Prime;
    let requisition = payment
        .billing
        .filter(|_| !prime)
        .map(|at| books.requisitions[at].id);
    let settled = if payment.settled {
        instant(payment.date)
    } else {
        Value::Null
    };
    let body = object([
        ("id", payment.id.into()),
        ("contract_id", contract.id.into()),
        ("project_id", project.into()),
        ("requisition_id", requisition.into()),
        ("amount", plain(payment.amount)),
        ("date", day(payment.date)),
        ("check_number", payment.check.as_str().into()),
        ("invoice_number", payment.invoice_number.as_str().into()),
        ("payment_number", payment_number(books, payment).into()),
        ("status", "".into()),
        ("notes", Value::Null),
        ("date_payment_initiated", settled.clone()),
        ("date_payment_settled", settled),
        (
            "external_payment_id",
            payment.settled.then(|| format!("pp_{}", payment.id)).into(),
        ),
        ("origin_id", Value::Null),
        ("origin_code", Value::Null),
        ("origin_data", Value::Null),
        ("created_at", instant(payment.date)),
        ("updated_at", instant(payment.date)),
    ]);
    push(
        out,
        "contract_payments",
        Some(project),
        Some(contract.id),
        body,
    );
}

fn direct_cost(books: &Books, cost: &Direct) -> Value {
    let entered = earlier(cost.date, books.plan.as_of);
    let kind = match cost.kind {
        DirectKind::Invoice => "invoice",
        DirectKind::Expense => "expense",
        DirectKind::Payroll => "payroll",
    };
    let vendor = cost.vendor.map(|at| &books.vendors[at]);
    let line = object([
        ("id", (cost.id + 1_000_000_000).into()),
        ("description", cost.description.as_str().into()),
        ("amount", plain(cost.amount)),
        ("cost_code", code_value(books, cost.job, cost.code)),
        ("line_item_type", type_value(cost.code)),
    ]);
    let body = object([
        ("id", cost.id.into()),
        ("direct_cost_type", kind.into()),
        ("direct_cost_date", day(cost.date)),
        ("invoice_number", cost.number.clone().into()),
        ("status", cost.status.into()),
        (
            "vendor",
            vendor.map(|vendor| named(vendor.pid, &vendor.name)).into(),
        ),
        ("vendor_id", vendor.map(|vendor| vendor.pid).into()),
        (
            "vendor_name",
            vendor.map(|vendor| vendor.name.clone()).into(),
        ),
        ("employee", Value::Null),
        ("description", cost.description.as_str().into()),
        ("amount", plain(cost.amount)),
        ("grand_total", plain(cost.amount)),
        ("payment_date", maybe_day(cost.payment_date)),
        ("received_date", day(cost.date)),
        ("terms", Value::Null),
        ("origin_id", cost.origin.clone().into()),
        ("origin_data", Value::Null),
        ("line_items", vec![line].into()),
        ("created_at", instant(entered)),
        ("updated_at", instant(entered)),
        (
            "deleted_at",
            if cost.deleted {
                instant(plus(cost.date, 3))
            } else {
                Value::Null
            },
        ),
    ]);
    if books.plan.lean {
        compact(body, &LEAN_WITHOUT)
    } else {
        body
    }
}

/// Members that no measure and no match needs; very large worlds leave them out.
const LEAN_WITHOUT: [&str; 7] = [
    "line_items",
    "vendor",
    "employee",
    "received_date",
    "terms",
    "origin_data",
    "grand_total",
];

fn payment_number(books: &Books, payment: &super::books::Payment) -> i64 {
    let prime = books.contracts[payment.contract].kind == ContractKind::Prime;
    let list = if prime {
        &books.pay_apps
    } else {
        &books.requisitions
    };
    payment.billing.map_or(1, |at| list[at].number)
}
