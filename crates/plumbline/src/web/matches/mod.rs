//! Matches: what only a person can decide, what was paired by evidence, and what was decided.

mod view;

use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use figures::SmolStr;
use figures::source::{SourceRef, System};
use serde::Deserialize;
use store::StoreError;
use store::decisions::{self, Deciding, Pair, Verdict};

pub use view::MatchesPage;

use super::access::Action;
use super::error::{AppError, page as rendered};
use super::house::{House, Work};
use super::shell::{Asked, Place};
use super::tenant_view::BooksView;
use super::visitor::Visitor;
use crate::work;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// `jobs`, `companies`, `documents` or `decisions`; questions otherwise.
    pub tab: String,
    /// From 1.
    pub page: String,
    /// The number of the decision that was just made.
    pub done: Option<i64>,
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
    let mut shell = asked.shell(Place::Matches, "Matches");
    shell.toast = asked.decided(asking.done).await?;
    let (store, scope) = (asked.tenant.store(), asked.tenant.scope());
    let history = decisions::history(store, scope).await?;
    let standing = decisions::standing(store, scope).await?;
    let may_decide = asked.visitor.may(Action::DecideMatches);
    let mut page = MatchesPage::new(
        shell,
        &asked.view,
        &asking,
        (&history, &standing),
        asked.now,
    );
    page.may_decide = may_decide;
    page.is_comparing = asked.tenant.progress().running.is_some();
    rendered(&page)
}

/// What a person sends.
#[derive(Debug, Deserialize)]
pub struct Decided {
    /// `confirmed`, `refused` or `withdrawn`.
    verdict: String,
    /// `job`, `party` or `document`.
    kind: String,
    /// `requisition:7,requisition:8`.
    procore: String,
    /// `Bill:145`.
    quickbooks: String,
    /// In their own words.
    #[serde(default)]
    note: String,
    /// The page to come back to.
    #[serde(default)]
    back: String,
}

/// Remembers a decision, compares again in the background, and comes back with its number.
///
/// # Errors
/// When the form names no records of these books, or the store refuses the decision.
pub async fn decide(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Form(form): Form<Decided>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let books = asked.view.books.as_ref().ok_or(AppError::NotFound)?;
    let verdict = match form.verdict.as_str() {
        "confirmed" => Verdict::Confirmed,
        "refused" => Verdict::Refused,
        "withdrawn" => Verdict::Withdrawn,
        _ => return Err(AppError::Refused("Say whether they are the same.")),
    };
    if crate::desk::pair_kind(&form.kind).is_none() {
        return Err(AppError::Refused("This kind of record is not paired."));
    }
    let procore = records(System::Procore, &form.procore, books)?;
    let quickbooks = records(System::QuickBooks, &form.quickbooks, books)?;
    let pair = Pair::try_new(&form.kind, procore, quickbooks)
        .map_err(|refusal| AppError::Conflict(refusal.to_string()))?;
    let note = form.note.trim();
    let deciding = Deciding {
        decided_by: Some(asked.visitor.name.clone()),
        note: (!note.is_empty()).then(|| note.to_owned()),
        job: Some(work::comparison()),
    };
    let (store, scope) = (asked.tenant.store(), asked.tenant.scope());
    let decided = decisions::decide(store, scope, pair, verdict, deciding, asked.now).await;
    let number = match decided {
        Ok(decision) => decision.number,
        Err(StoreError::Refused(refusal)) => {
            return Err(AppError::Conflict(format!(
                "{refusal}. Nothing was changed."
            )));
        }
        Err(error) => return Err(error.into()),
    };
    house.asked(asked.tenant.scope(), Some(Work::Compare)).await;
    Ok(Redirect::to(&way_back(&form.back, number)).into_response())
}

/// The page that the form came from, as long as it is one of ours.
fn way_back(back: &str, number: i64) -> String {
    let is_ours = ["/matches", "/worklist"].iter().any(|place| {
        back.strip_prefix(place)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '/']))
    });
    let back = if is_ours && !back.contains(['\r', '\n', '\\']) {
        back
    } else {
        "/matches"
    };
    let join = if back.contains('?') { '&' } else { '?' };
    format!("{back}{join}done={number}")
}

/// Reads `requisition:7,requisition:8`. Only records that the screens name may be decided about.
fn records(system: System, text: &str, books: &BooksView) -> Result<Vec<SourceRef>, AppError> {
    const MOST: usize = 50;
    const UNKNOWN: AppError =
        AppError::Refused("A record of this pair is not in the books any more. Nothing changed.");
    let parts: Vec<&str> = text.split(',').collect();
    if parts.len() > MOST {
        return Err(UNKNOWN);
    }
    parts
        .into_iter()
        .map(|part| {
            let (kind, id) = part.split_once(':').ok_or(UNKNOWN)?;
            let record = SourceRef {
                system,
                kind: SmolStr::new(kind),
                id: SmolStr::new(id),
            };
            if books.cards.contains_key(&record) {
                Ok(record)
            } else {
                Err(UNKNOWN)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_come_back_to_our_own_pages_only() {
        assert_eq!(way_back("/matches?tab=jobs", 3), "/matches?tab=jobs&done=3");
        assert_eq!(way_back("/worklist/fnd_1", 3), "/worklist/fnd_1?done=3");
        assert_eq!(way_back("//evil.example", 3), "/matches?done=3");
        assert_eq!(way_back("https://evil.example", 3), "/matches?done=3");
        assert_eq!(way_back("/matchesx", 3), "/matches?done=3");
        assert_eq!(way_back("/matches?\r\nx", 3), "/matches?done=3");
    }
}
