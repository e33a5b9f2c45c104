//! What the jobs cost: subcontractor invoices, direct costs, and the check runs that pay them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::billing::{Step, curve, pay, progress_billings};
use super::books::{Billing, Books, ContractKind, Direct, DirectKind, Kind, Line, PairKind, Txn};
use super::calendar::{check_run, earlier, month_start, plus};
use super::chart::{
    CARD, CHECKING, CODES, FIRST_SUPPLY, OFFICE, RENT, RETAINAGE_PAYABLE, SUPPLIES, account_of,
};
use super::names;

/// A bill waiting for a check run.
pub(crate) struct Payable {
    pair: Option<usize>,
    bill: usize,
    vendor: usize,
    date: Date,
}

/// Bills from subcontractors and suppliers, direct costs and overhead, all paid in check runs.
pub(crate) fn incur(books: &mut Books) {
    let mut payables = Vec::new();
    for job in 0..books.jobs.len() {
        commitments(books, job, &mut payables);
        directs(books, job, &mut payables);
    }
    overhead(books, &mut payables);
    run_checks(books, payables);
}

fn commitments(books: &mut Books, job: usize, payables: &mut Vec<Payable>) {
    let contracts: Vec<usize> = (0..books.contracts.len())
        .filter(|&at| {
            let contract = &books.contracts[at];
            contract.job == job
                && contract.kind != ContractKind::Prime
                && contract.status != "Draft"
        })
        .collect();
    for contract in contracts {
        let steps = sub_steps(books, job);
        let complete = steps.last().is_some_and(|step| step.release);
        let billings = progress_billings(books, contract, &steps);
        let vendor = books.contracts[contract].party;
        for mut billing in billings {
            billing.invoice_number = books.vendor_number(vendor);
            let bill = bill_for(books, job, &billing);
            let date = books.txns[bill].date;
            if books.dice.chance(8) {
                billing.origin = Some(origin(books, "BILL", bill));
            }
            books.requisitions.push(billing);
            let at = books.requisitions.len() - 1;
            let pair = books.pair(PairKind::Requisition, job, vec![at], vec![bill]);
            let wait = books.dice.range(18, 32);
            payables.push(Payable {
                pair: Some(pair),
                bill,
                vendor,
                date: check_run(plus(date, wait)),
            });
        }
        if complete {
            close(books, contract);
        }
    }
}

fn close(books: &mut Books, contract: usize) {
    let order = books.contracts[contract].kind == ContractKind::PurchaseOrder;
    books.contracts[contract].status = if order { "Closed" } else { "Complete" };
    for &at in books
        .by_kind
        .get(&PairKind::Commitment)
        .into_iter()
        .flatten()
    {
        let pair = &books.pairs[at];
        if pair.procore == [contract] {
            books.txns[pair.quickbooks[0]].status = "Closed";
        }
    }
}

fn sub_steps(books: &mut Books, job: usize) -> Vec<Step> {
    let (start, months) = (books.jobs[job].start, books.jobs[job].months);
    let begin = books.dice.range(0, months / 2);
    let span = (months - begin).min(books.dice.range(3, 9)).max(1);
    let mut steps = Vec::new();
    for month in 0..span {
        let date = plus(month_start(start, begin + month), 19 + month % 5);
        if date <= books.plan.as_of {
            steps.push(Step {
                date,
                done: curve(month + 1, span),
                release: false,
            });
        }
    }
    // Retainage goes back two months after the job ends, together with everything else.
    let date = plus(month_start(start, months + 1), 14);
    if date <= books.plan.as_of {
        steps.push(Step {
            date,
            done: 10_000,
            release: true,
        });
    }
    steps
}

/// The QuickBooks bill of a requisition, by the tenant's retainage convention.
pub(crate) fn bill_for(books: &mut Books, job: usize, billing: &Billing) -> usize {
    let vendor = books.contracts[billing.contract].party;
    let date = books.later(billing.date, 3);
    let mut bill = bill(books, vendor, date, &billing.invoice_number);
    bill.department = Some(books.jobs[job].department);
    bill.lines = cost_lines(books, job, billing);
    books.post(bill)
}

/// Cost and retainage lines of a requisition.
pub(crate) fn cost_lines(books: &Books, job: usize, billing: &Billing) -> Vec<Line> {
    let code = books.contracts[billing.contract].lines[0].code;
    let (gross, withheld) = (billing.gross(), billing.withheld());
    let text = format!("Application {}", billing.number);
    if !books.gross() {
        return vec![books.item_line(job, code, gross - withheld, &text)];
    }
    let mut lines = Vec::new();
    if gross != 0 {
        lines.push(books.item_line(job, code, gross, &text));
    }
    if withheld != 0 {
        let text = if withheld > 0 {
            "Retainage withheld"
        } else {
            "Retainage released"
        };
        lines.push(books.account_line(job, RETAINAGE_PAYABLE, -withheld, text));
    }
    lines
}

/// A bill without lines.
pub(crate) fn bill(books: &mut Books, vendor: usize, date: Date, number: &str) -> Txn {
    let mut bill = books.blank(Kind::Bill, date);
    bill.vendor = Some(books.vendors[vendor].qid);
    bill.due = Some(plus(date, 30));
    bill.number = names::number_variant(number, &mut books.dice);
    bill
}

fn directs(books: &mut Books, job: usize, payables: &mut Vec<Payable>) {
    let (low, high) = books.plan.direct_costs_per_month;
    for month in 0..books.jobs[job].months {
        let first = month_start(books.jobs[job].start, month);
        for _ in 0..books.dice.range(low, high) {
            let date = plus(first, books.dice.range(0, 27));
            if date > books.plan.as_of {
                continue;
            }
            let supply = FIRST_SUPPLY + books.dice.index(SUPPLIES);
            let vendor = supplier(books, supply);
            let amount = books.dice.range(4_000, 900_000) + books.dice.range(0, 99);
            if books.dice.chance(65) {
                enter_invoice(books, job, vendor, supply, date, amount, payables);
                // Near-identical neighbours: the next delivery costs a few cents more.
                let next = plus(date, 21);
                if books.dice.chance(3) && next <= books.plan.as_of {
                    let amount = amount + books.dice.range(10, 90);
                    enter_invoice(books, job, vendor, supply, next, amount, payables);
                }
            } else {
                direct_expense(books, job, vendor, supply, date, amount / 10 + 100);
            }
        }
    }
}

fn enter_invoice(
    books: &mut Books,
    job: usize,
    vendor: usize,
    code: usize,
    date: Date,
    amount: i64,
    payables: &mut Vec<Payable>,
) {
    let (pair, bill) = direct_invoice(books, job, vendor, code, date, amount);
    let wait = books.dice.range(15, 32);
    let date = check_run(plus(books.txns[bill].date, wait));
    payables.push(Payable {
        pair: Some(pair),
        bill,
        vendor,
        date,
    });
}

/// A supplier of a code. Probing from a random place is quick, as codes are evenly spread.
pub(crate) fn supplier(books: &mut Books, code: usize) -> usize {
    let count = books.vendors.len();
    let start = books.dice.index(count);
    (0..count)
        .map(|n| (start + n) % count)
        .find(|&at| books.vendors[at].code == code && books.vendors[at].active_in_quickbooks)
        .unwrap_or(0)
}

fn direct(
    books: &mut Books,
    job: usize,
    kind: DirectKind,
    date: Date,
    amount: i64,
    code: usize,
) -> Direct {
    Direct {
        id: books.procore_id(),
        job,
        kind,
        date,
        number: None,
        status: "approved",
        vendor: None,
        description: CODES[code].name.to_string(),
        amount,
        code,
        payment_date: None,
        origin: None,
        deleted: false,
        absent: false,
    }
}

/// A direct cost of type invoice and its bill; gives the pair and the bill.
pub(crate) fn direct_invoice(
    books: &mut Books,
    job: usize,
    vendor: usize,
    code: usize,
    date: Date,
    amount: i64,
) -> (usize, usize) {
    let number = books.vendor_number(vendor);
    let posted = books.later(date, 3);
    let mut bill = bill(books, vendor, posted, &number);
    bill.lines
        .push(books.item_line(job, code, amount, CODES[code].name));
    bill.department = Some(books.jobs[job].department);
    let bill = books.post(bill);
    let mut cost = direct(books, job, DirectKind::Invoice, date, amount, code);
    cost.number = Some(number);
    cost.vendor = Some(vendor);
    if books.dice.chance(10) {
        cost.origin = Some(origin(books, "BILL", bill));
    }
    books.directs.push(cost);
    let at = books.directs.len() - 1;
    (
        books.pair(PairKind::DirectInvoice, job, vec![at], vec![bill]),
        bill,
    )
}

/// A link as connectors write it: a prefixed or a plain QuickBooks id.
pub(crate) fn origin(books: &mut Books, what: &str, txn: usize) -> String {
    let id = books.txns[txn].id;
    if books.dice.chance(60) {
        format!("QBO-{what}-{id}")
    } else {
        id.to_string()
    }
}

/// A direct cost of type expense and its check or card charge; gives the pair.
pub(crate) fn direct_expense(
    books: &mut Books,
    job: usize,
    vendor: usize,
    code: usize,
    date: Date,
    amount: i64,
) -> usize {
    let posted = books.later(date, 2);
    let mut purchase = books.blank(Kind::Purchase, posted);
    purchase.vendor = Some(books.vendors[vendor].qid);
    let check = books.dice.chance(30);
    purchase.bank = Some(if check { CHECKING } else { CARD });
    purchase.status = if check { "Check" } else { "CreditCard" };
    purchase.number = check.then(|| format!("{}", 3_000 + books.txns.len()));
    purchase
        .lines
        .push(books.account_line(job, account_of(code), amount, CODES[code].name));
    let purchase = books.post(purchase);
    let mut cost = direct(books, job, DirectKind::Expense, date, amount, code);
    cost.vendor = Some(vendor);
    books.directs.push(cost);
    let at = books.directs.len() - 1;
    books.pair(PairKind::DirectExpense, job, vec![at], vec![purchase])
}

/// A payroll direct cost; gives its index.
pub(crate) fn direct_payroll(
    books: &mut Books,
    job: usize,
    date: Date,
    amount: i64,
    text: &str,
) -> usize {
    let mut cost = direct(
        books,
        job,
        DirectKind::Payroll,
        date,
        amount,
        super::chart::LABOR,
    );
    cost.description = text.to_string();
    books.directs.push(cost);
    books.directs.len() - 1
}

fn overhead(books: &mut Books, payables: &mut Vec<Payable>) {
    let months = i64::try_from(books.plan.months).unwrap_or(24);
    let landlord = supplier(books, FIRST_SUPPLY + 4);
    let stationer = supplier(books, FIRST_SUPPLY + 2);
    for month in 0..months {
        let first = month_start(books.first_month, month);
        for (vendor, account, amount, text) in [
            (landlord, RENT, 480_000, "Yard and office rent"),
            (
                stationer,
                OFFICE,
                books.dice.range(8_000, 60_000),
                "Office supplies",
            ),
        ] {
            let number = books.vendor_number(vendor);
            let mut bill = bill(books, vendor, first, &number);
            bill.lines.push(Line {
                amount,
                account: Some(account),
                text: text.to_string(),
                ..Line::default()
            });
            let bill = books.post(bill);
            payables.push(Payable {
                pair: None,
                bill,
                vendor,
                date: check_run(plus(first, 20)),
            });
        }
    }
}

/// One payment per vendor and check run, whatever the number of bills.
fn run_checks(books: &mut Books, payables: Vec<Payable>) {
    let mut runs: BTreeMap<(Date, usize), Vec<Payable>> = BTreeMap::new();
    for payable in payables {
        if payable.date <= books.plan.as_of && books.txns[payable.bill].amount() > 0 {
            runs.entry((payable.date, payable.vendor))
                .or_default()
                .push(payable);
        }
    }
    let mut check = 20_000;
    for ((date, vendor), payables) in runs {
        check += 1;
        let mut payment = books.blank(Kind::BillPayment, date);
        payment.vendor = Some(books.vendors[vendor].qid);
        payment.number = Some(check.to_string());
        payment.bank = Some(CHECKING);
        let mut total = 0;
        let txn = books.txns.len();
        for payable in &payables {
            let amount = books.txns[payable.bill].amount();
            total += amount;
            payment.lines.push(Line {
                amount,
                link: Some(payable.bill),
                ..Line::default()
            });
            if let Some(pair) = payable.pair {
                settle(books, pair, amount, date, check, txn);
            }
        }
        payment.total = Some(total);
        books.post(payment);
    }
}

fn settle(books: &mut Books, pair: usize, amount: i64, date: Date, check: i64, txn: usize) {
    let at = books.pairs[pair].procore[0];
    books.pairs[pair].paid_by.push(txn);
    if books.pairs[pair].kind == PairKind::Requisition {
        let (contract, number) = (
            books.requisitions[at].contract,
            books.requisitions[at].invoice_number.clone(),
        );
        let days = books.dice.range(0, 2);
        let recorded = earlier(plus(date, days), books.plan.as_of);
        let paid = pay(
            books,
            contract,
            Some(at),
            &number,
            amount,
            recorded,
            &check.to_string(),
            vec![txn],
        );
        books.pairs[pair].payments.push(paid);
    } else {
        books.directs[at].payment_date = Some(date);
    }
}
