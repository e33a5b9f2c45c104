//! `cargo xtask`: the one front door for building, testing and demonstrating Plumbline.
//!
//! It has no native dependencies, so it builds wherever Rust links; everything else that the
//! product needs is looked for, installed or named from here. It knows the shape of the workspace
//! and must know nothing of what the product computes. Start with [`suite`] for what CI runs.

mod browser;
mod catalogue;
mod command;
mod demo;
mod layers;
mod packages;
mod peers;
mod rust_source;
mod suite;
mod tally;
mod test_code;
mod tidy;
mod tree;
mod violation;
mod witness;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask <command> [arguments]

  demo [--once] [arguments]   build Plumbline and show the demo contractor's worklist
  test                        everything CI runs, cheapest first, stopping at the first failure
  check                       formatting, tidy, layers and clippy
  test-pure                   the tests of the pure crates, in seconds
  layers                      the walls between the crates
  tidy                        the habits of the house that a program can check
  catalogue [--check]         write docs/reference/{checks,figures}.md, or fail when stale
  witness                     prepare the third-party clients that test the sandbox
  accuracy [arguments]        measure findings, pairs and bridges on fresh worlds
  bench [arguments]           measure speed and memory
  load [arguments]            measure pages with many people, and many tenants in one process
  peers [arguments]           the document matcher against SQL passes, on the same files
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(exit_code(&error))
        }
    }
}

/// 2 when the machine lacks something that a person has to install, else 1.
fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<packages::Missing>() {
        2
    } else {
        1
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else {
        bail!("a command is needed\n\n{USAGE}");
    };
    if rest.iter().any(|argument| argument == "--help") && !passes_arguments_on(command) {
        print!("{USAGE}");
        return Ok(());
    }
    match command.as_str() {
        "demo" => demo::run(rest),
        "accuracy" => suite::release_binary("accuracy", rest),
        "bench" => suite::release_binary("bench", rest),
        "load" => suite::release_product().and_then(|()| suite::release_binary("load", rest)),
        "peers" => peers::run(rest),
        "catalogue" => catalogue::run(rest),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(())
        }
        "test" | "check" | "test-pure" | "layers" | "tidy" | "witness" if !rest.is_empty() => {
            bail!("`{command}` takes no arguments, got: {}", rest.join(" "))
        }
        "test" => suite::test(),
        "check" => suite::check(),
        "test-pure" => suite::test_pure(),
        "layers" => layers::run(),
        "tidy" => tidy::run(),
        "witness" => witness::prepare().map(|_| ()),
        unknown => bail!("there is no command `{unknown}`\n\n{USAGE}"),
    }
}

/// Commands whose `--help` belongs to the program they start.
fn passes_arguments_on(command: &str) -> bool {
    matches!(command, "demo" | "accuracy" | "bench" | "load" | "peers")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(arguments: &[&str]) -> String {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        dispatch(&arguments).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_command_is_refused_with_the_list() {
        let said = refusal(&["tets"]);
        assert!(said.contains("there is no command `tets`"));
        assert!(said.contains("test-pure"));
    }

    #[test]
    fn a_missing_package_has_an_exit_code_of_its_own() {
        let missing = anyhow::Error::from(packages::Missing::default());
        assert_eq!(exit_code(&missing.context("failed to build")), 2);
        assert_eq!(exit_code(&anyhow::anyhow!("tidy: 1 broken")), 1);
    }

    #[test]
    fn a_missing_command_is_refused_with_the_list() {
        assert!(refusal(&[]).contains("usage: cargo xtask"));
    }

    #[test]
    fn arguments_that_nobody_reads_are_refused() {
        assert!(refusal(&["tidy", "--fix"]).contains("takes no arguments, got: --fix"));
        assert!(refusal(&["test", "-p", "figures"]).contains("takes no arguments"));
    }
}
