//! The worklist: every item with its evidence, worst first, filtered by address.

mod evidence;
mod item;
mod query;
mod view;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use store::{proposals, worklist};

pub use evidence::{Comparison, Other, compare, side_by_side};
pub use item::ItemPart;
pub use query::{Asking, Tab, Tally};
pub use view::WorklistPage;

use super::access::Action;
use super::approvals;
use super::error::{AppError, page as rendered};
use super::format;
use super::house::House;
use super::shell::{Asked, Place};
use super::tenant_view::Item;
use super::visitor::Visitor;

/// The list, with the first item open beside it.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(asking): Query<Asking>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let chosen = chosen(&asked, &asking);
    let item = match chosen.first() {
        Some(first) => part(&asked, &first.id, &asking, &chosen).await?,
        None => None,
    };
    whole(&asked, &asking, &chosen, item, false).await
}

/// The items that are asked for; none before the first reading.
fn chosen<'a>(asked: &'a Asked, asking: &Asking) -> Vec<&'a Item> {
    let books = asked.view.books.as_ref();
    books.map_or_else(Vec::new, |books| asking.chosen(books))
}

/// One item, with the list beside it. A request for the part alone gets the part alone.
///
/// # Errors
/// [`AppError::NotFound`] for an id that is not on this tenant's worklist.
pub async fn item(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asking): Query<Asking>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let chosen = chosen(&asked, &asking);
    let item = part(&asked, &id, &asking, &chosen).await?;
    let item = item.ok_or(AppError::NotFound)?;
    if is_part(&headers) {
        return rendered(&item);
    }
    whole(&asked, &asking, &chosen, Some(item), true).await
}

/// Whether the script asks for a part of a page. Going back in the history asks for all of it.
#[must_use]
pub fn is_part(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
        && headers
            .get("hx-request-type")
            .is_some_and(|kind| kind == "partial")
}

async fn part(
    asked: &Asked,
    id: &str,
    asking: &Asking,
    chosen: &[&Item],
) -> Result<Option<ItemPart>, AppError> {
    let Some(books) = &asked.view.books else {
        return Ok(None);
    };
    let Some(item) = books.item(id) else {
        return Ok(None);
    };
    let (store, scope) = (asked.tenant.store(), asked.tenant.scope());
    let history = worklist::history(store, scope, id).await?;
    let may_decide = asked.visitor.may(Action::DecideMatches);
    let mut part = ItemPart::new(item, books, &history, asking, chosen);
    part.timed(&history, &asked.view.zone, asked.now);
    let proposed = proposals::of_finding(store, scope, id).await?;
    part.proposal = proposed.into_iter().next().map(|one| {
        let state = approvals::state_in_words(&one.state);
        (
            format::sentence(&one.sentence, |_| None),
            state,
            format!("/approvals/{}", one.id),
        )
    });
    part.csrf = may_decide.then(|| asked.visitor.csrf.clone());
    Ok(Some(part))
}

async fn whole(
    asked: &Asked,
    asking: &Asking,
    chosen: &[&Item],
    item: Option<ItemPart>,
    is_open: bool,
) -> Result<Response, AppError> {
    let mut shell = asked.shell(Place::Worklist, "Worklist");
    shell.toast = asked.decided(asking.done).await?;
    if is_open && let Some(item) = &item {
        shell.title = format!("{} · Worklist", item.title);
    }
    let progress = asked.tenant.progress();
    let mut page = WorklistPage::new(shell, &asked.view, asking, chosen, item, is_open);
    page.reading = super::connections::ReadingPanel::of(&progress, &asked.view, asked.now);
    rendered(&page)
}
