//! Approving alike proposals at once: looked at as one batch, approved one by one.

use gate::digest::Digest;
use gate::proposal::Proposal;
use gate::together::{Batch, NotTogether, together};
use store::StoreError;
use store::proposals;

use super::{Decided, Decider, NotDecided, approve_as};
use crate::desk::Desk;

/// A proposal that somebody chose, and the digest of what they were shown of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The proposal's id.
    pub id: String,
    /// What was shown; nothing yet for what is shown now.
    pub shown: Option<Digest>,
}

/// Proposals that are shown together.
#[derive(Debug)]
pub struct Shown {
    /// Each with the digest of what is shown.
    pub each: Vec<(Proposal, Digest)>,
    /// All of them.
    pub batch: Batch,
}

/// Why a batch was not approved. The texts are shown to people as they are.
#[derive(Debug, thiserror::Error)]
pub enum NotApproved {
    /// The gate says no.
    #[error("{0}")]
    Gate(NotTogether),
    /// It is another batch than was shown.
    #[error("This changed while you were reading. Choose the proposals again.")]
    Changed,
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The proposals as one batch.
///
/// # Errors
/// [`NotApproved`] with the reason.
pub async fn look_together(desk: &Desk, chosen: &[Chosen]) -> Result<Shown, NotApproved> {
    let mut each: Vec<(Proposal, Digest)> = Vec::new();
    for one in chosen {
        let found = proposals::proposal(&desk.store, &desk.scope, &one.id).await?;
        let proposal = found
            .ok_or(NotApproved::Gate(NotTogether::Unknown))?
            .proposal;
        let digest = one.shown.unwrap_or_else(|| proposal.digest());
        if each.iter().all(|(other, _)| other.id != proposal.id) {
            each.push((proposal, digest));
        }
    }
    let shown: Vec<(&Proposal, Digest)> = each.iter().map(|(one, digest)| (one, *digest)).collect();
    let batch = together(&shown, desk.settings.together_up_to).map_err(NotApproved::Gate)?;
    Ok(Shown { each, batch })
}

/// Approves each of a batch as it was shown. What may not be approved any more stays as it is, and the
/// others are approved all the same; each comes back with what came of it.
///
/// # Errors
/// [`NotApproved`] when they are no batch, or another one than was shown; nothing is approved then.
pub async fn approve_together(
    desk: &Desk,
    decider: &Decider,
    chosen: &[Chosen],
    shown: Digest,
) -> Result<Vec<(Proposal, Result<Decided, NotDecided>)>, NotApproved> {
    let Shown { each, batch } = look_together(desk, chosen).await?;
    if batch.digest != shown {
        return Err(NotApproved::Changed);
    }
    let how = format!(
        "One of {} approved together, ${} in all (batch {shown}).",
        batch.count, batch.total
    );
    let mut done = Vec::new();
    for (proposal, digest) in each {
        let which = (proposal.id.as_str(), digest);
        let decided = approve_as(desk, decider, which, Some(how.clone())).await;
        done.push((proposal, decided));
    }
    Ok(done)
}
