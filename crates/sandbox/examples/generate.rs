//! Writes a simulated contractor: a snapshot folder, and the truth beside it.
//!
//! `cargo run -p sandbox --example generate -- medium 7 out` writes `out/snapshot` and
//! `out/truth.json`. Sizes: small, medium, large, demo, or a number of records a side.

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use sandbox::contractor::{Plan, generate};

/// What to simulate and where to put it.
#[derive(Parser)]
struct Arguments {
    /// small, medium, large, demo, or a number of financial records a side
    size: String,
    /// Decides every draw; ignored for the demo contractor
    seed: u64,
    /// Folder to write into
    out: PathBuf,
    /// Plant nothing: both systems agree
    #[arg(long)]
    clean: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut plan = match arguments.size.as_str() {
        "small" => Plan::small(arguments.seed),
        "medium" => Plan::medium(arguments.seed),
        "large" => Plan::large(arguments.seed),
        "demo" => Plan::demo(),
        number => {
            let count = number
                .parse()
                .context("size is small, medium, large, demo or a number")?;
            Plan::records(arguments.seed, count)
        }
    };
    if arguments.clean {
        plan = plan.clean();
    }
    let world = generate(&plan);
    world
        .write_snapshot(&arguments.out.join("snapshot"))
        .context("failed to write the snapshot")?;
    let truth = std::fs::File::create(arguments.out.join("truth.json"))?;
    serde_json::to_writer_pretty(std::io::BufWriter::new(truth), &world.truth)?;
    Ok(())
}
