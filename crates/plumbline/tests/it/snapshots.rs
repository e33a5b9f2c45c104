use std::path::Path;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::app::{App, run, run_with, snapshot};

fn shuffle(dir: &Path) {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    for system in ["procore", "quickbooks"] {
        for entry in std::fs::read_dir(dir.join(system)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let mut lines: Vec<&str> = text.lines().collect();
            lines.shuffle(&mut random);
            std::fs::write(&path, lines.join("\n")).unwrap();
        }
    }
}

#[test]
fn the_same_books_give_the_same_bytes_whatever_the_order_and_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let dir = snapshot(11, folder.path());
    let text = dir.display().to_string();
    let arguments = ["reconcile", "--snapshot", &text, "--format", "json"];
    let one = run_with(&arguments, &[("RAYON_NUM_THREADS", "1")]);
    let two = run_with(&arguments, &[("RAYON_NUM_THREADS", "2")]);
    shuffle(&dir);
    let shuffled = run(&arguments);
    assert_eq!(one.code, 0, "{}", one.err);
    assert!(one.json()["findings"].as_array().unwrap().len() > 20);
    assert_eq!(one.out, two.out);
    assert_eq!(one.out, shuffled.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exported_snapshot_gives_the_same_answer_as_the_mirror() {
    let app = App::start(7).await;
    app.cycle().await;
    let out = app.file("exported").display().to_string();
    let exported = app.run(&["snapshot", "export", &out]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    let live = app.run(&["reconcile", "--format", "json"]);
    let replayed = run(&["reconcile", "--snapshot", &out, "--format", "json"]);
    assert_eq!(
        (live.code, replayed.code),
        (0, 0),
        "{}{}",
        live.err,
        replayed.err
    );
    assert_eq!(live.out, replayed.out);
    let again = app.run(&["snapshot", "export", &out]);
    assert_eq!(
        again.code, 1,
        "a folder with something in it is not written over"
    );
}
