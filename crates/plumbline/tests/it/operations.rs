//! Backing up, restoring and examining an installation from the command line.

use store::{decisions, results};

use crate::app::{App, run, run_with};

fn id(app: &App) -> String {
    let listed = app.run(&["tenant", "list", "--format", "json"]);
    listed.json()[0]["id"].as_str().unwrap().to_owned()
}

/// Worklist, newest result with its figures, and decisions, byte by byte.
async fn told(app: &App) -> [String; 3] {
    let worklist = app.run(&["worklist", "--format", "json"]).out;
    let desk = app.desk().await;
    let (store, scope) = (&desk.store, &desk.scope);
    let result = results::newest(store, scope, None).await.unwrap().unwrap();
    let decided = decisions::history(store, scope).await.unwrap();
    desk.close().await;
    assert!(worklist.len() > 1_000 && result.body.len() > 1_000 && decided.len() == 1);
    [worklist, result.body, format!("{decided:?}")]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drill_back_up_destroy_restore_release_and_go_on() {
    let app = App::start(7).await;
    app.cycle().await;
    let id = id(&app);
    let pair = ["document", "requisition:1", "Bill:1"];
    let decided = app.run(&[
        "decide", "refuse", pair[0], pair[1], pair[2], "--by", "Dana",
    ]);
    assert_eq!(decided.code, 0, "{}", decided.err);
    let before = told(&app).await;
    let (folder, keys) = (app.file("backup"), app.file("keys.json"));
    let (folder, keys) = (folder.display().to_string(), keys.display().to_string());
    let made = app.run(&["backup", &folder, "--keys", &keys]);
    assert_eq!(made.code, 0, "{}", made.err);
    assert!(made.out.contains("1 tenants as of"), "{}", made.out);
    println!("{}", made.out);
    let whole = app.run(&["backup", &folder, "--keys", &keys, "--verify"]);
    assert_eq!(whole.code, 0, "{}", whole.err);

    let over = app.run(&["restore", &folder, "--keys", &keys]);
    assert_eq!(over.code, 1);
    assert!(over.err.contains("holds data already"), "{}", over.err);
    std::fs::remove_dir_all(app.data()).unwrap();
    let data = app.data().display().to_string();
    let blind = run(&["--data", &data, "restore", &folder, "--keys", &keys]);
    assert_eq!(blind.code, 4, "{}", blind.out);
    assert!(blind.err.contains("--ledger"), "{}", blind.err);
    assert!(!app.data().exists(), "something was restored");
    let ledger = format!("{folder}/erasures.jsonl");
    let restored = run(&[
        "--data", &data, "restore", &folder, "--keys", &keys, "--ledger", &ledger,
    ]);
    assert_eq!(restored.code, 0, "{}", restored.err);
    println!("{}", restored.out);
    assert!(told(&app).await == before, "the restored books differ");

    let kept_apart = app.run(&["cycle"]);
    assert_eq!(kept_apart.code, 4, "{}", kept_apart.out);
    assert!(
        kept_apart.err.contains("plumbline tenant release"),
        "{}",
        kept_apart.err
    );
    let released = app.run(&["tenant", "release", &id]);
    assert_eq!(released.code, 0, "{}", released.err);
    let signed_out = app.run(&["cycle"]);
    assert_eq!(signed_out.code, 4);
    assert!(
        signed_out.err.contains("connected again"),
        "{}",
        signed_out.err
    );
    app.connect().await;
    let cycle = app.run(&["cycle", "--as-of", &app.day().to_string()]);
    assert_eq!(cycle.code, 0, "{}", cycle.err);
    app.sandboxes.shutdown().await;
}

/// The doctor's answer about a folder, with these variables.
fn doctor(data: &str, variables: &[(&str, &str)]) -> (i32, String) {
    let ran = run_with(&["--data", data, "doctor"], variables);
    (ran.code, format!("{}{}", ran.out, ran.err))
}

#[test]
fn the_doctor_names_what_is_wrong_with_the_master_key_and_the_fix() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let made = run(&["--data", &data, "tenant", "create", "Ridgeline"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let key = folder.path().join("data.master-key");
    let aside = folder.path().join("aside");

    std::fs::rename(&key, &aside).unwrap();
    let (code, said) = doctor(&data, &[]);
    assert!(code == 1 && said.contains("there is no key file"), "{said}");

    std::fs::copy(&aside, &key).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    }
    let (code, said) = doctor(&data, &[]);
    assert!(code == 1 && said.contains("chmod 600"), "{said}");

    std::fs::remove_file(&key).unwrap();
    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let (code, said) = doctor(&data, &[("PLUMBLINE_MASTER_KEY", other)]);
    assert!(
        code == 1 && said.contains("wrong or missing data key"),
        "{said}"
    );

    std::fs::rename(&aside, &key).unwrap();
    let (code, said) = doctor(&data, &[]);
    assert!(
        code == 4 && said.contains("No backup was ever made"),
        "{said}"
    );
}

#[tokio::test]
async fn the_doctor_says_which_process_has_the_folder_and_what_else_is_wrong() {
    let app = App::unconnected(7).await;
    let desk = app.desk().await;
    let data = app.data().display().to_string();
    let variables = [
        ("PLUMBLINE_ORIGIN", "http://books.example"),
        ("PLUMBLINE_SMTP_URL", "smtp://mail.example:25"),
        ("PLUMBLINE_MAIL_FROM", "books@ridgeline.example"),
    ];
    let (code, said) = doctor(&data, &variables);
    assert_eq!(code, 1, "{said}");
    let holder = format!("(process {})", std::process::id());
    for part in [&holder, "is not https", "smtps://"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    desk.close().await;
    app.sandboxes.shutdown().await;
}
