//! What goes into the document matcher and what comes out of it.

use super::evidence::Evidence;

/// A party that the caller has resolved, the same number on both sides for the same party.
pub type PartyKey = u32;
/// A job that the caller has resolved, the same number on both sides for the same job.
pub type JobKey = u32;
/// The party or job is not known.
pub const UNKNOWN: u32 = u32::MAX;

/// The amounts, in cents, that one document may show, depending on how it was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// The amount as this system states it; gross where it states several.
    pub primary: i64,
    /// The amount less retainage, when the system states it.
    pub net_of_retainage: Option<i64>,
    /// The amount with tax, when the system states it.
    pub with_tax: Option<i64>,
}

impl Amounts {
    /// A document that states one amount.
    pub fn of(primary: i64) -> Self {
        Self {
            primary,
            net_of_retainage: None,
            with_tax: None,
        }
    }
}

/// One document of one side: a bill, an invoice, a payment, a direct cost.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// A stable name of the document within its side. It decides between documents that agree in
    /// everything else, so that the order of rows never matters.
    pub id: &'a str,
    /// The resolved party, or [`UNKNOWN`]; then the name decides.
    pub party: PartyKey,
    /// The party's name as this side writes it.
    pub party_name: &'a str,
    /// The document's number as typed; empty when it has none.
    pub number: &'a str,
    /// The amounts it may show.
    pub amounts: Amounts,
    /// The date of the document.
    pub date: Option<jiff::civil::Date>,
    /// The resolved job, or [`UNKNOWN`].
    pub job: JobKey,
}

/// What the matcher may do on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Documents further apart than this many days are not paired on a score.
    pub date_window_days: u16,
    /// Parts of a split lie within this many days of the whole.
    pub split_window_days: u16,
    /// From this score on, in basis points, documents are paired.
    pub accept: u16,
    /// From this score on, in basis points, a person is asked.
    pub question: u16,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            date_window_days: 75,
            split_window_days: 45,
            accept: 7_500,
            question: 5_000,
        }
    }
}

/// What a pairing rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The same party and the same number.
    Number,
    /// Evidence weighed together.
    Scored,
}

/// The rows of one side in a pair: one in nearly all cases, several in a split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Members {
    /// One row.
    One(u32),
    /// The rows of a split, ascending.
    Many(Box<[u32]>),
}

impl Members {
    /// The positions of the rows in the caller's list.
    pub fn rows(&self) -> &[u32] {
        match self {
            Self::One(row) => std::slice::from_ref(row),
            Self::Many(rows) => rows,
        }
    }

    pub(crate) fn first(&self) -> u32 {
        match self {
            Self::One(row) => *row,
            Self::Many(rows) => rows.first().copied().unwrap_or(u32::MAX),
        }
    }
}

/// Documents of both sides that are one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Rows of the left side.
    pub left: Members,
    /// Rows of the right side.
    pub right: Members,
    /// What the pairing rests on.
    pub basis: Basis,
    /// How sure it is, in basis points from 0 to 10,000.
    pub score: u16,
    /// What speaks for it and against it.
    pub evidence: Evidence,
}

/// Documents that may be one document; a person decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The row of the left side.
    pub left: u32,
    /// The rows of the right side that it may be, most likely first.
    pub candidates: Vec<Candidate>,
}

/// One possible answer to a [`Question`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The row of the right side.
    pub right: u32,
    /// How likely it is, in basis points from 0 to 10,000.
    pub score: u16,
    /// What speaks for it and against it.
    pub evidence: Evidence,
}

/// The outcome: no row appears in two pairs, and rows in no pair are unmatched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matching {
    /// The pairs, by the first row of their left side.
    pub pairs: Vec<Pair>,
    /// What is not certain, by row of the left side. Its rows are in no pair.
    pub questions: Vec<Question>,
}
