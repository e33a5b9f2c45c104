//! One root cause is reported once: a payment that differs only because the document it pays
//! differs is a symptom, and what it moves is shown under the cause.

use std::collections::BTreeMap;

use figures::model::DocumentKind;
use rustc_hash::FxHashMap;

use super::super::cases::{Case, Relation};
use super::super::result::{Effect, Finding};
use super::super::units::{Family, Share};
use super::context::Context;

/// A finding that may be the cause of others.
#[derive(Debug, Clone)]
struct Root {
    finding: usize,
    paired: bool,
    /// What the cause moves by job, net of retainage.
    net: BTreeMap<i64, figures::Money>,
}

/// Findings about documents that are paid, by document.
#[derive(Default)]
pub(crate) struct Roots {
    by_ledger: FxHashMap<u32, Root>,
    by_project: FxHashMap<u32, Root>,
}

impl Roots {
    /// Remembers a claimed case of a document that may be paid.
    pub(crate) fn note(&mut self, case: &Case<'_, '_>, finding: usize) {
        if !matches!(case.family, Family::Billing | Family::Cost) {
            return;
        }
        let net = |share: &Share| match case.family {
            Family::Cost => share.main - share.retainage,
            _ => share.main,
        };
        let root = Root {
            finding,
            paired: matches!(case.relation, Relation::Paired | Relation::Reversed),
            net: case
                .residual
                .iter()
                .map(|(job, share)| (*job, net(share)))
                .collect(),
        };
        for unit in &case.ledger {
            self.by_ledger.insert(unit.document, root.clone());
        }
        for place in &case.project_places {
            self.by_project.insert(*place, root.clone());
        }
    }

    /// The finding that this payment is a symptom of.
    fn cause(&self, case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<usize> {
        if !matches!(case.family, Family::Receipt | Family::Payment) || case.residual.is_empty() {
            return None;
        }
        if let Some(credit) = self.credit_used(case, context) {
            return Some(credit);
        }
        let of_ledger = case
            .ledger
            .iter()
            .find_map(|unit| self.by_ledger.get(&unit.pays?));
        let of_project = case
            .project
            .iter()
            .find_map(|unit| self.by_project.get(&unit.pays?));
        match case.relation {
            Relation::OnlyLedger => of_ledger.filter(|root| !root.paired),
            Relation::OnlyProject => of_project.filter(|root| !root.paired),
            _ => of_ledger.or(of_project).filter(|root| explains(root, case)),
        }
        .map(|root| root.finding)
    }

    /// The finding about a credit that the payment uses up, when the credit is all that the two
    /// sides differ by: what a credit settles counts as paid (measures.md).
    fn credit_used(&self, case: &Case<'_, '_>, context: &Context<'_, '_>) -> Option<usize> {
        let over = -case.main().cents();
        let document = context.document(case.ledger.first()?);
        let links = document
            .lines
            .iter()
            .flat_map(|line| line.links.iter().map(|link| (line.amount, link)));
        for (amount, link) in links {
            let kind = match link.kind.as_str() {
                "CreditMemo" => DocumentKind::CreditMemo,
                "VendorCredit" => DocumentKind::VendorCredit,
                _ => continue,
            };
            let root = context
                .view
                .document(kind, &link.id)
                .and_then(|credit| self.by_ledger.get(&credit));
            if let Some(root) = root.filter(|_| over > 0 && over <= amount.cents().abs()) {
                return Some(root.finding);
            }
        }
        None
    }

    /// Adds a symptom to its cause; false when the case has a cause of its own.
    pub(crate) fn absorb(
        &self,
        case: &Case<'_, '_>,
        context: &Context<'_, '_>,
        findings: &mut [(usize, Finding)],
    ) -> bool {
        let Some(finding) = self.cause(case, context) else {
            return false;
        };
        let (_, finding) = &mut findings[finding];
        for effect in case.effects() {
            add(&mut finding.effects, effect);
        }
        for record in case.records(context.view) {
            if !finding.records.contains(&record) {
                finding.records.push(record);
            }
        }
        true
    }
}

/// Whether a difference between two payments has the direction, and at most the size, of the
/// difference between the documents they pay, in every job.
fn explains(root: &Root, case: &Case<'_, '_>) -> bool {
    case.residual.iter().all(|(job, share)| {
        root.net.get(job).is_some_and(|net| {
            // A payment carries the sales tax of what it pays; nothing else may make it larger.
            let most = net.abs().cents() * 6 / 5;
            (net.cents() > 0) == (share.main.cents() > 0) && share.main.abs().cents() <= most
        })
    })
}

/// Adds an effect to those of the same job and measure.
pub(crate) fn add(effects: &mut Vec<Effect>, effect: Effect) {
    let same = effects
        .iter_mut()
        .find(|one| one.project_id == effect.project_id && one.measure == effect.measure);
    match same {
        Some(one) => one.amount += effect.amount,
        None => effects.push(effect),
    }
    effects.retain(|one| !one.amount.is_zero());
}
