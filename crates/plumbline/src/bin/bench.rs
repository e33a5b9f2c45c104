//! Measures speed and memory: `bench [SIZES…] [--seed N] [--dir DIR] [--write FILE]`.
//!
//! Every step runs in a process of its own, so that its CPU time and its peak memory are its own.
//! Sizes are financial records a side; without any, ten thousand, a hundred thousand and a
//! million are measured. Times are compared with each other, never with a clock of the past.

use plumbline::bench;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    bench::run(&words)
}
