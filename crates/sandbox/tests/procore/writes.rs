//! Creates, changes, deletes, sync, and the totals that follow.

use reqwest::Method;
use sandbox::procore::{Edit, Level, Principal};
use serde_json::{Value, json};

use super::books::{CLINIC, COMPANY, PRIME};
use super::client::{Client, ids};

async fn administrator() -> Client {
    let client = Client::start().await;
    for tool in [
        "company_directory",
        "rfi",
        "direct_costs",
        "punch_list",
        "prime_contract",
    ] {
        client
            .server
            .set_level(Principal::User, None, tool, Level::Admin);
    }
    client
}

#[tokio::test]
async fn a_record_is_created_changed_and_deleted() {
    let client = administrator().await;
    let base = format!("/rest/v1.1/projects/{CLINIC}/direct_costs");
    let body = json!({"direct_cost": {"direct_cost_type": "expense", "direct_cost_date": "junk",
        "line_items": [{"id": 1, "amount": "12.5"}, {"id": 2, "amount": "0.25"}]}});
    let created = client.send(Method::POST, &base, &body).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let id = created.body["id"].as_i64().unwrap();
    assert!(id > i64::from(u32::MAX));
    assert_eq!(created.body["amount"], "12.75");
    assert_eq!(created.body["direct_cost_date"], Value::Null);

    client.server.advance(60);
    let change = json!({"direct_cost": {"description": "Fuel"}});
    let updated = client
        .send(Method::PATCH, &format!("{base}/{id}"), &change)
        .await;
    assert_eq!(
        (updated.status, &updated.body["description"]),
        (200, &json!("Fuel"))
    );
    assert_eq!(updated.body["updated_at"], "2026-07-01T03:01:00Z");
    assert_eq!(updated.body["created_at"], "2026-07-01T03:00:00Z");

    assert_eq!(
        client
            .send(Method::DELETE, &format!("{base}/{id}"), &Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(client.get(&format!("{base}/{id}")).await.status, 404);
    assert!(!ids(&client.rows(&base).await).contains(&id));
    assert!(client.server.record("direct_costs", id).unwrap()["deleted_at"].is_string());
}

#[tokio::test]
async fn records_with_an_origin_are_locked_and_origins_are_unique_in_the_company() {
    let client = administrator().await;
    let base = format!("/rest/v1.1/projects/{CLINIC}/direct_costs");
    let change = json!({"direct_cost": {"description": "x"}});
    let locked = client
        .send(Method::PATCH, &format!("{base}/720014"), &change)
        .await;
    assert_eq!(locked.status, 422);
    assert!(locked.body["errors"]["base"].is_array());
    let twin =
        json!({"direct_cost": {"direct_cost_type": "expense", "origin_id": "QBO-BILL-9931"}});
    let taken = client.send(Method::POST, &base, &twin).await;
    assert_eq!(
        (taken.status, taken.body),
        (
            422,
            json!({"errors": {"origin_id": ["has already been taken"]}})
        )
    );
}

#[tokio::test]
async fn sync_matches_by_id_then_by_origin_and_reports_row_by_row() {
    let client = administrator().await;
    let body = json!({"updates": [
        {"id": 60_200, "name": "Renamed"}, {"origin_id": "QB-3", "name": "Upserted"},
        {"origin_id": "QB-99", "name": "New"}, {"id": 1, "name": "Nobody"}]});
    let answer = client
        .send(
            Method::PATCH,
            &format!("/rest/v1.0/vendors/sync?company_id={COMPANY}"),
            &body,
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let entities = answer.body["entities"].as_array().unwrap();
    assert_eq!(ids(entities)[..2], [60_200, 60_203]);
    assert_eq!(entities.len(), 3);
    assert_eq!(
        answer.body["errors"][0]["errors"],
        json!({"id": ["Entity with this ID not found"]})
    );
}

#[tokio::test]
async fn an_idempotency_token_makes_a_repeated_post_harmless() {
    let client = administrator().await;
    let path = format!("/rest/v1.0/vendors?company_id={COMPANY}");
    let mut seen = Vec::new();
    for _ in 0..2 {
        let request = client
            .request(Method::POST, &path)
            .header("Idempotency-Token", "abc")
            .json(&json!({"vendor": {"name": "Once"}}));
        let answer = super::client::read(request.send().await.unwrap()).await;
        seen.push((answer.status, answer.body["id"].clone()));
    }
    assert_eq!((seen[0].0, seen[1].0), (201, 200));
    assert_eq!(seen[0].1, seen[1].1);
}

#[tokio::test]
async fn closing_an_rfi_needs_the_accepted_attribute() {
    let client = administrator().await;
    let base = format!("/rest/v1.0/projects/{CLINIC}/rfis");
    let body = json!({"rfi": {"subject": "Clearance", "question": {"body": "Confirm"}}});
    let created = client.send(Method::POST, &base, &body).await;
    let id = created.body["id"].as_i64().unwrap();
    assert_eq!(created.body["status"], "draft");
    let closed = client
        .send(
            Method::PATCH,
            &format!("{base}/{id}"),
            &json!({"rfi": {"accepted": true}}),
        )
        .await;
    assert_eq!(closed.body["status"], "closed");
    let nameless = client
        .send(Method::POST, &base, &json!({"rfi": {"subject": ""}}))
        .await;
    assert_eq!(
        nameless.body,
        json!({"errors": {"subject": ["can't be blank"]}})
    );
}

#[tokio::test]
async fn totals_follow_when_a_procore_user_edits_the_parts() {
    let client = Client::start().await;
    let upsert = |collection: &str, body: Value| Edit::Upsert {
        collection: collection.to_owned(),
        project_id: Some(CLINIC),
        parent_id: Some(PRIME),
        body,
    };
    client.server.edit(&upsert("prime_contract_line_items", json!({"id": 770_310, "amount": "62000.5", "extended_amount": "62000.5", "total_amount": "62000.5"}))).unwrap();
    client
        .server
        .edit(&upsert(
            "prime_change_orders",
            json!({"contract_id": PRIME, "status": "approved", "grand_total": "100.0"}),
        ))
        .unwrap();
    let contract = client.server.record("prime_contracts", PRIME).unwrap();
    assert_eq!(contract["grand_total"], "1250000.5");
    assert_eq!(contract["approved_change_orders"], "48600.0");
    assert_eq!(contract["revised_contract_amount"], "1298600.5");
    assert_eq!(contract["outstanding_balance"], "758600.5");
    client
        .server
        .edit(&Edit::Delete {
            collection: "contract_payments".to_owned(),
            id: 88_120,
        })
        .unwrap();
    assert_eq!(
        client.server.record("prime_contracts", PRIME).unwrap()["total_payments"],
        "0.0"
    );

    let mut rows = client
        .server
        .record("payment_applications", 204_417)
        .unwrap()["g703"]
        .clone();
    rows[0]["work_completed_this_period"] = json!("60000.25");
    client
        .server
        .edit(&upsert(
            "payment_applications",
            json!({"id": 204_417, "g703": rows}),
        ))
        .unwrap();
    let application = client
        .server
        .record("payment_applications", 204_417)
        .unwrap();
    assert_eq!(application["g702"]["current_payment_due"], "72000.25");
    assert_eq!(
        application["g703"][0]["total_completed_and_stored_to_date"],
        "660000.25"
    );
    assert_eq!(client.server.inconsistencies(), []);
}

#[tokio::test]
async fn a_contradiction_in_loaded_books_is_listed_and_left_alone() {
    let mut books = super::books::books();
    books.records.get_mut("prime_contracts").unwrap()[0].body["revised_contract_amount"] =
        json!("1.0");
    let server = sandbox::procore::start(sandbox::procore::Config::default(), Some(books))
        .await
        .unwrap();
    let found = server.inconsistencies();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].field.as_str(), found[0].stated.as_str()),
        ("revised_contract_amount", "1.0")
    );
    assert_eq!(found[0].computed, "1298500");
}

#[tokio::test]
async fn a_payment_needs_a_contract_that_exists_and_moves_its_balance() {
    let client = administrator().await;
    let path = |contract: i64| {
        format!("/rest/v1.0/contract_payments?project_id={CLINIC}&contract_id={contract}")
    };
    let body = json!({"contract_payment": {"amount": "500.0", "date": "2026-06-30"}});
    let nowhere = client.send(Method::POST, &path(77), &body).await;
    assert_eq!(nowhere.status, 404);
    let paid = client.send(Method::POST, &path(PRIME), &body).await;
    assert_eq!(paid.status, 201, "{}", paid.text);
    let contract = client.server.record("prime_contracts", PRIME).unwrap();
    assert_eq!(contract["total_payments"], "540500.0");
    assert_eq!(contract["outstanding_balance"], "758000.0");
    assert_eq!(client.rows(&path(PRIME)).await.len(), 2);
}
