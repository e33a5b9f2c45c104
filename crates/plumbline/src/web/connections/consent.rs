//! Connecting a system: away to the vendor, back with a consent, and the end of a connection.

use std::sync::Arc;

use axum::extract::{OriginalUri, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use connectors::oauth::Callback;
use figures::source::System;
use url::Url;

use super::view::AwayPage;
use super::{reaching_out, set_up, system};
use crate::connect;
use crate::desk::Desk;
use crate::refused::Refused;
use crate::settings::{Access, Rights};
use crate::web::error::{AppError, page as rendered};
use crate::web::format;
use crate::web::house::{House, Work};
use crate::web::shell::{Asked, Place};
use crate::web::visitor::Visitor;

/// Connects a system again, as the application that was entered before. Where none was, the page
/// that asks for it comes first.
///
/// # Errors
/// When the vendor or the company does not answer, or the store fails.
pub async fn connect(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, AppError> {
    let system = system(&name)?;
    let asked = reaching_out(&house, visitor).await?;
    let mut desk = asked.desk().await?;
    match connect::entered(&desk, system) {
        Ok(access) => {
            let access = access.returning_to(&redirect_uri(&house, system));
            leave(&house, &asked, &mut desk, access).await
        }
        Err(_) => Ok(Redirect::to(&set_up::path(system)).into_response()),
    }
}

/// Begins a consent: a page that says what will be read, with the way to the vendor. The
/// application's own account needs no consent and is connected at once.
///
/// # Errors
/// As [`connect()`].
pub(super) async fn leave(
    house: &House,
    asked: &Asked,
    desk: &mut Desk,
    access: Access,
) -> Result<Response, AppError> {
    let system = access.system();
    match access {
        Access::Procore(access) if access.rights == Rights::ServiceAccount => {
            let tried = Access::Procore(access.clone());
            match connect::own_account(desk, access).await {
                Ok(_) => arrived(house, asked).await,
                Err(error) => not_connected(house, asked, desk, &tried, &error),
            }
        }
        access => {
            let session = asked.visitor.session()?;
            let address = connect::begin(desk, access, &session.session_id).await?;
            let shell = asked.shell(Place::Connections, &format!("Connect {system}"));
            rendered(&AwayPage::new(shell, system, address.as_str()))
        }
    }
}

/// The browser comes back from the vendor.
///
/// # Errors
/// When the return does not belong to a consent that was begun in this session; when the store fails.
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
    let returned = Url::parse(&format!("{}{uri}", house.origin())).map_err(|_| UNKNOWN)?;
    let callback = Callback::from_query(&returned);
    let mut desk = asked.desk().await?;
    let session = asked.visitor.session()?;
    let begun = connect::returned(&desk, system, &session.session_id, &callback).await?;
    let begun = begun.ok_or(UNKNOWN)?;
    let tried = begun.access().clone();
    match connect::finish(&mut desk, begun, callback).await {
        Ok(_) => arrived(&house, &asked).await,
        Err(error) => not_connected(&house, &asked, &desk, &tried, &error),
    }
}

/// What is connected is read once both systems are; the job for it was written with the
/// connection.
async fn arrived(house: &House, asked: &Asked) -> Result<Response, AppError> {
    asked.tenant.refresh().await?;
    let view = asked.tenant.view().await?;
    let are_both = view.systems.iter().all(|one| one.connection.is_some());
    house
        .asked(asked.tenant.scope(), are_both.then_some(Work::Read))
        .await;
    Ok(Redirect::to("/connections").into_response())
}

/// What kept us from connecting is told in its own words, which hold no secret. An application
/// that was entered for it is not kept, so the page asks for it again.
fn not_connected(
    house: &House,
    asked: &Asked,
    desk: &Desk,
    tried: &Access,
    error: &anyhow::Error,
) -> Result<Response, AppError> {
    let why = format::sentence(&error.to_string(), |_| None);
    let is_kept = desk.settings.access(tried.system()).is_some_and(|kept| {
        let (kept, tried) = (kept.client(), tried.client());
        kept.id == tried.id && kept.secret == tried.secret
    });
    if is_kept {
        return Err(AppError::Conflict(format!(
            "{why} Nothing was changed. Begin again under Connections, where the application can \
             be entered again too."
        )));
    }
    set_up::once_more(house, asked, tried, why)
}

/// Where a vendor sends the browser back to, exactly as it is registered there.
pub(super) fn redirect_uri(house: &House, system: System) -> String {
    format!("{}/connect/{}/callback", house.origin(), system.name())
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

fn refused(error: anyhow::Error) -> AppError {
    match error.downcast::<Refused>() {
        Ok(refused) => AppError::Conflict(refused.to_string()),
        Err(error) => AppError::Broken(error),
    }
}
