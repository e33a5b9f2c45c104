//! What happened to people, their roles and the ways into a company.
//!
//! Memberships, grants, proposals, sessions, invitations, tokens and hooks are ended, never deleted, so
//! their rows say it; nothing is written a second time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Control;
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{StoreError, TenantScope};

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Happening {
    /// Somebody became a member.
    Joined,
    /// Somebody is no member any more.
    Left,
    /// A role was given.
    RoleGiven,
    /// A role was taken away.
    RoleTaken,
    /// Somebody signed in.
    SignedIn,
    /// A session ended before its time.
    SessionEnded,
    /// Somebody was invited.
    Invited,
    /// A token for programs was made.
    TokenMade,
    /// A token for programs counts no more.
    TokenRevoked,
    /// An address for a vendor's announcements was made.
    HookMade,
    /// An address for a vendor's announcements ended.
    HookEnded,
    /// More for somebody was proposed.
    RaiseProposed,
    /// Another owner confirmed it.
    RaiseConfirmed,
    /// Its delay was over and there was no other owner.
    RaiseRipened,
    /// Another owner refused it.
    RaiseRefused,
    /// Who proposed it took it back.
    RaiseWithdrawn,
    /// Nobody confirmed it in time.
    RaiseLapsed,
    /// Something else ended what it stood on.
    RaiseVoided,
    /// To switch more on, or to raise a limit, was proposed.
    SwitchingProposed,
    /// Another owner confirmed it.
    SwitchingConfirmed,
    /// Its delay was over and there was no other owner.
    SwitchingRipened,
    /// Another owner refused it.
    SwitchingRefused,
    /// Who proposed it took it back.
    SwitchingWithdrawn,
    /// Nobody confirmed it in time.
    SwitchingLapsed,
    /// What it said was before was not so any more, or something else ended what it stood on.
    SwitchingVoided,
    /// Sole approver mode was switched on, or got another delay.
    AloneBegun,
    /// Sole approver mode ended, or its delay became another.
    AloneEnded,
    /// An owner asked for the company to be erased.
    ErasureAsked,
    /// An owner took that back.
    ErasureWithdrawn,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// The id of the person who did it; `setup` or `operator` for the machine's own people.
    pub by: Option<String>,
    /// The id of the person whom it happened to, where it is another one.
    pub to: Option<String>,
    /// What.
    pub what: Happening,
    /// The role, the address or the name that it was about.
    pub about: String,
}

const NAMES: [(Happening, &str); 29] = [
    (Happening::Joined, "member.joined"),
    (Happening::Left, "member.left"),
    (Happening::RoleGiven, "role.given"),
    (Happening::RoleTaken, "role.taken"),
    (Happening::SignedIn, "session.begun"),
    (Happening::SessionEnded, "session.ended"),
    (Happening::Invited, "invitation.sent"),
    (Happening::TokenMade, "token.made"),
    (Happening::TokenRevoked, "token.revoked"),
    (Happening::HookMade, "hook.made"),
    (Happening::HookEnded, "hook.ended"),
    (Happening::RaiseProposed, "raise.proposed"),
    (Happening::RaiseConfirmed, "raise.confirmed"),
    (Happening::RaiseRipened, "raise.ripened"),
    (Happening::RaiseRefused, "raise.refused"),
    (Happening::RaiseWithdrawn, "raise.withdrawn"),
    (Happening::RaiseLapsed, "raise.lapsed"),
    (Happening::RaiseVoided, "raise.void"),
    (Happening::SwitchingProposed, "switching.proposed"),
    (Happening::SwitchingConfirmed, "switching.confirmed"),
    (Happening::SwitchingRipened, "switching.ripened"),
    (Happening::SwitchingRefused, "switching.refused"),
    (Happening::SwitchingWithdrawn, "switching.withdrawn"),
    (Happening::SwitchingLapsed, "switching.lapsed"),
    (Happening::SwitchingVoided, "switching.void"),
    (Happening::AloneBegun, "alone.begun"),
    (Happening::AloneEnded, "alone.ended"),
    (Happening::ErasureAsked, "erasure.asked"),
    (Happening::ErasureWithdrawn, "erasure.withdrawn"),
];

impl Happening {
    /// Its name in copies, such as `role.given`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(what, _)| *what == self)
            .map_or("", |(_, name)| name)
    }

    /// What has this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(what, _)| *what)
    }
}

/// The moment, by whom, to whom, what, and about what, of everything that the rows know.
const HISTORY: &str = "SELECT at, by_id, to_id, what, about FROM (
    SELECT joined_at AS at, NULL AS by_id, person_id AS to_id, 'member.joined' AS what, '' AS about
      FROM membership WHERE tenant_id = $1
    UNION ALL
    SELECT ended_at, ended_by, person_id, 'member.left', ''
      FROM membership WHERE tenant_id = $1 AND ended_at IS NOT NULL
    UNION ALL
    SELECT granted_at, granted_by, person_id, 'role.given',
           role || coalesce(' ' || from_day || ' ' || until_day, '')
      FROM role_grant WHERE tenant_id = $1
    UNION ALL
    SELECT ended_at, ended_by, person_id, 'role.taken',
           role || coalesce(' ' || from_day || ' ' || until_day, '')
      FROM role_grant WHERE tenant_id = $1 AND ended_at IS NOT NULL
    UNION ALL
    SELECT created_at, person_id, NULL, 'session.begun', address
      FROM session WHERE tenant_id = $1
    UNION ALL
    SELECT ended_at, NULL, person_id, 'session.ended', coalesce(ended_because, '')
      FROM session WHERE tenant_id = $1 AND ended_at IS NOT NULL
    UNION ALL
    SELECT invited_at, invited_by, NULL, 'invitation.sent', name || ', ' || mail || ': ' || roles
      FROM invitation WHERE tenant_id = $1
    UNION ALL
    SELECT created_at, person_id, NULL, 'token.made', name
      FROM api_token WHERE tenant_id = $1
    UNION ALL
    SELECT revoked_at, NULL, person_id, 'token.revoked', name
      FROM api_token WHERE tenant_id = $1 AND revoked_at IS NOT NULL
    UNION ALL
    SELECT created_at, created_by, NULL, 'hook.made', 'Procore'
      FROM procore_hook WHERE tenant_id = $1
    UNION ALL
    SELECT ended_at, ended_by, NULL, 'hook.ended', 'Procore'
      FROM procore_hook WHERE tenant_id = $1 AND ended_at IS NOT NULL
    UNION ALL
    SELECT proposed_at, proposed_by, person_id, 'raise.proposed',
           coalesce(name || ', ' || mail || ': ', '') || roles
           || coalesce(' ' || from_day || ' ' || until_day, '')
      FROM proposed_raise WHERE tenant_id = $1 AND steps IS NULL
    UNION ALL
    SELECT ended_at, ended_by, person_id, 'raise.' || outcome,
           coalesce(name || ', ' || mail || ': ', '') || roles
           || coalesce(' ' || from_day || ' ' || until_day, '')
      FROM proposed_raise WHERE tenant_id = $1 AND steps IS NULL AND ended_at IS NOT NULL
    UNION ALL
    SELECT proposed_at, proposed_by, NULL, 'switching.proposed', told
      FROM proposed_raise WHERE tenant_id = $1 AND steps IS NOT NULL
    UNION ALL
    SELECT ended_at, ended_by, NULL, 'switching.' || outcome, told
      FROM proposed_raise WHERE tenant_id = $1 AND steps IS NOT NULL AND ended_at IS NOT NULL
    UNION ALL
    SELECT since, person_id, NULL, 'alone.begun', cooling_off_hours || ' hours: ' || reason
      FROM sole_approver WHERE tenant_id = $1
    UNION ALL
    SELECT ended_at, ended_by, NULL, 'alone.ended', cooling_off_hours || ' hours'
      FROM sole_approver WHERE tenant_id = $1 AND ended_at IS NOT NULL
    UNION ALL
    SELECT asked_at, asked_by, NULL, 'erasure.asked', reason
      FROM erasure_request WHERE tenant_id = $1
    UNION ALL
    SELECT ended_at, ended_by, NULL, 'erasure.withdrawn', reason
      FROM erasure_request WHERE tenant_id = $1 AND ended_at IS NOT NULL
    ) AS happened WHERE at >= $2 ORDER BY at DESC, what LIMIT $3";

type Row = (String, Option<String>, Option<String>, String, String);

/// What happened since a moment, the newest first, so many at most.
///
/// # Errors
/// When the control data cannot be read.
pub async fn history(
    control: &Control,
    scope: &TenantScope,
    since: Timestamp,
    most: i64,
) -> Result<Vec<Happened>, StoreError> {
    let tenant = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let rows: Vec<Row> = query(HISTORY)
                    .bind(tenant)
                    .bind(moment(since))
                    .bind(most)
                    .rows(tx.connection())
                    .await?;
                rows.into_iter().map(happened).collect()
            })
        })
        .await
}

/// The names of everybody who is or was a member.
///
/// # Errors
/// When the control data cannot be read.
pub async fn names(
    control: &Control,
    scope: &TenantScope,
) -> Result<BTreeMap<String, String>, StoreError> {
    let tenant = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let rows: Vec<(String, String)> = query(
                    "SELECT person.person_id, person.name FROM person
                     JOIN membership ON membership.person_id = person.person_id
                     WHERE membership.tenant_id = $1",
                )
                .bind(tenant)
                .rows(tx.connection())
                .await?;
                Ok(rows.into_iter().collect())
            })
        })
        .await
}

fn happened((at, by, to, what, about): Row) -> Result<Happened, StoreError> {
    let known = NAMES.iter().find(|(_, name)| *name == what);
    Ok(Happened {
        at: read_moment(&at)?,
        by,
        to,
        what: known
            .map(|(what, _)| *what)
            .ok_or(StoreError::Unreadable { what: "history" })?,
        about,
    })
}
