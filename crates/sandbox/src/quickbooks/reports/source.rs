//! Postings as reports see them, with the words that columns show.

use jiff::civil::Date;
use serde_json::Value;

use super::Period;
use crate::quickbooks::company::Company;
use crate::quickbooks::company::ledger::Posting;
use crate::quickbooks::company::values::{flag, flat_lines, text};
use crate::quickbooks::kind::{Key, Kind};

/// One posting with the transaction that it belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) key: Key,
    pub(super) date: Date,
    pub(super) posting: &'a Posting,
    pub(super) all: &'a [Posting],
}

/// Every posting up to the end of the period that the filters admit.
pub(super) fn sides<'a>(
    company: &'a Company,
    period: &'a Period,
) -> impl Iterator<Item = Side<'a>> + 'a {
    company
        .ledger()
        .entries()
        .filter(|(_, entry)| entry.date <= period.end)
        .flat_map(move |(key, entry)| {
            entry
                .postings
                .iter()
                .map(move |posting| Side {
                    key: *key,
                    date: entry.date,
                    posting,
                    all: &entry.postings,
                })
                .filter(move |side| period.admits(side))
        })
}

/// The transaction type as reports call it.
pub(super) fn type_name(company: &Company, (kind, id): Key) -> &'static str {
    let body = company.get(kind, id).unwrap_or(&Value::Null);
    match kind {
        Kind::BillPayment if text(body, "PayType") == "CreditCard" => "Bill Payment (Credit Card)",
        Kind::BillPayment => "Bill Payment (Check)",
        Kind::CreditMemo => "Credit Memo",
        Kind::JournalEntry => "Journal Entry",
        Kind::VendorCredit => "Vendor Credit",
        Kind::SalesReceipt => "Sales Receipt",
        Kind::RefundReceipt => "Refund",
        Kind::PurchaseOrder => "Purchase Order",
        Kind::CreditCardPayment => "Credit Card Payment",
        Kind::TimeActivity => "Time Charge",
        Kind::Purchase if flag(body, "Credit") == Some(true) => "Credit Card Credit",
        Kind::Purchase => match text(body, "PaymentType") {
            "Check" => "Check",
            "CreditCard" => "Credit Card Expense",
            _ => "Expense",
        },
        other => other.name(),
    }
}

/// The line's description, else the transaction's memo.
pub(super) fn memo(company: &Company, side: &Side<'_>) -> String {
    let body = company.get(side.key.0, side.key.1).unwrap_or(&Value::Null);
    let described = side
        .posting
        .line
        .and_then(|at| {
            flat_lines(body)
                .get(at)
                .map(|line| text(line, "Description").to_owned())
        })
        .filter(|found| !found.is_empty());
    described.unwrap_or_else(|| text(body, "PrivateNote").to_owned())
}

/// The other account, or `-Split-` when there are several.
pub(super) fn split_account(company: &Company, side: &Side<'_>) -> (String, Option<u64>) {
    let mut others: Vec<u64> = side
        .all
        .iter()
        .filter(|other| !std::ptr::eq(*other, side.posting))
        .map(|other| other.account)
        .collect();
    others.dedup();
    match others.as_slice() {
        [one] => (account_name(company, *one), Some(*one)),
        _ => ("-Split-".to_owned(), None),
    }
}

pub(super) fn account_name(company: &Company, id: u64) -> String {
    company
        .name_of(Kind::Account, id)
        .unwrap_or_else(|| format!("Account {id}"))
}

/// Accounts whose balances start anew each fiscal year.
pub(super) fn is_profit_and_loss(company: &Company, account: u64) -> bool {
    let body = company.get(Kind::Account, account).unwrap_or(&Value::Null);
    let class = crate::quickbooks::company::classification(text(body, "AccountType"));
    !matches!(class, "Asset" | "Liability" | "Equity")
}

/// 1 where a debit increases the balance, -1 where a credit does.
pub(super) fn natural_sign(company: &Company, account: u64) -> i64 {
    let body = company.get(Kind::Account, account).unwrap_or(&Value::Null);
    let class = crate::quickbooks::company::classification(text(body, "AccountType"));
    if matches!(class, "Asset" | "Expense") {
        1
    } else {
        -1
    }
}
