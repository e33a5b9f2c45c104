//! Tokens for programs: of one person in one company, with an end, and for reading only.
//!
//! A token can do what its person may do today and no more; what it is for is in its scope, and
//! there is no scope that approves anything.

use gate::roles::Grants;
use jiff::Timestamp;

use super::digests::digest;
use super::people::grants_in;
use super::{Control, ControlTx};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Refusal, Secret, StoreError, TenantScope};

const PURPOSE: &str = "api";

/// A token that is about to be made.
#[derive(Debug, Clone)]
pub struct NewApiToken {
    /// Its id, such as `tok_9f…`.
    pub id: String,
    /// The token, which is shown once.
    pub token: Secret,
    /// What the person calls it.
    pub name: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A token as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// Who asks with a token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The token's id.
    pub api_token_id: String,
    /// Whose it is.
    pub person_id: String,
    /// Their name.
    pub name: String,
    /// Whose data may be read.
    pub scope: TenantScope,
    /// The name of the company.
    pub tenant_name: String,
    /// The person's roles there, as they are now.
    pub grants: Grants,
}

/// Makes a token.
///
/// # Errors
/// When the person does not belong to the company, or the control data cannot be written.
pub async fn create(
    control: &Control,
    scope: &TenantScope,
    person_id: &str,
    token: NewApiToken,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (tenant_id, person_id) = (scope.tenant_id().to_owned(), person_id.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                grants_in(&mut tx, &tenant_id, &person_id)
                    .await?
                    .ok_or(Refusal::NoSuchPerson)?;
                query(
                    "INSERT INTO api_token (tenant_id, api_token_id, person_id, token_digest, name,
                                            scope, created_at, expires_at)
                     VALUES ($1, $2, $3, $4, $5, 'read', $6, $7)",
                )
                .bind(tenant_id)
                .bind(token.id)
                .bind(person_id)
                .bind(digest(PURPOSE, &token.token))
                .bind(token.name.trim())
                .bind(moment(now))
                .bind(moment(token.expires_at))
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// The person's tokens in this company that still count, by name.
///
/// # Errors
/// When the control data cannot be read.
pub async fn list(
    control: &Control,
    scope: &TenantScope,
    person_id: &str,
    now: Timestamp,
) -> Result<Vec<Listed>, StoreError> {
    let (tenant_id, person_id) = (scope.tenant_id().to_owned(), person_id.to_owned());
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, String, String, Option<String>)> = query(
                    "SELECT api_token_id, name, created_at, expires_at, used_at FROM api_token
                     WHERE tenant_id = $1 AND person_id = $2 AND revoked_at IS NULL
                       AND expires_at > $3
                     ORDER BY name, api_token_id",
                )
                .bind(tenant_id)
                .bind(person_id)
                .bind(moment(now))
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(id, name, created_at, expires_at, used_at)| {
                        Ok(Listed {
                            id,
                            name,
                            created_at: read_moment(&created_at)?,
                            expires_at: read_moment(&expires_at)?,
                            used_at: used_at.as_deref().map(read_moment).transpose()?,
                        })
                    })
                    .collect()
            })
        })
        .await
}

/// Ends a token of this person.
///
/// # Errors
/// [`Refusal::NoSuchApiToken`], also for one of somebody else.
pub async fn revoke(
    control: &Control,
    scope: &TenantScope,
    person_id: &str,
    api_token_id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (tenant_id, person_id) = (scope.tenant_id().to_owned(), person_id.to_owned());
    let api_token_id = api_token_id.to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let ended = query(
                    "UPDATE api_token SET revoked_at = $4
                     WHERE tenant_id = $1 AND person_id = $2 AND api_token_id = $3
                       AND revoked_at IS NULL",
                )
                .bind(tenant_id)
                .bind(person_id)
                .bind(api_token_id)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                if ended == 0 {
                    return Err(Refusal::NoSuchApiToken.into());
                }
                Ok(())
            })
        })
        .await
}

/// Who asks with this token; nobody when it ended or its person or company is gone.
///
/// # Errors
/// When the control data cannot be written.
pub async fn caller(
    control: &Control,
    token: &Secret,
    now: Timestamp,
) -> Result<Option<Caller>, StoreError> {
    let token_digest = digest(PURPOSE, token);
    control
        .tx(move |mut tx| Box::pin(async move { caller_in(&mut tx, token_digest, now).await }))
        .await
}

async fn caller_in(
    tx: &mut ControlTx<'_>,
    token_digest: String,
    now: Timestamp,
) -> Result<Option<Caller>, StoreError> {
    let row: Option<(String, String, String, String, String)> = query(
        "SELECT a.api_token_id, a.person_id, p.name, a.tenant_id, t.name
         FROM api_token a
         JOIN person p ON p.person_id = a.person_id
         JOIN tenant t ON t.tenant_id = a.tenant_id
         WHERE a.token_digest = $1 AND a.revoked_at IS NULL AND a.expires_at > $2
           AND t.state = 'active'",
    )
    .bind(token_digest)
    .bind(moment(now))
    .row_if_any(tx.connection())
    .await?;
    let Some((api_token_id, person_id, name, tenant_id, tenant_name)) = row else {
        return Ok(None);
    };
    let Some(grants) = grants_in(tx, &tenant_id, &person_id).await? else {
        return Ok(None);
    };
    query("UPDATE api_token SET used_at = $3 WHERE tenant_id = $1 AND api_token_id = $2")
        .bind(&tenant_id)
        .bind(&api_token_id)
        .bind(moment(now))
        .execute(tx.connection())
        .await?;
    Ok(Some(Caller {
        api_token_id,
        person_id,
        name,
        scope: TenantScope::new(tenant_id),
        tenant_name,
        grants,
    }))
}
