//! The reconciliation: match, compare, explain.

pub(crate) mod convention;
pub mod matching;
pub mod policy;
pub mod result;
pub(crate) mod units;
pub(crate) mod view;
