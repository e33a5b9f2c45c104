//! # Inactive with a balance
//!
//! **What.** A job, customer or vendor is inactive and still has an open balance.
//!
//! **Why it happens.** It was closed too early.
//!
//! **What to do.** Reactivate it, or clear the balance.

use std::collections::{BTreeMap, BTreeSet};

use figures::Money;
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
    let (ledger, project) = (context.view.lists, context.view.company);
    let wide = context.wide;
    let mut hits = Vec::new();
    for customer in ledger.customers.iter().filter(|one| !one.active) {
        let open = wide.receivable(&customer.id).unwrap_or(customer.balance);
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
    for vendor in ledger.vendors.iter().filter(|one| !one.active) {
        let open = wide.payable(&vendor.id).unwrap_or(vendor.balance);
        let record = SourceRef::quickbooks("Vendor", &vendor.id);
        hits.extend(hit(open, None, None, record, &vendor.name));
    }
    // A job's customers and all that lie below them.
    let mut open_of_job: BTreeMap<i64, Money> = BTreeMap::new();
    for customer in ledger.customers.iter().filter(|one| one.active) {
        let open = wide.receivable(&customer.id);
        if let Some((job, open)) = context.jobs.project_of(&customer.id).zip(open) {
            *open_of_job.entry(job).or_default() += open;
        }
    }
    for one in project.projects.iter().filter(|one| !one.active) {
        let first = context
            .jobs
            .customers
            .get(&one.id)
            .and_then(|ids| ids.first());
        let open = open_of_job.get(&one.id).copied().unwrap_or_default();
        let record = SourceRef::procore("project", one.id);
        hits.extend(hit(open, Some(one.id), first.cloned(), record, &one.name));
    }
    let active = ledger.vendors.iter().filter(|vendor| vendor.active);
    let active: BTreeSet<&str> = active.map(|vendor| vendor.id.as_str()).collect();
    for company in project.parties.iter().filter(|one| !one.active) {
        let vendors = context.parties.vendors.get(&company.id);
        let open: Money = vendors
            .into_iter()
            .flatten()
            .filter(|id| active.contains(id.as_str()))
            .filter_map(|id| wide.payable(id))
            .sum();
        let record = SourceRef::procore("vendor", company.id);
        hits.extend(hit(open, None, None, record, &company.name));
    }
    hits
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
