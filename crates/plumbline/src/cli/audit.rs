//! `plumbline audit`: whether the log of who did what is whole, and a copy that anybody can check.

use std::io::BufWriter;
use std::path::Path;

use anyhow::Context;
use gate::chain::Anchor;
use serde::{Deserialize, Serialize};
use store::audit;

use super::arguments::AuditCommand;
use super::tenant::new_file;
use super::{Answer, Global, Status};
use crate::desk::Desk;

pub(super) async fn run(global: &Global, command: AuditCommand) -> anyhow::Result<Answer> {
    let desk = Desk::existing(&global.data()).await?;
    let answer = match command {
        AuditCommand::Verify { anchors } => verify(&desk, anchors.as_deref()).await,
        AuditCommand::Anchor => anchor(&desk).await,
        AuditCommand::Export { out } => export(&desk, &out).await,
    };
    desk.close().await;
    answer
}

/// An anchor as a line of a file.
#[derive(Serialize, Deserialize)]
struct Line {
    tenant: String,
    entries: i64,
    hash: String,
    at: String,
}

async fn verify(desk: &Desk, anchors: Option<&Path>) -> anyhow::Result<Answer> {
    let tenant = desk.scope.tenant_id();
    let anchors = match anchors {
        Some(path) => read(path, tenant)?,
        None => Vec::new(),
    };
    let compared = anchors.len();
    Ok(match audit::verify(&desk.store, &desk.scope, anchors).await? {
        Ok(anchor) => Answer::text(format!(
            "The audit of {tenant} is whole: {} entries, compared with {compared} anchors. The \
             last hash is {}.",
            anchor.entries, anchor.hash
        )),
        Err(broken) => Answer::text(format!(
            "The audit of {tenant} is NOT whole: {broken}. Keep this installation as it is, and \
             compare it with the newest backup."
        ))
        .with_status(Status::Failed),
    })
}

/// The anchors of a tenant in a file of `plumbline audit anchor`'s lines.
fn read(path: &Path, tenant: &str) -> anyhow::Result<Vec<Anchor>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("failed to read {}", path.display()))?;
    let mut anchors = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line: Line = serde_json::from_str(line)
            .with_context(|| format!("{}, line {}: no anchor", path.display(), number + 1))?;
        if line.tenant == tenant {
            anchors.push(Anchor {
                entries: line.entries,
                hash: line.hash,
            });
        }
    }
    Ok(anchors)
}

async fn anchor(desk: &Desk) -> anyhow::Result<Answer> {
    let anchor = audit::verify(&desk.store, &desk.scope, Vec::new()).await??;
    let line = Line {
        tenant: desk.scope.tenant_id().to_owned(),
        entries: anchor.entries,
        hash: anchor.hash,
        at: desk.clock.now().to_string(),
    };
    Ok(Answer::text(serde_json::to_string(&line)?))
}

async fn export(desk: &Desk, out: &Path) -> anyhow::Result<Answer> {
    let file = new_file(out)?;
    let durable = file.try_clone();
    let count = audit::export(&desk.store, &desk.scope, &mut BufWriter::new(file)).await?;
    durable
        .and_then(|file| file.sync_all())
        .with_context(|| format!("failed to write {}", out.display()))?;
    Ok(Answer::text(format!(
        "{count} entries are in {}.",
        out.display()
    )))
}
