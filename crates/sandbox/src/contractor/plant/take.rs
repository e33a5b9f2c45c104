//! Choosing untouched documents, and taking payments or counterparts away from them.

use jiff::civil::Date;

use crate::contractor::books::{Books, Kind, Pair, PairKind, Presence};
use crate::world::RecordRef;

/// A Procore record as evidence.
pub(crate) fn procore(kind: &str, id: i64) -> RecordRef {
    RecordRef {
        system: "procore".to_string(),
        kind: kind.to_string(),
        id: id.to_string(),
    }
}

/// A QuickBooks transaction as evidence.
pub(crate) fn quickbooks(books: &Books, txn: usize) -> RecordRef {
    let txn = &books.txns[txn];
    entity(txn.kind.entity(), txn.id)
}

/// Any QuickBooks entity as evidence.
pub(crate) fn entity(kind: &str, id: i64) -> RecordRef {
    RecordRef {
        system: "quickbooks".to_string(),
        kind: kind.to_string(),
        id: id.to_string(),
    }
}

/// Takes a random untouched pair of a kind that satisfies the condition.
pub(crate) fn take(
    books: &mut Books,
    kind: PairKind,
    wanted: impl Fn(&Books, &Pair) -> bool,
) -> Option<usize> {
    let count = books.by_kind.get(&kind)?.len();
    let start = books.dice.index(count);
    let list = &books.by_kind[&kind];
    let found = (0..count).map(|n| list[(start + n) % count]).find(|&at| {
        let pair = &books.pairs[at];
        // A linked document would be a case of its own (deleted under a link).
        pair.free && pair.quickbooks.len() == 1 && !linked(books, pair) && wanted(books, pair)
    })?;
    books.pairs[found].free = false;
    Some(found)
}

fn linked(books: &Books, pair: &Pair) -> bool {
    let at = pair.procore[0];
    match pair.kind {
        PairKind::PayApplication => books.pay_apps[at].origin.is_some(),
        PairKind::Requisition => books.requisitions[at].origin.is_some(),
        PairKind::Commitment | PairKind::Prime => books.contracts[at].origin.is_some(),
        _ => books.directs[at].origin.is_some(),
    }
}

/// The Procore date of a pair's document.
pub(crate) fn date_of(books: &Books, pair: &Pair) -> Date {
    let at = pair.procore[0];
    match pair.kind {
        PairKind::PayApplication => books.pay_apps[at].date,
        PairKind::Requisition => books.requisitions[at].date,
        PairKind::Commitment | PairKind::Prime => books.contracts[at].date,
        _ => books.directs[at].date,
    }
}

/// Older than any grace or window, so that only the planted difference speaks.
pub(crate) fn settled_age(books: &Books, pair: &Pair) -> bool {
    books.age(date_of(books, pair)) >= 14
}

/// A direct cost of type invoice with its bill, old enough.
pub(crate) fn take_invoice(books: &mut Books) -> Option<usize> {
    take(books, PairKind::DirectInvoice, settled_age)
}

/// A direct cost of type expense with its check or card charge, old enough.
pub(crate) fn take_expense(books: &mut Books) -> Option<usize> {
    take(books, PairKind::DirectExpense, settled_age)
}

/// Paid once, on both sides, by a payment that pays nothing else.
pub(crate) fn paid_alone(books: &Books, pair: &Pair) -> bool {
    let single = |txn: usize| {
        let txn = &books.txns[txn];
        txn.presence == Presence::Live && txn.lines.len() == 1
    };
    pair.payments.len() == 1 && pair.paid_by.len() == 1 && single(pair.paid_by[0])
}

/// Makes a document unpaid on both sides, as if it had never been settled.
pub(crate) fn unpay(books: &mut Books, pair: usize) {
    let document = books.pairs[pair].quickbooks[0];
    for payment in std::mem::take(&mut books.pairs[pair].payments) {
        books.payments[payment].absent = true;
    }
    for txn in std::mem::take(&mut books.pairs[pair].paid_by) {
        remove_application(books, txn, document);
    }
    if books.pairs[pair].kind == PairKind::DirectInvoice {
        let at = books.pairs[pair].procore[0];
        books.directs[at].payment_date = None;
    }
}

/// Takes one document out of a payment; a payment of nothing disappears with its deposit.
pub(crate) fn remove_application(books: &mut Books, payment: usize, document: usize) {
    let txn = &mut books.txns[payment];
    txn.lines.retain(|line| line.link != Some(document));
    let total = txn.lines.iter().map(|line| line.amount).sum();
    txn.total = Some(total);
    if txn.lines.is_empty() {
        vanish(books, payment);
    } else if let Some(deposit) = deposit_of(books, payment) {
        books.txns[deposit].lines[0].amount = total;
    }
}

/// A transaction that was never entered, and its deposit.
pub(crate) fn vanish(books: &mut Books, txn: usize) {
    if let Some(deposit) = deposit_of(books, txn) {
        books.txns[deposit].presence = Presence::Absent;
    }
    books.txns[txn].presence = Presence::Absent;
}

/// The deposit that holds a payment; it is entered right after the payment.
pub(crate) fn deposit_of(books: &Books, payment: usize) -> Option<usize> {
    let next = books.txns.get(payment + 1)?;
    let holds =
        next.kind == Kind::Deposit && next.lines.iter().any(|line| line.link == Some(payment));
    holds.then_some(payment + 1)
}

/// Removes the QuickBooks side of a pair altogether.
pub(crate) fn lose(books: &mut Books, pair: usize) -> usize {
    unpay(books, pair);
    let txn = books.pairs[pair].quickbooks[0];
    vanish(books, txn);
    books.pairs[pair].quickbooks.clear();
    txn
}

/// The evidence of a pair: Procore's record first.
pub(crate) fn both(books: &Books, pair: usize) -> Vec<RecordRef> {
    let pair = &books.pairs[pair];
    let at = pair.procore[0];
    let record = match pair.kind {
        PairKind::PayApplication => procore("payment_application", books.pay_apps[at].id),
        PairKind::Requisition => procore("requisition", books.requisitions[at].id),
        PairKind::Commitment | PairKind::Prime => {
            let contract = &books.contracts[at];
            procore(
                crate::contractor::truth::contract_kind(contract.kind),
                contract.id,
            )
        }
        _ => procore("direct_cost", books.directs[at].id),
    };
    std::iter::once(record)
        .chain(pair.quickbooks.iter().map(|&txn| quickbooks(books, txn)))
        .collect()
}

/// Effects of a missing (+1) or surplus (-1) subcontractor bill.
pub(crate) fn bill_effects(
    books: &Books,
    job: usize,
    gross: i64,
    withheld: i64,
    sign: i64,
) -> [(usize, &'static str, i64); 2] {
    let cost = if books.gross() {
        gross
    } else {
        gross - withheld
    };
    [
        (job, "cost", sign * cost),
        (job, "retainage_payable", sign * withheld),
    ]
}

/// Effects of a missing (+1) or surplus (-1) customer invoice.
pub(crate) fn invoice_effects(
    job: usize,
    gross: i64,
    withheld: i64,
    sign: i64,
) -> [(usize, &'static str, i64); 2] {
    [
        (job, "billed", sign * (gross - withheld)),
        (job, "retainage", sign * withheld),
    ]
}
