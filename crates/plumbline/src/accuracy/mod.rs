//! How right the reconciliation is, measured on simulated contractors whose truth is known.
//!
//! The simulation knows nothing of the checks and the checks nothing of the simulation. What is
//! measured, and against which figures, is printed by [`Tally`].

mod score;
mod tally;

use std::path::Path;

use anyhow::Context as _;
use backoffice::reconcile::matching::decisions::Decisions;
use backoffice::reconcile::policy::Policy;
use backoffice::reconcile::result::Reconciliation;
use sandbox::contractor::{Plan, generate};
use sandbox::world::Truth;

pub use score::{Score, score};
pub use tally::Tally;

/// Generates one world, reconciles it from its snapshot and scores the outcome.
///
/// # Errors
/// When the snapshot cannot be written or read.
pub fn measure(plan: &Plan, folder: &Path) -> anyhow::Result<(Score, Truth, Reconciliation)> {
    let world = generate(plan);
    let dir = folder.join("snapshot");
    if dir.exists() {
        std::fs::remove_dir_all(&dir)?;
    }
    world
        .write_snapshot(&dir)
        .context("failed to write the snapshot")?;
    let truth = world.truth.clone();
    drop(world);
    let snapshot = connectors::snapshot::read(&dir)?;
    let outcome = backoffice::reconcile::reconcile(
        &snapshot.books,
        snapshot.as_of,
        &Policy::default(),
        &Decisions::default(),
        snapshot.rejections,
    );
    Ok((score(&truth, &outcome), truth, outcome))
}
