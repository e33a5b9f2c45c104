//! The reconciliation: match, compare, explain.

pub mod matching;
