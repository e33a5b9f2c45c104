use super::*;

const BILL: &str = r#"{"Id":"145","SyncToken":"2","VendorRef":{"value":"72","name":"Copper Ridge"},
    "Balance":300,"LinkedTxn":[],"Odd":{"kept":1.10},
    "Line":[{"Id":"1","Amount":100.00,"DetailType":"AccountBasedExpenseLineDetail",
       "AccountBasedExpenseLineDetail":{"AccountRef":{"value":"80"},"CustomerRef":{"value":"5"}}},
      {"Id":"2","Amount":200.00,"DetailType":"AccountBasedExpenseLineDetail",
       "AccountBasedExpenseLineDetail":{"AccountRef":{"value":"80"},"CustomerRef":{"value":"6"},"ClassRef":{"value":"9"}}}]}"#;

const BY_ITEM: &str = r#"{"Id":"146","SyncToken":"4","VendorRef":{"value":"72"},"TotalAmt":450,
    "Line":[{"Id":"1","Amount":500.00,"Description":"Rebar","DetailType":"ItemBasedExpenseLineDetail",
       "ItemBasedExpenseLineDetail":{"ItemRef":{"value":"7","name":"Steel"},"CustomerRef":{"value":"5"},"Qty":20,"UnitPrice":25,"TaxCodeRef":{"value":"NON"},"BillableStatus":"NotBillable"}},
      {"Id":"2","Amount":-50.00,"DetailType":"AccountBasedExpenseLineDetail",
       "AccountBasedExpenseLineDetail":{"AccountRef":{"value":"33"},"CustomerRef":{"value":"5"}}}]}"#;

pub(super) fn lookup(record: &SourceRef) -> Option<String> {
    match (record.kind.as_str(), record.id.as_str()) {
        ("Bill", "145") => Some(BILL.to_owned()),
        ("Bill", "146") => Some(BY_ITEM.to_owned()),
        ("Payment", "310") => Some(
            r#"{"Id":"310","SyncToken":"0","TotalAmt":900,"UnappliedAmt":400,
                "Line":[{"Amount":500,"LinkedTxn":[{"TxnId":"209","TxnType":"Invoice"}],"LineEx":{}}]}"#
                .to_owned(),
        ),
        ("Vendor" | "Account" | "Customer" | "Class" | "Item" | "Invoice" | "Department", id) if id != "404" => {
            Some(format!("{{\"Id\":\"{id}\",\"Active\":true,\"Balance\":{id}}}"))
        }
        _ => None,
    }
}

fn only(correction: &Correction) -> Result<Request, NoRequest> {
    request(correction, "prp_1", &lookup)
}

fn bill(account: &str) -> Correction {
    Correction::PostBill(NewBill {
        vendor: "72".into(),
        number: "CRM-88121".into(),
        date: "2026-11-20".parse().unwrap(),
        due: None,
        location: None,
        lines: vec![
            BillLine {
                amount: Money::from_cents(1_000_005),
                on: Coding::Account(account.into()),
                customer: Some("5".into()),
                class: None,
                description: "Framing".into(),
            },
            BillLine {
                amount: Money::from_cents(-100_000),
                on: Coding::Account("33".into()),
                customer: Some("5".into()),
                class: Some("9".into()),
                description: "Retainage".into(),
            },
        ],
    })
}

#[test]
fn a_bill_says_every_amount_to_the_cent_and_where_it_came_from() {
    let step = only(&bill("80")).unwrap();
    assert_eq!(
        step.body,
        r#"{"VendorRef":{"value":"72"},"DocNumber":"CRM-88121","TxnDate":"2026-11-20","PrivateNote":"Plumbline prp_1","Line":[{"Amount":10000.05,"Description":"Framing","DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"80"},"CustomerRef":{"value":"5"},"BillableStatus":"NotBillable"}},{"Amount":-1000.00,"Description":"Retainage","DetailType":"AccountBasedExpenseLineDetail","AccountBasedExpenseLineDetail":{"AccountRef":{"value":"33"},"CustomerRef":{"value":"5"},"ClassRef":{"value":"9"},"BillableStatus":"NotBillable"}}]}"#
    );
    let named: Vec<&str> = step
        .before
        .iter()
        .map(|it| it.record.kind.as_str())
        .collect();
    assert_eq!(named, ["Account", "Account", "Class", "Customer", "Vendor"]);
    assert!(step.before.iter().all(|it| it.standing.is_none()));
    let missing = SourceRef::quickbooks("Account", "404");
    assert_eq!(only(&bill("404")), Err(NoRequest::NotRead(missing)));
}

#[test]
fn a_line_is_coded_otherwise_and_nothing_else_is() {
    let document = SourceRef::quickbooks("Bill", "145");
    let recoded = |change| {
        only(&Correction::Recode {
            document: document.clone(),
            change,
        })
    };
    let to_job = recoded(Recoding::Customer {
        from: "6".into(),
        to: "7".into(),
    })
    .unwrap();
    let expected = Value::Object(writable(BILL).unwrap())
        .to_string()
        .replace("{\"value\":\"6\"}", "{\"value\":\"7\"}");
    assert_eq!(to_job.body, expected);
    assert!(expected.contains("\"Odd\":{\"kept\":1.10}") && !expected.contains("Balance"));
    assert!(
        to_job.before[0].standing.is_some(),
        "a payment in between counts"
    );
    assert_eq!(to_job.before[1].record.kind, "Customer");
    let classed = recoded(Recoding::Class {
        from: None,
        to: "8".into(),
    })
    .unwrap();
    assert_eq!(
        classed
            .body
            .matches("\"ClassRef\":{\"value\":\"8\"}")
            .count(),
        1
    );
    assert_eq!(
        classed
            .body
            .matches("\"ClassRef\":{\"value\":\"9\"}")
            .count(),
        1
    );
    let nowhere = recoded(Recoding::Account {
        from: "81".into(),
        to: "82".into(),
    });
    assert!(matches!(nowhere, Err(NoRequest::Unusable { .. })));
}

#[test]
fn a_line_gets_another_item_and_keeps_quantity_price_and_job() {
    let recoded = |from: &str, to: &str| {
        only(&Correction::Recode {
            document: SourceRef::quickbooks("Bill", "146"),
            change: Recoding::Item {
                from: from.into(),
                to: to.into(),
            },
        })
    };
    let made = recoded("7", "8").unwrap();
    let expected = Value::Object(writable(BY_ITEM).unwrap())
        .to_string()
        .replace(r#"{"name":"Steel","value":"7"}"#, r#"{"value":"8"}"#)
        .replace(r#"{"value":"7","name":"Steel"}"#, r#"{"value":"8"}"#);
    assert_eq!(made.body, expected);
    assert!(
        expected.contains(r#""Qty":20,"UnitPrice":25"#) && expected.contains(r#"{"value":"33"}"#)
    );
    assert_eq!(made.before[1].record, SourceRef::quickbooks("Item", "8"));
    let nowhere = recoded("9", "8");
    assert!(matches!(nowhere, Err(NoRequest::Unusable { .. })));
}

#[test]
fn a_payment_keeps_the_lines_it_has() {
    let step = only(&Correction::ApplyPayment {
        payment: "310".into(),
        to: vec![("210".into(), Money::from_cents(40_000))],
    })
    .unwrap();
    assert_eq!(
        step.body,
        r#"{"Id":"310","TotalAmt":900,"Line":[{"Amount":500,"LinkedTxn":[{"TxnId":"209","TxnType":"Invoice"}]},{"Amount":400.00,"LinkedTxn":[{"TxnId":"210","TxnType":"Invoice"}]}]}"#
    );
    assert!(step.before.iter().all(|it| it.standing.is_some()));
}

#[test]
fn a_line_of_an_entry_says_whose_it_is() {
    let line = |posting, account: &str, entity| gate::correction::JournalLine {
        posting,
        amount: Money::from_cents(250_000),
        account: account.into(),
        entity: Some(entity),
        class: None,
        description: "Retainage withheld".into(),
    };
    let made = only(&Correction::PostJournal(NewJournal {
        number: "BE-2217-RET".into(),
        date: "2026-10-01".parse().unwrap(),
        lines: vec![
            line(Posting::Debit, "33", Entity::Vendor("72".into())),
            line(Posting::Credit, "34", Entity::Customer("5".into())),
        ],
    }))
    .unwrap();
    for said in [
        r#""PostingType":"Debit","AccountRef":{"value":"33"},"Entity":{"Type":"Vendor","EntityRef":{"value":"72"}}"#,
        r#""PostingType":"Credit","AccountRef":{"value":"34"},"Entity":{"Type":"Customer","EntityRef":{"value":"5"}}"#,
    ] {
        assert!(made.body.contains(said), "{}", made.body);
    }
    let vendor = SourceRef::quickbooks("Vendor", "72");
    assert!(made.before.iter().any(|one| one.record == vendor));
}

#[test]
fn what_is_there_twice_is_voided_where_that_works_and_deleted_where_it_does_not() {
    let verb = |kind: &str, id: &str| {
        only(&Correction::Remove {
            document: SourceRef::quickbooks(kind, id),
        })
        .unwrap()
        .verb
    };
    assert_eq!(verb("Bill", "145"), Verb::Delete);
    assert_eq!(verb("Invoice", "210"), Verb::Void);
    assert_eq!(verb("Payment", "310"), Verb::Void);
}

#[test]
fn what_is_made_again_is_another_record() {
    let again = as_it_was(Verb::Delete, BILL, "prp_2").unwrap();
    assert!(
        !again.contains("\"Id\"") && !again.contains("LinkedTxn") && !again.contains("Balance")
    );
    assert!(
        as_it_was(Verb::Update, BILL, "prp_2")
            .unwrap()
            .contains("\"Id\":\"145\"")
    );
}

#[test]
fn a_number_that_is_in_use_gets_a_letter_and_stays_short_enough() {
    let long = r#"{"DocNumber":"123456789012345678901","Odd":1.10}"#;
    let other = numbered_otherwise(long, 'R').unwrap();
    assert_eq!(other, r#"{"DocNumber":"12345678901234567890R","Odd":1.10}"#);
    assert_eq!(number_of(&other).as_deref(), Some("12345678901234567890R"));
    assert_eq!(numbered_otherwise("{}", 'R'), None);
}

#[test]
fn a_location_is_named_and_looked_at() {
    let Correction::PostBill(mut one) = bill("80") else {
        panic!("a bill is a bill");
    };
    one.location = Some("4".into());
    let made = only(&Correction::PostBill(one)).unwrap();
    assert!(
        made.body.contains(r#""DepartmentRef":{"value":"4"}"#),
        "{}",
        made.body
    );
    let location = SourceRef::quickbooks("Department", "4");
    assert!(made.before.iter().any(|one| one.record == location));
}

#[test]
fn a_document_is_said_to_belong_to_its_record_and_not_to_be_sent_on() {
    let document = gate::draft::Document {
        id: "doc_1".into(),
        name: "CRM-88121.pdf".to_owned(),
        media_type: "application/pdf".into(),
        bytes: 4,
        digest: gate::digest::Digest::of(b"%PDF"),
    };
    let to = SourceRef::quickbooks("Bill", "145");
    let made = only(&Correction::Attach {
        to: to.clone(),
        document,
    })
    .unwrap();
    assert_eq!(
        (made.verb, made.entity.as_str()),
        (Verb::Create, "Attachable")
    );
    assert_eq!(
        made.body,
        r#"{"AttachableRef":[{"EntityRef":{"type":"Bill","value":"145"},"IncludeOnSend":false}],"FileName":"CRM-88121.pdf","ContentType":"application/pdf","Note":"Plumbline prp_1"}"#
    );
    let [before] = made.before.as_slice() else {
        panic!("{:?}", made.before);
    };
    assert_eq!((&before.record, before.standing), (&to, None));
}

#[test]
fn a_line_on_an_item_names_the_item() {
    let Correction::PostBill(mut one) = bill("80") else {
        panic!("a bill is a bill");
    };
    one.lines.truncate(1);
    one.lines[0].on = Coding::Item("7".into());
    let made = only(&Correction::PostBill(one)).unwrap();
    let line = r#""DetailType":"ItemBasedExpenseLineDetail","ItemBasedExpenseLineDetail":{"ItemRef":{"value":"7"},"CustomerRef":{"value":"5"},"BillableStatus":"NotBillable"}"#;
    assert!(made.body.contains(line), "{}", made.body);
    let item = SourceRef::quickbooks("Item", "7");
    assert!(made.before.iter().any(|one| one.record == item));
}
