//! A stored draft and what becomes of it.
//!
//! The state is one enum, and every change of it is one function that takes the state there was
//! and refuses what does not follow from it. Nothing is forgotten: an edit makes a new version and
//! keeps the one before.

use std::collections::BTreeSet;

use figures::SmolStr;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::approval::Approval;
use crate::digest::Digest;
use crate::draft::{Draft, Flaw};

/// A proposal that nobody decided about lapses after so long.
pub const LAPSES_AFTER: SignedDuration = SignedDuration::from_hours(14 * 24);
/// What was approved and not begun after so long must be approved again.
pub const APPROVAL_LASTS: SignedDuration = SignedDuration::from_hours(72);

/// Who made or edited a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Maker {
    /// A person, by id.
    Person(SmolStr),
    /// An agent or a check, by name.
    Agent(SmolStr),
}

/// One version of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The draft.
    pub draft: Draft,
    /// Who made this version.
    pub by: Maker,
    /// When.
    pub at: Timestamp,
}

/// Where a proposal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Somebody must decide; those who approved so far, when it takes two.
    Proposed(Vec<Approval>),
    /// It may be done.
    Approved {
        /// Who approved, and when.
        by: Vec<Approval>,
        /// Until then.
        until: Timestamp,
    },
    /// The intent is written and a request may be on its way.
    Executing {
        /// Since when.
        since: Timestamp,
    },
    /// It was done.
    Executed {
        /// When.
        at: Timestamp,
    },
    /// The vendor refused, and nothing was changed.
    Failed {
        /// When.
        at: Timestamp,
        /// What the vendor said, in a sentence.
        reason: String,
    },
    /// Whether it was done is not known.
    OutcomeUnknown {
        /// Since when.
        since: Timestamp,
    },
    /// It was done and taken back.
    Undone {
        /// When.
        at: Timestamp,
    },
    /// A person said no.
    Rejected {
        /// Who, by id.
        by: SmolStr,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// The finding that it settles is gone.
    Cleared {
        /// When.
        at: Timestamp,
    },
    /// Nobody decided in time.
    Expired {
        /// When.
        at: Timestamp,
    },
}

/// What happens to a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A first of two approvals.
    FirstApproval(Approval),
    /// The approvals are enough.
    Approve(Vec<Approval>),
    /// A person says no.
    Reject {
        /// Who, by id.
        by: SmolStr,
        /// Why.
        reason: String,
    },
    /// What it rests on is no longer as it was, or a switch was turned off: approvals are void.
    Void,
    /// The finding is gone.
    Clear,
    /// Time has passed.
    Expire,
    /// The intent is written.
    Begin,
    /// The vendor says that it was done.
    Done,
    /// The vendor says that it was not.
    Fail {
        /// What the vendor said.
        reason: String,
    },
    /// There was no answer that can be understood.
    LoseSight,
    /// Its undoing was done.
    Undone,
}

impl Event {
    /// The names of all of them.
    pub const NAMES: [&'static str; 11] = [
        "approved_by_one",
        "approved",
        "rejected",
        "voided",
        "cleared",
        "expired",
        "begun",
        "done",
        "failed",
        "lost_sight",
        "undone",
    ];

    /// The name in the audit.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::FirstApproval(_) => "approved_by_one",
            Self::Approve(_) => "approved",
            Self::Reject { .. } => "rejected",
            Self::Void => "voided",
            Self::Clear => "cleared",
            Self::Expire => "expired",
            Self::Begin => "begun",
            Self::Done => "done",
            Self::Fail { .. } => "failed",
            Self::LoseSight => "lost_sight",
            Self::Undone => "undone",
        }
    }
}

/// An event that cannot happen in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Illegal;

impl std::fmt::Display for Illegal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the proposal is no longer in a state in which this can happen")
    }
}

impl std::error::Error for Illegal {}

impl State {
    /// The state after an event.
    ///
    /// # Errors
    /// [`Illegal`] when the event does not follow from this state; the state stays then.
    pub fn after(&self, event: Event, now: Timestamp) -> Result<Self, Illegal> {
        let (at, since) = (now, now);
        Ok(match (self, event) {
            (Self::Proposed(by), Event::FirstApproval(one)) if by.is_empty() => {
                Self::Proposed(vec![one])
            }
            (Self::Proposed(_), Event::Approve(by)) if !by.is_empty() => Self::Approved {
                until: counts_from(&by, now)
                    .checked_add(APPROVAL_LASTS)
                    .unwrap_or(now),
                by,
            },
            (Self::Proposed(_) | Self::Approved { .. }, Event::Reject { by, reason }) => {
                Self::Rejected { by, at, reason }
            }
            (Self::Proposed(_) | Self::Approved { .. }, Event::Void) => Self::Proposed(Vec::new()),
            (Self::Proposed(_) | Self::Approved { .. }, Event::Clear) => Self::Cleared { at },
            (Self::Proposed(_), Event::Expire) => Self::Expired { at },
            // An approval that was not used dies, and the proposal waits for another.
            (Self::Approved { until, .. }, Event::Expire) if now >= *until => {
                Self::Proposed(Vec::new())
            }
            (Self::Approved { until, by }, Event::Begin)
                if counts_from(by, now) <= now && now < *until =>
            {
                Self::Executing { since }
            }
            (Self::Executing { .. } | Self::OutcomeUnknown { .. }, Event::Done) => {
                Self::Executed { at }
            }
            (Self::Executing { .. } | Self::OutcomeUnknown { .. }, Event::Fail { reason }) => {
                Self::Failed { at, reason }
            }
            (Self::Executing { .. }, Event::LoseSight) => Self::OutcomeUnknown { since },
            (Self::Executed { .. }, Event::Undone) => Self::Undone { at },
            _ => return Err(Illegal),
        })
    }

    /// The name in storage.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Proposed(_) => "proposed",
            Self::Approved { .. } => "approved",
            Self::Executing { .. } => "executing",
            Self::Executed { .. } => "executed",
            Self::Failed { .. } => "failed",
            Self::OutcomeUnknown { .. } => "unknown",
            Self::Undone { .. } => "undone",
            Self::Rejected { .. } => "rejected",
            Self::Cleared { .. } => "cleared",
            Self::Expired { .. } => "expired",
        }
    }

    /// Whether a person can still decide about it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Proposed(_) | Self::Approved { .. })
    }
}

/// From when approvals count: at once, unless somebody decides alone.
fn counts_from(by: &[Approval], now: Timestamp) -> Timestamp {
    let waits = by.iter().filter_map(|one| one.waits_until);
    waits.max().unwrap_or(now)
}

/// A draft that was stored, with its versions and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Whose it is.
    pub tenant_id: SmolStr,
    /// Its id, such as `prp_…`.
    pub id: SmolStr,
    /// The first version.
    first: Version,
    /// Those that followed.
    edits: Vec<Version>,
    /// Where it stands.
    pub state: State,
}

impl Proposal {
    /// A proposal of a draft.
    ///
    /// # Errors
    /// The draft's flaw.
    pub fn try_new(tenant_id: SmolStr, id: SmolStr, first: Version) -> Result<Self, Flaw> {
        first.draft.check()?;
        Ok(Self {
            tenant_id,
            id,
            first,
            edits: Vec::new(),
            state: State::Proposed(Vec::new()),
        })
    }

    /// A proposal as its versions and what happened to it make it.
    ///
    /// # Errors
    /// [`Illegal`] when an event could not have happened, or there is no version.
    pub fn of_history(
        (tenant_id, id): (SmolStr, SmolStr),
        versions: Vec<Version>,
        events: Vec<(Timestamp, Event)>,
    ) -> Result<Self, Illegal> {
        let mut versions = versions.into_iter();
        let mut one = Self {
            tenant_id,
            id,
            first: versions.next().ok_or(Illegal)?,
            edits: versions.collect(),
            state: State::Proposed(Vec::new()),
        };
        for (at, event) in events {
            one.take(event, at)?;
        }
        Ok(one)
    }

    /// The agent that made it; nothing when a person did.
    #[must_use]
    pub fn agent(&self) -> Option<&str> {
        match &self.first.by {
            Maker::Agent(name) => Some(name),
            Maker::Person(_) => None,
        }
    }

    /// Its state after an event, which it is in then.
    ///
    /// # Errors
    /// [`Illegal`]; it stays as it is then.
    pub fn take(&mut self, event: Event, now: Timestamp) -> Result<(), Illegal> {
        self.state = self.state.after(event, now)?;
        Ok(())
    }

    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> &Version {
        self.edits.last().unwrap_or(&self.first)
    }

    /// Its number, from 1.
    #[must_use]
    pub fn version(&self) -> u32 {
        let edits = u32::try_from(self.edits.len()).unwrap_or(u32::MAX);
        edits.saturating_add(1)
    }

    /// The version that has this digest, be it the newest or not.
    #[must_use]
    pub fn version_with(&self, digest: Digest) -> Option<&Version> {
        let numbered = (1..).zip(self.versions());
        numbered
            .map(|(number, version)| {
                (
                    version.draft.digest(&self.tenant_id, &self.id, number),
                    version,
                )
            })
            .find_map(|(its, version)| (its == digest).then_some(version))
    }

    /// All versions, the first one first.
    pub fn versions(&self) -> impl Iterator<Item = &Version> {
        std::iter::once(&self.first).chain(&self.edits)
    }

    /// The digest that an approval of the newest version covers.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let draft = &self.newest().draft;
        draft.digest(&self.tenant_id, &self.id, self.version())
    }

    /// Everybody whose hand is in it. None of them approves it.
    #[must_use]
    pub fn preparers(&self) -> BTreeSet<&str> {
        self.versions()
            .filter_map(|version| match &version.by {
                Maker::Person(id) => Some(id.as_str()),
                Maker::Agent(_) => None,
            })
            .collect()
    }

    /// Puts another version in the place of the newest. Approvals are void.
    ///
    /// # Errors
    /// [`EditRefused`]; nothing is changed then.
    pub fn edit(&mut self, version: Version) -> Result<(), EditRefused> {
        if !self.state.is_open() {
            return Err(EditRefused::Closed);
        }
        version.draft.check().map_err(EditRefused::Flaw)?;
        let now = &self.newest().draft;
        if (version.draft.kind, &version.draft.company) != (now.kind, &now.company) {
            return Err(EditRefused::AnotherAction);
        }
        self.edits.push(version);
        self.state = State::Proposed(Vec::new());
        Ok(())
    }

    /// When it lapses if nobody decides.
    #[must_use]
    pub fn lapses_at(&self) -> Timestamp {
        let at = self.newest().at;
        at.checked_add(LAPSES_AFTER).unwrap_or(Timestamp::MAX)
    }
}

/// Why a draft was not edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditRefused {
    /// It was decided about, or done.
    Closed,
    /// The new version is no draft.
    Flaw(Flaw),
    /// Another action or company is another proposal.
    AnotherAction,
}

impl std::fmt::Display for EditRefused {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Closed => out.write_str("the proposal was decided about already"),
            Self::Flaw(flaw) => write!(out, "the draft is not usable: {flaw}"),
            Self::AnotherAction => {
                out.write_str("another action or company needs a proposal of its own")
            }
        }
    }
}

impl std::error::Error for EditRefused {}

#[cfg(test)]
pub(crate) mod tests;
