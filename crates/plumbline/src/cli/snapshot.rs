//! `plumbline snapshot export`: a cycle of the mirror as a folder that anyone can replay.

use std::path::Path;

use connectors::quickbooks::client::MINOR_VERSION;
use connectors::snapshot::{self, Head, ProcoreHead, QuickBooksHead};
use figures::SmolStr;
use figures::source::System;
use store::mirror::{self, Captured};

use super::reconcile::finished;
use super::{Answer, Global};
use crate::desk::Desk;
use crate::refused::Refused;

pub(super) async fn export(global: &Global, dir: &Path) -> anyhow::Result<Answer> {
    let desk = Desk::existing(&global.data()).await?;
    let written = write(&desk, global, dir).await;
    desk.close().await;
    written.map(Answer::text)
}

async fn write(desk: &Desk, global: &Global, dir: &Path) -> anyhow::Result<String> {
    let (store, scope) = (&desk.store, &desk.scope);
    let newest = mirror::cycle_as_of(store, scope, global.as_of).await?;
    let Some((cycle, day, _)) = newest.and_then(finished) else {
        return Err(Refused::new("The books were not read yet. Run `plumbline cycle`.").into());
    };
    let completeness = mirror::completeness(store, scope, cycle).await?;
    if let Some(gap) = completeness.incomplete.first() {
        return Err(Refused::new(format!(
            "Cycle {cycle} did not read everything ({} {}: {}), and a snapshot cannot say so. Run \
             `plumbline cycle` and export again.",
            gap.system, gap.resource, gap.reason
        ))
        .into());
    }
    let captured = mirror::captured(store, scope, cycle).await?;
    let of = |system: System| captured.iter().find(|one: &&Captured| one.system == system);
    let procore = match of(System::Procore) {
        Some(one) => Some(ProcoreHead {
            company_id: one.account_id.parse()?,
            captured_at: one.captured_at.to_string(),
            blind_spots: completeness.blind_spots,
        }),
        None => None,
    };
    let head = Head {
        format: 1,
        as_of: global.as_of.unwrap_or(day),
        time_zone: desk.settings.time_zone.clone(),
        procore,
        quickbooks: of(System::QuickBooks).map(|one| QuickBooksHead {
            realm_id: SmolStr::new(&one.account_id),
            minorversion: Some(MINOR_VERSION),
            captured_at: one.captured_at.to_string(),
        }),
    };
    let mut records = mirror::read_as_of(store, scope, cycle)
        .await?
        .collect()
        .await?;
    records.retain(|record| of(record.system).is_some());
    let count = records.len();
    snapshot::write(dir, &head, records)?;
    Ok(format!(
        "{count} records of cycle {cycle}, as of {}, written to {}.\n",
        head.as_of,
        dir.display()
    ))
}
