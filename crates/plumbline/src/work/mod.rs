//! What runs by itself: readings by the clock, readings that somebody asked for, the daily letter.
//!
//! Whoever causes work writes a job in the same transaction ([`reading`], [`comparison`]); a
//! [`Worker`] takes it with a lease and does it. What is to be done regularly is in `schedule`.

mod alarm;
pub mod digest;
pub mod schedule;
mod worker;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use store::jobs::NewJob;
use store::schedule::Regular;

use crate::settings::Settings;
pub use worker::{LEASE, Worker, while_held};

/// The kind of job that reads both systems and compares.
pub const READING: &str = "cycle";
/// The kind of job that compares again what was read.
pub const COMPARISON: &str = "compare";
/// The kind of job that sends the daily letter.
pub const DIGEST: &str = "digest";

/// The kind of job that carries out what was approved.
pub const EXECUTION: &str = "execute";

/// The kind of job that sees to the document of what was carried out.
pub const ATTACHMENT: &str = "attach";

/// So often is a reading or a letter begun until it is left to a person: with the pauses in
/// between that is most of a working day.
const ATTEMPTS: i64 = 12;

/// Why a reading is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its hour has come.
    Schedule,
    /// A person asked for it.
    Person,
    /// A vendor announced a change.
    Announcement,
    /// A system was connected.
    Connection,
    /// The settings were changed.
    Settings,
    /// Something was done to the ledger.
    Execution,
}

#[derive(Serialize)]
struct Caused {
    cause: Cause,
}

/// Both systems are to be read.
#[must_use]
pub fn reading(cause: Cause) -> NewJob {
    // One word cannot fail to be written.
    let payload = serde_json::to_string(&Caused { cause }).unwrap_or_else(|_| "{}".to_owned());
    NewJob::at_once(READING, payload, ATTEMPTS)
}

/// What was read is to be compared again.
#[must_use]
pub fn comparison() -> NewJob {
    NewJob::at_once(COMPARISON, "{}".to_owned(), ATTEMPTS)
}

/// What a job about one proposal is about.
#[derive(Serialize, Deserialize)]
pub struct About {
    /// The proposal's id.
    pub proposal: String,
}

/// A proposal is to be carried out.
#[must_use]
pub fn execution(proposal: &str) -> NewJob {
    about(EXECUTION, proposal)
}

/// A proposal is to be carried out from then on. An earlier job of it, from an approval that became
/// void, stays what it is.
#[must_use]
pub fn execution_from(proposal: &str, from: Timestamp) -> NewJob {
    NewJob {
        dedupe_key: Some(format!("{EXECUTION} {proposal} {from}")),
        run_at: from,
        ..execution(proposal)
    }
}

/// The document of a proposal that was carried out is to be attached.
#[must_use]
pub fn attachment(proposal: &str) -> NewJob {
    about(ATTACHMENT, proposal)
}

fn about(kind: &'static str, proposal: &str) -> NewJob {
    let about = About {
        proposal: proposal.to_owned(),
    };
    // An id cannot fail to be written.
    let payload = serde_json::to_string(&about).unwrap_or_else(|_| "{}".to_owned());
    NewJob {
        dedupe_key: Some(format!("{kind} {proposal}")),
        ..NewJob::at_once(kind, payload, ATTEMPTS)
    }
}

/// The names of regular work.
const HOURS_OF_READING: &str = "reading";
const HOUR_OF_DIGEST: &str = "digest";

/// What a job of this kind does, in words for people.
#[must_use]
pub fn kind_in_words(kind: &str) -> &'static str {
    match kind {
        READING => "Reading both systems",
        COMPARISON => "Comparing again",
        DIGEST => "The daily letter",
        EXECUTION => "Carrying out what was approved",
        ATTACHMENT => "Attaching a document",
        _ => "Work of another version",
    }
}

/// The regular work of a tenant, seen from now.
#[must_use]
pub fn regular(settings: &Settings, zone: &TimeZone, now: Timestamp) -> Vec<Regular> {
    vec![
        Regular {
            name: HOURS_OF_READING,
            next_at: schedule::next_run(now, zone, &settings.schedule),
            job: reading(Cause::Schedule),
        },
        Regular {
            name: HOUR_OF_DIGEST,
            next_at: schedule::next_of(now, zone, &[settings.digest_at]),
            job: NewJob::at_once(DIGEST, "{}".to_owned(), ATTEMPTS),
        },
    ]
}
