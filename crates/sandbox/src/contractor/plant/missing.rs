//! Documents that exist on one side only, or twice.

use super::take::{
    bill_effects, both, invoice_effects, lose, quickbooks, settled_age, take, take_expense,
    take_invoice, unpay,
};
use crate::contractor::books::{Books, Kind, Line, PairKind, Presence};
use crate::contractor::calendar::{earlier, plus};
use crate::contractor::chart::{CARD, CHECKING, FIRST_SUPPLY, PROGRESS_ITEM, account_of};
use crate::contractor::costs;

/// A subcontractor invoice that nobody entered as a bill.
pub(super) fn bill_never_posted(books: &mut Books, _: usize) -> Option<()> {
    let pair = take(books, PairKind::Requisition, |books, pair| {
        settled_age(books, pair) && books.requisitions[pair.procore[0]].gross() > 0
    })?;
    let (gross, withheld) = requisition(books, pair);
    let job = books.pairs[pair].job;
    lose(books, pair);
    let records = both(books, pair);
    let effects = bill_effects(books, job, gross, withheld, 1);
    books.finding(
        "R04",
        Some(job),
        gross,
        &effects,
        records,
        "requisition without a bill",
    );
    Some(())
}

fn requisition(books: &Books, pair: usize) -> (i64, i64) {
    let billing = &books.requisitions[books.pairs[pair].procore[0]];
    (billing.gross(), billing.withheld())
}

fn application(books: &Books, pair: usize) -> (i64, i64) {
    let billing = &books.pay_apps[books.pairs[pair].procore[0]];
    (billing.gross(), billing.withheld())
}

/// A pay application that nobody entered as an invoice.
pub(super) fn invoice_missing(books: &mut Books, _: usize) -> Option<()> {
    let pair = take_application(books)?;
    let (gross, withheld) = application(books, pair);
    let job = books.pairs[pair].job;
    lose(books, pair);
    let records = both(books, pair);
    let effects = invoice_effects(job, gross, withheld, 1);
    books.finding(
        "R07",
        Some(job),
        gross,
        &effects,
        records,
        "pay application without an invoice",
    );
    Some(())
}

/// An untaxed pay application that bills work, old enough.
pub(super) fn take_application(books: &mut Books) -> Option<usize> {
    take(books, PairKind::PayApplication, |books, pair| {
        let billing = &books.pay_apps[pair.procore[0]];
        settled_age(books, pair) && billing.gross() > 0 && billing.tax == 0 && !billing.released
    })
}

/// A retainage release that was billed in Procore only.
pub(super) fn release_not_invoiced(books: &mut Books, _: usize) -> Option<()> {
    let pair = take(books, PairKind::PayApplication, |books, pair| {
        let billing = &books.pay_apps[pair.procore[0]];
        settled_age(books, pair) && billing.released && billing.gross() == 0
    })?;
    let (gross, withheld) = application(books, pair);
    let job = books.pairs[pair].job;
    lose(books, pair);
    let records = both(books, pair);
    let effects = invoice_effects(job, gross, withheld, 1);
    books.finding(
        "R35",
        Some(job),
        withheld,
        &effects,
        records,
        "release without an invoice",
    );
    Some(())
}

/// A linked document that was deleted on one side.
pub(super) fn deleted_one_side(books: &mut Books, n: usize) -> Option<()> {
    let pair = take_invoice(books)?;
    unpay(books, pair);
    let (at, txn, job) = parts(books, pair);
    let amount = books.directs[at].amount;
    books.directs[at].origin = Some(costs::origin(books, "BILL", txn));
    let records = both(books, pair);
    let sign = if n.is_multiple_of(2) {
        books.txns[txn].presence = Presence::Tombstone;
        1
    } else {
        books.directs[at].deleted = true;
        -1
    };
    books.finding(
        "R21",
        Some(job),
        amount,
        &[(job, "cost", sign * amount)],
        records,
        "deleted under a link",
    );
    Some(())
}

fn parts(books: &Books, pair: usize) -> (usize, usize, usize) {
    let pair = &books.pairs[pair];
    (pair.procore[0], pair.quickbooks[0], pair.job)
}

/// A document voided in QuickBooks while Procore's stands.
pub(super) fn voided_one_side(books: &mut Books, n: usize) -> Option<()> {
    let pair = match n % 3 {
        0 => take_invoice(books)?,
        1 => take(books, PairKind::Requisition, |books, pair| {
            settled_age(books, pair) && books.requisitions[pair.procore[0]].gross() > 0
        })?,
        _ => take_application(books)?,
    };
    unpay(books, pair);
    let (at, txn, job) = parts(books, pair);
    books.txns[txn].presence = Presence::Voided;
    let records = both(books, pair);
    let (amount, effects) = match n % 3 {
        0 => (
            books.directs[at].amount,
            [(job, "cost", books.directs[at].amount), (job, "cost", 0)],
        ),
        1 => {
            let (gross, withheld) = requisition(books, pair);
            (gross, bill_effects(books, job, gross, withheld, 1))
        }
        _ => {
            let (gross, withheld) = application(books, pair);
            (gross, invoice_effects(job, gross, withheld, 1))
        }
    };
    books.finding(
        "R22",
        Some(job),
        amount,
        &effects,
        records,
        "voided in QuickBooks only",
    );
    Some(())
}

/// A direct cost whose receipt never reached the office.
pub(super) fn direct_cost_without_bill(books: &mut Books, n: usize) -> Option<()> {
    let pair = match n % 3 {
        0 => take_expense(books)?,
        1 => take_invoice(books)?,
        // Exactly one day past the grace.
        _ => {
            let date = plus(books.plan.as_of, -6);
            super::timing::fresh_invoice(books, date)?
        }
    };
    let (at, _, job) = parts(books, pair);
    lose(books, pair);
    let amount = books.directs[at].amount;
    let records = both(books, pair);
    books.finding(
        "R26",
        Some(job),
        amount,
        &[(job, "cost", amount)],
        records,
        "direct cost without a document",
    );
    Some(())
}

/// Job cost that was bought past Procore.
pub(super) fn cost_not_in_procore(books: &mut Books, n: usize) -> Option<()> {
    let job = books.any_job();
    let code = FIRST_SUPPLY + books.dice.index(4);
    let vendor = costs::supplier(books, code);
    let days = books.dice.range(10, 200);
    // The third is one day past the grace.
    let date = if n % 3 == 2 {
        plus(books.plan.as_of, -6)
    } else {
        within(books, job, days)
    };
    let amount = books.dice.range(20_000, 400_000) + 7;
    let txn = if n.is_multiple_of(2) {
        let number = books.vendor_number(vendor);
        let mut bill = costs::bill(books, vendor, date, &number);
        bill.lines
            .push(books.item_line(job, code, amount, "Delivered to site"));
        books.post(bill)
    } else {
        let mut purchase = books.blank(Kind::Purchase, date);
        purchase.vendor = Some(books.vendors[vendor].qid);
        purchase.bank = Some(CARD);
        purchase.status = "CreditCard";
        purchase
            .lines
            .push(books.account_line(job, account_of(code), amount, "Card purchase"));
        books.post(purchase)
    };
    let records = vec![quickbooks(books, txn)];
    books.finding(
        "R25",
        Some(job),
        amount,
        &[(job, "cost", -amount)],
        records,
        "job cost in QuickBooks only",
    );
    Some(())
}

/// A date that many days before as-of, but not before the job starts.
pub(super) fn within(books: &Books, job: usize, days: i64) -> jiff::civil::Date {
    earlier(
        plus(books.plan.as_of, -days).max(books.jobs[job].start),
        plus(books.plan.as_of, -8),
    )
}

/// A service invoice that was billed outside Procore.
pub(super) fn invoice_not_in_procore(books: &mut Books, n: usize) -> Option<()> {
    let job = books.any_job();
    let days = books.dice.range(10, 200);
    let date = within(books, job, days);
    let amount = books.dice.range(80_000, 900_000) + 11;
    let mut invoice = books.blank(Kind::Invoice, date);
    invoice.customer = Some(books.jobs[job].qid);
    invoice.number = Some(format!("TM-{}-{}", books.jobs[job].number, n + 1));
    invoice.due = Some(plus(date, 30));
    let mut line = books.account_line(job, 0, amount, "Time and material work");
    line.account = None;
    line.item = Some(PROGRESS_ITEM);
    invoice.lines.push(line);
    let txn = books.post(invoice);
    let records = vec![quickbooks(books, txn)];
    books.finding(
        "R08",
        Some(job),
        amount,
        &[(job, "billed", -amount)],
        records,
        "invoice without a pay application",
    );
    Some(())
}

/// A credit that Procore does not know.
pub(super) fn credit_one_side(books: &mut Books, n: usize) -> Option<()> {
    let job = books.any_job();
    let days = books.dice.range(12, 150);
    let date = within(books, job, days);
    let amount = books.dice.range(9_000, 150_000) + 3;
    let (txn, measure) = if n.is_multiple_of(2) {
        let code = FIRST_SUPPLY;
        let vendor = costs::supplier(books, code);
        let mut credit = books.blank(Kind::VendorCredit, date);
        credit.vendor = Some(books.vendors[vendor].qid);
        credit.number = Some(format!("{}-C", books.vendor_number(vendor)));
        credit.note = Some("Returned material".to_string());
        credit
            .lines
            .push(books.item_line(job, code, amount, "Returned material"));
        (books.post(credit), "cost")
    } else {
        let mut credit = books.blank(Kind::CreditMemo, date);
        credit.customer = Some(books.jobs[job].qid);
        credit.number = Some(format!("CM-{}-{}", books.jobs[job].number, n + 1));
        credit.note = Some("Goodwill on finishes".to_string());
        let mut line = books.account_line(job, 0, amount, "Goodwill on finishes");
        line.account = None;
        line.item = Some(PROGRESS_ITEM);
        credit.lines.push(line);
        (books.post(credit), "billed")
    };
    let records = vec![quickbooks(books, txn)];
    books.finding(
        "R23",
        Some(job),
        amount,
        &[(job, measure, amount)],
        records,
        "credit in QuickBooks only",
    );
    Some(())
}

/// One vendor invoice entered twice.
pub(super) fn duplicate_bill(books: &mut Books, n: usize) -> Option<()> {
    let pair = if n.is_multiple_of(2) {
        take_invoice(books)?
    } else {
        take(books, PairKind::Requisition, |books, pair| {
            settled_age(books, pair) && books.requisitions[pair.procore[0]].gross() > 0
        })?
    };
    let (at, txn, job) = parts(books, pair);
    let (number, gross, withheld) = if books.pairs[pair].kind == PairKind::Requisition {
        let (gross, withheld) = requisition(books, pair);
        (
            books.requisitions[at].invoice_number.clone(),
            gross,
            withheld,
        )
    } else {
        (
            books.directs[at].number.clone().unwrap_or_default(),
            books.directs[at].amount,
            0,
        )
    };
    let mut copy = books.txns[txn].clone();
    if books.txns[txn].number.is_none() {
        books.txns[txn].number = Some(number.clone());
    }
    copy.number = match n % 4 {
        0 | 1 => Some(number.replace('-', " ")),
        2 => Some(format!("{number}A")),
        _ => None,
    };
    let days = books.dice.range(1, 9);
    copy.date = earlier(plus(copy.date, days), books.plan.as_of);
    let original = quickbooks(books, txn);
    let copy = books.post(copy);
    let mut records = vec![
        quickbooks(books, copy),
        original,
        both(books, pair)[0].clone(),
    ];
    let [cost, retainage] = bill_effects(books, job, gross, withheld, -1);
    let mut effects = vec![cost, retainage];
    let paid = plus(books.txns[copy].date, 25);
    if n % 4 == 1 && paid <= books.plan.as_of {
        // The worst kind: the second entry was paid as well.
        let amount = books.txns[copy].amount();
        let mut check = books.blank(Kind::BillPayment, paid);
        check.vendor = books.txns[copy].vendor;
        check.number = Some(format!("{}", 50_000 + copy));
        check.bank = Some(CHECKING);
        check.total = Some(amount);
        check.lines.push(Line {
            amount,
            link: Some(copy),
            ..Line::default()
        });
        let check = books.post(check);
        books.pairs[pair].paid_by.push(check);
        records.push(quickbooks(books, check));
        effects.push((job, "paid", -amount));
    }
    books.finding(
        "R05",
        Some(job),
        gross,
        &effects,
        records,
        "bill entered twice",
    );
    Some(())
}

/// One pay application invoiced twice.
pub(super) fn duplicate_invoice(books: &mut Books, _: usize) -> Option<()> {
    let pair = take_application(books)?;
    let (_, txn, job) = parts(books, pair);
    let (gross, withheld) = application(books, pair);
    let mut copy = books.txns[txn].clone();
    copy.number = copy.number.map(|number| format!("{number}-R"));
    let days = books.dice.range(1, 9);
    copy.date = earlier(plus(copy.date, days), books.plan.as_of);
    let original = quickbooks(books, txn);
    let copy = books.post(copy);
    let records = vec![
        quickbooks(books, copy),
        original,
        both(books, pair)[0].clone(),
    ];
    let effects = invoice_effects(job, gross, withheld, -1);
    books.finding(
        "R06",
        Some(job),
        gross,
        &effects,
        records,
        "pay application invoiced twice",
    );
    Some(())
}
