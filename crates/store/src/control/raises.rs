//! Proposals to give somebody more, or to switch more on, until another owner confirms them.
//!
//! Whether something is one, and who may confirm it, is `gate::raises`' to say, inside the
//! transaction that acts on it. Proposals are ended, never deleted.

mod decide;
pub mod switching;

use gate::raises::{Course, LAPSES_AFTER};
use gate::roles::{Grant, Role};
use gate::switching::{Powers, Step, in_words, is_true_of};
use jiff::Timestamp;

use super::people::{days, read_grant};
use super::{Control, ControlTx};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Refusal, StoreError, TenantScope};

pub use decide::{Confirmed, Confirming, Ripened, Settled, confirm, refuse, settle, withdraw};

/// What a proposal is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// A role for somebody who belongs to the company.
    Member {
        /// The person's id.
        person_id: String,
        /// The role, for good or as cover.
        grant: Grant,
    },
    /// An invitation.
    Invitation {
        /// Whom it is for.
        mail: String,
        /// Their name.
        name: String,
        /// The roles they would have.
        roles: Vec<Role>,
    },
    /// Switches to be turned on, and limits to be raised.
    Switching {
        /// What each was, and what it becomes.
        steps: Vec<Step>,
    },
}

/// A proposal that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its number in the company, from 1.
    pub number: i64,
    /// What it is about.
    pub about: About,
    /// The id of the owner who proposed it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// When it lapses.
    pub lapses_at: Timestamp,
    /// When its delay is over, where there was no other owner to confirm it.
    pub ripe_at: Option<Timestamp>,
}

impl Proposal {
    /// Whether what it says was before is so: always, unless it is about switches and limits.
    #[must_use]
    pub fn is_true_of(&self, standing: &Powers) -> bool {
        match &self.about {
            About::Switching { steps } => is_true_of(steps, standing),
            About::Member { .. } | About::Invitation { .. } => true,
        }
    }
}

type Row = (
    i64,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
    String,
    String,
    Option<String>,
);

/// Reads a row of the columns that both statements below name.
fn proposal(row: Row) -> Result<Proposal, StoreError> {
    let (number, person_id, mail, name, roles, steps, from, until, by, at, lapses_at, ripe_at) =
        row;
    let unreadable = StoreError::Unreadable { what: "proposal" };
    let about = match (person_id, mail, name, roles, steps) {
        (Some(person_id), None, None, Some(role), None) => About::Member {
            person_id,
            grant: read_grant(&role, from.as_deref(), until.as_deref())?,
        },
        (None, Some(mail), Some(name), Some(roles), None) => About::Invitation {
            mail,
            name,
            roles: super::invitations::read_roles(&roles)?,
        },
        (None, None, None, None, Some(steps)) => About::Switching {
            steps: serde_json::from_str(&steps).map_err(|_| unreadable)?,
        },
        _ => return Err(unreadable),
    };
    Ok(Proposal {
        number,
        about,
        by,
        at: read_moment(&at)?,
        lapses_at: read_moment(&lapses_at)?,
        ripe_at: ripe_at.as_deref().map(read_moment).transpose()?,
    })
}

/// The proposals that wait, the oldest first.
///
/// # Errors
/// When the control data cannot be read.
pub async fn pending(
    control: &Control,
    scope: &TenantScope,
    now: Timestamp,
) -> Result<Vec<Proposal>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| Box::pin(async move { pending_in(&mut tx, &tenant_id, now).await }))
        .await
}

pub(super) async fn pending_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    now: Timestamp,
) -> Result<Vec<Proposal>, StoreError> {
    let rows: Vec<Row> = query(
        "SELECT raise_no, person_id, mail, name, roles, steps, from_day, until_day, proposed_by,
                proposed_at, lapses_at, ripe_at
         FROM proposed_raise
         WHERE tenant_id = $1 AND ended_at IS NULL AND lapses_at > $2 ORDER BY raise_no",
    )
    .bind(tenant_id)
    .bind(moment(now))
    .rows(tx.connection())
    .await?;
    rows.into_iter().map(proposal).collect()
}

/// Writes a proposal that has to wait.
pub(super) async fn propose_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    about: About,
    (by, course): (&str, Course),
    now: Timestamp,
) -> Result<Proposal, StoreError> {
    let waiting = pending_in(tx, tenant_id, now).await?;
    if waiting.iter().any(|other| other.about == about) {
        return Err(Refusal::AlreadyProposed.into());
    }
    let number: i64 =
        query("SELECT coalesce(max(raise_no), 0) + 1 FROM proposed_raise WHERE tenant_id = $1")
            .bind(tenant_id)
            .value(tx.connection())
            .await?;
    let proposal = Proposal {
        number,
        about,
        by: by.to_owned(),
        at: now,
        lapses_at: now.checked_add(LAPSES_AFTER).unwrap_or(Timestamp::MAX),
        ripe_at: match course {
            Course::AfterCoolingOff(delay) => Some(delay.ends(now)),
            Course::AnotherOwner | Course::AtOnce => None,
        },
    };
    let columns = Columns::of(&proposal.about)?;
    let (from, until) = columns.days;
    query(
        "INSERT INTO proposed_raise (tenant_id, raise_no, person_id, mail, name, roles, steps,
                                     told, from_day, until_day, proposed_by, proposed_at,
                                     lapses_at, ripe_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(tenant_id)
    .bind(number)
    .bind(columns.person_id)
    .bind(columns.mail)
    .bind(columns.name)
    .bind(columns.roles)
    .bind(columns.steps)
    .bind(columns.told)
    .bind(from)
    .bind(until)
    .bind(by)
    .bind(moment(now))
    .bind(moment(proposal.lapses_at))
    .bind(proposal.ripe_at.map(moment))
    .execute(tx.connection())
    .await?;
    Ok(proposal)
}

/// What a proposal is about, as its row holds it.
#[derive(Default)]
struct Columns<'a> {
    person_id: Option<&'a str>,
    mail: Option<&'a str>,
    name: Option<&'a str>,
    roles: Option<String>,
    steps: Option<String>,
    told: Option<String>,
    days: (Option<String>, Option<String>),
}

impl<'a> Columns<'a> {
    fn of(about: &'a About) -> Result<Self, StoreError> {
        Ok(match about {
            About::Member { person_id, grant } => Self {
                person_id: Some(person_id),
                roles: Some(grant.role.name()),
                days: days(grant.term),
                ..Self::default()
            },
            About::Invitation { mail, name, roles } => Self {
                mail: Some(mail),
                name: Some(name),
                roles: Some(super::invitations::written(roles)),
                ..Self::default()
            },
            About::Switching { steps } => Self {
                steps: Some(written(steps)?),
                told: Some(in_words(steps)),
                ..Self::default()
            },
        })
    }
}

fn written(steps: &[Step]) -> Result<String, StoreError> {
    serde_json::to_string(steps).map_err(|_| StoreError::Unreadable { what: "switches" })
}

/// How a proposal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Confirmed,
    Ripened,
    Refused,
    Withdrawn,
    Void,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Ripened => "ripened",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Void => "void",
        }
    }
}

/// Ends a proposal, once: whoever comes second finds nothing.
async fn end_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    number: i64,
    (outcome, by): (Outcome, Option<&str>),
    now: Timestamp,
) -> Result<(), StoreError> {
    let ended = query(
        "UPDATE proposed_raise SET outcome = $3, ended_at = $4, ended_by = $5
         WHERE tenant_id = $1 AND raise_no = $2 AND ended_at IS NULL",
    )
    .bind(tenant_id)
    .bind(number)
    .bind(outcome.name())
    .bind(moment(now))
    .bind(by)
    .execute(tx.connection())
    .await?;
    if ended == 0 {
        return Err(Refusal::NoSuchProposal.into());
    }
    Ok(())
}

/// What somebody proposed who may no longer, and what is about somebody who left, counts no more.
pub(super) async fn void_of(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    person_id: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE proposed_raise SET outcome = 'void', ended_at = $3, ended_by = $4
         WHERE tenant_id = $1 AND ended_at IS NULL AND (proposed_by = $2 OR person_id = $2)",
    )
    .bind(tenant_id)
    .bind(person_id)
    .bind(moment(now))
    .bind(by)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// What waits for its delay alone counts no more.
pub(super) async fn void_what_ripens(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE proposed_raise SET outcome = 'void', ended_at = $2, ended_by = $3
         WHERE tenant_id = $1 AND ended_at IS NULL AND ripe_at IS NOT NULL",
    )
    .bind(tenant_id)
    .bind(moment(now))
    .bind(by)
    .execute(tx.connection())
    .await?;
    Ok(())
}
