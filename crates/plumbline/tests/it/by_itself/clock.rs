use axum::http::StatusCode;
use plumbline::settings::Settings;
use plumbline::work;
use store::jobs::{self, JobState, NewJob};

use crate::app::App;
use crate::web::Served;

async fn cycle(served: &Served) -> i64 {
    let view = served.view().await;
    view.books.as_ref().unwrap().cycle
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_are_read_when_their_hour_has_come_and_once_after_a_long_pause() {
    let app = App::start(7).await;
    let served = Served::of(&app).await;
    served.idle().await;
    assert_eq!(cycle(&served).await, 1);
    served.idle().await;
    assert_eq!(cycle(&served).await, 1, "no hour has come");
    // The longest pause between readings is four hours.
    app.clock.advance_hours(4);
    served.idle().await;
    assert_eq!(cycle(&served).await, 2);
    // Nothing ran for three days: eighteen hours of reading went by.
    app.clock.advance_hours(72);
    served.idle().await;
    assert_eq!(cycle(&served).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hours_of_reading_are_set_on_the_page_and_hold_at_once() {
    let app = App::start(7).await;
    let served = Served::of(&app).await;
    served.idle().await;
    let form = |hours, sweep, digest| {
        [
            ("time_zone", "America/Denver"),
            ("stale_after_days", "3"),
            ("hours", hours),
            ("sweep_hours", sweep),
            ("digest_at", digest),
        ]
    };
    for (hours, sweep, digest) in [
        ("25:00", "0", "6:30"),
        ("5:30", "x", "6:30"),
        ("5:30", "0", "6"),
    ] {
        let answer = served.post("/settings", &form(hours, sweep, digest)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(
            answer.body.contains("Nothing was changed."),
            "{}",
            answer.body
        );
    }
    let answer = served.post("/settings", &form("4:15", "0", "7:00")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = served.get("/settings").await.body;
    assert!(
        page.contains("value=\"4:15\"") && page.contains("4:15 am"),
        "{page}"
    );
    // The change itself asks for a reading; after that only once a day.
    served.idle().await;
    assert_eq!(cycle(&served).await, 2);
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let settings = Settings::load(tenant.store(), tenant.scope())
        .await
        .unwrap();
    assert_eq!(settings.schedule.hours(), "4:15");
    for _ in 0..24 {
        app.clock.advance_hours(1);
        served.idle().await;
    }
    assert_eq!(cycle(&served).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_was_given_up_is_shown_with_its_reason_and_tried_again() {
    let app = App::start(7).await;
    let served = Served::of(&app).await;
    served.idle().await;
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let (store, scope) = (tenant.store(), tenant.scope());
    let strange = NewJob::at_once("of another version", "{}".to_owned(), 1);
    let id = jobs::enqueue(store, scope, strange).await.unwrap();
    served.idle().await;
    let page = served.get("/connections").await.body;
    assert!(page.contains("Work that was given up"), "{page}");
    assert!(page.contains("does not know such work"), "{page}");
    let answer = served.post("/connections/jobs/retry", &[("id", &id)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let waiting = jobs::jobs(store, scope, JobState::Waiting).await.unwrap();
    assert_eq!(waiting[0].id, id);
    let again = served.post("/connections/jobs/retry", &[("id", &id)]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    drop(tenant);
    served.house.close().await;
    // The command line shows the same, to whoever operates the server.
    drop(served);
    let listed = app.run(&["jobs", "--format", "json"]).json();
    assert_eq!(listed[0]["id"], id, "{listed}");
    assert_eq!(listed[0]["state"], "waiting");
    let refused = app.run(&["jobs", "retry", &id]);
    assert_ne!(refused.code, 0, "{}", refused.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_takes_the_place_of_what_waits() {
    let app = App::start(7).await;
    let ran = app.run(&["cycle"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let listed = app.run(&["jobs", "--format", "json"]).json();
    assert_eq!(listed, serde_json::json!([]), "connecting had asked for it");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_that_nobody_asked_for_in_a_while_are_let_go_of() {
    use plumbline::web::house::MOST_OPEN;
    let app = App::unconnected(7).await;
    let served = Served::of(&app).await;
    let installation = served.house.installation().clone();
    let mut scopes = Vec::new();
    for number in 0..MOST_OPEN + 4 {
        let name = format!("Company {number}");
        let tenant = installation.create_tenant(&name, served.house.now()).await;
        let store = installation.store(&tenant.unwrap().id).await.unwrap();
        scopes.push(store.scope());
    }
    let first = served.house.tenant(&scopes[0]).await.unwrap();
    for scope in &scopes[1..] {
        served.house.tenant(scope).await.unwrap();
        // Somebody keeps asking for the first one.
        let again = served.house.tenant(&scopes[0]).await.unwrap();
        assert!(std::sync::Arc::ptr_eq(&first, &again));
        assert!(served.house.open_tenants().await <= MOST_OPEN);
    }
    let gone = served.house.tenant(&scopes[1]).await.unwrap();
    assert_eq!(
        gone.scope(),
        &scopes[1],
        "it is opened again when it is asked for"
    );
    drop((first, gone));
    served.house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_anything_is_connected_no_books_are_made_up() {
    let app = App::unconnected(7).await;
    let served = Served::of(&app).await;
    served.idle().await;
    app.clock.advance_hours(24);
    served.idle().await;
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let done = jobs::jobs(tenant.store(), tenant.scope(), JobState::Done).await;
    assert_eq!(done.unwrap().len(), 1, "an hour had come");
    assert!(served.view().await.books.is_none());
}

#[test]
fn a_kind_of_work_has_words() {
    for kind in [work::READING, work::COMPARISON, work::DIGEST] {
        assert_ne!(work::kind_in_words(kind), work::kind_in_words("?"));
    }
}
