//! What checks must know of the tenant's books as a whole.
//!
//! Everything here is a count or a sum over records, so that a record can be taken away and added
//! again without looking at the others.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::{DocumentKind, LedgerDocument, Term};
use figures::{Date, Money, SmolStr};

use super::context::is_payroll;
use super::habits::Habits;
use crate::reconcile::matching::pairing::{Group, Pairing};
use crate::reconcile::units::{Family, LedgerUnit, ProjectUnit};
use crate::reconcile::view::View;

/// Counts and sums over all books.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wide {
    pub(crate) habits: Habits,
    /// Whether purchase orders of completed commitments are closed as a rule.
    pub(crate) completed: Tally,
    /// Open amount of living invoices by customer.
    open: BTreeMap<SmolStr, Sum>,
    /// Open invoices by amount.
    open_amounts: BTreeMap<i64, u32>,
    /// Payments booked to undeposited funds, by amount.
    held: BTreeMap<i64, BTreeSet<SmolStr>>,
    /// Payments that a deposit took out of undeposited funds.
    deposited: BTreeMap<SmolStr, u32>,
    /// Vendor credits of exactly the discount that a bill's terms allow.
    discounts: BTreeMap<SmolStr, u32>,
    /// Days of payroll journals.
    payroll_days: BTreeMap<Date, u32>,
    /// Balance of invoices by customer, and of bills by vendor.
    receivable: BTreeMap<SmolStr, Sum>,
    payable: BTreeMap<SmolStr, Sum>,
}

/// Votes against and for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) against: u64,
    pub(crate) votes_for: u64,
}

impl Tally {
    /// Counts a vote, or takes it back.
    pub(crate) fn count(&mut self, vote: bool, turn: Turn) {
        let votes = if vote {
            &mut self.votes_for
        } else {
            &mut self.against
        };
        match turn {
            Turn::Add => *votes += 1,
            Turn::TakeAway => *votes = votes.saturating_sub(1),
        }
    }

    /// Whether more are for it than against.
    pub(crate) fn carries(self) -> bool {
        self.votes_for > self.against
    }
}

/// Whether a record comes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Add,
    TakeAway,
}

/// A sum, and over how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    amount: Money,
    of: u32,
}

fn sum_up(sums: &mut BTreeMap<SmolStr, Sum>, key: &SmolStr, amount: Money, turn: Turn) {
    let sum = sums.entry(key.clone()).or_default();
    match turn {
        Turn::Add => (sum.amount, sum.of) = (sum.amount + amount, sum.of + 1),
        Turn::TakeAway => {
            (sum.amount, sum.of) = (sum.amount - amount, sum.of.saturating_sub(1));
        }
    }
    if sum.of == 0 {
        sums.remove(key);
    }
}

/// Counts a key, or takes it back.
pub(super) fn count<K: Ord + Clone>(counts: &mut BTreeMap<K, u32>, key: &K, turn: Turn) {
    let count = counts.entry(key.clone()).or_default();
    match turn {
        Turn::Add => *count += 1,
        Turn::TakeAway => *count = count.saturating_sub(1),
    }
    if *count == 0 {
        counts.remove(key);
    }
}

impl Wide {
    /// Counts everything.
    pub(crate) fn learn(
        view: &View<'_>,
        project: &[ProjectUnit<'_>],
        ledger: &[LedgerUnit<'_>],
        pairing: &Pairing,
    ) -> Self {
        let mut wide = Self::of_documents(view);
        wide.habits.learn(view, project, ledger, pairing);
        for group in &pairing.groups {
            if let Some(closed) = closed_vote(view, project, ledger, group) {
                wide.completed.count(closed, Turn::Add);
            }
        }
        wide
    }

    /// Counts all documents of a view, and nothing about pairs.
    fn of_documents(view: &View<'_>) -> Self {
        let mut wide = Self {
            habits: Habits::knowing(view),
            ..Self::default()
        };
        let terms = terms(view);
        for document in &view.documents {
            wide.count_document(view, document, Turn::Add);
            for credit in discounts_of(view, &terms, document) {
                wide.count_discount(&credit, Turn::Add);
            }
        }
        wide
    }

    /// Counts a document by itself, or takes it back.
    pub(crate) fn count_document(
        &mut self,
        view: &View<'_>,
        document: &LedgerDocument,
        turn: Turn,
    ) {
        match document.kind {
            DocumentKind::Invoice => self.count_invoice(document, turn),
            DocumentKind::Bill => {
                if let Some(vendor) = &document.vendor {
                    sum_up(&mut self.payable, vendor, document.balance, turn);
                }
            }
            DocumentKind::Deposit => {
                let links = document.lines.iter().flat_map(|line| &line.links);
                for link in links.filter(|link| link.kind == "Payment") {
                    count(&mut self.deposited, &link.id, turn);
                }
            }
            DocumentKind::Payment => self.count_payment(view, document, turn),
            DocumentKind::JournalEntry if is_payroll(view, document) => {
                count(&mut self.payroll_days, &document.date, turn);
            }
            _ => {}
        }
    }

    fn count_invoice(&mut self, document: &LedgerDocument, turn: Turn) {
        let Some(customer) = &document.customer else {
            return;
        };
        sum_up(&mut self.receivable, customer, document.balance, turn);
        if document.balance > Money::ZERO {
            sum_up(&mut self.open, customer, document.balance, turn);
            count(&mut self.open_amounts, &document.balance.cents(), turn);
        }
    }

    fn count_payment(&mut self, view: &View<'_>, document: &LedgerDocument, turn: Turn) {
        let account = document.account.as_deref();
        let held = account.is_none_or(|account| view.role(account).undeposited);
        if !held || document.voided {
            return;
        }
        let same = self.held.entry(document.total.cents()).or_default();
        match turn {
            Turn::Add => same.insert(document.id.clone()),
            Turn::TakeAway => same.remove(&document.id),
        };
    }

    /// Counts a vendor credit that is the discount of a bill payment, or takes it back.
    pub(crate) fn count_discount(&mut self, credit: &SmolStr, turn: Turn) {
        count(&mut self.discounts, credit, turn);
    }

    /// Open invoices of a customer, its parents' and its descendants'.
    pub(crate) fn open_invoices(&self, view: &View<'_>, customer: &str) -> Money {
        let root = view.root_customer(customer);
        let customers = view.lists.customers.iter();
        customers
            .filter(|one| view.root_customer(&one.id) == root)
            .filter_map(|one| self.open.get(&one.id))
            .map(|sum| sum.amount)
            .sum()
    }

    /// Whether an invoice is open for exactly this amount.
    pub(crate) fn is_open_amount(&self, amount: Money) -> bool {
        self.open_amounts.contains_key(&amount.cents())
    }

    /// Payments of this amount that wait in undeposited funds.
    pub(crate) fn undeposited(&self, amount: Money) -> impl Iterator<Item = &SmolStr> {
        let held = self.held.get(&amount.cents()).into_iter().flatten();
        held.filter(|payment| !self.deposited.contains_key(*payment))
    }

    /// Whether a vendor credit is exactly the discount that the terms of a bill allow.
    pub(crate) fn is_discount(&self, credit: &SmolStr) -> bool {
        self.discounts.contains_key(credit)
    }

    /// Days of payroll journals.
    pub(crate) fn payroll_days(&self) -> impl Iterator<Item = Date> + '_ {
        self.payroll_days.keys().copied()
    }

    /// Whether a payroll journal is dated within so many days of a day.
    pub(crate) fn payroll_near(&self, day: Date, days: i32) -> bool {
        self.payroll_days
            .keys()
            .any(|other| figures::dates::days_between(*other, day).abs() <= days)
    }

    /// The balance of a customer's invoices; nothing when there is none.
    pub(crate) fn receivable(&self, customer: &SmolStr) -> Option<Money> {
        self.receivable.get(customer).map(|sum| sum.amount)
    }

    /// The balance of a vendor's bills; nothing when there is none.
    pub(crate) fn payable(&self, vendor: &SmolStr) -> Option<Money> {
        self.payable.get(vendor).map(|sum| sum.amount)
    }
}

/// Whether the purchase order of a completed commitment is closed; nothing for other pairs.
pub(crate) fn closed_vote(
    view: &View<'_>,
    project: &[ProjectUnit<'_>],
    ledger: &[LedgerUnit<'_>],
    group: &Group,
) -> Option<bool> {
    if group.family != Family::Commitment {
        return None;
    }
    let commitment = project[*group.project.first()? as usize].place as usize;
    let order = ledger[*group.ledger.first()? as usize].document;
    (view.records.commitments[commitment].status == "complete")
        .then(|| !view.at(order).status.eq_ignore_ascii_case("open"))
}

/// Payment terms by id.
pub(crate) type Terms<'a> = BTreeMap<&'a str, &'a Term>;

/// The payment terms of a view.
pub(crate) fn terms<'a>(view: &View<'a>) -> Terms<'a> {
    let terms = view.lists.terms.iter();
    terms.map(|term| (term.id.as_str(), term)).collect()
}

/// Vendor credits used on a bill payment within the discount days of the bill's terms.
pub(crate) fn discounts_of(
    view: &View<'_>,
    terms: &Terms<'_>,
    payment: &LedgerDocument,
) -> Vec<SmolStr> {
    let mut found = Vec::new();
    if payment.kind != DocumentKind::BillPayment {
        return found;
    }
    let linked = |kind: DocumentKind| {
        let links = payment.lines.iter().flat_map(|line| &line.links);
        links
            .filter(move |link| link.kind == kind.entity())
            .filter_map(move |link| view.document(kind, &link.id))
            .map(|place| view.at(place))
    };
    for credit in linked(DocumentKind::VendorCredit) {
        for bill in linked(DocumentKind::Bill) {
            let term = bill.term.as_deref().and_then(|term| terms.get(term));
            if term.is_some_and(|term| allows(term, bill, payment, credit)) {
                found.push(credit.id.clone());
            }
        }
    }
    found
}

/// Whether a vendor credit is the discount that the terms allow for paying this early.
fn allows(
    term: &Term,
    bill: &LedgerDocument,
    payment: &LedgerDocument,
    credit: &LedgerDocument,
) -> bool {
    let (Some(percent), Some(days)) = (term.discount_percent, term.discount_days) else {
        return false;
    };
    let base = rust_decimal::Decimal::from(bill.total.cents()) * percent
        / rust_decimal::Decimal::ONE_HUNDRED;
    let gap = base - rust_decimal::Decimal::from(credit.total.cents());
    gap.abs() <= rust_decimal::Decimal::ONE
        && figures::dates::days_between(bill.date, payment.date) <= i32::from(days)
}
