//! Cases that clear by themselves: within grace, across the as-of date, pending, clearing.

use jiff::civil::Date;

use super::payments::unpaid_then_settled;
use super::take::{bill_effects, both, lose, procore, take};
use crate::contractor::books::{Books, PairKind};
use crate::contractor::calendar::plus;
use crate::contractor::chart::{FIRST_SUPPLY, SUPPLIES};
use crate::contractor::costs;
use crate::contractor::job::change;

/// A new direct cost of that date with its bill, for a case whose date matters.
pub(super) fn fresh_invoice(books: &mut Books, date: Date) -> Option<usize> {
    let code = FIRST_SUPPLY + books.dice.index(SUPPLIES);
    let vendor = costs::supplier(books, code);
    let start = books.dice.index(books.jobs.len());
    let job = (0..books.jobs.len())
        .map(|n| (start + n) % books.jobs.len())
        .find(|&at| books.jobs[at].active)
        .unwrap_or(start);
    let amount = books.dice.range(30_000, 600_000) + 19;
    let (pair, bill) = costs::direct_invoice(books, job, vendor, code, date, amount);
    let at = books.pairs[pair].procore[0];
    books.directs[at].origin = None;
    books.txns[bill].number = books.directs[at].number.clone();
    books.pairs[pair].free = false;
    Some(pair)
}

/// Entered in Procore within the grace, not yet in QuickBooks. The first is on the last day of it.
pub(super) fn in_transit(books: &mut Books, n: usize) -> Option<()> {
    if n % 3 == 1 {
        let pair = super::contracts::any_prime(books)?;
        let job = books.pairs[pair].job;
        let amount = books.dice.range(20, 90) * 10_000;
        let created = plus(books.plan.as_of, -11);
        let contract = books.jobs[job].prime;
        let at = change(books, contract, amount, created, "approved");
        let records = vec![super::contracts::change_record(books, contract, at)];
        books.finding(
            "T01",
            Some(job),
            amount,
            &[(job, "contract", amount)],
            records,
            "change order approved days ago",
        );
        return Some(());
    }
    if n % 3 == 2
        && let Some(()) = requisition_in_transit(books)
    {
        return Some(());
    }
    let age = if n == 0 { 5 } else { books.dice.range(0, 4) };
    let date = plus(books.plan.as_of, -age);
    let pair = fresh_invoice(books, date)?;
    lose(books, pair);
    report(books, "T01", pair, 1, "direct cost of the last days");
    Some(())
}

/// A subcontractor's latest application, approved two days ago.
fn requisition_in_transit(books: &mut Books) -> Option<()> {
    let date = plus(books.plan.as_of, -2);
    let pair = take(books, PairKind::Requisition, |books, pair| {
        let billing = &books.requisitions[pair.procore[0]];
        let newest = books
            .requisitions
            .iter()
            .rev()
            .find(|other| other.contract == billing.contract);
        books.age(billing.date) < 45
            && billing.date < date
            && billing.gross() > 0
            && newest.is_some_and(|newest| newest.id == billing.id)
    })?;
    let at = books.pairs[pair].procore[0];
    books.requisitions[at].date = date;
    let billing = &books.requisitions[at];
    let (gross, withheld) = (billing.gross(), billing.withheld());
    let job = books.pairs[pair].job;
    lose(books, pair);
    let effects = bill_effects(books, job, gross, withheld, 1);
    let records = both(books, pair);
    books.finding(
        "T01",
        Some(job),
        gross,
        &effects,
        records,
        "requisition of the last days",
    );
    Some(())
}

fn report(books: &mut Books, code: &str, pair: usize, sign: i64, note: &str) {
    let (at, job) = (books.pairs[pair].procore[0], books.pairs[pair].job);
    let amount = books.directs[at].amount;
    let records = both(books, pair);
    books.finding(
        code,
        Some(job),
        amount,
        &[(job, "cost", sign * amount)],
        records,
        note,
    );
}

/// Dated on the two sides of as-of, within the grace.
pub(super) fn cutoff(books: &mut Books, n: usize) -> Option<()> {
    let as_of = books.plan.as_of;
    let pair = fresh_invoice(books, as_of)?;
    let (at, txn) = (
        books.pairs[pair].procore[0],
        books.pairs[pair].quickbooks[0],
    );
    let days = books.dice.range(1, 5);
    let sign = if n.is_multiple_of(2) {
        books.txns[txn].date = plus(as_of, days);
        1
    } else {
        books.directs[at].date = plus(as_of, days);
        books.txns[txn].date = as_of;
        -1
    };
    report(books, "T02", pair, sign, "dates on the two sides of as-of");
    Some(())
}

/// Entered in QuickBooks, still awaiting approval in Procore.
pub(super) fn pending_approval(books: &mut Books, n: usize) -> Option<()> {
    let age = if n == 0 { 5 } else { books.dice.range(0, 4) };
    let date = plus(books.plan.as_of, -age);
    let pair = fresh_invoice(books, date)?;
    let (at, txn) = (
        books.pairs[pair].procore[0],
        books.pairs[pair].quickbooks[0],
    );
    books.directs[at].status = "pending";
    books.txns[txn].date = date;
    report(books, "T03", pair, -1, "direct cost awaiting approval");
    Some(())
}

/// Settled at the bank days ago, not yet recorded.
pub(super) fn bank_clearing(books: &mut Books, n: usize) -> Option<()> {
    let age = if n == 0 { 5 } else { books.dice.range(0, 4) };
    let (pair, payment) = unpaid_then_settled(books, age)?;
    let (job, amount) = (books.pairs[pair].job, books.payments[payment].amount);
    let mut records = vec![procore("contract_payment", books.payments[payment].id)];
    records.extend(both(books, pair));
    books.finding(
        "T04",
        Some(job),
        amount,
        &[(job, "paid", amount)],
        records,
        "settled at the bank days ago",
    );
    Some(())
}
