//! The right amount in the wrong place: job, party, class, cost code, journal.

use super::missing::within;
use super::take::{both, entity, procore, quickbooks, settled_age, take, take_invoice, unpay};
use crate::contractor::books::{Books, Kind, Line, PairKind};
use crate::contractor::chart::{
    ACCRUED, CLASS_NAMES, FIRST_SUPPLY, RETAINAGE_PAYABLE, RETAINAGE_RECEIVABLE, item_of,
};

/// A second QuickBooks customer for one project, with some of its bills.
pub(super) fn mapping_split(books: &mut Books, _: usize) -> Option<()> {
    let job = (0..books.jobs.len())
        .rev()
        .find(|&at| books.jobs[at].extra.is_none() && !books.jobs[at].archived)?;
    let id = books.name_id();
    let name = format!("{} (2)", books.jobs[job].qname);
    let mut records = vec![
        entity("Customer", id),
        entity("Customer", books.jobs[job].qid),
        procore("project", books.jobs[job].pid),
    ];
    let mut amount = 0;
    for _ in 0..2 {
        let Some(pair) = take(books, PairKind::DirectInvoice, |books, pair| {
            pair.job == job && settled_age(books, pair)
        }) else {
            break;
        };
        let txn = books.pairs[pair].quickbooks[0];
        amount += books.txns[txn].amount();
        books.txns[txn].lines[0].customer = Some(id);
        records.push(quickbooks(books, txn));
    }
    if amount == 0 {
        return None;
    }
    books.jobs[job].extra = Some((id, name));
    books.finding(
        "R11",
        Some(job),
        amount,
        &[],
        records,
        "two customers for one project",
    );
    Some(())
}

/// The same document under another vendor.
pub(super) fn wrong_party(books: &mut Books, _: usize) -> Option<()> {
    let pair = take_invoice(books)?;
    unpay(books, pair);
    let (at, txn, job) = parts(books, pair);
    let own = books.directs[at].vendor?;
    let code = books.vendors[own].code;
    let other = books
        .vendors
        .iter()
        .position(|vendor| vendor.code == code && vendor.qid != books.vendors[own].qid)?;
    books.txns[txn].vendor = Some(books.vendors[other].qid);
    books.txns[txn].number = books.directs[at].number.clone();
    let amount = books.directs[at].amount;
    let records = both(books, pair);
    books.finding(
        "R12",
        Some(job),
        amount,
        &[],
        records,
        "bill under another vendor",
    );
    Some(())
}

fn parts(books: &Books, pair: usize) -> (usize, usize, usize) {
    let pair = &books.pairs[pair];
    (pair.procore[0], pair.quickbooks[0], pair.job)
}

/// A bill coded to another job.
pub(super) fn wrong_job(books: &mut Books, _: usize) -> Option<()> {
    if books.jobs.len() < 2 {
        return None;
    }
    let pair = take_invoice(books)?;
    let (at, txn, job) = parts(books, pair);
    let count = books.jobs.len();
    let other = (1..count)
        .map(|n| (job + n) % count)
        .find(|&at| !books.jobs[at].archived)?;
    books.txns[txn].number = books.directs[at].number.clone();
    books.txns[txn].lines[0].customer = Some(books.jobs[other].qid);
    books.txns[txn].lines[0].class = Some(books.jobs[other].class);
    let amount = books.directs[at].amount;
    let paid = if books.directs[at].payment_date.is_some() {
        amount
    } else {
        0
    };
    let effects = [
        (job, "cost", amount),
        (other, "cost", -amount),
        (job, "paid", paid),
        (other, "paid", -paid),
    ];
    let records = both(books, pair);
    books.finding(
        "R13",
        Some(job),
        amount,
        &effects,
        records,
        "bill on another job",
    );
    Some(())
}

/// A line with another class than the job's.
pub(super) fn wrong_class(books: &mut Books, _: usize) -> Option<()> {
    let pair = take_invoice(books)?;
    let (at, txn, job) = parts(books, pair);
    books.txns[txn].lines[0].class = Some((books.jobs[job].class + 1) % CLASS_NAMES.len());
    let amount = books.directs[at].amount;
    let records = both(books, pair);
    books.finding(
        "R14",
        Some(job),
        amount,
        &[],
        records,
        "another class than the job's",
    );
    Some(())
}

/// A line on the item of another cost code.
pub(super) fn wrong_cost_code(books: &mut Books, _: usize) -> Option<()> {
    let pair = take_invoice(books)?;
    let (at, txn, job) = parts(books, pair);
    let code = books.directs[at].code;
    let other = if code == FIRST_SUPPLY + 3 {
        FIRST_SUPPLY
    } else {
        FIRST_SUPPLY + 3
    };
    books.txns[txn].lines[0].item = Some(item_of(other));
    let amount = books.directs[at].amount;
    let records = both(books, pair);
    books.finding(
        "R15",
        Some(job),
        amount,
        &[],
        records,
        "item of another cost code",
    );
    Some(())
}

/// Wages of a month on the wrong job, or on none.
pub(super) fn wages(books: &mut Books, n: usize) -> Option<()> {
    journal_line(books, PairKind::Wages, "R31", n.is_multiple_of(2))
}

/// Burden of a month that was not allocated.
pub(super) fn burden(books: &mut Books, _: usize) -> Option<()> {
    journal_line(books, PairKind::Burden, "R36", false)
}

fn journal_line(books: &mut Books, kind: PairKind, code: &str, move_it: bool) -> Option<()> {
    let pair = take(books, kind, |books, pair| {
        settled_age(books, pair) && (!move_it || pair.procore.len() > 1)
    })?;
    let txn = books.pairs[pair].quickbooks[0];
    let at = books.pairs[pair].procore[0];
    let (job, amount) = (books.directs[at].job, books.directs[at].amount);
    let records = vec![
        quickbooks(books, txn),
        procore("direct_cost", books.directs[at].id),
    ];
    let other = books.pairs[pair]
        .procore
        .iter()
        .map(|&cost| books.directs[cost].job)
        .find(|&other| other != job && !books.jobs[other].archived);
    if let Some(other) = other.filter(|_| move_it) {
        books.txns[txn].lines[0].customer = Some(books.jobs[other].qid);
        let effects = [(job, "cost", amount), (other, "cost", -amount)];
        books.finding(
            code,
            Some(job),
            amount,
            &effects,
            records,
            "payroll journal on the wrong job",
        );
    } else {
        books.txns[txn].lines[0].customer = None;
        books.finding(
            code,
            Some(job),
            amount,
            &[(job, "cost", amount)],
            records,
            "payroll journal without a job",
        );
    }
    Some(())
}

/// A journal on job cost or retainage without a document.
pub(super) fn manual_journal(books: &mut Books, n: usize) -> Option<()> {
    let job = books.any_job();
    let days = books.dice.range(15, 120);
    let date = within(books, job, days);
    let amount = books.dice.range(50_000, 600_000) + 1;
    let (account, measure, effect) = match n % 3 {
        1 if books.gross() => (RETAINAGE_RECEIVABLE, "retainage", -amount),
        2 if books.gross() => (RETAINAGE_PAYABLE, "retainage_payable", amount),
        _ => (55, "cost", -amount),
    };
    let mut entry = books.blank(Kind::JournalEntry, date);
    entry.number = Some(format!("ADJ-{}", books.txns.len()));
    entry.note = Some("Adjust per review".to_string());
    let line = books.account_line(job, account, amount, "Adjust per review");
    entry.lines.push(line);
    entry.lines.push(Line {
        amount: -amount,
        account: Some(ACCRUED),
        text: "Adjust per review".to_string(),
        ..Line::default()
    });
    let txn = books.post(entry);
    let records = vec![quickbooks(books, txn)];
    books.finding(
        "R37",
        Some(job),
        amount,
        &[(job, measure, effect)],
        records,
        "manual journal",
    );
    Some(())
}
