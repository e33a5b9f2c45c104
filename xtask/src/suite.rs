//! `cargo xtask test` and its parts: everything CI runs, cheapest first, stopping at a failure.
//!
//! The order is the order of cost, so that the commonest mistakes are told within seconds.

use std::process::Command;

use anyhow::Result;

use crate::command::{cargo, command, hand_over, run, run_counted, run_tests, step, succeeds};
use crate::tally::Tally;
use crate::witness::{self, Witnesses};
use crate::{browser, catalogue, layers, packages, tidy, tree};

/// The crates without I/O: their tests need nothing but the compiler.
const PURE: [&str; 3] = ["figures", "gate", "backoffice"];

/// Everything CI runs. The last line says how many tests passed and failed.
pub(crate) fn test() -> Result<()> {
    let mut total = Tally::default();
    let outcome = run_everything(&mut total);
    if total.failed > 0 || outcome.is_ok() {
        println!("\n{total}");
    }
    outcome
}

fn run_everything(total: &mut Tally) -> Result<()> {
    packages::ensure(&packages::BUILD)?;
    formatting_tidy_layers()?;
    clippy()?;
    step("figures alone", || {
        run(&mut cargo(&["check", "--package", "figures"]))
    })?;
    step("tests of the pure crates", || {
        run_tests(&mut pure_tests(), total)
    })?;
    packages::ensure(&packages::SERVER)?;
    let witnesses = witness::prepare()?;
    step("tests of the other crates", || {
        run_tests(&mut other_tests(&witnesses), total)
    })?;
    browser::test(total)?;
    step("tests in the documentation", || {
        run_counted(&mut cargo(&["test", "--workspace", "--doc"]), total).map(|_| ())
    })?;
    step("catalogue", catalogue::verify)?;
    step("documentation builds", || {
        let mut doc = cargo(&[
            "doc",
            "--workspace",
            "--no-deps",
            "--document-private-items",
        ]);
        // The documentation is for those who work on the code: links to private items hold in it.
        let flags = "-D warnings -A rustdoc::private-intra-doc-links";
        run(doc.env("RUSTDOCFLAGS", flags))
    })
}

/// What can be said without running a test.
pub(crate) fn check() -> Result<()> {
    packages::ensure(&packages::BUILD)?;
    formatting_tidy_layers()?;
    clippy()
}

fn formatting_tidy_layers() -> Result<()> {
    step("formatting", formatting)?;
    step("tidy", tidy::run)?;
    step("layers", layers::run)
}

/// Every file of the tree: `cargo fmt` follows `mod` lines, and does not see those that a macro writes.
fn formatting() -> Result<()> {
    let root = tree::root();
    let files = tree::read(&root)?;
    let rust = files.iter().filter(|file| file.is_rust());
    let mut rustfmt = command("rustfmt");
    rustfmt.current_dir(&root).arg("--check");
    run(rustfmt.args(rust.map(|file| &file.path)))
}

fn clippy() -> Result<()> {
    step("clippy", || {
        let arguments = [
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ];
        run(&mut cargo(&arguments))
    })
}

/// The tests of the pure crates alone.
pub(crate) fn test_pure() -> Result<()> {
    let mut total = Tally::default();
    let outcome = run_tests(&mut pure_tests(), &mut total);
    println!("\n{total}");
    outcome
}

fn pure_tests() -> Command {
    let mut tests = runner();
    for name in PURE {
        tests.args(["--package", name]);
    }
    tests
}

fn other_tests(witnesses: &Witnesses) -> Command {
    let mut tests = runner();
    tests.arg("--workspace").envs(witnesses.environment());
    for name in PURE {
        tests.args(["--exclude", name]);
    }
    tests
}

/// Nextest where it is installed, else cargo's own runner, which also runs every target but the
/// documentation: that has its own step.
fn runner() -> Command {
    if succeeds(&mut cargo(&["nextest", "--version"])) {
        cargo(&["nextest", "run", "--all-targets", "--no-fail-fast"])
    } else {
        cargo(&["test", "--all-targets", "--no-fail-fast"])
    }
}

/// The product with optimisation, for programs that start it.
pub(crate) fn release_product() -> Result<()> {
    packages::ensure(&packages::BUILD)?;
    let build = ["build", "--release", "--package", "plumbline"];
    run(cargo(&build).args(["--bin", "plumbline"]))
}

/// Builds with optimisation and runs a measuring program of the product.
pub(crate) fn release_binary(name: &str, arguments: &[String]) -> Result<()> {
    packages::ensure(&packages::BUILD)?;
    let start = [
        "run",
        "--release",
        "--package",
        "plumbline",
        "--bin",
        name,
        "--",
    ];
    hand_over(cargo(&start).args(arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<String> {
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn every_crate_is_in_exactly_one_of_the_two_test_runs() {
        let witnesses = Witnesses::for_tests();
        let (pure, others) = (words(&pure_tests()), words(&other_tests(&witnesses)));
        assert!(others.contains(&"--workspace".to_owned()));
        for name in PURE {
            assert!(
                pure.windows(2)
                    .any(|pair| pair[0] == "--package" && pair[1] == name)
            );
            assert!(
                others
                    .windows(2)
                    .any(|pair| pair[0] == "--exclude" && pair[1] == name)
            );
        }
    }

    #[test]
    fn the_tests_that_meet_the_witnesses_are_told_where_they_are() {
        let witnesses = Witnesses::for_tests();
        let tests = other_tests(&witnesses);
        let told: Vec<_> = tests
            .get_envs()
            .filter(|(_, value)| value.is_some())
            .collect();
        assert_eq!(told.len(), 2);
    }
}
