//! Routes whose rows are made from other records: compliance of a commitment, lien waivers of an
//! invoice, timesheets by worker.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::Call;
use super::list;
use super::reply::{Refusal, Reply};
use super::store::{Body, integer, text_of};
use super::totals::find_contract;
use super::views;

/// The insurance and compliance papers of a commitment's vendor.
pub(crate) fn compliance(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let id = call.id("contract_id")?;
    let (_, contract) = find_contract(&call.state.store, id)
        .filter(|(kind, record)| *kind != "prime_contracts" && record.project == call.project)
        .filter(|(_, record)| !record.deleted && call.sees_contract(id))
        .ok_or_else(Refusal::not_found)?;
    let vendor = contract
        .body
        .get("vendor")
        .and_then(|vendor| integer(vendor.get("id")));
    let today = call
        .state
        .clock
        .today(&call.state.zone_of(call.project))
        .to_string();
    let papers: Vec<Value> = vendor
        .map(|vendor| call.state.store.children("insurances", vendor))
        .unwrap_or_default()
        .iter()
        .map(|record| paper(&record.body))
        .collect();
    let lapsed = papers.iter().any(|paper| {
        paper["expires_at"]
            .as_str()
            .is_some_and(|at| at.get(..10).unwrap_or(at) < today.as_str())
    });
    let good = !papers.is_empty() && !lapsed;
    let derived = if good { "compliant" } else { "not_compliant" };
    Ok(Reply::ok(
        json!({"updated_at": null, "updated_by_id": null, "compliance_status": null,
        "compliance_notes": null, "insurance_status": null, "insurance_notes": null,
        "derived_compliance_status": null, "derived_insurance_status": derived,
        "insurance_documents": papers, "compliance_documents": [],
        "insurance_requirements_not_created": [], "compliance_requirements_not_created": []}),
    ))
}

/// The compliance view writes instants where the insurance itself writes days.
fn paper(insurance: &Body) -> Value {
    let instant = |key: &str| text_of(insurance, key).map(|day| format!("{day}T07:00:00Z"));
    json!({"id": insurance.get("id"), "name": insurance.get("insurance_provider"),
        "insurance_type": insurance.get("insurance_type"), "level": "company",
        "status": insurance.get("status"), "effective_at": instant("effective_date"),
        "expires_at": instant("expiration_date"), "attachments": []})
}

/// Lien waivers of a project, or of one invoice.
pub(crate) fn lien_waivers(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let invoice = call.query.number("invoice_id");
    let rows = list::select(call, "lien_waivers", None)?
        .into_iter()
        .filter(|record| invoice.is_none() || integer(record.body.get("invoice_id")) == invoice)
        .map(|record| views::row(call, "lien_waivers", record))
        .collect();
    Ok(list::page_rows(call, rows))
}

/// Timecard entries of the window, grouped by the worker they belong to.
pub(crate) fn timesheets(call: &mut Call<'_>) -> Result<Reply, Refusal> {
    let mut groups: BTreeMap<i64, (Value, Vec<Value>)> = BTreeMap::new();
    for record in list::select(call, "timecard_entries", None)? {
        let party = record.body.get("party").cloned().unwrap_or(Value::Null);
        let key = integer(party.get("id")).unwrap_or(0);
        let group = groups.entry(key).or_insert_with(|| (party, Vec::new()));
        group.1.push(views::row(call, "timecard_entries", record));
    }
    let rows = groups
        .into_values()
        .map(|(party, entries)| {
            json!({"party": party, "other_hours": [], "timecard_entries": entries})
        })
        .collect();
    Ok(list::page_rows(call, rows))
}
