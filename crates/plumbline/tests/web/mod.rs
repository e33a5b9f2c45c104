//! The web application over the small contractor: requests go to the router itself, without a
//! port, and the sandboxes answer as the vendors would.

mod decisions;
mod isolation;
mod long_list;
mod routes;
mod samples;
mod states;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, HOST, HeaderMap};
use axum::http::{Method, Request, StatusCode};
use plumbline::web::house::House;
use plumbline::web::router::router;
use plumbline::web::tenant_view::TenantView;
use plumbline::web::visitor::Visitor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tower::ServiceExt;

use crate::app::App;

/// The application, served to the operator.
pub(crate) struct Served {
    pub(crate) house: Arc<House>,
    router: Router,
    csrf: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

const HOST_NAME: &str = "127.0.0.1:8420";

impl Served {
    /// Serves the data folder of an app.
    pub(crate) async fn of(app: &App) -> Self {
        let house = House::new(app.desk().await, format!("http://{HOST_NAME}"));
        let house = Arc::new(house);
        let visitor = Visitor::operator(&house).unwrap();
        let csrf = visitor.csrf.clone();
        Self {
            router: router(Arc::clone(&house), Arc::new(visitor)),
            house,
            csrf,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], None).await
    }

    /// Asks for the part of a page as the script does.
    pub(crate) async fn part(&self, path: &str) -> Answer {
        let headers = [("hx-request", "true"), ("hx-request-type", "partial")];
        self.ask(Method::GET, path, &headers, None).await
    }

    /// Sends a form as a page of ours does.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut form = form.to_vec();
        form.push(("csrf", &self.csrf));
        let headers = [("sec-fetch-site", "same-origin")];
        self.ask(Method::POST, path, &headers, Some(&form)).await
    }

    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        form: Option<&[(&str, &str)]>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header(HOST, HOST_NAME);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = form.map_or_else(Body::empty, |form| {
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            text.extend_pairs(form);
            Body::from(text.finish())
        });
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(body).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(crate) async fn view(&self) -> Arc<TenantView> {
        let tenant = self.house.tenant(self.house.scope()).unwrap();
        tenant.view().await.unwrap()
    }

    /// Waits until what was begun in the background has ended.
    pub(crate) async fn idle(&self) {
        self.house.tenant(self.house.scope()).unwrap().idle().await;
    }
}

/// A small contractor whose books were read once.
pub(crate) async fn read_once(seed: u64) -> (App, Served) {
    let app = App::start(seed).await;
    app.cycle().await;
    let served = Served::of(&app).await;
    (app, served)
}

/// Where the sandbox's consent page sends the browser.
pub(crate) async fn consented(address: &str) -> String {
    let address = url::Url::parse(address).unwrap();
    let (host, port) = (address.host_str().unwrap(), address.port().unwrap());
    let mut stream = TcpStream::connect((host, port)).await.unwrap();
    let request = format!(
        "GET {}?{} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n",
        address.path(),
        address.query().unwrap(),
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let location = answer.lines().find_map(|line| {
        line.strip_prefix("location: ")
            .or(line.strip_prefix("Location: "))
    });
    location.unwrap_or_else(|| panic!("{answer}")).to_owned()
}
