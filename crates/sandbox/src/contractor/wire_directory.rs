//! Procore's directory, projects, budgets and workforce records as the API returns them.
//!
//! Nothing here carries an amount that a bridge compares.

use serde_json::Value;

use super::books::{Books, Shift};
use super::calendar::{month_end, month_start, plus};
use super::chart::{CODES, LABOR, cost_type};
use super::json::{day, instant, named, object, plain, put};
use super::wire_procore::{COMPANY, Out, code_id, code_value, push, type_value};

const BUDGET_VIEW: i64 = 117_217;

/// Writes people, companies, projects and what the crews recorded.
pub(crate) fn write(books: &Books, out: &mut Out) {
    directory(books, out);
    for job in 0..books.jobs.len() {
        project(books, job, out);
        if !books.plan.lean {
            periods(books, job, out);
        }
    }
    for code in [LABOR, 0, 12, 15, 16] {
        push(out, "line_item_types", None, None, type_value(code));
    }
    for shift in &books.shifts {
        push(
            out,
            "timecard_entries",
            Some(books.jobs[shift.job].pid),
            None,
            timecard(books, shift),
        );
        if !books.plan.lean && shift.date.weekday().to_monday_zero_offset() == 1 {
            push(
                out,
                "manpower_logs",
                Some(books.jobs[shift.job].pid),
                None,
                manpower(shift),
            );
        }
    }
}

/// The billing periods of a job, closed once they are over.
fn periods(books: &Books, at: usize, out: &mut Out) {
    let job = &books.jobs[at];
    for month in 0..job.months {
        let first = month_start(job.start, month);
        if first > books.plan.as_of {
            break;
        }
        let open = month_end(first) >= books.plan.as_of;
        let body = object([
            ("id", (job.pid * 1_000 + month).into()),
            ("project_id", job.pid.into()),
            ("position", (month + 1).into()),
            ("start_date", day(first)),
            ("end_date", day(month_end(first))),
            ("due_date", day(plus(first, 24))),
            ("status", if open { "open" } else { "closed" }.into()),
            ("created_at", instant(first)),
            ("updated_at", instant(first)),
        ]);
        push(out, "billing_periods", Some(job.pid), None, body);
    }
}

/// The superintendent's count of a crew; one log a week per person keeps the worlds small.
fn manpower(shift: &Shift) -> Value {
    object([
        ("id", (shift.id + 2_000_000_000).into()),
        ("date", day(shift.date)),
        ("num_workers", 1.into()),
        ("num_hours", format!("{}.0", shift.hours).into()),
        ("man_hours", format!("{}.0", shift.hours).into()),
        ("notes", Value::Null),
        ("status", "approved".into()),
        ("vendor", Value::Null),
        ("created_at", instant(shift.date)),
        ("updated_at", instant(shift.date)),
        ("deleted_at", Value::Null),
    ])
}

fn directory(books: &Books, out: &mut Out) {
    for owner in &books.owners {
        push(
            out,
            "vendors",
            None,
            None,
            vendor(owner.pid, &owner.name, None),
        );
    }
    for item in &books.vendors {
        let origin = item.linked.then(|| item.qid.to_string());
        push(
            out,
            "vendors",
            None,
            None,
            vendor(item.pid, &item.name, origin),
        );
        if let Some(until) = item.insured_until {
            let status = if until < books.plan.as_of {
                "expired"
            } else {
                "compliant"
            };
            let body = object([
                ("id", (item.pid + 900_000_000).into()),
                ("vendor_id", item.pid.into()),
                ("insurance_type", "General Liability".into()),
                ("insurance_provider", "Cascade Mutual".into()),
                ("policy_number", format!("CM-{}", item.pid).into()),
                ("limit", "2,000,000".into()),
                ("effective_date", day(plus(until, -365))),
                ("expiration_date", day(until)),
                ("status", status.into()),
                ("exempt", false.into()),
                ("info_received", true.into()),
                ("origin_id", Value::Null),
            ]);
            push(out, "insurances", None, Some(item.pid), body);
        }
    }
    for (n, employee) in books.employees.iter().enumerate() {
        let body = object([
            ("id", employee.pid.into()),
            ("first_name", employee.given.as_str().into()),
            ("last_name", employee.family.as_str().into()),
            ("is_employee", true.into()),
            ("employee_id", format!("E-{:03}", n + 1).into()),
            ("user_id", Value::Null),
            ("work_classification_id", Value::Null),
            ("origin_id", Value::Null),
            (
                "contact",
                object([("is_active", true.into()), ("email", Value::Null)]),
            ),
        ]);
        push(out, "people", None, None, body);
    }
}

fn vendor(id: i64, name: &str, origin: Option<String>) -> Value {
    object([
        ("id", id.into()),
        ("name", name.into()),
        ("legal_name", name.into()),
        ("company", name.into()),
        ("is_active", true.into()),
        ("city", "Denver".into()),
        ("state_code", "CO".into()),
        ("country_code", "US".into()),
        ("synced_to_erp", origin.is_some().into()),
        ("origin_id", origin.into()),
        ("origin_data", Value::Null),
        ("origin_code", Value::Null),
        ("created_at", "2022-05-01T15:00:00Z".into()),
        ("updated_at", "2024-05-11T15:00:00Z".into()),
    ])
}

fn project(books: &Books, at: usize, out: &mut Out) {
    let job = &books.jobs[at];
    let value = books.contracts[job.prime].amount();
    let body = object([
        ("id", job.pid.into()),
        ("name", job.name.as_str().into()),
        (
            "display_name",
            format!("{} - {}", job.number, job.name).into(),
        ),
        ("project_number", job.number.as_str().into()),
        ("active", (!job.archived).into()),
        ("is_demo", false.into()),
        (
            "stage",
            if job.active {
                "Course of Construction"
            } else {
                "Warranty"
            }
            .into(),
        ),
        ("total_value", plain(value)),
        ("estimated_value", plain(value)),
        ("start_date", day(job.start)),
        ("completion_date", day(job.end)),
        ("projected_finish_date", day(job.end)),
        ("accounting_project_number", Value::Null),
        ("origin_id", job.linked.then(|| job.qid.to_string()).into()),
        ("origin_data", Value::Null),
        ("origin_code", Value::Null),
        ("city", "Denver".into()),
        ("state_code", "CO".into()),
        ("country_code", "US".into()),
        ("time_zone", "US/Mountain".into()),
        ("company", named(COMPANY, &books.plan.company)),
        ("created_at", instant(plus(job.start, -30))),
        ("updated_at", instant(job.start)),
    ]);
    push(out, "projects", None, None, body);
    for (code, listed) in CODES.iter().enumerate() {
        if books.plan.lean && !job.budget.iter().any(|row| row.code == code) {
            continue;
        }
        let mut body = code_value(books, at, code);
        for (key, value) in [
            ("code", listed.code[3..].into()),
            ("biller_id", job.pid.into()),
            ("biller_type", "Project".into()),
            ("budgeted", true.into()),
            ("origin_id", Value::Null),
            ("line_item_types", vec![type_value(code)].into()),
            ("deleted_at", Value::Null),
        ] {
            put(&mut body, key, value);
        }
        push(out, "cost_codes", Some(job.pid), None, body);
    }
    for row in &job.budget {
        let (category_id, _, category) = cost_type(row.code);
        let code = &CODES[row.code];
        let body = object([
            ("id", row.id.into()),
            ("project_id", job.pid.into()),
            ("project", job.name.as_str().into()),
            ("root_cost_code", code.code[..2].into()),
            ("cost_code_id", code_id(books, at, row.code).into()),
            ("cost_code", format!("{} - {}", code.code, code.name).into()),
            ("cost_code_origin_id", Value::Null),
            ("category_id", category_id.into()),
            ("category", category.into()),
            ("original_budget_amount", plain(row.original)),
            ("budget_modifications", plain(row.modified)),
            ("unbudgeted_reason", Value::Null),
        ]);
        push(
            out,
            "budget_detail_rows",
            Some(job.pid),
            Some(BUDGET_VIEW),
            body,
        );
    }
}

fn timecard(books: &Books, shift: &Shift) -> Value {
    let (job, employee) = (&books.jobs[shift.job], &books.employees[shift.employee]);
    object([
        ("id", shift.id.into()),
        ("date", day(shift.date)),
        ("hours", format!("{}.0", shift.hours).into()),
        ("lunch_time", "30".into()),
        ("time_in", Value::Null),
        ("time_out", Value::Null),
        ("billable", true.into()),
        ("approval_status", "approved".into()),
        (
            "party",
            named(
                employee.pid,
                &format!("{} {}", employee.given, employee.family),
            ),
        ),
        ("project", named(job.pid, &job.name)),
        ("cost_code", code_value(books, shift.job, LABOR)),
        (
            "timecard_time_type",
            object([("id", 1.into()), ("time_type", "Regular Time".into())]),
        ),
        ("origin_id", Value::Null),
        ("created_at", instant(shift.date)),
        ("updated_at", instant(shift.date)),
        ("deleted_at", Value::Null),
    ])
}
