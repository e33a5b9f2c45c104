//! People, the companies they belong to, and their roles there.
//!
//! What may be changed is asked of `gate` in [`super::changes`]; nothing here gives permission by
//! itself.

use figures::Date;
use gate::changes::Member;
use gate::roles::{Grant, Grants, Role, Term};
use jiff::Timestamp;

use super::{Control, ControlTx};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Refusal, Secret, StoreError, TenantScope};

/// A person who is about to be known.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Their id, such as `psn_9f…`, made from random bytes.
    pub id: String,
    /// Where mail reaches them, and what they sign in with.
    pub mail: String,
    /// Their name.
    pub name: String,
    /// The Argon2id hash of their password.
    pub password_hash: Secret,
}

/// A person as the others in the company see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// Their id.
    pub id: String,
    /// Where mail reaches them.
    pub mail: String,
    /// Their name.
    pub name: String,
    /// Their roles.
    pub grants: Grants,
    /// Whether a second factor is set up.
    pub has_factor: bool,
    /// When they were last here, if ever.
    pub seen_at: Option<Timestamp>,
}

/// What signing in needs to know.
#[derive(Debug, Clone)]
pub struct Account {
    /// The person's id.
    pub person_id: String,
    /// Their name.
    pub name: String,
    /// The hash of their password.
    pub password_hash: Secret,
    /// Whether a second factor is set up.
    pub has_factor: bool,
}

/// Who gives the first owner of a company their role.
pub(super) const SETUP: &str = "setup";

/// The same address in other letters, or with spaces around it, is the same one.
#[must_use]
pub fn same_mail(mail: &str) -> String {
    mail.trim().to_lowercase()
}

/// Whether nobody is known here yet, so that the first owner can be made.
///
/// # Errors
/// When the control data cannot be read.
pub async fn nobody_yet(control: &Control) -> Result<bool, StoreError> {
    control
        .read(|mut tx| Box::pin(async move { Ok(count(&mut tx).await? == 0) }))
        .await
}

async fn count(tx: &mut ControlTx<'_>) -> Result<i64, StoreError> {
    query("SELECT count(*) FROM person")
        .value(tx.connection())
        .await
}

/// Makes the first person of the installation, the owner of a tenant.
///
/// # Errors
/// [`Refusal::NotTheFirst`] when somebody is known already.
pub async fn first_owner(
    control: &Control,
    tenant_id: &str,
    person: NewPerson,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tenant_id = tenant_id.to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                if count(&mut tx).await? > 0 {
                    return Err(Refusal::NotTheFirst.into());
                }
                let grants = Grants::new(vec![Grant::standing(Role::Owner)]);
                add_in(&mut tx, &tenant_id, person, &grants, SETUP, now).await
            })
        })
        .await
}

/// Makes a person of a tenant, by the operator of the machine: the demo's people.
///
/// # Errors
/// [`Refusal::MailInUse`] when somebody has the address.
pub async fn add(
    control: &Control,
    tenant_id: &str,
    person: NewPerson,
    grants: Grants,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tenant_id = tenant_id.to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(
                async move { add_in(&mut tx, &tenant_id, person, &grants, "operator", now).await },
            )
        })
        .await
}

pub(super) async fn add_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    person: NewPerson,
    grants: &Grants,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let added = query(
        "INSERT INTO person (person_id, mail, name, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (mail) DO NOTHING",
    )
    .bind(&person.id)
    .bind(same_mail(&person.mail))
    .bind(person.name.trim())
    .bind(person.password_hash.expose())
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    if added == 0 {
        return Err(Refusal::MailInUse.into());
    }
    join_in(tx, tenant_id, &person.id, grants, by, now).await
}

/// Makes a known person a member, or one again, with these roles.
pub(super) async fn join_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    person_id: &str,
    grants: &Grants,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO membership (tenant_id, person_id, joined_at) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, person_id)
         DO UPDATE SET joined_at = excluded.joined_at, ended_at = NULL, ended_by = NULL",
    )
    .bind(tenant_id)
    .bind(person_id)
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    for grant in grants.all() {
        give(tx, tenant_id, person_id, *grant, by, now).await?;
    }
    Ok(())
}

pub(super) async fn give(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    person_id: &str,
    grant: Grant,
    by: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (from, until) = days(grant.term);
    query(
        "INSERT INTO role_grant (tenant_id, grant_no, person_id, role, from_day, until_day,
                                 granted_at, granted_by)
         SELECT $1, coalesce(max(grant_no), 0) + 1, $2, $3, $4, $5, $6, $7
         FROM role_grant WHERE tenant_id = $1",
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

pub(super) fn days(term: Term) -> (Option<String>, Option<String>) {
    match term {
        Term::Standing => (None, None),
        Term::Cover { from, until } => (Some(from.to_string()), Some(until.to_string())),
    }
}

/// The account with this address.
///
/// # Errors
/// When the control data cannot be read.
pub async fn account(control: &Control, mail: &str) -> Result<Option<Account>, StoreError> {
    let mail = same_mail(mail);
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let row: Option<(String, String, String, i64)> = query(
                    "SELECT person_id, name, password_hash,
                            CAST(CASE WHEN factor_secret IS NULL THEN 0 ELSE 1 END AS BIGINT)
                     FROM person WHERE mail = $1",
                )
                .bind(mail)
                .row_if_any(tx.connection())
                .await?;
                Ok(row.map(|(person_id, name, hash, factor)| Account {
                    person_id,
                    name,
                    password_hash: Secret::new(hash),
                    has_factor: factor == 1,
                }))
            })
        })
        .await
}

/// Replaces a password, ends every session of the person except the given one, and spends every
/// reset that was asked for. The second factor stays as it is.
///
/// # Errors
/// [`Refusal::NoSuchPerson`].
pub async fn set_password(
    control: &Control,
    person_id: &str,
    password_hash: Secret,
    kept_session: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (person_id, kept) = (person_id.to_owned(), kept_session.map(str::to_owned));
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                set_password_in(&mut tx, &person_id, &password_hash, kept.as_deref(), now).await
            })
        })
        .await
}

pub(super) async fn set_password_in(
    tx: &mut ControlTx<'_>,
    person_id: &str,
    password_hash: &Secret,
    kept_session: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let changed = query("UPDATE person SET password_hash = $2 WHERE person_id = $1")
        .bind(person_id)
        .bind(password_hash.expose())
        .execute(tx.connection())
        .await?;
    if changed == 0 {
        return Err(Refusal::NoSuchPerson.into());
    }
    query("UPDATE password_reset SET used_at = $2 WHERE person_id = $1 AND used_at IS NULL")
        .bind(person_id)
        .bind(moment(now))
        .execute(tx.connection())
        .await?;
    super::sessions::end_others(tx, person_id, kept_session, "password changed", now).await
}

/// Everybody who belongs to the tenant, by name.
///
/// # Errors
/// When the control data cannot be read.
pub async fn colleagues(
    control: &Control,
    scope: &TenantScope,
) -> Result<Vec<Colleague>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, String, i64, Option<String>)> = query(
                    "SELECT p.person_id, p.mail, p.name,
                            CAST(CASE WHEN p.factor_secret IS NULL THEN 0 ELSE 1 END AS BIGINT),
                            (SELECT max(s.seen_at) FROM session s
                             WHERE s.tenant_id = m.tenant_id AND s.person_id = m.person_id)
                     FROM membership m JOIN person p ON p.person_id = m.person_id
                     WHERE m.tenant_id = $1 AND m.ended_at IS NULL
                     ORDER BY p.name, p.person_id",
                )
                .bind(&tenant_id)
                .rows(tx.connection())
                .await?;
                let members = members_in(&mut tx, &tenant_id).await?;
                rows.into_iter()
                    .map(|(id, mail, name, factor, seen_at)| {
                        let grants = members
                            .iter()
                            .find(|member| member.person_id == id)
                            .map(|member| member.grants.clone())
                            .unwrap_or_default();
                        Ok(Colleague {
                            id,
                            mail,
                            name,
                            grants,
                            has_factor: factor == 1,
                            seen_at: seen_at.as_deref().map(read_moment).transpose()?,
                        })
                    })
                    .collect()
            })
        })
        .await
}

/// The address and the name of everybody who was an owner until lately and is none any more, so that
/// an owner who was put out still hears what the one who stayed does alone.
///
/// # Errors
/// When the control data cannot be read.
pub async fn former_owners(
    control: &Control,
    scope: &TenantScope,
    since: Timestamp,
) -> Result<Vec<(String, String)>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                query(
                    "SELECT DISTINCT p.mail, p.name
                     FROM role_grant g JOIN person p ON p.person_id = g.person_id
                     WHERE g.tenant_id = $1 AND g.role = 'owner' AND g.ended_at >= $2
                     ORDER BY p.mail",
                )
                .bind(tenant_id)
                .bind(moment(since))
                .rows(tx.connection())
                .await
            })
        })
        .await
}

/// A member and one of their grants, if they have any.
type MemberRow = (String, Option<String>, Option<String>, Option<String>);

/// Every member with the grants that are not ended.
/// Everybody who belongs to the tenant, with their roles.
///
/// # Errors
/// When the control data cannot be read.
pub async fn members(control: &Control, scope: &TenantScope) -> Result<Vec<Member>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| Box::pin(async move { members_in(&mut tx, &tenant_id).await }))
        .await
}

pub(super) async fn members_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<MemberRow> = query(
        "SELECT m.person_id, g.role, g.from_day, g.until_day
         FROM membership m
         LEFT JOIN role_grant g ON g.tenant_id = m.tenant_id AND g.person_id = m.person_id
                               AND g.ended_at IS NULL
         WHERE m.tenant_id = $1 AND m.ended_at IS NULL
         ORDER BY m.person_id, g.grant_no",
    )
    .bind(tenant_id)
    .rows(tx.connection())
    .await?;
    let mut members: Vec<(String, Vec<Grant>)> = Vec::new();
    for (person_id, role, from, until) in rows {
        if members.last().is_none_or(|(last, _)| *last != person_id) {
            members.push((person_id, Vec::new()));
        }
        if let (Some(role), Some((_, grants))) = (role, members.last_mut()) {
            grants.push(read_grant(&role, from.as_deref(), until.as_deref())?);
        }
    }
    Ok(members
        .into_iter()
        .map(|(person_id, grants)| Member {
            person_id: person_id.into(),
            grants: Grants::new(grants),
        })
        .collect())
}

/// The grants of one member; none when the person is no member.
pub(super) async fn grants_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    person_id: &str,
) -> Result<Option<Grants>, StoreError> {
    let rows: Vec<(Option<String>, Option<String>, Option<String>)> = query(
        "SELECT g.role, g.from_day, g.until_day
         FROM membership m
         LEFT JOIN role_grant g ON g.tenant_id = m.tenant_id AND g.person_id = m.person_id
                               AND g.ended_at IS NULL
         WHERE m.tenant_id = $1 AND m.person_id = $2 AND m.ended_at IS NULL",
    )
    .bind(tenant_id)
    .bind(person_id)
    .rows(tx.connection())
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let grants: Result<Vec<Grant>, StoreError> = rows
        .into_iter()
        .filter_map(|(role, from, until)| Some((role?, from, until)))
        .map(|(role, from, until)| read_grant(&role, from.as_deref(), until.as_deref()))
        .collect();
    Ok(Some(Grants::new(grants?)))
}

pub(super) fn read_grant(
    role: &str,
    from: Option<&str>,
    until: Option<&str>,
) -> Result<Grant, StoreError> {
    let unreadable = StoreError::Unreadable { what: "role" };
    let term = match (from, until) {
        (None, None) => Term::Standing,
        (Some(from), Some(until)) => Term::Cover {
            from: read_day(from)?,
            until: read_day(until)?,
        },
        _ => return Err(unreadable),
    };
    let role = Role::from_name(role).ok_or(unreadable)?;
    Ok(Grant { role, term })
}

fn read_day(text: &str) -> Result<Date, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Unreadable { what: "day" })
}
