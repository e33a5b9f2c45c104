use axum::http::StatusCode;

use super::read_once;

const CHANGED: [(&str, &str); 5] = [
    ("time_zone", "America/Denver"),
    ("stale_after_days", "5"),
    ("hours", "5:30"),
    ("sweep_hours", "4"),
    ("digest_at", "6:30"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_changed_stands_in_the_audit_under_their_name() {
    let (_app, served) = read_once(7).await;
    let before = served.get("/audit").await;
    assert_eq!(before.status, StatusCode::OK, "{}", before.body);
    assert!(!before.body.contains("changed the settings"));
    let kept = served.post("/settings", &CHANGED).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
    served.idle().await;
    let page = served.get("/audit").await.body;
    let row = page
        .split("<tr>")
        .find(|row| row.contains("changed the settings"));
    let row = row.expect("the entry is listed");
    assert!(row.contains("stale after days: 3 to 5"), "{row}");
    assert!(row.contains("Dana Whitfield"), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_filtered_and_a_copy_of_it_is_an_entry_too() {
    let (_app, served) = read_once(7).await;
    served.post("/settings", &CHANGED).await;
    served.idle().await;
    let people = served.get("/audit?sort=people").await.body;
    assert!(people.contains("gave a role"), "{people}");
    assert!(!people.contains("changed the settings"));
    let company = served.get("/audit?sort=company&days=7").await.body;
    assert!(company.contains("changed the settings"), "{company}");
    assert!(!company.contains("gave a role"));
    let copy = served.post("/audit/copy", &[("sort", "company")]).await;
    assert_eq!(
        copy.headers["content-disposition"],
        "attachment; filename=\"audit.jsonl\""
    );
    let lines: Vec<serde_json::Value> = copy
        .body
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<&str> = lines
        .iter()
        .map(|line| line["what"].as_str().unwrap())
        .collect();
    assert!(names.contains(&"settings.changed"), "{names:?}");
    assert!(names.contains(&"connection.made"), "{names:?}");
    let after = served.get("/audit?sort=company").await.body;
    assert!(after.contains("took a copy of the audit along"), "{after}");
}
