//! The contract of decisions.

use figures::source::SourceRef;

use super::at;
use crate::decisions::*;
use crate::{Refusal, Store, StoreError};

fn jobs(project: i64, customers: &[&str]) -> Pair {
    let quickbooks = customers
        .iter()
        .map(|id| SourceRef::quickbooks("Customer", id))
        .collect();
    Pair::try_new(
        "job",
        vec![SourceRef::procore("project", project)],
        quickbooks,
    )
    .unwrap()
}

async fn say(store: &Store, pair: Pair, verdict: Verdict) -> Result<Decision, StoreError> {
    decide(
        store,
        &store.scope(),
        pair,
        verdict,
        Deciding::default(),
        at(0),
    )
    .await
}

pub(crate) async fn the_last_word_about_a_pair_stands(store: &Store) {
    let scope = store.scope();
    say(store, jobs(1, &["10"]), Verdict::Confirmed)
        .await
        .unwrap();
    say(store, jobs(2, &["20"]), Verdict::Refused)
        .await
        .unwrap();
    say(store, jobs(1, &["10"]), Verdict::Refused)
        .await
        .unwrap();
    say(store, jobs(2, &["20"]), Verdict::Withdrawn)
        .await
        .unwrap();
    let standing: Vec<_> = standing(store, &scope)
        .await
        .unwrap()
        .into_iter()
        .map(|decision| (decision.number, decision.pair, decision.verdict))
        .collect();
    assert_eq!(standing, [(3, jobs(1, &["10"]), Verdict::Refused)]);
    let said: Vec<_> = history(store, &scope)
        .await
        .unwrap()
        .iter()
        .map(|d| d.verdict)
        .collect();
    use Verdict::{Confirmed, Refused, Withdrawn};
    assert_eq!(
        said,
        [Confirmed, Refused, Refused, Withdrawn],
        "nothing is forgotten"
    );
}

pub(crate) async fn the_order_of_the_records_makes_no_other_pair(store: &Store) {
    let first = say(store, jobs(1, &["10", "11"]), Verdict::Confirmed)
        .await
        .unwrap();
    let second = say(store, jobs(1, &["11", "10", "10"]), Verdict::Confirmed)
        .await
        .unwrap();
    assert_eq!(first, second);
    assert_eq!(history(store, &store.scope()).await.unwrap().len(), 1);
}

pub(crate) async fn a_record_is_not_confirmed_in_two_pairs(store: &Store) {
    say(store, jobs(1, &["10"]), Verdict::Confirmed)
        .await
        .unwrap();
    for second in [jobs(1, &["20"]), jobs(2, &["10"])] {
        let result = say(store, second, Verdict::Confirmed).await;
        let Err(StoreError::Refused(Refusal::AlreadyPaired { decision: 1, .. })) = result else {
            panic!("not refused: {result:?}");
        };
    }
    say(store, jobs(1, &["20"]), Verdict::Refused)
        .await
        .unwrap();
    say(store, jobs(1, &["10"]), Verdict::Withdrawn)
        .await
        .unwrap();
    say(store, jobs(2, &["10"]), Verdict::Confirmed)
        .await
        .unwrap();
}

pub(crate) async fn there_is_nothing_to_withdraw_without_a_decision(store: &Store) {
    let result = say(store, jobs(1, &["10"]), Verdict::Withdrawn).await;
    assert!(
        matches!(result, Err(StoreError::Refused(Refusal::NoSuchDecision))),
        "{result:?}"
    );
    let side = Pair::try_new("job", vec![SourceRef::procore("project", 1)], Vec::new());
    assert_eq!(side, Err(Refusal::EmptyPair));
}

pub(crate) async fn who_and_why_are_kept(store: &Store) {
    let deciding = Deciding {
        decided_by: Some("controller".to_owned()),
        note: Some("same street, new name 🏗".to_owned()),
        job: None,
    };
    let pair = jobs(1, &["10"]);
    let made = decide(
        store,
        &store.scope(),
        pair,
        Verdict::Confirmed,
        deciding,
        at(0),
    )
    .await;
    assert_eq!(
        standing(store, &store.scope()).await.unwrap(),
        [made.unwrap()]
    );
}
