//! Documents that are sent with a form.

use axum::http::StatusCode;
use gate::action::Kind;
use store::proposals::{self, Filter};

use super::{Served, read};
use crate::app::App;

/// A contractor whose periods are all open, with a bill or an invoice to enter.
async fn with_something_to_enter() -> (App, Served) {
    let app = App::start(7).await;
    let company = &app.sandboxes.quickbooks;
    company.set_closing_date(&company.realm_id(), None);
    read(app).await
}

/// A bill or invoice that waits.
async fn entered(served: &Served) -> String {
    let store = served.house.installation().store(served.scope.tenant_id());
    let store = store.await.unwrap();
    let open = proposals::list(&store, &served.scope, Filter::Open, 1_000).await;
    let mut open = open.unwrap().into_iter();
    let kinds = [Kind::PostBill.name(), Kind::EnterInvoice.name()];
    let found = open.find(|one| kinds.contains(&one.kind.as_str()));
    found.unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_sent_is_on_the_page_and_comes_back_byte_for_byte() {
    let (_app, served) = with_something_to_enter().await;
    let id = entered(&served).await;
    let path = format!("/approvals/{id}/document");
    let page = served.get(&format!("/approvals/{id}")).await;
    assert!(page.body.contains("multipart/form-data"), "{}", page.body);
    let bytes = b"%PDF-1.7\r\n--frontie\x00\xff";
    let sent = served.upload(&path, None, bytes).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let page = served.get(&format!("/approvals/{id}?done=enclosed")).await;
    assert!(page.body.contains("88121.pdf"), "{}", page.body);
    assert!(!page.body.contains("bills"), "a path is no part of a name");
    let link = page.body.split("href=\"/documents/").nth(1).unwrap();
    let document = link.split('"').next().unwrap();
    let file = served.get(&format!("/documents/{document}")).await;
    assert_eq!(file.body, String::from_utf8_lossy(bytes));
    let header = |name: &str| file.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/pdf");
    assert!(header("content-disposition").starts_with("attachment; filename=\"88121.pdf\""));
    assert_eq!(header("x-content-type-options"), "nosniff");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_paper_comes_from_elsewhere_or_is_too_long_changes_nothing() {
    let (_app, served) = with_something_to_enter().await;
    let id = entered(&served).await;
    let path = format!("/approvals/{id}/document");
    let before = served.get(&format!("/approvals/{id}")).await.body;
    let long = vec![b'a'; 11 * 1_024 * 1_024];
    for (csrf, file, status) in [
        (
            Some("other"),
            b"%PDF-1.7".as_slice(),
            StatusCode::BAD_REQUEST,
        ),
        (None, b"<script>alert(1)</script>", StatusCode::CONFLICT),
        (None, b"", StatusCode::BAD_REQUEST),
        (None, &long, StatusCode::BAD_REQUEST),
    ] {
        let answer = served.upload(&path, csrf, file).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        let told = answer.body.to_lowercase();
        assert!(
            told.contains("nothing was") || told.contains("nothing is"),
            "{}",
            answer.body
        );
    }
    assert_eq!(served.get(&format!("/approvals/{id}")).await.body, before);
}
