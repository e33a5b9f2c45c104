use axum::body::Body;
use axum::http::{Request, StatusCode};
use plumbline::web::hooks::Hooks;
use sandbox::procore::{Edit, Principal};
use sandbox::quickbooks::{WebhookFormat, Webhooks};
use serde_json::json;
use std::sync::atomic::Ordering;
use store::Secret;
use store::jobs::{self, JobState};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::app::App;
use crate::lifecycle::{ledger_record, redate};
use crate::web::Served;

const TOKEN: &str = "verifier-token-of-the-app";

fn hooks() -> Hooks {
    // Another one counts too, because it is about to replace this one.
    Hooks::try_new(&Secret::new(format!("the-next-one {TOKEN}"))).unwrap()
}

/// A small contractor that was read once by the worker, which then knows its companies.
async fn served(seed: u64) -> (App, Served) {
    let app = App::start(seed).await;
    app.sandboxes
        .quickbooks
        .set_closing_date(&app.realm(), None);
    let served = Served::with(&app, hooks(), None).await;
    served.idle().await;
    assert_eq!(cycle(&served).await, 1, "connecting asked for a reading");
    (app, served)
}

async fn cycle(served: &Served) -> i64 {
    let view = served.view().await;
    view.books.as_ref().unwrap().cycle
}

async fn waiting(served: &Served) -> usize {
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let waiting = jobs::jobs(tenant.store(), tenant.scope(), JobState::Waiting).await;
    waiting.unwrap().len()
}

/// Fresh, repeated, unknown and refused events.
fn counts(served: &Served) -> [u64; 4] {
    let counts = served.house.hooks().counts();
    [
        &counts.fresh,
        &counts.repeated,
        &counts.unknown,
        &counts.refused,
    ]
    .map(|count| count.load(Ordering::Relaxed))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_in_the_ledger_is_announced_read_and_clears_its_item() {
    let (app, served) = served(7).await;
    let origin = served.listen().await;
    let view = served.view().await;
    let item = view.books.as_ref().unwrap().open.iter();
    let item = item.clone().find(|item| item.code == "R20").unwrap();
    let records: Vec<_> = item.records.iter().map(|record| json!(record)).collect();
    let (kind, entity) = ledger_record(&app, &json!({ "records": records }));
    let wrong = entity["TxnDate"].as_str().unwrap().to_owned();
    let right = item
        .what
        .split_whitespace()
        .map(|word| word.trim_end_matches(|c: char| !c.is_ascii_digit()))
        .find(|word| figures::dates::parse_date(word).is_some() && *word != wrong);
    // The page writes days as people do; the stored finding has them as the books do.
    let right = match right {
        Some(day) => day.to_owned(),
        None => date_beside(&served, &item.id, &wrong).await,
    };
    for (format, day, is_open) in [
        (WebhookFormat::CloudEvents, right.as_str(), false),
        (WebhookFormat::Legacy, wrong.as_str(), true),
    ] {
        app.sandboxes.quickbooks.set_webhooks(Some(Webhooks {
            url: format!("{origin}/hooks/quickbooks"),
            verifier_token: TOKEN.to_owned(),
            format,
            entities: Vec::new(),
        }));
        let before = counts(&served)[0];
        redate(&app, &kind, &entity, day);
        app.sandboxes.quickbooks.deliver_webhooks().await;
        assert_eq!(app.sandboxes.quickbooks.webhook_counts().0, 0, "delivered");
        assert!(counts(&served)[0] > before, "{:?}", counts(&served));
        assert_eq!(waiting(&served).await, 1);
        // The second announcement within a minute waits; a person does not.
        served.post("/connections/read", &[]).await;
        served.idle().await;
        let view = served.view().await;
        let books = view.books.as_ref().unwrap();
        let open = books.open.iter().any(|other| other.id == item.id);
        assert_eq!(open, is_open, "{format:?}");
    }
    assert_eq!(cycle(&served).await, 3);
}

/// The other date that a stored finding tells.
async fn date_beside(served: &Served, id: &str, wrong: &str) -> String {
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let item = store::worklist::item(tenant.store(), tenant.scope(), id).await;
    let body = item.unwrap().unwrap().body;
    let found = body
        .split(|c: char| !c.is_ascii_digit() && c != '-')
        .find(|word| figures::dates::parse_date(word).is_some() && *word != wrong);
    found.unwrap().to_owned()
}

fn signature(token: &str, body: &str) -> String {
    use base64::Engine;
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, token.as_bytes());
    let tag = ring::hmac::sign(&key, body.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(tag)
}

async fn announced(served: &Served, token: &str, body: &str) -> StatusCode {
    let request = Request::post("/hooks/quickbooks")
        .header("host", "127.0.0.1:8420")
        .header("intuit-signature", signature(token, body))
        .body(Body::from(body.to_owned()))
        .unwrap();
    let answer = served.send(request).await;
    assert_eq!(answer.body, "", "nothing is told");
    answer.status
}

fn event(id: &str, realm: &str) -> String {
    json!([{"specversion": "1.0", "id": id, "type": "qbo.bill.updated.v1",
            "intuitaccountid": realm, "intuitentityid": "1", "data": {}}])
    .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_intuit_signed_asks_for_a_reading_and_only_once() {
    let (app, served) = served(7).await;
    let realm = app.realm();
    let mine = event("e1", &realm);
    for token in ["", "guess", "verifier-token-of-the-ap"] {
        let status = announced(&served, token, &mine).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let unsigned = Request::post("/hooks/quickbooks").header("host", "127.0.0.1:8420");
    let answer = served.send(unsigned.body(Body::from(mine.clone())).unwrap());
    assert_eq!(answer.await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(waiting(&served).await, 0);
    // What is signed and no announcement is refused, and nothing happens.
    let bad = announced(&served, TOKEN, "{}").await;
    assert_eq!(bad, StatusCode::BAD_REQUEST);
    let long = " ".repeat((1 << 20) + 1);
    let bad = announced(&served, TOKEN, &long).await;
    assert_eq!(bad, StatusCode::PAYLOAD_TOO_LARGE);
    // A company that nobody here reads gets the same answer as ours.
    assert_eq!(
        announced(&served, TOKEN, &event("e0", "1")).await,
        StatusCode::OK
    );
    assert_eq!(waiting(&served).await, 0);
    assert_eq!(counts(&served), [0, 0, 1, 6]);

    assert_eq!(announced(&served, TOKEN, &mine).await, StatusCode::OK);
    assert_eq!(
        announced(&served, "the-next-one", &mine).await,
        StatusCode::OK
    );
    assert_eq!(counts(&served), [1, 1, 1, 6]);
    assert_eq!(waiting(&served).await, 1);
    served.idle().await;
    assert_eq!(cycle(&served).await, 2);
    assert_eq!(announced(&served, TOKEN, &mine).await, StatusCode::OK);
    assert_eq!(waiting(&served).await, 0, "it was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn procore_announces_to_an_address_that_only_it_was_told() {
    let (app, served) = served(7).await;
    let origin = served.listen().await;
    let page = served.post("/connections/hook", &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let kept: Vec<&str> = page
        .body
        .split("<code>")
        .skip(1)
        .map(|part| part.split("</code>").next().unwrap())
        .collect();
    let [address, value] = kept[..] else {
        panic!("{}", page.body);
    };
    let path = address.strip_prefix("http://127.0.0.1:8420").unwrap();
    assert!(path.len() > 64 && value.len() == 64);
    let connections = served.get("/connections").await.body;
    assert!(connections.contains("An address was made"), "{connections}");
    assert!(!connections.contains(value) && !connections.contains(path));

    let company = app.sandboxes.procore.company_id();
    let hook = json!({"company_id": company, "hook": {"api_version": "v2",
        "namespace": "plumbline", "destination_url": format!("{origin}{path}"),
        "destination_headers": {"Authorization": value}}});
    let made = call(&app, "/rest/v1.0/webhooks/hooks", &hook).await;
    let trigger = json!({"company_id": company,
        "trigger": {"resource_name": "Projects", "event_type": "update"}});
    let triggers = format!("/rest/v1.0/webhooks/hooks/{}/triggers", made["id"]);
    call(&app, &triggers, &trigger).await;
    let job = served.view().await.books.as_ref().unwrap().jobs[0].id;
    app.sandboxes
        .procore
        .edit(&Edit::Upsert {
            collection: "projects".to_owned(),
            project_id: None,
            parent_id: None,
            body: json!({"id": job, "name": "Renamed by the owner"}),
        })
        .unwrap();
    // It may have been sent already; either way it is there now.
    app.sandboxes.procore.send_webhooks().await;
    let deliveries = app.sandboxes.procore.deliveries();
    assert_eq!(deliveries[0]["status"], "successful", "{deliveries:?}");
    served.idle().await;
    assert_eq!(cycle(&served).await, 2);
    let name = served.view().await.books.as_ref().unwrap().job_name(job);
    assert_eq!(name, "Renamed by the owner");

    let announce = async |path: &str, value: &str, company: i64| {
        let body = json!({"id": 7, "ulid": "u7", "company_id": company}).to_string();
        let request = Request::post(path)
            .header("host", "127.0.0.1:8420")
            .header("authorization", value)
            .body(Body::from(body))
            .unwrap();
        served.send(request).await.status
    };
    let elsewhere = path.replace(char::is_numeric, "0");
    for (path, value) in [(path, "guess"), (path, ""), (elsewhere.as_str(), value)] {
        assert_eq!(
            announce(path, value, company).await,
            StatusCode::UNAUTHORIZED
        );
    }
    let [_, _, unknown, _] = counts(&served);
    assert_eq!(announce(path, value, 1).await, StatusCode::OK);
    assert_eq!(counts(&served)[2], unknown + 1, "another company than ours");
    assert_eq!(waiting(&served).await, 0);
    assert_eq!(announce(path, value, company).await, StatusCode::OK);
    assert_eq!(waiting(&served).await, 1);
    served.post("/connections/hook/end", &[]).await;
    assert_eq!(
        announce(path, value, company).await,
        StatusCode::UNAUTHORIZED
    );
}

/// Calls the local Procore as the person who administers it would.
async fn call(app: &App, path: &str, body: &serde_json::Value) -> serde_json::Value {
    let procore = &app.sandboxes.procore;
    procore.set_level(
        Principal::User,
        None,
        "company_webhooks",
        sandbox::procore::Level::Standard,
    );
    let issued = procore.issue_token(Principal::User);
    let token = issued["access_token"].as_str().unwrap();
    let address = url::Url::parse(procore.api_url()).unwrap();
    let (host, port) = (address.host_str().unwrap(), address.port().unwrap());
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\nAuthorization: Bearer \
         {token}\r\nProcore-Company-Id: {}\r\nContent-Type: application/json\r\nContent-Length: \
         {}\r\n\r\n{body}",
        procore.company_id(),
        body.len(),
    );
    let mut stream = TcpStream::connect((host, port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 201"), "{answer}");
    let (from, until) = (body.find('{').unwrap(), body.rfind('}').unwrap());
    serde_json::from_str(&body[from..=until]).unwrap()
}
