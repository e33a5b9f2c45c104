//! Money to vendors that the two sides do not agree on.

use std::collections::{BTreeMap, BTreeSet};

use super::take::{both, entity, paid_alone, procore, quickbooks, settled_age, take, vanish};
use crate::contractor::books::{Books, Kind, Line, Pair, PairKind, Presence, Vendor};
use crate::contractor::calendar::plus;
use crate::contractor::chart::{CHECKING, DISCOUNTS, FIRST_SUPPLY, PAYABLE};
use crate::contractor::{billing, costs};
use crate::world::RecordRef;

fn alone_and_old(books: &Books, pair: &Pair) -> bool {
    settled_age(books, pair)
        && paid_alone(books, pair)
        && books.age(books.payments[pair.payments[0]].date) > 5
}

/// A requisition and its payment, with the payment's QuickBooks side taken away.
fn lose_payment(books: &mut Books) -> Option<(usize, usize)> {
    let pair = take(books, PairKind::Requisition, alone_and_old)?;
    let payment = books.pairs[pair].payments[0];
    let txn = books.pairs[pair].paid_by[0];
    vanish(books, txn);
    books.payments[payment].twins.clear();
    Some((pair, payment))
}

fn evidence(books: &Books, pair: usize, payment: usize) -> Vec<RecordRef> {
    let mut records = vec![procore("contract_payment", books.payments[payment].id)];
    records.extend(both(books, pair).into_iter().rev());
    records
}

/// A payment that the bank settled and QuickBooks does not know.
pub(super) fn bank_payment_unrecorded(books: &mut Books, n: usize) -> Option<()> {
    let (pair, payment) = if n % 2 == 1 {
        unpaid_then_settled(books, 6)?
    } else {
        lose_payment(books)?
    };
    books.payments[payment].settled = true;
    let (job, amount) = (books.pairs[pair].job, books.payments[payment].amount);
    let records = evidence(books, pair, payment);
    books.finding(
        "R46",
        Some(job),
        amount,
        &[(job, "paid", amount)],
        records,
        "settled at the bank, not in QuickBooks",
    );
    Some(())
}

/// An unpaid requisition that Procore Pay settled that many days ago.
pub(super) fn unpaid_then_settled(books: &mut Books, age: i64) -> Option<(usize, usize)> {
    let open = take(books, PairKind::Requisition, |books, pair| {
        settled_age(books, pair)
            && pair.payments.is_empty()
            && books.requisitions[pair.procore[0]].due() > 0
    });
    // Where everything old is paid, a paid one becomes one that waited until now.
    let pair = match open {
        Some(pair) => pair,
        None => {
            let pair = take(books, PairKind::Requisition, alone_and_old)?;
            super::take::unpay(books, pair);
            pair
        }
    };
    let at = books.pairs[pair].procore[0];
    let (contract, due) = (
        books.requisitions[at].contract,
        books.requisitions[at].due(),
    );
    let number = books.requisitions[at].invoice_number.clone();
    let date = plus(books.plan.as_of, -age);
    let payment = billing::pay(
        books,
        contract,
        Some(at),
        &number,
        due,
        date,
        "ACH",
        Vec::new(),
    );
    books.payments[payment].settled = true;
    Some((pair, payment))
}

/// Paid on one side only.
pub(super) fn paid_one_side(books: &mut Books, n: usize) -> Option<()> {
    let (pair, amount, sign, records) = match n % 3 {
        0 => {
            let (pair, payment) = lose_payment(books)?;
            (
                pair,
                books.payments[payment].amount,
                1,
                evidence(books, pair, payment),
            )
        }
        1 => {
            let pair = take(books, PairKind::DirectInvoice, |books, pair| {
                settled_age(books, pair) && pair.paid_by.len() == 1
            })?;
            let (at, txn) = (books.pairs[pair].procore[0], books.pairs[pair].paid_by[0]);
            books.directs[at].payment_date = None;
            let mut records = both(books, pair);
            records.push(quickbooks(books, txn));
            (pair, books.directs[at].amount, -1, records)
        }
        _ => {
            let pair = take(books, PairKind::Requisition, alone_and_old)?;
            let (payment, txn) = (books.pairs[pair].payments[0], books.pairs[pair].paid_by[0]);
            books.payments[payment].absent = true;
            let mut records = both(books, pair);
            records.push(quickbooks(books, txn));
            (pair, books.payments[payment].amount, -1, records)
        }
    };
    let job = books.pairs[pair].job;
    books.finding(
        "R27",
        Some(job),
        amount,
        &[(job, "paid", sign * amount)],
        records,
        "paid on one side only",
    );
    Some(())
}

/// A two-payee check that was not applied to the subcontractor's bill.
pub(super) fn joint_check(books: &mut Books, _: usize) -> Option<()> {
    let (pair, payment) = lose_payment(books)?;
    let at = books.pairs[pair].procore[0];
    let vendor = &books.vendors[books.contracts[books.requisitions[at].contract].party];
    let name = format!("{} and {}", vendor.qname, books.vendors[12].qname);
    let id = books.name_id();
    books.joint_payees.push((id, name.clone()));
    let (job, amount) = (books.pairs[pair].job, books.payments[payment].amount);
    let mut check = books.blank(Kind::Purchase, books.payments[payment].date);
    check.vendor = Some(id);
    check.bank = Some(CHECKING);
    check.status = "Check";
    check.number = Some(books.payments[payment].check.clone());
    check.note = Some(format!("Joint check to {name}"));
    check.lines.push(Line {
        amount,
        account: Some(PAYABLE),
        text: "Joint check".to_string(),
        ..Line::default()
    });
    let check = books.post(check);
    let mut records = vec![quickbooks(books, check)];
    records.extend(evidence(books, pair, payment));
    books.finding(
        "R28",
        Some(job),
        amount,
        &[(job, "paid", amount)],
        records,
        "joint check not applied",
    );
    Some(())
}

/// A supplier's invoice that one bill payment paid alone.
fn take_paid_invoice(books: &mut Books) -> Option<usize> {
    take(books, PairKind::DirectInvoice, |books, pair| {
        settled_age(books, pair)
            && pair.paid_by.len() == 1
            && books.txns[pair.paid_by[0]].lines.len() == 1
            && books.age(books.txns[pair.paid_by[0]].date) > 5
    })
}

/// An early-payment discount taken as a vendor credit.
pub(super) fn discount(books: &mut Books, n: usize) -> Option<()> {
    let pair = take_paid_invoice(books)?;
    let (bill, payment, job) = (
        books.pairs[pair].quickbooks[0],
        books.pairs[pair].paid_by[0],
        books.pairs[pair].job,
    );
    let amount = books.txns[bill].amount();
    let taken = billing::share(amount, 200);
    let mut credit = books.blank(Kind::VendorCredit, books.txns[payment].date);
    credit.vendor = books.txns[bill].vendor;
    credit.number = books.txns[bill]
        .number
        .as_ref()
        .map(|number| format!("{number}-DISC"));
    credit.note = Some("2% 10 net 30 discount taken".to_string());
    let on_job = n % 2 == 1;
    credit.lines.push(if on_job {
        let account =
            crate::contractor::chart::account_of(books.directs[books.pairs[pair].procore[0]].code);
        books.account_line(job, account, taken, "Early payment discount")
    } else {
        Line {
            amount: taken,
            account: Some(DISCOUNTS),
            text: "Early payment discount".to_string(),
            ..Line::default()
        }
    });
    let credit = books.post(credit);
    books.txns[payment].lines.push(Line {
        amount: -taken,
        link: Some(credit),
        ..Line::default()
    });
    books.txns[payment].total = Some(amount - taken);
    let records = vec![
        quickbooks(books, credit),
        quickbooks(books, bill),
        quickbooks(books, payment),
    ];
    let effect = if on_job { taken } else { 0 };
    books.finding(
        "R29",
        Some(job),
        taken,
        &[(job, "cost", effect)],
        records,
        "terms discount taken",
    );
    Some(())
}

/// A check for more than the bill.
pub(super) fn overpayment(books: &mut Books, _: usize) -> Option<()> {
    let pair = take_paid_invoice(books)?;
    let (bill, payment, job) = (
        books.pairs[pair].quickbooks[0],
        books.pairs[pair].paid_by[0],
        books.pairs[pair].job,
    );
    let excess = books.dice.range(10, 90) * 1_000;
    books.txns[payment].total = Some(books.txns[payment].amount() + excess);
    let records = vec![quickbooks(books, payment), quickbooks(books, bill)];
    books.finding(
        "R30",
        Some(job),
        excess,
        &[],
        records,
        "paid more than the bill",
    );
    Some(())
}

/// A subcontractor paid after the insurance lapsed.
pub(super) fn paid_on_hold(books: &mut Books, _: usize) -> Option<()> {
    let touched: BTreeSet<usize> = books
        .pairs
        .iter()
        .filter(|pair| !pair.free)
        .flat_map(|pair| pair.paid_by.iter().copied())
        .collect();
    let mut last: BTreeMap<i64, usize> = BTreeMap::new();
    for (at, txn) in books.txns.iter().enumerate() {
        if txn.kind == Kind::BillPayment && txn.presence == Presence::Live {
            let slot = last.entry(txn.vendor?).or_insert(at);
            if txn.date >= books.txns[*slot].date {
                *slot = at;
            }
        }
    }
    let far = plus(books.plan.as_of, 60);
    let (vendor, payment) = books.vendors.iter().enumerate().find_map(|(at, vendor)| {
        let payment = *last.get(&vendor.qid)?;
        let insured = vendor.insured_until.is_some_and(|until| until > far);
        (insured && !touched.contains(&payment)).then_some((at, payment))
    })?;
    let date = books.txns[payment].date;
    books.vendors[vendor].insured_until = Some(plus(date, -1));
    let job = job_of_payment(books, payment);
    let amount = books.txns[payment].amount();
    let records = vec![
        quickbooks(books, payment),
        procore("insurance", books.vendors[vendor].pid + 900_000_000),
        procore("vendor", books.vendors[vendor].pid),
    ];
    books.finding(
        "R43",
        job,
        amount,
        &[],
        records,
        "paid after the insurance lapsed",
    );
    Some(())
}

fn job_of_payment(books: &Books, payment: usize) -> Option<usize> {
    let bill = books.txns[payment].lines.first()?.link?;
    let customer = books.txns[bill].lines.first()?.customer?;
    books.jobs.iter().position(|job| job.qid == customer)
}

/// A vendor made inactive with an open bill. The vendor is new, so that nothing else is open.
pub(super) fn inactive_with_balance(books: &mut Books, n: usize) -> Option<()> {
    let vendor = books.vendors.len();
    let (pid, qid) = (books.procore_id(), books.name_id());
    let name = format!(
        "{} Hauling LLC",
        ["Redhawk", "Osprey", "Kestrel", "Heron"][n % 4]
    );
    let name = if n < 4 { name } else { format!("{name} {n}") };
    books.vendors.push(Vendor {
        pid,
        qname: name.clone(),
        prefix: format!("H{n}"),
        name,
        qid,
        next_number: 500,
        code: FIRST_SUPPLY + 2,
        linked: false,
        active_in_quickbooks: false,
        insured_until: None,
    });
    let job = books.any_job();
    let date = super::missing::within(books, job, 75);
    let amount = books.dice.range(40_000, 250_000) + 1;
    let (pair, bill) = costs::direct_invoice(books, job, vendor, FIRST_SUPPLY + 2, date, amount);
    books.pairs[pair].free = false;
    let records = vec![entity("Vendor", qid), quickbooks(books, bill)];
    books.finding(
        "R45",
        None,
        amount,
        &[],
        records,
        "inactive vendor with an open bill",
    );
    Some(())
}
