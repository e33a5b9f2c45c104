//! Cards of Procore's records.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::{CertificateTotals, CommitmentKind, ProjectBooks};
use figures::source::SourceRef;

use super::{Card, Field};

/// Adds the cards of the records that are wanted.
pub(super) fn cards(
    books: &ProjectBooks,
    wanted: &BTreeSet<SourceRef>,
    found: &mut BTreeMap<SourceRef, Card>,
) {
    let jobs: BTreeMap<i64, &str> = books
        .projects
        .iter()
        .map(|project| (project.id, project.name.as_str()))
        .collect();
    let parties: BTreeMap<i64, &str> = books
        .parties
        .iter()
        .map(|party| (party.id, party.name.as_str()))
        .collect();
    let party = |id: Option<i64>| id.and_then(|id| parties.get(&id)).copied().unwrap_or("");
    let mut put = |kind: &str, id: i64, project: Option<i64>, card: &dyn Fn() -> Card| {
        let source = SourceRef::procore(kind, id);
        if wanted.contains(&source) {
            let mut card = card();
            card.project_id = project;
            if let Some(name) = project.and_then(|id| jobs.get(&id)) {
                card.text(Field::Job, name);
            }
            found.insert(source, card);
        }
    };

    for one in &books.projects {
        put("project", one.id, Some(one.id), &|| {
            let mut card = Card::named(&one.name, "job");
            card.text(Field::Number, &one.number);
            card.status(if one.active { "active" } else { "archived" });
            card
        });
    }
    for one in &books.parties {
        put("vendor", one.id, None, &|| {
            let mut card = Card::named(&one.name, "company");
            card.text(Field::Party, &one.name);
            card.text(Field::Note, &one.legal_name);
            card.status(if one.active { "active" } else { "inactive" });
            card
        });
    }
    for one in &books.insurances {
        put("insurance", one.id, None, &|| {
            let mut card = Card::named(&one.kind, "insurance");
            card.text(Field::Party, party(Some(one.vendor_id)));
            card.day(Field::Date, one.effective);
            card.day(Field::Due, one.expiration);
            card.status(&one.status);
            card
        });
    }
    for one in &books.prime_contracts {
        put("prime_contract", one.id, Some(one.project_id), &|| {
            let mut card = Card::new("prime contract", &one.number, &one.id.to_string());
            card.text(Field::Party, &one.owner_name);
            card.day(Field::Date, one.date);
            card.money(Field::Amount, one.original + one.approved_change_orders);
            card.status(&one.status);
            card.text(Field::Note, &one.title);
            card
        });
    }
    for one in &books.commitments {
        let kind = one.kind.record_kind();
        put(kind, one.id, Some(one.project_id), &|| {
            let word = match one.kind {
                CommitmentKind::Subcontract => "subcontract",
                CommitmentKind::PurchaseOrder => "purchase order",
            };
            let mut card = Card::new(word, &one.number, &one.id.to_string());
            card.text(Field::Party, &one.vendor_name);
            card.day(Field::Date, one.date);
            card.money(Field::Amount, one.revised);
            card.status(&one.status);
            card.text(Field::Note, &one.title);
            card
        });
    }
    for one in &books.change_orders {
        let kind = one.kind.record_kind();
        put(kind, one.id, Some(one.project_id), &|| {
            let mut card = Card::new("change order", &one.number, &one.id.to_string());
            card.day(Field::Date, one.date);
            card.money(Field::Amount, one.amount);
            card.status(&one.status);
            card.text(Field::Note, &one.title);
            card
        });
    }
    let owners: BTreeMap<i64, &str> = books
        .prime_contracts
        .iter()
        .map(|contract| (contract.id, contract.owner_name.as_str()))
        .collect();
    for one in &books.pay_applications {
        put("payment_application", one.id, Some(one.project_id), &|| {
            let mut card = Card::new("pay application", &one.number.to_string(), "");
            card.text(
                Field::Party,
                owners.get(&one.contract_id).copied().unwrap_or(""),
            );
            card.text(Field::Number, &numbered(one.number, &one.invoice_number));
            card.day(Field::Date, one.billing_date);
            totals(&mut card, &one.totals);
            card.status(&one.status);
            card
        });
    }
    for one in &books.subcontractor_invoices {
        put("requisition", one.id, Some(one.project_id), &|| {
            let mut card = Card::new(
                "subcontractor invoice",
                &one.invoice_number,
                &one.number.to_string(),
            );
            card.text(Field::Party, &one.vendor_name);
            card.day(Field::Date, one.billing_date);
            totals(&mut card, &one.totals);
            card.status(&one.status);
            card
        });
    }
    let vendors: BTreeMap<i64, &str> = books
        .commitments
        .iter()
        .map(|commitment| (commitment.id, commitment.vendor_name.as_str()))
        .collect();
    for one in &books.contract_payments {
        put("contract_payment", one.id, Some(one.project_id), &|| {
            let mut card = Card::new(
                "payment",
                &one.check_number,
                &one.payment_number.to_string(),
            );
            let payer = owners.get(&one.contract_id);
            let payee = vendors.get(&one.contract_id);
            card.text(Field::Party, payer.or(payee).copied().unwrap_or(""));
            card.day(Field::Date, one.date);
            card.money(Field::Amount, one.amount);
            if one.settled.is_some() {
                card.text(Field::Status, "settled at the bank");
            }
            card.text(Field::Linked, &one.invoice_number);
            card
        });
    }
    for one in &books.direct_costs {
        put("direct_cost", one.id, Some(one.project_id), &|| {
            let mut card = Card::new("direct cost", &one.invoice_number, &one.id.to_string());
            card.text(Field::Party, &one.vendor_name);
            card.day(Field::Date, one.date);
            card.money(Field::Amount, one.amount);
            card.status(&one.status);
            card.text(Field::Note, &one.description);
            card
        });
    }
}

/// `9, invoice 1051 PA 9`: the running number with the typed one where that says more.
fn numbered(number: i64, typed: &str) -> String {
    if typed.is_empty() || typed == number.to_string() {
        number.to_string()
    } else {
        format!("{number} ({typed})")
    }
}

fn totals(card: &mut Card, totals: &CertificateTotals) {
    card.money(Field::Amount, totals.current_due);
    card.money(Field::Completed, totals.completed_and_stored);
    card.money(Field::Retainage, totals.retainage);
    card.money_unless_zero(Field::Tax, totals.tax);
}
