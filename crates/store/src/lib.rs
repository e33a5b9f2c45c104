//! The databases: what was read, what was decided, what was found, and whose it is.
//!
//! An [`Installation`] is a data folder: control data ([`control`]) and one encrypted file per
//! tenant. A [`Store`] is one tenant's data. It keeps immutable versions of vendor records
//! ([`mirror`]), connections and their tokens ([`connections`], [`tokens`]), what people decided
//! about pairs ([`decisions`]), what is proposed and was done ([`proposals`]), the worklist with its history ([`worklist`]) and the results with
//! the receipts of their figures ([`results`]). It computes no figure, calls no vendor and knows
//! no check: bodies and findings are text to it.
//!
//! Open a [`Store`] with [`Installation::store`], take its [`TenantScope`] and hand both to the
//! functions of the modules. Every one of them runs in one transaction of its own: it happened as
//! a whole or not at all.

pub mod audit;
pub mod backup;
mod conclude;
pub mod connections;
pub mod control;
pub mod decisions;
pub mod doctor;
pub mod documents;
mod error;
pub mod hooks;
mod installation;
pub mod jobs;
mod keys;
pub mod ledger;
mod lock;
pub mod mirror;
pub mod postgres;
pub mod proposals;
pub mod quarantine;
pub mod results;
pub mod schedule;
mod sealed;
mod secret;
pub mod settings;
mod sql;
mod sqlite;
mod store;
mod tenant;
pub mod tokens;
pub mod transfer;
mod tx;
pub mod worklist;

#[cfg(test)]
mod contract;

pub use conclude::conclude;
pub use error::{Refusal, StoreError};
pub use installation::{Erasing, Erasure, Installation, Left, OPEN_TENANTS, PoolUse, Unready};
pub use keys::{MasterKey, MasterKeySource};
pub use secret::Secret;
pub use store::Store;
pub use tenant::TenantScope;
pub use tx::close_all;
