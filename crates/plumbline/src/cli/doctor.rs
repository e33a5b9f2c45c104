//! `plumbline doctor`: whether the store is sound, the connections stand and the mirror is fresh.

use std::fmt::Write;

use figures::source::System;
use store::connections::{self, ConnectionState};
use store::doctor;
use store::mirror::{self, CycleState};

use super::{Answer, Format, Global, Status};
use crate::desk::Desk;

pub(super) async fn run(global: &Global) -> anyhow::Result<Answer> {
    let desk = Desk::existing(&global.data()).await?;
    let answer = look(&desk, global.format).await;
    desk.close().await;
    answer
}

async fn look(desk: &Desk, format: Format) -> anyhow::Result<Answer> {
    let (store, scope) = (&desk.store, &desk.scope);
    let health = doctor::check(store, scope).await?;
    let cycles = mirror::cycles(store, scope).await?;
    let holes = store::postgres::lint(&desk.installation).await?;
    let mut wrong: Vec<String> = holes
        .into_iter()
        .map(|hole| format!("The database is open where it should not be: {hole}."))
        .collect();
    let mut states = Vec::new();
    for system in [System::Procore, System::QuickBooks] {
        wrong.extend(desk.why_not(system).await?);
        let connection = connections::connection(store, scope, system).await?;
        states.push((system, connection));
    }
    let newest = cycles.iter().find_map(|cycle| match cycle.state {
        CycleState::Finished { as_of, at } => Some((cycle.number, as_of, at)),
        CycleState::Open | CycleState::Abandoned { .. } => None,
    });
    match newest {
        None => wrong.push("The books were never read. Run `plumbline cycle`.".to_owned()),
        Some((number, as_of, at)) => {
            let age = desk.clock.now().duration_since(at).as_hours();
            if age > i64::from(desk.settings.stale_after_days) * 24 {
                wrong.push(format!(
                    "The newest cycle {number}, as of {as_of}, is {} days old. Run `plumbline \
                     cycle`.",
                    age / 24
                ));
            }
            let completeness = mirror::completeness(store, scope, number).await?;
            wrong.extend(completeness.incomplete.iter().map(|gap| {
                format!(
                    "{} {} is incomplete: {}",
                    gap.system, gap.resource, gap.reason
                )
            }));
            wrong.extend(completeness.blind_spots.iter().map(|spot| {
                let of = spot
                    .project_id
                    .map_or_else(String::new, |id| format!(" of project {id}"));
                format!(
                    "Procore {}{of} cannot be read: {}",
                    spot.resource, spot.reason
                )
            }));
        }
    }
    let status = match (health.is_sound(), wrong.is_empty()) {
        (false, _) => Status::Failed,
        (true, false) => Status::Refused,
        (true, true) => Status::Done,
    };
    if format == Format::Json {
        let text = serde_json::json!({
            "sound": health.is_sound(),
            "damage": health.damage,
            "dangling_references": health.dangling_references,
            "inconsistent_records": health.inconsistent_records,
            "file_bytes": health.file_bytes,
            "schema_version": health.schema_version,
            "rows": health.rows.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "cycles": cycles.len(),
            "wrong": wrong,
        });
        return Ok(Answer::text(text.to_string()).with_status(status));
    }
    let mut out = String::new();
    let sound = if health.is_sound() {
        "sound"
    } else {
        "NOT SOUND"
    };
    // Writing to a string does not fail.
    let _ = writeln!(
        out,
        "Store {}: {sound}, {} bytes",
        health.path.as_deref().map_or_else(
            || "on the server".to_owned(),
            |path| path.display().to_string()
        ),
        health.file_bytes
    );
    for line in &health.damage {
        let _ = writeln!(out, "  {line}");
    }
    for (system, connection) in states {
        let _ = writeln!(out, "{system}: {}", standing(connection.as_ref()));
    }
    let _ = writeln!(out, "Time zone: {}", desk.settings.time_zone);
    let _ = writeln!(out, "Cycles, newest first:");
    for cycle in cycles.iter().take(10) {
        let state = match cycle.state {
            CycleState::Open => "unfinished".to_owned(),
            CycleState::Finished { as_of, at } => format!("as of {as_of}, read {at:.0}"),
            CycleState::Abandoned { .. } => "given up".to_owned(),
        };
        let _ = writeln!(out, "  {}: {state}", cycle.number);
    }
    out.push_str(if wrong.is_empty() {
        "Nothing is wrong.\n"
    } else {
        "To do:\n"
    });
    for line in &wrong {
        let _ = writeln!(out, "  {line}");
    }
    Ok(Answer::text(out).with_status(status))
}

fn standing(connection: Option<&connections::Connection>) -> String {
    match connection {
        None => "never connected".to_owned(),
        Some(connection) => {
            let state = match &connection.state {
                ConnectionState::Connected => "connected".to_owned(),
                ConnectionState::NeedsReconnect(reason) => {
                    format!("must be connected again ({reason})")
                }
                ConnectionState::Disconnected => "disconnected".to_owned(),
            };
            format!(
                "{state}, company {} at {}, {}",
                connection.account_id, connection.environment, connection.grant_type
            )
        }
    }
}
