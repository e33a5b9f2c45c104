use axum::http::{Method, StatusCode};
use plumbline::web::access::Needs;
use plumbline::web::headers::POLICY;
use plumbline::web::router::routes;

use super::{Answer, Served, read_once};

/// A page may weigh this much, in bytes.
const HEAVIEST: usize = 150_000;

/// A path of the list with something in the place of each parameter.
pub(super) async fn filled(served: &Served, path: &str) -> String {
    let view = served.view().await;
    let books = view.books.as_ref().unwrap();
    let job = &books.jobs[0];
    let figure = format!("bridge.cost.procore:{}", job.id);
    let id = match path {
        path if path.starts_with("/worklist") => books.open[0].id.clone(),
        path if path.starts_with("/figures") => figure,
        path if path.starts_with("/approvals") => served.proposal().await,
        path if path.starts_with("/documents") => served.document().await,
        _ => job.id.to_string(),
    };
    let assets = plumbline::web::assets::FOLDER.rsplit('/').next().unwrap();
    path.replace("{id}", &id)
        .replace("{measure}", "cost")
        .replace("{system}", "quickbooks")
        .replace("{token}", "none")
        .replace("{folder}", assets)
        .replace("{name}", "app.css")
}

fn check_headers(path: &str, answer: &Answer) {
    let header = |name: &str| {
        answer
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap())
    };
    assert_eq!(header("content-security-policy"), Some(POLICY), "{path}");
    assert_eq!(header("x-content-type-options"), Some("nosniff"), "{path}");
    assert_eq!(header("referrer-policy"), Some("no-referrer"), "{path}");
    assert_eq!(header("x-frame-options"), Some("DENY"), "{path}");
    assert_eq!(
        header("strict-transport-security"),
        Some("max-age=31536000"),
        "{path}"
    );
    let cached = header("cache-control").unwrap();
    let is_asset = path.starts_with("/assets") && answer.status == StatusCode::OK;
    assert_eq!(cached != "no-store", is_asset, "{path}: {cached}");
}

/// What a strict policy would refuse to run must not be there at all.
fn check_markup(path: &str, body: &str) {
    for bad in [
        "<style",
        " style=",
        "<script>",
        " onclick=",
        " onload=",
        "javascript:",
    ] {
        assert!(!body.contains(bad), "{path} holds {bad}");
    }
    for outside in ["src=\"http", "href=\"//", "url(http"] {
        assert!(!body.contains(outside), "{path} loads from elsewhere");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_answers_whole_light_and_with_its_headers() {
    let (_app, served) = read_once(7).await;
    let mut pages = 0;
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let path = filled(&served, route.path).await;
        let answer = served.get(&path).await;
        check_headers(&path, &answer);
        let expected = match route.path {
            // Nobody began a connection.
            path if path.ends_with("/callback") => StatusCode::BAD_REQUEST,
            // Somebody is known already, and nobody was sent a link.
            path if path == "/setup" || path.contains("{token}") => StatusCode::NOT_FOUND,
            // The dearest of what is proposed is nothing that a person writes into.
            path if path.ends_with("/edit") => StatusCode::CONFLICT,
            _ if matches!(route.needs, Needs::TokenMay(_)) => StatusCode::UNAUTHORIZED,
            _ => StatusCode::OK,
        };
        assert_eq!(answer.status, expected, "{path}: {}", answer.body);
        if answer.body.starts_with("<!DOCTYPE") {
            check_markup(&path, &answer.body);
            assert!(
                answer.body.len() < HEAVIEST,
                "{path} weighs {}",
                answer.body.len()
            );
            pages += 1;
        }
    }
    assert!(pages > 10, "{pages}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_needs_a_page_of_ours_and_the_token_of_the_session() {
    let (_app, served) = read_once(7).await;
    let changes: Vec<String> = routes()
        .iter()
        .filter(|route| route.method == Method::POST)
        .filter(|route| !matches!(route.needs, Needs::Nothing | Needs::Proof))
        .map(|route| route.path.replace("{system}", "procore"))
        .map(|path| path.replace("{id}", "9").replace("{token}", "none"))
        .collect();
    assert!(changes.len() > 4);
    for path in &changes {
        let post = async |headers: &[(&str, &str)], token: &str| {
            let form = [("csrf", token)];
            served.ask(Method::POST, path, headers, Some(&form)).await
        };
        for headers in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "http://elsewhere.example")],
        ] {
            let answer = post(headers, &served.csrf).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {headers:?}");
            check_headers(path, &answer);
        }
        for token in ["", "wrong"] {
            let answer = post(&[("sec-fetch-site", "same-origin")], token).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {token}");
        }
    }
    // Nothing was read, connected or decided by all that.
    let view = served.view().await;
    assert_eq!(view.books.as_ref().unwrap().cycle, 1);
    assert!(view.systems.iter().all(|system| system.stands()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_another_host_is_refused() {
    let (_app, served) = read_once(7).await;
    let ask = async |host: &str| {
        let headers = [("host", host)];
        served.ask(Method::GET, "/", &headers, None).await.status
    };
    assert_eq!(ask("127.0.0.1:8420").await, StatusCode::OK);
    assert_eq!(ask("localhost:8420").await, StatusCode::OK);
    for host in [
        "rebound.example",
        "127.0.0.1",
        "localhost:1",
        "127.0.0.1:84200",
    ] {
        assert_eq!(ask(host).await, StatusCode::BAD_REQUEST, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told_on_a_page_with_its_headers() {
    let (_app, served) = read_once(7).await;
    for path in [
        "/nowhere",
        "/worklist/fnd_0000000000000000",
        "/jobs/1",
        "/jobs/1/bridge/profit",
        "/figures/bridge.cost.procore:1",
        "/assets/000000000000/app.css",
        "/connect/nobody/callback",
        "/worklist/..%2f..%2fetc",
    ] {
        let answer = served.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body.contains("There is nothing here."), "{path}");
        check_headers(path, &answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_the_same_text_as_in_its_page() {
    let (_app, served) = read_once(7).await;
    let view = served.view().await;
    let item = &view.books.as_ref().unwrap().open[0];
    let path = format!("/worklist/{}", item.id);
    let (page, part) = (served.get(&path).await.body, served.part(&path).await.body);
    assert!(part.starts_with("<article"), "{part}");
    assert!(page.contains(part.trim()), "the page holds the part");
}
