//! Every fault of both sandboxes in turn: the right answer, or a refusal that names the cause.

use backoffice::reconcile::result::Reconciliation;
use sandbox::procore::{Edit as OfficeEdit, Fault, FaultKind as OfficeFault};
use sandbox::quickbooks::{Edit, FaultKind, FaultRule};
use serde_json::json;

use crate::app::App;

/// What a fault must not do: give other figures without a word.
fn judge(name: &str, undisturbed: &Reconciliation, outcome: &Reconciliation) -> bool {
    let right = serde_json::to_string(undisturbed).unwrap();
    if serde_json::to_string(outcome).unwrap() == right {
        return true;
    }
    assert!(
        !outcome.refused.is_empty(),
        "{name} changed the answer without a refusal"
    );
    for refusal in &outcome.refused {
        let names_it = refusal.reason.contains("QuickBooks") || refusal.reason.contains("Procore");
        assert!(names_it, "{name}: {}", refusal.reason);
    }
    for bridge in &outcome.bridges {
        let same = undisturbed
            .bridges
            .iter()
            .find(|one| (one.project_id, one.measure) == (bridge.project_id, bridge.measure));
        let totals = same.map(|one| (one.procore, one.quickbooks));
        assert_eq!(totals, Some((bridge.procore, bridge.quickbooks)), "{name}");
    }
    false
}

fn ledger_faults() -> Vec<(FaultKind, bool)> {
    // The second member: whether the fault passes, so that the answer must be right.
    vec![
        (FaultKind::TimeoutAfterCommit { milliseconds: 5 }, true),
        (FaultKind::DropAfterCommit, true),
        (FaultKind::DropBefore, true),
        (FaultKind::CutConnection, true),
        (FaultKind::TruncatedBody, true),
        (FaultKind::Throttled { retry_after: None }, true),
        (
            FaultKind::Throttled {
                retry_after: Some(7),
            },
            true,
        ),
        (FaultKind::Unauthorized, true),
        (FaultKind::Forbidden, false),
        (FaultKind::ServerError { status: 500 }, true),
        (FaultKind::ServerError { status: 503 }, true),
        (FaultKind::Html { status: 200 }, true),
        (FaultKind::Html { status: 502 }, true),
        (FaultKind::FaultInSuccess, true),
        (FaultKind::Slow { milliseconds: 5 }, true),
        (FaultKind::DuplicateRows, true),
        (FaultKind::ShuffledRows, true),
    ]
}

fn ledger_rule(nth: Option<u64>, fault: FaultKind) -> FaultRule {
    FaultRule {
        route: "GET /v3/company/*".to_owned(),
        contains: None,
        nth,
        probability: None,
        times: None,
        fault,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_quickbooks_gives_the_right_answer_or_a_refusal() {
    let app = App::start(7).await;
    let undisturbed = app.cycle().await.outcome;
    for (fault, passes) in ledger_faults() {
        let name = format!("{fault:?}");
        app.connect().await;
        app.sandboxes
            .quickbooks
            .set_faults(vec![ledger_rule(Some(40), fault)]);
        let outcome = app.cycle().await.outcome;
        assert_eq!(app.sandboxes.quickbooks.faults_fired(), [1], "{name}");
        let right = judge(&name, &undisturbed, &outcome);
        assert!(
            right || !passes,
            "{name} passes, but: {:?}",
            outcome.refused
        );
        app.sandboxes.quickbooks.set_faults(Vec::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quickbooks_that_stays_broken_is_refused_and_repaired_by_the_next_cycle() {
    let app = App::start(7).await;
    let undisturbed = app.cycle().await.outcome;
    for fault in [
        FaultKind::DropBefore,
        FaultKind::TruncatedBody,
        FaultKind::Throttled {
            retry_after: Some(90_000),
        },
        FaultKind::Unauthorized,
        FaultKind::Forbidden,
        FaultKind::ServerError { status: 502 },
        FaultKind::Html { status: 200 },
        FaultKind::FaultInSuccess,
    ] {
        let name = format!("{fault:?}");
        app.sandboxes.quickbooks.set_faults(Vec::new());
        app.connect().await;
        app.sandboxes
            .quickbooks
            .set_faults(vec![ledger_rule(None, fault)]);
        let outcome = app.cycle().await.outcome;
        assert!(
            !judge(&name, &undisturbed, &outcome),
            "{name} cannot give an answer"
        );
        assert!(
            outcome.findings.is_empty() && outcome.bridges.is_empty(),
            "{name}"
        );
    }
    app.sandboxes.quickbooks.set_faults(Vec::new());
    app.connect().await;
    let repaired = app.cycle().await.outcome;
    assert!(
        judge("nothing", &undisturbed, &repaired),
        "it is not repaired"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_edits_while_quickbooks_is_read_is_not_missed() {
    let app = App::start(7).await;
    app.cycle().await;
    app.connect().await;
    let vendor = Edit {
        action: "create".to_owned(),
        entity: "Vendor".to_owned(),
        id: None,
        body: json!({"DisplayName": "Edited In Between Inc"}),
    };
    let rule = ledger_rule(
        Some(60),
        FaultKind::EditBetween {
            edits: vec![vendor],
        },
    );
    app.sandboxes.quickbooks.set_faults(vec![rule]);
    let report = app.cycle().await;
    assert_eq!(app.sandboxes.quickbooks.faults_fired(), [1]);
    let ledger = report.loaded.books.ledger.as_ref();
    let seen = ledger.is_some_and(|books| {
        books
            .vendors
            .iter()
            .any(|vendor| vendor.name == "Edited In Between Inc")
    });
    assert!(seen || !report.outcome.refused.is_empty());
}

fn office_faults() -> Vec<(OfficeFault, bool)> {
    vec![
        (OfficeFault::TimeoutAfterCommit { hold_ms: 5 }, true),
        (OfficeFault::DropAfterCommit, true),
        (OfficeFault::DropConnection, true),
        (OfficeFault::TruncatedBody, true),
        (OfficeFault::RateLimited { retry_after: None }, true),
        (
            OfficeFault::RateLimited {
                retry_after: Some(3),
            },
            true,
        ),
        (
            OfficeFault::Status {
                status: 401,
                retry_after: None,
            },
            true,
        ),
        (
            OfficeFault::Status {
                status: 403,
                retry_after: None,
            },
            false,
        ),
        (
            OfficeFault::Status {
                status: 404,
                retry_after: None,
            },
            false,
        ),
        (
            OfficeFault::Status {
                status: 500,
                retry_after: None,
            },
            true,
        ),
        (
            OfficeFault::Status {
                status: 503,
                retry_after: Some(2),
            },
            true,
        ),
        (OfficeFault::HtmlPage { status: 502 }, true),
        (OfficeFault::HtmlSuccess, true),
        (OfficeFault::Slow { ms: 5 }, true),
        (OfficeFault::DuplicateRows, true),
        (OfficeFault::OutOfOrderRows, true),
    ]
}

fn office_rule(route: &str, nth: Option<u64>, fault: OfficeFault) -> Fault {
    Fault {
        route: route.to_owned(),
        method: Some("GET".to_owned()),
        nth,
        times: nth.map(|_| 1),
        per_mille: None,
        fault,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_procore_gives_the_right_answer_or_a_refusal() {
    let app = App::start(7).await;
    let undisturbed = app.cycle().await.outcome;
    for (fault, passes) in office_faults() {
        let name = format!("{fault:?}");
        app.connect().await;
        let rule = office_rule("/rest/v1.0/requisitions", Some(2), fault.clone());
        let other = office_rule("/rest/v1.0/vendors", Some(1), fault);
        app.sandboxes.procore.set_faults(vec![rule, other]);
        let outcome = app.cycle().await.outcome;
        let right = judge(&name, &undisturbed, &outcome);
        assert!(
            right || !passes,
            "{name} passes, but: {:?}",
            outcome.refused
        );
        assert!(passes || !right, "{name} must be told");
        app.sandboxes.procore.set_faults(Vec::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_procore_that_stays_broken_is_refused_and_repaired_by_the_next_cycle() {
    let app = App::start(7).await;
    let undisturbed = app.cycle().await.outcome;
    for fault in [
        OfficeFault::DropConnection,
        OfficeFault::TruncatedBody,
        OfficeFault::RateLimited {
            retry_after: Some(90_000),
        },
        OfficeFault::Status {
            status: 401,
            retry_after: None,
        },
        OfficeFault::Status {
            status: 403,
            retry_after: None,
        },
        OfficeFault::Status {
            status: 500,
            retry_after: None,
        },
        OfficeFault::HtmlSuccess,
    ] {
        let name = format!("{fault:?}");
        app.sandboxes.procore.set_faults(Vec::new());
        app.connect().await;
        app.sandboxes
            .procore
            .set_faults(vec![office_rule("/rest/**", None, fault)]);
        let outcome = app.cycle().await.outcome;
        assert!(
            !judge(&name, &undisturbed, &outcome),
            "{name} cannot give an answer"
        );
        assert!(
            outcome.findings.is_empty() && outcome.bridges.is_empty(),
            "{name}"
        );
    }
    app.sandboxes.procore.set_faults(Vec::new());
    app.connect().await;
    let repaired = app.cycle().await.outcome;
    assert!(
        judge("nothing", &undisturbed, &repaired),
        "it is not repaired"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_edits_while_procore_is_read_is_seen_or_told() {
    let app = App::start(7).await;
    let first = app.cycle().await;
    let job = first.outcome.bridges[0].project_id;
    app.connect().await;
    let edit = OfficeEdit::Upsert {
        collection: "projects".to_owned(),
        project_id: Some(job),
        parent_id: None,
        body: json!({"id": job, "name": "Renamed In Between"}),
    };
    let fault = OfficeFault::EditBefore { edits: vec![edit] };
    let rule = office_rule("/rest/v1.1/projects", Some(1), fault);
    app.sandboxes.procore.set_faults(vec![rule]);
    let report = app.cycle().await;
    let name = report.loaded.job_names().remove(&job);
    assert!(name.as_deref() == Some("Renamed In Between") || !report.outcome.refused.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_whose_answer_is_lost_is_told_and_repaired_by_connecting() {
    let app = App::start(7).await;
    let undisturbed = app.cycle().await.outcome;
    let cut_ledger = FaultRule {
        route: "POST /oauth2/v1/tokens/bearer".to_owned(),
        ..ledger_rule(Some(1), FaultKind::DropAfterCommit)
    };
    app.sandboxes.quickbooks.expire_tokens();
    app.sandboxes.quickbooks.set_faults(vec![cut_ledger]);
    let outcome = app.cycle().await.outcome;
    assert_eq!(app.sandboxes.quickbooks.faults_fired(), [1]);
    assert!(outcome.refused.iter().any(|one| {
        one.reason.contains("QuickBooks") && one.reason.contains("an earlier refresh was cut off")
    }));
    assert!(outcome.bridges.is_empty());
    app.connect().await;

    let cut_office = Fault {
        method: Some("POST".to_owned()),
        ..office_rule("/oauth/token", Some(1), OfficeFault::DropAfterCommit)
    };
    app.sandboxes.procore.expire_tokens();
    app.sandboxes.procore.set_faults(vec![cut_office]);
    let outcome = app.cycle().await.outcome;
    assert!(outcome.refused.iter().any(|one| {
        one.reason.contains("Procore") && one.reason.contains("an earlier refresh was cut off")
    }));
    assert!(outcome.bridges.is_empty());
    app.connect().await;
    let repaired = app.cycle().await.outcome;
    assert!(judge("a lost refresh", &undisturbed, &repaired));
}
