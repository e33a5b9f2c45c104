//! Records that look wrong and are not: whoever reports one of these has cried wolf.

use super::missing::take_application;
use super::take::{both, entity, procore, quickbooks, settled_age, take, take_invoice, unpay};
use crate::contractor::billing;
use crate::contractor::books::{Books, Kind, Line, PairKind, Presence};
use crate::contractor::calendar::{days_between, plus};
use crate::contractor::chart::{CHECKING, FIRST_SUPPLY, OFFICE, RENT, TAX_BASIS_POINTS};
use crate::contractor::costs;
use crate::world::{LookAlike, RecordRef};

type Plant = fn(&mut Books, usize) -> Option<Vec<RecordRef>>;

const KINDS: [(&str, Plant); 20] = [
    ("inactive_job_without_balance", archived_job),
    ("recurring_equal_bills", recurring_monthly),
    ("three_equal_bills_at_regular_spacing", recurring_weekly),
    ("overhead_without_job", overhead),
    ("vendors_with_similar_names", similar_vendors),
    ("credit_and_rebill", credit_and_rebill),
    ("equal_bills_on_two_jobs", equal_on_two_jobs),
    ("progressive_numbers", progressive_numbers),
    ("dated_a_few_days_apart", few_days_apart),
    ("void_and_reentry", void_and_reentry),
    ("payment_cleared_within_grace", cleared_within_grace),
    ("one_payment_for_three_applications", one_payment_for_three),
    ("retainage_released_on_both_sides", release_on_both_sides),
    ("bill_split_in_two", split_bill),
    ("draft_in_procore_only", draft),
    ("sales_tax_shown_separately", separate_tax),
    ("vendor_named_retained", retained_vendor),
    ("payee_with_ampersand", ampersand),
    ("one_bill_for_two_jobs", bill_for_two_jobs),
    ("net_convention_of_the_tenant", net_convention),
];

/// Plants every kind as often as the plan asks for.
pub(crate) fn look_alikes(books: &mut Books) {
    for (kind, plant) in KINDS {
        for n in 0..books.plan.look_alikes {
            let Some(records) = plant(books, n) else {
                break;
            };
            books.look_alikes.push(LookAlike {
                kind: kind.to_string(),
                records,
            });
        }
    }
}

/// A new direct cost and its bill on an exact date, reserved.
fn reserved(
    books: &mut Books,
    job: usize,
    vendor: usize,
    date: jiff::civil::Date,
    amount: i64,
) -> usize {
    let code = books.vendors[vendor].code;
    let (pair, bill) = costs::direct_invoice(books, job, vendor, code, date, amount);
    let at = books.pairs[pair].procore[0];
    books.directs[at].origin = None;
    books.txns[bill].date = date;
    books.txns[bill].due = Some(plus(date, 30));
    books.txns[bill].number = books.directs[at].number.clone();
    books.pairs[pair].free = false;
    pair
}

fn evidence(books: &Books, pairs: &[usize]) -> Vec<RecordRef> {
    pairs.iter().flat_map(|&pair| both(books, pair)).collect()
}

fn any_supplier(books: &mut Books) -> usize {
    let code = FIRST_SUPPLY + books.dice.index(4);
    costs::supplier(books, code)
}

/// A date within the job, early enough that a series of 120 days still lies before as-of.
fn begin(books: &mut Books, job: usize) -> jiff::civil::Date {
    let span = days_between(books.jobs[job].start, books.plan.as_of) - 140;
    let days = books.dice.range(5, span.max(5));
    plus(books.jobs[job].start, days)
}

fn series(books: &mut Books, count: i64, spacing: i64) -> Vec<RecordRef> {
    let job = books.any_job();
    let vendor = any_supplier(books);
    let first = begin(books, job);
    let amount = books.dice.range(300, 2_400) * 100;
    let pairs: Vec<usize> = (0..count)
        .map(|n| reserved(books, job, vendor, plus(first, n * spacing), amount))
        .collect();
    evidence(books, &pairs)
}

/// Fence rental: the same amount every thirty days.
fn recurring_monthly(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    Some(series(books, 4, 30))
}

/// Dumpster pulls: the same amount every seven days.
fn recurring_weekly(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    Some(series(books, 3, 7))
}

/// Rent and office bills that belong to no job.
fn overhead(books: &mut Books, n: usize) -> Option<Vec<RecordRef>> {
    let wanted = if n.is_multiple_of(2) { RENT } else { OFFICE };
    let found: Vec<usize> = (0..books.txns.len())
        .filter(|&at| {
            books.txns[at]
                .lines
                .first()
                .is_some_and(|line| line.account == Some(wanted))
        })
        .skip(n)
        .take(3)
        .collect();
    Some(found.into_iter().map(|at| quickbooks(books, at)).collect())
}

fn vendor_named(books: &Books, name: &str) -> Option<usize> {
    books.vendors.iter().position(|vendor| vendor.name == name)
}

/// Two vendors whose names differ by one word, in one week.
fn similar_vendors(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let one = vendor_named(books, "Summit Concrete Inc")?;
    let other = vendor_named(books, "Summit Concrete Pumping Inc")?;
    let job = books.any_job();
    let date = begin(books, job);
    let amount = books.dice.range(90_000, 400_000);
    let pairs = [
        reserved(books, job, one, date, amount),
        reserved(books, job, other, plus(date, 2), amount + 31_525),
    ];
    Some(evidence(books, &pairs))
}

/// A bill, the credit that takes it back, and the corrected bill.
fn credit_and_rebill(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let job = books.any_job();
    let vendor = any_supplier(books);
    let date = begin(books, job);
    let amount = books.dice.range(40_000, 300_000) + 1;
    let pair = reserved(books, job, vendor, date, amount);
    let first = books.pairs[pair].quickbooks[0];
    let number = books.txns[first].number.clone().unwrap_or_default();
    let mut credit = books.txns[first].clone();
    credit.kind = Kind::VendorCredit;
    credit.due = None;
    credit.date = plus(date, 4);
    credit.number = Some(format!("{number}-CR"));
    credit.note = Some(format!("Credit and rebill of {number}"));
    let mut again = books.txns[first].clone();
    again.date = plus(date, 5);
    again.number = Some(format!("{number}-RB"));
    again.note = Some(format!("Rebill of {number}"));
    let credit = books.post(credit);
    let again = books.post(again);
    // Procore's cost is the one that stands in the end: the rebilled one.
    books.pairs[pair].quickbooks = vec![again];
    let mut records = both(books, pair);
    records.extend([quickbooks(books, first), quickbooks(books, credit)]);
    Some(records)
}

/// One vendor, one day, one amount, two jobs.
fn equal_on_two_jobs(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let job = books.any_job();
    let vendor = any_supplier(books);
    let other = another_job(books, job);
    let late = if days_between(books.jobs[job].start, books.jobs[other].start) > 0 {
        other
    } else {
        job
    };
    let date = begin(books, late);
    let amount = books.dice.range(400, 3_000) * 100;
    let pairs = [
        reserved(books, job, vendor, date, amount),
        reserved(books, other, vendor, date, amount),
    ];
    Some(evidence(books, &pairs))
}

/// Equal progress bills whose numbers count up.
fn progressive_numbers(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let job = books.any_job();
    let vendor = any_supplier(books);
    let date = begin(books, job);
    let amount = books.dice.range(10, 60) * 25_000;
    let mut pairs = Vec::new();
    for (n, days) in [(1, 0), (2, 12), (3, 31)] {
        let pair = reserved(books, job, vendor, plus(date, days), amount);
        let (at, bill) = (
            books.pairs[pair].procore[0],
            books.pairs[pair].quickbooks[0],
        );
        let number = format!("{} Pay App {n}", books.jobs[job].number);
        books.directs[at].number = Some(number.clone());
        books.txns[bill].number = Some(number);
        pairs.push(pair);
    }
    Some(evidence(books, &pairs))
}

/// Dates three days apart, well within any window.
fn few_days_apart(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let pair = take_invoice(books)?;
    let (at, bill) = (
        books.pairs[pair].procore[0],
        books.pairs[pair].quickbooks[0],
    );
    let date = plus(books.directs[at].date, 3);
    books.txns[bill].date = date;
    books.txns[bill].number = books.directs[at].number.clone();
    Some(both(books, pair))
}

/// A bill entered wrongly, voided, and entered again under its number.
fn void_and_reentry(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let pair = take_invoice(books)?;
    let bill = books.pairs[pair].quickbooks[0];
    let at = books.pairs[pair].procore[0];
    books.txns[bill].number = books.directs[at].number.clone();
    let mut first = books.txns[bill].clone();
    first.presence = Presence::Voided;
    first.note = Some("entered with the wrong terms".to_string());
    let first = books.post(first);
    let mut records = both(books, pair);
    records.push(quickbooks(books, first));
    Some(records)
}

/// A payment of the last days that both sides already have.
fn cleared_within_grace(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let pair = take(books, PairKind::Requisition, |books, pair| {
        settled_age(books, pair) && books.requisitions[pair.procore[0]].due() > 0
    })?;
    unpay(books, pair);
    let (at, bill) = (
        books.pairs[pair].procore[0],
        books.pairs[pair].quickbooks[0],
    );
    let (contract, number) = (
        books.requisitions[at].contract,
        books.requisitions[at].invoice_number.clone(),
    );
    let amount = books.txns[bill].amount();
    let mut check = books.blank(Kind::BillPayment, plus(books.plan.as_of, -1));
    check.vendor = books.txns[bill].vendor;
    check.number = Some(format!("{}", 80_000 + books.txns.len()));
    check.bank = Some(CHECKING);
    check.total = Some(amount);
    check.lines.push(Line {
        amount,
        link: Some(bill),
        ..Line::default()
    });
    let text = check.number.clone().unwrap_or_default();
    let check = books.post(check);
    let date = plus(books.plan.as_of, -3);
    let payment = billing::pay(
        books,
        contract,
        Some(at),
        &number,
        amount,
        date,
        &text,
        vec![check],
    );
    books.pairs[pair].payments.push(payment);
    books.pairs[pair].paid_by.push(check);
    let mut records = vec![procore("contract_payment", books.payments[payment].id)];
    records.push(quickbooks(books, check));
    records.extend(both(books, pair));
    Some(records)
}

/// One check of the owner for three pay applications.
fn one_payment_for_three(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let first = take(books, PairKind::PayApplication, |books, pair| {
        pair.paid_by.len() == 1 && books.txns[pair.paid_by[0]].lines.len() == 3
    })?;
    let txn = books.pairs[first].paid_by[0];
    let group: Vec<usize> = books.by_kind[&PairKind::PayApplication]
        .iter()
        .copied()
        .filter(|&at| books.pairs[at].paid_by == [txn])
        .collect();
    if group.iter().any(|&at| at != first && !books.pairs[at].free) {
        return None;
    }
    let mut records = vec![quickbooks(books, txn)];
    for at in group {
        books.pairs[at].free = false;
        records.extend(both(books, at));
        records.extend(
            books.pairs[at]
                .payments
                .iter()
                .map(|&paid| procore("contract_payment", books.payments[paid].id)),
        );
    }
    Some(records)
}

/// Retainage released to the owner's account in both systems.
fn release_on_both_sides(books: &mut Books, n: usize) -> Option<Vec<RecordRef>> {
    let planted = books.plan.plantings.get("R35").copied().unwrap_or(0);
    let free = books
        .by_kind
        .get(&PairKind::PayApplication)?
        .iter()
        .filter(|&&at| {
            let pair = &books.pairs[at];
            pair.free && books.pay_apps[pair.procore[0]].released
        });
    // The releases that R35 needs come first.
    if free.count() <= planted || n > 0 {
        return None;
    }
    let pair = take(books, PairKind::PayApplication, |books, pair| {
        settled_age(books, pair) && books.pay_apps[pair.procore[0]].released
    })?;
    Some(both(books, pair))
}

/// Two bills that together are one requisition.
fn split_bill(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let pair = take(books, PairKind::Requisition, |books, pair| {
        settled_age(books, pair) && books.requisitions[pair.procore[0]].gross() > 0
    })?;
    unpay(books, pair);
    let bill = books.pairs[pair].quickbooks[0];
    let at = books.pairs[pair].procore[0];
    let number = books.requisitions[at].invoice_number.clone();
    let mut second = books.txns[bill].clone();
    for (mine, theirs) in books.txns[bill].lines.iter_mut().zip(&mut second.lines) {
        let half = mine.amount * 3 / 5;
        theirs.amount = mine.amount - half;
        mine.amount = half;
    }
    books.txns[bill].number = Some(format!("{number}-A"));
    second.number = Some(format!("{number}-B"));
    let second = books.post(second);
    books.pairs[pair].quickbooks.push(second);
    Some(both(books, pair))
}

/// A draft in Procore that nobody should have entered yet.
fn draft(books: &mut Books, n: usize) -> Option<Vec<RecordRef>> {
    if n % 2 == 1 {
        let job = books.any_job();
        let vendor = any_supplier(books);
        let date = plus(books.plan.as_of, -20);
        let amount = books.dice.range(30_000, 90_000) + 1;
        let pair = reserved(books, job, vendor, date, amount);
        let (at, bill) = (
            books.pairs[pair].procore[0],
            books.pairs[pair].quickbooks[0],
        );
        books.directs[at].status = "draft";
        books.txns[bill].presence = Presence::Absent;
        books.pairs[pair].quickbooks.clear();
        return Some(both(books, pair));
    }
    let source = books.requisitions.iter().rposition(|billing| {
        let latest = books
            .requisitions
            .iter()
            .rev()
            .find(|other| other.contract == billing.contract);
        billing.total() > 0
            && !billing.released
            && latest.is_some_and(|other| other.id == billing.id && other.status == "approved")
    })?;
    let mut next = books.requisitions[source].clone();
    next.previous = Some(next.id);
    next.id = books.procore_id();
    next.number += 1;
    next.status = "under_review";
    next.date = books.plan.as_of;
    let vendor = books.contracts[next.contract].party;
    next.invoice_number = books.vendor_number(vendor);
    for line in &mut next.lines {
        line.previous_work = line.work;
        line.previous_stored = line.stored;
        line.previous_work_retainage = line.work_retainage;
        line.previous_stored_retainage = line.stored_retainage;
    }
    let id = next.id;
    books.requisitions.push(next);
    Some(vec![procore("requisition", id)])
}

/// Sales tax on its own, outside the lines, on a supplier's bill.
fn separate_tax(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let pair = take_invoice(books)?;
    unpay(books, pair);
    let (at, bill) = (
        books.pairs[pair].procore[0],
        books.pairs[pair].quickbooks[0],
    );
    books.txns[bill].tax = billing::share(books.directs[at].amount, TAX_BASIS_POINTS);
    books.txns[bill].number = books.directs[at].number.clone();
    Some(both(books, pair))
}

/// A vendor whose name sounds like retainage.
fn retained_vendor(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let vendor = vendor_named(books, "Retained Earth Systems Inc")?;
    let job = books.any_job();
    let date = begin(books, job);
    let amount = books.dice.range(200_000, 900_000) + 1;
    let pair = reserved(books, job, vendor, date, amount);
    Some(both(books, pair))
}

/// A check to one payee whose name has an ampersand.
fn ampersand(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let vendor = vendor_named(books, "Baker & Sons Supply")?;
    books.vendors[vendor].qname = books.vendors[vendor].name.clone();
    let job = books.any_job();
    let date = begin(books, job);
    let amount = books.dice.range(8_000, 60_000) + 1;
    let code = books.vendors[vendor].code;
    let pair = costs::direct_expense(books, job, vendor, code, date, amount);
    let check = books.pairs[pair].quickbooks[0];
    books.txns[check].bank = Some(CHECKING);
    books.txns[check].status = "Check";
    books.txns[check].number = Some(format!("{}", 60_000 + check));
    books.pairs[pair].free = false;
    Some(both(books, pair))
}

/// A job that ended, was paid in full and was made inactive on both sides.
fn archived_job(books: &mut Books, n: usize) -> Option<Vec<RecordRef>> {
    if n > 0 || books.jobs.len() < 8 {
        return None;
    }
    // Nothing may be planted on it, and nothing of it may be open.
    let job = (0..books.jobs.len())
        .rev()
        .find(|&at| !books.jobs[at].active)?;
    books.jobs[job].archived = true;
    for pair in &mut books.pairs {
        pair.free &= pair.job != job;
    }
    let mine = &books.jobs[job];
    Some(vec![
        procore("project", mine.pid),
        entity("Customer", mine.qid),
    ])
}

/// Any job but this one.
fn another_job(books: &Books, job: usize) -> usize {
    let count = books.jobs.len();
    (1..count)
        .map(|n| (job + n) % count)
        .find(|&at| !books.jobs[at].archived)
        .unwrap_or(job)
}

/// One supplier's bill with lines on two jobs: two direct costs, one bill, one check.
fn bill_for_two_jobs(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    let job = books.any_job();
    let other = another_job(books, job);
    let vendor = any_supplier(books);
    let late = if books.jobs[job].start < books.jobs[other].start {
        other
    } else {
        job
    };
    let date = begin(books, late);
    let (mine, theirs) = (
        books.dice.range(40_000, 300_000),
        books.dice.range(40_000, 300_000),
    );
    let pair = reserved(books, job, vendor, date, mine);
    let (at, bill) = (
        books.pairs[pair].procore[0],
        books.pairs[pair].quickbooks[0],
    );
    let code = books.directs[at].code;
    let line = books.item_line(other, code, theirs, "Delivered to the second job");
    books.txns[bill].lines.push(line);
    let paid = plus(date, 28);
    books.directs[at].payment_date = Some(paid);
    let mut second = books.directs[at].clone();
    second.id = books.procore_id();
    second.job = other;
    second.amount = theirs;
    books.directs.push(second);
    let second = books.directs.len() - 1;
    books.pairs[pair].procore.push(second);
    let mut check = books.blank(Kind::BillPayment, paid);
    check.vendor = books.txns[bill].vendor;
    check.number = Some(format!("{}", 70_000 + books.txns.len()));
    check.bank = Some(CHECKING);
    check.total = Some(mine + theirs);
    check.lines.push(Line {
        amount: mine + theirs,
        link: Some(bill),
        ..Line::default()
    });
    let check = books.post(check);
    books.pairs[pair].paid_by.push(check);
    let mut records = both(books, pair);
    records.push(procore("direct_cost", books.directs[second].id));
    Some(records)
}

/// Where the tenant enters net amounts, a net invoice is as it should be.
fn net_convention(books: &mut Books, _: usize) -> Option<Vec<RecordRef>> {
    if books.gross() {
        return None;
    }
    let pair = take_application(books)?;
    Some(both(books, pair))
}
