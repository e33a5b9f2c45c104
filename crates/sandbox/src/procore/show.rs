//! Show routes: one record with the parts that only the show carries.

use serde_json::{Value, json};

use super::call::Call;
use super::reply::{Refusal, Reply};
use super::store::{Body, Record};
use super::{list, views};

/// Answers a show route.
pub(crate) fn show(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("id")?;
    let body = find_visible(call, call.route.kind, id)?;
    Ok(reply(call, body))
}

/// Answers the route that shows a project's first record.
pub(crate) fn first(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let rows = list::select(call, call.route.kind, None)?;
    let record = rows.first().ok_or_else(Refusal::not_found)?;
    let body = shape(call, call.route.kind, record);
    Ok(reply(call, body))
}

fn reply(call: &Call<'_>, body: Body) -> Reply {
    let value = views::finish(call, call.route.kind, body);
    let wrapped = call.route.v2() || call.route.enveloped;
    Reply::ok(if wrapped {
        json!({ "data": value })
    } else {
        value
    })
}

/// The show body of a record that exists here and may be seen.
pub(crate) fn find_visible(call: &Call<'_>, kind: &str, id: i64) -> Result<Body, Refusal> {
    let record = call
        .state
        .store
        .find(kind, id)
        .ok_or_else(Refusal::not_found)?;
    let here = call.route.company_wide || record.project == call.project;
    let parent = call.parent()?;
    let under = parent.is_none_or(|parent| record.parent.is_none_or(|own| own == parent));
    if record.deleted || !here || !under || !call.sees(kind, record) {
        return Err(Refusal::not_found());
    }
    Ok(shape(call, kind, record))
}

fn shape(call: &Call<'_>, kind: &str, record: &Record) -> Body {
    let mut body = record.body.clone();
    match kind {
        "projects" => project(&mut body),
        "requisitions" => {
            let view = call
                .query
                .get("view")
                .or_else(|| call.query.get("serializer_view"));
            views::requisition(call, view, &mut body);
        }
        "direct_costs" => views::direct_cost_show(&mut body),
        "prime_contracts" | "work_order_contracts" | "purchase_order_contracts" => {
            if call.route.v2() {
                views::v2_contract(kind, &mut body);
            } else {
                contract(call, kind, record, &mut body);
            }
        }
        _ => {}
    }
    body
}

/// The show spells the project's classifications out as objects.
fn project(body: &mut Body) {
    for key in ["stage", "project_type", "program"] {
        let Some(Value::String(name)) = body.get(key) else {
            continue;
        };
        let id = if key == "stage" {
            body.get("project_stage")
                .and_then(|stage| stage.get("id"))
                .cloned()
        } else {
            None
        };
        let object = json!({"id": id.unwrap_or(json!(1)), "name": name});
        body.insert(key.to_owned(), object);
    }
    let number = body.get("project_number").cloned().unwrap_or(Value::Null);
    body.entry("code").or_insert(number);
    let synced = body
        .get("origin_id")
        .is_some_and(|origin| !origin.is_null());
    body.entry("is_erp_integrated").or_insert(json!(synced));
    body.entry("actual_start_date").or_insert(Value::Null);
}

/// A contract's show carries its lines, payments and change orders.
fn contract(call: &Call<'_>, kind: &str, record: &Record, body: &mut Body) {
    let Some(id) = record.id else { return };
    let prime = kind == "prime_contracts";
    let store = &call.state.store;
    let bodies = |name: &str| -> Vec<Value> {
        store
            .children(name, id)
            .iter()
            .map(|child| Value::Object(child.body.clone()))
            .collect()
    };
    let lines = if prime {
        "prime_contract_line_items"
    } else {
        "commitment_line_items"
    };
    let payments = if prime {
        "payments_received"
    } else {
        "payments_issued"
    };
    let parts = [
        ("line_items", bodies(lines)),
        (payments, bodies("contract_payments")),
        ("change_order_packages", bodies("change_order_packages")),
        ("potential_change_orders", bodies("potential_change_orders")),
    ];
    for (key, rows) in parts {
        body.insert(key.to_owned(), Value::Array(rows));
    }
    body.entry("attachments").or_insert(json!([]));
    if prime {
        body.entry("change_order_requests").or_insert(json!([]));
        let total = super::encoding::plain(super::totals::line_total(store, lines, id));
        body.insert("line_items_total".to_owned(), json!(total));
        body.insert("line_items_extended_total".to_owned(), json!(total));
    }
}
