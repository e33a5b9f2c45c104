//! Requests that are dropped at any moment, as a server drops them when a browser goes away.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::at;
use crate::jobs::{self, JobState, NewJob};
use crate::{Store, mirror};

const SEED: u64 = 0x5707_2026;

/// So many that the test ends soon; `PLUMBLINE_STORM=100000` makes it the measurement.
fn requests() -> u64 {
    let asked = std::env::var("PLUMBLINE_STORM").ok();
    asked.map_or(2_000, |text| text.parse().unwrap())
}

fn job(number: u64) -> NewJob {
    NewJob {
        kind: format!("request {number}"),
        payload: "{}".to_owned(),
        dedupe_key: None,
        run_at: at(0) + SignedDuration::from_hours(200_000),
        attempts_most: 1,
    }
}

/// Writes for both tenants and reads of both, most of them aborted on the way: what was
/// acknowledged is there, what is there was asked for by its own tenant, and the connections work
/// on.
pub(crate) async fn aborted_requests_lose_and_show_nothing(one: &Store, two: &Store) {
    for store in [one, two] {
        mirror::begin_cycle(store, &store.scope(), at(0))
            .await
            .unwrap();
    }
    let mut random = SEED;
    let mut acknowledged = [BTreeSet::new(), BTreeSet::new()];
    let mut aborted = 0;
    let requests = requests();
    for number in 0..requests {
        let which = usize::try_from(number % 2).unwrap();
        let store = [one, two][which].clone();
        let request = tokio::spawn(async move {
            let scope = store.scope();
            let cycles = mirror::cycles(&store, &scope).await.unwrap();
            assert_eq!(cycles.len(), 1, "one cycle, and it is the own one");
            jobs::enqueue(&store, &scope, job(number)).await.unwrap()
        });
        for _ in 0..next(&mut random) % 120 {
            tokio::task::yield_now().await;
        }
        // A few are let through, so that there is something to lose.
        if !next(&mut random).is_multiple_of(8) {
            request.abort();
        }
        match request.await {
            Ok(id) => drop(acknowledged[which].insert(id)),
            Err(error) => {
                assert!(
                    error.is_cancelled(),
                    "seed {SEED:#x}, request {number}: {error}"
                );
                aborted += 1;
            }
        }
    }
    assert!(
        aborted > requests / 4,
        "seed {SEED:#x}: only {aborted} were aborted"
    );
    for (which, store) in [one, two].into_iter().enumerate() {
        // Whatever was still on its way has come to an end before the next writing.
        jobs::enqueue(store, &store.scope(), job(u64::MAX))
            .await
            .unwrap();
        let kept = jobs::jobs(store, &store.scope(), JobState::Waiting)
            .await
            .unwrap();
        let kept: BTreeSet<String> = kept.into_iter().map(|job| job.id).collect();
        let lost: Vec<_> = acknowledged[which].difference(&kept).collect();
        assert!(!acknowledged[which].is_empty());
        assert!(
            lost.is_empty(),
            "seed {SEED:#x}: {} writes were lost",
            lost.len()
        );
        let foreign = acknowledged[1 - which].intersection(&kept).count();
        assert_eq!(foreign, 0, "seed {SEED:#x}");
    }
}

/// SplitMix64: small, and the same everywhere.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
