//! Routes that describe the installation (who am I, which tools, which permissions) and the code
//! lists that other records imply when they were not loaded by themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::access::Principal;
use super::call::Call;
use super::list;
use super::reply::{Refusal, Reply, Shape};
use super::store::{Body, integer, text_of};
use super::views;

pub(crate) fn me(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let login = match call.who {
        Principal::User => &call.config.user,
        Principal::ServiceAccount => &call.config.bot,
    };
    let mut body = json!({"id": login.id, "login": login.login});
    let named = call
        .query
        .get("company_id")
        .or_else(|| call.query.get("project_id"));
    if named.is_some() {
        body["name"] = json!(login.name);
    }
    Ok(Reply::ok(body))
}

pub(crate) fn company_me(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let login = match call.who {
        Principal::User => &call.config.user,
        Principal::ServiceAccount => &call.config.bot,
    };
    if let Some(record) = call.state.store.live("users", login.id) {
        return Ok(Reply::ok(views::row(call, "users", record)));
    }
    Ok(Reply::ok(
        json!({"id": login.id, "name": login.name, "email_address": login.login,
        "is_active": true, "is_employee": call.who == Principal::User, "origin_id": null}),
    ))
}

pub(crate) fn companies(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    // The service account lists the companies where the application is installed.
    let shown = call.state.access.installed || call.who == Principal::User;
    let rows = if shown {
        vec![
            json!({"id": call.state.company_id, "name": call.config.company_name,
            "is_active": true, "logo_url": null, "pcn_business_experience": false,
            "my_company": true}),
        ]
    } else {
        Vec::new()
    };
    Ok(list::page_rows(call, rows))
}

pub(crate) fn base_url(_: &mut Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(
        json!({"zone": "us02", "web_base_url": "https://us02.procore.example"}),
    ))
}

pub(crate) fn tools(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = call.project_id()?;
    let mut rows = call.state.access.tools(project);
    if let Some(active) = call.query.filter("is_active") {
        let asked = |state: bool| active.contains(&state.to_string());
        rows.retain(|row| asked(row["is_active"] == json!(true)));
    }
    Ok(list::page_rows(call, rows))
}

pub(crate) fn permissions(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = call.query.number("project_id");
    let company = call.query.number("company_id");
    if project.is_some() == company.is_some() {
        let text = "exactly one of company_id and project_id is required";
        return Err(Refusal::shaped(400, Shape::E7, text));
    }
    if let Some(project) = project {
        call.require_member(project)?;
    }
    Ok(Reply::ok(call.state.access.manifest(call.who, project)))
}

/// Rows of a company collection that a project's directory shows, or those loaded under it.
fn directory(call: &Call<'_>, project_kind: &str, kind: &str) -> Result<Reply, Refusal> {
    let project = call.project_id()?;
    let own: Vec<Value> = call
        .state
        .store
        .of_project(project_kind, project)
        .into_iter()
        .map(|record| views::row(call, kind, record))
        .collect();
    if !own.is_empty() {
        return Ok(list::page_rows(call, own));
    }
    let belongs = |body: &Body| {
        body.get("project_ids")
            .and_then(Value::as_array)
            .is_none_or(|ids| ids.iter().any(|id| integer(Some(id)) == Some(project)))
    };
    let collection = call.state.store.get(kind);
    let rows = collection
        .into_iter()
        .flat_map(|collection| &collection.records)
        .filter(|record| !record.gone && !record.deleted && belongs(&record.body))
        .map(|record| views::row(call, kind, record))
        .collect();
    Ok(list::page_rows(call, rows))
}

pub(crate) fn project_users(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    directory(call, "project_users", "users")
}

pub(crate) fn project_people(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    directory(call, "project_people", "people")
}

pub(crate) fn project_vendors(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    directory(call, "project_vendors", "vendors")
}

pub(crate) fn inactive_vendors(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    inactive(call, "vendors")
}

pub(crate) fn inactive_users(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    inactive(call, "users")
}

fn inactive(call: &Call<'_>, kind: &str) -> Result<Reply, Refusal> {
    let rows = list::select(call, kind, None)?
        .into_iter()
        .filter(|record| record.body.get("is_active") == Some(&json!(false)))
        .map(|record| views::row(call, kind, record))
        .collect();
    Ok(list::page_rows(call, rows))
}

pub(crate) fn project_roles(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let rows = list::select(call, "project_roles", None)?;
    let mut rows: Vec<Value> = rows
        .into_iter()
        .map(|record| views::row(call, "project_roles", record))
        .collect();
    if rows.is_empty() {
        let user = &call.config.user;
        rows.push(
            json!({"id": 1201, "name": user.name, "role": "Project Manager",
            "user_id": user.id, "contact_id": null, "is_active": true,
            "created_at": "2026-01-12T17:03:11Z"}),
        );
    }
    Ok(list::page_rows(call, rows))
}

/// Cost types of the company, or those of a project.
pub(crate) fn line_item_types(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = call.query.number("project_id");
    if let Some(project) = project {
        call.require_member(project)?;
    } else if call.query.number("company_id").is_none() {
        return Err(Refusal::missing_parameter("project_id"));
    }
    let rows = list::select(call, "line_item_types", None)?
        .into_iter()
        .filter(|record| record.project.is_none() || record.project == project)
        .map(|record| views::row(call, "line_item_types", record))
        .collect();
    Ok(list::page_rows(call, rows))
}

/// The WBS codes of a project: those loaded, or those that its records mention.
fn codes(call: &Call<'_>) -> Result<Vec<Body>, Refusal> {
    let project = call.project_id()?;
    let loaded = call.state.store.of_project("wbs_codes", project);
    if !loaded.is_empty() {
        return Ok(loaded
            .into_iter()
            .map(|record| record.body.clone())
            .collect());
    }
    let mut found: BTreeMap<i64, Body> = BTreeMap::new();
    let mut take = |code: Option<&Value>| {
        let Some(code) = code.and_then(Value::as_object) else {
            return;
        };
        let Some(id) = integer(code.get("id")) else {
            return;
        };
        found.entry(id).or_insert_with(|| {
            let flat = code.get("flat_code").cloned().unwrap_or(Value::Null);
            let text = code.get("description").cloned().unwrap_or(Value::Null);
            let row = json!({"id": id, "flat_code": flat, "flat_name": text, "description": text,
                "status": "active", "wbs_pattern_id": 771, "segment_items": [],
                "created_at": "2026-01-12T17:10:00Z", "updated_at": "2026-01-12T17:10:00Z"});
            row.as_object().cloned().unwrap_or_default()
        });
    };
    for kind in ["prime_contract_line_items", "commitment_line_items"] {
        for record in call.state.store.of_project(kind, project) {
            take(record.body.get("wbs_code"));
        }
    }
    for (kind, rows) in [
        ("requisitions", "items"),
        ("payment_applications", "g703"),
        ("direct_costs", "line_items"),
    ] {
        for record in call.state.store.of_project(kind, project) {
            let rows = record.body.get(rows).and_then(Value::as_array);
            rows.into_iter()
                .flatten()
                .for_each(|row| take(row.get("wbs_code")));
        }
    }
    Ok(found.into_values().collect())
}

pub(crate) fn wbs_codes(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let rows = codes(call)?
        .into_iter()
        .filter(|body| {
            list::filtered(call, body, "status", "status")
                && list::filtered(call, body, "updated_at", "updated_at")
        })
        .map(|body| views::finish(call, "wbs_codes", body))
        .collect();
    Ok(list::page_rows(call, rows))
}

pub(crate) fn wbs_codes_v2(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let rows = codes(call)?
        .into_iter()
        .filter(|body| list::filtered(call, body, "id", "id"))
        .map(|body| {
            let row = json!({"id": body.get("id"), "code": body.get("flat_code"),
                "description": body.get("description"), "status": body.get("status"),
                "attribute_1_name": null, "attribute_2_name": null, "attribute_3_name": null});
            views::finish(
                call,
                "wbs_codes",
                row.as_object().cloned().unwrap_or_default(),
            )
        })
        .collect();
    Ok(list::page_rows(call, rows))
}

pub(crate) fn budget(_: &mut Call<'_>) -> Result<Reply, Refusal> {
    Ok(Reply::ok(json!({"locked": true})))
}

/// Budget views loaded, or those that the detail rows name as their parents.
pub(crate) fn budget_views(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = call.project_id()?;
    let mut rows: Vec<Value> = call
        .state
        .store
        .of_project("budget_views", project)
        .into_iter()
        .map(|record| views::row(call, "budget_views", record))
        .collect();
    if rows.is_empty() {
        let details = call.state.store.of_project("budget_detail_rows", project);
        let parents: BTreeSet<i64> = details
            .iter()
            .map(|row| row.parent.unwrap_or(DEFAULT_VIEW))
            .collect();
        rows.extend(parents.into_iter().map(|id| view_row(call, project, id)));
    }
    Ok(list::page_rows(call, rows))
}

const DEFAULT_VIEW: i64 = 117_217;

fn view_row(call: &Call<'_>, project: i64, id: i64) -> Value {
    let user = &call.config.user;
    let link = |rows: &str| format!("/rest/v1.0/budget_views/{id}/{rows}?project_id={project}");
    json!({"id": id, "name": "Procore Standard Budget", "description": "Standard view",
        "role": "standard",
        "created_by": {"id": user.id, "name": user.name, "login": user.login},
        "created_at": "2026-01-12T17:10:00Z", "updated_at": "2026-01-12T17:10:00Z",
        "links": {"detail_rows": link("detail_rows"), "summary_rows": link("summary_rows")}})
}

/// Rows of a budget view; without `budget_row_type` the unbudgeted ones are hidden.
pub(crate) fn detail_rows(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let project = call.project_id()?;
    let view = call.id("view_id")?;
    let details = call.state.store.of_project("budget_detail_rows", project);
    let loaded = call.state.store.find("budget_views", view);
    let known = loaded.is_some_and(|record| record.project == Some(project))
        || details
            .iter()
            .any(|row| row.parent.unwrap_or(DEFAULT_VIEW) == view);
    if !known {
        return Err(Refusal::not_found());
    }
    let (budgeted, unbudgeted) = match call.query.get("budget_row_type") {
        Some("all") => (true, true),
        Some("unbudgeted") => (false, true),
        _ => (true, false),
    };
    let in_list = |name: &str, body: &Body, key: &str| {
        call.query.list(name).is_none_or(|wanted| {
            integer(body.get(key)).is_some_and(|id| wanted.contains(&id.to_string()))
        })
    };
    let rows = details
        .into_iter()
        .filter(|row| row.parent.unwrap_or(DEFAULT_VIEW) == view)
        .filter(|row| {
            let outside = text_of(&row.body, "unbudgeted_reason").is_some();
            (outside && unbudgeted || !outside && budgeted)
                && in_list("cost_code_id", &row.body, "cost_code_id")
                && in_list("category_id", &row.body, "category_id")
                && in_list("budget_line_item_id", &row.body, "id")
        })
        .map(|row| views::row(call, "budget_detail_rows", row))
        .collect();
    Ok(list::page_rows(call, rows))
}

/// The one budget resource whose amounts are JSON numbers.
pub(crate) fn budget_line_item(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("id")?;
    let record = call
        .state
        .store
        .live("budget_detail_rows", id)
        .ok_or_else(Refusal::not_found)?;
    if record.project != call.project {
        return Err(Refusal::not_found());
    }
    let body = &record.body;
    let amount = |key: &str| body.get(key).and_then(super::encoding::decimal);
    let number = |value: Option<rust_decimal::Decimal>| {
        value.and_then(|amount| {
            super::encoding::plain(amount)
                .parse::<serde_json::Number>()
                .ok()
        })
    };
    let original = amount("original_budget_amount").unwrap_or_default();
    let changes = amount("budget_modifications").unwrap_or_default();
    let forecast = body
        .get("budget_forecast")
        .and_then(|forecast| forecast.get("amount"))
        .and_then(super::encoding::decimal);
    Ok(Reply::ok(
        json!({"id": id, "original_budget_amount": number(Some(original)),
        "approved_budget_changes": number(Some(changes)),
        "revised_budget": number(Some(original + changes)),
        "committed_costs": number(amount("Committed Costs")),
        "direct_costs": number(amount("Direct Costs")),
        "budget_forecast": number(forecast),
        "estimated_cost_at_completion": number(amount("Estimated Cost at Completion")),
        "quantity": null, "unit_cost": null, "uom": null, "calculation_strategy": "manual",
        "cost_code": {"id": body.get("cost_code_id"), "name": body.get("cost_code")},
        "line_item_type": {"id": body.get("category_id"), "name": body.get("category")},
        "currency_configuration": body.get("currency_configuration")}),
    ))
}
