//! Trials of the second main flow against the local QuickBooks: cut at every point, disturbed by
//! faults, raced by somebody who edits, and taken back again.
//!
//! Everything comes from a seed. What is looked at in the end is the sandbox's own ledger, which knows
//! nothing of the product.

mod books;
mod closed;
mod corrections;
mod crash;
mod stale;
mod undo;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use connectors::http::{Clock, SystemClock};
use connectors::quickbooks::write::request;
use figures::source::SourceRef;
use figures::{Money, SmolStr};
use gate::action::Effect;
use gate::correction::Correction;
use gate::draft::{Document, Draft};
use gate::proposal::{Event, Maker, Proposal, State, Version};
use gate::roles::{Department, Grant, Grants, Role};
use gate::switches::{Level, Switches};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sandbox::contractor::{Plan, generate};
use sandbox::quickbooks;
use store::Secret;
use store::control::people::{self, NewPerson};
use store::documents::{self, NewDocument};
use store::proposals;

use crate::approvals::{self, Decided, Decider};
use crate::connect::{self, Consent};
use crate::desk::Desk;
use crate::execute::{Ended, Executor, Ledger};
use crate::propose::RECONCILIATION;
use crate::sandboxes::REDIRECT_URI;
use crate::settings::{Client, QuickBooksAccess};

use books::Books;
use corrections::{KINDS, Random};

/// What trials came to. There must be no problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Runs.
    pub runs: u64,
    /// Runs by what was tried and what it came to.
    pub outcomes: std::collections::BTreeMap<String, u64>,
    /// What is wrong, with the run and its seed.
    pub problems: Vec<String>,
}

impl Summary {
    fn count(&mut self, what: String) {
        *self.outcomes.entry(what).or_default() += 1;
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} runs", self.runs)?;
        for (what, count) in &self.outcomes {
            writeln!(out, "{count:>7} {what}")?;
        }
        writeln!(out, "{} problems", self.problems.len())?;
        self.problems
            .iter()
            .try_for_each(|one| writeln!(out, "  {one}"))
    }
}

/// Which trials, how many, from which seed.
///
/// # Errors
/// When the sandbox or the store cannot be had; what goes wrong in a trial is part of the answer.
pub async fn run(which: &str, runs: u64, seed: u64) -> anyhow::Result<Summary> {
    match which {
        "crash" => crash::run(runs, seed).await,
        "undo" => undo::run(runs, seed).await,
        "closed" => closed::run(runs, seed).await,
        "stale" => stale::run(runs, seed).await,
        _ => anyhow::bail!("there are four trials: crash, undo, closed, stale"),
    }
}

/// What one part of a run came to: said of the books, and true; or what is wrong.
type Told = Result<String, String>;

/// Goes through the kinds of corrections in turn, so many runs on the books of one contractor, then on
/// those of another one; sooner after a problem, which the next runs would only stumble over. Each has
/// been approved when it is tried; the answers say which part of the run they are about.
async fn each(
    (runs, of_a_book): (u64, u64),
    seed: u64,
    mut tried: impl AsyncFnMut(
        &Trial,
        &str,
        &mut ChaCha8Rng,
    ) -> anyhow::Result<Vec<(&'static str, Told)>>,
) -> anyhow::Result<Summary> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut summary = Summary::default();
    while summary.runs < runs {
        let world = rng.random();
        let trial = Trial::start(world).await?;
        for number in 0..of_a_book.min(runs - summary.runs) {
            let kind = KINDS[usize::try_from(summary.runs)? % KINDS.len()];
            summary.runs += 1;
            let books = trial.books()?;
            let correction = Random {
                books: &books,
                company: &trial.company,
                rng: &mut rng,
                number,
            }
            .of_kind(kind);
            let approved = match &correction {
                Some(correction) => trial.approved(correction).await?,
                None => None,
            };
            let Some(id) = approved else {
                summary.count(format!("{}: nothing to correct", kind.name()));
                continue;
            };
            let problems = summary.problems.len();
            for (part, told) in tried(&trial, &id, &mut rng).await? {
                let what = format!("{}{part}", kind.name());
                match told {
                    Ok(told) => summary.count(format!("{what}: {told}")),
                    Err(problem) => summary.problems.push(format!(
                        "seed {seed}, run {}, world {world}, {what}: {problem}",
                        summary.runs
                    )),
                }
            }
            if summary.problems.len() > problems {
                break;
            }
        }
        trial.end().await;
    }
    Ok(summary)
}

/// The agent whose proposals are tried.
const AGENT: &str = RECONCILIATION;

/// An office with two people who lead every department, and its company.
pub(crate) struct Trial {
    pub(crate) desk: Desk,
    pub(crate) ledger: Ledger,
    pub(crate) company: quickbooks::Handle,
    _folder: tempfile::TempDir,
}

impl Trial {
    /// The office of a contractor from a seed.
    pub(crate) async fn start(seed: u64) -> anyhow::Result<Self> {
        let world = generate(&Plan::small(seed));
        let config = quickbooks::Config {
            headless: true,
            pace: quickbooks::Pace::Running,
            throttle: quickbooks::Throttle::off(),
            ..quickbooks::Config::default()
        };
        let books = quickbooks::Books::from(&world);
        let company = quickbooks::start(config, Some(books)).await?;
        let folder = tempfile::tempdir()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut desk = Desk::open(&folder.path().join("data"), clock).await?;
        let access = QuickBooksAccess {
            environment: company.base_url().to_owned(),
            client: Client {
                id: quickbooks::CLIENT_ID.to_owned(),
                secret: Secret::new(quickbooks::CLIENT_SECRET.to_owned()),
                redirect_uri: REDIRECT_URI.to_owned(),
            },
        };
        connect::quickbooks(&mut desk, access, Consent::Headless).await?;
        desk.settings.switches = all_on();
        staff(&desk).await?;
        let ledger = Ledger::open(&desk).await?;
        Ok(Self {
            desk,
            ledger,
            company,
            _folder: folder,
        })
    }

    /// The company's books as its own ledger has them.
    pub(crate) fn books(&self) -> anyhow::Result<Books> {
        Books::of(&self.company)
    }

    /// Proposes a correction and has it approved. Nothing when it cannot be made of these books.
    pub(crate) async fn approved(&self, correction: &Correction) -> anyhow::Result<Option<String>> {
        let id = approvals::new_id(&self.desk)?;
        let books = self.books()?;
        let lookup = |record: &SourceRef| books.text(record);
        let Ok(request) = request::request(correction, &id, &lookup) else {
            return Ok(None);
        };
        let document = match correction {
            Correction::Attach { document, .. } => Some(self.kept(document).await?),
            _ => None,
        };
        let kind = correction.kind();
        let department = *kind.departments().first().context("nobody's action")?;
        let draft = Draft {
            kind,
            department,
            company: self.ledger.company().into(),
            sentence: format!("A trial of {}.", kind.name()),
            money: match kind.effect() {
                Effect::Neither => Money::ZERO,
                _ => Money::from_cents(100),
            },
            party: None,
            request: Some(request),
            instructions: Vec::new(),
            figures: Vec::new(),
            evidence: Vec::new(),
            finding: None,
            undoes: None,
            document,
        };
        let now = self.desk.clock.now();
        let first = Version {
            draft,
            by: Maker::Agent(AGENT.into()),
            at: now,
        };
        let tenant = self.desk.scope.tenant_id().into();
        let proposal = Proposal::try_new(tenant, id.as_str().into(), first)?;
        proposals::propose(&self.desk.store, &self.desk.scope, proposal, now).await?;
        self.approve(&id, "psn_one").await?;
        Ok(Some(id))
    }

    /// Keeps the paper that is to be attached.
    async fn kept(&self, document: &Document) -> anyhow::Result<Document> {
        let new = NewDocument {
            id: document.id.to_string(),
            name: document.name.clone(),
            content: corrections::paper(&document.name),
        };
        let (store, scope, now) = (&self.desk.store, &self.desk.scope, self.desk.clock.now());
        Ok(documents::keep(store, scope, new, now).await?)
    }

    /// Approves what somebody else proposed.
    pub(crate) async fn approve(&self, id: &str, person: &str) -> anyhow::Result<()> {
        let shown = self.proposal(id).await?.digest();
        let decided =
            approvals::approve(&self.desk, &decider(&self.desk, person), id, shown).await?;
        anyhow::ensure!(
            decided == Decided::Approved,
            "it takes somebody else as well"
        );
        Ok(())
    }

    pub(crate) async fn proposal(&self, id: &str) -> anyhow::Result<Proposal> {
        let found = proposals::proposal(&self.desk.store, &self.desk.scope, id).await?;
        Ok(found.context("no such proposal")?.proposal)
    }

    /// Why the approvals of a proposal became void last.
    pub(crate) async fn reason(&self, id: &str) -> anyhow::Result<String> {
        let found = proposals::proposal(&self.desk.store, &self.desk.scope, id).await?;
        let events = found.context("no such proposal")?.events;
        let last = events.into_iter().next_back();
        let reason = last.and_then(|last| match last.event {
            Event::Fail { reason } => Some(reason),
            _ => last.reason,
        });
        // Without numbers, so that alike ones are counted together.
        let words = reason.unwrap_or_default();
        Ok(words.chars().filter(|it| !it.is_ascii_digit()).collect())
    }

    /// Goes on until it is known what became of it, as a worker does.
    pub(crate) async fn settle(&self, id: &str) -> anyhow::Result<State> {
        const PATIENCE: usize = 10;
        for tries in 0..PATIENCE {
            // A worker pauses as well.
            if tries > 5 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            let outcome = Executor::new(&self.desk, &self.ledger).run(id).await;
            match outcome {
                Ok(Ended::Nothing | Ended::Done | Ended::Refused(_) | Ended::Void(_)) => {
                    return Ok(self.proposal(id).await?.state);
                }
                Err(_) => {}
            }
        }
        Ok(self.proposal(id).await?.state)
    }

    pub(crate) async fn end(self) {
        self.desk.close().await;
        self.company.shutdown().await;
    }
}

pub(crate) fn decider(desk: &Desk, person: &str) -> Decider {
    Decider {
        person_id: person.to_owned(),
        factor_at: Some(desk.clock.now()),
    }
}

/// Gives the office two people who lead every department: `psn_one` and `psn_two`.
///
/// # Errors
/// When the control data cannot be written.
pub async fn staff(desk: &Desk) -> anyhow::Result<()> {
    let roles = Department::ALL.map(|one| Grant::standing(Role::Lead(one)));
    let (control, tenant) = (desk.installation.control(), desk.scope.tenant_id());
    for id in ["psn_one", "psn_two"] {
        let person = NewPerson {
            id: id.to_owned(),
            mail: format!("{id}@example.com"),
            name: id.to_owned(),
            password_hash: Secret::new(String::new()),
        };
        let grants = Grants::new(roles.to_vec());
        people::add(control, tenant, person, grants, desk.clock.now()).await?;
    }
    Ok(())
}

/// A switchboard on which everything is on, and the reconciliation proposes.
#[must_use]
pub fn all_on() -> Switches {
    Switches {
        writes: true,
        connection_writes: true,
        agents: [(SmolStr::new(AGENT), Level::Propose)].into(),
        ..Switches::default()
    }
}
