//! Asking for something that was done to be taken back: a proposal like any other.
//!
//! It is refused while a record is not as it was left, because somebody's work would be overwritten,
//! and says which one and how it is now; and where the period was closed since. Where what was entered
//! stands as it was, another document of an open day can take its effect back instead.

use std::collections::BTreeMap;

use connectors::quickbooks::write::request::{
    Effect, NoRequest, as_it_was, compensation, number_of, numbered_otherwise,
};
use figures::Date;
use figures::source::SourceRef;
use gate::action::{Kind, Undo};
use gate::draft::{Draft, PreImage, Request, Verb};
use gate::inverse::{Done, inverse};
use gate::proposal::{Maker, Proposal, State, Version};
use store::proposals::{self, Stored};

use super::Decider;
use crate::desk::Desk;
use crate::execute::{Ledger, is_as, is_closed, reconciled};

/// How something is to be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Every record as it was before.
    Exactly,
    /// By another document of an open day, where that cannot be.
    Instead,
}

/// Why something is not taken back. The texts are shown to people as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTakenBack {
    /// It was not done, or taken back already.
    NotDone,
    /// Somebody is at it already.
    Proposed,
    /// These records are not as they were left.
    Changed(Vec<Difference>),
    /// The books are closed up to this day.
    Closed(Date),
    /// This record is ticked off against the bank's statement.
    Reconciled(SourceRef),
    /// What there was before is not known.
    Unknown,
    /// It can be taken back exactly.
    Exactly,
    /// No document takes it back.
    ByHand,
}

impl NotTakenBack {
    /// Whether another document can take the effect back: nobody changed what was entered, though it
    /// may have been paid or linked, or its period closed.
    #[must_use]
    pub fn allows_another(&self) -> bool {
        match self {
            Self::Changed(all) => all.iter().all(|one| one.is_standing),
            Self::Closed(_) | Self::Reconciled(_) => true,
            _ => false,
        }
    }
}

/// A record in three states, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The record.
    pub record: SourceRef,
    /// Whether what people entered is the same, and only its balance or its links differ.
    pub is_standing: bool,
    /// Before it was done; nothing when it was not there.
    pub before: Option<String>,
    /// After it was done; nothing when it was gone, or was only named.
    pub after: Option<String>,
    /// Now; nothing when it is gone.
    pub now: Option<String>,
}

impl std::fmt::Display for NotTakenBack {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotDone => out.write_str("This was not done, or was taken back already."),
            Self::Proposed => out.write_str("To take this back is proposed already."),
            Self::Changed(differences) => {
                let what = if self.allows_another() {
                    "Somebody paid or linked a record since: "
                } else {
                    "Somebody changed a record since: "
                };
                out.write_str(what)?;
                for (at, one) in differences.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(out, "{comma}{}", one.record)?;
                }
                out.write_str(". Nothing is taken back over that.")
            }
            Self::Closed(until) => write!(
                out,
                "The books were closed up to {until} since, so what was entered stays there."
            ),
            Self::Reconciled(record) => write!(
                out,
                "{record} is reconciled with the bank's statement since, so it stays as it is."
            ),
            Self::Unknown => out.write_str("What there was before is not known any more."),
            Self::Exactly => out.write_str("This can be taken back exactly, so do that."),
            Self::ByHand => out.write_str(
                "No document takes this back. Look at the record in QuickBooks and correct it there.",
            ),
        }
    }
}

impl std::error::Error for NotTakenBack {}

/// Proposes to take back what a proposal did. Returns the new proposal's id.
///
/// # Errors
/// When QuickBooks or the store cannot be read. Inside it, why not.
pub async fn take_back(
    desk: &Desk,
    ledger: &Ledger,
    decider: &Decider,
    (id, how): (&str, How),
) -> anyhow::Result<Result<String, NotTakenBack>> {
    let Some(stored) = proposals::proposal(&desk.store, &desk.scope, id).await? else {
        return Ok(Err(NotTakenBack::NotDone));
    };
    if !matches!(stored.proposal.state, State::Executed { .. }) {
        return Ok(Err(NotTakenBack::NotDone));
    }
    let new = super::new_id(desk)?;
    let draft = match (how, exactly(ledger, &stored, &new).await?) {
        (How::Exactly, Ok(draft)) => draft,
        (How::Exactly, Err(why)) => return Ok(Err(why)),
        (How::Instead, Ok(_)) => return Ok(Err(NotTakenBack::Exactly)),
        (How::Instead, Err(why)) if why.allows_another() => {
            match instead(desk, ledger, &stored, &new).await? {
                Some(draft) => draft,
                None => return Ok(Err(NotTakenBack::ByHand)),
            }
        }
        (How::Instead, Err(why)) => return Ok(Err(why)),
    };
    let now = desk.clock.now();
    let first = Version {
        draft,
        by: Maker::Person(decider.person_id.as_str().into()),
        at: now,
    };
    let tenant = desk.scope.tenant_id().into();
    let proposal = Proposal::try_new(tenant, new.as_str().into(), first)?;
    let scope = super::by(desk, decider);
    let kept = proposals::propose(&desk.store, &scope, proposal, now).await?;
    Ok(if kept {
        Ok(new)
    } else {
        Err(NotTakenBack::Proposed)
    })
}

/// The draft that takes it back by the request that undoes it, or why there is none.
async fn exactly(
    ledger: &Ledger,
    stored: &Stored,
    mark: &str,
) -> anyhow::Result<Result<Draft, NotTakenBack>> {
    let changed = differences(ledger, stored).await?;
    if !changed.is_empty() {
        return Ok(Err(NotTakenBack::Changed(changed)));
    }
    let Some(mut draft) = way_back(stored, mark) else {
        return Ok(Err(NotTakenBack::Unknown));
    };
    if let Some(request) = &mut draft.request {
        if let Some(why) = stays(ledger, request).await? {
            return Ok(Err(why));
        }
        with_a_free_number(ledger, request).await?;
    }
    Ok(Ok(draft))
}

/// Why a record must stay as it is: its period is closed, or the bank's statement ties with it.
async fn stays(ledger: &Ledger, request: &Request) -> anyhow::Result<Option<NotTakenBack>> {
    let now = match request.target() {
        Some(target) => ledger.now(&target).await?,
        None => None,
    };
    let until = ledger.closed_until().await?;
    if let Some(until) = until.filter(|until| is_closed(request, now.as_deref(), *until)) {
        return Ok(Some(NotTakenBack::Closed(until)));
    }
    let ticked = reconciled(ledger, request, now.as_deref()).await?;
    Ok(ticked.map(NotTakenBack::Reconciled))
}

/// The draft that takes it back by another document of the first open day from today on; nothing where
/// there is none.
async fn instead(
    desk: &Desk,
    ledger: &Ledger,
    stored: &Stored,
    mark: &str,
) -> anyhow::Result<Option<Draft>> {
    let was = &stored.proposal.newest().draft;
    let (Some(request), Some(sent)) = (&was.request, &stored.sent) else {
        return Ok(None);
    };
    let outcome = sent.outcome.as_ref().map(|(outcome, _)| outcome);
    let Some((record, outcome)) = outcome.and_then(|it| Some((it.record.as_ref()?, it))) else {
        return Ok(None);
    };
    let record = SourceRef::quickbooks(&request.entity, record);
    let effect = Effect {
        request,
        record: &record,
        before: sent.intent.before.as_deref(),
        after: outcome.kept.as_deref(),
    };
    let today = desk.day(None)?;
    let day = match ledger.closed_until().await? {
        Some(until) => today.max(until.tomorrow()?),
        None => today,
    };
    let Some(mut request) = compensated(ledger, &effect, day, mark).await? else {
        return Ok(None);
    };
    with_a_free_number(ledger, &mut request).await?;
    // What was approved then must still stand; that it was paid since does not matter.
    let stands = outcome.after.iter().filter(|was| was.record == record);
    request.before.extend(stands.cloned().map(|was| PreImage {
        standing: None,
        ..was
    }));
    Ok(Some(Draft {
        sentence: format!("Taken back by another document of {day}: {}", was.sentence),
        request: Some(request),
        finding: None,
        undoes: Some(stored.proposal.id.clone()),
        document: None,
        ..was.clone()
    }))
}

/// Asks for the request again and again, and reads whatever record it asks for.
async fn compensated(
    ledger: &Ledger,
    effect: &Effect<'_>,
    day: Date,
    mark: &str,
) -> anyhow::Result<Option<Request>> {
    let mut read: BTreeMap<SourceRef, Option<String>> = BTreeMap::new();
    loop {
        let lookup = |record: &SourceRef| read.get(record).cloned().flatten();
        match compensation(effect, day, mark, &lookup) {
            Ok(request) => return Ok(Some(request)),
            Err(NoRequest::NotRead(record)) if !read.contains_key(&record) => {
                let now = ledger.now(&record).await?;
                read.insert(record, now);
            }
            Err(_) => return Ok(None),
        }
    }
}

/// The draft that takes it back; nothing when what was before is not known.
fn way_back(stored: &Stored, mark: &str) -> Option<Draft> {
    let was = &stored.proposal.newest().draft;
    let (request, sent) = (was.request.as_ref()?, stored.sent.as_ref()?);
    let (outcome, _) = sent.outcome.as_ref()?;
    let raw = sent.intent.before.as_deref();
    let before = raw.map(|raw| as_it_was(request.verb, raw, mark));
    let done = Done {
        request: request.clone(),
        id: outcome.record.clone()?,
        before: before.transpose().ok()?,
        after: outcome.after.clone(),
    };
    let (undo, back) = inverse(&done)?;
    let how = match undo {
        Undo::Exact => "Taken back",
        _ => "Entered again, as another document",
    };
    Some(Draft {
        sentence: format!("{how}: {}", was.sentence),
        request: Some(back),
        finding: None,
        undoes: Some(stored.proposal.id.clone()),
        // What goes with a bill does not go with its removal.
        document: match was.kind {
            Kind::AttachDocument => was.document.clone(),
            _ => None,
        },
        ..was.clone()
    })
}

/// What is entered again keeps its number where nothing else has it.
async fn with_a_free_number(ledger: &Ledger, request: &mut Request) -> anyhow::Result<()> {
    if request.verb != Verb::Create {
        return Ok(());
    }
    let mut body = request.body.clone();
    for letter in 'R'..='Z' {
        let Some(number) = number_of(&body) else {
            return Ok(());
        };
        if !ledger.has_number(&request.entity, &number).await? {
            request.body = body;
            return Ok(());
        }
        if let Some(other) = numbered_otherwise(&request.body, letter) {
            body = other;
        }
    }
    // The vendor says so when it wants every number once.
    Ok(())
}

/// The records that are not as they were left.
async fn differences(ledger: &Ledger, stored: &Stored) -> anyhow::Result<Vec<Difference>> {
    let mut found = Vec::new();
    let Some(sent) = &stored.sent else {
        return Ok(found);
    };
    let Some((outcome, _)) = &sent.outcome else {
        return Ok(found);
    };
    for was in &outcome.after {
        let now = ledger.now(&was.record).await?;
        if now.as_deref().is_some_and(|now| is_as(was, now)) {
            continue;
        }
        let is_target = outcome.record.as_ref() == Some(&was.record.id);
        let is_standing = now.as_deref().is_some_and(|now| {
            let content = PreImage {
                standing: None,
                ..was.clone()
            };
            is_as(&content, now)
        });
        found.push(Difference {
            record: was.record.clone(),
            is_standing,
            before: sent.intent.before.clone().filter(|_| is_target),
            after: outcome.kept.clone().filter(|_| is_target),
            now,
        });
    }
    Ok(found)
}
