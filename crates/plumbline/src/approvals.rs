//! Deciding about proposals: approving, saying no, asking for something to be taken back.
//!
//! Whether somebody may is `gate`'s to say, with who they are now in the control data and what else
//! went to the same party; what comes of it is kept in the transaction in which it was asked.

mod attach;
mod take_back;

pub use attach::{Added, DOCUMENTS, File, NotAdded, add, follow, made, takes_document};
pub use take_back::{Difference, NotTakenBack, take_back};

use std::collections::BTreeMap;

use figures::{Money, SmolStr};
use gate::approval::{self, Approval, Approved, Approver, Missing, Now, Policy};
use gate::digest::Digest;
use gate::proposal::{Event, Proposal, State};
use gate::roles::Grants;
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
}

/// Whoever could approve, as the control data know them now.
struct Office {
    grants: BTreeMap<String, Grants>,
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
        let colleagues = people::colleagues(control, &desk.scope).await?;
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
            grants: colleagues
                .into_iter()
                .map(|one| (one.id, one.grants))
                .collect(),
            made_lead_by,
            now: Now { at, on },
        })
    }

    /// Somebody as an approver; without roles when they do not belong here any more.
    fn approver<'a>(
        &'a self,
        person_id: &'a str,
        factor_at: Option<Timestamp>,
        none: &'a Grants,
    ) -> Approver<'a> {
        let made_lead_by = self.made_lead_by.get(person_id);
        Approver {
            person_id,
            grants: self.grants.get(person_id).unwrap_or(none),
            factor_at,
            made_lead_by: made_lead_by.map_or(&[], Vec::as_slice),
        }
    }

    fn settle(
        &self,
        proposal: &Proposal,
        approvals: &[Approval],
        rule: (&Policy, Money),
    ) -> Result<Approved, Missing> {
        let none = Grants::default();
        let given: Vec<(Approval, Approver<'_>)> = approvals
            .iter()
            .map(|one| (one.clone(), self.approver(&one.by, None, &none)))
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
        let none = Grants::default();
        let approver = office.approver(&decider.person_id, decider.factor_at, &none);
        let given = approval::approve(proposal, shown, &approver, now)?;
        let mut all = match &proposal.state {
            State::Proposed(before) => before.clone(),
            _ => Vec::new(),
        };
        all.push(given.clone());
        Ok(match office.settle(proposal, &all, (&policy, week)) {
            Ok(_) => Happening::of(Event::Approve(all)).then(work::execution(&proposal.id)),
            Err(_) => Happening::of(Event::FirstApproval(given)),
        })
    };
    let decided = proposals::happen(&desk.store, &scope, id, decide, now.at).await?;
    let proposal = decided.map_err(NotDecided::Gate)?;
    Ok(match proposal.state {
        State::Approved { .. } => Decided::Approved,
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
        let who = office.approver(&who, None, &none);
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
