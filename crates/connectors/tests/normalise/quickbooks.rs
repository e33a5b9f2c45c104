//! QuickBooks' oddities.

use figures::Money;
use figures::model::{Classification, DocumentKind, LedgerDocument, LineKind, Posting};

use crate::{ledger, only};

fn document(entity: &str, body: &str) -> LedgerDocument {
    let (books, rejections) = ledger(&[(entity, body)]);
    assert_eq!(rejections, [], "{body}");
    books.documents.into_iter().next().unwrap()
}

fn refusal(entity: &str, body: &str) -> String {
    let (books, rejections) = ledger(&[(entity, body)]);
    assert!(books.documents.is_empty(), "{body}");
    only(&rejections)
}

fn cents(cents: i64) -> Money {
    Money::from_cents(cents)
}

#[test]
fn a_bill_keeps_its_lines_links_and_references() {
    let bill = document(
        "Bill",
        r#"{"Id":"234","SyncToken":"0","VendorRef":{"value":"72","name":"Cascade Ready Mix"},
        "TxnDate":"2026-11-12","DueDate":"2026-12-12","SalesTermRef":{"value":"3"},
        "DocNumber":"CRM-88121","DepartmentRef":{"value":"2"},"PrivateNote":"memo",
        "Line":[{"Id":"1","Description":"Footings","Amount":6000,"DetailType":"AccountBasedExpenseLineDetail",
          "AccountBasedExpenseLineDetail":{"AccountRef":{"value":"51"},"CustomerRef":{"value":"61"},
          "ClassRef":{"value":"5000000000000000301"}},"LinkedTxn":[{"TxnId":"180","TxnType":"PurchaseOrder"}]},
         {"Id":"2","Amount":2250.5,"DetailType":"ItemBasedExpenseLineDetail",
          "ItemBasedExpenseLineDetail":{"ItemRef":{"value":"13"},"CustomerRef":{"value":"61"}}}],
        "TotalAmt":8250.5,"Balance":8250.5,"TxnTaxDetail":{"TotalTax":1.25},
        "LinkedTxn":[{"TxnId":"330","TxnType":"BillPaymentCheck"}],
        "MetaData":{"LastUpdatedTime":"2026-11-20T09:15:02-08:00"}}"#,
    );
    assert_eq!(bill.kind, DocumentKind::Bill);
    assert_eq!(
        (bill.id.as_str(), bill.number.as_str()),
        ("234", "CRM-88121")
    );
    assert_eq!(
        (bill.vendor.as_deref(), bill.customer.as_deref()),
        (Some("72"), None)
    );
    assert_eq!(bill.payee_name, "Cascade Ready Mix");
    assert_eq!(
        (bill.total, bill.balance, bill.tax),
        (cents(825_050), cents(825_050), cents(125))
    );
    assert_eq!(
        (bill.department.as_deref(), bill.term.as_deref()),
        (Some("2"), Some("3"))
    );
    assert_eq!(bill.updated.unwrap().to_string(), "2026-11-20");
    assert_eq!(bill.links[0].kind, "BillPaymentCheck");
    assert_eq!(bill.lines.len(), 2);
    assert_eq!(bill.lines[0].kind, LineKind::Account);
    assert_eq!(bill.lines[0].account.as_deref(), Some("51"));
    assert_eq!(bill.lines[0].class.as_deref(), Some("5000000000000000301"));
    assert_eq!(bill.lines[0].links[0].id, "180");
    assert_eq!(
        (bill.lines[1].kind, bill.lines[1].amount),
        (LineKind::Item, cents(225_050))
    );
    assert_eq!(bill.lines[1].item.as_deref(), Some("13"));
    assert!(!bill.voided);
}

#[test]
fn amounts_may_be_numbers_or_texts_and_ids_too() {
    let invoice = document(
        "Invoice",
        r#"{"Id":210,"SyncToken":1,"TxnDate":"2026-10-25","CustomerRef":{"value":61},
        "TotalAmt":"90000.00","Balance":9e4,"Line":null,"LinkedTxn":null,"TxnTaxDetail":null}"#,
    );
    assert_eq!(
        (invoice.id.as_str(), invoice.customer.as_deref()),
        ("210", Some("61"))
    );
    assert_eq!(
        (invoice.total, invoice.balance),
        (cents(9_000_000), cents(9_000_000))
    );
}

#[test]
fn bundles_are_flattened_and_sub_totals_and_descriptions_dropped() {
    let invoice = document(
        "Invoice",
        r#"{"Id":"1","TxnDate":"2026-10-25","TotalAmt":90,"Line":[
        {"Amount":100,"DetailType":"GroupLineDetail","GroupLineDetail":{"GroupItemRef":{"value":"9"},"Line":[
          {"Amount":60,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"11"},"ItemAccountRef":{"value":"79"}}},
          {"Amount":40,"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{"ItemRef":{"value":"12"}}},
          {"DetailType":"DescriptionOnly","Description":"text"}]}},
        {"Amount":10,"DetailType":"DiscountLineDetail","DiscountLineDetail":{"DiscountAccountRef":{"value":"86"}}},
        {"Amount":90,"DetailType":"SubTotalLineDetail","SubTotalLineDetail":{}}]}"#,
    );
    let lines: Vec<_> = invoice
        .lines
        .iter()
        .map(|line| (line.kind, line.amount.cents(), line.account.as_deref()))
        .collect();
    assert_eq!(
        lines,
        [
            (LineKind::Sale, 6000, Some("79")),
            (LineKind::Sale, 4000, None),
            (LineKind::Discount, 1000, Some("86")),
        ]
    );
}

#[test]
fn a_deposit_tells_moved_payments_from_money_of_its_own() {
    let deposit = document(
        "Deposit",
        r#"{"Id":"320","TxnDate":"2026-11-19","DepositToAccountRef":{"value":"35"},"TotalAmt":132500,"Line":[
        {"Amount":90000,"LinkedTxn":[{"TxnId":"310","TxnType":"Payment","TxnLineId":"0"}],"DepositLineDetail":{"PaymentMethodRef":{"value":"2"}}},
        {"Amount":42500,"DetailType":"DepositLineDetail","DepositLineDetail":{"Entity":{"value":"58","name":"Harbor","type":"CUSTOMER"},"AccountRef":{"value":"84"}}},
        {"Amount":1,"DetailType":"DepositLineDetail","DepositLineDetail":{"Entity":{"value":"72","type":"Vendor"},"AccountRef":{"value":"51"}}}]}"#,
    );
    assert_eq!(deposit.account.as_deref(), Some("35"));
    let lines = &deposit.lines;
    assert_eq!(
        (lines[0].kind, lines[0].links[0].id.as_str()),
        (LineKind::Applied, "310")
    );
    assert_eq!(
        (lines[1].kind, lines[1].customer.as_deref()),
        (LineKind::Deposit, Some("58"))
    );
    assert_eq!(
        (lines[2].customer.as_deref(), lines[2].vendor.as_deref()),
        (None, Some("72"))
    );
}

#[test]
fn journal_lines_have_a_side_and_an_entity_beside_its_type() {
    let entry = document(
        "JournalEntry",
        r#"{"Id":"300","TxnDate":"2026-10-31","Line":[
        {"Amount":18250,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Debit","AccountRef":{"value":"95"},"Entity":{"Type":"Customer","EntityRef":{"value":"61","name":"H"}}}},
        {"Amount":18250,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{"PostingType":"Credit","AccountRef":{"value":"79"},"Entity":{"Type":"Vendor","EntityRef":{"value":"72"}}}},
        {"DetailType":"DescriptionOnly","Description":"why"}]}"#,
    );
    assert_eq!(entry.total, cents(1_825_000));
    assert_eq!(entry.lines.len(), 2);
    assert_eq!(entry.lines[0].posting, Some(Posting::Debit));
    assert_eq!(entry.lines[0].customer.as_deref(), Some("61"));
    assert_eq!(entry.lines[1].posting, Some(Posting::Credit));
    assert_eq!(entry.lines[1].vendor.as_deref(), Some("72"));
}

#[test]
fn a_purchase_names_its_payee_by_type_and_may_be_a_refund() {
    let body = |kind: &str| {
        format!(
            r#"{{"Id":"250","TxnDate":"2026-11-13","TotalAmt":318.4,"Credit":true,"AccountRef":{{"value":"41"}},
            "EntityRef":{{"value":"75","name":"Sun Rentals","type":"{kind}"}}}}"#
        )
    };
    let vendor = document("Purchase", &body("Vendor"));
    assert!(vendor.is_refund);
    assert_eq!(
        (vendor.vendor.as_deref(), vendor.account.as_deref()),
        (Some("75"), Some("41"))
    );
    let customer = document("Purchase", &body("CUSTOMER"));
    assert_eq!(
        (customer.vendor, customer.customer.as_deref()),
        (None, Some("75"))
    );
    let employee = document("Purchase", &body("Employee"));
    assert_eq!((employee.vendor, employee.customer), (None, None));
    assert_eq!(employee.payee_name, "Sun Rentals");
}

#[test]
fn payments_carry_their_reference_and_their_applied_lines() {
    let payment = document(
        "Payment",
        r#"{"Id":"310","TxnDate":"2026-11-17","CustomerRef":{"value":"58"},"PaymentRefNum":"77120","DepositToAccountRef":{"value":"4"},
        "TotalAmt":90000,"UnappliedAmt":10000,"Line":[{"Amount":80000,"LinkedTxn":[{"TxnId":"210","TxnType":"Invoice"}],"LineEx":{"any":[]}}]}"#,
    );
    assert_eq!(
        (payment.number.as_str(), payment.unapplied),
        ("77120", cents(1_000_000))
    );
    assert_eq!(
        (payment.lines[0].kind, payment.lines[0].links.len()),
        (LineKind::Applied, 1)
    );
    let check = document(
        "BillPayment",
        r#"{"Id":"330","TxnDate":"2026-12-10","VendorRef":{"value":"72"},"DocNumber":"20417","PayType":"Check","CheckPayment":{"BankAccountRef":{"value":"35"}},"TotalAmt":8250,"Line":[{"Amount":8250,"LinkedTxn":[{"TxnId":"234","TxnType":"Bill"}]}]}"#,
    );
    assert_eq!(
        (check.number.as_str(), check.account.as_deref()),
        ("20417", Some("35"))
    );
    let card = document(
        "BillPayment",
        r#"{"Id":"331","TxnDate":"2026-12-10","VendorRef":{"value":"72"},"PayType":"CreditCard","CreditCardPayment":{"CCAccountRef":{"value":"41"}},"TotalAmt":1}"#,
    );
    assert_eq!(card.account.as_deref(), Some("41"));
}

#[test]
fn a_credit_memo_is_open_by_its_remaining_credit() {
    let memo = document(
        "CreditMemo",
        r#"{"Id":"220","TxnDate":"2026-11-02","TotalAmt":1500,"RemainingCredit":600,"Balance":1500}"#,
    );
    assert_eq!(memo.balance, cents(60_000));
    let credit = document(
        "VendorCredit",
        r#"{"Id":"240","TxnDate":"2026-11-15","TotalAmt":450,"Balance":450}"#,
    );
    assert_eq!(credit.balance, cents(45_000));
}

#[test]
fn a_transfer_goes_from_its_line_to_its_header_account() {
    let transfer = document(
        "Transfer",
        r#"{"Id":"8","TxnDate":"2026-11-02","Amount":25.5,"FromAccountRef":{"value":"35"},"ToAccountRef":{"value":"36"}}"#,
    );
    assert_eq!(
        (transfer.total, transfer.account.as_deref()),
        (cents(2550), Some("36"))
    );
    assert_eq!(transfer.lines[0].account.as_deref(), Some("35"));
}

#[test]
fn statuses_of_estimates_and_orders_are_kept_as_written() {
    let estimate = document(
        "Estimate",
        r#"{"Id":"150","TxnDate":"2026-01-20","TotalAmt":1,"TxnStatus":"Accepted"}"#,
    );
    assert_eq!(estimate.status, "Accepted");
    let order = document(
        "PurchaseOrder",
        r#"{"Id":"180","TxnDate":"2026-09-01","TotalAmt":1,"POStatus":"Open"}"#,
    );
    assert_eq!(order.status, "Open");
}

#[test]
fn a_document_is_voided_only_when_nothing_is_left_of_it() {
    let void = |total: &str, amount: &str, note: &str| {
        document(
            "Invoice",
            &format!(
                r#"{{"Id":"1","TxnDate":"2026-01-20","TotalAmt":{total},"PrivateNote":"{note}","Line":[{{"Amount":{amount},"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{{}}}}]}}"#
            ),
        )
        .voided
    };
    assert!(void("0", "0", "Voided - Voided"));
    assert!(!void("0", "0", "no charge"));
    assert!(!void("5", "5", "Voided"));
    assert!(!void("0", "5", "Voided"));
}

#[test]
fn a_tombstone_is_no_document_and_outlives_an_older_copy() {
    let (books, rejections) = ledger(&[
        (
            "Bill",
            r#"{"Id":"231","SyncToken":"4","TxnDate":"2026-01-20","TotalAmt":5}"#,
        ),
        (
            "Bill",
            r#"{"domain":"QBO","status":"Deleted","Id":"231","MetaData":{"LastUpdatedTime":"2026-11-19T10:02:11-08:00"}}"#,
        ),
        ("Customer", r#"{"status":"Deleted","Id":"9"}"#),
    ]);
    assert_eq!(rejections, []);
    assert!(books.documents.is_empty());
    assert_eq!(books.tombstones.len(), 2);
    assert_eq!(
        books.tombstones[0].deleted.unwrap().to_string(),
        "2026-11-19"
    );
    assert_eq!(books.tombstones[1].deleted, None);
}

#[test]
fn a_foreign_document_is_refused_and_never_money() {
    let (books, rejections) = ledger(&[
        (
            "Bill",
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":5,"CurrencyRef":{"value":"CAD"},"HomeTotalAmt":4}"#,
        ),
        (
            "Bill",
            r#"{"Id":"2","TxnDate":"2026-01-20","TotalAmt":5,"CurrencyRef":{"value":"USD"}}"#,
        ),
        (
            "Customer",
            r#"{"Id":"3","DisplayName":"Nord","Balance":12,"CurrencyRef":{"value":"CAD"}}"#,
        ),
    ]);
    assert_eq!(books.documents.len(), 1);
    assert_eq!(
        (books.customers.len(), books.customers[0].balance),
        (1, Money::ZERO)
    );
    assert_eq!(rejections.len(), 2);
    assert!(
        rejections[0]
            .reason
            .starts_with("it is in CAD and the books are in USD"),
        "{rejections:?}"
    );
    assert!(
        rejections[1].reason.starts_with("its balance is in CAD"),
        "{rejections:?}"
    );
}

#[test]
fn the_home_currency_and_the_closing_date_come_from_the_latest_preferences() {
    let (books, rejections) = ledger(&[
        (
            "Preferences",
            r#"{"Id":"1","SyncToken":"9","AccountingInfoPrefs":{},"CurrencyPrefs":{}}"#,
        ),
        (
            "Preferences",
            r#"{"Id":"1","SyncToken":"14","AccountingInfoPrefs":{"BookCloseDate":"2026-09-30"},"CurrencyPrefs":{"HomeCurrency":{"value":"CAD"}}}"#,
        ),
        (
            "Bill",
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":5,"CurrencyRef":{"value":"CAD"}}"#,
        ),
    ]);
    assert_eq!(rejections, []);
    assert_eq!(books.closing_date.unwrap().to_string(), "2026-09-30");
    assert_eq!(books.documents.len(), 1);
}

#[test]
fn of_two_versions_the_greater_sync_token_stands_and_numbers_are_not_compared_as_text() {
    let bill = |token: u32, amount: u32| {
        format!(r#"{{"Id":"1","SyncToken":"{token}","TxnDate":"2026-01-20","TotalAmt":{amount}}}"#)
    };
    let (books, rejections) = ledger(&[
        ("Bill", &bill(10, 2)),
        ("Bill", &bill(9, 1)),
        ("Bill", &bill(10, 2)),
    ]);
    assert_eq!(rejections, []);
    assert_eq!(books.documents.len(), 1);
    assert_eq!(books.documents[0].total, cents(200));
    let (books, rejections) = ledger(&[("Bill", &bill(3, 1)), ("Bill", &bill(3, 2))]);
    assert_eq!(books.documents[0].total, cents(100));
    assert!(only(&rejections).contains("QuickBooks Bill 1: it is there twice"));
}

#[test]
fn documents_are_sorted_by_kind_and_number() {
    let body = |id: &str| format!(r#"{{"Id":"{id}","TxnDate":"2026-01-20","TotalAmt":5}}"#);
    let (books, _) = ledger(&[
        ("Invoice", &body("2")),
        ("Bill", &body("10")),
        ("Bill", &body("9")),
        ("Bill", &body("18446744073709551617")),
    ]);
    let order: Vec<_> = books
        .documents
        .iter()
        .map(|row| (row.kind, row.id.as_str()))
        .collect();
    assert_eq!(
        order,
        [
            (DocumentKind::Bill, "9"),
            (DocumentKind::Bill, "10"),
            (DocumentKind::Bill, "18446744073709551617"),
            (DocumentKind::Invoice, "2"),
        ]
    );
}

#[test]
fn what_cannot_be_read_exactly_is_refused_with_a_reason() {
    for (body, reason) in [
        (
            r#"{"Id":"1","TxnDate":"2026-01-20""#,
            "it cannot be read as JSON",
        ),
        (r#"["Id"]"#, "and not a JSON object"),
        (r#"{"TxnDate":"2026-01-20","TotalAmt":1}"#, "it has no Id"),
        (
            r#"{"Id":"A-1","TxnDate":"2026-01-20","TotalAmt":1}"#,
            "not an id of up to twenty digits",
        ),
        (
            r#"{"Id":"123456789012345678901","TotalAmt":1}"#,
            "not an id of up to twenty digits",
        ),
        (r#"{"Id":"1","SyncToken":"x","TotalAmt":1}"#, "SyncToken is"),
        (r#"{"Id":"1","TotalAmt":1}"#, "TxnDate is missing"),
        (
            r#"{"Id":"1","TxnDate":"0206-01-20","TotalAmt":1}"#,
            "not a date between 1990 and 2100",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-02-30","TotalAmt":1}"#,
            "not a date",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-01-20"}"#,
            "TotalAmt is missing",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":0.001}"#,
            "a fraction of a cent",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":1e15}"#,
            "beyond ten trillion",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":{"a":1}}"#,
            "where one value belongs",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":1,"VendorRef":"72"}"#,
            "it cannot be read",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":1,"VendorRef":{"value":"x"}}"#,
            "VendorRef is",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":1,"CurrencyRef":{"value":"Dollar"}}"#,
            "three letters",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":1,"Line":[{"Amount":1,"DetailType":"ReimburseLineDetail"}]}"#,
            "in line 1: DetailType is \u{201c}ReimburseLineDetail\u{201d}",
        ),
        (
            r#"{"Id":"1","TxnDate":"2026-01-20","TotalAmt":1,"Line":[{"Amount":1}]}"#,
            "in line 1: it carries an amount but has no DetailType",
        ),
    ] {
        let said = refusal("Bill", body);
        assert!(said.contains(reason), "{body}\n{said}");
    }
    let said = refusal(
        "JournalEntry",
        r#"{"Id":"1","TxnDate":"2026-01-20","Line":[{"Amount":1,"DetailType":"JournalEntryLineDetail","JournalEntryLineDetail":{}}]}"#,
    );
    assert!(said.contains("PostingType is missing"), "{said}");
}

#[test]
fn a_circle_of_parents_is_broken_at_one_link_and_told() {
    let customer = |id: u32, parent: u32| {
        format!(
            r#"{{"Id":"{id}","DisplayName":"C","Job":true,"ParentRef":{{"value":"{parent}"}}}}"#
        )
    };
    let (books, rejections) = ledger(&[
        ("Customer", &customer(5, 3)),
        ("Customer", &customer(3, 4)),
        ("Customer", &customer(4, 3)),
        ("Customer", &customer(9, 9)),
        ("Customer", &customer(10, 77)),
    ]);
    let parents: Vec<_> = books
        .customers
        .iter()
        .map(|row| (row.id.as_str(), row.parent.as_deref()))
        .collect();
    assert_eq!(
        parents,
        [
            ("3", None),
            ("4", Some("3")),
            ("5", Some("3")),
            ("9", None),
            ("10", Some("77"))
        ]
    );
    let told: Vec<_> = rejections
        .iter()
        .map(|row| row.record.id.as_str())
        .collect();
    assert_eq!(told, ["3", "9"]);
}

#[test]
fn name_lists_are_read_with_their_parents_types_and_states() {
    let (books, rejections) = ledger(&[
        (
            "Account",
            r#"{"Id":"91","Name":"Retainage Receivable","FullyQualifiedName":"A:Retainage Receivable","Classification":"Asset","AccountType":"Other Current Asset","AccountSubType":"Retainage"}"#,
        ),
        (
            "Account",
            r#"{"Id":"50","Name":"Costs","AccountType":"Cost of Goods Sold"}"#,
        ),
        (
            "Account",
            r#"{"Id":"51","Name":"PO","AccountType":"Non-Posting"}"#,
        ),
        (
            "Customer",
            r#"{"Id":"61","DisplayName":"Harbor 🏗 של (deleted)","FullyQualifiedName":"Owner:Harbor","Active":false,"Job":true,"ParentRef":{"value":"58"},"Balance":90000.5}"#,
        ),
        (
            "Vendor",
            r#"{"Id":"72","DisplayName":"Cascade","CompanyName":"Cascade Inc","PrintOnCheckName":"Cascade Co"}"#,
        ),
        (
            "Item",
            r#"{"Id":"12","Name":"Retainage","Type":"Service","IncomeAccountRef":{"value":"91"},"ExpenseAccountRef":{"value":"92"}}"#,
        ),
        (
            "Class",
            r#"{"Id":"5000000000000000301","Name":"Concrete","Active":true}"#,
        ),
        ("Department", r#"{"Id":"2","Name":"North Yard"}"#),
        (
            "Term",
            r#"{"Id":"3","Name":"2 % 10","DiscountPercent":2.5,"DiscountDays":10}"#,
        ),
        (
            "Budget",
            r#"{"Id":"4","Name":"FY26","BudgetDetail":[{"BudgetDate":"2026-01-01","Amount":10.5,"AccountRef":{"value":"51"},"CustomerRef":{"value":"61"}}]}"#,
        ),
        ("Employee", "{}"),
        ("TimeActivity", "not read at all"),
        ("TimeActivity", "{}"),
    ]);
    assert_eq!(rejections, []);
    let classes: Vec<_> = books
        .accounts
        .iter()
        .map(|row| row.classification)
        .collect();
    assert_eq!(
        classes,
        [
            Some(Classification::Expense),
            None,
            Some(Classification::Asset)
        ]
    );
    assert_eq!(books.accounts[2].full_name, "A:Retainage Receivable");
    assert_eq!(books.accounts[0].full_name, "Costs");
    let harbor = &books.customers[0];
    assert_eq!(harbor.name, "Harbor 🏗 של (deleted)");
    assert!(harbor.is_job && !harbor.active);
    assert_eq!(
        (harbor.parent.as_deref(), harbor.balance),
        (Some("58"), cents(9_000_050))
    );
    assert_eq!(books.vendors[0].check_name, "Cascade Co");
    assert_eq!(books.items[0].expense_account.as_deref(), Some("92"));
    assert_eq!((books.classes.len(), books.departments.len()), (1, 1));
    assert_eq!(books.terms[0].discount_percent.unwrap().to_string(), "2.5");
    assert_eq!(books.terms[0].discount_days, Some(10));
    assert_eq!(books.budgets[0].lines[0].amount, cents(1050));
    assert_eq!(
        books.unread,
        [("Employee".into(), 1), ("TimeActivity".into(), 2)]
    );
}
