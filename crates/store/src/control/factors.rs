//! The second factor: its sealed secret, its tries, and the codes for the day it is lost.
//!
//! Which code is right is computed elsewhere; here is remembered which steps are spent.

use jiff::Timestamp;

use super::digests::digest;
use super::{Control, ControlTx};
use crate::keys::Place;
use crate::mirror::moment;
use crate::sql::query;
use crate::{Refusal, Secret, StoreError};

const PURPOSE: &str = "recovery";

/// So many codes may be tried in one time step.
const TRIES_PER_STEP: i64 = 3;

/// What came of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It is right, and spent now.
    Right,
    /// It is wrong, or was used before.
    Wrong,
    /// There were too many in this time step; it was not looked at.
    TooMany,
    /// No factor is set up.
    NoFactor,
}

fn place<'a>(column: &'static str, person_id: &'a str) -> Place<'a> {
    Place {
        table: "person",
        column,
        row: person_id,
    }
}

/// Keeps a new secret until a code of it was shown. A factor that is set up stays meanwhile.
///
/// # Errors
/// [`Refusal::NoSuchPerson`].
pub async fn prepare(control: &Control, person_id: &str, secret: Secret) -> Result<(), StoreError> {
    let person_id = person_id.to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let sealed = tx.seal(place("factor_pending", &person_id), &secret)?;
                let changed = query("UPDATE person SET factor_pending = $2 WHERE person_id = $1")
                    .bind(person_id)
                    .bind(sealed)
                    .execute(tx.connection())
                    .await?;
                if changed == 0 {
                    return Err(Refusal::NoSuchPerson.into());
                }
                Ok(())
            })
        })
        .await
}

/// The secret that waits for its first code.
///
/// # Errors
/// When the control data cannot be read or the secret was moved.
pub async fn prepared(control: &Control, person_id: &str) -> Result<Option<Secret>, StoreError> {
    let person_id = person_id.to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let sealed: Option<Option<String>> =
                    query("SELECT factor_pending FROM person WHERE person_id = $1")
                        .bind(&person_id)
                        .value_if_any(tx.connection())
                        .await?;
                sealed
                    .flatten()
                    .map(|text| tx.unseal(place("factor_pending", &person_id), &text))
                    .transpose()
            })
        })
        .await
}

/// A factor whose first code was shown.
#[derive(Debug, Clone)]
pub struct SettingUp {
    /// Whose.
    pub person_id: String,
    /// The session that stays; the person's others end.
    pub kept_session: String,
    /// The step of the code that was shown; it is spent.
    pub step: i64,
    /// The new recovery codes; the old ones end.
    pub recovery_codes: Vec<Secret>,
}

/// Makes the prepared secret the person's factor.
///
/// # Errors
/// [`Refusal::NoFactorPrepared`].
pub async fn set_up(
    control: &Control,
    setting_up: SettingUp,
    now: Timestamp,
) -> Result<(), StoreError> {
    control
        .tx(move |mut tx| Box::pin(async move { set_up_in(&mut tx, setting_up, now).await }))
        .await
}

async fn set_up_in(
    tx: &mut ControlTx<'_>,
    setting_up: SettingUp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let person_id = setting_up.person_id.as_str();
    let pending: Option<Option<String>> =
        query("SELECT factor_pending FROM person WHERE person_id = $1")
            .bind(person_id)
            .value_if_any(tx.connection())
            .await?;
    let pending = pending.flatten().ok_or(Refusal::NoFactorPrepared)?;
    // Sealed again, because what is sealed for one column does not open in another.
    let secret = tx.unseal(place("factor_pending", person_id), &pending)?;
    let sealed = tx.seal(place("factor_secret", person_id), &secret)?;
    query(
        "UPDATE person SET factor_secret = $2, factor_pending = NULL, factor_last_step = $3
         WHERE person_id = $1",
    )
    .bind(person_id)
    .bind(sealed)
    .bind(setting_up.step)
    .execute(tx.connection())
    .await?;
    replace_codes(tx, person_id, &setting_up.recovery_codes).await?;
    let kept = Some(setting_up.kept_session.as_str());
    super::sessions::end_others(tx, person_id, kept, "second factor changed", now).await
}

async fn replace_codes(
    tx: &mut ControlTx<'_>,
    person_id: &str,
    codes: &[Secret],
) -> Result<(), StoreError> {
    query("DELETE FROM recovery_code WHERE person_id = $1")
        .bind(person_id)
        .execute(tx.connection())
        .await?;
    for code in codes {
        query("INSERT INTO recovery_code (person_id, code_digest) VALUES ($1, $2)")
            .bind(person_id)
            .bind(digest(PURPOSE, code))
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

/// Tries a code. `matching` says of which time step it is, given the secret, if of any; `step` is
/// the present one. Count, look and spend are one transaction, so that no code counts twice and no
/// crowd of requests gets more tries.
///
/// # Errors
/// When the control data cannot be written or the secret was moved.
pub async fn try_code<F>(
    control: &Control,
    person_id: &str,
    step: i64,
    matching: F,
) -> Result<Tried, StoreError>
where
    F: FnOnce(&Secret) -> Option<i64> + Send + 'static,
{
    let person_id = person_id.to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move { try_in(&mut tx, &person_id, step, matching).await })
        })
        .await
}

async fn try_in<F>(
    tx: &mut ControlTx<'_>,
    person_id: &str,
    step: i64,
    matching: F,
) -> Result<Tried, StoreError>
where
    F: FnOnce(&Secret) -> Option<i64> + Send,
{
    let row: Option<(Option<String>, i64, i64, i64)> = query(
        "SELECT factor_secret, factor_last_step, factor_try_step, factor_tries
         FROM person WHERE person_id = $1",
    )
    .bind(person_id)
    .row_if_any(tx.connection())
    .await?;
    let Some((Some(sealed), last_step, try_step, tries)) = row else {
        return Ok(Tried::NoFactor);
    };
    let tries = if try_step == step { tries } else { 0 };
    if tries >= TRIES_PER_STEP {
        return Ok(Tried::TooMany);
    }
    let secret = tx.unseal(place("factor_secret", person_id), &sealed)?;
    let right = matching(&secret).filter(|matched| *matched > last_step);
    query(
        "UPDATE person SET factor_try_step = $2, factor_tries = $3, factor_last_step = $4
         WHERE person_id = $1",
    )
    .bind(person_id)
    .bind(step)
    .bind(tries + 1)
    .bind(right.unwrap_or(last_step))
    .execute(tx.connection())
    .await?;
    Ok(if right.is_some() {
        Tried::Right
    } else {
        Tried::Wrong
    })
}

/// Spends a recovery code; whether it was one.
///
/// # Errors
/// When the control data cannot be written.
pub async fn use_recovery_code(
    control: &Control,
    person_id: &str,
    code: &Secret,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (person_id, code_digest) = (person_id.to_owned(), digest(PURPOSE, code));
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let used = query(
                    "UPDATE recovery_code SET used_at = $3
                     WHERE person_id = $1 AND code_digest = $2 AND used_at IS NULL",
                )
                .bind(person_id)
                .bind(code_digest)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                Ok(used == 1)
            })
        })
        .await
}

/// How many recovery codes are not used yet.
///
/// # Errors
/// When the control data cannot be read.
pub async fn recovery_codes_left(control: &Control, person_id: &str) -> Result<i64, StoreError> {
    let person_id = person_id.to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                query("SELECT count(*) FROM recovery_code WHERE person_id = $1 AND used_at IS NULL")
                    .bind(person_id)
                    .value(tx.connection())
                    .await
            })
        })
        .await
}
