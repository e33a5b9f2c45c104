//! Notifications, retries and their end.

use std::sync::{Arc, Mutex};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use reqwest::Method;
use sandbox::procore::{Edit, WebhookPolicy};
use serde_json::{Value, json};

use super::books::{CLINIC, COMPANY, SUBCONTRACT};
use super::client::Client;

type Inbox = Arc<Mutex<Vec<(String, Value)>>>;

/// A receiver that answers with one status and keeps what it got.
async fn receiver(status: u16) -> (String, Inbox) {
    let inbox = Inbox::default();
    let app = axum::Router::new()
        .fallback(
            move |State(inbox): State<Inbox>, request: Request| async move {
                let secret = request
                    .headers()
                    .get("authorization")
                    .map(|value| value.to_str().unwrap().to_owned());
                let bytes = axum::body::to_bytes(request.into_body(), 1 << 20)
                    .await
                    .unwrap();
                let body = serde_json::from_slice(&bytes).unwrap();
                inbox
                    .lock()
                    .unwrap()
                    .push((secret.unwrap_or_default(), body));
                StatusCode::from_u16(status).unwrap()
            },
        )
        .with_state(Arc::clone(&inbox));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, inbox)
}

async fn subscribe(client: &Client, url: &str, version: &str) -> i64 {
    let hook = json!({"company_id": COMPANY, "hook": {"api_version": version, "namespace": "plumbline",
        "destination_url": url, "destination_headers": {"Authorization": "Bearer secret-123"}}});
    let created = client
        .send(Method::POST, "/rest/v1.0/webhooks/hooks", &hook)
        .await;
    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(
        created.body["destination_headers"]["Authorization"],
        "************t-123"
    );
    let id = created.body["id"].as_i64().unwrap();
    for event in ["create", "UPDATE", "delete"] {
        let trigger = json!({"company_id": COMPANY, "trigger": {"resource_name": "Work Order Contracts", "event_type": event}});
        let path = format!("/rest/v1.0/webhooks/hooks/{id}/triggers");
        assert_eq!(client.send(Method::POST, &path, &trigger).await.status, 201);
    }
    id
}

fn rename() -> Edit {
    Edit::Upsert {
        collection: "work_order_contracts".to_owned(),
        project_id: Some(CLINIC),
        parent_id: None,
        body: json!({"id": SUBCONTRACT, "title": "Electrical, renamed"}),
    }
}

#[tokio::test]
async fn a_change_is_announced_in_the_payload_version_of_the_hook() {
    let client = Client::start().await;
    let (url, inbox) = receiver(204).await;
    for version in ["v2", "v3", "v4"] {
        subscribe(&client, &url, version).await;
    }
    client.server.edit(&rename()).unwrap();
    client.server.send_webhooks().await;
    let got = inbox.lock().unwrap().clone();
    assert_eq!(got.len(), 3);
    assert!(got.iter().all(|(secret, _)| secret == "Bearer secret-123"));
    let [two, three, four] = [&got[0].1, &got[1].1, &got[2].1];
    assert_eq!(two["resource_name"], "Work Order Contracts");
    assert_eq!(
        (&two["resource_id"], &two["event_type"]),
        (&json!(SUBCONTRACT), &json!("update"))
    );
    assert!(two.get("related_resources").is_none() && three["related_resources"].is_array());
    assert_eq!(four["resource_id"], SUBCONTRACT.to_string());
    assert_eq!(four["reason"], "update");
    assert_eq!(two["user_id"], 4_410_077);
    assert!(
        two.to_string().find("Electrical").is_none(),
        "a notification never holds the record"
    );
}

#[tokio::test]
async fn a_failing_receiver_is_retried_ever_more_slowly_and_given_up_after_twelve_hours() {
    let client = Client::start().await;
    let (url, inbox) = receiver(500).await;
    let hook = subscribe(&client, &url, "v2").await;
    client.server.edit(&rename()).unwrap();
    client.server.settle_webhooks(14 * 3_600).await;
    let attempts = inbox.lock().unwrap().len();
    assert!((20..30).contains(&attempts), "{attempts}");
    let path = format!(
        "/rest/v1.0/webhooks/hooks/{hook}/deliveries?company_id={COMPANY}&filters[status]=discarded"
    );
    client.server.settle_webhooks(3_600).await;
    assert_eq!(inbox.lock().unwrap().len(), attempts);
    let issued = client.server.issue_token(sandbox::procore::Principal::User);
    let client = Client {
        token: issued["access_token"].as_str().unwrap().to_owned(),
        ..client
    };
    assert_eq!(client.rows(&path).await.len(), 1);
}

#[tokio::test]
async fn deliveries_may_come_twice_with_the_same_id() {
    let webhooks = WebhookPolicy {
        duplicates: 1_000,
        out_of_order: true,
        timeout_ms: 5_000,
    };
    let client = Client::with(sandbox::procore::Config {
        webhooks,
        ..Default::default()
    })
    .await;
    let (url, inbox) = receiver(200).await;
    subscribe(&client, &url, "v2").await;
    client.server.edit(&rename()).unwrap();
    client.server.send_webhooks().await;
    let got = inbox.lock().unwrap().clone();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].1["ulid"], got[1].1["ulid"]);
}

#[tokio::test]
async fn requisitions_have_no_webhook() {
    let client = Client::start().await;
    let (url, _) = receiver(200).await;
    let hook = subscribe(&client, &url, "v2").await;
    let trigger = json!({"company_id": COMPANY, "trigger": {"resource_name": "Requisitions", "event_type": "create"}});
    let path = format!("/rest/v1.0/webhooks/hooks/{hook}/triggers");
    assert_eq!(client.send(Method::POST, &path, &trigger).await.status, 422);
}

#[tokio::test]
async fn version_two_manages_hooks_with_flat_bodies_and_text_ids() {
    let client = Client::start().await;
    let base = format!("/rest/v2.0/companies/{COMPANY}/projects/{CLINIC}/webhooks/hooks");
    let body = json!({"payload_version": "v4.0", "namespace": "plumbline",
        "destination_url": "http://127.0.0.1:9/hook"});
    let created = client.send(Method::POST, &base, &body).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let hook = created.body["data"].clone();
    assert!(hook["id"].is_string());
    assert_eq!(hook["project_id"], CLINIC.to_string());
    assert_eq!(hook["payload_version"], "v4.0");
    assert_eq!(client.rows(&base).await.len(), 1);
    // A hook belongs to its project; the company's list does not show it.
    let company = format!("/rest/v2.0/companies/{COMPANY}/webhooks/hooks");
    assert!(client.rows(&company).await.is_empty());
    let shouting = json!({"namespace": "Plumbline!", "destination_url": "http://127.0.0.1:9/"});
    let refused = client.send(Method::POST, &base, &shouting).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn triggers_sent_in_bulk_succeed_and_fail_one_by_one() {
    let client = Client::start().await;
    let hook = subscribe(&client, "http://127.0.0.1:9/hook", "v2").await;
    let path = format!("/rest/v1.0/webhooks/hooks/{hook}/triggers/bulk");
    let body = json!({"company_id": COMPANY, "triggers": [
        {"resource_name": "RFIs", "event_type": "create"},
        {"resource_name": "Timesheets", "event_type": "create"}]});
    let answer = client.send(Method::POST, &path, &body).await;
    assert_eq!(answer.status, 207);
    assert_eq!(answer.body["success"].as_array().unwrap().len(), 1);
    assert_eq!(answer.body["failed"].as_array().unwrap().len(), 1);
}
