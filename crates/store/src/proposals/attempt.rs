//! What was sent: an intent before the request, and its outcome once it is known.
//!
//! An intent without an outcome means that the request may be on its way or may have taken effect;
//! it is settled by looking, never by a second intent.

use figures::SmolStr;
use gate::approval::Approved;
use gate::draft::PreImage;
use gate::proposal::Event;
use jiff::Timestamp;

use super::{Happening, happen_in, read, text, wanted_in};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope, quarantine};

/// What is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
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

async fn add(tx: &mut Tx, id: &str, intent: Intent, now: Timestamp) -> Result<(), StoreError> {
    query(
        "INSERT INTO intent (tenant_id, proposal_id, request_id, token, before, at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant())
    .bind(id)
    .bind(&intent.request_id)
    .bind(&intent.token)
    .bind(&intent.before)
    .bind(moment(now))
    .execute(tx.connection())
    .await
    .map(drop)
}

/// Writes down what became of a request, with what happens to the proposal because of it, and to
/// the one whose effect it takes back, in one transaction.
///
/// # Errors
/// [`Refusal::ProposalMovedOn`] when that cannot happen any more.
pub async fn conclude(
    store: &Store,
    scope: &TenantScope,
    id: &str,
    outcome: Outcome,
    happening: Happening,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = id.to_owned();
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let mut stored = wanted_in(tx, &id).await?;
                let is_done = happening.event == Event::Done;
                happen_in(tx, &mut stored.proposal, happening, now).await?;
                add_outcome(tx, &id, &outcome, now).await?;
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
    outcome: &Outcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO outcome (tenant_id, proposal_id, record_id, kept, after, told, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(tx.tenant())
    .bind(id)
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

pub(super) async fn sent_in(tx: &mut Tx, id: &str) -> Result<Option<Sent>, StoreError> {
    let row: Option<Row> = query(
        "SELECT i.request_id, i.token, i.before, i.at, o.record_id, o.kept,
                o.after, o.told, o.at
         FROM intent i LEFT JOIN outcome o ON o.tenant_id = i.tenant_id
              AND o.proposal_id = i.proposal_id
         WHERE i.tenant_id = $1 AND i.proposal_id = $2",
    )
    .bind(tx.tenant())
    .bind(id)
    .row_if_any(tx.connection())
    .await?;
    row.map(sent).transpose()
}

fn sent(row: Row) -> Result<Sent, StoreError> {
    let (request_id, token, before, at, record, kept, after, told, known_at) = row;
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
            request_id,
            token,
            before,
        },
        at: read_moment(&at)?,
        outcome,
    })
}
