//! What a reconciliation says: findings, bridges, pairs and questions. The JSON of these types is
//! an interface that others rely on.

use figures::model::{BlindSpot, Incomplete};
use figures::source::{Rejection, SourceRef};
use figures::{Date, Measure, Money, SmolStr};
use serde::{Serialize, Serializer};

/// A disagreement between the books, its figure, its cause and the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable across cycles: made from the check and the record that the finding is about.
    pub id: SmolStr,
    /// Check id, beginning with the catalogue code: `R01_unapplied_payment`.
    pub check: &'static str,
    /// The job, or the first of two; none when the finding concerns no job.
    pub project_id: Option<i64>,
    /// The QuickBooks customer concerned, if any.
    pub customer_id: Option<SmolStr>,
    /// The figure of the catalogue; never negative.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
    /// What it moves: Procore minus QuickBooks, per job and measure.
    pub effects: Vec<Effect>,
    /// The records concerned, the most telling first.
    pub records: Vec<SourceRef>,
    /// What is the case.
    pub what: String,
    /// Why this usually happens.
    pub why: String,
    /// What to do next.
    pub next: String,
    /// Place in the order of the worklist; larger is worse.
    pub severity: u64,
    /// The date of the record that the finding is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

impl Finding {
    /// The catalogue code: `R01`.
    #[must_use]
    pub fn code(&self) -> &str {
        self.check.split('_').next().unwrap_or(self.check)
    }

    /// Whether this is timing, which clears by itself and is no action.
    #[must_use]
    pub fn is_timing(&self) -> bool {
        self.check.starts_with('T')
    }
}

/// What a finding moves on one bridge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Effect {
    /// The job.
    pub project_id: i64,
    /// The measure.
    pub measure: Measure,
    /// Procore minus QuickBooks.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
}

/// Both totals of one measure of one job and the way from one to the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bridge {
    /// The job.
    pub project_id: i64,
    /// The measure.
    pub measure: Measure,
    /// Procore's total.
    #[serde(rename = "procore_cents")]
    pub procore: Money,
    /// QuickBooks' total.
    #[serde(rename = "quickbooks_cents")]
    pub quickbooks: Money,
    /// The difference, split over findings, timing and rounding.
    pub explained: Vec<Explained>,
    /// What no finding explains. Always shown, however small.
    #[serde(rename = "unexplained_cents")]
    pub unexplained: Money,
}

/// One step of a bridge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Explained {
    /// The check.
    pub check: &'static str,
    /// The finding.
    pub finding: SmolStr,
    /// Procore minus QuickBooks.
    #[serde(rename = "amount_cents")]
    pub amount: Money,
}

/// What kind of thing is paired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PairKind {
    /// A Procore project and its QuickBooks customers.
    Job,
    /// A company in both systems.
    Party,
    /// Documents that are the same.
    Document,
}

/// Why two things are taken to be the same, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PairBasis {
    /// A person said so.
    Confirmed,
    /// An id of one system stands in the other.
    Link,
    /// Their numbers agree.
    Number,
    /// The evidence together suffices.
    Scored,
}

/// A record within a system that is already named by the member it stands in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Side {
    /// Snapshot name in the singular, or QuickBooks entity name.
    pub kind: SmolStr,
    /// The vendor's id as text.
    pub id: SmolStr,
}

impl From<&SourceRef> for Side {
    fn from(record: &SourceRef) -> Self {
        Self {
            kind: record.kind.clone(),
            id: record.id.clone(),
        }
    }
}

/// Strength of evidence in ten-thousandths; in JSON a number from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(pub u16);

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The only binary fraction in the crate: JSON has no other number, and no figure is
        // computed from a score.
        serializer.serialize_f64(f64::from(self.0) / 10_000.0)
    }
}

/// Things of the two systems that are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// What kind of thing.
    pub kind: PairKind,
    /// Procore side.
    pub procore: Vec<Side>,
    /// QuickBooks side.
    pub quickbooks: Vec<Side>,
    /// Why.
    pub basis: PairBasis,
    /// Strength of the evidence.
    pub score: Score,
    /// The evidence in a sentence.
    pub evidence: SmolStr,
}

/// Something that only a person can decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// Stable across cycles.
    pub id: SmolStr,
    /// What kind of thing.
    pub kind: PairKind,
    /// The record in question.
    pub about: SourceRef,
    /// What it may be the same as, most likely first.
    pub candidates: Vec<Candidate>,
    /// The question in a sentence.
    pub text: String,
}

/// One possible answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The record.
    pub record: SourceRef,
    /// Strength of the evidence.
    pub score: Score,
    /// The evidence in a sentence.
    pub evidence: String,
}

/// A measure that this tenant does not keep in QuickBooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotKept {
    /// The measure.
    pub measure: Measure,
    /// Why it is not bridged.
    pub reason: String,
}

/// Everything a reconciliation says.
#[derive(Debug, Clone, Serialize)]
pub struct Reconciliation {
    /// The day it is true for.
    pub as_of: Date,
    /// Systems that are not connected; nothing that needs them is shown.
    pub not_connected: Vec<figures::source::System>,
    /// What the connection cannot see.
    pub blind_spots: Vec<BlindSpot>,
    /// What could not be proven whole.
    pub incomplete: Vec<Incomplete>,
    /// Records that could not be used.
    pub rejections: Vec<Rejection>,
    /// `gross` or `net`; absent without both systems.
    pub retainage_convention: Option<&'static str>,
    /// Measures that the tenant does not keep in QuickBooks.
    pub not_kept: Vec<NotKept>,
    /// Figures that are refused, with the reason.
    pub refused: Vec<Refusal>,
    /// Findings, most severe first.
    pub findings: Vec<Finding>,
    /// A bridge for every job and kept measure.
    pub bridges: Vec<Bridge>,
    /// What belongs together.
    pub pairs: Vec<Pair>,
    /// What only a person can decide.
    pub questions: Vec<Question>,
}

/// A figure that is not shown because something it needs is missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refusal {
    /// The job; none when it concerns all jobs.
    pub project_id: Option<i64>,
    /// The measure; none when it concerns all measures.
    pub measure: Option<Measure>,
    /// What is missing and what to do.
    pub reason: String,
}
