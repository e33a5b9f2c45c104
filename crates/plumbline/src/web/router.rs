//! Everything that can be asked for: one flat list, grouped by screen.
//!
//! Each entry names what it needs, and nothing is routed that is not in the list, so that a test
//! can walk it. A route whose reader may lack a right is refused before its handler runs.

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};

use super::access::{Action, Needs, authorise};
use super::error::AppError;
use super::house::House;
use super::visitor::{self, Visitor};
use super::{
    assets, connections, figures, find, headers, jobs, matches, settings, today, worklist,
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

fn read(path: &'static str, action: Action, handler: MethodRouter<Arc<House>>) -> Route {
    let (method, needs) = (Method::GET, Needs::May(action));
    Route {
        method,
        path,
        needs,
        handler,
    }
}

fn change(path: &'static str, action: Action, handler: MethodRouter<Arc<House>>) -> Route {
    let (method, needs) = (Method::POST, Needs::May(action));
    Route {
        method,
        path,
        needs,
        handler,
    }
}

fn open(path: &'static str, handler: MethodRouter<Arc<House>>) -> Route {
    let (method, needs) = (Method::GET, Needs::Nothing);
    Route {
        method,
        path,
        needs,
        handler,
    }
}

/// The list.
#[must_use]
pub fn routes() -> Vec<Route> {
    use Action::{ChangeSettings, Connect, DecideMatches, ReadBooks, ReadNow};
    vec![
        // Style, script, type.
        open("/assets/{folder}/{name}", get(assets::asset)),
        // Today.
        read("/", ReadBooks, get(today::page)),
        // Worklist.
        read("/worklist", ReadBooks, get(worklist::list)),
        read("/worklist/{id}", ReadBooks, get(worklist::item)),
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
        read("/connections", ReadBooks, get(connections::page)),
        read(
            "/connections/progress",
            ReadBooks,
            get(connections::progress),
        ),
        change("/connections/read", ReadNow, post(connections::read_now)),
        change(
            "/connections/{system}/connect",
            Connect,
            post(connections::connect),
        ),
        change(
            "/connections/{system}/disconnect",
            Connect,
            post(connections::disconnect),
        ),
        read(
            "/connect/{system}/callback",
            Connect,
            get(connections::callback),
        ),
        // Settings.
        read("/settings", ReadBooks, get(settings::page)),
        change("/settings", ChangeSettings, post(settings::save)),
    ]
}

/// The application.
#[must_use]
pub fn router(house: Arc<House>, visitor: Arc<Visitor>) -> Router {
    let mut router = Router::new();
    for route in routes() {
        let guarded = route
            .handler
            .layer(from_fn_with_state(route.needs, authorise));
        router = router.route(route.path, guarded);
    }
    router
        .fallback(|| async { AppError::NotFound })
        .method_not_allowed_fallback(|| async { AppError::NotFound })
        .layer(from_fn_with_state(visitor, visitor::resolve))
        .layer(from_fn(headers::changes_come_from_us))
        .layer(from_fn_with_state(Arc::clone(&house), headers::asked_of_us))
        .layer(from_fn(headers::on_every_answer))
        .with_state(house)
}
