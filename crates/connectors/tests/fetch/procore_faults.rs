//! Every fault and every blind spot of the Procore sandbox: either the right answer, or a refusal
//! that names the cause.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use connectors::fetch::{Completeness, Summary};
use connectors::http::{Cause, Clock, FetchError, Limits};
use connectors::oauth::{ConnectError, Connection, Standing, TokenVault};
use connectors::procore::capabilities::{self, Sight};
use connectors::procore::client::{Client, Environment, connect_service_account};
use connectors::procore::fetch::{Plan, all, changes_since};
use sandbox::procore::{Books, Edit, Fault, FaultKind, Level, Principal, RateLimits, Shape};
use sandbox::world::{ProcoreRecord, World};
use serde_json::json;

use crate::support::{Kept, MemoryVault, Office, Rights, conditions, office, procore_application};

/// One project of a small world, and a few workers' days.
pub(crate) fn world() -> World {
    let mut world = sandbox::contractor::generate(&sandbox::contractor::Plan::small(11));
    let project = first_project(&world);
    for (name, rows) in &mut world.procore {
        let of = |row: &ProcoreRecord| match name.as_str() {
            "projects" => row.body["id"] == project,
            _ => row.project_id.is_none_or(|id| id == project),
        };
        rows.retain(of);
        if matches!(name.as_str(), "timecard_entries" | "manpower_logs") {
            rows.truncate(40);
        }
    }
    world
}

/// Small pages, and days enough for the few workers' days that are left.
pub(crate) fn plan(world: &World) -> Plan {
    let from = world
        .as_of
        .checked_sub(jiff::Span::new().months(26))
        .unwrap();
    Plan {
        page_rows: 20,
        ..Plan::new(world.as_of, from)
    }
}

pub(crate) async fn read(office: &Office, plan: &Plan) -> (Kept, Result<Summary, FetchError>) {
    let mut kept = Kept::default();
    let outcome = all(&office.client, plan, &mut kept).await;
    (kept, outcome)
}

pub(crate) fn fault(route: &str, nth: Option<u64>, kind: FaultKind) -> Fault {
    Fault {
        route: route.to_owned(),
        method: None,
        nth,
        times: None,
        per_mille: None,
        fault: kind,
    }
}

pub(crate) type Bodies = BTreeMap<(String, Option<i64>, String), String>;

pub(crate) fn bodies(kept: &Kept) -> Bodies {
    kept.records
        .iter()
        .map(|(key, record)| (key.clone(), record.body.clone()))
        .collect()
}

/// Blind spots as `resource: reason` of one project.
fn blind(kept: &Kept, project: i64) -> BTreeMap<String, String> {
    let of = kept
        .verdicts
        .iter()
        .filter(|((_, of), _)| *of == Some(project));
    of.filter_map(|((resource, _), verdict)| match verdict {
        Completeness::Blind(spot) => Some((resource.clone(), spot.reason.to_string())),
        _ => None,
    })
    .collect()
}

fn first_project(world: &World) -> i64 {
    world.procore["projects"]
        .iter()
        .map(|row| row.body["id"].as_i64().unwrap())
        .min()
        .unwrap()
}

#[tokio::test]
async fn a_fault_that_passes_does_not_change_what_is_read() {
    let world = world();
    let plan = plan(&world);
    let office = office(Books::from(&world), Rights::Person).await;
    let (undisturbed, outcome) = read(&office, &plan).await;
    assert_eq!(outcome.unwrap().incomplete, []);
    let kinds = [
        FaultKind::TimeoutAfterCommit { hold_ms: 5 },
        FaultKind::DropAfterCommit,
        FaultKind::DropConnection,
        FaultKind::TruncatedBody,
        FaultKind::RateLimited { retry_after: None },
        FaultKind::RateLimited {
            retry_after: Some(9),
        },
        FaultKind::Status {
            status: 401,
            retry_after: None,
        },
        FaultKind::Status {
            status: 500,
            retry_after: None,
        },
        FaultKind::Status {
            status: 503,
            retry_after: Some(4),
        },
        FaultKind::HtmlPage { status: 502 },
        FaultKind::HtmlSuccess,
        FaultKind::Slow { ms: 5 },
        FaultKind::DuplicateRows,
        FaultKind::OutOfOrderRows,
    ];
    for (number, kind) in kinds.into_iter().enumerate() {
        // A company list, a project's list, a show, a list under a contract, the permissions.
        let routes = [
            "/rest/v1.0/vendors",
            "/rest/v1.1/requisitions",
            "/rest/v1.0/payment_applications/{id}",
            "/rest/v1.0/contract_payments",
            "/rest/v1.0/settings/permissions",
        ];
        let route = routes[number % routes.len()];
        office
            .server
            .set_faults(vec![fault(route, Some(1), kind.clone())]);
        let (kept, outcome) = read(&office, &plan).await;
        assert_eq!(
            outcome.expect("the fault passes").incomplete,
            [],
            "{kind:?} on {route}"
        );
        assert!(bodies(&kept) == bodies(&undisturbed), "{kind:?} on {route}");
    }
}

#[tokio::test]
async fn a_fault_that_stays_is_incomplete_by_name_and_the_rest_is_read() {
    let world = world();
    let plan = plan(&world);
    let office = office(Books::from(&world), Rights::ServiceAccount).await;
    let kinds = [
        (
            FaultKind::Status {
                status: 500,
                retry_after: None,
            },
            "failed with status 500",
        ),
        (
            FaultKind::HtmlPage { status: 502 },
            "a web page instead of an answer",
        ),
        (FaultKind::HtmlSuccess, "a web page and not JSON"),
        (FaultKind::TruncatedBody, "broke off"),
        (
            FaultKind::Status {
                status: 422,
                retry_after: None,
            },
            "refused the request with status 422",
        ),
    ];
    for (kind, words) in kinds {
        office
            .server
            .set_faults(vec![fault("/rest/v1.0/vendors", None, kind.clone())]);
        let (kept, outcome) = read(&office, &plan).await;
        let summary = outcome.unwrap();
        let [incomplete] = &summary.incomplete[..] else {
            panic!("{kind:?}: {summary:?}")
        };
        assert_eq!(
            (incomplete.resource.as_str(), incomplete.project_id),
            ("vendors", None)
        );
        assert!(
            incomplete.reason.contains(words),
            "{kind:?}: {}",
            incomplete.reason
        );
        assert!(kept.ids("vendors").is_empty());
        assert!(matches!(
            kept.verdict("requisitions"),
            Some(Completeness::Whole { .. })
        ));
    }
}

#[tokio::test]
async fn a_vendor_that_is_down_ends_the_read_soon() {
    let world = world();
    let office = office(Books::from(&world), Rights::ServiceAccount).await;
    let down = FaultKind::Status {
        status: 503,
        retry_after: None,
    };
    office
        .server
        .set_faults(vec![fault("/rest/v1.0/**", None, down)]);
    office.server.clear_requests();
    let (kept, outcome) = read(&office, &plan(&world)).await;
    assert!(matches!(
        outcome.unwrap_err().cause,
        Cause::ServerFault { status: 503, .. }
    ));
    let whole = kept
        .verdicts
        .values()
        .filter(|v| matches!(v, Completeness::Whole { .. }));
    assert_eq!(
        whole.count(),
        1,
        "the list of projects, which is of another version"
    );
    assert!(
        office.server.requests().len() < 60,
        "{}",
        office.server.requests().len()
    );
}

#[tokio::test]
async fn rows_that_move_between_two_pages_are_not_lost() {
    let world = world();
    let plan = Plan {
        page_rows: 5,
        ..plan(&world)
    };
    let office = office(Books::from(&world), Rights::ServiceAccount).await;
    let first = world.procore["vendors"][0].body["id"].as_i64().unwrap();
    let gone = Edit::Delete {
        collection: "vendors".to_owned(),
        id: first,
    };
    let edit = FaultKind::EditBefore { edits: vec![gone] };
    // Page two would begin one row too late.
    office
        .server
        .set_faults(vec![fault("/rest/v1.0/vendors", Some(2), edit)]);
    let (kept, outcome) = read(&office, &plan).await;
    assert_eq!(outcome.unwrap().incomplete, []);
    let came: BTreeSet<String> = kept.ids("vendors").into_iter().collect();
    let held = world.procore["vendors"]
        .iter()
        .map(|row| row.body["id"].to_string());
    let held: BTreeSet<String> = held.filter(|id| *id != first.to_string()).collect();
    assert_eq!(came, held);
}

#[tokio::test]
async fn what_may_not_be_read_is_a_blind_spot_with_its_reason() {
    let world = world();
    let project = first_project(&world);
    let office = office(Books::from(&world), Rights::Person).await;
    let who = Principal::User;
    office
        .server
        .set_level(who, Some(project), "direct_costs", Level::None);
    office
        .server
        .set_level(who, Some(project), "prime_contract", Level::ReadOnly);
    office
        .server
        .set_level(who, Some(project), "commitments", Level::None);
    office.server.set_tool_enabled(project, "budget", false);
    let (kept, outcome) = read(&office, &plan(&world)).await;
    let summary = outcome.unwrap();
    assert_eq!(summary.incomplete, []);
    let expected = [
        ("budget_detail_rows", "tool_disabled"),
        ("change_order_packages", "permission"),
        ("commitment_line_items", "permission"),
        ("contract_payments", "permission"),
        ("direct_costs", "permission"),
        ("prime_contracts", "private_contracts"),
        ("purchase_order_contracts", "permission"),
        ("requisitions", "permission"),
        ("work_order_contracts", "permission"),
    ];
    let expected: BTreeMap<String, String> = expected
        .map(|(name, reason)| (name.to_owned(), reason.to_owned()))
        .into();
    assert_eq!(blind(&kept, project), expected);
    assert_eq!(summary.blind_spots.len(), expected.len());
    // And doctor says the same without reading anything.
    let seen = capabilities::read(&office.client).await.unwrap();
    let of = seen
        .projects
        .iter()
        .find(|row| row.project_id == project)
        .unwrap();
    assert_eq!(
        of.resources["budget_detail_rows"],
        Sight::Blind("tool_disabled")
    );
    assert_eq!(of.resources["direct_costs"], Sight::Blind("permission"));
    assert_eq!(
        of.resources["prime_contracts"],
        Sight::Partial("private_contracts")
    );
    assert_eq!(of.resources["cost_codes"], Sight::Whole);
}

#[tokio::test]
async fn every_error_shape_leads_to_the_same_blind_spot() {
    let world = world();
    let project = first_project(&world);
    let office = office(Books::from(&world), Rights::ServiceAccount).await;
    let who = Principal::ServiceAccount;
    office
        .server
        .set_level(who, Some(project), "direct_costs", Level::None);
    let route = "/rest/v1.1/projects/{project_id}/direct_costs";
    for shape in [
        Shape::E1,
        Shape::E2,
        Shape::E3,
        Shape::E4,
        Shape::E5,
        Shape::E6,
        Shape::E7,
        Shape::E8,
        Shape::E9,
        Shape::E11,
    ] {
        office.server.set_error_shape(route, Some(shape));
        let (kept, outcome) = read(&office, &plan(&world)).await;
        assert_eq!(outcome.unwrap().incomplete, [], "{shape:?}");
        assert_eq!(
            blind(&kept, project)["direct_costs"],
            "permission",
            "{shape:?}"
        );
    }
    // E10 hides a refusal behind status 200: the answer is no list, so it is incomplete.
    office.server.set_error_shape(route, Some(Shape::E10));
    let (_, outcome) = read(&office, &plan(&world)).await;
    let summary = outcome.unwrap();
    assert_eq!(summary.incomplete.len(), 1);
    assert!(
        summary.incomplete[0].reason.contains("not a list"),
        "{:?}",
        summary.incomplete
    );
}

#[tokio::test]
async fn a_project_that_vanishes_is_a_blind_spot_and_not_a_deletion() {
    let world = world();
    let project = first_project(&world);
    let office = office(Books::from(&world), Rights::ServiceAccount).await;
    let (before, _) = read(&office, &plan(&world)).await;
    let known = before
        .ids("projects")
        .iter()
        .map(|id| id.parse().unwrap())
        .collect();
    office
        .server
        .set_member(Principal::ServiceAccount, project, false);
    let (kept, outcome) = read(
        &office,
        &Plan {
            known_projects: known,
            ..plan(&world)
        },
    )
    .await;
    assert_eq!(outcome.unwrap().blind_spots.len(), 1);
    assert_eq!(
        blind(&kept, project),
        [("projects".to_owned(), "not_a_member".to_owned())].into()
    );
}

#[tokio::test]
async fn both_rate_windows_are_obeyed_from_the_headers() {
    let world = world();
    let office = office(Books::from(&world), Rights::ServiceAccount).await;
    let (undisturbed, _) = read(&office, &plan(&world)).await;
    for retry_after in [false, true] {
        let limits = RateLimits {
            hourly: 400,
            spike: 25,
            retry_after,
            jump_to_reset: true,
        };
        office.server.set_limits(limits);
        let before = office.clock.now();
        let (kept, outcome) = read(&office, &plan(&world)).await;
        assert_eq!(outcome.unwrap().incomplete, []);
        assert!(bodies(&kept) == bodies(&undisturbed));
        assert!(office.clock.now().duration_since(before) > jiff::SignedDuration::from_secs(10));
    }
}

#[tokio::test]
async fn a_refresh_whose_answer_is_lost_asks_for_a_person_and_claims_nothing() {
    let world = world();
    let office = office(Books::from(&world), Rights::Person).await;
    office.server.expire_tokens();
    office.server.set_faults(vec![fault(
        "/oauth/token",
        Some(1),
        FaultKind::DropAfterCommit,
    )]);
    let (kept, outcome) = read(&office, &plan(&world)).await;
    let error = outcome.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("cut off after the vendor had replaced the token"),
        "{error}"
    );
    assert!(kept.verdicts.is_empty());
    assert!(matches!(
        office.vault.stored().standing,
        Standing::NeedsReconnect { .. }
    ));
}

#[tokio::test]
async fn a_service_account_has_nothing_to_lose_when_an_answer_is_lost() {
    let world = world();
    let office = office(Books::from(&world), Rights::ServiceAccount).await;
    let (undisturbed, _) = read(&office, &plan(&world)).await;
    office.server.expire_tokens();
    office.server.set_faults(vec![fault(
        "/oauth/token",
        Some(1),
        FaultKind::DropAfterCommit,
    )]);
    let (_, outcome) = read(&office, &plan(&world)).await;
    assert!(matches!(
        outcome.unwrap_err().cause,
        Cause::Interrupted { .. }
    ));
    let (kept, outcome) = read(&office, &plan(&world)).await;
    outcome.unwrap();
    assert!(bodies(&kept) == bodies(&undisturbed));
}

#[tokio::test]
async fn an_application_that_is_not_installed_is_told_so() {
    let world = world();
    let office = office(Books::from(&world), Rights::Person).await;
    office.server.set_installed(false);
    let (kept, outcome) = read(&office, &plan(&world)).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.cause, Cause::NotInstalled);
    assert!(
        error
            .to_string()
            .contains("Install it under App Management"),
        "{error}"
    );
    assert!(kept.verdicts.is_empty());
    let environment =
        Environment::of_hosts(office.server.auth_url(), office.server.api_url()).unwrap();
    let refused = connect_service_account(
        &environment,
        &procore_application(&office.server),
        office.server.company_id(),
        None,
        MemoryVault::new().as_ref(),
        conditions(&office.clock),
    )
    .await;
    assert!(
        matches!(refused, Err(ConnectError::Account(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn changes_are_fewer_calls_and_miss_nothing_that_procore_marks() {
    let world = world();
    let office = office(Books::from(&world), Rights::ServiceAccount).await;
    let (full, outcome) = read(&office, &plan(&world)).await;
    let cursor = outcome.unwrap().cursor;
    let full_calls = office.client.meter().reading().procore;
    office.server.advance(7_200);
    let cost = &world.procore["direct_costs"][0];
    let id = cost.body["id"].as_i64().unwrap();
    let stamp = office
        .server
        .now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let upsert = Edit::Upsert {
        collection: "direct_costs".to_owned(),
        project_id: cost.project_id,
        parent_id: None,
        body: json!({"id": id, "description": "edited", "updated_at": stamp}),
    };
    office.server.edit(&upsert).unwrap();
    let mut kept = Kept::default();
    let summary = changes_since(&office.client, &plan(&world), cursor, &mut kept)
        .await
        .unwrap();
    assert_eq!(summary.incomplete, []);
    assert_eq!(kept.ids("direct_costs"), [id.to_string()]);
    let changed = kept
        .verdicts
        .values()
        .filter(|v| matches!(v, Completeness::Changes { .. }));
    assert!(changed.count() > 0);
    assert_eq!(
        kept.ids("work_order_contracts"),
        full.ids("work_order_contracts")
    );
    let calls = office.client.meter().reading().procore - full_calls;
    assert!(calls < full_calls / 2, "{calls} of {full_calls}");
}

#[tokio::test]
async fn disconnecting_revokes_the_grant_at_procore() {
    let world = world();
    let office = office(Books::from(&world), Rights::Person).await;
    let connection = Connection::of_person(
        procore_application(&office.server),
        Arc::clone(&office.vault) as Arc<dyn TokenVault>,
        Arc::clone(&office.clock) as Arc<dyn Clock>,
        Limits {
            whole: Duration::from_secs(20),
            ..Limits::default()
        },
    )
    .unwrap();
    connection.disconnect().await.unwrap();
    assert_eq!(office.vault.stored().standing, Standing::NotConnected);
    let (_, outcome) = read(&office, &plan(&world)).await;
    assert!(outcome.unwrap_err().to_string().contains("not connected"));
    assert!(Client::company_id(&office.client) == office.server.company_id());
}
