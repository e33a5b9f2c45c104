//! Everything that can be asked for: one flat list, grouped by screen.
//!
//! Each entry names what it needs, and nothing is routed that is not in the list, so that a test
//! can walk it. A route whose reader may lack a right is refused before its handler runs.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

use super::access::{Action, Needs, authorise};
use super::error::AppError;
use super::house::House;
use super::in_time::{Within, arrives_in_time};
use super::signin::{pages, setup};
use super::{
    account, api, approvals, assets, audit, connections, figures, find, headers, health, hooks,
    jobs, matches, observe, people, settings, today, visitor, worklist,
};

/// One entry of the list.
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    handler: MethodRouter<Arc<House>>,
}

fn at(
    method: Method,
    path: &'static str,
    needs: Needs,
    handler: MethodRouter<Arc<House>>,
) -> Route {
    Route {
        method,
        path,
        needs,
        handler,
    }
}

fn read(path: &'static str, action: Action, handler: MethodRouter<Arc<House>>) -> Route {
    at(Method::GET, path, Needs::May(action), handler)
}

fn change(path: &'static str, action: Action, handler: MethodRouter<Arc<House>>) -> Route {
    at(Method::POST, path, Needs::May(action), handler)
}

fn open(path: &'static str, handler: MethodRouter<Arc<House>>) -> Route {
    at(Method::GET, path, Needs::Nothing, handler)
}

fn send(path: &'static str, handler: MethodRouter<Arc<House>>) -> Route {
    at(Method::POST, path, Needs::Nothing, handler)
}

/// The list.
#[must_use]
pub fn routes() -> Vec<Route> {
    use Action::{
        Approve, ChangeSettings, DecideMatches, Delegate, EraseCompany, ManageConnections,
        ManagePeople, Prepare, ReadAudit, ReadBooks, ReadConnections, ReadPeople, ReadSettings,
        RunCycle, TakeEverything,
    };
    vec![
        // Supervisors.
        at(Method::GET, "/health", Needs::Probe, get(health::health)),
        at(Method::GET, "/ready", Needs::Probe, get(health::ready)),
        // Style, script, type.
        open("/assets/{folder}/{name}", get(assets::asset)),
        // The door.
        open("/setup", get(setup::page)),
        send("/setup", post(setup::send)),
        open("/sign-in", get(pages::sign_in)),
        send("/sign-in", post(pages::sign_in_now)),
        open("/sign-in/forgotten", get(pages::forgotten)),
        send("/sign-in/forgotten", post(pages::forgotten_now)),
        open("/sign-in/reset/{token}", get(pages::reset)),
        send("/sign-in/reset/{token}", post(pages::reset_now)),
        open("/invitation/{token}", get(pages::invitation)),
        send("/invitation/{token}", post(pages::invitation_now)),
        at(
            Method::POST,
            "/invitation/{token}/join",
            Needs::Person,
            post(pages::join),
        ),
        at(
            Method::GET,
            "/sign-in/factor",
            Needs::Password,
            get(pages::factor),
        ),
        at(
            Method::POST,
            "/sign-in/factor",
            Needs::Password,
            post(pages::factor_now),
        ),
        at(
            Method::GET,
            "/sign-in/set-up",
            Needs::Password,
            get(pages::set_up_factor),
        ),
        at(
            Method::POST,
            "/sign-in/set-up",
            Needs::Password,
            post(pages::set_up_factor_now),
        ),
        at(
            Method::POST,
            "/sign-in/set-up/prepare",
            Needs::Password,
            post(pages::prepare_factor),
        ),
        at(
            Method::POST,
            "/sign-out",
            Needs::Password,
            post(pages::sign_out),
        ),
        // My account.
        at(Method::GET, "/account", Needs::Person, get(account::page)),
        at(
            Method::POST,
            "/account/password",
            Needs::Person,
            post(account::password),
        ),
        at(
            Method::POST,
            "/account/sessions/end",
            Needs::Person,
            post(account::end_session),
        ),
        at(
            Method::POST,
            "/account/tokens",
            Needs::Person,
            post(account::make_token),
        ),
        at(
            Method::POST,
            "/account/tokens/revoke",
            Needs::Person,
            post(account::revoke_token),
        ),
        at(
            Method::POST,
            "/account/letter",
            Needs::Person,
            post(account::letter),
        ),
        at(
            Method::POST,
            "/account/company",
            Needs::Person,
            post(account::company),
        ),
        // People and roles.
        read("/people", ReadPeople, get(people::page)),
        change("/people/invite", ManagePeople, post(people::invite)),
        change(
            "/people/invite/withdraw",
            ManagePeople,
            post(people::withdraw),
        ),
        change(
            "/people/proposals/{id}/confirm",
            ManagePeople,
            post(people::proposals::confirm),
        ),
        change(
            "/people/proposals/{id}/refuse",
            ManagePeople,
            post(people::proposals::refuse),
        ),
        change(
            "/people/proposals/{id}/withdraw",
            ManagePeople,
            post(people::proposals::withdraw),
        ),
        change("/people/{id}/give", ManagePeople, post(people::give)),
        change("/people/{id}/take", ManagePeople, post(people::take)),
        change("/people/{id}/disable", ManagePeople, post(people::disable)),
        change("/people/{id}/cover", Delegate, post(people::cover)),
        change("/people/{id}/cover/end", Delegate, post(people::end_cover)),
        // For programs.
        open("/api/v1/openapi.json", get(api::description)),
        at(
            Method::GET,
            "/api/v1/worklist",
            Needs::TokenMay(ReadBooks),
            get(api::worklist),
        ),
        at(
            Method::GET,
            "/api/v1/bridges",
            Needs::TokenMay(ReadBooks),
            get(api::bridges),
        ),
        at(
            Method::GET,
            "/api/v1/figures/{id}",
            Needs::TokenMay(ReadBooks),
            get(api::figure),
        ),
        // Today.
        read("/", ReadBooks, get(today::page)),
        // Worklist.
        read("/worklist", ReadBooks, get(worklist::list)),
        read("/worklist/{id}", ReadBooks, get(worklist::item)),
        // Approvals.
        read("/approvals", ReadBooks, get(approvals::list)),
        read(
            "/approvals/together",
            Approve,
            get(approvals::together::page),
        ),
        change(
            "/approvals/together",
            Approve,
            post(approvals::together::approve),
        ),
        read("/approvals/{id}", ReadBooks, get(approvals::page)),
        change("/approvals/{id}/approve", Approve, post(approvals::approve)),
        change("/approvals/{id}/decline", Approve, post(approvals::decline)),
        change(
            "/approvals/{id}/take-back",
            Prepare,
            post(approvals::back::exactly),
        ),
        change(
            "/approvals/{id}/take-back/instead",
            Prepare,
            post(approvals::back::instead),
        ),
        read("/approvals/{id}/edit", Prepare, get(approvals::edit::page)),
        change("/approvals/{id}/edit", Prepare, post(approvals::edit::save)),
        change("/approvals/{id}/document", Prepare, post(approvals::add)),
        read("/documents/{id}", ReadBooks, get(approvals::document)),
        // Reconciliation.
        read("/jobs", ReadBooks, get(jobs::all)),
        read("/jobs/{id}", ReadBooks, get(jobs::job)),
        read("/jobs/{id}/bridge/{measure}", ReadBooks, get(jobs::bridge)),
        // Figures.
        read("/figures/{id}", ReadBooks, get(figures::figure)),
        // Matches.
        read("/matches", ReadBooks, get(matches::page)),
        change("/matches", DecideMatches, post(matches::decide)),
        // Finding.
        read("/find", ReadBooks, get(find::page)),
        // Connections.
        read("/connections", ReadConnections, get(connections::page)),
        read(
            "/connections/progress",
            ReadConnections,
            get(connections::progress),
        ),
        change("/connections/read", RunCycle, post(connections::read_now)),
        change(
            "/connections/jobs/retry",
            ManageConnections,
            post(connections::retry),
        ),
        change(
            "/connections/hook",
            ManageConnections,
            post(connections::make_hook),
        ),
        change(
            "/connections/hook/end",
            ManageConnections,
            post(connections::end_hook),
        ),
        read(
            "/connections/{system}/set-up",
            ManageConnections,
            get(connections::set_up),
        ),
        change(
            "/connections/{system}/set-up",
            ManageConnections,
            post(connections::enter),
        ),
        change(
            "/connections/{system}/connect",
            ManageConnections,
            post(connections::connect),
        ),
        change(
            "/connections/{system}/disconnect",
            ManageConnections,
            post(connections::disconnect),
        ),
        read(
            "/connect/{system}/callback",
            ManageConnections,
            get(connections::callback),
        ),
        // Audit.
        read("/audit", ReadAudit, get(audit::page)),
        change("/audit/copy", ReadAudit, post(audit::copy)),
        // What vendors announce.
        at(
            Method::POST,
            "/hooks/quickbooks",
            Needs::Proof,
            post(hooks::quickbooks),
        ),
        at(
            Method::POST,
            "/hooks/procore/{token}",
            Needs::Proof,
            post(hooks::procore),
        ),
        // Settings.
        read("/settings", ReadSettings, get(settings::page)),
        change("/settings", ChangeSettings, post(settings::save)),
        change("/settings/release", ChangeSettings, post(settings::release)),
        change(
            "/settings/writes",
            ChangeSettings,
            post(settings::writes::save),
        ),
        change(
            "/settings/writes/proposals/{id}/confirm",
            ChangeSettings,
            post(settings::switching::confirm),
        ),
        change(
            "/settings/writes/proposals/{id}/refuse",
            ChangeSettings,
            post(settings::switching::refuse),
        ),
        change(
            "/settings/writes/proposals/{id}/withdraw",
            ChangeSettings,
            post(settings::switching::withdraw),
        ),
        change(
            "/settings/writes/alone",
            Approve,
            post(settings::writes::let_alone),
        ),
        change(
            "/settings/alone",
            ChangeSettings,
            post(settings::alone::begin),
        ),
        change(
            "/settings/alone/end",
            ChangeSettings,
            post(settings::alone::end),
        ),
        change(
            "/settings/export",
            TakeEverything,
            post(settings::leaving::take_along),
        ),
        change(
            "/settings/erase",
            EraseCompany,
            post(settings::leaving::ask),
        ),
        change(
            "/settings/erase/withdraw",
            EraseCompany,
            post(settings::leaving::withdraw),
        ),
    ]
}

/// The application, whose requests may take so long to arrive.
pub fn router(house: Arc<House>, within: Within) -> Router {
    let (mut router, mut probes) = (Router::new(), Router::new());
    for route in routes() {
        let mut guarded = route
            .handler
            .layer(from_fn_with_state(route.needs, authorise));
        if route.needs != Needs::Proof {
            guarded = guarded.layer(from_fn(headers::changes_come_from_us));
        }
        if route.needs == Needs::Probe {
            probes = probes.route(route.path, guarded);
        } else {
            router = router.route(route.path, guarded);
        }
    }
    router
        .fallback(|| async { AppError::NotFound })
        .method_not_allowed_fallback(|| async { AppError::NotFound })
        .layer(from_fn_with_state(Arc::clone(&house), visitor::resolve))
        .layer(from_fn_with_state(Arc::clone(&house), headers::asked_of_us))
        .merge(probes)
        .layer(from_fn_with_state(within, arrives_in_time))
        .layer(from_fn(headers::on_every_answer))
        .layer(from_fn(observe::observe))
        .with_state(house)
}

/// Whether a path of the list can be opened as a page.
pub(super) fn is_page(matched: &str) -> bool {
    let mut routes = routes().into_iter();
    routes.any(|route| route.method == Method::GET && route.path == matched)
}

/// The path of the list that this is, for logs and counters, which repeat nothing that was sent.
#[must_use]
pub fn template(matched: &str) -> &'static str {
    static PATHS: LazyLock<Vec<&'static str>> =
        LazyLock::new(|| routes().iter().map(|route| route.path).collect());
    let found = PATHS.iter().find(|path| **path == matched);
    found.copied().unwrap_or("none")
}
