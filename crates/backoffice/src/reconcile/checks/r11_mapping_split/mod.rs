//! # Job split over customers
//!
//! **What.** One Procore project stands for several customers or projects in QuickBooks. Their
//! totals are added up.
//!
//! **Why it happens.** The job was created twice in QuickBooks.
//!
//! **What to do.** Merge the customers, or map the job to one of them.

use super::{Check, Context, Hit, Rule, Weight};
use std::collections::BTreeMap;

use crate::reconcile::units::Family;
use figures::Money;
use figures::source::SourceRef;

pub(super) const CHECK: Check = Check {
    id: "R11_mapping_split",
    weight: Weight::Classification,
    why: "The job was created twice in QuickBooks.",
    next: "Merge the customers in QuickBooks, or confirm which one is the job.",
    rule: Rule::Scan(scan),
};

fn scan(context: &Context<'_, '_>) -> Vec<Hit> {
    let split: Vec<(&i64, &Vec<figures::SmolStr>)> = context
        .jobs
        .customers
        .iter()
        .filter(|(_, customers)| customers.len() > 1)
        .collect();
    if split.is_empty() {
        return Vec::new();
    }
    let mut on_customer: BTreeMap<&str, Money> = BTreeMap::new();
    for unit in context.ledger {
        if !matches!(unit.family, Family::Billing | Family::Cost) || unit.job.is_none() {
            continue;
        }
        let document = context.document(unit);
        let line = document
            .lines
            .iter()
            .find_map(|line| line.customer.as_deref());
        if let Some(customer) = document.customer.as_deref().or(line) {
            *on_customer.entry(customer).or_default() += unit.shown.gross.abs();
        }
    }
    split
        .into_iter()
        .map(|(project, customers)| {
            let amount = customers
                .iter()
                .skip(1)
                .filter_map(|customer| on_customer.get(customer.as_str()))
                .copied()
                .sum();
            let mut records: Vec<SourceRef> = customers
                .iter()
                .skip(1)
                .chain(customers.first())
                .map(|customer| SourceRef::quickbooks("Customer", customer))
                .collect();
            records.push(SourceRef::procore("project", *project));
            Hit {
                amount,
                project_id: Some(*project),
                customer_id: customers.get(1).cloned(),
                effects: Vec::new(),
                records,
                what: format!(
                    "project {project} is {} customers in QuickBooks; {amount} is on the extra ones",
                    customers.len()
                ),
                date: None,
                instead: None,
            }
        })
        // A customer that nothing was ever entered on splits nothing.
        .filter(|hit: &Hit| !hit.amount.is_zero())
        .collect()
}
