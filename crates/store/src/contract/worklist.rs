//! The contract of the worklist; its whole life is in `worklist::lifecycle_tests`.

use super::{at, day};
use crate::mirror::begin_cycle;
use crate::worklist::*;
use crate::{Refusal, Store, StoreError};

fn finding(id: &str, project_id: Option<i64>, severity: i64) -> PublishedFinding {
    PublishedFinding {
        id: id.to_owned(),
        check: "R01_unapplied_payment".to_owned(),
        project_id,
        also_touches: Vec::new(),
        customer_id: None,
        amount_cents: Some(100),
        severity,
        body: format!("{{\"id\":\"{id}\"}}"),
    }
}

async fn publish_all(
    store: &Store,
    findings: Vec<PublishedFinding>,
    proof: Proof,
) -> Result<PublishReport, StoreError> {
    let cycle = begin_cycle(store, &store.scope(), at(0))
        .await?
        .cycle
        .number();
    let publishing = Publishing {
        cycle,
        as_of: day("2026-10-31"),
        findings,
        proof,
    };
    publish(store, &store.scope(), publishing, at(1)).await
}

async fn ids(store: &Store, filter: Filter) -> Vec<String> {
    let items = list(store, &store.scope(), filter).await.unwrap();
    items.into_iter().map(|item| item.id).collect()
}

pub(crate) async fn the_most_severe_come_first_then_the_published_order(store: &Store) {
    let findings = vec![
        finding("c", None, 1),
        finding("a", None, 1),
        finding("z", None, 0),
        finding("b", None, 2),
    ];
    publish_all(store, findings, Proof::Everything)
        .await
        .unwrap();
    assert_eq!(ids(store, Filter::default()).await, ["z", "c", "a", "b"]);
    let two = Filter {
        limit: Some(2),
        ..Filter::default()
    };
    assert_eq!(ids(store, two).await, ["z", "c"]);
}

pub(crate) async fn filters_restrict_the_list(store: &Store) {
    let mut other = finding("b", Some(8), 1);
    other.check = "T02_deposit_in_transit".to_owned();
    other.customer_id = Some("58".to_owned());
    publish_all(
        store,
        vec![finding("a", Some(7), 1), other],
        Proof::Everything,
    )
    .await
    .unwrap();
    let by_job = Filter {
        project_id: Some(7),
        ..Filter::default()
    };
    let by_check = Filter {
        check: Some("T02".to_owned()),
        ..Filter::default()
    };
    let by_customer = Filter {
        customer_id: Some("58".to_owned()),
        ..Filter::default()
    };
    let cleared = Filter {
        state: Some(ItemState::Cleared),
        ..Filter::default()
    };
    assert_eq!(ids(store, by_job).await, ["a"]);
    assert_eq!(ids(store, by_check).await, ["b"]);
    assert_eq!(ids(store, by_customer).await, ["b"]);
    assert_eq!(ids(store, cleared).await, Vec::<String>::new());
}

pub(crate) async fn an_item_stays_while_its_job_is_not_proven(store: &Store) {
    let mut both = finding("both", Some(8), 1);
    both.also_touches = vec![7];
    let all = vec![
        finding("seven", Some(7), 1),
        finding("eight", Some(8), 1),
        finding("nowhere", None, 1),
        both,
    ];
    publish_all(store, all, Proof::Everything).await.unwrap();
    let seven = Unproven {
        project_id: Some(7),
        check: None,
    };
    let report = publish_all(store, Vec::new(), Proof::Except(vec![seven]))
        .await
        .unwrap();
    assert_eq!(report.cleared, ["eight"]);
    assert_eq!(report.unproven, ["both", "nowhere", "seven"]);
    let stays = item(store, &store.scope(), "seven").await.unwrap().unwrap();
    assert_eq!(
        (stays.state, stays.seen_in_newest),
        (ItemState::Open, false)
    );
}

pub(crate) async fn an_item_stays_while_its_check_is_not_sure(store: &Store) {
    let mut other = finding("other", Some(7), 1);
    other.check = "R02_duplicate_bill".to_owned();
    publish_all(
        store,
        vec![finding("a", Some(7), 1), other],
        Proof::Everything,
    )
    .await
    .unwrap();
    let check = Unproven {
        project_id: None,
        check: Some("R02_duplicate_bill".to_owned()),
    };
    let report = publish_all(store, Vec::new(), Proof::Except(vec![check]))
        .await
        .unwrap();
    assert_eq!(
        (report.cleared, report.unproven),
        (vec!["a".to_owned()], vec!["other".to_owned()])
    );
}

pub(crate) async fn a_list_is_refused_whole_when_an_id_is_there_twice(store: &Store) {
    let twice = vec![
        finding("a", None, 1),
        finding("b", None, 1),
        finding("a", None, 2),
    ];
    let result = publish_all(store, twice, Proof::Everything).await;
    assert!(matches!(
        result,
        Err(StoreError::Refused(Refusal::FindingTwice { .. }))
    ));
    assert_eq!(ids(store, Filter::default()).await, Vec::<String>::new());
}

pub(crate) async fn an_older_cycle_cannot_overwrite_the_list(store: &Store) {
    use crate::mirror::finish_cycle;
    let scope = store.scope();
    let first = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    finish_cycle(store, &scope, first, day("2026-10-31"), at(0))
        .await
        .unwrap();
    publish_all(store, vec![finding("a", None, 1)], Proof::Everything)
        .await
        .unwrap();
    for (cycle, what) in [(1, "older"), (9, "unknown")] {
        let publishing = Publishing {
            cycle,
            as_of: day("2026-10-31"),
            findings: Vec::new(),
            proof: Proof::Everything,
        };
        let result = publish(store, &scope, publishing, at(2)).await;
        match (what, result) {
            ("older", Err(StoreError::Refused(Refusal::OlderThanPublished { .. })))
            | ("unknown", Err(StoreError::Refused(Refusal::UnknownCycle { .. }))) => {}
            (what, result) => panic!("{what}: {result:?}"),
        }
    }
    assert_eq!(ids(store, Filter::default()).await, ["a"]);
}

pub(crate) async fn an_item_tells_its_life(store: &Store) {
    let scope = store.scope();
    let mut dearer = finding("a", None, 1);
    dearer.amount_cents = Some(250);
    let steps = [
        vec![finding("a", None, 1)],
        vec![finding("a", None, 1)],
        vec![dearer],
        Vec::new(),
        vec![finding("a", None, 1)],
    ];
    for findings in steps {
        publish_all(store, findings, Proof::Everything)
            .await
            .unwrap();
    }
    let life: Vec<_> = history(store, &scope, "a")
        .await
        .unwrap()
        .iter()
        .map(|event| (event.kind, event.amount_cents))
        .collect();
    use EventKind::{Changed, Cleared, Opened, Reopened};
    let expected = [
        (Opened, Some(100)),
        (Changed, Some(250)),
        (Cleared, Some(250)),
        (Reopened, Some(100)),
    ];
    assert_eq!(life, expected);
    assert_eq!(history(store, &scope, "b").await.unwrap(), []);
}
