//! Cards of QuickBooks' records.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::{DocumentKind, LedgerBooks, LedgerDocument};
use figures::source::SourceRef;

use super::{Card, Field, bare_name};

/// Adds the cards of the records that are wanted.
pub(super) fn cards(
    books: &LedgerBooks,
    wanted: &BTreeSet<SourceRef>,
    found: &mut BTreeMap<SourceRef, Card>,
) {
    let customers: Names<'_> = books
        .customers
        .iter()
        .map(|one| (one.id.as_str(), one.full_name.as_str()))
        .collect();
    let vendors: Names<'_> = books
        .vendors
        .iter()
        .map(|one| (one.id.as_str(), one.name.as_str()))
        .collect();
    let accounts: Names<'_> = books
        .accounts
        .iter()
        .map(|one| (one.id.as_str(), one.full_name.as_str()))
        .collect();
    for one in &books.customers {
        let source = SourceRef::quickbooks("Customer", &one.id);
        if wanted.contains(&source) {
            let mut card = Card::named(&one.name, "customer");
            card.text(Field::Job, &one.full_name);
            card.text(Field::Party, &one.company_name);
            card.money_unless_zero(Field::Open, one.balance);
            card.status(if one.active { "active" } else { "inactive" });
            found.insert(source, card);
        }
    }
    for one in &books.vendors {
        let source = SourceRef::quickbooks("Vendor", &one.id);
        if wanted.contains(&source) {
            let mut card = Card::named(&one.name, "vendor");
            card.text(Field::Party, &one.name);
            card.text(Field::Note, &one.company_name);
            card.money_unless_zero(Field::Open, one.balance);
            card.status(if one.active { "active" } else { "inactive" });
            found.insert(source, card);
        }
    }
    let numbers: BTreeMap<(&str, &str), &str> = books
        .documents
        .iter()
        .map(|one| ((one.kind.entity(), one.id.as_str()), one.number.as_str()))
        .collect();
    for one in &books.documents {
        let source = one.source();
        if wanted.contains(&source) {
            let names = (&customers, &vendors, &accounts);
            found.insert(source, document(one, names, &numbers));
        }
    }
}

type Names<'a> = BTreeMap<&'a str, &'a str>;

fn document(
    one: &LedgerDocument,
    (customers, vendors, accounts): (&Names<'_>, &Names<'_>, &Names<'_>),
    numbers: &BTreeMap<(&str, &str), &str>,
) -> Card {
    let word = bare_name(&SourceRef::quickbooks(one.kind.entity(), ""));
    let mut card = Card::new(word.trim(), &one.number, &one.id);
    let vendor = one.vendor.as_deref().and_then(|id| vendors.get(id));
    let customer = one.customer.as_deref().and_then(|id| customers.get(id));
    let top = |name: &&str| name.split(':').next().unwrap_or_default().to_owned();
    let party = vendor.map(|name| (*name).to_owned());
    card.text(
        Field::Party,
        &party.or_else(|| customer.map(top)).unwrap_or_default(),
    );
    card.day(Field::Date, Some(one.date));
    card.day(Field::Due, one.due);
    card.money(Field::Amount, one.total);
    card.money_unless_zero(Field::Tax, one.tax);
    match one.kind {
        DocumentKind::Bill | DocumentKind::Invoice | DocumentKind::CreditMemo => {
            card.money(Field::Open, one.balance);
        }
        DocumentKind::Payment => card.money(Field::Open, one.unapplied),
        _ => {}
    }
    let jobs: BTreeSet<&str> = one
        .lines
        .iter()
        .filter_map(|line| line.customer.as_deref())
        .chain(one.customer.as_deref())
        .filter_map(|id| customers.get(id).copied())
        .collect();
    card.text(Field::Job, &few(&jobs));
    let posted: BTreeSet<&str> = one
        .lines
        .iter()
        .filter_map(|line| line.account.as_deref())
        .filter_map(|id| accounts.get(id).copied())
        .collect();
    card.text(Field::Account, &few(&posted));
    card.status(if one.voided { "voided" } else { &one.status });
    let linked: BTreeSet<String> = one
        .links
        .iter()
        .chain(one.lines.iter().flat_map(|line| &line.links))
        .map(|link| {
            let source = SourceRef::quickbooks(&link.kind, &link.id);
            match numbers.get(&(link.kind.as_str(), link.id.as_str())) {
                Some(number) if !number.is_empty() => {
                    bare_name(&SourceRef::quickbooks(&link.kind, number))
                }
                _ => bare_name(&source),
            }
        })
        .collect();
    let linked: BTreeSet<&str> = linked.iter().map(String::as_str).collect();
    if linked.is_empty() && matches!(one.kind, DocumentKind::Payment | DocumentKind::BillPayment) {
        card.text(Field::Linked, "nothing");
    }
    card.text(Field::Linked, &few(&linked));
    card.text(Field::Note, &one.note);
    card
}

/// The first few of many, and how many more there are.
fn few(names: &BTreeSet<&str>) -> String {
    const SHOWN: usize = 3;
    let mut text = names
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    text
}
