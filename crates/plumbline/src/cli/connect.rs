//! `plumbline connect`: the arguments of a connection become access settings.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use connectors::http::SystemClock;

use super::arguments::{Application, ConnectCommand};
use super::{Answer, Global};
use crate::connect::{self, Consent};
use crate::desk::Desk;
use crate::settings::{Client, ProcoreAccess, QuickBooksAccess, Rights};

pub(super) async fn run(global: &Global, command: ConnectCommand) -> anyhow::Result<Answer> {
    let mut desk = Desk::open(&global.data(), Arc::new(SystemClock)).await?;
    if let Some(day) = global.as_of {
        desk.settings.as_of = Some(day);
    }
    let answer = match command {
        ConnectCommand::Procore(arguments) => {
            zone(&mut desk, arguments.application.time_zone.as_deref())?;
            let (login, api) = match (arguments.login_url, arguments.api_url) {
                (Some(login), Some(api)) => (login, api),
                _ => {
                    let (login, api) = arguments.environment.procore_hosts();
                    (login.to_owned(), api.to_owned())
                }
            };
            let access = ProcoreAccess {
                login,
                api,
                company_id: arguments.company_id,
                rights: if arguments.service_account {
                    Rights::ServiceAccount
                } else {
                    Rights::Person
                },
                client: client(&arguments.application, "PROCORE")?,
            };
            let company =
                connect::procore(&mut desk, access, consent(&arguments.application)).await?;
            format!("Procore company {company} is connected.")
        }
        ConnectCommand::Quickbooks(arguments) => {
            zone(&mut desk, arguments.application.time_zone.as_deref())?;
            let named = || arguments.environment.name().to_owned();
            let environment = arguments.url.unwrap_or_else(named);
            let client = client(&arguments.application, "QUICKBOOKS")?;
            let access = QuickBooksAccess {
                environment,
                client,
            };
            let realm =
                connect::quickbooks(&mut desk, access, consent(&arguments.application)).await?;
            format!("QuickBooks company {realm} is connected.")
        }
    };
    desk.close().await;
    Ok(Answer::text(format!(
        "{answer} Read it with `plumbline cycle`."
    )))
}

fn zone(desk: &mut Desk, name: Option<&str>) -> anyhow::Result<()> {
    if let Some(name) = name {
        jiff::tz::TimeZone::get(name)
            .with_context(|| format!("failed to find time zone {name}"))?;
        desk.settings.time_zone = name.to_owned();
    }
    Ok(())
}

fn consent(application: &Application) -> Consent {
    if application.headless {
        Consent::Headless
    } else {
        Consent::InBrowser
    }
}

/// Id and secret of the registered application. The secret is never an argument, which other
/// users of the machine could see.
fn client(application: &Application, system: &str) -> anyhow::Result<Client> {
    let variable = format!("PLUMBLINE_{system}_CLIENT_SECRET");
    let secret = match &application.client_secret_file {
        Some(path) => read_secret(path)?,
        None => std::env::var(&variable).with_context(|| {
            format!("failed to find the client secret: set {variable} or give --client-secret-file")
        })?,
    };
    Ok(Client {
        id: application.client_id.clone(),
        secret: store::Secret::new(secret),
        redirect_uri: application.redirect_uri.clone(),
    })
}

fn read_secret(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read {}", path.display()))?;
    Ok(text.trim().to_owned())
}
