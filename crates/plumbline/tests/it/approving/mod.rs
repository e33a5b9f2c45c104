//! What is proposed, approved, done and taken back, over the local QuickBooks.

mod alone;
mod back;
mod drafts;

use std::sync::Arc;
use std::time::Duration;

use gate::action::Kind;
use gate::proposal::State;
use jiff::Timestamp;
use plumbline::approvals::{self, Decider, How, NotDecided};
use plumbline::desk::Desk;
use plumbline::execute::{Ended, Executor, Ledger};
use plumbline::mail::{MailSettings, Mailer};
use plumbline::trials;
use plumbline::work::Worker;
use plumbline::work::digest::Post;
use sandbox::quickbooks::{FaultKind, FaultRule};
use store::Secret;
use store::proposals::{self, Filter, Shown};
use store::worklist::{self, ItemState};
use store::{Refusal, StoreError};

use crate::app::App;
use crate::people::mailbox::Mailbox;

/// So many trials, unless `PLUMBLINE_TRIALS` says another number.
fn runs(usual: u64) -> u64 {
    let asked = std::env::var("PLUMBLINE_TRIALS").ok();
    asked.map_or(usual, |text| text.parse().unwrap())
}

fn every_kind_was(summary: &trials::Summary, what: &str) {
    assert_eq!(summary.problems, Vec::<String>::new(), "{summary}");
    for kind in [
        "bill.post",
        "invoice.enter",
        "journal.post",
        "payment.apply",
        "line.recode",
        "document.attach",
    ] {
        let key = format!("{kind}{what}");
        assert!(
            summary
                .outcomes
                .keys()
                .any(|outcome| outcome.starts_with(&key)),
            "{key} never happened\n{summary}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_cut_anywhere_is_done_once_and_told_truthfully() {
    let summary = trials::run("crash", runs(36), 20_261).await.unwrap();
    every_kind_was(&summary, ": done once");
    every_kind_was(&summary, " taken back: done once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_is_as_it_was() {
    let summary = trials::run("undo", runs(36).div_ceil(12), 20_262)
        .await
        .unwrap();
    every_kind_was(&summary, ": done and taken back exactly");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_in_a_closed_period_is_taken_back_by_another_document() {
    let summary = trials::run("closed", runs(36).div_ceil(12), 20_264)
        .await
        .unwrap();
    assert!(summary.problems.is_empty(), "{summary}");
    for kind in Kind::ALL {
        let told = match kind {
            Kind::Instruct => continue,
            Kind::ApplyPayment => "left to a person",
            Kind::AttachDocument => "in no period",
            _ => "taken back by another document, the closed period as it was",
        };
        let key = format!("{}: {told}", kind.name());
        assert!(summary.outcomes.contains_key(&key), "{key}\n{summary}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_done_on_changed_facts() {
    let summary = trials::run("stale", runs(42), 20_263).await.unwrap();
    every_kind_was(&summary, ": edited before, not done");
}

/// A contractor whose periods are all open, because what is closed is corrected by hand.
async fn with_open_books() -> App {
    let app = App::start(7).await;
    let company = &app.sandboxes.quickbooks;
    company.set_closing_date(&company.realm_id(), None);
    app
}

/// Leads of every department, and an agent that proposes.
async fn staffed(app: &App) -> Desk {
    let mut desk = app.desk().await;
    desk.settings.switches = trials::all_on();
    desk.save_settings().await.unwrap();
    trials::staff(&desk).await.unwrap();
    desk
}

/// Lets go of the folder, so that the next one can have it.
async fn end(desk: Desk) {
    desk.close().await;
}

fn decider(desk: &Desk, id: &str, factor_at: Option<Timestamp>) -> Decider {
    assert!(id.starts_with("psn_") && factor_at.is_none_or(|at| at <= desk.clock.now()));
    Decider {
        person_id: id.to_owned(),
        factor_at,
    }
}

async fn open(desk: &Desk) -> Vec<Shown> {
    proposals::list(&desk.store, &desk.scope, Filter::Open, 1_000)
        .await
        .unwrap()
}

async fn approve(desk: &Desk, person: &str, id: &str) -> Result<approvals::Decided, NotDecided> {
    let stored = proposals::proposal(&desk.store, &desk.scope, id)
        .await
        .unwrap()
        .unwrap();
    let who = decider(desk, person, Some(desk.clock.now()));
    approvals::approve(desk, &who, id, stored.proposal.digest()).await
}

async fn state(desk: &Desk, id: &str) -> State {
    let stored = proposals::proposal(&desk.store, &desk.scope, id)
        .await
        .unwrap();
    stored.unwrap().proposal.state
}

#[tokio::test]
async fn what_is_approved_is_done_and_the_next_reading_no_longer_shows_it() {
    let app = with_open_books().await;
    end(staffed(&app).await).await;
    app.cycle().await;
    let desk = app.desk().await;
    let waiting = open(&desk).await;
    let can_be_done = |one: &&Shown| one.kind != Kind::Instruct.name();
    let (by_us, by_hand): (Vec<&Shown>, Vec<&Shown>) = waiting.iter().partition(can_be_done);
    assert!(!by_us.is_empty() && !by_hand.is_empty(), "{waiting:?}");
    let ledger = Ledger::open(&desk).await.unwrap();
    let mut done = Vec::new();
    for one in by_us {
        approve(&desk, "psn_one", &one.id).await.unwrap();
        match Executor::new(&desk, &ledger).run(&one.id).await.unwrap() {
            Ended::Done => done.push(one),
            // Another one that was done just now may have changed a record that it rests on.
            Ended::Void(why) => println!("void: {}: {why}", one.sentence),
            other => panic!("{}: {other:?}", one.sentence),
        }
    }
    assert!(!done.is_empty());
    drop(ledger);
    end(desk).await;
    app.cycle().await;
    let desk = app.desk().await;
    for one in done {
        let finding = one.finding_id.as_deref().unwrap();
        let item = worklist::item(&desk.store, &desk.scope, finding)
            .await
            .unwrap();
        assert_eq!(
            item.unwrap().state,
            ItemState::Cleared,
            "{}: {}",
            one.kind,
            one.sentence
        );
        assert!(matches!(
            state(&desk, &one.id).await,
            State::Executed { .. }
        ));
    }
    // What a person does by hand waits until a reading shows that it was done.
    for one in by_hand {
        let now = state(&desk, &one.id).await;
        assert!(
            now.is_open() || matches!(now, State::Cleared { .. }),
            "{now:?}"
        );
    }
    end(desk).await;
}

#[tokio::test]
async fn proposals_follow_the_books_and_a_no_is_remembered() {
    let app = with_open_books().await;
    end(staffed(&app).await).await;
    app.cycle().await;
    let desk = app.desk().await;
    let before = open(&desk).await;
    let declined = &before[0];
    let who = decider(&desk, "psn_one", None);
    approvals::reject(&desk, &who, &declined.id, "Not ours".to_owned())
        .await
        .unwrap();
    end(desk).await;
    // The same books again: nothing new, and what was declined does not come back.
    app.cycle().await;
    let desk = app.desk().await;
    let after = open(&desk).await;
    let ids = |all: &[Shown]| all.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&after), ids(&before)[1..]);
    assert!(matches!(
        state(&desk, &declined.id).await,
        State::Rejected { .. }
    ));
    end(desk).await;
}

#[tokio::test]
async fn nothing_is_proposed_or_written_while_the_switches_are_off() {
    let app = with_open_books().await;
    app.cycle().await;
    let desk = app.desk().await;
    assert!(
        open(&desk).await.is_empty(),
        "an agent that is off proposes nothing"
    );
    end(desk).await;
    let desk = staffed(&app).await;
    end(desk).await;
    app.cycle().await;
    let mut desk = app.desk().await;
    let all = open(&desk).await;
    let one = all
        .iter()
        .find(|one| one.kind != Kind::Instruct.name())
        .unwrap();
    approve(&desk, "psn_one", &one.id).await.unwrap();
    let ledger = Ledger::open(&desk).await.unwrap();
    let writes_before = app.sandboxes.quickbooks.meter();
    desk.settings.switches.writes = false;
    let ended = Executor::new(&desk, &ledger).run(&one.id).await.unwrap();
    assert!(matches!(ended, Ended::Void(_)), "{ended:?}");
    assert_eq!(state(&desk, &one.id).await, State::Proposed(Vec::new()));
    let written = app.sandboxes.quickbooks.meter().core - writes_before.core;
    assert_eq!(written, 0, "something was sent");
    // The switch in the settings voids what waits, at once.
    desk.settings.switches.writes = true;
    approve(&desk, "psn_two", &one.id).await.unwrap();
    let mut off = desk.settings.clone();
    off.switches.writes = false;
    off.change(&desk.store, &desk.scope, desk.clock.now())
        .await
        .unwrap();
    assert_eq!(state(&desk, &one.id).await, State::Proposed(Vec::new()));
    end(desk).await;
}

#[tokio::test]
async fn whoever_may_not_approve_is_refused_and_nothing_is_kept_of_it() {
    let app = with_open_books().await;
    end(staffed(&app).await).await;
    app.cycle().await;
    let desk = app.desk().await;
    let one = open(&desk).await.swap_remove(0);
    let stored = proposals::proposal(&desk.store, &desk.scope, &one.id)
        .await
        .unwrap()
        .unwrap();
    let digest = stored.proposal.digest();
    let stranger = decider(&desk, "psn_stranger", Some(desk.clock.now()));
    let tired = decider(&desk, "psn_one", None);
    for who in [stranger, tired] {
        let refused = approvals::approve(&desk, &who, &one.id, digest).await;
        assert!(matches!(refused, Err(NotDecided::Gate(_))), "{refused:?}");
    }
    let other = gate::digest::Digest::of(b"other facts");
    let who = decider(&desk, "psn_one", Some(desk.clock.now()));
    let refused = approvals::approve(&desk, &who, &one.id, other).await;
    assert!(matches!(refused, Err(NotDecided::Gate(_))), "{refused:?}");
    let unknown = approvals::approve(&desk, &who, "prp_none", digest).await;
    assert!(matches!(
        unknown,
        Err(NotDecided::Store(StoreError::Refused(
            Refusal::UnknownProposal
        )))
    ));
    assert_eq!(state(&desk, &one.id).await, State::Proposed(Vec::new()));
    end(desk).await;
}

const PAPER: &[u8] = b"%PDF-1.7 the paper of a bill \x00\xff\r\n";

fn paper() -> approvals::File {
    approvals::File {
        name: "CRM-88121.pdf".to_owned(),
        content: PAPER.to_vec(),
    }
}

/// Does whatever is due, as a worker would.
async fn work_off(app: &App, desk: Desk) -> Desk {
    let (installation, clock) = (desk.installation.clone(), Arc::clone(&desk.clock));
    let tenant = desk.scope.tenant_id().to_owned();
    let worker = Worker::new(installation, clock, None);
    worker.work_off(&tenant).await.unwrap();
    drop(worker);
    end(desk).await;
    app.desk().await
}

/// What is attached in QuickBooks for a proposal: to which record, and the bytes.
fn attached(app: &App, proposal: &str) -> Vec<(String, Vec<u8>)> {
    let company = &app.sandboxes.quickbooks;
    let dump = company.dump(&company.realm_id());
    let all = dump["Attachable"].as_array().cloned().unwrap_or_default();
    let ours = all.iter().filter(|one| {
        let note = one["Note"].as_str().unwrap_or_default();
        note.contains(proposal)
    });
    ours.map(|one| {
        let to = &one["AttachableRef"][0]["EntityRef"];
        let to = format!("{} {}", to["type"], to["value"]).replace('"', "");
        let bytes = company.attached(one["Id"].as_str().unwrap());
        (to, bytes.unwrap())
    })
    .collect()
}

async fn load(desk: &Desk, id: &str) -> proposals::Stored {
    let stored = proposals::proposal(&desk.store, &desk.scope, id).await;
    stored.unwrap().unwrap()
}

async fn attachments(desk: &Desk) -> Vec<Shown> {
    let mut all = open(desk).await;
    let over = proposals::list(&desk.store, &desk.scope, Filter::Over, 1_000).await;
    all.extend(over.unwrap());
    all.retain(|one| one.kind == Kind::AttachDocument.name());
    all
}

/// A bill that waits, with a document that the second lead added.
async fn bill_with_paper(app: &App, lets: Option<&str>) -> (Desk, String) {
    let mut desk = staffed(app).await;
    let switches = &mut desk.settings.switches;
    switches.switch(approvals::DOCUMENTS, true);
    if let Some(lead) = lets {
        switches.let_alone(approvals::DOCUMENTS, lead).unwrap();
    }
    desk.save_settings().await.unwrap();
    end(desk).await;
    app.cycle().await;
    let desk = app.desk().await;
    let all = open(&desk).await;
    let bill = all
        .into_iter()
        .find(|one| one.kind == Kind::PostBill.name());
    let bill = bill.unwrap().id;
    let who = decider(&desk, "psn_two", None);
    let added = approvals::add(&desk, &who, &bill, paper()).await.unwrap();
    assert_eq!(added, approvals::Added::Enclosed);
    (desk, bill)
}

#[tokio::test]
async fn a_bill_is_posted_with_its_document_which_a_lead_lets_be_attached() {
    let app = with_open_books().await;
    let (desk, bill) = bill_with_paper(&app, Some("psn_one")).await;
    // Whoever added it had a hand in what is approved; another reading leaves the document there.
    let refused = approve(&desk, "psn_two", &bill).await;
    assert!(matches!(refused, Err(NotDecided::Gate(_))), "{refused:?}");
    end(desk).await;
    app.cycle().await;
    let desk = app.desk().await;
    let waiting = load(&desk, &bill).await.proposal;
    assert_eq!(waiting.version(), 2);
    let document = waiting.newest().draft.document.as_ref().unwrap();
    assert_eq!(document.name, "CRM-88121.pdf");

    approve(&desk, "psn_one", &bill).await.unwrap();
    let desk = work_off(&app, desk).await;
    let done = load(&desk, &bill).await;
    assert!(matches!(done.proposal.state, State::Executed { .. }));
    let made = approvals::made(&done).unwrap();
    let follows = attachments(&desk).await;
    assert_eq!(follows.len(), 1, "{follows:?}");
    let attach = follows[0].id.clone();
    assert!(matches!(
        state(&desk, &attach).await,
        State::Executed { .. }
    ));
    let expected = (format!("Bill {}", made.id), PAPER.to_vec());
    assert_eq!(attached(&app, &attach), [expected]);
    // Asking again attaches nothing again.
    approvals::follow(&desk, &bill).await.unwrap();
    let desk = work_off(&app, desk).await;
    assert_eq!(attachments(&desk).await.len(), 1);

    let ledger = Ledger::open(&desk).await.unwrap();
    let who = decider(&desk, "psn_two", None);
    let back = approvals::take_back(&desk, &ledger, &who, (&attach, How::Exactly)).await;
    let back = back.unwrap().unwrap();
    drop(ledger);
    approve(&desk, "psn_one", &back).await.unwrap();
    let desk = work_off(&app, desk).await;
    assert!(matches!(state(&desk, &attach).await, State::Undone { .. }));
    assert_eq!(attached(&app, &attach), []);
    end(desk).await;
}

#[tokio::test]
async fn a_document_that_nobody_lets_waits_for_the_lead_and_a_person_can_add_one_later() {
    let app = with_open_books().await;
    let (desk, bill) = bill_with_paper(&app, None).await;
    approve(&desk, "psn_one", &bill).await.unwrap();
    let desk = work_off(&app, desk).await;
    let attach = attachments(&desk).await.swap_remove(0).id;
    assert_eq!(state(&desk, &attach).await, State::Proposed(Vec::new()));
    assert_eq!(attached(&app, &attach), []);
    approve(&desk, "psn_two", &attach).await.unwrap();

    // A second paper, to what was done: a proposal of whoever adds it.
    let who = decider(&desk, "psn_one", None);
    let added = approvals::add(&desk, &who, &bill, paper()).await.unwrap();
    let approvals::Added::Proposed(second) = added else {
        panic!("{added:?}");
    };
    let refused = approve(&desk, "psn_one", &second).await;
    assert!(matches!(refused, Err(NotDecided::Gate(_))), "{refused:?}");
    approve(&desk, "psn_two", &second).await.unwrap();
    let desk = work_off(&app, desk).await;
    assert_eq!(attached(&app, &attach).len(), 1);
    assert_eq!(attached(&app, &second).len(), 1);

    // Nothing takes one that instructs a person, or is no paper.
    let other = open(&desk).await;
    let by_hand = other.iter().find(|one| one.kind == Kind::Instruct.name());
    let refused = approvals::add(&desk, &who, &by_hand.unwrap().id, paper()).await;
    assert!(matches!(
        refused,
        Err(approvals::NotAdded::NothingToAttachTo)
    ));
    let odd = approvals::File {
        content: b"MZ".to_vec(),
        ..paper()
    };
    let refused = approvals::add(&desk, &who, &bill, odd).await;
    assert!(matches!(
        refused,
        Err(approvals::NotAdded::Store(StoreError::Refused(
            Refusal::UnknownFile
        )))
    ));
    end(desk).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_to_look_is_told_at_once_and_once_that_nobody_knows_what_became_of_it() {
    let mailbox = Mailbox::open().await;
    let app = with_open_books().await;
    end(staffed(&app).await).await;
    app.cycle().await;
    let desk = app.desk().await;
    let one = open(&desk).await;
    let one = one.iter().find(|one| one.kind == Kind::Recode.name());
    let one = one.unwrap().clone();
    approve(&desk, "psn_one", &one.id).await.unwrap();
    let cut = FaultRule {
        route: "POST /v3/company/*".to_owned(),
        contains: None,
        nth: None,
        probability: None,
        times: Some(1),
        fault: FaultKind::CutConnection,
    };
    app.sandboxes.quickbooks.set_faults(vec![cut]);
    let post = Post {
        mailer: Mailer::try_new(&MailSettings {
            server: Secret::new(format!("smtp://127.0.0.1:{}", mailbox.port)),
            from: "Plumbline <plumbline@ridgeline.example>".to_owned(),
        })
        .unwrap(),
        origin: Some("https://books.example".to_owned()),
    };
    let (installation, clock) = (desk.installation.clone(), Arc::clone(&desk.clock));
    let worker = Worker::new(installation, clock, Some(post));
    worker.work_off(desk.scope.tenant_id()).await.unwrap();
    assert!(matches!(
        state(&desk, &one.id).await,
        State::OutcomeUnknown { .. }
    ));
    let mut letters = Vec::new();
    while let Ok(letter) = tokio::time::timeout(Duration::from_secs(5), mailbox.next()).await {
        if letter.contains("Not known yet") {
            letters.push(letter);
        }
    }
    letters.sort();
    assert_eq!(letters.len(), 2, "both leads: {letters:?}");
    for (letter, name) in letters.iter().zip(["psn_one", "psn_two"]) {
        assert!(
            letter.contains(&format!("RCPT TO:<{name}@example.com>")),
            "{letter}"
        );
        let link = format!("https://books.example/approvals/{}", one.id);
        assert!(letter.contains(&link), "{letter}");
    }
    drop(worker);
    // The next attempt looks.
    let ledger = Ledger::open(&desk).await.unwrap();
    let ended = Executor::new(&desk, &ledger).run(&one.id).await.unwrap();
    assert_eq!(ended, Ended::Done);
    drop(ledger);
    end(desk).await;
}
