//! The wrapped keys of a server, in a schema of their own.
//!
//! Several processes on several machines share them, so they lie with the server. The backup role
//! may not read that schema: like `keys.json`, they are backed up apart from the data.

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use super::master::MasterKey;
use super::seal::Key;
use super::{KeyFile, Keys, Version};
use crate::StoreError;
use crate::control::Control;
use crate::sql::query;

/// The keys of a server.
pub(crate) struct KeyTable {
    control: Control,
    master: RwLock<MasterKey>,
}

impl KeyTable {
    pub(crate) fn new(control: Control, master: MasterKey) -> Self {
        let master = RwLock::new(master);
        Self { control, master }
    }

    fn master(&self) -> MasterKey {
        // What is held stays usable after a panic elsewhere.
        self.master
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Every wrapped key, in the form of a file.
    pub(crate) async fn all(&self) -> Result<KeyFile, StoreError> {
        let rows: Vec<(String, i64, String)> = self
            .control
            .read(|mut tx| {
                Box::pin(async move {
                    query("SELECT owner, version, wrapped FROM plumbline_keys.wrapped_key")
                        .rows(tx.connection())
                        .await
                })
            })
            .await?;
        let mut keys: BTreeMap<String, BTreeMap<Version, String>> = BTreeMap::new();
        for (owner, version, wrapped) in rows {
            let version =
                Version::try_from(version).map_err(|_| StoreError::Unreadable { what: "key" })?;
            keys.entry(owner).or_default().insert(version, wrapped);
        }
        let path = std::path::Path::new("the server");
        Ok(KeyFile::of_entries(path, self.master(), keys))
    }

    /// The keys of an owner, if it has any.
    pub(crate) async fn keys_if_any(&self, owner: &str) -> Result<Option<Keys>, StoreError> {
        let wrapped = self.wrapped(owner).await?;
        if wrapped.is_empty() {
            return Ok(None);
        }
        let keys = self.master().unwrapped(owner, &wrapped);
        keys.map(Some).ok_or_else(|| wrong(owner))
    }

    /// The keys of an owner.
    pub(crate) async fn keys_of(&self, owner: &str) -> Result<Keys, StoreError> {
        self.keys_if_any(owner).await?.ok_or_else(|| wrong(owner))
    }

    /// Makes the next key of an owner. When two processes do so at once, both get the same.
    pub(crate) async fn add(&self, owner: &str) -> Result<Keys, StoreError> {
        let versions = self.wrapped(owner).await?;
        let version = versions.keys().next_back().map_or(1, |newest| newest + 1);
        let wrapped = self.master().wrapped(owner, version, &Key::random()?)?;
        let owner_text = owner.to_owned();
        self.control
            .tx(move |mut tx| {
                Box::pin(async move {
                    query(
                        "INSERT INTO plumbline_keys.wrapped_key (owner, version, wrapped)
                         VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    )
                    .bind(owner_text)
                    .bind(i64::from(version))
                    .bind(wrapped)
                    .execute(tx.connection())
                    .await
                })
            })
            .await?;
        self.keys_of(owner).await
    }

    /// Destroys the keys of an owner that are older than this version.
    pub(crate) async fn retire_before(&self, owner: &str, kept: Version) -> Result<(), StoreError> {
        let owner = owner.to_owned();
        self.control
            .tx(move |mut tx| {
                Box::pin(async move {
                    query(
                        "DELETE FROM plumbline_keys.wrapped_key WHERE owner = $1 AND version < $2",
                    )
                    .bind(owner)
                    .bind(i64::from(kept))
                    .execute(tx.connection())
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    /// Wraps every key with another master key, all in one transaction.
    pub(crate) async fn rewrap(&self, master: MasterKey) -> Result<(), StoreError> {
        let (old, new) = (self.master(), master.clone());
        self.control
            .tx(move |mut tx| {
                Box::pin(async move {
                    let rows: Vec<Wrapped> =
                        query("SELECT owner, version, wrapped FROM plumbline_keys.wrapped_key")
                            .rows(tx.connection())
                            .await?;
                    for (owner, version, text) in rows {
                        let number = version_of(version)?;
                        let keys = old.unwrapped(&owner, &BTreeMap::from([(number, text)]));
                        let keys = keys.ok_or_else(|| wrong(&owner))?;
                        for wrapped in new.wrapped_anew(&keys)?.into_values() {
                            query(
                                "UPDATE plumbline_keys.wrapped_key SET wrapped = $3
                                 WHERE owner = $1 AND version = $2",
                            )
                            .bind(&owner)
                            .bind(version)
                            .bind(wrapped)
                            .execute(tx.connection())
                            .await?;
                        }
                    }
                    Ok(())
                })
            })
            .await?;
        *self.master.write().unwrap_or_else(PoisonError::into_inner) = master;
        Ok(())
    }

    async fn wrapped(&self, owner: &str) -> Result<BTreeMap<Version, String>, StoreError> {
        let owner = owner.to_owned();
        let rows: Vec<(i64, String)> = self
            .control
            .read(move |mut tx| {
                Box::pin(async move {
                    query(
                        "SELECT version, wrapped FROM plumbline_keys.wrapped_key WHERE owner = $1",
                    )
                    .bind(owner)
                    .rows(tx.connection())
                    .await
                })
            })
            .await?;
        rows.into_iter()
            .map(|(version, wrapped)| Ok((version_of(version)?, wrapped)))
            .collect()
    }
}

type Wrapped = (String, i64, String);

fn version_of(number: i64) -> Result<Version, StoreError> {
    Version::try_from(number).map_err(|_| StoreError::Unreadable { what: "key" })
}

fn wrong(owner: &str) -> StoreError {
    StoreError::WrongKey {
        what: format!("the keys of {owner} on the server"),
    }
}
