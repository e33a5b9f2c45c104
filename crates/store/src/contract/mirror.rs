//! The contract of the mirror.

use figures::source::{RawRecord, System};

use super::{at, bill, day, requisition};
use crate::mirror::*;
use crate::{Refusal, Store, StoreError};

fn key(record: &RawRecord, reach: Reach) -> ResourceKey {
    ResourceKey {
        system: record.system,
        resource: record.resource.clone(),
        reach,
    }
}

fn bills() -> ResourceKey {
    key(&bill("1", ""), Reach::Everything)
}

const SWEEP: Outcome = Outcome::Sweep { counted: None };

/// Runs a cycle that sweeps exactly these bills; returns its number.
async fn sweep(store: &Store, records: Vec<RawRecord>) -> i64 {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    record_page(store, &scope, cycle, records).await.unwrap();
    finish_resource(store, &scope, cycle, bills(), SWEEP, None)
        .await
        .unwrap();
    finish_cycle(store, &scope, cycle, day("2026-10-31"), at(1))
        .await
        .unwrap();
    cycle.number()
}

async fn at_cycle(store: &Store, cycle: i64) -> Vec<RawRecord> {
    read_as_of(store, &store.scope(), cycle)
        .await
        .unwrap()
        .collect()
        .await
        .unwrap()
}

pub(crate) async fn the_same_page_twice_writes_no_second_version(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    let page = || vec![bill("1", "{\"a\":1}"), bill("2", "{}")];
    let first = record_page(store, &scope, cycle, page()).await.unwrap();
    let second = record_page(store, &scope, cycle, page()).await.unwrap();
    assert_eq!(
        first,
        PageReport {
            added: 2,
            changed: 0,
            unchanged: 0
        }
    );
    assert_eq!(
        second,
        PageReport {
            added: 0,
            changed: 0,
            unchanged: 2
        }
    );
    assert_eq!(at_cycle(store, cycle.number()).await, page());
}

pub(crate) async fn any_past_cycle_reads_as_it_was(store: &Store) {
    let one = sweep(store, vec![bill("1", "old"), bill("2", "same")]).await;
    let two = sweep(
        store,
        vec![bill("1", "new"), bill("2", "same"), bill("3", "late")],
    )
    .await;
    let three = sweep(store, vec![bill("1", "old"), bill("3", "late")]).await;
    assert_eq!(
        at_cycle(store, one).await,
        [bill("1", "old"), bill("2", "same")]
    );
    let second = [bill("1", "new"), bill("2", "same"), bill("3", "late")];
    assert_eq!(at_cycle(store, two).await, second);
    assert_eq!(
        at_cycle(store, three).await,
        [bill("1", "old"), bill("3", "late")]
    );
}

pub(crate) async fn a_removed_record_that_comes_back_is_there_again(store: &Store) {
    sweep(store, vec![bill("1", "x"), bill("2", "x")]).await;
    let without = sweep(store, vec![bill("2", "x")]).await;
    let again = sweep(store, vec![bill("1", "x"), bill("2", "x")]).await;
    assert_eq!(at_cycle(store, without).await, [bill("2", "x")]);
    assert_eq!(
        at_cycle(store, again).await,
        [bill("1", "x"), bill("2", "x")]
    );
    let scope = store.scope();
    let life = history(store, &scope, System::QuickBooks, "Bill".into(), "1".into());
    let life: Vec<_> = life
        .await
        .unwrap()
        .iter()
        .map(|v| (v.version, v.first_seen_cycle, v.removed))
        .collect();
    assert_eq!(life, [(1, 1, false), (2, 2, true), (3, 3, false)]);
}

pub(crate) async fn what_an_incomplete_read_did_not_see_stays(store: &Store) {
    let scope = store.scope();
    sweep(store, vec![bill("1", "x"), bill("2", "x")]).await;
    let cycle = begin_cycle(store, &scope, at(2)).await.unwrap().cycle;
    record_page(store, &scope, cycle, vec![bill("2", "y")])
        .await
        .unwrap();
    let reason = Outcome::Incomplete("the last page was cut short".into());
    let cursor = Some("t9".to_owned());
    let report = finish_resource(store, &scope, cycle, bills(), reason, cursor)
        .await
        .unwrap();
    assert_eq!(
        report,
        ResourceReport {
            present: 2,
            removed: 0,
            whole: false
        }
    );
    finish_cycle(store, &scope, cycle, day("2026-11-01"), at(3))
        .await
        .unwrap();
    assert_eq!(
        at_cycle(store, cycle.number()).await,
        [bill("1", "x"), bill("2", "y")]
    );
    let found = completeness(store, &scope, cycle.number()).await.unwrap();
    assert_eq!(found.incomplete.len(), 1);
    assert_eq!(found.incomplete[0].reason, "the last page was cut short");
    assert_eq!(
        cursors(store, &scope, System::QuickBooks).await.unwrap(),
        []
    );
}

pub(crate) async fn a_sweep_that_misses_the_vendors_count_is_incomplete(store: &Store) {
    let scope = store.scope();
    sweep(store, vec![bill("1", "x"), bill("2", "x")]).await;
    let cycle = begin_cycle(store, &scope, at(2)).await.unwrap().cycle;
    record_page(store, &scope, cycle, vec![bill("1", "x")])
        .await
        .unwrap();
    let counted = Outcome::Sweep { counted: Some(2) };
    let report = finish_resource(store, &scope, cycle, bills(), counted, None)
        .await
        .unwrap();
    assert_eq!(
        report,
        ResourceReport {
            present: 2,
            removed: 0,
            whole: false
        }
    );
    let found = completeness(store, &scope, cycle.number()).await.unwrap();
    assert_eq!(
        found.incomplete[0].reason,
        "QuickBooks counts 2 records, but 1 were read"
    );
}

pub(crate) async fn reading_changes_removes_nothing_and_moves_the_cursor(store: &Store) {
    let scope = store.scope();
    sweep(store, vec![bill("1", "x"), bill("2", "x")]).await;
    let cycle = begin_cycle(store, &scope, at(2)).await.unwrap().cycle;
    record_page(store, &scope, cycle, vec![bill("2", "y")])
        .await
        .unwrap();
    let cursor = Some("2026-11-01T06:00:00Z".to_owned());
    let report = finish_resource(store, &scope, cycle, bills(), Outcome::Changes, cursor)
        .await
        .unwrap();
    assert_eq!(
        report,
        ResourceReport {
            present: 2,
            removed: 0,
            whole: true
        }
    );
    let known = cursors(store, &scope, System::QuickBooks).await.unwrap();
    assert_eq!(known[0].value, "2026-11-01T06:00:00Z");
    assert_eq!(known[0].key, bills());
    forget_cursors(store, &scope, System::QuickBooks)
        .await
        .unwrap();
    assert_eq!(
        cursors(store, &scope, System::QuickBooks).await.unwrap(),
        []
    );
}

pub(crate) async fn a_sweep_of_one_project_leaves_the_others_alone(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    let all = vec![requisition(7, 70, "1", "x"), requisition(8, 80, "2", "x")];
    record_page(store, &scope, cycle, all).await.unwrap();
    finish_cycle(store, &scope, cycle, day("2026-10-31"), at(1))
        .await
        .unwrap();

    let cycle = begin_cycle(store, &scope, at(2)).await.unwrap().cycle;
    let seven = key(&requisition(7, 70, "1", ""), Reach::Project(7));
    let report = finish_resource(store, &scope, cycle, seven, SWEEP, None)
        .await
        .unwrap();
    assert_eq!(
        report,
        ResourceReport {
            present: 0,
            removed: 1,
            whole: true
        }
    );
    assert_eq!(
        at_cycle(store, cycle.number()).await,
        [requisition(8, 80, "2", "x")]
    );
}

pub(crate) async fn records_come_in_the_order_of_their_keys_with_ids_as_numbers(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    let sorted = vec![
        requisition(7, 9, "100", "a"),
        requisition(7, 70, "9", "b"),
        requisition(7, 70, "10", "c"),
        requisition(7, 70, "9007199254740993", "d"),
        requisition(10, 1, "1", "e"),
        bill("2", "f"),
        bill("11", "g"),
    ];
    let mut shuffled = sorted.clone();
    shuffled.reverse();
    shuffled.swap(1, 4);
    for record in shuffled {
        record_page(store, &scope, cycle, vec![record])
            .await
            .unwrap();
    }
    assert_eq!(at_cycle(store, cycle.number()).await, sorted);
    let only = read_resource_as_of(
        store,
        &scope,
        cycle.number(),
        System::QuickBooks,
        "Bill".into(),
    );
    assert_eq!(only.await.unwrap().collect().await.unwrap(), sorted[5..]);
}

pub(crate) async fn a_long_resource_is_read_whole_over_many_chunks(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    let all: Vec<_> = (1..=9_001)
        .map(|id| bill(&id.to_string(), &format!("b{id}")))
        .collect();
    let report = record_page(store, &scope, cycle, all.clone())
        .await
        .unwrap();
    assert_eq!(report.added, 9_001);
    assert!(
        at_cycle(store, cycle.number()).await == all,
        "a chunk was lost or out of order"
    );
}

pub(crate) async fn a_record_twice_in_a_page_gets_two_versions(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    let page = vec![bill("1", "before"), bill("2", "x"), bill("1", "after")];
    let report = record_page(store, &scope, cycle, page).await.unwrap();
    assert_eq!(
        report,
        PageReport {
            added: 2,
            changed: 1,
            unchanged: 0
        }
    );
    let now = at_cycle(store, cycle.number()).await;
    assert_eq!(now, [bill("1", "after"), bill("2", "x")]);
}

pub(crate) async fn an_interrupted_cycle_is_taken_up_and_forgets_half_a_sweep(store: &Store) {
    let scope = store.scope();
    sweep(store, vec![bill("1", "x"), bill("2", "x"), bill("3", "x")]).await;
    let first = begin_cycle(store, &scope, at(2)).await.unwrap();
    record_page(
        store,
        &scope,
        first.cycle,
        vec![bill("1", "x"), bill("2", "x")],
    )
    .await
    .unwrap();

    let again = begin_cycle(store, &scope, at(3)).await.unwrap();
    assert!(again.resumed);
    assert_eq!(again.cycle.number(), first.cycle.number());
    assert_eq!(again.finished, []);
    let late = record_page(store, &scope, first.cycle, vec![bill("9", "x")]).await;
    assert!(
        matches!(late, Err(StoreError::Refused(Refusal::CycleNotOpen { .. }))),
        "the earlier run may no longer write: {late:?}"
    );
    // Bill 2 was deleted between the two runs.
    let page = vec![bill("1", "x"), bill("3", "x")];
    record_page(store, &scope, again.cycle, page.clone())
        .await
        .unwrap();
    finish_resource(store, &scope, again.cycle, bills(), SWEEP, None)
        .await
        .unwrap();
    assert_eq!(at_cycle(store, again.cycle.number()).await, page);
}

pub(crate) async fn what_was_proven_before_the_interruption_stays_proven(store: &Store) {
    let scope = store.scope();
    let first = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    record_page(store, &scope, first, vec![bill("1", "x")])
        .await
        .unwrap();
    let done = finish_resource(store, &scope, first, bills(), SWEEP, None)
        .await
        .unwrap();

    let again = begin_cycle(store, &scope, at(1)).await.unwrap();
    assert_eq!(again.finished, [bills()]);
    let twice = finish_resource(store, &scope, again.cycle, bills(), SWEEP, None)
        .await
        .unwrap();
    assert_eq!(
        twice, done,
        "finishing again without reading must remove nothing"
    );
    assert_eq!(at_cycle(store, first.number()).await, [bill("1", "x")]);
}

pub(crate) async fn a_resource_that_nobody_finished_is_incomplete(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    let page = vec![
        bill("1", "x"),
        requisition(7, 70, "1", "x"),
        requisition(8, 80, "1", "x"),
    ];
    record_page(store, &scope, cycle, page).await.unwrap();
    let seven = key(&requisition(7, 70, "1", ""), Reach::Project(7));
    finish_resource(store, &scope, cycle, seven, SWEEP, None)
        .await
        .unwrap();
    finish_cycle(store, &scope, cycle, day("2026-10-31"), at(1))
        .await
        .unwrap();
    let found = completeness(store, &scope, cycle.number())
        .await
        .unwrap()
        .incomplete;
    let found: Vec<_> = found
        .iter()
        .map(|i| (i.resource.as_str(), i.project_id))
        .collect();
    assert_eq!(found, [("requisitions", Some(8)), ("Bill", None)]);
}

pub(crate) async fn what_procore_hides_is_a_blind_spot(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    let hidden = key(&requisition(7, 70, "1", ""), Reach::Project(7));
    let outcome = Outcome::Blind("permission".into());
    finish_resource(store, &scope, cycle, hidden, outcome, None)
        .await
        .unwrap();
    let found = completeness(store, &scope, cycle.number()).await.unwrap();
    assert_eq!(found.incomplete, []);
    assert_eq!(found.blind_spots[0].project_id, Some(7));
    assert_eq!(found.blind_spots[0].reason, "permission");
}

pub(crate) async fn a_finished_cycle_gets_no_more_records(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    finish_cycle(store, &scope, cycle, day("2026-10-31"), at(1))
        .await
        .unwrap();
    let late = record_page(store, &scope, cycle, vec![bill("1", "x")]).await;
    assert!(matches!(
        late,
        Err(StoreError::Refused(Refusal::CycleNotOpen { cycle: 1 }))
    ));
    assert_eq!(at_cycle(store, 1).await, []);
}

pub(crate) async fn a_day_is_answered_by_the_newest_cycle_up_to_it(store: &Store) {
    let scope = store.scope();
    for (hour, as_of) in [(0, "2026-09-30"), (1, "2026-10-31")] {
        let cycle = begin_cycle(store, &scope, at(hour)).await.unwrap().cycle;
        finish_cycle(store, &scope, cycle, day(as_of), at(hour))
            .await
            .unwrap();
    }
    let given_up = begin_cycle(store, &scope, at(2)).await.unwrap().cycle;
    abandon_cycle(store, &scope, given_up, at(3)).await.unwrap();
    let number = |as_of| {
        let scope = store.scope();
        async move {
            cycle_as_of(store, &scope, as_of)
                .await
                .unwrap()
                .map(|c| c.number)
        }
    };
    assert_eq!(number(None).await, Some(2));
    assert_eq!(number(Some(day("2026-10-30"))).await, Some(1));
    assert_eq!(number(Some(day("2026-09-29"))).await, None);
    let unknown = read_as_of(store, &scope, 4).await;
    assert!(matches!(
        unknown,
        Err(StoreError::Refused(Refusal::UnknownCycle { cycle: 4 }))
    ));
}

pub(crate) async fn meters_add_up_over_the_runs_of_a_cycle(store: &Store) {
    let scope = store.scope();
    let reading = |count| MeterReading {
        system: System::QuickBooks,
        meter: "query".to_owned(),
        count,
    };
    let first = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    add_calls(store, &scope, first, reading(3)).await.unwrap();
    let again = begin_cycle(store, &scope, at(1)).await.unwrap().cycle;
    add_calls(store, &scope, again, reading(4)).await.unwrap();
    assert_eq!(
        meter_readings(store, &scope, 1).await.unwrap(),
        [reading(7)]
    );
}

pub(crate) async fn a_cycle_remembers_whose_books_it_read(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    let books = Captured {
        system: System::Procore,
        account_id: "26972".to_owned(),
        captured_at: at(0),
        detail: "{\"time_zone\":\"America/Denver\"}".to_owned(),
    };
    note_capture(store, &scope, cycle, books.clone())
        .await
        .unwrap();
    let resumed = begin_cycle(store, &scope, at(5)).await.unwrap().cycle;
    let later = Captured {
        captured_at: at(5),
        ..books.clone()
    };
    note_capture(store, &scope, resumed, later).await.unwrap();
    assert_eq!(
        captured(store, &scope, 1).await.unwrap(),
        [books],
        "the first moment counts"
    );
}

pub(crate) async fn a_key_that_stands_for_none_is_refused_with_its_page(store: &Store) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    let page = vec![bill("1", "x"), requisition(i64::MIN, 1, "5", "x")];
    let refused = record_page(store, &scope, cycle, page).await;
    assert!(matches!(
        refused,
        Err(StoreError::Refused(Refusal::UnusableKey { .. }))
    ));
    assert_eq!(at_cycle(store, 1).await, []);
}
