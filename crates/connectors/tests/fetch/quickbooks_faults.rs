//! Every fault of the QuickBooks sandbox: either the right answer, or a refusal that names the
//! cause.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{
    Kept, Ledger, MemoryVault, conditions, consent, ledger, quickbooks_application,
};
use connectors::fetch::Completeness;
use connectors::http::{Cause, Clock, Limits};
use connectors::meter::Meter;
use connectors::oauth::{ConnectError, Connection, Standing, TokenVault};
use connectors::quickbooks::capabilities::{self, Held};
use connectors::quickbooks::client::{Client, Environment, connect};
use connectors::quickbooks::fetch::{Changes, Plan, all, changes_since};
use sandbox::quickbooks::{Edit, FaultKind, FaultRule};
use serde_json::json;
use smol_str::SmolStr;

/// A few small entities, read in pages of three rows.
fn plan() -> Plan {
    let entities = [
        "CompanyInfo",
        "Preferences",
        "Account",
        "Customer",
        "Vendor",
    ];
    Plan {
        entities: entities.map(SmolStr::new_static).to_vec(),
        page_rows: 3,
    }
}

fn vendor(name: &str) -> Edit {
    Edit {
        action: "create".to_owned(),
        entity: "Vendor".to_owned(),
        id: None,
        body: json!({"DisplayName": name}),
    }
}

pub(crate) async fn company() -> Ledger {
    let ledger = ledger(None).await;
    for n in 0..10 {
        ledger
            .server
            .edit(&ledger.server.realm_id(), &vendor(&format!("Vendor {n}")))
            .unwrap();
    }
    ledger
}

pub(crate) fn rule(nth: Option<u64>, fault: FaultKind) -> FaultRule {
    FaultRule {
        route: "GET /v3/company/*".to_owned(),
        contains: None,
        nth,
        probability: None,
        times: None,
        fault,
    }
}

pub(crate) async fn read(
    ledger: &Ledger,
) -> (
    Kept,
    Result<connectors::fetch::Summary, connectors::http::FetchError>,
) {
    let mut kept = Kept::default();
    let outcome = all(&ledger.client, &plan(), &mut kept).await;
    (kept, outcome)
}

pub(crate) fn bodies(kept: &Kept) -> BTreeMap<(String, String), String> {
    let of = kept.records.values();
    of.map(|record| {
        (
            (record.resource.to_string(), record.external_id.to_string()),
            record.body.clone(),
        )
    })
    .collect()
}

fn passing() -> Vec<FaultKind> {
    vec![
        FaultKind::TimeoutAfterCommit { milliseconds: 5 },
        FaultKind::DropAfterCommit,
        FaultKind::DropBefore,
        FaultKind::CutConnection,
        FaultKind::TruncatedBody,
        FaultKind::Throttled { retry_after: None },
        FaultKind::Throttled {
            retry_after: Some(7),
        },
        FaultKind::Unauthorized,
        FaultKind::ServerError { status: 500 },
        FaultKind::ServerError { status: 503 },
        FaultKind::Html { status: 200 },
        FaultKind::Html { status: 502 },
        FaultKind::FaultInSuccess,
        FaultKind::Slow { milliseconds: 5 },
        FaultKind::DuplicateRows,
        FaultKind::ShuffledRows,
    ]
}

#[tokio::test]
async fn a_fault_that_passes_does_not_change_what_is_read() {
    let ledger = company().await;
    let (undisturbed, outcome) = read(&ledger).await;
    assert_eq!(outcome.unwrap().incomplete, []);
    for fault in passing() {
        for nth in [2, 9] {
            ledger
                .server
                .set_faults(vec![rule(Some(nth), fault.clone())]);
            let (kept, outcome) = read(&ledger).await;
            assert_eq!(
                outcome.expect("the fault passes").incomplete,
                [],
                "{fault:?}"
            );
            assert_eq!(ledger.server.faults_fired(), [1], "{fault:?}");
            assert_eq!(
                bodies(&kept),
                bodies(&undisturbed),
                "{fault:?} at call {nth}"
            );
        }
    }
}

#[tokio::test]
async fn rows_that_come_twice_or_in_any_order_on_every_page_are_still_read_whole() {
    let ledger = company().await;
    let (undisturbed, _) = read(&ledger).await;
    for fault in [FaultKind::DuplicateRows, FaultKind::ShuffledRows] {
        ledger.server.set_faults(vec![rule(None, fault.clone())]);
        let (kept, outcome) = read(&ledger).await;
        assert_eq!(outcome.unwrap().incomplete, [], "{fault:?}");
        assert_eq!(bodies(&kept), bodies(&undisturbed), "{fault:?}");
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_a_refusal_that_names_it() {
    let ledger = company().await;
    let expected = [
        (FaultKind::DropBefore, "broke off"),
        (FaultKind::CutConnection, "broke off"),
        (FaultKind::TruncatedBody, "cut off"),
        (FaultKind::Throttled { retry_after: None }, "rate limit"),
        (
            FaultKind::Throttled {
                retry_after: Some(90_000),
            },
            "asks to wait 90000 seconds",
        ),
        (FaultKind::Forbidden, "was not granted to the application"),
        (
            FaultKind::ServerError { status: 500 },
            "failed with status 500",
        ),
        (FaultKind::Html { status: 200 }, "a web page and not JSON"),
        (FaultKind::FaultInSuccess, "failed with status 200"),
    ];
    for (fault, words) in expected {
        // The company itself answers; the queries do not.
        let mut rule = rule(None, fault.clone());
        rule.route = "GET /v3/company/*/query".to_owned();
        ledger.server.set_faults(vec![rule]);
        let fresh = Client::open(
            &Environment::local(ledger.server.base_url()).unwrap(),
            &ledger.server.realm_id(),
            Arc::new(connection(&ledger)),
            conditions(&ledger.clock),
        )
        .unwrap();
        let mut kept = Kept::default();
        let outcome = all(&fresh, &plan(), &mut kept).await;
        let told = match &outcome {
            Err(error) => error.to_string(),
            Ok(summary) => format!("{:?}", summary.incomplete),
        };
        assert!(
            told.contains(words) && told.contains("QuickBooks"),
            "{fault:?}: {told}"
        );
        for entity in ["Account", "Customer", "Vendor"] {
            let whole = matches!(kept.verdict(entity), Some(Completeness::Whole { .. }));
            assert!(!whole, "{fault:?}: {entity} was called whole");
        }
    }
}

fn connection(ledger: &Ledger) -> Connection {
    Connection::of_person(
        quickbooks_application(&ledger.server),
        Arc::clone(&ledger.vault) as Arc<dyn TokenVault>,
        Arc::clone(&ledger.clock) as Arc<dyn Clock>,
        Limits::default(),
    )
    .unwrap()
}

#[tokio::test]
async fn a_told_wait_is_waited() {
    let ledger = company().await;
    ledger.server.set_faults(vec![rule(
        Some(3),
        FaultKind::Throttled {
            retry_after: Some(30),
        },
    )]);
    let (_, outcome) = read(&ledger).await;
    outcome.unwrap();
    assert!(ledger.clock.waited_since(ledger.start) >= Duration::from_secs(30));
    assert_eq!(ledger.client.meter().reading().retries, 1);
}

#[tokio::test]
async fn edits_between_two_pages_lose_and_invent_nothing() {
    let ledger = company().await;
    let realm = ledger.server.realm_id();
    let (before, _) = read(&ledger).await;
    let deactivated = before
        .ids("Vendor")
        .into_iter()
        .min_by_key(|id| id.parse::<u64>().unwrap());
    let gone = Edit {
        action: "update".to_owned(),
        entity: "Vendor".to_owned(),
        id: deactivated.clone(),
        body: json!({"Active": false}),
    };
    let mut edits = rule(
        None,
        FaultKind::EditBetween {
            edits: vec![gone, vendor("Vendor of the last minute")],
        },
    );
    edits.contains = Some("select * from Vendor".to_owned());
    edits.nth = Some(2);
    ledger.server.set_faults(vec![edits]);
    let (kept, outcome) = read(&ledger).await;
    assert_eq!(outcome.unwrap().incomplete, []);
    ledger.server.set_faults(Vec::new());
    assert_eq!(realm, ledger.client.realm());
    let (after, _) = read(&ledger).await;
    assert_eq!(
        bodies(&kept),
        bodies(&after),
        "as the books are after the edits"
    );
    assert_eq!(after.ids("Vendor").len(), before.ids("Vendor").len() + 1);
    let inactive = after.records.values().find(|record| {
        record.resource == "Vendor" && Some(record.external_id.to_string()) == deactivated
    });
    assert!(
        inactive.unwrap().body.contains("\"Active\":false"),
        "inactive names come as well"
    );
}

#[tokio::test]
async fn changes_come_with_their_tombstones_and_nothing_else() {
    let ledger = company().await;
    let realm = ledger.server.realm_id();
    let invoice = |amount: u32| {
        json!({"CustomerRef": {"value": "58"}, "Line": [{"Amount": amount,
        "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": "11"}}}]})
    };
    let create = |body| Edit {
        action: "create".to_owned(),
        entity: "Invoice".to_owned(),
        id: None,
        body,
    };
    let mut plan = plan();
    plan.entities
        .extend(["Invoice", "TimeActivity"].map(SmolStr::new_static));
    ledger.server.edit(&realm, &create(invoice(100))).unwrap();
    // The cursor's overlap must not reach back to the founding of the company.
    ledger.server.advance_seconds(1_800);
    let mut kept = Kept::default();
    let full = all(&ledger.client, &plan, &mut kept).await.unwrap();
    let id = kept.ids("Invoice").pop().expect("the invoice was read");

    ledger.server.advance_seconds(3_600);
    let delete = Edit {
        action: "delete".to_owned(),
        entity: "Invoice".to_owned(),
        id: Some(id.clone()),
        body: json!({}),
    };
    ledger.server.edit(&realm, &delete).unwrap();
    ledger.server.edit(&realm, &vendor("New vendor")).unwrap();
    let mut changed = Kept::default();
    let changes = changes_since(&ledger.client, &plan, full.cursor, &mut changed)
        .await
        .unwrap();
    let Changes::Read(summary) = changes else {
        panic!("the cursor is fresh")
    };
    assert_eq!(summary.incomplete, []);
    assert_eq!(changed.ids("Invoice"), [id]);
    let tombstone = changed
        .records
        .values()
        .find(|record| record.resource == "Invoice")
        .unwrap();
    assert!(tombstone.body.contains("Deleted"), "{}", tombstone.body);
    let new = changed
        .records
        .values()
        .find(|record| record.resource == "Vendor")
        .unwrap();
    assert!(new.body.contains("New vendor") && changed.ids("Vendor").len() == 1);
    let count = Completeness::Changes {
        records: 0,
        total_now: Some(0),
    };
    assert_eq!(changed.verdict("TimeActivity"), Some(&count));
    assert!(matches!(
        changed.verdict("Preferences"),
        Some(Completeness::Whole { records: 1 })
    ));
}

#[tokio::test]
async fn a_cursor_beyond_the_memory_of_quickbooks_asks_for_a_full_read() {
    let ledger = company().await;
    let (_, outcome) = read(&ledger).await;
    let cursor = outcome.unwrap().cursor;
    ledger.server.expire_tokens();
    ledger.server.advance_seconds(29 * 24 * 3_600 + 1);
    let mut kept = Kept::default();
    let changes = changes_since(&ledger.client, &plan(), cursor, &mut kept)
        .await
        .unwrap();
    assert!(matches!(changes, Changes::TooOld { since, .. } if since == cursor));
    assert!(kept.records.is_empty() && kept.verdicts.is_empty());
}

#[tokio::test]
async fn more_changes_than_one_answer_holds_are_not_cut() {
    let ledger = company().await;
    let realm = ledger.server.realm_id();
    let (_, outcome) = read(&ledger).await;
    let cursor = outcome.unwrap().cursor;
    ledger.server.advance_seconds(3_600);
    for n in 0..1_100 {
        ledger
            .server
            .edit(&realm, &vendor(&format!("Mass vendor {n}")))
            .unwrap();
    }
    let plan = Plan {
        page_rows: 1_000,
        ..plan()
    };
    let mut kept = Kept::default();
    let changes = changes_since(&ledger.client, &plan, cursor, &mut kept)
        .await
        .unwrap();
    assert!(matches!(changes, Changes::Read(summary) if summary.incomplete.is_empty()));
    let mass = kept
        .records
        .values()
        .filter(|record| record.body.contains("Mass vendor"));
    assert_eq!(mass.count(), 1_100);
    assert!(matches!(
        kept.verdict("Vendor"),
        Some(Completeness::Whole { .. })
    ));
    assert!(matches!(
        kept.verdict("Account"),
        Some(Completeness::Changes { .. })
    ));
}

#[tokio::test]
async fn an_expired_token_is_renewed_and_a_withdrawn_grant_asks_for_a_person() {
    let ledger = company().await;
    ledger.server.expire_tokens();
    let (_, outcome) = read(&ledger).await;
    outcome.unwrap();
    ledger.server.revoke_grants(&ledger.server.realm_id());
    let (kept, outcome) = read(&ledger).await;
    let error = outcome.unwrap_err();
    assert!(matches!(error.cause, Cause::NotConnected { .. }), "{error}");
    assert!(kept.verdicts.is_empty(), "nothing is claimed");
    assert!(matches!(
        ledger.vault.stored().standing,
        Standing::NeedsReconnect { .. }
    ));
    // And from now on without a word to the vendor.
    let used = ledger.server.meter();
    let (_, outcome) = read(&ledger).await;
    assert!(outcome.unwrap_err().to_string().contains("not connected"));
    assert_eq!(ledger.server.meter(), used);
}

#[tokio::test]
async fn a_company_named_in_the_browser_is_trusted_only_when_it_answers() {
    let ledger = company().await;
    let environment = Environment::local(ledger.server.base_url()).unwrap();
    let vault = MemoryVault::new();
    let mut application = quickbooks_application(&ledger.server);

    let (login, mut callback) = consent(&mut application, &ledger.clock).await;
    callback.realm_id = Some("9341450000009999".to_owned());
    let forged = connect(
        &environment,
        &application,
        login,
        &callback,
        None,
        vault.as_ref(),
        conditions(&ledger.clock),
    )
    .await;
    assert!(
        matches!(forged, Err(ConnectError::Account(_))),
        "{forged:?}"
    );

    let (login, callback) = consent(&mut application, &ledger.clock).await;
    let bound = Some("9341450000009999");
    let other = connect(
        &environment,
        &application,
        login,
        &callback,
        bound,
        vault.as_ref(),
        conditions(&ledger.clock),
    )
    .await;
    assert!(
        matches!(other, Err(ConnectError::OtherAccount { .. })),
        "{other:?}"
    );
    assert_eq!(
        vault.stored().standing,
        Standing::NotConnected,
        "nothing was kept"
    );
}

#[tokio::test]
async fn the_budget_of_metered_calls_is_a_hard_stop() {
    let ledger = company().await;
    let mut limited = conditions(&ledger.clock);
    limited.meter = Arc::new(Meter::with_budget(5));
    let environment = Environment::local(ledger.server.base_url()).unwrap();
    let client = Client::open(
        &environment,
        ledger.client.realm(),
        Arc::new(connection(&ledger)),
        limited,
    )
    .unwrap();
    let mut kept = Kept::default();
    let error = all(&client, &plan(), &mut kept).await.unwrap_err();
    assert_eq!(error.cause, Cause::BudgetSpent { calls: 5 });
    assert!(
        error
            .to_string()
            .contains("budget of 5 metered QuickBooks calls"),
        "{error}"
    );
}

#[tokio::test]
async fn doctor_sees_the_company_and_how_much_of_what_it_holds() {
    let ledger = company().await;
    let seen = capabilities::read(&ledger.client, &plan()).await.unwrap();
    assert_eq!(seen.company, "Ridgeline Builders LLC");
    assert_eq!(seen.plan.as_deref(), Some("QuickBooks Online Plus"));
    assert!(seen.tracks_customers_on_expenses && seen.projects && !seen.multiple_currencies);
    let (kept, _) = read(&ledger).await;
    assert_eq!(
        seen.entities["Vendor"],
        Held::Count(kept.ids("Vendor").len() as u64)
    );
}

#[tokio::test]
async fn an_answer_beyond_the_size_limit_is_refused_by_name_and_the_rest_is_read() {
    let ledger = company().await;
    let mut small = conditions(&ledger.clock);
    small.limits.body_bytes = 6_000;
    let environment = Environment::local(ledger.server.base_url()).unwrap();
    let client = Client::open(
        &environment,
        ledger.client.realm(),
        Arc::new(connection(&ledger)),
        small,
    )
    .unwrap();
    let plan = Plan {
        page_rows: 1_000,
        ..plan()
    };
    let mut kept = Kept::default();
    let summary = all(&client, &plan, &mut kept).await.unwrap();
    let large: Vec<&str> = summary
        .incomplete
        .iter()
        .map(|what| what.resource.as_str())
        .collect();
    assert_eq!(large, ["Account"], "{:?}", summary.incomplete);
    assert!(
        summary.incomplete[0]
            .reason
            .contains("larger than 6000 bytes")
    );
    assert!(matches!(
        kept.verdict("Vendor"),
        Some(Completeness::Whole { .. })
    ));
}
