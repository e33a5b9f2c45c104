//! Two worker processes clear many tenants, one is killed midway: `together [TENANTS]`.

use anyhow::{Context, bail};
use plumbline::together::{Order, run};

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let tenants = words.next().map_or(Ok(200), |word| word.parse())?;
    let here = std::env::current_exe()?;
    let program = here.with_file_name("plumbline");
    if !program.is_file() {
        bail!("build the program first: cargo build --package plumbline --bin plumbline");
    }
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    let summary = runtime.block_on(run(&Order { program, tenants }))?;
    println!("{summary}");
    if !summary.problems.is_empty() {
        bail!("something was lost or done twice");
    }
    Ok(())
}
