//! The contract of results and receipts.

use super::{at, day};
use crate::results::*;
use crate::{Refusal, Store, StoreError};

fn result(cycle: i64, body: &str, value: &str) -> NewResult {
    let receipt = |id: &str| FigureReceipt {
        figure_id: id.to_owned(),
        definition: "bridge.billed.procore@1".to_owned(),
        value: value.to_owned(),
        inputs: "[]".to_owned(),
    };
    NewResult {
        cycle,
        as_of: day("2026-10-31"),
        body: body.to_owned(),
        receipts: (0..70).map(|n| receipt(&format!("fig_{n}"))).collect(),
    }
}

async fn one_cycle(store: &Store) -> i64 {
    super::super::mirror::begin_cycle(store, &store.scope(), at(0))
        .await
        .unwrap()
        .cycle
        .number()
}

pub(crate) async fn a_figure_is_found_with_its_newest_receipt(store: &Store) {
    let scope = store.scope();
    let cycle = one_cycle(store).await;
    save(store, &scope, result(cycle, "{\"n\":1}", "100"), at(1))
        .await
        .unwrap();
    save(store, &scope, result(cycle, "{\"n\":2}", "200"), at(2))
        .await
        .unwrap();
    let found = receipt(store, &scope, "fig_69").await.unwrap().unwrap();
    assert_eq!(
        (found.result, found.cycle, found.receipt.value.as_str()),
        (2, cycle, "200")
    );
    assert_eq!(receipts(store, &scope, "fig_69").await.unwrap().len(), 2);
    assert_eq!(receipt(store, &scope, "fig_70").await.unwrap(), None);
    let newest = newest(store, &scope, None).await.unwrap().unwrap();
    assert_eq!((newest.number, newest.body.as_str()), (2, "{\"n\":2}"));
}

pub(crate) async fn the_same_result_is_kept_once(store: &Store) {
    let scope = store.scope();
    let cycle = one_cycle(store).await;
    let first = save(store, &scope, result(cycle, "{}", "1"), at(1))
        .await
        .unwrap();
    let second = save(store, &scope, result(cycle, "{}", "1"), at(2))
        .await
        .unwrap();
    assert_eq!(first, second);
    let unknown = save(store, &scope, result(cycle + 1, "{}", "1"), at(3)).await;
    assert!(matches!(
        unknown,
        Err(StoreError::Refused(Refusal::UnknownCycle { .. }))
    ));
}

pub(crate) async fn a_figure_twice_in_a_result_keeps_nothing_of_it(store: &Store) {
    let scope = store.scope();
    let cycle = one_cycle(store).await;
    let mut twice = result(cycle, "{}", "1");
    twice.receipts.push(twice.receipts[0].clone());
    assert!(save(store, &scope, twice, at(1)).await.is_err());
    assert_eq!(newest(store, &scope, None).await.unwrap(), None);
    assert_eq!(receipt(store, &scope, "fig_0").await.unwrap(), None);
}

pub(crate) async fn cards_are_those_of_the_newest_result_in_the_form_that_is_known(store: &Store) {
    let scope = store.scope();
    let cycle = one_cycle(store).await;
    for body in ["{\"n\":1}", "{\"n\":2}"] {
        save(store, &scope, result(cycle, body, "1"), at(1))
            .await
            .unwrap();
    }
    let of = |result: i64, body: &str| Cards {
        result,
        form: 7,
        body: body.to_owned(),
    };
    let kept = async |result: i64, form: i64| cards(store, &scope, result, form).await.unwrap();
    assert_eq!(kept(1, 7).await, None);
    keep_cards(store, &scope, of(1, "one")).await.unwrap();
    assert_eq!(kept(1, 7).await.as_deref(), Some("one"));
    keep_cards(store, &scope, of(2, "two")).await.unwrap();
    keep_cards(store, &scope, of(1, "late")).await.unwrap();
    assert_eq!(kept(1, 7).await, None);
    assert_eq!(kept(2, 7).await.as_deref(), Some("two"));
    assert_eq!(kept(2, 8).await, None, "another form is not read");
    assert!(keep_cards(store, &scope, of(3, "none")).await.is_err());
}
