//! What the mirror must not forget between two cycles.

use figures::model::DocumentKind;
use sandbox::procore::Principal;
use sandbox::quickbooks::Edit;
use serde_json::Value;

use crate::app::App;

fn delete(app: &App, entity: &str, id: &str) {
    let edit = Edit {
        action: "delete".to_owned(),
        entity: entity.to_owned(),
        id: Some(id.to_owned()),
        body: Value::Null,
    };
    app.sandboxes.quickbooks.edit(&app.realm(), &edit).unwrap();
}

/// The newest entity of a kind that nothing else hangs on, as far as it can be deleted.
fn newest(app: &App, entity: &str) -> String {
    let dump = app.sandboxes.quickbooks.dump(&app.realm());
    let of = dump[entity].as_array().unwrap();
    let ids = of.iter().map(|one| one["Id"].as_str().unwrap());
    ids.max_by_key(|id| id.parse::<u64>().unwrap())
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_remembered_after_quickbooks_has_forgotten_it() {
    let app = App::start(7).await;
    app.sandboxes
        .quickbooks
        .set_closing_date(&app.realm(), None);
    app.cycle().await;
    let id = newest(&app, "PurchaseOrder");
    delete(&app, "PurchaseOrder", &id);
    let remembered = |report: &plumbline::cycle::Report| {
        let ledger = report.loaded.books.ledger.as_ref().unwrap();
        let gone = ledger
            .tombstones
            .iter()
            .any(|stone| stone.entity == "PurchaseOrder" && stone.id == id.as_str());
        let there = ledger
            .documents
            .iter()
            .any(|one| one.kind == DocumentKind::PurchaseOrder && one.id == id.as_str());
        gone && !there
    };
    assert!(
        remembered(&app.cycle().await),
        "change data capture tells it"
    );
    app.sandboxes.quickbooks.advance_seconds(40 * 24 * 3_600);
    app.connect().await;
    assert!(
        remembered(&app.cycle().await),
        "a full read must not forget it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_that_is_not_announced_is_noticed_by_the_count() {
    let app = App::start(7).await;
    app.sandboxes
        .quickbooks
        .set_closing_date(&app.realm(), None);
    let hours = |desk: &plumbline::desk::Desk, cycle: i64| {
        let (store, scope) = (desk.store.clone(), desk.scope.clone());
        async move {
            let system = figures::source::System::QuickBooks;
            let name = "TimeActivity".into();
            store::mirror::read_resource_as_of(&store, &scope, cycle, system, name)
                .await
                .unwrap()
                .collect()
                .await
                .unwrap()
                .len()
        }
    };
    app.cycle().await;
    let id = newest(&app, "TimeActivity");
    delete(&app, "TimeActivity", &id);
    let second = app.cycle().await;
    assert_eq!(second.outcome.incomplete, []);
    let desk = app.desk().await;
    let (before, after) = (hours(&desk, 1).await, hours(&desk, 2).await);
    assert_eq!(after, before - 1);
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_vanishes_stays_a_blind_spot_until_it_is_back() {
    let app = App::start(7).await;
    let whole = app.cycle().await.outcome;
    let job = whole.bridges[0].project_id;
    app.sandboxes
        .procore
        .set_member(Principal::User, job, false);
    for cycle in ["the next cycle", "the one after"] {
        let outcome = app.cycle().await.outcome;
        let told = outcome
            .blind_spots
            .iter()
            .any(|spot| spot.project_id == Some(job));
        assert!(told, "{cycle} must say that it cannot see {job}");
        assert!(
            outcome
                .bridges
                .iter()
                .all(|bridge| bridge.project_id != job),
            "{cycle}"
        );
    }
    app.sandboxes.procore.set_member(Principal::User, job, true);
    let back = app.cycle().await.outcome;
    assert_eq!(back.bridges, whole.bridges);
    assert_eq!(back.findings, whole.findings);
}
