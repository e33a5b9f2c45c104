//! The life of items, held against a small model over random publications.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::Store;
use crate::contract::{at, day};
use crate::mirror::{begin_cycle, finish_cycle};

const CHECKS: [&str; 2] = ["R01", "R02"];

/// What the model remembers of an item: open, times opened, amount.
type Model = BTreeMap<usize, (bool, usize, i64)>;

#[derive(Debug, Clone)]
struct Step {
    /// Which findings are there, and with what amount.
    found: BTreeMap<usize, i64>,
    proof: Proof,
    /// Published a second time, as after a crash between publishing and finishing.
    repeated: bool,
}

/// Item `n` belongs to one of two jobs and one of two checks.
fn finding(n: usize, amount_cents: i64) -> PublishedFinding {
    PublishedFinding {
        id: format!("fnd_{n}"),
        check: CHECKS[n / 2 % 2].to_owned(),
        project_id: Some((n % 2) as i64),
        also_touches: Vec::new(),
        customer_id: None,
        amount_cents: Some(amount_cents),
        severity: 0,
        body: amount_cents.to_string(),
    }
}

fn proofs() -> impl Strategy<Value = Proof> {
    let part = (prop::option::of(0..2_i64), prop::option::of(0..2_usize)).prop_map(
        |(project_id, check)| Unproven {
            project_id,
            check: check.map(|check| CHECKS[check].to_owned()),
        },
    );
    prop_oneof![
        Just(Proof::Everything),
        Just(Proof::Nothing),
        prop::collection::vec(part, 1..3).prop_map(Proof::Except),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let found = prop::collection::btree_map(0..8_usize, 1..3_i64, 0..8);
    let step = (found, proofs(), any::<bool>()).prop_map(|(found, proof, repeated)| Step {
        found,
        proof,
        repeated,
    });
    prop::collection::vec(step, 1..8)
}

/// The rule once more, in the plainest words.
fn hidden(proof: &Proof, n: usize) -> bool {
    match proof {
        Proof::Everything => false,
        Proof::Nothing => true,
        Proof::Except(parts) => parts.iter().any(|part| {
            let job = part.project_id.is_none() || part.project_id == Some((n % 2) as i64);
            let check = part.check.is_none() || part.check.as_deref() == Some(CHECKS[n / 2 % 2]);
            job && check
        }),
    }
}

fn advance(model: &mut Model, step: &Step) {
    for (n, amount) in &step.found {
        let item = model.entry(*n).or_insert((false, 0, 0));
        item.1 += usize::from(!item.0);
        item.0 = true;
        item.2 = *amount;
    }
    for (n, item) in model.iter_mut() {
        if !step.found.contains_key(n) && !hidden(&step.proof, *n) {
            item.0 = false;
        }
    }
}

async fn publish_step(store: &Store, step: &Step) {
    let scope = store.scope();
    let cycle = begin_cycle(store, &scope, at(0)).await.unwrap().cycle;
    for _ in 0..=usize::from(step.repeated) {
        let publishing = Publishing {
            cycle: cycle.number(),
            as_of: day("2026-10-31"),
            findings: step
                .found
                .iter()
                .map(|(n, amount)| finding(*n, *amount))
                .collect(),
            proof: step.proof.clone(),
        };
        publish(store, &scope, publishing, at(1)).await.unwrap();
    }
    finish_cycle(store, &scope, cycle, day("2026-10-31"), at(1))
        .await
        .unwrap();
}

async fn as_model(store: &Store) -> Model {
    let scope = store.scope();
    let mut model = Model::new();
    for item in list(store, &scope, Filter::default()).await.unwrap() {
        let life = history(store, &scope, &item.id).await.unwrap();
        let opened = life
            .iter()
            .filter(|event| matches!(event.kind, EventKind::Opened | EventKind::Reopened))
            .count();
        let n = item.id.trim_start_matches("fnd_").parse().unwrap();
        let open = item.state == ItemState::Open;
        model.insert(n, (open, opened, item.amount_cents.unwrap()));
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..Default::default() })]

    #[test]
    fn items_live_as_the_model_says(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (store, kept) = crate::contract::opened().await;
            let mut model = Model::new();
            for step in &steps {
                publish_step(&store, step).await;
                advance(&mut model, step);
                assert_eq!(as_model(&store).await, model, "after {step:?}");
            }
            kept.close().await;
        });
    }
}
