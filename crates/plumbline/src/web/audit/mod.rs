//! Audit: who did what, when, from rows that are only added to or ended.
//!
//! It gathers what three places keep, each in the transaction of what it tells of: people and
//! sessions, decisions about pairs, and what was changed about the company itself.

mod event;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::Deserialize;
use store::control::{alone, history};
use store::{audit, decisions};

use self::event::Event;
pub use self::event::Sort;
pub use self::view::AuditPage;
use super::error::{AppError, page as rendered};
use super::house::House;
use super::notices;
use super::shell::{Asked, Place};
use super::visitor::Visitor;

/// The page looks at so many entries of each kind; a shorter time shows the others.
const MOST: i64 = 5_000;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// The id of a person; all of them when empty.
    pub who: String,
    /// The name of a [`Sort`]; all of them when empty.
    pub sort: String,
    /// So many days back: 7, 30, 90 or 365.
    pub days: String,
    /// From 1.
    pub page: String,
}

impl Asking {
    fn days(&self) -> i64 {
        let days = self.days.parse().ok();
        days.filter(|days| view::DAYS.contains(days)).unwrap_or(30)
    }
}

/// What was gathered, the newest first.
struct Gathered {
    events: Vec<Event>,
    /// The names of everybody who is or was here, by id.
    names: BTreeMap<String, String>,
    /// There was more than was asked for.
    is_cut: bool,
}

/// The page.
///
/// # Errors
/// When the store cannot be read.
pub async fn page(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(asking): Query<Asking>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let gathered = gather(&house, &asked, &asking, MOST).await?;
    let mut shell = asked.shell(Place::Audit, "Audit");
    if let Some(mode) = alone::standing(house.door().control(), &asked.visitor.scope).await? {
        let banner = notices::alone(&mode, &asked.view.zone, asked.now);
        shell.banners.push(banner);
    }
    let zone = &asked.view.zone;
    rendered(&AuditPage::new(
        shell,
        &gathered,
        &asking,
        (asked.now, zone),
    ))
}

/// A copy of everything that the page would show, one JSON object a line. Taking it is an entry, so
/// it is asked for with a form.
///
/// # Errors
/// When the store cannot be read, or cannot note that the copy was taken.
pub async fn copy(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Form(asking): Form<Asking>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let gathered = gather(&house, &asked, &asking, i64::MAX).await?;
    let about = format!(
        "{} entries of {} days",
        gathered.events.len(),
        asking.days()
    );
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    audit::note(store, scope, audit::Action::Exported, &about, asked.now).await?;
    let lines: String = gathered.events.iter().map(Event::line).collect();
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"audit.jsonl\""),
    ];
    Ok((headers, lines).into_response())
}

async fn gather(
    house: &House,
    asked: &Asked,
    asking: &Asking,
    most: i64,
) -> Result<Gathered, AppError> {
    let span = SignedDuration::from_hours(24 * asking.days());
    let since = asked.now.checked_sub(span).unwrap_or(asked.now);
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    let control = house.door().control();
    let of_people = history::history(control, scope, since, most).await?;
    let of_company = audit::entries(store, scope, since, most).await?;
    let is_full = |count: usize| i64::try_from(count).is_ok_and(|count| count >= most);
    let is_cut = is_full(of_people.len()) || is_full(of_company.len());
    let of_books = decisions::history(store, scope).await?;
    let decided = of_books.iter().filter(|one| one.decided_at >= since);
    let names = history::names(control, scope).await?;
    let mut events: Vec<Event> = of_people.into_iter().map(Event::of_people).collect();
    // What was copied from the people's own rows is told by those already.
    let of_company = of_company
        .into_iter()
        .filter(|one| !matches!(one.action, audit::Action::People(_)));
    events.extend(of_company.map(Event::of_company));
    events.extend(decided.map(|one| Event::of_books(one, asked.view.books.as_ref())));
    let wanted = Sort::from_name(&asking.sort);
    events.retain(|event| {
        (asking.who.is_empty() || event.is_about(&asking.who, &names))
            && wanted.is_none_or(|sort| event.sort == sort)
    });
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    Ok(Gathered {
        events,
        names,
        is_cut,
    })
}
