//! The tester's door, under `/_sandbox/` on the API host. No part of the vendor's API.
//!
//! `GET /_sandbox/` lists the operations. Whatever is done here could also be done in process
//! through [`super::Handle`].

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::access::{Level, Principal};
use super::call::Incoming;
use super::config::RateLimits;
use super::emitter;
use super::faults::{Edit, Fault};
use super::identities;
use super::reply::{Reply, Shape};
use super::serve::Server;
use super::state::State;

const OPERATIONS: &[&str] = &[
    "GET state",
    "GET requests",
    "GET inconsistencies",
    "GET faults",
    "POST clock/advance {seconds}",
    "POST tokens/expire",
    "POST tokens/revoke",
    "POST tokens/issue {principal}",
    "POST faults [fault, ..]",
    "POST faults/clear",
    "POST level {principal, project_id?, tool, level}",
    "POST member {principal, project_id, member}",
    "POST tool {project_id, tool, enabled}",
    "POST private_list {principal, contract_id, listed}",
    "POST installed {installed}",
    "POST limits {hourly, spike, retry_after, jump_to_reset}",
    "POST error_shape {route, shape?}",
    "POST edit {op: upsert, collection, project_id?, parent_id?, body} or {op: delete, ..}",
    "POST file {name, base64}",
    "POST webhooks/send",
    "POST webhooks/settle {seconds}",
];

#[derive(Deserialize)]
struct Seconds {
    seconds: i64,
}

#[derive(Deserialize)]
struct Who {
    principal: Principal,
}

#[derive(Deserialize)]
struct SetLevel {
    principal: Principal,
    #[serde(default)]
    project_id: Option<i64>,
    tool: String,
    level: Level,
}

#[derive(Deserialize)]
struct SetMember {
    principal: Principal,
    project_id: i64,
    member: bool,
}

#[derive(Deserialize)]
struct SetTool {
    project_id: i64,
    tool: String,
    enabled: bool,
}

#[derive(Deserialize)]
struct SetPrivate {
    principal: Principal,
    contract_id: i64,
    listed: bool,
}

#[derive(Deserialize)]
struct SetInstalled {
    installed: bool,
}

#[derive(Deserialize)]
struct SetShape {
    route: String,
    #[serde(default)]
    shape: Option<Shape>,
}

#[derive(Deserialize)]
struct PutFile {
    name: String,
    base64: String,
}

/// Answers a request to the admin area.
pub(crate) async fn answer(server: &Server, request: &Incoming) -> Reply {
    let operation = request
        .path
        .trim_start_matches("/_sandbox")
        .trim_matches('/');
    let outcome = match (request.method.as_str(), operation) {
        ("POST", "webhooks/send") => Ok(json!({"attempts": emitter::send_now(server).await})),
        ("POST", "webhooks/settle") => match parse::<Seconds>(request) {
            Ok(Seconds { seconds }) => Ok(json!({"attempts": settle(server, seconds).await})),
            Err(reason) => Err(reason),
        },
        ("GET", _) => get(server, operation),
        ("POST", _) => post(server, operation, request),
        _ => Err("use GET or POST".to_owned()),
    };
    server.wake.notify_one();
    match outcome {
        Ok(value) => Reply::ok(value),
        Err(reason) => Reply::json(400, json!({"sandbox_error": reason})),
    }
}

/// Moves the clock from one due delivery to the next until none is due within the time given.
pub(crate) async fn settle(server: &Server, seconds: i64) -> usize {
    let end = server.state().clock.seconds() + seconds;
    let mut attempts = 0;
    loop {
        attempts += emitter::send_now(server).await;
        let mut state = server.state();
        let now = state.clock.seconds();
        match state.hooks.next_due() {
            Some(due) if due <= end => state.clock.advance((due - now).max(0)),
            _ => {
                state.clock.advance((end - now).max(0));
                return attempts;
            }
        }
    }
}

fn parse<T: DeserializeOwned>(request: &Incoming) -> Result<T, String> {
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}

fn get(server: &Server, operation: &str) -> Result<Value, String> {
    let state = server.state();
    match operation {
        "" => Ok(json!({ "operations": OPERATIONS })),
        "state" => Ok(state.dump(&server.config)),
        "requests" => Ok(json!(state.requests())),
        "inconsistencies" => Ok(json!(identities::inconsistencies(&state.store))),
        "faults" => Ok(json!(state.faults.list())),
        _ => Err(format!("unknown operation {operation}")),
    }
}

fn post(server: &Server, operation: &str, request: &Incoming) -> Result<Value, String> {
    let state = &mut *server.state();
    match operation {
        "clock/advance" => {
            state.clock.advance(parse::<Seconds>(request)?.seconds);
            return Ok(json!({"now": state.clock.stamp()}));
        }
        "tokens/expire" => state.auth.expire_all(),
        "tokens/revoke" => state.auth.revoke_all(),
        "tokens/issue" => {
            let who = parse::<Who>(request)?.principal;
            let now = state.clock.seconds();
            return Ok(state.auth.issue(who, now, &server.config));
        }
        "faults" => state.faults.set(parse::<Vec<Fault>>(request)?),
        "faults/clear" => state.faults.set(Vec::new()),
        "level" => {
            let set = parse::<SetLevel>(request)?;
            state
                .access
                .set_level(set.principal, set.project_id, &set.tool, set.level);
        }
        "member" => {
            let set = parse::<SetMember>(request)?;
            state
                .access
                .set_member(set.principal, set.project_id, set.member);
        }
        "tool" => {
            let set = parse::<SetTool>(request)?;
            state
                .access
                .set_tool_enabled(set.project_id, &set.tool, set.enabled);
        }
        "private_list" => {
            let set = parse::<SetPrivate>(request)?;
            state
                .access
                .set_on_private_list(set.principal, set.contract_id, set.listed);
        }
        "installed" => state.access.installed = parse::<SetInstalled>(request)?.installed,
        "limits" => {
            state.limits = parse::<RateLimits>(request)?;
            state.limiter.reset();
        }
        "error_shape" => {
            let set = parse::<SetShape>(request)?;
            state.set_error_shape(&set.route, set.shape);
        }
        "edit" => {
            let id = apply(state, &parse::<Edit>(request)?)?;
            return Ok(json!({ "id": id }));
        }
        "file" => {
            let put = parse::<PutFile>(request)?;
            let content = STANDARD
                .decode(put.base64)
                .map_err(|error| error.to_string())?;
            state.files.insert(put.name, content);
        }
        _ => return Err(format!("unknown operation {operation}")),
    }
    Ok(json!({"done": true}))
}

/// Changes a record as a Procore user would.
pub(crate) fn apply(state: &mut State, edit: &Edit) -> Result<i64, String> {
    match edit {
        Edit::Upsert {
            collection,
            project_id,
            parent_id,
            body,
        } => {
            let Value::Object(keys) = body else {
                return Err("the body is no object".to_owned());
            };
            let existing = super::store::integer(keys.get("id"))
                .and_then(|id| state.store.find(collection, id))
                .map(|record| (record.project, record.parent, record.body.clone()));
            let (project, parent, mut merged) = existing.unwrap_or_default();
            for (key, value) in keys {
                merged.insert(key.clone(), value.clone());
            }
            Ok(state.save(
                collection,
                project_id.or(project),
                parent_id.or(parent),
                merged,
            ))
        }
        Edit::Member {
            principal,
            project_id,
            member,
        } => {
            state.access.set_member(*principal, *project_id, *member);
            Ok(*project_id)
        }
        Edit::Delete { collection, id } => {
            if state.remove(collection, *id) {
                Ok(*id)
            } else {
                Err(format!("there is no {collection} with id {id}"))
            }
        }
    }
}
