//! Connecting the two systems: consent, callback, first tokens, settings.
//!
//! The same code for production and for a sandbox on this machine; only the browser differs.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use connectors::meter::Meter;
use connectors::oauth::{
    Application, Callback, CallbackListener, PendingLogin, consent_on_this_machine,
};
use connectors::{procore, quickbooks};
use figures::source::System;
use store::connections;

use crate::desk::Desk;
use crate::reading::{conditions, grant_type};
use crate::settings::{ProcoreAccess, QuickBooksAccess, Rights};
use crate::vault::StoreVault;

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

/// Connects Procore and writes the settings. Returns the company.
///
/// # Errors
/// When consent is not given, the company does not answer, or another one is bound.
pub async fn procore(
    desk: &mut Desk,
    mut access: ProcoreAccess,
    consent: Consent,
) -> anyhow::Result<String> {
    let system = System::Procore;
    let environment = access.environment()?;
    let bound = bound(desk, system)
        .await?
        .map(|id| id.parse())
        .transpose()?;
    let grant = grant_type(access.rights);
    let (store, clock) = (desk.store.clone(), Arc::clone(&desk.clock));
    let vault = StoreVault::new(store, system, access.api.clone(), grant, clock);
    let conditions = conditions(
        system,
        access.is_local(),
        &desk.clock,
        &Arc::new(Meter::new()),
    );
    let company = access.company_id;
    match access.rights {
        Rights::ServiceAccount => {
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
        Rights::Person => {
            let (application, login, callback) =
                consented(desk, access.application()?, consent).await?;
            access
                .client
                .redirect_uri
                .clone_from(&application.redirect_uri);
            procore::client::connect(
                &environment,
                &application,
                login,
                &callback,
                company,
                bound,
                &vault,
                conditions,
            )
            .await?;
        }
    }
    desk.settings.procore = Some(access);
    desk.save_settings().await?;
    Ok(company.to_string())
}

/// Connects QuickBooks and writes the settings. Returns the company's realm.
///
/// # Errors
/// As [`procore()`].
pub async fn quickbooks(
    desk: &mut Desk,
    mut access: QuickBooksAccess,
    consent: Consent,
) -> anyhow::Result<String> {
    let system = System::QuickBooks;
    let environment = access.environment()?;
    let bound = bound(desk, system).await?;
    let grant = grant_type(Rights::Person);
    let (store, clock) = (desk.store.clone(), Arc::clone(&desk.clock));
    let vault = StoreVault::new(store, system, access.environment.clone(), grant, clock);
    let conditions = conditions(
        system,
        access.is_local(),
        &desk.clock,
        &Arc::new(Meter::new()),
    );
    let (application, login, callback) = consented(desk, access.application()?, consent).await?;
    access
        .client
        .redirect_uri
        .clone_from(&application.redirect_uri);
    let realm = quickbooks::client::connect(
        &environment,
        &application,
        login,
        &callback,
        bound.as_deref(),
        &vault,
        conditions,
    )
    .await?;
    desk.settings.quickbooks = Some(access);
    desk.save_settings().await?;
    Ok(realm)
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
) -> anyhow::Result<(Application, PendingLogin, Callback)> {
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
    Ok((application, login, callback))
}
