//! Both books with the look-ups that every later step needs. Built once, read-only afterwards.

use figures::model::{
    Account, ChangeOrder, Classification, Commitment, Customer, Item, LedgerBooks, LedgerDocument,
    LedgerLine, LineKind, Posting, PrimeContract, ProjectBooks,
};
use figures::{Date, Money, SmolStr};
use rustc_hash::FxHashMap;

use super::policy::Policy;
use super::records::Records;

/// What an account is to the reconciliation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct AccountRole {
    /// Job cost: Cost of Goods Sold, and expense accounts that the tenant mapped to job cost.
    pub(crate) cost: bool,
    /// Retainage held by owners.
    pub(crate) retainage_receivable: bool,
    /// Retainage held from vendors.
    pub(crate) retainage_payable: bool,
    /// Accounts receivable.
    pub(crate) receivable: bool,
    /// Accounts payable.
    pub(crate) payable: bool,
    /// Bank accounts, cards and undeposited funds.
    pub(crate) cash: bool,
    /// Undeposited funds.
    pub(crate) undeposited: bool,
    /// Revenue.
    pub(crate) income: bool,
    /// Bad debts.
    pub(crate) bad_debt: bool,
    /// Inventory.
    pub(crate) inventory: bool,
    /// Labor, wages.
    pub(crate) wages: bool,
    /// Payroll taxes, workers' compensation, benefits.
    pub(crate) burden: bool,
    /// Money owed to employees and tax offices, and clearing accounts of payroll.
    pub(crate) payroll_liability: bool,
    /// Terms discounts.
    pub(crate) discount: bool,
}

impl AccountRole {
    /// The role that follows from an account's type, sub-type and name.
    fn of(account: &Account, policy: &Policy) -> Self {
        let name = account.full_name.to_lowercase();
        let sub = account.sub_type.as_str();
        let kind = account.account_type.as_str();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let retainage = sub == "Retainage" || says(&["retain", "retention"]);
        let asset = account.classification == Some(Classification::Asset);
        let liability = account.classification == Some(Classification::Liability);
        let expense = account.classification == Some(Classification::Expense);
        let mapped = policy.job_cost_accounts.iter().any(|id| account.id == *id);
        let burden = expense
            && (says(&[
                "burden",
                "payroll tax",
                "workers",
                "fringe",
                "benefit",
                "fica",
                "insurance - labor",
            ]) || sub == "PayrollTaxExpenses");
        Self {
            cost: kind == "Cost of Goods Sold" || (kind == "Expense" && mapped),
            retainage_receivable: retainage && asset,
            retainage_payable: retainage && liability,
            receivable: kind == "Accounts Receivable",
            payable: kind == "Accounts Payable",
            cash: matches!(kind, "Bank" | "Credit Card") || sub == "UndepositedFunds",
            undeposited: sub == "UndepositedFunds",
            income: account.classification == Some(Classification::Revenue),
            bad_debt: matches!(sub, "BadDebts" | "AllowanceForBadDebts") || says(&["bad debt"]),
            inventory: asset && (sub == "Inventory" || says(&["inventory", "stored material"])),
            wages: expense
                && !burden
                && (says(&["labor", "labour", "wage", "payroll"])
                    || matches!(
                        sub,
                        "CostOfLaborCos"
                            | "CostOfLabor"
                            | "PayrollExpenses"
                            | "PayrollWageExpenses"
                    )),
            burden,
            payroll_liability: liability
                && (says(&["payroll", "wages", "withholding"])
                    || matches!(sub, "PayrollClearing" | "PayrollTaxPayable")),
            discount: says(&["discount"]) || sub == "DiscountsRefundsGiven",
        }
    }
}

/// Both books and their look-ups.
pub(crate) struct View<'a> {
    pub(crate) as_of: Date,
    pub(crate) policy: &'a Policy,
    /// Procore's lists that belong to no single project.
    pub(crate) company: &'a ProjectBooks,
    pub(crate) records: Records<'a>,
    /// QuickBooks' lists. What documents there are is said by `documents`.
    pub(crate) lists: &'a LedgerBooks,
    /// Ledger documents in their order.
    pub(crate) documents: Vec<&'a LedgerDocument>,
    roles: FxHashMap<&'a str, AccountRole>,
    items: FxHashMap<&'a str, &'a Item>,
    customers: FxHashMap<&'a str, &'a Customer>,
    document_places: FxHashMap<(figures::model::DocumentKind, &'a str), u32>,
    primes: FxHashMap<i64, &'a PrimeContract>,
    commitments: FxHashMap<i64, &'a Commitment>,
    vendor_names: FxHashMap<i64, &'a str>,
    ledger_vendors: FxHashMap<&'a str, &'a str>,
    account_names: FxHashMap<&'a str, &'a str>,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        as_of: Date,
        policy: &'a Policy,
        project: &'a ProjectBooks,
        ledger: &'a LedgerBooks,
    ) -> Self {
        let documents = ledger.documents.iter().collect();
        let records = Records::of(project);
        Self::over(as_of, policy, (project, records), (ledger, documents))
    }

    /// The same with records and documents that are kept elsewhere, in their order.
    pub(crate) fn over(
        as_of: Date,
        policy: &'a Policy,
        (company, records): (&'a ProjectBooks, Records<'a>),
        (ledger, documents): (&'a LedgerBooks, Vec<&'a LedgerDocument>),
    ) -> Self {
        let index = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self {
            as_of,
            policy,
            company,
            lists: ledger,
            roles: ledger
                .accounts
                .iter()
                .map(|account| (account.id.as_str(), AccountRole::of(account, policy)))
                .collect(),
            items: ledger
                .items
                .iter()
                .map(|item| (item.id.as_str(), item))
                .collect(),
            customers: ledger
                .customers
                .iter()
                .map(|one| (one.id.as_str(), one))
                .collect(),
            document_places: documents
                .iter()
                .enumerate()
                .map(|(place, document)| ((document.kind, document.id.as_str()), index(place)))
                .collect(),
            documents,
            primes: records
                .prime_contracts
                .iter()
                .map(|one| (one.id, *one))
                .collect(),
            commitments: records
                .commitments
                .iter()
                .map(|one| (one.id, *one))
                .collect(),
            records,
            account_names: ledger
                .accounts
                .iter()
                .map(|account| (account.id.as_str(), account.name.as_str()))
                .collect(),
            ledger_vendors: ledger
                .vendors
                .iter()
                .map(|vendor| (vendor.id.as_str(), vendor.name.as_str()))
                .collect(),
            vendor_names: company
                .parties
                .iter()
                .map(|party| (party.id, party.name.as_str()))
                .collect(),
        }
    }

    /// The vendor or payee of a ledger document, as the document names it, else as the list does.
    pub(crate) fn payee(&self, document: &'a LedgerDocument) -> &'a str {
        if !document.payee_name.is_empty() {
            return &document.payee_name;
        }
        let vendor = document.vendor.as_deref();
        vendor
            .and_then(|id| self.ledger_vendors.get(id))
            .copied()
            .unwrap_or("")
    }

    /// The name of a QuickBooks vendor, empty when it is unknown.
    pub(crate) fn ledger_vendor(&self, id: &str) -> &'a str {
        self.ledger_vendors.get(id).copied().unwrap_or("")
    }

    /// The document with this kind and id.
    pub(crate) fn document(&self, kind: figures::model::DocumentKind, id: &str) -> Option<u32> {
        self.document_places.get(&(kind, id)).copied()
    }

    /// The ledger document in this place.
    pub(crate) fn at(&self, place: u32) -> &'a LedgerDocument {
        self.documents[place as usize]
    }

    pub(crate) fn customer(&self, id: &str) -> Option<&'a Customer> {
        self.customers.get(id).copied()
    }

    /// The top of a customer's tree.
    pub(crate) fn root_customer<'s>(&'s self, customer: &'s str) -> &'s str {
        let mut at = customer;
        // Five levels is the deepest tree QuickBooks allows; a cycle ends here too.
        for _ in 0..6 {
            match self.customer(at).and_then(|one| one.parent.as_deref()) {
                Some(parent) => at = parent,
                None => break,
            }
        }
        at
    }

    pub(crate) fn prime(&self, id: i64) -> Option<&'a PrimeContract> {
        self.primes.get(&id).copied()
    }

    pub(crate) fn commitment(&self, id: i64) -> Option<&'a Commitment> {
        self.commitments.get(&id).copied()
    }

    /// The directory's name of a Procore vendor.
    pub(crate) fn vendor_name(&self, id: i64) -> Option<&'a str> {
        self.vendor_names.get(&id).copied()
    }

    /// What the account is to the reconciliation; an unknown account is nothing.
    pub(crate) fn role(&self, account: &str) -> AccountRole {
        self.roles.get(account).copied().unwrap_or_default()
    }

    /// The account that a line posts to: its own, else its item's (measures.md, common rules).
    pub(crate) fn account_of(&self, line: &'a LedgerLine) -> Option<&'a SmolStr> {
        if line.account.is_some() {
            return line.account.as_ref();
        }
        let item = self.items.get(line.item.as_deref()?)?;
        match line.kind {
            LineKind::Sale | LineKind::Discount => item.income_account.as_ref(),
            // An inventory item counts through its expense account as well: the reference of
            // measures knows no exception, and both sides must read the same totals.
            _ => item.expense_account.as_ref(),
        }
    }

    /// The name of the item on a line, else of its account.
    pub(crate) fn named_on(&self, line: &'a LedgerLine) -> Option<&'a str> {
        if let Some(item) = line.item.as_deref().and_then(|id| self.items.get(id)) {
            return Some(item.name.as_str());
        }
        let account = line.account.as_deref()?;
        self.account_names.get(account).copied()
    }

    /// The role of the account that a line posts to.
    pub(crate) fn role_of(&self, line: &'a LedgerLine) -> AccountRole {
        self.account_of(line)
            .map(|account| self.role(account))
            .unwrap_or_default()
    }

    /// Whether an account is a credit card.
    pub(crate) fn is_card(&self, account: &str) -> bool {
        self.lists
            .accounts
            .iter()
            .any(|one| one.id == account && one.account_type == "Credit Card")
    }

    /// Whether a record of this date counts: dated, and not after the day looked at.
    pub(crate) fn counts(&self, date: Option<Date>) -> bool {
        date.is_some_and(|date| date <= self.as_of)
    }

    /// Calendar days from a date to the day looked at.
    pub(crate) fn age(&self, date: Date) -> i32 {
        figures::dates::days_between(date, self.as_of)
    }

    /// Whether a record of this date is young enough to be timing (grace day included).
    pub(crate) fn in_grace(&self, date: Option<Date>) -> bool {
        date.is_some_and(|date| (0..=self.policy.grace_days).contains(&self.age(date)))
    }
}

/// A journal line as debit less credit.
pub(crate) fn debit_less_credit(line: &LedgerLine) -> Money {
    match line.posting {
        Some(Posting::Credit) => -line.amount,
        _ => line.amount,
    }
}

/// A status that counts a prime contract or an approved change order.
pub(crate) fn is_agreed(contract: &PrimeContract) -> bool {
    !contract.deleted && matches!(contract.status.as_str(), "approved" | "complete")
}

/// Whether a change order is approved and stands.
pub(crate) fn is_approved(change: &ChangeOrder) -> bool {
    !change.deleted && change.status == "approved"
}

/// Whether a commitment counts as committed cost (measures.md, `committed`).
pub(crate) fn is_committed(commitment: &Commitment) -> bool {
    use figures::model::CommitmentKind::{PurchaseOrder, Subcontract};
    !commitment.deleted
        && match commitment.kind {
            Subcontract => matches!(commitment.status.as_str(), "approved" | "complete"),
            PurchaseOrder => matches!(
                commitment.status.as_str(),
                "approved" | "closed" | "partially_received" | "received"
            ),
        }
}
