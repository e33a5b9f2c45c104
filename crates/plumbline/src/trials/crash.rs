//! Cut at every named point and at random instants, with faults on: every effect exactly once, none
//! lost, and told truthfully.

use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context;
use gate::draft::Verb;
use gate::proposal::State;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use sandbox::quickbooks::{FaultKind, FaultRule};

use super::{Books, Summary, Told, Trial, decider, each};
use crate::approvals::{How, take_back};
use crate::execute::{Executor, Point};

/// So many runs share a contractor.
const RUNS_OF_A_BOOK: u64 = 40;

/// Runs so many trials.
pub(super) async fn run(runs: u64, seed: u64) -> anyhow::Result<Summary> {
    each((runs, RUNS_OF_A_BOOK), seed, async |trial, id, rng| {
        one(trial, id, rng).await
    })
    .await
}

/// Does it and takes it back, cut each time.
async fn one(
    trial: &Trial,
    id: &str,
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<Vec<(&'static str, Told)>> {
    let (state, told) = cut_and_settled(trial, id, rng).await?;
    let mut all = vec![("", told)];
    if !matches!(state, State::Executed { .. }) {
        return Ok(all);
    }
    let who = decider(&trial.desk, "psn_one");
    let told = match take_back(&trial.desk, &trial.ledger, &who, (id, How::Exactly)).await? {
        Err(why) => Err(format!("it cannot be: {why}")),
        Ok(back) => {
            trial.approve(&back, "psn_two").await?;
            cut_and_settled(trial, &back, rng).await?.1
        }
    };
    all.push((" taken back", told));
    Ok(all)
}

/// Cuts it off somewhere, goes on until it is known what became of it, first with the faults still
/// on, and compares that with the books.
async fn cut_and_settled(
    trial: &Trial,
    id: &str,
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<(State, Told)> {
    let before = trial.books()?;
    let how = disturb(trial, id, rng).await?;
    let mut state = trial.settle(id).await?;
    trial.company.set_faults(Vec::new());
    if !is_over(&state) {
        state = trial.settle(id).await?;
    }
    let told = judge(trial, id, &state, (&before, &trial.books()?)).await?;
    Ok((state, told.map_err(|problem| format!("{how}: {problem}"))))
}

fn is_over(state: &State) -> bool {
    !matches!(
        state,
        State::Executing { .. } | State::OutcomeUnknown { .. } | State::Approved { .. }
    )
}

/// Whether the books show what is told: the effect once where it was done, none where it was not.
async fn judge(
    trial: &Trial,
    id: &str,
    state: &State,
    (before, after): (&Books, &Books),
) -> anyhow::Result<Told> {
    let differing = before.differing(after);
    let is_done = match state {
        State::Executed { .. } => true,
        State::Failed { .. } | State::Proposed(_) => false,
        other => return Ok(Err(format!("it is left {other:?}"))),
    };
    if !is_done {
        return Ok(if differing.is_empty() {
            Ok(format!(
                "not done, and said so: {}",
                trial.reason(id).await?
            ))
        } else {
            Err(format!("said to be not done, and {differing:?} differ"))
        });
    }
    let proposal = trial.proposal(id).await?;
    let request = proposal.newest().draft.request.as_ref();
    let request = request.context("nothing to send")?;
    let times = match (&request.verb, request.target()) {
        (Verb::Create, _) => {
            let made = after.marked(id).len();
            u64::try_from(made)?
        }
        (Verb::Delete, Some(target)) => u64::from(after.text(&target).is_none()),
        (_, Some(target)) => {
            let versions = (before.version(&target), after.version(&target));
            match versions {
                (Some(before), Some(after)) => after - before,
                _ => 0,
            }
        }
        (_, None) => 0,
    };
    Ok(if times == 1 {
        Ok("done once".to_owned())
    } else {
        Err(format!("said to be done, and it was {times} times"))
    })
}

/// Runs it once with a fault of the vendor and a cut of our own, both at random; says how.
async fn disturb(trial: &Trial, id: &str, rng: &mut ChaCha8Rng) -> anyhow::Result<String> {
    let fault = fault(rng);
    let rules = fault.iter().map(|kind| FaultRule {
        route: "POST /v3/company/*".to_owned(),
        contains: None,
        nth: None,
        probability: Some(0.8),
        times: Some(2),
        fault: kind.clone(),
    });
    trial.company.set_faults(rules.collect());
    if rng.random_bool(0.3) {
        let after = Duration::from_micros(rng.random_range(0..30_000));
        let executor = Executor::new(&trial.desk, &trial.ledger);
        // Dropped in the middle, wherever that is.
        drop(tokio::time::timeout(after, executor.run(id)).await);
        return Ok(format!("{fault:?}, cut after {after:?}"));
    }
    let point = Point::ALL[rng.random_range(0..Point::ALL.len())];
    let cut_already = Mutex::new(false);
    let at = |here: Point| {
        let mut cut = cut_already
            .lock()
            .map_err(|_| anyhow::anyhow!("poisoned"))?;
        if here == point && !*cut {
            *cut = true;
            anyhow::bail!("cut at {here:?}");
        }
        Ok(())
    };
    drop(
        Executor::new(&trial.desk, &trial.ledger)
            .cut(&at)
            .run(id)
            .await,
    );
    Ok(format!("{fault:?}, cut at {point:?}"))
}

fn fault(rng: &mut ChaCha8Rng) -> Option<FaultKind> {
    let all = [
        FaultKind::TimeoutAfterCommit { milliseconds: 1 },
        FaultKind::DropAfterCommit,
        FaultKind::DropBefore,
        FaultKind::CutConnection,
        FaultKind::TruncatedBody,
        FaultKind::Throttled {
            retry_after: Some(0),
        },
        FaultKind::Unauthorized,
        FaultKind::ServerError { status: 503 },
        FaultKind::Html { status: 200 },
        FaultKind::FaultInSuccess,
    ];
    let which = rng.random_range(0..all.len() + 3);
    all.into_iter().nth(which)
}
