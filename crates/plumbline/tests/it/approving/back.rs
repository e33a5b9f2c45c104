//! Taking back what somebody changed, paid or closed since.

use connectors::quickbooks::write::request::request;
use figures::source::SourceRef;
use gate::correction::Correction;
use gate::draft::Draft;
use gate::proposal::{Maker, Proposal, Version};
use gate::roles::Department;
use plumbline::approvals::NotTakenBack;
use sandbox::quickbooks::Edit;
use serde_json::{Value, json};

use super::*;

/// A bill that was entered for a proposal: the proposal, and the bill as QuickBooks has it.
async fn entered(app: &App) -> (Desk, Ledger, String, Value) {
    end(staffed(app).await).await;
    app.cycle().await;
    let desk = app.desk().await;
    let all = open(&desk).await;
    let bill = all.iter().find(|one| one.kind == Kind::PostBill.name());
    let bill = bill.unwrap().id.clone();
    approve(&desk, "psn_one", &bill).await.unwrap();
    let ledger = Ledger::open(&desk).await.unwrap();
    let ended = Executor::new(&desk, &ledger).run(&bill).await.unwrap();
    assert_eq!(ended, Ended::Done);
    let made = approvals::made(&load(&desk, &bill).await).unwrap();
    let there = record(app, "Bill", &made.id);
    (desk, ledger, bill, there)
}

fn all(app: &App, entity: &str) -> Vec<Value> {
    let company = &app.sandboxes.quickbooks;
    let dump = company.dump(&company.realm_id());
    dump[entity].as_array().cloned().unwrap_or_default()
}

fn record(app: &App, entity: &str, id: &str) -> Value {
    let found = all(app, entity).into_iter().find(|one| one["Id"] == id);
    found.unwrap()
}

fn edit(app: &App, action: &str, entity: &str, id: Option<&str>, body: Value) {
    let company = &app.sandboxes.quickbooks;
    let edit = Edit {
        action: action.to_owned(),
        entity: entity.to_owned(),
        id: id.map(str::to_owned),
        body,
    };
    company.edit(&company.realm_id(), &edit).unwrap();
}

async fn ask(desk: &Desk, ledger: &Ledger, id: &str, how: How) -> Result<String, NotTakenBack> {
    let who = decider(desk, "psn_one", None);
    approvals::take_back(desk, ledger, &who, (id, how))
        .await
        .unwrap()
}

#[tokio::test]
async fn what_somebody_changed_since_is_shown_in_three_states_and_left_alone() {
    let app = with_open_books().await;
    let (desk, ledger, bill, there) = entered(&app).await;
    // As long as nothing is in the way, there is no other document.
    let other = ask(&desk, &ledger, &bill, How::Instead).await;
    assert_eq!(other, Err(NotTakenBack::Exactly));
    let id = there["Id"].as_str().unwrap();
    edit(
        &app,
        "update",
        "Bill",
        Some(id),
        json!({"PrivateNote": "Seen by Ray"}),
    );
    for how in [How::Exactly, How::Instead] {
        let refused = ask(&desk, &ledger, &bill, how).await.unwrap_err();
        assert!(
            !refused.allows_another(),
            "somebody's work would be overwritten"
        );
        let NotTakenBack::Changed(all) = refused else {
            panic!("{refused:?}");
        };
        let one = all.iter().find(|one| one.record.kind == "Bill").unwrap();
        assert_eq!((&one.before, one.is_standing), (&None, false));
        assert!(!one.after.as_deref().unwrap().contains("Seen by Ray"));
        assert!(one.now.as_deref().unwrap().contains("Seen by Ray"));
    }
    drop(ledger);
    end(desk).await;
}

#[tokio::test]
async fn what_was_paid_since_is_taken_back_by_a_credit_and_stays_paid() {
    let app = with_open_books().await;
    let (desk, ledger, bill, there) = entered(&app).await;
    let bank = all(&app, "Account")
        .into_iter()
        .find(|one| one["AccountType"] == "Bank")
        .unwrap();
    let payment = json!({
        "VendorRef": there["VendorRef"],
        "PayType": "Check",
        "CheckPayment": {"BankAccountRef": {"value": bank["Id"]}},
        "TotalAmt": there["TotalAmt"],
        "TxnDate": app.day().to_string(),
        "Line": [{"Amount": there["TotalAmt"], "LinkedTxn": [{"TxnId": there["Id"], "TxnType": "Bill"}]}],
    });
    edit(&app, "create", "BillPayment", None, payment);
    let refused = ask(&desk, &ledger, &bill, How::Exactly).await.unwrap_err();
    assert!(refused.allows_another(), "{refused:?}");
    let credits = all(&app, "VendorCredit").len();
    let back = ask(&desk, &ledger, &bill, How::Instead).await.unwrap();
    approve(&desk, "psn_two", &back).await.unwrap();
    let ended = Executor::new(&desk, &ledger).run(&back).await.unwrap();
    assert_eq!(ended, Ended::Done);
    assert!(matches!(state(&desk, &bill).await, State::Undone { .. }));
    let made = approvals::made(&load(&desk, &back).await).unwrap();
    assert_eq!(
        (made.kind.as_str(), all(&app, "VendorCredit").len()),
        ("VendorCredit", credits + 1)
    );
    let credit = record(&app, "VendorCredit", &made.id);
    assert_eq!(credit["TotalAmt"], there["TotalAmt"]);
    assert_eq!(credit["TxnDate"], app.day().to_string());
    // The bill is still there, and still paid.
    let paid = record(&app, "Bill", there["Id"].as_str().unwrap());
    assert_eq!(paid["Balance"].to_string().parse::<f64>().unwrap(), 0.0);
    drop(ledger);
    end(desk).await;
}

/// A proposal to take a check or card charge out, approved: what it is about, and its id.
async fn removal(app: &App, desk: &Desk) -> (SourceRef, String) {
    let purchase = all(app, "Purchase").swap_remove(0);
    let document = SourceRef::quickbooks("Purchase", purchase["Id"].as_str().unwrap());
    let remove = Correction::Remove {
        document: document.clone(),
    };
    let lookup = |record: &SourceRef| {
        let all = all(app, &record.kind).into_iter();
        let mut found = all.filter(|one| one["Id"] == record.id.as_str());
        found.next().map(|one| one.to_string())
    };
    let id = approvals::new_id(desk).unwrap();
    let draft = Draft {
        kind: Kind::RemoveDuplicate,
        department: Department::Payables,
        company: app.realm().as_str().into(),
        sentence: "Check 7 is taken out, because it is there twice.".to_owned(),
        money: figures::Money::from_cents(100),
        party: None,
        request: Some(request(&remove, &id, &lookup).unwrap()),
        instructions: Vec::new(),
        figures: Vec::new(),
        evidence: Vec::new(),
        finding: None,
        undoes: None,
        document: None,
    };
    let now = desk.clock.now();
    let first = Version {
        draft,
        by: Maker::Person("psn_two".into()),
        at: now,
    };
    let tenant = desk.scope.tenant_id().into();
    let proposal = Proposal::try_new(tenant, id.as_str().into(), first).unwrap();
    proposals::propose(&desk.store, &desk.scope, proposal, now)
        .await
        .unwrap();
    approve(desk, "psn_one", &id).await.unwrap();
    (document, id)
}

#[tokio::test]
async fn what_ties_with_the_banks_statement_is_left_alone() {
    let app = with_open_books().await;
    let company = &app.sandboxes.quickbooks;
    let desk = staffed(&app).await;
    let ledger = Ledger::open(&desk).await.unwrap();
    for is_reconciled in [true, false] {
        let (target, id) = removal(&app, &desk).await;
        if is_reconciled {
            assert!(company.reconcile(&app.realm(), &target.kind, &target.id));
        } else {
            assert!(company.unreconcile(&app.realm(), &target.kind, &target.id));
        }
        let before = record(&app, &target.kind, &target.id);
        let ended = Executor::new(&desk, &ledger).run(&id).await.unwrap();
        if is_reconciled {
            let Ended::Void(why) = ended else {
                panic!("{ended:?}");
            };
            assert!(why.contains("reconciled with the bank"), "{why}");
            assert_eq!(record(&app, &target.kind, &target.id), before);
        } else {
            assert_eq!(ended, Ended::Done);
        }
    }
    drop(ledger);
    end(desk).await;
}
