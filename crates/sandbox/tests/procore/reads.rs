//! Lists and shows in both versions, filters, number styles.

use sandbox::procore::{Config, Edit, Sprinkle, conforms, declared};
use serde_json::{Value, json};

use super::books::{CLINIC, COMPANY, DEPOT, ORDER, PRIME, SUBCONTRACT};
use super::client::{Client, ids};

/// Every list, with the collection that it serves.
fn lists() -> Vec<(&'static str, String)> {
    let v2 = format!("/rest/v2.0/companies/{COMPANY}/projects/{CLINIC}");
    let project = format!("/rest/v1.0/projects/{CLINIC}");
    let company = format!("/rest/v1.0/companies/{COMPANY}");
    let days = "start_date=2026-06-01&end_date=2026-07-31";
    vec![
        (
            "projects",
            format!("/rest/v1.1/projects?company_id={COMPANY}&filters[by_status]=All"),
        ),
        (
            "vendors",
            format!("/rest/v1.0/vendors?company_id={COMPANY}"),
        ),
        ("insurances", format!("{company}/insurances")),
        ("insurances", format!("{company}/vendors/60212/insurances")),
        ("users", format!("/rest/v1.3/companies/{COMPANY}/users")),
        ("people", format!("{company}/people")),
        (
            "work_classifications",
            format!("{company}/work_classifications"),
        ),
        (
            "cost_codes",
            format!("/rest/v1.0/cost_codes?project_id={CLINIC}"),
        ),
        (
            "line_item_types",
            format!("/rest/v1.0/line_item_types?company_id={COMPANY}"),
        ),
        (
            "wbs_codes",
            format!("{project}/work_breakdown_structure/wbs_codes"),
        ),
        ("wbs_codes", format!("{v2}/wbs/codes")),
        (
            "budget_views",
            format!("/rest/v1.0/budget_views?project_id={CLINIC}"),
        ),
        (
            "budget_detail_rows",
            format!(
                "/rest/v1.0/budget_views/117217/detail_rows?project_id={CLINIC}&budget_row_type=all"
            ),
        ),
        ("budget_changes", format!("{project}/budget_changes")),
        (
            "prime_contracts",
            format!("/rest/v1.0/prime_contracts?project_id={CLINIC}"),
        ),
        ("prime_contracts", format!("{v2}/prime_contracts")),
        (
            "prime_contract_line_items",
            format!("/rest/v1.0/prime_contracts/{PRIME}/line_items?project_id={CLINIC}"),
        ),
        (
            "prime_contract_line_items",
            format!("{v2}/prime_contracts/{PRIME}/line_items"),
        ),
        (
            "prime_change_orders",
            format!("{project}/prime_change_orders"),
        ),
        (
            "commitment_change_orders",
            format!("{project}/commitment_change_orders"),
        ),
        (
            "change_order_packages",
            format!("/rest/v1.0/change_order_packages?project_id={CLINIC}&contract_id={PRIME}"),
        ),
        (
            "potential_change_orders",
            format!("/rest/v1.0/potential_change_orders?project_id={CLINIC}"),
        ),
        (
            "payment_applications",
            format!("/rest/v1.0/payment_applications?project_id={CLINIC}"),
        ),
        (
            "payment_applications",
            format!("/rest/v1.0/prime_contracts/{PRIME}/payment_applications?project_id={CLINIC}"),
        ),
        (
            "contract_payments",
            format!("/rest/v1.0/contract_payments?project_id={CLINIC}&contract_id={PRIME}"),
        ),
        (
            "contract_payments",
            format!("/rest/v1.0/contract_payments?project_id={CLINIC}&contract_id={SUBCONTRACT}"),
        ),
        (
            "work_order_contracts",
            format!("/rest/v1.0/work_order_contracts?project_id={CLINIC}"),
        ),
        (
            "purchase_order_contracts",
            format!("/rest/v1.0/purchase_order_contracts?project_id={CLINIC}"),
        ),
        (
            "commitment_line_items",
            format!("/rest/v1.0/work_order_contracts/{SUBCONTRACT}/line_items?project_id={CLINIC}"),
        ),
        (
            "commitment_line_items",
            format!("/rest/v1.0/purchase_order_contracts/{ORDER}/line_items?project_id={CLINIC}"),
        ),
        (
            "commitment_line_items",
            format!("{v2}/commitment_contracts/{SUBCONTRACT}/line_items"),
        ),
        ("work_order_contracts", format!("{v2}/commitment_contracts")),
        ("billing_periods", format!("{project}/billing_periods")),
        (
            "requisitions",
            format!("/rest/v1.1/requisitions?project_id={CLINIC}&view=extended"),
        ),
        (
            "direct_costs",
            format!("/rest/v1.1/projects/{CLINIC}/direct_costs"),
        ),
        (
            "direct_cost_line_items",
            format!("{project}/direct_costs/line_items"),
        ),
        (
            "timecard_entries",
            format!("{project}/timecard_entries?{days}"),
        ),
        (
            "timecard_entries",
            format!("{company}/timecard_entries?{days}"),
        ),
        (
            "manpower_logs",
            format!("{project}/manpower_logs?{days}&filters[status]=all"),
        ),
        (
            "schedule_tasks",
            format!("/rest/v1.0/tasks?project_id={CLINIC}"),
        ),
        (
            "observations",
            format!("/rest/v1.0/observations/items?project_id={CLINIC}&filters[status][]=0"),
        ),
        (
            "punch_items",
            format!("/rest/v1.0/punch_items?project_id={CLINIC}"),
        ),
        ("rfis", format!("{project}/rfis")),
        (
            "submittals",
            format!("/rest/v1.1/projects/{CLINIC}/submittals"),
        ),
        (
            "documents",
            format!("/rest/v2.0/projects/{CLINIC}/documents"),
        ),
        ("crews", format!("{project}/crews")),
        (
            "project_roles",
            format!("/rest/v1.0/project_roles?project_id={CLINIC}"),
        ),
        ("tools", format!("{project}/tools")),
        ("vendors", format!("/rest/v1.1/projects/{CLINIC}/vendors")),
        ("users", format!("{project}/users")),
    ]
}

/// Shows of the documents whose list leaves rows out.
fn shows() -> Vec<(&'static str, String)> {
    vec![
        (
            "projects",
            format!("/rest/v1.0/projects/{CLINIC}?company_id={COMPANY}"),
        ),
        (
            "prime_contracts",
            format!("/rest/v1.0/prime_contract/{PRIME}?project_id={CLINIC}"),
        ),
        (
            "payment_applications",
            format!("/rest/v1.0/payment_applications/204417?project_id={CLINIC}"),
        ),
        (
            "requisitions",
            format!("/rest/v1.1/requisitions/1280646?project_id={CLINIC}&view=extended"),
        ),
        (
            "direct_costs",
            format!("/rest/v1.1/projects/{CLINIC}/direct_costs/720014"),
        ),
        (
            "work_order_contracts",
            format!("/rest/v1.0/work_order_contracts/{SUBCONTRACT}?project_id={CLINIC}"),
        ),
        (
            "budget_changes",
            format!("/rest/v1.0/projects/{CLINIC}/budget_changes/3301"),
        ),
    ]
}

fn check_amounts(collection: &str, body: &Value) {
    for (container, style, field) in declared(collection) {
        let holders: Vec<&Value> = match container.strip_suffix("[]") {
            _ if container.is_empty() => vec![body],
            Some(rows) => body[rows]
                .as_array()
                .map_or_else(Vec::new, |rows| rows.iter().collect()),
            None => vec![&body[container]],
        };
        for holder in holders {
            let value = &holder[field];
            assert!(
                conforms(style, value),
                "{collection} {container}.{field} is {value}, not {style:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_list_serves_rows_whose_amounts_are_written_as_declared() {
    let client = Client::start().await;
    for (collection, path) in lists() {
        let rows = client.rows(&path).await;
        assert!(!rows.is_empty(), "{path} is empty");
        rows.iter().for_each(|row| check_amounts(collection, row));
    }
    for (collection, path) in shows() {
        let answer = client.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let body = answer.body.get("data").unwrap_or(&answer.body);
        check_amounts(collection, body);
    }
}

#[tokio::test]
async fn the_fixture_keeps_every_identity() {
    let client = Client::start().await;
    assert_eq!(client.server.inconsistencies(), []);
}

#[tokio::test]
async fn lists_leave_out_what_only_the_show_returns() {
    let client = Client::start().await;
    let listed = &client
        .rows(&format!(
            "/rest/v1.0/payment_applications?project_id={CLINIC}"
        ))
        .await[0];
    assert!(listed.get("g703").is_none() && listed["g702"].is_object());
    let shown = client
        .get(&format!(
            "/rest/v1.0/payment_applications/204417?project_id={CLINIC}"
        ))
        .await;
    assert_eq!(shown.body["g703"].as_array().unwrap().len(), 2);

    let listed = &client
        .rows(&format!("/rest/v1.1/requisitions?project_id={CLINIC}"))
        .await[0];
    assert!(listed.get("items").is_none() && listed["summary"].is_object());
    let old = &client
        .rows(&format!("/rest/v1.0/requisitions?project_id={CLINIC}"))
        .await[0];
    assert!(old.get("summary").is_none() && old["g702"].is_object());
    let items = format!("/rest/v1.0/requisitions/1280646/change_order_items?project_id={CLINIC}");
    assert_eq!(ids(&client.rows(&items).await), [2]);

    let listed = &client
        .rows(&format!("/rest/v1.1/projects/{CLINIC}/direct_costs"))
        .await[0];
    assert_eq!(listed["vendor"], "Harbor Supply");
    assert!(listed.get("line_items").is_none());
    let shown = client
        .get(&format!("/rest/v1.1/projects/{CLINIC}/direct_costs/720014"))
        .await;
    assert_eq!(
        shown.body["vendor"],
        json!({"id": 60377, "name": "Harbor Supply"})
    );
    assert_eq!(shown.body["line_items_count"], 2);

    let listed = &client
        .rows(&format!("/rest/v1.0/projects/{CLINIC}/rfis?per_page=1"))
        .await[0];
    assert!(listed["questions"][0].get("answers").is_none());
    assert_eq!(listed["cost_impact"]["value"].to_string(), "125.5");
    let contract = client
        .get(&format!(
            "/rest/v1.0/prime_contract/{PRIME}?project_id={CLINIC}"
        ))
        .await;
    assert_eq!(contract.body["line_items"].as_array().unwrap().len(), 2);
    assert_eq!(contract.body["line_items_total"], "1250000.0");
    assert_eq!(contract.body["payments_received"][0]["id"], 88_120);
}

#[tokio::test]
async fn version_two_wraps_rows_and_writes_ids_as_text_from_the_same_store() {
    let client = Client::start().await;
    let v2 = format!("/rest/v2.0/companies/{COMPANY}/projects/{CLINIC}");
    let rows = client.get(&format!("{v2}/commitment_contracts")).await.body["data"].clone();
    assert_eq!(rows[0]["id"], SUBCONTRACT.to_string());
    assert_eq!(rows[0]["type"], "WorkOrderContract");
    assert!(rows[0].get("revised_contract").is_none() && rows[0].get("origin_id").is_none());
    assert_eq!(rows[1]["type"], "PurchaseOrderContract");
    let orders = format!("{v2}/commitment_contracts?filters[type]=PurchaseOrderContract");
    assert_eq!(client.rows(&orders).await.len(), 1);
    let lines = client
        .rows(&format!(
            "{v2}/commitment_contracts/{SUBCONTRACT}/line_items"
        ))
        .await;
    assert_eq!(lines[0]["wbs_code_id"], "5002119");
    assert!(lines[0].get("quantity").is_none());
    let summary = client
        .get(&format!("{v2}/prime_contracts/{PRIME}/summary"))
        .await;
    assert_eq!(summary.body["data"]["approved_change_total"], "48500.0");
    assert_eq!(summary.body["data"]["total_payments_amount"], "540000.0");
}

#[tokio::test]
async fn filters_are_read_in_all_their_forms_and_unknown_ones_ignored() {
    let client = Client::start().await;
    let base = format!("/rest/v1.0/vendors?company_id={COMPANY}");
    for (filter, count) in [
        ("", 44),
        ("&filters[id][]=60200&filters[id][]=60201", 2),
        ("&filters[id]=60200,60201,60202", 3),
        ("&filters[origin_id]=QB-3", 1),
        (
            "&filters[updated_at]=2026-06-30T20:11:02Z...2026-07-01T00:00:00Z",
            44,
        ),
        ("&filters[updated_at]=%222026-07-01...2026-07-02%22", 0),
        ("&filters[search]=vendor%2012", 1),
        ("&filters[colour]=blue", 44),
    ] {
        assert_eq!(
            client.rows(&format!("{base}{filter}")).await.len(),
            count,
            "{filter}"
        );
    }
    // The RFI status filter works in its array form only.
    let rfis = format!("/rest/v1.0/projects/{CLINIC}/rfis?per_page=500");
    assert_eq!(
        client
            .rows(&format!("{rfis}&filters[status]=closed"))
            .await
            .len(),
        137
    );
    assert_eq!(
        client
            .rows(&format!("{rfis}&filters[status][]=closed"))
            .await
            .len(),
        45
    );
}

#[tokio::test]
async fn only_active_projects_are_listed_unless_asked() {
    let client = Client::start().await;
    let base = format!("/rest/v1.1/projects?company_id={COMPANY}");
    assert_eq!(ids(&client.rows(&base).await), [CLINIC]);
    assert_eq!(
        ids(&client
            .rows(&format!("{base}&filters[by_status]=Inactive"))
            .await),
        [DEPOT]
    );
    assert_eq!(
        client
            .rows(&format!("{base}&filters[by_status]=All"))
            .await
            .len(),
        2
    );
}

#[tokio::test]
async fn daily_lists_show_today_in_the_projects_zone_when_no_date_is_given() {
    let client = Client::start().await;
    let base = format!("/rest/v1.0/projects/{CLINIC}/timecard_entries");
    let today = client.rows(&base).await;
    assert_eq!(today.len(), 1);
    assert_eq!(today[0]["date"], "2026-06-30");
    assert_eq!(today[0]["lunch_time"], 30);
    assert!(today[0].get("project").is_none());
    let range = format!("{base}?start_date=2026-06-29&end_date=2026-06-30");
    assert_eq!(client.rows(&range).await.len(), 2);
    let company = format!("/rest/v1.0/companies/{COMPANY}/timecard_entries?log_date=2026-07-01");
    let row = &client.rows(&company).await[0];
    assert_eq!(row["lunch_time"], "30");
    assert_eq!(row["project"]["id"], CLINIC);
    let backwards = client
        .get(&format!("{base}?start_date=2026-07-02&end_date=2026-07-01"))
        .await;
    assert_eq!(
        (backwards.status, &backwards.body),
        (400, &json!({"errors": "Invalid date range"}))
    );
    let logs = format!("/rest/v1.0/projects/{CLINIC}/manpower_logs");
    assert_eq!(ids(&client.rows(&logs).await), [612_001]);
}

#[tokio::test]
async fn unbudgeted_rows_are_hidden_unless_asked_for() {
    let client = Client::start().await;
    let base = format!("/rest/v1.0/budget_views/117217/detail_rows?project_id={CLINIC}");
    assert_eq!(ids(&client.rows(&base).await), [910_441]);
    assert_eq!(
        ids(&client
            .rows(&format!("{base}&budget_row_type=unbudgeted"))
            .await),
        [910_442]
    );
    assert_eq!(
        client
            .rows(&format!("{base}&budget_row_type=all"))
            .await
            .len(),
        2
    );
    let line = client
        .get(&format!(
            "/rest/v1.0/budget_line_items/910441?project_id={CLINIC}"
        ))
        .await;
    assert_eq!(line.body["revised_budget"].to_string(), "86500.0");
}

#[tokio::test]
async fn unknown_keys_and_enum_values_are_sprinkled_on_request() {
    let sprinkle = Sprinkle {
        unknown_keys: 300,
        unknown_enums: 0,
    };
    let path = format!("/rest/v1.0/projects/{CLINIC}/rfis?per_page=500");
    let surprised = |rows: Vec<Value>| -> Vec<i64> {
        let strange = |row: &&Value| {
            row.as_object()
                .unwrap()
                .keys()
                .any(|key| key.starts_with("future_"))
        };
        ids(&rows.iter().filter(strange).cloned().collect::<Vec<_>>())
    };
    let client = Client::with(Config {
        sprinkle,
        ..Config::default()
    })
    .await;
    let first = surprised(client.rows(&path).await);
    let again = surprised(client.rows(&path).await);
    assert!(first.len() > 20 && first.len() < 70, "{}", first.len());
    assert_eq!(first, again);
}

#[tokio::test]
async fn the_last_billing_document_of_each_contract_can_be_asked_for() {
    let client = Client::start().await;
    let earlier = Edit::Upsert {
        collection: "payment_applications".to_owned(),
        project_id: Some(CLINIC),
        parent_id: Some(PRIME),
        body: json!({"id": 204_400, "number": 2, "contract": {"id": PRIME}}),
    };
    client.server.edit(&earlier).unwrap();
    let path = format!("/rest/v1.0/payment_applications?project_id={CLINIC}");
    assert_eq!(client.rows(&path).await.len(), 2);
    let last = client.rows(&format!("{path}&filters[is_last]=true")).await;
    assert_eq!(ids(&last), [204_417]);
}

#[tokio::test]
async fn company_lists_need_the_company_in_the_query_as_well() {
    let client = Client::start().await;
    let projects = client.get("/rest/v1.1/projects").await;
    assert_eq!(projects.status, 400);
    assert_eq!(projects.body["error"]["code"], "BAD_REQUEST");
    let vendors = client.get("/rest/v1.0/vendors").await;
    assert!(vendors.status == 400 && vendors.body["errors"].is_string());
    let foreign = client.get("/rest/v1.0/vendors?company_id=9").await;
    assert_eq!(foreign.status, 403);
}

#[tokio::test]
async fn inactive_vendors_have_a_list_of_their_own() {
    let client = Client::start().await;
    let path = format!("/rest/v1.0/companies/{COMPANY}/vendors/inactive");
    assert_eq!(ids(&client.rows(&path).await), [60_207]);
}

#[tokio::test]
async fn compliance_and_timesheets_follow_from_other_records() {
    let client = Client::start().await;
    let base = format!("/rest/v1.0/projects/{CLINIC}/work_order_contracts/{SUBCONTRACT}");
    let papers = client.get(&format!("{base}/compliance")).await;
    assert_eq!(papers.body["insurance_documents"][0]["id"], 33_071);
    assert_eq!(papers.body["derived_insurance_status"], "compliant");
    let sheets = client
        .rows(&format!(
            "/rest/v1.0/companies/{COMPANY}/timesheets?start_date=2026-06-29&end_date=2026-06-30"
        ))
        .await;
    assert_eq!(sheets.len(), 1);
    assert_eq!(sheets[0]["timecard_entries"].as_array().unwrap().len(), 2);
}
