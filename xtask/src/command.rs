//! Running other programs: where, with what environment, under which heading.
//!
//! It prints and times; what a program's answer means is for the caller to say.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::tally::Tally;
use crate::tree;

/// A command started in the root of the workspace.
///
/// `cargo run` describes the package it runs in the environment. Build scripts that watch those
/// variables would be built again by every change between `cargo` and `cargo xtask`.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(tree::root());
    for (name, _) in std::env::vars_os() {
        if describes_xtask(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    command
}

/// The cargo that started us.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

fn describes_xtask(variable: &str) -> bool {
    const NAMES: [&str; 6] = [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_MANIFEST_LINKS",
        "CARGO_CRATE_NAME",
        "CARGO_BIN_NAME",
        "CARGO_PRIMARY_PACKAGE",
    ];
    variable.starts_with("CARGO_PKG_") || NAMES.contains(&variable)
}

/// Runs a part of a longer command under a heading and says how long it took.
pub(crate) fn step<T>(heading: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("\n== {heading}");
    let started = Instant::now();
    let outcome = work();
    let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
    println!("== {heading}: {verdict} in {}", spoken(started.elapsed()));
    outcome.with_context(|| format!("`{heading}` failed"))
}

fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{seconds}.{} s", time.subsec_millis() / 100)
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

/// Runs to the end with the terminal's own output, and fails when the program does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("failed to start {shown}"))?;
    if status.success() {
        Ok(())
    } else {
        bail!("{shown}: {status}")
    }
}

/// Hands over to a program whose exit code means something to scripts: it becomes ours.
pub(crate) fn hand_over(command: &mut Command) -> Result<()> {
    let shown = shown(command);
    let status = command
        .status()
        .with_context(|| format!("failed to start {shown}"))?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code) => std::process::exit(code),
        None => bail!("{shown}: {status}"),
    }
}

/// Whether the program can be started and succeeds; its output is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// What the program prints, as text.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = shown(command);
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("failed to start {shown}"))?;
    if !output.status.success() {
        bail!("{shown}: {}", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{shown} printed no UTF-8"))
}

/// Runs a test runner and counts; a run without a single test is a failure.
pub(crate) fn run_tests(command: &mut Command, total: &mut Tally) -> Result<()> {
    let counted = run_counted(command, total)?;
    if counted.is_empty() {
        bail!("{} succeeded, but ran no test", shown(command));
    }
    Ok(())
}

/// Runs a test runner, shows its output as it comes and counts the tests.
pub(crate) fn run_counted(command: &mut Command, total: &mut Tally) -> Result<Tally> {
    let shown = shown(command);
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("failed to start {shown}"))?;
    let errors = child
        .stderr
        .take()
        .map(|pipe| thread::spawn(|| tee(pipe, std::io::stderr())));
    let mut counted = match child.stdout.take() {
        Some(pipe) => tee(pipe, std::io::stdout())?,
        None => Tally::default(),
    };
    if let Some(errors) = errors {
        counted += errors
            .join()
            .map_err(|_| anyhow!("reading the runner's output stopped"))??;
    }
    let status = child
        .wait()
        .with_context(|| format!("failed to wait for {shown}"))?;
    *total += counted;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    Ok(counted)
}

/// Copies line by line and counts what the lines say about tests.
fn tee(from: impl Read, mut to: impl Write) -> Result<Tally> {
    let mut reader = BufReader::new(from);
    let mut total = Tally::default();
    let mut line = Vec::new();
    while reader
        .read_until(b'\n', &mut line)
        .context("failed to read the runner's output")?
        > 0
    {
        to.write_all(&line)
            .context("failed to show the runner's output")?;
        if let Some(counted) = Tally::of_line(&String::from_utf8_lossy(&line)) {
            total += counted;
        }
        line.clear();
    }
    Ok(total)
}

/// The command as a person would type it.
fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program());
    let mut words = vec![name.to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned()),
    );
    words.join(" ")
}

/// Where a program of this name is, if it is on the path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_variables_that_describe_this_package_are_kept_from_children() {
        assert!(describes_xtask("CARGO_PKG_NAME"));
        assert!(describes_xtask("CARGO_MANIFEST_DIR"));
        assert!(!describes_xtask("CARGO_TARGET_DIR"));
        assert!(!describes_xtask("CARGO_HOME"));
        assert!(!describes_xtask("CARGO"));
    }

    #[test]
    fn output_is_passed_on_whole_and_every_summary_is_counted() {
        let said = "a\ntest result: ok. 2 passed; 0 failed; 0 ignored;\n\nb\ntest result: ok. 3 passed; 0 failed; 1 ignored;";
        let mut copy = Vec::new();
        let counted = tee(said.as_bytes(), &mut copy).unwrap();
        assert_eq!(copy, said.as_bytes());
        assert_eq!(
            counted,
            Tally {
                passed: 5,
                failed: 0,
                skipped: 1
            }
        );
    }

    #[test]
    fn a_runner_that_runs_nothing_fails() {
        let mut total = Tally::default();
        let error = run_tests(&mut cargo(&["--version"]), &mut total).unwrap_err();
        assert!(error.to_string().contains("ran no test"), "{error}");
    }

    #[test]
    fn a_failing_program_is_named_as_it_was_typed() {
        let error = run(&mut cargo(&["no-such-command-anywhere"])).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cargo no-such-command-anywhere:"),
            "{error}"
        );
        assert!(!succeeds(&mut cargo(&["no-such-command-anywhere"])));
    }

    #[test]
    fn minutes_are_spoken_once_there_are_some() {
        assert_eq!(spoken(Duration::from_millis(4_260)), "4.2 s");
        assert_eq!(spoken(Duration::from_secs(125)), "2 min 5 s");
    }
}
