//! Somebody edits in QuickBooks between approval and execution: nothing is done on changed facts.

use anyhow::Context;
use figures::source::SourceRef;
use gate::draft::Request;
use gate::proposal::State;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use sandbox::quickbooks::{Edit, FaultKind, FaultRule};
use serde_json::json;
use store::proposals;

use super::{Summary, Trial, each};

/// So many runs share a contractor.
const RUNS_OF_A_BOOK: u64 = 14;

/// Runs so many races.
pub(super) async fn run(runs: u64, seed: u64) -> anyhow::Result<Summary> {
    each((runs, RUNS_OF_A_BOOK), seed, async |trial, id, rng| {
        let told = race(trial, id, rng).await?;
        Ok(vec![("", told.map(str::to_owned))])
    })
    .await
}

/// Edits one of the records that the draft rests on: before anything, or just before a call.
async fn race(
    trial: &Trial,
    id: &str,
    rng: &mut ChaCha8Rng,
) -> anyhow::Result<Result<&'static str, String>> {
    let proposal = trial.proposal(id).await?;
    let request = proposal.newest().draft.request.as_ref();
    let request = request.context("nothing to send")?;
    let Some(edit) = edit(request, rng) else {
        return Ok(Ok("nothing to edit"));
    };
    let realm = trial.company.realm_id();
    let late = rng.random_bool(0.5);
    if late {
        // Just before the request itself, after everything was looked at.
        let rule = FaultRule {
            route: "POST /v3/company/*".to_owned(),
            contains: None,
            nth: Some(1),
            probability: None,
            times: Some(1),
            fault: FaultKind::EditBetween {
                edits: vec![edit.clone()],
            },
        };
        trial.company.set_faults(vec![rule]);
    } else if trial.company.edit(&realm, &edit).is_err() {
        return Ok(Ok("the edit was refused"));
    }
    let before = trial.books()?;
    let state = trial.settle(id).await?;
    trial.company.set_faults(Vec::new());
    let after = trial.books()?;
    let is_target = request
        .target()
        .is_some_and(|target| target.kind == edit.entity);
    let only_edit = after.marked(id).is_empty();
    let edited = SourceRef::quickbooks(&edit.entity, edit.id.as_deref().unwrap_or_default());
    let word = edit.body.as_object().and_then(|one| one.values().next());
    let word = word.and_then(|word| word.as_str()).unwrap_or_default();
    let is_edited = after.text(&edited).is_some_and(|text| text.contains(word));
    let stored = proposals::proposal(&trial.desk.store, &trial.desk.scope, id).await?;
    let sent = stored.into_iter().flat_map(|stored| stored.sent);
    let told: String = sent
        .filter_map(|sent| sent.outcome.map(|(outcome, _)| outcome.told))
        .collect();
    Ok(match (&state, late) {
        (State::Executed { .. }, false) => Err("it was done on changed facts".to_owned()),
        // There is no lock on a record that is only named; but it is told.
        (State::Executed { .. }, true) if !is_target && told.contains("in that moment") => {
            Ok("a name changed under way, done, and said so")
        }
        // What lies in a closed period cannot be edited, and is named all the same.
        (State::Executed { .. }, true) if !is_target && !is_edited => Ok("the edit was refused"),
        (State::Executed { .. }, true) if !is_target => Err(format!(
            "{} was changed under way, and nobody said so",
            edit.entity
        )),
        (State::Executed { .. }, true) => Err("it was done over somebody's edit".to_owned()),
        (State::Failed { .. } | State::Proposed(_), true) if only_edit => {
            Ok("edited under way, not done")
        }
        (State::Failed { .. } | State::Proposed(_), false)
            if before.differing(&after).is_empty() =>
        {
            Ok("edited before, not done")
        }
        (state, _) => Err(format!("it is left {state:?}, and something was made")),
    })
}

/// An edit of one of the records that a request rests on.
fn edit(request: &Request, rng: &mut ChaCha8Rng) -> Option<Edit> {
    let record = &request.before.choose(rng)?.record;
    let word = format!("Edited {}", rng.random_range(0..1_000_000));
    let body = match record.kind.as_str() {
        "Customer" | "Vendor" => json!({ "Notes": word }),
        "Account" | "Item" => json!({ "Description": word }),
        "Class" | "Department" => json!({ "Name": word }),
        _ => json!({ "PrivateNote": word }),
    };
    Some(Edit {
        action: "update".to_owned(),
        entity: record.kind.to_string(),
        id: Some(record.id.to_string()),
        body,
    })
}
