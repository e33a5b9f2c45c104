//! Trial balance and profit and loss, and the account trees that all statements share.

use std::collections::BTreeMap;

use super::grid::{Cell, Column, Row, Section, padded};
use super::ledger_rows::{Chart, chart};
use super::source::{Side, account_name, is_profit_and_loss, natural_sign, sides};
use super::{Parameters, Period, Report};
use crate::quickbooks::company::Company;
use crate::quickbooks::company::values::{ref_id, text};
use crate::quickbooks::fault::Fault;
use crate::quickbooks::kind::Kind;

/// Account types in the order of the statements.
pub(super) const TYPE_ORDER: &[&str] = &[
    "Bank",
    "Accounts Receivable",
    "Other Current Asset",
    "Fixed Asset",
    "Other Asset",
    "Accounts Payable",
    "Credit Card",
    "Other Current Liability",
    "Long Term Liability",
    "Equity",
    "Income",
    "Cost of Goods Sold",
    "Expense",
    "Other Income",
    "Other Expense",
];

/// Balances at the end of the period, debit positive, and what earlier years left behind.
pub(super) struct Balances {
    pub(super) accounts: BTreeMap<u64, i64>,
    /// Profit of earlier fiscal years, credit positive.
    pub(super) earlier_profit: i64,
    /// Profit of this fiscal year to the end date, credit positive.
    pub(super) profit: i64,
}

pub(super) fn balances(company: &Company, period: &Period) -> Balances {
    let mut found = Balances {
        accounts: BTreeMap::new(),
        earlier_profit: 0,
        profit: 0,
    };
    for side in sides(company, period) {
        let account = side.posting.account;
        if is_profit_and_loss(company, account) {
            if side.date < period.fiscal_start {
                found.earlier_profit -= side.posting.cents;
                continue;
            }
            found.profit -= side.posting.cents;
        }
        *found.accounts.entry(account).or_default() += side.posting.cents;
    }
    found
}

pub(super) fn type_of(company: &Company, account: u64) -> &str {
    company
        .get(Kind::Account, account)
        .map_or("", |body| text(body, "AccountType"))
}

pub(super) fn retained_earnings(company: &Company) -> Option<u64> {
    company
        .accounts()
        .find(|(_, body)| text(body, "AccountSubType") == "RetainedEarnings")
        .map(|row| row.0)
}

pub(super) fn trial_balance(company: &Company, period: &Period) -> Report {
    let mut found = balances(company, period);
    let mut extra = None;
    if found.earlier_profit != 0 {
        match retained_earnings(company) {
            Some(id) => *found.accounts.entry(id).or_default() -= found.earlier_profit,
            None => extra = Some(("Retained Earnings".to_owned(), -found.earlier_profit)),
        }
    }
    let mut lines: Vec<(usize, u64, i64)> = found
        .accounts
        .iter()
        .filter(|row| *row.1 != 0)
        .map(|(id, cents)| {
            let of_type = type_of(company, *id);
            let rank = TYPE_ORDER
                .iter()
                .position(|one| *one == of_type)
                .unwrap_or(99);
            (rank, *id, *cents)
        })
        .collect();
    lines.sort_unstable();
    let (mut debits, mut credits) = (0, 0);
    let mut amounts = |cents: i64| {
        if cents > 0 {
            debits += cents;
            [Cell::money(cents), Cell::default()]
        } else {
            credits -= cents;
            [Cell::default(), Cell::money(-cents)]
        }
    };
    let mut rows = Vec::new();
    for (_, id, cents) in lines {
        let [debit, credit] = amounts(cents);
        let name = Cell::with_id(account_name(company, id), id);
        rows.push(Row::Data {
            cells: vec![name, debit, credit],
            typed: false,
        });
    }
    if let Some((name, cents)) = extra {
        let [debit, credit] = amounts(cents);
        rows.push(Row::Data {
            cells: vec![Cell::text(name), debit, credit],
            typed: false,
        });
    }
    if !rows.is_empty() {
        let total = vec![
            Cell::text("TOTAL"),
            Cell::money(debits),
            Cell::money(credits),
        ];
        rows.push(Row::summary_only(total, Some("GrandTotal")));
    }
    let columns = vec![
        Column::new("", "Account", "account"),
        Column::money("Debit", "debt_amt"),
        Column::money("Credit", "credit_amt"),
    ];
    Report {
        columns,
        rows,
        at_a_date: false,
        summarized_by: None,
    }
}

/// One bucket of a summarised statement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket {
    order: String,
    title: String,
    key: String,
}

fn bucket(company: &Company, by: &str, side: &Side<'_>) -> Result<Bucket, Fault> {
    let named = |kind: Kind, id: Option<u64>| match id {
        Some(id) => {
            let title = company.name_of(kind, id).unwrap_or_default();
            Bucket {
                order: title.clone(),
                title,
                key: id.to_string(),
            }
        }
        None => Bucket {
            order: "\u{10ffff}".to_owned(),
            title: "Not Specified".to_owned(),
            key: "0".to_owned(),
        },
    };
    let date = side.date;
    Ok(match by {
        "Month" => Bucket {
            order: date.strftime("%Y-%m").to_string(),
            title: date.strftime("%b %Y").to_string(),
            key: date.first_of_month().to_string(),
        },
        "Quarter" => {
            let quarter = (date.month() - 1) / 3 + 1;
            let title = format!("{} Q{quarter}", date.year());
            Bucket {
                order: title.clone(),
                key: title.clone(),
                title,
            }
        }
        "Year" => {
            let title = date.year().to_string();
            Bucket {
                order: title.clone(),
                key: title.clone(),
                title,
            }
        }
        "Customers" => named(Kind::Customer, side.posting.customer),
        "Vendors" => {
            let party = side.posting.party.filter(|party| party.0 == Kind::Vendor);
            named(Kind::Vendor, party.map(|party| party.1))
        }
        "Employees" => {
            let party = side.posting.party.filter(|party| party.0 == Kind::Employee);
            named(Kind::Employee, party.map(|party| party.1))
        }
        "Classes" => named(Kind::Class, side.posting.class),
        "Departments" => named(Kind::Department, side.posting.department),
        "ProductsAndServices" => named(Kind::Item, side.posting.item),
        other => {
            let detail = format!("summarize_column_by {other}");
            return Err(Fault::validation("2170", "Invalid Enumeration", detail));
        }
    })
}

/// Amounts of one account per column, in the account's natural sign.
pub(super) type Amounts = BTreeMap<u64, Vec<i64>>;

pub(super) fn profit_and_loss(
    company: &Company,
    period: &Period,
    parameters: &Parameters<'_>,
) -> Result<Report, Fault> {
    let by = parameters.get("summarize_column_by").unwrap_or("Total");
    let counted: Vec<Side<'_>> = sides(company, period)
        .filter(|side| {
            side.date >= period.start && is_profit_and_loss(company, side.posting.account)
        })
        .collect();
    let mut buckets = Vec::new();
    let mut placed = Vec::new();
    if by != "Total" {
        for side in &counted {
            placed.push(bucket(company, by, side)?);
        }
        buckets = placed.clone();
        buckets.sort();
        buckets.dedup();
    }
    let parents = if by == "Customers" {
        parent_totals(company, &buckets)
    } else {
        Vec::new()
    };
    let width = buckets.len() + parents.len() + 1;
    let mut amounts = Amounts::new();
    for (at, side) in counted.iter().enumerate() {
        let account = side.posting.account;
        let cents = side.posting.cents * natural_sign(company, account);
        let row = amounts.entry(account).or_insert_with(|| vec![0; width]);
        if let Some(position) = placed
            .get(at)
            .and_then(|own| buckets.binary_search(own).ok())
        {
            row[position] += cents;
            for (extra, (_, members)) in parents.iter().enumerate() {
                if members.contains(&position) {
                    row[buckets.len() + extra] += cents;
                }
            }
        }
        row[width - 1] += cents;
    }
    let mut columns = vec![Column::new("", "Account", "account")];
    columns.extend(
        buckets
            .iter()
            .map(|bucket| Column::money(&bucket.title, &bucket.key)),
    );
    columns.extend(
        parents
            .iter()
            .map(|(title, _)| Column::money(&format!("Total {title}"), &format!("total {title}"))),
    );
    columns.push(Column::money(
        if by == "Total" { "Total" } else { "TOTAL" },
        "total",
    ));
    let rows = if amounts.is_empty() {
        Vec::new()
    } else {
        statement(company, &amounts, width)
    };
    Ok(Report {
        columns,
        rows,
        at_a_date: false,
        summarized_by: Some(by.to_owned()),
    })
}

/// Parents get a further column with the sum of their jobs: adding all columns counts twice.
fn parent_totals(company: &Company, buckets: &[Bucket]) -> Vec<(String, Vec<usize>)> {
    let mut totals: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, bucket) in buckets.iter().enumerate() {
        let Ok(id) = bucket.key.parse() else { continue };
        let parent = company
            .get(Kind::Customer, id)
            .and_then(|body| ref_id(body, "ParentRef"));
        if let Some(name) = parent.and_then(|id| company.name_of(Kind::Customer, id)) {
            totals.entry(name).or_default().push(at);
        }
    }
    for (name, members) in &mut totals {
        members.extend(
            buckets
                .iter()
                .enumerate()
                .filter(|(_, b)| b.title == *name)
                .map(|(at, _)| at),
        );
    }
    totals.into_iter().collect()
}

fn statement(company: &Company, amounts: &Amounts, width: usize) -> Vec<Row> {
    let chart = chart(company);
    let mut rows = Vec::new();
    let of = |title: &str, account_type: &str, group| {
        let (row, sums) = type_section(company, &chart, amounts, width, account_type, title, group);
        (row, sums)
    };
    let (income_row, income) = of("Income", "Income", "Income");
    let (cost_row, cost) = of("Cost of Goods Sold", "Cost of Goods Sold", "COGS");
    let (expense_row, expense) = of("Expenses", "Expense", "Expenses");
    let (other_income_row, other_income) = of("Other Income", "Other Income", "OtherIncome");
    let (other_expense_row, other_expense) = of("Other Expenses", "Other Expense", "OtherExpenses");
    let minus =
        |a: &[i64], b: &[i64]| -> Vec<i64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let plus = |a: &[i64], b: &[i64]| -> Vec<i64> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
    let total = |title: &str, sums: &[i64], group| {
        let mut cells = vec![Cell::text(title)];
        cells.extend(sums.iter().map(|cents| Cell::money(*cents)));
        Row::summary_only(cells, Some(group))
    };
    let gross = minus(&income, &cost);
    let operating = minus(&gross, &expense);
    let other = minus(&other_income, &other_expense);
    rows.extend(income_row);
    rows.extend(cost_row);
    rows.push(total("Gross Profit", &gross, "GrossProfit"));
    rows.extend(expense_row);
    rows.push(total(
        "Net Operating Income",
        &operating,
        "NetOperatingIncome",
    ));
    let has_other = other_income_row.is_some() || other_expense_row.is_some();
    rows.extend(other_income_row);
    rows.extend(other_expense_row);
    if has_other {
        rows.push(total("Net Other Income", &other, "NetOtherIncome"));
    }
    rows.push(total("Net Income", &plus(&operating, &other), "NetIncome"));
    rows
}

/// All accounts of one type; absent when none has an amount.
pub(super) fn type_section(
    company: &Company,
    chart: &Chart,
    amounts: &Amounts,
    width: usize,
    account_type: &str,
    title: &str,
    group: &'static str,
) -> (Option<Row>, Vec<i64>) {
    let mut sums = vec![0; width];
    let mut rows = Vec::new();
    for account in &chart.tops {
        if type_of(company, *account) == account_type
            && let Some((row, own)) = tree(company, chart, amounts, width, *account, 5)
        {
            sums.iter_mut().zip(&own).for_each(|(sum, own)| *sum += own);
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return (None, sums);
    }
    let mut summary = vec![Cell::text(format!("Total {title}"))];
    summary.extend(sums.iter().map(|cents| Cell::money(*cents)));
    let section = Section {
        header: Some(padded(Cell::text(title), width + 1)),
        rows: Some(rows),
        summary: Some(summary),
        group: Some(group),
    };
    (Some(Row::Section(section)), sums)
}

fn tree(
    company: &Company,
    chart: &Chart,
    amounts: &Amounts,
    width: usize,
    account: u64,
    depth: u8,
) -> Option<(Row, Vec<i64>)> {
    let own = amounts.get(&account);
    let mut sums = own.cloned().unwrap_or_else(|| vec![0; width]);
    let mut below = Vec::new();
    if depth > 0 {
        for child in chart.children.get(&account).into_iter().flatten() {
            if let Some((row, of_child)) = tree(company, chart, amounts, width, *child, depth - 1) {
                sums.iter_mut()
                    .zip(&of_child)
                    .for_each(|(sum, more)| *sum += more);
                below.push(row);
            }
        }
    }
    let name = company
        .get(Kind::Account, account)
        .map_or("", |body| text(body, "Name"));
    let label = Cell::with_id(name, account);
    if below.is_empty() {
        let amounts = own?;
        let mut cells = vec![label];
        cells.extend(amounts.iter().map(|cents| Cell::money_or_blank(*cents)));
        return Some((Row::data(cells), sums));
    }
    let mut header = vec![label];
    match own {
        Some(amounts) => header.extend(amounts.iter().map(|cents| Cell::money_or_blank(*cents))),
        None => header.resize(width + 1, Cell::default()),
    }
    let mut summary = vec![Cell::text(format!("Total {name}"))];
    summary.extend(sums.iter().map(|cents| Cell::money(*cents)));
    let section = Section {
        header: Some(header),
        rows: Some(below),
        summary: Some(summary),
        group: None,
    };
    Some((Row::Section(section), sums))
}
