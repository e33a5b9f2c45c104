//! Drafts that a person writes into, and several that are approved at once.

use figures::Money;
use gate::digest::Digest;
use gate::together::NotTogether;
use plumbline::approvals::edit::{self, NotEdited, Sheet};
use plumbline::approvals::{Chosen, Decided, NotApproved};
use sandbox::quickbooks::Edit;
use serde_json::json;

use super::*;
use crate::web::Served;

async fn digest(desk: &Desk, id: &str) -> Digest {
    load(desk, id).await.proposal.digest()
}

async fn of_kind(desk: &Desk, kind: Kind) -> Vec<String> {
    let all = open(desk).await.into_iter();
    let found = all.filter(|one| one.kind == kind.name());
    found.map(|one| one.id).collect()
}

async fn read_once(app: &App) -> Desk {
    end(staffed(app).await).await;
    app.cycle().await;
    app.desk().await
}

async fn sheet(desk: &Desk, id: &str) -> Sheet {
    let names = edit::Names::load(desk).await.unwrap();
    edit::open(desk, id, &names).await.unwrap().unwrap().1
}

#[tokio::test]
async fn what_a_person_writes_is_the_next_version_survives_readings_and_is_what_is_entered() {
    let app = with_open_books().await;
    let desk = read_once(&app).await;
    let bill = of_kind(&desk, Kind::PostBill).await.swap_remove(0);
    let who = decider(&desk, "psn_two", None);
    let (first, mut written) = (digest(&desk, &bill).await, sheet(&desk, &bill).await);
    // Nothing written is nothing changed.
    let same = edit::edit(&desk, &who, (&bill, first), &written).await;
    assert!(matches!(same, Err(NotEdited::Same)), "{same:?}");
    written.number = "BY-HAND-7".to_owned();
    written.lines[0].amount = "4,321.09".to_owned();
    written.lines[0].description = "As agreed on the telephone".to_owned();
    edit::edit(&desk, &who, (&bill, first), &written)
        .await
        .unwrap();
    let late = edit::edit(&desk, &who, (&bill, first), &written).await;
    assert!(matches!(late, Err(NotEdited::Changed)), "{late:?}");
    end(desk).await;
    // The agent would still say the same as at first, so what the person wrote stands.
    app.cycle().await;
    let desk = app.desk().await;
    let stored = load(&desk, &bill).await;
    assert_eq!(stored.proposal.version(), 2);
    let draft = &stored.proposal.newest().draft;
    assert!(draft.sentence.contains("BY-HAND-7"), "{}", draft.sentence);
    assert!(draft.request.as_ref().unwrap().body.contains("4321.09"));
    let first_version = stored.proposal.versions().next().unwrap();
    assert!(
        !first_version
            .draft
            .request
            .as_ref()
            .unwrap()
            .body
            .contains("BY-HAND-7")
    );

    let refused = approve(&desk, "psn_two", &bill).await;
    assert!(matches!(refused, Err(NotDecided::Gate(_))), "{refused:?}");
    approve(&desk, "psn_one", &bill).await.unwrap();
    let ledger = Ledger::open(&desk).await.unwrap();
    let ended = Executor::new(&desk, &ledger).run(&bill).await.unwrap();
    assert_eq!(ended, Ended::Done);
    let made = approvals::made(&load(&desk, &bill).await).unwrap();
    let company = &app.sandboxes.quickbooks;
    let dump = company.dump(&company.realm_id());
    let all = dump["Bill"].as_array().unwrap();
    let bill_there = all
        .iter()
        .find(|one| one["Id"] == made.id.as_str())
        .unwrap();
    assert_eq!(bill_there["DocNumber"], "BY-HAND-7");
    assert_eq!(bill_there["Line"][0]["Amount"].to_string(), "4321.09");
    assert_eq!(
        bill_there["Line"][0]["Description"],
        "As agreed on the telephone"
    );
    // What was done is not written into any more.
    let digest = digest(&desk, &bill).await;
    let done = edit::edit(&desk, &who, (&bill, digest), &written).await;
    assert!(matches!(done, Err(NotEdited::NotEditable)), "{done:?}");
    drop(ledger);
    end(desk).await;
}

#[tokio::test]
async fn alike_proposals_are_approved_at_once_and_one_that_changed_is_left_out() {
    let app = with_open_books().await;
    let mut desk = read_once(&app).await;
    let bills = of_kind(&desk, Kind::PostBill).await;
    let two: Vec<Chosen> = bills[..2]
        .iter()
        .map(|id| Chosen {
            id: id.clone(),
            shown: None,
        })
        .collect();
    let look = async |desk: &Desk| approvals::look_together(desk, &two).await;
    let refused = look(&desk).await;
    assert!(
        matches!(refused, Err(NotApproved::Gate(NotTogether::NoLimit))),
        "money is approved one by one unless an owner says otherwise: {refused:?}"
    );
    desk.settings.together_up_to = Some(Money::ZERO);
    let refused = look(&desk).await;
    assert!(
        matches!(refused, Err(NotApproved::Gate(NotTogether::Above(_)))),
        "{refused:?}"
    );
    desk.settings.together_up_to = Some(Money::from_cents(100_000_000));
    let shown = look(&desk).await.unwrap();
    let chosen: Vec<Chosen> = shown
        .each
        .iter()
        .map(|(one, digest)| Chosen {
            id: one.id.to_string(),
            shown: Some(*digest),
        })
        .collect();
    let who = decider(&desk, "psn_one", Some(desk.clock.now()));
    let other = approvals::approve_together(&desk, &who, &chosen, Digest::of(b"other")).await;
    assert!(matches!(other, Err(NotApproved::Changed)), "{other:?}");

    // Somebody writes into the second one while the lead reads.
    let editor = decider(&desk, "psn_two", None);
    let second = &bills[1];
    let mut written = sheet(&desk, second).await;
    written.number.push('X');
    let now = digest(&desk, second).await;
    edit::edit(&desk, &editor, (second, now), &written)
        .await
        .unwrap();
    let done = approvals::approve_together(&desk, &who, &chosen, shown.batch.digest).await;
    let done = done.unwrap();
    assert!(matches!(done[0].1, Ok(Decided::Approved)), "{done:?}");
    assert!(
        matches!(
            done[1].1,
            Err(NotDecided::Gate(gate::approval::Refusal::Changed))
        ),
        "{done:?}"
    );
    assert!(matches!(
        state(&desk, &bills[0]).await,
        State::Approved { .. }
    ));
    assert_eq!(state(&desk, second).await, State::Proposed(Vec::new()));
    let history = load(&desk, &bills[0]).await.events;
    let reason = history.last().unwrap().reason.clone().unwrap();
    assert!(reason.contains("One of 2 approved together"), "{reason}");
    end(desk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_calls_things_as_the_last_reading_did() {
    let app = with_open_books().await;
    let served = Served::of(&app).await;
    served.idle().await;
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let before = tenant.names().await.unwrap();
    let kept = tenant.names().await.unwrap();
    assert!(Arc::ptr_eq(&before, &kept), "names are read once a reading");
    let company = &app.sandboxes.quickbooks;
    let vendor = company.dump(&app.realm())["Vendor"][0].clone();
    let id = vendor["Id"].as_str().unwrap();
    assert_eq!(before.name("Vendor", id), vendor["DisplayName"]);
    let edit = Edit {
        action: "update".to_owned(),
        entity: "Vendor".to_owned(),
        id: Some(id.to_owned()),
        body: json!({"DisplayName": "Another Name LLC"}),
    };
    company.edit(&app.realm(), &edit).unwrap();
    served.post("/connections/read", &[]).await;
    served.idle().await;
    let now = tenant.names().await.unwrap();
    assert_eq!(now.name("Vendor", id), "Another Name LLC");
    drop(tenant);
    served.house.close().await;
}
