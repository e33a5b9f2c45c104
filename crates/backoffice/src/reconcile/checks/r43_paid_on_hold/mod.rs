//! # Paid while on hold
//!
//! **What.** A vendor was paid in QuickBooks while Procore held its compliance: the insurance had
//! expired or was marked as not compliant.
//!
//! **Why it happens.** The hold in Procore does not stop a check in QuickBooks.
//!
//! **What to do.** Obtain the certificate, and note why it was paid.

use std::collections::BTreeMap;

use figures::Date;
use figures::model::{DocumentKind, Insurance};
use figures::source::SourceRef;
use rustc_hash::FxHashMap;

use super::{Check, Context, Hit, Rule, Weight};
use crate::reconcile::units::Family;

pub(super) const CHECK: Check = Check {
    id: "R43_paid_on_hold",
    weight: Weight::Cash,
    why: "The hold in Procore does not stop a check in QuickBooks.",
    next: "Obtain the missing certificate, and note why the vendor was paid.",
    rule: Rule::Scan(scan),
};

fn scan(context: &Context<'_, '_>) -> Vec<Hit> {
    let mut policies: BTreeMap<i64, Vec<&Insurance>> = BTreeMap::new();
    for insurance in &context.view.company.insurances {
        policies
            .entry(insurance.vendor_id)
            .or_default()
            .push(insurance);
    }
    if policies.is_empty() {
        return Vec::new();
    }
    let mut job_of: FxHashMap<u32, i64> = FxHashMap::default();
    for unit in context
        .ledger
        .iter()
        .filter(|unit| unit.family == Family::Payment)
    {
        if let Some(job) = unit.job {
            job_of.entry(unit.document).or_insert(job);
        }
    }
    let mut hits = Vec::new();
    for document in &context.view.documents {
        let paid = document.kind == DocumentKind::BillPayment
            && !document.voided
            && document.date <= context.view.as_of;
        let Some(vendor) = document.vendor.as_ref().filter(|_| paid) else {
            continue;
        };
        let Some(company) = context.parties.companies.get(vendor) else {
            continue;
        };
        let Some(lapsed) = policies
            .get(company)
            .and_then(|all| lapsed(all, document.date))
        else {
            continue;
        };
        let place = context.view.document(document.kind, &document.id);
        let job = place.and_then(|place| job_of.get(&place)).copied();
        hits.push(Hit {
            amount: document.total,
            project_id: job,
            customer_id: None,
            effects: Vec::new(),
            records: vec![
                document.source(),
                SourceRef::procore("insurance", lapsed.id),
                SourceRef::procore("vendor", *company),
            ],
            what: format!(
                "{} was made while the {} insurance was not in force{}",
                super::context::name_document(document),
                lapsed.kind,
                lapsed
                    .expiration
                    .map_or(String::new(), |date| format!(" (expired {date})")),
            ),
            date: Some(document.date),
            instead: None,
        });
    }
    hits
}

/// A kind of insurance that no policy of the vendor covered on this day.
fn lapsed<'a>(policies: &[&'a Insurance], day: Date) -> Option<&'a Insurance> {
    let mut by_kind: BTreeMap<&str, Vec<&Insurance>> = BTreeMap::new();
    for policy in policies.iter().filter(|policy| !policy.exempt) {
        by_kind
            .entry(policy.kind.as_str())
            .or_default()
            .push(policy);
    }
    let refused = |policy: &Insurance| policy.status.starts_with("non_compliant");
    let covers = |policy: &&Insurance| {
        policy.effective.is_none_or(|from| from <= day)
            && policy.expiration.is_none_or(|expires| day <= expires)
            && !refused(policy)
    };
    let over = |policy: &&Insurance| {
        refused(policy) || policy.expiration.is_some_and(|expires| expires < day)
    };
    by_kind
        .into_values()
        .filter(|policies| !policies.iter().any(covers))
        .find_map(|policies| {
            policies
                .into_iter()
                .filter(over)
                .max_by_key(|policy| (policy.expiration, policy.id))
        })
}
