//! Publishing the findings of one run.

use std::collections::{BTreeMap, BTreeSet};

use figures::Date;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mirror::moment;
use crate::sql::{batches, over_rows, query};
use crate::tx::Tx;
use crate::{Refusal, Store, StoreError, TenantScope};

/// A finding as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFinding {
    /// The id that the same disagreement has in every cycle.
    pub id: String,
    /// The check, by its catalogue code and name.
    pub check: String,
    /// The job it is listed under, if any.
    pub project_id: Option<i64>,
    /// Other jobs that it touches.
    pub also_touches: Vec<i64>,
    /// The QuickBooks customer, if any.
    pub customer_id: Option<String>,
    /// How much it is about, in cents, if it is about an amount.
    pub amount_cents: Option<i64>,
    /// Its rank by the stated rule; 0 is the most severe.
    pub severity: i64,
    /// The whole finding as JSON text.
    pub body: String,
}

/// What the run behind a publication could prove about findings that are not there any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// Both books were read whole: what is not found is gone.
    Everything,
    /// Whole but for these parts.
    Except(Vec<Unproven>),
    /// Nothing: a system is not connected, stale or unreadable.
    Nothing,
}

/// A part of the work that could not be proven.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unproven {
    /// The job whose records were not whole; every job when there is none.
    pub project_id: Option<i64>,
    /// The check that could not be sure; every check when there is none.
    pub check: Option<String>,
}

/// One publication.
#[derive(Debug, Clone)]
pub struct Publishing {
    /// The cycle whose records the run was computed from.
    pub cycle: i64,
    /// The day it is true for.
    pub as_of: Date,
    /// The findings in the order in which they are to be shown.
    pub findings: Vec<PublishedFinding>,
    /// What absence means.
    pub proof: Proof,
}

/// What a publication changed, by finding id in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishReport {
    /// New on the list.
    pub opened: Vec<String>,
    /// Still there.
    pub kept: Vec<String>,
    /// Those of the kept whose text or amount changed.
    pub changed: Vec<String>,
    /// Proven gone.
    pub cleared: Vec<String>,
    /// Back after having been cleared.
    pub reopened: Vec<String>,
    /// Not found again, but not proven gone either; they stay on the list.
    pub unproven: Vec<String>,
}

/// Publishes the findings of a run. Publishing the same again changes nothing.
///
/// # Errors
/// [`Refusal::UnknownCycle`], [`Refusal::OlderThanPublished`] or [`Refusal::FindingTwice`]; the
/// list stays as it was.
pub async fn publish(
    store: &Store,
    scope: &TenantScope,
    publishing: Publishing,
    now: Timestamp,
) -> Result<PublishReport, StoreError> {
    store
        .tx(scope, move |tx| Box::pin(publish_in(tx, publishing, now)))
        .await
}

pub(crate) async fn publish_in(
    tx: &mut Tx,
    publishing: Publishing,
    now: Timestamp,
) -> Result<PublishReport, StoreError> {
    refuse_older(tx, publishing.cycle).await?;
    refuse_repeats(&publishing.findings)?;
    let known = known_items(tx).await?;
    let number = add_publication(tx, &publishing, now).await?;
    let (report, events) = compare(&known, &publishing);
    write_findings(tx, number, publishing.findings).await?;
    clear(tx, number, &report.cleared).await?;
    write_events(tx, number, events).await?;
    Ok(report)
}

async fn refuse_older(tx: &mut Tx, cycle: i64) -> Result<(), StoreError> {
    let (exists, newest): (bool, Option<i64>) = query(
        "SELECT EXISTS (SELECT 1 FROM cycle WHERE tenant_id = $1 AND cycle_no = $2),
                (SELECT max(cycle_no) FROM publication WHERE tenant_id = $1)",
    )
    .bind(tx.tenant())
    .bind(cycle)
    .row(tx.connection())
    .await?;
    if !exists {
        return Err(Refusal::UnknownCycle { cycle }.into());
    }
    match newest {
        Some(newest) if newest > cycle => Err(Refusal::OlderThanPublished { cycle, newest }.into()),
        _ => Ok(()),
    }
}

fn refuse_repeats(findings: &[PublishedFinding]) -> Result<(), Refusal> {
    let mut ids = BTreeSet::new();
    match findings.iter().find(|finding| !ids.insert(&finding.id)) {
        Some(finding) => Err(Refusal::FindingTwice {
            id: finding.id.clone(),
        }),
        None => Ok(()),
    }
}

/// What is needed of an item to compare it with a run.
struct Known {
    open: bool,
    check: String,
    project_id: Option<i64>,
    also_touches: Vec<i64>,
    amount_cents: Option<i64>,
    body: String,
}

type KnownRow = (
    String,
    String,
    String,
    Option<i64>,
    String,
    Option<i64>,
    String,
);

async fn known_items(tx: &mut Tx) -> Result<BTreeMap<String, Known>, StoreError> {
    let rows: Vec<KnownRow> = query(
        "SELECT finding_id, state, check_code, project_id, also_touches, amount_cents, body
         FROM finding WHERE tenant_id = $1",
    )
    .bind(tx.tenant())
    .rows(tx.connection())
    .await?;
    rows.into_iter()
        .map(
            |(id, state, check, project_id, also_touches, amount_cents, body)| {
                let also_touches = serde_json::from_str(&also_touches)
                    .map_err(|_| StoreError::Unreadable { what: "finding" })?;
                let open = state == "open";
                Ok((
                    id,
                    Known {
                        open,
                        check,
                        project_id,
                        also_touches,
                        amount_cents,
                        body,
                    },
                ))
            },
        )
        .collect()
}

struct NewEvent {
    id: String,
    event: &'static str,
    amount_cents: Option<i64>,
}

fn compare(
    known: &BTreeMap<String, Known>,
    publishing: &Publishing,
) -> (PublishReport, Vec<NewEvent>) {
    let mut report = PublishReport::default();
    let mut events = Vec::new();
    let found: BTreeMap<&str, &PublishedFinding> = publishing
        .findings
        .iter()
        .map(|finding| (finding.id.as_str(), finding))
        .collect();
    for (id, finding) in &found {
        let (id, amount_cents) = ((*id).to_owned(), finding.amount_cents);
        let event = match known.get(&id) {
            None => {
                report.opened.push(id.clone());
                "opened"
            }
            Some(item) if !item.open => {
                report.reopened.push(id.clone());
                "reopened"
            }
            Some(item) => {
                report.kept.push(id.clone());
                if item.body == finding.body && item.amount_cents == amount_cents {
                    continue;
                }
                report.changed.push(id.clone());
                "changed"
            }
        };
        events.push(NewEvent {
            id,
            event,
            amount_cents,
        });
    }
    let missing = known
        .iter()
        .filter(|(id, item)| item.open && !found.contains_key(id.as_str()));
    for (id, item) in missing {
        if publishing.proof.covers(item) {
            report.cleared.push(id.clone());
            let (id, amount_cents) = (id.clone(), item.amount_cents);
            events.push(NewEvent {
                id,
                event: "cleared",
                amount_cents,
            });
        } else {
            report.unproven.push(id.clone());
        }
    }
    (report, events)
}

impl Proof {
    /// Whether the absence of the item proves that it is gone.
    fn covers(&self, item: &Known) -> bool {
        match self {
            Self::Everything => true,
            Self::Nothing => false,
            Self::Except(parts) => !parts.iter().any(|part| part.may_hide(item)),
        }
    }
}

impl Unproven {
    /// Whether the item could still be there, hidden in this part. An item that is listed under
    /// no job may lie in any.
    fn may_hide(&self, item: &Known) -> bool {
        let check = self.check.as_ref().is_none_or(|check| *check == item.check);
        let job = match (self.project_id, item.project_id) {
            (None, _) | (_, None) => true,
            (Some(job), Some(own)) => job == own || item.also_touches.contains(&job),
        };
        check && job
    }
}

async fn add_publication(
    tx: &mut Tx,
    publishing: &Publishing,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let proof = serde_json::to_string(&publishing.proof)
        .map_err(|_| StoreError::Unreadable { what: "proof" })?;
    query(
        "INSERT INTO publication (tenant_id, publication_no, cycle_no, as_of, proof, published_at)
         SELECT $1, coalesce(max(publication_no), 0) + 1, $2, $3, $4, $5
         FROM publication WHERE tenant_id = $1
         RETURNING publication_no",
    )
    .bind(tx.tenant())
    .bind(publishing.cycle)
    .bind(publishing.as_of.to_string())
    .bind(proof)
    .bind(moment(now))
    .value(tx.connection())
    .await
}

async fn write_findings(
    tx: &mut Tx,
    number: i64,
    findings: Vec<PublishedFinding>,
) -> Result<(), StoreError> {
    let placed: Vec<(usize, PublishedFinding)> = findings.into_iter().enumerate().collect();
    for batch in batches(placed) {
        let mut query = over_rows(
            "INSERT INTO finding (tenant_id, state, opened_in, last_seen_in, finding_id,
                                  check_code, project_id, also_touches, customer_id, amount_cents,
                                  severity, position, body)
             SELECT {1}, 'open', {2}, {2}, column1, column2, column3, column4, column5, column6,
                    column7, column8, column9
             FROM (VALUES {rows}) AS page WHERE true
             ON CONFLICT (tenant_id, finding_id)
             DO UPDATE SET state = 'open', cleared_in = NULL,
                           last_seen_in = excluded.last_seen_in,
                           check_code = excluded.check_code, project_id = excluded.project_id,
                           also_touches = excluded.also_touches,
                           customer_id = excluded.customer_id,
                           amount_cents = excluded.amount_cents, severity = excluded.severity,
                           position = excluded.position, body = excluded.body",
            9,
            batch.len(),
        );
        for (position, finding) in batch {
            let also_touches = serde_json::to_string(&finding.also_touches)
                .map_err(|_| StoreError::Unreadable { what: "finding" })?;
            query = query
                .bind(finding.id)
                .bind(finding.check)
                .bind(finding.project_id)
                .bind(also_touches)
                .bind(finding.customer_id)
                .bind(finding.amount_cents)
                .bind(finding.severity)
                .bind(i64::try_from(position).unwrap_or(i64::MAX))
                .bind(finding.body);
        }
        query
            .bind(tx.tenant())
            .bind(number)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

async fn clear(tx: &mut Tx, number: i64, ids: &[String]) -> Result<(), StoreError> {
    for batch in batches(ids.to_vec()) {
        let mut query = over_rows(
            "UPDATE finding SET state = 'cleared', cleared_in = {2}
             WHERE tenant_id = {1} AND finding_id IN (SELECT column1 FROM (VALUES {rows}) AS page)",
            1,
            batch.len(),
        );
        for id in batch {
            query = query.bind(id);
        }
        query
            .bind(tx.tenant())
            .bind(number)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

async fn write_events(tx: &mut Tx, number: i64, events: Vec<NewEvent>) -> Result<(), StoreError> {
    for batch in batches(events) {
        let mut query = over_rows(
            "INSERT INTO finding_event (tenant_id, publication_no, finding_id, event,
                                        amount_cents)
             SELECT {1}, {2}, column1, column2, column3 FROM (VALUES {rows}) AS page",
            3,
            batch.len(),
        );
        for event in batch {
            query = query
                .bind(event.id)
                .bind(event.event)
                .bind(event.amount_cents);
        }
        query
            .bind(tx.tenant())
            .bind(number)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}
