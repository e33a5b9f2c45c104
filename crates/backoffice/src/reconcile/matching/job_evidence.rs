//! Which customer a project is, told by their documents where their names do not tell.
//!
//! Two jobs that share many amounts to the cent are one job, whatever they are called.

use std::collections::{BTreeMap, BTreeSet};

use figures::Money;
use figures::model::{DocumentKind, LedgerBooks, LedgerDocument, ProjectBooks};
use rustc_hash::FxHashMap;

/// Documents in common from which a customer is taken to be a project.
const LEAST: u32 = 3;
/// Documents in common from which it is a further customer of a project that has one.
const LEAST_FURTHER: u32 = 2;

/// What a document may be recognised by: its sort and its amount.
pub(crate) type Mark = (Sort, i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sort {
    Contract,
    Billing,
    Commitment,
    Cost,
}

/// Customers that share documents with projects: (project, customer, documents in common).
/// Only the projects and customers asked about are looked at.
pub(crate) fn shared<'a>(
    project: &ProjectBooks,
    ledger: &'a LedgerBooks,
    projects: &BTreeSet<i64>,
    customers: &BTreeSet<&'a str>,
) -> Vec<(i64, &'a str, u32)> {
    if projects.is_empty() || customers.is_empty() {
        return Vec::new();
    }
    let mut marks: FxHashMap<Mark, Vec<&'a str>> = FxHashMap::default();
    let mut documents: BTreeMap<&str, u32> = BTreeMap::new();
    for document in &ledger.documents {
        let Some((sort, customer)) = mark_of(document) else {
            continue;
        };
        if customers.contains(customer) {
            let amount = (document.total - document.tax).cents();
            marks.entry((sort, amount)).or_default().push(customer);
            *documents.entry(customer).or_default() += 1;
        }
    }
    let mut votes: BTreeMap<(i64, &'a str), u32> = BTreeMap::new();
    for (id, mark) in project_marks(project) {
        if !projects.contains(&id) {
            continue;
        }
        let holders: BTreeSet<&'a str> = marks.get(&mark).into_iter().flatten().copied().collect();
        // An amount that many jobs share tells nothing.
        if holders.len() <= 2 {
            for holder in holders {
                *votes.entry((id, holder)).or_default() += 1;
            }
        }
    }
    votes
        .into_iter()
        .filter(|((_, customer), count)| {
            let all = documents.get(customer).copied().unwrap_or_default();
            *count >= LEAST.min(all) && *count * 3 >= all
        })
        .map(|((id, customer), count)| (id, customer, count))
        .collect()
}

/// The best customer of each project and the best project of each customer, where both agree and
/// nothing else comes near.
pub(crate) fn decided(mut shared: Vec<(i64, &str, u32)>) -> Vec<(i64, &str, u32)> {
    shared.sort_by(|one, other| {
        other
            .2
            .cmp(&one.2)
            .then_with(|| (one.0, one.1).cmp(&(other.0, other.1)))
    });
    let mut taken: (BTreeSet<i64>, BTreeSet<&str>) = Default::default();
    let mut chosen = Vec::new();
    for &(project, customer, count) in &shared {
        let rival = shared.iter().any(|(other, one, votes)| {
            (*other == project) != (*one == customer) && *votes * 2 > count
        });
        if count >= LEAST && !rival && taken.0.insert(project) && taken.1.insert(customer) {
            chosen.push((project, customer, count));
        }
    }
    chosen
}

/// Further customers: at least two documents of one project that has a customer already.
pub(crate) fn further(shared: Vec<(i64, &str, u32)>) -> Vec<(i64, &str, u32)> {
    let mut best: BTreeMap<&str, (u32, i64)> = BTreeMap::new();
    for (project, customer, count) in shared {
        let held = best.entry(customer).or_insert((count, project));
        *held = (*held).max((count, project));
    }
    best.into_iter()
        .filter(|(_, (count, _))| *count >= LEAST_FURTHER)
        .map(|(customer, (count, project))| (project, customer, count))
        .collect()
}

/// The sort of a ledger document and the only customer it names.
pub(crate) fn mark_of(document: &LedgerDocument) -> Option<(Sort, &str)> {
    let sort = match document.kind {
        DocumentKind::Invoice => Sort::Billing,
        DocumentKind::Bill | DocumentKind::Purchase => Sort::Cost,
        DocumentKind::PurchaseOrder => Sort::Commitment,
        DocumentKind::Estimate => Sort::Contract,
        _ => return None,
    };
    let mut named = document
        .lines
        .iter()
        .filter_map(|line| line.customer.as_deref());
    let customer = match document.customer.as_deref() {
        Some(customer) => customer,
        None => named.next()?,
    };
    (!document.total.is_zero() && named.all(|other| other == customer)).then_some((sort, customer))
}

/// What each project's documents may be recognised by.
pub(crate) fn project_marks(project: &ProjectBooks) -> impl Iterator<Item = (i64, Mark)> + '_ {
    let mark = |id: i64, sort: Sort, amount: Money| (id, (sort, amount.cents()));
    let contracts = project
        .prime_contracts
        .iter()
        .map(move |one| mark(one.project_id, Sort::Contract, one.original));
    let billings = project.pay_applications.iter().map(move |one| {
        mark(
            one.project_id,
            Sort::Billing,
            one.totals.current_due - one.totals.tax,
        )
    });
    let commitments = project
        .commitments
        .iter()
        .map(move |one| mark(one.project_id, Sort::Commitment, one.revised));
    let invoices = project.subcontractor_invoices.iter().map(move |one| {
        mark(
            one.project_id,
            Sort::Cost,
            one.totals.current_due - one.totals.tax,
        )
    });
    let costs = project
        .direct_costs
        .iter()
        .map(move |one| mark(one.project_id, Sort::Cost, one.amount));
    contracts
        .chain(billings)
        .chain(commitments)
        .chain(invoices)
        .chain(costs)
        .filter(|(_, (_, amount))| *amount != 0)
}
