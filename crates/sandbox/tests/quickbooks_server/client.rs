//! A client of the sandbox that has consented, and the bodies it sends.

use std::collections::BTreeMap;

use sandbox::quickbooks::{
    Books, CLIENT_ID, CLIENT_SECRET, Config, FaultKind, FaultRule, Handle, start,
};
use serde_json::{Value, json};

pub(crate) const REDIRECT: &str = "http://localhost:8123/callback";

pub(crate) fn config() -> Config {
    Config::deterministic(1)
}

/// A client that has consented, and the server it talks to.
pub(crate) struct Client {
    pub(crate) server: Handle,
    pub(crate) http: reqwest::Client,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

pub(crate) fn http() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

impl Client {
    pub(crate) async fn open(config: Config, books: Option<Books>) -> Client {
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

    pub(crate) async fn consent(&mut self) {
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

    pub(crate) fn take_tokens(&mut self, body: &Value) {
        self.access = body["access_token"].as_str().unwrap().to_owned();
        self.refresh = body["refresh_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)], hard: bool) -> (u16, Value) {
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

    pub(crate) async fn refresh(&self, token: &str) -> (u16, Value) {
        self.token(
            &[("grant_type", "refresh_token"), ("refresh_token", token)],
            false,
        )
        .await
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
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

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let answer = self
            .request(reqwest::Method::GET, path)
            .send()
            .await
            .unwrap();
        assert!(answer.headers().contains_key("intuit_tid"));
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
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

    pub(crate) async fn query(&self, statement: &str) -> Value {
        let encoded: String = url::form_urlencoded::byte_serialize(statement.as_bytes()).collect();
        let (status, body) = self
            .get(&format!("query?query={encoded}&minorversion=75"))
            .await;
        assert_eq!(status, 200, "{body}");
        body["QueryResponse"].clone()
    }

    pub(crate) fn fault(&self, route: &str, fault: FaultKind) {
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

pub(crate) fn bill(cents: &str, number: &str, date: &str) -> Value {
    let amount: Value = serde_json::from_str(cents).unwrap();
    json!({"VendorRef": {"value": "72"}, "DocNumber": number, "TxnDate": date, "Line": [
        {"Amount": amount, "DetailType": "AccountBasedExpenseLineDetail", "Description": "a",
         "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "51"},
         "CustomerRef": {"value": "61"}}}]})
}

pub(crate) fn code(body: &Value) -> &str {
    let fault = if body["Fault"].is_null() {
        &body["fault"]["error"]
    } else {
        &body["Fault"]["Error"]
    };
    fault[0]["code"].as_str().unwrap_or("")
}
