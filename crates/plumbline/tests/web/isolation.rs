use axum::http::StatusCode;

use super::read_once;

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_another_tenant_answer_exactly_like_ids_that_do_not_exist() {
    let (_one, served) = read_once(7).await;
    let (_other, foreign) = read_once(8).await;
    let view = foreign.view().await;
    let books = view.books.as_ref().unwrap();
    let own = served.view().await;
    let own = own.books.as_ref().unwrap();
    let item = books.open.iter().find(|item| own.item(&item.id).is_none());
    let item = item.expect("two contractors have different items");
    let paths = [
        (format!("/worklist/{}", item.id), "/worklist/fnd_0"),
        ("/figures/bridge.cost.procore:1".to_owned(), "/figures/x"),
    ];
    for (theirs, nobodys) in paths {
        let (mut one, mut other) = (served.get(&theirs).await, served.get(nobodys).await);
        for answer in [&mut one, &mut other] {
            answer
                .headers
                .remove("x-request-id")
                .expect("each has its own");
        }
        assert_eq!(one.status, StatusCode::NOT_FOUND);
        assert_eq!((one.status, one.body), (other.status, other.body));
        assert_eq!(one.headers, other.headers);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_of_another_tenant_has_no_house_here() {
    let (_one, served) = read_once(7).await;
    let (_other, foreign) = read_once(8).await;
    assert!(served.house.tenant(&foreign.scope).await.is_err());
}
