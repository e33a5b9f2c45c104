//! Paging, change capture, webhooks, and faults on purpose.

use std::collections::BTreeMap;

use sandbox::quickbooks::{
    Books, CLIENT_ID, CLIENT_SECRET, Config, Edit, FaultKind, FaultRule, REALM_ID, WebhookFormat,
    Webhooks,
};
use serde_json::{Value, json};

use crate::client::{Client, bill, code, config};

#[tokio::test]
async fn offset_paging_loses_a_living_row_when_a_read_one_is_deleted() {
    let client = Client::open(config(), None).await;
    for number in 0..4 {
        client
            .post("bill", bill("1", &format!("P-{number}"), "2026-11-01"))
            .await;
    }
    let page =
        |from: usize| format!("select * from Bill orderby Id startposition {from} maxresults 2");
    let first = client.query(&page(1)).await;
    let ids = |rows: &Value| -> Vec<String> {
        let rows = rows["Bill"].as_array().into_iter().flatten();
        rows.map(|row| row["Id"].as_str().unwrap().to_owned())
            .collect()
    };
    let seen = ids(&first);
    client.server.set_faults(vec![FaultRule {
        route: "GET /v3/company/*/query".to_owned(),
        contains: Some("startposition 3".to_owned()),
        nth: None,
        probability: None,
        times: Some(1),
        fault: FaultKind::EditBetween {
            edits: vec![Edit {
                action: "delete".to_owned(),
                entity: "Bill".to_owned(),
                id: Some(seen[0].clone()),
                body: Value::Null,
            }],
        },
    }]);
    let second = client.query(&page(3)).await;
    assert_eq!((seen.len(), ids(&second).len()), (2, 1));
    let count = client.query("select count(*) from Bill").await;
    assert_eq!(count["totalCount"].to_string(), "3");
    let missed = seen[1].parse::<u64>().unwrap() + 1;
    assert!(!ids(&second).contains(&missed.to_string()));
}

#[tokio::test]
async fn change_capture_has_tombstones_a_window_a_silent_cap_and_refusals() {
    let client = Client::open(config(), None).await;
    let (_, made) = client.post("bill", bill("1", "K-1", "2026-11-01")).await;
    let target = json!({"Id": made["Bill"]["Id"], "SyncToken": "0"});
    client.post("bill?operation=delete", target).await;
    // A raw plus in the offset arrives as a space.
    let path = "cdc?entities=Bill,Invoice,Vendor&changedSince=2026-11-20T00:00:00+00:00";
    let (_, body) = client.get(path).await;
    let blocks = &body["CDCResponse"][0]["QueryResponse"];
    assert_eq!(blocks[0]["Bill"][0]["status"], "Deleted");
    assert_eq!(blocks[1], json!({}));
    assert_eq!(blocks[2]["Vendor"].as_array().unwrap().len(), 2);
    let (status, refused) = client
        .get("cdc?entities=TimeActivity&changedSince=2026-11-20")
        .await;
    assert_eq!((status, code(&refused).is_empty()), (400, false));
    client.server.advance_seconds(31 * 24 * 3600);
    client.refresh(&client.refresh).await;
    let mut client = client;
    client.consent().await;
    let (_, body) = client.get(path).await;
    assert_eq!(body["CDCResponse"][0]["QueryResponse"][0], json!({}));
    let many: Vec<Value> = (0..1100)
        .map(|id| json!({"Id": id.to_string(), "SyncToken": "0", "Name": format!("t{id}")}))
        .collect();
    let books = Books {
        realm_id: "77".to_owned(),
        time_zone: "America/Denver".to_owned(),
        as_of: Some("2026-10-31".parse().unwrap()),
        entities: BTreeMap::from([("Term".to_owned(), many)]),
    };
    let client = Client::open(
        Config {
            start: None,
            ..config()
        },
        Some(books),
    )
    .await;
    let (_, body) = client
        .get("cdc?entities=Term,Vendor&changedSince=2026-10-31")
        .await;
    let rows = body["CDCResponse"][0]["QueryResponse"][0]["Term"]
        .as_array()
        .unwrap();
    assert_eq!(rows.len(), 1000);
    assert!(
        body["time"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-01T00:00:00")
    );
}

#[tokio::test]
async fn every_scripted_fault_looks_as_the_vendor_or_the_network_makes_it() {
    let client = Client::open(config(), None).await;
    let route = "GET /v3/company/*/vendor/72";
    let cases = [
        (
            FaultKind::Throttled {
                retry_after: Some(7),
            },
            429,
            "3001",
        ),
        (FaultKind::Unauthorized, 401, "3200"),
        (FaultKind::Forbidden, 403, "3100"),
        (FaultKind::ServerError { status: 503 }, 503, "10000"),
        (FaultKind::FaultInSuccess, 200, "10000"),
    ];
    for (fault, expected_status, expected_code) in cases {
        client.fault(route, fault.clone());
        let (status, body) = client.get("vendor/72").await;
        assert_eq!(
            (status, code(&body)),
            (expected_status, expected_code),
            "{fault:?}"
        );
        assert_eq!(client.get("vendor/72").await.0, 200);
    }
    for fault in [FaultKind::Html { status: 200 }, FaultKind::TruncatedBody] {
        client.fault(route, fault.clone());
        let answer = client
            .request(reqwest::Method::GET, "vendor/72")
            .send()
            .await
            .unwrap();
        let text = answer.text().await.unwrap();
        assert!(serde_json::from_str::<Value>(&text).is_err(), "{fault:?}");
    }
    for fault in [
        FaultKind::DropBefore,
        FaultKind::DropAfterCommit,
        FaultKind::CutConnection,
    ] {
        client.fault(route, fault.clone());
        let whole = match client
            .request(reqwest::Method::GET, "vendor/72")
            .send()
            .await
        {
            Ok(answer) => answer.bytes().await.is_ok(),
            Err(_) => false,
        };
        assert!(!whole, "{fault:?}");
    }
}

#[tokio::test]
async fn lost_answers_tell_committed_from_uncommitted_only_by_reading_back() {
    let client = Client::open(config(), None).await;
    let post = |number: &'static str| {
        let request = client.request(reqwest::Method::POST, "bill");
        request
            .body(bill("1", number, "2026-11-01").to_string())
            .send()
    };
    let count = || async { client.query("select count(*) from Bill").await["totalCount"].clone() };
    client.fault("POST */bill", FaultKind::DropBefore);
    assert!(post("F-1").await.is_err());
    assert_eq!(count().await.to_string(), "0");
    client.fault(
        "POST */bill",
        FaultKind::TimeoutAfterCommit { milliseconds: 0 },
    );
    assert!(post("F-2").await.is_err());
    assert_eq!(count().await.to_string(), "1");
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_has_rotated_all_the_same() {
    let client = Client::open(config(), None).await;
    client.fault("POST /oauth2/v1/tokens/bearer", FaultKind::DropAfterCommit);
    let lost = client
        .http
        .post(format!(
            "{}/oauth2/v1/tokens/bearer",
            client.server.base_url()
        ))
        .basic_auth(CLIENT_ID, Some(CLIENT_SECRET))
        .body(format!(
            "grant_type=refresh_token&refresh_token={}",
            client.refresh
        ))
        .send()
        .await;
    assert!(lost.is_err());
    assert_eq!(
        client.refresh(&client.refresh).await.1["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn rows_can_come_twice_and_in_another_order() {
    let client = Client::open(config(), None).await;
    let ids = |rows: Value| -> Vec<String> {
        let rows = rows["Account"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["Id"].as_str().unwrap().to_owned())
            .collect()
    };
    let right = ids(client.query("select * from Account orderby Id").await);
    client.fault("GET */query", FaultKind::DuplicateRows);
    let twice = ids(client.query("select * from Account orderby Id").await);
    assert!(twice.len() > right.len());
    client.fault("GET */query", FaultKind::ShuffledRows);
    let mut other = ids(client.query("select * from Account orderby Id").await);
    assert_ne!(other, right);
    other.sort_by_key(|id| id.parse::<u64>().unwrap());
    assert_eq!(other, right);
}

#[tokio::test]
async fn webhooks_are_signed_and_wait_for_a_failing_endpoint() {
    let received = std::sync::Arc::new(std::sync::Mutex::new(Vec::<(String, Value)>::new()));
    let sink = received.clone();
    let router = axum::Router::new().fallback(
        move |headers: axum::http::HeaderMap, body: axum::body::Bytes| {
            let sink = sink.clone();
            async move {
                let mut sink = sink.lock().unwrap();
                let signature = headers["intuit-signature"].to_str().unwrap().to_owned();
                sink.push((signature, serde_json::from_slice(&body).unwrap()));
                if sink.len() == 1 {
                    axum::http::StatusCode::INTERNAL_SERVER_ERROR
                } else {
                    axum::http::StatusCode::OK
                }
            }
        },
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let client = Client::open(config(), None).await;
    client.server.set_webhooks(Some(Webhooks {
        url,
        verifier_token: "v".to_owned(),
        format: WebhookFormat::CloudEvents,
        entities: vec!["Bill".to_owned()],
    }));
    client.post("bill", bill("1", "H-1", "2026-11-01")).await;
    client.server.deliver_webhooks().await;
    assert_eq!(client.server.webhook_counts(), (1, 0));
    client.server.advance_seconds(10);
    client.server.deliver_webhooks().await;
    assert_eq!(client.server.webhook_counts(), (0, 1));
    let received = received.lock().unwrap();
    assert_eq!(received.len(), 2);
    assert_eq!(received[1].1[0]["type"], "qbo.bill.created.v1");
    assert_eq!(received[0].0, received[1].0);
}

#[tokio::test]
async fn the_admin_area_does_what_the_handle_does() {
    let client = Client::open(config(), None).await;
    let call = |method: reqwest::Method, path: &str, body: Value| {
        let address = format!("{}/_sandbox/{path}", client.server.base_url());
        client
            .http
            .request(method, address)
            .body(body.to_string())
            .send()
    };
    let before = client.server.now();
    call(
        reqwest::Method::POST,
        "clock",
        json!({"advance_seconds": 60}),
    )
    .await
    .unwrap();
    assert!(client.server.now().duration_since(before).as_secs() >= 60);
    let rules = json!([{"route": "GET */vendor/*", "nth": 1, "fault": {"kind": "server_error", "status": 502}}]);
    call(reqwest::Method::POST, "faults", rules).await.unwrap();
    assert_eq!(client.get("vendor/72").await.0, 502);
    assert_eq!(client.server.faults_fired(), [1]);
    let edits =
        json!([{"action": "update", "entity": "Vendor", "id": "72", "body": {"Notes": "moved"}}]);
    assert_eq!(
        call(reqwest::Method::POST, "edits", edits)
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(client.get("vendor/72").await.1["Vendor"]["SyncToken"], "1");
    call(reqwest::Method::POST, "tokens/expire", json!({}))
        .await
        .unwrap();
    assert_eq!(client.get("vendor/72").await.0, 401);
    let bad = call(reqwest::Method::POST, "clock", json!({"seconds": 1}))
        .await
        .unwrap();
    assert_eq!(bad.status(), 400);
    client.server.clone().shutdown().await;
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes_chaos_included() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let client = Client::open(
            Config {
                seed: 9,
                ..config()
            },
            None,
        )
        .await;
        for number in 0..6 {
            client
                .post("bill", bill("12.5", &format!("S-{number}"), "2026-11-01"))
                .await;
        }
        let edits = client.server.chaos(REALM_ID, 40, 3);
        assert!(edits.iter().any(|edit| edit.action == "delete"));
        let dump = client.server.dump(REALM_ID).to_string();
        let balanced = client
            .server
            .with_company(REALM_ID, |company| company.is_balanced());
        assert_eq!(balanced, Some(true));
        runs.push((client.access, dump));
    }
    assert!(runs[0] == runs[1]);
}
