//! Measures the pages under load: `load pages [PEOPLE] [SECONDS]`, `load tenants [TENANTS] [SWITCHES]`.

use anyhow::{Context, bail};
use plumbline::load;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let here = std::env::current_exe()?;
    let program = here.with_file_name("plumbline");
    if !program.is_file() {
        bail!("build the program first: cargo build --release --package plumbline --bin plumbline");
    }
    let runtime = tokio::runtime::Runtime::new().context("failed to start")?;
    runtime.block_on(load::run(program, &words))
}
