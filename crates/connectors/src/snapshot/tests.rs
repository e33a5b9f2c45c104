//! Whole folders, read and written.

use super::*;
use figures::Money;
use figures::source::RawRecord;

const HEAD: &str = r#"{"format": 1, "as_of": "2026-10-31", "time_zone": "America/Denver",
 "procore": {"company_id": 26972, "captured_at": "2026-11-01T06:00:00Z",
   "blind_spots": [{"project_id": 7, "resource": "prime_contracts", "reason": "permission"}]},
 "quickbooks": {"realm_id": "9341450000000001", "minorversion": 75, "captured_at": "2026-11-01T06:02:11Z"}}"#;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for system in ["procore", "quickbooks"] {
        std::fs::create_dir(dir.path().join(system)).unwrap();
    }
    for (name, content) in files {
        std::fs::write(dir.path().join(name), content).unwrap();
    }
    dir
}

#[test]
fn a_snapshot_becomes_both_books() {
    let dir = folder(&[
        ("snapshot.json", HEAD),
        (
            "procore/prime_contracts.ndjson",
            concat!(
                r#"{"project_id": 7, "parent_id": null, "body": {"id": 3, "status": "Out For Bid", "grand_total": "12.5"}}"#,
                "\n",
                r#"{"project_id": 7, "parent_id": null, "body": {"id": 2, "status": "Approved", "grand_total": "x"}}"#,
            ),
        ),
        ("procore/rfis.ndjson", "{}\n{}\n"),
        (
            "quickbooks/Bill.ndjson",
            r#"{"Id":"12","SyncToken":"0","TxnDate":"2026-10-01","VendorRef":{"value":"72","name":"Cascade"},"TotalAmt":82.5,"Balance":82.5,"Line":[]}"#,
        ),
        ("quickbooks/report-ProfitAndLoss.json", "{}"),
    ]);
    let snapshot = read(dir.path()).unwrap();
    let project = snapshot.books.project.unwrap();
    let ledger = snapshot.books.ledger.unwrap();
    assert_eq!(project.prime_contracts.len(), 1);
    assert_eq!(project.prime_contracts[0].status, "out_for_bid");
    assert_eq!(project.prime_contracts[0].original, Money::from_cents(1250));
    assert_eq!(project.blind_spots.len(), 1);
    assert_eq!(project.unread, [("rfis".into(), 2)]);
    assert_eq!(ledger.documents[0].total, Money::from_cents(8250));
    assert_eq!(ledger.unread, [("report-ProfitAndLoss".into(), 1)]);
    assert_eq!(snapshot.rejections.len(), 1);
    assert_eq!(
        snapshot.rejections[0].place.as_deref(),
        Some("procore/prime_contracts.ndjson line 2")
    );
    assert_eq!(
        snapshot.rejections[0].record.to_string(),
        "Procore prime_contract 2"
    );
    assert_eq!(snapshot.not_connected, []);
}

#[test]
fn a_system_without_a_key_is_not_connected_and_its_files_are_not_read() {
    let head = r#"{"format":1,"as_of":"2026-10-31","time_zone":"UTC","quickbooks":{"realm_id":1}}"#;
    let dir = folder(&[
        ("snapshot.json", head),
        ("procore/projects.ndjson", "not json"),
    ]);
    let snapshot = read(dir.path()).unwrap();
    assert!(snapshot.books.project.is_none());
    assert_eq!(snapshot.books.ledger.unwrap().realm_id, "1");
    assert_eq!(snapshot.not_connected, [System::Procore]);
    assert_eq!(snapshot.rejections, []);
}

#[test]
fn a_folder_that_is_no_snapshot_is_refused_with_what_to_do() {
    let dir = folder(&[]);
    let said = |dir: &Path| read(dir).unwrap_err().to_string();
    assert!(said(&dir.path().join("nowhere")).contains("give the folder that holds snapshot.json"));
    assert!(said(dir.path()).contains("holds no snapshot.json"));
    std::fs::write(
        dir.path().join("snapshot.json"),
        r#"{"format": 2, "day": "x"}"#,
    )
    .unwrap();
    assert!(said(dir.path()).contains("has format 2, and this program reads format 1"));
    std::fs::write(dir.path().join("snapshot.json"), "{").unwrap();
    assert!(said(dir.path()).contains("cannot be understood"));
}

#[test]
fn writing_what_was_read_gives_the_same_bytes_in_any_order() {
    let bills = "{\"Id\":\"9\", \"TotalAmt\": 1.50}\n{\"Id\":\"10\",\"x\":\"é 🏗\"}\n";
    let rows = concat!(
        "{\"project_id\": null, \"parent_id\": null, \"body\": {\"id\": 5}}\n",
        "{\"project_id\": 7, \"parent_id\": 3, \"body\": {\"id\": 30}}\n",
        "{\"project_id\": 7, \"parent_id\": 11, \"body\": {\"id\":4,  \"a\":{}}}\n",
        "{\"project_id\": 7, \"parent_id\": 11, \"body\": {\"id\":\"20\"}}\n",
    );
    let dir = folder(&[
        ("snapshot.json", HEAD),
        ("quickbooks/Bill.ndjson", bills),
        ("procore/change_order_packages.ndjson", rows),
    ]);
    let mut records: Vec<RawRecord> = read_raw(dir.path())
        .unwrap()
        .map(|record| record.unwrap().unwrap())
        .collect();
    records.reverse();
    let out = tempfile::tempdir().unwrap();
    let head = Head::load(dir.path()).unwrap();
    write(out.path(), &head, records.clone()).unwrap();
    let written = |name: &str| std::fs::read_to_string(out.path().join(name)).unwrap();
    assert_eq!(written("quickbooks/Bill.ndjson"), bills);
    assert_eq!(written("procore/change_order_packages.ndjson"), rows);
    assert_eq!(Head::load(out.path()).unwrap(), head);
    assert!(matches!(
        write(out.path(), &head, records),
        Err(SnapshotError::NotEmpty(_))
    ));
}

#[test]
fn a_body_over_several_lines_is_written_on_one() {
    let out = tempfile::tempdir().unwrap();
    let head: Head = serde_json::from_str(HEAD).unwrap();
    let record = RawRecord {
        system: System::QuickBooks,
        resource: "Bill".into(),
        external_id: "1".into(),
        project_id: None,
        parent_id: None,
        body: "{\n\"Id\": \"1\"\r\n}\n".to_owned(),
    };
    write(out.path(), &head, [record]).unwrap();
    let text = std::fs::read_to_string(out.path().join("quickbooks/Bill.ndjson")).unwrap();
    assert_eq!(text, "{ \"Id\": \"1\"  }\n");
}

#[test]
fn a_row_without_an_id_is_kept_in_the_mirror_under_its_content() {
    let rows = concat!(
        "{\"project_id\": 7, \"parent_id\": 1, \"body\": {\"id\": null, \"cost_code_id\": 1}}\n",
        "{\"project_id\": 7, \"parent_id\": 1, \"body\": {\"id\": null, \"cost_code_id\": 2}}\n",
        "{\"project_id\": 7, \"parent_id\": 1}\n",
    );
    let dir = folder(&[
        ("snapshot.json", HEAD),
        ("procore/budget_detail_rows.ndjson", rows),
    ]);
    let records: Vec<_> = read_raw(dir.path()).unwrap().map(Result::unwrap).collect();
    let [Ok(first), Ok(second), Err(third)] = &records[..] else {
        panic!("{records:?}")
    };
    assert_ne!(first.external_id, second.external_id);
    assert_eq!(
        third.place.as_deref(),
        Some("procore/budget_detail_rows.ndjson line 3")
    );
}
