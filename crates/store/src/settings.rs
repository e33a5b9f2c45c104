//! What a tenant has set, and the secrets that belong to it.
//!
//! The settings are text to the store. The secrets in them are kept apart, each sealed with the
//! tenant's key and bound to its name.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::audit::{Action, note_in};
use crate::jobs::{NewJob, enqueue_in};
use crate::keys::Place;
use crate::proposals::void_in;
use crate::schedule::set_in;
use crate::sql::query;
use crate::tx::Tx;
use crate::{Refusal, Secret, Store, StoreError, TenantScope};

/// Settings as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSettings {
    /// Everything that is not secret, as JSON text.
    pub body: String,
    /// The secrets by name, such as `procore.client_secret`.
    pub secrets: BTreeMap<String, Secret>,
}

/// What new settings were made from. They replace others as a whole, so what somebody else set
/// meanwhile would be lost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MadeFrom {
    /// From nothing that counts: whatever is there is replaced.
    #[default]
    Whatever,
    /// From the settings with this body, or from none; they replace no others.
    These(Option<String>),
}

pub(crate) fn place(name: &str) -> Place<'_> {
    Place {
        table: "secret",
        column: "sealed",
        row: name,
    }
}

/// The settings of a tenant; nothing when none were ever saved.
///
/// # Errors
/// [`StoreError::Unsealed`] when a secret does not open; otherwise when the store cannot be read.
pub async fn load(
    store: &Store,
    scope: &TenantScope,
) -> Result<Option<StoredSettings>, StoreError> {
    store.read(scope, |tx| Box::pin(load_in(tx))).await
}

async fn body_in(tx: &mut Tx) -> Result<Option<String>, StoreError> {
    query("SELECT body FROM settings WHERE tenant_id = $1")
        .bind(tx.tenant())
        .value_if_any(tx.connection())
        .await
}

async fn load_in(tx: &mut Tx) -> Result<Option<StoredSettings>, StoreError> {
    let Some(body) = body_in(tx).await? else {
        return Ok(None);
    };
    let rows: Vec<(String, String)> =
        query("SELECT name, sealed FROM secret WHERE tenant_id = $1 ORDER BY name")
            .bind(tx.tenant())
            .rows(tx.connection())
            .await?;
    let mut secrets = BTreeMap::new();
    for (name, sealed) in rows {
        let secret = tx.unseal(place(&name), &sealed)?;
        secrets.insert(name, secret);
    }
    Ok(Some(StoredSettings { body, secrets }))
}

/// Replaces the settings of a tenant, secrets included, in one transaction.
///
/// # Errors
/// When the store cannot write.
pub async fn save(
    store: &Store,
    scope: &TenantScope,
    settings: StoredSettings,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| Box::pin(save_in(tx, settings)))
        .await
}

/// What a change of the settings causes, in the same transaction.
#[derive(Debug, Clone, Default)]
pub struct Then {
    /// What the new settings were made from.
    pub made_from: MadeFrom,
    /// What is to be done.
    pub jobs: Vec<NewJob>,
    /// The next moments of regular work, seen from now.
    pub moments: Vec<(&'static str, Option<Timestamp>)>,
    /// What became different, in words without secrets, and when.
    pub differs: Option<(String, Timestamp)>,
    /// Why approvals that were not used yet are void from this moment, if they are.
    pub voids: Option<(&'static str, Timestamp)>,
}

/// Replaces the settings of a tenant together with what follows from it.
///
/// # Errors
/// [`Refusal::SettingsChanged`]; when the store cannot write.
pub async fn change(
    store: &Store,
    scope: &TenantScope,
    settings: StoredSettings,
    then: Then,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                replace_in(tx, settings, then.made_from).await?;
                for job in then.jobs {
                    enqueue_in(tx, job).await?;
                }
                for (name, next_at) in then.moments {
                    set_in(tx, name, next_at).await?;
                }
                if let Some((why, at)) = then.voids {
                    void_in(tx, why, at).await?;
                }
                if let Some((what, at)) = then.differs {
                    note_in(tx, Action::SettingsChanged, &what, at).await?;
                }
                Ok(())
            })
        })
        .await
}

/// Replaces the settings unless others are there than those that the new ones were made from. A
/// tenant has one writer at a time, so they are still there when this is committed.
pub(crate) async fn replace_in(
    tx: &mut Tx,
    settings: StoredSettings,
    made_from: MadeFrom,
) -> Result<(), StoreError> {
    if let MadeFrom::These(read) = made_from
        && body_in(tx).await? != read
    {
        return Err(Refusal::SettingsChanged.into());
    }
    save_in(tx, settings).await
}

async fn save_in(tx: &mut Tx, settings: StoredSettings) -> Result<(), StoreError> {
    query(
        "INSERT INTO settings (tenant_id, body) VALUES ($1, $2)
         ON CONFLICT (tenant_id) DO UPDATE SET body = excluded.body",
    )
    .bind(tx.tenant())
    .bind(settings.body)
    .execute(tx.connection())
    .await?;
    query("DELETE FROM secret WHERE tenant_id = $1")
        .bind(tx.tenant())
        .execute(tx.connection())
        .await?;
    for (name, secret) in settings.secrets {
        let sealed = tx.seal(place(&name), &secret)?;
        query("INSERT INTO secret (tenant_id, name, sealed) VALUES ($1, $2, $3)")
            .bind(tx.tenant())
            .bind(name)
            .bind(sealed)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}
