//! Who may see what, and how a refusal looks.

use reqwest::Method;
use sandbox::procore::{Level, Principal, Shape};
use serde_json::{Value, json};

use super::books::{CLINIC, COMPANY, DEPOT, PRIME, SUBCONTRACT};
use super::client::{Client, ids, read};

const USER: Principal = Principal::User;

#[tokio::test]
async fn the_company_header_is_needed_everywhere_but_on_two_paths_for_a_person() {
    let client = Client::start().await;
    let bare = async |token: &str, path: &str| {
        let url = format!("{}{path}", client.server.api_url());
        read(
            client
                .http
                .get(url)
                .bearer_auth(token)
                .send()
                .await
                .unwrap(),
        )
        .await
    };
    let missing = bare(
        &client.token,
        &format!("/rest/v1.0/vendors?company_id={COMPANY}"),
    )
    .await;
    assert_eq!(missing.status, 400);
    assert!(
        missing.body["error"]
            .as_str()
            .unwrap()
            .starts_with("Missing Procore-Company-Id header!")
    );
    assert_eq!(bare(&client.token, "/rest/v1.0/me").await.status, 200);
    assert_eq!(
        bare(&client.token, "/rest/v1.0/companies")
            .await
            .rows()
            .len(),
        1
    );

    let bot = client.server.issue_token(Principal::ServiceAccount);
    let bot = bot["access_token"].as_str().unwrap();
    assert_eq!(bare(bot, "/rest/v1.0/me").await.status, 400);
    assert_eq!(bare(bot, "/rest/v1.0/companies").await.status, 400);

    let other = client
        .http
        .get(format!(
            "{}/rest/v1.0/vendors?company_id={COMPANY}",
            client.server.api_url()
        ))
        .bearer_auth(&client.token)
        .header("procore-company-id", "77");
    let other = read(other.send().await.unwrap()).await;
    assert_eq!(
        (other.status, other.body),
        (
            403,
            json!({"errors": ["App is not connected to this company."]})
        )
    );
}

#[tokio::test]
async fn an_application_that_is_not_installed_reaches_two_paths_only() {
    let client = Client::start().await;
    client.server.set_installed(false);
    assert_eq!(client.get("/rest/v1.0/me").await.status, 200);
    assert_eq!(client.get("/rest/v1.0/companies").await.status, 200);
    let refused = client
        .get(&format!("/rest/v1.1/projects?company_id={COMPANY}"))
        .await;
    assert_eq!(refused.status, 403);
    assert_eq!(
        refused.body["errors"][0],
        "App is not connected to this company."
    );
}

#[tokio::test]
async fn tools_and_permissions_tell_the_truth_about_what_answers() {
    let client = Client::start().await;
    let budget = format!("/rest/v1.0/budget_views?project_id={CLINIC}");
    let manifest = format!("/rest/v1.0/settings/permissions?project_id={CLINIC}");
    let level = async |tool: &str| {
        let answer = client.get(&manifest).await;
        let tools = answer.body["tools"].as_array().unwrap().clone();
        tools
            .into_iter()
            .find(|row| row["name"] == tool)
            .map(|row| row["user_access_level"]["name"].clone())
    };
    assert_eq!(level("budget").await, Some(json!("Read Only")));
    client
        .server
        .set_level(USER, Some(CLINIC), "budget", Level::None);
    assert_eq!(level("budget").await, Some(json!("None")));
    assert_eq!(client.get(&budget).await.status, 403);
    client
        .server
        .set_level(USER, Some(CLINIC), "budget", Level::ReadOnly);
    client.server.set_tool_enabled(CLINIC, "budget", false);
    assert_eq!(level("budget").await, None);
    let tools = client
        .rows(&format!("/rest/v1.0/projects/{CLINIC}/tools"))
        .await;
    let row = tools
        .iter()
        .find(|row| row["engine_name"] == "budget")
        .unwrap();
    assert_eq!(row["is_active"], false);
    assert_eq!(client.get(&budget).await.status, 403);
    assert_eq!(
        client.get("/rest/v1.0/settings/permissions").await.status,
        400
    );
}

#[tokio::test]
async fn a_read_only_connection_cannot_write() {
    let client = Client::start().await;
    let body = json!({"vendor": {"name": "New"}});
    let path = format!("/rest/v1.0/vendors?company_id={COMPANY}");
    assert_eq!(client.send(Method::POST, &path, &body).await.status, 403);
}

#[tokio::test]
async fn private_contracts_and_everything_under_them_are_invisible_without_the_right() {
    let client = Client::start().await;
    let paths = [
        format!("/rest/v1.0/prime_contracts/{PRIME}/line_items?project_id={CLINIC}"),
        format!("/rest/v1.0/prime_contract/{PRIME}?project_id={CLINIC}"),
        format!("/rest/v1.0/payment_applications/204417?project_id={CLINIC}"),
        format!("/rest/v1.0/contract_payments?project_id={CLINIC}&contract_id={PRIME}"),
    ];
    client
        .server
        .set_level(USER, Some(CLINIC), "prime_contract", Level::ReadOnly);
    for path in &paths {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
    for list in ["prime_contracts", "payment_applications"] {
        assert!(
            client
                .rows(&format!("/rest/v1.0/{list}?project_id={CLINIC}"))
                .await
                .is_empty()
        );
    }
    client.server.set_on_private_list(USER, PRIME, true);
    for path in &paths {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    client
        .server
        .set_level(USER, Some(CLINIC), "commitments", Level::ReadOnly);
    assert!(
        client
            .rows(&format!("/rest/v1.1/requisitions?project_id={CLINIC}"))
            .await
            .is_empty()
    );
    assert!(
        client
            .rows(&format!(
                "/rest/v1.0/work_order_contracts?project_id={CLINIC}"
            ))
            .await
            .is_empty()
    );
    client.server.set_on_private_list(USER, SUBCONTRACT, true);
    assert_eq!(
        client
            .rows(&format!("/rest/v1.1/requisitions?project_id={CLINIC}"))
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn a_project_may_vanish_from_the_permitted_list_and_return() {
    let client = Client::start().await;
    let list = format!("/rest/v1.1/projects?company_id={COMPANY}&filters[by_status]=All");
    client.server.set_member(USER, CLINIC, false);
    assert_eq!(ids(&client.rows(&list).await), [DEPOT]);
    assert_eq!(
        client
            .get(&format!("/rest/v1.0/projects/{CLINIC}/rfis"))
            .await
            .status,
        404
    );
    assert_eq!(
        client
            .get(&format!(
                "/rest/v1.0/projects/{CLINIC}?company_id={COMPANY}"
            ))
            .await
            .status,
        404
    );
    let cards = format!(
        "/rest/v1.0/companies/{COMPANY}/timecard_entries?start_date=2026-01-01&end_date=2026-12-31"
    );
    assert!(client.rows(&cards).await.is_empty());
    client.server.set_member(USER, CLINIC, true);
    assert_eq!(client.rows(&list).await.len(), 2);
    assert_eq!(client.rows(&cards).await.len(), 3);
}

#[tokio::test]
async fn errors_come_in_the_routes_own_shape_or_in_the_chosen_one() {
    let client = Client::start().await;
    let v1 = format!("/rest/v1.0/punch_items/999?project_id={CLINIC}");
    let v2 = format!("/rest/v2.0/companies/{COMPANY}/projects/{CLINIC}/prime_contracts/999");
    assert_eq!(
        client.get(&v1).await.body,
        json!({"message": "Not Found", "exception": "RecordNotFound"})
    );
    assert_eq!(client.get(&v2).await.body["error"]["code"], "NOT_FOUND");
    let missing = client.get("/rest/v1.0/punch_items").await;
    assert_eq!(missing.status, 400);
    assert!(missing.body["errors"].is_string());
    type Holds = fn(&Value) -> bool;
    let checks: [(Shape, Holds); 4] = [
        (Shape::E1, |body| body["errors"].is_array()),
        (Shape::E3, |body| body["errors"]["base"].is_array()),
        (Shape::E8, |body| body["error"].is_string()),
        (Shape::E9, |body| body["failures"].is_array()),
    ];
    for (shape, holds) in checks {
        client
            .server
            .set_error_shape("/rest/v1.0/punch_items/*", Some(shape));
        let answer = client.get(&v1).await;
        assert!(
            answer.status == 404 && holds(&answer.body),
            "{shape:?}: {}",
            answer.text
        );
    }
    client
        .server
        .set_error_shape("/rest/v1.0/punch_items/*", Some(Shape::E11));
    assert!(
        client
            .get(&v1)
            .await
            .header("content-type")
            .starts_with("text/html")
    );
}
