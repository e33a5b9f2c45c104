//! Figures and their receipts: what a number was computed from, input by input.

mod view;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use store::results;

pub use view::{FigureCell, FigurePage, ReceiptCard};

use super::error::{AppError, page as rendered};
use super::house::House;
use super::shell::{Asked, Place};
use super::visitor::Visitor;
use super::worklist::is_part;

/// Which reading, and which page of its inputs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Which {
    /// The number of a result; the newest without one.
    result: Option<i64>,
    /// From 1.
    page: String,
}

/// A figure with its receipt. A request for the part alone gets the card that opens beside it.
///
/// # Errors
/// [`AppError::NotFound`] for an id under which nothing was ever shown.
pub async fn figure(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(which): Query<Which>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let (store, scope) = (asked.tenant.store(), asked.tenant.scope());
    if is_part(&headers) {
        let found = results::receipt(store, scope, &id).await?;
        let found = found.ok_or(AppError::NotFound)?;
        return rendered(&ReceiptCard::new(&found, &asked.view, asked.now)?);
    }
    let kept = results::receipts(store, scope, &id).await?;
    if kept.is_empty() {
        return Err(AppError::NotFound);
    }
    let shell = asked.shell(Place::Jobs, "Figure");
    let page = which.page.parse::<usize>().unwrap_or(1).saturating_sub(1);
    rendered(&FigurePage::new(
        shell,
        &kept,
        which.result,
        page,
        &asked.view,
    )?)
}
