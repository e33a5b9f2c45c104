//! What is refused with which code, and the switches for unverified behaviour.

use serde_json::{Value, json};

use super::{cost_line, new_company, now, sale_line};
use crate::quickbooks::company::{Company, VoidForm, VoidOutcome, WriteOptions};
use crate::quickbooks::kind::Kind;

/// Code of the refusal of a create, or `made`.
fn attempt(company: &mut Company, kind: Kind, body: Value) -> String {
    match company.create(kind, &body, WriteOptions::default(), now()) {
        Ok(_) => "made".to_owned(),
        Err(fault) => fault.code.to_owned(),
    }
}

fn check(kind: Kind, body: Value, expected: &str) {
    let shown = body.to_string();
    assert_eq!(
        attempt(&mut new_company(), kind, body),
        expected,
        "{kind:?} {shown}"
    );
}

fn bill(member: &str, value: Value) -> Value {
    let mut body = json!({"VendorRef": {"value": "72"}, "Line": [cost_line(1000)]});
    body[member] = value;
    body
}

#[test]
fn creates_are_refused_with_the_vendors_codes() {
    check(Kind::Bill, bill("DocNumber", json!("1")), "made");
    check(Kind::Bill, json!({"Line": [cost_line(1)]}), "2020");
    check(Kind::Bill, bill("Line", json!([])), "2020");
    check(
        Kind::Bill,
        bill("VendorRef", json!({"value": "4711"})),
        "2500",
    );
    check(
        Kind::Bill,
        bill("DocNumber", json!("1234567890123456789012")),
        "2050",
    );
    check(
        Kind::Bill,
        bill("PrivateNote", json!("x".repeat(4001))),
        "2050",
    );
    check(Kind::Bill, bill("Line", json!([cost_line(-1)])), "6000");
    let account = |detail: Value| {
        json!([{"Amount": 1, "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": detail}])
    };
    check(Kind::Bill, bill("Line", account(json!({}))), "6440");
    let billable = json!({"AccountRef": {"value": "51"}, "BillableStatus": "Billable"});
    check(Kind::Bill, bill("Line", account(billable)), "6310");
    let payable = json!({"AccountRef": {"value": "84"}});
    check(Kind::Bill, bill("Line", account(payable)), "6000");
    let product = json!([{"Amount": 10, "DetailType": "ItemBasedExpenseLineDetail",
        "ItemBasedExpenseLineDetail": {"ItemRef": {"value": "13"}, "Qty": 3, "UnitPrice": 3.335}}]);
    check(Kind::Bill, bill("Line", product.clone()), "6070");
    let mut rounded = product;
    rounded[0]["Amount"] = json!("10.01");
    check(Kind::Bill, bill("Line", rounded), "made");
    check(
        Kind::Purchase,
        json!({"AccountRef": {"value": "41"}, "Line": [cost_line(1)]}),
        "2020",
    );
    check(Kind::Customer, json!({}), "6080");
    check(Kind::Customer, json!({"DisplayName": "a:b"}), "2040");
    check(
        Kind::Customer,
        json!({"DisplayName": "CASCADE ready mix"}),
        "6240",
    );
    check(Kind::Account, json!({"Name": "x"}), "6010");
    check(
        Kind::Account,
        json!({"Name": "Checking", "AccountType": "Bank"}),
        "6240",
    );
    check(Kind::TaxCode, json!({"Name": "x"}), "500");
    check(Kind::CompanyInfo, json!({}), "500");
    let payment =
        |line: Value| json!({"CustomerRef": {"value": "58"}, "TotalAmt": 5, "Line": [line]});
    let link =
        |id: &str, kind: &str| json!({"Amount": 5, "LinkedTxn": [{"TxnId": id, "TxnType": kind}]});
    check(Kind::Payment, payment(link("999", "Invoice")), "620");
    check(Kind::Payment, payment(link("1", "Bill")), "620");
    check(
        Kind::Payment,
        json!({"CustomerRef": {"value": "58"}, "TotalAmt": -5}),
        "6000",
    );
}

#[test]
fn journal_entries_need_two_sides_that_are_equal() {
    let line = |posting: &str, amount: i64, account: &str| {
        json!({"Amount": amount, "JournalEntryLineDetail": {"PostingType": posting,
            "AccountRef": {"value": account}}})
    };
    let check_lines = |lines: Value, expected| {
        check(Kind::JournalEntry, json!({"Line": lines}), expected);
    };
    check(Kind::JournalEntry, json!({}), "2250");
    check_lines(
        json!([line("Debit", 5, "51"), line("Credit", 5, "35")]),
        "made",
    );
    check_lines(json!([line("Debit", 5, "51")]), "2250");
    check_lines(json!([line("Debit", 5, "51"), line("", 5, "35")]), "2260");
    check_lines(
        json!([line("Debit", -5, "51"), line("Credit", -5, "35")]),
        "2290",
    );
    check_lines(
        json!([line("Debit", 5, "51"), line("Credit", 4, "35")]),
        "2300",
    );
    check_lines(
        json!([line("Debit", 5, "84"), line("Credit", 5, "35")]),
        "6000",
    );
}

#[test]
fn document_numbers_are_unique_unless_waived_and_made_when_the_company_wants_it() {
    let mut company = new_company();
    let invoice = |number: &str| json!({"CustomerRef": {"value": "61"}, "DocNumber": number, "Line": [sale_line(100, "11")]});
    assert_eq!(attempt(&mut company, Kind::Invoice, invoice("7")), "made");
    assert_eq!(attempt(&mut company, Kind::Invoice, invoice("7")), "6140");
    let waived = WriteOptions {
        allow_duplicate_number: true,
    };
    assert!(
        company
            .create(Kind::Invoice, &invoice("7"), waived, now())
            .is_ok()
    );
    assert_eq!(
        attempt(&mut company, Kind::Bill, bill("DocNumber", json!("7"))),
        "made"
    );
    assert_eq!(
        attempt(&mut company, Kind::Bill, bill("DocNumber", json!("7"))),
        "6140"
    );
    let mut other = bill("DocNumber", json!("7"));
    other["VendorRef"]["value"] = json!("73");
    assert_eq!(attempt(&mut company, Kind::Bill, other), "made");
    let automatic = json!({"Id": "1", "SyncToken": "0", "sparse": true,
        "SalesFormsPrefs": {"CustomTxnNumbers": false}});
    company
        .update(
            Kind::Preferences,
            &automatic,
            WriteOptions::default(),
            now(),
        )
        .unwrap();
    let made = company
        .create(Kind::Invoice, &invoice(""), WriteOptions::default(), now())
        .unwrap();
    assert_eq!(made["DocNumber"], "8");
}

#[test]
fn closed_periods_answer_in_each_of_the_three_known_ways() {
    let mut company = new_company();
    company.set_closing_date(Some("2026-09-30".parse().unwrap()), now());
    let old = bill("TxnDate", json!("2026-09-30"));
    assert_eq!(attempt(&mut company, Kind::Bill, old.clone()), "6200");
    company.behaviour.closing_password = true;
    assert_eq!(attempt(&mut company, Kind::Bill, old.clone()), "6210");
    company.behaviour.closed_period_as_stale = true;
    let fault = company
        .create(Kind::Bill, &old, WriteOptions::default(), now())
        .unwrap_err();
    assert_eq!(
        (fault.code, fault.message),
        ("5010", "Account Period Closed")
    );
    company.set_closing_date(None, now());
    assert_eq!(attempt(&mut company, Kind::Bill, old), "made");
}

#[test]
fn paid_bills_are_deleted_only_where_the_switch_lets_them() {
    let mut company = new_company();
    let made = company
        .create(
            Kind::Bill,
            &bill("DocNumber", json!("1")),
            WriteOptions::default(),
            now(),
        )
        .unwrap();
    let paid = json!({"VendorRef": {"value": "72"}, "TotalAmt": 10, "PayType": "Check",
        "CheckPayment": {"BankAccountRef": {"value": "35"}},
        "Line": [{"Amount": 10, "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Bill"}]}]});
    assert_eq!(attempt(&mut company, Kind::BillPayment, paid), "made");
    let target = json!({"Id": made["Id"], "SyncToken": "1"});
    assert_eq!(
        company.delete(Kind::Bill, &target, now()).unwrap_err().code,
        "6000"
    );
    company.behaviour.refuse_deleting_paid_bills = false;
    company.delete(Kind::Bill, &target, now()).unwrap();
    assert_eq!(company.vendors_total_cents(), -1000);
    assert!(company.is_balanced());
}

#[test]
fn voiding_a_sales_receipt_or_bill_payment_needs_the_include_form() {
    let mut company = new_company();
    let receipt = json!({"CustomerRef": {"value": "61"}, "DepositToAccountRef": {"value": "35"},
        "PrivateNote": "counter", "Line": [sale_line(100, "11")]});
    let made = company
        .create(Kind::SalesReceipt, &receipt, WriteOptions::default(), now())
        .unwrap();
    let target = json!({"Id": made["Id"], "SyncToken": "0"});
    let refused = company.void(Kind::SalesReceipt, &target, VoidForm::Operation, now());
    assert_eq!(refused.unwrap_err().code, "500");
    let voided = company
        .void(Kind::SalesReceipt, &target, VoidForm::Include, now())
        .unwrap();
    let VoidOutcome::Voided(voided) = voided else {
        panic!("{voided:?}")
    };
    assert_eq!(voided["PrivateNote"], "Voided - counter");
    assert_eq!(
        (voided["TotalAmt"].to_string(), &voided["SyncToken"]),
        ("0".to_owned(), &json!("1"))
    );
    assert_eq!(company.account_type_cents("Bank"), 0);
}

#[test]
fn discounts_taxes_bundles_and_stock_post_where_they_belong() {
    let mut company = new_company();
    let stock = json!({"Name": "Rebar", "Type": "Inventory", "TrackQtyOnHand": true,
        "IncomeAccountRef": {"value": "79"}, "ExpenseAccountRef": {"value": "51"},
        "AssetAccountRef": {"value": "95"}, "PurchaseCost": 4});
    let item = company
        .create(Kind::Item, &stock, WriteOptions::default(), now())
        .unwrap();
    let sale = json!({"Amount": 30, "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item["Id"]}, "Qty": 3, "UnitPrice": 10}});
    let invoice = json!({"CustomerRef": {"value": "61"}, "TxnTaxDetail": {"TotalTax": 2}, "Line": [
        {"DetailType": "GroupLineDetail", "GroupLineDetail": {"Line": [sale]}},
        {"Amount": 5, "DetailType": "DiscountLineDetail", "DiscountLineDetail": {"PercentBased": false}},
        {"DetailType": "DescriptionOnly", "Description": "thanks"}]});
    let made = company
        .create(Kind::Invoice, &invoice, WriteOptions::default(), now())
        .unwrap();
    assert_eq!(made["TotalAmt"].to_string(), "27");
    assert_eq!(company.account_type_cents("Cost of Goods Sold"), 1200);
    assert_eq!(company.account_type_cents("Income"), -3000 + 500);
    assert_eq!(company.account_type_cents("Other Current Liability"), -200);
    assert_eq!(company.account_type_cents("Accounts Receivable"), 2700);
    assert!(company.is_balanced());
}
