//! Changing what people may do, and who belongs to a company.
//!
//! What may be changed, and what of it waits for a second person, is decided by `gate` inside the
//! transaction that changes it, on the rows that it sees. A change that gives somebody more is
//! only proposed here; [`super::raises`] makes it.

use figures::Date;
use gate::alone::SoleApprover;
use gate::changes::{Change, Changing, Member};
use gate::raises::{self as rule, Course, Founding, Office};
use gate::roles::{Grant, Grants, Role};
use jiff::Timestamp;

use super::people::{days, give, members_in};
use super::raises::{self, About, Proposal};
use super::{Control, ControlTx, alone};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Refusal, StoreError, TenantScope};

/// Who changes whom.
#[derive(Debug, Clone)]
pub struct ChangeRequest {
    /// The person who asks.
    pub actor: String,
    /// The person it is about.
    pub subject: String,
    /// What is to be changed.
    pub change: Change,
    /// Today, in the tenant's zone.
    pub on: Date,
}

/// What came of a change that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It was made; the person has these roles now.
    Made(Grants),
    /// It gives somebody more, so it waits for a second person, or for its delay.
    Proposed(Proposal),
}

/// An office as the rows of a transaction show it.
pub(super) struct Seen {
    pub(super) members: Vec<Member>,
    alone: Option<SoleApprover>,
    is_founding: bool,
}

impl Seen {
    pub(super) async fn load(
        tx: &mut ControlTx<'_>,
        tenant_id: &str,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let (owners_ever, by_setup, first_at): (i64, i64, Option<String>) = query(
            "SELECT count(DISTINCT person_id), count(CASE WHEN granted_by = 'setup' THEN 1 END),
                    min(granted_at)
             FROM role_grant WHERE tenant_id = $1 AND role = 'owner'",
        )
        .bind(tenant_id)
        .row(tx.connection())
        .await?;
        let first_at = first_at.as_deref().map(read_moment).transpose()?;
        Ok(Self {
            members: members_in(tx, tenant_id).await?,
            alone: alone::standing_in(tx, tenant_id).await?,
            is_founding: first_at.is_some_and(|first_at| {
                let founding = Founding {
                    owners_ever: u64::try_from(owners_ever).unwrap_or(u64::MAX),
                    by_setup: by_setup > 0,
                    first_at,
                };
                rule::is_founding(&founding, now)
            }),
        })
    }

    pub(super) fn office(&self) -> Office<'_> {
        Office {
            members: &self.members,
            alone: self.alone.as_ref(),
            is_founding: self.is_founding,
        }
    }
}

/// Changes what a person may do, or proposes it, as `gate` says. With a change the person's
/// sessions end, because each was given to somebody with other roles; without any membership left
/// their API tokens end too.
///
/// # Errors
/// [`Refusal::Change`] with the reason; [`Refusal::AlreadyProposed`].
pub async fn change(
    control: &Control,
    scope: &TenantScope,
    request: ChangeRequest,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move { change_in(&mut tx, &tenant_id, &request, now).await })
        })
        .await
}

async fn change_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    request: &ChangeRequest,
    now: Timestamp,
) -> Result<Changed, StoreError> {
    let seen = Seen::load(tx, tenant_id, now).await?;
    let changing = Changing {
        actor: &request.actor,
        subject: &request.subject,
        on: request.on,
    };
    let (after, course) = rule::course_of_change(changing, request.change, &seen.office())
        .map_err(Refusal::Change)?;
    match (course, request.change) {
        (Course::AtOnce, change) => {
            make(
                tx,
                tenant_id,
                (&request.actor, &request.subject),
                change,
                now,
            )
            .await?;
            Ok(Changed::Made(after))
        }
        (waits, Change::Give(grant)) => {
            let person_id = request.subject.clone();
            let about = About::Member { person_id, grant };
            let proposed = raises::propose_in(tx, tenant_id, about, (&request.actor, waits), now);
            Ok(Changed::Proposed(proposed.await?))
        }
        (_, Change::Take(_) | Change::Disable) => Err(StoreError::Unreadable { what: "change" }),
    }
}

/// Makes a change that `gate` permitted, whoever had to confirm it.
pub(super) async fn make(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    (actor, subject): (&str, &str),
    change: Change,
    now: Timestamp,
) -> Result<(), StoreError> {
    match change {
        Change::Give(grant) => give(tx, tenant_id, subject, grant, actor, now).await?,
        Change::Take(grant) => {
            take(tx, tenant_id, subject, grant, actor, now).await?;
            if grant == Grant::standing(Role::Owner) {
                raises::void_of(tx, tenant_id, subject, actor, now).await?;
            }
        }
        Change::Disable => {
            disable(tx, tenant_id, subject, actor, now).await?;
            raises::void_of(tx, tenant_id, subject, actor, now).await?;
        }
    }
    super::sessions::end_in_tenant(tx, tenant_id, subject, "roles changed", now).await
}

async fn take(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    person_id: &str,
    grant: Grant,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (from, until) = days(grant.term);
    query(
        "UPDATE role_grant SET ended_at = $6, ended_by = $7
         WHERE tenant_id = $1 AND person_id = $2 AND role = $3 AND ended_at IS NULL
           AND coalesce(from_day, '') = coalesce($4, '')
           AND coalesce(until_day, '') = coalesce($5, '')",
    )
    .bind(tenant_id)
    .bind(person_id)
    .bind(grant.role.name())
    .bind(from)
    .bind(until)
    .bind(moment(now))
    .bind(by)
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn disable(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    person_id: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    for statement in [
        "UPDATE membership SET ended_at = $3, ended_by = $4
         WHERE tenant_id = $1 AND person_id = $2 AND ended_at IS NULL",
        "UPDATE role_grant SET ended_at = $3, ended_by = $4
         WHERE tenant_id = $1 AND person_id = $2 AND ended_at IS NULL",
    ] {
        query(statement)
            .bind(tenant_id)
            .bind(person_id)
            .bind(moment(now))
            .bind(by)
            .execute(tx.connection())
            .await?;
    }
    for statement in [
        "UPDATE api_token SET revoked_at = $3
         WHERE tenant_id = $1 AND person_id = $2 AND revoked_at IS NULL",
        // An invitation dies with the right to give it.
        "UPDATE invitation SET ended_at = $3
         WHERE tenant_id = $1 AND invited_by = $2 AND ended_at IS NULL",
    ] {
        query(statement)
            .bind(tenant_id)
            .bind(person_id)
            .bind(moment(now))
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}
