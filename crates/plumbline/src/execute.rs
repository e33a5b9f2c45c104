//! The second main flow: look again, write down what is about to be sent, send it once, look at what
//! came of it, write that down.
//!
//! Everything is asked again before anything is sent: the switches, the approvals and their givers,
//! the period, every record that the draft rests on. Whatever differs voids the approval and says
//! what moved. From the intent on, a crash at any line leaves a proposal that is being done; it is
//! settled by looking, and at most the same bytes are sent again under the same key, which the
//! vendor does once. It must not know what a correction means.

mod back;
mod ledger;
mod look;

use anyhow::Context;
use connectors::http::NotDone;
use connectors::quickbooks::write::{Along, Answer, is_upload, version};
use figures::SmolStr;
use figures::source::System;
use gate::action::Effect;
use gate::approval::Missing;
use gate::draft::Request;
use gate::order::Order;
use gate::proposal::{Event, Proposal, State};
use gate::switches::WriteGrant;
use jiff::SignedDuration;
use store::documents;
use store::proposals::{self, Happening, Intent, Outcome, Stored};
use uuid::Uuid;

use crate::approvals;
use crate::desk::Desk;
use crate::work;
pub use ledger::Ledger;
pub use look::{is_as, is_closed, reconciled};

/// Where the flow can be cut. Tests do, in the place of a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// Everything was looked at, nothing is written down.
    BeforeIntent,
    /// The intent is written down, nothing was sent.
    AfterIntent,
    /// It was sent, and the answer is known to nobody else.
    AfterSending,
    /// What came of it was looked at and is not written down.
    BeforeOutcome,
    /// It is written down.
    AfterOutcome,
}

impl Point {
    /// All of them, in the order of the flow.
    pub const ALL: [Self; 5] = [
        Self::BeforeIntent,
        Self::AfterIntent,
        Self::AfterSending,
        Self::BeforeOutcome,
        Self::AfterOutcome,
    ];
}

/// What the flow came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It was done, and that is written down.
    Done,
    /// QuickBooks refused, and nothing was changed.
    Refused(String),
    /// It is not approved any more, and why.
    Void(String),
    /// There was nothing to do: it is not approved, or it is over.
    Nothing,
}

/// Carries proposals out on one company.
pub struct Executor<'a> {
    desk: &'a Desk,
    ledger: &'a Ledger,
    at: &'a (dyn Fn(Point) -> anyhow::Result<()> + Send + Sync),
}

/// A request whose outcome is not known is not sent again after so long, because the vendor may have
/// forgotten its key by then.
const KEY_LASTS: SignedDuration = SignedDuration::from_hours(24);
/// What the vendor does not show after so long never reached it.
const SURELY_LOST: SignedDuration = SignedDuration::from_mins(15);

/// The database's clock may be ahead of ours by so much when it begins a job.
const EARLY: SignedDuration = SignedDuration::from_mins(10);

impl<'a> Executor<'a> {
    /// Works for a tenant on its company.
    #[must_use]
    pub fn new(desk: &'a Desk, ledger: &'a Ledger) -> Self {
        Self {
            desk,
            ledger,
            at: &|_| Ok(()),
        }
    }

    /// The same, ending where `at` fails.
    #[must_use]
    pub fn cut(mut self, at: &'a (dyn Fn(Point) -> anyhow::Result<()> + Send + Sync)) -> Self {
        self.at = at;
        self
    }

    /// Carries out a proposal that was approved, or finishes one that was begun.
    ///
    /// # Errors
    /// When the store fails, when QuickBooks cannot be reached, and as long as it is not known
    /// whether a request took effect. Asking again later is safe.
    pub async fn run(&self, id: &str) -> anyhow::Result<Ended> {
        let stored = self.load(id).await?;
        match stored.proposal.state {
            State::Approved { .. } => self.start(stored).await,
            State::Executing { .. } | State::OutcomeUnknown { .. } => self.resume(stored).await,
            _ => Ok(Ended::Nothing),
        }
    }

    async fn load(&self, id: &str) -> anyhow::Result<Stored> {
        let found = proposals::proposal(&self.desk.store, &self.desk.scope, id).await?;
        found.with_context(|| format!("failed to find the proposal {id}"))
    }

    /// Asks everything again, and begins.
    async fn start(&self, stored: Stored) -> anyhow::Result<Ended> {
        let proposal = &stored.proposal;
        let id = proposal.id.clone();
        let grant = match self.desk.settings.switches.grant(proposal.agent()) {
            Ok(grant) => grant,
            Err(off) => return self.void(&id, off.to_string()).await,
        };
        let approved = match approvals::settled(self.desk, proposal).await? {
            Ok(approved) => approved,
            // A job of an earlier approval; the one that counts from then on has its own.
            Err(Missing::Waits(from)) if from.duration_since(self.desk.clock.now()) > EARLY => {
                return Ok(Ended::Nothing);
            }
            Err(missing @ Missing::Waits(_)) => return Err(missing.into()),
            Err(missing) => return self.void(&id, missing.to_string()).await,
        };
        let seen = match look::again(self.desk, self.ledger, proposal).await? {
            Ok(seen) => seen,
            Err(moved) => return self.void(&id, moved).await,
        };
        (self.at)(Point::BeforeIntent)?;
        let intent = intent(proposal, seen);
        let now = self.desk.clock.now();
        let (store, scope) = (&self.desk.store, &self.desk.scope);
        proposals::begin(store, scope, approved, intent.clone(), now).await?;
        (self.at)(Point::AfterIntent)?;
        let begun = self.load(&id).await?;
        self.send(&begun.proposal, &intent, grant, Doubt::None)
            .await
    }

    async fn void(&self, id: &str, why: String) -> anyhow::Result<Ended> {
        let happening = Happening::of(Event::Void).because(why.clone());
        self.happen(id, happening).await?;
        Ok(Ended::Void(why))
    }

    async fn happen(&self, id: &str, happening: Happening) -> anyhow::Result<()> {
        let (store, scope, now) = (&self.desk.store, &self.desk.scope, self.desk.clock.now());
        let done = proposals::happen(store, scope, id, |_| Ok::<_, ()>(happening), now).await?;
        // The closure never refuses.
        drop(done);
        Ok(())
    }

    /// Sends what the intent was written down for.
    async fn send(
        &self,
        proposal: &Proposal,
        intent: &Intent,
        grant: WriteGrant,
        doubt: Doubt,
    ) -> anyhow::Result<Ended> {
        let order = Order::of(proposal, grant)
            .with_context(|| format!("failed to begin {}", proposal.id))?;
        let content = self.content(&order).await?;
        let along = Along {
            request_id: &intent.request_id,
            version: intent.token.as_deref(),
            content: content.as_deref(),
            has_number_of_a_void: look::has_number_of_a_void(self.ledger, order.to_send()).await?,
        };
        let answer = self.ledger.writer.send(&order, along).await;
        (self.at)(Point::AfterSending)?;
        match answer {
            Ok(answer) => self.conclude(proposal, answer).await,
            Err(NotDone::Refused(cause)) => {
                let told = cause.sentence(System::QuickBooks);
                match doubt {
                    Doubt::None => self.refused(proposal, told).await,
                    // The vendor has forgotten the key, and the record is another one: the first
                    // request may have been done all the same.
                    Doubt::Changed => self.lose_sight(proposal, &told).await,
                }
            }
            // The intent stays; whoever comes next looks whether it took effect after all.
            Err(NotDone::NotSent(cause)) => Err(anyhow::anyhow!(
                "failed to send {} to QuickBooks: {}",
                proposal.id,
                cause.sentence(System::QuickBooks)
            )),
            Err(NotDone::Unknown(cause)) => {
                let told = cause.sentence(System::QuickBooks);
                self.lose_sight(proposal, &told).await
            }
        }
    }

    /// The bytes of the document that an order names.
    async fn content(&self, order: &Order<'_>) -> anyhow::Result<Option<Vec<u8>>> {
        let document = order.document().filter(|_| is_upload(order.to_send()));
        let Some(document) = document else {
            return Ok(None);
        };
        let (store, scope) = (&self.desk.store, &self.desk.scope);
        let found = documents::document(store, scope, &document.id).await?;
        let (_, content) = found.with_context(|| {
            format!("failed to find {}, which is to be attached", document.name)
        })?;
        Ok(Some(content))
    }

    async fn lose_sight(&self, proposal: &Proposal, told: &str) -> anyhow::Result<Ended> {
        if matches!(proposal.state, State::Executing { .. }) {
            let happening = Happening::of(Event::LoseSight).because(told);
            self.happen(&proposal.id, happening).await?;
        }
        anyhow::bail!("failed to learn whether {} was done: {told}", proposal.id)
    }

    async fn refused(&self, proposal: &Proposal, reason: String) -> anyhow::Result<Ended> {
        let outcome = Outcome {
            record: None,
            kept: None,
            after: Vec::new(),
            told: reason.clone(),
        };
        let happening = Happening::of(Event::Fail {
            reason: reason.clone(),
        });
        self.write_down(proposal, outcome, happening).await?;
        Ok(Ended::Refused(reason))
    }

    /// Looks at what came of it, and writes that down.
    async fn conclude(&self, proposal: &Proposal, answer: Answer) -> anyhow::Result<Ended> {
        let outcome = look::outcome(self.ledger, request_of(proposal)?, answer).await?;
        (self.at)(Point::BeforeOutcome)?;
        let draft = &proposal.newest().draft;
        let mut happening = Happening::of(Event::Done).because(outcome.told.clone());
        if draft.kind.effect() != Effect::Neither {
            // What was done must show in the books that are read next.
            happening = happening.then(work::reading(work::Cause::Execution));
            if draft.document.is_some() {
                happening = happening.then(work::attachment(&proposal.id));
            }
        }
        self.write_down(proposal, outcome, happening).await?;
        (self.at)(Point::AfterOutcome)?;
        Ok(Ended::Done)
    }

    async fn write_down(
        &self,
        proposal: &Proposal,
        outcome: Outcome,
        happening: Happening,
    ) -> anyhow::Result<()> {
        let (store, scope, now) = (&self.desk.store, &self.desk.scope, self.desk.clock.now());
        Ok(proposals::conclude(store, scope, &proposal.id, outcome, happening, now).await?)
    }

    /// Finds out what became of a request that was under way, by looking; sends it again only
    /// under the same key.
    async fn resume(&self, stored: Stored) -> anyhow::Result<Ended> {
        let proposal = &stored.proposal;
        let sent = stored.sent.context("failed to find what was sent")?;
        let request = request_of(proposal)?;
        let doubt = match back::read(self.ledger, proposal, request, &sent.intent).await? {
            back::Found::Done(answer) => return self.conclude(proposal, answer).await,
            back::Found::NotDone => Doubt::None,
            back::Found::Otherwise => Doubt::Changed,
        };
        let age = self.desk.clock.now().duration_since(sent.at);
        match (self.desk.settings.switches.grant(proposal.agent()), doubt) {
            (Ok(grant), _) if age < KEY_LASTS => {
                self.send(proposal, &sent.intent, grant, doubt).await
            }
            (Ok(_), Doubt::None) => {
                let reason = "It never reached QuickBooks within a day.".to_owned();
                self.refused(proposal, reason).await
            }
            (Err(off), Doubt::None) if age >= SURELY_LOST => {
                let reason = format!("It never reached QuickBooks. {off}");
                self.refused(proposal, reason).await
            }
            (Err(off), Doubt::None) => self.lose_sight(proposal, &off.to_string()).await,
            (_, Doubt::Changed) => {
                let told = "the record was changed meanwhile, so a person has to look";
                self.lose_sight(proposal, told).await
            }
        }
    }
}

/// Whether a request that is sent again may have been done before, for all that can be seen.
#[derive(Debug, Clone, Copy)]
enum Doubt {
    /// It shows nowhere.
    None,
    /// The record is another one by now.
    Changed,
}

fn request_of(proposal: &Proposal) -> anyhow::Result<&Request> {
    let request = proposal.newest().draft.request.as_ref();
    request.with_context(|| format!("failed to find what {} sends", proposal.id))
}

/// What is written down before it is sent. The key is the same whenever the same proposal is sent.
fn intent(proposal: &Proposal, before: Option<String>) -> Intent {
    let name = format!("{}/{}", proposal.tenant_id, proposal.id);
    Intent {
        request_id: Uuid::new_v5(&REQUESTS, name.as_bytes()).to_string(),
        token: before
            .as_deref()
            .and_then(version)
            .map(|token: SmolStr| token.to_string()),
        before,
    }
}

/// The name space of our request ids.
const REQUESTS: Uuid = Uuid::from_u128(0x9d5f_6c02_4f0e_4a53_8f53_2d6a_1c70_be11);
