//! `plumbline tenant invite-owner`: how a further company gets its first person.

use std::sync::Arc;

use clap::Args;
use connectors::http::SystemClock;
use store::{Installation, StoreError};

use super::Answer;
use super::serve::checked;
use crate::desk::variable;
use crate::refused::Refused;
use crate::web::signin::door::{Door, DoorSettings, Factors};
use crate::web::signin::password::Cost;

/// Where `plumbline serve` is unless it is told otherwise.
const HERE: &str = "http://127.0.0.1:8420";

/// Who is to be the first owner of a tenant.
#[derive(Debug, Args)]
pub struct InviteOwnerArguments {
    /// The tenant, such as tnt_…
    pub id: String,
    /// The person's name
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The person's mail address, with which they sign in
    #[arg(long, value_name = "ADDRESS")]
    pub mail: String,
    /// The address that people use [default: PLUMBLINE_ORIGIN, else http://127.0.0.1:8420]
    #[arg(long, value_name = "URL")]
    pub origin: Option<String>,
}

pub(super) async fn invited(
    installation: &Installation,
    asked: InviteOwnerArguments,
) -> anyhow::Result<Answer> {
    let (id, name) = (asked.id, asked.name.trim());
    if !asked.mail.contains('@') || name.is_empty() {
        return Err(Refused::new(
            "An invitation needs a name and a mail address. Nobody was invited.",
        )
        .into());
    }
    let origin = asked.origin.or_else(|| variable("PLUMBLINE_ORIGIN"));
    let settings = DoorSettings {
        origin: origin.map_or_else(|| Ok(HERE.to_owned()), |origin| checked(&origin))?,
        proxies: 0,
        cost: Cost::FULL,
        factors: Factors::Required,
        mailer: None,
    };
    let door = Door::try_new(installation.clone(), Arc::new(SystemClock), settings)?;
    match door.invite_first_owner(&id, name, &asked.mail).await {
        Ok(invited) => Ok(Answer::text(format!(
            "Whoever opens this address becomes the owner of {id}, once and until {:.0}. Hand it to \
             {name} and to nobody else:\n\n  {}",
            invited.ends, invited.link
        ))),
        Err(error) => Err(told(error, &id)),
    }
}

fn told(error: anyhow::Error, id: &str) -> anyhow::Error {
    match error.downcast::<StoreError>() {
        Ok(StoreError::UnknownTenant) => Refused::new(format!(
            "Nobody was invited: no tenant {id} is in use here. See them with `plumbline tenant \
             list`."
        ))
        .into(),
        Ok(StoreError::Refused(refusal)) => {
            Refused::new(format!("Nobody was invited. {refusal}")).into()
        }
        Ok(error) => error.into(),
        Err(error) => error,
    }
}
