//! The pages of people and of one's own account, and what is done on them.

use askama::Template;
use axum::http::StatusCode;
use plumbline::web::account::AccountPage;
use plumbline::web::people::PeoplePage;
use plumbline::web::signin::door::Factors;
use plumbline::web::signin::view::DoorPage;

use super::house::{Office, PASSWORD};

#[test]
fn every_page_is_rendered_with_its_sample_and_without_inline_script_or_style() {
    for html in [
        DoorPage::sample().render().unwrap(),
        PeoplePage::sample().render().unwrap(),
        AccountPage::sample().render().unwrap(),
    ] {
        assert!(html.contains("<h1>"), "{html}");
        assert_eq!(html.matches("<h1>").count(), 1);
        assert!(
            !html.contains(" style=") && !html.contains("onclick") && !html.contains("&lt;form")
        );
        assert!(html.matches("role=\"alert\"").count() <= 1);
        for form in html.split("<form class=\"form\"").skip(1) {
            assert!(
                form.split("</form>")
                    .next()
                    .unwrap()
                    .contains("name=\"csrf\" value=\"token\"")
            );
        }
    }
}

#[test]
fn a_problem_is_beside_its_field_and_linked_from_the_top() {
    let html = DoorPage::sample().render().unwrap();
    assert!(html.contains("There is 1 thing to fix"));
    assert!(html.contains("<a href=\"#f-password\">"));
    assert!(
        html.contains("aria-describedby=\"w-password\" aria-invalid=\"true\""),
        "{html}"
    );
}

#[tokio::test]
async fn roles_are_given_taken_and_covered_on_the_page() {
    let office = Office::with(Factors::Required, None).await;
    let id = office.id_of("preparer").await;
    let mut owner = office.browser("owner", true).await;
    let give = format!("/people/{id}/give");
    assert_eq!(
        owner.post(&give, &[("role", "viewer")]).await.status,
        StatusCode::SEE_OTHER
    );
    let again = owner.post(&give, &[("role", "viewer")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(
        again.text.contains("has this role already"),
        "{}",
        again.text
    );
    let mut lead = office.browser("lead", true).await;
    let cover = |role: &'static str| {
        [
            ("role", role),
            ("from", "2026-11-24"),
            ("until", "2026-11-27"),
        ]
    };
    let path = format!("/people/{id}/cover");
    assert_eq!(
        lead.post(&path, &cover("lead.payables")).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        lead.post(&path, &cover("lead.payroll")).await.status,
        StatusCode::CONFLICT
    );
    let page = lead.get("/people").await.text;
    assert!(
        page.contains("A/P lead, cover Nov 24, 2026 to Nov 27, 2026"),
        "{page}"
    );
    let end = format!("/people/{id}/cover/end");
    assert_eq!(
        lead.post(&end, &cover("lead.payables")).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!lead.get("/people").await.text.contains("cover Nov 24"));
    office.close().await;
}

#[tokio::test]
async fn nobody_raises_themselves_and_the_last_owner_stays() {
    let office = Office::with(Factors::Required, None).await;
    let (own, second) = (office.id_of("owner").await, office.id_of("second").await);
    let mut owner = office.browser("owner", true).await;
    let raise = owner
        .post(&format!("/people/{own}/give"), &[("role", "preparer")])
        .await;
    assert!(
        raise.text.contains("Nobody changes their own roles"),
        "{}",
        raise.text
    );
    let disable = format!("/people/{second}/disable");
    assert_eq!(
        owner.post(&disable, &[]).await.status,
        StatusCode::SEE_OTHER
    );
    let newcomer = format!("/people/{}/disable", office.id_of("newcomer").await);
    owner.post(&newcomer, &[]).await;
    let last = owner
        .post(&format!("/people/{own}/take"), &[("role", "owner")])
        .await;
    assert!(
        last.text.contains("This is the only owner"),
        "{}",
        last.text
    );
    office.close().await;
}

#[tokio::test]
async fn whoever_is_disabled_is_out_with_their_next_request() {
    let office = Office::with(Factors::Required, None).await;
    let viewer = office.browser("viewer", false).await;
    assert_eq!(viewer.get("/").await.status, StatusCode::OK);
    let mut owner = office.browser("owner", true).await;
    let path = format!("/people/{}/disable", office.id_of("viewer").await);
    owner.post(&path, &[]).await;
    assert!(
        viewer
            .get("/")
            .await
            .location
            .unwrap()
            .starts_with("/sign-in?")
    );
    office.close().await;
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_a_new_password_ends_the_others() {
    let office = Office::with(Factors::Required, None).await;
    let mut here = office.browser("viewer", false).await;
    let elsewhere = office.browser("viewer", false).await;
    let page = here.get("/account").await.text;
    assert!(
        page.contains("This one, from 203.0.113.7") && page.contains("Firefox, from 203.0.113.7")
    );
    here.post("/account/sessions/end", &[("id", "ses_2")]).await;
    assert!(elsewhere.get("/account").await.location.is_some());
    let elsewhere = office.browser("viewer", false).await;
    let wrong = [
        ("old", "not the password"),
        ("password", "gravel pump crane boom"),
    ];
    assert_eq!(
        here.post("/account/password", &wrong).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    office.clock.advance_minutes(1);
    let right = [("old", PASSWORD), ("password", "gravel pump crane boom")];
    assert_eq!(
        here.post("/account/password", &right).await.status,
        StatusCode::OK
    );
    assert!(elsewhere.get("/account").await.location.is_some());
    assert_eq!(here.get("/account").await.status, StatusCode::OK);
    office.close().await;
}

#[tokio::test]
async fn a_token_for_programs_is_shown_once_and_opens_no_page_for_people() {
    let office = Office::with(Factors::Required, None).await;
    let mut viewer = office.browser("viewer", false).await;
    let made = viewer
        .post("/account/tokens", &[("name", "Reports"), ("days", "30")])
        .await;
    let token = made
        .text
        .split("<p class=\"key\"><code>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    assert!(!viewer.get("/account").await.text.contains(token));
    let request = axum::http::Request::builder()
        .uri("/account")
        .header("host", "127.0.0.1:8420")
        .header("authorization", format!("Bearer {token}"))
        .body(axum::body::Body::empty())
        .unwrap();
    assert_eq!(office.ask(request).await.status, StatusCode::UNAUTHORIZED);
    let too_long = viewer
        .post("/account/tokens", &[("name", "Reports"), ("days", "400")])
        .await;
    assert_eq!(too_long.status, StatusCode::BAD_REQUEST);
    office.close().await;
}

#[tokio::test]
async fn the_demo_asks_nobody_for_a_factor_who_has_none() {
    let office = Office::with(Factors::Optional, None).await;
    let mut owner = office.browser("owner", false).await;
    assert_eq!(owner.get("/people").await.status, StatusCode::OK);
    let path = format!("/people/{}/give", office.id_of("viewer").await);
    assert_eq!(
        owner.post(&path, &[("role", "preparer")]).await.status,
        StatusCode::SEE_OTHER
    );
    office.close().await;
}

#[tokio::test]
async fn a_code_comes_before_the_secret_of_an_application_is_typed() {
    let office = Office::with(Factors::Required, None).await;
    let mut owner = office.browser("owner", true).await;
    let path = "/connections/procore/set-up";
    let fresh = owner.get(path).await.text;
    assert!(fresh.contains("name=\"client_secret\""), "{fresh}");
    office.clock.advance_minutes(16);
    let later = owner.get(path).await.text;
    assert!(!later.contains("name=\"client_secret\""), "{later}");
    let way = "/sign-in/factor?to=/connections/procore/set-up";
    assert!(later.contains(&format!("href=\"{way}\"")), "{later}");
    // Whoever had the page open before is led back to it.
    let sent = owner.post(path, &[("client_secret", "canary")]).await;
    let back = sent.location.unwrap();
    assert_eq!(
        back,
        way.replace("/connections/procore", "%2Fconnections%2Fprocore")
            .replace("/set-up", "%2Fset-up")
    );
    office.close().await;
}

#[tokio::test]
async fn programs_read_with_a_token_and_get_refusals_that_they_can_read() {
    let office = Office::with(Factors::Required, None).await;
    let mut viewer = office.browser("viewer", false).await;
    let form = [("name", "Reports"), ("days", "30")];
    let made = viewer.post("/account/tokens", &form).await;
    let key = made.text.split("<p class=\"key\"><code>").nth(1).unwrap();
    let token = key.split('<').next().unwrap();
    for (path, authorization, status, error) in [
        (
            "/api/v1/worklist",
            Some(token),
            StatusCode::CONFLICT,
            "no_books",
        ),
        (
            "/api/v1/bridges",
            Some(token),
            StatusCode::CONFLICT,
            "no_books",
        ),
        (
            "/api/v1/figures/none",
            Some(token),
            StatusCode::NOT_FOUND,
            "not_found",
        ),
        (
            "/api/v1/worklist",
            Some("made-up"),
            StatusCode::UNAUTHORIZED,
            "no_token",
        ),
        (
            "/api/v1/worklist",
            None,
            StatusCode::UNAUTHORIZED,
            "no_token",
        ),
    ] {
        let mut request = axum::http::Request::builder()
            .uri(path)
            .header("host", "127.0.0.1:8420");
        if let Some(token) = authorization {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = office
            .ask(request.body(axum::body::Body::empty()).unwrap())
            .await;
        assert_eq!(answer.status, status, "{path} {answer:?}");
        assert!(
            answer.text.contains(&format!("\"error\":\"{error}\"")),
            "{answer:?}"
        );
    }
    office.close().await;
}

#[test]
fn the_description_names_every_page_for_programs_and_no_other() {
    use plumbline::web::access::Needs;
    let described: serde_json::Value =
        serde_json::from_str(plumbline::web::api::DESCRIPTION).unwrap();
    let described: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    let routed: Vec<&str> = plumbline::web::router::routes()
        .iter()
        .filter(|route| matches!(route.needs, Needs::TokenMay(_)))
        .map(|route| route.path)
        .collect();
    assert_eq!(described, routed);
}
