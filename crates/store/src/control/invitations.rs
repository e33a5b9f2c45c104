//! Invitations into a company: single use, with an end, and only as good as who gave them.
//!
//! The right to invite is asked for twice, when the invitation is given and when it is accepted.

use figures::Date;
use gate::changes::{permit_first_owner, permit_invitation};
use gate::raises::{Course, course_of_invitation};
use gate::roles::{Grants, Role};
use jiff::Timestamp;

use super::changes::Seen;
use super::digests::digest;
use super::people::{NewPerson, SETUP, add_in, grants_in, join_in, members_in, same_mail};
use super::raises::{self, About, Proposal};
use super::{Control, ControlTx};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Refusal, Secret, StoreError, TenantScope};

const PURPOSE: &str = "invitation";

/// An invitation that is about to be given.
#[derive(Debug, Clone)]
pub struct NewInvitation {
    /// Its id, such as `inv_9f…`.
    pub id: String,
    /// What the link holds.
    pub token: Secret,
    /// Whom it is for.
    pub mail: String,
    /// Their name, which they can change.
    pub name: String,
    /// The roles they will have.
    pub roles: Vec<Role>,
    /// Who gives it.
    pub invited_by: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An invitation as the company sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its id.
    pub id: String,
    /// Whom it is for.
    pub mail: String,
    /// Their name.
    pub name: String,
    /// The roles they will have.
    pub roles: Vec<Role>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An invitation as whoever holds the link sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The company.
    pub tenant_name: String,
    /// Whom it is for.
    pub mail: String,
    /// Their name.
    pub name: String,
    /// Whether the address belongs to a known person, who joins by signing in.
    pub is_known: bool,
}

/// What came of inviting somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invited {
    /// The link counts.
    Sent,
    /// It makes an owner or a lead, so it waits for a second person, or for its delay. The token
    /// that was handed in counts for nothing.
    Proposed(Proposal),
}

/// Gives an invitation, or proposes it, as `gate` says; an earlier one for the same address ends.
///
/// # Errors
/// [`Refusal::Change`] when it may not be given, [`Refusal::AlreadyMember`],
/// [`Refusal::AlreadyProposed`].
pub async fn invite(
    control: &Control,
    scope: &TenantScope,
    invitation: NewInvitation,
    on: Date,
    now: Timestamp,
) -> Result<Invited, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move { invite_in(&mut tx, &tenant_id, invitation, on, now).await })
        })
        .await
}

async fn invite_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    invitation: NewInvitation,
    on: Date,
    now: Timestamp,
) -> Result<Invited, StoreError> {
    let seen = Seen::load(tx, tenant_id, now).await?;
    let (inviter, roles) = (&invitation.invited_by, &invitation.roles);
    let (_, course) =
        course_of_invitation(inviter, roles, on, &seen.office()).map_err(Refusal::Change)?;
    if course == Course::AtOnce {
        send_in(tx, tenant_id, invitation, on, now).await?;
        return Ok(Invited::Sent);
    }
    let mail = same_mail(&invitation.mail);
    refuse_members(tx, tenant_id, &mail).await?;
    let about = About::Invitation {
        mail,
        name: invitation.name.trim().to_owned(),
        roles: invitation.roles,
    };
    let by = (invitation.invited_by.as_str(), course);
    let proposal = raises::propose_in(tx, tenant_id, about, by, now).await?;
    Ok(Invited::Proposed(proposal))
}

async fn refuse_members(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    mail: &str,
) -> Result<(), StoreError> {
    let members: i64 = query(
        "SELECT count(*) FROM membership m JOIN person p ON p.person_id = m.person_id
         WHERE m.tenant_id = $1 AND m.ended_at IS NULL AND p.mail = $2",
    )
    .bind(tenant_id)
    .bind(mail)
    .value(tx.connection())
    .await?;
    if members > 0 {
        return Err(Refusal::AlreadyMember.into());
    }
    Ok(())
}

/// Writes an invitation that counts, whoever had to confirm it.
pub(super) async fn send_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    invitation: NewInvitation,
    on: Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mail = same_mail(&invitation.mail);
    permitted(tx, tenant_id, &invitation.invited_by, &invitation.roles, on).await?;
    refuse_members(tx, tenant_id, &mail).await?;
    query(
        "UPDATE invitation SET ended_at = $3
         WHERE tenant_id = $1 AND mail = $2 AND ended_at IS NULL",
    )
    .bind(tenant_id)
    .bind(&mail)
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    query(
        "INSERT INTO invitation (tenant_id, invitation_id, token_digest, mail, name, roles,
                                 invited_by, invited_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(tenant_id)
    .bind(invitation.id)
    .bind(digest(PURPOSE, &invitation.token))
    .bind(mail)
    .bind(invitation.name.trim())
    .bind(written(&invitation.roles))
    .bind(invitation.invited_by)
    .bind(moment(now))
    .bind(moment(invitation.expires_at))
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn permitted(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    inviter: &str,
    roles: &[Role],
    on: Date,
) -> Result<Grants, StoreError> {
    if inviter == SETUP {
        let members = members_in(tx, tenant_id).await?;
        return Ok(permit_first_owner(&members).map_err(Refusal::Change)?);
    }
    let theirs = grants_in(tx, tenant_id, inviter).await?.unwrap_or_default();
    Ok(permit_invitation(&theirs, roles, on).map_err(Refusal::Change)?)
}

pub(super) fn written(roles: &[Role]) -> String {
    let names: Vec<String> = roles.iter().map(|role| role.name()).collect();
    names.join(" ")
}

pub(super) fn read_roles(text: &str) -> Result<Vec<Role>, StoreError> {
    text.split_whitespace()
        .map(|name| Role::from_name(name).ok_or(StoreError::Unreadable { what: "role" }))
        .collect()
}

struct Found {
    tenant_id: String,
    invitation_id: String,
    mail: String,
    name: String,
    roles: Vec<Role>,
    invited_by: String,
    tenant_name: String,
}

async fn found(
    tx: &mut ControlTx<'_>,
    token_digest: &str,
    now: Timestamp,
) -> Result<Found, StoreError> {
    let row: Option<(String, String, String, String, String, String, String)> = query(
        "SELECT i.tenant_id, i.invitation_id, i.mail, i.name, i.roles, i.invited_by, t.name
         FROM invitation i JOIN tenant t ON t.tenant_id = i.tenant_id
         WHERE i.token_digest = $1 AND i.ended_at IS NULL AND i.expires_at > $2
           AND t.state = 'active'",
    )
    .bind(token_digest)
    .bind(moment(now))
    .row_if_any(tx.connection())
    .await?;
    let (tenant_id, invitation_id, mail, name, roles, invited_by, tenant_name) =
        row.ok_or(Refusal::NoSuchInvitation)?;
    Ok(Found {
        tenant_id,
        invitation_id,
        mail,
        name,
        roles: read_roles(&roles)?,
        invited_by,
        tenant_name,
    })
}

/// What a link leads to.
///
/// # Errors
/// [`Refusal::NoSuchInvitation`] for one that ended, was used, or never was.
pub async fn open(control: &Control, token: &Secret, now: Timestamp) -> Result<Open, StoreError> {
    let token_digest = digest(PURPOSE, token);
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let found = found(&mut tx, &token_digest, now).await?;
                let known: i64 = query("SELECT count(*) FROM person WHERE mail = $1")
                    .bind(&found.mail)
                    .value(tx.connection())
                    .await?;
                Ok(Open {
                    tenant_name: found.tenant_name,
                    mail: found.mail,
                    name: found.name,
                    is_known: known > 0,
                })
            })
        })
        .await
}

/// Who accepts an invitation.
#[derive(Debug, Clone)]
pub enum Accepting {
    /// Somebody new. The address is the invitation's, whatever is said here.
    New(NewPerson),
    /// Somebody who is signed in already, by id.
    Known(String),
}

/// Accepts an invitation and spends it.
///
/// # Errors
/// [`Refusal::NoSuchInvitation`], [`Refusal::Change`] when who gave it may no longer,
/// [`Refusal::MailInUse`] when a known person has to sign in first, and
/// [`Refusal::InvitationOfAnother`].
pub async fn accept(
    control: &Control,
    token: &Secret,
    accepting: Accepting,
    on: Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    let token_digest = digest(PURPOSE, token);
    control
        .tx(move |mut tx| {
            Box::pin(async move { accept_in(&mut tx, &token_digest, accepting, on, now).await })
        })
        .await
}

async fn accept_in(
    tx: &mut ControlTx<'_>,
    token_digest: &str,
    accepting: Accepting,
    on: Date,
    now: Timestamp,
) -> Result<(), StoreError> {
    let found = found(tx, token_digest, now).await?;
    let grants = permitted(tx, &found.tenant_id, &found.invited_by, &found.roles, on).await?;
    match accepting {
        Accepting::New(person) => {
            let person = NewPerson {
                mail: found.mail,
                ..person
            };
            add_in(
                tx,
                &found.tenant_id,
                person,
                &grants,
                &found.invited_by,
                now,
            )
            .await?;
        }
        Accepting::Known(person_id) => {
            let mail: Option<String> = query("SELECT mail FROM person WHERE person_id = $1")
                .bind(&person_id)
                .value_if_any(tx.connection())
                .await?;
            if mail.as_ref() != Some(&found.mail) {
                return Err(Refusal::InvitationOfAnother.into());
            }
            if grants_in(tx, &found.tenant_id, &person_id).await?.is_some() {
                return Err(Refusal::AlreadyMember.into());
            }
            join_in(
                tx,
                &found.tenant_id,
                &person_id,
                &grants,
                &found.invited_by,
                now,
            )
            .await?;
        }
    }
    query("UPDATE invitation SET ended_at = $3 WHERE tenant_id = $1 AND invitation_id = $2")
        .bind(found.tenant_id)
        .bind(found.invitation_id)
        .bind(moment(now))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The invitations of a company that wait, by name.
///
/// # Errors
/// When the control data cannot be read.
pub async fn pending(
    control: &Control,
    scope: &TenantScope,
    now: Timestamp,
) -> Result<Vec<Pending>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, String, String, String)> = query(
                    "SELECT invitation_id, mail, name, roles, expires_at FROM invitation
                     WHERE tenant_id = $1 AND ended_at IS NULL AND expires_at > $2
                     ORDER BY name, invitation_id",
                )
                .bind(tenant_id)
                .bind(moment(now))
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(id, mail, name, roles, expires_at)| {
                        Ok(Pending {
                            id,
                            mail,
                            name,
                            roles: read_roles(&roles)?,
                            expires_at: read_moment(&expires_at)?,
                        })
                    })
                    .collect()
            })
        })
        .await
}

/// Takes an invitation back.
///
/// # Errors
/// [`Refusal::NoSuchInvitation`], also for one of another company.
pub async fn withdraw(
    control: &Control,
    scope: &TenantScope,
    invitation_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (tenant_id, invitation_id) = (scope.tenant_id().to_owned(), invitation_id.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let ended = query(
                    "UPDATE invitation SET ended_at = $3
                     WHERE tenant_id = $1 AND invitation_id = $2 AND ended_at IS NULL",
                )
                .bind(tenant_id)
                .bind(invitation_id)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                if ended == 0 {
                    return Err(Refusal::NoSuchInvitation.into());
                }
                Ok(())
            })
        })
        .await
}
