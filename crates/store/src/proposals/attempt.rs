//! What was sent: an intent before each request, and its outcome once it is known.
//!
//! An intent without an outcome means that the request may be on its way or may have taken effect;
//! it is settled by looking, never by a second intent.

use figures::SmolStr;
use gate::approval::Approved;
use gate::draft::PreImage;
use gate::proposal::{Event, State};
use jiff::Timestamp;

use super::{Happening, UNREADABLE, happen_in, read, text, wanted_in};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope, quarantine};

/// What is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Which step, from 0.
    pub step: usize,
    /// The key under which the vendor does it once.
    pub request_id: String,
    /// The version token that is sent along; nothing for a new record.
    pub token: Option<String>,
    /// The record as it was read just before; nothing for a new one.
    pub before: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The record that was made or changed; nothing when the vendor refused.
    pub record: Option<SmolStr>,
    /// The record as the vendor answered; nothing when it is gone.
    pub kept: Option<String>,
    /// What every record that it touched or named looked like after it.
    pub after: Vec<PreImage>,
    /// What there is to say about it, in a sentence.
    pub told: String,
}

/// An intent with its outcome, if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// What was to be sent.
    pub intent: Intent,
    /// Since when.
    pub at: Timestamp,
    /// What became of it, and when that was known.
    pub outcome: Option<(Outcome, Timestamp)>,
}

/// Uses an approval up and writes down what is about to be sent, in one transaction. Whoever
/// returns from it sends; nobody else does.
///
/// # Errors
/// [`Refusal::ProposalMovedOn`] when it is no longer approved, or not of these facts;
/// [`Refusal::Quarantined`].
pub async fn begin(
    store: &Store,
    scope: &TenantScope,
    approved: Approved,
    first: Intent,
    now: Timestamp,
) -> Result<(), StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                quarantine::refuse_in(tx).await?;
                let mut stored = wanted_in(tx, approved.proposal_id()).await?;
                if stored.proposal.digest() != approved.digest() {
                    return Err(Refusal::ProposalMovedOn.into());
                }
                let happening = Happening::of(Event::Begin);
                happen_in(tx, &mut stored.proposal, happening, now).await?;
                add(tx, approved.proposal_id(), first, now).await
            })
        })
        .await
}

/// Writes down the next step of what was begun.
///
/// # Errors
/// [`Refusal::ProposalMovedOn`] when it is not being done; [`Refusal::Quarantined`].
pub async fn intend(
    store: &Store,
    scope: &TenantScope,
    id: &str,
    next: Intent,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = id.to_owned();
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                quarantine::refuse_in(tx).await?;
                let stored = wanted_in(tx, &id).await?;
                if !matches!(stored.proposal.state, State::Executing { .. }) {
                    return Err(Refusal::ProposalMovedOn.into());
                }
                add(tx, &id, next, now).await
            })
        })
        .await
}

async fn add(tx: &mut Tx, id: &str, intent: Intent, now: Timestamp) -> Result<(), StoreError> {
    query(
        "INSERT INTO intent (tenant_id, proposal_id, step_no, request_id, token, before, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant())
    .bind(id)
    .bind(number(intent.step)?)
    .bind(&intent.request_id)
    .bind(&intent.token)
    .bind(&intent.before)
    .bind(moment(now))
    .execute(tx.connection())
    .await
    .map(drop)
}

/// Writes down what became of a step, with what happens to the proposal because of it, and to the
/// one whose effect it takes back, in one transaction.
///
/// # Errors
/// [`Refusal::ProposalMovedOn`] when that cannot happen any more.
pub async fn conclude(
    store: &Store,
    scope: &TenantScope,
    id: &str,
    outcome: (usize, Option<Outcome>),
    happening: Option<Happening>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = id.to_owned();
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let mut stored = wanted_in(tx, &id).await?;
                let (step, outcome) = outcome;
                if let Some(outcome) = outcome {
                    add_outcome(tx, &id, step, &outcome, now).await?;
                }
                let Some(happening) = happening else {
                    return Ok(());
                };
                let is_done = happening.event == Event::Done;
                happen_in(tx, &mut stored.proposal, happening, now).await?;
                match stored.proposal.newest().draft.undoes.clone() {
                    Some(undone) if is_done => {
                        let mut other = wanted_in(tx, &undone).await?.proposal;
                        let back = Happening::of(Event::Undone).because(format!("by {id}"));
                        happen_in(tx, &mut other, back, now).await
                    }
                    _ => Ok(()),
                }
            })
        })
        .await
}

async fn add_outcome(
    tx: &mut Tx,
    id: &str,
    step: usize,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO outcome (tenant_id, proposal_id, step_no, record_id, kept, after, told, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(tx.tenant())
    .bind(id)
    .bind(number(step)?)
    .bind(outcome.record.as_deref())
    .bind(&outcome.kept)
    .bind(text(&outcome.after)?)
    .bind(&outcome.told)
    .bind(moment(now))
    .execute(tx.connection())
    .await
    .map(drop)
}

type Row = (
    i64,
    String,
    Option<String>,
    Option<String>,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

pub(super) async fn sent_in(tx: &mut Tx, id: &str) -> Result<Vec<Sent>, StoreError> {
    let rows: Vec<Row> = query(
        "SELECT i.step_no, i.request_id, i.token, i.before, i.at, o.record_id, o.kept,
                o.after, o.told, o.at
         FROM intent i LEFT JOIN outcome o ON o.tenant_id = i.tenant_id
              AND o.proposal_id = i.proposal_id AND o.step_no = i.step_no
         WHERE i.tenant_id = $1 AND i.proposal_id = $2 ORDER BY i.step_no",
    )
    .bind(tx.tenant())
    .bind(id)
    .rows(tx.connection())
    .await?;
    rows.into_iter().map(sent).collect()
}

fn sent(row: Row) -> Result<Sent, StoreError> {
    let (step, request_id, token, before, at, record, kept, after, told, known_at) = row;
    let outcome = match (after, told, known_at) {
        (Some(after), Some(told), Some(known_at)) => Some((
            Outcome {
                record: record.map(SmolStr::from),
                kept,
                after: read(&after)?,
                told,
            },
            read_moment(&known_at)?,
        )),
        _ => None,
    };
    Ok(Sent {
        intent: Intent {
            step: usize::try_from(step).map_err(|_| UNREADABLE)?,
            request_id,
            token,
            before,
        },
        at: read_moment(&at)?,
        outcome,
    })
}

fn number(step: usize) -> Result<i64, StoreError> {
    i64::try_from(step).map_err(|_| UNREADABLE)
}
