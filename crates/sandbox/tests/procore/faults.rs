//! Rate windows and scripted faults.

use sandbox::procore::{Config, Fault, Level, Principal, RateLimits};
use serde_json::json;

use super::books::{CLINIC, COMPANY};
use super::client::{Client, ids, read};

fn fault(text: &str) -> Fault {
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn both_windows_limit_and_the_headers_say_so_on_every_answer() {
    let limits = RateLimits {
        hourly: 5,
        spike: 3,
        retry_after: true,
        jump_to_reset: false,
    };
    let client = Client::with(Config {
        limits,
        ..Config::default()
    })
    .await;
    let path = "/rest/v1.0/me";
    let first = client.get(path).await;
    assert_eq!(
        (
            first.header("x-rate-limit-limit"),
            first.header("x-rate-limit-remaining")
        ),
        ("3", "2")
    );
    let not_found = client.get("/rest/v1.0/nothing").await;
    assert_eq!(
        (not_found.status, not_found.header("x-rate-limit-remaining")),
        (404, "1")
    );
    client.get(path).await;
    let refused = client.get(path).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "10"));
    let reset: i64 = refused.header("x-rate-limit-reset").parse().unwrap();
    assert_eq!(reset - client.server.now().as_second(), 10);
    client.server.advance(10);
    assert_eq!(client.get(path).await.status, 200);
    assert_eq!(client.get(path).await.header("x-rate-limit-remaining"), "0");
    let hourly = client.get(path).await;
    assert_eq!(
        (hourly.status, hourly.header("x-rate-limit-limit")),
        (429, "5")
    );
}

#[tokio::test]
async fn a_polite_client_gets_on_when_the_clock_jumps_to_the_reset() {
    let limits = RateLimits {
        hourly: 100,
        spike: 2,
        retry_after: false,
        jump_to_reset: true,
    };
    let client = Client::with(Config {
        limits,
        ..Config::default()
    })
    .await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(client.get("/rest/v1.0/me").await.status);
    }
    assert_eq!(statuses, [200, 200, 429, 200]);
}

#[tokio::test]
async fn scripted_statuses_pages_and_cuts_strike_the_named_call() {
    let client = Client::start().await;
    let path = format!("/rest/v1.0/vendors?company_id={COMPANY}");
    for (kind, check) in [
        (r#"{"kind": "status", "status": 500}"#, 500_u16),
        (r#"{"kind": "status", "status": 401}"#, 401),
        (r#"{"kind": "rate_limited", "retry_after": 7}"#, 429),
        (r#"{"kind": "html_page", "status": 502}"#, 502),
    ] {
        let text = format!(r#"{{"route": "/rest/v1.0/vendors", "nth": 2, "fault": {kind}}}"#);
        client.server.set_faults(vec![fault(&text)]);
        assert_eq!(client.get(&path).await.status, 200);
        assert_eq!(client.get(&path).await.status, check);
        assert_eq!(client.get(&path).await.status, 200);
    }
    for kind in [
        r#"{"kind": "drop_connection"}"#,
        r#"{"kind": "truncated_body"}"#,
        r#"{"kind": "drop_after_commit"}"#,
        r#"{"kind": "timeout_after_commit", "hold_ms": 1}"#,
    ] {
        let text = format!(r#"{{"route": "/rest/**", "nth": 1, "fault": {kind}}}"#);
        client.server.set_faults(vec![fault(&text)]);
        let outcome = match client.request(reqwest::Method::GET, &path).send().await {
            Ok(response) => response.bytes().await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert!(outcome.is_err(), "{kind}");
        assert_eq!(client.get(&path).await.status, 200);
    }
}

#[tokio::test]
async fn a_truncated_answer_has_its_head() {
    let client = Client::start().await;
    client.server.add_fault(fault(
        r#"{"route": "/rest/**", "nth": 1, "fault": {"kind": "truncated_body"}}"#,
    ));
    let path = format!("/rest/v1.0/vendors?company_id={COMPANY}");
    let response = client
        .request(reqwest::Method::GET, &path)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
}

#[tokio::test]
async fn rows_may_come_twice_or_out_of_order() {
    let client = Client::start().await;
    let path = format!("/rest/v1.0/projects/{CLINIC}/rfis?per_page=5");
    let straight = ids(&client.rows(&path).await);
    client.server.set_faults(vec![fault(
        r#"{"route": "/rest/v1.0/projects/*/rfis", "nth": 1, "fault": {"kind": "duplicate_rows"}}"#,
    )]);
    let twice = ids(&client.rows(&path).await);
    assert_eq!((twice.len(), twice[5]), (6, straight[0]));
    client.server.set_faults(vec![fault(r#"{"route": "/rest/v1.0/projects/*/rfis", "nth": 1, "fault": {"kind": "out_of_order_rows"}}"#)]);
    let mut reversed = ids(&client.rows(&path).await);
    reversed.reverse();
    assert_eq!(reversed, straight);
}

#[tokio::test]
async fn somebody_may_edit_between_two_pages() {
    let client = Client::start().await;
    let edit = json!([{"route": "/rest/v1.0/projects/*/rfis", "nth": 2, "fault": {"kind": "edit_before",
        "edits": [{"op": "delete", "collection": "rfis", "id": 6_000_000_001_i64}]}}]);
    client
        .server
        .set_faults(serde_json::from_value(edit).unwrap());
    let path = format!("/rest/v1.0/projects/{CLINIC}/rfis?per_page=100");
    let first = client.get(&path).await;
    let second = client.get(&first.link("next").unwrap()).await;
    assert_eq!(
        (first.header("total"), second.header("total")),
        ("137", "136")
    );
    // Offset paging over a changing list skips a row.
    assert_eq!(first.rows().len() + second.rows().len(), 136);
    assert!(!ids(&second.rows()).contains(&6_000_000_101));
}

#[tokio::test]
async fn the_tester_works_over_http_as_well() {
    let client = Client::start().await;
    let admin = async |operation: &str, body: serde_json::Value| {
        let url = format!("{}/_sandbox/{operation}", client.server.api_url());
        read(client.http.post(url).json(&body).send().await.unwrap()).await
    };
    let now = admin("clock/advance", json!({"seconds": 60})).await;
    assert_eq!(now.body["now"], "2026-07-01T03:01:00Z");
    admin("tokens/expire", json!({})).await;
    assert_eq!(client.get("/rest/v1.0/me").await.status, 401);
    let fresh = admin("tokens/issue", json!({"principal": "user"})).await;
    assert!(fresh.body["access_token"].is_string());
    let script = json!([{"route": "/rest/**", "typo": 1, "fault": {"kind": "drop_connection"}}]);
    assert_eq!(admin("faults", script).await.status, 400);
    let state = read(
        client
            .http
            .get(format!("{}/_sandbox/state", client.server.api_url()))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(state.body["collections"]["rfis"]["stored"], 137);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_answers() {
    let run = async || {
        let client = Client::start().await;
        client.server.add_fault(fault(r#"{"route": "/rest/**", "per_mille": 400, "fault": {"kind": "status", "status": 503, "retry_after": 1}}"#));
        let mut seen = vec![client.token.clone()];
        for _ in 0..20 {
            let answer = client.get("/rest/v1.0/me").await;
            seen.push(format!(
                "{} {}",
                answer.status,
                answer.header("x-request-id")
            ));
        }
        seen
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test]
async fn a_project_may_vanish_between_two_pages() {
    let client = Client::start().await;
    let script = json!([{"route": "/rest/v1.0/projects/*/rfis", "nth": 2, "fault": {
        "kind": "edit_before",
        "edits": [{"op": "member", "principal": "user", "project_id": CLINIC, "member": false}]}}]);
    client
        .server
        .set_faults(serde_json::from_value(script).unwrap());
    let first = client
        .get(&format!("/rest/v1.0/projects/{CLINIC}/rfis"))
        .await;
    let second = client.get(&first.link("next").unwrap()).await;
    assert_eq!((first.status, second.status), (200, 404));
}

#[tokio::test]
async fn a_success_may_be_a_page_that_is_no_json_and_a_late_answer_still_comes() {
    let client = Client::start().await;
    let path = format!("/rest/v1.0/vendors?company_id={COMPANY}");
    client.server.set_faults(vec![
        fault(r#"{"route": "/rest/**", "nth": 1, "fault": {"kind": "html_success"}}"#),
        fault(r#"{"route": "/rest/**", "nth": 2, "fault": {"kind": "slow", "ms": 1}}"#),
    ]);
    let page = client.get(&path).await;
    assert!(page.status == 200 && page.body.is_null() && page.text.starts_with("<html>"));
    assert_eq!(client.rows(&path).await.len(), 44);
}

#[tokio::test]
async fn a_write_is_carried_out_although_its_answer_is_lost() {
    let client = Client::start().await;
    client
        .server
        .set_level(Principal::User, None, "company_directory", Level::Admin);
    client.server.add_fault(fault(
        r#"{"route": "/rest/v1.0/vendors", "method": "POST", "nth": 1, "fault": {"kind": "drop_after_commit"}}"#,
    ));
    let path = format!("/rest/v1.0/vendors?company_id={COMPANY}");
    let body = json!({"vendor": {"name": "Lost answer"}});
    let request = client.request(reqwest::Method::POST, &path).json(&body);
    assert!(request.send().await.is_err());
    let found = client
        .rows(&format!("{path}&filters[search]=lost answer"))
        .await;
    assert_eq!(found.len(), 1);
    let seen = client.server.requests();
    assert_eq!((seen[0].method.as_str(), seen[0].status), ("POST", 0));
}
