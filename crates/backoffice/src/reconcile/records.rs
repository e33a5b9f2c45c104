//! Records of Procore's projects as they are looked at, wherever they are kept.

use figures::model::{
    BillingPeriod, ChangeOrder, Commitment, ContractPayment, DirectCost, PayApplication,
    PrimeContract, ProjectBooks, SubcontractorInvoice,
};

/// Records of some projects or of all, every list by id.
#[derive(Default)]
pub(crate) struct Records<'a> {
    pub(crate) prime_contracts: Vec<&'a PrimeContract>,
    pub(crate) commitments: Vec<&'a Commitment>,
    pub(crate) change_orders: Vec<&'a ChangeOrder>,
    pub(crate) pay_applications: Vec<&'a PayApplication>,
    pub(crate) subcontractor_invoices: Vec<&'a SubcontractorInvoice>,
    pub(crate) contract_payments: Vec<&'a ContractPayment>,
    pub(crate) direct_costs: Vec<&'a DirectCost>,
    pub(crate) billing_periods: Vec<&'a BillingPeriod>,
}

/// Hands the lists of a project's records to a macro.
macro_rules! of_project {
    ($each:ident) => {
        $each!(
            prime_contracts,
            commitments,
            change_orders,
            pay_applications,
            subcontractor_invoices,
            contract_payments,
            direct_costs,
            billing_periods
        )
    };
}
pub(crate) use of_project;

impl<'a> Records<'a> {
    /// All records of some books.
    pub(crate) fn of(books: &'a ProjectBooks) -> Self {
        let mut records = Self::default();
        records.add(books);
        records
    }

    /// Adds all records of further books; the lists are then in order no longer.
    pub(crate) fn add(&mut self, books: &'a ProjectBooks) {
        macro_rules! add {
            ($($list:ident),*) => { $(self.$list.extend(&books.$list);)* };
        }
        of_project!(add);
    }
}
