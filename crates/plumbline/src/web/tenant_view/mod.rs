//! What a tenant's screens read: derived once from the newest stored result and kept in memory.
//!
//! It holds the worklist, the bridges, the questions and the cards of the records they name, not
//! the books themselves. It decides nothing, and what is missing is missing with its reason.

mod load;
mod named;
mod stored;
mod told;

use std::collections::BTreeMap;

use figures::model::{BlindSpot, Incomplete};
use figures::source::{Rejection, SourceRef, System};
use figures::{Date, Measure, Money};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::connections::ConnectionState;
use store::quarantine::Quarantine;
use store::worklist::ItemState;

use super::records::{Card, bare_name};
use super::worklist::{Tab, Tally};
pub use named::keep;
pub use stored::{Candidate, Effect, NotKept, Question, Refusal, Step};

/// Everything that the screens of one tenant read.
#[derive(Debug)]
pub struct TenantView {
    /// The company's name, as QuickBooks has it.
    pub name: String,
    /// The tenant's time zone.
    pub zone: TimeZone,
    /// Days after which a reading is too old to be taken for today's.
    pub stale_after_days: i32,
    /// Whether the systems are local ones with a simulated company.
    pub is_simulated: bool,
    /// Whether anything is written to QuickBooks at the moment.
    pub writes: bool,
    /// Since when it keeps to itself, after a restore.
    pub quarantine: Option<Quarantine>,
    /// Both systems, Procore first.
    pub systems: [SystemStanding; 2],
    /// The newest result; none before the first reading has ended.
    pub books: Option<BooksView>,
}

/// Where one system stands.
#[derive(Debug, Clone)]
pub struct SystemStanding {
    /// The system.
    pub system: System,
    /// Its connection; none when there never was one.
    pub connection: Option<ConnectionState>,
    /// When the connection last changed.
    pub changed_at: Option<Timestamp>,
    /// The company it is bound to.
    pub account_id: String,
    /// With whose rights it is read.
    pub grant: String,
    /// When the newest reading of it began.
    pub read_at: Option<Timestamp>,
    /// Why the newest cycle could not read it.
    pub failed: Option<String>,
    /// What the newest cycle counted: meter and calls.
    pub calls: Vec<(String, u64)>,
    /// What could not be proven whole.
    pub incomplete: Vec<Incomplete>,
    /// What the connection may not see.
    pub blind_spots: Vec<BlindSpot>,
}

impl SystemStanding {
    /// Whether it may be used now.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.connection == Some(ConnectionState::Connected)
    }
}

/// The newest result with the worklist.
#[derive(Debug)]
pub struct BooksView {
    /// The cycle it was computed from.
    pub cycle: i64,
    /// The day it is true for.
    pub as_of: Date,
    /// When the cycle was read to its end.
    pub read_at: Timestamp,
    /// The number of the first cycle that counts as new on Today, and when it was read: the first
    /// one after the day before.
    pub since: Option<(i64, Timestamp)>,
    /// Jobs, those that need a look first.
    pub jobs: Vec<Job>,
    /// Open items, worst first.
    pub open: Vec<Item>,
    /// Items that were proven gone, the latest first.
    pub cleared: Vec<Item>,
    /// What only a person can decide.
    pub questions: Vec<Question>,
    /// What was paired and is worth a person's look.
    pub pairs: Vec<Pairing>,
    /// How many documents were paired by their link or number.
    pub paired: usize,
    /// The records that items, questions, pairs and decisions name.
    pub cards: BTreeMap<SourceRef, Card>,
    /// Measures that are not kept in QuickBooks.
    pub not_kept: Vec<NotKept>,
    /// Figures that are not shown.
    pub refused: Vec<Refusal>,
    /// Records that could not be used.
    pub rejections: Vec<Rejection>,
    /// Systems that were not there when the books were compared.
    pub not_connected: Vec<System>,
    tallies: [Tally; 4],
    places: BTreeMap<String, (ItemState, usize)>,
}

impl BooksView {
    /// An item by its id.
    #[must_use]
    pub fn item(&self, id: &str) -> Option<&Item> {
        let (state, at) = self.places.get(id)?;
        match state {
            ItemState::Open => self.open.get(*at),
            ItemState::Cleared => self.cleared.get(*at),
        }
    }

    /// A job by its Procore id.
    #[must_use]
    pub fn job(&self, id: i64) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// A job's name; its id when the name is not known.
    #[must_use]
    pub fn job_name(&self, id: i64) -> String {
        self.job(id)
            .map_or_else(|| id.to_string(), |job| job.name.clone())
    }

    /// What a record is called.
    #[must_use]
    pub fn record_name(&self, source: &SourceRef) -> String {
        self.cards
            .get(source)
            .map_or_else(|| bare_name(source), |card| card.name.clone())
    }

    /// What several records are called.
    #[must_use]
    pub fn record_names(&self, records: &[SourceRef]) -> String {
        let names: Vec<String> = records.iter().map(|one| self.record_name(one)).collect();
        names.join(" and ")
    }

    /// How many items a tab of the worklist holds.
    #[must_use]
    pub fn tally(&self, tab: Tab) -> &Tally {
        let [decide, timing, unproven, done] = &self.tallies;
        match tab {
            Tab::Decide => decide,
            Tab::Timing => timing,
            Tab::Unproven => unproven,
            Tab::Done => done,
        }
    }

    /// Open items that ask for something; timing does not.
    pub fn to_decide(&self) -> impl Iterator<Item = &Item> {
        self.open.iter().filter(|item| !item.is_timing())
    }

    /// Jobs with a difference in any measure.
    #[must_use]
    pub fn jobs_that_differ(&self) -> usize {
        self.jobs.iter().filter(|job| !job.ties()).count()
    }
}

/// A job with its bridges.
#[derive(Debug, Clone)]
pub struct Job {
    /// Procore id.
    pub id: i64,
    /// Its number, as typed.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Its bridges in page order; a measure that is not shown has none.
    pub measures: Vec<JobMeasure>,
}

impl Job {
    /// Whether every measure ties.
    #[must_use]
    pub fn ties(&self) -> bool {
        self.measures
            .iter()
            .all(|one| one.standing() == Standing::Ties)
    }

    /// Whether any measure has an unexplained rest.
    #[must_use]
    pub fn is_unexplained(&self) -> bool {
        self.measures
            .iter()
            .any(|one| one.standing() == Standing::Unexplained)
    }

    /// The measure that a person looks at first: an unexplained one, else the largest difference.
    #[must_use]
    pub fn first_look(&self) -> Option<Measure> {
        let worst = self.measures.iter().max_by_key(|one| {
            let rest = one.unexplained.abs();
            (rest, one.difference.abs(), std::cmp::Reverse(one.measure))
        });
        worst.map(|one| one.measure)
    }

    /// The bridge of a measure.
    #[must_use]
    pub fn measure(&self, measure: Measure) -> Option<&JobMeasure> {
        self.measures.iter().find(|one| one.measure == measure)
    }
}

/// A bridge with its sums.
#[derive(Debug, Clone)]
pub struct JobMeasure {
    /// The measure.
    pub measure: Measure,
    /// Procore's total.
    pub procore: Money,
    /// QuickBooks' total.
    pub quickbooks: Money,
    /// Procore minus QuickBooks.
    pub difference: Money,
    /// The sum of the steps.
    pub explained: Money,
    /// What no finding explains.
    pub unexplained: Money,
    /// The steps, largest first.
    pub steps: Vec<Step>,
}

/// Whether a measure ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// To the cent.
    Ties,
    /// It differs, and the steps say why.
    Explained,
    /// A rest is unexplained.
    Unexplained,
}

impl JobMeasure {
    /// Whether it ties. Steps that cancel each other out are still steps.
    #[must_use]
    pub fn standing(&self) -> Standing {
        if !self.unexplained.is_zero() {
            Standing::Unexplained
        } else if self.difference.is_zero() && self.steps.is_empty() {
            Standing::Ties
        } else {
            Standing::Explained
        }
    }
}

/// An item of the worklist, ready to be shown.
#[derive(Debug, Clone)]
pub struct Item {
    /// The finding's id.
    pub id: String,
    /// The catalogue code: `R01`.
    pub code: String,
    /// What the check is called: `Unapplied payment`.
    pub title: String,
    /// The record it is about: `payment 78556`.
    pub subject: String,
    /// The job, if any.
    pub project_id: Option<i64>,
    /// The job's name; empty without one.
    pub job: String,
    /// The job's place by name; items without a job come last.
    pub job_rank: usize,
    /// How much it is about.
    pub amount: Money,
    /// What is the case.
    pub what: String,
    /// Why this usually happens.
    pub why: String,
    /// What to do next.
    pub next: String,
    /// The records concerned, the most telling first.
    pub records: Vec<SourceRef>,
    /// What it moves.
    pub effects: Vec<Effect>,
    /// The date of the record that it is about.
    pub date: Option<Date>,
    /// The cycle in which it was opened.
    pub opened_cycle: i64,
    /// The day for which it was last seen.
    pub seen_as_of: Date,
    /// Whether the newest comparison found it; an open item that it did not find could not be
    /// proven gone.
    pub is_proven: bool,
    /// The cycle that cleared it.
    pub cleared_cycle: Option<i64>,
    /// Everything about it in lower case, for the finder.
    pub haystack: String,
}

impl Item {
    /// Whether this is timing, which clears by itself.
    #[must_use]
    pub fn is_timing(&self) -> bool {
        self.code.starts_with('T')
    }
}

/// A pair that a person may want to confirm or refuse.
#[derive(Debug, Clone)]
pub struct Pairing {
    /// `job`, `party` or `document`.
    pub kind: String,
    /// The Procore records.
    pub procore: Vec<SourceRef>,
    /// The QuickBooks records.
    pub quickbooks: Vec<SourceRef>,
    /// `confirmed`, `link`, `number` or `scored`.
    pub basis: String,
    /// The evidence in a sentence.
    pub evidence: String,
}
