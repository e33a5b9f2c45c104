//! What can be done to a company's ledger, and what follows from it: whose lead approves, whether
//! money or law is involved, and how it can be undone.
//!
//! Procore is never written. What no interface can do is an instruction for a person.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::roles::Department;

/// A kind of action on QuickBooks (the requests: Intuit's API reference, entity by entity).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// Enter a vendor's bill that was never posted, with its document.
    PostBill,
    /// Apply a received payment that lies unapplied to invoices of its customer.
    ApplyPayment,
    /// Give a line of a bill or purchase another job, class, location or account.
    Recode,
    /// Post a reclassifying or retainage entry.
    PostJournal,
    /// Enter an invoice that Procore has and the ledger has not.
    EnterInvoice,
    /// Take a document out that is there twice, by the way that its entity has.
    RemoveDuplicate,
    /// Attach a document to a record.
    AttachDocument,
    /// Tell a person exactly what to do where no interface can.
    Instruct,
}

/// What an action is about, as far as permission depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It changes what somebody owes, owns, earned or spent.
    Money,
    /// It has legal force, such as a notice or a waiver.
    Legal,
    /// Neither.
    Neither,
}

/// How an action can be undone. It is shown before approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Undo {
    /// Every touched record has the content that it had, and so has the ledger by account,
    /// customer, class and date; as long as nobody changed, paid or reconciled it and its period is
    /// open.
    Exact,
    /// Only another document takes the effect back; both remain.
    Compensable,
    /// Not by us.
    Never,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PostBill,
        Self::ApplyPayment,
        Self::Recode,
        Self::PostJournal,
        Self::EnterInvoice,
        Self::RemoveDuplicate,
        Self::AttachDocument,
        Self::Instruct,
    ];

    /// The name in storage and in the digest of an approval.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PostBill => "bill.post",
            Self::ApplyPayment => "payment.apply",
            Self::Recode => "line.recode",
            Self::PostJournal => "journal.post",
            Self::EnterInvoice => "invoice.enter",
            Self::RemoveDuplicate => "duplicate.remove",
            Self::AttachDocument => "document.attach",
            Self::Instruct => "person.instruct",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What it is about. To code a line otherwise moves profit between jobs, so it is money.
    #[must_use]
    pub fn effect(self) -> Effect {
        match self {
            Self::AttachDocument => Effect::Neither,
            Self::PostBill
            | Self::ApplyPayment
            | Self::Recode
            | Self::PostJournal
            | Self::EnterInvoice
            | Self::RemoveDuplicate
            | Self::Instruct => Effect::Money,
        }
    }

    /// How it can be undone at best.
    #[must_use]
    pub fn undo(self) -> Undo {
        match self {
            Self::PostBill
            | Self::ApplyPayment
            | Self::Recode
            | Self::PostJournal
            | Self::EnterInvoice
            | Self::AttachDocument => Undo::Exact,
            // What is voided stays void, and what is entered again has another id.
            Self::RemoveDuplicate => Undo::Compensable,
            Self::Instruct => Undo::Never,
        }
    }

    /// The departments whose action it can be.
    #[must_use]
    pub fn departments(self) -> &'static [Department] {
        match self {
            Self::PostBill => &[Department::Payables],
            Self::ApplyPayment | Self::EnterInvoice => &[Department::Collections],
            Self::Recode | Self::PostJournal => &[Department::Financial],
            Self::RemoveDuplicate | Self::Instruct => &[
                Department::Financial,
                Department::Collections,
                Department::Payables,
            ],
            Self::AttachDocument => &[
                Department::Financial,
                Department::Collections,
                Department::Payables,
                Department::Documents,
            ],
        }
    }
}

impl fmt::Display for Undo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Exact => {
                "can be undone exactly, while nobody changes, pays or reconciles it and its period \
                 is open"
            }
            Self::Compensable => "cannot be undone; another document can take its effect back",
            Self::Never => "cannot be undone by Plumbline",
        })
    }
}
