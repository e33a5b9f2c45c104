//! A figure: a value that can say how it was computed and from what.

use alloc::string::String;
use alloc::vec::Vec;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::source::SourceRef;

/// What a figure means and how it is computed. A changed formula gets a new version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Definition {
    /// Stable name, such as `bridge.billed.procore`.
    pub id: &'static str,
    /// Version of the formula.
    pub version: u16,
    /// The formula in trade words.
    pub formula: &'static str,
}

/// A value with its definition, inputs and sources.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure<T> {
    /// The value.
    pub value: T,
    /// What it means.
    pub definition: Definition,
    /// Named inputs in the order of the formula.
    pub inputs: Vec<Input>,
    /// The records that the inputs were read from.
    pub sources: Vec<SourceRef>,
    /// The day it is true for.
    pub as_of: Date,
}

/// One input of a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// What it is.
    pub name: String,
    /// Its value in cents.
    pub amount_cents: i64,
    /// The record it was read from.
    pub source: SourceRef,
}

/// Why a figure is missing. A missing input is never a zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Absence {
    /// What is not shown.
    pub what: String,
    /// Why, in words a person can act on.
    pub reason: String,
}
