//! The routes that manage webhooks, in both versions.
//!
//! What is sent, and when, is in `hooks`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::access::Level;
use super::call::Call;
use super::hooks::{Delivery, Hook, RESOURCES};
use super::list;
use super::reply::{Refusal, Reply, Shape};
use super::store::integer;

fn row(hook: &Hook, company: i64, v2: bool) -> Value {
    let authorization = hook.authorization.as_ref().map(|text| {
        let kept = text.char_indices().rev().nth(4).map_or(0, |(at, _)| at);
        format!(
            "{}{}",
            "*".repeat(text[..kept].chars().count()),
            &text[kept..]
        )
    });
    let version = if v2 { "payload_version" } else { "api_version" };
    let mut value = json!({"id": hook.id, "status": if hook.active { "active" } else { "disabled" },
        "namespace": hook.namespace, "destination_url": hook.url,
        "destination_headers": {"Authorization": authorization},
        "trigger_count": hook.triggers.len(), "company_id": company, "project_id": hook.project,
        "created_at": hook.created, "updated_at": hook.created});
    value[version] = json!(hook.version);
    if v2 {
        super::views::ids_to_text(&mut value);
    }
    value
}

/// The hook's project: from the path (v2), or from query or body (v1). Company xor project.
fn scope(call: &mut Call<'_>) -> Result<Option<i64>, Refusal> {
    let project = call
        .param("project_id")
        .and_then(|text| text.parse().ok())
        .or_else(|| call.query.number("project_id"))
        .or_else(|| integer(call.body.get("project_id")));
    if let Some(project) = project {
        call.require_member(project)?;
    }
    let company = call
        .query
        .number("company_id")
        .or_else(|| integer(call.body.get("company_id")));
    if !call.route.v2() && project.is_some() == company.is_some() {
        return Err(Refusal::new(
            400,
            "exactly one of company_id and project_id is required",
        ));
    }
    call.project = project;
    let tool = if project.is_some() {
        "webhooks"
    } else {
        "company_webhooks"
    };
    let level = call.state.access.level(call.who, project, tool);
    // The webhooks tool needs Standard even to read.
    if level < Level::Standard {
        return Err(Refusal::new(
            403,
            "You do not have permission to perform this action",
        ));
    }
    Ok(project)
}

fn respond(call: &Call<'_>, status: u16, value: Value) -> Reply {
    Reply::json(
        status,
        if call.route.v2() {
            json!({ "data": value })
        } else {
            value
        },
    )
}

pub(crate) fn list_hooks(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let v2 = call.route.v2();
    let hooks = &call.state.hooks.hooks;
    let rows = hooks
        .values()
        .filter(|hook| hook.project == project)
        .map(|hook| row(hook, call.state.company_id, v2))
        .collect();
    Ok(list::page_rows(call, rows))
}

pub(crate) fn show(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let id = owned(call, project)?;
    let hook = &call.state.hooks.hooks[&id];
    Ok(respond(
        call,
        200,
        row(hook, call.state.company_id, call.route.v2()),
    ))
}

fn owned(call: &Call<'_>, project: Option<i64>) -> Result<i64, Refusal> {
    let id = call.id("hook_id")?;
    match call.state.hooks.hooks.get(&id) {
        Some(hook) if hook.project == project => Ok(id),
        _ => Err(Refusal::not_found()),
    }
}

pub(crate) fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let v2 = call.route.v2();
    let spec = if v2 {
        call.body.clone()
    } else {
        call.body["hook"].clone()
    };
    let text = |key: &str| spec.get(key).and_then(Value::as_str).map(str::to_owned);
    let namespace = text("namespace").unwrap_or_default();
    let lawful = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
    };
    if namespace.is_empty() || !namespace.chars().all(lawful) {
        return Err(Refusal::field(
            422,
            "namespace",
            "may hold a-z, 0-9 and - only",
        ));
    }
    let url = text("destination_url")
        .filter(|url| url::Url::parse(url).is_ok())
        .ok_or_else(|| Refusal::field(422, "destination_url", "is invalid"))?;
    call.state.hooks.next += 1;
    let id = call.state.hooks.next;
    let version = text(if v2 { "payload_version" } else { "api_version" });
    let authorization = spec
        .get("destination_headers")
        .and_then(|headers| headers.get("Authorization"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    let hook = Hook {
        id,
        project,
        namespace,
        version: version.unwrap_or_else(|| "v2.0".to_owned()),
        url,
        authorization,
        active: true,
        triggers: BTreeMap::new(),
        created: call.state.clock.stamp(),
    };
    let shown = row(&hook, call.state.company_id, v2);
    call.state.hooks.hooks.insert(id, hook);
    Ok(respond(call, 201, shown))
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let id = owned(call, project)?;
    let spec = if call.route.v2() {
        &call.body
    } else {
        &call.body["hook"]
    };
    let url = spec["destination_url"].as_str().map(str::to_owned);
    let company = call.state.company_id;
    let hook = call
        .state
        .hooks
        .hooks
        .get_mut(&id)
        .ok_or_else(Refusal::not_found)?;
    if let Some(url) = url {
        hook.url = url;
    }
    let shown = row(hook, company, call.route.v2());
    Ok(respond(call, 200, shown))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let id = owned(call, project)?;
    call.state.hooks.hooks.remove(&id);
    Ok(Reply::empty(204))
}

fn trigger_row(id: i64, (resource, event): &(String, String)) -> Value {
    json!({"id": id, "resource_name": resource, "event_type": event})
}

pub(crate) fn triggers(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let id = owned(call, project)?;
    let triggers = &call.state.hooks.hooks[&id].triggers;
    let rows = triggers
        .iter()
        .map(|(id, trigger)| trigger_row(*id, trigger))
        .collect();
    Ok(list::page_rows(call, rows))
}

fn insert_trigger(call: &mut Call<'_>, hook: i64, spec: &Value) -> Result<Value, Refusal> {
    let text = |key: &str| {
        spec.get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let trigger = (text("resource_name"), text("event_type"));
    let event_known = ["create", "update", "delete"]
        .iter()
        .any(|event| trigger.1.eq_ignore_ascii_case(event));
    if !RESOURCES.iter().any(|(_, name)| *name == trigger.0) || !event_known {
        return Err(Refusal::field(
            422,
            "resource_name",
            "is not a webhook resource",
        ));
    }
    call.state.hooks.next += 1;
    let id = call.state.hooks.next;
    let shown = trigger_row(id, &trigger);
    let hook = call
        .state
        .hooks
        .hooks
        .get_mut(&hook)
        .ok_or_else(Refusal::not_found)?;
    hook.triggers.insert(id, trigger);
    Ok(shown)
}

pub(crate) fn add_trigger(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let hook = owned(call, project)?;
    let spec = if call.route.v2() {
        call.body.clone()
    } else {
        call.body["trigger"].clone()
    };
    let shown = insert_trigger(call, hook, &spec)?;
    Ok(respond(call, 201, shown))
}

/// Up to 500 triggers; always 207, with what failed beside what succeeded.
pub(crate) fn add_triggers(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let hook = owned(call, project)?;
    let specs = call.body["triggers"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if specs.len() > 500 {
        return Err(Refusal::shaped(
            413,
            Shape::E2,
            "at most 500 triggers may be sent at once",
        ));
    }
    let (mut success, mut failed) = (Vec::new(), Vec::new());
    for spec in specs {
        match insert_trigger(call, hook, &spec) {
            Ok(shown) => success.push(shown),
            Err(refusal) => failed.push(json!({"trigger": spec, "error": refusal.message})),
        }
    }
    Ok(Reply::json(
        207,
        json!({"success": success, "failed": failed}),
    ))
}

pub(crate) fn delete_trigger(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let hook = owned(call, project)?;
    let trigger = call.id("trigger_id")?;
    let hook = call
        .state
        .hooks
        .hooks
        .get_mut(&hook)
        .ok_or_else(Refusal::not_found)?;
    match hook.triggers.remove(&trigger) {
        Some(_) => Ok(Reply::empty(204)),
        None => Err(Refusal::not_found()),
    }
}

/// v1 pages by `page_size` and `page_start` (the last id seen).
pub(crate) fn deliveries(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = scope(call)?;
    let hook = owned(call, project)?;
    let filter = call
        .query
        .filter("status")
        .or_else(|| call.query.list("filter[status]"));
    let wanted = filter
        .and_then(|mut values| values.pop())
        .unwrap_or_else(|| "any".to_owned());
    let rows = call
        .state
        .hooks
        .deliveries
        .iter()
        .filter(|delivery| delivery.hook == hook)
        .filter(|delivery| wanted == "any" || wanted == delivery.status);
    if call.route.v2() {
        let rows = rows.map(Delivery::row).collect();
        return Ok(list::page_rows(call, rows));
    }
    let size = call
        .query
        .number("page_size")
        .and_then(|size| usize::try_from(size).ok());
    let start = call
        .query
        .get("page_start")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let rows: Vec<Value> = rows
        .filter(|delivery| delivery.id > start)
        .take(size.unwrap_or(100))
        .map(Delivery::row)
        .collect();
    Ok(Reply::ok(json!(rows)))
}

pub(crate) fn resources(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    scope(call)?;
    let rows = RESOURCES
        .iter()
        .map(|(_, name)| json!({"name": name, "events": ["create", "update", "delete"]}))
        .collect();
    Ok(list::page_rows(call, rows))
}
