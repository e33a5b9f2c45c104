//! Asking for something that was done to be taken back: a proposal like any other.
//!
//! It is refused while a record is not as it was left, because somebody's work would be overwritten,
//! and says which one and how it is now.

use connectors::quickbooks::write::request::{as_it_was, number_of, numbered_otherwise};
use figures::source::SourceRef;
use gate::action::{Kind, Undo};
use gate::draft::{Draft, Request, Verb};
use gate::inverse::{Done, inverse};
use gate::proposal::{Maker, Proposal, State, Version};
use store::proposals::{self, Stored};

use super::Decider;
use crate::desk::Desk;
use crate::execute::{Ledger, is_as};

/// Why something is not taken back. The texts are shown to people as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotTakenBack {
    /// It was not done, or taken back already.
    NotDone,
    /// Somebody is at it already.
    Proposed,
    /// These records are not as they were left.
    Changed(Vec<Difference>),
    /// What there was before is not known.
    Unknown,
}

/// A record in three states, as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The record.
    pub record: SourceRef,
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
                out.write_str("Somebody changed, paid or linked a record since: ")?;
                for (at, one) in differences.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(out, "{comma}{}", one.record)?;
                }
                out.write_str(". Look at it in QuickBooks and correct it there.")
            }
            Self::Unknown => out.write_str("What there was before is not known any more."),
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
    id: &str,
) -> anyhow::Result<Result<String, NotTakenBack>> {
    let Some(stored) = proposals::proposal(&desk.store, &desk.scope, id).await? else {
        return Ok(Err(NotTakenBack::NotDone));
    };
    if !matches!(stored.proposal.state, State::Executed { .. }) {
        return Ok(Err(NotTakenBack::NotDone));
    }
    let changed = differences(ledger, &stored).await?;
    if !changed.is_empty() {
        return Ok(Err(NotTakenBack::Changed(changed)));
    }
    let new = super::new_id(desk)?;
    let Some(mut draft) = way_back(&stored, &new) else {
        return Ok(Err(NotTakenBack::Unknown));
    };
    if let Some(request) = &mut draft.request {
        with_a_free_number(ledger, request).await?;
    }
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
        found.push(Difference {
            record: was.record.clone(),
            before: sent.intent.before.clone().filter(|_| is_target),
            after: outcome.kept.clone().filter(|_| is_target),
            now,
        });
    }
    Ok(found)
}
