//! Addresses that open a record where it is kept, one pure function for each system.
//!
//! QuickBooks opens a transaction by its id. Procore's pages of single records are not
//! documented, so there the tool's list on the job is opened, and the words of the link say so.
//! Both hosts send people on to their own zone or company after signing in.

use figures::source::{SourceRef, System};

/// A link out of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub href: String,
    /// What it opens: `Open in QuickBooks`, `Open direct costs in Procore`.
    pub words: String,
}

/// Where a record can be opened. `project_id` is the job it belongs to in Procore.
#[must_use]
pub fn record(source: &SourceRef, project_id: Option<i64>) -> Option<Link> {
    match source.system {
        System::QuickBooks => quickbooks(&source.kind, &source.id),
        System::Procore => procore(&source.kind, &source.id, project_id),
    }
}

/// The page of a QuickBooks entity.
#[must_use]
pub fn quickbooks(entity: &str, id: &str) -> Option<Link> {
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let path = match entity {
        "Bill" => format!("bill?txnId={id}"),
        "BillPayment" => format!("billpayment?txnId={id}"),
        "CreditMemo" => format!("creditmemo?txnId={id}"),
        "Deposit" => format!("deposit?txnId={id}"),
        "Estimate" => format!("estimate?txnId={id}"),
        "Invoice" => format!("invoice?txnId={id}"),
        "JournalEntry" => format!("journal?txnId={id}"),
        "Payment" => format!("recvpayment?txnId={id}"),
        "Purchase" => format!("expense?txnId={id}"),
        "PurchaseOrder" => format!("purchaseorder?txnId={id}"),
        "RefundReceipt" => format!("refundreceipt?txnId={id}"),
        "SalesReceipt" => format!("salesreceipt?txnId={id}"),
        "Transfer" => format!("transfer?txnId={id}"),
        "VendorCredit" => format!("vendorcredit?txnId={id}"),
        "Customer" => format!("customerdetail?nameId={id}"),
        "Vendor" => format!("vendordetail?nameId={id}"),
        "Budget" => "budget".to_owned(),
        _ => return None,
    };
    Some(Link {
        href: format!("https://app.qbo.intuit.com/app/{path}"),
        words: "Open in QuickBooks".to_owned(),
    })
}

/// The page or the list that holds a Procore record.
#[must_use]
pub fn procore(kind: &str, id: &str, project_id: Option<i64>) -> Option<Link> {
    let (project, tool, what) = match kind {
        "project" => (id.parse().ok(), "home", "the job"),
        "prime_contract" | "payment_application" => {
            (project_id, "prime_contracts", "prime contracts")
        }
        "work_order_contract" | "purchase_order_contract" | "requisition" => {
            (project_id, "commitments", "commitments")
        }
        "contract_payment" => (project_id, "prime_contracts", "contracts"),
        "direct_cost" => (project_id, "direct_costs", "direct costs"),
        "prime_change_order"
        | "commitment_change_order"
        | "change_order_package"
        | "potential_change_order" => (project_id, "change_orders", "change orders"),
        "vendor" | "insurance" => (project_id, "directory", "the directory"),
        _ => (project_id, "home", "the job"),
    };
    let project = project?;
    Some(Link {
        href: format!("https://app.procore.com/{project}/project/{tool}"),
        words: format!("Open {what} in Procore"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quickbooks_transaction_opens_by_its_id() {
        let link = quickbooks("Bill", "145").unwrap();
        assert_eq!(link.href, "https://app.qbo.intuit.com/app/bill?txnId=145");
        assert_eq!(quickbooks("Bill", "1&x=2"), None);
        assert_eq!(quickbooks("Bill", ""), None);
        assert_eq!(quickbooks("Preferences", "1"), None);
    }

    #[test]
    fn a_procore_record_opens_the_list_that_holds_it_and_says_so() {
        let link = procore("direct_cost", "7", Some(400_093)).unwrap();
        assert_eq!(
            link.href,
            "https://app.procore.com/400093/project/direct_costs"
        );
        assert_eq!(link.words, "Open direct costs in Procore");
        assert_eq!(procore("direct_cost", "7", None), None);
        assert_eq!(
            procore("project", "9", None).unwrap().href,
            "https://app.procore.com/9/project/home"
        );
    }
}
