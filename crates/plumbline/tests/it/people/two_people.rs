//! Giving somebody more takes two people: on the pages, by mail, and in the audit.

use axum::http::StatusCode;
use plumbline::web::signin::door::Factors;

use super::house::{Browser, Office, with_one_owner};
use super::mailbox::Mailbox;

const REASON: &str = "Nobody else works in this office.";

async fn people(browser: &Browser<'_>) -> String {
    browser.get("/people").await.text
}

#[tokio::test]
async fn what_one_owner_proposes_another_one_confirms() {
    let mailbox = Mailbox::open().await;
    let office = Office::with(Factors::Required, Some(mailbox.port)).await;
    let (mut owner, mut second) = (
        office.browser("owner", true).await,
        office.browser("second", true).await,
    );
    let viewer = office.id_of("viewer").await;
    let give = format!("/people/{viewer}/give");
    let asked = owner.post(&give, &[("role", "preparer")]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let mut told = [mailbox.next().await, mailbox.next().await];
    told.sort();
    for (letter, to) in told.iter().zip(["newcomer", "second"]) {
        assert!(
            letter.contains(&format!("RCPT TO:<{to}@ridgeline.example>")),
            "{letter}"
        );
        assert!(
            letter.contains("owner proposes in Ridgeline: Preparer for viewer."),
            "{letter}"
        );
        assert!(
            !letter.contains("/confirm"),
            "a letter must not confirm: {letter}"
        );
    }
    assert!(mailbox.is_empty().await, "somebody else was told");

    let page = people(&owner).await;
    assert!(
        page.contains("Waiting for a second person") && page.contains("Withdraw"),
        "{page}"
    );
    assert!(!page.contains("/proposals/1/confirm"), "{page}");
    let own = owner.post("/people/proposals/1/confirm", &[]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    assert!(
        own.text.contains("Nobody confirms what they proposed"),
        "{}",
        own.text
    );
    let mut lead = office.browser("lead", true).await;
    let powerless = lead.post("/people/proposals/1/confirm", &[]).await;
    assert_eq!(powerless.status, StatusCode::FORBIDDEN);

    let page = people(&second).await;
    assert!(page.contains("/proposals/1/confirm") && page.contains("/proposals/1/refuse"));
    // The code that was shown an hour ago is not enough.
    office.clock.advance_minutes(6);
    let stale = second.post("/people/proposals/1/confirm", &[]).await;
    assert!(stale.location.unwrap().starts_with("/sign-in/factor?to="));
    let mut second = office.browser("second", true).await;
    let done = second.post("/people/proposals/1/confirm", &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let page = people(&second).await;
    assert!(!page.contains("Waiting for a second person"), "{page}");
    assert!(
        page.contains("Viewer<br>Preparer") || page.contains("Preparer<br>Viewer"),
        "{page}"
    );
    let again = second.post("/people/proposals/1/confirm", &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let audit = second.get("/audit?sort=people").await.text;
    for words in ["proposed", "confirmed", "Preparer, viewer"] {
        assert!(audit.contains(words), "{words}: {audit}");
    }
    office.close().await;
}

#[tokio::test]
async fn a_proposal_is_refused_or_withdrawn_and_one_of_another_company_does_not_exist() {
    let office = Office::with(Factors::Required, None).await;
    let (mut owner, mut second) = (
        office.browser("owner", true).await,
        office.browser("second", true).await,
    );
    let give = format!("/people/{}/give", office.id_of("viewer").await);
    for (number, ending, is_own) in [(1, "refuse", false), (2, "withdraw", true)] {
        owner.post(&give, &[("role", "preparer")]).await;
        let path = format!("/people/proposals/{number}/{ending}");
        let mut foreigner = office.browser("foreigner", true).await;
        let foreign = foreigner.post(&path, &[]).await;
        assert_eq!(foreign.status, StatusCode::CONFLICT);
        let none = foreigner.post("/people/proposals/77/refuse", &[]).await;
        assert_eq!(none.text, foreign.text);
        let (right, wrong) = if is_own {
            (&mut owner, &mut second)
        } else {
            (&mut second, &mut owner)
        };
        assert_eq!(wrong.post(&path, &[]).await.status, StatusCode::CONFLICT);
        assert_eq!(right.post(&path, &[]).await.status, StatusCode::SEE_OTHER);
        assert!(!people(&owner).await.contains("Waiting for a second person"));
    }
    let mut odd = office.browser("owner", true).await;
    let nonsense = odd.post("/people/proposals/x/refuse", &[]).await;
    assert_eq!(nonsense.status, StatusCode::NOT_FOUND);
    office.close().await;
}

#[tokio::test]
async fn a_lead_is_invited_once_the_second_owner_confirms_it() {
    let office = Office::with(Factors::Required, None).await;
    let mut owner = office.browser("owner", true).await;
    let form = [
        ("name", "Noor"),
        ("mail", "noor@ridgeline.example"),
        ("role", "lead.payroll"),
    ];
    let asked = owner.post("/people/invite", &form).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{asked:?}");
    let page = people(&owner).await;
    assert!(
        page.contains("Payroll lead for Noor, noor@ridgeline.example"),
        "{page}"
    );
    assert!(!page.contains("Invited, not here yet"), "{page}");
    let mut second = office.browser("second", true).await;
    let shown = second.post("/people/proposals/1/confirm", &[]).await;
    assert_eq!(shown.status, StatusCode::OK);
    let link = shown.text.split("/invitation/").nth(1).unwrap();
    let token: String = link.chars().take_while(char::is_ascii_hexdigit).collect();
    let door = office.stranger().get(&format!("/invitation/{token}")).await;
    assert!(door.text.contains("Ridgeline"), "{}", door.text);
    // Somebody who reads or prepares is invited at once.
    let form = [
        ("name", "Vera"),
        ("mail", "vera@ridgeline.example"),
        ("role", "viewer"),
    ];
    let at_once = owner.post("/people/invite", &form).await;
    assert_eq!(at_once.status, StatusCode::OK);
    office.close().await;
}

#[tokio::test]
async fn an_owner_alone_waits_a_day_and_everybody_is_told() {
    let mailbox = Mailbox::open().await;
    let office = Office::with(Factors::Required, Some(mailbox.port)).await;
    let mut owner = with_one_owner(&office).await;
    let viewer = office.id_of("viewer").await;
    let give = format!("/people/{viewer}/give");
    let stuck = owner.post(&give, &[("role", "preparer")]).await;
    assert_eq!(stuck.status, StatusCode::CONFLICT);
    assert!(stuck.text.contains("sole approver mode"), "{}", stuck.text);

    for (reason, hours) in [("small", "24"), (REASON, "23"), (REASON, "soon")] {
        let form = [("reason", reason), ("hours", hours)];
        let refused = owner.post("/settings/alone", &form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{reason} {hours}");
    }
    let form = [("reason", REASON), ("hours", "24")];
    let on = owner.post("/settings/alone", &form).await;
    assert_eq!(on.status, StatusCode::SEE_OTHER, "{on:?}");
    for page in ["/people", "/settings", "/audit"] {
        let text = owner.get(page).await.text;
        assert!(text.contains("Sole approver mode is on since"), "{page}");
        assert!(text.contains("Nobody else works in this office."), "{page}");
    }
    // Owner, lead, preparer, viewer and auditor hear of the mode.
    for _ in 0..5 {
        assert!(
            mailbox
                .next()
                .await
                .contains("Sole approver mode is on in Plumbline")
        );
    }

    let asked = owner.post(&give, &[("role", "preparer")]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let mut told = Vec::new();
    for _ in 0..7 {
        let letter = mailbox.next().await;
        assert!(
            letter.contains("it counts on November 24, 2026"),
            "{letter}"
        );
        let to = letter.split("RCPT TO:<").nth(1).unwrap();
        told.push(to.split('@').next().unwrap().to_owned());
    }
    told.sort();
    // Those who were owners until a moment ago are told too.
    assert_eq!(
        told,
        [
            "auditor", "lead", "newcomer", "owner", "preparer", "second", "viewer"
        ]
    );
    for somebody in ["viewer", "preparer"] {
        let page = office.browser(somebody, false).await.get("/").await.text;
        assert!(
            page.contains("waits for its delay alone"),
            "{somebody}: {page}"
        );
    }
    office.clock.advance_minutes(24 * 60 - 1);
    office.work().await;
    let page = people(&office.browser("owner", true).await).await;
    assert!(page.contains("Waiting for a second person"), "{page}");
    office.clock.advance_minutes(1);
    office.work().await;
    let owner = office.browser("owner", true).await;
    let page = people(&owner).await;
    assert!(!page.contains("Waiting for a second person"), "{page}");
    assert!(
        page.contains("Viewer<br>Preparer") || page.contains("Preparer<br>Viewer"),
        "{page}"
    );
    let audit = owner.get("/audit?sort=people").await.text;
    assert!(
        audit.contains("was given, after the delay, alone"),
        "{audit}"
    );
    assert!(audit.contains("switched sole approver mode on"), "{audit}");
    office.close().await;
}

#[tokio::test]
async fn what_an_owner_does_alone_can_be_withdrawn_and_ends_with_the_mode() {
    let office = Office::with(Factors::Required, None).await;
    let mut owner = with_one_owner(&office).await;
    let give = format!("/people/{}/give", office.id_of("viewer").await);
    let form = [("reason", REASON), ("hours", "48")];
    for ending in ["/people/proposals/1/withdraw", "/settings/alone/end"] {
        owner.post("/settings/alone", &form).await;
        owner.post(&give, &[("role", "preparer")]).await;
        assert!(people(&owner).await.contains("counts by itself on Nov 25"));
        assert_eq!(owner.post(ending, &[]).await.status, StatusCode::SEE_OTHER);
        assert!(
            !people(&owner).await.contains("Waiting for a second person"),
            "{ending}"
        );
    }
    let off = owner.post("/settings/alone/end", &[]).await;
    assert!(off.text.contains("not switched on"), "{}", off.text);
    office.clock.advance_minutes(3 * 24 * 60);
    office.work().await;
    let page = people(&office.browser("owner", true).await).await;
    assert!(!page.contains("Viewer<br>Preparer") && !page.contains("Preparer<br>Viewer"));
    office.close().await;
}

#[tokio::test]
async fn with_two_owners_there_is_no_mode_to_switch_on() {
    let office = Office::with(Factors::Required, None).await;
    let mut owner = office.browser("owner", true).await;
    let page = owner.get("/settings").await.text;
    assert!(page.contains("There are 3 owners"), "{page}");
    assert!(!page.contains("action=\"/settings/alone\""), "{page}");
    let form = [("reason", REASON), ("hours", "24")];
    let refused = owner.post("/settings/alone", &form).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.text.contains("office with one owner"),
        "{}",
        refused.text
    );
    office.close().await;
}
