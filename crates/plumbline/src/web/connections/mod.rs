//! Connections: whether each system answers, what is read of it and why, and what it cannot see.
//!
//! `set_up` asks what a first connection needs, `consent` goes to the vendor and comes back.

mod consent;
mod entry;
mod run;
mod set_up;
mod view;
mod what;

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use figures::source::System;
use serde::Deserialize;
use store::StoreError;
use store::control::procore_hooks;
use store::jobs::{self, JobState};

pub use consent::{callback, connect, disconnect};
pub use run::{Announcements, FailedLine};
pub use set_up::{SetUpPage, enter, page as set_up};
pub use view::{AwayPage, ConnectionsPage, ReadingPanel};

use super::access::Action;
use super::error::{AppError, page as rendered};
use super::house::{House, Work};
use super::shell::{Asked, Place};
use super::signin::view::DoorPage;
use super::visitor::Visitor;
use crate::work;

/// The page.
///
/// # Errors
/// When the store cannot be read.
pub async fn page(State(house): State<Arc<House>>, visitor: Visitor) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let mut shell = asked.shell(Place::Connections, "Connections");
    // The panels of this page say the same with more room.
    // What comes first is said nowhere else here: what everybody is told, and that the company
    // keeps to itself.
    shell
        .banners
        .truncate(asked.notices.len() + usize::from(asked.view.quarantine.is_some()));
    let progress = asked.tenant.progress();
    let settings = asked.tenant.settings().await?;
    let mut page = ConnectionsPage::new(shell, &asked.view, &progress, asked.now);
    page.note_applications(&settings);
    page.failed = failed(&asked).await?;
    if page.shell.may_connect {
        let made_at = procore_hooks::made_at(house.door().control(), asked.tenant.scope()).await?;
        page.announcements = Some(Announcements::new(&house, &asked, made_at));
    }
    page.may_read = asked.visitor.may(Action::RunCycle);
    rendered(&page)
}

/// The work that was given up, with the way to try it again.
async fn failed(asked: &Asked) -> Result<Vec<FailedLine>, AppError> {
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    let dead = jobs::jobs(store, scope, JobState::Dead).await?;
    Ok(dead.iter().map(|job| FailedLine::new(job, asked)).collect())
}

/// The id of what is meant.
#[derive(Deserialize)]
pub struct IdForm {
    id: String,
}

/// Tries work again that was given up.
///
/// # Errors
/// When there is no such work, or the store fails.
pub async fn retry(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Form(form): Form<IdForm>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    let dead = jobs::jobs(store, scope, JobState::Dead).await?;
    let job = dead.into_iter().find(|job| job.id == form.id);
    let work = job.and_then(|job| Work::of_kind(&job.kind));
    match jobs::retry(store, scope, &form.id).await {
        Ok(()) => {}
        Err(StoreError::Refused(refusal)) => return Err(AppError::Conflict(format!("{refusal}."))),
        Err(error) => return Err(error.into()),
    }
    house.asked(scope, work).await;
    Ok(Redirect::to("/connections").into_response())
}

/// Makes the address and the value for Procore's announcements; they are shown once.
///
/// # Errors
/// When the store fails or the machine has no randomness.
pub async fn make_hook(
    State(house): State<Arc<House>>,
    visitor: Visitor,
) -> Result<Response, AppError> {
    let door = house.door();
    let (path, value) = (door.token()?, door.token()?);
    procore_hooks::make(door.control(), &visitor.scope, &path, &value, door.now()).await?;
    let address = door.link(&format!("/hooks/procore/{}", path.expose()));
    let mut done = DoorPage::new(
        "Address for Procore's announcements",
        "In Procore, make a webhook of the company with this destination address, and this value \
         as its Authorization header. Both are shown once; a new address ends the one before.",
    );
    done.shown_once = Some(address);
    done.codes = vec![value.expose().to_owned()];
    done.go_on = Some(("/connections", "I have kept both"));
    rendered(&done)
}

/// Ends the address for Procore's announcements.
///
/// # Errors
/// When the store fails.
pub async fn end_hook(
    State(house): State<Arc<House>>,
    visitor: Visitor,
) -> Result<Response, AppError> {
    let door = house.door();
    procore_hooks::end(door.control(), &visitor.scope, door.now()).await?;
    Ok(Redirect::to("/connections").into_response())
}

/// The panel of the reading that is under way; when it has ended, the page that asked is told to
/// open itself again.
///
/// # Errors
/// When the store cannot be read.
pub async fn progress(
    State(house): State<Arc<House>>,
    visitor: Visitor,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let progress = asked.tenant.progress();
    match ReadingPanel::of(&progress, &asked.view, asked.now) {
        Some(panel) if panel.is_running => rendered(&panel),
        _ => Ok(([("HX-Refresh", "true")], "").into_response()),
    }
}

/// Reads both systems in the background.
///
/// # Errors
/// When the store cannot be read.
pub async fn read_now(
    State(house): State<Arc<House>>,
    visitor: Visitor,
) -> Result<Response, AppError> {
    let asked = reaching_out(&house, visitor).await?;
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    jobs::enqueue(store, scope, work::reading(work::Cause::Person)).await?;
    house.asked(scope, Some(Work::Read)).await;
    Ok(Redirect::to("/connections").into_response())
}

/// What a handler works with that calls a vendor: a restored company does not.
async fn reaching_out(house: &House, visitor: Visitor) -> Result<Asked, AppError> {
    let asked = Asked::gather(house, visitor).await?;
    match asked.view.quarantine {
        None => Ok(asked),
        Some(_) => Err(AppError::Conflict(
            "These books were restored from a backup and keep to themselves. An owner ends that \
             under Settings."
                .to_owned(),
        )),
    }
}

fn system(name: &str) -> Result<System, AppError> {
    [System::Procore, System::QuickBooks]
        .into_iter()
        .find(|system| system.name() == name)
        .ok_or(AppError::NotFound)
}
