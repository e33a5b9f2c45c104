//! `plumbline cycle`: reads both systems and brings the worklist up to date.

use figures::Date;
use store::{Refusal, StoreError, jobs, mirror};

use super::progress::Screen;
use super::reconcile::Compared;
use super::{Answer, Format, Global, Status};
use crate::cycle::{self, Report};
use crate::desk::Desk;
use crate::refused::Refused;
use crate::work;

pub(super) async fn run(global: &Global) -> anyhow::Result<Answer> {
    let desk = Desk::existing(&global.data()).await?;
    let day = desk.day(global.as_of)?;
    let answer = match read(&desk, day).await {
        Ok(report) => answer(&desk, global, report).await,
        Err(error) => Err(error),
    };
    desk.close().await;
    answer
}

/// Reads as a worker does: while nobody else works on the same books.
async fn read(desk: &Desk, day: Date) -> anyhow::Result<Report> {
    let (store, scope) = (&desk.store, &desk.scope);
    let job = work::reading(work::Cause::Person);
    let taken = jobs::take_up(store, scope, job, &store.holder(), work::LEASE).await;
    let lease = match taken {
        Err(StoreError::Refused(refusal @ Refusal::Busy)) => {
            return Err(Refused::new(format!("Nothing was done: {refusal}.")).into());
        }
        taken => taken?,
    };
    let mut screen = Screen::new();
    let reading = cycle::run_holding(desk, Some(lease.clone()), day, &mut screen);
    work::while_held(desk, &lease, work::LEASE, reading)
        .await
        .unwrap_or_else(|| {
            Err(anyhow::anyhow!(
                "another process has taken the reading over"
            ))
        })
}

async fn answer(desk: &Desk, global: &Global, report: Report) -> anyhow::Result<Answer> {
    let calls = mirror::meter_readings(&desk.store, &desk.scope, report.cycle).await?;
    let changes = &report.changes;
    let compared = Compared {
        jobs: report.loaded.job_names(),
        outcome: report.outcome,
    };
    let text = match global.format {
        Format::Json => serde_json::to_string(&serde_json::json!({
            "cycle": report.cycle,
            "as_of": compared.outcome.as_of,
            "opened": changes.opened,
            "kept": changes.kept,
            "changed": changes.changed,
            "cleared": changes.cleared,
            "reopened": changes.reopened,
            "unproven": changes.unproven,
            "refused": compared.outcome.refused,
            "calls": calls
                .iter()
                .map(|one| {
                    serde_json::json!({
                        "system": one.system, "meter": one.meter, "count": one.count,
                    })
                })
                .collect::<Vec<_>>(),
        }))?,
        Format::Table | Format::Csv | Format::Xlsx => {
            let calls: Vec<String> = calls
                .iter()
                .map(|one| format!("{} {} of {}", one.count, one.meter, one.system))
                .collect();
            format!(
                "Cycle {}, as of {}: {} opened, {} kept ({} changed), {} cleared, {} reopened, \
                 {} not provable.\n{}\n",
                report.cycle,
                compared.outcome.as_of,
                changes.opened.len(),
                changes.kept.len(),
                changes.changed.len(),
                changes.cleared.len(),
                changes.reopened.len(),
                changes.unproven.len(),
                if calls.is_empty() {
                    "No calls were made.".to_owned()
                } else {
                    calls.join(", ")
                },
            )
        }
    };
    let status = match compared.status() {
        Status::Findings if changes.opened.is_empty() && changes.kept.is_empty() => Status::Done,
        other => other,
    };
    Ok(Answer::text(text)
        .with_notes(compared.notes())
        .with_status(status))
}
