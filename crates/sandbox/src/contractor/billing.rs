//! Progress and what is billed for it: pay applications to the owner, and the money received.
//!
//! `progress_billings` is shared with subcontractor invoices: both are cumulative schedules.

use jiff::civil::Date;

use super::books::{Billing, BillingLine, Books, Kind, Line, PairKind, Payment, Source, Txn};
use super::calendar::{days_between, earlier, month_end, month_start, plus};
use super::chart::{CHECKING, PROGRESS_ITEM, RETAINAGE_ITEM, UNDEPOSITED};

/// One month's point on a contract's progress curve.
pub(crate) struct Step {
    /// Billing date.
    pub(crate) date: Date,
    /// Hundredths of a percent completed.
    pub(crate) done: i64,
    /// Retainage is released with this billing.
    pub(crate) release: bool,
}

/// Completed share after `month` of `months`, in hundredths of a percent, along an S curve.
pub(crate) fn curve(month: i64, months: i64) -> i64 {
    let t = (month * 10_000 / months.max(1)).clamp(0, 10_000);
    (3 * t * t * 10_000 - 2 * t * t * t) / 100_000_000
}

/// Half-up share of an amount in hundredths of a percent.
pub(crate) fn share(amount: i64, basis_points: i64) -> i64 {
    (amount * basis_points + 5_000).div_euclid(10_000)
}

/// The cumulative billings of a contract along its steps. Steps that bill nothing are left out.
pub(crate) fn progress_billings(
    books: &mut Books,
    contract: usize,
    steps: &[Step],
) -> Vec<Billing> {
    let bp = books.contracts[contract].retainage_bp;
    let mut held: Vec<BillingLine> = Vec::new();
    let mut billings: Vec<Billing> = Vec::new();
    for step in steps {
        for source in open_sources(books, contract, step.date) {
            if !held.iter().any(|line| line.source == source) {
                let id = books.procore_id();
                held.push(blank_line(id, source));
            }
        }
        let number = i64::try_from(billings.len()).unwrap_or(0) + 1;
        let mut lines = held.clone();
        for (n, line) in lines.iter_mut().enumerate() {
            let value = value_of(books, contract, line.source);
            advance(line, value, step, bp, n);
        }
        let billing = Billing {
            id: books.procore_id(),
            contract,
            number,
            invoice_number: number.to_string(),
            status: "approved",
            date: step.date,
            lines,
            tax: 0,
            origin: None,
            previous: billings.last().map(|billing| billing.id),
            released: step.release,
        };
        if billing.gross() <= 0 && billing.withheld() == 0 {
            continue;
        }
        held.clone_from(&billing.lines);
        billings.push(billing);
    }
    billings
}

fn open_sources(books: &Books, contract: usize, date: Date) -> Vec<Source> {
    let contract = &books.contracts[contract];
    let lines = (0..contract.lines.len()).map(Source::Line);
    let changes = contract.changes.iter().copied().filter(|&at| {
        let change = &books.changes[at];
        change.status == "approved" && change.reviewed.is_some_and(|reviewed| reviewed <= date)
    });
    lines.chain(changes.map(Source::Change)).collect()
}

/// A line on which nothing has been billed.
pub(crate) fn blank_line(id: i64, source: Source) -> BillingLine {
    BillingLine {
        id,
        source,
        previous_work: 0,
        work: 0,
        previous_stored: 0,
        stored: 0,
        previous_work_retainage: 0,
        work_retainage: 0,
        previous_stored_retainage: 0,
        stored_retainage: 0,
    }
}

/// The scheduled value of a billing line.
pub(crate) fn value_of(books: &Books, contract: usize, source: Source) -> i64 {
    match source {
        Source::Line(at) => books.contracts[contract].lines[at].amount,
        Source::Change(at) => books.changes[at].amount,
    }
}

fn advance(line: &mut BillingLine, value: i64, step: &Step, bp: i64, n: usize) {
    line.previous_work = line.work;
    line.previous_stored = line.stored;
    line.previous_work_retainage = line.work_retainage;
    line.previous_stored_retainage = line.stored_retainage;
    // Materials wait on site in the middle of the job, on every second line.
    let storing = n.is_multiple_of(2) && (1_500..5_500).contains(&step.done);
    line.stored = if storing { share(value, 300) } else { 0 };
    line.work = share(value, step.done).max(line.previous_work);
    line.work_retainage = if step.release {
        0
    } else {
        share(line.work, bp)
    };
    line.stored_retainage = if step.release {
        0
    } else {
        share(line.stored, bp)
    };
}

/// Bills every job's owner month by month and collects.
pub(crate) fn bill_owners(books: &mut Books) {
    for job in 0..books.jobs.len() {
        let steps = job_steps(books, job);
        let contract = books.jobs[job].prime;
        let mut pairs = Vec::new();
        for mut billing in progress_billings(books, contract, &steps) {
            if books.dice.chance(3) && billing.gross() > 0 {
                billing.tax = share(billing.due() / 10, super::chart::TAX_BASIS_POINTS);
            }
            let invoice = invoice_for(books, job, &billing);
            let invoice = books.post(invoice);
            if books.dice.chance(8) {
                billing.origin = Some(super::costs::origin(books, "INVOICE", invoice));
            }
            books.pay_apps.push(billing);
            let at = books.pay_apps.len() - 1;
            pairs.push(books.pair(PairKind::PayApplication, job, vec![at], vec![invoice]));
        }
        collect(books, job, &pairs);
    }
}

fn job_steps(books: &mut Books, job: usize) -> Vec<Step> {
    let (start, months) = (books.jobs[job].start, books.jobs[job].months);
    let at_month_end = books.dice.chance(50);
    let releases = books.dice.chance(80) || job == 0;
    let mut steps = Vec::new();
    for month in 0..months + 2 {
        let first = month_start(start, month);
        let date = if at_month_end {
            month_end(first)
        } else {
            plus(first, 24)
        };
        // The month after the last is punch list; the one after that releases the retainage.
        let release = month == months + 1;
        if date > books.plan.as_of || month == months || (release && !releases) {
            continue;
        }
        steps.push(Step {
            date,
            done: curve((month + 1).min(months), months),
            release,
        });
    }
    steps
}

/// The QuickBooks invoice of a pay application, by the tenant's retainage convention.
pub(crate) fn invoice_for(books: &mut Books, job: usize, billing: &Billing) -> Txn {
    let date = books.later(billing.date, 3);
    let mut invoice = books.blank(Kind::Invoice, date);
    invoice.customer = Some(books.jobs[job].qid);
    invoice.due = Some(plus(date, 30));
    invoice.department = Some(books.jobs[job].department);
    let (number, project) = (billing.number, books.jobs[job].number.clone());
    invoice.number = match job % 4 {
        0 => Some(format!("{project}-{number:02}")),
        1 => Some(format!("Inv. #{project}-{number:04}")),
        2 => Some(format!("INV{project}-{number}")),
        _ => books
            .dice
            .chance(90)
            .then(|| format!("{project} PA {number}")),
    };
    invoice.lines = sales_lines(books, job, billing);
    invoice.tax = billing.tax;
    invoice
}

fn sales_lines(books: &Books, job: usize, billing: &Billing) -> Vec<Line> {
    let sale = |item: i64, amount: i64, text: String| Line {
        item: Some(item),
        ..books.account_line(job, 0, amount, &text)
    };
    let (gross, withheld, number) = (billing.gross(), billing.withheld(), billing.number);
    let mut lines = Vec::new();
    if !books.gross() {
        lines.push(sale(
            PROGRESS_ITEM,
            gross - withheld,
            format!("Application {number}, net"),
        ));
    } else {
        let stored = billing.stored_this_period();
        if stored > 0 && gross > stored {
            lines.push(sale(
                PROGRESS_ITEM,
                gross - stored,
                format!("Application {number}, work completed"),
            ));
            lines.push(sale(
                PROGRESS_ITEM,
                stored,
                format!("Application {number}, stored materials"),
            ));
        } else if gross != 0 {
            lines.push(sale(
                PROGRESS_ITEM,
                gross,
                format!("Application {number}, work completed"),
            ));
        }
        if withheld != 0 {
            let text = if withheld > 0 {
                "Retainage withheld"
            } else {
                "Retainage released"
            };
            lines.push(sale(RETAINAGE_ITEM, -withheld, text.to_string()));
        }
    }
    for line in &mut lines {
        line.account = None;
    }
    lines
}

fn collect(books: &mut Books, job: usize, pairs: &[usize]) {
    let mut at = 0;
    while at < pairs.len() {
        let together = if books.dice.chance(7) { 3 } else { 1 };
        let group = &pairs[at..(at + together).min(pairs.len())];
        at += group.len();
        let last = books.pay_apps[books.pairs[group[group.len() - 1]].procore[0]].date;
        let date = plus(last, books.dice.range(20, 45));
        if days_between(date, books.plan.as_of) < 0 {
            break;
        }
        let halves = group.len() == 1 && books.dice.chance(5);
        for share in if halves { vec![1, 2] } else { vec![0] } {
            let date = if share == 2 {
                earlier(plus(date, 9), books.plan.as_of)
            } else {
                date
            };
            receive(books, job, group, date, share);
        }
    }
}

/// Receives the money for a group of invoices: `part` 0 pays all, 1 and 2 are the two halves.
fn receive(books: &mut Books, job: usize, group: &[usize], date: Date, part: i64) {
    let check = format!("{}", books.dice.range(10_000, 99_999));
    let posted = books.later(date, 2);
    let mut payment = books.blank(Kind::Payment, posted);
    payment.customer = Some(books.jobs[job].qid);
    payment.number = Some(check.clone());
    let undeposited = books.dice.chance(50);
    payment.bank = Some(if undeposited { UNDEPOSITED } else { CHECKING });
    let txn = books.txns.len();
    let mut total = 0;
    for &pair in group {
        let (app, invoice) = (
            books.pairs[pair].procore[0],
            books.pairs[pair].quickbooks[0],
        );
        let due = books.txns[invoice].amount();
        let amount = match part {
            1 => due / 2,
            2 => due - due / 2,
            _ => due,
        };
        total += amount;
        payment.lines.push(Line {
            amount,
            link: Some(invoice),
            ..Line::default()
        });
        let number = books.pay_apps[app].invoice_number.clone();
        let contract = books.jobs[job].prime;
        let paid = pay(
            books,
            contract,
            Some(app),
            &number,
            amount,
            date,
            &check,
            vec![txn],
        );
        books.pairs[pair].payments.push(paid);
        books.pairs[pair].paid_by.push(txn);
    }
    payment.total = Some(total);
    let payment = books.post(payment);
    if undeposited {
        let day = books.later(posted, 2);
        deposit(books, payment, day);
    }
}

/// Records a contract payment in Procore and gives its index.
#[expect(
    clippy::too_many_arguments,
    reason = "a payment has that many independent facts"
)]
pub(crate) fn pay(
    books: &mut Books,
    contract: usize,
    billing: Option<usize>,
    invoice_number: &str,
    amount: i64,
    date: Date,
    check: &str,
    twins: Vec<usize>,
) -> usize {
    let id = books.procore_id();
    books.payments.push(Payment {
        id,
        contract,
        billing,
        invoice_number: invoice_number.to_string(),
        amount,
        date,
        check: check.to_string(),
        settled: false,
        absent: false,
        twins,
    });
    books.payments.len() - 1
}

/// Moves a payment out of undeposited funds into the bank.
pub(crate) fn deposit(books: &mut Books, payment: usize, date: Date) -> usize {
    let mut deposit = books.blank(Kind::Deposit, date);
    deposit.bank = Some(CHECKING);
    let amount = books.txns[payment].amount();
    deposit.lines.push(Line {
        amount,
        link: Some(payment),
        ..Line::default()
    });
    books.post(deposit)
}
