//! The daily letter: who wants it, and whom it was handed over for.
//!
//! A letter is claimed before it is handed over and never sent again, because a mail server does
//! not tell repetitions apart: at most once for each person and day.

use std::collections::BTreeMap;

use figures::Date;
use jiff::Timestamp;

use super::Control;
use crate::mirror::moment;
use crate::sql::query;
use crate::{StoreError, TenantScope};

/// How handing a letter over ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it.
    Sent,
    /// The server did not take it, or its answer was lost.
    NotTaken,
}

/// What people said about wanting the letter, by person.
///
/// # Errors
/// When the control data cannot be read.
pub async fn choices(
    control: &Control,
    scope: &TenantScope,
) -> Result<BTreeMap<String, bool>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .read(move |mut tx| {
            Box::pin(async move {
                let rows: Vec<(String, i64)> =
                    query("SELECT person_id, wanted FROM digest_choice WHERE tenant_id = $1")
                        .bind(tenant_id)
                        .rows(tx.connection())
                        .await?;
                Ok(rows
                    .into_iter()
                    .map(|(id, wanted)| (id, wanted == 1))
                    .collect())
            })
        })
        .await
}

/// Keeps whether a person wants the letter.
///
/// # Errors
/// When the person does not belong to the tenant, or the control data cannot be written.
pub async fn choose(
    control: &Control,
    scope: &TenantScope,
    person_id: &str,
    wanted: bool,
) -> Result<(), StoreError> {
    let (tenant_id, person_id) = (scope.tenant_id().to_owned(), person_id.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query(
                    "INSERT INTO digest_choice (tenant_id, person_id, wanted) VALUES ($1, $2, $3)
                     ON CONFLICT (tenant_id, person_id) DO UPDATE SET wanted = excluded.wanted",
                )
                .bind(tenant_id)
                .bind(person_id)
                .bind(i64::from(wanted))
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}

/// Claims the letter of a person for a day. Whoever gets `true` may hand it over, once.
///
/// # Errors
/// When the control data cannot be written.
pub async fn claim(
    control: &Control,
    scope: &TenantScope,
    person_id: &str,
    day: Date,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (tenant_id, person_id) = (scope.tenant_id().to_owned(), person_id.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let added = query(
                    "INSERT INTO digest_letter (tenant_id, person_id, day, claimed_at, outcome)
                     VALUES ($1, $2, $3, $4, 'begun')
                     ON CONFLICT (tenant_id, person_id, day) DO NOTHING",
                )
                .bind(tenant_id)
                .bind(person_id)
                .bind(day.to_string())
                .bind(moment(now))
                .execute(tx.connection())
                .await?;
                Ok(added == 1)
            })
        })
        .await
}

/// Notes how handing a claimed letter over ended.
///
/// # Errors
/// When the control data cannot be written.
pub async fn ended(
    control: &Control,
    scope: &TenantScope,
    person_id: &str,
    day: Date,
    outcome: Outcome,
) -> Result<(), StoreError> {
    let (tenant_id, person_id) = (scope.tenant_id().to_owned(), person_id.to_owned());
    let outcome = match outcome {
        Outcome::Sent => "sent",
        Outcome::NotTaken => "not taken",
    };
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                query(
                    "UPDATE digest_letter SET outcome = $4
                     WHERE tenant_id = $1 AND person_id = $2 AND day = $3",
                )
                .bind(tenant_id)
                .bind(person_id)
                .bind(day.to_string())
                .bind(outcome)
                .execute(tx.connection())
                .await?;
                Ok(())
            })
        })
        .await
}
