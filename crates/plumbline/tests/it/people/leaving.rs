//! Taking everything along, and having the company erased.

use axum::http::StatusCode;
use plumbline::web::signin::door::Factors;
use store::control::TenantState;
use store::ledger::{Ledger, What};

use super::house::Office;
use super::mailbox::Mailbox;

const ERASE: [(&str, &str); 2] = [("name", "Ridgeline"), ("reason", "The business was sold.")];

async fn state(office: &Office) -> TenantState {
    let all = office.house.installation().tenants().await.unwrap();
    let ours = all.into_iter().find(|tenant| tenant.id == office.ours);
    ours.unwrap().state
}

#[tokio::test]
async fn an_owner_takes_everything_along_in_the_form_that_another_plumbline_brings_in() {
    let office = Office::with(Factors::Required, None).await;
    let mut owner = office.browser("owner", true).await;
    let taken = owner.post("/settings/export", &[]).await;
    assert_eq!(taken.status, StatusCode::OK);
    let lines: Vec<serde_json::Value> = taken
        .text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["tenant_id"], office.ours.as_str());
    let noted = lines.iter().any(|line| {
        let row = line["row"].to_string();
        line["table"] == "audit_entry" && row.contains("company.exported")
    });
    assert!(noted, "the copy does not tell of itself: {}", taken.text);
    assert!(
        lines.last().unwrap()["digest"].is_string(),
        "it is not whole"
    );
    let audit = owner.get("/audit").await.text;
    assert!(audit.contains("took a copy of everything along"), "{audit}");

    let folder = tempfile::tempdir().unwrap();
    let source = store::MasterKeySource::BesideTheData;
    let now = office.house.now();
    let data = folder.path().join("data");
    let other = store::Installation::open(&data, &source, now)
        .await
        .unwrap();
    let file = std::io::Cursor::new(taken.text.into_bytes());
    let (tenant, _) = other.import_tenant(file, now).await.unwrap();
    assert_eq!(tenant.id, office.ours);
    other.close().await;
    office.close().await;
}

#[tokio::test]
async fn a_company_is_erased_a_day_after_an_owner_asked_for_it() {
    let mailbox = Mailbox::open().await;
    let office = Office::with(Factors::Required, Some(mailbox.port)).await;
    let mut owner = office.browser("owner", true).await;
    for (name, reason) in [("ridgeline", ERASE[1].1), ("Ridgeline", "sold")] {
        let form = [("name", name), ("reason", reason)];
        let refused = owner.post("/settings/erase", &form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{name} {reason}");
    }
    let asked = owner.post("/settings/erase", &ERASE).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{asked:?}");
    let mut told = Vec::new();
    for _ in 0..4 {
        let letter = mailbox.next().await;
        assert!(
            letter.contains("It will be erased on November 24, 2026"),
            "{letter}"
        );
        let to = letter.split("RCPT TO:<").nth(1).unwrap();
        told.push(to.split('@').next().unwrap().to_owned());
    }
    told.sort();
    assert_eq!(told, ["lead", "newcomer", "owner", "second"]);
    assert!(mailbox.is_empty().await, "somebody else was told");
    for (name, fresh) in [
        ("owner", true),
        ("lead", true),
        ("viewer", false),
        ("auditor", false),
    ] {
        let browser = office.browser(name, fresh).await;
        for path in [
            "/",
            "/worklist",
            "/jobs",
            "/matches",
            "/connections",
            "/account",
        ] {
            let page = browser.get(path).await.text;
            assert!(
                page.contains("This company will be erased on Nov 24"),
                "{name} {path}"
            );
            assert!(page.contains("The business was sold."), "{name} {path}");
        }
    }
    office.clock.advance_minutes(24 * 60 - 1);
    office.work().await;
    assert_eq!(state(&office).await, TenantState::Active);
    office.clock.advance_minutes(1);
    office.work().await;
    assert_eq!(state(&office).await, TenantState::Erased);
    assert!(
        owner
            .get("/")
            .await
            .location
            .unwrap()
            .starts_with("/sign-in?")
    );
    let folder = office.house.installation().folder().unwrap();
    let lines = Ledger::of_folder(folder).entries().unwrap();
    let told: Vec<(What, &str)> = lines
        .iter()
        .map(|line| (line.what, line.reason.as_str()))
        .collect();
    assert_eq!(told, [(What::Begun, ERASE[1].1), (What::Done, ERASE[1].1)]);
    assert!(lines[1].keys_are_gone && lines[1].data_is_gone);
    assert!(lines[1].rows.contains_key("audit_entry"), "{lines:?}");
    let theirs = office.browser("foreigner", true).await.get("/").await;
    assert_eq!(theirs.status, StatusCode::OK);
    office.close().await;
}

#[tokio::test]
async fn any_owner_takes_it_back_and_nobody_else() {
    let office = Office::with(Factors::Required, None).await;
    let mut owner = office.browser("owner", true).await;
    owner.post("/settings/erase", &ERASE).await;
    let twice = owner.post("/settings/erase", &ERASE).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    for (name, fresh) in [("lead", true), ("preparer", false), ("auditor", false)] {
        let mut other = office.browser(name, fresh).await;
        for path in [
            "/settings/erase/withdraw",
            "/settings/erase",
            "/settings/export",
        ] {
            let refused = other.post(path, &[]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{name} {path}");
        }
    }
    let mut foreigner = office.browser("foreigner", true).await;
    let foreign = foreigner.post("/settings/erase/withdraw", &[]).await;
    assert_eq!(foreign.status, StatusCode::CONFLICT);
    let mut second = office.browser("second", true).await;
    let page = second.get("/settings").await.text;
    assert!(page.contains("Do not erase it"), "{page}");
    let back = second.post("/settings/erase/withdraw", &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let page = second.get("/").await.text;
    assert!(!page.contains("will be erased"), "{page}");
    let audit = second.get("/audit").await.text;
    for words in [
        "asked for the company to be erased",
        "took back that it is erased",
    ] {
        assert!(audit.contains(words), "{words}: {audit}");
    }
    office.clock.advance_minutes(25 * 60);
    office.work().await;
    assert_eq!(state(&office).await, TenantState::Active);
    office.close().await;
}
