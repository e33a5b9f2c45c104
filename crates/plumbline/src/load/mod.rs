//! Many people at once, and many companies in one process: what the server's pages cost then.
//!
//! The server is the program itself in a process of its own; whoever asks shares the processors
//! with it. The server's times are its own, from its log.

mod pages;
mod person;
mod prepared;
mod server;
mod tenants;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;

pub use prepared::grow_worklist;

/// Runs one of the measurements and prints what it found: `pages [PEOPLE] [SECONDS]` or
/// `tenants [TENANTS] [SWITCHES]`.
///
/// # Errors
/// When the words are not understood, or the server does not answer as it should.
pub async fn run(program: PathBuf, words: &[String]) -> anyhow::Result<()> {
    let numbers: Vec<u64> = words
        .iter()
        .skip(1)
        .map(|word| word.parse())
        .collect::<Result<_, _>>()?;
    let number = |at: usize, otherwise| numbers.get(at).copied().unwrap_or(otherwise);
    let table = match words.first().map(String::as_str) {
        Some("pages") => pages::measured(program, number(0, 50), number(1, 30)).await?,
        Some("tenants") => tenants::measured(program, number(0, 1_000), number(1, 2_000)).await?,
        _ => {
            bail!("say what to measure: pages [PEOPLE] [SECONDS], or tenants [TENANTS] [SWITCHES]")
        }
    };
    println!("{table}");
    Ok(())
}

/// The value below which so many of a thousand lie.
fn at(sorted: &[Duration], thousandth: usize) -> Duration {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(last * thousandth / 1_000)
        .copied()
        .unwrap_or_default()
}

/// Milliseconds with one digit behind the point.
fn milliseconds(time: Duration) -> String {
    let tenths = time.as_micros().div_ceil(100);
    format!("{}.{}", tenths / 10, tenths % 10)
}
