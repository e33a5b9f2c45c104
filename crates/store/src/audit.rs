//! What was changed about the company itself, by whom: settings, connections, work tried again.
//!
//! An entry is written in the transaction of what it tells of, so neither exists without the
//! other, and it is only ever added to. The person is the one whom the scope acts for
//! ([`TenantScope::by`]). Every entry is linked to the one before it ([`gate::chain`]).

mod chain;
mod people;

pub use chain::{export, verify};
pub use people::{Copied, copied, take_in};

use jiff::Timestamp;

use crate::control::history::Happening;
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// What can be done that leaves an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Settings became others.
    SettingsChanged,
    /// A system was connected.
    Connected,
    /// A connection was ended.
    Disconnected,
    /// A vendor no longer takes the sign-in.
    ConnectionBroke,
    /// Work that was given up is tried again.
    JobRetried,
    /// Books that were restored from a backup reach out again.
    Released,
    /// A copy of the audit was taken along.
    Exported,
    /// A copy of everything was taken along.
    TakenAlong,
    /// Somebody brought a document.
    DocumentAdded,
    /// Something happened to people or to the ways in, as the control data say.
    People(Happening),
    /// Something happened to a proposal: it was made, edited, approved, done, …
    Proposal(&'static str),
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1, without gaps.
    pub number: i64,
    /// When.
    pub at: Timestamp,
    /// The id of the person; nothing for the program itself and the operator.
    pub actor: Option<String>,
    /// What was done.
    pub action: Action,
    /// To what, in words without secrets.
    pub about: String,
}

const NAMES: [(Action, &str); 23] = [
    (Action::SettingsChanged, "settings.changed"),
    (Action::Connected, "connection.made"),
    (Action::Disconnected, "connection.ended"),
    (Action::ConnectionBroke, "connection.broke"),
    (Action::JobRetried, "job.retried"),
    (Action::Released, "quarantine.ended"),
    (Action::Exported, "audit.exported"),
    (Action::TakenAlong, "company.exported"),
    (Action::DocumentAdded, "document.added"),
    (Action::Proposal("made"), "proposal.made"),
    (Action::Proposal("edited"), "proposal.edited"),
    (
        Action::Proposal("approved_by_one"),
        "proposal.approved_by_one",
    ),
    (Action::Proposal("approved"), "proposal.approved"),
    (Action::Proposal("rejected"), "proposal.rejected"),
    (Action::Proposal("voided"), "proposal.voided"),
    (Action::Proposal("cleared"), "proposal.cleared"),
    (Action::Proposal("expired"), "proposal.expired"),
    (Action::Proposal("begun"), "proposal.begun"),
    (Action::Proposal("done"), "proposal.done"),
    (Action::Proposal("failed"), "proposal.failed"),
    (Action::Proposal("lost_sight"), "proposal.lost_sight"),
    (Action::Proposal("undone"), "proposal.undone"),
    (Action::Proposal("viewed"), "proposal.viewed"),
];

impl Action {
    /// Its name in storage and in copies, such as `settings.changed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        if let Self::People(what) = self {
            return what.name();
        }
        NAMES
            .iter()
            .find(|(action, _)| *action == self)
            .map_or("", |(_, name)| name)
    }

    fn from_name(name: &str) -> Result<Self, StoreError> {
        let found = NAMES.iter().find(|(_, known)| *known == name);
        let of_people = || Happening::from_name(name).map(Self::People);
        found
            .map(|(action, _)| *action)
            .or_else(of_people)
            .ok_or(StoreError::Unreadable {
                what: "audit entry",
            })
    }
}

/// Adds an entry to the transaction of what it tells of.
pub(crate) async fn note_in(
    tx: &mut Tx,
    action: Action,
    about: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let actor = tx.actor().as_deref().map(str::to_owned);
    add_in(tx, (action.name(), actor), about, at).await?;
    chain::link_in(tx).await
}

/// Adds an entry that is linked afterwards.
async fn add_in(
    tx: &mut Tx,
    (action, actor): (&str, Option<String>),
    about: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO audit_entry (tenant_id, entry_no, at, actor, action, about)
         SELECT $1, coalesce(max(entry_no), 0) + 1, $2, $3, $4, $5
         FROM audit_entry WHERE tenant_id = $1",
    )
    .bind(tx.tenant())
    .bind(moment(at))
    .bind(actor)
    .bind(action)
    .bind(about)
    .execute(tx.connection())
    .await
    .map(drop)
}

/// Adds an entry about what changes no row, such as a copy that somebody takes along.
///
/// # Errors
/// When the store cannot write.
pub async fn note(
    store: &Store,
    scope: &TenantScope,
    action: Action,
    about: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let about = about.to_owned();
    store
        .tx(scope, move |tx| {
            Box::pin(async move { note_in(tx, action, &about, at).await })
        })
        .await
}

type Row = (i64, String, Option<String>, String, String);

/// The entries since a moment, the newest first, so many at most.
///
/// # Errors
/// When the store cannot be read.
pub async fn entries(
    store: &Store,
    scope: &TenantScope,
    since: Timestamp,
    most: i64,
) -> Result<Vec<Entry>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<Row> = query(
                    "SELECT entry_no, at, actor, action, about FROM audit_entry
                     WHERE tenant_id = $1 AND at >= $2 ORDER BY entry_no DESC LIMIT $3",
                )
                .bind(tx.tenant())
                .bind(moment(since))
                .bind(most)
                .rows(tx.connection())
                .await?;
                rows.into_iter().map(entry).collect()
            })
        })
        .await
}

fn entry((number, at, actor, action, about): Row) -> Result<Entry, StoreError> {
    Ok(Entry {
        number,
        at: read_moment(&at)?,
        actor,
        action: Action::from_name(&action)?,
        about,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_happens_to_a_proposal_can_be_written_and_read_back() {
        for what in gate::proposal::Event::NAMES {
            let action = Action::Proposal(what);
            assert_eq!(action.name(), format!("proposal.{what}"));
            assert_eq!(Action::from_name(action.name()).unwrap(), action);
        }
    }
}
