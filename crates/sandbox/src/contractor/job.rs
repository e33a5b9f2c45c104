//! The people and the contracts: owners, vendors, jobs, schedules of values, change orders.
//!
//! Sets up both sides alike; money starts to move in `billing` and `costs`.

use super::books::{
    Books, BudgetRow, Change, Contract, ContractKind, ContractLine, Employee, Job, Kind, Owner,
    PairKind, Tiers, Vendor,
};
use super::calendar::{days_between, earlier, month_end, month_start, plus};
use super::chart::{self, CODES, FIRST_SUPPLY, LABOR, PROGRESS_ITEM, SUPPLIES, TRADES};
use super::names;

/// Builds every party and every job with its contracts.
pub(crate) fn establish(books: &mut Books) {
    parties(books);
    for at in 0..books.plan.jobs {
        job(books, at);
    }
}

fn parties(books: &mut Books) {
    let jobs = books.plan.jobs;
    for n in 0..jobs.div_ceil(2).max(2) {
        let name = names::owner(n);
        let qname = if n % 3 == 1 {
            names::abbreviate(&name).replace(" LLC", "")
        } else {
            name.clone()
        };
        let (pid, qid) = (books.procore_id(), books.name_id());
        books.owners.push(Owner {
            pid,
            name,
            qid,
            qname,
        });
    }
    let depth = (jobs / 4 + 2).min(30);
    for n in 0..depth {
        for trade in 0..TRADES {
            vendor(books, names::subcontractor(trade, n), trade);
        }
        for supply in 0..SUPPLIES {
            vendor(books, names::supplier(supply, n), FIRST_SUPPLY + supply);
        }
    }
    for name in [
        "Retained Earth Systems Inc",
        "Baker & Sons Supply",
        "Summit Concrete Pumping Inc",
        "Summit Concrete Inc",
    ] {
        vendor(books, name.to_string(), FIRST_SUPPLY + 2);
    }
    for n in 0..(jobs * 2).clamp(6, 120) {
        let (given, family) = names::employee(n);
        let (pid, qid, rate) = (
            books.procore_id(),
            books.name_id(),
            books.dice.range(56, 124) * 50,
        );
        books.employees.push(Employee {
            pid,
            qid,
            given,
            family,
            rate,
        });
    }
}

fn vendor(books: &mut Books, name: String, code: usize) {
    let mut qname = names::party_variant(&name, &mut books.dice);
    if books
        .vendors
        .iter()
        .any(|other| other.qname.eq_ignore_ascii_case(&qname))
    {
        qname = name.clone();
    }
    let (pid, qid) = (books.procore_id(), books.name_id());
    let prefix = names::initials(&name);
    let next_number = books.dice.range(1_000, 60_000);
    let linked = books.dice.chance(25);
    let insured_until = (code < TRADES).then(|| plus(books.plan.as_of, 90));
    books.vendors.push(Vendor {
        pid,
        name,
        qid,
        qname,
        prefix,
        next_number,
        code,
        linked,
        active_in_quickbooks: true,
        insured_until,
    });
}

fn job(books: &mut Books, at: usize) {
    let months = books.dice.range(8, 18);
    let history = i64::try_from(books.plan.months).unwrap_or(24);
    // A third of the jobs ended long ago, a third are under way, the rest lie anywhere.
    let (first, last) = match at % 3 {
        0 => (0, history - months - 5),
        1 => (history - months + 1, history - 6),
        _ => (0, history - 6),
    };
    let begin = books.dice.range(first.max(0), last.max(first).max(0));
    let start = month_start(books.first_month, begin);
    let end = month_end(month_start(start, months - 1));
    let number = format!("{}", 1_042 + at * 3);
    let name = names::job(at);
    // Without a number in the name, the name itself or a link must identify the job.
    let style = books.dice.index(5);
    let linked = style == 4 || books.dice.chance(25);
    let qname = names::job_variant(&number, &name, style);
    let finished = days_between(end, books.plan.as_of) > 120;
    let (pid, qid) = (books.procore_id(), books.name_id());
    let owner = at / 2 % books.owners.len();
    let class = books.dice.index(chart::CLASS_NAMES.len());
    let department = books.dice.index(chart::DEPARTMENT_NAMES.len());
    let is_project = books.dice.chance(50);
    let tiers = [Tiers::Modern, Tiers::ModernWithTwins, Tiers::LegacyOnly][at % 3];
    books.jobs.push(Job {
        pid,
        number,
        name,
        qid,
        qname,
        owner,
        class,
        department,
        start,
        end,
        months,
        is_project,
        linked,
        tiers,
        active: !finished,
        archived: false,
        extra: None,
        prime: 0,
        budget: Vec::new(),
    });
    prime(books, at);
    commitments(books, at);
    budget(books, at);
}

fn prime(books: &mut Books, job: usize) {
    let value = books.dice.range(600, 6_500) * 100_000;
    let count = if books.plan.lean { 2 } else { 8 };
    let lines = split(books, value, count, |n| n * 2 % CODES.len());
    let contract = contract(books, job, ContractKind::Prime, lines, 1_000);
    let owner = books.jobs[job].owner;
    books.contracts[contract].party = owner;
    books.jobs[job].prime = contract;
    let mut estimate = books.blank(Kind::Estimate, books.contracts[contract].date);
    estimate.customer = Some(books.jobs[job].qid);
    estimate.number = Some(format!("E-{}", books.jobs[job].number));
    estimate.status = if books.dice.chance(70) {
        "Accepted"
    } else {
        "Closed"
    };
    let amounts: Vec<(usize, i64)> = books.contracts[contract]
        .lines
        .iter()
        .map(|line| (line.code, line.amount))
        .collect();
    for (code, amount) in amounts {
        let mut line = books.account_line(job, 0, amount, CODES[code].name);
        line.account = None;
        line.item = Some(PROGRESS_ITEM);
        estimate.lines.push(line);
    }
    let estimate = books.post(estimate);
    let pair = books.pair(PairKind::Prime, job, vec![contract], vec![estimate]);
    let own_estimates = books.dice.chance(60);
    for n in 0..books.dice.range(2, 5) {
        let amount = books.dice.range(15, 420) * 10_000 + books.dice.range(0, 99) * 100;
        let created = plus(
            books.jobs[job].start,
            books.dice.range(40, books.jobs[job].months * 26),
        );
        if days_between(created, books.plan.as_of) < 30 {
            continue;
        }
        let change = change(books, contract, amount, created, "approved");
        let mut line = books.account_line(job, 0, amount, &format!("Change order {:03}", n + 1));
        line.account = None;
        line.item = Some(PROGRESS_ITEM);
        if own_estimates {
            let mut extra = books.blank(Kind::Estimate, plus(created, 8));
            extra.customer = Some(books.jobs[job].qid);
            extra.number = Some(format!(
                "E-{}-CO{}",
                books.jobs[job].number, books.changes[change].number
            ));
            extra.status = "Accepted";
            extra.lines.push(line);
            let extra = books.post(extra);
            books.pairs[pair].quickbooks.push(extra);
        } else {
            books.txns[estimate].lines.push(line);
        }
    }
    if books.jobs[job].active {
        let pending = plus(books.plan.as_of, -25);
        let amount = books.dice.range(20, 150) * 10_000;
        let change = change(books, contract, amount, pending, "pending");
        books.changes[change].potential = true;
    }
}

fn commitments(books: &mut Books, job: usize) {
    let value = books.contracts[books.jobs[job].prime].amount();
    let (subs, orders) = if books.plan.lean {
        (3, 1)
    } else {
        (books.dice.range(4, 7), books.dice.range(1, 3))
    };
    let first = books.dice.index(TRADES);
    for n in 0..subs + orders {
        let is_order = n >= subs;
        let step = usize::try_from(n).unwrap_or(0);
        let code = if is_order {
            FIRST_SUPPLY + step % 2
        } else {
            (first + step) % TRADES
        };
        let share = books.dice.range(4, 11) * value / 100 / 100 * 100;
        let share = if is_order { share / 4 } else { share };
        let count = if books.plan.lean { 1 } else { 3 };
        let lines = split(books, share, count, |_| code);
        let kind = if is_order {
            ContractKind::PurchaseOrder
        } else {
            ContractKind::WorkOrder
        };
        let bp = if is_order {
            0
        } else {
            books.dice.pick(&[1_000, 1_000, 500])
        };
        let at = contract(books, job, kind, lines, bp);
        let candidates: Vec<usize> = books
            .vendors
            .iter()
            .enumerate()
            .filter(|(_, vendor)| vendor.code == code)
            .map(|(index, _)| index)
            .collect();
        books.contracts[at].party = candidates[books.dice.index(candidates.len())];
        books.contracts[at].title = CODES[code].name.to_string();
        let number = &books.jobs[job].number;
        books.contracts[at].number = if is_order {
            format!("PO-{number}-{:02}", n + 1)
        } else {
            format!("SC-{number}-{:02}", n + 1)
        };
        order(books, job, at);
    }
    if !books.plan.lean {
        // A draft subcontract has nothing in QuickBooks.
        let lines = split(books, 2_500_000, 1, |_| 6);
        let at = contract(books, job, ContractKind::WorkOrder, lines, 1_000);
        books.contracts[at].status = "Draft";
        books.contracts[at].party = 6;
        books.contracts[at].title = "Painting, not awarded".to_string();
        books.contracts[at].number = format!("SC-{}-90", books.jobs[job].number);
    }
}

fn order(books: &mut Books, job: usize, at: usize) {
    let mut order = books.blank(Kind::PurchaseOrder, books.contracts[at].date);
    order.vendor = Some(books.vendors[books.contracts[at].party].qid);
    order.number = Some(match books.dice.range(0, 2) {
        0 => books.contracts[at].number.replace('-', ""),
        _ => books.contracts[at].number.clone(),
    });
    order.status = "Open";
    let lines: Vec<(usize, i64)> = books.contracts[at]
        .lines
        .iter()
        .map(|line| (line.code, line.amount))
        .collect();
    for (code, amount) in lines {
        let line = books.item_line(job, code, amount, CODES[code].name);
        order.lines.push(line);
    }
    let order = books.post(order);
    books.pair(PairKind::Commitment, job, vec![at], vec![order]);
    if books.dice.chance(12) {
        books.contracts[at].origin = Some(super::costs::origin(books, "PO", order));
    }
    if books.contracts[at].kind == ContractKind::WorkOrder && books.dice.chance(45) {
        let created = plus(
            books.jobs[job].start,
            books.dice.range(50, books.jobs[job].months * 24),
        );
        if days_between(created, books.plan.as_of) > 30 {
            let amount = books.dice.range(10, 160) * 10_000;
            let at = change(books, at, amount, created, "approved");
            let code = books.changes[at].code;
            let line = books.item_line(job, code, amount, "Change order");
            books.txns[order].lines.push(line);
        }
    }
}

fn contract(
    books: &mut Books,
    job: usize,
    kind: ContractKind,
    lines: Vec<ContractLine>,
    retainage_bp: i64,
) -> usize {
    let id = books.procore_id();
    let date = earlier(plus(books.jobs[job].start, -20), books.plan.as_of);
    let status = "Approved";
    let (number, title) = ("PC-001".to_string(), books.jobs[job].name.clone());
    books.contracts.push(Contract {
        id,
        job,
        kind,
        number,
        title,
        status,
        party: 0,
        retainage_bp,
        lines,
        changes: Vec::new(),
        date,
        origin: None,
    });
    books.contracts.len() - 1
}

/// Adds a change order to a contract and gives its index. Approved ones are reviewed 8 days later.
pub(crate) fn change(
    books: &mut Books,
    contract: usize,
    amount: i64,
    created: jiff::civil::Date,
    status: &'static str,
) -> usize {
    let id = books.procore_id();
    let package = (books.jobs[books.contracts[contract].job].tiers != Tiers::Modern)
        .then_some(id + 700_000_000);
    let number = format!("{:03}", books.contracts[contract].changes.len() + 1);
    let code = books.contracts[contract].lines[0].code;
    let reviewed = (status == "approved").then(|| earlier(plus(created, 8), books.plan.as_of));
    let title = books.dice.pick(&[
        "Owner request",
        "Unforeseen condition",
        "ASI revision",
        "Added scope",
        "Code requirement",
    ]);
    books.changes.push(Change {
        id,
        number,
        title: title.to_string(),
        status,
        amount,
        created,
        reviewed,
        package,
        potential: false,
        code,
    });
    let at = books.changes.len() - 1;
    books.contracts[contract].changes.push(at);
    at
}

fn split(
    books: &mut Books,
    value: i64,
    count: usize,
    code: impl Fn(usize) -> usize,
) -> Vec<ContractLine> {
    let mut lines = Vec::with_capacity(count);
    let mut rest = value;
    for n in 0..count {
        let left = i64::try_from(count - n).unwrap_or(1);
        let amount = if left == 1 {
            rest
        } else {
            rest / left * books.dice.range(70, 130) / 100 / 100 * 100
        };
        rest -= amount;
        let id = books.procore_id();
        lines.push(ContractLine {
            id,
            code: code(n),
            amount,
        });
    }
    lines
}

fn budget(books: &mut Books, job: usize) {
    let value = books.contracts[books.jobs[job].prime].amount();
    let codes: Vec<usize> = if books.plan.lean {
        vec![0, LABOR]
    } else {
        (0..CODES.len()).collect()
    };
    for code in codes {
        let id = books.procore_id();
        let original = value * books.dice.range(2, 6) / 100 / 10_000 * 10_000;
        let modified = if books.dice.chance(20) {
            books.dice.range(-5, 20) * 50_000
        } else {
            0
        };
        let quickbooks = original + modified;
        books.jobs[job].budget.push(BudgetRow {
            id,
            code,
            original,
            modified,
            quickbooks,
        });
    }
}
