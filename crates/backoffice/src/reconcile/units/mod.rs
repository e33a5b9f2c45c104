//! Units: the smallest things that can be matched, each with its share of two totals.
//!
//! A Procore document is one unit. A ledger document is cut by job (and a payment by the document
//! it pays), because one bill, check or journal may serve many jobs. The shares of all units of a
//! family sum to the totals of its measures; that is what lets a bridge be explained to the cent.

mod ledger;
mod paid;
mod project;

use figures::{Date, Measure, Money};

pub(crate) use ledger::{PARTS_OF_A_BILL, ledger_units};
pub(crate) use project::project_units;

/// Documents that are compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    /// Prime contracts and estimates.
    Contract,
    /// Pay applications and invoices.
    Billing,
    /// Payments received.
    Receipt,
    /// Commitments and purchase orders.
    Commitment,
    /// Subcontractor invoices and direct costs; bills, checks, card charges and journals.
    Cost,
    /// Payments issued.
    Payment,
}

impl Family {
    pub(crate) const ALL: [Self; 6] = [
        Self::Contract,
        Self::Billing,
        Self::Receipt,
        Self::Commitment,
        Self::Cost,
        Self::Payment,
    ];

    /// The measure that the main share moves.
    pub(crate) const fn measure(self) -> Measure {
        match self {
            Self::Contract => Measure::Contract,
            Self::Billing => Measure::Billed,
            Self::Receipt => Measure::Received,
            Self::Commitment => Measure::Committed,
            Self::Cost => Measure::Cost,
            Self::Payment => Measure::Paid,
        }
    }

    /// The measure that the retainage share moves, if the family holds retainage.
    pub(crate) const fn retainage_measure(self) -> Option<Measure> {
        match self {
            Self::Billing => Some(Measure::Retainage),
            Self::Cost => Some(Measure::RetainagePayable),
            _ => None,
        }
    }
}

/// Which list of Procore's a document is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ProjectKind {
    PrimeContract,
    PayApplication,
    ContractPayment,
    Commitment,
    SubcontractorInvoice,
    DirectCost,
}

impl ProjectKind {
    /// The record kind in references; a commitment's own kind says it more exactly.
    pub(crate) const fn record_kind(self) -> &'static str {
        match self {
            Self::PrimeContract => "prime_contract",
            Self::PayApplication => "payment_application",
            Self::ContractPayment => "contract_payment",
            Self::Commitment => "commitment",
            Self::SubcontractorInvoice => "requisition",
            Self::DirectCost => "direct_cost",
        }
    }
}

/// Whether a unit counts in the totals, and if not, why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Standing {
    /// It counts.
    Counted,
    /// It is dated after the day looked at, or not dated.
    Later,
    /// It is not approved or not accepted yet.
    Draft,
    /// It was voided, rejected or terminated.
    Void,
    /// It was deleted.
    Deleted,
}

/// What a unit adds to the totals of its family.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// To the family's measure.
    pub(crate) main: Money,
    /// To the family's retainage measure.
    pub(crate) retainage: Money,
}

impl Share {
    pub(crate) const NONE: Self = Self {
        main: Money::ZERO,
        retainage: Money::ZERO,
    };

    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl std::ops::Sub for Share {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self {
            main: self.main - other.main,
            retainage: self.retainage - other.retainage,
        }
    }
}

/// The amounts that a document shows, by which it may be recognised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Gross of retainage, without tax.
    pub(crate) gross: Money,
    /// Net of retainage, without tax.
    pub(crate) net: Money,
    /// Sales tax.
    pub(crate) tax: Money,
}

impl Shown {
    pub(crate) fn plain(amount: Money) -> Self {
        Self {
            gross: amount,
            net: amount,
            tax: Money::ZERO,
        }
    }
}

/// A document of Procore's.
#[derive(Debug, Clone)]
pub(crate) struct ProjectUnit<'a> {
    pub(crate) family: Family,
    pub(crate) kind: ProjectKind,
    /// Place in its list.
    pub(crate) place: u32,
    pub(crate) id: i64,
    pub(crate) job: i64,
    /// The contract or commitment it belongs to.
    pub(crate) contract: Option<i64>,
    pub(crate) party: u32,
    pub(crate) party_name: &'a str,
    pub(crate) number: &'a str,
    pub(crate) origin_id: &'a str,
    pub(crate) date: Option<Date>,
    pub(crate) shown: Shown,
    pub(crate) standing: Standing,
    /// What it adds to the totals; nothing unless it counts.
    pub(crate) share: Share,
    /// What it would add if it counted.
    pub(crate) weight: Share,
    /// Its share before the tenant's retainage convention is applied.
    pub(crate) entered: Share,
    /// The unit of the document that a payment pays, where the payment names it.
    pub(crate) pays: Option<u32>,
}

/// A part of a ledger document.
#[derive(Debug, Clone)]
pub(crate) struct LedgerUnit<'a> {
    pub(crate) family: Family,
    /// Place of the document.
    pub(crate) document: u32,
    /// The document that a payment line pays, as a place.
    pub(crate) pays: Option<u32>,
    /// The job, when the part reaches one.
    pub(crate) job: Option<i64>,
    pub(crate) party: u32,
    pub(crate) party_name: &'a str,
    pub(crate) number: &'a str,
    pub(crate) date: Option<Date>,
    pub(crate) shown: Shown,
    pub(crate) standing: Standing,
    /// What it adds to the totals; nothing unless it counts and reaches a job.
    pub(crate) share: Share,
    /// Its share before the tenant's retainage convention is applied.
    pub(crate) entered: Share,
    /// What part of the document it is.
    pub(crate) part: Part,
    /// Which of the document's units it is. Numbers rise, and have gaps where a paid bill has
    /// fewer parts than there is room for.
    pub(crate) nth: u32,
    /// It is the document's first unit.
    pub(crate) is_first: bool,
    /// All units of the document are on one job, or all on none.
    pub(crate) one_job: bool,
}

/// What part of a ledger document a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    /// All lines of one job (of the whole document where it has one job).
    Job,
    /// A line of a payment, applied to a document.
    Applied,
    /// What a payment leaves unapplied.
    Unapplied,
    /// A deposit line straight to income.
    ToIncome,
    /// A deposit or journal line straight to accounts receivable.
    ToReceivable,
    /// A journal line on a retainage account.
    Retainage,
}
