use figures::Measure;
use plumbline::sandboxes::Sandboxes;
use sandbox::procore::{Level, Principal};
use sandbox::quickbooks::{FaultKind, FaultRule};

use crate::app::{App, run, snapshot};

#[test]
fn a_folder_that_was_never_connected_says_so_and_shows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("none").display().to_string();
    for command in [
        &["reconcile", "--format", "json"][..],
        &["worklist"],
        &["bridge"],
        &["cycle"],
        &["explain", "bridge.cost.procore:1"],
        &["snapshot", "export", "out"],
        &["doctor"],
    ] {
        let arguments = [&["--data", &data][..], command].concat();
        let ran = run(&arguments);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (4, ""),
            "{command:?}: {}",
            ran.err
        );
        assert!(ran.err.contains("plumbline connect procore"), "{}", ran.err);
    }
    assert!(
        !folder.path().join("none").exists(),
        "asking creates nothing"
    );
}

#[test]
fn a_snapshot_without_one_system_shows_no_figure_of_either() {
    let folder = tempfile::tempdir().unwrap();
    let dir = snapshot(3, folder.path());
    let head = dir.join("snapshot.json");
    let text = std::fs::read_to_string(&head).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    value.as_object_mut().unwrap().remove("quickbooks");
    std::fs::write(&head, value.to_string()).unwrap();
    let ran = run(&[
        "reconcile",
        "--snapshot",
        &dir.display().to_string(),
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 4);
    let answer = ran.json();
    assert_eq!(answer["not_connected"], serde_json::json!(["quickbooks"]));
    assert_eq!(answer["bridges"], serde_json::json!([]));
    assert!(ran.err.contains("holds no QuickBooks books"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_connection_shows_no_figure_and_says_to_connect_again() {
    let app = App::start(7).await;
    app.cycle().await;
    assert_eq!(app.run(&["reconcile"]).code, 0);
    app.sandboxes.quickbooks.revoke_grants(&app.realm());
    app.sandboxes.quickbooks.expire_tokens();
    let report = app.cycle().await;
    assert!(report.outcome.bridges.is_empty() && report.outcome.findings.is_empty());
    let ran = app.run(&["reconcile", "--format", "json"]);
    assert_eq!(ran.code, 4);
    assert_eq!(
        ran.json()["not_connected"],
        serde_json::json!(["quickbooks"])
    );
    assert!(
        ran.err.contains("plumbline connect quickbooks"),
        "{}",
        ran.err
    );
    let listed = app.run(&["worklist"]);
    assert_eq!(listed.code, 4, "the list is old, and says so");
    assert!(
        listed.out.contains(&app.day().to_string()),
        "every item has its day"
    );
    // Connecting again and reading again is all it takes.
    app.connect().await;
    assert!(app.cycle().await.outcome.refused.is_empty());
    assert_eq!(app.run(&["reconcile"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_is_refreshed_without_a_word() {
    let app = App::start(7).await;
    let first = app.cycle().await;
    app.sandboxes.quickbooks.expire_tokens();
    app.sandboxes.procore.expire_tokens();
    let second = app.cycle().await;
    assert_eq!(second.outcome.refused, []);
    assert_eq!(second.outcome.findings, first.outcome.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blind_spot_takes_its_measures_of_its_job_and_nothing_else() {
    let app = App::start(7).await;
    let whole = app.cycle().await.outcome;
    let job = whole.bridges[0].project_id;
    hide_prime_contracts(&app.sandboxes, job);
    app.connect().await;
    let partly = app.cycle().await.outcome;
    let hidden = |measure| {
        matches!(
            measure,
            Measure::Contract | Measure::Billed | Measure::Retainage | Measure::Received
        )
    };
    assert!(!partly.blind_spots.is_empty());
    assert!(
        partly
            .refused
            .iter()
            .all(|refusal| refusal.reason.contains("access"))
    );
    for bridge in &whole.bridges {
        let shown = partly
            .bridges
            .iter()
            .any(|one| (one.project_id, one.measure) == (bridge.project_id, bridge.measure));
        let must_hide = bridge.project_id == job && hidden(bridge.measure);
        assert!(
            !(must_hide && shown),
            "{} of {job} is shown",
            bridge.measure
        );
        if bridge.project_id != job {
            assert!(
                shown,
                "{} of {} is missing",
                bridge.measure, bridge.project_id
            );
        }
    }
    let ran = app.run(&["bridge", &job.to_string(), "--measure", "billed"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
}

fn hide_prime_contracts(sandboxes: &Sandboxes, job: i64) {
    sandboxes
        .procore
        .set_level(Principal::User, Some(job), "prime_contract", Level::None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_resource_takes_the_measures_that_need_it() {
    let app = App::start(7).await;
    let broken = FaultRule {
        route: "GET /v3/company/*/query".to_owned(),
        contains: Some("from Bill ".to_owned()),
        nth: None,
        probability: None,
        times: None,
        fault: FaultKind::ServerError { status: 500 },
    };
    app.sandboxes.quickbooks.set_faults(vec![broken]);
    let outcome = app.cycle().await.outcome;
    assert!(app.sandboxes.quickbooks.faults_fired()[0] > 0);
    assert!(
        outcome.incomplete.iter().any(|gap| gap.resource == "Bill"),
        "{:?}",
        outcome.incomplete
    );
    assert!(
        outcome
            .bridges
            .iter()
            .all(|bridge| bridge.measure != Measure::Cost)
    );
    assert!(
        outcome
            .bridges
            .iter()
            .any(|bridge| bridge.measure == Measure::Billed)
    );
    let ran = app.run(&["reconcile", "--format", "json"]);
    assert_eq!(ran.code, 4);
    assert!(
        ran.err
            .contains("Bill of QuickBooks could not be read whole"),
        "{}",
        ran.err
    );
    let out = app.file("partly").display().to_string();
    assert_eq!(
        app.run(&["snapshot", "export", &out]).code,
        4,
        "a snapshot cannot say incomplete"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_that_is_too_old_is_shown_only_with_its_day() {
    let app = App::unconnected(7).await;
    // The program's clock is the machine's, which is years later than this.
    app.clock.advance_hours(-100_000);
    app.connect().await;
    app.cycle().await;
    let data = app.data().display().to_string();
    let ran = run(&["--data", &data, "reconcile", "--format", "json"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    assert!(ran.err.contains("longer ago than the limit"), "{}", ran.err);
    let day = app.day().to_string();
    let dated = run(&[
        "--data",
        &data,
        "reconcile",
        "--format",
        "json",
        "--as-of",
        &day,
    ]);
    assert_eq!(dated.code, 0, "{}", dated.err);
    assert_eq!(dated.json()["as_of"], day.as_str());
    let before = run(&["--data", &data, "reconcile", "--as-of", "2001-01-01"]);
    assert_eq!((before.code, before.out.as_str()), (4, ""));
}
