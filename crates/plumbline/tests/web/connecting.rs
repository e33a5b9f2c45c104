//! A company connects both systems for the first time, from the browser alone.

use axum::http::StatusCode;
use plumbline::connect::{self, Consent};
use plumbline::desk::Desk;
use plumbline::settings::{Rights, Settings};
use plumbline::web::error::AppError;
use plumbline::work;
use store::Erasing;
use store::connections::{self, Connection};
use store::jobs::{self, JobState};
use store::ledger::Ledger;

use figures::source::System;

use super::{Answer, Served, consented, way_out};
use crate::app::App;

const QUICKBOOKS: &str = "/connections/quickbooks/set-up";
const PROCORE: &str = "/connections/procore/set-up";
const WRONG: &str = "a-secret-that-is-wrong";

/// What a person enters for a system of the app, with another value in one field.
fn entered(app: &App, system: System, other: (&str, &str)) -> Vec<(&'static str, String)> {
    let (client_id, secret, company) = match system {
        System::Procore => {
            let config = app.sandboxes.procore.config();
            let company = app.sandboxes.procore.company_id().to_string();
            (&*config.client_id, &*config.client_secret, company)
        }
        System::QuickBooks => {
            use sandbox::quickbooks::{CLIENT_ID, CLIENT_SECRET};
            (CLIENT_ID, CLIENT_SECRET, String::new())
        }
    };
    let fields = [
        ("environment", "local".to_owned()),
        ("client_id", client_id.to_owned()),
        ("client_secret", secret.to_owned()),
        ("company_id", company),
        ("rights", "person".to_owned()),
    ];
    let field = |(name, value)| {
        let is_other = name == other.0;
        (name, if is_other { other.1.to_owned() } else { value })
    };
    fields.map(field).into()
}

async fn sent(served: &Served, path: &str, form: &[(&'static str, String)]) -> Answer {
    let form: Vec<(&str, &str)> = form.iter().map(|(name, it)| (*name, &**it)).collect();
    served.post(path, &form).await
}

/// Enters a system, gives access at the vendor and comes back.
async fn connected(served: &Served, path: &str, form: &[(&'static str, String)]) -> Answer {
    let away = sent(served, path, form).await;
    assert_eq!(away.status, StatusCode::OK, "{}", away.body);
    let returned = consented(&way_out(&away.body)).await;
    let back = returned.strip_prefix("http://127.0.0.1:8420").unwrap();
    served.get(back).await
}

async fn settings(served: &Served) -> Settings {
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    tenant.settings().await.unwrap()
}

async fn connection(served: &Served, system: System) -> Option<Connection> {
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let found = connections::connection(tenant.store(), tenant.scope(), system).await;
    found.unwrap()
}

/// Nothing of a try that came to nothing is kept, and its secret is on no page.
async fn check_nothing_is_kept(served: &Served, system: System, answer: &Answer) {
    assert!(settings(served).await.access(system).is_none());
    assert_eq!(connection(served, system).await, None);
    assert!(!answer.body.contains(WRONG), "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_systems_are_connected_and_then_read_for_the_first_time() {
    let app = App::unconnected(7).await;
    let served = Served::offering(&app).await;
    let page = served.get(PROCORE).await.body;
    for said in [
        "http://127.0.0.1:8420/connect/procore/callback",
        "It changes nothing in Procore.",
        "Pay applications",
        "Company id in Procore",
        "It is not an https address.",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let form = entered(&app, System::Procore, ("", ""));
    let answer = connected(&served, PROCORE, &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);

    // One system is nothing to compare with, so nothing is read yet, whoever asks.
    let page = served.get("/connections").await.body;
    assert!(
        page.contains("Reading begins once both are connected."),
        "{page}"
    );
    assert!(!page.contains("Read both systems now") && !page.contains("First reading"));
    served.idle().await;
    assert!(served.view().await.books.is_none());
    let today = served.get("/").await.body;
    assert!(today.contains("Today needs QuickBooks."), "{today}");
    assert!(today.contains(&format!("href=\"{QUICKBOOKS}\"")), "{today}");

    let form = entered(&app, System::QuickBooks, ("", ""));
    let answer = connected(&served, QUICKBOOKS, &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = served.get("/connections").await.body;
    assert!(
        page.contains("First reading of Procore and QuickBooks"),
        "{page}"
    );
    served.idle().await;
    let view = served.view().await;
    assert_eq!(view.books.as_ref().unwrap().cycle, 1);

    let audit = served.get("/audit?sort=company").await.body;
    let rows = audit.split("<tr>").filter(|row| row.contains("connected"));
    let by_dana = rows.filter(|row| row.contains("Dana Whitfield")).count();
    assert_eq!(by_dana, 2, "{audit}");

    // What was entered is shown again, but for the secret; and it is sealed with the rest.
    for (path, system) in [(PROCORE, System::Procore), (QUICKBOOKS, System::QuickBooks)] {
        let page = served.get(path).await.body;
        let access = settings(&served).await.access(system).unwrap();
        let (id, secret) = (&access.client().id, access.client().secret.expose());
        assert!(page.contains(&format!("value=\"{id}\"")), "{page}");
        assert!(!secret.is_empty() && !page.contains(secret), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_told_and_nothing_of_it_is_kept() {
    let app = App::unconnected(7).await;
    let served = Served::offering(&app).await;
    for (path, system) in [(PROCORE, System::Procore), (QUICKBOOKS, System::QuickBooks)] {
        let form = entered(&app, system, ("client_secret", WRONG));
        let answer = connected(&served, path, &form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
        let id = &form[1].1;
        assert!(
            answer.body.contains("check the client id, its secret"),
            "{}",
            answer.body
        );
        assert!(
            answer.body.contains(&format!("value=\"{id}\"")),
            "{}",
            answer.body
        );
        check_nothing_is_kept(&served, system, &answer).await;
        // The same page takes the right one.
        let form = entered(&app, system, ("", ""));
        let answer = connected(&served, path, &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    }
    // A wrong one that is entered later does not harm what stands.
    let form = entered(&app, System::QuickBooks, ("client_secret", WRONG));
    let answer = connected(&served, QUICKBOOKS, &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    served.idle().await;
    assert_eq!(served.view().await.books.as_ref().unwrap().cycle, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_that_is_refused_or_of_another_consent_connects_nothing() {
    let app = App::unconnected(7).await;
    let served = Served::offering(&app).await;
    let form = entered(&app, System::QuickBooks, ("", ""));
    let state = async || {
        let away = sent(&served, QUICKBOOKS, &form).await.body;
        let address = way_out(&away);
        let (_, state) = address.split_once("state=").unwrap();
        state.split('&').next().unwrap().to_owned()
    };
    let back = async |query: &str| {
        let path = format!("/connect/quickbooks/callback?{query}");
        served.get(&path).await
    };
    let denied = back(&format!("error=access_denied&state={}", state().await)).await;
    assert_eq!(denied.status, StatusCode::CONFLICT);
    assert!(
        denied
            .body
            .contains("Access was not granted (access_denied)"),
        "{}",
        denied.body
    );
    check_nothing_is_kept(&served, System::QuickBooks, &denied).await;

    let (replaced, known) = (state().await, state().await);
    let made_up = "0000".to_owned();
    for foreign in ["", &made_up, &replaced] {
        let foreign = back(&format!("code=c&realmId=1&state={foreign}")).await;
        check_is_unknown(&served, &foreign).await;
    }
    // The vendor knows no such code; that uses the consent up all the same.
    let wrong = back(&format!("code=c&realmId=1&state={known}")).await;
    assert_eq!(wrong.status, StatusCode::CONFLICT, "{}", wrong.body);
    let twice = back(&format!("code=c&realmId=1&state={known}")).await;
    check_is_unknown(&served, &twice).await;
}

async fn check_is_unknown(served: &Served, answer: &Answer) {
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert!(
        answer.body.contains("Begin again under Connections"),
        "{}",
        answer.body
    );
    check_nothing_is_kept(served, System::QuickBooks, answer).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_one_process_began_ends_once_in_another_and_in_its_session_only() {
    let app = App::unconnected(7).await;
    let served = Served::offering(&app).await;
    let form = entered(&app, System::QuickBooks, ("", ""));
    let given = async || {
        let away = sent(&served, QUICKBOOKS, &form).await;
        let returned = consented(&way_out(&away.body)).await;
        let back = returned.strip_prefix("http://127.0.0.1:8420");
        back.unwrap().to_owned()
    };
    let other = served.beside();
    let late = given().await;
    app.clock.advance_minutes(10);
    check_is_unknown(&served, &other.get(&late).await).await;

    let back = given().await;
    let elsewhere = served.beside().in_another_session().await;
    check_is_unknown(&served, &elsewhere.get(&back).await).await;
    let to_procore = back.replace("/quickbooks/", "/procore/");
    check_is_unknown(&served, &other.get(&to_procore).await).await;

    let arrived = other.get(&back).await;
    assert_eq!(arrived.status, StatusCode::SEE_OTHER, "{}", arrived.body);
    assert!(connection(&served, System::QuickBooks).await.is_some());
    for process in [&served, &other] {
        let again = process.get(&back).await;
        assert_eq!(again.status, StatusCode::BAD_REQUEST, "{}", again.body);
    }
    // The secret that was entered came along.
    let access = settings(&served).await.access(System::QuickBooks).unwrap();
    assert_eq!(access.client().secret.expose(), form[2].1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_company_than_the_one_that_gave_access_is_not_connected() {
    let app = App::unconnected(7).await;
    let served = Served::offering(&app).await;
    let form = entered(&app, System::Procore, ("company_id", "999"));
    let answer = connected(&served, PROCORE, &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer.body.contains("under App Management, or check"),
        "{}",
        answer.body
    );
    check_nothing_is_kept(&served, System::Procore, &answer).await;

    let form = entered(&app, System::QuickBooks, ("", ""));
    let edited = async || {
        let away = sent(&served, QUICKBOOKS, &form).await;
        let returned = consented(&way_out(&away.body)).await;
        let back = returned.strip_prefix("http://127.0.0.1:8420").unwrap();
        served
            .get(&back.replace(&app.realm(), "9341450000000099"))
            .await
    };
    // The company is in the address, where anybody can edit it; it has to answer.
    let answer = edited().await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    check_nothing_is_kept(&served, System::QuickBooks, &answer).await;
    let form = entered(&app, System::Procore, ("", ""));
    connected(&served, PROCORE, &form).await;
    let form = entered(&app, System::QuickBooks, ("", ""));
    connected(&served, QUICKBOOKS, &form).await;
    // Books stay those of the company that they began with.
    let answer = edited().await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    assert!(
        answer.body.contains(&format!("choose {}", app.realm())),
        "{}",
        answer.body
    );
    let form = entered(&app, System::Procore, ("company_id", "999"));
    let answer = sent(&served, PROCORE, &form).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("another one is not connected"),
        "{}",
        answer.body
    );
    let stands = connection(&served, System::Procore).await.unwrap();
    assert_eq!(
        stands.account_id,
        app.sandboxes.procore.company_id().to_string()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_of_this_machine_are_taken_only_where_the_process_offers_them() {
    let app = App::unconnected(7).await;
    let served = Served::of(&app).await;
    for path in [PROCORE, QUICKBOOKS] {
        let page = served.get(path).await.body;
        assert!(!page.contains("The sandbox on this machine"), "{page}");
    }
    let here = app.sandboxes.local().quickbooks;
    for environment in ["local", &here] {
        let form = entered(&app, System::QuickBooks, ("environment", environment));
        let answer = sent(&served, QUICKBOOKS, &form).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{environment}"
        );
        check_nothing_is_kept(&served, System::QuickBooks, &answer).await;
    }
    let form = entered(&app, System::QuickBooks, ("environment", "production"));
    let away = sent(&served, QUICKBOOKS, &form).await;
    let address = way_out(&away.body);
    assert!(
        address.starts_with("https://appcenter.intuit.com/"),
        "{address}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn procore_is_connected_at_once_as_the_applications_own_account() {
    let app = App::unconnected(7).await;
    let served = Served::offering(&app).await;
    let mut form = entered(&app, System::Procore, ("rights", "own_account"));
    form[2].1 = WRONG.to_owned();
    let answer = sent(&served, PROCORE, &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    check_nothing_is_kept(&served, System::Procore, &answer).await;
    let form = entered(&app, System::Procore, ("rights", "own_account"));
    let answer = sent(&served, PROCORE, &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let stands = connection(&served, System::Procore).await.unwrap();
    assert_eq!(stands.grant_type, "client_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_another_tenant_has_is_refused_without_naming_the_tenant() {
    let app = App::unconnected(7).await;
    let served = Served::offering(&app).await;
    let installation = served.house.installation();
    let other = installation
        .create_tenant("Copper Basin", served.house.now())
        .await
        .unwrap();
    let mut desk = Desk::at(installation.clone(), &other.id, served.house.clock())
        .await
        .unwrap();
    let access = app.sandboxes.quickbooks_access();
    connect::quickbooks(&mut desk, access, Consent::Headless)
        .await
        .unwrap();
    // Also while it is disconnected: its history is of that company.
    connect::disconnect(&desk, System::QuickBooks)
        .await
        .unwrap();
    served.worker().work_off(&other.id).await.unwrap();

    let form = entered(&app, System::QuickBooks, ("", ""));
    let answer = connected(&served, QUICKBOOKS, &form).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
    let said = format!("company {} belongs to other books", app.realm());
    assert!(answer.body.contains(&said), "{}", answer.body);
    assert!(!answer.body.contains("Copper Basin") && !answer.body.contains(&other.id));
    check_nothing_is_kept(&served, System::QuickBooks, &answer).await;
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let waiting = jobs::jobs(tenant.store(), tenant.scope(), JobState::Waiting).await;
    assert!(waiting.unwrap().iter().all(|job| job.kind != work::READING));

    drop(desk);
    let erasing = Erasing {
        administrator: None,
        ledger: Ledger::of_folder(&app.data()),
        by: "operator".to_owned(),
        reason: "the company moves".to_owned(),
    };
    installation
        .erase_tenant(&other.id, &erasing, served.house.now())
        .await
        .unwrap();
    let answer = connected(&served, QUICKBOOKS, &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_loses_what_somebody_else_set_at_the_same_moment() {
    let app = App::unconnected(7).await;
    let served = Served::offering(&app).await;
    let desk = async || {
        let installation = served.house.installation().clone();
        let id = served.scope.tenant_id();
        Desk::at(installation, id, served.house.clock())
            .await
            .unwrap()
    };
    // All three have read the settings before anything is changed.
    let (mut one, mut two) = (desk().await, desk().await);
    let mut late = settings(&served).await;
    let access = app.sandboxes.procore_access(Rights::Person);
    connect::procore(&mut one, access, Consent::Headless)
        .await
        .unwrap();
    let access = app.sandboxes.quickbooks_access();
    connect::quickbooks(&mut two, access, Consent::Headless)
        .await
        .unwrap();
    for kept in [&settings(&served).await, &two.settings] {
        for system in [System::Procore, System::QuickBooks] {
            assert!(kept.access(system).is_some(), "{system}");
        }
    }

    late.stale_after_days = 9;
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let (store, scope) = (tenant.store(), tenant.scope());
    let refused = late.change(store, scope, served.house.now()).await;
    match AppError::from(refused.unwrap_err()) {
        AppError::Conflict(told) => assert!(told.contains("open the page again"), "{told}"),
        other => panic!("{other:?}"),
    }
    let kept = settings(&served).await;
    assert_eq!(kept.stale_after_days, 3);
    assert!(kept.access(System::Procore).is_some());
}
