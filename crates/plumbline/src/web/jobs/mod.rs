//! Reconciliation: all jobs with their measures, and the bridge of one measure of one job.

mod bridge;
mod view;
pub mod words;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use figures::Measure;
use serde::Deserialize;

pub use bridge::BridgePanel;
pub use view::{JobPage, JobsPage};

use super::error::{AppError, page as rendered};
use super::house::House;
use super::shell::{Asked, Place};
use super::visitor::Visitor;

/// Which page of the jobs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Paging {
    /// From 1.
    page: String,
}

/// All jobs.
///
/// # Errors
/// When the store cannot be read.
pub async fn all(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(paging): Query<Paging>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let shell = asked.shell(Place::Jobs, "Reconciliation");
    let page = paging.page.parse::<usize>().unwrap_or(1).saturating_sub(1);
    rendered(&JobsPage::new(shell, &asked.view, page))
}

/// A job, with the bridge of the measure that a person looks at first.
///
/// # Errors
/// [`AppError::NotFound`] for a job that is not in this tenant's books.
pub async fn job(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<i64>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    shown(&asked, id, None)
}

/// A job, with the bridge of one measure.
///
/// # Errors
/// [`AppError::NotFound`] for a job or a measure that does not exist.
pub async fn bridge(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path((id, measure)): Path<(i64, String)>,
) -> Result<Response, AppError> {
    let measure = Measure::from_name(&measure).ok_or(AppError::NotFound)?;
    let asked = Asked::gather(&house, visitor).await?;
    shown(&asked, id, Some(measure))
}

fn shown(asked: &Asked, id: i64, measure: Option<Measure>) -> Result<Response, AppError> {
    let books = asked.view.books.as_ref().ok_or(AppError::NotFound)?;
    let job = books.job(id).ok_or(AppError::NotFound)?;
    let chosen = measure.or_else(|| job.first_look());
    let title = match measure {
        Some(measure) => format!("{}, {}", words::label(measure), job.name),
        None => job.name.clone(),
    };
    let shell = asked.shell(Place::Jobs, &title);
    rendered(&JobPage::new(shell, books, job, chosen))
}
