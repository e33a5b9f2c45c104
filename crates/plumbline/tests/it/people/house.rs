//! A house with two companies and people in them, and browsers that ask it.

use std::cell::RefCell;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use connectors::http::Clock;
use gate::roles::{Department, Grant, Grants, Role};
use plumbline::mail::{MailSettings, Mailer};
use plumbline::throw_away::Server;
use plumbline::web::Within;
use plumbline::web::house::House;
use plumbline::web::router::router;
use plumbline::web::signin::door::{Door, DoorSettings, Factors};
use plumbline::web::signin::password::Cost;
use plumbline::work::Worker;
use store::control::factors::{self, SettingUp};
use store::control::sessions::{self, NewSession};
use store::{Installation, MasterKeySource, Secret};
use tower::ServiceExt;

use super::{ENGINE, Engine};
use crate::app::QuickClock;

/// The secret of everybody who has a second factor from the start.
const FACTOR: &str = "JBSWY3DPEHPK3PXP";
pub(super) const PASSWORD: &str = "plumb bob and chalk line";
const HOST: &str = "127.0.0.1:8420";

pub(super) struct Office {
    pub(super) house: Arc<House>,
    pub(super) clock: Arc<QuickClock>,
    pub(super) ours: String,
    pub(super) theirs: String,
    router: Router,
    sessions: RefCell<u32>,
    factors: Factors,
    _folder: tempfile::TempDir,
    _server: Option<Server>,
}

/// Ours: somebody with each role. Theirs: an owner.
pub(super) const PEOPLE: [(&str, Role); 7] = [
    ("owner", Role::Owner),
    ("second", Role::Owner),
    ("newcomer", Role::Owner),
    ("lead", Role::Lead(Department::Payables)),
    ("preparer", Role::Preparer),
    ("viewer", Role::Viewer),
    ("auditor", Role::Auditor),
];

/// The office once the others who own it are gone, and the browser of the one who stays.
pub(super) async fn with_one_owner(office: &Office) -> Browser<'_> {
    let mut owner = office.browser("owner", true).await;
    for other in ["second", "newcomer"] {
        let path = format!("/people/{}/disable", office.id_of(other).await);
        assert_eq!(owner.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
    }
    owner
}

impl Office {
    pub(super) async fn empty(factors: Factors, smtp: Option<u16>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = "2026-11-23T15:00:00Z".parse().unwrap();
        let clock = QuickClock::at(start);
        let (installation, server) = match ENGINE {
            Engine::Folder => {
                let (source, data) = (MasterKeySource::BesideTheData, folder.path().join("data"));
                let opened = Installation::open(&data, &source, start).await;
                (opened.unwrap(), None)
            }
            Engine::Server => {
                let server = Server::start().await.unwrap();
                (server.installation().await.unwrap(), Some(server))
            }
        };
        let mailer = smtp.map(|port| {
            Mailer::try_new(&MailSettings {
                server: Secret::new(format!("smtp://127.0.0.1:{port}")),
                from: "Plumbline <plumbline@ridgeline.example>".to_owned(),
            })
            .unwrap()
        });
        let settings = DoorSettings {
            origin: format!("http://{HOST}"),
            proxies: 0,
            cost: Cost::FOR_TESTS,
            factors,
            mailer,
        };
        let shared = Arc::clone(&clock) as Arc<dyn Clock>;
        let door = Door::try_new(installation.clone(), Arc::clone(&shared), settings).unwrap();
        let house = Arc::new(House::new(installation, shared, door));
        Self {
            router: router(Arc::clone(&house), Within::USUAL),
            house,
            clock,
            ours: String::new(),
            theirs: String::new(),
            sessions: RefCell::new(0),
            factors,
            _folder: folder,
            _server: server,
        }
    }

    pub(super) async fn with(factors: Factors, smtp: Option<u16>) -> Self {
        let mut office = Self::empty(factors, smtp).await;
        let now = office.house.now();
        let installation = office.house.installation();
        let ours = installation
            .create_tenant("Ridgeline", now)
            .await
            .unwrap()
            .id;
        let theirs = installation
            .create_tenant("Copper Basin", now)
            .await
            .unwrap()
            .id;
        for (name, role) in PEOPLE {
            office.person(&ours, name, role).await;
        }
        office.person(&theirs, "foreigner", Role::Owner).await;
        office.ours = ours;
        office.theirs = theirs;
        office
    }

    async fn person(&self, tenant: &str, name: &str, role: Role) {
        let (mail, password) = (mail(name), Secret::new(PASSWORD.to_owned()));
        let grants = Grants::new(vec![Grant::standing(role)]);
        let door = self.house.door();
        let id = door
            .add_person(tenant, &mail, name, password, grants)
            .await
            .unwrap();
        // The first owner sets a factor up in the tests; the demo's people have none.
        if role.needs_two_factors() && name != "newcomer" && self.factors == Factors::Required {
            factors::prepare(door.control(), &id, Secret::new(FACTOR.to_owned()))
                .await
                .unwrap();
            let setting_up = SettingUp {
                person_id: id,
                kept_session: String::new(),
                step: 0,
                recovery_codes: Vec::new(),
            };
            factors::set_up(door.control(), setting_up, self.house.now())
                .await
                .unwrap();
        }
    }

    pub(super) async fn id_of(&self, name: &str) -> String {
        let control = self.house.door().control();
        let account = store::control::people::account(control, &mail(name))
            .await
            .unwrap();
        account.unwrap().person_id
    }

    /// A browser in which this person is signed in, with or without a shown factor.
    pub(super) async fn browser(&self, name: &str, has_shown_factor: bool) -> Browser<'_> {
        let number = {
            let mut count = self.sessions.borrow_mut();
            *count += 1;
            *count
        };
        let token = Secret::new(format!("session-token-{number}"));
        let session = NewSession {
            id: format!("ses_{number}"),
            token: token.clone(),
            person_id: self.id_of(name).await,
            tenant_id: None,
            factor_at: has_shown_factor.then(|| self.house.now()),
            user_agent: "Firefox/140".to_owned(),
            address: "203.0.113.7".to_owned(),
        };
        let control = self.house.door().control();
        sessions::begin(control, session, self.house.now())
            .await
            .unwrap();
        Browser {
            office: self,
            cookie: Some(token.expose().to_owned()),
        }
    }

    pub(super) fn stranger(&self) -> Browser<'_> {
        Browser {
            office: self,
            cookie: None,
        }
    }

    pub(super) async fn ask(&self, request: Request<Body>) -> Answer {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        let header = |name: &str| {
            let value = parts.headers.get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        Answer {
            status: parts.status,
            location: header("location"),
            set_cookie: header("set-cookie"),
            text: String::from_utf8(to_bytes(body, 1 << 22).await.unwrap().to_vec()).unwrap(),
        }
    }

    /// A worker comes by and does what is due of ours.
    pub(super) async fn work(&self) {
        let worker = Worker::of_house(&self.house);
        worker.work_off(&self.ours).await.unwrap();
    }

    pub(super) async fn close(self) {
        self.house.close().await;
    }
}

pub(super) fn mail(name: &str) -> String {
    format!("{name}@ridgeline.example")
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pub(super) set_cookie: Option<String>,
    pub(super) text: String,
}

impl Answer {
    /// What stands in a hidden field of the page.
    pub(super) fn hidden(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let rest = self
            .text
            .split(&start)
            .nth(1)
            .unwrap_or_else(|| panic!("{}", self.text));
        rest.split('"').next().unwrap().to_owned()
    }
}

/// One browser with its cookie.
pub(super) struct Browser<'a> {
    office: &'a Office,
    pub(super) cookie: Option<String>,
}

impl Browser<'_> {
    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", HOST);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", format!("plumbline-local={cookie}"));
        }
        request
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        let request = self.request("GET", path).body(Body::empty()).unwrap();
        self.office.ask(request).await
    }

    /// Sends a form from a page of ours, with the token of the session; takes a new cookie.
    pub(super) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf();
        let answer = self.send(path, form, &csrf, "same-origin").await;
        if let Some(cookie) = &answer.set_cookie {
            let value = cookie.split(['=', ';']).nth(1).unwrap();
            self.cookie = (!value.is_empty()).then(|| value.to_owned());
        }
        answer
    }

    pub(super) fn csrf(&self) -> String {
        let token = self.cookie.clone().map(Secret::new);
        token.map_or(String::new(), |token| {
            plumbline::web::signin::door::csrf_of(&token)
        })
    }

    pub(super) async fn send(
        &self,
        path: &str,
        form: &[(&str, &str)],
        csrf: &str,
        from: &str,
    ) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form).append_pair("csrf", csrf);
        let request = self
            .request("POST", path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", from)
            .body(Body::from(body.finish()))
            .unwrap();
        self.office.ask(request).await
    }
}
