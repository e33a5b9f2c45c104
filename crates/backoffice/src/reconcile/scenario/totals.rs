//! Both totals of every measure, read a second time straight from the books by the rules of
//! `measures`, without units, pairs or steps: what a bridge must begin and end with.

use figures::model::{
    Books, ChangeOrderKind, Classification, CommitmentKind, DocumentKind, LedgerBooks,
    LedgerDocument, LedgerLine, LineKind, Posting, ProjectBooks,
};
use figures::{Date, Measure, Money};

/// The books and the day, for worlds in which a job has one customer without descendants.
pub(super) struct Totals<'b> {
    project: &'b ProjectBooks,
    ledger: &'b LedgerBooks,
    as_of: Date,
    /// Whether documents carry the full work and a retainage line.
    gross: bool,
}

impl<'b> Totals<'b> {
    pub(super) fn new(books: &'b Books, as_of: Date, gross: bool) -> Option<Self> {
        let (project, ledger) = (books.project.as_ref()?, books.ledger.as_ref()?);
        Some(Self {
            project,
            ledger,
            as_of,
            gross,
        })
    }

    /// Procore's total.
    pub(super) fn procore(&self, job: i64, measure: Measure) -> Money {
        let books = self.project;
        let by_now = |date: Option<Date>| date.is_some_and(|date| date <= self.as_of);
        let is_prime = |id: i64| books.prime_contracts.iter().any(|one| one.id == id);
        let payments = books
            .contract_payments
            .iter()
            .filter(|one| one.project_id == job && !one.deleted && by_now(one.date));
        match measure {
            Measure::Contract => self.contract(job),
            Measure::Billed => self.last_application(job, |totals| totals.earned_less_retainage),
            Measure::Retainage => self.last_application(job, |totals| totals.retainage),
            Measure::Received => payments
                .filter(|one| is_prime(one.contract_id))
                .map(|one| one.amount)
                .sum(),
            Measure::Committed => {
                let counts = |kind: CommitmentKind, status: &str| match kind {
                    CommitmentKind::Subcontract => ["approved", "complete"].contains(&status),
                    CommitmentKind::PurchaseOrder => {
                        ["approved", "closed", "partially_received", "received"].contains(&status)
                    }
                };
                let all = books.commitments.iter().filter(|one| one.project_id == job);
                all.filter(|one| !one.deleted && counts(one.kind, &one.status))
                    .map(|one| one.revised)
                    .sum()
            }
            Measure::Cost => {
                let direct = books
                    .direct_costs
                    .iter()
                    .filter(|one| one.project_id == job);
                let direct: Money = direct
                    .filter(|one| !one.deleted && one.status == "approved" && by_now(one.date))
                    .map(|one| one.amount)
                    .sum();
                direct
                    + self.last_requisition(job, |totals| {
                        if self.gross {
                            totals.completed_and_stored
                        } else {
                            totals.earned_less_retainage
                        }
                    })
            }
            Measure::RetainagePayable => self.last_requisition(job, |totals| totals.retainage),
            Measure::Paid => {
                let direct = books
                    .direct_costs
                    .iter()
                    .filter(|one| one.project_id == job);
                let direct: Money = direct
                    .filter(|one| !one.deleted && one.status == "approved")
                    .filter(|one| one.kind == "invoice" && by_now(one.payment_date))
                    .map(|one| one.amount)
                    .sum();
                let issued: Money = payments
                    .filter(|one| !is_prime(one.contract_id))
                    .map(|one| one.amount)
                    .sum();
                direct + issued
            }
        }
    }

    fn contract(&self, job: i64) -> Money {
        let mut total = Money::ZERO;
        let primes = self
            .project
            .prime_contracts
            .iter()
            .filter(|one| one.project_id == job);
        for prime in primes.filter(|one| !one.deleted) {
            if !["approved", "complete"].contains(&prime.status.as_str()) {
                continue;
            }
            let changes = self.project.change_orders.iter().filter(|one| {
                one.contract_id == prime.id
                    && one.kind == ChangeOrderKind::Prime
                    && one.status == "approved"
                    && !one.deleted
            });
            total += prime.original + changes.map(|one| one.amount).sum::<Money>();
        }
        total
    }

    fn last_application(
        &self,
        job: i64,
        of: impl Fn(&figures::model::CertificateTotals) -> Money,
    ) -> Money {
        let books = self.project;
        let mut total = Money::ZERO;
        for prime in books
            .prime_contracts
            .iter()
            .filter(|one| one.project_id == job)
        {
            let last = books
                .pay_applications
                .iter()
                .filter(|one| one.contract_id == prime.id && !one.deleted)
                .filter(|one| one.status == "approved")
                .filter(|one| one.billing_date.is_some_and(|date| date <= self.as_of))
                .max_by_key(|one| one.number);
            total += last.map(|one| of(&one.totals)).unwrap_or_default();
        }
        total
    }

    fn last_requisition(
        &self,
        job: i64,
        of: impl Fn(&figures::model::CertificateTotals) -> Money,
    ) -> Money {
        let books = self.project;
        let mut total = Money::ZERO;
        for commitment in books.commitments.iter().filter(|one| one.project_id == job) {
            let last = books
                .subcontractor_invoices
                .iter()
                .filter(|one| one.commitment_id == commitment.id && !one.deleted)
                .filter(|one| ["approved", "approved_as_noted"].contains(&one.status.as_str()))
                .filter(|one| one.billing_date.is_some_and(|date| date <= self.as_of))
                .max_by_key(|one| one.number);
            total += last.map(|one| of(&one.totals)).unwrap_or_default();
        }
        total
    }

    /// QuickBooks' total for the job's customer.
    pub(super) fn quickbooks(&self, customer: &str, measure: Measure) -> Money {
        use DocumentKind::{
            Bill, BillPayment, CreditMemo, Estimate, Invoice, JournalEntry, Payment, Purchase,
            PurchaseOrder, VendorCredit,
        };
        let mut total = Money::ZERO;
        for document in self.ledger.documents.iter().filter(|one| !one.voided) {
            let own = document.customer.as_deref() == Some(customer);
            let net = document.total - document.tax;
            let stands = ["Accepted", "Closed"].contains(&document.status.as_str());
            let now = document.date <= self.as_of;
            let credit = document.kind == VendorCredit || document.is_refund;
            let turned = if credit { -1 } else { 1 };
            total += match (measure, document.kind) {
                (Measure::Contract, Estimate) if own && stands => net,
                (Measure::Committed, PurchaseOrder) => self.lines(document, customer, |_| true),
                _ if !now => Money::ZERO,
                (Measure::Billed, Invoice) if own => net,
                (Measure::Billed, CreditMemo) if own => -net,
                (Measure::Retainage, Invoice) if own => {
                    -self.retained(document, Classification::Asset)
                }
                (Measure::Retainage, CreditMemo) if own => {
                    self.retained(document, Classification::Asset)
                }
                (Measure::Retainage, JournalEntry) => self.lines(document, customer, |line| {
                    self.is_retainage(line, Classification::Asset)
                }),
                (Measure::Received, Payment) => self.applied(document, Invoice, |invoice, paid| {
                    let own = invoice.customer.as_deref() == Some(customer);
                    if own { paid } else { Money::ZERO }
                }),
                (Measure::Cost, Bill | Purchase | VendorCredit | JournalEntry) => times(
                    turned,
                    self.lines(document, customer, |line| self.is_cost(line)),
                ),
                (Measure::RetainagePayable, Bill | Purchase | VendorCredit) => times(
                    -turned,
                    self.lines(document, customer, |line| {
                        self.is_retainage(line, Classification::Liability)
                    }),
                ),
                (Measure::RetainagePayable, JournalEntry) => {
                    -self.lines(document, customer, |line| {
                        self.is_retainage(line, Classification::Liability)
                    })
                }
                (Measure::Paid, BillPayment) => {
                    self.applied(document, Bill, |bill, paid| share_of(bill, customer, paid))
                }
                _ => Money::ZERO,
            };
        }
        total
    }

    /// Lines of a customer as debit less credit.
    fn lines(
        &self,
        document: &LedgerDocument,
        customer: &str,
        counts: impl Fn(&LedgerLine) -> bool,
    ) -> Money {
        let own = document
            .lines
            .iter()
            .filter(|line| line.customer.as_deref() == Some(customer));
        own.filter(|line| line.kind != LineKind::Applied && counts(line))
            .map(|line| match line.posting {
                Some(Posting::Credit) => -line.amount,
                _ => line.amount,
            })
            .sum()
    }

    fn retained(&self, document: &LedgerDocument, side: Classification) -> Money {
        let lines = document
            .lines
            .iter()
            .filter(|line| self.is_retainage(line, side));
        lines.map(|line| line.amount).sum()
    }

    /// What is applied to documents of a kind, as far as it counts.
    fn applied(
        &self,
        payment: &LedgerDocument,
        kind: DocumentKind,
        counted: impl Fn(&LedgerDocument, Money) -> Money,
    ) -> Money {
        let found = |line: &LedgerLine| {
            line.links.iter().find_map(|link| {
                let mut documents = self.ledger.documents.iter();
                documents
                    .find(|one| one.kind == kind && link.kind == kind.entity() && one.id == link.id)
            })
        };
        let lines = payment.lines.iter();
        lines
            .filter_map(|line| Some(counted(found(line)?, line.amount)))
            .sum()
    }

    fn account_of(&self, line: &LedgerLine) -> Option<&figures::model::Account> {
        let item = self
            .ledger
            .items
            .iter()
            .find(|one| Some(&one.id) == line.item.as_ref());
        let of_item = item.and_then(|item| match line.kind {
            LineKind::Sale => item.income_account.as_ref(),
            _ => item.expense_account.as_ref(),
        });
        let id = line.account.as_ref().or(of_item)?;
        self.ledger.accounts.iter().find(|one| one.id == *id)
    }

    fn is_cost(&self, line: &LedgerLine) -> bool {
        self.account_of(line)
            .is_some_and(|one| one.account_type == "Cost of Goods Sold")
    }

    fn is_retainage(&self, line: &LedgerLine, side: Classification) -> bool {
        self.account_of(line).is_some_and(|one| {
            let name = one.name.to_lowercase();
            one.classification == Some(side)
                && (one.sub_type == "Retainage" || name.contains("retain"))
        })
    }
}

/// A customer's share of what is paid on a bill, by largest remainder over the bill's customers.
fn share_of(bill: &LedgerDocument, customer: &str, paid: Money) -> Money {
    let mut weights: Vec<(Option<&str>, i64)> = Vec::new();
    for line in &bill.lines {
        let of = line.customer.as_deref();
        match weights.iter_mut().find(|(one, _)| *one == of) {
            Some((_, weight)) => *weight += line.amount.cents(),
            None => weights.push((of, line.amount.cents())),
        }
    }
    let sum: i64 = weights.iter().map(|(_, weight)| weight).sum();
    if sum <= 0 {
        return Money::ZERO;
    }
    let part = |weight: i64| i128::from(paid.cents()) * i128::from(weight);
    let whole = |weight: i64| part(weight).div_euclid(i128::from(sum));
    let rest = |weight: i64| part(weight).rem_euclid(i128::from(sum));
    let given: i128 = weights.iter().map(|(_, weight)| whole(*weight)).sum();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(rest(weights[*at].1)));
    let left = usize::try_from(i128::from(paid.cents()) - given).unwrap_or(0);
    let own = weights.iter().position(|(one, _)| *one == Some(customer));
    own.map_or(Money::ZERO, |own| {
        let more = i128::from(order[..left].contains(&own));
        Money::from_cents(i64::try_from(whole(weights[own].1) + more).unwrap_or(0))
    })
}

fn times(sign: i64, amount: Money) -> Money {
    Money::from_cents(sign * amount.cents())
}
