//! Giving somebody more takes two: an owner proposes it and another owner confirms it.
//!
//! Taking away needs nobody else. An office with one owner has no second one; what stands in for
//! them is [`crate::alone`], and for the first days of a company nothing at all, because there is
//! nobody yet whom one could ask and nothing that was approved. The same holds for switching more
//! on ([`crate::switching`]).

use figures::{Date, SmolStr};
use jiff::{SignedDuration, Timestamp};

use crate::alone::{CoolingOff, SoleApprover};
use crate::changes::{
    Change, Changing, Member, Refusal, demand, member, owners, permit, permit_invitation,
};
use crate::roles::{Action, Denial, Grant, Grants, Role, Term, permits};

/// A proposal that nobody confirmed is over after so long.
pub const LAPSES_AFTER: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The owner who opened a company staffs it alone for so long.
pub const FOUNDING: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The office as far as the question needs it.
#[derive(Debug, Clone, Copy)]
pub struct Office<'a> {
    /// Everybody who belongs to it.
    pub members: &'a [Member],
    /// Sole approver mode, where it is switched on.
    pub alone: Option<&'a SoleApprover>,
    /// Whether its first owner is still staffing it, as [`is_founding`] says.
    pub is_founding: bool,
}

/// How a change that was asked for comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Course {
    /// At once.
    AtOnce,
    /// When another owner confirms it.
    AnotherOwner,
    /// By itself after this delay, because there is no other owner and the mode says so.
    AfterCoolingOff(CoolingOff),
}

/// Who has been an owner of a company, ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Founding {
    /// How many different people.
    pub owners_ever: u64,
    /// Whether the first of them opened the company with the token of the terminal.
    pub by_setup: bool,
    /// When the first of them became one.
    pub first_at: Timestamp,
}

/// Whether the first owner is still staffing the company: they opened it themselves, less than
/// [`FOUNDING`] ago, and nobody else has been an owner since.
#[must_use]
pub fn is_founding(founding: &Founding, now: Timestamp) -> bool {
    let age = now.duration_since(founding.first_at);
    founding.by_setup && founding.owners_ever == 1 && SignedDuration::ZERO <= age && age < FOUNDING
}

/// Whether a grant lets somebody do, or decide about, anything that their standing roles do not.
///
/// Cover that is held already is not looked at: it ends, and what is given may last longer.
///
/// ```
/// use gate::raises::raises;
/// use gate::roles::{Grant, Grants, Role};
/// let preparer = Grants::new(vec![Grant::standing(Role::Preparer)]);
/// assert!(raises(&preparer, &Grant::standing(Role::Owner)));
/// assert!(!raises(&preparer, &Grant::standing(Role::Viewer)));
/// ```
#[must_use]
pub fn raises(before: &Grants, grant: &Grant) -> bool {
    let standing = || before.all().filter(|held| held.term == Term::Standing);
    let decides_more =
        matches!(grant.role, Role::Lead(_)) && !standing().any(|held| held.role == grant.role);
    let does_more = Action::ALL
        .into_iter()
        .any(|action| permits(grant, action) && !standing().any(|held| permits(held, action)));
    decides_more || does_more
}

/// How this change comes about, and the roles that the person has then.
///
/// # Errors
/// Why it may not be made, whoever confirms it; or [`Refusal::NobodyConfirms`].
pub fn course_of_change(
    changing: Changing<'_>,
    change: Change,
    office: &Office<'_>,
) -> Result<(Grants, Course), Refusal> {
    let after = permit(changing, change, office.members)?;
    let Change::Give(grant) = change else {
        return Ok((after, Course::AtOnce));
    };
    let held = |person| member(office.members, person).map(|it| &it.grants);
    let is_raise = held(changing.subject).is_none_or(|before| raises(before, &grant));
    // A lead hands on for some days what they hold themselves.
    let is_own = grant.term != Term::Standing
        && held(changing.actor).is_some_and(|own| own.hold_standing(grant.role));
    if !is_raise || is_own {
        return Ok((after, Course::AtOnce));
    }
    Ok((
        after,
        course(changing.actor, Some(changing.subject), office)?,
    ))
}

/// How an invitation with these roles comes about. Leads and owners decide; whoever comes to read
/// or prepare begins with nothing that another person would have to look at.
///
/// # Errors
/// Why it may not be given, whoever confirms it; or [`Refusal::NobodyConfirms`].
pub fn course_of_invitation(
    actor: &str,
    roles: &[Role],
    on: Date,
    office: &Office<'_>,
) -> Result<(Grants, Course), Refusal> {
    let inviter = member(office.members, actor).ok_or(Refusal::NotPermitted(Denial::NoRole))?;
    let grants = permit_invitation(&inviter.grants, roles, on)?;
    if roles
        .iter()
        .any(|role| matches!(role, Role::Owner | Role::Lead(_)))
    {
        return Ok((grants, course(actor, None, office)?));
    }
    Ok((grants, Course::AtOnce))
}

pub(crate) fn course(
    actor: &str,
    subject: Option<&str>,
    office: &Office<'_>,
) -> Result<Course, Refusal> {
    let mut others = owners(office.members)
        .filter(|it| it.person_id != actor && Some(it.person_id.as_str()) != subject);
    if others.next().is_some() {
        return Ok(Course::AnotherOwner);
    }
    if office.is_founding {
        return Ok(Course::AtOnce);
    }
    match office.alone {
        Some(mode) if mode.counts(owners(office.members).count()) => {
            Ok(Course::AfterCoolingOff(mode.cooling_off))
        }
        _ => Err(Refusal::NobodyConfirms),
    }
}

/// The day by which the dates of a grant are judged that waited until now: cover may have begun
/// meanwhile, but not be over.
#[must_use]
pub fn day_of_proposal(grant: &Grant, on: Date) -> Date {
    match grant.term {
        Term::Cover { from, until } if from < on && on <= until => from,
        Term::Cover { .. } | Term::Standing => on,
    }
}

/// A proposal as far as confirming it needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// The id of the owner who proposed it.
    pub by: SmolStr,
    /// The id of the person whom it raises; nobody for an invitation, or for switches.
    pub subject: Option<SmolStr>,
    /// What whoever confirms it must be allowed to do.
    pub needs: Action,
    /// When it lapses.
    pub lapses_at: Timestamp,
    /// When its delay is over, where everybody was told that it waits for nobody.
    pub ripe_at: Option<Timestamp>,
}

/// Whether this person may confirm it now: an owner who neither proposed it nor is raised by it.
/// Whoever proposed it confirms it only where nobody else could and its delay is over.
///
/// # Errors
/// Why not.
pub fn permit_confirming(
    proposed: &Proposed,
    confirmer: &str,
    office: &Office<'_>,
    (on, now): (Date, Timestamp),
) -> Result<(), Refusal> {
    let theirs = member(office.members, confirmer);
    let theirs = theirs.ok_or(Refusal::NotPermitted(Denial::NoRole))?;
    demand(&theirs.grants, proposed.needs, on)?;
    if now >= proposed.lapses_at {
        return Err(Refusal::Lapsed);
    }
    if proposed.subject.as_deref() == Some(confirmer) {
        return Err(Refusal::OwnRole);
    }
    if proposed.by != confirmer {
        return Ok(());
    }
    let is_ripe = proposed.ripe_at.is_some_and(|ripe_at| ripe_at <= now);
    match course(confirmer, proposed.subject.as_deref(), office) {
        Ok(Course::AfterCoolingOff(_)) if is_ripe => Ok(()),
        Ok(_) => Err(Refusal::OwnProposal),
        Err(refusal) => Err(refusal),
    }
}

#[cfg(test)]
mod tests;
