//! Approvals: what waits for a decision, what was done, and one proposal with everything that an
//! approval is bound to.
//!
//! A form sends the digest of what was shown; whether the person may is `gate`'s to say. Nothing is
//! written to QuickBooks here: an approval is work for a worker.

pub mod back;
mod card;
mod changes;
pub mod edit;
mod list;
mod paper;
pub mod together;

use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use gate::approval::Refusal;
use gate::digest::Digest;
use serde::Deserialize;
use store::control::{history, people};
use store::proposals::{self, Filter};

pub use card::ProposalPage;
pub use list::{ListPage, state_in_words};
pub use paper::{add, document};

use super::error::{AppError, page as rendered};
use super::house::House;
use super::settings::tell;
use super::shell::{Asked, Place, Toast};
use super::visitor::Visitor;
use card::Around;

use crate::approvals::{self, Decider, NotDecided, StandsIn};
use crate::mail::one_line;

/// So many proposals are listed.
const MOST: i64 = 500;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// `over`; those that wait otherwise.
    pub tab: String,
    /// What was just done.
    pub done: String,
}

/// `GET /approvals`
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(asking): Query<Asking>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let mut shell = asked.shell(Place::Approvals, "Approvals");
    shell.toast = toast(&asking.done);
    let (store, scope) = (asked.tenant.store(), asked.tenant.scope());
    let is_over = asking.tab == "over";
    let filter = if is_over { Filter::Over } else { Filter::Open };
    let found = proposals::list(store, scope, filter, MOST).await?;
    let settings = asked.tenant.settings().await?;
    let stands_in = stands_in(&house, &asked).await?;
    rendered(&ListPage::new(
        shell,
        &asked,
        &found,
        is_over,
        (&settings, &stands_in),
    ))
}

fn toast(done: &str) -> Option<Toast> {
    let text = match done {
        "approved" => "Approved. It is written to QuickBooks next.",
        "edited" => "Changed. Somebody else approves it now.",
        "waits" => "Approved. It is written after the delay, and everybody is told.",
        "one_of_two" => "Approved. It takes somebody else as well.",
        "enclosed" => "Added to the draft. Somebody else approves it now.",
        "to_attach" => "Proposed. It is attached once it is approved.",
        "declined" => "Declined. It is not proposed again as long as nothing changes.",
        _ => return None,
    };
    Some(Toast {
        text: text.to_owned(),
        undo: None,
    })
}

/// `GET /approvals/{id}`
///
/// # Errors
/// [`AppError::NotFound`]; when the store cannot be read.
pub async fn page(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asking): Query<Asking>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let mut shell = asked.shell(Place::Approvals, "Approval");
    shell.toast = toast(&asking.done);
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    let stored = proposals::proposal(store, scope, &id)
        .await?
        .ok_or(AppError::NotFound)?;
    let names = history::names(house.door().control(), scope).await?;
    let settings = asked.tenant.settings().await?;
    let changes = changes::of(
        store,
        scope,
        &stored.proposal.newest().draft,
        stored.sent.as_ref(),
    )
    .await?;
    // Whoever looks at a proposal about money leaves their name.
    proposals::viewed(store, scope, &id, asked.now).await?;
    let around = Around {
        asked: &asked,
        names: &names,
        settings: &settings,
        stands_in: &stands_in(&house, &asked).await?,
    };
    rendered(&ProposalPage::new(shell, &around, &stored, changes))
}

/// Where this person decides alone, because nobody leads the department.
async fn stands_in(house: &House, asked: &Asked) -> Result<StandsIn, AppError> {
    let (control, visitor) = (house.door().control(), &asked.visitor);
    let found = approvals::stands_in(control, &visitor.scope, &visitor.person_id, visitor.on);
    Ok(found.await?)
}

/// What a person sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Decision {
    digest: String,
    reason: String,
    other: String,
}

/// Whether the second factor is fresh is the door's to say, which may not ask for one.
fn decider(asked: &Asked) -> Decider {
    Decider {
        person_id: asked.visitor.person_id.clone(),
        factor_at: asked.visitor.is_fresh.then_some(asked.now),
    }
}

fn refused(error: NotDecided) -> AppError {
    match error {
        NotDecided::Gate(refusal @ (Refusal::NotTheLead(_) | Refusal::OwnDraft)) => {
            AppError::Forbidden(refusal.to_string())
        }
        NotDecided::Gate(refusal) => AppError::Conflict(refusal.to_string()),
        NotDecided::Store(store::StoreError::Refused(refusal)) => {
            AppError::Conflict(refusal.to_string())
        }
        NotDecided::Store(error) => error.into(),
    }
}

/// `POST /approvals/{id}/approve`
///
/// # Errors
/// What `gate` says no to; when the store fails.
pub async fn approve(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(sent): Form<Decision>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let shown = Digest::from_text(&sent.digest)
        .ok_or_else(|| AppError::Conflict(Refusal::Changed.to_string()))?;
    let (desk, decider) = (asked.desk().await?, decider(&asked));
    let decided = approvals::approve(&desk, &decider, &id, shown)
        .await
        .map_err(refused)?;
    let done = match decided {
        approvals::Decided::Approved => {
            house.asked(asked.tenant.scope(), None).await;
            "approved"
        }
        approvals::Decided::OneOfTwo => "one_of_two",
        approvals::Decided::Waits(until) => {
            told(&house, &asked, &id, until).await?;
            "waits"
        }
    };
    Ok(to(&format!("/approvals/{id}?done={done}")))
}

/// `POST /approvals/{id}/decline`
///
/// # Errors
/// What `gate` says no to; when the store fails.
pub async fn decline(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(sent): Form<Decision>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let parts = [sent.reason.trim(), sent.other.trim()];
    let reason: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    if reason.is_empty() {
        return Err(AppError::Refused(
            "Say why, so that the others know. Nothing was changed.",
        ));
    }
    let (desk, decider) = (asked.desk().await?, decider(&asked));
    let reason = reason.join(": ");
    approvals::reject(&desk, &decider, &id, reason)
        .await
        .map_err(refused)?;
    Ok(to("/approvals?done=declined"))
}

/// Tells everybody with a role that one person approved something alone.
async fn told(
    house: &House,
    asked: &Asked,
    id: &str,
    until: jiff::Timestamp,
) -> Result<(), AppError> {
    let (door, visitor) = (house.door(), &asked.visitor);
    let (store, scope) = (asked.tenant.store(), asked.tenant.scope());
    let stored = proposals::proposal(store, scope, id).await?;
    let stored = stored.ok_or(AppError::NotFound)?;
    let sentence = &stored.proposal.newest().draft.sentence;
    let all = people::colleagues(door.control(), &visitor.scope).await?;
    let text = format!(
        "{} approved alone in {}: {}\n\nIt is written to QuickBooks from {} on, unless it is declined \
         before.\n\n{}\n",
        one_line(&visitor.name),
        one_line(&visitor.session()?.tenant_name),
        one_line(sentence),
        until
            .to_zoned(asked.view.zone.clone())
            .strftime("%A, %B %-d, %-I:%M %p %Z"),
        door.link(&format!("/approvals/{id}")),
    );
    let with_role = all.iter().filter(|one| one.grants.all().next().is_some());
    tell(
        house,
        with_role,
        "Something was approved alone in Plumbline",
        &text,
    )
}

fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}
