use sandbox::procore::Edit;
use serde_json::json;

use crate::app::App;

#[tokio::test(flavor = "multi_thread")]
async fn no_cell_of_an_export_starts_a_formula() {
    let app = App::start(7).await;
    let first = app.cycle().await;
    let jobs: Vec<i64> = first.loaded.job_names().into_keys().collect();
    let names = [
        "=HYPERLINK(\"http://evil\")",
        "\t@SUM(1)",
        " \u{200b}+cmd|' /C calc'!A0",
    ];
    for (id, name) in jobs.iter().zip(names) {
        let edit = Edit::Upsert {
            collection: "projects".to_owned(),
            project_id: Some(*id),
            parent_id: None,
            body: json!({"id": id, "name": name}),
        };
        app.sandboxes.procore.edit(&edit).unwrap();
    }
    app.cycle().await;
    let path = app.file("worklist.csv");
    let ran = app.run(&["worklist", "export", "--out", &path.display().to_string()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("HYPERLINK"),
        "the hostile name is in the file: {text}"
    );
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let amount = reader
        .headers()
        .unwrap()
        .iter()
        .position(|name| name == "amount")
        .unwrap();
    let mut rows = 0;
    for record in reader.records() {
        rows += 1;
        for (column, cell) in record.unwrap().iter().enumerate() {
            let start = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{200b}');
            let harmless = !start.starts_with(['=', '+', '-', '@']) || cell.starts_with('\'');
            assert!(harmless || column == amount, "{cell:?}");
            assert!(!cell.starts_with(['\t', '\r', '\n']), "{cell:?}");
        }
    }
    assert!(rows > 20, "{rows}");

    let book = app.file("worklist.xlsx");
    let shown = book.display().to_string();
    let ran = app.run(&["worklist", "export", "--out", &shown, "--format", "xlsx"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let bytes = std::fs::read(&book).unwrap();
    assert!(bytes.starts_with(b"PK"), "a spreadsheet is a zip file");
    app.run(&["worklist", "export", "--out", &shown, "--format", "xlsx"]);
    assert_eq!(
        std::fs::read(&book).unwrap(),
        bytes,
        "the same worklist gives the same file"
    );
}
