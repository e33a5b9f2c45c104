//! The contract of jobs.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::at;
use crate::jobs::*;
use crate::{Refusal, Store, StoreError};

const LONG: SignedDuration = SignedDuration::from_hours(1);
/// A lease that ends at once, as that of a worker that was killed will.
const ENDED: SignedDuration = SignedDuration::ZERO;

fn job(kind: &str, key: Option<&str>) -> NewJob {
    NewJob {
        kind: kind.to_owned(),
        payload: "{}".to_owned(),
        dedupe_key: key.map(str::to_owned),
        run_at: at(0) - SignedDuration::from_hours(200_000),
        attempts_most: 3,
    }
}

async fn add(store: &Store, job: NewJob) -> String {
    enqueue(store, &store.scope(), job).await.unwrap()
}

async fn take(store: &Store, lease: SignedDuration) -> Option<Lease> {
    claim(store, &store.scope(), "worker", lease).await.unwrap()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

pub(crate) async fn a_job_is_done_once_and_in_its_turn(store: &Store) {
    let first = add(store, job("a", None)).await;
    let second = add(store, job("b", None)).await;
    let lease = take(store, LONG).await.unwrap();
    assert_eq!((&lease.job_id, lease.attempt), (&first, 1));
    assert_eq!(take(store, LONG).await, None, "one of a tenant at a time");
    complete(store, &store.scope(), lease).await.unwrap();
    let done = jobs(store, &store.scope(), JobState::Done).await.unwrap();
    assert_eq!(done[0].id, first);
    assert_eq!(take(store, LONG).await.unwrap().job_id, second);
}

pub(crate) async fn a_job_for_later_is_not_taken_now(store: &Store) {
    let mut job = job("later", None);
    job.run_at = at(0) + SignedDuration::from_hours(200_000);
    add(store, job).await;
    assert_eq!(take(store, LONG).await, None);
}

pub(crate) async fn the_same_work_waits_once_but_once_more_while_it_is_done(store: &Store) {
    let first = add(store, job("cycle", Some("all"))).await;
    assert_eq!(add(store, job("cycle", Some("all"))).await, first);
    assert_ne!(add(store, job("digest", Some("all"))).await, first);
    let lease = take(store, LONG).await.unwrap();
    assert_eq!(lease.job_id, first);
    let again = add(store, job("cycle", Some("all"))).await;
    assert_ne!(
        again, first,
        "what came during the run asks for another one"
    );
    let after = fail(store, &store.scope(), lease, "no".to_owned(), 0).await;
    assert_eq!(after.unwrap(), AfterFailure::Superseded);
}

pub(crate) async fn whoever_lost_the_lease_can_do_nothing_with_the_job(store: &Store) {
    let scope = store.scope();
    add(store, job("a", None)).await;
    let lost = take(store, ENDED).await.unwrap();
    let late = complete(store, &scope, lost.clone()).await;
    assert!(matches!(refusal(late), Refusal::LeaseLost { .. }));
    let held = take(store, LONG).await.unwrap();
    assert_eq!((&held.job_id, held.attempt), (&lost.job_id, 2));
    assert!(matches!(
        refusal(complete(store, &scope, lost.clone()).await),
        Refusal::LeaseLost { .. }
    ));
    assert!(matches!(
        refusal(renew(store, &scope, &lost, LONG).await),
        Refusal::LeaseLost { .. }
    ));
    assert!(matches!(
        refusal(fail(store, &scope, lost, "late".to_owned(), 0).await),
        Refusal::LeaseLost { .. }
    ));
    renew(store, &scope, &held, LONG).await.unwrap();
    complete(store, &scope, held).await.unwrap();
}

pub(crate) async fn a_failed_job_waits_and_is_dead_after_its_last_attempt(store: &Store) {
    let scope = store.scope();
    let mut fails = job("a", None);
    fails.attempts_most = 2;
    let id = add(store, fails).await;
    let lease = take(store, LONG).await.unwrap();
    let after = fail(store, &scope, lease, "no answer".to_owned(), 7).await;
    assert!(matches!(after.unwrap(), AfterFailure::Again(_)));
    assert_eq!(take(store, LONG).await, None, "it waits first");
    let waiting = jobs(store, &scope, JobState::Waiting).await.unwrap();
    assert_eq!(waiting[0].last_error.as_deref(), Some("no answer"));
    let refused = retry(store, &scope, &id).await;
    assert!(matches!(refusal(refused), Refusal::NotDead { .. }));
}

pub(crate) async fn a_job_that_loses_its_workers_is_dead_and_can_be_retried(store: &Store) {
    let scope = store.scope();
    let id = add(store, job("a", None)).await;
    for attempt in 1..=3 {
        assert_eq!(take(store, ENDED).await.unwrap().attempt, attempt);
    }
    assert_eq!(take(store, ENDED).await, None);
    let dead = jobs(store, &scope, JobState::Dead).await.unwrap();
    assert_eq!((dead[0].id.as_str(), dead[0].attempts), (id.as_str(), 3));
    retry(store, &scope, &id).await.unwrap();
    assert_eq!(take(store, LONG).await.unwrap().attempt, 1);
}

pub(crate) async fn workers_at_the_same_time_never_take_the_same_job(store: &Store) {
    let mut expected = BTreeSet::new();
    for _ in 0..40 {
        expected.insert(add(store, job("a", None)).await);
    }
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut taken = Vec::new();
                while let Some(lease) = take(&store, LONG).await {
                    taken.push(lease.job_id.clone());
                    complete(&store, &store.scope(), lease).await.unwrap();
                }
                taken
            })
        })
        .collect();
    let mut taken = Vec::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    assert_eq!(taken.len(), 40, "each job is taken once");
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), expected);
}

pub(crate) async fn a_job_that_is_handed_back_has_lost_no_attempt(store: &Store) {
    let scope = store.scope();
    let id = add(store, job("cycle", Some("all"))).await;
    let lease = take(store, LONG).await.unwrap();
    hand_back(store, &scope, lease.clone()).await.unwrap();
    assert!(matches!(
        refusal(complete(store, &scope, lease).await),
        Refusal::LeaseLost { .. }
    ));
    let lease = take(store, LONG).await.unwrap();
    assert_eq!((&lease.job_id, lease.attempt), (&id, 1));
    // What asked meanwhile is answered by the one that waits.
    add(store, job("cycle", Some("all"))).await;
    hand_back(store, &scope, lease).await.unwrap();
    let waiting = jobs(store, &scope, JobState::Waiting).await.unwrap();
    assert_eq!(waiting.len(), 1);
}

pub(crate) async fn work_that_is_done_at_once_takes_the_place_of_what_waits(store: &Store) {
    let scope = store.scope();
    let id = add(store, job("cycle", Some("cycle"))).await;
    let now = || NewJob::at_once("cycle", "{}".to_owned(), 3);
    let lease = take_up(store, &scope, now(), "person", LONG).await.unwrap();
    assert_eq!(lease.job_id, id);
    assert!(next_due(store, &scope).await.unwrap().unwrap() > SignedDuration::ZERO);
    let second = take_up(store, &scope, now(), "other", LONG).await;
    let lease = if store.path().is_some() {
        // One process at a time has a folder, so the first one has ended.
        assert!(matches!(
            refusal(complete(store, &scope, lease).await),
            Refusal::LeaseLost { .. }
        ));
        second.unwrap()
    } else {
        assert_eq!(refusal(second), Refusal::Busy);
        lease
    };
    assert_eq!(lease.job_id, id);
    complete(store, &scope, lease).await.unwrap();
    assert_eq!(next_due(store, &scope).await.unwrap(), None);
}

pub(crate) async fn what_was_dead_is_done_with_when_the_same_work_is_done(store: &Store) {
    let scope = store.scope();
    let mut once = job("cycle", Some("cycle"));
    once.attempts_most = 1;
    add(store, once).await;
    let lease = take(store, LONG).await.unwrap();
    let after = fail(store, &scope, lease, "no answer".to_owned(), 0).await;
    assert_eq!(after.unwrap(), AfterFailure::Dead);
    add(store, job("other", Some("other"))).await;
    complete(store, &scope, take(store, LONG).await.unwrap())
        .await
        .unwrap();
    assert_eq!(jobs(store, &scope, JobState::Dead).await.unwrap().len(), 1);
    add(store, job("cycle", Some("cycle"))).await;
    complete(store, &scope, take(store, LONG).await.unwrap())
        .await
        .unwrap();
    assert_eq!(jobs(store, &scope, JobState::Dead).await.unwrap(), []);
}
