//! The entity types of the Accounting API and what family each belongs to.

/// An entity type.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the variants are the vendor's entity names")]
pub enum Kind {
    CompanyInfo,
    Preferences,
    Account,
    Customer,
    Vendor,
    Employee,
    Item,
    Class,
    Department,
    Term,
    PaymentMethod,
    CustomerType,
    TaxCode,
    TaxRate,
    TaxAgency,
    Budget,
    Invoice,
    Payment,
    CreditMemo,
    SalesReceipt,
    RefundReceipt,
    Deposit,
    Bill,
    BillPayment,
    VendorCredit,
    Purchase,
    PurchaseOrder,
    JournalEntry,
    TimeActivity,
    Estimate,
    Transfer,
    CreditCardPayment,
    RecurringTransaction,
    ReimburseCharge,
    InventoryAdjustment,
    CompanyCurrency,
    ExchangeRate,
    Entitlements,
    JournalCode,
    Attachable,
}

/// How an entity type behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    /// One per company, cannot be created or deleted.
    Singleton,
    /// A name list: deactivated, never deleted.
    Name,
    /// A transaction: created, edited, deleted, with lines.
    Transaction,
    /// Readable only through this API.
    ReadOnly,
    /// Attachments: created, edited, deleted, without lines.
    Attachment,
}

/// In the order of the variants.
const TABLE: &[(Kind, &str, Family)] = &[
    (Kind::CompanyInfo, "CompanyInfo", Family::Singleton),
    (Kind::Preferences, "Preferences", Family::Singleton),
    (Kind::Account, "Account", Family::Name),
    (Kind::Customer, "Customer", Family::Name),
    (Kind::Vendor, "Vendor", Family::Name),
    (Kind::Employee, "Employee", Family::Name),
    (Kind::Item, "Item", Family::Name),
    (Kind::Class, "Class", Family::Name),
    (Kind::Department, "Department", Family::Name),
    (Kind::Term, "Term", Family::Name),
    (Kind::PaymentMethod, "PaymentMethod", Family::Name),
    (Kind::CustomerType, "CustomerType", Family::ReadOnly),
    (Kind::TaxCode, "TaxCode", Family::ReadOnly),
    (Kind::TaxRate, "TaxRate", Family::ReadOnly),
    (Kind::TaxAgency, "TaxAgency", Family::ReadOnly),
    (Kind::Budget, "Budget", Family::ReadOnly),
    (Kind::Invoice, "Invoice", Family::Transaction),
    (Kind::Payment, "Payment", Family::Transaction),
    (Kind::CreditMemo, "CreditMemo", Family::Transaction),
    (Kind::SalesReceipt, "SalesReceipt", Family::Transaction),
    (Kind::RefundReceipt, "RefundReceipt", Family::Transaction),
    (Kind::Deposit, "Deposit", Family::Transaction),
    (Kind::Bill, "Bill", Family::Transaction),
    (Kind::BillPayment, "BillPayment", Family::Transaction),
    (Kind::VendorCredit, "VendorCredit", Family::Transaction),
    (Kind::Purchase, "Purchase", Family::Transaction),
    (Kind::PurchaseOrder, "PurchaseOrder", Family::Transaction),
    (Kind::JournalEntry, "JournalEntry", Family::Transaction),
    (Kind::TimeActivity, "TimeActivity", Family::Transaction),
    (Kind::Estimate, "Estimate", Family::Transaction),
    (Kind::Transfer, "Transfer", Family::Transaction),
    (
        Kind::CreditCardPayment,
        "CreditCardPayment",
        Family::Transaction,
    ),
    (
        Kind::RecurringTransaction,
        "RecurringTransaction",
        Family::ReadOnly,
    ),
    (Kind::ReimburseCharge, "ReimburseCharge", Family::ReadOnly),
    (
        Kind::InventoryAdjustment,
        "InventoryAdjustment",
        Family::ReadOnly,
    ),
    (Kind::CompanyCurrency, "CompanyCurrency", Family::ReadOnly),
    (Kind::ExchangeRate, "ExchangeRate", Family::ReadOnly),
    (Kind::Entitlements, "Entitlements", Family::ReadOnly),
    (Kind::JournalCode, "JournalCode", Family::ReadOnly),
    (Kind::Attachable, "Attachable", Family::Attachment),
];

impl Kind {
    /// The entity name, whatever the case it was written in.
    #[must_use]
    pub fn parse(name: &str) -> Option<Kind> {
        TABLE
            .iter()
            .find(|row| row.1.eq_ignore_ascii_case(name))
            .map(|row| row.0)
    }

    /// The canonical entity name, as it appears as a key in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        TABLE.get(self as usize).map_or("", |row| row.1)
    }

    pub(crate) fn family(self) -> Family {
        TABLE
            .get(self as usize)
            .map_or(Family::ReadOnly, |row| row.2)
    }

    /// The type that a `LinkedTxn.TxnType` names; several names stand for one entity.
    pub(crate) fn of_linked(name: &str) -> Option<Kind> {
        match name {
            "Expense" | "Check" | "CreditCardCredit" | "CreditCardCharge" | "CashPurchase" => {
                Some(Kind::Purchase)
            }
            "BillPaymentCheck" | "BillPaymentCreditCard" => Some(Kind::BillPayment),
            "Bill Payment" => Some(Kind::BillPayment),
            other => Kind::parse(other).filter(|kind| kind.family() == Family::Transaction),
        }
    }

    /// Change data capture refuses these (reference, section 7).
    pub(crate) fn has_change_capture(self) -> bool {
        !matches!(
            self,
            Kind::JournalCode
                | Kind::TaxAgency
                | Kind::TaxCode
                | Kind::TaxRate
                | Kind::TimeActivity
                | Kind::RecurringTransaction
                | Kind::Entitlements
                | Kind::ExchangeRate
        )
    }

    /// Sales forms number themselves and carry a subtotal line.
    pub(crate) fn is_sales_form(self) -> bool {
        matches!(
            self,
            Kind::Invoice
                | Kind::SalesReceipt
                | Kind::CreditMemo
                | Kind::RefundReceipt
                | Kind::Estimate
        )
    }

    /// Customers, vendors and employees share one space of display names.
    pub(crate) fn is_party(self) -> bool {
        matches!(self, Kind::Customer | Kind::Vendor | Kind::Employee)
    }

    /// Only on these is the total an input; elsewhere the server adds up the lines.
    pub(crate) fn total_is_input(self) -> bool {
        matches!(self, Kind::Payment | Kind::BillPayment)
    }
}

/// The address of one entity: its type and number.
pub(crate) type Key = (Kind, u64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_stands_at_its_variant() {
        for (at, (kind, name, _)) in TABLE.iter().enumerate() {
            assert_eq!(*kind as usize, at, "{name}");
            assert_eq!(Kind::parse(&name.to_lowercase()), Some(*kind));
        }
        assert_eq!(TABLE.len(), Kind::Attachable as usize + 1);
    }
}
