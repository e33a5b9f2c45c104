//! Connections: whether each system answers, what is read of it and why, and what it cannot see.

mod run;
mod view;
mod what;

use std::sync::Arc;

use axum::extract::{Form, OriginalUri, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use connectors::oauth::Callback;
use figures::source::System;
use serde::Deserialize;
use store::StoreError;
use store::control::procore_hooks;
use store::jobs::{self, JobState};
use url::Url;

pub use run::{Announcements, FailedLine};
pub use view::{AwayPage, ConnectionsPage, ReadingPanel};

use super::access::Action;
use super::error::{AppError, page as rendered};
use super::house::{House, Work};
use super::shell::{Asked, Place};
use super::signin::view::DoorPage;
use super::visitor::Visitor;
use crate::connect;
use crate::refused::Refused;
use crate::settings::Rights;
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
    let mut page = ConnectionsPage::new(shell, &asked.view, &progress, asked.now);
    page.may_connect = asked.visitor.may(Action::ManageConnections);
    page.failed = failed(&asked).await?;
    if page.may_connect {
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

fn redirect_uri(house: &House, system: System) -> String {
    format!("{}/connect/{}/callback", house.origin(), system.name())
}

/// What a refusal of connecting means for the page.
fn refused(error: anyhow::Error) -> AppError {
    match error.downcast::<Refused>() {
        Ok(refused) => AppError::Conflict(refused.to_string()),
        Err(error) => AppError::Broken(error),
    }
}

/// Begins a consent: a page that says what will be read, with the way to the vendor. The
/// application's own account needs no consent and is connected at once.
///
/// # Errors
/// When nobody has told us yet as which application we call.
pub async fn connect(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, AppError> {
    let system = system(&name)?;
    let asked = reaching_out(&house, visitor).await?;
    let mut desk = asked.desk().await?;
    let own_account = desk
        .settings
        .procore
        .as_ref()
        .is_some_and(|access| access.rights == Rights::ServiceAccount);
    if system == System::Procore && own_account {
        let connected = connect::procore_service_account(&mut desk).await;
        return connected_or(&house, &asked, connected).await;
    }
    let uri = redirect_uri(&house, system);
    let (login, address) = connect::begin(&desk, system, &uri).map_err(refused)?;
    house.begin_login(asked.tenant.scope(), &asked.visitor.person_id, login);
    let shell = asked.shell(Place::Connections, &format!("Connect {system}"));
    rendered(&AwayPage::new(shell, system, address.as_str()))
}

/// The browser comes back from the vendor.
///
/// # Errors
/// When the return does not belong to the consent that this person began.
pub async fn callback(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(name): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, AppError> {
    const UNKNOWN: AppError = AppError::Refused(
        "This return does not belong to a connection that you began. Begin again under \
         Connections.",
    );
    let system = system(&name)?;
    let asked = reaching_out(&house, visitor).await?;
    let login = house.take_login(asked.tenant.scope(), &asked.visitor.person_id, system);
    let login = login.ok_or(UNKNOWN)?;
    let returned = Url::parse(&format!("{}{uri}", house.origin())).map_err(|_| UNKNOWN)?;
    let callback = Callback::from_query(&returned);
    let mut desk = asked.desk().await?;
    let uri = redirect_uri(&house, system);
    let connected = connect::finish(&mut desk, login, callback, &uri).await;
    connected_or(&house, &asked, connected).await
}

/// After connecting everything is read; what kept us from it is told in its own words, which
/// hold no secret.
async fn connected_or(
    house: &House,
    asked: &Asked,
    connected: anyhow::Result<String>,
) -> Result<Response, AppError> {
    match connected {
        Ok(_) => {
            asked.tenant.refresh().await?;
            // The job that reads was written with the connection.
            house.asked(asked.tenant.scope(), Some(Work::Read)).await;
            Ok(Redirect::to("/connections").into_response())
        }
        Err(error) => Err(AppError::Conflict(format!("{error}."))),
    }
}

/// Ends a connection.
///
/// # Errors
/// When the store fails.
pub async fn disconnect(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, AppError> {
    let system = system(&name)?;
    let asked = reaching_out(&house, visitor).await?;
    let desk = asked.desk().await?;
    let note = connect::disconnect(&desk, system).await.map_err(refused)?;
    asked.tenant.refresh().await?;
    match note {
        None => Ok(Redirect::to("/connections").into_response()),
        Some(note) => Err(AppError::Conflict(format!(
            "{system} is disconnected here and its tokens are destroyed, but the vendor could \
             not be told: {note} Remove the application in {system} as well."
        ))),
    }
}
