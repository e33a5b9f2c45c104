//! Switching more on takes two people: on the pages, by mail, and in the audit.

use axum::http::StatusCode;
use figures::Money;
use gate::switches::Level;
use gate::switching::{Limit, Step};
use plumbline::settings::{Settings, carry_out};
use plumbline::web::signin::door::Factors;
use store::Secret;

use super::house::{Answer, Browser, Office, PASSWORD, mail, with_one_owner};
use super::mailbox::Mailbox;

const REASON: &str = "Nobody else works in this office.";
const TOLD: &str =
    "Plumbline writes: off to on; Above this it takes two people: $25,000.00 to never";

/// What the form sends: the master switch, the connection's, documents, the limit.
type Sent<'a> = [&'a str; 4];

async fn send(
    browser: &mut Browser<'_>,
    [writes, connection, documents, above]: Sent<'_>,
) -> Answer {
    let form = [
        ("writes", writes),
        ("connection_writes", connection),
        ("reconciliation", "off"),
        ("documents", documents),
        ("second_above", above),
    ];
    browser.post("/settings/writes", &form).await
}

async fn settings(office: &Office) -> Settings {
    let store = office.house.installation().store(&office.ours);
    let store = store.await.unwrap();
    Settings::load(&store, &store.scope()).await.unwrap()
}

/// The same four of the settings as they are.
async fn standing(office: &Office) -> (bool, bool, Level, Option<i64>) {
    let settings = settings(office).await;
    let switches = &settings.switches;
    (
        switches.writes,
        switches.connection_writes,
        switches.level("documents"),
        settings.second_approval_above.map(Money::cents),
    )
}

/// The connection may write, and above 25,000 it takes two; otherwise all is off.
async fn with_a_limit(office: &Office) {
    let mut settings = settings(office).await;
    settings.switches.connection_writes = true;
    settings.second_approval_above = Some(Money::from_cents(2_500_000));
    keep(office, &settings).await;
}

/// Keeps settings as the operator could, without the page.
async fn keep(office: &Office, settings: &Settings) {
    let store = office.house.installation().store(&office.ours);
    let (store, now) = (store.await.unwrap(), office.house.now());
    settings.change(&store, &store.scope(), now).await.unwrap();
}

#[tokio::test]
async fn what_one_owner_turns_on_another_one_confirms_and_what_is_turned_off_is_off() {
    let mailbox = Mailbox::open().await;
    let office = Office::with(Factors::Required, Some(mailbox.port)).await;
    with_a_limit(&office).await;
    let mut owner = office.browser("owner", true).await;
    let asked = send(&mut owner, ["on", "off", "off", ""]).await;
    let limit = Some(2_500_000);
    assert_eq!(standing(&office).await, (false, false, Level::Off, limit));
    let page = owner.get(&asked.location.unwrap()).await.text;
    for words in [
        "What you turned off or lowered is so at once.",
        "What you turned on or raised waits for a second person.",
        TOLD,
        "Withdraw",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let mut told = [mailbox.next().await, mailbox.next().await];
    told.sort();
    for (letter, to) in told.iter().zip(["newcomer", "second"]) {
        let (to, what) = (
            format!("RCPT TO:<{to}@ridgeline.example>"),
            "owner proposes in Ridgeline: Plumbline writes: off to on; Above",
        );
        let letter = letter.replace("=\r\n", "");
        assert!(letter.contains(&to) && letter.contains(what), "{letter}");
        assert!(!letter.contains("/confirm"), "{letter}");
    }
    assert!(mailbox.is_empty().await, "somebody else was told");

    let confirm = "/settings/writes/proposals/1/confirm";
    let own = owner.post(confirm, &[]).await;
    assert!(own.text.contains("Nobody confirms what they proposed"));
    let mut lead = office.browser("lead", true).await;
    assert_eq!(lead.post(confirm, &[]).await.status, StatusCode::FORBIDDEN);
    assert!(lead.get("/settings").await.text.contains(TOLD));
    for (who, path) in [
        ("foreigner", confirm),
        ("foreigner", "/settings/writes/proposals/1/refuse"),
        // It is no proposal about people.
        ("second", "/people/proposals/1/confirm"),
    ] {
        let tried = office.browser(who, true).await.post(path, &[]).await;
        assert_eq!(tried.status, StatusCode::CONFLICT, "{who} {path}");
    }
    let mut second = office.browser("second", true).await;
    assert!(!second.get("/people").await.text.contains(TOLD));
    office.clock.advance_minutes(6);
    let stale = second.post(confirm, &[]).await;
    assert!(stale.location.unwrap().starts_with("/sign-in/factor?to="));
    assert_eq!(standing(&office).await, (false, false, Level::Off, limit));

    let mut second = office.browser("second", true).await;
    let page = second.get("/settings").await.text;
    assert!(page.contains(TOLD) && page.contains(confirm), "{page}");
    let done = second.post(confirm, &[]).await;
    assert_eq!(done.location.as_deref(), Some("/settings"));
    assert_eq!(standing(&office).await, (true, false, Level::Off, None));
    let again = second.post(confirm, &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let audit = second.get("/audit?sort=company").await.text;
    for words in ["proposed", "confirmed", "changed the settings", TOLD] {
        assert!(audit.contains(words), "{words}: {audit}");
    }
    office.close().await;
}

#[tokio::test]
async fn a_proposal_to_switch_on_is_refused_or_withdrawn() {
    let office = Office::with(Factors::Required, None).await;
    let mut owner = office.browser("owner", true).await;
    let mut second = office.browser("second", true).await;
    for (number, ending) in [(1, "refuse"), (2, "withdraw")] {
        let asked = send(&mut owner, ["on", "on", "propose", ""]).await;
        assert_eq!(asked.location.as_deref(), Some("/settings?done=waits"));
        let twice = send(&mut owner, ["on", "on", "propose", ""]).await;
        assert!(twice.text.contains("proposed already"), "{}", twice.text);
        let path = format!("/settings/writes/proposals/{number}/{ending}");
        let (right, wrong) = match ending {
            "withdraw" => (&mut owner, &mut second),
            _ => (&mut second, &mut owner),
        };
        assert_eq!(wrong.post(&path, &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(right.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
        let page = owner.get("/settings").await.text;
        assert!(!page.contains("Waiting for a second person"), "{page}");
        let path = format!("/settings/writes/proposals/{number}/confirm");
        assert_eq!(second.post(&path, &[]).await.status, StatusCode::CONFLICT);
    }
    assert_eq!(standing(&office).await, (false, false, Level::Off, None));
    office.close().await;
}

#[tokio::test]
async fn what_is_not_true_any_more_is_void_and_says_so() {
    let office = Office::with(Factors::Required, None).await;
    with_a_limit(&office).await;
    let mut owner = office.browser("owner", true).await;
    let mut second = office.browser("second", true).await;
    // Lowered on the page: the proposal ends with it.
    send(&mut owner, ["on", "on", "off", ""]).await;
    let lowered = send(&mut second, ["off", "on", "off", "5,000"]).await;
    assert_eq!(lowered.location.as_deref(), Some("/settings?done=ended"));
    let page = second.get("/settings?done=ended").await.text;
    assert!(page.contains("is not true any more is void"), "{page}");
    assert!(!page.contains("Waiting for a second person"), "{page}");
    let late = second.post("/settings/writes/proposals/1/confirm", &[]);
    assert_eq!(late.await.status, StatusCode::CONFLICT);

    // Changed elsewhere: whoever looks is told, and whoever confirms changes nothing.
    send(&mut owner, ["on", "on", "off", "25,000"]).await;
    let mut changed = settings(&office).await;
    changed.second_approval_above = Some(Money::from_cents(100_000));
    keep(&office, &changed).await;
    let page = second.get("/settings").await.text;
    assert!(page.contains("void: something of it was changed"), "{page}");
    assert!(!page.contains("/proposals/2/confirm"), "{page}");
    let late = second.post("/settings/writes/proposals/2/confirm", &[]);
    let late = late.await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.text.contains("It is void and nothing was changed"));
    let expected = (false, true, Level::Off, Some(100_000));
    assert_eq!(standing(&office).await, expected);
    // It stays void when what was changed is changed back.
    let mut changed = settings(&office).await;
    changed.second_approval_above = Some(Money::from_cents(500_000));
    keep(&office, &changed).await;
    let late = second.post("/settings/writes/proposals/2/confirm", &[]);
    assert_eq!(late.await.status, StatusCode::CONFLICT);
    let audit = second.get("/audit?sort=company").await.text;
    assert!(audit.contains("ended as void"), "{audit}");
    office.close().await;
}

#[tokio::test]
async fn of_several_steps_all_are_carried_out_or_none() {
    let office = Office::with(Factors::Required, None).await;
    with_a_limit(&office).await;
    let store = office.house.installation().store(&office.ours);
    let (store, now) = (store.await.unwrap(), office.house.now());
    for (from, is_done) in [(1, false), (2_500_000, true)] {
        let limit = Step::Limit {
            limit: Limit::SecondApprovalAbove,
            from: Some(Money::from_cents(from)),
            to: None,
        };
        let steps = [Step::Writes(true), limit];
        let done = carry_out(&store, &store.scope(), &steps, now).await;
        assert_eq!(done.unwrap().is_some(), is_done);
        let above = if is_done { None } else { Some(2_500_000) };
        let expected = (is_done, true, Level::Off, above);
        assert_eq!(standing(&office).await, expected);
    }
    office.close().await;
}

#[tokio::test]
async fn an_owner_alone_lowers_at_once_and_raises_nothing() {
    let office = Office::with(Factors::Required, None).await;
    with_a_limit(&office).await;
    let mut owner = with_one_owner(&office).await;
    for sent in [["on", "on", "off", "25,000"], ["off", "on", "off", ""]] {
        let stuck = send(&mut owner, sent).await;
        assert_eq!(stuck.status, StatusCode::CONFLICT);
        let why = "switching more on, takes two owners, and there is no second one";
        assert!(stuck.text.contains(why), "{}", stuck.text);
    }
    let unchanged = (false, true, Level::Off, Some(2_500_000));
    assert_eq!(standing(&office).await, unchanged);
    let half = send(&mut owner, ["on", "off", "off", "5,000"]).await;
    assert_eq!(half.status, StatusCode::CONFLICT);
    assert!(half.text.contains("What you turned off or lowered is so."));
    let lowered = (false, false, Level::Off, Some(500_000));
    assert_eq!(standing(&office).await, lowered);
    let page = owner.get("/settings").await.text;
    assert!(!page.contains("Waiting for a second person"), "{page}");
    office.close().await;
}

#[tokio::test]
async fn alone_with_the_mode_switching_on_waits_a_day_and_everybody_is_told() {
    let mailbox = Mailbox::open().await;
    let office = Office::with(Factors::Required, Some(mailbox.port)).await;
    with_a_limit(&office).await;
    let mut owner = with_one_owner(&office).await;
    let form = [("reason", REASON), ("hours", "24")];
    owner.post("/settings/alone", &form).await;
    for _ in 0..5 {
        mailbox.next().await;
    }
    let sent = ["on", "on", "propose", "25,000"];
    let asked = send(&mut owner, sent).await;
    assert_eq!(asked.location.as_deref(), Some("/settings?done=waits"));
    for _ in 0..7 {
        let letter = mailbox.next().await;
        assert!(
            letter.contains("it counts on November 24, 2026"),
            "{letter}"
        );
    }
    let page = owner.get("/settings").await.text;
    assert!(page.contains("counts by itself on Nov 24"), "{page}");
    let own = owner
        .post("/settings/writes/proposals/1/confirm", &[])
        .await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    let viewer = office.browser("viewer", false).await.get("/").await.text;
    let banner = "A change of what may be written waits for its delay alone.";
    assert!(viewer.contains(banner), "{viewer}");
    // One that is withdrawn does not come about.
    let withdraw = "/settings/writes/proposals/1/withdraw";
    owner.post(withdraw, &[]).await;
    send(&mut owner, sent).await;
    office.clock.advance_minutes(24 * 60 - 1);
    office.work().await;
    let off = (false, true, Level::Off, Some(2_500_000));
    assert_eq!(standing(&office).await, off);
    office.clock.advance_minutes(1);
    office.work().await;
    let on = (true, true, Level::Propose, Some(2_500_000));
    assert_eq!(standing(&office).await, on);
    let owner = office.browser("owner", true).await;
    let page = owner.get("/settings").await.text;
    assert!(!page.contains("Waiting for a second person"), "{page}");
    let audit = owner.get("/audit?sort=company").await.text;
    assert!(
        audit.contains("switched, after the delay, alone"),
        "{audit}"
    );
    office.close().await;
}

#[tokio::test]
async fn what_waits_for_its_delay_alone_ends_with_the_mode() {
    let office = Office::with(Factors::Required, None).await;
    let mut owner = with_one_owner(&office).await;
    let form = [("reason", REASON), ("hours", "24")];
    owner.post("/settings/alone", &form).await;
    send(&mut owner, ["on", "off", "off", ""]).await;
    owner.post("/settings/alone/end", &[]).await;
    office.clock.advance_minutes(25 * 60);
    office.work().await;
    assert_eq!(standing(&office).await, (false, false, Level::Off, None));
    office.close().await;
}

#[tokio::test]
async fn the_first_owner_of_a_new_company_switches_alone_for_a_week() {
    let mut office = Office::empty(Factors::Optional, None).await;
    let (now, installation) = (office.house.now(), office.house.installation());
    let tenant = installation.create_tenant("Ridgeline", now).await.unwrap();
    let password = Secret::new(PASSWORD.to_owned());
    let door = office.house.door();
    door.add_first_owner(&tenant.id, &mail("owner"), "owner", password)
        .await
        .unwrap();
    office.ours = tenant.id;
    let mut owner = office.browser("owner", true).await;
    let asked = send(&mut owner, ["on", "on", "propose", ""]).await;
    assert_eq!(asked.location.as_deref(), Some("/settings"));
    assert_eq!(standing(&office).await, (true, true, Level::Propose, None));
    send(&mut owner, ["off", "on", "propose", ""]).await;
    assert_eq!(standing(&office).await, (false, true, Level::Propose, None));
    office.clock.advance_minutes(7 * 24 * 60);
    let mut owner = office.browser("owner", true).await;
    let late = send(&mut owner, ["on", "on", "propose", ""]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(standing(&office).await, (false, true, Level::Propose, None));
    office.close().await;
}
