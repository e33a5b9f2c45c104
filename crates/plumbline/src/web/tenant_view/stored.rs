//! A stored result and stored findings, read back: the members that the screens need.

use figures::source::{Rejection, SourceRef, System};
use figures::{Date, Measure, Money};
use serde::Deserialize;

/// A reconciliation as the store keeps it.
#[derive(Debug, Deserialize)]
pub(super) struct Outcome {
    pub(super) not_connected: Vec<System>,

    pub(super) rejections: Vec<Rejection>,
    pub(super) not_kept: Vec<NotKept>,
    pub(super) refused: Vec<Refusal>,
    pub(super) bridges: Vec<Bridge>,
    pub(super) pairs: Vec<Pair>,
    pub(super) questions: Vec<Question>,
}

/// A measure that is not kept in QuickBooks.
#[derive(Debug, Clone, Deserialize)]
pub struct NotKept {
    /// The measure.
    pub measure: Measure,
    /// Why it is not bridged.
    pub reason: String,
}

/// A figure that is not shown, with the reason.
#[derive(Debug, Clone, Deserialize)]
pub struct Refusal {
    /// The job; none when it concerns all.
    pub project_id: Option<i64>,
    /// The measure; none when it concerns all.
    pub measure: Option<Measure>,
    /// What is missing and what to do.
    pub reason: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Bridge {
    pub(super) project_id: i64,
    pub(super) measure: Measure,
    #[serde(rename = "procore_cents")]
    pub(super) procore: Money,
    #[serde(rename = "quickbooks_cents")]
    pub(super) quickbooks: Money,
    pub(super) explained: Vec<Step>,
    #[serde(rename = "unexplained_cents")]
    pub(super) unexplained: Money,
}

/// One step of a bridge.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    /// The check.
    pub check: String,
    /// The finding that explains it.
    pub finding: String,
    /// Procore minus QuickBooks.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
}

/// One record of a pair, within its system.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Side {
    pub(super) kind: String,
    pub(super) id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Pair {
    pub(super) kind: String,
    pub(super) procore: Vec<Side>,
    pub(super) quickbooks: Vec<Side>,
    pub(super) basis: String,
    pub(super) evidence: String,
}

/// Something that only a person can decide.
#[derive(Debug, Clone, Deserialize)]
pub struct Question {
    /// Stable across cycles.
    pub id: String,
    /// `job`, `party` or `document`.
    pub kind: String,
    /// The record in question.
    pub about: SourceRef,
    /// What it may be the same as, most likely first.
    pub candidates: Vec<Candidate>,
    /// The question in a sentence.
    pub text: String,
}

/// One possible answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Candidate {
    /// The record.
    pub record: SourceRef,
    /// The evidence in a sentence.
    pub evidence: String,
}

/// The members of a stored finding that the worklist shows.
#[derive(Debug, Deserialize)]
pub(super) struct Finding {
    pub(super) effects: Vec<Effect>,
    pub(super) records: Vec<SourceRef>,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) next: String,
    pub(super) date: Option<Date>,
}

/// What a finding moves on one bridge.
#[derive(Debug, Clone, Deserialize)]
pub struct Effect {
    /// The job.
    pub project_id: i64,
    /// The measure.
    pub measure: Measure,
    /// Procore minus QuickBooks.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
}
