//! Every kind of action done and taken back on books from many seeds: records and ledger are as
//! they were, or it was said beforehand that they would not be.

use gate::action::Undo;
use gate::proposal::State;

use super::corrections::KINDS;
use super::{Summary, Told, Trial, decider, each};
use crate::approvals::{How, take_back};

/// Tries each kind on so many books.
pub(super) async fn run(books: u64, seed: u64) -> anyhow::Result<Summary> {
    let kinds = u64::try_from(KINDS.len())?;
    each((books * kinds, kinds), seed, async |trial, id, _| {
        Ok(vec![("", there_and_back(trial, id).await?)])
    })
    .await
}

async fn there_and_back(trial: &Trial, id: &str) -> anyhow::Result<Told> {
    let before = trial.books()?;
    let state = trial.settle(id).await?;
    if !matches!(state, State::Executed { .. }) {
        let touched = before.differing(&trial.books()?);
        return Ok(match touched.is_empty() {
            true => Ok(format!("not done: {}", trial.reason(id).await?)),
            false => Err(format!("not done, and {touched:?} differ: {state:?}")),
        });
    }
    let done = trial.books()?;
    if before.differing(&done).is_empty() {
        return Ok(Err("it was done and nothing differs".to_owned()));
    }
    let person = decider(&trial.desk, "psn_one");
    let back = match take_back(&trial.desk, &trial.ledger, &person, (id, How::Exactly)).await? {
        Ok(back) => back,
        Err(why) => return Ok(Err(format!("cannot be taken back: {why}"))),
    };
    trial.approve(&back, "psn_two").await?;
    let state = trial.settle(&back).await?;
    if !matches!(state, State::Executed { .. }) {
        return Ok(Err(format!("the way back is left {state:?}")));
    }
    let after = trial.books()?;
    if !before.has_ledger_of(&after) {
        return Ok(Err("the ledger is not as it was".to_owned()));
    }
    let differing = before.differing(&after);
    let promised = trial.proposal(id).await?.newest().draft.kind.undo();
    Ok(match (promised, differing.is_empty()) {
        (Undo::Exact, true) => Ok("done and taken back exactly".to_owned()),
        (Undo::Compensable, _) => Ok("done and entered again, the ledger as it was".to_owned()),
        _ => Err(format!(
            "not as they were: {}",
            differing
                .iter()
                .map(|one| format!("{one}: {:?} and {:?}", before.text(one), after.text(one)))
                .collect::<Vec<_>>()
                .join("; ")
        )),
    })
}
