//! Money from owners that was recorded in the wrong way.

use super::missing::{take_application, within};
use super::take::{both, paid_alone, procore, quickbooks, settled_age, take, unpay, vanish};
use crate::contractor::books::{Books, Kind, Line, PairKind, Presence};
use crate::contractor::chart::{
    BAD_DEBT, BAD_DEBT_ITEM, CHECKING, INCOME, RECEIVABLE, UNDEPOSITED,
};
use crate::world::RecordRef;

/// A pay application that one payment paid, long enough ago.
fn take_receipt(books: &mut Books) -> Option<usize> {
    take(books, PairKind::PayApplication, |books, pair| {
        settled_age(books, pair)
            && paid_alone(books, pair)
            && books.age(books.txns[pair.paid_by[0]].date) > 12
    })
}

fn receipt(books: &Books, pair: usize) -> (usize, usize, usize, usize, i64) {
    let pair = &books.pairs[pair];
    let payment = pair.payments[0];
    (
        pair.job,
        pair.quickbooks[0],
        payment,
        pair.paid_by[0],
        books.payments[payment].amount,
    )
}

/// A payment that was recorded but not linked to its invoice.
pub(super) fn unapplied(books: &mut Books, n: usize) -> Option<()> {
    let pair = take_receipt(books)?;
    let (job, invoice, payment, txn, amount) = receipt(books, pair);
    books.txns[txn].lines.clear();
    if n % 2 == 1 {
        let owner = books.jobs[job].owner;
        books.txns[txn].customer = Some(books.owners[owner].qid);
    }
    let records = evidence(books, vec![txn, invoice], payment);
    books.finding(
        "R01",
        Some(job),
        amount,
        &[(job, "received", amount)],
        records,
        "payment left unapplied",
    );
    Some(())
}

fn evidence(books: &Books, txns: Vec<usize>, payment: usize) -> Vec<RecordRef> {
    let mut records: Vec<RecordRef> = txns.into_iter().map(|txn| quickbooks(books, txn)).collect();
    records.push(procore("contract_payment", books.payments[payment].id));
    records
}

fn direct_deposit(
    books: &mut Books,
    job: usize,
    account: i64,
    amount: i64,
    date: jiff::civil::Date,
) -> usize {
    let mut deposit = books.blank(Kind::Deposit, date);
    deposit.bank = Some(CHECKING);
    let mut line = books.account_line(job, account, amount, "Owner deposit");
    line.class = None;
    deposit.lines.push(line);
    books.post(deposit)
}

/// A bank-feed deposit that was added as income instead of matched.
pub(super) fn deposit_to_income(books: &mut Books, _: usize) -> Option<()> {
    misdirected(books, "R02", INCOME)
}

fn misdirected(books: &mut Books, code: &str, account: i64) -> Option<()> {
    let pair = take_receipt(books)?;
    let (job, invoice, payment, txn, amount) = receipt(books, pair);
    let date = books.txns[txn].date;
    vanish(books, txn);
    books.payments[payment].twins.clear();
    let deposit = direct_deposit(books, job, account, amount, date);
    let records = evidence(books, vec![deposit, invoice], payment);
    books.finding(
        code,
        Some(job),
        amount,
        &[(job, "received", amount)],
        records,
        "deposit not matched to the invoice",
    );
    Some(())
}

/// Money posted straight to accounts receivable, by deposit or by journal.
pub(super) fn deposit_to_receivable(books: &mut Books, n: usize) -> Option<()> {
    if n.is_multiple_of(2) {
        return misdirected(books, "R03", RECEIVABLE);
    }
    let pair = take_receipt(books)?;
    let (job, invoice, payment, txn, amount) = receipt(books, pair);
    let mut entry = books.blank(Kind::JournalEntry, books.txns[txn].date);
    entry.number = Some(format!("JE-{}", books.txns.len()));
    entry.note = Some("Owner wire".to_string());
    entry.lines.push(Line {
        amount,
        account: Some(CHECKING),
        text: "Owner wire".to_string(),
        ..Line::default()
    });
    let mut line = books.account_line(job, RECEIVABLE, -amount, "Owner wire");
    line.class = None;
    entry.lines.push(line);
    vanish(books, txn);
    books.payments[payment].twins.clear();
    let entry = books.post(entry);
    let records = evidence(books, vec![entry, invoice], payment);
    books.finding(
        "R03",
        Some(job),
        amount,
        &[(job, "received", amount)],
        records,
        "journal to receivables",
    );
    Some(())
}

/// A payment waiting in undeposited funds while the bank deposit was entered again.
pub(super) fn undeposited(books: &mut Books, _: usize) -> Option<()> {
    let pair = take_receipt(books)?;
    let (job, _, payment, txn, amount) = receipt(books, pair);
    if let Some(deposit) = super::take::deposit_of(books, txn) {
        books.txns[deposit].presence = Presence::Absent;
    }
    books.txns[txn].bank = Some(UNDEPOSITED);
    let date = books.txns[txn].date;
    let date = books.later(date, 3);
    let deposit = direct_deposit(books, job, INCOME, amount, date);
    let records = evidence(books, vec![txn, deposit], payment);
    books.finding(
        "R40",
        Some(job),
        amount,
        &[],
        records,
        "payment undeposited, deposit entered again",
    );
    Some(())
}

/// A receivable written off in QuickBooks only.
pub(super) fn write_off(books: &mut Books, n: usize) -> Option<()> {
    let amount = books.dice.range(5_000, 90_000) + 9;
    if n % 2 == 1 {
        let pair = take_application(books)?;
        unpay(books, pair);
        let (job, invoice) = (books.pairs[pair].job, books.pairs[pair].quickbooks[0]);
        let mut line = books.account_line(job, BAD_DEBT, -amount, "Settlement discount");
        line.discount = true;
        books.txns[invoice].lines.push(line);
        let mut records = both(books, pair);
        records.reverse();
        books.finding(
            "R38",
            Some(job),
            amount,
            &[(job, "billed", amount)],
            records,
            "discount on the invoice",
        );
        return Some(());
    }
    let job = books.any_job();
    let days = books.dice.range(15, 120);
    let mut credit = books.blank(Kind::CreditMemo, within(books, job, days));
    credit.customer = Some(books.jobs[job].qid);
    credit.number = Some(format!("WO-{}-{}", books.jobs[job].number, n + 1));
    credit.note = Some("Uncollectible balance".to_string());
    let mut line = books.account_line(job, 0, amount, "Uncollectible balance");
    line.account = None;
    line.item = Some(BAD_DEBT_ITEM);
    credit.lines.push(line);
    let txn = books.post(credit);
    let records = vec![quickbooks(books, txn)];
    books.finding(
        "R38",
        Some(job),
        amount,
        &[(job, "billed", amount)],
        records,
        "written off by credit memo",
    );
    Some(())
}
