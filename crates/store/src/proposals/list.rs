//! Finding proposals: those that wait, those of a finding, what went to a party within a week.

use std::collections::BTreeMap;

use figures::{Money, SmolStr};
use gate::proposal::Event;
use gate::roles::Department;
use jiff::{SignedDuration, Timestamp};

use super::{UNREADABLE, read};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Store, StoreError, TenantScope};

/// A proposal as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its id.
    pub id: String,
    /// The name of its kind.
    pub kind: String,
    /// Whose lead approves it.
    pub department: Department,
    /// The finding that it settles.
    pub finding_id: Option<String>,
    /// The proposal whose effect it takes back.
    pub undoes: Option<String>,
    /// What it moves.
    pub money: Money,
    /// What will happen, or did.
    pub sentence: String,
    /// The name of its state.
    pub state: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// When something last happened to it.
    pub changed_at: Timestamp,
}

/// Which proposals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Those that somebody must decide about or that are being done, the dearest first.
    Open,
    /// Those that are over, the newest first.
    Over,
}

type Row = (
    String,
    String,
    String,
    Option<String>,
    Option<String>,
    i64,
    String,
    String,
    String,
    String,
);

/// Proposals, so many at most.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    store: &Store,
    scope: &TenantScope,
    filter: Filter,
    most: i64,
) -> Result<Vec<Shown>, StoreError> {
    let text = match filter {
        Filter::Open => {
            "SELECT proposal_id, kind, department, finding_id, undoes, money_cents, sentence, state,
                    made_at, changed_at
             FROM proposal
             WHERE tenant_id = $1 AND state IN ('proposed', 'approved', 'executing', 'unknown')
             ORDER BY money_cents DESC, proposal_id LIMIT $2"
        }
        Filter::Over => {
            "SELECT proposal_id, kind, department, finding_id, undoes, money_cents, sentence, state,
                    made_at, changed_at
             FROM proposal
             WHERE tenant_id = $1 AND state NOT IN ('proposed', 'approved', 'executing', 'unknown')
             ORDER BY changed_at DESC, proposal_id LIMIT $2"
        }
    };
    rows(store, scope, text, move |query| query.bind(most)).await
}

/// The proposals of a finding, the newest first.
///
/// # Errors
/// When the store cannot be read.
pub async fn of_finding(
    store: &Store,
    scope: &TenantScope,
    finding_id: &str,
) -> Result<Vec<Shown>, StoreError> {
    let finding_id = finding_id.to_owned();
    let text = "SELECT proposal_id, kind, department, finding_id, undoes, money_cents, sentence,
                       state, made_at, changed_at
                FROM proposal WHERE tenant_id = $1 AND finding_id = $2
                ORDER BY made_at DESC, proposal_id";
    rows(store, scope, text, move |query| query.bind(finding_id)).await
}

async fn rows(
    store: &Store,
    scope: &TenantScope,
    text: &'static str,
    with: impl FnOnce(crate::sql::Query) -> crate::sql::Query + Send + 'static,
) -> Result<Vec<Shown>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<Row> = with(query(text).bind(tx.tenant()))
                    .rows(tx.connection())
                    .await?;
                rows.into_iter().map(shown).collect()
            })
        })
        .await
}

fn shown(row: Row) -> Result<Shown, StoreError> {
    let (id, kind, department, finding_id, undoes, cents, sentence, state, made, changed) = row;
    Ok(Shown {
        id,
        kind,
        department: Department::from_name(&department).ok_or(UNREADABLE)?,
        finding_id,
        undoes,
        money: Money::from_cents(cents),
        sentence,
        state,
        made_at: read_moment(&made)?,
        changed_at: read_moment(&changed)?,
    })
}

/// The newest proposal of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newest {
    /// Its id.
    pub proposal_id: String,
    /// The name of its state.
    pub state: String,
}

/// The newest proposal of every finding that has one.
///
/// # Errors
/// When the store cannot be read.
pub async fn newest_of_findings(
    store: &Store,
    scope: &TenantScope,
) -> Result<BTreeMap<String, Newest>, StoreError> {
    store
        .read(scope, |tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, String)> = query(
                    "SELECT finding_id, proposal_id, state FROM proposal
                     WHERE tenant_id = $1 AND finding_id IS NOT NULL
                     ORDER BY made_at, proposal_id",
                )
                .bind(tx.tenant())
                .rows(tx.connection())
                .await?;
                // Of each finding the last one stays.
                let newest = rows.into_iter().map(|(finding_id, proposal_id, state)| {
                    (finding_id, Newest { proposal_id, state })
                });
                Ok(newest.collect())
            })
        })
        .await
}

/// How many wait for a decision, by department.
///
/// # Errors
/// When the store cannot be read.
pub async fn open_count(
    store: &Store,
    scope: &TenantScope,
) -> Result<Vec<(Department, i64)>, StoreError> {
    store
        .read(scope, |tx| {
            Box::pin(async move {
                let rows: Vec<(String, i64)> = query(
                    "SELECT department, count(*) FROM proposal
                     WHERE tenant_id = $1 AND state = 'proposed'
                     GROUP BY department ORDER BY department",
                )
                .bind(tx.tenant())
                .rows(tx.connection())
                .await?;
                let known = |(name, count): (String, i64)| {
                    Ok((Department::from_name(&name).ok_or(UNREADABLE)?, count))
                };
                rows.into_iter().map(known).collect()
            })
        })
        .await
}

/// What went to a party, or is about to, within seven days, but for one proposal.
///
/// # Errors
/// When the store cannot be read.
pub async fn week(
    store: &Store,
    scope: &TenantScope,
    (party, but_for): (&str, &str),
    now: Timestamp,
) -> Result<Money, StoreError> {
    let (party, but_for) = (party.to_owned(), but_for.to_owned());
    let since = now
        .checked_sub(SignedDuration::from_hours(7 * 24))
        .unwrap_or(Timestamp::MIN);
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let cents: Vec<(i64,)> = query(
                    "SELECT money_cents FROM proposal
                     WHERE tenant_id = $1 AND party = $2 AND proposal_id <> $3 AND changed_at >= $4
                       AND state IN ('approved', 'executing', 'unknown', 'executed')",
                )
                .bind(tx.tenant())
                .bind(party)
                .bind(but_for)
                .bind(moment(since))
                .rows(tx.connection())
                .await?;
                let all = cents.into_iter().map(|(cents,)| Money::from_cents(cents));
                Ok(all.sum())
            })
        })
        .await
}

/// Something that one person approved alone, because there is nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alone {
    /// The proposal's id.
    pub id: String,
    /// What will happen, or did.
    pub sentence: String,
    /// What it moves.
    pub money: Money,
    /// The id of the person.
    pub by: SmolStr,
    /// From when it counts.
    pub counts_from: Timestamp,
}

/// What was approved by one person alone since then, the first first.
///
/// # Errors
/// When the store cannot be read.
pub async fn approved_alone(
    store: &Store,
    scope: &TenantScope,
    since: Timestamp,
) -> Result<Vec<Alone>, StoreError> {
    store
        .read(scope, move |tx| {
            Box::pin(async move {
                let rows: Vec<(String, String, i64, String)> = query(
                    "SELECT p.proposal_id, p.sentence, p.money_cents, e.event
                     FROM proposal_event e
                     JOIN proposal p ON p.tenant_id = e.tenant_id AND p.proposal_id = e.proposal_id
                     WHERE e.tenant_id = $1 AND e.at >= $2
                     ORDER BY e.at, p.proposal_id, e.event_no",
                )
                .bind(tx.tenant())
                .bind(moment(since))
                .rows(tx.connection())
                .await?;
                let found = rows.into_iter().map(|(id, sentence, cents, event)| {
                    let given = match read::<Event>(&event)? {
                        Event::Approve(given) => given,
                        _ => Vec::new(),
                    };
                    let alone = given
                        .into_iter()
                        .find_map(|one| Some((one.waits_until?, one.by)));
                    Ok(alone.map(|(counts_from, by)| Alone {
                        id,
                        sentence,
                        money: Money::from_cents(cents),
                        by,
                        counts_from,
                    }))
                });
                found.filter_map(Result::transpose).collect()
            })
        })
        .await
}

/// The ids of those that a person can still decide about.
pub(super) async fn open_in(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let ids: Vec<(String,)> = query(
        "SELECT proposal_id FROM proposal
         WHERE tenant_id = $1 AND state IN ('proposed', 'approved') ORDER BY proposal_id",
    )
    .bind(tx.tenant())
    .rows(tx.connection())
    .await?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}
