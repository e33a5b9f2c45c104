//! Tenants from the command line: made, moved, given keys, erased.

use crate::app::{App, run};

fn first_id(listed: &str) -> String {
    let all: serde_json::Value = serde_json::from_str(listed).unwrap();
    all[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn tenants_are_made_and_listed_and_one_has_to_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    for name in ["Ridgeline", "Copper Basin"] {
        let made = run(&["--data", &data, "tenant", "create", name]);
        assert_eq!(made.code, 0, "{}", made.err);
    }
    let listed = run(&["--data", &data, "tenant", "list"]);
    assert!(listed.out.contains("Ridgeline") && listed.out.contains("Copper Basin"));
    let refused = run(&["--data", &data, "worklist"]);
    assert_eq!(refused.code, 4, "{}", refused.out);
    assert!(refused.err.contains("PLUMBLINE_TENANT"), "{}", refused.err);
}

#[test]
fn the_first_owner_of_a_tenant_gets_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let made = run(&["--data", &data, "tenant", "create", "Copper Basin"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let listed = run(&["--data", &data, "tenant", "list", "--format", "json"]);
    let id = first_id(&listed.out);
    let invite = |id: &str, mail: &str| {
        let person = ["--name", "Olga Reyes", "--mail", mail];
        let mut all = vec!["--data", &data, "tenant", "invite-owner", id];
        all.extend(person);
        all.extend(["--origin", "https://books.example"]);
        run(&all)
    };
    let invited = invite(&id, "olga@copperbasin.example");
    assert_eq!(invited.code, 0, "{}", invited.err);
    let (_, token) = invited
        .out
        .split_once("https://books.example/invitation/")
        .unwrap();
    assert_eq!(token.trim().len(), 64, "{}", invited.out);
    let unknown = invite("tnt_0", "olga@copperbasin.example");
    assert_eq!(unknown.code, 4, "{}", unknown.out);
    assert!(unknown.err.contains("tenant list"), "{}", unknown.err);
    assert_eq!(invite(&id, "olga").code, 4);
}

#[test]
fn another_master_key_takes_over_and_the_one_before_opens_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let old = folder.path().join("data.master-key");
    let other = folder.path().join("other").display().to_string();
    for data in [&data, &other] {
        let made = run(&["--data", data, "tenant", "create", "Ridgeline"]);
        assert_eq!(made.code, 0, "{}", made.err);
    }
    // Any key file will do as the new one: the other installation has one.
    let new = folder.path().join("other.master-key").display().to_string();
    let done = run(&["--data", &data, "replace-master-key", "--with", &new]);
    assert_eq!(done.code, 0, "{}", done.err);
    let before = run(&["--data", &data, "tenant", "list"]);
    assert_eq!(before.code, 1);
    assert!(
        before.err.contains("wrong or missing data key"),
        "{}",
        before.err
    );
    std::fs::rename(&new, &old).unwrap();
    let after = run(&["--data", &data, "tenant", "list"]);
    assert!(after.out.contains("Ridgeline"), "{}", after.err);
}

#[tokio::test]
async fn a_tenant_is_exported_brought_in_elsewhere_and_erased() {
    let app = App::start(7).await;
    app.cycle().await;
    let worklist = app.run(&["worklist", "--format", "json"]).out;
    let id = first_id(&app.run(&["tenant", "list", "--format", "json"]).out);
    let rotated = app.run(&["tenant", "rotate-key", &id]);
    assert_eq!(rotated.code, 0, "{}", rotated.err);
    let file = app.file("tenant.jsonl").display().to_string();
    let out = app.run(&["tenant", "export", &id, "--out", &file]);
    assert_eq!(out.code, 0, "{}", out.err);
    let text = std::fs::read_to_string(&file).unwrap();
    for secret in [
        &app.sandboxes.procore.config().client_secret,
        "access_token",
    ] {
        assert!(!text.contains(secret), "{secret} left the installation");
    }
    let other = app.file("other").display().to_string();
    let brought = run(&["--data", &other, "tenant", "import", &file]);
    assert_eq!(brought.code, 0, "{}", brought.err);
    let there = run(&["--data", &other, "worklist", "--format", "json"]);
    assert_eq!(there.out, worklist);

    let slip = app.run(&["tenant", "erase", &id, "--confirm", "tnt_other"]);
    assert_eq!(slip.code, 4, "{}", slip.out);
    let erased = app.run(&["tenant", "erase", &id, "--confirm", &id]);
    assert_eq!(erased.code, 0, "{}", erased.err);
    assert!(erased.out.contains("keys: gone") && erased.out.contains("What remains"));
    let recorded = app.run(&["tenant", "erasures"]);
    for word in [&id, "for operator", "keys: gone, data: gone", "remains:"] {
        assert!(recorded.out.contains(word), "{word}: {}", recorded.out);
    }
    app.sandboxes.shutdown().await;
}
