//! An office with one person who decides.

use gate::alone::CoolingOff;
use gate::roles::{Grant, Grants, Role};
use jiff::SignedDuration;
use plumbline::approvals::Decided;
use store::control::alone::{self, Switching};
use store::control::people::{self, NewPerson};

use super::*;

async fn add(desk: &Desk, id: &str, role: Role) {
    let person = NewPerson {
        id: id.to_owned(),
        mail: format!("{id}@example.com"),
        name: id.to_owned(),
        password_hash: Secret::new(String::new()),
    };
    let grants = Grants::new(vec![Grant::standing(role)]);
    let (control, tenant) = (desk.installation.control(), desk.scope.tenant_id());
    people::add(control, tenant, person, grants, desk.clock.now())
        .await
        .unwrap();
}

/// An owner who decides alone, with what the agent proposed.
async fn office_of_one(app: &App) -> (Desk, Vec<Shown>) {
    let mut desk = app.desk().await;
    desk.settings.switches = trials::all_on();
    desk.settings.second_approval_above = Some(figures::Money::ZERO);
    desk.save_settings().await.unwrap();
    add(&desk, "psn_owner", Role::Owner).await;
    end(desk).await;
    app.cycle().await;
    let desk = app.desk().await;
    let mut waiting = open(&desk).await;
    waiting.retain(|one| one.kind != Kind::Instruct.name());
    (desk, waiting)
}

async fn switch_on(desk: &Desk, hours: i64) {
    let switching = Switching {
        by: "psn_owner".to_owned(),
        reason: "Nobody else works in this office.".to_owned(),
        cooling_off: CoolingOff::try_from_hours(hours).unwrap(),
        on: desk.today().unwrap(),
    };
    let control = desk.installation.control();
    alone::begin(control, &desk.scope, switching, desk.clock.now())
        .await
        .unwrap();
}

#[tokio::test]
async fn what_one_person_approves_alone_is_written_after_the_delay_and_not_before() {
    let app = with_open_books().await;
    let (desk, waiting) = office_of_one(&app).await;
    let id = &waiting[0].id;
    // Without the mode an owner is no lead, and there is nobody.
    let refused = approve(&desk, "psn_owner", id).await;
    assert!(matches!(refused, Err(NotDecided::Gate(_))), "{refused:?}");
    switch_on(&desk, 48).await;
    let started = desk.clock.now();
    let decided = approve(&desk, "psn_owner", id).await.unwrap();
    let until = started + SignedDuration::from_hours(48);
    assert_eq!(decided, Decided::Waits(until));
    let listed = proposals::approved_alone(&desk.store, &desk.scope, started).await;
    let listed: Vec<_> = listed
        .unwrap()
        .into_iter()
        .map(|one| (one.id, one.by, one.counts_from))
        .collect();
    assert_eq!(listed, [(id.clone(), "psn_owner".into(), until)]);

    let ledger = Ledger::open(&desk).await.unwrap();
    let ended = Executor::new(&desk, &ledger).run(id).await.unwrap();
    assert_eq!(ended, Ended::Nothing);
    app.clock.advance_hours(47);
    let ended = Executor::new(&desk, &ledger).run(id).await.unwrap();
    assert_eq!(ended, Ended::Nothing);
    app.clock.advance_minutes(59);
    // So near to it, the job that came early is done again.
    assert!(Executor::new(&desk, &ledger).run(id).await.is_err());
    assert!(matches!(state(&desk, id).await, State::Approved { .. }));
    app.clock.advance_minutes(1);
    let ended = Executor::new(&desk, &ledger).run(id).await.unwrap();
    assert_eq!(ended, Ended::Done);
    drop(ledger);
    end(desk).await;
}

#[tokio::test]
async fn what_was_approved_alone_is_void_once_somebody_leads_or_the_mode_is_off() {
    let app = with_open_books().await;
    let (desk, waiting) = office_of_one(&app).await;
    switch_on(&desk, 24).await;
    let ledger = Ledger::open(&desk).await.unwrap();
    let two = &waiting[..2];
    for one in two {
        approve(&desk, "psn_owner", &one.id).await.unwrap();
    }
    let who = decider(&desk, "psn_owner", None);
    approvals::reject(&desk, &who, &two[1].id, "Not now".to_owned())
        .await
        .unwrap();
    assert!(matches!(
        state(&desk, &two[1].id).await,
        State::Rejected { .. }
    ));
    app.clock.advance_hours(25);
    let department = two[0].department;
    add(&desk, "psn_lead", Role::Lead(department)).await;
    let ended = Executor::new(&desk, &ledger).run(&two[0].id).await.unwrap();
    assert!(matches!(ended, Ended::Void(_)), "{ended:?}");
    let refused = approve(&desk, "psn_owner", &two[0].id).await;
    assert!(matches!(refused, Err(NotDecided::Gate(_))), "{refused:?}");
    // Of another department the owner still decides alone, until the mode is off.
    let other = waiting[2..].iter().find(|one| one.department != department);
    let other = &other.unwrap().id;
    approve(&desk, "psn_owner", other).await.unwrap();
    let control = desk.installation.control();
    alone::end(control, &desk.scope, "psn_owner", desk.clock.now())
        .await
        .unwrap();
    app.clock.advance_hours(25);
    let ended = Executor::new(&desk, &ledger).run(other).await.unwrap();
    assert!(matches!(ended, Ended::Void(_)), "{ended:?}");
    drop(ledger);
    end(desk).await;
}
