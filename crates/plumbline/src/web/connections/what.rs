//! What exactly is read of each system, and why, in a contractor's words.

use figures::source::System;

/// A part of a system that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    /// What people call it.
    pub label: &'static str,
    /// The resources it consists of.
    pub resources: &'static [&'static str],
    /// Why it is read.
    pub why: &'static str,
}

/// What is read of Procore. Nothing is ever written.
pub(super) const PROCORE: &[Part] = &[
    Part {
        label: "Jobs",
        resources: &["projects"],
        why: "to know which customer in QuickBooks is which job",
    },
    Part {
        label: "Companies",
        resources: &["vendors", "users", "people"],
        why: "to know which vendor is which, and whose hours are whose",
    },
    Part {
        label: "Insurance",
        resources: &["insurances"],
        why: "to see payments made while a certificate had expired",
    },
    Part {
        label: "Prime contracts",
        resources: &["prime_contracts", "prime_contract_line_items"],
        why: "contract value, against accepted estimates",
    },
    Part {
        label: "Change orders",
        resources: &[
            "prime_change_orders",
            "commitment_change_orders",
            "change_order_packages",
            "potential_change_orders",
        ],
        why: "contract value and committed cost, up and down",
    },
    Part {
        label: "Pay applications",
        resources: &["payment_applications", "billing_periods"],
        why: "billed to date and retainage held, against invoices",
    },
    Part {
        label: "Commitments",
        resources: &[
            "work_order_contracts",
            "purchase_order_contracts",
            "commitment_line_items",
        ],
        why: "committed cost, against purchase orders",
    },
    Part {
        label: "Subcontractor invoices",
        resources: &["requisitions"],
        why: "cost and retainage payable, against bills",
    },
    Part {
        label: "Payments",
        resources: &["contract_payments"],
        why: "received and paid out, against the ledger's payments",
    },
    Part {
        label: "Direct costs",
        resources: &["direct_costs", "line_item_types"],
        why: "cost without a commitment, against bills, checks and cards",
    },
    Part {
        label: "Budget",
        resources: &["cost_codes", "budget_detail_rows"],
        why: "cost codes, and the budget against the ledger's",
    },
    Part {
        label: "Timecards and daily logs",
        resources: &["timecard_entries", "manpower_logs"],
        why: "labor cost, against payroll journals",
    },
];

/// What is read of QuickBooks. The scope that Intuit grants would also allow writing; Plumbline
/// has no code that writes.
pub(super) const QUICKBOOKS: &[Part] = &[
    Part {
        label: "Chart of accounts",
        resources: &["Account"],
        why: "to know which lines are job cost, retainage or income",
    },
    Part {
        label: "Customers and projects",
        resources: &["Customer"],
        why: "to know which customer is which job",
    },
    Part {
        label: "Vendors and employees",
        resources: &["Vendor", "Employee"],
        why: "to know which company is which",
    },
    Part {
        label: "Items, classes, terms, taxes",
        resources: &["Item", "Class", "Department", "Term", "TaxCode", "TaxRate"],
        why: "to know what a line posts to",
    },
    Part {
        label: "Estimates and purchase orders",
        resources: &["Estimate", "PurchaseOrder"],
        why: "contract value and committed cost",
    },
    Part {
        label: "Invoices and credits",
        resources: &["Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt"],
        why: "billed to date and retainage held",
    },
    Part {
        label: "Money in",
        resources: &["Payment", "Deposit"],
        why: "received",
    },
    Part {
        label: "Bills and credits",
        resources: &["Bill", "VendorCredit", "Purchase"],
        why: "job cost and retainage payable",
    },
    Part {
        label: "Money out",
        resources: &["BillPayment", "Transfer"],
        why: "paid out",
    },
    Part {
        label: "Journals, time and budgets",
        resources: &["JournalEntry", "TimeActivity", "Budget", "Attachable"],
        why: "payroll, adjustments, and the budget against Procore's",
    },
];

/// The parts of a system.
#[must_use]
pub(super) const fn parts(system: System) -> &'static [Part] {
    match system {
        System::Procore => PROCORE,
        System::QuickBooks => QUICKBOOKS,
    }
}

/// The part that a resource belongs to; the resource itself when it is none of them.
#[must_use]
pub(super) fn label(system: System, resource: &str) -> String {
    let part = parts(system)
        .iter()
        .find(|part| part.resources.contains(&resource));
    part.map_or_else(|| resource.replace('_', " "), |part| part.label.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_called_by_its_part() {
        assert_eq!(
            label(System::Procore, "requisitions"),
            "Subcontractor invoices"
        );
        assert_eq!(label(System::Procore, "new_thing"), "new thing");
    }

    #[test]
    fn no_resource_is_named_twice() {
        for system in [System::Procore, System::QuickBooks] {
            let mut names: Vec<&str> = parts(system)
                .iter()
                .flat_map(|part| part.resources)
                .copied()
                .collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
        }
    }
}
