use plumbline::kills::{Order, run};

use crate::app::program;

/// How many kills, unless `PLUMBLINE_KILLS` asks for more.
const KILLS: u32 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn a_cycle_killed_at_any_instant_loses_and_repeats_nothing() {
    let kills = std::env::var("PLUMBLINE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let order = Order {
        program: program().to_owned(),
        kills,
        seed: 20_261_031,
    };
    let summary = run(&order).await.unwrap();
    assert_eq!(summary.killed, kills);
    assert_eq!(summary.differences, [""; 0], "{summary}");
    assert_eq!(summary.lost_connections, 0, "{summary}");
}
