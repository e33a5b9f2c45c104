//! What is to be done to the ledger, in the words of the trade.
//!
//! Whoever looks at the books says it like this; the connector that knows the vendor's requests
//! makes the [`crate::draft::Request`]s of it. Amounts are in home currency and have no sign unless a
//! line takes something back, such as retainage.

use figures::source::SourceRef;
use figures::{Date, Money, SmolStr};

use crate::action::Kind;
use crate::draft::Document;

/// Something to be done to the ledger. Ids are QuickBooks'.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// Enter a vendor's bill.
    PostBill(NewBill),
    /// Enter an invoice to a customer.
    EnterInvoice(NewInvoice),
    /// Post an entry.
    PostJournal(NewJournal),
    /// Apply what a received payment leaves unapplied, each part to an invoice.
    ApplyPayment {
        /// The payment.
        payment: SmolStr,
        /// Invoices and how much of the payment each takes; more than zero.
        to: Vec<(SmolStr, Money)>,
    },
    /// Code lines of a document otherwise.
    Recode {
        /// The bill or purchase.
        document: SourceRef,
        /// What of its lines.
        change: Recoding,
    },
    /// Take a document out that is there twice.
    Remove {
        /// The document.
        document: SourceRef,
    },
    /// Attach a document to a record.
    Attach {
        /// The record.
        to: SourceRef,
        /// The document.
        document: Document,
    },
    /// Nothing that an interface can do: what a person does, in this order.
    Instruct(Vec<String>),
}

/// What becomes different about every line that has `from`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recoding {
    /// Its job.
    Customer {
        /// The customer that it has.
        from: SmolStr,
        /// The customer that it gets.
        to: SmolStr,
    },
    /// Its class.
    Class {
        /// The class that it has; nothing for lines without one.
        from: Option<SmolStr>,
        /// The class that it gets.
        to: SmolStr,
    },
    /// Its account.
    Account {
        /// The account that it has.
        from: SmolStr,
        /// The account that it gets.
        to: SmolStr,
    },
    /// Its item, and with it the account that the item has.
    Item {
        /// The item that it has.
        from: SmolStr,
        /// The item that it gets.
        to: SmolStr,
    },
}

/// A bill that is not in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBill {
    /// The vendor.
    pub vendor: SmolStr,
    /// The vendor's number of it; not empty, because a second entry is found by it.
    pub number: SmolStr,
    /// Its date.
    pub date: Date,
    /// When it is due.
    pub due: Option<Date>,
    /// The location.
    pub location: Option<SmolStr>,
    /// Its lines, one at least; a line that takes retainage back is below zero.
    pub lines: Vec<BillLine>,
}

/// What a line of a bill is coded to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coding {
    /// An account.
    Account(SmolStr),
    /// An item, which has its account.
    Item(SmolStr),
}

/// A line of a bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillLine {
    /// The amount.
    pub amount: Money,
    /// What it is coded to.
    pub on: Coding,
    /// The job.
    pub customer: Option<SmolStr>,
    /// The class.
    pub class: Option<SmolStr>,
    /// What it says.
    pub description: SmolStr,
}

/// An invoice that is not in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvoice {
    /// The customer, which is the job.
    pub customer: SmolStr,
    /// Its number; not empty.
    pub number: SmolStr,
    /// Its date.
    pub date: Date,
    /// When it is due.
    pub due: Option<Date>,
    /// The location.
    pub location: Option<SmolStr>,
    /// Its lines, one at least; a line that withholds retainage is below zero.
    pub lines: Vec<InvoiceLine>,
}

/// A line of an invoice, of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLine {
    /// The amount.
    pub amount: Money,
    /// The item.
    pub item: SmolStr,
    /// The class.
    pub class: Option<SmolStr>,
    /// What it says.
    pub description: SmolStr,
}

/// An entry that is not in the ledger. Debits and credits are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJournal {
    /// Its number; not empty.
    pub number: SmolStr,
    /// Its date.
    pub date: Date,
    /// Its lines, two at least.
    pub lines: Vec<JournalLine>,
}

/// A line of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    /// Debit or credit.
    pub posting: figures::model::Posting,
    /// The amount, more than zero.
    pub amount: Money,
    /// The account.
    pub account: SmolStr,
    /// Whose, which a receivable or payable account needs.
    pub entity: Option<Entity>,
    /// The class.
    pub class: Option<SmolStr>,
    /// What it says.
    pub description: SmolStr,
}

/// Whose line of an entry it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entity {
    /// A customer, which may be a job.
    Customer(SmolStr),
    /// A vendor.
    Vendor(SmolStr),
}

impl Correction {
    /// The kind of action that it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::PostBill(_) => Kind::PostBill,
            Self::EnterInvoice(_) => Kind::EnterInvoice,
            Self::PostJournal(_) => Kind::PostJournal,
            Self::ApplyPayment { .. } => Kind::ApplyPayment,
            Self::Recode { .. } => Kind::Recode,
            Self::Remove { .. } => Kind::RemoveDuplicate,
            Self::Attach { .. } => Kind::AttachDocument,
            Self::Instruct(_) => Kind::Instruct,
        }
    }
}
