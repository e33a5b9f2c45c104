//! `plumbline doctor`: whether the store is sound, the connections stand, the mirror is fresh, and
//! nothing around them is one of the usual mistakes.

use std::fmt::Write;

use figures::source::System;
use store::connections::{self, ConnectionState};
use store::doctor;
use store::mirror::{self, CycleState};

use super::arguments::DoctorArguments;
use super::{Answer, Format, Global, Status};
use crate::checkup;
use crate::desk::{Desk, variable};

pub(super) async fn run(global: &Global, arguments: &DoctorArguments) -> anyhow::Result<Answer> {
    let data = global.data();
    let named = arguments.origin.clone();
    let named = named.or_else(|| variable("PLUMBLINE_ORIGIN"));
    let mut wrong = checkup::around(&data);
    wrong.extend(checkup::origin(named.as_deref()));
    wrong.extend(checkup::mail().await);
    // Asked before anything of ours opens a file.
    let unclean = checkup::unclean(&data);
    match Desk::existing(&data).await {
        Ok(desk) => {
            let answer = look(&desk, global.format, arguments, wrong).await;
            desk.close().await;
            Ok(answer?.with_notes(unclean))
        }
        Err(error) if wrong.is_empty() => Err(error),
        Err(error) => {
            // Whatever kept the data shut comes first.
            wrong.insert(0, format!("{error:#}"));
            Ok(closed(global.format, &wrong).with_status(Status::of(&error)))
        }
    }
}

/// What can be said of data that does not open.
fn closed(format: Format, wrong: &[String]) -> Answer {
    if format == Format::Json {
        return Answer::text(serde_json::json!({ "wrong": wrong }).to_string());
    }
    Answer::text(format!("To do:\n  {}\n", wrong.join("\n  ")))
}

async fn look(
    desk: &Desk,
    format: Format,
    arguments: &DoctorArguments,
    mut wrong: Vec<String>,
) -> anyhow::Result<Answer> {
    let now = desk.clock.now();
    let installation = &desk.installation;
    wrong.extend(checkup::clock(installation, now).await?);
    wrong.extend(checkup::backups(installation, now, arguments.backup_days).await);
    wrong.extend(checkup::erasures(installation, now).await?);
    wrong.extend(checkup::tenant(desk, now).await?);
    let (store, scope) = (&desk.store, &desk.scope);
    let health = doctor::check(store, scope).await?;
    let cycles = mirror::cycles(store, scope).await?;
    let holes = store::postgres::lint(&desk.installation).await?;
    let open = |hole| format!("The database is open where it should not be: {hole}.");
    wrong.extend(holes.into_iter().map(open));
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
