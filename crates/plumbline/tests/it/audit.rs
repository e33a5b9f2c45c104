//! The audit from the command line, and a copy of it checked by a stranger's program.

use std::path::Path;
use std::process::{Command, Output};

use store::control::history::{Happened, Happening};

use crate::app::App;

/// Runs the script of the guide, as an auditor would.
fn checked(copy: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/verify_audit.py");
    Command::new("python3")
        .arg(script)
        .arg(copy)
        .output()
        .expect("python3 runs")
}

#[tokio::test]
async fn the_audit_is_whole_and_a_changed_copy_is_found_by_a_strangers_program() {
    let app = App::start(7).await;
    let whole = app.run(&["audit", "verify"]);
    assert_eq!(whole.code, 0, "{}{}", whole.out, whole.err);
    assert!(whole.out.contains("is whole"), "{}", whole.out);

    let (copy, anchors) = (app.file("audit.jsonl"), app.file("anchors.jsonl"));
    let anchor = app.run(&["audit", "anchor"]);
    let entries = anchor.json()["entries"].as_i64().unwrap();
    assert!(
        entries >= 2,
        "both connections left an entry: {}",
        anchor.out
    );
    std::fs::write(&anchors, &anchor.out).unwrap();
    let path = copy.display().to_string();
    let exported = app.run(&["audit", "export", "--out", &path]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    let again = app.run(&["audit", "export", "--out", &path]);
    assert_eq!(again.code, 1, "a copy is never written over another");

    let by_others = checked(&copy);
    let said = String::from_utf8(by_others.stdout).unwrap();
    let hash = anchor.json()["hash"].as_str().unwrap().to_owned();
    assert!(by_others.status.success() && said.contains(&hash), "{said}");
    let text = std::fs::read_to_string(&copy).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut moved = lines.clone();
    moved.swap(1, 2);
    let spoilt = [
        text.replace("connection.made", "connection.ended"),
        [&lines[..1], &lines[2..]].concat().join("\n"),
        moved.join("\n"),
    ];
    for spoilt in spoilt {
        std::fs::write(&copy, &spoilt).unwrap();
        assert!(!checked(&copy).status.success(), "{spoilt}");
    }

    let path = anchors.display().to_string();
    let compared = app.run(&["audit", "verify", "--anchors", &path]);
    assert!(
        compared.out.contains("compared with 1 anchors"),
        "{}",
        compared.out
    );
    let other = anchor.out.replace(&hash, &"0".repeat(64));
    std::fs::write(&anchors, other).unwrap();
    let replaced = app.run(&["audit", "verify", "--anchors", &path]);
    assert_eq!(replaced.code, 1);
    assert!(replaced.out.contains("NOT whole"), "{}", replaced.out);
    app.sandboxes.shutdown().await;
}

#[tokio::test]
async fn what_happened_to_people_is_in_the_chain_and_is_missed_when_it_is_written_anew() {
    let app = App::start(7).await;
    let desk = app.desk().await;
    plumbline::trials::staff(&desk).await.unwrap();
    desk.close().await;
    drop(desk);
    let path = app.file("audit.jsonl");
    let exported = app.run(&["audit", "export", "--out", &path.display().to_string()]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    let text = std::fs::read_to_string(&path).unwrap();
    let count = |name: &str| text.matches(&format!("\"action\":\"{name}\"")).count();
    assert_eq!(count("member.joined"), 2);
    assert!(count("role.given") >= 10, "{text}");
    assert!(checked(&path).status.success());
    assert_eq!(app.run(&["audit", "verify"]).code, 0);
    let page = app.file("audit.html");
    let printed = app.run(&[
        "audit",
        "export",
        "--page",
        "--out",
        &page.display().to_string(),
    ]);
    assert_eq!(printed.code, 0, "{}", printed.err);
    let page = std::fs::read_to_string(&page).unwrap();
    let last = text.lines().last().unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    assert!(page.contains(last["hash"].as_str().unwrap()), "{page}");
    assert!(page.contains("role.given"), "{page}");
    // As if the row that says it had been written anew in the control data since.
    let desk = app.desk().await;
    let once = Happened {
        at: desk.clock.now(),
        by: Some("psn_one".to_owned()),
        to: Some("psn_two".to_owned()),
        what: Happening::RoleGiven,
        about: "owner".to_owned(),
    };
    store::audit::take_in(&desk.store, &desk.scope, &[once])
        .await
        .unwrap();
    desk.close().await;
    drop(desk);
    let forged = app.run(&["audit", "verify"]);
    assert_eq!(forged.code, 1, "{}", forged.out);
    assert!(forged.out.contains("role.given"), "{}", forged.out);
}
