//! A comparison that is kept up to date: after a change, only what the change can reach is
//! compared anew, and the result is the one that a comparison of all books would give.
//!
//! What a job finds by itself depends on its records alone, so other jobs' pairs are recalled, not
//! made again ([`crate::reconcile::matching::pairing::memory`]). What is left over in all jobs is
//! little; it is looked at again in full. If that changes anything for another job, the other job
//! is compared anew as well, until nothing outside changes. Facts about the tenant as a whole are
//! counts ([`crate::reconcile::checks::Wide`]). When a list changes that everything stands on, or
//! a fact turns over, all books are compared.

mod around;
mod found;
mod kept;
mod keys;
mod loose;
mod marks;
mod recheck;
mod recut;
mod repair;
mod scene;
mod shelf;
mod state;
mod tell;
#[cfg(test)]
mod tests;
mod verdicts;
mod woken;

use std::collections::BTreeSet;

use figures::model::{
    BillingPeriod, Books, ChangeOrder, Commitment, ContractPayment, DirectCost, DocumentKind,
    LedgerDocument, PayApplication, PrimeContract, ProjectBooks, SubcontractorInvoice, Tombstone,
};
use figures::source::Rejection;
use figures::{Date, SmolStr};

use super::matching::decisions::Decisions;
use super::order::{of_records, put_project_in_order};
use super::policy::Policy;
use super::records::of_project;
use super::result::{Bridge, Finding, Reconciliation};
use shelf::Shelf;
use state::State;

/// Both books, compared, and ready for changes.
pub struct Reconciler {
    as_of: Date,
    policy: Policy,
    decisions: Decisions,
    rejections: Vec<Rejection>,
    shelf: Shelf,
    state: State,
}

/// A change of the books.
#[derive(Debug, Clone)]
pub enum Change {
    /// All records of one Procore project, as they are now.
    Project(i64, Box<ProjectRecords>),
    /// A ledger document that is new or not what it was.
    Document(Box<LedgerDocument>),
    /// A ledger document that is no longer there.
    Gone(DocumentKind, SmolStr, Option<Tombstone>),
}

/// What Procore holds of one project, every list by id.
#[derive(Debug, Clone, Default)]
pub struct ProjectRecords {
    /// Prime contracts.
    pub prime_contracts: Vec<PrimeContract>,
    /// Subcontracts and purchase orders.
    pub commitments: Vec<Commitment>,
    /// Change orders of all tiers.
    pub change_orders: Vec<ChangeOrder>,
    /// Applications for payment to the owner.
    pub pay_applications: Vec<PayApplication>,
    /// Subcontractor invoices.
    pub subcontractor_invoices: Vec<SubcontractorInvoice>,
    /// Payments received and issued.
    pub contract_payments: Vec<ContractPayment>,
    /// Costs without a commitment.
    pub direct_costs: Vec<DirectCost>,
    /// Billing periods.
    pub billing_periods: Vec<BillingPeriod>,
}

/// Two records of a project have one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordTwice {
    /// The project.
    pub project_id: i64,
    /// Which list.
    pub list: &'static str,
}

impl std::fmt::Display for RecordTwice {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { project_id, list } = self;
        write!(
            out,
            "two records of {list} of project {project_id} have one id"
        )
    }
}

impl std::error::Error for RecordTwice {}

impl ProjectRecords {
    /// All records of one project, in order.
    #[must_use]
    pub fn of(books: &ProjectBooks, project_id: i64) -> Self {
        macro_rules! own {
            ($($list:ident),*) => {
                Self {
                    $($list: {
                        let all = books.$list.iter();
                        all.filter(|one| one.project_id == project_id).cloned().collect()
                    },)*
                }
            };
        }
        let mut records = of_project!(own);
        put_project_in_order(&mut records);
        records
    }

    /// Whether every list is in order and holds each name once.
    fn check(&self, project_id: i64) -> Result<(), RecordTwice> {
        let check = |list: &'static str, holds: bool| {
            holds.then_some(()).ok_or(RecordTwice { project_id, list })
        };
        macro_rules! each_once {
            ($($list:ident by |$one:ident| $key:expr;)*) => {
                $(check(stringify!($list), self.$list.is_sorted_by(|a, b| {
                    let (left, right) = ({ let $one = a; $key }, { let $one = b; $key });
                    left < right
                }))?;)*
            };
        }
        of_records! { each_once! }
        Ok(())
    }

    /// As books that hold nothing else.
    fn into_books(self) -> ProjectBooks {
        ProjectBooks {
            prime_contracts: self.prime_contracts,
            commitments: self.commitments,
            change_orders: self.change_orders,
            pay_applications: self.pay_applications,
            subcontractor_invoices: self.subcontractor_invoices,
            contract_payments: self.contract_payments,
            direct_costs: self.direct_costs,
            billing_periods: self.billing_periods,
            ..ProjectBooks::default()
        }
    }
}

/// What a change came to.
#[derive(Debug, Clone, Default)]
pub struct Difference {
    /// Findings that are new or say something else.
    pub findings: Vec<Finding>,
    /// Ids of findings that are no longer there.
    pub cleared: BTreeSet<SmolStr>,
    /// Bridges that are new or say something else.
    pub bridges: Vec<Bridge>,
    /// How much had to be compared anew.
    pub reach: Reach,
}

/// How far a change reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Reach {
    /// So many jobs.
    Jobs(usize),
    /// Everything, because the change concerns what everything stands on.
    #[default]
    Everything,
}

impl Reconciler {
    /// Compares both books. Nothing when one of them is missing, or holds two records of one name:
    /// such books can only be compared as a whole.
    #[must_use]
    pub fn new(
        books: Books,
        as_of: Date,
        policy: Policy,
        decisions: Decisions,
        rejections: Vec<Rejection>,
    ) -> Option<Self> {
        let state = compare(&books, as_of, &policy, &decisions)?;
        let shelf = Shelf::new(books)?;
        Some(Self {
            as_of,
            policy,
            decisions,
            rejections,
            shelf,
            state,
        })
    }

    /// Takes changes in and says what they came to.
    ///
    /// # Errors
    /// When a project's records hold two of one name; nothing is changed then.
    pub fn apply(&mut self, changes: Vec<Change>) -> Result<Difference, RecordTwice> {
        for change in &changes {
            if let Change::Project(job, records) = change {
                records.check(*job)?;
            }
        }
        let Some(touched) = self.put(changes).and_then(|touched| self.recut(touched)) else {
            return Ok(self.again());
        };
        let Some(fresh) = self.repair(&touched) else {
            return Ok(self.again());
        };
        let before = self.recheck(&touched, &fresh);
        Ok(self.difference(&before, &fresh))
    }

    /// Compares all books.
    fn again(&mut self) -> Difference {
        let books = std::mem::take(&mut self.shelf).into_books();
        let state = compare(&books, self.as_of, &self.policy, &self.decisions);
        if let (Some(state), Some(shelf)) = (state, Shelf::new(books)) {
            let before = std::mem::replace(&mut self.state, state);
            self.shelf = shelf;
            return self.difference_to(&before);
        }
        unreachable!("records of one name were turned away before")
    }

    /// The whole result.
    #[must_use]
    pub fn outcome(&self) -> Reconciliation {
        self.tell()
    }
}

fn compare(books: &Books, as_of: Date, policy: &Policy, decisions: &Decisions) -> Option<State> {
    super::work(books, as_of, policy, decisions, |worked| {
        let (jobs, parties) = (worked.jobs.clone(), worked.parties.clone());
        State::of(worked, jobs, parties, decisions)
    })?
}
