//! What the control data say about people, copied into the company's audit, and whether they still
//! say it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use store::StoreError;
use store::audit::{self, Copied};
use store::control::history;

use crate::desk::Desk;

/// Copies what is new. Returns how many there were.
///
/// # Errors
/// When the control data or the store cannot be read or written.
pub async fn take_in(desk: &Desk) -> Result<usize, StoreError> {
    let (store, scope, control) = (&desk.store, &desk.scope, desk.installation.control());
    // Mostly nothing is new, and then little is read.
    let newest = history::history(control, scope, Timestamp::MIN, 1).await?;
    let Some(newest) = newest.first() else {
        return Ok(0);
    };
    let known = audit::copied(store, scope, newest.at).await?;
    if known.contains(&Copied::of(newest)) {
        return Ok(0);
    }
    let all = history::history(control, scope, Timestamp::MIN, i64::MAX).await?;
    audit::take_in(store, scope, &all).await
}

/// What stands in the audit and the control data no longer say: somebody wrote them anew.
///
/// # Errors
/// When the control data or the store cannot be read.
pub async fn no_longer_said(desk: &Desk) -> Result<Vec<Copied>, StoreError> {
    let copied = audit::copied(&desk.store, &desk.scope, Timestamp::MIN).await?;
    let control = desk.installation.control();
    let all = history::history(control, &desk.scope, Timestamp::MIN, i64::MAX).await?;
    let said: BTreeSet<Copied> = all.iter().map(Copied::of).collect();
    Ok(copied.difference(&said).cloned().collect())
}
