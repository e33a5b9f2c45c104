//! `plumbline cycle`: reads both systems and brings the worklist up to date.

use store::mirror;

use super::progress::Screen;
use super::reconcile::Compared;
use super::{Answer, Format, Global, Status};
use crate::cycle::{self, Report};
use crate::desk::Desk;

pub(super) async fn run(global: &Global) -> anyhow::Result<Answer> {
    let desk = Desk::existing(&global.data()).await?;
    let day = desk.day(global.as_of)?;
    let report = cycle::run(&desk, day, &mut Screen::new()).await?;
    let answer = answer(&desk, global, report).await;
    desk.close().await;
    answer
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
