//! Contracts and their parts: who belongs to which contract, line totals, and the item routes
//! that read parts of a stored document.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::call::Call;
use super::encoding::{decimal, plain};
use super::list;
use super::reply::{Refusal, Reply};
use super::store::{Body, Record, Store, integer, text_of};
use super::{show, views};

pub(crate) const CONTRACTS: [&str; 3] = [
    "prime_contracts",
    "work_order_contracts",
    "purchase_order_contracts",
];

/// The contract with an id, and its collection.
pub(crate) fn find_contract(store: &Store, id: i64) -> Option<(&'static str, &Record)> {
    CONTRACTS
        .iter()
        .find_map(|kind| store.find(kind, id).map(|record| (*kind, record)))
}

/// The id of the contract that a child record belongs to.
pub(crate) fn contract_of(kind: &str, record: &Record) -> Option<i64> {
    let named = contract_in(kind, &record.body)?;
    record.parent.or(named)
}

/// The contract that a child's body names; `None` for collections that hang under no contract.
pub(crate) fn contract_in(kind: &str, body: &Body) -> Option<Option<i64>> {
    let holder = match kind {
        "prime_contract_line_items" | "commitment_line_items" => "holder",
        "payment_applications" => "contract",
        "prime_change_orders"
        | "commitment_change_orders"
        | "change_order_packages"
        | "change_order_requests"
        | "potential_change_orders"
        | "contract_payments"
        | "requisitions" => "",
        _ => return None,
    };
    let direct = integer(body.get("contract_id")).or_else(|| integer(body.get("commitment_id")));
    Some(direct.or_else(|| integer(body.get(holder)?.get("id"))))
}

/// The amount of one schedule-of-values line.
pub(crate) fn line_amount(body: &Body) -> Decimal {
    ["total_amount", "extended_amount", "amount"]
        .iter()
        .find_map(|key| body.get(*key).and_then(decimal))
        .unwrap_or_default()
}

pub(crate) fn line_total(store: &Store, lines: &str, contract: i64) -> Decimal {
    store
        .children(lines, contract)
        .iter()
        .map(|line| line_amount(&line.body))
        .sum()
}

/// v2 `summary` of a prime contract or commitment.
pub(crate) fn summary(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("contract_id")?;
    let wants_prime = call.route.pattern.contains("/prime_contracts/");
    let (kind, record) = find_contract(&call.state.store, id)
        .filter(|(kind, record)| {
            record.project == call.project && (*kind == "prime_contracts") == wants_prime
        })
        .ok_or_else(Refusal::not_found)?;
    if record.deleted || !call.sees(kind, record) {
        return Err(Refusal::not_found());
    }
    let amount = |keys: [&str; 2]| {
        let found = keys
            .iter()
            .find_map(|key| record.body.get(*key).and_then(decimal));
        plain(found.unwrap_or_default())
    };
    Ok(Reply::ok(json!({"data": {
        "approved_change_total": amount(["approved_change_orders", ""]),
        "pending_revised_change_total":
            amount(["pending_change_orders_amount", "pending_change_orders"]),
        "draft_change_total": amount(["draft_change_orders_amount", ""]),
        "total_invoices_amount": amount(["owner_invoices_amount", "total_requisitions_amount"]),
        "total_payments_amount": amount(["total_payments", ""]),
        "currency_configuration": record.body.get("currency_configuration"),
    }})))
}

/// v2 list of both kinds of commitment.
pub(crate) fn commitments_v2(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let types = call.query.filter("type");
    let mut rows = Vec::new();
    for (kind, name) in [
        ("work_order_contracts", "WorkOrderContract"),
        ("purchase_order_contracts", "PurchaseOrderContract"),
    ] {
        if types
            .as_ref()
            .is_some_and(|types| !types.iter().any(|wanted| wanted == name))
        {
            continue;
        }
        let found = list::select(call, kind, None)?;
        rows.extend(found.into_iter().map(|record| (kind, record)));
    }
    let (page, per_page) = list::page_of(call);
    let total = rows.len();
    let shown = rows
        .into_iter()
        .skip((page - 1).saturating_mul(per_page))
        .take(per_page)
        .map(|(kind, record)| views::row(call, kind, record))
        .collect();
    Ok(list::paged(call, shown, page, per_page, total))
}

/// v2 show of either kind of commitment.
pub(crate) fn commitment_v2(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("contract_id")?;
    let (kind, _) = find_contract(&call.state.store, id)
        .filter(|(kind, _)| *kind != "prime_contracts")
        .ok_or_else(Refusal::not_found)?;
    let body = show::find_visible(call, kind, id)?;
    Ok(Reply::ok(json!({"data": views::finish(call, kind, body)})))
}

pub(crate) fn requisition_contract_items(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    requisition_items(call, &["contract_item"])
}

pub(crate) fn requisition_detail_items(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    requisition_items(call, &["contract_detail_item"])
}

pub(crate) fn requisition_change_order_items(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    requisition_items(call, &["change_order_item", "whole_change_order_item"])
}

fn requisition_items(call: &Call<'_>, types: &[&str]) -> Result<Reply, Refusal> {
    let id = call.id("id")?;
    let record = call
        .state
        .store
        .live("requisitions", id)
        .ok_or_else(Refusal::not_found)?;
    if record.project != call.project || !call.sees("requisitions", record) {
        return Err(Refusal::not_found());
    }
    let items = record.body.get("items").and_then(Value::as_array);
    let rows = items
        .into_iter()
        .flatten()
        .filter(|item| {
            let kind = item
                .get("item_type")
                .and_then(Value::as_str)
                .unwrap_or("contract_item");
            types.contains(&kind)
        })
        .cloned()
        .collect();
    Ok(list::page_rows(call, rows))
}

/// All lines of all direct costs of a project.
pub(crate) fn direct_cost_lines(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = call.project_id()?;
    let mut rows = Vec::new();
    for record in call.state.store.of_project("direct_costs", project) {
        let lines = record.body.get("line_items").and_then(Value::as_array);
        for line in lines.into_iter().flatten().filter_map(Value::as_object) {
            let mut line = line.clone();
            line.entry("direct_cost_id").or_insert(json!(record.id));
            let wanted = [
                ("direct_cost_id", "direct_cost_id"),
                ("cost_code_id", "cost_code.id"),
                ("line_item_type_id", "line_item_type.id"),
            ];
            if wanted
                .iter()
                .all(|(name, path)| list::filtered(call, &line, name, path))
            {
                rows.push(views::finish(call, "direct_cost_line_items", line));
            }
        }
    }
    Ok(list::page_rows(call, rows))
}

/// The status of a change order, lower case.
pub(crate) fn status_of(body: &Body) -> String {
    text_of(body, "status").unwrap_or_default().to_lowercase()
}
