//! The admin area under `/_sandbox/`, which is not part of the vendor's API.

use serde::Deserialize;
use serde_json::{Value, json};

use super::config::{Throttle, Webhooks};
use super::response::{Call, Reply};
use super::scripts::{Edit, FaultRule};
use super::server::Handle;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_seconds: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Realm {
    #[serde(default)]
    realm_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chaos {
    count: usize,
    seed: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    date: Option<jiff::civil::Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    monthly_reads: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Headless {
    on: bool,
}

/// Answers one admin call; the result says what is now the case.
pub(super) async fn answer(handle: &Handle, call: &Call) -> Reply {
    match act(handle, call).await {
        Ok(body) => Reply::json(200, &body),
        Err(error) => Reply::json(400, &json!({"error": error.to_string()})),
    }
}

async fn act(handle: &Handle, call: &Call) -> anyhow::Result<Value> {
    let realm = call.parameter("realm_id").map(str::to_owned);
    let realm = realm.unwrap_or_else(|| handle.realm_id());
    let body = &call.body;
    Ok(
        match (
            call.method.as_str(),
            call.path.trim_start_matches("/_sandbox/"),
        ) {
            ("GET", "clock") => json!({"now": handle.now().to_string()}),
            ("POST", "clock") => {
                let advance: Advance = serde_json::from_slice(body)?;
                handle.advance_seconds(advance.advance_seconds);
                handle.deliver_webhooks().await;
                json!({"now": handle.now().to_string()})
            }
            ("POST", "tokens/expire") => {
                handle.expire_tokens();
                json!({"expired": true})
            }
            ("POST", "grants/revoke") => {
                let given: Realm = if body.is_empty() {
                    Realm { realm_id: None }
                } else {
                    serde_json::from_slice(body)?
                };
                let realm = given.realm_id.unwrap_or(realm);
                json!({"revoked": handle.revoke_grants(&realm)})
            }
            ("POST", "faults") => {
                let rules: Vec<FaultRule> = serde_json::from_slice(body)?;
                handle.set_faults(rules);
                json!({"fired": handle.faults_fired()})
            }
            ("GET", "faults") => json!({"fired": handle.faults_fired()}),
            ("POST", "edits") => {
                let edits: Vec<Edit> = serde_json::from_slice(body)?;
                for edit in &edits {
                    handle.edit(&realm, edit)?;
                }
                json!({"edits": edits.len()})
            }
            ("POST", "chaos") => {
                let chaos: Chaos = serde_json::from_slice(body)?;
                serde_json::to_value(handle.chaos(&realm, chaos.count, chaos.seed))?
            }
            ("POST", "closing-date") => {
                let closing: Closing = serde_json::from_slice(body)?;
                handle.set_closing_date(&realm, closing.date);
                json!({"closing_date": closing.date})
            }
            ("GET", "meter") => serde_json::to_value(handle.meter())?,
            ("POST", "meter") => {
                let limit: Limit = serde_json::from_slice(body)?;
                handle.set_monthly_reads(limit.monthly_reads);
                serde_json::to_value(handle.meter())?
            }
            ("POST", "throttle") => {
                let throttle: Throttle = serde_json::from_slice(body)?;
                handle.set_throttle(throttle);
                json!({"throttle": "set"})
            }
            ("POST", "headless") => {
                let headless: Headless = serde_json::from_slice(body)?;
                handle.set_headless(headless.on);
                json!({"headless": headless.on})
            }
            ("POST", "webhooks") => {
                let hooks: Option<Webhooks> = serde_json::from_slice(body)?;
                handle.set_webhooks(hooks);
                json!({"webhooks": "set"})
            }
            ("POST", "webhooks/deliver") => {
                handle.deliver_webhooks().await;
                let (waiting, delivered) = handle.webhook_counts();
                json!({"waiting": waiting, "delivered": delivered})
            }
            ("GET", "inconsistencies") => {
                let found = handle.inconsistencies(&realm);
                let rows = found.iter().map(|one| {
                    json!({"entity": one.entity, "id": one.id, "member": one.member,
                       "stated": one.stated, "computed": one.computed})
                });
                Value::Array(rows.collect())
            }
            ("GET", "dump") => handle.dump(&realm),
            (method, path) => anyhow::bail!("no admin call {method} /_sandbox/{path}"),
        },
    )
}
