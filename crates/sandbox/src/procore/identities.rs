//! Totals that follow from their parts: contracts from lines, change orders and payments; the
//! application summary (G702) from its rows (G703); a subcontractor invoice from its items.
//!
//! One computation serves both uses: repairing totals after an edit, and listing loaded records
//! whose stated totals contradict their parts.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::encoding::{cents, decimal, plain};
use super::store::{Body, Record, Store, integer, text_of};
use super::totals::{CONTRACTS, find_contract, line_amount, line_total, status_of};

/// A stated total that does not follow from the record's parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inconsistency {
    /// Snapshot name.
    pub collection: String,
    /// Record id.
    pub id: i64,
    /// The field, with its container.
    pub field: String,
    /// What the record says.
    pub stated: String,
    /// What its parts give.
    pub computed: String,
}

type Expected = Vec<(&'static str, Decimal)>;

/// Every contradiction in the store.
pub(crate) fn inconsistencies(store: &Store) -> Vec<Inconsistency> {
    let mut found = Vec::new();
    let live = |name: &str| {
        store
            .get(name)
            .into_iter()
            .flat_map(|collection| &collection.records)
            .filter(|record| !record.gone && !record.deleted)
            .collect::<Vec<_>>()
    };
    for kind in CONTRACTS {
        for record in live(kind) {
            let expected = contract(store, kind, record);
            compare(&mut found, kind, record, "", &record.body, &expected);
        }
    }
    for (kind, container, rows) in [
        ("payment_applications", "g702", "g703"),
        ("requisitions", "summary", "items"),
    ] {
        for record in live(kind) {
            row_sums(&mut found, kind, record, rows);
            let Some(stated) = record.body.get(container).and_then(Value::as_object) else {
                continue;
            };
            let expected = summary(stated, record.body.get(rows));
            compare(&mut found, kind, record, container, stated, &expected);
        }
    }
    for record in live("direct_costs") {
        if let Some(total) = direct_cost(&record.body) {
            let expected = vec![("amount", total), ("grand_total", total)];
            compare(
                &mut found,
                "direct_costs",
                record,
                "",
                &record.body,
                &expected,
            );
        }
    }
    found
}

fn compare(
    found: &mut Vec<Inconsistency>,
    kind: &str,
    record: &Record,
    container: &str,
    stated: &Body,
    expected: &Expected,
) {
    for (field, computed) in expected {
        let Some(value) = stated.get(*field).filter(|value| !value.is_null()) else {
            continue;
        };
        if decimal(value) == Some(*computed) {
            continue;
        }
        let dot = if container.is_empty() { "" } else { "." };
        found.push(Inconsistency {
            collection: kind.to_owned(),
            id: record.id.unwrap_or(0),
            field: format!("{container}{dot}{field}"),
            stated: value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned),
            computed: computed.normalize().to_string(),
        });
    }
}

fn amount(body: &Body, key: &str) -> Decimal {
    body.get(key).and_then(decimal).unwrap_or_default()
}

/// The totals of a contract. Parts that were not loaded at all leave the stated figure standing.
fn contract(store: &Store, kind: &str, record: &Record) -> Expected {
    let prime = kind == "prime_contracts";
    let id = record.id.unwrap_or(0);
    let body = &record.body;
    let (lines, orders) = if prime {
        ("prime_contract_line_items", "prime_change_orders")
    } else {
        ("commitment_line_items", "commitment_change_orders")
    };
    let grand_total = if store.children(lines, id).is_empty() {
        amount(body, "grand_total")
    } else {
        line_total(store, lines, id)
    };
    let pending_key = if prime {
        "pending_change_orders_amount"
    } else {
        "pending_change_orders"
    };
    let stated_pending = amount(body, pending_key);
    let packages = store.children("change_order_packages", id);
    // The tiers of a project decide whether its orders are of the newer kind or packages only.
    let (approved, pending) = if store.children(orders, id).is_empty() && !packages.is_empty() {
        (sum_with_status(&packages, &["approved"]), stated_pending)
    } else if store.get(orders).is_some() {
        change_orders(store, orders, id, stated_pending)
    } else {
        (amount(body, "approved_change_orders"), stated_pending)
    };
    let payments = if store.get("contract_payments").is_some() {
        let payments = store.children("contract_payments", id);
        payments
            .iter()
            .map(|payment| amount(&payment.body, "amount"))
            .sum()
    } else {
        amount(body, "total_payments")
    };
    let revised = grand_total + approved;
    let mut expected = vec![
        ("grand_total", grand_total),
        ("approved_change_orders", approved),
        ("total_payments", payments),
    ];
    if prime {
        expected.push(("pending_change_orders_amount", pending));
        expected.push(("revised_contract_amount", revised));
        expected.push(("pending_revised_contract_amount", revised + pending));
        expected.push(("outstanding_balance", revised - payments));
    } else {
        expected.push(("pending_change_orders", pending));
        expected.push(("revised_contract", revised));
        expected.push(("pending_revised_contract", revised + pending));
        expected.push(("remaining_balance_outstanding", revised - payments));
    }
    expected
}

/// Approved and pending sums. A potential change order that is already part of a change order is
/// not counted again; a stated pending figure that leaves potential ones out is accepted.
fn change_orders(store: &Store, orders: &str, id: i64, stated: Decimal) -> (Decimal, Decimal) {
    let modern = store.children(orders, id);
    let waiting = ["pending", "revised"];
    let taken: Vec<i64> = modern
        .iter()
        .filter_map(|order| integer(order.body.get("legacy_request_id")))
        .collect();
    let mut potential = store.children("potential_change_orders", id);
    potential.retain(|order| order.id.is_none_or(|id| !taken.contains(&id)));
    let pending = sum_with_status(&modern, &waiting);
    let all = pending + sum_with_status(&potential, &waiting);
    let approved = sum_with_status(&modern, &["approved"]);
    (approved, if stated == pending { pending } else { all })
}

fn sum_with_status(records: &[&Record], wanted: &[&str]) -> Decimal {
    records
        .iter()
        .filter(|record| wanted.contains(&status_of(&record.body).as_str()))
        .map(|record| amount(&record.body, "grand_total"))
        .sum()
}

/// The application summary from its rows; previous certificates and tax stand as stated.
fn summary(stated: &Body, rows: Option<&Value>) -> Expected {
    let rows: Vec<&Body> = rows
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .collect();
    let mut expected = Expected::new();
    let (original, change, completed, work, stored) = if rows.is_empty() {
        (
            amount(stated, "original_contract_sum"),
            amount(stated, "net_change_by_change_orders"),
            amount(stated, "total_completed_and_stored_to_date"),
            amount(stated, "completed_work_retainage_amount"),
            amount(stated, "stored_materials_retainage_amount"),
        )
    } else {
        let sum = |value: &dyn Fn(&Body) -> Decimal| rows.iter().map(|row| value(row)).sum();
        let scheduled = |row: &Body| amount(row, "scheduled_value");
        (
            sum(&|row| {
                if is_change(row) {
                    Decimal::ZERO
                } else {
                    scheduled(row)
                }
            }),
            sum(&|row| {
                if is_change(row) {
                    scheduled(row)
                } else {
                    Decimal::ZERO
                }
            }),
            sum(&|row| amount(row, "total_completed_and_stored_to_date")),
            sum(&|row| retained(row, "work_completed_retainage")),
            sum(&|row| retained(row, "materials_stored_retainage")),
        )
    };
    let retainage = work + stored;
    let earned = completed - retainage;
    let contract_sum = original + change;
    let previous = amount(stated, "less_previous_certificates_for_payment");
    let tax = amount(stated, "tax_applicable_to_this_payment");
    expected.push(("original_contract_sum", original));
    expected.push(("net_change_by_change_orders", change));
    expected.push(("contract_sum_to_date", contract_sum));
    expected.push(("total_completed_and_stored_to_date", completed));
    expected.push(("completed_work_retainage_amount", work));
    expected.push(("stored_materials_retainage_amount", stored));
    expected.push(("total_retainage", retainage));
    expected.push(("total_earned_less_retainage", earned));
    expected.push(("current_payment_due", earned - previous + tax));
    expected.push((
        "balance_to_finish_including_retainage",
        contract_sum - earned,
    ));
    expected
}

fn is_change(row: &Body) -> bool {
    text_of(row, "origin_type") == Some("ChangeOrderPackage")
        || text_of(row, "added_from_source") == Some("change_order")
        || matches!(
            text_of(row, "item_type"),
            Some("change_order_item" | "whole_change_order_item")
        )
}

/// Retainage held on a row: as stated, or from before plus retained minus released.
fn retained(row: &Body, prefix: &str) -> Decimal {
    let get = |suffix: &str| row.get(&format!("{prefix}_{suffix}")).and_then(decimal);
    get("currently_retained").unwrap_or_else(|| {
        get("from_previous_application").unwrap_or_default()
            + get("retained_this_period").unwrap_or_default()
            - get("released_this_period").unwrap_or_default()
    })
}

/// Each row's work and stored materials must add up to its own total.
fn row_sums(found: &mut Vec<Inconsistency>, kind: &str, record: &Record, rows: &'static str) {
    let items = record.body.get(rows).and_then(Value::as_array);
    for row in items.into_iter().flatten().filter_map(Value::as_object) {
        let total = row_total(row);
        compare(
            found,
            kind,
            record,
            rows,
            row,
            &vec![("total_completed_and_stored_to_date", total)],
        );
    }
}

fn row_total(row: &Body) -> Decimal {
    amount(row, "work_completed_from_previous_application")
        + amount(row, "work_completed_this_period")
        + amount(row, "materials_presently_stored")
}

fn direct_cost(body: &Body) -> Option<Decimal> {
    let lines = body.get("line_items").and_then(Value::as_array)?;
    let lines: Vec<&Body> = lines.iter().filter_map(Value::as_object).collect();
    (!lines.is_empty()).then(|| lines.iter().map(|line| line_amount(line)).sum())
}

/// Repairs the totals that lie within one body, before it is stored.
pub(crate) fn complete(kind: &str, body: &mut Body) {
    let (container, rows) = match kind {
        "payment_applications" => ("g702", "g703"),
        "requisitions" => ("summary", "items"),
        "direct_costs" => {
            if let Some(total) = direct_cost(body) {
                body.insert("amount".to_owned(), json!(plain(total)));
                body.insert("grand_total".to_owned(), json!(plain(total)));
            }
            return;
        }
        _ => return,
    };
    let items = body.get_mut(rows).and_then(Value::as_array_mut);
    for row in items.into_iter().flatten().filter_map(Value::as_object_mut) {
        let total = row_total(row);
        row.insert(
            "total_completed_and_stored_to_date".to_owned(),
            json!(cents(total)),
        );
    }
    let Some(stated) = body.get(container).and_then(Value::as_object) else {
        return;
    };
    let mut repaired = stated.clone();
    for (field, value) in summary(stated, body.get(rows)) {
        repaired.insert(field.to_owned(), json!(cents(value)));
    }
    let contract_sum = amount(&repaired, "contract_sum_to_date");
    let completed = amount(&repaired, "total_completed_and_stored_to_date");
    if let Some(share) = (completed * Decimal::ONE_HUNDRED).checked_div(contract_sum) {
        body.insert(
            "percent_complete".to_owned(),
            json!(format!("{}%", cents(share))),
        );
    }
    body.insert(container.to_owned(), Value::Object(repaired));
}

/// Repairs a contract's totals after one of its parts has changed.
pub(crate) fn recompute_contract(store: &mut Store, id: i64) {
    let Some((kind, record)) = find_contract(store, id) else {
        return;
    };
    let expected = contract(store, kind, record);
    let (project, parent, mut body) = (record.project, record.parent, record.body.clone());
    for (field, value) in expected {
        body.insert(field.to_owned(), json!(plain(value)));
    }
    let revised_key = if kind == "prime_contracts" {
        "revised_contract_amount"
    } else {
        "revised_contract"
    };
    let revised = amount(&body, revised_key);
    let paid = amount(&body, "total_payments") * Decimal::ONE_HUNDRED;
    let share = paid.checked_div(revised).unwrap_or_default().round_dp(2);
    body.insert("percentage_paid".to_owned(), json!(plain(share)));
    store.put(kind, project, parent, body);
}
