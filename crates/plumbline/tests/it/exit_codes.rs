use sandbox::contractor::{Plan, generate};

use crate::app::{run, snapshot};

#[test]
fn a_wrong_command_line_ends_with_2() {
    for arguments in [
        &["reconcile", "--format", "pdf"][..],
        &["bridge", "--measure", "profit"],
        &["reconcile", "--as-of", "31.10.2026"],
        &["unknown"],
        &[],
    ] {
        assert_eq!(run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn findings_end_with_3_only_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let dir = snapshot(3, folder.path()).display().to_string();
    assert_eq!(run(&["reconcile", "--snapshot", &dir]).code, 0);
    assert_eq!(
        run(&["reconcile", "--snapshot", &dir, "--fail-on-findings"]).code,
        3
    );
    assert_eq!(
        run(&["worklist", "--snapshot", &dir, "--fail-on-findings"]).code,
        3
    );
}

#[test]
fn books_that_agree_end_with_0_even_when_findings_would_fail() {
    let folder = tempfile::tempdir().unwrap();
    let mut plan = Plan::small(3).clean();
    plan.look_alikes = 0;
    generate(&plan).write_snapshot(folder.path()).unwrap();
    let dir = folder.path().display().to_string();
    let ran = run(&["reconcile", "--snapshot", &dir, "--fail-on-findings"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

#[test]
fn a_folder_that_is_no_snapshot_ends_with_1() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&[
        "reconcile",
        "--snapshot",
        &folder.path().display().to_string(),
    ]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("snapshot.json"), "{}", ran.err);
}

#[test]
fn the_exit_codes_stand_in_the_help() {
    let ran = run(&["--help"]);
    assert_eq!(ran.code, 0);
    for part in [
        "0  done",
        "1  internal error",
        "2  wrong command line",
        "3  there are findings",
        "4  refused",
    ] {
        assert!(ran.out.contains(part), "{part}");
    }
}

#[test]
fn two_tables_are_matched_without_any_connection() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let header = "id,vendor,doc_no,amount_cents,date,job\n";
    std::fs::write(
        path("a.csv"),
        format!("{header}a1,Acme,1001,100000,2025-03-01,J\n"),
    )
    .unwrap();
    std::fs::write(
        path("b.csv"),
        format!("{header}b1,Acme Inc,1001,100000,2025-03-02,J\n"),
    )
    .unwrap();
    let ran = run(&[
        "match",
        &path("a.csv"),
        &path("b.csv"),
        "--out",
        &path("pairs.csv"),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        std::fs::read_to_string(path("pairs.csv"))
            .unwrap()
            .contains("a1,b1,")
    );
}
