//! Consent, tokens, limits and what stands before the API.

use std::collections::BTreeMap;

use sandbox::quickbooks::{Books, CLIENT_ID, Config, FaultKind, REALM_ID, Throttle, start};

use crate::client::{Client, REDIRECT, bill, code, config, http};

#[tokio::test]
async fn refresh_tokens_rotate_and_die_of_disuse_and_of_age() {
    let mut client = Client::open(config(), None).await;
    let (status, body) = client.refresh(&client.refresh).await;
    assert_eq!(status, 200);
    assert!(body.get("x_refresh_token_hard_expires_in").is_none());
    let (status, refused) = client.refresh(&client.refresh).await;
    assert_eq!(
        (status, refused["error"].as_str()),
        (400, Some("invalid_grant"))
    );
    client.take_tokens(&body);
    assert_eq!(client.get("vendor/72").await.0, 200);
    client.server.advance_seconds(3601);
    let (status, body) = client.get("vendor/72").await;
    assert_eq!((status, code(&body)), (401, "3200"));
    for _ in 0..18 {
        client.server.advance_seconds(99 * 24 * 3600);
        let (status, body) = client.refresh(&client.refresh).await;
        assert_eq!(status, 200);
        client.take_tokens(&body);
    }
    client.server.advance_seconds(99 * 24 * 3600);
    assert_eq!(client.refresh(&client.refresh).await.0, 400);
    client.consent().await;
    client.server.advance_seconds(101 * 24 * 3600);
    assert_eq!(client.refresh(&client.refresh).await.0, 400);
}

#[tokio::test]
async fn a_user_who_disconnects_and_a_foreign_company_are_told_apart() {
    let client = Client::open(config(), None).await;
    let foreign = format!("{}/v3/company/123/vendor/72", client.server.base_url());
    let answer = client
        .http
        .get(foreign)
        .bearer_auth(&client.access)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(code(&answer.json().await.unwrap()), "3100");
    assert_eq!(client.server.revoke_grants(REALM_ID), 1);
    assert_eq!(code(&client.get("vendor/72").await.1), "3200");
    assert_eq!(client.refresh(&client.refresh).await.0, 400);
}

#[tokio::test]
async fn consent_needs_a_known_client_and_a_registered_address() {
    let server = start(
        Config {
            headless: false,
            ..config()
        },
        None,
    )
    .await
    .unwrap();
    let ask = |client_id: &str, redirect: &str| {
        let address = format!(
            "{}/connect/oauth2?client_id={client_id}&response_type=code&scope=com.intuit.quickbooks.accounting&state=x&redirect_uri={redirect}",
            server.base_url()
        );
        http().get(address).send()
    };
    assert_eq!(ask("nobody", REDIRECT).await.unwrap().status(), 400);
    assert_eq!(
        ask(CLIENT_ID, "https://elsewhere.example/")
            .await
            .unwrap()
            .status(),
        400
    );
    let page = ask(CLIENT_ID, REDIRECT)
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("<select name=\"realm_id\">") && page.contains("Ridgeline Builders LLC"));
    let refused = format!("{REDIRECT}&decision=deny");
    let answer = ask(CLIENT_ID, &refused).await.unwrap();
    assert!(
        answer.headers()["location"]
            .to_str()
            .unwrap()
            .contains("error=access_denied")
    );
}

#[tokio::test]
async fn a_repeated_request_id_replays_the_first_answer() {
    let client = Client::open(config(), None).await;
    let send = || async {
        client
            .request(reqwest::Method::POST, "bill?requestid=11111111-2222")
            .body(bill("7", "R-1", "2026-11-01").to_string())
            .send()
            .await
            .unwrap()
    };
    let (first, second) = (send().await, send().await);
    assert_eq!(
        first.headers()["intuit_tid"],
        second.headers()["intuit_tid"]
    );
    assert_eq!(first.bytes().await.unwrap(), second.bytes().await.unwrap());
    let count = client.query("select count(*) from Bill").await;
    assert_eq!(count["totalCount"].to_string(), "1");
    let long = "x".repeat(51);
    let (status, body) = client
        .post(
            &format!("bill?requestid={long}"),
            bill("7", "R-2", "2026-11-01"),
        )
        .await;
    assert_eq!((status, code(&body)), (400, "2130"));
}

#[tokio::test]
async fn limits_and_the_meter_refuse_with_the_vendors_bodies() {
    let limits = Throttle {
        per_minute: 3,
        ..Throttle::off()
    };
    let client = Client::open(
        Config {
            throttle: limits,
            ..config()
        },
        None,
    )
    .await;
    for _ in 0..3 {
        assert_eq!(client.get("vendor/72").await.0, 200);
    }
    let (status, body) = client.get("vendor/72").await;
    assert_eq!((status, code(&body)), (429, "3001"));
    client.server.advance_seconds(61);
    assert_eq!(
        client.post("bill", bill("1", "M-1", "2026-11-01")).await.0,
        200
    );
    let meter = client.server.meter();
    assert_eq!((meter.core, meter.core_plus), (1, 3));
    client.server.set_monthly_reads(3);
    let (status, body) = client.get("vendor/72").await;
    assert_eq!((status, code(&body)), (403, "3100"));
    assert!(client.server.meter().blocked);
    client.server.advance_seconds(61);
    assert_eq!(
        client.post("bill", bill("1", "M-2", "2026-11-01")).await.0,
        200
    );
}

#[tokio::test]
async fn answers_are_xml_when_nobody_asks_for_json() {
    let client = Client::open(config(), None).await;
    let address = format!(
        "{}/v3/company/{REALM_ID}/vendor/72",
        client.server.base_url()
    );
    let answer = client
        .http
        .get(address)
        .bearer_auth(&client.access)
        .send()
        .await
        .unwrap();
    assert!(answer.text().await.unwrap().starts_with("<?xml"));
}

#[tokio::test]
async fn a_second_call_in_flight_is_refused_where_one_is_allowed() {
    let limits = Throttle {
        concurrent: 1,
        retry_after: Some(5),
        ..Throttle::off()
    };
    let client = Client::open(
        Config {
            throttle: limits,
            ..config()
        },
        None,
    )
    .await;
    client.fault(
        "GET */vendor/73",
        FaultKind::Slow {
            milliseconds: 600_000,
        },
    );
    let slow = tokio::spawn(client.request(reqwest::Method::GET, "vendor/73").send());
    while client.server.faults_fired() != [1] {
        tokio::task::yield_now().await;
    }
    let answer = client
        .request(reqwest::Method::GET, "vendor/72")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"5".parse().unwrap())
    );
    client.server.clone().shutdown().await;
    assert_eq!(slow.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn several_companies_stand_in_the_chooser_and_stay_apart() {
    let client = Client::open(config(), None).await;
    let second = Books {
        realm_id: "1".to_owned(),
        time_zone: "America/Denver".to_owned(),
        as_of: None,
        entities: BTreeMap::new(),
    };
    client.server.add_company(second).unwrap();
    let address = format!(
        "{}/v3/company/1/query?query=select+*+from+Vendor",
        client.server.base_url()
    );
    let answer = client
        .http
        .get(address)
        .bearer_auth(&client.access)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(
        client
            .server
            .with_company("1", |company| company.is_balanced()),
        Some(true)
    );
}
