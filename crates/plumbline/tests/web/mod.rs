//! The web application over the small contractor: requests go to the router itself, without a
//! port, and the sandboxes answer as the vendors would.

mod api;
mod audit;
mod connecting;
mod decisions;
mod isolation;
mod long_list;
mod operations;
mod papers;
mod routes;
mod samples;
mod states;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, HeaderMap};
use axum::http::{Method, Request, StatusCode};
use axum::middleware::map_request;
use connectors::http::Clock;
use gate::roles::{Grant, Grants, Role};
use gate::switches::Level;
use plumbline::mail::Mailer;
use plumbline::propose::RECONCILIATION;
use plumbline::sandboxes::Local;
use plumbline::web::Within;
use plumbline::web::hooks::Hooks;
use plumbline::web::house::House;
use plumbline::web::router::router;
use plumbline::web::signin::door::{Door, DoorSettings, Factors, csrf_of};
use plumbline::web::signin::password::Cost;
use plumbline::web::tenant_view::TenantView;
use plumbline::work::Worker;
use store::control::people;
use store::control::sessions::{self, NewSession};
use store::documents::{self, NewDocument};
use store::proposals::{self, Filter};
use store::{Installation, Secret, TenantScope};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;

use crate::app::App;

/// The application, served to an owner who is signed in.
pub(crate) struct Served {
    pub(crate) house: Arc<House>,
    pub(crate) scope: TenantScope,
    router: Router,
    cookie: String,
    csrf: String,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// Who is signed in.
const OWNER: &str = "dana@ridgeline.example";
const HOST_NAME: &str = "127.0.0.1:8420";

impl Served {
    /// Serves the data folder of an app.
    pub(crate) async fn of(app: &App) -> Self {
        Self::with(app, Hooks::default(), None).await
    }

    /// The same by a process that offers its sandboxes to be connected, as the demo does.
    pub(crate) async fn offering(app: &App) -> Self {
        Self::made(app, Hooks::default(), None, Some(app.sandboxes.local())).await
    }

    /// The same with proofs of announcements and a mail server.
    pub(crate) async fn with(app: &App, hooks: Hooks, mailer: Option<Mailer>) -> Self {
        Self::made(app, hooks, mailer, None).await
    }

    async fn made(app: &App, hooks: Hooks, mailer: Option<Mailer>, local: Option<Local>) -> Self {
        let desk = app.desk().await;
        let house = house_of(desk.installation.clone(), Arc::clone(&desk.clock), mailer);
        let house = Arc::new(house.with_hooks(hooks).with_local(local));
        let token = Secret::new("session-of-the-owner".to_owned());
        signed_in(&house, &desk.scope, &token).await;
        Self {
            router: router(Arc::clone(&house), Within::USUAL),
            house,
            scope: desk.scope.clone(),
            cookie: format!("plumbline-local={}", token.expose()),
            csrf: csrf_of(&token),
        }
    }

    /// Another process that serves the same data to the same browser.
    pub(crate) fn beside(&self) -> Self {
        let installation = self.house.installation().clone();
        let house = house_of(installation, self.house.clock(), None);
        let house = Arc::new(house.with_local(self.house.local().cloned()));
        Self {
            router: router(Arc::clone(&house), Within::USUAL),
            house,
            scope: self.scope.clone(),
            cookie: self.cookie.clone(),
            csrf: self.csrf.clone(),
        }
    }

    /// The same process for another browser of the same person.
    pub(crate) async fn in_another_session(mut self) -> Self {
        let control = self.house.door().control();
        let account = people::account(control, OWNER).await.unwrap().unwrap();
        let token = Secret::new("another-session-of-the-owner".to_owned());
        begin_session(&self.house, "ses_2", &token, account.person_id).await;
        self.cookie = format!("plumbline-local={}", token.expose());
        self.csrf = csrf_of(&token);
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[], None).await
    }

    /// The dearest of what is proposed.
    pub(crate) async fn proposal(&self) -> String {
        let store = self.house.installation().store(self.scope.tenant_id());
        let store = store.await.unwrap();
        let open = proposals::list(&store, &self.scope, Filter::Open, 1).await;
        open.unwrap().swap_remove(0).id
    }

    /// A document that somebody brought.
    pub(crate) async fn document(&self) -> String {
        let id = "doc_1".to_owned();
        let store = self.house.installation().store(self.scope.tenant_id());
        let store = store.await.unwrap();
        let kept = documents::document(&store, &self.scope, &id).await.unwrap();
        if kept.is_none() {
            let new = NewDocument {
                id: id.clone(),
                name: "Bill 12.pdf".to_owned(),
                content: b"%PDF-1.7".to_vec(),
            };
            let now = self.house.clock().now();
            documents::keep(&store, &self.scope, new, now)
                .await
                .unwrap();
        }
        id
    }

    /// Sends a form with a file as a page of ours does.
    pub(crate) async fn upload(&self, path: &str, csrf: Option<&str>, file: &[u8]) -> Answer {
        let mut body = Vec::new();
        let csrf = csrf.unwrap_or(&self.csrf);
        body.extend_from_slice(
            format!(
                "--frontier\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n\
                 --frontier\r\nContent-Disposition: form-data; name=\"document\"; \
                 filename=\"C:\\\\bills\\\\88121.pdf\"\r\nContent-Type: text/html\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--frontier--\r\n");
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(HOST, HOST_NAME)
            .header(COOKIE, &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "multipart/form-data; boundary=frontier")
            .body(Body::from(body))
            .unwrap();
        self.send(request).await
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
        request = request.header(COOKIE, &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = form.map_or_else(Body::empty, |form| {
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            text.extend_pairs(form);
            Body::from(text.finish())
        });
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(body).unwrap()).await
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
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
        let tenant = self.house.tenant(&self.scope).await.unwrap();
        tenant.view().await.unwrap()
    }

    /// Does what was asked for, as a worker in the same process would.
    pub(crate) async fn idle(&self) {
        self.worker()
            .work_off(self.scope.tenant_id())
            .await
            .unwrap();
    }

    /// Listens on a port of this machine as well, as vendors need it; answers whoever asks there as
    /// if it were the address that people use. Returns the origin.
    pub(crate) async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = self
            .router
            .clone()
            .layer(map_request(|mut request: Request<Body>| async {
                request
                    .headers_mut()
                    .insert(HOST, HOST_NAME.parse().unwrap());
                request
            }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        origin
    }

    pub(crate) fn worker(&self) -> Worker {
        Worker::of_house(&self.house)
    }
}

fn house_of(installation: Installation, clock: Arc<dyn Clock>, mailer: Option<Mailer>) -> House {
    let settings = DoorSettings {
        origin: format!("http://{HOST_NAME}"),
        proxies: 0,
        cost: Cost::FOR_TESTS,
        factors: Factors::Optional,
        mailer,
    };
    let door = Door::try_new(installation.clone(), Arc::clone(&clock), settings).unwrap();
    House::new(installation, clock, door)
}

async fn signed_in(house: &House, scope: &TenantScope, token: &Secret) {
    let (door, tenant) = (house.door(), scope.tenant_id());
    let grants = Grants::new(vec![Grant::standing(Role::Owner)]);
    let password = Secret::new("plumb bob and chalk line".to_owned());
    let person = door.add_person(tenant, OWNER, "Dana Whitfield", password, grants);
    begin_session(house, "ses_1", token, person.await.unwrap()).await;
}

async fn begin_session(house: &House, id: &str, token: &Secret, person_id: String) {
    let session = NewSession {
        id: id.to_owned(),
        token: token.clone(),
        person_id,
        tenant_id: None,
        factor_at: None,
        user_agent: "Firefox/140".to_owned(),
        address: "203.0.113.7".to_owned(),
    };
    sessions::begin(house.door().control(), session, house.now())
        .await
        .unwrap();
}

/// A small contractor whose books were read once.
pub(crate) async fn read_once(seed: u64) -> (App, Served) {
    read(App::start(seed).await).await
}

/// The same of a contractor that is there already.
async fn read(app: App) -> (App, Served) {
    let mut desk = app.desk().await;
    let agents = &mut desk.settings.switches.agents;
    agents.insert(RECONCILIATION.into(), Level::Propose);
    desk.save_settings().await.unwrap();
    desk.close().await;
    drop(desk);
    app.cycle().await;
    let served = Served::of(&app).await;
    (app, served)
}

/// The way to the vendor on a page before leaving.
pub(crate) fn way_out(page: &str) -> String {
    let links = page
        .split("href=\"")
        .filter_map(|part| part.split_once('"'));
    let mut away = links
        .map(|(link, _)| link)
        .filter(|link| link.contains("state="));
    let link = away.next().unwrap_or_else(|| panic!("{page}"));
    link.replace("&#38;", "&").replace("&amp;", "&")
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
