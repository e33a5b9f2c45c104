use axum::http::StatusCode;

use super::{Served, consented, read_once, way_out};
use crate::app::App;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_connected_is_said_and_never_shown_as_zero() {
    let app = App::unconnected(7).await;
    let served = Served::of(&app).await;
    for path in ["/", "/worklist", "/jobs", "/matches", "/find?q=a"] {
        let answer = served.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(
            answer.body.contains("needs Procore and QuickBooks."),
            "{path}"
        );
        assert!(!answer.body.contains("0.00"), "{path}");
        let way = "href=\"/connections/procore/set-up\">Connect Procore</a>";
        assert!(answer.body.contains(way), "{path}: {}", answer.body);
    }
    let connections = served.get("/connections").await.body;
    assert_eq!(connections.matches("Not connected").count(), 2);
    assert!(!connections.contains("Read both systems now"));
    for system in ["procore", "quickbooks"] {
        assert!(connections.contains(&format!("href=\"/connections/{system}/set-up\"")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_reading_runs_while_the_pages_are_served() {
    let app = App::start(7).await;
    let served = Served::of(&app).await;
    let before = served.get("/").await.body;
    assert!(before.contains("The books were not read yet."), "{before}");
    let begun = served.post("/connections/read", &[]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER);
    // Pages answer whatever the reading does meanwhile.
    let asked_for = served.get("/connections").await.body;
    assert!(asked_for.contains("Asked for"), "{asked_for}");
    assert!(!asked_for.contains("Read both systems now"), "{asked_for}");
    assert_eq!(served.get("/").await.status, StatusCode::OK);
    served.idle().await;
    let ended = served.get("/connections/progress").await;
    assert_eq!(ended.headers.get("hx-refresh").unwrap(), "true");
    let after = served.get("/").await.body;
    assert!(after.contains("Needs your decision"), "{after}");
    assert!(after.contains("read for the first time today"), "{after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_signed_us_out_is_named_above_every_page() {
    let (app, served) = read_once(7).await;
    app.sandboxes.quickbooks.revoke_grants(&app.realm());
    app.sandboxes.quickbooks.expire_tokens();
    let begun = served.post("/connections/read", &[]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER);
    served.idle().await;
    for path in ["/", "/worklist", "/jobs", "/matches"] {
        let body = served.get(path).await.body;
        assert!(body.contains("QuickBooks signed us out"), "{path}: {body}");
        assert!(body.contains("Reconnect QuickBooks"), "{path}");
    }
    let unproven = served.get("/worklist?tab=unproven").await.body;
    assert!(unproven.contains("Last seen"), "{unproven}");
    let jobs = served.get("/jobs").await.body;
    assert!(jobs.contains("No job is compared."), "{jobs}");
    assert!(!jobs.contains("0.00"), "{jobs}");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_books_say_how_old_they_are() {
    let app = App::start(7).await;
    app.cycle().await;
    app.clock.advance_hours(24 * 5);
    let served = Served::of(&app).await;
    let body = served.get("/jobs").await.body;
    assert!(body.contains("These books are 5 days old."), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_is_disconnected_and_connected_again_through_the_browser() {
    let (_app, served) = read_once(7).await;
    let gone = served.post("/connections/quickbooks/disconnect", &[]).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
    let body = served.get("/worklist").await.body;
    assert!(body.contains("QuickBooks was disconnected"), "{body}");

    let away = served.post("/connections/quickbooks/connect", &[]).await;
    assert_eq!(away.status, StatusCode::OK, "{}", away.body);
    assert!(away.body.contains("Intuit has no right that only reads"));
    let address = way_out(&away.body);
    // The sandbox consents at once and sends the browser back.
    let returned = consented(&address).await;
    let back = returned.strip_prefix("http://127.0.0.1:8420").unwrap();
    let connected = served.get(back).await;
    assert_eq!(
        connected.status,
        StatusCode::SEE_OTHER,
        "{}",
        connected.body
    );
    served.idle().await;
    let again = served.get(back).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "a return works once");
    let view = served.view().await;
    assert!(view.systems.iter().all(|system| system.stands()));
    assert_eq!(view.books.as_ref().unwrap().cycle, 2);
}
