//! Matched documents whose amounts or dates differ.

use super::take::{both, settled_age, take, take_expense, take_invoice, unpay};
use crate::contractor::books::{Books, Kind, Line, PairKind};
use crate::contractor::calendar::{month_end, plus};
use crate::contractor::chart::{PROGRESS_ITEM, STORED, TAX_BASIS_POINTS, account_of};

/// A bill or invoice entered against the tenant's retainage convention.
pub(super) fn net_or_gross(books: &mut Books, n: usize) -> Option<()> {
    let sales = n.is_multiple_of(2);
    let kind = if sales {
        PairKind::PayApplication
    } else {
        PairKind::Requisition
    };
    let pair = take(books, kind, |books, pair| {
        let at = pair.procore[0];
        let billing = if pair.kind == PairKind::PayApplication {
            &books.pay_apps[at]
        } else {
            &books.requisitions[at]
        };
        settled_age(books, pair)
            && billing.gross() > 0
            && billing.withheld() > 0
            && billing.tax == 0
    })?;
    let (at, txn, job) = parts(books, pair);
    let billing = if sales {
        &books.pay_apps[at]
    } else {
        &books.requisitions[at]
    };
    let (gross, withheld, code) = (
        billing.gross(),
        billing.withheld(),
        books.contracts[billing.contract].lines[0].code,
    );
    let amount = if books.gross() {
        gross - withheld
    } else {
        gross
    };
    if !books.gross() {
        unpay(books, pair);
    }
    let mut line = books.item_line(job, code, amount, "As invoiced");
    if sales {
        line.item = Some(PROGRESS_ITEM);
    }
    books.txns[txn].lines = vec![line];
    let effects = match (sales, books.gross()) {
        (true, true) => [(job, "retainage", withheld), (job, "billed", 0)],
        (true, false) => [(job, "billed", -withheld), (job, "retainage", 0)],
        (false, true) => [
            (job, "cost", withheld),
            (job, "retainage_payable", withheld),
        ],
        (false, false) => [(job, "cost", -withheld), (job, "retainage_payable", 0)],
    };
    let records = both(books, pair);
    books.finding(
        "R09",
        Some(job),
        withheld,
        &effects,
        records,
        "entered against the retainage convention",
    );
    Some(())
}

fn parts(books: &Books, pair: usize) -> (usize, usize, usize) {
    let pair = &books.pairs[pair];
    (pair.procore[0], pair.quickbooks[0], pair.job)
}

/// A direct cost and its QuickBooks document, unpaid, so that its amount may change.
fn open_document(books: &mut Books, n: usize) -> Option<usize> {
    let pair = if n % 2 == 1 {
        take_expense(books)?
    } else {
        take_invoice(books)?
    };
    unpay(books, pair);
    exact_number(books, pair);
    Some(pair)
}

/// Makes sure that the number, not the amount, says what belongs together.
fn exact_number(books: &mut Books, pair: usize) {
    let (at, txn, _) = parts(books, pair);
    if let Some(number) = books.directs[at].number.clone() {
        books.txns[txn].number = Some(number);
    } else if let Some(number) = books.txns[txn].number.clone() {
        books.directs[at].number = Some(number);
    } else {
        let number = format!("R-{}", books.txns[txn].id);
        books.txns[txn].number = Some(number.clone());
        books.directs[at].number = Some(number);
    }
}

fn differ(books: &mut Books, code: &str, pair: usize, figure: i64, note: &str) {
    let (at, txn, job) = parts(books, pair);
    let difference = books.directs[at].amount - books.txns[txn].amount();
    let records = both(books, pair);
    books.finding(
        code,
        Some(job),
        figure,
        &[(job, "cost", difference)],
        records,
        note,
    );
}

/// Two digits changed places.
pub(super) fn transposed(books: &mut Books, n: usize) -> Option<()> {
    let pair = open_document(books, n)?;
    let (at, txn, _) = parts(books, pair);
    let amount = books.directs[at].amount;
    let mut digits: Vec<char> = amount.to_string().chars().collect();
    let swap = (1..digits.len() - 1).find(|&at| digits[at] != digits[at + 1])?;
    digits.swap(swap, swap + 1);
    let wrong: i64 = digits.into_iter().collect::<String>().parse().ok()?;
    books.txns[txn].lines[0].amount = wrong;
    differ(books, "R16", pair, amount - wrong, "digits transposed");
    Some(())
}

/// A bill entered as a vendor credit.
pub(super) fn sign_reversed(books: &mut Books, _: usize) -> Option<()> {
    let pair = open_document(books, 0)?;
    let (at, txn, job) = parts(books, pair);
    let amount = books.directs[at].amount;
    books.txns[txn].kind = Kind::VendorCredit;
    books.txns[txn].due = None;
    let records = both(books, pair);
    books.finding(
        "R17",
        Some(job),
        2 * amount,
        &[(job, "cost", 2 * amount)],
        records,
        "bill entered as a credit",
    );
    Some(())
}

/// Sales tax entered as job cost on one side.
pub(super) fn tax_included(books: &mut Books, n: usize) -> Option<()> {
    let pair = open_document(books, n)?;
    let (at, txn, job) = parts(books, pair);
    let amount = books.directs[at].amount;
    let tax = crate::contractor::billing::share(amount, TAX_BASIS_POINTS);
    if n.is_multiple_of(2) {
        let account = account_of(books.directs[at].code);
        let line = books.account_line(job, account, tax, "Sales tax 8.25%");
        books.txns[txn].lines.push(line);
    } else {
        books.txns[txn].lines[0].amount += tax;
    }
    differ(books, "R18", pair, tax, "sales tax in the job cost");
    Some(())
}

/// Freight on the bill that Procore does not know, or a short entry.
pub(super) fn otherwise_different(books: &mut Books, n: usize) -> Option<()> {
    let pair = open_document(books, n)?;
    let (at, txn, job) = parts(books, pair);
    // None of these is divisible by nine, so none can pass for a transposition.
    let extra = books.dice.pick(&[12_500, 18_750, 7_450, 4_190, 26_320]);
    if n.is_multiple_of(2) {
        let account = account_of(books.directs[at].code);
        let line = books.account_line(job, account, extra, "Freight");
        books.txns[txn].lines.push(line);
    } else {
        let amount = books.directs[at].amount;
        books.txns[txn].lines[0].amount = amount + extra;
    }
    differ(books, "R19", pair, extra, "amounts differ by freight");
    Some(())
}

/// One cent.
pub(super) fn rounding(books: &mut Books, n: usize) -> Option<()> {
    let pair = open_document(books, n)?;
    let (_, txn, _) = parts(books, pair);
    books.txns[txn].lines[0].amount += if n.is_multiple_of(2) { 1 } else { -1 };
    differ(books, "R39", pair, 1, "one cent");
    Some(())
}

/// The same amount, weeks apart in one month.
pub(super) fn date_mismatch(books: &mut Books, _: usize) -> Option<()> {
    let pair = take(books, PairKind::DirectInvoice, |books, pair| {
        let cost = &books.directs[pair.procore[0]];
        let last = month_end(cost.date);
        // The whole month lies on one side of the closing date and well before as-of.
        cost.origin.is_none()
            && cost.payment_date.is_none_or(|paid| paid > last)
            && books.age(last) > 20
    })?;
    exact_number(books, pair);
    let (at, txn, job) = parts(books, pair);
    let first = books.directs[at].date.first_of_month();
    books.directs[at].date = plus(first, 1);
    books.txns[txn].date = plus(first, 26);
    books.txns[txn].due = Some(plus(first, 56));
    if books.pairs[pair]
        .paid_by
        .iter()
        .any(|&paid| books.txns[paid].date < plus(first, 26))
    {
        unpay(books, pair);
    }
    let records = both(books, pair);
    books.finding(
        "R20",
        Some(job),
        0,
        &[],
        records,
        "dates weeks apart in one month",
    );
    Some(())
}

/// A document of the closed period entered in the open one.
pub(super) fn period_cutoff(books: &mut Books, _: usize) -> Option<()> {
    let close = books.close;
    let before = books.dice.range(0, 4);
    let pair = super::timing::fresh_invoice(books, plus(close, -before))?;
    let (at, txn, job) = parts(books, pair);
    let days = books.dice.range(8, 12);
    books.txns[txn].date = plus(close.max(books.directs[at].date), days);
    books.txns[txn].due = Some(plus(close, days + 30));
    let amount = books.directs[at].amount;
    let records = both(books, pair);
    books.finding(
        "R24",
        Some(job),
        amount,
        &[],
        records,
        "entered after the books were closed",
    );
    Some(())
}

/// Stored materials entered as inventory while Procore counts them as cost.
pub(super) fn stored_materials(books: &mut Books, _: usize) -> Option<()> {
    let pair = take(books, PairKind::Requisition, |books, pair| {
        let billing = &books.requisitions[pair.procore[0]];
        let stored = billing.stored_this_period();
        settled_age(books, pair) && stored > 0 && billing.gross() > stored && books.gross()
            || !books.gross() && settled_age(books, pair) && stored > 0 && billing.due() > stored
    })?;
    let (at, txn, job) = parts(books, pair);
    let stored = books.requisitions[at].stored_this_period();
    books.txns[txn].lines[0].amount -= stored;
    let line = Line {
        class: None,
        ..books.account_line(job, STORED, stored, "Materials stored on site")
    };
    books.txns[txn].lines.insert(1, line);
    let records = both(books, pair);
    books.finding(
        "R34",
        Some(job),
        stored,
        &[(job, "cost", stored)],
        records,
        "stored materials as inventory",
    );
    Some(())
}
