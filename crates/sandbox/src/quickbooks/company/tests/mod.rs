mod refusals;

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Behaviour, Company, VoidForm, WriteOptions};
use crate::quickbooks::config::{Books, Config};
use crate::quickbooks::kind::Kind;
use crate::quickbooks::money;
use crate::quickbooks::{reports, starter};

fn now() -> Timestamp {
    "2026-11-20T17:00:00Z".parse().unwrap()
}

fn new_company() -> Company {
    let books = starter::books(&Config::default(), now()).unwrap();
    Company::load(books, Behaviour::default(), now()).unwrap()
}

/// One thing that somebody does; the numbers choose among what is there.
#[derive(Debug, Clone)]
struct Step {
    what: u8,
    pick: usize,
    cents: i64,
    flag: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0_u8..16, 0_usize..50, 1_i64..500_000, any::<bool>()).prop_map(
        |(what, pick, cents, flag)| Step {
            what,
            pick,
            cents,
            flag,
        },
    );
    proptest::collection::vec(step, 1..60)
}

/// The id, party reference and open amount of the picked document.
fn picked(company: &Company, kind: Kind, pick: usize) -> Option<(String, Value, i64)> {
    let count = company.count(kind).max(1);
    let (id, body) = company.rows(kind).nth(pick % count)?;
    let party = body
        .get("CustomerRef")
        .or(body.get("VendorRef"))
        .cloned()
        .unwrap_or(Value::Null);
    Some((id.to_string(), party, money::member_cents(body, "Balance")))
}

fn address(company: &Company, kind: Kind, pick: usize) -> Option<Value> {
    let (id, _, _) = picked(company, kind, pick)?;
    let body = company.get(kind, id.parse().ok()?)?;
    Some(json!({"Id": id, "SyncToken": body.get("SyncToken")}))
}

fn cost_line(cents: i64) -> Value {
    json!({"Amount": money::number(cents), "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": "51"}}})
}

fn sale_line(cents: i64, item: &str) -> Value {
    json!({"Amount": money::number(cents), "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item}}})
}

/// Carries out a step; the vendor may refuse it.
fn act(company: &mut Company, step: &Step) {
    let amount = money::number(step.cents);
    let customer = if step.flag { "58" } else { "61" };
    let vendor = if step.flag { "72" } else { "73" };
    let make = |company: &mut Company, kind: Kind, body: Value| {
        drop(company.create(kind, &body, WriteOptions::default(), now()));
    };
    let every = [
        Kind::Invoice,
        Kind::Payment,
        Kind::CreditMemo,
        Kind::Bill,
        Kind::BillPayment,
        Kind::VendorCredit,
        Kind::Purchase,
        Kind::JournalEntry,
        Kind::Deposit,
        Kind::SalesReceipt,
    ];
    let kind = every[step.pick % every.len()];
    match step.what {
        0 | 1 => {
            let mut lines = vec![sale_line(step.cents, "11")];
            if step.pick.is_multiple_of(3) {
                lines.push(sale_line(-step.cents / 10, "12"));
            }
            let body = json!({"CustomerRef": {"value": customer}, "Line": lines,
                "Deposit": if step.pick.is_multiple_of(7) { money::number(step.cents / 5) } else { json!(0) }});
            make(company, Kind::Invoice, body);
        }
        2 | 3 => {
            let body = json!({"VendorRef": {"value": vendor}, "Line": [cost_line(step.cents)]});
            make(company, Kind::Bill, body);
        }
        4 | 5 => {
            let Some((id, party, open)) = picked(company, Kind::Invoice, step.pick) else {
                return;
            };
            let applied = money::number(if step.flag { open } else { step.cents });
            let body = json!({"CustomerRef": party, "TotalAmt": amount, "Line": [
                {"Amount": applied, "LinkedTxn": [{"TxnId": id, "TxnType": "Invoice"}]}]});
            make(company, Kind::Payment, body);
        }
        6 => {
            let Some((id, party, open)) = picked(company, Kind::Bill, step.pick) else {
                return;
            };
            let body = json!({"VendorRef": party, "TotalAmt": amount, "PayType": "Check",
                "CheckPayment": {"BankAccountRef": {"value": "35"}}, "Line": [
                {"Amount": money::number(open.min(step.cents)),
                 "LinkedTxn": [{"TxnId": id, "TxnType": "Bill"}]}]});
            make(company, Kind::BillPayment, body);
        }
        7 => {
            let body = json!({"CustomerRef": {"value": customer},
                "Line": [sale_line(step.cents, "11")]});
            make(company, Kind::CreditMemo, body);
        }
        8 => {
            let body = json!({"VendorRef": {"value": vendor}, "Line": [cost_line(step.cents)]});
            make(company, Kind::VendorCredit, body);
        }
        9 => {
            // A payment over nothing that sets a credit memo against an invoice.
            let (Some(invoice), Some(memo)) = (
                picked(company, Kind::Invoice, step.pick),
                picked(company, Kind::CreditMemo, step.pick / 3),
            ) else {
                return;
            };
            let both = money::number(invoice.2.min(memo.2));
            let body = json!({"CustomerRef": invoice.1, "TotalAmt": 0, "Line": [
                {"Amount": both, "LinkedTxn": [{"TxnId": invoice.0, "TxnType": "Invoice"}]},
                {"Amount": both, "LinkedTxn": [{"TxnId": memo.0, "TxnType": "CreditMemo"}]}]});
            make(company, Kind::Payment, body);
        }
        10 => {
            let Some((id, _, _)) = picked(company, Kind::Payment, step.pick) else {
                return;
            };
            let total = company
                .get(Kind::Payment, id.parse().unwrap())
                .and_then(|body| body.get("TotalAmt").cloned());
            let line = json!({"Amount": total, "LinkedTxn": [{"TxnId": id, "TxnType": "Payment"}]});
            let loose = json!({"Amount": amount, "DetailType": "DepositLineDetail",
                "DepositLineDetail": {"Entity": {"value": customer, "type": "CUSTOMER"},
                "AccountRef": {"value": "84"}}});
            let body = json!({"DepositToAccountRef": {"value": "35"}, "Line": [line, loose]});
            make(company, Kind::Deposit, body);
        }
        11 => {
            let side = |posting: &str, account: &str, entity: Option<(&str, &str)>| {
                let mut line = json!({"Amount": amount, "DetailType": "JournalEntryLineDetail",
                    "JournalEntryLineDetail": {"PostingType": posting,
                    "AccountRef": {"value": account}}});
                if let Some((kind, id)) = entity {
                    line["JournalEntryLineDetail"]["Entity"] =
                        json!({"Type": kind, "EntityRef": {"value": id}});
                }
                line
            };
            let control = if step.flag {
                side("Debit", "84", Some(("Customer", customer)))
            } else {
                side("Debit", "33", Some(("Vendor", vendor)))
            };
            make(
                company,
                Kind::JournalEntry,
                json!({"Line": [control, side("Credit", "79", None)]}),
            );
        }
        12 => {
            let body = json!({"PaymentType": "CreditCard", "AccountRef": {"value": "41"},
                "Credit": step.flag, "Line": [cost_line(step.cents)]});
            make(company, Kind::Purchase, body);
        }
        13 => {
            if let Some(target) = address(company, kind, step.pick) {
                drop(company.delete(kind, &target, now()));
            }
        }
        14 => {
            let form = if kind == Kind::Invoice {
                VoidForm::Operation
            } else {
                VoidForm::Include
            };
            if let Some(target) = address(company, kind, step.pick) {
                drop(company.void(kind, &target, form, now()));
            }
        }
        _ => {
            let kind = if step.flag { Kind::Invoice } else { Kind::Bill };
            let Some(mut target) = address(company, kind, step.pick) else {
                return;
            };
            let Some((_, party, _)) = picked(company, kind, step.pick) else {
                return;
            };
            let line = if step.flag {
                sale_line(step.cents, "11")
            } else {
                cost_line(step.cents)
            };
            target["sparse"] = json!(true);
            target["Line"] = json!([line]);
            target[if step.flag {
                "CustomerRef"
            } else {
                "VendorRef"
            }] = party;
            drop(company.update(kind, &target, WriteOptions::default(), now()));
        }
    }
}

fn sum(company: &Company, kind: Kind, member: &str) -> i64 {
    let table = company.table(kind);
    let ids = table.into_iter().flat_map(|table| table.rows.keys());
    ids.map(|id| money::member_cents(&company.served(kind, *id).unwrap(), member))
        .sum()
}

fn last_cell(report: &Value) -> String {
    let rows = report["Rows"]["Row"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let cells = rows
        .last()
        .map(|row| row["Summary"]["ColData"].clone())
        .unwrap_or(json!([]));
    cells.as_array().and_then(|cells| cells.last()).map_or_else(
        || "0.00".to_owned(),
        |cell| match cell["value"].as_str().unwrap() {
            "" => "0.00".to_owned(),
            text => text.to_owned(),
        },
    )
}

/// Debits less credits of the leaves below each section with an account id, as readers bind them.
fn ledger_leaves(rows: &Value, account: Option<&str>, sums: &mut BTreeMap<String, i64>) {
    for row in rows["Row"].as_array().into_iter().flatten() {
        let own = row["Header"]["ColData"][0]["id"].as_str().or(account);
        if let (Some(cells), Some(account)) = (row["ColData"].as_array(), own) {
            let cents = |at: usize| money::cents(&cells[at]["value"]).unwrap_or(0);
            *sums.entry(account.to_owned()).or_default() += cents(1) - cents(2);
        }
        ledger_leaves(&row["Rows"], own, sums);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn books_balance_and_every_view_agrees_after_any_sequence_of_changes(steps in steps()) {
        let mut company = new_company();
        for step in &steps {
            act(&mut company, step);
            prop_assert!(company.is_balanced(), "{step:?}");
        }
        let receivable = company.account_type_cents("Accounts Receivable");
        let payable = -company.account_type_cents("Accounts Payable");
        prop_assert_eq!(company.customers_total_cents(), receivable);
        prop_assert_eq!(company.vendors_total_cents(), payable);
        prop_assert_eq!(sum(&company, Kind::Customer, "Balance"), receivable);
        prop_assert_eq!(sum(&company, Kind::Vendor, "Balance"), payable);
        let report = |name: &str| reports::answer(&company, name, &[], 400_000, now()).unwrap();
        prop_assert_eq!(last_cell(&report("AgedReceivables")), money::plain(receivable));
        prop_assert_eq!(last_cell(&report("AgedPayables")), money::plain(payable));
        let columns = [
            ("columns".to_owned(), "tx_date,debt_amt,credit_amt".to_owned()),
            ("date_macro".to_owned(), "all".to_owned()),
        ];
        let ledger = reports::answer(&company, "GeneralLedger", &columns, 400_000, now()).unwrap();
        let mut leaves = BTreeMap::new();
        ledger_leaves(&ledger["Rows"], None, &mut leaves);
        for (account, _) in company.accounts() {
            let listed = leaves.get(&account.to_string()).copied().unwrap_or(0);
            prop_assert_eq!(company.ledger().account_balance(account), listed);
        }
        let trial = report("TrialBalance");
        if let Some(total) = trial["Rows"]["Row"].as_array().and_then(|rows| rows.last()) {
            let cells = &total["Summary"]["ColData"];
            prop_assert_eq!(&cells[1]["value"], &cells[2]["value"]);
        }
    }

    #[test]
    fn served_books_load_again_without_a_contradiction(steps in steps()) {
        let mut company = new_company();
        steps.iter().for_each(|step| act(&mut company, step));
        let dump = company.dump();
        let entities = dump.as_object().unwrap().iter();
        let books = Books {
            realm_id: "1".to_owned(),
            time_zone: "America/Los_Angeles".to_owned(),
            as_of: None,
            entities: entities.map(|(name, rows)| (name.clone(), rows.as_array().unwrap().clone())).collect(),
        };
        let again = Company::load(books, Behaviour::default(), now()).unwrap();
        prop_assert_eq!(again.inconsistencies(), &[]);
        prop_assert_eq!(again.dump(), dump);
    }
}

#[test]
fn a_loaded_balance_that_does_not_follow_is_named_and_corrected() {
    let mut books = starter::books(&Config::default(), now()).unwrap();
    books.entities.insert(
        "Bill".to_owned(),
        vec![
            json!({"Id": "9", "SyncToken": "3", "VendorRef": {"value": "72"}, "Mystery": {"a": 1},
            "TxnDate": "2026-11-01", "TotalAmt": 10.0, "Balance": 7, "Line": [cost_line(1000)]}),
        ],
    );
    let company = Company::load(books, Behaviour::default(), now()).unwrap();
    let found: Vec<_> = company
        .inconsistencies()
        .iter()
        .filter(|one| one.entity != "Account")
        .map(|one| {
            format!(
                "{} {} {}: {} is {}",
                one.entity, one.id, one.member, one.stated, one.computed
            )
        })
        .collect();
    assert_eq!(
        found,
        ["Vendor 72 Balance: 0 is 10", "Bill 9 Balance: 7 is 10"]
    );
    let bill = company.served(Kind::Bill, 9).unwrap();
    assert_eq!(bill["Balance"].to_string(), "10");
    assert_eq!(bill["TotalAmt"].to_string(), "10.0");
    assert_eq!(
        (&bill["SyncToken"], &bill["Mystery"]),
        (&json!("3"), &json!({"a": 1}))
    );
}

#[test]
fn linking_counts_the_token_of_both_ends_up_and_unlinking_restores_the_amounts() {
    let mut company = new_company();
    let invoice = company
        .create(
            Kind::Invoice,
            &json!({"CustomerRef": {"value": "61"}, "Line": [sale_line(9_000_000, "11")]}),
            WriteOptions::default(),
            now(),
        )
        .unwrap();
    let payment = json!({"CustomerRef": {"value": "58"}, "TotalAmt": 90000});
    let payment = company
        .create(Kind::Payment, &payment, WriteOptions::default(), now())
        .unwrap();
    assert_eq!(payment["UnappliedAmt"].to_string(), "90000");
    let apply = |token: &str, lines: Value| {
        json!({"Id": payment["Id"], "SyncToken": token, "sparse": true, "CustomerRef": {"value": "58"},
            "TotalAmt": 90000, "Line": lines})
    };
    let line =
        json!([{"Amount": 90000, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}]);
    let applied = company
        .update(
            Kind::Payment,
            &apply("0", line),
            WriteOptions::default(),
            now(),
        )
        .unwrap();
    assert_eq!(applied["UnappliedAmt"].to_string(), "0");
    assert_eq!(
        applied["Line"][0]["LineEx"]["any"][1]["value"]["Value"],
        "90000.00"
    );
    let id = invoice["Id"].as_str().unwrap().parse().unwrap();
    let linked = company.served(Kind::Invoice, id).unwrap().into_owned();
    assert_eq!(
        (linked["Balance"].to_string(), &linked["SyncToken"]),
        ("0".to_owned(), &json!("1"))
    );
    assert_eq!(
        linked["LinkedTxn"],
        json!([{"TxnId": payment["Id"], "TxnType": "Payment"}])
    );
    company
        .update(
            Kind::Payment,
            &apply("1", json!([])),
            WriteOptions::default(),
            now(),
        )
        .unwrap();
    let free = company.served(Kind::Invoice, id).unwrap();
    assert_eq!(
        (free["Balance"].to_string(), &free["LinkedTxn"]),
        ("90000".to_owned(), &json!([]))
    );
}
