//! How a stored record looks on a given route: list or show, v1 or v2, company or project.
//!
//! The store holds the fullest body. A list drops what the vendor's list does not return, so that
//! a client which reads a show-only key from a list fails here as it would there.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::files;
use super::seeded;
use super::store::{Body, Record, text_of};

/// A list row.
pub(crate) fn row(call: &Call<'_>, kind: &str, record: &Record) -> Value {
    let mut body = record.body.clone();
    if call.route.v2() {
        v2_row(kind, &mut body);
    } else {
        v1_row(call, kind, &mut body);
    }
    finish(call, kind, body)
}

/// Links, sprinkled surprises and the id style of the version: the last step of every body.
pub(crate) fn finish(call: &Call<'_>, kind: &str, mut body: Body) -> Value {
    seeded::sprinkle(call.config.seed, call.config.sprinkle, kind, &mut body);
    let mut value = Value::Object(body);
    files::rewrite_links(call, &mut value);
    if call.route.v2() {
        ids_to_text(&mut value);
    }
    value
}

fn remove(body: &mut Body, keys: &[&str]) {
    for key in keys {
        body.shift_remove(*key);
    }
}

fn keep_only(body: &mut Body, keys: &[&str]) {
    body.retain(|key, _| keys.contains(&key.as_str()));
}

const CONTRACT_SHOW_ONLY: &[&str] = &[
    "line_items",
    "line_items_total",
    "line_items_extended_total",
    "payments_received",
    "payments_issued",
    "change_order_packages",
    "change_order_requests",
    "potential_change_orders",
    "invoice_contacts",
    "bill_to",
    "allow_markups",
    "allow_payments",
    "allow_payment_applications",
    "received_from",
    "assigned_to",
];

fn v1_row(call: &Call<'_>, kind: &str, body: &mut Body) {
    let view = call
        .query
        .get("view")
        .or_else(|| call.query.get("serializer_view"));
    match kind {
        "projects" => {
            remove(body, &["code", "is_erp_integrated", "actual_start_date"]);
            if view == Some("compact") {
                keep_only(
                    body,
                    &["id", "name", "display_name", "project_number", "active"],
                );
            }
        }
        "users" if view == Some("ids_only") => keep_only(body, &["id"]),
        "vendors" if view == Some("compact") => keep_only(body, &["id", "name", "is_active"]),
        "prime_contracts" => remove(body, CONTRACT_SHOW_ONLY),
        "work_order_contracts" | "purchase_order_contracts" => {
            remove(body, CONTRACT_SHOW_ONLY);
            remove(body, &["attachments"]);
            vendor_reference(body, "company");
        }
        "prime_change_orders" | "commitment_change_orders" if view != Some("extended") => {
            remove(body, &["change_events"]);
        }
        "payment_applications" => remove(body, &["g703", "attachments"]),
        "requisitions" => requisition(call, view, body),
        "direct_costs" => direct_cost_row(body),
        "budget_changes" => remove(body, &["adjustment_line_items", "production_quantities"]),
        "rfis" => rfi_row(body),
        "timecard_entries" => timecard(call, body),
        _ => {}
    }
}

/// Lists name the vendor of a commitment by `company`, shows and directories by `name`.
fn vendor_reference(body: &mut Body, key: &str) {
    let Some(vendor) = body.get_mut("vendor").and_then(Value::as_object_mut) else {
        return;
    };
    let name = vendor
        .get("company")
        .or_else(|| vendor.get("name"))
        .cloned();
    let id = vendor.get("id").cloned().unwrap_or(Value::Null);
    *vendor = Map::new();
    vendor.insert("id".to_owned(), id);
    vendor.insert(key.to_owned(), name.unwrap_or(Value::Null));
}

/// The default view has no items; v1.0 calls the totals `g702`.
pub(crate) fn requisition(call: &Call<'_>, view: Option<&str>, body: &mut Body) {
    match view {
        Some("extended") => {}
        Some("items") => keep_only(body, &["id", "items", "item_packages"]),
        _ => remove(body, &["items", "item_packages"]),
    }
    if call.route.pattern.starts_with("/rest/v1.0/")
        && let Some(summary) = body.shift_remove("summary")
    {
        body.insert("g702".to_owned(), summary);
    }
}

fn direct_cost_row(body: &mut Body) {
    remove(
        body,
        &[
            "line_items",
            "line_items_count",
            "attachments",
            "attachments_count",
        ],
    );
    let name = match body.get("vendor") {
        Some(Value::Object(vendor)) => vendor
            .get("name")
            .or_else(|| vendor.get("company"))
            .cloned()
            .unwrap_or(Value::Null),
        Some(other) => other.clone(),
        None => body.get("vendor_name").cloned().unwrap_or(Value::Null),
    };
    body.insert("vendor".to_owned(), name);
}

/// The show of a direct cost has the vendor as an object, and its lines.
pub(crate) fn direct_cost_show(body: &mut Body) {
    if !matches!(body.get("vendor"), Some(Value::Object(_))) {
        let name = body
            .get("vendor_name")
            .or_else(|| body.get("vendor"))
            .cloned();
        let vendor = match body.get("vendor_id") {
            Some(id) if !id.is_null() => json!({"id": id, "name": name}),
            _ => Value::Null,
        };
        body.insert("vendor".to_owned(), vendor);
    }
    let count =
        |body: &Body, key: &str| body.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    for key in ["line_items", "attachments"] {
        body.entry(key).or_insert_with(|| json!([]));
        let counted = count(body, key);
        body.insert(format!("{key}_count"), json!(counted));
    }
}

/// Answers and attachments are on the show only.
fn rfi_row(body: &mut Body) {
    let questions = body.get_mut("questions").and_then(Value::as_array_mut);
    for question in questions
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        keep_only(question, &["id", "body"]);
    }
}

/// The company call names the project and the clock positions and writes lunch as text; the
/// project call does neither.
fn timecard(call: &Call<'_>, body: &mut Body) {
    let minutes = body.get("lunch_time").and_then(|value| match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    if call.project.is_some() {
        remove(body, &["project", "clock_in", "clock_out", "in_progress"]);
        body.insert("lunch_time".to_owned(), json!(minutes));
    } else {
        body.insert(
            "lunch_time".to_owned(),
            json!(minutes.map(|minutes| minutes.to_string())),
        );
    }
}

fn v2_row(kind: &str, body: &mut Body) {
    match kind {
        "prime_contracts" | "work_order_contracts" | "purchase_order_contracts" => {
            v2_contract(kind, body);
        }
        "prime_contract_line_items" | "commitment_line_items" => v2_line(kind, body),
        _ => {}
    }
}

const V1_CONTRACT_ONLY: &[&str] = &[
    "origin_id",
    "origin_data",
    "origin_code",
    "approved_change_orders",
    "pending_change_orders",
    "pending_change_orders_amount",
    "draft_change_orders_amount",
    "revised_contract_amount",
    "pending_revised_contract_amount",
    "revised_contract",
    "pending_revised_contract",
    "owner_invoices_amount",
    "total_payments",
    "total_requisitions_amount",
    "total_draw_requests_amount",
    "outstanding_balance",
    "remaining_balance_outstanding",
    "percentage_paid",
    "has_change_order_packages",
    "has_potential_change_orders",
    "requisitions_are_enabled",
    "project",
];

/// v2 contracts have a type, no origin and no computed totals; an absent vendor has no key.
pub(crate) fn v2_contract(kind: &str, body: &mut Body) {
    remove(body, CONTRACT_SHOW_ONLY);
    remove(body, V1_CONTRACT_ONLY);
    vendor_reference(body, "name");
    for key in ["vendor", "assignee"] {
        if body.get(key).is_some_and(Value::is_null) {
            remove(body, &[key]);
        }
    }
    let (name, foreign): (_, &[&str]) = match kind {
        "work_order_contracts" => (
            "WorkOrderContract",
            &[
                "bill_to_address",
                "ship_to_address",
                "ship_via",
                "payment_terms",
                "delivery_date",
            ],
        ),
        "purchase_order_contracts" => (
            "PurchaseOrderContract",
            &[
                "contract_start_date",
                "contract_estimated_completion_date",
                "inclusions",
                "exclusions",
                "actual_completion_date",
            ],
        ),
        _ => ("PrimeContract", &[]),
    };
    remove(body, foreign);
    body.insert("type".to_owned(), json!(name));
}

/// v2 lines leave the quantity keys out where the line is an amount.
fn v2_line(kind: &str, body: &mut Body) {
    let by_quantity = text_of(body, "extended_type") == Some("calculated");
    let wbs = body
        .get("wbs_code")
        .and_then(|code| code.get("id"))
        .cloned();
    let kept = [
        "id",
        "position",
        "description",
        "amount",
        "quantity",
        "unit_cost",
        "uom",
        "extended_type",
        "wbs_code",
        "tax_code_id",
        "funding_rule_id",
    ];
    keep_only(body, &kept);
    if !by_quantity {
        remove(body, &["quantity", "unit_cost", "uom", "extended_type"]);
    }
    body.insert("wbs_code_id".to_owned(), wbs.unwrap_or(Value::Null));
    let group = if kind == "commitment_line_items" {
        "prime_line_item_id"
    } else {
        "line_item_group_id"
    };
    body.entry(group).or_insert(Value::Null);
    body.entry("funding_rule_id").or_insert(Value::Null);
}

/// v2 writes every id as text.
pub(crate) fn ids_to_text(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(ids_to_text),
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                match inner {
                    Value::Number(number) if key == "id" || key.ends_with("_id") => {
                        *inner = Value::String(number.to_string());
                    }
                    other => ids_to_text(other),
                }
            }
        }
        _ => {}
    }
}
