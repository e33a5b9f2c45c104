//! The simulated contractor is consistent with itself.

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
