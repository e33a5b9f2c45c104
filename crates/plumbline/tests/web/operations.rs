//! What operators see: logs that name nobody, probes that say nothing, counters, a restored company.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::http::{Method, StatusCode};
use plumbline::logs::{self, LogFormat};
use plumbline::metrics::{Looked, METRICS};
use plumbline::web::access::Needs;
use plumbline::web::router::routes;
use store::backup::{self, Destination, Kept};
use store::jobs::{self, JobState};
use store::ledger::Known;
use store::mirror::{self, CycleState};
use store::{MasterKeySource, quarantine};
use tokio_util::sync::CancellationToken;

use super::routes::filled;
use super::{Served, read_once};

/// Everything that was logged, by every thread.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Vec<u8>>>);

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Names, amounts and secrets that the screens show and the log must not. Short words are left
/// out, because they could be a part of anything.
async fn canaries(served: &Served) -> Vec<String> {
    let view = served.view().await;
    let books = view.books.as_ref().unwrap();
    let mut found: Vec<String> = books.jobs.iter().map(|job| job.name.clone()).collect();
    for card in books.cards.values() {
        found.push(card.name.clone());
        found.extend(card.lines.values().cloned());
    }
    for item in &books.open {
        let cents = item.amount.cents().abs();
        found.push(format!("{}.{:02}", cents / 100, cents % 100));
        found.push(item.what.clone());
    }
    found.retain(|text| text.len() > 7);
    found.extend(
        [
            "Dana Whitfield",
            "dana@ridgeline.example",
            "nobody@elsewhere.example",
            "a password that is wrong",
            "plumb bob and chalk line",
            "session-of-the-owner",
            "canary-of-a-link",
            "canary-to-find",
            "sandbox-procore-secret",
            "Bearer ",
            "203.0.113.7",
        ]
        .map(str::to_owned),
    );
    found.push(view.name.clone());
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_over_all_screens_logs_no_name_mail_amount_or_token() {
    let logged = Logged::default();
    let writer = logged.clone();
    let all = logs::subscriber(
        LogFormat::Json,
        tracing_subscriber::EnvFilter::new("trace"),
        move || writer.clone(),
    );
    tracing::subscriber::set_global_default(all).unwrap();
    let (_app, served) = read_once(7).await;
    let mut pages = 0;
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let path = filled(&served, route.path).await;
        let path = path.replace("/none", "/canary-of-a-link");
        served.get(&path).await;
        pages += 1;
    }
    served.get("/find?q=canary-to-find").await;
    served.get("/canary-to-find").await;
    let wrong = [
        ("mail", "nobody@elsewhere.example"),
        ("password", "a password that is wrong"),
    ];
    served.post("/sign-in", &wrong).await;
    served.post("/sign-in/forgotten", &wrong[..1]).await;
    served
        .post("/settings", &[("time_zone", "canary-to-find")])
        .await;
    let entered = [
        ("environment", "sandbox"),
        ("client_id", "canary-to-find"),
        ("client_secret", "sandbox-procore-secret"),
    ];
    for system in ["procore", "quickbooks"] {
        let path = format!("/connections/{system}/set-up");
        served.post(&path, &entered).await;
    }

    let logged = String::from_utf8(logged.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = logged
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    // Other tests of the same process are heard too.
    let ours = |line: &&serde_json::Value| {
        line["tenant"] == served.scope.tenant_id() || line["tenant"].is_null()
    };
    let answered = lines.iter().filter(|line| line["message"] == "answered");
    let answered: Vec<_> = answered.filter(ours).collect();
    assert!(
        answered.len() >= pages + 5,
        "nothing was captured: {}",
        answered.len()
    );
    let job = answered
        .iter()
        .find(|line| line["route"] == "/jobs/{id}")
        .unwrap();
    assert_eq!(job["tenant"], served.scope.tenant_id());
    assert_eq!(
        (&job["status"], &job["method"]),
        (&200.into(), &"GET".into())
    );
    assert!(job["us"].is_u64() && job["id"].as_str().unwrap().starts_with("req_"));
    let stray = answered
        .iter()
        .find(|line| line["route"] == "none")
        .unwrap();
    assert_eq!(stray["status"], 404);
    for canary in canaries(&served).await {
        if let Some(line) = logged.lines().find(|line| line.contains(&canary)) {
            panic!("{canary} was logged: {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_answer_by_any_name_to_anybody_and_say_a_word() {
    let (_app, served) = read_once(7).await;
    let ask = async |path: &str| {
        let headers = [
            ("host", "10.0.0.7:8420"),
            ("cookie", "plumbline-local=made-up"),
        ];
        let answer = served.ask(Method::GET, path, &headers, None).await;
        (answer.status, answer.body)
    };
    assert_eq!(ask("/health").await, (StatusCode::OK, "ok\n".to_owned()));
    assert_eq!(ask("/ready").await, (StatusCode::OK, "ready\n".to_owned()));
    served.house.stopping().cancel();
    let stopping = (StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned());
    assert_eq!(ask("/ready").await, stopping);
    assert_eq!(ask("/health").await.0, StatusCode::OK);
    assert_eq!(
        routes()
            .iter()
            .filter(|route| route.needs == Needs::Probe)
            .count(),
        2
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer_makes_it_unready_without_a_detail() {
    let (_app, served) = read_once(7).await;
    served.house.installation().close().await;
    let answer = served.get("/ready").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body, "database\n");
    assert_eq!(served.get("/health").await.status, StatusCode::OK);
}

/// What a counter says. Other tests of the same process count too.
fn counted(line: &str) -> u64 {
    let text = METRICS.text(&Looked::default()).unwrap();
    let mut lines = text.lines();
    let value = lines.find_map(|one| one.strip_prefix(line)?.trim().parse().ok());
    value.unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn cycles_calls_and_requests_are_counted_without_saying_whose() {
    let (_app, served) = read_once(7).await;
    served.get("/worklist").await;
    served.get("/jobs/1").await;
    let text = METRICS.text(&Looked::default()).unwrap();
    for line in [
        "plumbline_cycles_total{outcome=\"Whole\"}",
        "plumbline_requests_total{route=\"/worklist\",method=\"GET\",status=\"200\"}",
        "plumbline_requests_total{route=\"/jobs/{id}\",method=\"GET\",status=\"404\"}",
        "plumbline_request_seconds_count{route=\"/worklist\"}",
    ] {
        assert!(counted(line) > 0, "{line}");
    }
    for system in ["procore", "quickbooks"] {
        let calls = format!("plumbline_vendor_calls_total{{system=\"{system}\"}}");
        assert!(counted(&calls) > 5, "{system}");
    }
    assert!(!text.contains(served.scope.tenant_id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_company_says_so_on_every_page_until_an_owner_releases_it() {
    let app = crate::app::App::start(7).await;
    app.cycle().await;
    let to = Destination {
        folder: app.file("backup"),
        keys: app.file("keys.json"),
    };
    let source = MasterKeySource::BesideTheData;
    let now = "2026-11-27T15:00:00Z".parse().unwrap();
    backup::folder(&app.data(), &source, &to, &[], now)
        .await
        .unwrap();
    std::fs::remove_dir_all(app.data()).unwrap();
    let kept = Kept {
        folder: to.folder,
        keys: to.keys,
        master_key: source.of_folder(&app.data()).unwrap(),
    };
    let known = Known::of(&[]).unwrap();
    backup::restore(&kept, &app.data(), &known, now)
        .await
        .unwrap();

    let served = Served::of(&app).await;
    let banner = "These books were restored from a backup of";
    for path in ["/", "/worklist", "/jobs", "/connections", "/settings"] {
        let page = served.get(path).await.body;
        assert!(page.contains(banner), "{path} is silent");
    }
    let read = served.post("/connections/read", &[]).await;
    assert_eq!(read.status, StatusCode::CONFLICT, "{}", read.body);
    let released = served.post("/settings/release", &[]).await;
    assert_eq!(released.status, StatusCode::SEE_OTHER);
    assert!(!served.get("/").await.body.contains(banner));
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let standing = quarantine::standing(tenant.store(), tenant.scope()).await;
    assert_eq!(standing.unwrap(), None);
    served.house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_is_stopped_ends_at_a_page_and_the_next_one_goes_on() {
    let app = crate::app::App::start(7).await;
    let served = Served::of(&app).await;
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    served.post("/connections/read", &[]).await;
    let (worker, stop) = (Arc::new(served.worker()), CancellationToken::new());
    let (ours, until) = (Arc::clone(&worker), stop.clone());
    let working = tokio::spawn(async move { ours.run(until).await });
    while tenant.progress().resources.is_empty() {
        tokio::task::yield_now().await;
    }
    served.house.stopping().cancel();
    stop.cancel();
    working.await.unwrap();
    let waiting = jobs::jobs(tenant.store(), tenant.scope(), JobState::Waiting).await;
    let waiting: Vec<i64> = waiting.unwrap().iter().map(|job| job.attempts).collect();
    assert_eq!(waiting, [0], "the job was not handed back");
    served.house.close().await;
    drop((served, tenant, worker));
    let desk = app.desk().await;
    let cycles = mirror::cycles(&desk.store, &desk.scope).await.unwrap();
    assert_eq!(cycles.len(), 1);
    assert_eq!(cycles[0].state, CycleState::Open, "it was read to its end");
    desk.close().await;
    drop(desk);
    let report = app.cycle().await;
    assert_eq!(report.cycle, 1);
    for outcome in ["Stopped", "Whole"] {
        let line = format!("plumbline_cycles_total{{outcome=\"{outcome}\"}}");
        assert!(counted(&line) > 0, "{outcome}");
    }
}
