//! Contracts, change orders, commitments and budgets that differ or are exceeded.

use super::take::{both, entity, procore, quickbooks, take};
use crate::contractor::books::{Books, ContractKind, Kind, Pair, PairKind};
use crate::contractor::calendar::plus;
use crate::contractor::chart::PROGRESS_ITEM;
use crate::contractor::job::change;

fn parts(books: &Books, pair: usize) -> (usize, usize, usize) {
    let pair = &books.pairs[pair];
    (pair.procore[0], pair.quickbooks[0], pair.job)
}

/// Gross billed to date on a contract and its revised value.
fn billed_and_revised(books: &Books, contract: usize) -> (i64, i64) {
    let list = if books.contracts[contract].kind == ContractKind::Prime {
        &books.pay_apps
    } else {
        &books.requisitions
    };
    let billed = list
        .iter()
        .rev()
        .find(|billing| billing.contract == contract && billing.status == "approved")
        .map_or(0, crate::contractor::books::Billing::total);
    let approved: i64 = books.contracts[contract]
        .changes
        .iter()
        .map(|&at| &books.changes[at])
        .filter(|change| change.status == "approved")
        .map(|change| change.amount)
        .sum();
    (billed, books.contracts[contract].amount() + approved)
}

/// The pair of the last billing of a contract that billed work.
fn last_billing(books: &Books, contract: usize) -> Option<usize> {
    let prime = books.contracts[contract].kind == ContractKind::Prime;
    let kind = if prime {
        PairKind::PayApplication
    } else {
        PairKind::Requisition
    };
    let list = if prime {
        &books.pay_apps
    } else {
        &books.requisitions
    };
    books.by_kind.get(&kind)?.iter().rev().copied().find(|&at| {
        let billing = &list[books.pairs[at].procore[0]];
        billing.contract == contract && billing.gross() > 0
    })
}

fn nearly_done(books: &Books, pair: &Pair) -> bool {
    let contract = pair.procore[0];
    let (billed, revised) = billed_and_revised(books, contract);
    let pending = books.contracts[contract]
        .changes
        .iter()
        .any(|&at| books.changes[at].status == "pending");
    let untouched = last_billing(books, contract).is_some_and(|at| books.pairs[at].free);
    billed * 10 >= revised * 9 && !pending && untouched
}

/// Lowers a contract on both sides so that what was billed exceeds it; gives the excess.
fn shrink(books: &mut Books, pair: usize) -> Option<i64> {
    let (contract, txn, _) = parts(books, pair);
    let (billed, revised) = billed_and_revised(books, contract);
    let excess = books.dice.range(30, 120) * 10_000;
    let by = revised - billed + excess;
    let line = (0..books.contracts[contract].lines.len())
        .find(|&at| books.contracts[contract].lines[at].amount > by)?;
    books.contracts[contract].lines[line].amount -= by;
    books.txns[txn].lines[line].amount -= by;
    Some(excess)
}

/// Billed to the owner beyond the revised contract.
pub(super) fn billed_over_contract(books: &mut Books, _: usize) -> Option<()> {
    // The prime pair may hold several estimates; the first one carries the contract's own lines.
    let at = books
        .by_kind
        .get(&PairKind::Prime)?
        .iter()
        .copied()
        .find(|&at| {
            let pair = &books.pairs[at];
            pair.free && nearly_done(books, pair)
        })?;
    books.pairs[at].free = false;
    let excess = shrink(books, at)?;
    let job = books.pairs[at].job;
    let mut records = both(books, at);
    let last = last_billing(books, books.jobs[job].prime)?;
    books.pairs[last].free = false;
    records.push(both(books, last)[0].clone());
    books.finding(
        "R41",
        Some(job),
        excess,
        &[],
        records,
        "billed beyond the contract",
    );
    Some(())
}

/// Billed by a subcontractor beyond the revised commitment.
pub(super) fn bill_over_commitment(books: &mut Books, _: usize) -> Option<()> {
    let pair = take(books, PairKind::Commitment, nearly_done)?;
    let excess = shrink(books, pair)?;
    let (contract, _, job) = parts(books, pair);
    let mut records = both(books, pair);
    let last = last_billing(books, contract)?;
    books.pairs[last].free = false;
    records.push(both(books, last)[0].clone());
    books.finding(
        "R42",
        Some(job),
        excess,
        &[],
        records,
        "billed beyond the commitment",
    );
    Some(())
}

/// A commitment closed or terminated on one side.
pub(super) fn closed_on_one_side(books: &mut Books, n: usize) -> Option<()> {
    let terminate = n.is_multiple_of(2);
    let pair = take(books, PairKind::Commitment, |books, pair| {
        let contract = &books.contracts[pair.procore[0]];
        let (billed, revised) = billed_and_revised(books, pair.procore[0]);
        let fits = if terminate {
            contract.kind == ContractKind::WorkOrder && contract.status == "Approved"
        } else {
            contract.status == "Approved"
        };
        fits && billed < revised
    })?;
    let (contract, txn, job) = parts(books, pair);
    let (billed, revised) = billed_and_revised(books, contract);
    let total = books.txns[txn].amount();
    let effect = if terminate {
        books.contracts[contract].status = "Terminated";
        -total
    } else {
        books.txns[txn].status = "Closed";
        0
    };
    let records = both(books, pair);
    books.finding(
        "R32",
        Some(job),
        revised - billed,
        &[(job, "committed", effect)],
        records,
        "closed on one side only",
    );
    Some(())
}

/// An approved commitment change order that the purchase order does not have.
pub(super) fn commitment_value(books: &mut Books, _: usize) -> Option<()> {
    let pair = take(books, PairKind::Commitment, |books, pair| {
        matches!(
            books.contracts[pair.procore[0]].status,
            "Approved" | "Complete"
        )
    })?;
    let (contract, _, job) = parts(books, pair);
    let amount = books.dice.range(15, 90) * 10_000 + 500;
    let created = plus(books.plan.as_of, -40);
    let change = change(books, contract, amount, created, "approved");
    let mut records = both(books, pair);
    records.push(change_record(books, contract, change));
    books.finding(
        "R33",
        Some(job),
        amount,
        &[(job, "committed", amount)],
        records,
        "change order not on the purchase order",
    );
    Some(())
}

/// A prime change order in one system only.
pub(super) fn change_order_one_side(books: &mut Books, n: usize) -> Option<()> {
    let pair = any_prime(books)?;
    let job = books.pairs[pair].job;
    let contract = books.jobs[job].prime;
    let amount = books.dice.range(20, 200) * 10_000 + 700;
    let created = plus(books.plan.as_of, -60 - i64::try_from(n).unwrap_or(0));
    if n.is_multiple_of(2) {
        let at = change(books, contract, amount, created, "approved");
        let records = vec![change_record(books, contract, at)];
        books.finding(
            "R10",
            Some(job),
            amount,
            &[(job, "contract", amount)],
            records,
            "approved change order not in QuickBooks",
        );
    } else {
        let at = change(books, contract, amount, created, "pending");
        books.changes[at].potential = true;
        let mut estimate = books.blank(Kind::Estimate, plus(created, 4));
        estimate.customer = Some(books.jobs[job].qid);
        estimate.number = Some(format!(
            "E-{}-PCO{}",
            books.jobs[job].number, books.changes[at].number
        ));
        estimate.status = "Accepted";
        let mut line = books.account_line(job, 0, amount, "Change order");
        line.account = None;
        line.item = Some(PROGRESS_ITEM);
        estimate.lines.push(line);
        let estimate = books.post(estimate);
        let records = vec![
            quickbooks(books, estimate),
            procore("potential_change_order", books.changes[at].id),
        ];
        books.finding(
            "R10",
            Some(job),
            amount,
            &[(job, "contract", -amount)],
            records,
            "change order accepted in QuickBooks only",
        );
    }
    Some(())
}

/// A change order's record: the package where the project has no modern list.
pub(super) fn change_record(
    books: &Books,
    contract: usize,
    change: usize,
) -> crate::world::RecordRef {
    let (contract, change) = (&books.contracts[contract], &books.changes[change]);
    let prime = contract.kind == ContractKind::Prime;
    match (books.jobs[contract.job].tiers, change.package) {
        (crate::contractor::books::Tiers::LegacyOnly, Some(package)) => {
            procore("change_order_package", package)
        }
        _ if prime => procore("prime_change_order", change.id),
        _ => procore("commitment_change_order", change.id),
    }
}

/// A prime contract that no other planting has touched; it stays available.
pub(super) fn any_prime(books: &mut Books) -> Option<usize> {
    let list: Vec<usize> = books
        .by_kind
        .get(&PairKind::Prime)?
        .iter()
        .copied()
        .filter(|&at| books.pairs[at].free)
        .collect();
    (!list.is_empty()).then(|| list[books.dice.index(list.len())])
}

/// A budget transfer that QuickBooks' budget does not have.
pub(super) fn budget(books: &mut Books, _: usize) -> Option<()> {
    if !books.plan.budgets {
        return None;
    }
    let start = books.dice.index(books.jobs.len());
    let count = books.jobs.len();
    let (job, row) = (0..count).map(|n| (start + n) % count).find_map(|at| {
        let rows = &books.jobs[at].budget;
        // One difference per job and account, or the figure would be a sum of two.
        let untouched = rows
            .iter()
            .all(|row| row.original + row.modified == row.quickbooks);
        (untouched && !rows.is_empty() && !books.jobs[at].archived).then_some((at, rows.len() / 2))
    })?;
    let amount = books.dice.range(4, 30) * 50_000;
    books.jobs[job].budget[row].modified += amount;
    let id = books.jobs[job].budget[row].id;
    let records = vec![
        procore("budget_detail_row", id),
        entity("Budget", i64::try_from(job).unwrap_or(0) + 1),
    ];
    books.finding(
        "R44",
        Some(job),
        amount,
        &[],
        records,
        "budget change not in QuickBooks",
    );
    Some(())
}
