//! The authorisation host.

use reqwest::Method;
use sandbox::procore::{Config, Fault, FaultKind};
use serde_json::json;

use super::client::{Answer, Client, read};

const OOB: &str = "urn:ietf:wg:oauth:2.0:oob";

fn credentials() -> Vec<(&'static str, String)> {
    vec![
        ("client_id", "sandbox-procore-client".to_owned()),
        ("client_secret", "sandbox-procore-secret".to_owned()),
    ]
}

async fn token(client: &Client, fields: &[(&'static str, &str)]) -> Answer {
    let mut form = credentials();
    form.extend(
        fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    let url = format!("{}/oauth/token", client.server.auth_url());
    read(client.http.post(url).form(&form).send().await.unwrap()).await
}

async fn code(client: &Client, redirect_uri: &str) -> String {
    let url = format!("{}/oauth/authorize", client.server.auth_url());
    let query = [
        ("response_type", "code"),
        ("client_id", "sandbox-procore-client"),
        ("redirect_uri", redirect_uri),
        ("state", "a b&c"),
    ];
    let answer = read(client.http.get(url).query(&query).send().await.unwrap()).await;
    if redirect_uri == OOB {
        let (_, rest) = answer.text.split_once("authorization_code\">").unwrap();
        return rest.split_once('<').unwrap().0.to_owned();
    }
    let target = url::Url::parse(answer.header("location")).unwrap();
    let pairs: Vec<(String, String)> = target.query_pairs().into_owned().collect();
    assert_eq!(pairs[1], ("state".to_owned(), "a b&c".to_owned()));
    pairs[0].1.clone()
}

async fn headless() -> Client {
    Client::with(Config {
        headless_consent: true,
        ..Config::default()
    })
    .await
}

#[tokio::test]
async fn a_code_works_once_and_for_ten_minutes() {
    let client = headless().await;
    let uri = "http://localhost:9999/callback";
    let first = code(&client, uri).await;
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", &first),
        ("redirect_uri", uri),
    ];
    let answer = token(&client, &exchange).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body["expires_in"], 5400);
    assert!(answer.body["refresh_token"].is_string());
    let again = token(&client, &exchange).await;
    assert_eq!(
        (again.status, again.body["error"].as_str()),
        (400, Some("invalid_grant"))
    );

    let late = code(&client, OOB).await;
    client.server.advance(600);
    let exchange = [
        ("grant_type", "authorization_code"),
        ("code", &late),
        ("redirect_uri", OOB),
    ];
    assert_eq!(
        token(&client, &exchange).await.body["error"],
        "invalid_grant"
    );
}

#[tokio::test]
async fn the_redirect_address_must_be_the_same_in_both_steps_and_registered() {
    let client = headless().await;
    let code = code(&client, "http://localhost/a").await;
    let other = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "http://localhost/b"),
    ];
    assert_eq!(token(&client, &other).await.body["error"], "invalid_grant");
    let url = format!(
        "{}/oauth/authorize?response_type=code&client_id=sandbox-procore-client&redirect_uri=http://10.0.0.9/cb",
        client.server.auth_url()
    );
    assert_eq!(client.http.get(url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn consent_is_asked_and_may_be_denied() {
    let client = Client::start().await;
    let url = format!("{}/oauth/authorize", client.server.auth_url());
    let query = [
        ("response_type", "code"),
        ("client_id", "sandbox-procore-client"),
        ("redirect_uri", "http://localhost/cb"),
        ("state", "s"),
    ];
    let page = read(client.http.get(&url).query(&query).send().await.unwrap()).await;
    assert!(page.text.contains("value=\"Allow\""));
    let mut form = query.to_vec();
    form.push(("commit", "Deny"));
    let denied = read(client.http.post(&url).form(&form).send().await.unwrap()).await;
    assert_eq!(denied.status, 302);
    assert!(denied.header("location").contains("error=access_denied"));
    assert!(denied.header("location").ends_with("state=s"));
}

#[tokio::test]
async fn a_refresh_token_dies_when_it_is_used_even_if_the_answer_is_lost() {
    let client = Client::start().await;
    let issued = client.server.issue_token(sandbox::procore::Principal::User);
    let refresh = issued["refresh_token"].as_str().unwrap();
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    client.server.add_fault(Fault {
        route: "/oauth/token".to_owned(),
        method: None,
        nth: Some(1),
        times: None,
        per_mille: None,
        fault: FaultKind::DropAfterCommit,
    });
    let mut form = credentials();
    form.extend(
        fields
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    let url = format!("{}/oauth/token", client.server.auth_url());
    assert!(client.http.post(url).form(&form).send().await.is_err());
    let retry = token(&client, &fields).await;
    assert_eq!(
        (retry.status, retry.body["error"].as_str()),
        (400, Some("invalid_grant"))
    );
    // The old access token was not touched by the rotation.
    assert_eq!(client.get("/rest/v1.0/me").await.status, 200);
}

#[tokio::test]
async fn the_token_endpoint_reads_form_json_and_multipart() {
    let client = Client::start().await;
    let url = format!("{}/oauth/token", client.server.auth_url());
    let form = token(&client, &[("grant_type", "client_credentials")]).await;
    assert_eq!(form.status, 200);
    assert!(form.body.get("refresh_token").is_none());
    let body = json!({"grant_type": "client_credentials", "client_id": "sandbox-procore-client",
        "client_secret": "sandbox-procore-secret"});
    let as_json = read(client.http.post(&url).json(&body).send().await.unwrap()).await;
    assert_eq!(as_json.status, 200);
    let part = |name: &str, value: &str| {
        format!("--XYZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let text = [
        part("grant_type", "client_credentials"),
        part("client_id", "sandbox-procore-client"),
        part("client_secret", "sandbox-procore-secret"),
        "--XYZ--\r\n".to_owned(),
    ]
    .concat();
    let request = client
        .http
        .post(&url)
        .header("content-type", "multipart/form-data; boundary=XYZ")
        .body(text);
    assert_eq!(request.send().await.unwrap().status(), 200);
    let wrong = token(&client, &[("grant_type", "password")]).await;
    assert_eq!(wrong.body["error"], "unsupported_grant_type");
}

#[tokio::test]
async fn access_tokens_end_after_ninety_minutes_and_on_revocation() {
    let client = Client::start().await;
    client.server.advance(5_399);
    assert_eq!(client.get("/rest/v1.0/me").await.status, 200);
    client.server.advance(1);
    let expired = client.get("/rest/v1.0/me").await;
    assert_eq!(expired.status, 401);
    assert_eq!(
        expired.body,
        json!({"code": 401, "message": "The access token is invalid"})
    );

    let issued = client.server.issue_token(sandbox::procore::Principal::User);
    let access = issued["access_token"].as_str().unwrap();
    let auth = client.server.auth_url();
    let info = client
        .http
        .get(format!("{auth}/oauth/token/info"))
        .bearer_auth(access);
    let info = read(info.send().await.unwrap()).await;
    assert_eq!(info.body["expires_in_seconds"], 5400);
    assert_eq!(info.body["scopes"], json!(["all"]));
    let mut form = credentials();
    form.push(("token", access.to_owned()));
    let revoke = client.http.post(format!("{auth}/oauth/revoke")).form(&form);
    let revoked = read(revoke.send().await.unwrap()).await;
    assert_eq!((revoked.status, revoked.body), (200, json!({})));
    let refresh = issued["refresh_token"].as_str().unwrap();
    let retry = token(
        &client,
        &[("grant_type", "refresh_token"), ("refresh_token", refresh)],
    )
    .await;
    assert_eq!(retry.body["error"], "invalid_grant");
    assert_eq!(
        client
            .request(Method::GET, "/rest/v1.0/me")
            .send()
            .await
            .unwrap()
            .status(),
        401
    );
}
