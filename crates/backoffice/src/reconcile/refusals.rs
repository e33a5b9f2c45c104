//! Fail closed: a figure whose sources could not be read, or not read whole, is not shown.

use std::collections::BTreeSet;

use figures::Measure;
use figures::model::{BlindSpot, Books, Incomplete};
use figures::source::System;

use super::result::{Finding, Reconciliation, Refusal};

/// Measures that need a resource. A resource that nobody needs refuses nothing; those that all
/// matching stands on refuse everything.
fn needing(system: System, resource: &str) -> &'static [Measure] {
    use Measure::{Billed, Committed, Contract, Cost, Paid, Received, Retainage, RetainagePayable};
    match (system, resource) {
        (System::Procore, "projects" | "vendors") => &Measure::ALL,
        (System::Procore, "prime_contracts") => &[Contract, Billed, Retainage, Received],
        (System::Procore, "prime_change_orders" | "change_order_packages") => &[Contract],
        (System::Procore, "payment_applications") => &[Billed, Retainage],
        (System::Procore, "contract_payments") => &[Received, Paid],
        (System::Procore, "work_order_contracts" | "purchase_order_contracts") => {
            &[Committed, Cost, RetainagePayable, Paid]
        }
        (System::Procore, "requisitions") => &[Cost, RetainagePayable],
        (System::Procore, "direct_costs") => &[Cost, Paid],
        (System::QuickBooks, "Account" | "Customer" | "Item" | "Preferences") => &Measure::ALL,
        (System::QuickBooks, "Vendor") => &[Committed, Cost, RetainagePayable, Paid],
        (System::QuickBooks, "Estimate") => &[Contract],
        (System::QuickBooks, "Invoice") => &[Billed, Retainage, Received],
        (System::QuickBooks, "CreditMemo") => &[Billed, Retainage],
        (System::QuickBooks, "Payment" | "Deposit") => &[Received],
        (System::QuickBooks, "PurchaseOrder") => &[Committed],
        (System::QuickBooks, "Bill") => &[Cost, RetainagePayable, Paid],
        (System::QuickBooks, "Purchase" | "VendorCredit") => &[Cost, RetainagePayable],
        (System::QuickBooks, "JournalEntry") => &[Retainage, Cost, RetainagePayable],
        (System::QuickBooks, "BillPayment") => &[Paid],
        _ => &[],
    }
}

/// What is refused, and why.
pub(crate) struct Refused(BTreeSet<Refusal>);

impl Refused {
    /// Whether a measure of a job is refused.
    pub(crate) fn cover(&self, project_id: i64, measure: Measure) -> bool {
        self.0.iter().any(|refusal| {
            refusal.project_id.is_none_or(|id| id == project_id) && refusal.measure == Some(measure)
        })
    }

    /// Whether a finding moves a total that is refused: it cannot be told from what was not read.
    pub(crate) fn cover_finding(&self, finding: &Finding) -> bool {
        let mut effects = finding.effects.iter();
        effects.any(|effect| self.cover(effect.project_id, effect.measure))
    }

    /// All refusals.
    pub(crate) fn all(self) -> impl Iterator<Item = Refusal> {
        self.0.into_iter()
    }
}

/// What cannot be shown because what it rests on could not be read, or not read whole.
pub(crate) fn refused(blind_spots: &[BlindSpot], incomplete: &[Incomplete]) -> Refused {
    let mut refused: BTreeSet<Refusal> = BTreeSet::new();
    for spot in blind_spots {
        let job = spot
            .project_id
            .map_or("the company".to_owned(), |id| format!("project {id}"));
        for measure in needing(System::Procore, &spot.resource) {
            refused.insert(Refusal {
                project_id: spot.project_id,
                measure: Some(*measure),
                reason: format!(
                    "Procore does not let this connection read {} of {job} ({}), so {measure} is \
                     not shown. Give the connection access to it and run again.",
                    spot.resource, spot.reason
                ),
            });
        }
    }
    for gap in incomplete {
        for measure in needing(gap.system, &gap.resource) {
            refused.insert(Refusal {
                project_id: gap.project_id,
                measure: Some(*measure),
                reason: format!(
                    "{} of {} could not be read whole ({}), so {measure} is not shown. Run again.",
                    gap.resource, gap.system, gap.reason
                ),
            });
        }
    }
    Refused(refused)
}

/// Takes away the bridges, and the findings of their measures, that rest on what could not be
/// read, and says so.
pub(crate) fn refuse(books: &Books, outcome: &mut Reconciliation) {
    let refused = refused(&outcome.blind_spots, &books.incomplete);
    outcome
        .bridges
        .retain(|bridge| !refused.cover(bridge.project_id, bridge.measure));
    outcome
        .findings
        .retain(|finding| !refused.cover_finding(finding));
    outcome.refused.extend(refused.all());
}
