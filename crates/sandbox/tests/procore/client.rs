//! A bare HTTP client: it adds the headers and follows nothing.

use std::collections::BTreeMap;

use reqwest::{Method, Response};
use sandbox::procore::{Config, Handle, Principal, start};
use serde_json::Value;

use super::books::{COMPANY, books};

pub(crate) struct Client {
    pub(crate) server: Handle,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) text: String,
}

pub(crate) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

impl Client {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        let server = start(config, Some(books())).await.unwrap();
        let issued = server.issue_token(Principal::User);
        let token = issued["access_token"].as_str().unwrap().to_owned();
        Self {
            server,
            http: http(),
            token,
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.server.api_url())
        };
        self.http
            .request(method, url)
            .bearer_auth(&self.token)
            .header("Procore-Company-Id", COMPANY.to_string())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        read(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// The rows of a list, which must succeed.
    pub(crate) async fn rows(&self, path: &str) -> Vec<Value> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.rows()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        read(self.request(method, path).json(body).send().await.unwrap()).await
    }

    /// All pages by `Link: rel="next"`.
    pub(crate) async fn walk(&self, path: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(url) = next {
            let answer = self.get(&url).await;
            assert_eq!(answer.status, 200, "{url}: {}", answer.text);
            rows.extend(answer.rows());
            next = answer.link("next");
        }
        rows
    }
}

impl Answer {
    pub(crate) fn rows(&self) -> Vec<Value> {
        let rows = self
            .body
            .as_array()
            .or_else(|| self.body["data"].as_array());
        rows.unwrap_or_else(|| panic!("no list: {}", self.text))
            .clone()
    }

    pub(crate) fn link(&self, relation: &str) -> Option<String> {
        let links = self.headers.get("link")?;
        links.split(", ").find_map(|part| {
            let (url, rel) = part.split_once("; ")?;
            (rel == format!("rel=\"{relation}\""))
                .then(|| url.trim_start_matches('<').trim_end_matches('>').to_owned())
        })
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

pub(crate) async fn read(response: Response) -> Answer {
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer {
        status,
        headers,
        body,
        text,
    }
}

pub(crate) fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter()
        .map(|row| {
            row["id"]
                .as_i64()
                .or_else(|| row["id"].as_str()?.parse().ok())
                .expect("a row has an id")
        })
        .collect()
}
