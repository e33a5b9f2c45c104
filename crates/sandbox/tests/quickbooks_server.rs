//! The QuickBooks sandbox over HTTP: consent, tokens, paging, changes, faults and limits.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails where its helper finds nothing"
)]

use std::collections::BTreeMap;

use sandbox::quickbooks::{
    Books, CLIENT_ID, CLIENT_SECRET, Config, Edit, FaultKind, FaultRule, Handle, REALM_ID,
    Throttle, WebhookFormat, Webhooks, start,
};
use serde_json::{Value, json};

const REDIRECT: &str = "http://localhost:8123/callback";

fn config() -> Config {
    Config::deterministic(1)
}

/// A client that has consented, and the server it talks to.
struct Client {
    server: Handle,
    http: reqwest::Client,
    access: String,
    refresh: String,
}

fn http() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

impl Client {
    async fn open(config: Config, books: Option<Books>) -> Client {
        let server = start(config, books).await.unwrap();
        let mut client = Client {
            server,
            http: http(),
            access: String::new(),
            refresh: String::new(),
        };
        client.consent().await;
        client
    }

    async fn consent(&mut self) {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", CLIENT_ID)
            .append_pair("response_type", "code")
            .append_pair("scope", "com.intuit.quickbooks.accounting")
            .append_pair("redirect_uri", REDIRECT)
            .append_pair("state", "s 1")
            .finish();
        let address = format!("{}/connect/oauth2?{query}", self.server.base_url());
        let answer = self.http.get(address).send().await.unwrap();
        assert_eq!(answer.status(), 302);
        let target = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let fields: BTreeMap<String, String> = target.query_pairs().into_owned().collect();
        assert_eq!(fields["state"], "s 1");
        assert_eq!(fields["realmId"], self.server.realm_id());
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &fields["code"]),
            ("redirect_uri", REDIRECT),
        ];
        let (status, body) = self.token(&form, true).await;
        assert_eq!(status, 200);
        assert_eq!(
            body["x_refresh_token_hard_expires_in"].to_string(),
            "157680000"
        );
        self.take_tokens(&body);
    }

    fn take_tokens(&mut self, body: &Value) {
        self.access = body["access_token"].as_str().unwrap().to_owned();
        self.refresh = body["refresh_token"].as_str().unwrap().to_owned();
    }

    async fn token(&self, form: &[(&str, &str)], hard: bool) -> (u16, Value) {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let mut request = self
            .http
            .post(format!(
                "{}/oauth2/v1/tokens/bearer",
                self.server.base_url()
            ))
            .basic_auth(CLIENT_ID, Some(CLIENT_SECRET))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        if hard {
            request = request.header("x-include-refresh-token-hard-expires-in", "true");
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn refresh(&self, token: &str) -> (u16, Value) {
        self.token(
            &[("grant_type", "refresh_token"), ("refresh_token", token)],
            false,
        )
        .await
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let address = format!(
            "{}/v3/company/{}/{path}",
            self.server.base_url(),
            self.server.realm_id()
        );
        self.http
            .request(method, address)
            .bearer_auth(&self.access)
            .header("accept", "application/json")
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self
            .request(reqwest::Method::GET, path)
            .send()
            .await
            .unwrap();
        assert!(answer.headers().contains_key("intuit_tid"));
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self
            .request(reqwest::Method::POST, path)
            .body(body.to_string());
        let answer = request
            .header("content-type", "application/json")
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn query(&self, statement: &str) -> Value {
        let encoded: String = url::form_urlencoded::byte_serialize(statement.as_bytes()).collect();
        let (status, body) = self
            .get(&format!("query?query={encoded}&minorversion=75"))
            .await;
        assert_eq!(status, 200, "{body}");
        body["QueryResponse"].clone()
    }

    fn fault(&self, route: &str, fault: FaultKind) {
        self.server.set_faults(vec![FaultRule {
            route: route.to_owned(),
            contains: None,
            nth: Some(1),
            probability: None,
            times: None,
            fault,
        }]);
    }
}

fn bill(cents: &str, number: &str, date: &str) -> Value {
    let amount: Value = serde_json::from_str(cents).unwrap();
    json!({"VendorRef": {"value": "72"}, "DocNumber": number, "TxnDate": date, "Line": [
        {"Amount": amount, "DetailType": "AccountBasedExpenseLineDetail", "Description": "a",
         "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "51"},
         "CustomerRef": {"value": "61"}}}]})
}

fn code(body: &Value) -> &str {
    let fault = if body["Fault"].is_null() {
        &body["fault"]["error"]
    } else {
        &body["Fault"]["Error"]
    };
    fault[0]["code"].as_str().unwrap_or("")
}

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
async fn lines_left_out_of_an_update_are_lost_without_a_warning() {
    let client = Client::open(config(), None).await;
    let mut two = bill("10", "L-1", "2026-11-01");
    let second = two["Line"][0].clone();
    two["Line"].as_array_mut().unwrap().push(second);
    let (_, made) = client.post("bill", two).await;
    let bill_id = made["Bill"]["Id"].clone();
    let first = json!({"Id": "1", "Amount": 10, "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "51"}}});
    let update = json!({"Id": bill_id, "SyncToken": "0", "sparse": true, "Line": [first]});
    let (status, refused) = client.post("bill", update.clone()).await;
    assert_eq!((status, code(&refused)), (400, "2020"));
    let mut update = update;
    update["VendorRef"] = json!({"value": "72"});
    let (status, changed) = client.post("bill", update.clone()).await;
    assert_eq!(status, 200);
    let lines = changed["Bill"]["Line"].as_array().unwrap();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].get("Description").is_none());
    assert_eq!(changed["Bill"]["DocNumber"], "L-1");
    assert_eq!(changed["Bill"]["TotalAmt"].to_string(), "10");
    assert_eq!(code(&client.post("bill", update).await.1), "5010");
}

#[tokio::test]
async fn voids_that_pretend_to_work_change_nothing() {
    let client = Client::open(config(), None).await;
    let (_, made) = client.post("bill", bill("10", "V-1", "2026-11-01")).await;
    let target = json!({"Id": made["Bill"]["Id"], "SyncToken": "0"});
    let (status, body) = client.post("bill?operation=void", target).await;
    assert_eq!((status, code(&body)), (200, "10000"));
    let entry = json!({"Line": [
        {"Amount": 5, "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "51"}}},
        {"Amount": 5, "JournalEntryLineDetail": {"PostingType": "Credit", "AccountRef": {"value": "35"}}}]});
    let (_, made) = client.post("journalentry", entry).await;
    let target = json!({"Id": made["JournalEntry"]["Id"], "SyncToken": "0"});
    let (status, body) = client.post("journalentry?operation=void", target).await;
    assert_eq!(
        (status, body["BatchItemResponse"].to_string()),
        (200, "[]".to_owned())
    );
    let target = json!({"Id": "1", "SyncToken": "0"});
    let (status, body) = client.post("purchase?operation=void", target).await;
    assert_eq!((status, code(&body)), (400, "500"));
}

#[tokio::test]
async fn closed_periods_refuse_every_change_of_their_transactions() {
    let client = Client::open(config(), None).await;
    let (_, made) = client.post("bill", bill("10", "C-1", "2026-09-15")).await;
    client
        .server
        .set_closing_date(REALM_ID, Some("2026-09-30".parse().unwrap()));
    let (_, preferences) = client.get("preferences").await;
    assert_eq!(
        preferences["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"],
        "2026-09-30"
    );
    assert_eq!(
        code(&client.post("bill", bill("1", "C-2", "2026-09-30")).await.1),
        "6200"
    );
    assert_eq!(
        client.post("bill", bill("1", "C-2", "2026-10-01")).await.0,
        200
    );
    let target = json!({"Id": made["Bill"]["Id"], "SyncToken": "0"});
    assert_eq!(
        code(&client.post("bill?operation=delete", target).await.1),
        "6200"
    );
}

#[tokio::test]
async fn deposited_payments_are_locked_and_return_when_the_deposit_goes() {
    let client = Client::open(config(), None).await;
    let payment = json!({"CustomerRef": {"value": "58"}, "TotalAmt": 90});
    let (_, made) = client.post("payment", payment).await;
    let id = made["Payment"]["Id"].clone();
    let deposit = json!({"DepositToAccountRef": {"value": "35"}, "Line": [
        {"Amount": 90, "LinkedTxn": [{"TxnId": id, "TxnType": "Payment", "TxnLineId": 0}]}]});
    let (status, made) = client.post("deposit", deposit).await;
    assert_eq!(status, 200, "{made}");
    let path = format!("payment/{}", id.as_str().unwrap());
    let (_, locked) = client.get(&path).await;
    assert_eq!(locked["Payment"]["LinkedTxn"][0]["TxnType"], "Deposit");
    let target = json!({"Id": id, "SyncToken": locked["Payment"]["SyncToken"]});
    assert_eq!(
        code(&client.post("payment?operation=delete", target).await.1),
        "6540"
    );
    let target = json!({"Id": made["Deposit"]["Id"], "SyncToken": "0"});
    assert_eq!(client.post("deposit?operation=delete", target).await.0, 200);
    let (_, free) = client.get(&path).await;
    assert_eq!(free["Payment"]["LinkedTxn"], json!([]));
    let target = json!({"Id": id, "SyncToken": free["Payment"]["SyncToken"]});
    let (status, gone) = client.post("payment?operation=delete", target).await;
    assert_eq!(
        (status, gone["Payment"]["status"].as_str()),
        (200, Some("Deleted"))
    );
}

#[tokio::test]
async fn deactivated_names_are_renamed_hidden_and_unusable() {
    let client = Client::open(config(), None).await;
    let off = json!({"Id": "73", "SyncToken": "0", "sparse": true, "Active": false});
    let (_, changed) = client.post("vendor", off).await;
    assert_eq!(
        changed["Vendor"]["DisplayName"],
        "Northfork Electric (deleted)"
    );
    let listed = client.query("select * from Vendor").await;
    assert_eq!(listed["Vendor"].as_array().unwrap().len(), 1);
    let all = client
        .query("select * from Vendor where Active in (true,false)")
        .await;
    assert_eq!(all["Vendor"].as_array().unwrap().len(), 2);
    let mut order = bill("1", "D-1", "2026-11-01");
    order["VendorRef"]["value"] = json!("73");
    assert_eq!(code(&client.post("bill", order).await.1), "2500");
    let target = json!({"Id": "72", "SyncToken": "0"});
    assert_eq!(
        code(&client.post("vendor?operation=delete", target).await.1),
        "500"
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
async fn the_requests_of_node_quickbooks_are_understood() {
    let client = Client::open(config(), None).await;
    let found = client
        .get("query?query=select%20*%20from%20customer%20where%20Job%20%3D%20true%20startposition%201%20maxresults%205&minorversion=75&format=json")
        .await
        .1;
    assert_eq!(found["QueryResponse"]["Customer"][0]["Id"], "61");
    assert_eq!(found["QueryResponse"]["maxResults"].to_string(), "1");
    let changed = json!({"Id": "72", "SyncToken": "0", "sparse": true, "AcctNum": "RB-2210"});
    let (status, changed) = client
        .post("vendor?operation=update&minorversion=75", changed)
        .await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(changed["Vendor"]["CompanyName"], "Cascade Ready Mix");
    let (_, made) = client.post("bill", bill("3", "N-1", "2026-11-01")).await;
    let (status, gone) = client
        .post("bill?operation=delete", made["Bill"].clone())
        .await;
    assert_eq!(
        (status, gone["Bill"]["status"].as_str()),
        (200, Some("Deleted"))
    );
    let path = "reports/TrialBalance?start_date=2026-01-01&&minorversion=75";
    assert_eq!(
        client.get(path).await.1["Header"]["ReportName"],
        "TrialBalance"
    );
    let body = "--X\r\nContent-Disposition: form-data; name=\"file_content_01\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\nhello\r\n--X--\r\n";
    let uploaded: Value = client
        .request(reqwest::Method::POST, "upload")
        .header("content-type", "multipart/form-data; boundary=X")
        .body(body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let attachable = &uploaded["AttachableResponse"][0]["Attachable"];
    assert_eq!(attachable["FileName"], "a.txt");
    let link = json!({"Id": attachable["Id"], "SyncToken": "0", "FileName": "a.txt",
        "AttachableRef": [{"EntityRef": {"type": "Vendor", "value": "72"}}]});
    let (status, linked) = client.post("attachable?operation=update", link).await;
    assert_eq!(
        (status, linked["Attachable"]["SyncToken"].as_str()),
        (200, Some("1"))
    );
    assert_eq!(code(&client.post("attachable", json!({})).await.1), "6000");
}

#[tokio::test]
async fn batch_items_fault_alone_and_do_not_see_each_other() {
    let client = Client::open(
        Config {
            shuffle_batches: true,
            ..config()
        },
        None,
    )
    .await;
    let items = json!({"BatchItemRequest": [
        {"bId": "a", "operation": "create", "Bill": bill("1", "B-1", "2026-11-01")},
        {"bId": "b", "operation": "delete", "Bill": {"Id": "999", "SyncToken": "0"}},
        {"bId": "c", "Query": "select count(*) from Bill"},
        {"bId": "d", "operation": "create", "Bill": bill("1", "B-2", "2026-11-01")}]});
    let (status, body) = client.post("batch", items.clone()).await;
    assert_eq!(status, 200);
    let item = |id: &str| {
        let rows = body["BatchItemResponse"].as_array().unwrap();
        rows.iter().find(|row| row["bId"] == id).unwrap().clone()
    };
    assert_eq!(item("b")["Fault"]["Error"][0]["code"], "610");
    assert_eq!(item("c")["QueryResponse"]["totalCount"].to_string(), "0");
    assert_eq!(item("a")["Bill"]["TotalAmt"], item("d")["Bill"]["TotalAmt"]);
    let meter = client.server.meter();
    assert_eq!((meter.core, meter.core_plus), (3, 1));
    let long = "x".repeat(37);
    assert_eq!(
        code(
            &client
                .post(&format!("batch?requestid={long}"), items)
                .await
                .1
        ),
        "2130"
    );
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
