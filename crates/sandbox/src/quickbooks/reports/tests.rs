use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer;
use crate::quickbooks::company::{Behaviour, Company, WriteOptions};
use crate::quickbooks::config::Config;
use crate::quickbooks::kind::Kind;
use crate::quickbooks::starter;

fn now() -> Timestamp {
    "2026-11-20T17:00:00Z".parse().unwrap()
}

/// A company with one draw, part of it paid, one bill and an entry of the year before.
fn company() -> Company {
    let books = starter::books(&Config::default(), now()).unwrap();
    let mut company = Company::load(books, Behaviour::default(), now()).unwrap();
    let mut make = |kind, body: Value| {
        company
            .create(kind, &body, WriteOptions::default(), now())
            .unwrap()["Id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let invoice = make(
        Kind::Invoice,
        json!({"CustomerRef": {"value": "61"}, "TxnDate": "2026-09-25", "DueDate": "2026-10-05",
            "DocNumber": "1041", "Line": [
            {"Amount": 1000, "DetailType": "SalesItemLineDetail",
             "SalesItemLineDetail": {"ItemRef": {"value": "11"}, "Qty": 1, "UnitPrice": 1000}},
            {"Amount": -100, "DetailType": "SalesItemLineDetail",
             "SalesItemLineDetail": {"ItemRef": {"value": "12"}}}]}),
    );
    make(
        Kind::Payment,
        json!({"CustomerRef": {"value": "58"}, "TotalAmt": 250, "TxnDate": "2026-11-10",
            "Line": [{"Amount": 200, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}]}),
    );
    make(
        Kind::Bill,
        json!({"VendorRef": {"value": "72"}, "TxnDate": "2026-11-12", "Line": [
            {"Amount": 318.4, "DetailType": "AccountBasedExpenseLineDetail",
             "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "51"},
             "CustomerRef": {"value": "61"}}}]}),
    );
    make(
        Kind::JournalEntry,
        json!({"TxnDate": "2025-12-31", "Line": [
            {"Amount": 40, "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "35"}}},
            {"Amount": 40, "JournalEntryLineDetail": {"PostingType": "Credit", "AccountRef": {"value": "79"}}}]}),
    );
    company
}

fn report(name: &str, parameters: &[(&str, &str)]) -> Value {
    let parameters: Vec<(String, String)> = parameters
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect();
    answer(&company(), name, &parameters, 400_000, now()).unwrap()
}

/// One line per row: marker, then the non-empty cells.
fn outline(rows: &Value, depth: usize, out: &mut String) {
    for row in rows["Row"].as_array().into_iter().flatten() {
        let cells = |data: &Value| {
            data.as_array()
                .into_iter()
                .flatten()
                .map(|cell| cell["value"].as_str().unwrap())
                .filter(|text| !text.is_empty())
                .collect::<Vec<_>>()
                .join(" | ")
        };
        let mut line = |mark: &str, data: &Value| {
            out.push_str(&format!("{}{mark} {}\n", "  ".repeat(depth), cells(data)));
        };
        if !row["ColData"].is_null() {
            line("-", &row["ColData"]);
        }
        if !row["Header"].is_null() {
            line("+", &row["Header"]["ColData"]);
        }
        outline(&row["Rows"], depth + 1, out);
        if !row["Summary"].is_null() {
            out.push_str(&format!(
                "{}= {}\n",
                "  ".repeat(depth),
                cells(&row["Summary"]["ColData"])
            ));
        }
    }
}

fn check(name: &str, parameters: &[(&str, &str)], expected: &str) {
    let report = report(name, parameters);
    let mut got = String::new();
    outline(&report["Rows"], 0, &mut got);
    let expected: String = expected
        .lines()
        .skip(1)
        .map(|line| format!("{}\n", &line[8.min(line.len())..]))
        .collect();
    assert_eq!(got.trim_end(), expected.trim_end(), "{name}");
}

#[test]
fn trial_balance_moves_the_profit_of_earlier_years_to_retained_earnings() {
    check(
        "TrialBalance",
        &[],
        "
        - Checking | 40.00
        - Accounts Receivable (A/R) | 650.00
        - Undeposited Funds | 250.00
        - Retainage Receivable | 100.00
        - Accounts Payable (A/P) | 318.40
        - Retained Earnings | 40.00
        - Construction Income | 1000.00
        - Cost of Construction:Materials | 318.40
        = TOTAL | 1358.40 | 1358.40",
    );
}

#[test]
fn profit_and_loss_nests_accounts_and_states_each_subtotal() {
    check(
        "ProfitAndLoss",
        &[("start_date", "2026-01-01")],
        "
        + Income
          - Construction Income | 1000.00
        = Total Income | 1000.00
        + Cost of Goods Sold
          + Cost of Construction
            - Materials | 318.40
          = Total Cost of Construction | 318.40
        = Total Cost of Goods Sold | 318.40
        = Gross Profit | 681.60
        = Net Operating Income | 681.60
        = Net Income | 681.60",
    );
}

#[test]
fn balance_sheet_sides_are_equal() {
    check(
        "BalanceSheet",
        &[],
        "
        + ASSETS
          + Bank Accounts
            - Checking | 40.00
          = Total Bank Accounts | 40.00
          + Accounts Receivable
            - Accounts Receivable (A/R) | 650.00
          = Total Accounts Receivable | 650.00
          + Other Current Assets
            - Undeposited Funds | 250.00
            - Retainage Receivable | 100.00
          = Total Other Current Assets | 350.00
        = TOTAL ASSETS | 1040.00
        + LIABILITIES AND EQUITY
          + Accounts Payable
            - Accounts Payable (A/P) | 318.40
          = Total Accounts Payable | 318.40
          + Equity
            - Retained Earnings | 40.00
          = Total Equity | 40.00
          - Net Income | 681.60
        = TOTAL LIABILITIES AND EQUITY | 1040.00",
    );
}

#[test]
fn aging_rebuilds_open_amounts_as_of_a_past_date() {
    check(
        "AgedReceivables",
        &[("report_date", "2026-11-20")],
        "
        + Harbor Point Owner LLC | -50.00 | -50.00
          - Harbor Point Phase 2 | 700.00 | 700.00
        = Total Harbor Point Owner LLC | -50.00 | 700.00 | 650.00
        = TOTAL | -50.00 | 700.00 | 650.00",
    );
    check(
        "AgedReceivables",
        &[("report_date", "2026-10-31")],
        "
        + Harbor Point Owner LLC
          - Harbor Point Phase 2 | 900.00 | 900.00
        = Total Harbor Point Owner LLC | 900.00 | 900.00
        = TOTAL | 900.00 | 900.00",
    );
    check(
        "AgedPayableDetail",
        &[],
        "
        + 1 - 30 days past due
          - 2026-11-12 | Bill | Cascade Ready Mix | 2026-11-12 | 318.40 | 318.40
        + Total for 1 - 30 days past due | 318.40 | 318.40
        = TOTAL | 318.40 | 318.40",
    );
}

#[test]
fn general_ledger_lists_leaves_between_beginning_and_total() {
    check(
        "GeneralLedger",
        &[
            ("start_date", "2026-11-01"),
            ("account", "51,84"),
            ("columns", "tx_date,txn_type,cust_name,debt_amt,credit_amt"),
        ],
        "
        + Accounts Receivable (A/R)
          - Beginning Balance | 900.00
          - 2026-11-10 | Payment | Harbor Point Owner LLC | 250.00
        = Total for Accounts Receivable (A/R) | 0.00 | 250.00
        + Cost of Construction
          + Materials
            - 2026-11-12 | Bill | Harbor Point Owner LLC:Harbor Point Phase 2 | 318.40
          = Total for Materials | 318.40 | 0.00
        = Total for Cost of Construction with sub-accounts | 318.40 | 0.00",
    );
}

#[test]
fn transaction_list_has_one_row_per_transaction() {
    check(
        "TransactionList",
        &[
            ("start_date", "2026-11-01"),
            ("columns", "tx_date,txn_type,name,subt_nat_amount"),
        ],
        "
        - 2026-11-10 | Payment | Harbor Point Owner LLC | 250.00
        - 2026-11-12 | Bill | Cascade Ready Mix | 318.40",
    );
}

#[test]
fn cash_flow_ends_at_the_bank_balance() {
    let report = report("CashFlow", &[("start_date", "2026-01-01")]);
    let mut got = String::new();
    outline(&report["Rows"], 0, &mut got);
    assert!(
        got.ends_with("= Cash at beginning of period | 40.00\n= Cash at end of period | 40.00\n"),
        "{got}"
    );
}

#[test]
fn reports_beyond_the_cell_cap_end_in_the_sentinel_with_status_200() {
    let cut = answer(&company(), "GeneralLedger", &[], 27, now()).unwrap();
    let rows = cut["Rows"]["Row"].as_array().unwrap();
    assert_eq!(
        rows.last().unwrap()["ColData"][0]["value"],
        super::grid::SENTINEL
    );
}

#[test]
fn empty_reports_have_no_rows_and_cash_basis_is_refused() {
    let empty = report(
        "ProfitAndLoss",
        &[("start_date", "2020-01-01"), ("end_date", "2020-02-01")],
    );
    assert_eq!(empty["Rows"], json!({}));
    assert_eq!(empty["Header"]["Option"][1]["Value"], "true");
    let cash = [("accounting_method".to_owned(), "Cash".to_owned())];
    assert_eq!(
        answer(&company(), "TrialBalance", &cash, 100, now())
            .unwrap_err()
            .code,
        "5030"
    );
}
