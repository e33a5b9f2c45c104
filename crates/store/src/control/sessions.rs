//! Sessions: who is signed in, in which company, and since when.
//!
//! A session belongs to one person in one company; the company is never chosen by what a request
//! says. Its token is a digest here. [`seen`] is where the web gets a [`TenantScope`] from.

use gate::roles::Grants;
use jiff::{SignedDuration, Timestamp};

use super::digests::digest;
use super::people::grants_in;
use super::{Control, ControlTx};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Refusal, Secret, StoreError, TenantScope};

const PURPOSE: &str = "session";

/// A session ends when nothing was asked for so long.
pub const LONGEST_IDLE: SignedDuration = SignedDuration::from_mins(60);
/// A session ends after so long, whatever was asked.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// How exactly the last request is remembered; a write per request would be one too many.
const SEEN_TO: SignedDuration = SignedDuration::from_mins(1);
/// Ended sessions are kept so long as evidence.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A session that is about to begin.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id in lists, such as `ses_9f…`.
    pub id: String,
    /// Its token, which only the browser keeps.
    pub token: Secret,
    /// Whose it is.
    pub person_id: String,
    /// In which company; the first one by name when none is asked for.
    pub tenant_id: Option<String>,
    /// When a second factor was shown.
    pub factor_at: Option<Timestamp>,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Where it asks from.
    pub address: String,
}

/// Who asks, as far as the session proves it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The session's id.
    pub session_id: String,
    /// The person's id.
    pub person_id: String,
    /// The person's name.
    pub name: String,
    /// Where mail reaches them.
    pub mail: String,
    /// Whose data may be touched.
    pub scope: TenantScope,
    /// The name of the company.
    pub tenant_name: String,
    /// The person's roles there.
    pub grants: Grants,
    /// Whether a second factor is set up.
    pub has_factor: bool,
    /// When one was last shown in this session.
    pub factor_at: Option<Timestamp>,
}

/// When somebody was last here, whoever it was.
///
/// # Errors
/// When the control data cannot be read.
pub async fn last_seen(control: &Control) -> Result<Option<Timestamp>, StoreError> {
    let at: Option<Option<String>> = control
        .read(|mut tx| {
            Box::pin(async move {
                query("SELECT max(seen_at) FROM session")
                    .value_if_any(tx.connection())
                    .await
            })
        })
        .await?;
    at.flatten().map(|at| read_moment(&at)).transpose()
}

/// A session as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When something was last asked in it.
    pub seen_at: Timestamp,
    /// What the browser calls itself.
    pub user_agent: String,
    /// Where it asked from.
    pub address: String,
}

/// The companies a person belongs to, by name: id and name.
///
/// # Errors
/// When the control data cannot be read.
pub async fn companies(
    control: &Control,
    person_id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let person_id = person_id.to_owned();
    control
        .read(move |mut tx| Box::pin(async move { companies_in(&mut tx, &person_id).await }))
        .await
}

async fn companies_in(
    tx: &mut ControlTx<'_>,
    person_id: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    query(
        "SELECT t.tenant_id, t.name FROM membership m JOIN tenant t ON t.tenant_id = m.tenant_id
         WHERE m.person_id = $1 AND m.ended_at IS NULL AND t.state = 'active'
         ORDER BY t.name, t.tenant_id",
    )
    .bind(person_id)
    .rows(tx.connection())
    .await
}

/// Begins a session of somebody whose password was right.
///
/// # Errors
/// [`Refusal::NoCompany`] when the person belongs to no company that is open, or not to the one
/// that was asked for.
pub async fn begin(
    control: &Control,
    session: NewSession,
    now: Timestamp,
) -> Result<(), StoreError> {
    control
        .tx(move |mut tx| Box::pin(async move { begin_in(&mut tx, session, now).await }))
        .await
}

async fn begin_in(
    tx: &mut ControlTx<'_>,
    session: NewSession,
    now: Timestamp,
) -> Result<(), StoreError> {
    let companies = companies_in(tx, &session.person_id).await?;
    let tenant_id = companies
        .into_iter()
        .map(|(id, _)| id)
        .find(|id| session.tenant_id.as_ref().is_none_or(|asked| asked == id))
        .ok_or(Refusal::NoCompany)?;
    query("DELETE FROM session WHERE created_at < $1")
        .bind(moment(now - KEPT))
        .execute(tx.connection())
        .await?;
    query(
        "INSERT INTO session (session_id, token_digest, tenant_id, person_id, created_at, seen_at,
                              factor_at, user_agent, address)
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8)",
    )
    .bind(session.id)
    .bind(digest(PURPOSE, &session.token))
    .bind(tenant_id)
    .bind(session.person_id)
    .bind(moment(now))
    .bind(session.factor_at.map(moment))
    .bind(session.user_agent)
    .bind(session.address)
    .execute(tx.connection())
    .await?;
    Ok(())
}

type SeenRow = (
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    i64,
);

/// Who asks with this token; nobody when the session ended, was idle or lasted too long, or when
/// the person no longer belongs to the company or the company is closed.
///
/// # Errors
/// When the control data cannot be read.
pub async fn seen(
    control: &Control,
    token: &Secret,
    now: Timestamp,
) -> Result<Option<Seen>, StoreError> {
    let token_digest = digest(PURPOSE, token);
    let found = control
        .read(move |mut tx| Box::pin(async move { seen_in(&mut tx, &token_digest, now).await }))
        .await?;
    let Some((seen, last)) = found else {
        return Ok(None);
    };
    if now.duration_since(last) >= SEEN_TO {
        touch(control, &seen.session_id, now).await?;
    }
    Ok(Some(seen))
}

async fn seen_in(
    tx: &mut ControlTx<'_>,
    token_digest: &str,
    now: Timestamp,
) -> Result<Option<(Seen, Timestamp)>, StoreError> {
    let row: Option<SeenRow> = query(
        "SELECT s.session_id, s.person_id, p.name, p.mail, s.tenant_id, t.name, s.created_at,
                s.seen_at, s.factor_at, CAST(CASE WHEN p.factor_secret IS NULL THEN 0 ELSE 1 END AS BIGINT)
         FROM session s
         JOIN person p ON p.person_id = s.person_id
         JOIN tenant t ON t.tenant_id = s.tenant_id
         WHERE s.token_digest = $1 AND s.ended_at IS NULL AND t.state = 'active'",
    )
    .bind(token_digest)
    .row_if_any(tx.connection())
    .await?;
    let Some((session_id, person_id, name, mail, tenant_id, tenant_name, created, seen, at, has)) =
        row
    else {
        return Ok(None);
    };
    let (created_at, seen_at) = (read_moment(&created)?, read_moment(&seen)?);
    if now.duration_since(created_at) >= LONGEST || now.duration_since(seen_at) >= LONGEST_IDLE {
        return Ok(None);
    }
    let Some(grants) = grants_in(tx, &tenant_id, &person_id).await? else {
        return Ok(None);
    };
    let seen = Seen {
        session_id,
        person_id,
        name,
        mail,
        scope: TenantScope::new(tenant_id),
        tenant_name,
        grants,
        has_factor: has == 1,
        factor_at: at.as_deref().map(read_moment).transpose()?,
    };
    Ok(Some((seen, seen_at)))
}

async fn touch(control: &Control, session_id: &str, now: Timestamp) -> Result<(), StoreError> {
    let session_id = session_id.to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query("UPDATE session SET seen_at = $2 WHERE session_id = $1 AND seen_at < $2")
                    .bind(session_id)
                    .bind(moment(now))
                    .execute(tx.connection())
                    .await?;
                Ok(())
            })
        })
        .await
}

/// Remembers that a second factor was shown, and gives the session another token: whoever held
/// the old one has nothing any more.
///
/// # Errors
/// [`Refusal::NoSuchSession`] when it ended meanwhile.
pub async fn raise(
    control: &Control,
    session_id: &str,
    token: &Secret,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (session_id, token_digest) = (session_id.to_owned(), digest(PURPOSE, token));
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let changed = query(
                    "UPDATE session SET token_digest = $2, factor_at = $3, seen_at = $3
                     WHERE session_id = $1 AND ended_at IS NULL",
                )
                .bind(session_id)
                .bind(token_digest)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                if changed == 0 {
                    return Err(Refusal::NoSuchSession.into());
                }
                Ok(())
            })
        })
        .await
}

/// The person's sessions that have not ended, the newest first.
///
/// # Errors
/// When the control data cannot be read.
pub async fn open_ones(
    control: &Control,
    person_id: &str,
    now: Timestamp,
) -> Result<Vec<Listed>, StoreError> {
    let person_id = person_id.to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, String, String, String)> = query(
                    "SELECT session_id, created_at, seen_at, user_agent, address FROM session
                     WHERE person_id = $1 AND ended_at IS NULL AND created_at > $2 AND seen_at > $3
                     ORDER BY created_at DESC, session_id",
                )
                .bind(person_id)
                .bind(moment(now - LONGEST))
                .bind(moment(now - LONGEST_IDLE))
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(id, created_at, seen_at, user_agent, address)| {
                        Ok(Listed {
                            id,
                            created_at: read_moment(&created_at)?,
                            seen_at: read_moment(&seen_at)?,
                            user_agent,
                            address,
                        })
                    })
                    .collect()
            })
        })
        .await
}

/// Ends one session of a person. One of somebody else is as unknown as one that never was.
///
/// # Errors
/// [`Refusal::NoSuchSession`].
pub async fn end(
    control: &Control,
    person_id: &str,
    session_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (person_id, session_id) = (person_id.to_owned(), session_id.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let ended = query(
                    "UPDATE session SET ended_at = $3, ended_because = 'signed out'
                     WHERE person_id = $1 AND session_id = $2 AND ended_at IS NULL",
                )
                .bind(person_id)
                .bind(session_id)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                if ended == 0 {
                    return Err(Refusal::NoSuchSession.into());
                }
                Ok(())
            })
        })
        .await
}

/// Ends every session of a person but one.
pub(super) async fn end_others(
    tx: &mut ControlTx<'_>,
    person_id: &str,
    kept: Option<&str>,
    because: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE session SET ended_at = $3, ended_because = $4
         WHERE person_id = $1 AND session_id <> $2 AND ended_at IS NULL",
    )
    .bind(person_id)
    .bind(kept.unwrap_or(""))
    .bind(moment(now))
    .bind(because)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Ends every session of a person in one company.
pub(super) async fn end_in_tenant(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    person_id: &str,
    because: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "UPDATE session SET ended_at = $3, ended_because = $4
         WHERE tenant_id = $1 AND person_id = $2 AND ended_at IS NULL",
    )
    .bind(tenant_id)
    .bind(person_id)
    .bind(moment(now))
    .bind(because)
    .execute(tx.connection())
    .await?;
    Ok(())
}
