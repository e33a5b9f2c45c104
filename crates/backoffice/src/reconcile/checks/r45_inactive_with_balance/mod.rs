//! # Inactive with a balance
//!
//! **What.** A job, customer or vendor is inactive and still has an open balance.
//!
//! **Why it happens.** It was closed too early.
//!
//! **What to do.** Reactivate it, or clear the balance.

use std::collections::BTreeMap;

use figures::Money;
use figures::model::DocumentKind;
use figures::source::SourceRef;

use super::{Check, Context, Hit, Rule, Weight};

pub(super) const CHECK: Check = Check {
    id: "R45_inactive_with_balance",
    weight: Weight::Cash,
    why: "It was deactivated before its balance was cleared.",
    next: "Reactivate it and clear the balance.",
    rule: Rule::Scan(scan),
};

fn scan(context: &Context<'_, '_>) -> Vec<Hit> {
    let mut customers: BTreeMap<&str, Money> = BTreeMap::new();
    let mut vendors: BTreeMap<&str, Money> = BTreeMap::new();
    for document in &context.view.ledger.documents {
        match document.kind {
            DocumentKind::Invoice => add(&mut customers, &document.customer, document.balance),
            DocumentKind::Bill => add(&mut vendors, &document.vendor, document.balance),
            _ => {}
        }
    }
    let mut hits = Vec::new();
    for customer in context
        .view
        .ledger
        .customers
        .iter()
        .filter(|one| !one.active)
    {
        let open = customers
            .get(customer.id.as_str())
            .copied()
            .unwrap_or(customer.balance);
        let job = context.jobs.project_of(&customer.id);
        let record = SourceRef::quickbooks("Customer", &customer.id);
        hits.extend(hit(
            open,
            job,
            Some(customer.id.clone()),
            record,
            &customer.name,
        ));
    }
    for vendor in context.view.ledger.vendors.iter().filter(|one| !one.active) {
        let open = vendors
            .get(vendor.id.as_str())
            .copied()
            .unwrap_or(vendor.balance);
        let record = SourceRef::quickbooks("Vendor", &vendor.id);
        hits.extend(hit(open, None, None, record, &vendor.name));
    }
    for project in context
        .view
        .project
        .projects
        .iter()
        .filter(|one| !one.active)
    {
        let first = context.jobs.customers.get(&project.id).and_then(|ids| ids.first());
        // The job's customers and all that lie below them.
        let open: Money = context
            .view
            .ledger
            .customers
            .iter()
            .filter(|one| one.active && context.jobs.project_of(&one.id) == Some(project.id))
            .filter_map(|one| customers.get(one.id.as_str()))
            .copied()
            .sum();
        let record = SourceRef::procore("project", project.id);
        hits.extend(hit(
            open,
            Some(project.id),
            first.cloned(),
            record,
            &project.name,
        ));
    }
    for company in context
        .view
        .project
        .parties
        .iter()
        .filter(|one| !one.active)
    {
        let ids = context
            .parties
            .vendors
            .get(&company.id)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let active = |id: &str| {
            context
                .view
                .ledger
                .vendors
                .iter()
                .any(|vendor| vendor.id == id && vendor.active)
        };
        let open: Money = ids
            .iter()
            .filter(|id| active(id))
            .filter_map(|id| vendors.get(id.as_str()))
            .copied()
            .sum();
        let record = SourceRef::procore("vendor", company.id);
        hits.extend(hit(open, None, None, record, &company.name));
    }
    hits
}

fn add<'a>(open: &mut BTreeMap<&'a str, Money>, id: &'a Option<figures::SmolStr>, balance: Money) {
    if let Some(id) = id {
        *open.entry(id.as_str()).or_default() += balance;
    }
}

fn hit(
    open: Money,
    project_id: Option<i64>,
    customer_id: Option<figures::SmolStr>,
    record: SourceRef,
    name: &str,
) -> Option<Hit> {
    if open.is_zero() {
        return None;
    }
    Some(Hit {
        amount: open,
        project_id,
        customer_id,
        effects: Vec::new(),
        what: format!(
            "{name} is inactive in {} and still has {open} open",
            record.system
        ),
        records: vec![record],
        date: None,
        instead: None,
    })
}
