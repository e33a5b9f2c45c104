//! Reports that list postings: general ledger, journal, details and transaction list.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::grid::{Cell, Column, Row, Section, padded};
use super::source::{Side, account_name, memo, natural_sign, sides, split_account, type_name};
use super::{Parameters, Period, Report, party_name};
use crate::quickbooks::company::Company;
use crate::quickbooks::company::values::{date, flag, ref_id, text};
use crate::quickbooks::fault::Fault;
use crate::quickbooks::kind::{Key, Kind};
use crate::quickbooks::money::member_cents;

/// Column keys with their title and type.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("tx_date", "Date", "Date"),
    ("txn_type", "Transaction Type", "String"),
    ("doc_num", "Num", "String"),
    ("name", "Name", "String"),
    ("memo", "Memo/Description", "String"),
    ("split_acc", "Split", "String"),
    ("other_account", "Split", "String"),
    ("is_adj", "Adj", "String"),
    ("is_no_post", "Posting", "String"),
    ("account_name", "Account", "String"),
    ("account_num", "Account #", "String"),
    ("cust_name", "Customer", "String"),
    ("vend_name", "Vendor", "String"),
    ("emp_name", "Employee", "String"),
    ("item_name", "Product/Service", "String"),
    ("klass_name", "Class", "String"),
    ("dept_name", "Location", "String"),
    ("is_cleared", "Clr", "String"),
    ("create_date", "Create Date", "Date"),
    ("last_mod_date", "Last Modified", "Date"),
    ("due_date", "Due Date", "Date"),
    ("debt_amt", "Debit", "Money"),
    ("credit_amt", "Credit", "Money"),
    ("subt_nat_amount", "Amount", "Money"),
    ("nat_open_bal", "Open Balance", "Money"),
    ("rbal_nat_amount", "Balance", "Money"),
];

fn columns(parameters: &Parameters<'_>, default: &[&str]) -> Result<Vec<Column>, Fault> {
    let asked = parameters.get("columns").filter(|list| !list.is_empty());
    let keys: Vec<&str> = match asked {
        Some(list) => list.split(',').map(str::trim).collect(),
        None => default.to_vec(),
    };
    keys.into_iter()
        .map(|key| {
            let known = COLUMNS.iter().find(|row| row.0 == key);
            known
                .map(|row| Column::new(row.1, row.2, row.0))
                .ok_or_else(|| {
                    Fault::validation("2170", "Invalid Enumeration", format!("columns: {key}"))
                })
        })
        .collect()
}

fn cell(company: &Company, key: &str, side: &Side<'_>, running: i64) -> Cell {
    let posting = side.posting;
    let body = company.get(side.key.0, side.key.1).unwrap_or(&Value::Null);
    let named = |kind: Kind, id: Option<u64>| match id {
        Some(id) => Cell::with_id(company.name_of(kind, id).unwrap_or_default(), id),
        None => Cell::default(),
    };
    let of_party = |kind: Kind| {
        posting
            .party
            .filter(|party| party.0 == kind)
            .map(|party| party.1)
    };
    let natural = natural_sign(company, posting.account);
    match key {
        "tx_date" => Cell::text(side.date.to_string()),
        "txn_type" => Cell::with_id(type_name(company, side.key), side.key.1),
        "doc_num" => Cell::text(number_of(body)),
        "name" => match posting.party {
            Some(party) => Cell::with_id(party_name(company, party), party.1),
            None => Cell::default(),
        },
        "memo" => Cell::text(memo(company, side)),
        "split_acc" | "other_account" => {
            let (name, id) = split_account(company, side);
            id.map_or_else(
                || Cell::text(name.clone()),
                |id| Cell::with_id(name.clone(), id),
            )
        }
        "is_adj" => Cell::text(if flag(body, "Adjustment") == Some(true) {
            "Yes"
        } else {
            "No"
        }),
        "is_no_post" => Cell::text("Yes"),
        "account_name" => Cell::with_id(account_name(company, posting.account), posting.account),
        "account_num" => Cell::text(
            company
                .get(Kind::Account, posting.account)
                .map_or("", |body| text(body, "AcctNum")),
        ),
        "cust_name" => named(Kind::Customer, posting.customer),
        "vend_name" => named(Kind::Vendor, of_party(Kind::Vendor)),
        "emp_name" => named(Kind::Employee, of_party(Kind::Employee)),
        "item_name" => named(Kind::Item, posting.item),
        "klass_name" => named(Kind::Class, posting.class),
        "dept_name" => named(Kind::Department, posting.department),
        "create_date" => meta_day(body, "CreateTime"),
        "last_mod_date" => meta_day(body, "LastUpdatedTime"),
        "due_date" => Cell::text(
            date(body, "DueDate")
                .map(|d| d.to_string())
                .unwrap_or_default(),
        ),
        "debt_amt" if posting.cents > 0 => Cell::money(posting.cents),
        "credit_amt" if posting.cents < 0 => Cell::money(-posting.cents),
        "subt_nat_amount" => Cell::money(posting.cents * natural),
        "nat_open_bal" => Cell::money_or_blank(member_cents(body, "Balance")),
        "is_cleared" if company.is_reconciled(side.key) => Cell::text("R"),
        "rbal_nat_amount" => Cell::money(running * natural),
        _ => Cell::default(),
    }
}

fn number_of(body: &Value) -> &str {
    match text(body, "DocNumber") {
        "" => text(body, "PaymentRefNum"),
        number => number,
    }
}

fn meta_day(body: &Value, member: &str) -> Cell {
    let stamp = body.get("MetaData").map_or("", |meta| text(meta, member));
    Cell::text(stamp.get(..10).unwrap_or(""))
}

/// Accounts in statement order, each with its children below it.
pub(super) struct Chart {
    pub(super) tops: Vec<u64>,
    pub(super) children: BTreeMap<u64, Vec<u64>>,
}

pub(super) fn chart(company: &Company) -> Chart {
    let mut tops = Vec::new();
    let mut children: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (id, body) in company.accounts() {
        match ref_id(body, "ParentRef").filter(|p| company.get(Kind::Account, *p).is_some()) {
            Some(parent) => children.entry(parent).or_default().push(id),
            None => tops.push(id),
        }
    }
    let rank = |id: &u64| {
        let account_type = company
            .get(Kind::Account, *id)
            .map_or("", |body| text(body, "AccountType"));
        super::statements::TYPE_ORDER
            .iter()
            .position(|one| *one == account_type)
            .unwrap_or(99)
    };
    tops.sort_by_key(|id| (rank(id), *id));
    Chart { tops, children }
}

/// Debits, credits and net of some postings.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    debit: i64,
    credit: i64,
}

impl Sums {
    fn add(&mut self, cents: i64) {
        if cents > 0 {
            self.debit += cents
        } else {
            self.credit -= cents
        }
    }

    fn cells(self, company: &Company, columns: &[Column], label: Cell, account: u64) -> Vec<Cell> {
        let mut cells: Vec<Cell> = columns
            .iter()
            .map(|column| match column.key.as_str() {
                "debt_amt" => Cell::money(self.debit),
                "credit_amt" => Cell::money(self.credit),
                "subt_nat_amount" => {
                    Cell::money((self.debit - self.credit) * natural_sign(company, account))
                }
                _ => Cell::default(),
            })
            .collect();
        if let Some(first) = cells.first_mut() {
            *first = label;
        }
        cells
    }
}

struct LedgerRows<'a> {
    company: &'a Company,
    columns: &'a [Column],
    chart: Chart,
    beginning: BTreeMap<u64, i64>,
    leaves: BTreeMap<u64, Vec<Side<'a>>>,
}

impl LedgerRows<'_> {
    /// The section of one account with its children; `None` when nothing happened below it.
    fn section(&self, account: u64, depth: u8) -> Option<(Section, Sums)> {
        let name = company_label(self.company, account);
        let mut rows = Vec::new();
        let mut own = Sums::default();
        let mut running = self.beginning.get(&account).copied().unwrap_or(0);
        if running != 0 {
            rows.push(Row::data(self.beginning_cells(account, running)));
        }
        for side in self.leaves.get(&account).into_iter().flatten() {
            running += side.posting.cents;
            own.add(side.posting.cents);
            let cells = self
                .columns
                .iter()
                .map(|c| cell(self.company, &c.key, side, running))
                .collect();
            rows.push(Row::data(cells));
        }
        let mut all = own;
        let mut below = Vec::new();
        if depth > 0 {
            for child in self.chart.children.get(&account).into_iter().flatten() {
                if let Some((section, sums)) = self.section(*child, depth - 1) {
                    all.debit += sums.debit;
                    all.credit += sums.credit;
                    below.push(Row::Section(section));
                }
            }
        }
        if rows.is_empty() && below.is_empty() {
            return None;
        }
        let total = Cell::text(format!("Total for {name}"));
        let summary = if below.is_empty() {
            own.cells(self.company, self.columns, total, account)
        } else {
            if !rows.is_empty() {
                let cells = own.cells(self.company, self.columns, total, account);
                rows.push(Row::summary_only(cells, None));
            }
            let label = Cell::text(format!("Total for {name} with sub-accounts"));
            all.cells(self.company, self.columns, label, account)
        };
        rows.extend(below);
        let header = padded(Cell::with_id(name, account), self.columns.len());
        let section = Section {
            header: Some(header),
            rows: Some(rows),
            summary: Some(summary),
            group: None,
        };
        Some((section, all))
    }

    fn beginning_cells(&self, account: u64, cents: i64) -> Vec<Cell> {
        let natural = cents * natural_sign(self.company, account);
        let mut cells: Vec<Cell> = self
            .columns
            .iter()
            .map(|column| match column.key.as_str() {
                "debt_amt" if cents > 0 => Cell::money(cents),
                "credit_amt" if cents < 0 => Cell::money(-cents),
                "rbal_nat_amount" => Cell::money(natural),
                _ => Cell::default(),
            })
            .collect();
        if let Some(first) = cells.first_mut() {
            *first = Cell::text("Beginning Balance");
        }
        cells
    }
}

fn company_label(company: &Company, account: u64) -> String {
    let body = company.get(Kind::Account, account).unwrap_or(&Value::Null);
    text(body, "Name").to_owned()
}

fn collect<'a>(
    company: &'a Company,
    period: &'a Period,
    columns: &'a [Column],
    keep: impl Fn(u64) -> bool,
) -> LedgerRows<'a> {
    let mut beginning: BTreeMap<u64, i64> = BTreeMap::new();
    let mut leaves: BTreeMap<u64, Vec<Side<'a>>> = BTreeMap::new();
    for side in sides(company, period).filter(|side| keep(side.posting.account)) {
        let account = side.posting.account;
        if side.date >= period.start {
            leaves.entry(account).or_default().push(side);
        } else if period
            .counts_from(company, account)
            .is_none_or(|from| side.date >= from)
        {
            *beginning.entry(account).or_default() += side.posting.cents;
        }
    }
    for rows in leaves.values_mut() {
        rows.sort_by_key(|side| (side.date, side.key.1, side.posting.line));
    }
    LedgerRows {
        company,
        columns,
        chart: chart(company),
        beginning,
        leaves,
    }
}

pub(super) fn general_ledger(
    company: &Company,
    period: &Period,
    parameters: &Parameters<'_>,
) -> Result<Report, Fault> {
    let default = [
        "tx_date",
        "txn_type",
        "doc_num",
        "name",
        "memo",
        "split_acc",
        "is_adj",
        "subt_nat_amount",
        "rbal_nat_amount",
    ];
    let columns = columns(parameters, &default)?;
    let ledger = collect(company, period, &columns, |_| true);
    let rows = ledger
        .chart
        .tops
        .iter()
        .filter_map(|account| ledger.section(*account, 5))
        .map(|(section, _)| Row::Section(section))
        .collect();
    Ok(Report {
        rows,
        columns: columns.clone(),
        at_a_date: false,
        summarized_by: None,
    })
}

pub(super) fn profit_and_loss_detail(
    company: &Company,
    period: &Period,
    parameters: &Parameters<'_>,
) -> Result<Report, Fault> {
    let default = [
        "tx_date",
        "txn_type",
        "doc_num",
        "name",
        "memo",
        "split_acc",
        "subt_nat_amount",
        "rbal_nat_amount",
    ];
    let columns = columns(parameters, &default)?;
    let is_income_statement = |account| super::source::is_profit_and_loss(company, account);
    let mut ledger = collect(company, period, &columns, is_income_statement);
    ledger.beginning.clear();
    let mut net = 0;
    let mut rows = Vec::new();
    for account in &ledger.chart.tops {
        if let Some((section, sums)) = ledger.section(*account, 5) {
            net += sums.credit - sums.debit;
            rows.push(Row::Section(section));
        }
    }
    if !rows.is_empty() {
        let mut cells = padded(Cell::text("Net Income"), columns.len());
        for (cell, column) in cells.iter_mut().zip(&columns) {
            if column.key == "subt_nat_amount" {
                *cell = Cell::money(net);
            }
        }
        rows.push(Row::summary_only(cells, Some("NetIncome")));
    }
    Ok(Report {
        rows,
        columns: columns.clone(),
        at_a_date: false,
        summarized_by: None,
    })
}

pub(super) fn journal(
    company: &Company,
    period: &Period,
    parameters: &Parameters<'_>,
) -> Result<Report, Fault> {
    let default = [
        "tx_date",
        "txn_type",
        "doc_num",
        "name",
        "memo",
        "account_name",
        "debt_amt",
        "credit_amt",
    ];
    let columns = columns(parameters, &default)?;
    let mut found: Vec<Side<'_>> = sides(company, period)
        .filter(|side| side.date >= period.start)
        .collect();
    found.sort_by_key(|side| (side.date, side.key, side.posting.line));
    let mut rows = Vec::new();
    for group in found.chunk_by(|a, b| a.key == b.key) {
        let mut sums = Sums::default();
        for side in group {
            sums.add(side.posting.cents);
            let cells = columns
                .iter()
                .map(|c| cell(company, &c.key, side, 0))
                .collect();
            rows.push(Row::Data {
                cells,
                typed: false,
            });
        }
        let account = group.first().map_or(0, |side| side.posting.account);
        rows.push(Row::summary_only(
            sums.cells(company, &columns, Cell::default(), account),
            None,
        ));
    }
    Ok(Report {
        rows,
        columns,
        at_a_date: false,
        summarized_by: None,
    })
}

pub(super) fn transaction_list(
    company: &Company,
    period: &Period,
    parameters: &Parameters<'_>,
) -> Result<Report, Fault> {
    let default = [
        "tx_date",
        "txn_type",
        "doc_num",
        "is_no_post",
        "name",
        "memo",
        "account_name",
        "other_account",
        "subt_nat_amount",
    ];
    let columns = columns(parameters, &default)?;
    let wanted = parameters.get("transaction_type").map(|list| {
        list.split(',')
            .map(|one| one.trim().replace(' ', "").to_lowercase())
            .collect::<Vec<_>>()
    });
    let number = parameters.get("docnum");
    let admitted: BTreeSet<Key> = sides(company, period).map(|side| side.key).collect();
    let mut found: Vec<Side<'_>> = company
        .ledger()
        .entries()
        .filter(|(key, entry)| {
            entry.date >= period.start && entry.date <= period.end && admitted.contains(key)
        })
        .filter_map(|(key, entry)| {
            let posting = entry.postings.first()?;
            Some(Side {
                key: *key,
                date: entry.date,
                posting,
                all: &entry.postings,
            })
        })
        .filter(|side| {
            let by_type = wanted.as_ref().is_none_or(|list| {
                let is = type_name(company, side.key).replace(' ', "").to_lowercase();
                list.iter()
                    .any(|one| *one == is || one.eq_ignore_ascii_case(side.key.0.name()))
            });
            let body = company.get(side.key.0, side.key.1).unwrap_or(&Value::Null);
            by_type && number.is_none_or(|wanted| number_of(body) == wanted)
        })
        .collect();
    found.sort_by_key(|side| (side.date, side.key.1));
    let rows = found
        .iter()
        .map(|side| {
            let cells = columns
                .iter()
                .map(|c| cell(company, &c.key, side, 0))
                .collect();
            Row::data(cells)
        })
        .collect();
    Ok(Report {
        rows,
        columns,
        at_a_date: false,
        summarized_by: None,
    })
}
