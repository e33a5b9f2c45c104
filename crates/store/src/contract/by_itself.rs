//! The contract of what runs by itself: moments that make jobs, announcements, the end of a run.

use figures::source::System;
use jiff::SignedDuration;

use super::{at, day};
use crate::jobs::{self, JobState, Lease, NewJob};
use crate::results::NewResult;
use crate::schedule::{Regular, tick};
use crate::settings::{MadeFrom, StoredSettings, Then};
use crate::worklist::{Proof, PublishedFinding, Publishing};
use crate::{Refusal, Store, StoreError, conclude, hooks, mirror, results, settings, worklist};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn cycle() -> NewJob {
    NewJob::at_once("cycle", "{}".to_owned(), 3)
}

fn reading(next_hour: i64) -> Vec<Regular> {
    vec![Regular {
        name: "reading",
        next_at: Some(at(next_hour)),
        job: cycle(),
    }]
}

async fn waiting(store: &Store) -> usize {
    let waiting = jobs::jobs(store, &store.scope(), JobState::Waiting).await;
    waiting.unwrap().len()
}

async fn claimed(store: &Store) -> Lease {
    let lease = jobs::claim(store, &store.scope(), "worker", HOUR).await;
    lease.unwrap().unwrap()
}

pub(crate) async fn a_moment_makes_one_job_and_missed_ones_are_made_up_for_once(store: &Store) {
    let scope = store.scope();
    // The first look only notes the next moment.
    let next = tick(store, &scope, reading(5), at(1)).await.unwrap();
    assert_eq!((next, waiting(store).await), (Some(at(5)), 0));
    // Before it, nothing; the noted moment stands whatever is said.
    let next = tick(store, &scope, reading(9), at(4)).await.unwrap();
    assert_eq!((next, waiting(store).await), (Some(at(5)), 0));
    // Long after it: one job, however many moments went by.
    let next = tick(store, &scope, reading(105), at(100)).await.unwrap();
    assert_eq!((next, waiting(store).await), (Some(at(105)), 1));
    jobs::complete(store, &scope, claimed(store).await)
        .await
        .unwrap();
    tick(store, &scope, reading(105), at(100)).await.unwrap();
    assert_eq!(waiting(store).await, 0);
}

pub(crate) async fn looking_at_the_same_time_makes_one_job(store: &Store) {
    let scope = store.scope();
    tick(store, &scope, reading(5), at(1)).await.unwrap();
    let looks: Vec<_> = (0..6)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { tick(&store, &store.scope(), reading(9), at(6)).await })
        })
        .collect();
    for look in looks {
        look.await.unwrap().unwrap();
    }
    let mut made = 0;
    while waiting(store).await > 0 {
        let lease = claimed(store).await;
        jobs::complete(store, &scope, lease).await.unwrap();
        made += 1;
    }
    assert_eq!(made, 1);
}

pub(crate) async fn what_a_change_of_settings_causes_comes_with_it(store: &Store) {
    let scope = store.scope();
    tick(store, &scope, reading(50), at(1)).await.unwrap();
    let changed = StoredSettings {
        body: "{}".to_owned(),
        secrets: std::collections::BTreeMap::new(),
    };
    let then = Then {
        jobs: vec![cycle()],
        moments: vec![("reading", Some(at(3)))],
        ..Then::default()
    };
    settings::change(store, &scope, changed.clone(), then)
        .await
        .unwrap();
    assert_eq!(waiting(store).await, 1);
    let next = tick(store, &scope, reading(50), at(2)).await.unwrap();
    assert_eq!(next, Some(at(3)));
    // Nothing is regular any more.
    let then = Then {
        jobs: Vec::new(),
        moments: vec![("reading", None)],
        ..Then::default()
    };
    settings::change(store, &scope, changed, then)
        .await
        .unwrap();
    let mut never = reading(0);
    never[0].next_at = None;
    let next = tick(store, &scope, never, at(100)).await.unwrap();
    assert_eq!((next, waiting(store).await), (None, 1));
}

pub(crate) async fn settings_replace_only_those_that_they_were_made_from(store: &Store) {
    let scope = store.scope();
    let set = async |body: &str, made_from: MadeFrom| {
        let settings = StoredSettings {
            body: body.to_owned(),
            secrets: std::collections::BTreeMap::new(),
        };
        let then = Then {
            made_from,
            jobs: vec![cycle()],
            ..Then::default()
        };
        settings::change(store, &scope, settings, then).await
    };
    let these = |body: Option<&str>| MadeFrom::These(body.map(str::to_owned));
    set("a", these(None)).await.unwrap();
    // Two that read the same: the second one finds others.
    set("ab", these(Some("a"))).await.unwrap();
    let before = waiting(store).await;
    for late in [these(Some("a")), these(None)] {
        let refused = set("ac", late).await;
        assert!(matches!(
            refused,
            Err(StoreError::Refused(Refusal::SettingsChanged))
        ));
    }
    let kept = settings::load(store, &scope).await.unwrap().unwrap();
    assert_eq!(kept.body, "ab");
    assert_eq!(
        waiting(store).await,
        before,
        "nothing follows from it either"
    );
    set("d", MadeFrom::Whatever).await.unwrap();
}

pub(crate) async fn an_announcement_counts_once_and_a_flood_asks_once_a_minute(store: &Store) {
    let scope = store.scope();
    let note = async |ids: &[&str]| {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        let noted = hooks::note(store, &scope, System::QuickBooks, ids, cycle()).await;
        let noted = noted.unwrap();
        (noted.fresh, noted.repeated)
    };
    assert_eq!(note(&["1", "2", "2"]).await, (2, 0));
    let lease = claimed(store).await;
    jobs::complete(store, &scope, lease).await.unwrap();
    assert_eq!(note(&["2", "1"]).await, (0, 2), "sent again");
    assert_eq!(waiting(store).await, 0);
    for number in 3..200 {
        assert_eq!(note(&[&number.to_string()]).await, (1, 0));
    }
    assert_eq!(waiting(store).await, 1);
    let early = jobs::claim(store, &scope, "worker", HOUR).await.unwrap();
    assert_eq!(early, None, "the minute is not over");
    let in_a_while = jobs::next_due(store, &scope).await.unwrap().unwrap();
    assert!(in_a_while <= SignedDuration::from_mins(1), "{in_a_while}");
    // The other system has a minute of its own.
    let other = hooks::note(
        store,
        &scope,
        System::Procore,
        vec!["1".to_owned()],
        cycle(),
    )
    .await;
    assert_eq!(other.unwrap().fresh, 1);
    claimed(store).await;
}

fn findings(id: &str) -> Publishing {
    Publishing {
        cycle: 1,
        as_of: day("2026-10-31"),
        findings: vec![PublishedFinding {
            id: id.to_owned(),
            check: "R01_unapplied_payment".to_owned(),
            project_id: None,
            also_touches: Vec::new(),
            customer_id: None,
            amount_cents: Some(1),
            severity: 0,
            body: "{}".to_owned(),
        }],
        proof: Proof::Everything,
    }
}

fn result(body: &str) -> NewResult {
    NewResult {
        cycle: 1,
        as_of: day("2026-10-31"),
        body: body.to_owned(),
        receipts: Vec::new(),
    }
}

pub(crate) async fn whoever_lost_the_job_publishes_nothing(store: &Store) {
    let scope = store.scope();
    let cycle_open = mirror::begin_cycle(store, &scope, at(0))
        .await
        .unwrap()
        .cycle;
    mirror::finish_cycle(store, &scope, cycle_open, day("2026-10-31"), at(0))
        .await
        .unwrap();
    jobs::enqueue(store, &scope, cycle()).await.unwrap();
    let ended = SignedDuration::ZERO;
    let lost = jobs::claim(store, &scope, "one", ended).await.unwrap();
    let held = jobs::claim(store, &scope, "two", HOUR).await.unwrap();
    let late = conclude(store, &scope, findings("late"), result("late"), lost, at(1)).await;
    assert!(
        matches!(late, Err(StoreError::Refused(Refusal::LeaseLost { .. }))),
        "{late:?}"
    );
    assert_eq!(results::newest(store, &scope, None).await.unwrap(), None);
    let all = worklist::Filter::default();
    assert_eq!(worklist::list(store, &scope, all).await.unwrap(), []);

    let before = results::stamp(store, &scope).await.unwrap();
    conclude(
        store,
        &scope,
        findings("f"),
        result("{}"),
        held.clone(),
        at(1),
    )
    .await
    .unwrap();
    assert_ne!(results::stamp(store, &scope).await.unwrap(), before);
    let done = jobs::jobs(store, &scope, JobState::Done).await.unwrap();
    assert_eq!(done.len(), 1, "the job ends with what it came to");
    let twice = conclude(store, &scope, findings("g"), result("g"), held, at(2)).await;
    assert!(matches!(
        twice,
        Err(StoreError::Refused(Refusal::LeaseLost { .. }))
    ));
    let all = worklist::Filter::default();
    assert_eq!(worklist::list(store, &scope, all).await.unwrap().len(), 1);
}

pub(crate) async fn a_run_that_cannot_publish_has_not_done_its_job(store: &Store) {
    let scope = store.scope();
    jobs::enqueue(store, &scope, cycle()).await.unwrap();
    let lease = jobs::claim(store, &scope, "one", HOUR).await.unwrap();
    let unknown = conclude(
        store,
        &scope,
        findings("f"),
        result("{}"),
        lease.clone(),
        at(1),
    )
    .await;
    assert!(matches!(
        unknown,
        Err(StoreError::Refused(Refusal::UnknownCycle { .. }))
    ));
    jobs::complete(store, &scope, lease.unwrap()).await.unwrap();
}
