//! Signing in, step by step, as a browser does it.

use axum::http::StatusCode;
use jiff::Timestamp;
use plumbline::web::signin::door::Factors;
use plumbline::web::signin::totp;
use store::control::{people, sessions};

use super::house::{Browser, Office, PASSWORD, mail};
use super::mailbox::Mailbox;

async fn sign_in(browser: &mut Browser<'_>, name: &str, password: &str) -> super::house::Answer {
    let mail = mail(name);
    browser
        .post("/sign-in", &[("mail", &mail), ("password", password)])
        .await
}

fn code(secret: &str, now: Timestamp) -> String {
    let bytes = totp::from_base32(secret).unwrap();
    totp::code(&bytes, totp::step(now))
}

/// The secret that the page shows as text.
fn shown_secret(text: &str) -> String {
    let key = text.split("<p class=\"key\"><code>").nth(1).unwrap();
    key.split('<').next().unwrap().to_owned()
}

fn shown_codes(text: &str) -> Vec<String> {
    let list = text
        .split("<ol class=\"codes\">")
        .nth(1)
        .unwrap()
        .split("</ol>")
        .next()
        .unwrap();
    list.split("<code>")
        .skip(1)
        .map(|it| it.split('<').next().unwrap().to_owned())
        .collect()
}

/// Signs the owner in and sets a second factor up: its secret and the recovery codes.
async fn set_up(office: &Office, browser: &mut Browser<'_>) -> (String, Vec<String>) {
    let answer = sign_in(browser, "newcomer", PASSWORD).await;
    assert_eq!(answer.location.as_deref(), Some("/"));
    let kept_out = browser.get("/worklist?job=3").await;
    assert_eq!(
        kept_out.location.as_deref(),
        Some("/sign-in/set-up?to=%2Fworklist%3Fjob%3D3")
    );
    let prepared = browser.post("/sign-in/set-up/prepare", &[]).await;
    assert_eq!(prepared.location.as_deref(), Some("/sign-in/set-up"));
    let page = browser.get("/sign-in/set-up").await;
    assert!(page.text.contains("<svg class=\"qr\""));
    let secret = shown_secret(&page.text);
    let before = browser.cookie.clone();
    let done = browser
        .post(
            "/sign-in/set-up",
            &[("code", &code(&secret, office.house.now()))],
        )
        .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    assert_ne!(
        browser.cookie, before,
        "a shown factor gives the session another token"
    );
    let codes = shown_codes(&done.text);
    assert_eq!(codes.len(), 10);
    (secret, codes)
}

#[tokio::test]
async fn a_viewer_signs_in_with_a_password_and_out_again() {
    let office = Office::with(Factors::Required, None).await;
    let mut browser = office.stranger();
    let page = browser.get("/sign-in?to=/jobs").await;
    assert_eq!(page.hidden("to"), "/jobs");
    let form = [
        ("mail", " Viewer@Ridgeline.example "),
        ("password", PASSWORD),
        ("to", "/jobs"),
    ];
    let answer = browser.post("/sign-in", &form).await;
    assert_eq!(
        (answer.status, answer.location.as_deref()),
        (StatusCode::SEE_OTHER, Some("/jobs"))
    );
    let cookie = answer.set_cookie.unwrap();
    assert!(cookie.starts_with("plumbline-local=") && cookie.contains("HttpOnly; SameSite=Lax"));
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);
    let token = browser.cookie.clone();
    assert_eq!(
        browser.post("/sign-out", &[]).await.location.as_deref(),
        Some("/sign-in")
    );
    browser.cookie = token;
    assert!(
        browser
            .get("/account")
            .await
            .location
            .unwrap()
            .starts_with("/sign-in?")
    );
    office.close().await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_apart_by_nothing() {
    let office = Office::with(Factors::Required, None).await;
    let mut texts = Vec::new();
    for name in ["viewer", "nobody"] {
        let mut browser = office.stranger();
        let wrong = sign_in(&mut browser, name, "wrong horse battery").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let at_once = sign_in(&mut browser, name, "wrong horse battery").await;
        assert_eq!(at_once.status, StatusCode::TOO_MANY_REQUESTS);
        let text = |answer: super::house::Answer| answer.text.replace(&mail(name), "");
        texts.push((text(wrong), text(at_once), browser.cookie));
    }
    assert_eq!(texts[0], texts[1]);
    assert_eq!(texts[0].2, None);
    office.close().await;
}

#[tokio::test]
async fn one_source_is_slowed_down_whatever_accounts_it_tries() {
    let office = Office::with(Factors::Required, None).await;
    let mut statuses = Vec::new();
    for number in 0..11 {
        let mut browser = office.stranger();
        let answer = sign_in(&mut browser, &format!("guess{number}"), PASSWORD).await;
        statuses.push(answer.status);
    }
    assert!(
        statuses[..10]
            .iter()
            .all(|it| *it == StatusCode::UNPROCESSABLE_ENTITY),
        "{statuses:?}"
    );
    assert_eq!(statuses[10], StatusCode::TOO_MANY_REQUESTS);
    office.clock.advance_minutes(1);
    let mut browser = office.stranger();
    assert_eq!(
        sign_in(&mut browser, "viewer", PASSWORD)
            .await
            .location
            .as_deref(),
        Some("/")
    );
    office.close().await;
}

#[tokio::test]
async fn an_owner_sets_up_a_factor_first_and_needs_it_from_then_on() {
    let office = Office::with(Factors::Required, None).await;
    let mut browser = office.stranger();
    let (secret, _) = set_up(&office, &mut browser).await;
    assert_eq!(browser.get("/people").await.status, StatusCode::OK);
    let mut other = office.stranger();
    sign_in(&mut other, "newcomer", PASSWORD).await;
    assert_eq!(
        other.get("/").await.location.as_deref(),
        Some("/sign-in/factor?to=%2F")
    );
    let replay = other
        .post(
            "/sign-in/factor",
            &[("code", &code(&secret, office.house.now()))],
        )
        .await;
    assert_eq!(
        replay.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the code of setting up is spent"
    );
    office.clock.advance_minutes(1);
    let now = office.house.now();
    let right = other
        .post(
            "/sign-in/factor",
            &[("code", &code(&secret, now)), ("to", "/people")],
        )
        .await;
    assert_eq!(right.location.as_deref(), Some("/people"));
    assert_eq!(other.get("/people").await.status, StatusCode::OK);
    office.close().await;
}

#[tokio::test]
async fn a_recovery_code_gets_in_once() {
    let office = Office::with(Factors::Required, None).await;
    let mut browser = office.stranger();
    let (_, codes) = set_up(&office, &mut browser).await;
    let typed = codes[3].to_uppercase().replace('-', " ");
    for expected in [StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY] {
        office.clock.advance_minutes(1);
        let mut other = office.stranger();
        sign_in(&mut other, "newcomer", PASSWORD).await;
        let answer = other.post("/sign-in/factor", &[("code", &typed)]).await;
        assert_eq!(answer.status, expected, "{}", answer.text);
    }
    office.close().await;
}

#[tokio::test]
async fn whoever_has_only_the_password_cannot_replace_the_factor() {
    let office = Office::with(Factors::Required, None).await;
    let mut browser = office.stranger();
    let (secret, _) = set_up(&office, &mut browser).await;
    office.clock.advance_minutes(1);
    let mut thief = office.stranger();
    sign_in(&mut thief, "newcomer", PASSWORD).await;
    assert_eq!(
        thief.post("/sign-in/set-up/prepare", &[]).await.status,
        StatusCode::BAD_REQUEST
    );
    let answer = thief.post("/sign-in/set-up", &[("code", "000000")]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let now = office.house.now();
    let right = thief
        .post("/sign-in/factor", &[("code", &code(&secret, now))])
        .await;
    assert_eq!(
        right.status,
        StatusCode::SEE_OTHER,
        "the factor is still the owner's"
    );
    office.close().await;
}

#[tokio::test]
async fn the_first_owner_needs_the_token_of_the_terminal_and_there_is_only_one() {
    let office = Office::empty(Factors::Required, None).await;
    let token = office.house.door().open_for_setup().unwrap();
    let form = |token: &str| {
        vec![
            ("token".to_owned(), token.to_owned()),
            ("company".to_owned(), "Ridgeline".to_owned()),
            ("name".to_owned(), "Dana".to_owned()),
            ("mail".to_owned(), "dana@ridgeline.example".to_owned()),
            ("password".to_owned(), PASSWORD.to_owned()),
        ]
    };
    let mut browser = office.stranger();
    for (token, status) in [
        ("guess", StatusCode::UNPROCESSABLE_ENTITY),
        (token.expose(), StatusCode::SEE_OTHER),
        (token.expose(), StatusCode::NOT_FOUND),
    ] {
        let form = form(token);
        let form: Vec<(&str, &str)> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let mut asking = office.stranger();
        let answer = asking.post("/setup", &form).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        if status == StatusCode::SEE_OTHER {
            browser.cookie = asking.cookie;
        }
    }
    assert_eq!(
        browser.get("/").await.location.as_deref(),
        Some("/sign-in/set-up?to=%2F")
    );
    assert_eq!(
        office.stranger().get("/setup").await.status,
        StatusCode::NOT_FOUND
    );
    let tenants = office.house.installation().tenants().await.unwrap();
    assert_eq!(tenants.len(), 1);
    office.close().await;
}

#[tokio::test]
async fn the_first_owner_of_a_further_company_comes_in_by_the_operators_link() {
    let office = Office::with(Factors::Required, None).await;
    let (door, installation) = (office.house.door(), office.house.installation());
    let tenant = installation
        .create_tenant("Third Street", office.house.now())
        .await
        .unwrap();
    let invite = || door.invite_first_owner(&tenant.id, "Noor", "noor@thirdstreet.example");
    let path = link(&invite().await.unwrap().link, "/invitation/");
    let mut noor = office.stranger();
    assert!(noor.get(&path).await.text.contains("Join Third Street"));
    let form = [("name", "Noor"), ("password", PASSWORD)];
    let joined = noor.post(&path, &form).await;
    assert_eq!(joined.location.as_deref(), Some("/"), "{}", joined.text);
    // An owner's second factor comes before anything else.
    let factor = noor.get("/").await.location;
    assert_eq!(factor.as_deref(), Some("/sign-in/set-up?to=%2F"));
    let control = office.house.installation().control();
    let account = people::account(control, "noor@thirdstreet.example").await;
    let companies = sessions::companies(control, &account.unwrap().unwrap().person_id).await;
    assert_eq!(
        companies.unwrap(),
        [(tenant.id.clone(), tenant.name.clone())]
    );

    let again = office.stranger().post(&path, &form).await;
    assert_ne!(again.location.as_deref(), Some("/"), "{}", again.text);
    assert!(invite().await.is_err(), "it has an owner now");
    let ours = door.invite_first_owner(&office.ours, "Eve", "eve@x.example");
    assert!(ours.await.is_err(), "so has this one");
    office.close().await;
}

fn link(letter: &str, path: &str) -> String {
    let start = letter.find(path).unwrap_or_else(|| panic!("{letter}"));
    letter[start..]
        .split_whitespace()
        .next()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn a_new_password_comes_by_mail_once_and_leaves_the_factor() {
    let mailbox = Mailbox::open().await;
    let office = Office::with(Factors::Required, Some(mailbox.port)).await;
    let mut browser = office.stranger();
    set_up(&office, &mut browser).await;
    let mut texts = Vec::new();
    for name in ["newcomer", "nobody"] {
        let mut asking = office.stranger();
        let answer = asking
            .post("/sign-in/forgotten", &[("mail", &mail(name))])
            .await;
        texts.push((answer.status, answer.text));
    }
    assert_eq!(texts[0], texts[1]);
    let letter = mailbox.next().await;
    assert!(
        letter.contains("RCPT TO:<newcomer@ridgeline.example>"),
        "{letter}"
    );
    assert!(mailbox.is_empty().await);
    let path = link(&letter, "/sign-in/reset/");
    let mut asking = office.stranger();
    assert!(
        asking
            .get(&path)
            .await
            .text
            .contains("newcomer@ridgeline.example")
    );
    let weak = asking.post(&path, &[("password", "password1234")]).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let new = "gravel pump crane boom";
    assert_eq!(
        asking.post(&path, &[("password", new)]).await.status,
        StatusCode::OK
    );
    assert_eq!(asking.get(&path).await.status, StatusCode::NOT_FOUND);
    assert!(
        browser.get("/account").await.location.is_some(),
        "every session has ended"
    );
    office.clock.advance_minutes(1);
    assert_eq!(
        sign_in(&mut asking, "newcomer", PASSWORD).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    office.clock.advance_minutes(1);
    sign_in(&mut asking, "newcomer", new).await;
    assert_eq!(
        asking.get("/").await.location.as_deref(),
        Some("/sign-in/factor?to=%2F")
    );
    office.close().await;
}

#[tokio::test]
async fn somebody_invited_comes_in_by_mail_with_their_role() {
    let mailbox = Mailbox::open().await;
    let office = Office::with(Factors::Required, Some(mailbox.port)).await;
    let mut owner = office.browser("owner", true).await;
    let form = [
        ("name", "Noor"),
        ("mail", "noor@ridgeline.example"),
        ("role", "preparer"),
    ];
    let answer = owner.post("/people/invite", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(
        owner
            .get("/people")
            .await
            .text
            .contains("noor@ridgeline.example")
    );
    let path = link(&mailbox.next().await, "/invitation/");
    assert!(
        !answer.text.contains(&path),
        "the link is for the invited person alone"
    );
    let mut noor = office.stranger();
    assert!(noor.get(&path).await.text.contains("Join Ridgeline"));
    let own_name = noor
        .post(&path, &[("name", "Noor"), ("password", "noor-ridgeline-1")])
        .await;
    assert_eq!(own_name.status, StatusCode::UNPROCESSABLE_ENTITY);
    let joined = noor
        .post(&path, &[("name", "Noor"), ("password", PASSWORD)])
        .await;
    assert_eq!(joined.location.as_deref(), Some("/"));
    assert_eq!(noor.get("/").await.status, StatusCode::OK);
    assert_eq!(noor.get("/people").await.status, StatusCode::FORBIDDEN);
    assert_eq!(
        office.stranger().get(&path).await.status,
        StatusCode::NOT_FOUND
    );
    office.close().await;
}
