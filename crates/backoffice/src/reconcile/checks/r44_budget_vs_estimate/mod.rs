//! # Budget against budget
//!
//! **What.** The revised budget of a job in Procore differs from the budget in QuickBooks. It is
//! only compared where QuickBooks holds a budget.
//!
//! **Why it happens.** A budget transfer was not mirrored.
//!
//! **What to do.** Align the two budgets.

use std::collections::BTreeMap;

use figures::Money;
use figures::source::SourceRef;

use super::{Check, Context, Hit, Rule, Weight};

pub(super) const CHECK: Check = Check {
    id: "R44_budget_vs_estimate",
    weight: Weight::Information,
    why: "A budget change was not mirrored.",
    next: "Align the budget in QuickBooks with the revised budget in Procore.",
    rule: Rule::Scan(scan),
};

fn scan(context: &Context<'_, '_>) -> Vec<Hit> {
    let mut ours: BTreeMap<i64, Money> = BTreeMap::new();
    for row in &context.view.company.budget_rows {
        *ours.entry(row.project_id).or_default() += row.original + row.modifications;
    }
    let mut theirs: BTreeMap<i64, (Money, &str)> = BTreeMap::new();
    for budget in context
        .view
        .lists
        .budgets
        .iter()
        .filter(|budget| budget.active)
    {
        for line in &budget.lines {
            let cost = line.account.as_deref().is_none_or(|account| {
                let role = context.view.role(account);
                role.cost || !role.income
            });
            let job = line
                .customer
                .as_deref()
                .and_then(|one| context.jobs.project_of(one));
            if let Some(job) = job.filter(|_| cost) {
                let entry = theirs
                    .entry(job)
                    .or_insert((Money::ZERO, budget.id.as_str()));
                entry.0 += line.amount;
            }
        }
    }
    let mut hits = Vec::new();
    for (job, (budget, id)) in theirs {
        let Some(revised) = ours.get(&job).copied() else {
            continue;
        };
        let difference = revised - budget;
        if difference.abs() <= context.view.policy.rounding {
            continue;
        }
        hits.push(Hit {
            amount: difference.abs(),
            project_id: Some(job),
            customer_id: context
                .jobs
                .customers
                .get(&job)
                .and_then(|ids| ids.first())
                .cloned(),
            effects: Vec::new(),
            records: vec![
                SourceRef::quickbooks("Budget", id),
                SourceRef::procore("project", job),
            ],
            what: format!("the budget is {revised} in Procore and {budget} in QuickBooks"),
            date: None,
            instead: None,
        });
    }
    hits
}
