//! Changing the draft of a bill, an invoice or an entry while it waits: another version, by a person,
//! who therefore does not approve it. Who is paid or pays stays; that would be another proposal.

mod names;
mod sheet;

use connectors::quickbooks::write::request::{NoRequest, entered};
use figures::Money;
use figures::model::Posting;
use gate::correction::Correction;
use gate::digest::Digest;
use gate::draft::Draft;
use gate::proposal::{Maker, Proposal, Version};
use store::{StoreError, mirror, proposals};

pub use names::Names;
pub use sheet::{Flaw, Line, Sheet};

use super::{Decider, by};
use crate::desk::Desk;
use crate::propose::Mirror;

/// Why a draft was not changed. The texts are shown to people as they are.
#[derive(Debug, thiserror::Error)]
pub enum NotEdited {
    /// Nothing of this kind can be changed, or not any more.
    #[error(
        "Only a bill, an invoice or an entry can be changed, and only while it waits. This one was \
         decided about already, or is of another kind."
    )]
    NotEditable,
    /// Somebody changed it meanwhile.
    #[error("This changed while you were writing. Open it again and change what is there now.")]
    Changed,
    /// Nothing is different.
    #[error("Nothing is different from what is there.")]
    Same,
    /// What was written cannot be entered.
    #[error("{0:?}")]
    Flawed(Vec<Flaw>),
    /// No request can be made of it.
    #[error("This cannot be entered: {0}.")]
    NoRequest(NoRequest),
    /// The store says no, or fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a draft would enter, if a person can change it.
#[must_use]
pub fn editable(proposal: &Proposal) -> Option<Correction> {
    let draft = &proposal.newest().draft;
    let is_first = draft.undoes.is_none() && proposal.state.is_open();
    let request = draft.request.as_ref().filter(|_| is_first)?;
    entered(request).filter(|correction| correction.kind() == draft.kind)
}

/// The draft as a sheet to be filled in, in these names; nothing when it cannot be changed.
///
/// # Errors
/// When the store cannot be read.
pub async fn open(
    desk: &Desk,
    id: &str,
    names: &Names,
) -> Result<Option<(Proposal, Sheet)>, StoreError> {
    let Some(stored) = proposals::proposal(&desk.store, &desk.scope, id).await? else {
        return Ok(None);
    };
    let Some(correction) = editable(&stored.proposal) else {
        return Ok(None);
    };
    let sheet = Sheet::of(&correction, names);
    Ok(Some((stored.proposal, sheet)))
}

/// Keeps what a person wrote as the next version of the draft. `shown` is the digest of the version
/// that they were shown.
///
/// # Errors
/// [`NotEdited`]; nothing is changed then.
pub async fn edit(
    desk: &Desk,
    decider: &Decider,
    (id, shown): (&str, Digest),
    sheet: &Sheet,
) -> Result<(), NotEdited> {
    let names = Names::load(desk).await?;
    let opened = open(desk, id, &names).await?;
    let (proposal, _) = opened.ok_or(NotEdited::NotEditable)?;
    if proposal.digest() != shown {
        return Err(NotEdited::Changed);
    }
    let was = editable(&proposal).ok_or(NotEdited::NotEditable)?;
    let correction = sheet.correction(&was, &names).map_err(NotEdited::Flawed)?;
    if correction == was {
        return Err(NotEdited::Same);
    }
    let newest = mirror::cycle_as_of(&desk.store, &desk.scope, None).await?;
    let newest = newest.ok_or(NotEdited::NotEditable)?;
    let mut mirror = Mirror::new(desk, newest.number);
    let request = mirror.wanted(&correction, id).await?;
    let request = request.map_err(NotEdited::NoRequest)?;
    let draft = Draft {
        sentence: sentence(&correction, &names),
        money: money(&correction),
        request: Some(request),
        ..proposal.newest().draft.clone()
    };
    let now = desk.clock.now();
    let version = Version {
        draft,
        by: Maker::Person(decider.person_id.as_str().into()),
        at: now,
    };
    Ok(proposals::edit(&desk.store, &by(desk, decider), id, version, now).await?)
}

/// What moves, without a sign.
fn money(correction: &Correction) -> Money {
    match correction {
        Correction::PostBill(bill) => bill.lines.iter().map(|it| it.amount).sum::<Money>().abs(),
        Correction::EnterInvoice(one) => one.lines.iter().map(|it| it.amount).sum::<Money>().abs(),
        Correction::PostJournal(entry) => {
            let debits = entry.lines.iter().filter(|it| it.posting == Posting::Debit);
            debits.map(|it| it.amount).sum()
        }
        _ => Money::ZERO,
    }
}

/// What will happen, in the words of what a person wrote.
fn sentence(correction: &Correction, names: &Names) -> String {
    let total = money(correction);
    match correction {
        Correction::PostBill(bill) => format!(
            "Bill {} of {}, dated {}, over {total} is entered in QuickBooks, as a person wrote it.",
            bill.number,
            names.name("Vendor", &bill.vendor),
            bill.date
        ),
        Correction::EnterInvoice(one) => format!(
            "Invoice {} to {}, dated {}, over {total} is entered in QuickBooks, as a person wrote it.",
            one.number,
            names.name("Customer", &one.customer),
            one.date
        ),
        Correction::PostJournal(entry) => format!(
            "Entry {}, dated {}, over {total} is posted in QuickBooks, as a person wrote it.",
            entry.number, entry.date
        ),
        _ => String::new(),
    }
}
