//! Every route, asked by everybody. What must come out is `gate`'s to say; the routes are the
//! router's own list.

use axum::http::{Method, StatusCode};
use figures::Date;
use gate::roles::{Action, Grant, Grants, may};
use plumbline::web::access::Needs;
use plumbline::web::router::{Route, routes};
use plumbline::web::signin::door::Factors;

use super::house::{Answer, Browser, Office, PEOPLE};

/// What every route needs, written by hand, so that a new or a changed one shows as a difference.
const LIST: &str = "
GET /health: probe
GET /ready: probe
GET /assets/{folder}/{name}: nothing
GET /setup: nothing
POST /setup: nothing
GET /sign-in: nothing
POST /sign-in: nothing
GET /sign-in/forgotten: nothing
POST /sign-in/forgotten: nothing
GET /sign-in/reset/{token}: nothing
POST /sign-in/reset/{token}: nothing
GET /invitation/{token}: nothing
POST /invitation/{token}: nothing
POST /invitation/{token}/join: person
GET /sign-in/factor: password
POST /sign-in/factor: password
GET /sign-in/set-up: password
POST /sign-in/set-up: password
POST /sign-in/set-up/prepare: password
POST /sign-out: password
GET /account: person
POST /account/password: person
POST /account/sessions/end: person
POST /account/tokens: person
POST /account/tokens/revoke: person
POST /account/letter: person
POST /account/company: person
GET /people: ReadPeople
POST /people/invite: ManagePeople
POST /people/invite/withdraw: ManagePeople
POST /people/proposals/{id}/confirm: ManagePeople
POST /people/proposals/{id}/refuse: ManagePeople
POST /people/proposals/{id}/withdraw: ManagePeople
POST /people/{id}/give: ManagePeople
POST /people/{id}/take: ManagePeople
POST /people/{id}/disable: ManagePeople
POST /people/{id}/cover: Delegate
POST /people/{id}/cover/end: Delegate
GET /api/v1/openapi.json: nothing
GET /api/v1/worklist: token ReadBooks
GET /api/v1/bridges: token ReadBooks
GET /api/v1/figures/{id}: token ReadBooks
GET /: ReadBooks
GET /worklist: ReadBooks
GET /worklist/{id}: ReadBooks
GET /approvals: ReadBooks
GET /approvals/together: Approve
POST /approvals/together: Approve
GET /approvals/{id}: ReadBooks
POST /approvals/{id}/approve: Approve
POST /approvals/{id}/decline: Approve
POST /approvals/{id}/take-back: Prepare
POST /approvals/{id}/take-back/instead: Prepare
GET /approvals/{id}/edit: Prepare
POST /approvals/{id}/edit: Prepare
POST /approvals/{id}/document: Prepare
GET /documents/{id}: ReadBooks
GET /jobs: ReadBooks
GET /jobs/{id}: ReadBooks
GET /jobs/{id}/bridge/{measure}: ReadBooks
GET /figures/{id}: ReadBooks
GET /matches: ReadBooks
POST /matches: DecideMatches
GET /find: ReadBooks
GET /connections: ReadConnections
GET /connections/progress: ReadConnections
POST /connections/read: RunCycle
POST /connections/jobs/retry: ManageConnections
POST /connections/hook: ManageConnections
POST /connections/hook/end: ManageConnections
GET /connections/{system}/set-up: ManageConnections
POST /connections/{system}/set-up: ManageConnections
POST /connections/{system}/connect: ManageConnections
POST /connections/{system}/disconnect: ManageConnections
GET /connect/{system}/callback: ManageConnections
GET /audit: ReadAudit
POST /audit/copy: ReadAudit
POST /hooks/quickbooks: proof
POST /hooks/procore/{token}: proof
GET /settings: ReadSettings
POST /settings: ChangeSettings
POST /settings/release: ChangeSettings
POST /settings/writes: ChangeSettings
POST /settings/writes/proposals/{id}/confirm: ChangeSettings
POST /settings/writes/proposals/{id}/refuse: ChangeSettings
POST /settings/writes/proposals/{id}/withdraw: ChangeSettings
POST /settings/writes/alone: Approve
POST /settings/alone: ChangeSettings
POST /settings/alone/end: ChangeSettings
POST /settings/export: TakeEverything
POST /settings/erase: EraseCompany
POST /settings/erase/withdraw: EraseCompany
";

#[test]
fn every_route_is_in_the_list_with_what_it_needs() {
    let found: Vec<String> = routes()
        .iter()
        .map(|route| {
            let needs = match route.needs {
                Needs::Probe => "probe".to_owned(),
                Needs::Nothing => "nothing".to_owned(),
                Needs::Proof => "proof".to_owned(),
                Needs::Password => "password".to_owned(),
                Needs::Person => "person".to_owned(),
                Needs::May(action) => format!("{action:?}"),
                Needs::TokenMay(action) => format!("token {action:?}"),
            };
            format!("{} {}: {needs}", route.method, route.path)
        })
        .collect();
    let written: Vec<&str> = LIST.trim().lines().collect();
    assert_eq!(found, written);
}

/// How the guard before the handlers answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The handler was asked.
    Through,
    /// To the door, or 401.
    SignIn,
    /// 403.
    Denied,
    /// A code of the last minutes is missing.
    ShowFactor,
    /// The form was not made for this session.
    NotOurForm,
}

fn verdict(route: &Route, answer: &Answer) -> Verdict {
    let to = answer.location.as_deref().unwrap_or_default();
    if answer.text.contains("was open for too long") || answer.text.contains("not sent from a page")
    {
        Verdict::NotOurForm
    } else if answer.status == StatusCode::UNAUTHORIZED {
        Verdict::SignIn
    } else if answer.status == StatusCode::FORBIDDEN {
        Verdict::Denied
    } else if to.starts_with("/sign-in/factor?to=") && route.method == Method::POST {
        Verdict::ShowFactor
    } else if to.starts_with("/sign-in") && to.contains("?to=") {
        Verdict::SignIn
    } else {
        Verdict::Through
    }
}

fn path(route: &Route) -> String {
    route
        .path
        .replace("{system}", "procore")
        .replace("{measure}", "billed")
        .replace("{id}", "9")
        .replace("{folder}", "f")
        .replace("{name}", "n")
        .replace("{token}", "t")
}

async fn asked(browser: &mut Browser<'_>, route: &Route) -> Answer {
    if route.method == Method::GET {
        browser.get(&path(route)).await
    } else {
        browser.post(&path(route), &[]).await
    }
}

fn today() -> Date {
    "2026-11-23".parse().unwrap()
}

#[tokio::test]
async fn every_role_gets_what_gate_says_on_every_route() {
    let office = Office::with(Factors::Required, None).await;
    // Who has not set a factor up yet is another test's.
    let settled = PEOPLE.into_iter().filter(|(name, _)| *name != "newcomer");
    for (name, role) in settled.chain([("foreigner", gate::roles::Role::Owner)]) {
        let grants = Grants::new(vec![Grant::standing(role)]);
        for is_fresh in [true, false] {
            let is_in = is_fresh || !role.needs_two_factors();
            for route in routes() {
                // Each request in a session of its own, because some of them end it.
                let mut browser = office.browser(name, is_fresh).await;
                let answer = asked(&mut browser, &route).await;
                let action = |action: Action| match may(&grants, action, today()).is_permitted() {
                    _ if !is_in => Verdict::SignIn,
                    true => Verdict::Through,
                    false => Verdict::Denied,
                };
                let expected = match route.needs {
                    Needs::Probe | Needs::Nothing | Needs::Password => Verdict::Through,
                    Needs::Person if is_in => Verdict::Through,
                    Needs::Person => Verdict::SignIn,
                    Needs::May(needed) => action(needed),
                    Needs::TokenMay(_) | Needs::Proof => Verdict::SignIn,
                };
                assert_eq!(
                    verdict(&route, &answer),
                    expected,
                    "{name} fresh {is_fresh}: {} {} gave {answer:?}",
                    route.method,
                    route.path
                );
                assert!(
                    answer.status != StatusCode::INTERNAL_SERVER_ERROR,
                    "{} {answer:?}",
                    route.path
                );
            }
        }
    }
    office.close().await;
}

#[tokio::test]
async fn nobody_gets_nothing_but_the_door() {
    let office = Office::with(Factors::Required, None).await;
    for route in routes() {
        let answer = asked(&mut office.stranger(), &route).await;
        let expected = match route.needs {
            Needs::Probe | Needs::Nothing => Verdict::Through,
            _ => Verdict::SignIn,
        };
        assert_eq!(
            verdict(&route, &answer),
            expected,
            "{} {answer:?}",
            route.path
        );
        let mut liar = office.stranger();
        liar.cookie = Some("made-up".to_owned());
        let answer = asked(&mut liar, &route).await;
        assert_eq!(
            verdict(&route, &answer),
            expected,
            "{} {answer:?}",
            route.path
        );
    }
    office.close().await;
}

#[tokio::test]
async fn what_needs_a_fresh_code_asks_for_one_after_five_minutes() {
    let office = Office::with(Factors::Required, None).await;
    for minutes in [4, 6] {
        for route in routes() {
            let Needs::May(action) = route.needs else {
                continue;
            };
            let mut browser = office.browser("owner", true).await;
            office.clock.advance_minutes(minutes);
            let answer = asked(&mut browser, &route).await;
            let must_show =
                minutes > 5 && action.needs_fresh_factor() && route.method == Method::POST;
            let expected = if must_show {
                Verdict::ShowFactor
            } else {
                Verdict::Through
            };
            assert_eq!(
                verdict(&route, &answer),
                expected,
                "{} {answer:?}",
                route.path
            );
        }
    }
    office.close().await;
}

#[tokio::test]
async fn no_change_is_taken_from_another_site_or_without_the_sessions_token() {
    let office = Office::with(Factors::Required, None).await;
    for route in routes().iter().filter(|route| route.method == Method::POST) {
        let browser = office.browser("owner", true).await;
        let foreign = office.browser("owner", true).await.csrf();
        for (csrf, from) in [
            (browser.csrf().as_str(), "cross-site"),
            (browser.csrf().as_str(), "same-site"),
            (foreign.as_str(), "same-origin"),
            ("", "same-origin"),
        ] {
            let is_proven_otherwise = route.needs == Needs::Proof;
            if is_proven_otherwise || (route.needs == Needs::Nothing && from == "same-origin") {
                // Forms before signing in are of no session, and vendors have none.
                continue;
            }
            let answer = browser.send(&path(route), &[], csrf, from).await;
            assert_eq!(
                verdict(route, &answer),
                Verdict::NotOurForm,
                "{} {from} {answer:?}",
                route.path
            );
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        }
    }
    office.close().await;
}

#[tokio::test]
async fn ids_of_another_company_answer_like_ids_that_never_were() {
    let office = Office::with(Factors::Required, None).await;
    let victim = office.id_of("viewer").await;
    let theirs = office.browser("viewer", true).await;
    drop(theirs);
    let session_of_victim = "ses_1";
    for (path, form) in [
        ("/people/{}/give", vec![("role", "preparer")]),
        ("/people/{}/take", vec![("role", "viewer")]),
        ("/people/{}/disable", vec![]),
        (
            "/people/{}/cover",
            vec![
                ("role", "lead.payroll"),
                ("from", "2026-11-24"),
                ("until", "2026-11-25"),
            ],
        ),
    ] {
        let mut answers = Vec::new();
        for id in [victim.as_str(), "psn_00000000000000000000000000000000"] {
            let mut browser = office.browser("foreigner", true).await;
            let answer = browser.post(&path.replace("{}", id), &form).await;
            answers.push((answer.status, answer.text));
        }
        assert_eq!(answers[0], answers[1], "{path}");
        assert_eq!(answers[0].0, StatusCode::CONFLICT, "{path}");
    }
    for path in [
        "/account/sessions/end",
        "/account/tokens/revoke",
        "/people/invite/withdraw",
        "/account/company",
    ] {
        let mut answers = Vec::new();
        for id in [session_of_victim, "ses_none", office.ours.as_str()] {
            let mut browser = office.browser("foreigner", true).await;
            let answer = browser.post(path, &[("id", id)]).await;
            answers.push((answer.status, answer.text));
        }
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{path}: {answers:?}"
        );
        assert!(answers[0].0.is_client_error());
    }
    let ours = office.browser("owner", true).await.get("/people").await;
    assert!(ours.text.contains("viewer@ridgeline.example"));
    let theirs = office.browser("foreigner", true).await.get("/people").await;
    assert!(
        !theirs.text.contains("viewer@ridgeline.example"),
        "{}",
        theirs.text
    );
    office.close().await;
}
