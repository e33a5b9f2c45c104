//! Confirming, refusing and withdrawing proposals, and what comes about by itself.

use figures::Date;
use gate::changes::{Change, Changing, permit};
use gate::raises::{self as rule, Course, Proposed};
use gate::roles::Action;
use gate::switching::{Powers, Step, course_of_switching};
use jiff::Timestamp;

use super::{About, Outcome, Proposal, end_in, pending_in};
use crate::control::changes::{self, Seen};
use crate::control::invitations::{self, NewInvitation};
use crate::control::{Control, ControlTx};
use crate::mirror::moment;
use crate::sql::query;
use crate::{Refusal, Secret, StoreError, TenantScope};

/// Who confirms, and what an invitation needs that is only sent then.
#[derive(Debug, Clone)]
pub struct Confirming {
    /// The number of the proposal.
    pub number: i64,
    /// The id of the person who confirms.
    pub by: String,
    /// Today, in the tenant's zone.
    pub on: Date,
    /// The id of an invitation, such as `inv_9f…`.
    pub invitation_id: String,
    /// What its link holds.
    pub token: Secret,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What came of confirming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmed {
    /// Somebody of the company has another role.
    Given {
        /// The person's id.
        person_id: String,
    },
    /// Somebody is invited; their link holds the token.
    Invited {
        /// Whom the invitation is for.
        mail: String,
        /// Their name.
        name: String,
        /// The id of the owner who proposed it.
        by: String,
    },
}

/// Confirms a proposal about people and makes what it proposes.
///
/// # Errors
/// [`Refusal::NoSuchProposal`], also for one about switches; [`Refusal::Change`] when this person may not confirm it, or it could
/// not be made any more.
pub async fn confirm(
    control: &Control,
    scope: &TenantScope,
    confirming: Confirming,
    now: Timestamp,
) -> Result<Confirmed, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move { confirm_in(&mut tx, &tenant_id, confirming, now).await })
        })
        .await
}

async fn confirm_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    confirming: Confirming,
    now: Timestamp,
) -> Result<Confirmed, StoreError> {
    let proposal = found(tx, tenant_id, confirming.number, now).await?;
    let seen = Seen::load(tx, tenant_id, now).await?;
    let (by, on) = (confirming.by.clone(), confirming.on);
    rule::permit_confirming(&in_short(&proposal), &by, &seen.office(), (on, now))
        .map_err(Refusal::Change)?;
    let ended = (Outcome::Confirmed, Some(by.as_str()));
    end_in(tx, tenant_id, proposal.number, ended, now).await?;
    match proposal.about {
        About::Member { person_id, grant } => {
            let change = Change::Give(grant);
            let changing = Changing {
                actor: &proposal.by,
                subject: &person_id,
                on: rule::day_of_proposal(&grant, on),
            };
            // The proposer must still be an owner, and the role still be one to give.
            permit(changing, change, &seen.members).map_err(Refusal::Change)?;
            changes::make(tx, tenant_id, (&proposal.by, &person_id), change, now).await?;
            Ok(Confirmed::Given { person_id })
        }
        About::Invitation { mail, name, roles } => {
            let invitation = NewInvitation {
                id: confirming.invitation_id,
                token: confirming.token,
                mail: mail.clone(),
                name: name.clone(),
                roles,
                invited_by: proposal.by.clone(),
                expires_at: confirming.expires_at,
            };
            invitations::send_in(tx, tenant_id, invitation, on, now).await?;
            let by = proposal.by;
            Ok(Confirmed::Invited { mail, name, by })
        }
        About::Switching { .. } => Err(Refusal::NoSuchProposal.into()),
    }
}

/// Refuses a proposal of another owner.
///
/// # Errors
/// [`Refusal::NoSuchProposal`], also for one of this person's own.
pub async fn refuse(
    control: &Control,
    scope: &TenantScope,
    number: i64,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    end(control, scope, number, (Outcome::Refused, by), now).await
}

/// Withdraws one's own proposal.
///
/// # Errors
/// [`Refusal::NoSuchProposal`], also for one of another person.
pub async fn withdraw(
    control: &Control,
    scope: &TenantScope,
    number: i64,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    end(control, scope, number, (Outcome::Withdrawn, by), now).await
}

async fn end(
    control: &Control,
    scope: &TenantScope,
    number: i64,
    (outcome, by): (Outcome, &str),
    now: Timestamp,
) -> Result<(), StoreError> {
    let (tenant_id, by) = (scope.tenant_id().to_owned(), by.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let proposal = found(&mut tx, &tenant_id, number, now).await?;
                let is_own = proposal.by == by;
                if is_own != (outcome == Outcome::Withdrawn) {
                    return Err(Refusal::NoSuchProposal.into());
                }
                end_in(&mut tx, &tenant_id, number, (outcome, Some(&by)), now).await
            })
        })
        .await
}

/// What a look at the proposals of a company came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// How many came about because their delay was over.
    pub made: usize,
    /// What of it is about switches, for the caller to carry out now.
    pub switched: Vec<Ripened>,
    /// When the next one does, if any waits for that.
    pub next_at: Option<Timestamp>,
}

/// Switches whose delay is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ripened {
    /// The id of the owner who proposed it.
    pub by: String,
    /// What becomes what.
    pub steps: Vec<Step>,
}

/// Ends what lapsed or is not true any more of the switches and limits that stand, and makes what
/// waited for its delay and still may be made: nobody else can confirm it, the mode is switched on,
/// and it is about switches or somebody who belongs to the company. An invitation is left to its
/// owner, who sends it then.
///
/// # Errors
/// When the control data cannot be written.
pub async fn settle(
    control: &Control,
    scope: &TenantScope,
    standing: Powers,
    (on, now): (Date, Timestamp),
) -> Result<Settled, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    let to_read = tenant_id.clone();
    let waits = control
        .read(move |mut tx| Box::pin(async move { waiting(&mut tx, &to_read).await }))
        .await?;
    if waits == 0 {
        return Ok(Settled::default());
    }
    control
        .tx(move |mut tx| {
            Box::pin(async move { settle_in(&mut tx, &tenant_id, standing, (on, now)).await })
        })
        .await
}

async fn waiting(tx: &mut ControlTx<'_>, tenant_id: &str) -> Result<i64, StoreError> {
    query("SELECT count(*) FROM proposed_raise WHERE tenant_id = $1 AND ended_at IS NULL")
        .bind(tenant_id)
        .value(tx.connection())
        .await
}

async fn settle_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    mut standing: Powers,
    (on, now): (Date, Timestamp),
) -> Result<Settled, StoreError> {
    query(
        "UPDATE proposed_raise SET outcome = 'lapsed', ended_at = lapses_at
         WHERE tenant_id = $1 AND ended_at IS NULL AND lapses_at <= $2",
    )
    .bind(tenant_id)
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    let mut settled = Settled::default();
    for proposal in pending_in(tx, tenant_id, now).await? {
        if !proposal.is_true_of(&standing) {
            end_in(tx, tenant_id, proposal.number, (Outcome::Void, None), now).await?;
            continue;
        }
        let (Some(ripe_at), About::Member { .. } | About::Switching { .. }) =
            (proposal.ripe_at, &proposal.about)
        else {
            continue;
        };
        if ripe_at > now {
            settled.next_at = Some(settled.next_at.map_or(ripe_at, |next| next.min(ripe_at)));
            continue;
        }
        let number = proposal.number;
        let ended = match ripen_in(tx, tenant_id, &proposal, (on, now)).await? {
            Ripe::Waits => continue,
            Ripe::Refused => Outcome::Void,
            Ripe::Made => {
                settled.made += 1;
                if let About::Switching { steps } = proposal.about {
                    standing = standing.after(&steps);
                    let by = proposal.by;
                    settled.switched.push(Ripened { by, steps });
                }
                Outcome::Ripened
            }
        };
        end_in(tx, tenant_id, number, (ended, None), now).await?;
    }
    Ok(settled)
}

/// What became of a proposal whose delay is over.
enum Ripe {
    Made,
    /// There is somebody to confirm it now, so it waits for them.
    Waits,
    Refused,
}

async fn ripen_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    proposal: &Proposal,
    (on, now): (Date, Timestamp),
) -> Result<Ripe, StoreError> {
    let seen = Seen::load(tx, tenant_id, now).await?;
    let by = proposal.by.as_str();
    let course = match &proposal.about {
        About::Member { person_id, grant } => {
            let changing = Changing {
                actor: by,
                subject: person_id,
                on: rule::day_of_proposal(grant, on),
            };
            let course = rule::course_of_change(changing, Change::Give(*grant), &seen.office());
            course.map(|(_, course)| course)
        }
        About::Switching { steps } => course_of_switching(by, steps, on, &seen.office()),
        About::Invitation { .. } => return Ok(Ripe::Waits),
    };
    match course {
        Ok(Course::AtOnce | Course::AfterCoolingOff(_)) => {
            if let About::Member { person_id, grant } = &proposal.about {
                let parties = (by, person_id.as_str());
                changes::make(tx, tenant_id, parties, Change::Give(*grant), now).await?;
            }
            Ok(Ripe::Made)
        }
        Ok(Course::AnotherOwner) => Ok(Ripe::Waits),
        Err(_) => Ok(Ripe::Refused),
    }
}

pub(super) async fn found(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    number: i64,
    now: Timestamp,
) -> Result<Proposal, StoreError> {
    let waiting = pending_in(tx, tenant_id, now).await?;
    let found = waiting.into_iter().find(|it| it.number == number);
    found.ok_or_else(|| Refusal::NoSuchProposal.into())
}

pub(super) fn in_short(proposal: &Proposal) -> Proposed {
    Proposed {
        by: proposal.by.as_str().into(),
        subject: match &proposal.about {
            About::Member { person_id, .. } => Some(person_id.as_str().into()),
            About::Invitation { .. } | About::Switching { .. } => None,
        },
        needs: match &proposal.about {
            About::Member { .. } | About::Invitation { .. } => Action::ManagePeople,
            About::Switching { .. } => Action::ChangeSettings,
        },
        lapses_at: proposal.lapses_at,
        ripe_at: proposal.ripe_at,
    }
}
