//! What happened to people and to the ways in, copied into the chain.
//!
//! The control data keep it in rows that are ended and never removed, but whoever can write there
//! can write them anew. A copy in the company's chain shows that. Text that may name a person is
//! copied as its digest, so that it can be erased where it stands and the chain stays whole.

use std::collections::BTreeSet;

use gate::digest::Digest;
use jiff::Timestamp;

use super::{add_in, chain};
use crate::control::history::{Happened, Happening};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// Something that happened, as it stands in the chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Copied {
    /// When it happened.
    pub at: Timestamp,
    /// The id of who did it.
    pub by: Option<String>,
    /// What.
    pub what: Happening,
    /// To whom, and about what or the digest of that.
    pub about: String,
}

impl Copied {
    /// The copy of what the control data say.
    #[must_use]
    pub fn of(one: &Happened) -> Self {
        let about = if names_nobody(one.what) || one.about.is_empty() {
            one.about.clone()
        } else {
            format!("sha256 {}", Digest::of(one.about.as_bytes()))
        };
        let parts = [one.to.clone().unwrap_or_default(), about];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Self {
            at: one.at,
            by: one.by.clone(),
            what: one.what,
            about: parts.join(": "),
        }
    }
}

/// Whether what it is about is a role, a switch or a word of ours, and never a name, an address or a reason.
fn names_nobody(what: Happening) -> bool {
    matches!(
        what,
        Happening::Joined
            | Happening::Left
            | Happening::RoleGiven
            | Happening::RoleTaken
            | Happening::SessionEnded
            | Happening::HookMade
            | Happening::HookEnded
            | Happening::AloneEnded
            | Happening::SwitchingProposed
            | Happening::SwitchingConfirmed
            | Happening::SwitchingRipened
            | Happening::SwitchingRefused
            | Happening::SwitchingWithdrawn
            | Happening::SwitchingLapsed
            | Happening::SwitchingVoided
    )
}

/// What stands in the chain since a moment, as of when it happened.
///
/// # Errors
/// When the store cannot be read.
pub async fn copied(
    store: &Store,
    scope: &TenantScope,
    since: Timestamp,
) -> Result<BTreeSet<Copied>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move { copied_in(tx, since).await })
        })
        .await
}

type Row = (String, Option<String>, String, String);

async fn copied_in(tx: &mut Tx, since: Timestamp) -> Result<BTreeSet<Copied>, StoreError> {
    let rows: Vec<Row> =
        query("SELECT at, actor, action, about FROM audit_entry WHERE tenant_id = $1 AND at >= $2")
            .bind(tx.tenant())
            .bind(moment(since))
            .rows(tx.connection())
            .await?;
    let mut found = BTreeSet::new();
    for (at, by, action, about) in rows {
        if let Some(what) = Happening::from_name(&action) {
            let at = read_moment(&at)?;
            found.insert(Copied {
                at,
                by,
                what,
                about,
            });
        }
    }
    Ok(found)
}

/// Copies what happened into the chain, in the order in which it happened, each once. Returns how many
/// were new.
///
/// # Errors
/// When the store cannot write.
pub async fn take_in(
    store: &Store,
    scope: &TenantScope,
    happened: &[Happened],
) -> Result<usize, StoreError> {
    let all: BTreeSet<Copied> = happened.iter().map(Copied::of).collect();
    let Some(first) = all.first().map(|one| one.at) else {
        return Ok(0);
    };
    store
        .tx(scope, move |tx| {
            Box::pin(async move {
                let known = copied_in(tx, first).await?;
                let new: Vec<&Copied> = all.difference(&known).collect();
                for one in &new {
                    let who = (one.what.name(), one.by.clone());
                    add_in(tx, who, &one.about, one.at).await?;
                }
                if !new.is_empty() {
                    chain::link_in(tx).await?;
                }
                Ok(new.len())
            })
        })
        .await
}
