//! Reading back what became of a request whose answer was lost.

use anyhow::Context;
use connectors::quickbooks::write::{ATTACHMENT, Answer, is_said_in, is_void, version};
use gate::draft::{Request, Verb};
use gate::proposal::Proposal;
use serde_json::Value;
use store::proposals::Intent;

use super::Ledger;

/// What QuickBooks shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// It was done.
    Done(Answer),
    /// It was not done, or not yet.
    NotDone,
    /// The record is another one by now, and not the one that was sent.
    Otherwise,
}

/// Looks for the effect of a request.
///
/// # Errors
/// When QuickBooks cannot be read.
pub(super) async fn read(
    ledger: &Ledger,
    proposal: &Proposal,
    request: &Request,
    intent: &Intent,
) -> anyhow::Result<Found> {
    let Some(target) = request.target() else {
        return made(ledger, proposal, request).await;
    };
    let now = ledger.reader.record(&target).await?.map(|found| found.body);
    Ok(match (request.verb, now) {
        (Verb::Delete, None) => Found::Done(Answer::Gone),
        (_, None) => Found::Otherwise,
        (_, Some(now)) if version(&now).as_deref() == intent.token.as_deref() => Found::NotDone,
        (Verb::Update, Some(now)) if is_said_in(&request.body, &now) => {
            Found::Done(Answer::Kept(now))
        }
        (Verb::Void, Some(now)) if is_void(&now) => Found::Done(Answer::Kept(now)),
        (_, Some(_)) => Found::Otherwise,
    })
}

/// Looks for a record that a request would have made, with the proposal's mark: among those of its
/// day, or among what is attached to the same record.
async fn made(ledger: &Ledger, proposal: &Proposal, request: &Request) -> anyhow::Result<Found> {
    let body: Value = serde_json::from_str(&request.body)?;
    let text =
        |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let (candidates, note) = if request.entity == ATTACHMENT {
        let to = request
            .before
            .first()
            .context("it is attached to nothing")?;
        (ledger.reader.attached_to(&to.record).await?, "Note")
    } else {
        let day = text(&body, "TxnDate").unwrap_or_default();
        let of_day = ledger.reader.of_day(&request.entity, &day).await?;
        (of_day, "PrivateNote")
    };
    for found in candidates {
        let value: Value = serde_json::from_str(&found.body)?;
        let note = text(&value, note).unwrap_or_default();
        if note.split_whitespace().any(|word| word == proposal.id) {
            return Ok(Found::Done(Answer::Kept(found.body)));
        }
    }
    Ok(Found::NotDone)
}
