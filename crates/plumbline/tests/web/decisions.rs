use axum::http::StatusCode;
use plumbline::web::tenant_view::Pairing;
use store::decisions::{self, Verdict};

use super::{Answer, Served, read_once};

/// A pair of documents that was made by evidence, one record on each side.
async fn scored(served: &Served) -> Pairing {
    let view = served.view().await;
    let books = view.books.as_ref().unwrap();
    let found = books.pairs.iter().find(|pair| {
        pair.kind == "document"
            && pair.basis == "scored"
            && pair.procore.len() == 1
            && pair.quickbooks.len() == 1
    });
    found.expect("the small contractor has one").clone()
}

fn named(pair: &Pairing) -> (String, String) {
    let text = |record: &figures::source::SourceRef| format!("{}:{}", record.kind, record.id);
    (text(&pair.procore[0]), text(&pair.quickbooks[0]))
}

async fn say(served: &Served, verdict: &str, pair: &Pairing, back: &str) -> Answer {
    let (procore, quickbooks) = named(pair);
    let form = [
        ("verdict", verdict),
        ("kind", "document"),
        ("procore", procore.as_str()),
        ("quickbooks", quickbooks.as_str()),
        ("note", "Asked the vendor."),
        ("back", back),
    ];
    served.post("/matches", &form).await
}

async fn is_paired(served: &Served, pair: &Pairing) -> bool {
    let view = served.view().await;
    let books = view.books.as_ref().unwrap();
    books
        .pairs
        .iter()
        .any(|one| one.procore == pair.procore && one.quickbooks == pair.quickbooks)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_refused_compared_again_and_taken_back() {
    let (_app, served) = read_once(7).await;
    let pair = scored(&served).await;
    let refused = say(&served, "refused", &pair, "/matches?tab=documents").await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER, "{}", refused.body);
    let next = refused.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(next, "/matches?tab=documents&done=1");
    served.idle().await;
    let page = served.get(&next).await.body;
    assert!(page.contains("are not the same."), "{page}");
    assert!(page.contains("Undo <kbd>U</kbd>"), "{page}");
    assert!(!is_paired(&served, &pair).await, "the books follow at once");

    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let decided = decisions::history(tenant.store(), tenant.scope())
        .await
        .unwrap();
    assert_eq!(decided[0].verdict, Verdict::Refused);
    assert_eq!(decided[0].decided_by.as_deref(), Some("Dana Whitfield"));
    assert_eq!(decided[0].note.as_deref(), Some("Asked the vendor."));

    let undone = say(&served, "withdrawn", &pair, "").await;
    assert_eq!(undone.headers["location"], "/matches?done=2");
    served.idle().await;
    assert!(is_paired(&served, &pair).await);
    let history = served.get("/matches?tab=decisions").await.body;
    assert!(history.contains("Taken back") && history.contains("Not the same"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_records_that_the_screens_name_can_be_decided_about() {
    let (_app, served) = read_once(7).await;
    let pair = scored(&served).await;
    let (procore, quickbooks) = named(&pair);
    for (verdict, kind, one, other) in [
        (
            "refused",
            "document",
            "direct_cost:999999999",
            quickbooks.as_str(),
        ),
        ("refused", "document", procore.as_str(), "Bill"),
        ("refused", "budget", procore.as_str(), quickbooks.as_str()),
        ("maybe", "document", procore.as_str(), quickbooks.as_str()),
        ("refused", "document", procore.as_str(), ""),
    ] {
        let form = [
            ("verdict", verdict),
            ("kind", kind),
            ("procore", one),
            ("quickbooks", other),
        ];
        let answer = served.post("/matches", &form).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{form:?}");
    }
    let tenant = served.house.tenant(&served.scope).await.unwrap();
    let decided = decisions::history(tenant.store(), tenant.scope())
        .await
        .unwrap();
    assert!(decided.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_not_confirmed_with_two_partners() {
    let (_app, served) = read_once(7).await;
    let pair = scored(&served).await;
    let confirmed = say(&served, "confirmed", &pair, "").await;
    assert_eq!(confirmed.status, StatusCode::SEE_OTHER);
    served.idle().await;
    let view = served.view().await;
    let books = view.books.as_ref().unwrap();
    let other = books.pairs.iter().find(|one| {
        one.kind == "document" && one.quickbooks.len() == 1 && one.quickbooks != pair.quickbooks
    });
    let second = Pairing {
        quickbooks: other.unwrap().quickbooks.clone(),
        ..pair
    };
    let refused = say(&served, "confirmed", &second, "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(refused.body.contains("Nothing was changed."));
}
