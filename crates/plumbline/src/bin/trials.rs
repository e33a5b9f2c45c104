//! Trials of what is done to the ledger: `trials crash|undo|stale [RUNS] [SEED]`.

use anyhow::{Context, bail};
use plumbline::trials;

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let which = words.next().context("say crash, undo or stale")?;
    let runs = words.next().map_or(Ok(100), |word| word.parse())?;
    let seed = words.next().map_or(Ok(1), |word| word.parse())?;
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    let summary = runtime.block_on(trials::run(&which, runs, seed))?;
    println!("{summary}");
    if !summary.problems.is_empty() {
        bail!("something was done twice, lost, or told wrongly");
    }
    Ok(())
}
