//! Looking at the records of a draft: whether they are as they were approved, and how they are
//! after it.

use connectors::quickbooks::write::request::number_of;
use connectors::quickbooks::write::{Answer, image, is_said_in, is_void};
use figures::Date;
use figures::source::{RawRecord, SourceRef};
use gate::draft::{PreImage, Request, Verb};
use gate::proposal::Proposal;
use store::proposals::Outcome;
use store::worklist::{self, ItemState};

use super::Ledger;
use crate::desk::Desk;

/// Reads everything again that a draft rests on. Returns the record that it changes, as
/// it is now; or what moved, in a sentence.
///
/// # Errors
/// When something cannot be read: nothing is known then.
pub(super) async fn again(
    desk: &Desk,
    ledger: &Ledger,
    proposal: &Proposal,
) -> anyhow::Result<Result<Option<String>, String>> {
    let draft = &proposal.newest().draft;
    if draft.company != ledger.company() {
        return Ok(Err(
            "Another company is connected than this was proposed for.".to_owned(),
        ));
    }
    if let Some(finding) = &draft.finding {
        let item = worklist::item(&desk.store, &desk.scope, finding).await?;
        if item.is_none_or(|item| item.state != ItemState::Open) {
            return Ok(Err(
                "What it settles is not on the worklist any more.".to_owned()
            ));
        }
    }
    let Some(request) = &draft.request else {
        return Ok(Err(BY_HAND.to_owned()));
    };
    let (seen, moved) = records_again(ledger, request).await?;
    if let Some(moved) = moved {
        return Ok(Err(moved));
    }
    let closed = ledger.reader.closed_until().await?;
    if let Some(closed) = closed.filter(|closed| is_closed(request, seen.as_deref(), *closed)) {
        return Ok(Err(format!("The books are closed up to {closed}.")));
    }
    if let Some(target) = reconciled(ledger, request, seen.as_deref()).await? {
        return Ok(Err(format!(
            "{target} is reconciled with the bank's statement. Correct it in QuickBooks, so that the \
             statement still ties."
        )));
    }
    if let Some(there) = entered_already(ledger, request).await? {
        return Ok(Err(there));
    }
    Ok(Ok(seen))
}

const BY_HAND: &str = "A person does this by hand; the next reading shows whether it was done.";

/// The record that a request changes, and the first record that is not as it was.
async fn records_again(
    ledger: &Ledger,
    request: &Request,
) -> anyhow::Result<(Option<String>, Option<String>)> {
    let mut target = None;
    for before in &request.before {
        let record = &before.record;
        let now = ledger.reader.record(record).await?;
        if let Some(moved) = moved(before, now.as_ref()) {
            return Ok((None, Some(moved)));
        }
        if request.target().as_ref() == Some(record) {
            target = now.map(|found| found.body);
        }
    }
    Ok((target, None))
}

/// Whether a record, as it was read, is as it was.
#[must_use]
pub fn is_as(was: &PreImage, now: &str) -> bool {
    image(now).is_ok_and(|seen| {
        seen.content == was.content && was.standing.is_none_or(|it| it == seen.standing)
    })
}

/// How a record differs from what it was, in a sentence; nothing when it does not.
fn moved(before: &PreImage, now: Option<&RawRecord>) -> Option<String> {
    let name = &before.record;
    let Some(now) = now else {
        return Some(format!("{name} was deleted or made inactive since."));
    };
    let Ok(seen) = image(&now.body) else {
        return Some(format!("{name} cannot be read any more."));
    };
    if seen.content != before.content {
        return Some(format!("{name} was changed since."));
    }
    match before.standing {
        Some(standing) if standing != seen.standing => Some(format!(
            "What {name} is linked to, or its balance, changed since."
        )),
        _ => None,
    }
}

/// Whether a record, as it is or as it will be, lies in a closed period.
#[must_use]
pub fn is_closed(request: &Request, before: Option<&str>, closed: Date) -> bool {
    let dates = [date_of(&request.body), before.and_then(date_of)];
    dates.into_iter().flatten().any(|date| date <= closed)
}

/// The record that a request changes or takes away, where it is ticked off against the bank's
/// statement. To apply a payment changes nothing of what the bank saw.
///
/// # Errors
/// When QuickBooks cannot be read.
pub async fn reconciled(
    ledger: &Ledger,
    request: &Request,
    now: Option<&str>,
) -> anyhow::Result<Option<SourceRef>> {
    const AT_THE_BANK: [&str; 8] = [
        "BillPayment",
        "Deposit",
        "JournalEntry",
        "Payment",
        "Purchase",
        "RefundReceipt",
        "SalesReceipt",
        "Transfer",
    ];
    let applies = request.verb == Verb::Update && request.entity == "Payment";
    let target = request
        .target()
        .filter(|target| AT_THE_BANK.contains(&target.kind.as_str()) && !applies);
    let (Some(target), Some(day)) = (target, now.and_then(date_of)) else {
        return Ok(None);
    };
    let is = ledger.reader.is_reconciled(&target, day).await?;
    Ok(is.then_some(target))
}

fn date_of(text: &str) -> Option<Date> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    value.get("TxnDate")?.as_str()?.parse().ok()
}

/// A document with the same number of the same party that is there already. What was voided keeps
/// its number and says nothing.
async fn entered_already(ledger: &Ledger, request: &Request) -> anyhow::Result<Option<String>> {
    let namesakes = namesakes(ledger, request).await?;
    let living = namesakes.iter().find(|one| !is_void(&one.body));
    Ok(living.map(|there| {
        let (entity, number) = (request.entity.to_lowercase(), number_of(&request.body));
        format!(
            "QuickBooks has {entity} {} of this party already, as {} {}.",
            number.unwrap_or_default(),
            request.entity,
            there.external_id
        )
    }))
}

/// Whether the number of a new document is that of a void one of the same party.
///
/// # Errors
/// When QuickBooks cannot be read.
pub(super) async fn has_number_of_a_void(
    ledger: &Ledger,
    request: &Request,
) -> anyhow::Result<bool> {
    let namesakes = namesakes(ledger, request).await?;
    Ok(namesakes.iter().any(|one| is_void(&one.body)))
}

/// Documents with the number and of the party of one that is to be entered.
async fn namesakes(ledger: &Ledger, request: &Request) -> anyhow::Result<Vec<RawRecord>> {
    let party = match (request.verb, request.entity.as_str()) {
        (Verb::Create, "Bill") => "VendorRef",
        (Verb::Create, "Invoice") => "CustomerRef",
        _ => return Ok(Vec::new()),
    };
    let Some(number) = number_of(&request.body) else {
        return Ok(Vec::new());
    };
    let of = |body: &str| -> Option<String> {
        let value: serde_json::Value = serde_json::from_str(body).ok()?;
        let id = value.get(party)?.get("value")?.as_str()?;
        Some(id.to_owned())
    };
    let wanted = of(&request.body);
    let mut found = ledger.reader.numbered(&request.entity, &number).await?;
    found.retain(|one| of(&one.body) == wanted);
    Ok(found)
}

/// What came of a request that was done: its record, and every record that it touched or named as they
/// are now.
///
/// # Errors
/// When something cannot be read.
pub(super) async fn outcome(
    ledger: &Ledger,
    request: &Request,
    answer: Answer,
) -> anyhow::Result<Outcome> {
    let (kept, mut told) = match answer {
        Answer::Kept(record) => (Some(record), "QuickBooks did it.".to_owned()),
        Answer::Gone => (None, "QuickBooks took it out.".to_owned()),
    };
    let as_said = |kept: &String| {
        matches!(request.verb, Verb::Void | Verb::Delete) || is_said_in(&request.body, kept)
    };
    if !kept.as_ref().is_none_or(as_said) {
        told = "QuickBooks did it, and the record is not exactly what was sent. Look at it."
            .to_owned();
    }
    let made = kept.as_deref().and_then(id_of);
    let record = request.id.clone().or(made);
    let target = record
        .as_deref()
        .map(|id| SourceRef::quickbooks(&request.entity, id));
    let named = request
        .before
        .iter()
        .map(|it| (it.record.clone(), it.standing.is_some()));
    let is_new = request.id.is_none();
    let new = target.filter(|_| is_new).map(|it| (it, true));
    let mut after = Vec::new();
    for (record, with_standing) in new.into_iter().chain(named) {
        // What is gone has no image.
        let Some(now) = ledger.reader.record(&record).await? else {
            continue;
        };
        let image = image(&now.body)?;
        let before = request.before.iter().find(|before| before.record == record);
        let is_target = request.id.as_deref() == Some(record.id.as_str());
        if before.is_some_and(|before| !is_target && before.content != image.content) {
            told.push_str(&format!(
                " {record} was changed by somebody in that moment."
            ));
        }
        after.push(PreImage {
            record,
            content: image.content,
            standing: with_standing.then_some(image.standing),
        });
    }
    Ok(Outcome {
        record,
        kept,
        after,
        told,
    })
}

fn id_of(record: &str) -> Option<figures::SmolStr> {
    let value: serde_json::Value = serde_json::from_str(record).ok()?;
    value.get("Id")?.as_str().map(figures::SmolStr::new)
}
