//! The main flow: fetch, mirror, normalise, reconcile, publish, save.
//!
//! A cycle takes no input about what changed. It does the same work every time, and a crash at
//! any line is repaired by the next run: an unfinished cycle is taken up again, a finished one
//! that was not published is followed by the next.

use std::collections::BTreeSet;
use std::time::Instant;

use backoffice::reconcile::result::{Finding, Reconciliation};
use figures::Date;
use figures::source::System;
use jiff::SignedDuration;
use store::StoreError;
use store::decisions;
use store::mirror::{self, Begun, CycleState};
use store::results::{self, NewResult};
use store::worklist::{self, Proof, PublishReport, PublishedFinding, Publishing, Unproven};

use crate::books::Loaded;
use crate::desk::Desk;
use crate::metrics::{CycleEnd, METRICS};
use crate::reading::{self, Watch};
use crate::receipts;

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
    // Durations are from the monotonic clock.
    let began = Instant::now();
    let report = read_and_settle(desk, day, watch).await;
    let outcome = match &report {
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Closed)) => CycleEnd::Stopped,
        Err(_) => CycleEnd::Failed,
        Ok(report) if proof(&report.outcome) == Proof::Everything => CycleEnd::Whole,
        Ok(_) => CycleEnd::Partial,
    };
    METRICS.cycled(outcome, began.elapsed());
    report
}

async fn read_and_settle(desk: &Desk, day: Date, watch: &mut dyn Watch) -> anyhow::Result<Report> {
    let begun = begin(desk).await?;
    for system in [System::Procore, System::QuickBooks] {
        watch.note(&format!("reading {system}"));
        if let Some(reason) = reading::read(desk, &begun, system, day, watch).await? {
            watch.note(&reason);
        }
    }
    let (store, scope, cycle) = (&desk.store, &desk.scope, begun.cycle.number());
    mirror::finish_cycle(store, scope, begun.cycle, day, desk.clock.now()).await?;

    settle(desk, cycle, day, watch).await
}

/// Compares the books of the newest cycle again, with what people have decided since. Does
/// nothing when there is none.
///
/// # Errors
/// When the store fails.
pub async fn compare_newest(desk: &Desk, watch: &mut dyn Watch) -> anyhow::Result<()> {
    let newest = mirror::cycle_as_of(&desk.store, &desk.scope, None).await?;
    if let Some(cycle) = newest
        && let CycleState::Finished { as_of, .. } = cycle.state
    {
        settle(desk, cycle.number, as_of, watch).await?;
    }
    Ok(())
}

/// Normalises, reconciles, publishes and saves what a finished cycle has read.
async fn settle(
    desk: &Desk,
    cycle: i64,
    day: Date,
    watch: &mut dyn Watch,
) -> anyhow::Result<Report> {
    let (store, scope) = (&desk.store, &desk.scope);
    watch.note("comparing the books");
    let loaded = Loaded::from_mirror(store, scope, cycle, day).await?;
    let decisions = desk.decisions().await?;
    let outcome = loaded.reconcile(&decisions);
    let receipts = receipts::of(&loaded, &decisions, &outcome)?;

    let publishing = publishing(cycle, &outcome)?;
    let changes = worklist::publish(store, scope, publishing, desk.clock.now()).await?;
    let body = kept(desk, &outcome).await?;
    let result = NewResult {
        cycle,
        as_of: day,
        body,
        receipts,
    };
    results::save(store, scope, result, desk.clock.now()).await?;
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
