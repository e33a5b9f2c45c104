//! `cargo xtask demo`: from a clean clone to the worklist of the demo contractor.
//!
//! Builds the product and starts it. What the demo shows is the product's own affair.

use anyhow::Result;

use crate::command::{self, cargo, step};
use crate::packages;

/// Everything after the command is for `plumbline demo`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    packages::ensure(&packages::BUILD)?;
    step("build plumbline", || command::run(&mut cargo(&BUILD)))?;
    command::hand_over(cargo(&START).args(arguments))
}

/// The development profile: a release build takes longer than the demo it would speed up, and the
/// crates that do the heavy work are optimised in it anyway.
const BUILD: [&str; 5] = ["build", "--package", "plumbline", "--bin", "plumbline"];
const START: [&str; 8] = [
    "run",
    "--quiet",
    "--package",
    "plumbline",
    "--bin",
    "plumbline",
    "--",
    "demo",
];
