//! Taking back what somebody changed, paid or closed since.

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

/// A proposal of this kind whose target is one of these, approved.
async fn approved(app: &App, wanted: impl Fn(&gate::draft::Request) -> bool) -> (Desk, String) {
    end(staffed(app).await).await;
    app.cycle().await;
    let desk = app.desk().await;
    for one in open(&desk).await {
        let stored = load(&desk, &one.id).await;
        let request = stored.proposal.newest().draft.request.clone();
        if request.is_some_and(|request| wanted(&request)) {
            approve(&desk, "psn_one", &one.id).await.unwrap();
            return (desk, one.id);
        }
    }
    panic!("nothing of this kind is proposed");
}

#[tokio::test]
async fn what_ties_with_the_banks_statement_is_left_alone() {
    let app = with_open_books().await;
    let company = &app.sandboxes.quickbooks;
    let is_purchase =
        |request: &gate::draft::Request| request.entity == "Purchase" && request.id.is_some();
    let (desk, id) = approved(&app, is_purchase).await;
    let target = load(&desk, &id)
        .await
        .proposal
        .newest()
        .draft
        .request
        .as_ref()
        .unwrap()
        .target();
    let target = target.unwrap();
    assert!(company.reconcile(&company.realm_id(), &target.kind, &target.id));
    let before = record(&app, &target.kind, &target.id);
    let ledger = Ledger::open(&desk).await.unwrap();
    let ended = Executor::new(&desk, &ledger).run(&id).await.unwrap();
    let Ended::Void(why) = ended else {
        panic!("{ended:?}");
    };
    assert!(why.contains("reconciled with the bank"), "{why}");
    assert_eq!(record(&app, &target.kind, &target.id), before);
    drop(ledger);
    end(desk).await;
}
