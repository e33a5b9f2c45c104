//! The results of each run of the checks, and the receipts of the figures in them.
//!
//! A receipt says what a figure was, by which definition and from which inputs, so that a figure
//! on paper can be explained and computed again years later. Both are kept for ever, as text.

use figures::Date;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::mirror::{moment, read_moment};
use crate::sql::{batches, over_rows, query};
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope};

/// The receipt of one figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureReceipt {
    /// The id under which the figure is shown.
    pub figure_id: String,
    /// Definition and version, such as `bridge.billed.procore@1`.
    pub definition: String,
    /// The value as shown, as JSON text.
    pub value: String,
    /// Inputs and sources, as JSON text.
    pub inputs: String,
}

/// A receipt together with the run that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundReceipt {
    /// The receipt.
    pub receipt: FigureReceipt,
    /// The result it belongs to.
    pub result: i64,
    /// The cycle whose records it was computed from.
    pub cycle: i64,
    /// The day it is true for.
    pub as_of: Date,
}

/// The outcome of one run of the checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResult {
    /// Its number, from 1.
    pub number: i64,
    /// The cycle whose records it was computed from.
    pub cycle: i64,
    /// The day it is true for.
    pub as_of: Date,
    /// The JSON text, byte for byte as it was produced.
    pub body: String,
    /// When it was produced.
    pub produced_at: Timestamp,
}

/// A result to keep.
#[derive(Debug, Clone)]
pub struct NewResult {
    /// The cycle whose records it was computed from.
    pub cycle: i64,
    /// The day it is true for.
    pub as_of: Date,
    /// The JSON text.
    pub body: String,
    /// The receipts of its figures; each id once.
    pub receipts: Vec<FigureReceipt>,
}

/// How the screens show the records that a result names.
#[derive(Debug, Clone)]
pub struct Cards {
    /// The number of the result.
    pub result: i64,
    /// Which form the text has; what reads it knows one.
    pub form: i64,
    /// The JSON text.
    pub body: String,
}

/// Keeps a result and its receipts; returns its number. The same bytes for the same cycle are
/// kept once.
///
/// # Errors
/// [`Refusal::UnknownCycle`] when there was no such cycle.
pub async fn save(
    store: &Store,
    scope: &TenantScope,
    result: NewResult,
    now: Timestamp,
) -> Result<i64, StoreError> {
    store
        .tx(scope, move |tx| Box::pin(save_in(tx, result, now)))
        .await
}

pub(crate) async fn save_in(
    tx: &mut Tx,
    result: NewResult,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let digest = Sha256::digest(result.body.as_bytes()).to_vec();
    let known: Option<i64> = query(
        "SELECT result_no FROM result WHERE tenant_id = $1 AND cycle_no = $2 AND digest = $3",
    )
    .bind(tx.tenant())
    .bind(result.cycle)
    .bind(digest.clone())
    .value_if_any(tx.connection())
    .await?;
    if let Some(number) = known {
        return Ok(number);
    }
    let number: Option<i64> = query(
        "INSERT INTO result (tenant_id, result_no, cycle_no, as_of, digest, body, produced_at)
         SELECT $1, (SELECT coalesce(max(result_no), 0) + 1 FROM result WHERE tenant_id = $1),
                cycle_no, $3, $4, $5, $6
         FROM cycle WHERE tenant_id = $1 AND cycle_no = $2
         RETURNING result_no",
    )
    .bind(tx.tenant())
    .bind(result.cycle)
    .bind(result.as_of.to_string())
    .bind(digest)
    .bind(result.body)
    .bind(moment(now))
    .value_if_any(tx.connection())
    .await?;
    let number = number.ok_or(Refusal::UnknownCycle {
        cycle: result.cycle,
    })?;
    for batch in batches(result.receipts) {
        let mut query = over_rows(
            "INSERT INTO figure (tenant_id, result_no, figure_id, definition, value, inputs)
             SELECT {1}, {2}, column1, column2, column3, column4 FROM (VALUES {rows}) AS page",
            4,
            batch.len(),
        );
        for receipt in batch {
            query = query
                .bind(receipt.figure_id)
                .bind(receipt.definition)
                .bind(receipt.value)
                .bind(receipt.inputs);
        }
        query
            .bind(tx.tenant())
            .bind(number)
            .execute(tx.connection())
            .await?;
    }
    Ok(number)
}

/// The newest result, or the newest one of a cycle.
///
/// # Errors
/// When the store cannot be read.
pub async fn newest(
    store: &Store,
    scope: &TenantScope,
    cycle: Option<i64>,
) -> Result<Option<StoredResult>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let row: Option<(i64, i64, String, String, String)> = query(
                    "SELECT result_no, cycle_no, as_of, body, produced_at FROM result
                     WHERE tenant_id = $1 AND ($2 IS NULL OR cycle_no = $2)
                     ORDER BY result_no DESC LIMIT 1",
                )
                .bind(tx.tenant())
                .bind(cycle)
                .row_if_any(tx.connection())
                .await?;
                let Some((number, cycle, as_of, body, produced_at)) = row else {
                    return Ok(None);
                };
                let as_of = read_day(&as_of)?;
                let produced_at = read_moment(&produced_at)?;
                Ok(Some(StoredResult {
                    number,
                    cycle,
                    as_of,
                    body,
                    produced_at,
                }))
            })
        })
        .await
}

/// Keeps how the records that a result names are shown, in place of what was kept for an earlier one.
///
/// # Errors
/// When there is no such result or the store cannot be written.
pub async fn keep_cards(
    store: &Store,
    scope: &TenantScope,
    cards: Cards,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                query(
                    "INSERT INTO result_cards (tenant_id, result_no, form, body)
                     VALUES ($1, $2, $3, $4)
                     ON CONFLICT (tenant_id) DO UPDATE SET result_no = excluded.result_no,
                         form = excluded.form, body = excluded.body
                     WHERE result_cards.result_no <= excluded.result_no",
                )
                .bind(tx.tenant())
                .bind(cards.result)
                .bind(cards.form)
                .bind(cards.body)
                .execute(tx.connection())
                .await
                .map(drop)
            })
        })
        .await
}

/// What was kept by [`keep_cards`], if it is of this result and of this form.
///
/// # Errors
/// When the store cannot be read.
pub async fn cards(
    store: &Store,
    scope: &TenantScope,
    result: i64,
    form: i64,
) -> Result<Option<String>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                query(
                    "SELECT body FROM result_cards
                     WHERE tenant_id = $1 AND result_no = $2 AND form = $3",
                )
                .bind(tx.tenant())
                .bind(result)
                .bind(form)
                .value_if_any(tx.connection())
                .await
            })
        })
        .await
}

/// A text that changes whenever what a tenant's screens read may have changed: the newest result,
/// the connections, the settings.
///
/// # Errors
/// When the store cannot be read.
pub async fn stamp(store: &Store, scope: &TenantScope) -> Result<String, StoreError> {
    store
        .read(scope, |tx| {
            Box::pin(async move {
                let (result, connections, settings): (i64, String, String) = query(
                    "SELECT
                         (SELECT coalesce(max(result_no), 0) FROM result WHERE tenant_id = $1),
                         (SELECT coalesce(max(changed_at), '') FROM connection
                          WHERE tenant_id = $1),
                         coalesce((SELECT body FROM settings WHERE tenant_id = $1), '')",
                )
                .bind(tx.tenant())
                .row(tx.connection())
                .await?;
                Ok(format!("{result}\n{connections}\n{settings}"))
            })
        })
        .await
}

/// The newest receipt of a figure.
///
/// # Errors
/// When the store cannot be read.
pub async fn receipt(
    store: &Store,
    scope: &TenantScope,
    figure_id: &str,
) -> Result<Option<FoundReceipt>, StoreError> {
    Ok(receipts(store, scope, figure_id).await?.into_iter().next())
}

/// Every receipt of a figure, newest first.
///
/// # Errors
/// When the store cannot be read.
pub async fn receipts(
    store: &Store,
    scope: &TenantScope,
    figure_id: &str,
) -> Result<Vec<FoundReceipt>, StoreError> {
    let figure_id = figure_id.to_owned();
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<(i64, i64, String, String, String, String)> = query(
                    "SELECT result.result_no, result.cycle_no, result.as_of, figure.definition,
                            figure.value, figure.inputs
                     FROM figure
                     JOIN result ON result.tenant_id = figure.tenant_id
                                AND result.result_no = figure.result_no
                     WHERE figure.tenant_id = $1 AND figure.figure_id = $2
                     ORDER BY result.result_no DESC",
                )
                .bind(tx.tenant())
                .bind(&figure_id)
                .rows(tx.connection())
                .await?;
                rows.into_iter()
                    .map(|(result, cycle, as_of, definition, value, inputs)| {
                        let figure_id = figure_id.clone();
                        Ok(FoundReceipt {
                            receipt: FigureReceipt {
                                figure_id,
                                definition,
                                value,
                                inputs,
                            },
                            result,
                            cycle,
                            as_of: read_day(&as_of)?,
                        })
                    })
                    .collect()
            })
        })
        .await
}

pub(crate) fn read_day(text: &str) -> Result<Date, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Unreadable { what: "date" })
}
