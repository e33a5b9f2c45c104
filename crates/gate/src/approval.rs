//! Who may approve a proposal, and when the approvals are enough.
//!
//! Everything denies until a rule permits. A lead of the proposal's department approves exactly
//! the version that was shown; whoever had a hand in the draft does not, at any amount, and neither
//! does somebody whom they made a lead a moment ago. Above the tenant's limit it takes two, and the
//! limit is tested on what went to the same party within a week, so that splitting does not help.

use figures::{Date, Money, SmolStr};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::action::Effect;
use crate::alone::CoolingOff;
use crate::digest::Digest;
use crate::proposal::{APPROVAL_LASTS, Proposal, State};
use crate::roles::{Department, Grants, Role, is_fresh};
use crate::switches::Switches;

/// What a tenant lays down about approvals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Above this, within seven days and to one party, it takes two; never when there is none.
    pub second_above: Option<Money>,
}

/// Somebody who is asked to approve, as the session and the control data know them now.
#[derive(Debug, Clone, Copy)]
pub struct Approver<'a> {
    /// The person's id.
    pub person_id: &'a str,
    /// Their roles; empty ones for somebody who was disabled.
    pub grants: &'a Grants,
    /// When they last showed a second factor in this session.
    pub factor_at: Option<Timestamp>,
    /// Who gave them a lead's role within the last day.
    pub made_lead_by: &'a [SmolStr],
    /// The delay after which what they approve counts, where they stand in for the lead of the
    /// proposal's department.
    pub stands_in: Option<CoolingOff>,
}

/// An approval as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who, by id.
    pub by: SmolStr,
    /// When.
    pub at: Timestamp,
    /// Of what.
    pub digest: Digest,
    /// Until when it waits, because it was given by somebody who decides alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_until: Option<Timestamp>,
}

impl Approval {
    /// From when it counts.
    #[must_use]
    pub fn counts_from(&self) -> Timestamp {
        self.waits_until.unwrap_or(self.at)
    }
}

/// Why somebody may not approve. The texts are shown to people as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// It is not waiting for a decision.
    NotOpen,
    /// It lapsed.
    Lapsed,
    /// It is another version, or other facts, than were shown.
    Changed,
    /// The person is no lead of this department today.
    NotTheLead(Department),
    /// The person had a hand in the draft.
    OwnDraft,
    /// Somebody with a hand in the draft made the person a lead within the last day.
    LeadByPreparer,
    /// The person approved it already.
    Already,
    /// The second factor was not shown within the last minutes.
    FactorTooOld,
    /// No agent may do this by itself.
    NotAlone,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotOpen => out.write_str("This was decided about already."),
            Self::Lapsed => out.write_str(
                "This lapsed, because nobody decided within 14 days. The next reading proposes it \
                 again if it still stands.",
            ),
            Self::Changed => {
                out.write_str("This changed while you were reading. Look at it again.")
            }
            Self::NotTheLead(department) => {
                write!(out, "Only the {} approves this.", department.lead_title())
            }
            Self::OwnDraft => {
                out.write_str("You made or edited this draft, so somebody else approves it.")
            }
            Self::LeadByPreparer => out.write_str(
                "Somebody who made or edited this draft gave you the lead's role within the last \
                 day, so somebody else approves it.",
            ),
            Self::Already => {
                out.write_str("You approved this already; it takes somebody else as well.")
            }
            Self::FactorTooOld => out.write_str("Show your second factor again first."),
            Self::NotAlone => out.write_str("This does not run on its own."),
        }
    }
}

impl std::error::Error for Refusal {}

/// The moment of a question, in UTC and as a day in the tenant's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The moment.
    pub at: Timestamp,
    /// The day.
    pub on: Date,
}

/// Whether somebody may approve the version whose digest they were shown.
///
/// # Errors
/// Why not; the first reason in the order of [`Refusal`].
pub fn approve(
    proposal: &Proposal,
    shown: Digest,
    approver: &Approver<'_>,
    now: Now,
) -> Result<Approval, Refusal> {
    let State::Proposed(before) = &proposal.state else {
        return Err(Refusal::NotOpen);
    };
    if now.at >= proposal.lapses_at() {
        return Err(Refusal::Lapsed);
    }
    let digest = proposal.digest();
    if shown != digest {
        return Err(Refusal::Changed);
    }
    let capacity = capacity(proposal, approver, now.on)?;
    if before.iter().any(|one| one.by == approver.person_id) {
        return Err(Refusal::Already);
    }
    let has_shown = approver.factor_at.is_some_and(|at| is_fresh(at, now.at));
    let needs_factor = proposal.newest().draft.kind.effect() != Effect::Neither;
    if needs_factor && !has_shown {
        return Err(Refusal::FactorTooOld);
    }
    Ok(Approval {
        by: approver.person_id.into(),
        at: now.at,
        digest,
        waits_until: match capacity {
            Capacity::Lead => None,
            Capacity::Alone(delay) => Some(delay.ends(now.at)),
        },
    })
}

/// The approval under which an agent does by itself what can be undone exactly and is neither money
/// nor legal: that of the lead who lets it, as far as they could approve it in person now.
///
/// # Errors
/// Why not; [`Refusal::NotAlone`] when the switches do not let the agent do this by itself.
pub fn standing(
    proposal: &Proposal,
    switches: &Switches,
    lead: &Approver<'_>,
    now: Now,
) -> Result<Approval, Refusal> {
    let agent = proposal.agent().ok_or(Refusal::NotAlone)?;
    let draft = &proposal.newest().draft;
    if !switches.lets_run_alone(agent, draft) {
        return Err(Refusal::NotAlone);
    }
    if !switches.is_let_by(agent, lead.person_id) {
        return Err(Refusal::NotTheLead(draft.department));
    }
    approve(proposal, proposal.digest(), lead, now)
}

/// Whether somebody may say no: whoever leads the department, also with a hand in the draft.
///
/// # Errors
/// [`Refusal::NotOpen`] or [`Refusal::NotTheLead`].
pub fn may_reject(proposal: &Proposal, who: &Approver<'_>, now: Now) -> Result<(), Refusal> {
    if !proposal.state.is_open() {
        return Err(Refusal::NotOpen);
    }
    match capacity(proposal, who, now.on) {
        Err(refusal @ Refusal::NotTheLead(_)) => Err(refusal),
        _ => Ok(()),
    }
}

/// As what somebody approves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Capacity {
    /// As a lead of the department.
    Lead,
    /// As the one person of an office, after a delay.
    Alone(CoolingOff),
}

/// As what somebody can approve this proposal, if at all.
fn capacity(proposal: &Proposal, approver: &Approver<'_>, on: Date) -> Result<Capacity, Refusal> {
    let department = proposal.newest().draft.department;
    let mut roles = approver.grants.in_force(on).map(|grant| grant.role);
    if !roles.any(|role| role == Role::Lead(department)) {
        let alone = approver.stands_in.map(Capacity::Alone);
        return alone.ok_or(Refusal::NotTheLead(department));
    }
    let preparers = proposal.preparers();
    if preparers.contains(approver.person_id) {
        return Err(Refusal::OwnDraft);
    }
    if approver
        .made_lead_by
        .iter()
        .any(|by| preparers.contains(by.as_str()))
    {
        return Err(Refusal::LeadByPreparer);
    }
    Ok(Capacity::Lead)
}

/// Permission to do exactly one version of one proposal. Nothing else makes one but [`settle`],
/// which asks every question again, so a stored approval is worth nothing by itself.
///
/// ```compile_fail
/// fn forged(digest: gate::digest::Digest) -> gate::approval::Approved {
///     gate::approval::Approved { proposal_id: "prp_1".into(), digest, by: vec!["psn_1".into()] }
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Approved {
    proposal_id: SmolStr,
    digest: Digest,
    by: Vec<SmolStr>,
}

impl Approved {
    /// Which proposal.
    #[must_use]
    pub fn proposal_id(&self) -> &str {
        &self.proposal_id
    }

    /// What exactly was approved.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// By whom.
    #[must_use]
    pub fn by(&self) -> &[SmolStr] {
        &self.by
    }
}

/// Why approvals are not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Nobody approved yet, or nobody who still may.
    First,
    /// It takes one more.
    Second,
    /// It was given by somebody who decides alone, and counts from then on.
    Waits(Timestamp),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::First => {
                out.write_str("Nobody who may approve it now has approved exactly this.")
            }
            Self::Second => out.write_str("It takes the approval of a second person."),
            Self::Waits(until) => write!(
                out,
                "It was approved by one person alone, and that counts from {until:.0} on."
            ),
        }
    }
}

impl std::error::Error for Missing {}

/// Whether these approvals are enough for the newest version, given who the approvers are now and
/// what else went to the same party within seven days. Asked when an approval is given, and again
/// before anything is done.
///
/// # Errors
/// What is missing.
pub fn settle(
    proposal: &Proposal,
    approvals: &[(Approval, Approver<'_>)],
    (policy, week): (&Policy, Money),
    now: Now,
) -> Result<Approved, Missing> {
    let digest = proposal.digest();
    let given = approvals.iter().filter(|(approval, approver)| {
        approval.digest == digest
            && approval.by == approver.person_id
            && approval.at <= now.at
            && now.at.duration_since(approval.counts_from()) < APPROVAL_LASTS
            && counts(approval, capacity(proposal, approver, now.on))
    });
    let given: Vec<&Approval> = given.map(|(approval, _)| approval).collect();
    let waits_until = given.iter().filter_map(|one| one.waits_until).max();
    if let Some(until) = waits_until.filter(|until| now.at < *until) {
        return Err(Missing::Waits(until));
    }
    let mut by: Vec<SmolStr> = given.iter().map(|one| one.by.clone()).collect();
    by.sort();
    by.dedup();
    let total: Money = [week, proposal.newest().draft.money].into_iter().sum();
    let is_above = policy.second_above.is_some_and(|limit| total > limit);
    // The delay stands in for the second person where there is none.
    let takes_two = is_above && waits_until.is_none();
    match (by.len(), takes_two) {
        (0, _) => Err(Missing::First),
        (1, true) => Err(Missing::Second),
        _ => Ok(Approved {
            proposal_id: proposal.id.clone(),
            digest,
            by,
        }),
    }
}

/// Whether an approval was given as what its giver is now.
fn counts(approval: &Approval, now: Result<Capacity, Refusal>) -> bool {
    match now {
        Ok(Capacity::Lead) => approval.waits_until.is_none(),
        Ok(Capacity::Alone(_)) => approval.waits_until.is_some(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests;
