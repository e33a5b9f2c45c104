//! The simulated contractor is consistent with itself.

use std::collections::BTreeSet;

use sandbox::contractor::{CLASSES, Plan, generate};

fn assert_explained(plan: &Plan) {
    let world = generate(plan);
    for bridge in &world.truth.bridges {
        let explained: i64 = world
            .truth
            .findings
            .iter()
            .flat_map(|finding| &finding.effects)
            .filter(|effect| {
                effect.project_id == bridge.project_id && effect.measure == bridge.measure
            })
            .map(|effect| effect.amount_cents)
            .sum();
        assert_eq!(
            bridge.procore_cents - bridge.quickbooks_cents,
            explained,
            "seed {} project {} {}: {bridge:?}",
            plan.seed,
            bridge.project_id,
            bridge.measure,
        );
    }
}

#[test]
fn without_plantings_both_systems_agree_to_the_cent() {
    for seed in 0..10 {
        assert_explained(&Plan::small(seed).clean());
    }
    assert_explained(&Plan::medium(7).clean());
}

#[test]
fn every_bridge_difference_is_the_sum_of_the_planted_effects() {
    for seed in 0..20 {
        assert_explained(&Plan::small(seed));
    }
    for seed in 0..5 {
        assert_explained(&Plan::medium(seed));
    }
    assert_explained(&Plan::demo());
}

#[test]
fn a_medium_world_plants_every_class() {
    for seed in [0, 3, 6] {
        let world = generate(&Plan::medium(seed));
        for code in CLASSES {
            assert!(
                world
                    .truth
                    .findings
                    .iter()
                    .any(|finding| finding.code == code),
                "seed {seed} has no {code}"
            );
        }
    }
}

#[test]
fn no_look_alike_is_evidence_of_a_planted_finding() {
    for seed in 0..6 {
        let world = generate(&Plan::medium(seed));
        let alike: BTreeSet<_> = world
            .truth
            .look_alikes
            .iter()
            .flat_map(|alike| &alike.records)
            .collect();
        assert!(alike.len() > 60, "only {} look-alike records", alike.len());
        for finding in &world.truth.findings {
            for record in &finding.records {
                assert!(
                    !alike.contains(record),
                    "seed {seed}: {record:?} is in {finding:?}"
                );
            }
        }
    }
}

#[test]
fn no_two_findings_start_from_the_same_record() {
    for seed in 0..6 {
        let world = generate(&Plan::medium(seed));
        let mut seen = BTreeSet::new();
        for finding in &world.truth.findings {
            assert!(seen.insert(&finding.records[0]), "seed {seed}: {finding:?}");
        }
    }
}
