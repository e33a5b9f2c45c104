//! The main flow: fetch, mirror, normalise, reconcile, publish, save, propose.
//!
//! A cycle takes no input about what changed. It does the same work every time, and a crash at
//! any line is repaired by the next run: an unfinished cycle is taken up again, a finished one
//! that was not published is published, or followed by the next. Worklist, result and the job that
//! asked for them are written in one transaction.

use std::collections::BTreeSet;
use std::time::Instant;

use backoffice::reconcile::result::{Finding, Reconciliation};
use figures::Date;
use figures::source::System;
use jiff::SignedDuration;
use store::StoreError;
use store::decisions;
use store::jobs::{self, Lease};
use store::mirror::{self, Begun, CycleState};
use store::results::{self, NewResult};
use store::worklist::{Proof, PublishReport, PublishedFinding, Publishing, Unproven};

use crate::books::Loaded;
use crate::desk::Desk;
use crate::metrics::{CycleEnd, METRICS};
use crate::propose;
use crate::reading::{self, Watch};
use crate::receipts;
use crate::web::tenant_view;

/// What a cycle came to.
#[derive(Debug)]
pub struct Report {
    /// Its number.
    pub cycle: i64,
    /// The books it was computed from.
    pub loaded: Loaded,
    /// What the comparison says.
    pub outcome: Reconciliation,
    /// What it changed on the worklist.
    pub changes: PublishReport,
}

/// Reads both systems and brings the worklist up to date.
///
/// # Errors
/// When the store fails. A vendor that fails is part of the outcome: what needs it is refused.
pub async fn run(desk: &Desk, day: Date, watch: &mut dyn Watch) -> anyhow::Result<Report> {
    run_holding(desk, None, day, watch).await
}

/// The same while a job is held, which is completed with the publication.
///
/// # Errors
/// As [`run`]; and when the job is another worker's by now: nothing is published then.
pub async fn run_holding(
    desk: &Desk,
    lease: Option<Lease>,
    day: Date,
    watch: &mut dyn Watch,
) -> anyhow::Result<Report> {
    // Durations are from the monotonic clock.
    let began = Instant::now();
    let report = match read(desk, day, watch).await {
        Ok(cycle) => settle(desk, cycle, day, lease, watch).await,
        Err(error) => Err(error),
    };
    let outcome = match &report {
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Closed)) => CycleEnd::Stopped,
        Err(_) => CycleEnd::Failed,
        Ok(report) if proof(&report.outcome) == Proof::Everything => CycleEnd::Whole,
        Ok(_) => CycleEnd::Partial,
    };
    METRICS.cycled(outcome, began.elapsed());
    report
}

/// A worker's run. Where the worker before was lost between reading and publishing, what it read
/// is published.
///
/// # Errors
/// As [`run_holding`].
pub async fn run_for(
    desk: &Desk,
    lease: Lease,
    day: Date,
    watch: &mut dyn Watch,
) -> anyhow::Result<()> {
    let report = match unpublished(desk, &lease).await? {
        Some((cycle, day)) => settle(desk, cycle, day, Some(lease), watch).await,
        None => run_holding(desk, Some(lease), day, watch).await,
    };
    report.map(drop)
}

/// Compares the books of the newest cycle again for a job, with what people have decided since.
///
/// # Errors
/// As [`run_holding`].
pub async fn compare_for(desk: &Desk, lease: Lease, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let newest = mirror::cycle_as_of(&desk.store, &desk.scope, None).await?;
    match newest.map(|cycle| (cycle.number, cycle.state)) {
        Some((number, CycleState::Finished { as_of, .. })) => {
            settle(desk, number, as_of, Some(lease), watch)
                .await
                .map(drop)
        }
        _ => Ok(jobs::complete(&desk.store, &desk.scope, lease).await?),
    }
}

/// Reads both systems into a cycle and finishes it; returns its number.
async fn read(desk: &Desk, day: Date, watch: &mut dyn Watch) -> anyhow::Result<i64> {
    let begun = begin(desk).await?;
    for system in [System::Procore, System::QuickBooks] {
        watch.note(&format!("reading {system}"));
        if let Some(reason) = reading::read(desk, &begun, system, day, watch).await? {
            watch.note(&reason);
        }
    }
    let (store, scope, cycle) = (&desk.store, &desk.scope, begun.cycle.number());
    mirror::finish_cycle(store, scope, begun.cycle, day, desk.clock.now()).await?;
    Ok(cycle)
}

/// What the worker before us had read when it was lost, unless it is too old by now.
async fn unpublished(desk: &Desk, lease: &Lease) -> anyhow::Result<Option<(i64, Date)>> {
    if lease.attempt == 1 {
        return Ok(None);
    }
    let cycles = mirror::cycles(&desk.store, &desk.scope).await?;
    let Some(newest) = cycles.first() else {
        return Ok(None);
    };
    let CycleState::Finished { as_of, at } = newest.state else {
        return Ok(None);
    };
    let is_old = desk.clock.now().duration_since(at) > RESUME_WITHIN;
    let known = results::newest(&desk.store, &desk.scope, Some(newest.number)).await?;
    Ok((known.is_none() && !is_old).then_some((newest.number, as_of)))
}

/// Normalises, reconciles, publishes and saves what a finished cycle has read.
async fn settle(
    desk: &Desk,
    cycle: i64,
    day: Date,
    lease: Option<Lease>,
    watch: &mut dyn Watch,
) -> anyhow::Result<Report> {
    let (store, scope) = (&desk.store, &desk.scope);
    watch.note("comparing the books");
    let loaded = Loaded::from_mirror(store, scope, cycle, day).await?;
    let decisions = desk.decisions().await?;
    let outcome = loaded.reconcile(&decisions);
    let receipts = receipts::of(&loaded, &decisions, &outcome)?;

    let publishing = publishing(cycle, &outcome)?;
    let body = kept(desk, &outcome).await?;
    let result = NewResult {
        cycle,
        as_of: day,
        body,
        receipts,
    };
    let now = desk.clock.now();
    let changes = store::conclude(store, scope, publishing, result, lease, now).await?;
    // What follows from what is published; a run that is cut off here is made up for by the next one,
    // and until then the screens make the names from the mirror.
    tenant_view::keep(desk, cycle, &loaded).await?;
    propose::propose(desk, cycle, &loaded, &outcome).await?;
    Ok(Report {
        cycle,
        loaded,
        outcome,
        changes,
    })
}

/// The outcome as it is kept: with the number of the newest decision, because the same findings
/// after another decision are another result, and the newest result is the one that is shown.
async fn kept(desk: &Desk, outcome: &Reconciliation) -> anyhow::Result<String> {
    let decided = decisions::history(&desk.store, &desk.scope).await?;
    let newest = decided.last().map_or(0, |decision| decision.number);
    let mut body = serde_json::to_string(outcome)?;
    // An object ends in its brace.
    body.pop();
    body.push_str(&format!(",\"decisions\":{newest}}}"));
    Ok(body)
}

/// A cycle that was left unfinished longer ago than this is given up: what it read first is too
/// old to be compared with what is read now.
const RESUME_WITHIN: SignedDuration = SignedDuration::from_hours(1);

async fn begin(desk: &Desk) -> anyhow::Result<Begun> {
    let (store, scope, now) = (&desk.store, &desk.scope, desk.clock.now());
    let begun = mirror::begin_cycle(store, scope, now).await?;
    let known = mirror::cycle(store, scope, begun.cycle.number()).await?;
    let is_old = known.is_some_and(|cycle| now.duration_since(cycle.started_at) > RESUME_WITHIN);
    if !begun.resumed || !is_old {
        return Ok(begun);
    }
    mirror::abandon_cycle(store, scope, begun.cycle, now).await?;
    Ok(mirror::begin_cycle(store, scope, now).await?)
}

/// The findings as the worklist keeps them, in their order.
fn publishing(cycle: i64, outcome: &Reconciliation) -> anyhow::Result<Publishing> {
    let findings = outcome.findings.iter().zip(0_i64..);
    let findings = findings.map(|(finding, rank)| published(finding, rank));
    Ok(Publishing {
        cycle,
        as_of: outcome.as_of,
        findings: findings.collect::<Result<_, _>>()?,
        proof: proof(outcome),
    })
}

fn published(finding: &Finding, rank: i64) -> serde_json::Result<PublishedFinding> {
    let touched: BTreeSet<i64> = finding
        .effects
        .iter()
        .map(|effect| effect.project_id)
        .filter(|id| Some(*id) != finding.project_id)
        .collect();
    Ok(PublishedFinding {
        id: finding.id.to_string(),
        check: finding.check.to_owned(),
        project_id: finding.project_id,
        also_touches: touched.into_iter().collect(),
        customer_id: finding.customer_id.as_ref().map(ToString::to_string),
        amount_cents: Some(finding.amount.cents()),
        severity: rank,
        body: serde_json::to_string(finding)?,
    })
}

/// Resources that no check reads: that they could not be read proves nothing either way.
const READ_BY_NO_CHECK: [&str; 15] = [
    "insurances",
    "users",
    "people",
    "line_item_types",
    "manpower_logs",
    "schedule_tasks",
    "observations",
    "punch_items",
    "rfis",
    "submittals",
    "documents",
    "Attachable",
    "Employee",
    "TaxCode",
    "TaxRate",
];

/// What the absence of a finding means: proven gone, unless a part of the books was not whole.
fn proof(outcome: &Reconciliation) -> Proof {
    if !outcome.not_connected.is_empty() {
        return Proof::Nothing;
    }
    let gaps = outcome
        .incomplete
        .iter()
        .map(|gap| (&gap.resource, gap.project_id));
    let spots = outcome
        .blind_spots
        .iter()
        .map(|spot| (&spot.resource, spot.project_id));
    let unproven: BTreeSet<Unproven> = gaps
        .chain(spots)
        .filter(|(resource, _)| !READ_BY_NO_CHECK.contains(&resource.as_str()))
        .map(|(_, project_id)| Unproven {
            project_id,
            check: None,
        })
        .collect();
    if unproven.is_empty() {
        Proof::Everything
    } else {
        Proof::Except(unproven.into_iter().collect())
    }
}
