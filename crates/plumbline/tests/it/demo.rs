use crate::app::run;

#[test]
fn the_demo_shows_worklist_and_bridges_and_exits() {
    let ran = run(&["demo", "--once"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for part in [
        "Worklist, the 20 most severe",
        "By class",
        "Job bridges",
        "R01_unapplied_payment",
        "T01_in_transit",
        "retainage_payable",
    ] {
        assert!(ran.out.contains(part), "{part} is missing in {}", ran.out);
    }
    assert!(
        ran.err.contains("connecting to both through OAuth"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("QuickBooks Invoice: "),
        "progress per resource: {}",
        ran.err
    );
}
