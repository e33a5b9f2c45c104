//! Who owes what since when, as of any date, rebuilt from the links.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::Value;

use super::grid::{Cell, Column, Row, Section, padded};
use super::source::type_name;
use super::{Parameters, Period, Report, party_name};
use crate::quickbooks::company::Company;
use crate::quickbooks::company::ledger::{Link, Side};
use crate::quickbooks::company::values::{date, ref_id, text};
use crate::quickbooks::kind::{Key, Kind};

const BUCKETS: usize = 5;

/// One document that is open on the report date.
struct OpenItem {
    key: Key,
    party: Key,
    dated: Date,
    due: Date,
    original: i64,
    open: i64,
    bucket: usize,
}

fn side_of(name: &str) -> Side {
    if name.contains("Payable") || name.starts_with("Vendor") {
        Side::Payable
    } else {
        Side::Receivable
    }
}

/// Open amounts on the report date: what was dated by then, less what was applied by then.
fn open_items(
    company: &Company,
    period: &Period,
    side: Side,
    parameters: &Parameters<'_>,
) -> Vec<OpenItem> {
    let ledger = company.ledger();
    let by = period.end;
    let dated = |key: Key| {
        ledger
            .entry(key)
            .map(|entry| entry.date)
            .filter(|date| *date <= by)
    };
    let mut open: BTreeMap<Key, (Key, i64)> = BTreeMap::new();
    for (key, party) in ledger.items(side) {
        if dated(key).is_some()
            && let Some(party) = party
        {
            open.insert(key, (party, ledger.original_total(key, side)));
        }
    }
    let originals: BTreeMap<Key, i64> = open.iter().map(|(key, item)| (*key, item.1)).collect();
    let payers: Vec<Key> = originals.keys().copied().collect();
    for payer in payers {
        for link in ledger.links_of(payer) {
            let Link::Applies {
                target,
                cents,
                side: of,
            } = link
            else {
                continue;
            };
            let Some(original) = originals.get(target).filter(|_| *of == side) else {
                continue;
            };
            let toward = if *original < 0 { *cents } else { -*cents };
            if let Some(item) = open.get_mut(target) {
                item.1 += toward;
            }
            if let Some(item) = open.get_mut(&payer) {
                item.1 -= toward;
            }
        }
    }
    apply_zero_payers(company, side, by, &originals, &mut open);
    let aged_at = if parameters.get("aging_method") == Some("Current") {
        period.today
    } else {
        by
    };
    let days_per: i64 = parameters
        .get("aging_period")
        .and_then(|days| days.parse().ok())
        .unwrap_or(30);
    let mut items: Vec<OpenItem> = open
        .into_iter()
        .filter(|(_, (party, cents))| *cents != 0 && period.admits_party(*party))
        .filter_map(|(key, (party, cents))| {
            let body = company.get(key.0, key.1).unwrap_or(&Value::Null);
            let dated = dated(key)?;
            let due = date(body, "DueDate").unwrap_or(dated);
            let late = i64::from(aged_at.since(due).ok()?.get_days());
            let bucket = match late {
                ..=0 => 0,
                late => usize::try_from((late - 1) / days_per.max(1)).ok()?.min(3) + 1,
            };
            let original = originals.get(&key).copied().unwrap_or(0);
            Some(OpenItem {
                key,
                party,
                dated,
                due,
                original,
                open: cents,
                bucket,
            })
        })
        .collect();
    items.sort_by_key(|item| (item.due, item.key.1, item.key.0));
    items
}

/// Payments over zero only link other documents; they have no amount of their own to hold.
fn apply_zero_payers(
    company: &Company,
    side: Side,
    by: Date,
    originals: &BTreeMap<Key, i64>,
    open: &mut BTreeMap<Key, (Key, i64)>,
) {
    let ledger = company.ledger();
    let (kind, of) = match side {
        Side::Receivable => (Kind::Payment, Side::Receivable),
        Side::Payable => (Kind::BillPayment, Side::Payable),
    };
    for (id, body) in company.rows(kind) {
        let key = (kind, id);
        if originals.contains_key(&key) || date(body, "TxnDate").is_none_or(|day| day > by) {
            continue;
        }
        for link in ledger.links_of(key) {
            let Link::Applies {
                target,
                cents,
                side: at,
            } = link
            else {
                continue;
            };
            let Some(original) = originals.get(target).filter(|_| *at == of) else {
                continue;
            };
            if let Some(item) = open.get_mut(target) {
                item.1 += if *original < 0 { *cents } else { -*cents };
            }
        }
    }
}

fn add(into: &mut [i64; BUCKETS + 1], other: &[i64; BUCKETS + 1]) {
    into.iter_mut()
        .zip(other)
        .for_each(|(sum, more)| *sum += more);
}

pub(super) fn summary(
    company: &Company,
    period: &Period,
    name: &str,
    parameters: &Parameters<'_>,
) -> Report {
    let side = side_of(name);
    let aged = name.starts_with("Aged");
    let mut sums: BTreeMap<Key, [i64; BUCKETS + 1]> = BTreeMap::new();
    for item in open_items(company, period, side, parameters) {
        let row = sums.entry(item.party).or_default();
        row[item.bucket] += item.open;
        row[BUCKETS] += item.open;
    }
    let cells = |label: Cell, amounts: &[i64; BUCKETS + 1]| {
        let mut cells = vec![label];
        if aged {
            cells.extend(amounts.iter().map(|cents| Cell::money_or_blank(*cents)));
        } else {
            cells.push(Cell::money(amounts[BUCKETS]));
        }
        cells
    };
    let mut columns = vec![if side == Side::Receivable {
        Column::new("", "Customer", "customer")
    } else {
        Column::new("", "Vendor", "vendor")
    }];
    if aged {
        let titles = ["Current", "1 - 30", "31 - 60", "61 - 90", "91 and over"];
        let keys = ["current", "1", "2", "3", "4"];
        columns.extend(
            titles
                .iter()
                .zip(keys)
                .map(|(title, key)| Column::money(title, key)),
        );
    }
    columns.push(Column::money("Total", "total"));
    let width = columns.len();
    // Jobs stand under their parent, which may have a balance of its own or none.
    let mut families: BTreeMap<(String, Key), Vec<Key>> = BTreeMap::new();
    for party in sums.keys() {
        let top = top_of(company, *party);
        families
            .entry((party_name(company, top), top))
            .or_default()
            .push(*party);
    }
    let mut total = [0; BUCKETS + 1];
    let mut rows = Vec::new();
    for ((name, top), members) in families {
        let mut family = [0; BUCKETS + 1];
        for member in &members {
            add(&mut family, &sums[member]);
        }
        add(&mut total, &family);
        if members == [top] {
            rows.push(Row::Data {
                cells: cells(Cell::with_id(name, top.1), &family),
                typed: false,
            });
            continue;
        }
        let header = match sums.get(&top) {
            Some(own) => cells(Cell::with_id(name.clone(), top.1), own),
            None => padded(Cell::with_id(name.clone(), top.1), width),
        };
        let jobs = members
            .iter()
            .filter(|member| **member != top)
            .map(|member| {
                let label = company
                    .get(member.0, member.1)
                    .map_or("", |body| text(body, "DisplayName"))
                    .to_owned();
                Row::Data {
                    cells: cells(Cell::with_id(label, member.1), &sums[member]),
                    typed: false,
                }
            });
        rows.push(Row::Section(Section {
            header: Some(header),
            rows: Some(jobs.collect()),
            summary: Some(cells(Cell::text(format!("Total {name}")), &family)),
            group: None,
        }));
    }
    if !rows.is_empty() {
        rows.push(Row::summary_only(
            cells(Cell::text("TOTAL"), &total),
            Some("GrandTotal"),
        ));
    }
    Report {
        columns,
        rows,
        at_a_date: true,
        summarized_by: None,
    }
}

fn top_of(company: &Company, party: Key) -> Key {
    let mut at = party;
    for _ in 0..5 {
        match company
            .get(at.0, at.1)
            .and_then(|body| ref_id(body, "ParentRef"))
        {
            Some(parent) => at = (party.0, parent),
            None => break,
        }
    }
    at
}

pub(super) fn detail(
    company: &Company,
    period: &Period,
    name: &str,
    parameters: &Parameters<'_>,
) -> Report {
    let side = side_of(name);
    let party_key = if side == Side::Receivable {
        "cust_name"
    } else {
        "vend_name"
    };
    let party_title = if side == Side::Receivable {
        "Customer"
    } else {
        "Vendor"
    };
    let columns = vec![
        Column::new("Date", "Date", "tx_date"),
        Column::new("Transaction Type", "String", "txn_type"),
        Column::new("Num", "String", "doc_num"),
        Column::new(party_title, "String", party_key),
        Column::new("Due Date", "Date", "due_date"),
        Column::money("Amount", "subt_amount"),
        Column::money("Open Balance", "subt_open_bal"),
    ];
    let titles = [
        "Current",
        "1 - 30 days past due",
        "31 - 60 days past due",
        "61 - 90 days past due",
        "91 or more days past due",
    ];
    let items = open_items(company, period, side, parameters);
    let mut rows = Vec::new();
    for (bucket, title) in titles.into_iter().enumerate().rev() {
        let inside: Vec<&OpenItem> = items.iter().filter(|item| item.bucket == bucket).collect();
        if inside.is_empty() {
            continue;
        }
        let leaves = inside.iter().map(|item| {
            let body = company.get(item.key.0, item.key.1).unwrap_or(&Value::Null);
            let number = match text(body, "DocNumber") {
                "" => text(body, "PaymentRefNum"),
                number => number,
            };
            Row::data(vec![
                Cell::text(item.dated.to_string()),
                Cell::with_id(type_name(company, item.key), item.key.1),
                Cell::text(number),
                Cell::with_id(party_name(company, item.party), item.party.1),
                Cell::text(item.due.to_string()),
                Cell::money(item.original),
                Cell::money(item.open),
            ])
        });
        rows.push(Row::Section(Section {
            header: Some(padded(Cell::text(title), columns.len())),
            rows: Some(leaves.collect()),
            summary: None,
            group: None,
        }));
        let total = |pick: fn(&OpenItem) -> i64| -> i64 { inside.iter().map(|i| pick(i)).sum() };
        let mut cells = padded(Cell::text(format!("Total for {title}")), 5);
        cells.push(Cell::money(total(|item| item.original)));
        cells.push(Cell::money(total(|item| item.open)));
        rows.push(Row::header_only(cells));
    }
    if !rows.is_empty() {
        let mut cells = padded(Cell::text("TOTAL"), 5);
        cells.push(Cell::money(items.iter().map(|item| item.original).sum()));
        cells.push(Cell::money(items.iter().map(|item| item.open).sum()));
        rows.push(Row::summary_only(cells, Some("GrandTotal")));
    }
    Report {
        columns,
        rows,
        at_a_date: true,
        summarized_by: None,
    }
}
