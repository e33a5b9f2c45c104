//! `plumbline audit`: whether the log of who did what is whole, and a copy that anybody can check.

use std::io::BufWriter;
use std::path::Path;

use anyhow::Context;
use askama::Template;
use gate::chain::Anchor;
use serde::{Deserialize, Serialize};
use store::audit;
use store::control::history;

use super::arguments::AuditCommand;
use super::tenant::new_file;
use super::{Answer, Global, Status};
use crate::desk::Desk;
use crate::witness;

pub(super) async fn run(global: &Global, command: AuditCommand) -> anyhow::Result<Answer> {
    let desk = Desk::existing(&global.data()).await?;
    // A chain that is forged already is not added to before it is looked at.
    if !matches!(command, AuditCommand::Verify { .. }) {
        witness::take_in(&desk).await?;
    }
    let answer = match command {
        AuditCommand::Verify { anchors } => verify(&desk, anchors.as_deref()).await,
        AuditCommand::Anchor => anchor(&desk).await,
        AuditCommand::Export { out, page: false } => export(&desk, &out).await,
        AuditCommand::Export { out, page: true } => printed(&desk, &out).await,
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
    let whole = audit::verify(&desk.store, &desk.scope, anchors).await?;
    let gone = witness::no_longer_said(desk).await?;
    if let (Ok(_), Some(first)) = (&whole, gone.first()) {
        return Ok(Answer::text(format!(
            "The audit of {tenant} is whole, but the control data no longer say {} of what it holds \
             about people; the first is {} of {}, {}. Somebody wrote them anew: compare them with \
             the newest backup.",
            gone.len(),
            first.what.name(),
            first.at,
            first.about
        ))
        .with_status(Status::Failed));
    }
    Ok(match whole {
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

/// The audit for people to read.
#[derive(Template)]
#[template(path = "audit/copy.html")]
struct Copy {
    company: String,
    count: usize,
    span: Option<(String, String)>,
    taken: String,
    anchor: String,
    /// Each with the name of whoever did it.
    rows: Vec<(String, Entry)>,
}

/// An entry as the copy for programs has it.
#[derive(Deserialize)]
struct Entry {
    number: i64,
    at: String,
    actor: Option<String>,
    action: String,
    about: String,
    hash: String,
}

/// Writes the same entries as a page. It is made of the copy for programs, so that the two agree.
async fn printed(desk: &Desk, out: &Path) -> anyhow::Result<Answer> {
    let mut lines = Vec::new();
    let count = audit::export(&desk.store, &desk.scope, &mut lines).await?;
    let control = desk.installation.control();
    let names = history::names(control, &desk.scope).await?;
    let mut rows = Vec::new();
    for line in String::from_utf8(lines)?.lines().skip(1) {
        let one: Entry = serde_json::from_str(line)?;
        let who = match &one.actor {
            Some(id) => match names.get(id) {
                Some(name) => format!("{name} ({id})"),
                None => id.clone(),
            },
            None => "Plumbline".to_owned(),
        };
        rows.push((who, one));
    }
    let tenant = desk.scope.tenant_id();
    let tenants = desk.installation.tenants().await?;
    let named = tenants.into_iter().find(|one| one.id == tenant);
    let copy = Copy {
        company: named.map_or_else(|| tenant.to_owned(), |one| one.name),
        count,
        span: rows
            .first()
            .zip(rows.last())
            .map(|((_, first), (_, last))| (first.at.clone(), last.at.clone())),
        taken: desk.clock.now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        anchor: rows
            .last()
            .map(|(_, last)| last.hash.clone())
            .unwrap_or_default(),
        rows,
    };
    let mut file = new_file(out)?;
    std::io::Write::write_all(&mut file, copy.render()?.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("failed to write {}", out.display()))?;
    Ok(Answer::text(format!(
        "{count} entries are in {}; open it in a browser to read or print it.",
        out.display()
    )))
}
