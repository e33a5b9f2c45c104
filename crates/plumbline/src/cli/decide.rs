//! `plumbline decide`: what a person says about a pair, remembered and outranking every score.

use anyhow::{Context, bail};
use figures::SmolStr;
use figures::source::{SourceRef, System};
use store::decisions::{self, Deciding, Pair, Verdict};

use super::arguments::{DecideArguments, DecideCommand};
use super::{Answer, Global};
use crate::desk::Desk;
use crate::work;

pub(super) async fn run(global: &Global, command: DecideCommand) -> anyhow::Result<Answer> {
    let (arguments, verdict, said) = match command {
        DecideCommand::Confirm(arguments) => (arguments, Verdict::Confirmed, "are the same"),
        DecideCommand::Refuse(arguments) => (arguments, Verdict::Refused, "are not the same"),
        DecideCommand::Undo(arguments) => (
            arguments,
            Verdict::Withdrawn,
            "are for the matcher to decide again",
        ),
    };
    let pair = pair(&arguments)?;
    let desk = Desk::existing(&global.data()).await?;
    let deciding = Deciding {
        decided_by: arguments.by,
        note: arguments.note,
        job: Some(work::comparison()),
    };
    let now = desk.clock.now();
    let decided = decisions::decide(&desk.store, &desk.scope, pair, verdict, deciding, now).await;
    desk.close().await;
    let number = decided?.number;
    Ok(Answer::text(format!(
        "Decision {number}: {} and {} {said}. The next cycle and every `reconcile` follow it.\n",
        arguments.procore, arguments.quickbooks
    )))
}

fn pair(arguments: &DecideArguments) -> anyhow::Result<Pair> {
    let procore = records(System::Procore, &arguments.procore)?;
    let quickbooks = records(System::QuickBooks, &arguments.quickbooks)?;
    Ok(Pair::try_new(&arguments.kind, procore, quickbooks)?)
}

/// Reads `requisition:5510012,requisition:5510013`.
fn records(system: System, text: &str) -> anyhow::Result<Vec<SourceRef>> {
    text.split(',')
        .map(|part| {
            let (kind, id) = part.trim().split_once(':').with_context(|| {
                format!("failed to read `{part}`: a record is written as kind:id, such as Bill:145")
            })?;
            if kind.is_empty() || id.is_empty() {
                bail!("`{part}` names no record: it is written as kind:id, such as Bill:145");
            }
            Ok(SourceRef {
                system,
                kind: SmolStr::new(kind),
                id: SmolStr::new(id),
            })
        })
        .collect()
}
