//! Statements of what is there and where it went: balance sheet, cash flow, account list.

use std::collections::BTreeMap;

use serde_json::Value;

use super::grid::{Cell, Column, Row, Section, padded};
use super::ledger_rows::chart;
use super::source::{account_name, is_profit_and_loss, natural_sign, sides};
use super::statements::{Amounts, balances, retained_earnings, type_of, type_section};
use super::{Period, Report};
use crate::quickbooks::company::Company;
use crate::quickbooks::company::values::text;

pub(super) fn balance_sheet(company: &Company, period: &Period) -> Report {
    let found = balances(company, period);
    let chart = chart(company);
    let mut amounts: Amounts = found
        .accounts
        .iter()
        .filter(|row| *row.1 != 0 && !is_profit_and_loss(company, *row.0))
        .map(|(id, cents)| (*id, vec![cents * natural_sign(company, *id)]))
        .collect();
    let mut loose = Vec::new();
    if found.earlier_profit != 0 {
        match retained_earnings(company) {
            Some(id) => amounts.entry(id).or_insert_with(|| vec![0])[0] += found.earlier_profit,
            None => loose.push(("Retained Earnings", found.earlier_profit)),
        }
    }
    loose.push(("Net Income", found.profit));
    let of = |account_type, title, group| {
        type_section(company, &chart, &amounts, 1, account_type, title, group)
    };
    let mut sides = [(Vec::new(), 0), (Vec::new(), 0)];
    let parts = [
        (0, "Bank", "Bank Accounts", "BankAccounts"),
        (0, "Accounts Receivable", "Accounts Receivable", "AR"),
        (
            0,
            "Other Current Asset",
            "Other Current Assets",
            "OtherCurrentAssets",
        ),
        (0, "Fixed Asset", "Fixed Assets", "FixedAssets"),
        (0, "Other Asset", "Other Assets", "OtherAssets"),
        (1, "Accounts Payable", "Accounts Payable", "AP"),
        (1, "Credit Card", "Credit Cards", "CreditCards"),
        (
            1,
            "Other Current Liability",
            "Other Current Liabilities",
            "OtherCurrentLiabilities",
        ),
        (
            1,
            "Long Term Liability",
            "Long-Term Liabilities",
            "LongTermLiabilities",
        ),
        (1, "Equity", "Equity", "Equity"),
    ];
    for (side, account_type, title, group) in parts {
        let (row, sums) = of(account_type, title, group);
        sides[side].0.extend(row);
        sides[side].1 += sums.first().copied().unwrap_or(0);
    }
    for (title, cents) in loose.into_iter().filter(|row| row.1 != 0) {
        sides[1].0.push(Row::Data {
            cells: vec![Cell::text(title), Cell::money(cents)],
            typed: false,
        });
        sides[1].1 += cents;
    }
    let titles = [
        ("ASSETS", "TotalAssets"),
        ("LIABILITIES AND EQUITY", "TotalLiabilitiesAndEquity"),
    ];
    let rows = sides
        .into_iter()
        .zip(titles)
        .filter(|((rows, _), _)| !rows.is_empty())
        .map(|((rows, cents), (title, group))| {
            Row::Section(Section {
                header: Some(padded(Cell::text(title), 2)),
                rows: Some(rows),
                summary: Some(vec![
                    Cell::text(format!("TOTAL {title}")),
                    Cell::money(cents),
                ]),
                group: Some(group),
            })
        })
        .collect();
    let columns = vec![
        Column::new("", "Account", "account"),
        Column::money("Total", "total"),
    ];
    Report {
        columns,
        rows,
        at_a_date: true,
        summarized_by: Some("Total".to_owned()),
    }
}

/// Indirect cash flow: profit, and what the other balance sheet accounts tied up or released.
pub(super) fn cash_flow(company: &Company, period: &Period) -> Report {
    let mut moved: BTreeMap<u64, i64> = BTreeMap::new();
    let (mut profit, mut opening) = (0, 0);
    for side in sides(company, period) {
        let account = side.posting.account;
        let cents = side.posting.cents;
        if side.date < period.start {
            if type_of(company, account) == "Bank" {
                opening += cents;
            }
        } else if is_profit_and_loss(company, account) {
            profit -= cents;
        } else {
            *moved.entry(account).or_default() -= cents;
        }
    }
    let mut rows = Vec::new();
    let mut net = profit;
    let line = |title: String, id: Option<u64>, cents: i64| {
        let mut label = Cell::text(title);
        label.id = id.map(|id| id.to_string());
        Row::data(vec![label, Cell::money(cents)])
    };
    let parts = [
        ("OPERATING ACTIVITIES", "OperatingActivities"),
        ("INVESTING ACTIVITIES", "InvestingActivities"),
        ("FINANCING ACTIVITIES", "FinancingActivities"),
    ];
    for (at, (title, group)) in parts.into_iter().enumerate() {
        let mut inner = Vec::new();
        let mut sum = 0;
        if at == 0 {
            inner.push(line("Net Income".to_owned(), None, profit));
            sum = profit;
        }
        for (id, cents) in moved.iter().filter(|row| *row.1 != 0) {
            let part = match type_of(company, *id) {
                "Bank" => continue,
                "Fixed Asset" | "Other Asset" => 1,
                "Long Term Liability" | "Equity" => 2,
                _ => 0,
            };
            if part == at {
                inner.push(line(account_name(company, *id), Some(*id), *cents));
                sum += cents;
                net += cents;
            }
        }
        rows.push(Row::Section(Section {
            header: Some(padded(Cell::text(title), 2)),
            rows: Some(inner),
            summary: Some(vec![
                Cell::text(format!("Net cash provided by {}", title.to_lowercase())),
                Cell::money(sum),
            ]),
            group: Some(group),
        }));
    }
    let total = |title: &str, cents: i64, group| {
        Row::summary_only(vec![Cell::text(title), Cell::money(cents)], Some(group))
    };
    rows.push(total("Net cash increase for period", net, "CashIncrease"));
    rows.push(total(
        "Cash at beginning of period",
        opening,
        "BeginningCash",
    ));
    rows.push(total("Cash at end of period", opening + net, "EndingCash"));
    let columns = vec![
        Column::new("", "Account", "account"),
        Column::money("Total", "total"),
    ];
    Report {
        columns,
        rows,
        at_a_date: false,
        summarized_by: None,
    }
}

pub(super) fn account_list(company: &Company) -> Report {
    let columns = vec![
        Column::new("Account", "String", "account_name"),
        Column::new("Type", "String", "account_type"),
        Column::new("Detail type", "String", "detail_acc_type"),
        Column::new("Description", "String", "account_desc"),
        Column::money("Balance", "account_bal"),
    ];
    let rows = company
        .accounts()
        .map(|(id, body)| {
            let balance = company.ledger().account_balance(id) * natural_sign(company, id);
            Row::data(vec![
                Cell::with_id(account_name(company, id), id),
                Cell::text(text(body, "AccountType")),
                Cell::text(text(body, "AccountSubType")),
                Cell::text(
                    body.get("Description")
                        .and_then(Value::as_str)
                        .unwrap_or(""),
                ),
                Cell::money(balance),
            ])
        })
        .collect();
    Report {
        columns,
        rows,
        at_a_date: true,
        summarized_by: None,
    }
}
