//! People who work in the vendor's own pages while the product reads and writes.

use jiff::Timestamp;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::company::values::{id_of, members};
use super::company::{Company, VoidForm, WriteOptions};
use super::fault::Fault;
use super::kind::Kind;
use super::scripts::Edit;

/// Carries out one scripted edit with the token that is current at that moment.
pub(super) fn apply(company: &mut Company, edit: &Edit, now: Timestamp) -> Result<(), Fault> {
    let kind = Kind::parse(&edit.entity)
        .ok_or_else(|| Fault::validation("2010", "Unknown entity", edit.entity.clone()))?;
    let mut body = if edit.body.is_object() {
        edit.body.clone()
    } else {
        json!({})
    };
    if edit.action == "create" {
        return company
            .create(kind, &body, WriteOptions::default(), now)
            .map(drop);
    }
    let id = edit
        .id
        .as_deref()
        .unwrap_or("")
        .parse()
        .map_err(|_| Fault::required("Id"))?;
    let stored = company.get(kind, id).ok_or_else(Fault::not_found)?;
    let token = stored.get("SyncToken").and_then(id_of).unwrap_or(0);
    let repeated = ["VendorRef", "PaymentType", "CustomerRef", "TotalAmt"]
        .into_iter()
        .filter_map(|name| Some((name, stored.get(name)?.clone())))
        .collect::<Vec<_>>();
    let map = members(&mut body);
    for (name, value) in repeated {
        map.entry(name).or_insert(value);
    }
    map.insert("Id".to_owned(), Value::String(id.to_string()));
    map.insert("SyncToken".to_owned(), Value::String(token.to_string()));
    map.insert("sparse".to_owned(), Value::Bool(true));
    match edit.action.as_str() {
        "update" => company
            .update(kind, &body, WriteOptions::default(), now)
            .map(drop),
        "delete" => company.delete(kind, &body, now).map(drop),
        "void" => {
            let form = if kind == Kind::Invoice {
                VoidForm::Operation
            } else {
                VoidForm::Include
            };
            company.void(kind, &body, form, now).map(drop)
        }
        other => Err(Fault::validation(
            "2170",
            "Invalid Enumeration",
            other.to_owned(),
        )),
    }
}

/// Random edits; returns those that took effect, so that a run can be replayed.
pub(super) fn random_edits(
    company: &mut Company,
    count: usize,
    random: &mut ChaCha8Rng,
    now: Timestamp,
) -> Vec<Edit> {
    let kinds = [
        Kind::Bill,
        Kind::Invoice,
        Kind::Payment,
        Kind::Purchase,
        Kind::JournalEntry,
        Kind::BillPayment,
        Kind::Vendor,
        Kind::Customer,
    ];
    let mut done = Vec::new();
    for _ in 0..count {
        let kind = kinds[random.random_range(0..kinds.len())];
        let rows = company.count(kind);
        if rows == 0 {
            continue;
        }
        let pick = random.random_range(0..rows);
        let Some((id, _)) = company.rows(kind).nth(pick) else {
            continue;
        };
        let chance = random.random_range(0..10);
        let name_list = matches!(kind, Kind::Vendor | Kind::Customer);
        let (action, body) = match chance {
            0 | 1 if !name_list => ("delete", Value::Null),
            2 if !name_list => ("void", Value::Null),
            _ if name_list => (
                "update",
                json!({"Notes": format!("edited {}", random.random_range(0..1000))}),
            ),
            _ => (
                "update",
                json!({"PrivateNote": format!("edit {}", random.random_range(0..1000))}),
            ),
        };
        let edit = Edit {
            action: action.to_owned(),
            entity: kind.name().to_owned(),
            id: Some(id.to_string()),
            body,
        };
        // The vendor refuses some edits (paid bills, closed periods); people then give up.
        if apply(company, &edit, now).is_ok() {
            done.push(edit);
        }
    }
    done
}
