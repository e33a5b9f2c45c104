//! Procore's oddities.

use connectors::procore::normalise::{books, record_kind};
use figures::Money;
use figures::model::{ChangeOrderKind, CommitmentKind};
use figures::source::{RawRecord, System};

use crate::{only, project};

fn cents(cents: i64) -> Money {
    Money::from_cents(cents)
}

#[test]
fn statuses_are_lower_case_with_underscores() {
    let (books, rejections) = project(&[
        ("prime_contracts", r#"{"id":1,"status":"Out For Bid"}"#),
        (
            "purchase_order_contracts",
            r#"{"id":2,"status":"Partially Received","grand_total":"1.0","approved_change_orders":"0.0","revised_contract":"1.0"}"#,
        ),
        (
            "requisitions",
            r#"{"id":3,"number":1,"status":"revise_and_resubmit"}"#,
        ),
    ]);
    assert_eq!(rejections, []);
    assert_eq!(books.prime_contracts[0].status, "out_for_bid");
    assert_eq!(books.commitments[0].status, "partially_received");
    assert_eq!(
        books.subcontractor_invoices[0].status,
        "revise_and_resubmit"
    );
}

#[test]
fn the_company_on_a_contract_may_be_an_object_of_either_spelling_or_a_name() {
    let (books, rejections) = project(&[
        (
            "prime_contracts",
            r#"{"id":1,"vendor":{"id":60001,"name":"Harbor Health"}}"#,
        ),
        (
            "work_order_contracts",
            r#"{"id":2,"vendor":{"id":"60212","company":"Brightline"}}"#,
        ),
        (
            "direct_costs",
            r#"{"id":3,"vendor":"Harbor Supply","vendor_id":60377}"#,
        ),
        (
            "direct_costs",
            r#"{"id":4,"vendor":{"id":60378,"name":"Supply Two"}}"#,
        ),
        (
            "direct_costs",
            r#"{"id":5,"vendor":null,"employee":{"id":1,"name":"Luis Marin"}}"#,
        ),
    ]);
    assert_eq!(rejections, []);
    assert_eq!(books.prime_contracts[0].owner_id, Some(60001));
    assert_eq!(books.prime_contracts[0].owner_name, "Harbor Health");
    assert_eq!(books.commitments[0].vendor_id, Some(60212));
    assert_eq!(books.commitments[0].vendor_name, "Brightline");
    let payees: Vec<_> = books
        .direct_costs
        .iter()
        .map(|row| (row.vendor_id, row.vendor_name.as_str()))
        .collect();
    assert_eq!(
        payees,
        [
            (Some(60377), "Harbor Supply"),
            (Some(60378), "Supply Two"),
            (None, "Luis Marin")
        ]
    );
}

#[test]
fn an_application_to_the_owner_gives_its_g702() {
    let (books, rejections) = project(&[(
        "payment_applications",
        r#"{"id":204417,"number":3,"invoice_number":"3","status":"approved","billing_date":"2026-06-25",
        "billing_period":{"start_date":"2026-06-01","end_date":"2026-06-30"},"percent_complete":"52.37%",
        "total_amount_paid":"0.00","contract":{"id":5510012},"created_at":"2026-06-25",
        "g702":{"total_completed_and_stored_to_date":"680000.00","total_retainage":"68000.00","total_earned_less_retainage":"612000.00",
          "less_previous_certificates_for_payment":"540000.00","current_payment_due":"72000.00","tax_applicable_to_this_payment":"12.34"},
        "g703":[{"materials_presently_stored":"1500.00"},{"materials_presently_stored":"500.50"}]}"#,
    )]);
    assert_eq!(rejections, []);
    let row = &books.pay_applications[0];
    assert_eq!(
        (row.contract_id, row.number, row.paid),
        (70, 3, Some(Money::ZERO))
    );
    assert_eq!(row.period_end.unwrap().to_string(), "2026-06-30");
    assert_eq!(row.totals.completed_and_stored, cents(68_000_000));
    assert_eq!(row.totals.retainage, cents(6_800_000));
    assert_eq!(row.totals.earned_less_retainage, cents(61_200_000));
    assert_eq!(row.totals.less_previous, cents(54_000_000));
    assert_eq!(row.totals.current_due, cents(7_200_000));
    assert_eq!(row.totals.tax, cents(1234));
    assert_eq!(row.totals.stored_materials, cents(200_050));
}

#[test]
fn a_subcontractor_invoice_reads_summary_or_g702_and_its_own_breakdown_once() {
    let totals = r#"{"total_completed_and_stored_to_date":"30.00","total_retainage":"3.00","total_earned_less_retainage":"27.00","less_previous_certificates_for_payment":"0","current_payment_due":"27.00"}"#;
    let body = |id: u32, member: &str| {
        format!(
            r#"{{"id":{id},"number":4,"invoice_number":"BE-2217","status":"approved","commitment_id":430118,"vendor_id":60212,"vendor_name":"B","billing_date":"2026-06-25","{member}":{totals},
            "items":[{{"item_type":"contract_item","cost_code_id":311,"total_completed_and_stored_to_date":"20.00"}},
            {{"item_type":"contract_detail_item","cost_code_id":311,"total_completed_and_stored_to_date":"20.00"}},
            {{"item_type":"change_order_item","cost_code":{{"id":312}},"total_completed_and_stored_to_date":"10.00"}}]}}"#
        )
    };
    let (books, rejections) = project(&[
        ("requisitions", &body(1, "summary")),
        ("requisitions", &body(2, "g702")),
    ]);
    assert_eq!(rejections, []);
    for row in &books.subcontractor_invoices {
        assert_eq!(
            (row.commitment_id, row.totals.earned_less_retainage),
            (70, cents(2700))
        );
        let lines: Vec<_> = row
            .lines
            .iter()
            .map(|line| (line.cost_code_id, line.amount.cents()))
            .collect();
        assert_eq!(lines, [(Some(311), 2000), (Some(312), 1000)]);
    }
}

#[test]
fn an_approved_record_without_its_totals_is_refused_and_a_draft_is_not() {
    let (books, rejections) = project(&[
        ("requisitions", r#"{"id":1,"number":1,"status":"approved"}"#),
        (
            "requisitions",
            r#"{"id":2,"number":1,"status":"draft","summary":null}"#,
        ),
        (
            "prime_contracts",
            r#"{"id":3,"status":"Approved","grand_total":null}"#,
        ),
        ("direct_costs", r#"{"id":4,"status":"approved"}"#),
    ]);
    assert_eq!(books.subcontractor_invoices.len(), 1);
    let said: Vec<_> = rejections
        .iter()
        .map(|row| format!("{} {}", row.record.kind, row.reason))
        .collect();
    assert_eq!(
        said,
        [
            "direct_cost amount is missing",
            "prime_contract grand_total is missing",
            "requisition it has no summary, so its totals are not known"
        ]
    );
}

#[test]
fn a_change_order_counts_from_its_review_or_else_its_making() {
    let (books, rejections) = project(&[
        (
            "prime_change_orders",
            r#"{"id":1,"contract_id":5,"legacy_package_id":9,"number":"002","status":"approved","grand_total":"31250.0","reviewed_at":"2026-05-14T16:20:00Z","created_at":"2026-05-02T15:00:00Z"}"#,
        ),
        (
            "change_order_packages",
            r#"{"id":1,"status":"not_pricing","reviewed_at":null,"created_at":"2026-05-02T15:00:00Z","origin_id":"X-1","deleted_at":"2026-06-01T00:00:00Z"}"#,
        ),
    ]);
    assert_eq!(rejections, []);
    let [first, second] = &books.change_orders[..] else {
        panic!("{:?}", books.change_orders)
    };
    assert_eq!(
        (first.kind, first.date.unwrap().to_string()),
        (ChangeOrderKind::Prime, "2026-05-14".to_owned())
    );
    assert_eq!(
        (first.amount, first.legacy_package_id),
        (cents(3_125_000), Some(9))
    );
    assert_eq!(
        (second.kind, second.date.unwrap().to_string()),
        (ChangeOrderKind::Package, "2026-05-02".to_owned())
    );
    assert_eq!((second.deleted, second.origin_id.as_str()), (true, "X-1"));
}

#[test]
fn the_keys_under_which_a_record_was_read_go_before_its_own() {
    let raw = |project_id, parent_id, body: &str| RawRecord {
        system: System::Procore,
        resource: "contract_payments".into(),
        external_id: "".into(),
        project_id,
        parent_id,
        body: body.to_owned(),
    };
    let body = |id: u32| {
        format!(
            r#"{{"id":{id},"project_id":1,"contract_id":2,"amount":"540000.0","date":"2026-06-05","check_number":20418,"payment_number":"2"}}"#
        )
    };
    let (books, rejections) = books(
        1,
        [
            raw(Some(7), Some(70), &body(1)),
            raw(None, None, &body(2)),
            raw(None, Some(70), r#"{"id":3,"amount":"1.0"}"#),
            raw(Some(7), None, r#"{"id":4,"amount":"1.0"}"#),
        ],
    );
    let keys: Vec<_> = books
        .contract_payments
        .iter()
        .map(|row| (row.project_id, row.contract_id))
        .collect();
    assert_eq!(keys, [(7, 70), (1, 2)]);
    assert_eq!(books.contract_payments[0].check_number, "20418");
    assert_eq!(books.contract_payments[0].payment_number, 2);
    let said: Vec<_> = rejections.iter().map(|row| row.reason.as_str()).collect();
    assert_eq!(
        said,
        ["it names no project", "it names no contract or commitment"]
    );
}

#[test]
fn demonstration_and_template_projects_are_left_out_with_all_their_records() {
    let raw = |resource: &str, project_id, body: &str| RawRecord {
        system: System::Procore,
        resource: resource.into(),
        external_id: "".into(),
        project_id,
        parent_id: None,
        body: body.to_owned(),
    };
    let (books, rejections) = books(
        1,
        [
            raw("prime_contracts", Some(8), r#"{"id":1}"#),
            raw(
                "timecard_entries",
                None,
                r#"{"id":1,"hours":"8.0","project":{"id":9}}"#,
            ),
            raw(
                "projects",
                None,
                r#"{"id":7,"name":"Real","project_number":"1042","active":false}"#,
            ),
            raw("projects", None, r#"{"id":8,"name":"Demo","is_demo":true}"#),
            raw(
                "projects",
                None,
                r#"{"id":9,"name":"Template","template":true}"#,
            ),
            raw("prime_contracts", Some(7), r#"{"id":2}"#),
        ],
    );
    assert_eq!(rejections, []);
    assert_eq!(books.projects.len(), 1);
    assert_eq!(
        (books.projects[0].number.as_str(), books.projects[0].active),
        ("1042", false)
    );
    assert_eq!(
        books
            .prime_contracts
            .iter()
            .map(|row| row.id)
            .collect::<Vec<_>>(),
        [2]
    );
    assert!(books.time_entries.is_empty());
}

#[test]
fn budget_lines_shown_by_several_views_count_once() {
    let raw = |view, body: &str| RawRecord {
        system: System::Procore,
        resource: "budget_detail_rows".into(),
        external_id: "".into(),
        project_id: Some(7),
        parent_id: Some(view),
        body: body.to_owned(),
    };
    let line = r#"{"id":910441,"project":"Harbor Clinic","cost_code_id":311,"original_budget_amount":"84000.0","budget_modifications":"2500.0","Committed Costs":"79900.0"}"#;
    let (books, rejections) = books(
        1,
        [
            raw(2, line),
            raw(1, line),
            raw(
                1,
                r#"{"id":null,"cost_code_id":312,"original_budget_amount":"0.0","budget_modifications":"0.0"}"#,
            ),
            raw(
                2,
                r#"{"id":"unbudgeted-1","cost_code_id":312,"original_budget_amount":"0.0"}"#,
            ),
        ],
    );
    assert_eq!(rejections, []);
    let rows: Vec<_> = books
        .budget_rows
        .iter()
        .map(|row| {
            (
                row.id,
                row.cost_code_id,
                row.original.cents(),
                row.modifications.cents(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (0, Some(312), 0, 0),
            (910_441, Some(311), 8_400_000, 250_000)
        ]
    );
}

#[test]
fn the_same_company_read_under_two_projects_is_one_company() {
    let (books, rejections) = project(&[
        (
            "vendors",
            r#"{"id":60212,"name":"Brightline","updated_at":"2026-05-11T15:00:00Z","project_ids":[1]}"#,
        ),
        (
            "vendors",
            r#"{"id":60212,"name":"Brightline","updated_at":"2026-05-11T15:00:00Z","project_ids":[2]}"#,
        ),
    ]);
    assert_eq!(rejections, []);
    assert_eq!(books.parties.len(), 1);
}

#[test]
fn of_two_versions_the_later_stands_and_a_contradiction_is_told() {
    let body =
        |amount: &str, at: &str| format!(r#"{{"id":1,"amount":"{amount}","updated_at":"{at}"}}"#);
    let (older, newer) = ("2026-06-08T15:00:00Z", "2026-06-09T15:00:00Z");
    let (books, rejections) = project(&[
        ("contract_payments", &body("2.0", newer)),
        ("contract_payments", &body("1.0", older)),
    ]);
    assert_eq!(
        (books.contract_payments[0].amount, rejections.len()),
        (cents(200), 0)
    );
    let (books, rejections) = project(&[
        ("contract_payments", &body("2.0", newer)),
        ("contract_payments", &body("1.0", newer)),
    ]);
    assert_eq!(books.contract_payments[0].amount, cents(200));
    assert!(only(&rejections).starts_with("Procore contract_payment 1: it is there twice"));
}

#[test]
fn a_record_in_another_currency_than_the_base_is_refused() {
    let body = |id: u32, own: &str, base: &str| {
        format!(
            r#"{{"id":{id},"amount":"1.0","currency_configuration":{{"currency_iso_code":{own},"base_currency_iso_code":{base}}}}}"#
        )
    };
    let (books, rejections) = project(&[
        ("contract_payments", &body(1, "\"CAD\"", "\"USD\"")),
        ("contract_payments", &body(2, "\"CAD\"", "null")),
        ("contract_payments", &body(3, "\"USD\"", "null")),
        ("contract_payments", &body(4, "null", "null")),
    ]);
    let kept: Vec<_> = books.contract_payments.iter().map(|row| row.id).collect();
    assert_eq!(kept, [3, 4]);
    assert_eq!(rejections.len(), 2);
    assert!(
        rejections[0]
            .reason
            .starts_with("it is in CAD and the books are in USD")
    );
}

#[test]
fn direct_costs_timecards_and_periods_keep_what_the_measures_need() {
    let (books, rejections) = project(&[
        (
            "direct_costs",
            r#"{"id":1,"direct_cost_type":"payroll","direct_cost_date":"2026-06-11","status":"approved","amount":1450.25,"payment_date":"2026-07-01","line_items":[{"cost_code":{"id":311},"amount":"1000.0"},{"cost_code_id":312,"total_amount":"450.25"}]}"#,
        ),
        (
            "timecard_entries",
            r#"{"id":2,"date":"2026-06-29","hours":"9.5","party":{"id":771204},"cost_code":{"id":311},"origin_id":12}"#,
        ),
        (
            "billing_periods",
            r#"{"id":3,"start_date":"2026-06-01","end_date":"2026-06-30","status":"open"}"#,
        ),
        (
            "insurances",
            r#"{"id":4,"insurance_type":"General Liability","expiration_date":"2026-07-31","status":"compliant","exempt":false}"#,
        ),
        (
            "cost_codes",
            r#"{"id":311,"full_code":"02-410","code":"410","name":"Demolition"}"#,
        ),
        (
            "commitment_line_items",
            r#"{"id":5,"amount":"62000.0","cost_code":{"id":311},"holder":{"id":9}}"#,
        ),
        (
            "work_order_contracts",
            r#"{"id":6,"contract_date":null,"created_at":"2026-02-08T17:00:00Z","retainage_percent":"10.0"}"#,
        ),
        ("people", r#"{"id":7}"#),
    ]);
    assert_eq!(rejections, []);
    let cost = &books.direct_costs[0];
    assert_eq!(
        (cost.kind.as_str(), cost.amount, cost.lines.len()),
        ("payroll", cents(145_025), 2)
    );
    assert_eq!(cost.lines[1].amount, cents(45_025));
    let hours = &books.time_entries[0];
    assert_eq!(
        (hours.worker_id, hours.hours.to_string()),
        (Some(771_204), "9.5".to_owned())
    );
    assert!(books.billing_periods[0].open);
    assert_eq!(books.insurances[0].vendor_id, 70);
    assert_eq!(books.cost_codes[0].code, "02-410");
    assert_eq!(
        (
            books.schedule_lines[0].holder_id,
            books.schedule_lines[0].amount
        ),
        (70, cents(6_200_000))
    );
    let order = &books.commitments[0];
    assert_eq!(
        (order.kind, order.date.unwrap().to_string()),
        (CommitmentKind::Subcontract, "2026-02-08".to_owned())
    );
    assert_eq!(order.retainage_percent.unwrap().to_string(), "10.0");
    assert_eq!(books.unread, [("people".into(), 1)]);
}

#[test]
fn what_cannot_be_read_exactly_is_refused_with_a_reason() {
    for (body, reason) in [
        ("{", "it cannot be read as JSON"),
        ("7", "and not a JSON object"),
        (r#"{"amount":"1.0"}"#, "it has no id"),
        (r#"{"id":"x","amount":"1.0"}"#, "not a whole number"),
        (r#"{"id":-4,"amount":"1.0"}"#, "which is no record"),
        (
            r#"{"id":92233720368547758070,"amount":"1.0"}"#,
            "not a whole number",
        ),
        (r#"{"id":1}"#, "amount is missing"),
        (r#"{"id":1,"amount":"1,000.00"}"#, "not a decimal number"),
        (r#"{"id":1,"amount":"1.005"}"#, "a fraction of a cent"),
        (
            r#"{"id":1,"amount":"1.0","date":"1899-12-31"}"#,
            "not a date between 1990 and 2100",
        ),
        (r#"{"id":1,"amount":"1.0","id":2}"#, "duplicate field"),
        (r#"{"id":1,"amount":["1.0"]}"#, "where one value belongs"),
    ] {
        let (books, rejections) = project(&[("contract_payments", body)]);
        assert!(books.contract_payments.is_empty(), "{body}");
        let said = only(&rejections);
        assert!(said.contains(reason), "{body}\n{said}");
    }
}

#[test]
fn the_kind_of_a_record_is_its_resource_in_the_singular() {
    for (resource, kind) in [
        ("payment_applications", "payment_application"),
        ("people", "person"),
        ("timecard_entries", "timecard_entry"),
        ("work_order_contracts", "work_order_contract"),
        ("punch_items", "punch_item"),
        ("rfis", "rfi"),
    ] {
        assert_eq!(record_kind(resource), kind);
    }
}
