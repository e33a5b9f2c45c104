//! Documents of what is approved: a bill's own, and those that a person attaches to a record.
//!
//! A document belongs to a draft from the moment somebody adds it, so an approval covers its bytes.
//! It is attached by a request of its own, which is proposed once the bill is there: a document that
//! QuickBooks refuses leaves the bill where it is.

use anyhow::Context;
use connectors::quickbooks::write::ATTACHMENT;
use connectors::quickbooks::write::request::{NoRequest, number_of, request};
use figures::source::SourceRef;
use figures::{Money, SmolStr};
use gate::action::Kind;
use gate::correction::Correction;
use gate::draft::{Document, Draft};
use gate::proposal::{Event, Maker, Proposal, State, Version};
use gate::roles::Department;
use store::StoreError;
use store::documents::{self, NewDocument};
use store::proposals::{self, Happening, Stored};
use uuid::Uuid;

use super::{Decider, Office, by};
use crate::desk::Desk;
use crate::execute::Ledger;
use crate::web::records::kind_words;
use crate::work;

/// The agent that attaches the documents of what was carried out.
pub const DOCUMENTS: &str = "documents";

/// A file as a person sends it.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// It is part of the draft, which is another version now.
    Enclosed,
    /// To attach it is a proposal of its own, with this id.
    Proposed(String),
}

/// Why a file was not added. The texts are shown to people as they are.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// What it is about takes none now.
    #[error(
        "A document is added to a bill or an invoice before it is approved, or to what was done."
    )]
    NothingToAttachTo,
    /// The record is not there any more.
    #[error("{0} is not in QuickBooks any more, so nothing can be attached to it.")]
    Gone(SourceRef),
    /// The store says no, or fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// QuickBooks cannot be read, or the machine gives no randomness.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// Adds a file to a proposal: to its draft while it waits, to the record that it made once it is done.
///
/// # Errors
/// [`NotAdded`]; nothing is changed then, but the file may be kept.
pub async fn add(desk: &Desk, decider: &Decider, id: &str, file: File) -> Result<Added, NotAdded> {
    let stored = proposals::proposal(&desk.store, &desk.scope, id).await?;
    let stored = stored.ok_or(NotAdded::NothingToAttachTo)?;
    match &stored.proposal.state {
        State::Proposed(_) | State::Approved { .. } if takes_document(&stored.proposal) => {
            let document = keep(desk, decider, file).await?;
            enclose(desk, decider, &stored, document).await?;
            Ok(Added::Enclosed)
        }
        State::Executed { .. } => {
            let to = made(&stored).ok_or(NotAdded::NothingToAttachTo)?;
            let document = keep(desk, decider, file).await?;
            let maker = Maker::Person(decider.person_id.as_str().into());
            let new = super::new_id(desk)?;
            let department = stored.proposal.newest().draft.department;
            propose(desk, (&new, maker), department, (&to, document)).await?;
            Ok(Added::Proposed(new))
        }
        _ => Err(NotAdded::NothingToAttachTo),
    }
}

/// Whether a document can be part of this draft.
#[must_use]
pub fn takes_document(proposal: &Proposal) -> bool {
    let draft = &proposal.newest().draft;
    let is_entered = matches!(draft.kind, Kind::PostBill | Kind::EnterInvoice);
    is_entered && draft.undoes.is_none()
}

/// The record that a proposal made or changed, to which something can be attached.
#[must_use]
pub fn made(stored: &Stored) -> Option<SourceRef> {
    let request = stored.proposal.newest().draft.request.as_ref()?;
    let (outcome, _) = stored.sent.as_ref()?.outcome.as_ref()?;
    let id = outcome.record.as_ref()?;
    let is_there = outcome.kept.is_some() && request.entity != ATTACHMENT;
    is_there.then(|| SourceRef::quickbooks(&request.entity, id))
}

async fn keep(desk: &Desk, decider: &Decider, file: File) -> Result<Document, NotAdded> {
    let mut random = [0; 16];
    desk.clock
        .unguessable(&mut random)
        .map_err(anyhow::Error::from)?;
    let new = NewDocument {
        id: format!("doc_{}", Uuid::from_bytes(random).simple()),
        name: file.name,
        content: file.content,
    };
    let scope = by(desk, decider);
    Ok(documents::keep(&desk.store, &scope, new, desk.clock.now()).await?)
}

/// The next version of a draft, with the document; whoever added it had a hand in it.
async fn enclose(
    desk: &Desk,
    decider: &Decider,
    stored: &Stored,
    document: Document,
) -> Result<(), StoreError> {
    let (scope, now) = (by(desk, decider), desk.clock.now());
    let version = Version {
        draft: Draft {
            document: Some(document),
            ..stored.proposal.newest().draft.clone()
        },
        by: Maker::Person(decider.person_id.as_str().into()),
        at: now,
    };
    proposals::edit(&desk.store, &scope, &stored.proposal.id, version, now).await
}

/// Proposes to attach a document to a record as it is now. Where it is proposed already, that stays.
async fn propose(
    desk: &Desk,
    (id, maker): (&str, Maker),
    department: Department,
    (to, document): (&SourceRef, Document),
) -> Result<(), NotAdded> {
    let ledger = Ledger::open(desk).await?;
    let now = ledger.now(to).await?;
    let now = now.ok_or_else(|| NotAdded::Gone(to.clone()))?;
    let correction = Correction::Attach {
        to: to.clone(),
        document: document.clone(),
    };
    let request = request(&correction, id, &|_| Some(now.clone()))
        .map_err(|error: NoRequest| anyhow::Error::from(error))?;
    let draft = Draft {
        kind: Kind::AttachDocument,
        department,
        company: ledger.company().into(),
        sentence: format!(
            "Document {} is attached to {}.",
            document.name,
            name(to, &now)
        ),
        money: Money::ZERO,
        party: None,
        request: Some(request),
        instructions: Vec::new(),
        figures: Vec::new(),
        evidence: vec![to.clone()],
        finding: None,
        undoes: None,
        document: Some(document),
    };
    let scope = match &maker {
        Maker::Person(person) => desk.scope.clone().by(person),
        Maker::Agent(_) => desk.scope.clone(),
    };
    let at = desk.clock.now();
    let first = Version {
        draft,
        by: maker,
        at,
    };
    let tenant = desk.scope.tenant_id().into();
    let proposal = Proposal::try_new(tenant, id.into(), first).map_err(anyhow::Error::from)?;
    proposals::propose(&desk.store, &scope, proposal, at).await?;
    Ok(())
}

/// What a record is called: `bill NML-44057`.
fn name(record: &SourceRef, text: &str) -> String {
    let kind = kind_words(record);
    let number = number_of(text).unwrap_or_else(|| record.id.to_string());
    format!("{kind} {number}")
}

/// Proposes to attach the document of what was carried out to what it made, and lets it be done
/// where a lead lets the agent. Doing it again changes nothing.
///
/// # Errors
/// When QuickBooks or the store cannot be read.
pub async fn follow(desk: &Desk, id: &str) -> anyhow::Result<()> {
    let stored = proposals::proposal(&desk.store, &desk.scope, id).await?;
    let stored = stored.with_context(|| format!("failed to find the proposal {id}"))?;
    let draft = &stored.proposal.newest().draft;
    let (Some(document), Some(to)) = (&draft.document, made(&stored)) else {
        return Ok(());
    };
    // The same whenever this is asked, so that nothing is attached twice.
    let name = format!("{}/{id}", desk.scope.tenant_id());
    let new = format!(
        "prp_{}",
        Uuid::new_v5(&ATTACHMENTS, name.as_bytes()).simple()
    );
    let maker = maker(desk, &stored);
    match propose(
        desk,
        (&new, maker),
        draft.department,
        (&to, document.clone()),
    )
    .await
    {
        // Somebody took the record out meanwhile; the document is kept with its bill.
        Ok(()) | Err(NotAdded::Gone(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let_alone(desk, &new).await
}

/// The agent where it is switched on; else whoever added the document.
fn maker(desk: &Desk, stored: &Stored) -> Maker {
    if desk.settings.switches.grant(Some(DOCUMENTS)).is_ok() {
        return Maker::Agent(DOCUMENTS.into());
    }
    stored.proposal.newest().by.clone()
}

/// The name space of proposals that attach the document of another one.
const ATTACHMENTS: Uuid = Uuid::from_u128(0x6b1f_52c0_8c1d_4b0e_9d64_7f0e_51aa_3c02);

/// Approves what an agent may do by itself, in the name of a lead who lets it.
async fn let_alone(desk: &Desk, id: &str) -> anyhow::Result<()> {
    let switches = desk.settings.switches.clone();
    let leads: Vec<SmolStr> = switches
        .let_by
        .get(DOCUMENTS)
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    if leads.is_empty() {
        return Ok(());
    }
    let office = Office::load(desk).await?;
    let now = office.now;
    let decide = move |stored: &Stored| {
        let mut refused = gate::approval::Refusal::NotAlone;
        let department = stored.proposal.newest().draft.department;
        for lead in &leads {
            let none = gate::roles::Grants::default();
            let lead = office.approver(lead, department, None, &none);
            match gate::approval::standing(&stored.proposal, &switches, &lead, now) {
                Ok(given) => {
                    return Ok(Happening::of(Event::Approve(vec![given]))
                        .because("A lead lets documents be attached without being asked.")
                        .then(work::execution(&stored.proposal.id)));
                }
                Err(refusal) => refused = refusal,
            }
        }
        Err(refused)
    };
    match proposals::happen(&desk.store, &desk.scope, id, decide, now.at).await {
        // It waits for a person then.
        Ok(_) | Err(StoreError::Refused(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
