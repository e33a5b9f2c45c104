//! Who may change what others may do.
//!
//! Nobody changes their own roles, a tenant keeps an owner, an auditor is nothing else, and cover
//! has an end and cannot be handed on. The functions say yes or why not; storing is elsewhere.

use figures::{Date, SmolStr};

use crate::roles::{Action, Decision, Denial, Grant, Grants, Role, Term, may};

/// The longest that somebody can stand in for a lead. Longer is a change of role.
const LONGEST_COVER_DAYS: i32 = 92;

/// A person who belongs to the tenant and is not disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person's id.
    pub person_id: SmolStr,
    /// The person's roles.
    pub grants: Grants,
}

/// What is to be changed about one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Give a role, for good or as cover.
    Give(Grant),
    /// Take a role or a cover away.
    Take(Grant),
    /// Take the person out of the tenant.
    Disable,
}

/// Who changes whom, when.
#[derive(Debug, Clone, Copy)]
pub struct Changing<'a> {
    /// The person who asks.
    pub actor: &'a str,
    /// The person it is about.
    pub subject: &'a str,
    /// Today, in the tenant's zone.
    pub on: Date,
}

/// Why a change is not made. The texts are shown to people as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The person who asks may not.
    NotPermitted(Denial),
    /// A lead can hand on their own department only.
    OtherDepartment,
    /// Nobody changes their own roles.
    OwnRole,
    /// The tenant would have no owner left.
    LastOwner,
    /// There is nobody with this id here.
    NoSuchPerson,
    /// An auditor holds no other role.
    AuditorIsNothingElse,
    /// The owner decides who approves, and so does not approve.
    OwnerIsNoLead,
    /// Only a lead's role is handed on for some days.
    OnlyLeadsAreCovered,
    /// Cover for somebody who may not stand in.
    CannotCover,
    /// The dates of the cover are not usable.
    CoverDates,
    /// The role is held already.
    AlreadyHeld,
    /// The role is not held.
    NotHeld,
    /// An invitation without a role.
    NoRole,
    /// The operator makes a first owner only.
    HasOwner,
    /// There is no second owner to confirm what needs one.
    NobodyConfirms,
    /// Nobody confirms what they proposed.
    OwnProposal,
    /// Nobody confirmed the proposal in time.
    Lapsed,
    /// Sole approver mode is for offices with one owner.
    NotAlone,
    /// What is done alone, or cannot be taken back, says why.
    Reason,
    /// A delay that is too short or too long.
    CoolingOff,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::NotPermitted(denial) => return denial.fmt(out),
            Self::OtherDepartment => {
                "You can hand on your own department only. Ask an owner for another one."
            }
            Self::OwnRole => "Nobody changes their own roles. Ask another owner.",
            Self::LastOwner => {
                "This is the only owner. Make somebody else an owner first, then come back."
            }
            Self::NoSuchPerson => "There is nobody with this id. Open the list of people again.",
            Self::AuditorIsNothingElse => {
                "An auditor holds no other role. Take the other role away first."
            }
            Self::OwnerIsNoLead => {
                "An owner is not a lead at the same time: who gives roles does not approve. \
                 Choose one of the two."
            }
            Self::OnlyLeadsAreCovered => "Only a lead's role can be given for some days.",
            Self::CannotCover => {
                "Only a preparer or another lead can stand in for a lead. Give that role first."
            }
            Self::CoverDates => {
                "Cover begins today or later, ends on or after its first day, and lasts at most \
                 92 days. Change the dates."
            }
            Self::AlreadyHeld => "This person has this role already.",
            Self::NotHeld => "This person does not have this role any more.",
            Self::NoRole => "Choose at least one role for the person you invite.",
            Self::HasOwner => {
                "This company has an owner, who invites everybody else. Ask them for an invitation."
            }
            Self::NobodyConfirms => {
                "Giving somebody more, or switching more on, takes two owners, and there is no \
                 second one. An owner who works alone can switch sole approver mode on under \
                 Settings."
            }
            Self::OwnProposal => {
                "Nobody confirms what they proposed. Another owner confirms it, or you withdraw it."
            }
            Self::Lapsed => "Nobody confirmed this within 14 days. Propose it again.",
            Self::NotAlone => {
                "Sole approver mode is for an office with one owner. Here another owner confirms \
                 what you propose."
            }
            Self::Reason => "Say why, in a sentence. It stays in the audit.",
            Self::CoolingOff => "The delay is from 24 to 168 hours. Enter a whole number of hours.",
        })
    }
}

/// Whether this change may be made, given everybody who belongs to the tenant; if so, the roles
/// that the person then has.
///
/// # Errors
/// Why it may not be made.
pub fn permit(
    changing: Changing<'_>,
    change: Change,
    members: &[Member],
) -> Result<Grants, Refusal> {
    let actor = member(members, changing.actor).ok_or(Refusal::NotPermitted(Denial::NoRole))?;
    permitted_for(&actor.grants, change, changing.on)?;
    let subject = member(members, changing.subject).ok_or(Refusal::NoSuchPerson)?;
    let after = applied(&subject.grants, change)?;
    let others_own = members
        .iter()
        .any(|it| it.person_id != changing.subject && it.grants.hold_standing(Role::Owner));
    if !others_own && !after.hold_standing(Role::Owner) {
        return Err(Refusal::LastOwner);
    }
    if changing.actor == changing.subject {
        return Err(Refusal::OwnRole);
    }
    if let Change::Give(grant) = change {
        given_well(grant, &subject.grants, changing.on)?;
        compatible(&after)?;
    }
    Ok(after)
}

/// Whether somebody may be invited with these roles.
///
/// # Errors
/// Why not.
pub fn permit_invitation(actor: &Grants, roles: &[Role], on: Date) -> Result<Grants, Refusal> {
    demand(actor, Action::ManagePeople, on)?;
    if roles.is_empty() {
        return Err(Refusal::NoRole);
    }
    let grants = Grants::new(roles.iter().copied().map(Grant::standing).collect());
    compatible(&grants)?;
    Ok(grants)
}

/// Whether the operator, who is nobody of the tenant, may make somebody its first owner; if so, the
/// roles that the person then has. It is asked for when the invitation is given and when it is
/// accepted.
///
/// # Errors
/// [`Refusal::HasOwner`].
pub fn permit_first_owner(members: &[Member]) -> Result<Grants, Refusal> {
    if owners(members).next().is_some() {
        return Err(Refusal::HasOwner);
    }
    Ok(Grants::new(vec![Grant::standing(Role::Owner)]))
}

pub(crate) fn member<'a>(members: &'a [Member], person_id: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.person_id == person_id)
}

/// Everybody who holds the owner's role for good.
pub(crate) fn owners(members: &[Member]) -> impl Iterator<Item = &Member> {
    members
        .iter()
        .filter(|member| member.grants.hold_standing(Role::Owner))
}

pub(crate) fn demand(grants: &Grants, action: Action, on: Date) -> Result<(), Refusal> {
    match may(grants, action, on) {
        Decision::Permitted => Ok(()),
        Decision::Denied(denial) => Err(Refusal::NotPermitted(denial)),
    }
}

/// An owner changes everything; a lead hands on, and takes back, their own department for days.
fn permitted_for(actor: &Grants, change: Change, on: Date) -> Result<(), Refusal> {
    let cover = match change {
        Change::Give(grant) | Change::Take(grant) => Some(grant),
        Change::Disable => None,
    }
    .filter(|grant| grant.term != Term::Standing);
    let Some(cover) = cover else {
        return demand(actor, Action::ManagePeople, on);
    };
    demand(actor, Action::Delegate, on)?;
    if actor.hold_standing(Role::Owner) || actor.hold_standing(cover.role) {
        Ok(())
    } else {
        Err(Refusal::OtherDepartment)
    }
}

fn applied(before: &Grants, change: Change) -> Result<Grants, Refusal> {
    let mut grants: Vec<Grant> = before.all().copied().collect();
    match change {
        Change::Disable => grants.clear(),
        Change::Give(grant) if grants.contains(&grant) => return Err(Refusal::AlreadyHeld),
        Change::Give(grant) => grants.push(grant),
        Change::Take(grant) => {
            let count = grants.len();
            grants.retain(|held| *held != grant);
            if grants.len() == count {
                return Err(Refusal::NotHeld);
            }
        }
    }
    Ok(Grants::new(grants))
}

fn given_well(grant: Grant, before: &Grants, on: Date) -> Result<(), Refusal> {
    let Term::Cover { from, until } = grant.term else {
        return Ok(());
    };
    if !matches!(grant.role, Role::Lead(_)) {
        return Err(Refusal::OnlyLeadsAreCovered);
    }
    if from < on || until < from || figures::dates::days_between(from, until) >= LONGEST_COVER_DAYS
    {
        return Err(Refusal::CoverDates);
    }
    let stands_in = before.all().any(|held| {
        held.term == Term::Standing && matches!(held.role, Role::Preparer | Role::Lead(_))
    });
    if stands_in {
        Ok(())
    } else {
        Err(Refusal::CannotCover)
    }
}

fn compatible(grants: &Grants) -> Result<(), Refusal> {
    let has = |wanted: fn(Role) -> bool| grants.all().any(|grant| wanted(grant.role));
    if has(|role| role == Role::Auditor) && has(|role| role != Role::Auditor) {
        return Err(Refusal::AuditorIsNothingElse);
    }
    if has(|role| role == Role::Owner) && has(|role| matches!(role, Role::Lead(_))) {
        return Err(Refusal::OwnerIsNoLead);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
