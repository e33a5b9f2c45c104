//! What QuickBooks says. Ids are QuickBooks' decimal texts; all amounts are home currency.

use alloc::vec::Vec;

use jiff::civil::Date;
use smol_str::SmolStr;

use crate::Money;
use crate::source::SourceRef;

/// Everything read from QuickBooks. Every list is sorted by id (numerically), documents by kind
/// first.
#[derive(Debug, Clone, Default)]
pub struct LedgerBooks {
    /// The company.
    pub realm_id: SmolStr,
    /// Days up to and including this one are closed.
    pub closing_date: Option<Date>,
    /// Chart of accounts.
    pub accounts: Vec<Account>,
    /// Customers, sub-customers and projects.
    pub customers: Vec<Customer>,
    /// Vendors.
    pub vendors: Vec<Vendor>,
    /// Products and services.
    pub items: Vec<Item>,
    /// Classes.
    pub classes: Vec<NamedEntity>,
    /// Locations.
    pub departments: Vec<NamedEntity>,
    /// Payment terms.
    pub terms: Vec<Term>,
    /// All transactions, non-posting ones included.
    pub documents: Vec<LedgerDocument>,
    /// Entities that were deleted, with the last day they are known to have changed.
    pub tombstones: Vec<Tombstone>,
    /// Budgets, when any was read.
    pub budgets: Vec<LedgerBudget>,
    /// Records of entities that nobody here reads, by entity name.
    pub unread: Vec<(SmolStr, u64)>,
}

/// An account's place in the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Classification {
    /// Assets.
    Asset,
    /// Liabilities.
    Liability,
    /// Equity.
    Equity,
    /// Revenue.
    Revenue,
    /// Expenses, cost of goods sold included.
    Expense,
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// QuickBooks id.
    pub id: SmolStr,
    /// Name.
    pub name: SmolStr,
    /// Name with parents.
    pub full_name: SmolStr,
    /// `Bank`, `Accounts Receivable`, `Cost of Goods Sold`, … as QuickBooks writes it.
    pub account_type: SmolStr,
    /// `Retainage`, `UndepositedFunds`, `BadDebts`, … as QuickBooks writes it.
    pub sub_type: SmolStr,
    /// Its place in the chart; absent for non-posting accounts.
    pub classification: Option<Classification>,
    /// Not deactivated.
    pub active: bool,
}

/// A customer, sub-customer or project.
#[derive(Debug, Clone)]
pub struct Customer {
    /// QuickBooks id.
    pub id: SmolStr,
    /// Display name; for a deactivated one QuickBooks appends ` (deleted)`.
    pub name: SmolStr,
    /// Name with parents, separated by colons.
    pub full_name: SmolStr,
    /// Company name, empty when absent.
    pub company_name: SmolStr,
    /// Parent customer.
    pub parent: Option<SmolStr>,
    /// A sub-customer or project.
    pub is_job: bool,
    /// Not deactivated.
    pub active: bool,
    /// Open balance as of the reading.
    pub balance: Money,
}

/// A vendor.
#[derive(Debug, Clone)]
pub struct Vendor {
    /// QuickBooks id.
    pub id: SmolStr,
    /// Display name.
    pub name: SmolStr,
    /// Company name, empty when absent.
    pub company_name: SmolStr,
    /// Name printed on checks, empty when absent.
    pub check_name: SmolStr,
    /// Not deactivated.
    pub active: bool,
    /// Open balance as of the reading.
    pub balance: Money,
}

/// A product or service.
#[derive(Debug, Clone)]
pub struct Item {
    /// QuickBooks id.
    pub id: SmolStr,
    /// Name.
    pub name: SmolStr,
    /// `Service`, `NonInventory`, `Inventory`, `Group`, `Category`.
    pub kind: SmolStr,
    /// Account that sales post to.
    pub income_account: Option<SmolStr>,
    /// Account that purchases post to.
    pub expense_account: Option<SmolStr>,
    /// Inventory asset account.
    pub asset_account: Option<SmolStr>,
}

/// A class or location.
#[derive(Debug, Clone)]
pub struct NamedEntity {
    /// QuickBooks id.
    pub id: SmolStr,
    /// Name.
    pub name: SmolStr,
    /// Not deactivated.
    pub active: bool,
}

/// Payment terms.
#[derive(Debug, Clone)]
pub struct Term {
    /// QuickBooks id.
    pub id: SmolStr,
    /// Name.
    pub name: SmolStr,
    /// Discount for paying early, in percent.
    pub discount_percent: Option<rust_decimal::Decimal>,
    /// Days within which the discount may be taken.
    pub discount_days: Option<u16>,
}

/// What kind of transaction a ledger document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// Bill from a vendor.
    Bill,
    /// Payment of bills.
    BillPayment,
    /// Credit to a customer.
    CreditMemo,
    /// Bank deposit.
    Deposit,
    /// Estimate for a customer: the contract, non-posting.
    Estimate,
    /// Invoice to a customer.
    Invoice,
    /// Journal entry.
    JournalEntry,
    /// Payment from a customer.
    Payment,
    /// Check, card charge or cash expense.
    Purchase,
    /// Purchase order, non-posting.
    PurchaseOrder,
    /// Refund to a customer.
    RefundReceipt,
    /// Sale paid at once.
    SalesReceipt,
    /// Transfer between accounts.
    Transfer,
    /// Credit from a vendor.
    VendorCredit,
}

impl DocumentKind {
    /// All kinds in order.
    pub const ALL: [Self; 14] = [
        Self::Bill,
        Self::BillPayment,
        Self::CreditMemo,
        Self::Deposit,
        Self::Estimate,
        Self::Invoice,
        Self::JournalEntry,
        Self::Payment,
        Self::Purchase,
        Self::PurchaseOrder,
        Self::RefundReceipt,
        Self::SalesReceipt,
        Self::Transfer,
        Self::VendorCredit,
    ];

    /// The API's entity name.
    #[must_use]
    pub const fn entity(self) -> &'static str {
        match self {
            Self::Bill => "Bill",
            Self::BillPayment => "BillPayment",
            Self::CreditMemo => "CreditMemo",
            Self::Deposit => "Deposit",
            Self::Estimate => "Estimate",
            Self::Invoice => "Invoice",
            Self::JournalEntry => "JournalEntry",
            Self::Payment => "Payment",
            Self::Purchase => "Purchase",
            Self::PurchaseOrder => "PurchaseOrder",
            Self::RefundReceipt => "RefundReceipt",
            Self::SalesReceipt => "SalesReceipt",
            Self::Transfer => "Transfer",
            Self::VendorCredit => "VendorCredit",
        }
    }

    /// What people call it.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Bill => "bill",
            Self::BillPayment => "bill payment",
            Self::CreditMemo => "credit memo",
            Self::Deposit => "deposit",
            Self::Estimate => "estimate",
            Self::Invoice => "invoice",
            Self::JournalEntry => "journal entry",
            Self::Payment => "payment",
            Self::Purchase => "purchase",
            Self::PurchaseOrder => "purchase order",
            Self::RefundReceipt => "refund",
            Self::SalesReceipt => "sales receipt",
            Self::Transfer => "transfer",
            Self::VendorCredit => "vendor credit",
        }
    }

    /// The kind with this entity name.
    #[must_use]
    pub fn from_entity(entity: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.entity() == entity)
    }
}

/// A transaction.
#[derive(Debug, Clone)]
pub struct LedgerDocument {
    /// Kind.
    pub kind: DocumentKind,
    /// QuickBooks id.
    pub id: SmolStr,
    /// `DocNumber`, for payments `PaymentRefNum`; empty when absent.
    pub number: SmolStr,
    /// `TxnDate`.
    pub date: Date,
    /// `DueDate`.
    pub due: Option<Date>,
    /// Customer in the header (also a Purchase's payee of type Customer).
    pub customer: Option<SmolStr>,
    /// Vendor in the header (also a Purchase's payee of type Vendor).
    pub vendor: Option<SmolStr>,
    /// Location in the header.
    pub department: Option<SmolStr>,
    /// Class in the header.
    pub class: Option<SmolStr>,
    /// Terms in the header.
    pub term: Option<SmolStr>,
    /// `TotalAmt` as stated, sales tax included.
    pub total: Money,
    /// `TxnTaxDetail.TotalTax`.
    pub tax: Money,
    /// Open amount as of the reading: `Balance` or `RemainingCredit`.
    pub balance: Money,
    /// `UnappliedAmt` of a payment.
    pub unapplied: Money,
    /// `TxnStatus` of an estimate or `POStatus` of a purchase order, as QuickBooks writes it.
    pub status: SmolStr,
    /// A Purchase that is a refund (`Credit` true).
    pub is_refund: bool,
    /// Bank, card or clearing account of the header: `DepositToAccountRef`, a Purchase's
    /// `AccountRef`, a bill payment's bank or card account.
    pub account: Option<SmolStr>,
    /// `PrivateNote`.
    pub note: SmolStr,
    /// Payee's name as printed (`EntityRef.name`, `VendorRef.name`), for joint checks.
    pub payee_name: SmolStr,
    /// All amounts are zero and the note says that it was voided.
    pub voided: bool,
    /// Day of the last change (`MetaData.LastUpdatedTime`).
    pub updated: Option<Date>,
    /// Header links (`LinkedTxn`).
    pub links: Vec<Link>,
    /// Lines, sub-totals left out, bundles flattened.
    pub lines: Vec<LedgerLine>,
}

impl LedgerDocument {
    /// Reference to this document.
    #[must_use]
    pub fn source(&self) -> SourceRef {
        SourceRef::quickbooks(self.kind.entity(), &self.id)
    }
}

/// A link to another transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// `TxnType` as QuickBooks writes it, such as `Invoice` or `BillPaymentCheck`.
    pub kind: SmolStr,
    /// `TxnId`.
    pub id: SmolStr,
}

/// Debit or credit, on journal lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Posting {
    /// Debit.
    Debit,
    /// Credit.
    Credit,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// Sale of an item.
    Sale,
    /// Discount on a sale.
    Discount,
    /// Purchase on an account.
    Account,
    /// Purchase of an item.
    Item,
    /// Deposit line without a linked transaction.
    Deposit,
    /// Journal line.
    Journal,
    /// Payment applied to the linked transactions, or a deposit of a linked payment.
    Applied,
}

/// A line of a transaction.
#[derive(Debug, Clone)]
pub struct LedgerLine {
    /// What it is.
    pub kind: LineKind,
    /// `Amount` as written (journal lines are positive; see `posting`).
    pub amount: Money,
    /// Account named on the line (`AccountRef`, `ItemAccountRef`, `DiscountAccountRef`).
    pub account: Option<SmolStr>,
    /// Item.
    pub item: Option<SmolStr>,
    /// Customer on the line; on journal and deposit lines the entity, when it is a customer.
    pub customer: Option<SmolStr>,
    /// Vendor on journal and deposit lines.
    pub vendor: Option<SmolStr>,
    /// Class on the line.
    pub class: Option<SmolStr>,
    /// Description.
    pub description: SmolStr,
    /// Debit or credit, on journal lines.
    pub posting: Option<Posting>,
    /// Linked transactions.
    pub links: Vec<Link>,
}

/// A deleted entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tombstone {
    /// Entity name.
    pub entity: SmolStr,
    /// QuickBooks id.
    pub id: SmolStr,
    /// Day of the deletion, when stated.
    pub deleted: Option<Date>,
}

/// A QuickBooks `Budget`.
#[derive(Debug, Clone)]
pub struct LedgerBudget {
    /// QuickBooks id.
    pub id: SmolStr,
    /// Name.
    pub name: SmolStr,
    /// Not deactivated.
    pub active: bool,
    /// Amounts by account and customer.
    pub lines: Vec<LedgerBudgetLine>,
}

/// One cell of a budget.
#[derive(Debug, Clone)]
pub struct LedgerBudgetLine {
    /// Account.
    pub account: Option<SmolStr>,
    /// Customer.
    pub customer: Option<SmolStr>,
    /// Period.
    pub date: Option<Date>,
    /// Amount.
    pub amount: Money,
}
