//! Every kind of action done, its period closed, and its effect taken back by another document: the
//! balances are as they were, and nothing of the closed period is touched.

use figures::Date;
use gate::action::Kind;
use gate::proposal::State;

use super::corrections::KINDS;
use super::{Summary, Told, Trial, decider, each};
use crate::approvals::{How, NotTakenBack, take_back};

/// Tries each kind on so many books.
pub(super) async fn run(books: u64, seed: u64) -> anyhow::Result<Summary> {
    let kinds = u64::try_from(KINDS.len())?;
    each((books * kinds, kinds), seed, async |trial, id, _| {
        let realm = trial.company.realm_id();
        let open_from = trial.books()?.closed_until();
        let told = done_and_closed(trial, id).await?;
        trial.company.set_closing_date(&realm, open_from);
        Ok(vec![("", told)])
    })
    .await
}

async fn done_and_closed(trial: &Trial, id: &str) -> anyhow::Result<Told> {
    let before = trial.books()?;
    let state = trial.settle(id).await?;
    if !matches!(state, State::Executed { .. }) {
        return Ok(Ok(format!("not done: {}", trial.reason(id).await?)));
    }
    let kind = trial.proposal(id).await?.newest().draft.kind;
    // A contractor's books have documents of days to come; none of them may stay open.
    let last = trial.books()?.last_day();
    let closed = last.into_iter().fold(trial.desk.today()?, Date::max);
    let realm = trial.company.realm_id();
    trial.company.set_closing_date(&realm, Some(closed));
    let done = trial.books()?;
    let (person, company) = (decider(&trial.desk, "psn_one"), &trial.ledger);
    let asked = async |how| take_back(&trial.desk, company, &person, (id, how)).await;
    match (asked(How::Exactly).await?, kind) {
        // A document belongs to no period.
        (Ok(_), Kind::AttachDocument) => return Ok(Ok("in no period".to_owned())),
        (Err(NotTakenBack::Closed(until)), _) if until == closed => {}
        (other, _) => return Ok(Err(format!("taking it back in a closed period: {other:?}"))),
    }
    let back = match (asked(How::Instead).await?, kind) {
        (Ok(back), _) => back,
        (Err(NotTakenBack::ByHand), Kind::ApplyPayment) => {
            return Ok(Ok("left to a person".to_owned()));
        }
        // Another item of the same account is no entry.
        (Err(NotTakenBack::ByHand), Kind::Recode) if done.has_balances_of(&before) => {
            return Ok(Ok(
                "nothing of the ledger was moved, left to a person".to_owned()
            ));
        }
        (Err(why), _) => return Ok(Err(format!("no document takes it back: {why}"))),
    };
    trial.approve(&back, "psn_two").await?;
    let state = trial.settle(&back).await?;
    if !matches!(state, State::Executed { .. }) {
        let reason = trial.reason(&back).await?;
        return Ok(Err(format!(
            "the other document is left {state:?}: {reason}"
        )));
    }
    let after = trial.books()?;
    Ok(if !after.has_ledger_until(&done, closed) {
        Err("the closed period is another one".to_owned())
    } else if !after.has_balances_of(&before) {
        Err("the balances are not as they were".to_owned())
    } else {
        Ok("taken back by another document, the closed period as it was".to_owned())
    })
}
