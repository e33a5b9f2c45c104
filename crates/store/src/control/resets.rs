//! Links to a new password: single use, with an end. They never touch the second factor.

use jiff::Timestamp;

use super::digests::digest;
use super::people::{same_mail, set_password_in};
use super::{Control, ControlTx};
use crate::mirror::moment;
use crate::sql::query;
use crate::{Refusal, Secret, StoreError};

const PURPOSE: &str = "reset";

/// Where a link is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressee {
    /// The address as it is kept, not as it was typed.
    pub mail: String,
    /// The person's name.
    pub name: String,
}

/// Keeps a link for whoever has this address; nothing when nobody has. Earlier links end.
///
/// # Errors
/// When the control data cannot be written.
pub async fn ask(
    control: &Control,
    mail: &str,
    token: &Secret,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<Option<Addressee>, StoreError> {
    let (mail, token_digest) = (same_mail(mail), digest(PURPOSE, token));
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let row: Option<(String, String)> =
                    query("SELECT person_id, name FROM person WHERE mail = $1")
                        .bind(&mail)
                        .row_if_any(tx.connection())
                        .await?;
                let Some((person_id, name)) = row else {
                    return Ok(None);
                };
                query("DELETE FROM password_reset WHERE person_id = $1")
                    .bind(&person_id)
                    .execute(tx.connection())
                    .await?;
                query(
                    "INSERT INTO password_reset (token_digest, person_id, asked_at, expires_at)
                     VALUES ($1, $2, $3, $4)",
                )
                .bind(token_digest)
                .bind(person_id)
                .bind(moment(now))
                .bind(moment(expires_at))
                .execute(tx.connection())
                .await?;
                Ok(Some(Addressee { mail, name }))
            })
        })
        .await
}

async fn person_of(
    tx: &mut ControlTx<'_>,
    token_digest: &str,
    now: Timestamp,
) -> Result<(String, String), StoreError> {
    let row: Option<(String, String)> = query(
        "SELECT r.person_id, p.mail FROM password_reset r JOIN person p ON p.person_id = r.person_id
         WHERE r.token_digest = $1 AND r.used_at IS NULL AND r.expires_at > $2",
    )
    .bind(token_digest)
    .bind(moment(now))
    .row_if_any(tx.connection())
    .await?;
    Ok(row.ok_or(Refusal::NoSuchReset)?)
}

/// The address of whoever holds a link that still counts.
///
/// # Errors
/// [`Refusal::NoSuchReset`] for one that ended, was used, or never was.
pub async fn open(control: &Control, token: &Secret, now: Timestamp) -> Result<String, StoreError> {
    let token_digest = digest(PURPOSE, token);
    control
        .read(move |mut tx| {
            Box::pin(async move { Ok(person_of(&mut tx, &token_digest, now).await?.1) })
        })
        .await
}

/// Spends a link for a new password and ends every session of the person.
///
/// # Errors
/// [`Refusal::NoSuchReset`].
pub async fn use_link(
    control: &Control,
    token: &Secret,
    password_hash: Secret,
    now: Timestamp,
) -> Result<(), StoreError> {
    let token_digest = digest(PURPOSE, token);
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let (person_id, _) = person_of(&mut tx, &token_digest, now).await?;
                // This spends the link, with every other one of the person.
                set_password_in(&mut tx, &person_id, &password_hash, None, now).await
            })
        })
        .await
}
