use axum::http::StatusCode;
use plumbline::load::grow_worklist;

use super::{Served, read_once};

const ITEMS: i64 = 10_000;

/// Ten thousand items on the worklist of the newest cycle, made of the ones that are there.
async fn grown(served: &Served) {
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let view = served.view().await;
    let books = view.books.as_ref().unwrap();
    grow_worklist(tenant.store(), (books.cycle, books.as_of), ITEMS)
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
