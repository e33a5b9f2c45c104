use crate::app::{App, run, snapshot};

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_is_explained_and_replayed_to_the_same_bytes() {
    let app = App::start(7).await;
    app.cycle().await;
    let bridges = app.run(&["bridge", "--format", "json"]).json();
    let bridges = bridges.as_array().unwrap();
    assert!(bridges.len() >= 16, "{}", bridges.len());
    for bridge in bridges.iter().step_by(7) {
        for side in ["procore", "quickbooks", "unexplained"] {
            let measure = bridge["measure"].as_str().unwrap();
            let figure = format!("bridge.{measure}.{side}:{}", bridge["project_id"]);
            let explained = app.run(&["explain", &figure, "--format", "json"]);
            assert_eq!(explained.code, 0, "{figure}: {}", explained.err);
            let receipt = explained.json();
            assert_eq!(
                receipt["value_cents"],
                bridge[format!("{side}_cents")],
                "{figure}"
            );
            let inputs = receipt["inputs"].as_array().unwrap();
            let sum: i64 = inputs
                .iter()
                .map(|one| one["amount_cents"].as_i64().unwrap())
                .sum();
            assert_eq!(Some(sum), receipt["value_cents"].as_i64(), "{figure} foots");
            let replayed = app.run(&["replay", &figure, "--cycle", "1", "--format", "json"]);
            assert_eq!(replayed.code, 0, "{figure}: {}", replayed.err);
            assert_eq!(replayed.out, explained.out, "{figure}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_an_earlier_cycle_survives_a_later_decision_and_a_later_cycle() {
    let app = App::start(7).await;
    app.cycle().await;
    let figure = "bridge.cost.procore";
    let bridges = app
        .run(&["bridge", "--measure", "cost", "--format", "json"])
        .json();
    let figure = format!("{figure}:{}", bridges[0]["project_id"]);
    let pairs = app.run(&["reconcile", "--format", "json"]).json();
    let pair = pairs["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|pair| {
            pair["kind"] == "document"
                && pair["basis"] == "scored"
                && pair["procore"][0]["kind"] == "direct_cost"
        })
        .unwrap()
        .clone();
    let record = |side: &str| {
        let one = &pair[side][0];
        format!(
            "{}:{}",
            one["kind"].as_str().unwrap(),
            one["id"].as_str().unwrap()
        )
    };
    let (procore, quickbooks) = (record("procore"), record("quickbooks"));
    let decided = app.run(&[
        "decide",
        "refuse",
        "document",
        &procore,
        &quickbooks,
        "--by",
        "Dana",
    ]);
    assert_eq!(decided.code, 0, "{}", decided.err);
    app.cycle().await;
    for cycle in ["1", "2"] {
        let ran = app.run(&["replay", &figure, "--cycle", cycle]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let after = app.run(&["reconcile", "--format", "json"]).json();
    let still =
        after["pairs"].as_array().unwrap().iter().any(|one| {
            one["procore"] == pair["procore"] && one["quickbooks"] == pair["quickbooks"]
        });
    assert!(!still, "a refused pair is not made again");
    let undone = app.run(&["decide", "undo", "document", &procore, &quickbooks]);
    assert_eq!(undone.code, 0, "{}", undone.err);
    let back = app.run(&["reconcile", "--format", "json"]).json();
    assert_eq!(back["pairs"], pairs["pairs"]);
}

#[test]
fn what_is_no_figure_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let dir = snapshot(3, folder.path()).display().to_string();
    let ran = run(&["explain", "bridge.profit.procore:1", "--snapshot", &dir]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    assert!(ran.err.contains("bridge.profit.procore:1"), "{}", ran.err);
    let ran = run(&["replay", "bridge.cost.procore:1", "--snapshot", &dir]);
    assert_eq!(ran.code, 1);
}
