//! Reports, computed from the ledger and shaped as the vendor shapes them.
//!
//! Only accrual figures exist here: a request for cash basis is refused rather than answered
//! with accrual figures under a cash heading.

mod aging;
mod grid;
mod ledger_rows;
mod position;
mod source;
mod statements;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan, civil::Date};
use serde_json::{Map, Value, json};

use super::clock;
use super::company::Company;
use super::company::values::text;
use super::fault::Fault;
use grid::{Column, Row};
use source::Side;

/// The time and the filters that a report covers.
#[derive(Debug, Clone)]
pub(super) struct Period {
    pub(super) start: Date,
    pub(super) end: Date,
    pub(super) fiscal_start: Date,
    pub(super) today: Date,
    customers: BTreeSet<u64>,
    vendors: BTreeSet<u64>,
    classes: BTreeSet<u64>,
    departments: BTreeSet<u64>,
    accounts: BTreeSet<u64>,
}

/// A finished report before its envelope.
struct Report {
    columns: Vec<Column>,
    rows: Vec<Row>,
    /// Balance sheets and aging reports have no start.
    at_a_date: bool,
    summarized_by: Option<String>,
}

/// Parameters with their last value.
pub(super) struct Parameters<'a>(&'a [(String, String)]);

impl Parameters<'_> {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|pair| pair.0 == name)
            .map(|pair| pair.1.as_str())
    }

    fn ids(&self, name: &str) -> Result<BTreeSet<u64>, Fault> {
        self.get(name)
            .into_iter()
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .filter(|id| !id.is_empty())
            .map(|id| {
                id.parse()
                    .map_err(|_| Fault::invalid_reference(format!("{name}={id}")))
            })
            .collect()
    }

    fn date(&self, name: &str) -> Result<Option<Date>, Fault> {
        match self.get(name) {
            None | Some("") => Ok(None),
            Some(text) => text
                .parse()
                .map(Some)
                .map_err(|_| Fault::validation("2080", "Invalid Date", format!("{name}={text}"))),
        }
    }
}

/// Answers one report request.
pub(super) fn answer(
    company: &Company,
    name: &str,
    parameters: &[(String, String)],
    cell_cap: usize,
    now: Timestamp,
) -> Result<Value, Fault> {
    let parameters = Parameters(parameters);
    if parameters
        .get("accounting_method")
        .is_some_and(|method| method == "Cash")
    {
        let detail = "Cash basis is not available in this company";
        return Err(Fault::validation("5030", "Feature Not Supported", detail));
    }
    let period = period(company, &parameters, now)?;
    let report = match name {
        "GeneralLedger" => ledger_rows::general_ledger(company, &period, &parameters)?,
        "TransactionList" => ledger_rows::transaction_list(company, &period, &parameters)?,
        "JournalReport" => ledger_rows::journal(company, &period, &parameters)?,
        "ProfitAndLossDetail" => {
            ledger_rows::profit_and_loss_detail(company, &period, &parameters)?
        }
        "TrialBalance" => statements::trial_balance(company, &period),
        "ProfitAndLoss" => statements::profit_and_loss(company, &period, &parameters)?,
        "BalanceSheet" => position::balance_sheet(company, &period),
        "CashFlow" => position::cash_flow(company, &period),
        "AccountList" => position::account_list(company),
        "AgedReceivables" | "AgedPayables" | "CustomerBalance" | "VendorBalance" => {
            aging::summary(company, &period, name, &parameters)
        }
        "AgedReceivableDetail" | "AgedPayableDetail" => {
            aging::detail(company, &period, name, &parameters)
        }
        _ => {
            let detail = format!("Report {name} is not available");
            return Err(Fault::validation("5030", "Feature Not Supported", detail));
        }
    };
    Ok(envelope(
        company,
        name,
        &period,
        &parameters,
        report,
        cell_cap,
        now,
    ))
}

fn envelope(
    company: &Company,
    name: &str,
    period: &Period,
    parameters: &Parameters<'_>,
    report: Report,
    cell_cap: usize,
    now: Timestamp,
) -> Value {
    let mut header = Map::new();
    let mut put = |member: &str, value: String| {
        header.insert(member.to_owned(), Value::String(value));
    };
    put("Time", clock::stamp(now, company.zone()));
    put("ReportName", name.to_owned());
    if !matches!(name, "AccountList" | "CustomerBalance" | "VendorBalance") {
        put("ReportBasis", "Accrual".to_owned());
    }
    if let Some(range) = parameters.get("date_macro") {
        put("DateMacro", range.to_owned());
    }
    if !report.at_a_date {
        put("StartPeriod", period.start.to_string());
    }
    put("EndPeriod", period.end.to_string());
    if let Some(by) = &report.summarized_by {
        put("SummarizeColumnsBy", by.clone());
    }
    put("Currency", "USD".to_owned());
    for (parameter, member) in [
        ("customer", "Customer"),
        ("vendor", "Vendor"),
        ("class", "Class"),
        ("department", "Department"),
    ] {
        if let Some(ids) = parameters.get(parameter) {
            put(member, ids.to_owned());
        }
    }
    let empty = report.rows.is_empty();
    header.insert(
        "Option".to_owned(),
        json!([
            {"Name": "AccountingStandard", "Value": "GAAP"},
            {"Name": "NoReportData", "Value": empty.to_string()}]),
    );
    let width = report.columns.len();
    json!({
        "Header": header,
        "Columns": grid::columns(&report.columns),
        "Rows": grid::rows(report.rows, width, cell_cap),
    })
}

fn period(company: &Company, parameters: &Parameters<'_>, now: Timestamp) -> Result<Period, Fault> {
    let today = clock::day(now, company.zone());
    let first_month = fiscal_month(company);
    let (start, end) = match parameters.get("date_macro") {
        Some(range) if !range.is_empty() => macro_range(range, today, first_month)?,
        _ => {
            let end = parameters
                .date("report_date")?
                .or(parameters.date("end_date")?);
            let end = end.unwrap_or(today);
            let start = parameters.date("start_date")?;
            (start.unwrap_or_else(|| fiscal_start(end, first_month)), end)
        }
    };
    if start > end {
        let detail = format!("start {start} is after end {end}");
        return Err(Fault::validation("2080", "Invalid Date", detail));
    }
    Ok(Period {
        start,
        end,
        fiscal_start: fiscal_start(end, first_month),
        today,
        customers: parameters.ids("customer")?,
        vendors: parameters.ids("vendor")?,
        classes: parameters.ids("class")?,
        departments: parameters.ids("department")?,
        accounts: parameters.ids("account")?,
    })
}

fn fiscal_month(company: &Company) -> i8 {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let name = company
        .preference("AccountingInfoPrefs", "FirstMonthOfFiscalYear")
        .and_then(Value::as_str)
        .unwrap_or("January");
    (1_i8..)
        .zip(MONTHS)
        .find(|month| month.1 == name)
        .map_or(1, |month| month.0)
}

fn fiscal_start(day: Date, first_month: i8) -> Date {
    let year = if day.month() >= first_month {
        day.year()
    } else {
        day.year() - 1
    };
    Date::new(year, first_month, 1).unwrap_or(day)
}

fn macro_range(range: &str, today: Date, first_month: i8) -> Result<(Date, Date), Fault> {
    let month_start = today.first_of_month();
    let fiscal = fiscal_start(today, first_month);
    let back = |day: Date, months: i32| day.saturating_sub(months.months());
    let before = |day: Date| day.saturating_sub(1.days());
    Ok(match range.to_lowercase().as_str() {
        "today" => (today, today),
        "yesterday" => (before(today), before(today)),
        "this month" => (month_start, today.last_of_month()),
        "this month-to-date" => (month_start, today),
        "last month" => (back(month_start, 1), before(month_start)),
        "this fiscal year" => (fiscal, before(fiscal.saturating_add(1.years()))),
        "this fiscal year-to-date" => (fiscal, today),
        "last fiscal year" => (fiscal.saturating_sub(1.years()), before(fiscal)),
        "this calendar year" => (today.first_of_year(), today.last_of_year()),
        "this calendar year-to-date" => (today.first_of_year(), today),
        "all" | "all dates" => (Date::constant(1990, 1, 1), Date::constant(2099, 12, 31)),
        _ => {
            let detail = format!("date_macro '{range}'");
            return Err(Fault::validation("2170", "Invalid Enumeration", detail));
        }
    })
}

impl Period {
    /// Whether the filters let a posting through.
    fn admits(&self, side: &Side<'_>) -> bool {
        let posting = side.posting;
        let holds = |wanted: &BTreeSet<u64>, is: Option<u64>| {
            wanted.is_empty() || is.is_some_and(|is| wanted.contains(&is))
        };
        let vendor = posting
            .party
            .filter(|party| party.0 == super::kind::Kind::Vendor)
            .map(|party| party.1);
        holds(&self.customers, posting.customer)
            && holds(&self.vendors, vendor)
            && holds(&self.classes, posting.class)
            && holds(&self.departments, posting.department)
            && holds(&self.accounts, Some(posting.account))
    }

    pub(super) fn admits_party(&self, party: super::kind::Key) -> bool {
        let wanted = match party.0 {
            super::kind::Kind::Vendor => &self.vendors,
            _ => &self.customers,
        };
        wanted.is_empty() || wanted.contains(&party.1)
    }

    /// Start of what counts for an account at the beginning of the period.
    pub(super) fn counts_from(&self, company: &Company, account: u64) -> Option<Date> {
        source::is_profit_and_loss(company, account)
            .then(|| fiscal_start(self.start, fiscal_month(company)))
    }
}

/// A party's name in report cells.
pub(super) fn party_name(company: &Company, party: super::kind::Key) -> String {
    company.name_of(party.0, party.1).unwrap_or_else(|| {
        company
            .get(party.0, party.1)
            .map_or("", |body| text(body, "DisplayName"))
            .to_owned()
    })
}
