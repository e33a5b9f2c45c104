use axum::http::StatusCode;
use store::worklist::{self, Proof, PublishedFinding, Publishing};

use super::{Served, read_once};

const ITEMS: i64 = 10_000;

/// Ten thousand items on the worklist of the newest cycle, made of the ones that are there.
async fn grown(served: &Served) {
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let (store, scope) = (tenant.store(), tenant.scope());
    let items = worklist::list(store, scope, worklist::Filter::default())
        .await
        .unwrap();
    let view = served.view().await;
    let books = view.books.as_ref().unwrap();
    let findings = (0..ITEMS).zip(items.iter().cycle()).map(|(number, item)| {
        let id = format!("fnd_{number:016x}");
        PublishedFinding {
            body: item.body.replace(&item.id, &id),
            id,
            check: item.check.clone(),
            project_id: item.project_id,
            also_touches: Vec::new(),
            customer_id: item.customer_id.clone(),
            amount_cents: item.amount_cents,
            severity: number,
        }
    });
    let publishing = Publishing {
        cycle: books.cycle,
        as_of: books.as_of,
        findings: findings.collect(),
        proof: Proof::Everything,
    };
    worklist::publish(store, scope, publishing, served.house.now())
        .await
        .unwrap();
    tenant.refresh().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_items_are_listed_page_by_page() {
    let (_app, served) = read_once(7).await;
    grown(&served).await;
    let view = served.view().await;
    let open = view.books.as_ref().unwrap().open.len();
    assert_eq!(i64::try_from(open).unwrap(), ITEMS);
    for query in [
        "",
        "?page=100",
        "?group=job",
        "?group=class&page=7",
        "?find=bill",
        "?page=99999",
    ] {
        let answer = served.get(&format!("/worklist{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        let rows = answer.body.matches("class=\"row\"").count();
        assert!((1..=50).contains(&rows), "{query}: {rows}");
        assert!(
            answer.body.len() < 150_000,
            "{query}: {}",
            answer.body.len()
        );
    }
    let last = served.get("/worklist?page=99999").await.body;
    assert!(
        last.contains("Previous") && !last.contains(">Next<"),
        "{last}"
    );
}
