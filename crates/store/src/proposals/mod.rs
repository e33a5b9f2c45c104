//! Proposals: what is proposed to be done to the ledger, what people decided, and what was sent.
//!
//! What a proposal is, and what can happen to it, is [`gate::proposal`]'s; here its versions and
//! events are kept and folded again whenever it is read, so there is no state that nobody brought
//! about. Whatever happens leaves its entry in the audit, in the same transaction.

mod attempt;
mod list;

pub use attempt::{Intent, Outcome, Sent, begin, conclude};
pub use list::{
    Alone, Filter, Newest, Shown, approved_alone, list, newest_of_findings, of_finding, open_count,
    week,
};

use gate::action::Effect;
use gate::draft::Draft;
use gate::proposal::{Event, Illegal, Maker, Proposal, State, Version};
use jiff::Timestamp;

use crate::audit::{Action, note_in};
use crate::jobs::{NewJob, enqueue_in};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope};

/// Something that happened to a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// The id of the person; nothing for the program.
    pub actor: Option<String>,
    /// What.
    pub event: Event,
    /// Why, where the event does not say.
    pub reason: Option<String>,
}

/// A proposal with all that is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The proposal.
    pub proposal: Proposal,
    /// What happened to it, the first first.
    pub events: Vec<Happened>,
    /// What was sent, or was about to be.
    pub sent: Option<Sent>,
}

/// Something that is to happen to a proposal.
#[derive(Debug, Clone)]
pub struct Happening {
    /// What.
    pub event: Event,
    /// Why, where the event does not say.
    pub reason: Option<String>,
    /// Work that follows from it.
    pub jobs: Vec<NewJob>,
}

impl Happening {
    /// An event that says everything.
    #[must_use]
    pub fn of(event: Event) -> Self {
        Self {
            event,
            reason: None,
            jobs: Vec::new(),
        }
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The same with work that follows.
    #[must_use]
    pub fn then(mut self, job: NewJob) -> Self {
        self.jobs.push(job);
        self
    }
}

/// Keeps a new proposal. Returns whether it was kept: a finding that has one already that is not
/// over gets no second one.
///
/// # Errors
/// When the store cannot write.
pub async fn propose(
    store: &Store,
    scope: &TenantScope,
    proposal: Proposal,
    now: Timestamp,
) -> Result<bool, StoreError> {
    store
        .tx(scope, move |tx| Box::pin(propose_in(tx, proposal, now)))
        .await
}

async fn propose_in(tx: &mut Tx, proposal: Proposal, now: Timestamp) -> Result<bool, StoreError> {
    let draft = &proposal.newest().draft;
    let added = query(
        "INSERT INTO proposal (tenant_id, proposal_id, kind, department, finding_id, undoes, party,
                               money_cents, sentence, state, version_no, made_at, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'proposed', 1, $10, $10)
         ON CONFLICT DO NOTHING",
    )
    .bind(tx.tenant())
    .bind(proposal.id.as_str())
    .bind(draft.kind.name())
    .bind(draft.department.name())
    .bind(draft.finding.as_deref())
    .bind(draft.undoes.as_deref())
    .bind(draft.party.as_deref())
    .bind(draft.money.cents())
    .bind(&draft.sentence)
    .bind(moment(now))
    .execute(tx.connection())
    .await?;
    if added == 0 {
        return Ok(false);
    }
    add_version(tx, &proposal).await?;
    note(tx, &proposal, "made", None, now).await?;
    Ok(true)
}

async fn add_version(tx: &mut Tx, proposal: &Proposal) -> Result<(), StoreError> {
    let newest = proposal.newest();
    query(
        "INSERT INTO proposal_version (tenant_id, proposal_id, version_no, maker, at, draft)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(tx.tenant())
    .bind(proposal.id.as_str())
    .bind(i64::from(proposal.version()))
    .bind(text(&newest.by)?)
    .bind(moment(newest.at))
    .bind(text(&newest.draft)?)
    .execute(tx.connection())
    .await
    .map(drop)
}

/// A proposal with its history; nothing when there is none with this id.
///
/// # Errors
/// When the store cannot be read, or what it keeps could not have happened.
pub async fn proposal(
    store: &Store,
    scope: &TenantScope,
    id: &str,
) -> Result<Option<Stored>, StoreError> {
    let id = id.to_owned();
    store
        .read(scope, move |tx| {
            Box::pin(async move { load_in(tx, &id).await })
        })
        .await
}

type VersionRow = (String, String, String);
type EventRow = (Option<String>, String, String, Option<String>);

async fn load_in(tx: &mut Tx, id: &str) -> Result<Option<Stored>, StoreError> {
    let rows: Vec<VersionRow> = query(
        "SELECT maker, at, draft FROM proposal_version
         WHERE tenant_id = $1 AND proposal_id = $2 ORDER BY version_no",
    )
    .bind(tx.tenant())
    .bind(id)
    .rows(tx.connection())
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let versions: Vec<Version> = rows.into_iter().map(version).collect::<Result<_, _>>()?;
    let rows: Vec<EventRow> = query(
        "SELECT actor, at, event, reason FROM proposal_event
         WHERE tenant_id = $1 AND proposal_id = $2 ORDER BY event_no",
    )
    .bind(tx.tenant())
    .bind(id)
    .rows(tx.connection())
    .await?;
    let events: Vec<Happened> = rows.into_iter().map(happened).collect::<Result<_, _>>()?;
    let history = events.iter().map(|one| (one.at, one.event.clone()));
    let ids = (tx.tenant().into(), id.into());
    let proposal =
        Proposal::of_history(ids, versions, history.collect()).map_err(|Illegal| UNREADABLE)?;
    let sent = attempt::sent_in(tx, id).await?;
    Ok(Some(Stored {
        proposal,
        events,
        sent,
    }))
}

fn version((maker, at, draft): VersionRow) -> Result<Version, StoreError> {
    Ok(Version {
        draft: read::<Draft>(&draft)?,
        by: read::<Maker>(&maker)?,
        at: read_moment(&at)?,
    })
}

fn happened((actor, at, event, reason): EventRow) -> Result<Happened, StoreError> {
    Ok(Happened {
        at: read_moment(&at)?,
        actor,
        event: read::<Event>(&event)?,
        reason,
    })
}

/// Lets something happen to a proposal as it is now. `decide` sees it within the transaction and
/// says what, or why not; several events follow one another.
///
/// # Errors
/// [`Refusal::UnknownProposal`]; [`Refusal::ProposalMovedOn`] when the event cannot happen in the
/// state it is in. Inside it, what `decide` said.
pub async fn happen<E: Send + 'static>(
    store: &Store,
    scope: &TenantScope,
    id: &str,
    decide: impl FnOnce(&Stored) -> Result<Happening, E> + Send + 'static,
    now: Timestamp,
) -> Result<Result<Proposal, E>, StoreError> {
    let id = id.to_owned();
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let mut stored = wanted_in(tx, &id).await?;
                match decide(&stored) {
                    Err(refused) => Ok(Err(refused)),
                    Ok(happening) => {
                        happen_in(tx, &mut stored.proposal, happening, now).await?;
                        Ok(Ok(stored.proposal))
                    }
                }
            })
        })
        .await
}

async fn wanted_in(tx: &mut Tx, id: &str) -> Result<Stored, StoreError> {
    load_in(tx, id)
        .await?
        .ok_or_else(|| Refusal::UnknownProposal.into())
}

async fn happen_in(
    tx: &mut Tx,
    proposal: &mut Proposal,
    happening: Happening,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Happening {
        event,
        reason,
        jobs,
    } = happening;
    proposal
        .take(event.clone(), now)
        .map_err(|Illegal| Refusal::ProposalMovedOn)?;
    query(
        "INSERT INTO proposal_event (tenant_id, proposal_id, event_no, actor, at, event, reason)
         SELECT $1, $2, coalesce(max(event_no), 0) + 1, $3, $4, $5, $6
         FROM proposal_event WHERE tenant_id = $1 AND proposal_id = $2",
    )
    .bind(tx.tenant())
    .bind(proposal.id.as_str())
    .bind(tx.actor().as_deref().map(str::to_owned))
    .bind(moment(now))
    .bind(text(&event)?)
    .bind(&reason)
    .execute(tx.connection())
    .await?;
    stand_in(tx, proposal, now).await?;
    for job in jobs {
        enqueue_in(tx, job).await?;
    }
    let told = match &event {
        Event::Reject { reason, .. } | Event::Fail { reason } => Some(reason.as_str()),
        _ => reason.as_deref(),
    };
    note(tx, proposal, event.name(), told, now).await
}

/// Lets the list find it where it is now.
async fn stand_in(tx: &mut Tx, proposal: &Proposal, now: Timestamp) -> Result<(), StoreError> {
    let draft = &proposal.newest().draft;
    query(
        "UPDATE proposal SET state = $3, version_no = $4, changed_at = $5, money_cents = $6,
                             sentence = $7, party = $8, department = $9
         WHERE tenant_id = $1 AND proposal_id = $2",
    )
    .bind(tx.tenant())
    .bind(proposal.id.as_str())
    .bind(proposal.state.name())
    .bind(i64::from(proposal.version()))
    .bind(moment(now))
    .bind(draft.money.cents())
    .bind(&draft.sentence)
    .bind(draft.party.as_deref())
    .bind(draft.department.name())
    .execute(tx.connection())
    .await
    .map(drop)
}

/// Puts another version in the place of the newest; approvals are void.
///
/// # Errors
/// [`Refusal::UnknownProposal`]; [`Refusal::NotEdited`] with the reason.
pub async fn edit(
    store: &Store,
    scope: &TenantScope,
    id: &str,
    version: Version,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = id.to_owned();
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let mut proposal = wanted_in(tx, &id).await?.proposal;
                let was_approved = !matches!(&proposal.state, State::Proposed(by) if by.is_empty());
                proposal.edit(version).map_err(Refusal::NotEdited)?;
                add_version(tx, &proposal).await?;
                note(tx, &proposal, "edited", None, now).await?;
                if !was_approved {
                    return stand_in(tx, &proposal, now).await;
                }
                let why = "the draft is another version";
                happen_in(
                    tx,
                    &mut proposal,
                    Happening::of(Event::Void).because(why),
                    now,
                )
                .await
            })
        })
        .await
}

/// Leaves an entry of who looked at a proposal, where it is about money or has legal force.
///
/// # Errors
/// [`Refusal::UnknownProposal`]; when the store cannot write.
pub async fn viewed(
    store: &Store,
    scope: &TenantScope,
    id: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = id.to_owned();
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let proposal = wanted_in(tx, &id).await?.proposal;
                if proposal.newest().draft.kind.effect() == Effect::Neither {
                    return Ok(());
                }
                note(tx, &proposal, "viewed", None, now).await
            })
        })
        .await
}

/// Ends what is open about findings that are gone, and what nobody decided about in time.
pub(crate) async fn settle_in(
    tx: &mut Tx,
    cleared: &[String],
    now: Timestamp,
) -> Result<(), StoreError> {
    for id in list::open_in(tx).await? {
        let mut proposal = wanted_in(tx, &id).await?.proposal;
        let finding = proposal.newest().draft.finding.as_deref();
        let is_gone = finding.is_some_and(|id| cleared.iter().any(|gone| gone == id));
        let is_late = match &proposal.state {
            State::Proposed(_) => now >= proposal.lapses_at(),
            State::Approved { until, .. } => now >= *until,
            _ => false,
        };
        let event = match (is_gone, is_late) {
            (true, _) => Event::Clear,
            (false, true) => Event::Expire,
            (false, false) => continue,
        };
        happen_in(tx, &mut proposal, Happening::of(event), now).await?;
    }
    Ok(())
}

/// Voids every approval that was not used yet, because something was switched off.
pub(crate) async fn void_in(tx: &mut Tx, why: &str, now: Timestamp) -> Result<(), StoreError> {
    for id in list::open_in(tx).await? {
        let mut proposal = wanted_in(tx, &id).await?.proposal;
        let waits = matches!(&proposal.state, State::Proposed(by) if by.is_empty());
        if !waits {
            let happening = Happening::of(Event::Void).because(why);
            happen_in(tx, &mut proposal, happening, now).await?;
        }
    }
    Ok(())
}

async fn note(
    tx: &mut Tx,
    proposal: &Proposal,
    what: &'static str,
    why: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sentence = &proposal.newest().draft.sentence;
    let (id, version, digest) = (&proposal.id, proposal.version(), proposal.digest());
    let mut about = format!("{id} version {version} ({digest}): {sentence}");
    if let Some(why) = why {
        about.push_str(" Reason: ");
        about.push_str(why);
    }
    note_in(tx, Action::Proposal(what), &about, now).await
}

const UNREADABLE: StoreError = StoreError::Unreadable { what: "proposal" };

fn text(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| UNREADABLE)
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| UNREADABLE)
}
