//! The embedded database: what was read, what was decided, what was found.
//!
//! The store keeps immutable versions of vendor records ([`mirror`]), connections and their
//! tokens ([`connections`], [`tokens`]), what people decided about pairs ([`decisions`]), the
//! worklist with its history ([`worklist`]) and the results with the receipts of their figures
//! ([`results`]). It computes no figure, calls no vendor and knows no check: bodies and findings
//! are text to it.
//!
//! Open a [`Store`], take its [`TenantScope`] and hand both to the functions of the modules.
//! Every one of them runs in one transaction of its own: it happened as a whole or not at all.

pub mod connections;
pub mod decisions;
pub mod doctor;
mod error;
mod lock;
pub mod mirror;
pub mod results;
mod secret;
mod sql;
mod sqlite;
mod tenant;
pub mod tokens;
mod tx;
pub mod worklist;

#[cfg(test)]
mod contract;

pub use error::{Refusal, StoreError};
pub use secret::Secret;
pub use sqlite::Store;
pub use tenant::TenantScope;
