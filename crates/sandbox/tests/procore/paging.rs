//! Pages, links and totals.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sandbox::procore::{Books, Config, Principal, start};
use sandbox::world::ProcoreRecord;
use serde_json::json;

use super::books::{CLINIC, COMPANY, RFIS};
use super::client::{Client, http, ids};

#[tokio::test]
async fn links_totals_and_page_sizes_follow_the_vendor() {
    let client = Client::start().await;
    let path = format!("/rest/v1.0/projects/{CLINIC}/rfis?per_page=30&filters[status][]=open");
    let first = client.get(&path).await;
    assert_eq!(
        (first.header("total"), first.header("per-page")),
        ("92", "30")
    );
    assert!(first.link("first").is_none() && first.link("prev").is_none());
    let second = client.get(&first.link("next").unwrap()).await;
    assert!(second.link("first").is_some() && second.link("prev").is_none());
    let third = client.get(&second.link("next").unwrap()).await;
    assert!(third.link("prev").is_some());
    let last = client.get(&third.link("next").unwrap()).await;
    assert!(last.link("next").is_none() && last.link("last").is_none());
    assert_eq!(last.rows().len(), 2);
    assert_eq!(first.link("last"), third.link("next"));
}

#[tokio::test]
async fn defaults_and_largest_pages_differ_by_endpoint() {
    let client = Client::start().await;
    for (path, size) in [
        (
            format!("/rest/v1.1/projects?company_id={COMPANY}&per_page=5000"),
            "300",
        ),
        (format!("/rest/v1.1/requisitions?project_id={CLINIC}"), "30"),
        (
            format!("/rest/v1.0/payment_applications?project_id={CLINIC}"),
            "30",
        ),
        (format!("/rest/v1.0/projects/{CLINIC}/rfis"), "100"),
        (format!("/rest/v2.0/projects/{CLINIC}/documents"), "10"),
        (
            format!("/rest/v2.0/projects/{CLINIC}/documents?per_page=999"),
            "100",
        ),
    ] {
        assert_eq!(client.get(&path).await.header("per-page"), size, "{path}");
    }
}

#[tokio::test]
async fn unpaged_lists_ignore_page_parameters() {
    let client = Client::start().await;
    let path = format!("/rest/v1.0/projects/{CLINIC}/prime_change_orders?page=2&per_page=1");
    let answer = client.get(&path).await;
    assert_eq!(answer.rows().len(), 3);
    assert!(!answer.headers.contains_key("total") && !answer.headers.contains_key("link"));
}

#[tokio::test]
async fn the_trailing_slash_of_the_documentation_is_accepted() {
    let client = Client::start().await;
    let rows = client
        .rows(&format!(
            "/rest/v1.0/purchase_order_contracts/?project_id={CLINIC}"
        ))
        .await;
    assert_eq!(rows.len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn walking_by_link_yields_each_id_exactly_once(per_page in 1_usize..160) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let rows = runtime.block_on(async {
            let client = Client::start().await;
            client.walk(&format!("/rest/v1.0/projects/{CLINIC}/rfis?per_page={per_page}")).await
        });
        let distinct: BTreeSet<i64> = ids(&rows).into_iter().collect();
        prop_assert_eq!(rows.len(), RFIS as usize);
        prop_assert_eq!(distinct.len(), RFIS as usize);
    }
}

#[tokio::test]
async fn a_hundred_thousand_records_are_served_page_by_page() {
    let card = |id: i64| ProcoreRecord {
        project_id: Some(1 + id % 50),
        parent_id: None,
        body: json!({"id": id, "date": format!("2026-{:02}-{:02}", 1 + id % 12, 1 + id % 28),
            "hours": "8.0", "updated_at": "2026-06-30T00:00:00Z", "deleted_at": null,
            "party": {"id": id % 300, "name": "Someone"}}),
    };
    let projects = (1..=50).map(|id| ProcoreRecord {
        project_id: Some(id),
        parent_id: None,
        body: json!({"id": id, "name": "Job", "active": true}),
    });
    let books = Books {
        company_id: COMPANY,
        time_zone: "UTC".to_owned(),
        at: "2026-12-31T00:00:00Z".parse().unwrap(),
        records: [
            ("projects".to_owned(), projects.collect()),
            (
                "timecard_entries".to_owned(),
                (1..=100_000).map(card).collect(),
            ),
        ]
        .into(),
    };
    let server = start(Config::default(), Some(books)).await.unwrap();
    let issued = server.issue_token(Principal::User);
    let token = issued["access_token"].as_str().unwrap().to_owned();
    let client = Client {
        server,
        http: http(),
        token,
    };
    let path = format!(
        "/rest/v1.0/companies/{COMPANY}/timecard_entries?start_date=2026-03-01&end_date=2026-03-31&per_page=2000"
    );
    let march = client.walk(&path).await;
    assert_eq!(march.len(), (1..=100_000).filter(|id| id % 12 == 2).count());
}
