//! Changes taken in one by one, and after each the same result as from scratch.
//!
//! Two ways to one answer: [`Reconciler::apply`] compares what a change can reach, and
//! [`reconcile`] compares everything. Their results must be the same bytes.

mod edits;

use anyhow::{Context, bail};
use backoffice::reconcile::incremental::{Reach, Reconciler};
use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::policy::Policy;
use backoffice::reconcile::reconcile;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sandbox::contractor::{Plan, generate};

pub use edits::edit;

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Changes taken in.
    pub changes: usize,
    /// Of them, those after which everything was compared again.
    pub whole: usize,
    /// Jobs compared anew, over all other changes.
    pub jobs: usize,
}

/// Makes so many random changes to a simulated contractor's books.
///
/// # Errors
/// When a result differs from the one from scratch; the message names the change and the seed.
pub fn run(plan: &Plan, seed: u64, changes: usize) -> anyhow::Result<Summary> {
    let folder = tempfile::tempdir()?;
    generate(plan).write_snapshot(&folder.path().join("snapshot"))?;
    let snapshot = connectors::snapshot::read(&folder.path().join("snapshot"))?;
    let (mut books, as_of) = (snapshot.books, snapshot.as_of);
    let (policy, decisions) = (Policy::default(), Decisions::default());
    let mut standing = Reconciler::new(
        books.clone(),
        as_of,
        policy.clone(),
        decisions.clone(),
        Vec::new(),
    )
    .context("the books cannot be kept")?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut summary = Summary::default();
    let mut history: Vec<String> = Vec::new();
    for _ in 0..changes {
        let Some((how, change)) = edit(&mut books, &mut rng) else {
            continue;
        };
        history.push(how);
        let difference = standing.apply(vec![change])?;
        summary.changes += 1;
        match difference.reach {
            Reach::Everything => summary.whole += 1,
            Reach::Jobs(jobs) => summary.jobs += jobs,
        }
        let scratch = reconcile(&books, as_of, &policy, &decisions, Vec::new());
        let (kept, scratch) = (
            serde_json::to_value(standing.outcome())?,
            serde_json::to_value(scratch)?,
        );
        if kept != scratch {
            bail!(
                "seed {seed}, change {}: {}\nbefore: {:#?}\n{}",
                summary.changes,
                history.last().map_or("", String::as_str),
                history,
                first_difference(&kept, &scratch)
            );
        }
    }
    Ok(summary)
}

/// The first members of two results that differ.
fn first_difference(kept: &serde_json::Value, scratch: &serde_json::Value) -> String {
    let (Some(kept), Some(scratch)) = (kept.as_object(), scratch.as_object()) else {
        return String::new();
    };
    let mut text = String::new();
    for (name, value) in scratch {
        let other = kept.get(name);
        if other == Some(value) {
            continue;
        }
        let list = |value: Option<&serde_json::Value>| -> Vec<serde_json::Value> {
            value
                .and_then(|value| value.as_array())
                .cloned()
                .unwrap_or_default()
        };
        let (ours, theirs) = (list(other), list(Some(value)));
        let only = |one: &[serde_json::Value], other: &[serde_json::Value]| -> Vec<String> {
            let missing = one.iter().filter(|value| !other.contains(value));
            missing.take(2).map(ToString::to_string).collect()
        };
        text.push_str(&format!(
            "{name}: kept {} scratch {}\n  only kept: {:#?}\n  only scratch: {:#?}\n",
            ours.len(),
            theirs.len(),
            only(&ours, &theirs),
            only(&theirs, &ours)
        ));
    }
    text
}
