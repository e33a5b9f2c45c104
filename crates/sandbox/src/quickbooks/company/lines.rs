//! Lines of a written transaction: ids, amounts and the vendor's replacement semantics.
//!
//! A sent `Line` array replaces the stored one whole. A line that repeats a stored id keeps the
//! id but not the members it leaves out; any other line is new. Nothing warns the writer.

use serde_json::{Map, Value, json};

use super::posting::sale_total;
use super::values::{detail, id_of, members, text};
use crate::quickbooks::fault::Fault;
use crate::quickbooks::kind::Kind;
use crate::quickbooks::money;

/// Puts the sent lines in the form in which they are stored.
pub(super) fn normalise(kind: Kind, body: &mut Value, stored: &[Value]) -> Result<(), Fault> {
    let Some(Value::Array(sent)) = members(body).remove("Line") else {
        return Ok(());
    };
    let known: Vec<u64> = stored
        .iter()
        .filter_map(|line| line.get("Id").and_then(id_of))
        .collect();
    let first = u64::from(kind != Kind::JournalEntry);
    let mut next = known.iter().max().map_or(first, |id| id + 1);
    let mut lines = Vec::new();
    for mut line in sent {
        if text(&line, "DetailType") == "SubTotalLineDetail" {
            continue;
        }
        members(&mut line).remove("LineEx");
        infer_detail_type(&mut line);
        settle_amount(kind, &mut line)?;
        check_detail(&mut line)?;
        let only_links = match kind {
            Kind::Payment | Kind::BillPayment => true,
            Kind::Deposit => line.get("LinkedTxn").is_some(),
            _ => false,
        };
        members(&mut line).shift_remove("LineNum");
        let id = line
            .get("Id")
            .and_then(id_of)
            .filter(|id| known.contains(id));
        members(&mut line).shift_remove("Id");
        if !only_links {
            let id = id.unwrap_or_else(|| {
                let id = next;
                next += 1;
                id
            });
            line = with_id(id, lines.len() + 1, kind, line);
        }
        lines.push(line);
    }
    let needs_one = kind.is_sales_form()
        || matches!(
            kind,
            Kind::Bill | Kind::VendorCredit | Kind::Purchase | Kind::Deposit
        )
        || kind == Kind::PurchaseOrder;
    if needs_one && lines.is_empty() {
        return Err(Fault::required("Line"));
    }
    members(body).insert("Line".to_owned(), Value::Array(lines));
    if kind.is_sales_form() {
        let before_tax = sale_total(body) - super::posting::tax_of(body);
        let subtotal = json!({
            "Amount": money::number(before_tax),
            "DetailType": "SubTotalLineDetail",
            "SubTotalLineDetail": {},
        });
        if let Some(Value::Array(lines)) = members(body).get_mut("Line") {
            lines.push(subtotal);
        }
    }
    Ok(())
}

fn with_id(id: u64, position: usize, kind: Kind, line: Value) -> Value {
    let mut ordered = Map::new();
    ordered.insert("Id".to_owned(), Value::String(id.to_string()));
    if kind != Kind::JournalEntry {
        ordered.insert("LineNum".to_owned(), Value::from(position));
    }
    if let Value::Object(rest) = line {
        ordered.extend(rest);
    }
    Value::Object(ordered)
}

fn infer_detail_type(line: &mut Value) {
    if !text(line, "DetailType").is_empty() {
        return;
    }
    let found = line.as_object().and_then(|map| {
        map.keys()
            .find(|name| name.ends_with("LineDetail"))
            .cloned()
    });
    if let Some(name) = found {
        members(line).insert("DetailType".to_owned(), Value::String(name));
    }
}

/// Rounds the amount to cents and holds it against quantity times unit price.
fn settle_amount(kind: Kind, line: &mut Value) -> Result<(), Fault> {
    let product = detail(line).and_then(|detail| {
        let quantity = money::decimal(detail.get("Qty")?)?;
        let price = money::decimal(detail.get("UnitPrice")?)?;
        quantity.checked_mul(price).and_then(money::round_to_cents)
    });
    let stated = line.get("Amount").and_then(money::cents);
    let amount = match (stated, product) {
        (Some(stated), Some(product)) if stated != product => {
            let message = "Amount is not equal to UnitPrice * Qty";
            let detail = format!("Supplied value: {}", money::plain(stated));
            return Err(Fault::validation("6070", message, detail));
        }
        (Some(stated), _) => stated,
        (None, Some(product)) => product,
        (None, None) if text(line, "DetailType") == "DescriptionOnly" => return Ok(()),
        (None, None) if line.get("GroupLineDetail").is_some() => return Ok(()),
        (None, None) => return Err(Fault::required("Amount")),
    };
    if kind == Kind::JournalEntry && amount < 0 {
        let detail = "The amount of a journal entry line must not be negative";
        return Err(Fault::validation("2290", "Negative Amount", detail));
    }
    members(line).insert("Amount".to_owned(), money::number(amount));
    Ok(())
}

fn check_detail(line: &mut Value) -> Result<(), Fault> {
    let name = text(line, "DetailType").to_owned();
    let Some(found) = members(line).get_mut(&name) else {
        return Ok(());
    };
    let needed = match name.as_str() {
        "AccountBasedExpenseLineDetail" => "AccountRef",
        "ItemBasedExpenseLineDetail" => "ItemRef",
        _ => return Ok(()),
    };
    if found.get(needed).is_none() {
        let message = "A line needs an item or an account";
        return Err(Fault::validation("6440", message, needed));
    }
    let status = text(found, "BillableStatus").to_owned();
    match status.as_str() {
        "" | "NotBillable" | "HasBeenBilled" => {}
        "Billable" if found.get("CustomerRef").is_some() => {}
        "Billable" => {
            let message = "When you make an expense billable, a customer is needed";
            return Err(Fault::validation("6310", message, "CustomerRef"));
        }
        other => return Err(Fault::validation("6320", "Invalid billable status", other)),
    }
    let map = members(found);
    map.entry("BillableStatus")
        .or_insert_with(|| Value::String("NotBillable".to_owned()));
    map.entry("TaxCodeRef")
        .or_insert_with(|| json!({"value": "NON"}));
    Ok(())
}

/// Journal entries must have lines, posting types and equal sides.
pub(super) fn check_journal(body: &Value) -> Result<(), Fault> {
    let lines = super::values::lines(body);
    if lines.len() < 2 {
        let detail = "A journal entry needs at least two lines";
        return Err(Fault::validation("2250", "Missing Lines", detail));
    }
    let mut difference = 0;
    for line in lines {
        let Some(detail) = line.get("JournalEntryLineDetail") else {
            continue;
        };
        if detail.get("AccountRef").is_none() {
            return Err(Fault::required("AccountRef"));
        }
        let cents = money::member_cents(line, "Amount");
        match text(detail, "PostingType") {
            "Debit" => difference += cents,
            "Credit" => difference -= cents,
            _ => {
                let detail = "PostingType must be Debit or Credit";
                return Err(Fault::validation("2260", "Missing Posting Type", detail));
            }
        }
    }
    if difference != 0 {
        let detail = format!("Debits and credits differ by {}", money::plain(difference));
        return Err(Fault::validation(
            "2300",
            "Total Credit and Total Debit do not match",
            detail,
        ));
    }
    Ok(())
}
