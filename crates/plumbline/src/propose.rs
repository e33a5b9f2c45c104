//! Proposals of what the reconciliation found: remedies with the exact requests, kept up with the
//! books.
//!
//! An agent proposes only while its switch lets it. A finding has one proposal at a time. When the
//! facts under it change, it gets a new version and its approvals are void; what a person said no to,
//! or what was done and did not help, is not proposed again as long as it would be the same.

use std::collections::{BTreeMap, BTreeSet};

use backoffice::reconcile::policy::Policy;
use backoffice::reconcile::result::Reconciliation;
use backoffice::remedy::{Remedy, remedies};
use connectors::quickbooks::write::request::{NoRequest, request};
use figures::SmolStr;
use figures::source::SourceRef;
use gate::correction::Correction;
use gate::draft::{Draft, Request};
use gate::proposal::{Maker, Proposal, Version};
use gate::switches::Level;
use store::proposals::{self, Newest};
use store::{StoreError, mirror};

use crate::approvals;
use crate::books::Loaded;
use crate::desk::Desk;

/// The agent that proposes what reconciliation found.
pub const RECONCILIATION: &str = "reconciliation";

/// What became of the proposals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Proposed {
    /// New ones.
    pub made: u64,
    /// New versions, because the facts are others.
    pub changed: u64,
    /// As they were.
    pub kept: u64,
    /// Remedies for which no request could be made.
    pub without_request: u64,
}

/// Proposes what is to be done about the findings of a run.
///
/// # Errors
/// When the store fails.
pub async fn propose(
    desk: &Desk,
    cycle: i64,
    loaded: &Loaded,
    outcome: &Reconciliation,
) -> anyhow::Result<Proposed> {
    let mut proposed = Proposed::default();
    let Some(ledger) = &loaded.books.ledger else {
        return Ok(proposed);
    };
    if desk.settings.switches.level(RECONCILIATION) == Level::Off {
        return Ok(proposed);
    }
    let known = proposals::newest_of_findings(&desk.store, &desk.scope).await?;
    let mut mirror = Mirror::new(desk, cycle);
    for remedy in remedies(&loaded.books, outcome, &Policy::default()) {
        let before = known.get(remedy.finding.as_str());
        let id = match before {
            Some(newest) => newest.proposal_id.clone(),
            None => approvals::new_id(desk)?,
        };
        let Some(mut draft) = mirror.draft(&ledger.realm_id, &remedy, &id).await? else {
            proposed.without_request += 1;
            continue;
        };
        match before {
            None => {
                keep(desk, id, draft).await?;
                proposed.made += 1;
            }
            Some(newest) => match what_now(desk, newest, &mut draft).await? {
                Now::Keep => proposed.kept += 1,
                Now::Change => {
                    let version = version(desk, draft);
                    let now = version.at;
                    match proposals::edit(&desk.store, &desk.scope, &id, version, now).await {
                        Ok(()) => proposed.changed += 1,
                        // Somebody decided in this moment; what they decided about is looked at
                        // again before it is done.
                        Err(StoreError::Refused(_)) => proposed.kept += 1,
                        Err(error) => return Err(error.into()),
                    }
                }
                Now::Again => {
                    let id = approvals::new_id(desk)?;
                    // The request carries the mark of its own proposal.
                    if let Some(mut again) = mirror.draft(&ledger.realm_id, &remedy, &id).await? {
                        again.document = draft.document;
                        keep(desk, id, again).await?;
                        proposed.made += 1;
                    }
                }
            },
        }
    }
    Ok(proposed)
}

/// What is to be done about a finding that has a proposal.
enum Now {
    Keep,
    Change,
    Again,
}

/// The draft keeps the document that somebody added to the one before. What a person wrote into it
/// stands as long as the agent would say the same as before.
async fn what_now(desk: &Desk, newest: &Newest, draft: &mut Draft) -> anyhow::Result<Now> {
    let is_open = matches!(newest.state.as_str(), "proposed" | "approved");
    if matches!(newest.state.as_str(), "executing" | "unknown") {
        return Ok(Now::Keep);
    }
    let stored = proposals::proposal(&desk.store, &desk.scope, &newest.proposal_id).await?;
    let stored = stored.filter(|one| one.proposal.newest().draft.kind == draft.kind);
    let newest_draft = stored.as_ref().map(|one| &one.proposal.newest().draft);
    draft.document = newest_draft.and_then(|one| one.document.clone());
    let said = stored
        .as_ref()
        .and_then(|one| said_by_an_agent(&one.proposal));
    let is_same = said.is_some_and(|said| {
        let with_document = Draft {
            document: draft.document.clone(),
            ..said.clone()
        };
        with_document == *draft
    });
    Ok(match (newest.state.as_str(), is_same) {
        (_, true) if is_open => Now::Keep,
        (_, false) if is_open => Now::Change,
        // Nobody decided in time, or it was gone for a while.
        ("expired" | "cleared", _) => Now::Again,
        (_, true) => Now::Keep,
        (_, false) => Now::Again,
    })
}

/// The newest version that nobody wrote into.
fn said_by_an_agent(proposal: &Proposal) -> Option<&Draft> {
    let agents = proposal
        .versions()
        .filter(|version| matches!(version.by, Maker::Agent(_)));
    agents.last().map(|version| &version.draft)
}

fn version(desk: &Desk, draft: Draft) -> Version {
    Version {
        draft,
        by: Maker::Agent(RECONCILIATION.into()),
        at: desk.clock.now(),
    }
}

async fn keep(desk: &Desk, id: String, draft: Draft) -> anyhow::Result<()> {
    let first = version(desk, draft);
    let now = first.at;
    let tenant = desk.scope.tenant_id().into();
    let proposal = match Proposal::try_new(tenant, id.into(), first) {
        Ok(proposal) => proposal,
        // One remedy that cannot be proposed must not hide the others, nor undo what was published.
        Err(flaw) => {
            tracing::error!(%flaw, "a remedy could not be proposed");
            return Ok(());
        }
    };
    // Where the finding has one by now, that one stays.
    proposals::propose(&desk.store, &desk.scope, proposal, now).await?;
    Ok(())
}

/// Records as they were read in a cycle, and the requests that can be made of them.
pub(crate) struct Mirror<'a> {
    desk: &'a Desk,
    cycle: i64,
    read: BTreeMap<SourceRef, Option<String>>,
}

impl<'a> Mirror<'a> {
    pub(crate) fn new(desk: &'a Desk, cycle: i64) -> Self {
        Self {
            desk,
            cycle,
            read: BTreeMap::new(),
        }
    }

    /// A remedy with its exact request; nothing when it cannot be made.
    async fn draft(
        &mut self,
        company: &SmolStr,
        remedy: &Remedy,
        mark: &str,
    ) -> anyhow::Result<Option<Draft>> {
        let (request, instructions) = match &remedy.correction {
            Correction::Instruct(lines) => (None, lines.clone()),
            correction => match self.request(correction, mark).await? {
                Some(request) => (Some(request), Vec::new()),
                None => return Ok(None),
            },
        };
        Ok(Some(Draft {
            kind: remedy.correction.kind(),
            department: remedy.department,
            company: company.clone(),
            sentence: remedy.sentence.clone(),
            money: remedy.money,
            party: remedy.party.clone(),
            request,
            instructions,
            figures: Vec::new(),
            evidence: remedy.evidence.clone(),
            finding: Some(remedy.finding.clone()),
            undoes: None,
            document: None,
        }))
    }

    /// The request of a remedy; nothing when none can be made of these books.
    async fn request(
        &mut self,
        correction: &Correction,
        mark: &str,
    ) -> Result<Option<Request>, StoreError> {
        let wanted = self.wanted(correction, mark).await?;
        Ok(wanted
            .inspect_err(|error| tracing::debug!(%error, "no request could be made for a remedy"))
            .ok())
    }

    /// Asks for the request again and again, and reads whatever record it asks for. Inside it, why
    /// there is none.
    pub(crate) async fn wanted(
        &mut self,
        correction: &Correction,
        mark: &str,
    ) -> Result<Result<Request, NoRequest>, StoreError> {
        let mut asked: BTreeSet<SourceRef> = BTreeSet::new();
        loop {
            let read = &self.read;
            let lookup = |record: &SourceRef| read.get(record).cloned().flatten();
            let missing = match request(correction, mark, &lookup) {
                Ok(request) => return Ok(Ok(request)),
                Err(NoRequest::NotRead(record)) if asked.insert(record.clone()) => record,
                Err(error) => return Ok(Err(error)),
            };
            let (store, scope) = (&self.desk.store, &self.desk.scope);
            let body = mirror::record_as_of(store, scope, self.cycle, &missing).await?;
            self.read.insert(missing, body);
        }
    }
}
