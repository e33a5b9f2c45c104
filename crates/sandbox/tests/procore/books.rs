//! A small contractor for the server's tests: two jobs, both sides of the contract, consistent to
//! the cent, with ids beyond 32 bits where a record allows it.

use std::collections::BTreeMap;

use sandbox::procore::Books;
use sandbox::world::ProcoreRecord;
use serde_json::{Value, json};

pub(crate) const COMPANY: i64 = 4_480_001;
pub(crate) const CLINIC: i64 = 882_301;
pub(crate) const DEPOT: i64 = 8_589_000_002;
pub(crate) const PRIME: i64 = 5_510_012;
pub(crate) const SUBCONTRACT: i64 = 430_118;
pub(crate) const ORDER: i64 = 430_201;
pub(crate) const RFIS: i64 = 137;

const STAMP: &str = "2026-06-30T20:11:02Z";

fn record(project: Option<i64>, parent: Option<i64>, body: Value) -> ProcoreRecord {
    ProcoreRecord {
        project_id: project,
        parent_id: parent,
        body,
    }
}

fn project(id: i64, number: &str, active: bool) -> Value {
    json!({"id": id, "name": format!("Job {number}"), "display_name": format!("{number} - Job"),
        "project_number": number, "active": active, "stage": "Course of Construction",
        "project_stage": {"id": 3, "name": "Course of Construction"}, "total_value": 1298500,
        "estimated_value": "1250000.00", "time_zone": "US/Pacific", "origin_id": null,
        "created_at": "2026-01-12T17:03:11Z", "updated_at": STAMP})
}

fn line(id: i64, holder: i64, kind: &str, amount: &str) -> Value {
    json!({"id": id, "position": 1, "description": "Demolition", "amount": amount,
        "extended_amount": amount, "extended_type": "manual", "total_amount": amount,
        "quantity": "0.0", "unit_cost": "0.0",
        "cost_code": {"id": 311, "name": "Selective Demolition", "full_code": "02-410"},
        "line_item_type": {"id": 42, "name": "Subcontract", "code": "S"},
        "wbs_code": {"id": 5_002_119, "flat_code": "02-410.S", "description": "Demolition.Sub"},
        "holder": {"id": holder, "holder_type": kind}, "origin_id": null,
        "created_at": STAMP, "updated_at": STAMP})
}

fn prime() -> Value {
    json!({"id": PRIME, "number": "PC-001", "title": "Clinic", "status": "Approved",
        "private": true, "retainage_percent": "10.0", "grand_total": "1250000.0",
        "approved_change_orders": "48500.0", "pending_change_orders_amount": "12750.0",
        "revised_contract_amount": "1298500.0", "pending_revised_contract_amount": "1311250.0",
        "owner_invoices_amount": "612000.0", "total_payments": "540000.0",
        "outstanding_balance": "758500.0", "percentage_paid": "41.59",
        "vendor": {"id": 60001, "name": "Harbor Health Partners"}, "origin_id": null,
        "currency_configuration": {"currency_iso_code": null}, "created_at": STAMP,
        "updated_at": STAMP, "deleted_at": null})
}

/// `sums` are the original, approved, revised, paid and remaining amounts.
fn commitment(id: i64, number: &str, status: &str, sums: [&str; 5]) -> Value {
    let [total, approved, revised, paid, remaining] = sums;
    json!({"id": id, "number": number, "title": number, "status": status,
        "private": id == SUBCONTRACT, "retainage_percent": "10.0", "grand_total": total,
        "approved_change_orders": approved, "pending_change_orders": "0.0",
        "draft_change_orders_amount": "0.0", "revised_contract": revised,
        "pending_revised_contract": revised, "total_payments": paid,
        "total_requisitions_amount": "118800.0", "remaining_balance_outstanding": remaining,
        "percentage_paid": "43.03", "vendor": {"id": 60212, "company": "Brightline Electric LLC"},
        "project": {"id": CLINIC, "name": "Job 1042"}, "origin_id": null, "created_at": STAMP,
        "updated_at": STAMP, "deleted_at": null})
}

fn change_order(id: i64, contract: i64, kind: &str, status: &str, total: &str) -> Value {
    json!({"id": id, "type": kind, "contract_id": contract, "legacy_request_id": null,
        "number": "001", "revision": 0, "title": "Added work", "status": status, "executed": true,
        "grand_total": total, "change_events": [{"id": 1, "number": 1}], "created_at": STAMP,
        "updated_at": STAMP})
}

fn application() -> Value {
    let row = |id: i64,
               origin: &str,
               scheduled: &str,
               before: &str,
               now: &str,
               stored: &str,
               total: &str,
               work: &str,
               materials: &str| {
        json!({"id": id, "item_number": 1, "origin_type": origin, "scheduled_value": scheduled,
            "work_completed_from_previous_application": before,
            "work_completed_this_period": now, "materials_presently_stored": stored,
            "total_completed_and_stored_to_date": total,
            "work_completed_retainage_currently_retained": work,
            "materials_stored_retainage_currently_retained": materials})
    };
    json!({"id": 204_417, "number": 3, "invoice_number": "3", "status": "approved",
        "billing_date": "2026-06-25", "percent_complete": "52.37%", "total_amount_paid": "0.00",
        "total_amount_accrued_this_period": "80000.00",
        "contract": {"id": PRIME, "type": "PrimeContract", "title": "Clinic"}, "origin_id": null,
        "attachments": [{"id": 9, "url": "https://files.example/a", "filename": "draw-3.pdf"}],
        "g702": {"original_contract_sum": "1250000.00", "net_change_by_change_orders": "48500.00",
            "contract_sum_to_date": "1298500.00", "total_completed_and_stored_to_date": "680000.00",
            "completed_work_retainage_amount": "66000.00",
            "stored_materials_retainage_amount": "2000.00", "total_retainage": "68000.00",
            "total_earned_less_retainage": "612000.00",
            "less_previous_certificates_for_payment": "540000.00",
            "current_payment_due": "72000.00",
            "balance_to_finish_including_retainage": "686500.00",
            "tax_applicable_to_this_payment": "0.00"},
        "g703": [
            row(1, "LineItem", "1250000.00", "580000.00", "60000.00", "20000.00", "660000.00", "64000.00", "2000.00"),
            row(2, "ChangeOrderPackage", "48500.00", "20000.00", "0.00", "0.00", "20000.00", "2000.00", "0.00")],
        "created_at": "2026-06-25", "updated_at": "2026-06-28"})
}

fn requisition() -> Value {
    json!({"id": 1_280_646, "project_id": CLINIC, "commitment_id": SUBCONTRACT,
        "commitment_type": "WorkOrderContract", "vendor_id": 60212, "number": 4,
        "invoice_number": "BE-2217", "status": "approved", "erp_status": "not_integrated",
        "billing_date": "2026-06-25", "percent_complete": "58.98%",
        "total_claimed_amount": "25000.00",
        "summary": {"original_contract_sum": "214000.00", "net_change_by_change_orders": "9800.00",
            "contract_sum_to_date": "223800.00", "total_completed_and_stored_to_date": "132000.00",
            "completed_work_retainage_amount": "13200.00",
            "stored_materials_retainage_amount": "0.00", "total_retainage": "13200.00",
            "total_earned_less_retainage": "118800.00",
            "less_previous_certificates_for_payment": "96300.00",
            "current_payment_due": "22500.00", "balance_to_finish_including_retainage": "105000.00",
            "tax_applicable_to_this_payment": "0.00"},
        "items": [
            {"id": 1, "item_type": "contract_item", "scheduled_value": "214000.00",
             "work_completed_from_previous_application": "107000.00",
             "work_completed_this_period": "25000.00", "materials_presently_stored": "0.00",
             "total_completed_and_stored_to_date": "132000.00",
             "work_completed_retainage_from_previous_application": "10700.00",
             "work_completed_retainage_retained_this_period": "2500.00",
             "work_completed_retainage_released_this_period": "0.00",
             "materials_stored_retainage_currently_retained": "0.00"},
            {"id": 2, "item_type": "change_order_item", "scheduled_value": "9800.00",
             "work_completed_from_previous_application": "0.00",
             "work_completed_this_period": "0.00", "materials_presently_stored": "0.00",
             "total_completed_and_stored_to_date": "0.00"}],
        "attachments": [{"id": 99_120, "url": "https://files.example/b", "filename": "BE-2217.pdf"}],
        "origin_id": null, "created_at": "2026-06-24T18:30:00Z", "updated_at": STAMP})
}

fn direct_cost(id: i64, number: &str, origin: Option<&str>) -> Value {
    json!({"id": id, "direct_cost_type": "invoice", "direct_cost_date": "2026-06-11",
        "invoice_number": number, "status": "approved",
        "vendor": {"id": 60377, "name": "Harbor Supply"}, "vendor_id": 60377,
        "vendor_name": "Harbor Supply", "amount": "1450.25", "grand_total": "1450.25",
        "origin_id": origin, "created_at": STAMP, "updated_at": STAMP, "deleted_at": null,
        "line_items": [
            {"id": id * 10, "amount": "1000.0", "cost_code": {"id": 311}},
            {"id": id * 10 + 1, "amount": "450.25", "cost_code": {"id": 312}}]})
}

fn rfi(number: i64) -> Value {
    let status = if number % 3 == 0 { "closed" } else { "open" };
    json!({"id": 6_000_000_000 + number, "number": number.to_string(), "subject": format!("Question {number}"),
        "status": status, "updated_at": format!("2026-06-{:02}T12:00:00Z", number % 28 + 1),
        "created_at": "2026-05-01T12:00:00Z", "cost_impact": {"status": "yes_known", "value": "125.50"},
        "questions": [{"id": number, "body": "?", "answers": [{"id": 1, "body": "!", "official": true}]}]})
}

fn timecard(id: i64, date: &str) -> Value {
    json!({"id": id, "date": date, "hours": "9.5", "lunch_time": "30",
        "party": {"id": 771_204, "name": "Luis Marin"}, "approval_status": "approved",
        "project": {"id": CLINIC, "name": "Job 1042"}, "clock_in": {"id": 1}, "origin_id": null,
        "created_at": STAMP, "updated_at": STAMP, "deleted_at": null})
}

fn budget_row(id: i64, unbudgeted: Option<&str>) -> Value {
    json!({"id": id, "project_id": CLINIC, "cost_code_id": 311, "category_id": 42,
        "original_budget_amount": "84000.0", "budget_modifications": "2500.0",
        "budget_forecast": {"id": 77, "amount": "3100.0", "manual_amount": null},
        "Committed Costs": "79900.0", "Direct Costs": "1450.25", "unbudgeted_reason": unbudgeted})
}

/// Each fixture family by snapshot name.
fn records() -> Vec<(&'static str, Vec<ProcoreRecord>)> {
    let here = Some(CLINIC);
    let under = |parent: i64, body: Value| record(here, Some(parent), body);
    let in_clinic = |body: Value| record(here, None, body);
    let vendors = (0..45).map(|at| {
        record(
            None,
            None,
            json!({"id": 60_200 + at, "name": format!("Vendor {at:02}"),
            "is_active": at != 7, "origin_id": (at == 3).then_some("QB-3"), "updated_at": STAMP,
            "trades": [{"id": 26}], "project_ids": [CLINIC]}),
        )
    });
    vec![
        (
            "projects",
            vec![
                record(here, None, project(CLINIC, "1042", true)),
                record(Some(DEPOT), None, project(DEPOT, "1043", false)),
            ],
        ),
        ("vendors", vendors.collect()),
        (
            "insurances",
            vec![record(
                None,
                Some(60_212),
                json!({"id": 33_071, "vendor_id": 60_212,
            "insurance_type": "General Liability", "limit": "2,000,000", "status": "compliant"}),
            )],
        ),
        (
            "users",
            vec![record(
                None,
                None,
                json!({"id": 4_410_077, "name": "Dana Ortiz", "is_active": true}),
            )],
        ),
        (
            "people",
            vec![record(
                None,
                None,
                json!({"id": 771_204, "first_name": "Luis"}),
            )],
        ),
        (
            "cost_codes",
            vec![in_clinic(
                json!({"id": 311, "name": "Temporary Facilities", "full_code": "01-500"}),
            )],
        ),
        (
            "line_item_types",
            vec![record(
                None,
                None,
                json!({"id": 42, "name": "Subcontract", "code": "S", "base_type": null}),
            )],
        ),
        (
            "budget_detail_rows",
            vec![
                under(117_217, budget_row(910_441, None)),
                under(117_217, budget_row(910_442, Some("commitment"))),
            ],
        ),
        (
            "budget_changes",
            vec![in_clinic(
                json!({"id": 3301, "number": 4, "amount": "2500.00", "adjustment_line_items": []}),
            )],
        ),
        ("prime_contracts", vec![in_clinic(prime())]),
        (
            "prime_contract_line_items",
            vec![
                under(PRIME, line(770_310, PRIME, "PrimeContract", "62000.0")),
                under(PRIME, line(770_311, PRIME, "PrimeContract", "1188000.0")),
            ],
        ),
        (
            "prime_change_orders",
            vec![
                under(
                    PRIME,
                    change_order(640_221, PRIME, "PrimeChangeOrder", "approved", "31250.0"),
                ),
                under(
                    PRIME,
                    change_order(640_222, PRIME, "PrimeChangeOrder", "approved", "17250.0"),
                ),
                under(
                    PRIME,
                    change_order(640_223, PRIME, "PrimeChangeOrder", "rejected", "999.0"),
                ),
            ],
        ),
        (
            "commitment_change_orders",
            vec![under(
                SUBCONTRACT,
                change_order(
                    640_330,
                    SUBCONTRACT,
                    "CommitmentChangeOrder",
                    "approved",
                    "9800.0",
                ),
            )],
        ),
        (
            "change_order_packages",
            vec![under(
                PRIME,
                json!({"id": 1_200_455, "contract_id": PRIME, "status": "approved", "grand_total": "31250.0", "origin_id": null}),
            )],
        ),
        (
            "potential_change_orders",
            vec![under(
                PRIME,
                json!({"id": 990_155, "contract_id": PRIME, "status": "pending", "grand_total": "12750.0"}),
            )],
        ),
        ("payment_applications", vec![under(PRIME, application())]),
        (
            "contract_payments",
            vec![
                under(
                    PRIME,
                    json!({"id": 88_120, "contract_id": PRIME, "project_id": CLINIC, "amount": "540000.0", "date": "2026-06-05", "origin_id": null}),
                ),
                under(
                    SUBCONTRACT,
                    json!({"id": 88_121, "contract_id": SUBCONTRACT, "project_id": CLINIC, "amount": "96300.0", "date": "2026-06-05", "origin_id": "QB-PAY-1"}),
                ),
            ],
        ),
        (
            "work_order_contracts",
            vec![in_clinic(commitment(
                SUBCONTRACT,
                "SC-1042-03",
                "Approved",
                ["214000.0", "9800.0", "223800.0", "96300.0", "127500.0"],
            ))],
        ),
        (
            "purchase_order_contracts",
            vec![in_clinic(commitment(
                ORDER,
                "PO-1042-11",
                "Received",
                ["38600.0", "0.0", "38600.0", "0.0", "38600.0"],
            ))],
        ),
        (
            "commitment_line_items",
            vec![
                under(
                    SUBCONTRACT,
                    line(770_401, SUBCONTRACT, "WorkOrderContract", "214000.0"),
                ),
                under(
                    ORDER,
                    line(770_402, ORDER, "PurchaseOrderContract", "38600.0"),
                ),
            ],
        ),
        ("requisitions", vec![under(SUBCONTRACT, requisition())]),
        (
            "billing_periods",
            vec![in_clinic(
                json!({"id": 55_103, "project_id": CLINIC, "status": "open"}),
            )],
        ),
        (
            "direct_costs",
            vec![
                in_clinic(direct_cost(720_014, "HD-55120", Some("QBO-BILL-9931"))),
                in_clinic(direct_cost(720_015, "HD-55121", None)),
            ],
        ),
        (
            "timecard_entries",
            ["2026-06-29", "2026-06-30", "2026-07-01"]
                .iter()
                .zip(3_301_177..)
                .map(|(date, id)| in_clinic(timecard(id, date)))
                .collect(),
        ),
        (
            "manpower_logs",
            vec![
                in_clinic(
                    json!({"id": 612_001, "date": "2026-06-30", "num_workers": 6, "num_hours": "8.0", "man_hours": "48.0", "status": "approved"}),
                ),
                in_clinic(
                    json!({"id": 612_002, "date": "2026-06-30", "num_workers": 6, "num_hours": 8, "man_hours": 48, "status": "pending"}),
                ),
            ],
        ),
        (
            "schedule_tasks",
            vec![in_clinic(json!({"id": 990_771, "name": "Rough-in"}))],
        ),
        (
            "observations",
            vec![in_clinic(
                json!({"id": 40_771, "status": "initiated", "priority": null}),
            )],
        ),
        (
            "punch_items",
            vec![in_clinic(
                json!({"id": 51_201, "name": "Paint", "status": "Open", "deleted_at": null}),
            )],
        ),
        (
            "rfis",
            (1..=RFIS).map(|number| in_clinic(rfi(number))).collect(),
        ),
        (
            "submittals",
            vec![in_clinic(
                json!({"id": 81_201, "title": "Switchgear", "status": {"id": 2}}),
            )],
        ),
        (
            "documents",
            vec![
                in_clinic(
                    json!({"id": "300101", "name": "Vendor Bills", "parent_id": "300100", "document_type": "folder", "is_deleted": false}),
                ),
                in_clinic(
                    json!({"id": "300900", "name": "COI-Brightline.pdf", "parent_id": "300101", "document_type": "file", "is_deleted": false, "file": {"current_version": {"id": "400900"}, "file_type": "pdf"}}),
                ),
            ],
        ),
        (
            "crews",
            vec![in_clinic(json!({"id": 4120, "name": "Crew A"}))],
        ),
        (
            "work_classifications",
            vec![record(
                None,
                None,
                json!({"id": 9103, "name": "Electrician"}),
            )],
        ),
    ]
}

/// The fixture, read on the evening of 30 June 2026 in Tacoma.
pub(crate) fn books() -> Books {
    Books {
        company_id: COMPANY,
        time_zone: "America/Los_Angeles".to_owned(),
        at: "2026-07-01T03:00:00Z".parse().unwrap(),
        records: records()
            .into_iter()
            .map(|(name, rows)| (name.to_owned(), rows))
            .collect::<BTreeMap<_, _>>(),
    }
}
