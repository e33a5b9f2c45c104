//! What people decided about pairs: confirmed, refused, withdrawn.
//!
//! Decisions are only ever added. The newest one about a pair stands; withdrawing is a decision
//! too. A confirmed pair outranks every score, and no record can be confirmed in two pairs.

use figures::source::SourceRef;
use jiff::Timestamp;

use crate::jobs::{NewJob, enqueue_in};
use crate::mirror::{moment, read_moment};
use crate::sql::query;
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope};

/// Two sets of records, one per system, that a person says belong together or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// `job`, `party`, `cost_code` or `document`.
    pub kind: String,
    /// The Procore side, in order of kind and id.
    pub procore: Vec<SourceRef>,
    /// The QuickBooks side, in order of kind and id.
    pub quickbooks: Vec<SourceRef>,
}

/// What a person said about a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They belong together.
    Confirmed,
    /// They do not.
    Refused,
    /// The person takes the last word back; the matcher decides again.
    Withdrawn,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its number, from 1, in the order in which decisions were made.
    pub number: i64,
    /// What it is about.
    pub pair: Pair,
    /// What was said.
    pub verdict: Verdict,
    /// Who said it, where the caller knows.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Timestamp,
    /// In the person's own words.
    pub note: Option<String>,
}

/// Who decides, and what they say about it.
#[derive(Debug, Clone, Default)]
pub struct Deciding {
    /// Who, where the caller knows.
    pub decided_by: Option<String>,
    /// In their own words.
    pub note: Option<String>,
    /// What is to be done because of it, such as comparing again.
    pub job: Option<NewJob>,
}

impl Pair {
    /// A pair with its sides in order, so that the same records are the same pair.
    ///
    /// # Errors
    /// [`Refusal::EmptyPair`] when a side has no record.
    pub fn try_new(
        kind: &str,
        mut procore: Vec<SourceRef>,
        mut quickbooks: Vec<SourceRef>,
    ) -> Result<Self, Refusal> {
        for side in [&mut procore, &mut quickbooks] {
            side.sort();
            side.dedup();
            if side.is_empty() {
                return Err(Refusal::EmptyPair);
            }
        }
        Ok(Self {
            kind: kind.to_owned(),
            procore,
            quickbooks,
        })
    }

    fn records(&self) -> impl Iterator<Item = &SourceRef> {
        self.procore.iter().chain(&self.quickbooks)
    }
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }

    fn from_name(name: &str) -> Result<Self, StoreError> {
        [Self::Confirmed, Self::Refused, Self::Withdrawn]
            .into_iter()
            .find(|verdict| verdict.name() == name)
            .ok_or(StoreError::Unreadable { what: "decision" })
    }
}

/// Remembers what a person said about a pair; returns the decision. Saying the same again while
/// it stands adds nothing.
///
/// # Errors
/// [`Refusal::AlreadyPaired`] when a record of a pair to confirm is confirmed in another one of
/// the same kind; [`Refusal::NoSuchDecision`] when there is nothing to withdraw.
pub async fn decide(
    store: &Store,
    scope: &TenantScope,
    pair: Pair,
    verdict: Verdict,
    deciding: Deciding,
    now: Timestamp,
) -> Result<Decision, StoreError> {
    store
        .tx(scope, move |tx| {
            Box::pin(decide_in(tx, pair, verdict, deciding, now))
        })
        .await
}

async fn decide_in(
    tx: &mut Tx,
    pair: Pair,
    verdict: Verdict,
    deciding: Deciding,
    now: Timestamp,
) -> Result<Decision, StoreError> {
    let standing = standing_in(tx).await?;
    match standing.iter().find(|decision| decision.pair == pair) {
        Some(same) if same.verdict == verdict => return Ok(same.clone()),
        None if verdict == Verdict::Withdrawn => return Err(Refusal::NoSuchDecision.into()),
        _ => {}
    }
    if verdict == Verdict::Confirmed {
        refuse_second_partner(&pair, &standing)?;
    }
    let number: i64 = query(
        "INSERT INTO decision (tenant_id, decision_no, kind, verdict, procore, quickbooks,
                               decided_by, decided_at, note)
         SELECT $1, coalesce(max(decision_no), 0) + 1, $2, $3, $4, $5, $6, $7, $8
         FROM decision WHERE tenant_id = $1
         RETURNING decision_no",
    )
    .bind(tx.tenant())
    .bind(&pair.kind)
    .bind(verdict.name())
    .bind(refs_text(&pair.procore)?)
    .bind(refs_text(&pair.quickbooks)?)
    .bind(&deciding.decided_by)
    .bind(moment(now))
    .bind(&deciding.note)
    .value(tx.connection())
    .await?;
    let Deciding {
        decided_by,
        note,
        job,
    } = deciding;
    if let Some(job) = job {
        enqueue_in(tx, job).await?;
    }
    Ok(Decision {
        number,
        pair,
        verdict,
        decided_by,
        decided_at: now,
        note,
    })
}

fn refuse_second_partner(pair: &Pair, standing: &[Decision]) -> Result<(), Refusal> {
    let others = standing.iter().filter(|other| {
        other.verdict == Verdict::Confirmed && other.pair.kind == pair.kind && other.pair != *pair
    });
    for other in others {
        if let Some(record) = pair
            .records()
            .find(|record| other.pair.records().any(|r| r == *record))
        {
            return Err(Refusal::AlreadyPaired {
                record: record.to_string(),
                decision: other.number,
            });
        }
    }
    Ok(())
}

/// The decisions that stand (confirmed or refused), in the order in which they were made.
///
/// # Errors
/// When the store cannot be read.
pub async fn standing(store: &Store, scope: &TenantScope) -> Result<Vec<Decision>, StoreError> {
    store.read(scope, |tx| Box::pin(standing_in(tx))).await
}

/// Every decision ever made, oldest first.
///
/// # Errors
/// When the store cannot be read.
pub async fn history(store: &Store, scope: &TenantScope) -> Result<Vec<Decision>, StoreError> {
    store
        .read(scope, |tx| {
            Box::pin(async move {
                let rows = query(
                    "SELECT decision_no, kind, verdict, procore, quickbooks, decided_by,
                            decided_at, note
                     FROM decision WHERE tenant_id = $1 ORDER BY decision_no",
                )
                .bind(tx.tenant())
                .rows(tx.connection())
                .await?;
                rows.into_iter().map(decision_from).collect()
            })
        })
        .await
}

async fn standing_in(tx: &mut Tx) -> Result<Vec<Decision>, StoreError> {
    let rows = query(
        "SELECT decision_no, kind, verdict, procore, quickbooks, decided_by, decided_at, note
         FROM decision AS this
         WHERE tenant_id = $1 AND verdict <> 'withdrawn' AND NOT EXISTS (
             SELECT 1 FROM decision AS later
             WHERE later.tenant_id = this.tenant_id AND later.kind = this.kind
               AND later.procore = this.procore AND later.quickbooks = this.quickbooks
               AND later.decision_no > this.decision_no)
         ORDER BY decision_no",
    )
    .bind(tx.tenant())
    .rows(tx.connection())
    .await?;
    rows.into_iter().map(decision_from).collect()
}

type DecisionRow = (
    i64,
    String,
    String,
    String,
    String,
    Option<String>,
    String,
    Option<String>,
);

fn decision_from(row: DecisionRow) -> Result<Decision, StoreError> {
    let (number, kind, verdict, procore, quickbooks, decided_by, decided_at, note) = row;
    let pair = Pair {
        kind,
        procore: refs_from(&procore)?,
        quickbooks: refs_from(&quickbooks)?,
    };
    let decided_at = read_moment(&decided_at)?;
    let verdict = Verdict::from_name(&verdict)?;
    Ok(Decision {
        number,
        pair,
        verdict,
        decided_by,
        decided_at,
        note,
    })
}

fn refs_text(refs: &[SourceRef]) -> Result<String, StoreError> {
    serde_json::to_string(refs).map_err(|_| StoreError::Unreadable { what: "decision" })
}

fn refs_from(text: &str) -> Result<Vec<SourceRef>, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable { what: "decision" })
}
