//! Kills the cycle at random instants and compares what is left: `kills [NUMBER] [SEED]`.

use anyhow::{Context, bail};
use plumbline::kills::{Order, run};

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let kills = words.next().map_or(Ok(500), |word| word.parse())?;
    let seed = words.next().map_or(Ok(1), |word| word.parse())?;
    let here = std::env::current_exe()?;
    let program = here.with_file_name("plumbline");
    if !program.is_file() {
        bail!("build the program first: cargo build --package plumbline --bin plumbline");
    }
    let order = Order {
        program,
        kills,
        seed,
    };
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    let summary = runtime.block_on(run(&order))?;
    println!("{summary}");
    if summary.lost_connections > 0 || !summary.differences.is_empty() {
        bail!("something was lost");
    }
    Ok(())
}
