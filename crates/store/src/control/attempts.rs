//! Tries to sign in, counted for each account whether it exists or not.
//!
//! A try is counted before its password is looked at, so that a crowd of simultaneous tries gets
//! no more than one after the other would.

use jiff::{SignedDuration, Timestamp};

use super::digests::digest;
use super::{Control, ControlTx};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::{Secret, StoreError};

/// After so many failures in a row, so many seconds are waited.
const WAITS: [(i64, i64); 4] = [(25, 10), (9, 5), (3, 3), (1, 1)];
/// After so many failures on a day (in UTC) the account is closed until the next.
const MOST_ON_A_DAY: i64 = 100;

/// Whether a password or code may be looked at now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Yes; the try counts as a failure until [`succeeded`] says otherwise.
    Go,
    /// Not before this moment.
    Wait(Timestamp),
}

/// Counts a try for an account.
///
/// # Errors
/// When the control data cannot be written; nothing may be looked at then.
pub async fn claim(control: &Control, account: &str, now: Timestamp) -> Result<Claim, StoreError> {
    let account = key(account);
    control
        .tx(move |mut tx| Box::pin(async move { claim_in(&mut tx, account, now).await }))
        .await
}

async fn claim_in(
    tx: &mut ControlTx<'_>,
    account: String,
    now: Timestamp,
) -> Result<Claim, StoreError> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let row: Option<(i64, String, String, i64)> =
        query("SELECT failures, closed_until, day, on_day FROM sign_in_attempt WHERE account = $1")
            .bind(&account)
            .row_if_any(tx.connection())
            .await?;
    let (failures, on_day) = match row {
        None => (0, 0),
        Some((failures, closed_until, day, on_day)) => {
            let closed_until = read_moment(&closed_until)?;
            if now < closed_until {
                return Ok(Claim::Wait(closed_until));
            }
            let on_day = if day == today.to_string() { on_day } else { 0 };
            (failures, on_day)
        }
    };
    let (failures, on_day) = (failures + 1, on_day + 1);
    query("DELETE FROM sign_in_attempt WHERE closed_until < $1")
        .bind(moment(now - SignedDuration::from_hours(48)))
        .execute(tx.connection())
        .await?;
    query(
        "INSERT INTO sign_in_attempt (account, failures, closed_until, day, on_day)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (account) DO UPDATE SET failures = excluded.failures,
             closed_until = excluded.closed_until, day = excluded.day, on_day = excluded.on_day",
    )
    .bind(account)
    .bind(failures)
    .bind(moment(closed_until(failures, on_day, now)))
    .bind(today.to_string())
    .bind(on_day)
    .execute(tx.connection())
    .await?;
    Ok(Claim::Go)
}

fn closed_until(failures: i64, on_day: i64, now: Timestamp) -> Timestamp {
    if on_day >= MOST_ON_A_DAY {
        let midnight = now
            .to_zoned(jiff::tz::TimeZone::UTC)
            .tomorrow()
            .and_then(|day| day.start_of_day())
            .map(|day| day.timestamp());
        return midnight.unwrap_or(now + SignedDuration::from_hours(24));
    }
    let seconds = WAITS
        .iter()
        .find(|(after, _)| failures >= *after)
        .map_or(0, |(_, seconds)| *seconds);
    now + SignedDuration::from_secs(seconds)
}

/// Takes the failures in a row back. Those of the day stay: whoever knows one password of many
/// must not be able to start again.
///
/// # Errors
/// When the control data cannot be written.
pub async fn succeeded(control: &Control, account: &str, now: Timestamp) -> Result<(), StoreError> {
    let account = key(account);
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query(
                    "UPDATE sign_in_attempt SET failures = 0, closed_until = $2,
                         on_day = CASE WHEN on_day > 0 THEN on_day - 1 ELSE 0 END
                     WHERE account = $1",
                )
                .bind(account)
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// The account as it is kept: addresses that belong to nobody are not written down.
fn key(account: &str) -> String {
    digest("account", &Secret::new(account.to_owned()))
}
