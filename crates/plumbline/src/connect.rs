//! Connecting the two systems: consent, callback, first tokens, settings.
//!
//! The same code for production and for a sandbox on this machine; only the browser differs.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use connectors::http::{Cause, Limits};
use connectors::meter::Meter;
use connectors::oauth::{
    Application, Callback, CallbackListener, Connection, PendingLogin, consent_on_this_machine,
};
use connectors::{procore, quickbooks};
use figures::source::System;
use store::connections;

use crate::desk::Desk;
use crate::reading::{conditions, grant_type};
use crate::refused::Refused;
use crate::settings::{Access, ProcoreAccess, QuickBooksAccess, Rights, Settings};
use crate::vault::StoreVault;

mod begun;

pub use begun::{Begun, begin, returned};

/// Who consents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// A person, in a browser.
    InBrowser,
    /// Nobody: a sandbox on this machine whose consent page answers by itself.
    Headless,
}

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Connects Procore. The settings and a job that reads it are written with the tokens. Returns the
/// company.
///
/// # Errors
/// When consent is not given, the company does not answer, or another one is bound.
pub async fn procore(
    desk: &mut Desk,
    access: ProcoreAccess,
    consent: Consent,
) -> anyhow::Result<String> {
    let given = match access.rights {
        Rights::ServiceAccount => None,
        Rights::Person => Some(consented(desk, access.application()?, consent).await?),
    };
    procore_with(desk, access, given).await
}

/// Connects Procore with a consent that was given, or as the application's own account.
async fn procore_with(
    desk: &mut Desk,
    mut access: ProcoreAccess,
    given: Option<Given>,
) -> anyhow::Result<String> {
    let system = System::Procore;
    let environment = access.environment()?;
    let bound = bound(desk, system)
        .await?
        .map(|id| id.parse())
        .transpose()?;
    let grant = grant_type(access.rights);
    if let Some(given) = &given {
        let redirect_uri = &given.application.redirect_uri;
        access.client.redirect_uri.clone_from(redirect_uri);
    }
    let vault = StoreVault::at(desk, system, &access.api, grant)
        .connecting(desk, Access::Procore(access.clone()));
    let conditions = conditions(
        system,
        access.is_local(),
        &desk.clock,
        &Arc::new(Meter::new()),
    );
    let company = access.company_id;
    match given {
        None => {
            let application = access.application()?;
            procore::client::connect_service_account(
                &environment,
                &application,
                company,
                bound,
                &vault,
                conditions,
            )
            .await?;
        }
        Some(given) => {
            procore::client::connect(
                &environment,
                &given.application,
                given.login,
                &given.callback,
                company,
                bound,
                &vault,
                conditions,
            )
            .await?;
        }
    }
    desk.settings = Settings::load(&desk.store, &desk.scope).await?;
    Ok(company.to_string())
}

/// Connects QuickBooks in the same way. Returns the company's realm.
///
/// # Errors
/// As [`procore()`].
pub async fn quickbooks(
    desk: &mut Desk,
    access: QuickBooksAccess,
    consent: Consent,
) -> anyhow::Result<String> {
    let given = consented(desk, access.application()?, consent).await?;
    quickbooks_with(desk, access, given).await
}

/// Connects QuickBooks with a consent that was given.
async fn quickbooks_with(
    desk: &mut Desk,
    mut access: QuickBooksAccess,
    given: Given,
) -> anyhow::Result<String> {
    let system = System::QuickBooks;
    let environment = access.environment()?;
    let bound = bound(desk, system).await?;
    let grant = grant_type(Rights::Person);
    let redirect_uri = &given.application.redirect_uri;
    access.client.redirect_uri.clone_from(redirect_uri);
    let vault = StoreVault::at(desk, system, &access.environment, grant)
        .connecting(desk, Access::QuickBooks(access.clone()));
    let conditions = conditions(
        system,
        access.is_local(),
        &desk.clock,
        &Arc::new(Meter::new()),
    );
    let realm = quickbooks::client::connect(
        &environment,
        &given.application,
        given.login,
        &given.callback,
        bound.as_deref(),
        &vault,
        conditions,
    )
    .await?;
    desk.settings = Settings::load(&desk.store, &desk.scope).await?;
    Ok(realm)
}

/// A consent that a person was sent away to give, and what came back.
struct Given {
    application: Application,
    login: PendingLogin,
    callback: Callback,
}

/// How a system is reached, as somebody has entered it before.
///
/// # Errors
/// [`Refused`] when nobody has, or its secret was left behind where the books came from.
pub fn entered(desk: &Desk, system: System) -> Result<Access, Refused> {
    let known = desk.settings.access(system);
    known
        .filter(|_| is_entered(&desk.settings, system))
        .ok_or_else(|| not_entered(system))
}

/// Whether somebody has entered as which application a system is called, secret included.
#[must_use]
pub fn is_entered(settings: &Settings, system: System) -> bool {
    let access = settings.access(system);
    access.is_some_and(|access| !access.client().secret.expose().is_empty())
}

/// Ends a consent. Returns the company.
///
/// # Errors
/// As [`procore()`] and [`quickbooks()`].
pub async fn finish(desk: &mut Desk, begun: Begun, callback: Callback) -> anyhow::Result<String> {
    let Begun { login, access } = begun;
    let given = Given {
        application: access.application()?,
        login,
        callback,
    };
    match access {
        Access::Procore(access) => procore_with(desk, access, Some(given)).await,
        Access::QuickBooks(access) => quickbooks_with(desk, access, given).await,
    }
}

/// Connects Procore as the application's own account, which needs no consent.
///
/// # Errors
/// As [`procore()`].
pub async fn own_account(desk: &mut Desk, access: ProcoreAccess) -> anyhow::Result<String> {
    procore_with(desk, access, None).await
}

/// Ends a connection: the grant is revoked at the vendor and the tokens are destroyed. Returns
/// why the vendor could not be told, if so; the tokens are gone nevertheless.
///
/// # Errors
/// When the store or the settings fail.
pub async fn disconnect(desk: &Desk, system: System) -> anyhow::Result<Option<String>> {
    let access = desk.settings.access(system);
    let access = access.ok_or_else(|| not_entered(system))?;
    let grant = grant_type(access.rights());
    let vault = StoreVault::at(desk, system, access.environment(), grant);
    let clock = Arc::clone(&desk.clock);
    let (application, limits) = (access.application()?, Limits::default());
    let connection = Connection::of_person(application, Arc::new(vault), clock, limits)
        .map_err(|cause| anyhow::anyhow!(cause.sentence(system)))?;
    match connection.disconnect().await {
        Ok(()) => Ok(None),
        Err(cause @ Cause::NotKept { .. }) => Err(anyhow::anyhow!(cause.sentence(system))),
        Err(cause) => Ok(Some(cause.sentence(system))),
    }
}

fn not_entered(system: System) -> Refused {
    Refused::new(format!(
        "Nobody has entered yet as which application {system} is called. Enter it under \
         Connections, or with `plumbline connect {}` on the server.",
        system.name()
    ))
}

/// The company that a system is bound to already.
async fn bound(desk: &Desk, system: System) -> anyhow::Result<Option<String>> {
    let connection = connections::connection(&desk.store, &desk.scope, system).await?;
    Ok(connection.map(|connection| connection.account_id))
}

/// Sends the person away and waits for the browser to come back.
async fn consented(
    desk: &Desk,
    mut application: Application,
    consent: Consent,
) -> anyhow::Result<Given> {
    let listener = CallbackListener::bind(&application.redirect_uri).await?;
    listener
        .redirect_uri()
        .clone_into(&mut application.redirect_uri);
    let (login, address) = PendingLogin::begin(&application, desk.clock.as_ref())?;
    let callback = match consent {
        Consent::InBrowser => {
            eprintln!("Open this address in your browser and give access:\n\n  {address}\n");
            listener.wait(PATIENCE).await?
        }
        Consent::Headless => {
            let waiting = tokio::spawn(listener.wait(PATIENCE));
            if let Err(error) = consent_on_this_machine(&address).await {
                waiting.abort();
                return Err(error.into());
            }
            waiting.await.context("failed to wait for the consent")??
        }
    };
    Ok(Given {
        application,
        login,
        callback,
    })
}
