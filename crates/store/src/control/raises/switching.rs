//! Proposals to switch more on, or to raise a limit.
//!
//! The switches lie in the company's own data and the proposals here, so no transaction holds both.
//! A proposal is ended first and carried out by whoever ended it: what breaks off in between leaves
//! everything as low as it was, and is proposed again.

use figures::Date;
use gate::raises::{self as rule, Course};
use gate::switching::{Powers, Step, course_of_switching, is_true_of};
use jiff::Timestamp;

use super::decide::{found, in_short};
use super::{About, Outcome, Proposal, end_in, pending_in, propose_in};
use crate::control::changes::Seen;
use crate::control::{Control, ControlTx};
use crate::{Refusal, StoreError, TenantScope};

/// Who switches what.
#[derive(Debug, Clone)]
pub struct Switching {
    /// The id of the person who asks.
    pub by: String,
    /// What becomes what.
    pub steps: Vec<Step>,
    /// Today, in the tenant's zone.
    pub on: Date,
}

/// What came of asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It may be carried out at once; nothing was written here.
    AtOnce,
    /// It waits for a second person, or for its delay.
    Proposed(Proposal),
}

/// Asks how these steps come about, and writes them down where they wait.
///
/// # Errors
/// [`Refusal::Change`] with the reason; [`Refusal::AlreadyProposed`].
pub async fn ask(
    control: &Control,
    scope: &TenantScope,
    switching: Switching,
    now: Timestamp,
) -> Result<Asked, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let Switching { by, steps, on } = switching;
                let seen = Seen::load(&mut tx, &tenant_id, now).await?;
                let course = course_of_switching(&by, &steps, on, &seen.office())
                    .map_err(Refusal::Change)?;
                if course == Course::AtOnce {
                    return Ok(Asked::AtOnce);
                }
                let about = About::Switching { steps };
                let proposed = propose_in(&mut tx, &tenant_id, about, (&by, course), now);
                Ok(Asked::Proposed(proposed.await?))
            })
        })
        .await
}

/// Who confirms which proposal.
#[derive(Debug, Clone)]
pub struct Confirming {
    /// The number of the proposal.
    pub number: i64,
    /// The id of the person who confirms.
    pub by: String,
    /// Today, in the tenant's zone.
    pub on: Date,
    /// The switches and limits as they are now.
    pub standing: Powers,
}

/// Confirms a proposal. What it returns is to be carried out now; nothing where the switches are not
/// what the proposal says they were, and then it is void.
///
/// # Errors
/// [`Refusal::NoSuchProposal`]; [`Refusal::Change`] when this person may not confirm it, or whoever
/// proposed it may no longer.
pub async fn confirm(
    control: &Control,
    scope: &TenantScope,
    confirming: Confirming,
    now: Timestamp,
) -> Result<Option<Vec<Step>>, StoreError> {
    let tenant_id = scope.tenant_id().to_owned();
    control
        .tx(move |mut tx| {
            Box::pin(async move { confirm_in(&mut tx, &tenant_id, confirming, now).await })
        })
        .await
}

async fn confirm_in(
    tx: &mut ControlTx<'_>,
    tenant_id: &str,
    confirming: Confirming,
    now: Timestamp,
) -> Result<Option<Vec<Step>>, StoreError> {
    let proposal = found(tx, tenant_id, confirming.number, now).await?;
    let (proposed, number) = (in_short(&proposal), proposal.number);
    let About::Switching { steps } = proposal.about else {
        return Err(Refusal::NoSuchProposal.into());
    };
    let seen = Seen::load(tx, tenant_id, now).await?;
    let (by, on) = (confirming.by.as_str(), confirming.on);
    rule::permit_confirming(&proposed, by, &seen.office(), (on, now)).map_err(Refusal::Change)?;
    // Whoever proposed it must still be allowed to.
    if let Err(why) = course_of_switching(&proposed.by, &steps, on, &seen.office()) {
        return Err(Refusal::Change(why).into());
    }
    let is_true = is_true_of(&steps, &confirming.standing);
    let outcome = if is_true {
        Outcome::Confirmed
    } else {
        Outcome::Void
    };
    end_in(tx, tenant_id, number, (outcome, Some(by)), now).await?;
    Ok(is_true.then_some(steps))
}

/// Ends every proposal that begins at switches or limits which are not so any more. Returns how
/// many there were.
///
/// # Errors
/// When the control data cannot be written.
pub async fn void_untrue(
    control: &Control,
    scope: &TenantScope,
    standing: Powers,
    by: &str,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let (tenant_id, by) = (scope.tenant_id().to_owned(), by.to_owned());
    control
        .tx(move |mut tx| {
            Box::pin(async move {
                let mut ended = 0;
                for one in pending_in(&mut tx, &tenant_id, now).await? {
                    if !one.is_true_of(&standing) {
                        let outcome = (Outcome::Void, Some(by.as_str()));
                        end_in(&mut tx, &tenant_id, one.number, outcome, now).await?;
                        ended += 1;
                    }
                }
                Ok(ended)
            })
        })
        .await
}
