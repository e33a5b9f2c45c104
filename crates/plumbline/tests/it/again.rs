use plumbline::again::run;
use sandbox::contractor::Plan;

/// Changes to each contractor, unless `PLUMBLINE_CHANGES` asks for more.
const CHANGES: usize = 24;

#[test]
fn changes_taken_in_one_by_one_give_the_result_of_comparing_everything() {
    let asked = std::env::var("PLUMBLINE_CHANGES");
    let changes = asked.map_or(CHANGES, |text| text.parse().unwrap());
    for seed in [41, 43] {
        let summary = run(&Plan::sized(seed, 7, 2), seed, changes).unwrap();
        assert_eq!(summary.changes, changes);
        // Were everything compared again each time, the test would say nothing.
        assert!(summary.whole * 2 < changes, "{summary:?}");
    }
}
