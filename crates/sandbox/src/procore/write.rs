//! POST, PATCH, DELETE and sync: bodies that wrap their attributes, the ERP lock, unique origins.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::reply::{Refusal, Reply, Shape};
use super::store::{Body, Record, integer, text_of};
use super::{list, show, views};

const SYNC_LIMIT: usize = 1_000;

/// Answers a POST. A repeated `Idempotency-Token` gets the first answer again, with 200.
pub(crate) fn create(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    if let Some(earlier) = call
        .idempotency
        .as_ref()
        .and_then(|token| call.state.idempotent.get(token))
    {
        return Ok(Reply::ok(earlier.clone()));
    }
    let attributes = attributes(call)?;
    require_fields(call.route.kind, &attributes)?;
    unique_origin(call, call.route.kind, None, &attributes)?;
    let mut body = blank(call.route.kind);
    merge(&mut body, attributes);
    let parent = call.parent()?;
    if let Some(parent) = parent {
        list::require_parent(call, parent)?;
        body.insert("contract_id".to_owned(), json!(parent));
    }
    if let Some(project) = call
        .project
        .filter(|_| call.route.kind == "contract_payments")
    {
        body.insert("project_id".to_owned(), json!(project));
    }
    body.shift_remove("id");
    let id = call.state.save(call.route.kind, call.project, parent, body);
    let shown = shown(call, id)?;
    if let Some(token) = call.idempotency.clone() {
        call.state.idempotent.insert(token, shown.clone());
    }
    Ok(Reply::json(201, shown))
}

/// Answers a PATCH.
pub(crate) fn update(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("id")?;
    let kind = call.route.kind;
    let record = existing(call, kind, id)?;
    locked(kind, record)?;
    let (project, parent) = (record.project, record.parent);
    let mut body = record.body.clone();
    let attributes = attributes(call)?;
    unique_origin(call, kind, Some(id), &attributes)?;
    if kind == "rfis" && attributes.get("accepted") == Some(&json!(true)) {
        body.insert("status".to_owned(), json!("closed"));
        body.insert("time_resolved".to_owned(), json!(call.state.clock.stamp()));
    }
    merge(&mut body, attributes);
    body.insert("id".to_owned(), json!(id));
    call.state.save(kind, project, parent, body);
    Ok(Reply::ok(shown(call, id)?))
}

/// Answers a DELETE.
pub(crate) fn delete(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("id")?;
    let kind = call.route.kind;
    locked(kind, existing(call, kind, id)?)?;
    call.state.remove(kind, id);
    Ok(Reply::empty(204))
}

/// Sync always answers 200; what failed is told row by row.
pub(crate) fn sync(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let kind = call.route.kind;
    let rows = call
        .body
        .get("updates")
        .and_then(Value::as_array)
        .cloned()
        .ok_or_else(|| Refusal::missing_parameter("updates"))?;
    if rows.len() > SYNC_LIMIT {
        return Err(Refusal::shaped(
            413,
            Shape::E2,
            "at most 1000 updates may be sent at once",
        ));
    }
    let mut entities = Vec::new();
    let mut errors = Vec::new();
    for row in rows {
        let Value::Object(attributes) = row else {
            continue;
        };
        match sync_row(call, kind, attributes.clone()) {
            Ok(id) => entities.push(shown(call, id)?),
            Err(refusal) => {
                let mut failed = attributes;
                failed.insert(
                    "errors".to_owned(),
                    json!({ refusal.field: [refusal.message] }),
                );
                errors.push(Value::Object(failed));
            }
        }
    }
    Ok(Reply::ok(json!({"entities": entities, "errors": errors})))
}

/// The id wins; else the origin finds the record; else it is new.
fn sync_row(call: &mut Call<'_>, kind: &str, attributes: Body) -> Result<i64, Refusal> {
    let by_id = integer(attributes.get("id"));
    let target = match by_id {
        Some(id) => Some(id),
        None => text_of(&attributes, "origin_id")
            .and_then(|origin| call.state.store.with_origin(kind, origin))
            .and_then(|record| record.id),
    };
    let (mut body, project, parent) = match target {
        Some(id) => {
            let record = call
                .state
                .store
                .live(kind, id)
                .ok_or_else(|| Refusal::field(404, "id", "Entity with this ID not found"))?;
            (record.body.clone(), record.project, record.parent)
        }
        None => (blank(kind), call.project, None),
    };
    unique_origin(call, kind, target, &attributes)?;
    merge(&mut body, attributes);
    if let Some(id) = target {
        body.insert("id".to_owned(), json!(id));
    }
    Ok(call.state.save(kind, project, parent, body))
}

fn shown(call: &Call<'_>, id: i64) -> Result<Value, Refusal> {
    let record = call
        .state
        .store
        .find(call.route.kind, id)
        .ok_or_else(Refusal::not_found)?;
    let mut body = record.body.clone();
    if call.route.kind == "direct_costs" {
        views::direct_cost_show(&mut body);
    }
    Ok(views::finish(call, call.route.kind, body))
}

fn existing<'c>(call: &'c Call<'_>, kind: &str, id: i64) -> Result<&'c Record, Refusal> {
    show::find_visible(call, kind, id)?;
    call.state
        .store
        .live(kind, id)
        .ok_or_else(Refusal::not_found)
}

/// The attributes under their wrapper key, with the few spellings that differ from the read form.
fn attributes(call: &Call<'_>) -> Result<Body, Refusal> {
    let wrapper = call.route.wrapper;
    let mut attributes = call
        .body
        .get(wrapper)
        .and_then(Value::as_object)
        .cloned()
        .ok_or_else(|| Refusal::missing_parameter(wrapper))?;
    for (key, value) in attributes.iter_mut() {
        // A date in a wrong form does not fail: it is stored as null.
        let is_date = key.ends_with("_date") || key == "date";
        let readable = value
            .as_str()
            .is_none_or(|text| super::clock::parse_day(text).is_some());
        if is_date && !readable {
            *value = Value::Null;
        }
    }
    if call.route.kind == "rfis"
        && let Some(question) = attributes.shift_remove("question")
    {
        let mut question = question.as_object().cloned().unwrap_or_else(Map::new);
        question.insert("id".to_owned(), json!(1));
        attributes.insert("questions".to_owned(), json!([question]));
    }
    Ok(attributes)
}

fn merge(body: &mut Body, attributes: Body) {
    for (key, value) in attributes {
        if key != "created_at" && key != "updated_at" {
            body.insert(key, value);
        }
    }
}

fn require_fields(kind: &str, attributes: &Body) -> Result<(), Refusal> {
    let needed: &[&str] = match kind {
        "vendors" | "punch_items" => &["name"],
        "rfis" => &["subject"],
        "direct_costs" => &["direct_cost_type"],
        "contract_payments" => &["amount"],
        _ => &[],
    };
    let missing = needed.iter().find(|field| {
        attributes
            .get(**field)
            .is_none_or(|value| value.is_null() || *value == json!(""))
    });
    match missing {
        Some(field) => Err(Refusal::field(422, field, "can't be blank")),
        None => Ok(()),
    }
}

/// Records with an origin belong to an integration: some are immutable altogether, and a
/// commitment that is approved has its vendor and lines locked.
fn locked(kind: &str, record: &Record) -> Result<(), Refusal> {
    let synced = record
        .body
        .get("origin_id")
        .is_some_and(|origin| !origin.is_null());
    let immutable = [
        "direct_costs",
        "requisitions",
        "payment_applications",
        "contract_payments",
    ];
    let by_status = ["work_order_contracts", "purchase_order_contracts"].contains(&kind)
        && matches!(
            text_of(&record.body, "status"),
            Some("Approved" | "Complete")
        );
    if synced && (immutable.contains(&kind) || by_status) {
        return Err(Refusal::field(
            422,
            "base",
            "This record is synced with an ERP system and cannot be changed",
        ));
    }
    Ok(())
}

/// An origin is unique per type within the company, not within the project.
fn unique_origin(
    call: &Call<'_>,
    kind: &str,
    own: Option<i64>,
    attributes: &Body,
) -> Result<(), Refusal> {
    let Some(origin) = text_of(attributes, "origin_id") else {
        return Ok(());
    };
    match call.state.store.with_origin(kind, origin) {
        Some(other) if other.id != own => {
            Err(Refusal::field(422, "origin_id", "has already been taken"))
        }
        _ => Ok(()),
    }
}

/// The keys that a new record shows although nobody set them.
fn blank(kind: &str) -> Body {
    let value = match kind {
        "vendors" => json!({"is_active": true, "abbreviated_name": null, "legal_name": null,
            "trade_name": null, "email_address": null, "business_phone": null, "address": null,
            "city": null, "state_code": null, "zip": null, "country_code": null,
            "license_number": null, "parent": null, "project_ids": [], "trades": [],
            "attachments": [], "origin_id": null, "origin_data": null, "origin_code": null,
            "synced_to_erp": false}),
        "rfis" => json!({"number": null, "full_number": null, "revision": "0", "status": "draft",
            "due_date": null, "initiated_at": null, "time_resolved": null, "assignees": [],
            "ball_in_court": null, "responsible_contractor": null, "private": false,
            "cost_impact": {"status": "n_a", "value": null},
            "schedule_impact": {"status": "n_a", "value": null}, "questions": [],
            "custom_fields": {}}),
        "direct_costs" => json!({"direct_cost_date": null, "invoice_number": null,
            "status": "draft", "vendor": null, "vendor_id": null, "vendor_name": null,
            "employee": null, "description": null, "amount": "0.0", "grand_total": "0.0",
            "payment_date": null, "received_date": null, "terms": null, "origin_id": null,
            "origin_data": null, "currency_configuration": {"currency_iso_code": null},
            "line_items": [], "deleted_at": null}),
        "contract_payments" => json!({"requisition_id": null, "date": null,
            "check_number": null, "invoice_number": null, "payment_number": 1,
            "draw_request_number": null, "status": "", "notes": null,
            "date_payment_initiated": null, "date_payment_settled": null,
            "external_payment_id": null, "attachments": [], "origin_id": null,
            "origin_code": null, "origin_data": null}),
        "punch_items" => json!({"description": "", "status": "Open",
            "workflow_status": "work_required", "priority": null, "due_date": null,
            "overdue": false, "private": false, "assignments": [], "ball_in_court": [],
            "closed_at": null, "deleted_at": null}),
        _ => json!({"origin_id": null, "origin_data": null, "deleted_at": null}),
    };
    value.as_object().cloned().unwrap_or_default()
}
