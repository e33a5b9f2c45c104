//! The control data of an installation: which tenants there are, and whoever is let in.
//!
//! It lies apart from every tenant's data, in a file with a key of its own, and no transaction
//! ever spans both: with a log per file, such a transaction would be whole per file only.
//!
//! Its migrations are one text for both engines: TEXT and BIGINT only, digests in hexadecimal, no
//! triggers. Statements go through [`Control::tx`] and [`Control::read`]; secrets are sealed with
//! [`ControlTx::seal`].

pub mod agenda;
pub mod alone;
pub mod api_tokens;
pub mod attempts;
pub mod backups;
#[cfg(test)]
mod by_itself_tests;
pub mod changes;
pub mod companies;
pub mod digest_letters;
mod digests;
#[cfg(test)]
mod entry_tests;
pub mod erasures;
#[cfg(test)]
mod erasures_tests;
pub mod factors;
pub mod first_owner;
#[cfg(test)]
mod first_owner_tests;
pub mod history;
pub mod invitations;
pub mod notices;
pub mod people;
#[cfg(test)]
mod people_tests;
pub mod procore_hooks;
pub mod raises;
#[cfg(test)]
mod raises_tests;
pub mod resets;
pub mod sessions;
mod tenants;

use std::path::Path;
use std::sync::Arc;

use crate::keys::{Keys, Place};
use crate::postgres::Pools;
use crate::sqlite::{self, Check};
use crate::tx::{Connection, Database, Engine, Of, Tx, Work};
use crate::{Secret, StoreError};

pub(crate) use backups::{NOBODY_IS_IN, nobody_is_in, server_time};
pub(crate) use tenants::{FORGET, FORGET_PEOPLE, add, begin_erasing, forget, set_state};
pub use tenants::{Tenant, TenantState, tenant, tenants};

/// The opened control data. Clones share the same connections.
#[derive(Clone)]
pub struct Control {
    database: Arc<Database>,
}

/// One transaction of the control data.
pub(crate) struct ControlTx<'t>(&'t mut Tx);

/// The owner of the control data, where a tenant would be named.
pub(crate) const OWNER: &str = "control";

impl ControlTx<'_> {
    /// Where statements run.
    pub(crate) fn connection(&mut self) -> Connection<'_> {
        self.0.connection()
    }

    /// Seals a secret for its place in the control data.
    pub(crate) fn seal(&self, place: Place<'_>, secret: &Secret) -> Result<String, StoreError> {
        self.0.seal(place, secret)
    }

    /// Opens a secret that was sealed for this place.
    pub(crate) fn unseal(&self, place: Place<'_>, text: &str) -> Result<Secret, StoreError> {
        self.0.unseal(place, text)
    }
}

impl Control {
    pub(crate) async fn create(path: &Path, keys: Keys) -> Result<Self, StoreError> {
        let engine = sqlite::create(path, &keys, &sqlite::CONTROL).await?;
        Ok(Self::of(Database::new(OWNER, engine, keys)))
    }

    pub(crate) async fn open(path: &Path, keys: Keys) -> Result<Self, StoreError> {
        let engine = sqlite::open(path, &keys, &sqlite::CONTROL, Check::Quick).await?;
        Ok(Self::of(Database::new(OWNER, engine, keys)))
    }

    /// The control data of a server; its keys are among it, so they come later.
    pub(crate) fn on_server(pools: &Pools) -> Self {
        let engine = Engine::Postgres {
            pool: pools.control.clone(),
            of: Of::Control,
        };
        Self::of(Database::new(OWNER, engine, Keys::none(OWNER)))
    }

    pub(crate) fn replace_keys(&self, keys: Keys) {
        self.database.replace_keys(keys);
    }

    fn of(database: Arc<Database>) -> Self {
        Self { database }
    }

    pub(crate) async fn close(&self) {
        self.database.close().await;
    }

    /// Runs `work` in one writing transaction: committed when it returns `Ok`, else rolled back.
    pub(crate) async fn tx<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(ControlTx<'t>) -> Work<'t, T> + Send + 'static,
    {
        self.database.write(move |tx| work(ControlTx(tx))).await
    }

    /// Runs `work` on one unchanging view of the data; it cannot write.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(ControlTx<'t>) -> Work<'t, T> + Send + 'static,
    {
        self.database.read(move |tx| work(ControlTx(tx))).await
    }
}

impl std::fmt::Debug for Control {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Control")
    }
}
