use figures::dates::parse_date;
use sandbox::quickbooks::Edit;
use serde_json::{Value, json};
use store::worklist::{self, EventKind, Filter, ItemState};

use crate::app::App;

/// The QuickBooks record of a finding, with the entity as it is served.
pub(crate) fn ledger_record(app: &App, finding: &Value) -> (String, Value) {
    let record = finding["records"]
        .as_array()
        .unwrap()
        .iter()
        .find(|record| record["system"] == "quickbooks")
        .unwrap();
    let (kind, id) = (record["kind"].as_str().unwrap(), &record["id"]);
    let dump = app.sandboxes.quickbooks.dump(&app.realm());
    let entities = dump[kind].as_array().unwrap();
    let entity = entities.iter().find(|one| one["Id"] == *id).unwrap();
    (kind.to_owned(), entity.clone())
}

pub(crate) fn redate(app: &App, kind: &str, entity: &Value, day: &str) {
    let edit = Edit {
        action: "update".to_owned(),
        entity: kind.to_owned(),
        id: entity["Id"].as_str().map(str::to_owned),
        body: json!({"TxnDate": day}),
    };
    app.sandboxes.quickbooks.edit(&app.realm(), &edit).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_opened_kept_cleared_by_an_edit_and_reopened_by_another() {
    let app = App::start(7).await;
    // Nobody may edit in a closed period.
    app.sandboxes
        .quickbooks
        .set_closing_date(&app.realm(), None);
    let first = app.cycle().await;
    assert!(
        first.outcome.refused.is_empty(),
        "{:?}",
        first.outcome.refused
    );
    assert_eq!(first.changes.opened.len(), first.outcome.findings.len());
    let finding = first
        .outcome
        .findings
        .iter()
        .find(|finding| finding.code() == "R20")
        .expect("the small contractor has a document with two dates");
    let id = finding.id.to_string();
    let finding = serde_json::to_value(finding).unwrap();

    let second = app.cycle().await;
    assert_eq!(second.changes.kept.len(), first.changes.opened.len());
    assert!(second.changes.opened.is_empty() && second.changes.cleared.is_empty());

    let (kind, entity) = ledger_record(&app, &finding);
    let wrong = entity["TxnDate"].as_str().unwrap().to_owned();
    let what = finding["what"].as_str().unwrap();
    let dates = what.split_whitespace().filter_map(|word| {
        let word = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        parse_date(word).map(|_| word.to_owned())
    });
    let right = dates
        .into_iter()
        .find(|date| *date != wrong)
        .expect("both dates are told");
    redate(&app, &kind, &entity, &right);
    let third = app.cycle().await;
    assert_eq!(third.changes.cleared, std::slice::from_ref(&id));

    redate(&app, &kind, &entity, &wrong);
    let fourth = app.cycle().await;
    assert_eq!(fourth.changes.reopened, std::slice::from_ref(&id));

    let desk = app.desk().await;
    let life = worklist::history(&desk.store, &desk.scope, &id)
        .await
        .unwrap();
    let events: Vec<(EventKind, i64)> = life.iter().map(|one| (one.kind, one.cycle)).collect();
    let expected = [
        (EventKind::Opened, 1),
        (EventKind::Cleared, 3),
        (EventKind::Reopened, 4),
    ];
    assert_eq!(events, expected);
    let item = worklist::item(&desk.store, &desk.scope, &id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(item.state, ItemState::Open);
    desk.close().await;
    drop(desk);
    let shown = app.run(&["worklist", "show", &id]);
    assert!(
        shown.out.contains("reopened in cycle 4"),
        "{}{}",
        shown.out,
        shown.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_that_could_not_see_clears_nothing() {
    let app = App::start(7).await;
    let first = app.cycle().await;
    app.sandboxes.quickbooks.revoke_grants(&app.realm());
    app.sandboxes.quickbooks.expire_tokens();
    let blind = app.cycle().await;
    assert!(blind.changes.cleared.is_empty());
    assert_eq!(blind.changes.unproven.len(), first.changes.opened.len());
    let desk = app.desk().await;
    let open = Filter {
        state: Some(ItemState::Open),
        ..Filter::default()
    };
    let items = worklist::list(&desk.store, &desk.scope, open)
        .await
        .unwrap();
    assert_eq!(items.len(), first.outcome.findings.len());
    desk.close().await;
}
