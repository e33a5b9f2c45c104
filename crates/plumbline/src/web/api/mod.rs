//! The pages for programs: worklist, bridges and figures as JSON, for a token of a person.
//!
//! They read and nothing else. Amounts are whole cents of the books' currency; whatever is not
//! known is absent or refused, never zero. `openapi.json` beside this file says the same to
//! programs, and a test compares it with the router's list and with what is answered.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::results;

use super::error::AppError;
use super::house::House;
use super::shell::Asked;
use super::tenant_view::{BooksView, Item, Job};
use super::visitor::Visitor;

/// The description of these pages.
pub const DESCRIPTION: &str = include_str!("openapi.json");

/// As many items as one answer holds.
const MOST: usize = 500;

/// An answer that is a refusal.
#[derive(Serialize)]
struct Problem {
    error: &'static str,
    message: String,
}

/// A refusal for a program.
#[must_use]
pub fn refused(status: StatusCode, error: &'static str, message: &str) -> Response {
    let problem = Problem {
        error,
        message: message.to_owned(),
    };
    (status, Json(problem)).into_response()
}

fn failed(error: AppError) -> Response {
    match error {
        AppError::NotFound => refused(StatusCode::NOT_FOUND, "not_found", "There is nothing here."),
        error => {
            // The page says no more than that; the log has the rest under its reference.
            let status = error.into_response().status();
            refused(
                status,
                "broken",
                "Something broke on our side. Nothing was changed.",
            )
        }
    }
}

/// `GET /api/v1/openapi.json`
pub async fn description() -> Response {
    ([(CONTENT_TYPE, "application/json")], DESCRIPTION).into_response()
}

/// Which part of a list.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Part {
    offset: usize,
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Worklist<'a> {
    as_of: String,
    read_at: String,
    total: usize,
    offset: usize,
    items: Vec<ApiItem<'a>>,
}

#[derive(Serialize)]
struct ApiItem<'a> {
    id: &'a str,
    check: &'a str,
    title: &'a str,
    job_id: Option<i64>,
    amount_cents: i64,
    what: &'a str,
    why: &'a str,
    next: &'a str,
    date: Option<String>,
    records: Vec<String>,
}

impl<'a> From<&'a Item> for ApiItem<'a> {
    fn from(item: &'a Item) -> Self {
        Self {
            id: &item.id,
            check: &item.code,
            title: &item.title,
            job_id: item.project_id,
            amount_cents: item.amount.cents(),
            what: &item.what,
            why: &item.why,
            next: &item.next,
            date: item.date.map(|date| date.to_string()),
            records: item.records.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Books that are there; what is not known is no empty list.
#[expect(
    clippy::result_large_err,
    reason = "the error is the answer, made once and handed on"
)]
fn books(asked: &Asked) -> Result<&BooksView, Response> {
    asked.view.books.as_ref().ok_or_else(|| {
        refused(
            StatusCode::CONFLICT,
            "no_books",
            "Nothing was read yet, so there is nothing to answer from. Connect both systems first.",
        )
    })
}

/// `GET /api/v1/worklist`: the open items, the most severe first.
pub async fn worklist(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(part): Query<Part>,
) -> Response {
    let asked = match Asked::gather(&house, visitor).await {
        Ok(asked) => asked,
        Err(error) => return failed(error),
    };
    let books = match books(&asked) {
        Ok(books) => books,
        Err(answer) => return answer,
    };
    let limit = part.limit.unwrap_or(MOST).min(MOST);
    let items = books.open.iter().skip(part.offset).take(limit);
    Json(Worklist {
        as_of: books.as_of.to_string(),
        read_at: books.read_at.to_string(),
        total: books.open.len(),
        offset: part.offset,
        items: items.map(ApiItem::from).collect(),
    })
    .into_response()
}

#[derive(Serialize)]
struct Bridges<'a> {
    as_of: String,
    read_at: String,
    jobs: Vec<ApiJob<'a>>,
}

#[derive(Serialize)]
struct ApiJob<'a> {
    id: i64,
    number: &'a str,
    name: &'a str,
    measures: Vec<ApiMeasure>,
}

#[derive(Serialize)]
struct ApiMeasure {
    measure: &'static str,
    procore_cents: i64,
    quickbooks_cents: i64,
    difference_cents: i64,
    explained_cents: i64,
    unexplained_cents: i64,
}

impl<'a> From<&'a Job> for ApiJob<'a> {
    fn from(job: &'a Job) -> Self {
        let measures = job.measures.iter().map(|one| ApiMeasure {
            measure: one.measure.name(),
            procore_cents: one.procore.cents(),
            quickbooks_cents: one.quickbooks.cents(),
            difference_cents: one.difference.cents(),
            explained_cents: one.explained.cents(),
            unexplained_cents: one.unexplained.cents(),
        });
        Self {
            id: job.id,
            number: &job.number,
            name: &job.name,
            measures: measures.collect(),
        }
    }
}

/// `GET /api/v1/bridges`: for each job and measure what both books say and what explains it.
pub async fn bridges(State(house): State<Arc<House>>, visitor: Visitor) -> Response {
    let asked = match Asked::gather(&house, visitor).await {
        Ok(asked) => asked,
        Err(error) => return failed(error),
    };
    let books = match books(&asked) {
        Ok(books) => books,
        Err(answer) => return answer,
    };
    Json(Bridges {
        as_of: books.as_of.to_string(),
        read_at: books.read_at.to_string(),
        jobs: books.jobs.iter().map(ApiJob::from).collect(),
    })
    .into_response()
}

#[derive(Serialize)]
struct Figure {
    id: String,
    definition: String,
    value: String,
    as_of: String,
    cycle: i64,
    inputs: Box<serde_json::value::RawValue>,
}

/// `GET /api/v1/figures/{id}`: a figure with its receipt.
pub async fn figure(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    match receipt(&house, visitor, &id).await {
        Ok(figure) => Json(figure).into_response(),
        Err(error) => failed(error),
    }
}

async fn receipt(house: &House, visitor: Visitor, id: &str) -> Result<Figure, AppError> {
    let asked = Asked::gather(house, visitor).await?;
    let (store, scope) = (asked.tenant.store(), asked.tenant.scope());
    let found = results::receipt(store, scope, id).await?;
    let found = found.ok_or(AppError::NotFound)?;
    Ok(Figure {
        id: found.receipt.figure_id,
        definition: found.receipt.definition,
        value: found.receipt.value,
        as_of: found.as_of.to_string(),
        cycle: found.cycle,
        inputs: serde_json::value::RawValue::from_string(found.receipt.inputs)?,
    })
}
