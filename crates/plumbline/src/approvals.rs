//! Deciding about proposals: approving, saying no, asking for something to be taken back.
//!
//! Whether somebody may is `gate`'s to say, with who they are now in the control data and what else
//! went to the same party; what comes of it is kept in the transaction in which it was asked.

mod alone;
mod attach;
pub mod edit;
mod take_back;
mod together;

pub use alone::{StandsIn, stands_in};
pub use attach::{Added, DOCUMENTS, File, NotAdded, add, follow, made, takes_document};
pub use take_back::{Difference, How, NotTakenBack, take_back};
pub use together::{Chosen, NotApproved, Shown, approve_together, look_together};

use std::collections::BTreeMap;

use figures::{Money, SmolStr};
use gate::alone::SoleApprover;
use gate::approval::{self, Approval, Approved, Approver, Missing, Now, Policy};
use gate::changes::Member;
use gate::digest::Digest;
use gate::proposal::{Event, Proposal, State};
use gate::roles::{Department, Grants};
use jiff::{SignedDuration, Timestamp};
use store::control::history::{self, Happening as OfPeople};
use store::control::people;
use store::proposals::{self, Happening};
use store::{StoreError, TenantScope};

use crate::desk::Desk;
use crate::web::house;
use crate::work;

/// A person at the moment of deciding.
#[derive(Debug, Clone)]
pub struct Decider {
    /// Their id.
    pub person_id: String,
    /// When they last showed a second factor in this session.
    pub factor_at: Option<Timestamp>,
}

/// Why a decision was not taken. The texts are shown to people as they are.
#[derive(Debug, thiserror::Error)]
pub enum NotDecided {
    /// The gate says no.
    #[error("{0}")]
    Gate(approval::Refusal),
    /// The store says no, or fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of an approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It is enough; it is carried out next.
    Approved,
    /// It takes one more.
    OneOfTwo,
    /// It is enough, and carried out from then on.
    Waits(Timestamp),
}

/// Whoever could approve, as the control data know them now.
struct Office {
    members: Vec<Member>,
    alone: Option<SoleApprover>,
    /// Who gave whom a lead's role within the last day.
    made_lead_by: BTreeMap<String, Vec<SmolStr>>,
    now: Now,
}

/// A lead's role that was given within this time counts as the giver's own hand.
const FRESH_LEAD: SignedDuration = SignedDuration::from_hours(24);
/// So many things that happened to people within a day are looked through.
const A_BUSY_DAY: i64 = 10_000;

impl Office {
    async fn load(desk: &Desk) -> Result<Self, StoreError> {
        let (control, at) = (desk.installation.control(), desk.clock.now());
        let since = at.checked_sub(FRESH_LEAD).unwrap_or(Timestamp::MIN);
        let happened = history::history(control, &desk.scope, since, A_BUSY_DAY).await?;
        let mut made_lead_by: BTreeMap<String, Vec<SmolStr>> = BTreeMap::new();
        for one in happened {
            let is_lead = one.what == OfPeople::RoleGiven && one.about.starts_with("lead.");
            if let (true, Some(by), Some(to)) = (is_lead, one.by, one.to) {
                made_lead_by.entry(to).or_default().push(by.into());
            }
        }
        let on = at.to_zoned(house::zone(&desk.settings)).date();
        Ok(Self {
            members: people::members(control, &desk.scope).await?,
            alone: store::control::alone::standing(control, &desk.scope).await?,
            made_lead_by,
            now: Now { at, on },
        })
    }

    /// Somebody as an approver of what is a department's; without roles when they do not belong here
    /// any more.
    fn approver<'a>(
        &'a self,
        person_id: &'a str,
        department: Department,
        factor_at: Option<Timestamp>,
        none: &'a Grants,
    ) -> Approver<'a> {
        let made_lead_by = self.made_lead_by.get(person_id);
        let mut members = self.members.iter();
        let member = members.find(|one| one.person_id == person_id);
        let alone =
            gate::alone::stands_in(self.alone.as_ref(), &self.members, department, self.now.on);
        Approver {
            person_id,
            grants: member.map_or(none, |one| &one.grants),
            factor_at,
            made_lead_by: made_lead_by.map_or(&[], Vec::as_slice),
            stands_in: alone
                .filter(|(who, _)| *who == person_id)
                .map(|(_, delay)| delay),
        }
    }

    fn settle(
        &self,
        proposal: &Proposal,
        approvals: &[Approval],
        rule: (&Policy, Money),
    ) -> Result<Approved, Missing> {
        let (none, department) = (Grants::default(), proposal.newest().draft.department);
        let given: Vec<(Approval, Approver<'_>)> = approvals
            .iter()
            .map(|one| (one.clone(), self.approver(&one.by, department, None, &none)))
            .collect();
        approval::settle(proposal, &given, rule, self.now)
    }
}

fn policy(desk: &Desk) -> Policy {
    Policy {
        second_above: desk.settings.second_approval_above,
    }
}

/// What else went to the same party within a week.
async fn week(desk: &Desk, proposal: &Proposal) -> Result<Money, StoreError> {
    let now = desk.clock.now();
    match &proposal.newest().draft.party {
        Some(party) => {
            let which = (party.as_str(), proposal.id.as_str());
            proposals::week(&desk.store, &desk.scope, which, now).await
        }
        None => Ok(Money::ZERO),
    }
}

/// Whether what was approved still is, with everybody as they are now.
///
/// # Errors
/// When the store cannot be read. Inside it, what is missing.
pub async fn settled(
    desk: &Desk,
    proposal: &Proposal,
) -> Result<Result<Approved, Missing>, StoreError> {
    let State::Approved { by, .. } = &proposal.state else {
        return Ok(Err(Missing::First));
    };
    let (office, week) = (Office::load(desk).await?, week(desk, proposal).await?);
    Ok(office.settle(proposal, by, (&policy(desk), week)))
}

/// Approves the version whose digest the person was shown. When that is enough, it is carried out.
///
/// # Errors
/// [`NotDecided`] with the reason.
pub async fn approve(
    desk: &Desk,
    decider: &Decider,
    id: &str,
    shown: Digest,
) -> Result<Decided, NotDecided> {
    approve_as(desk, decider, (id, shown), None).await
}

/// The same, with what the history says of how it was approved.
async fn approve_as(
    desk: &Desk,
    decider: &Decider,
    (id, shown): (&str, Digest),
    how: Option<String>,
) -> Result<Decided, NotDecided> {
    let office = Office::load(desk).await?;
    let scope = by(desk, decider);
    let known = proposals::proposal(&desk.store, &scope, id).await?;
    let week = match known {
        Some(stored) => week(desk, &stored.proposal).await?,
        None => Money::ZERO,
    };
    let (policy, now, decider) = (policy(desk), office.now, decider.clone());
    let decide = move |stored: &proposals::Stored| {
        let proposal = &stored.proposal;
        let (none, department) = (Grants::default(), proposal.newest().draft.department);
        let (who, factor_at) = (&decider.person_id, decider.factor_at);
        let approver = office.approver(who, department, factor_at, &none);
        let given = approval::approve(proposal, shown, &approver, now)?;
        let mut all = match &proposal.state {
            State::Proposed(before) => before.clone(),
            _ => Vec::new(),
        };
        all.push(given.clone());
        let mut happening = match office.settle(proposal, &all, (&policy, week)) {
            Ok(_) => Happening::of(Event::Approve(all)).then(work::execution(&proposal.id)),
            Err(Missing::Waits(until)) => Happening::of(Event::Approve(all))
                .because("By one person alone, so it counts once its delay is over.")
                .then(work::execution_from(&proposal.id, until)),
            Err(Missing::First | Missing::Second) => Happening::of(Event::FirstApproval(given)),
        };
        if let Some(how) = how {
            let alone = happening.reason.map(|reason| format!("{reason} "));
            happening.reason = Some(alone.unwrap_or_default() + &how);
        }
        Ok(happening)
    };
    let decided = proposals::happen(&desk.store, &scope, id, decide, now.at).await?;
    let proposal = decided.map_err(NotDecided::Gate)?;
    Ok(match proposal.state {
        State::Approved { by, .. } => match by.iter().filter_map(|one| one.waits_until).max() {
            Some(until) => Decided::Waits(until),
            None => Decided::Approved,
        },
        _ => Decided::OneOfTwo,
    })
}

/// Says no, and why.
///
/// # Errors
/// [`NotDecided`] with the reason.
pub async fn reject(
    desk: &Desk,
    decider: &Decider,
    id: &str,
    reason: String,
) -> Result<(), NotDecided> {
    let office = Office::load(desk).await?;
    let (scope, now, who) = (by(desk, decider), office.now, decider.person_id.clone());
    let decide = move |stored: &proposals::Stored| {
        let none = Grants::default();
        let department = stored.proposal.newest().draft.department;
        let who = office.approver(&who, department, None, &none);
        approval::may_reject(&stored.proposal, &who, now)?;
        let by = SmolStr::new(who.person_id);
        Ok(Happening::of(Event::Reject { by, reason }))
    };
    let decided = proposals::happen(&desk.store, &scope, id, decide, now.at).await?;
    decided.map(drop).map_err(NotDecided::Gate)
}

/// The id of a new proposal.
///
/// # Errors
/// When the machine gives no randomness.
pub fn new_id(desk: &Desk) -> anyhow::Result<String> {
    let mut random = [0; 16];
    desk.clock.unguessable(&mut random)?;
    Ok(format!("prp_{}", uuid::Uuid::from_bytes(random).simple()))
}

fn by(desk: &Desk, decider: &Decider) -> TenantScope {
    desk.scope.clone().by(&decider.person_id)
}
