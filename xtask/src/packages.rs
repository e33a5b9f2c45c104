//! The few operating-system packages that the rest needs: looked for, then installed or named.
//!
//! Names are Debian's. Whoever may install packages gets them installed; everyone else gets the
//! one line to run.

use std::fmt;
use std::io::Write;
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::command::{command, find_program, output, run, step, succeeds};

/// How to find out whether something is there.
#[derive(Debug, Clone, Copy)]
enum Probe {
    /// A program on the path.
    Program(&'static str),
    /// A C compiler that finds the C library's headers; a compiler alone cannot build SQLite.
    CHeaders,
    /// A command that succeeds only when the thing is complete.
    Succeeds(&'static [&'static str]),
}

/// Something that must be on the machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    probe: Probe,
    package: &'static str,
    purpose: &'static str,
}

/// What building the product takes.
pub(crate) const BUILD: [Need; 4] = [
    Need {
        probe: Probe::CHeaders,
        package: "build-essential",
        purpose: "a C compiler for the bundled SQLite",
    },
    Need {
        probe: Probe::Program("ar"),
        package: "build-essential",
        purpose: "an archiver for the bundled SQLite",
    },
    Need {
        probe: Probe::Program("make"),
        package: "build-essential",
        purpose: "building the ciphers of SQLCipher",
    },
    Need {
        probe: Probe::Program("perl"),
        package: "perl",
        purpose: "configuring the ciphers of SQLCipher",
    },
];

/// What the tests of the server engine take.
pub(crate) const SERVER: [Need; 1] = [Need {
    probe: Probe::Succeeds(&[
        "sh",
        "-c",
        "ls /usr/lib/postgresql/*/bin/initdb || command -v initdb",
    ]),
    package: "postgresql",
    purpose: "the tests of the store on PostgreSQL",
}];

/// What the third-party clients that test the sandbox take.
pub(crate) const WITNESSES: [Need; 3] = [
    Need {
        probe: Probe::Succeeds(&["python3", "-c", "import venv, ensurepip"]),
        package: "python3-venv",
        purpose: "the QuickBooks witness",
    },
    Need {
        probe: Probe::Program("node"),
        package: "nodejs",
        purpose: "the Procore witness",
    },
    Need {
        probe: Probe::Program("npm"),
        package: "npm",
        purpose: "the packages of the Procore witness",
    },
];

/// What looking at the screens in a browser takes.
pub(crate) const BROWSER: [Need; 3] = [
    Need {
        probe: Probe::Program("chromium"),
        package: "chromium",
        purpose: "a browser for the tests of the screens",
    },
    Need {
        probe: Probe::Program("node"),
        package: "nodejs",
        purpose: "the tests of the screens",
    },
    Need {
        probe: Probe::Program("npm"),
        package: "npm",
        purpose: "the packages of the tests of the screens",
    },
];

/// Packages that are missing and that we may not install.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    packages: Vec<&'static str>,
    purposes: Vec<&'static str>,
}

impl fmt::Display for Missing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "this needs {}. Run:\n\n  sudo apt-get update && sudo apt-get install -y {}\n",
            self.purposes.join(", "),
            self.packages.join(" ")
        )
    }
}

impl std::error::Error for Missing {}

/// Makes sure that everything in `needs` is on the machine.
///
/// # Errors
/// [`Missing`] when something is not there and this user may not install it.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    let missing: Vec<&Need> = needs
        .iter()
        .filter(|need| !is_present(need.probe))
        .collect();
    let Some(wanted) = what_to_install(&missing) else {
        return Ok(());
    };
    if !is_root() || find_program("apt-get").is_none() {
        return Err(wanted.into());
    }
    step(&format!("install {}", wanted.packages.join(" ")), || {
        run(apt_get().arg("update").arg("-q"))?;
        run(apt_get()
            .args(["install", "-y", "-q", "--no-install-recommends"])
            .args(&wanted.packages))
    })
}

fn apt_get() -> std::process::Command {
    let mut apt = command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    apt
}

/// Each package once, in the order of the needs; nothing when all is there.
fn what_to_install(missing: &[&Need]) -> Option<Missing> {
    let mut wanted = Missing {
        packages: Vec::new(),
        purposes: Vec::new(),
    };
    for need in missing {
        if !wanted.packages.contains(&need.package) {
            wanted.packages.push(need.package);
        }
        wanted.purposes.push(need.purpose);
    }
    (!wanted.packages.is_empty()).then_some(wanted)
}

fn is_present(probe: Probe) -> bool {
    match probe {
        Probe::Program(name) => find_program(name).is_some(),
        Probe::Succeeds(words) => words
            .split_first()
            .is_some_and(|(program, arguments)| succeeds(command(program).args(arguments))),
        Probe::CHeaders => c_headers().unwrap_or(false),
    }
}

/// Preprocesses the headers that SQLite includes.
fn c_headers() -> Result<bool> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut child = command(compiler)
        .args(["-E", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("failed to start the C compiler")?;
    if let Some(mut input) = child.stdin.take() {
        input
            .write_all(b"#include <stdlib.h>\n#include <string.h>\n")
            .context("failed to write to the C compiler")?;
    }
    Ok(child
        .wait()
        .context("failed to wait for the C compiler")?
        .success())
}

fn is_root() -> bool {
    output(command("id").arg("-u")).is_ok_and(|user| user.trim() == "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_answers_two_needs_is_named_once() {
        let missing: Vec<&Need> = BUILD.iter().collect();
        let wanted = what_to_install(&missing).unwrap();
        assert_eq!(wanted.packages, ["build-essential", "perl"]);
        assert_eq!(wanted.purposes.len(), 4);
    }

    #[test]
    fn nothing_missing_means_nothing_to_install() {
        assert!(what_to_install(&[]).is_none());
    }

    #[test]
    fn the_refusal_is_one_line_to_run() {
        let missing: Vec<&Need> = WITNESSES.iter().collect();
        let said = what_to_install(&missing).unwrap().to_string();
        assert!(said.contains("the QuickBooks witness, the Procore witness"));
        assert!(said.contains("sudo apt-get install -y python3-venv nodejs npm\n"));
    }

    #[test]
    fn what_is_not_there_is_found_missing() {
        assert!(!is_present(Probe::Program("no-such-program-anywhere")));
        assert!(!is_present(Probe::Succeeds(&["no-such-program-anywhere"])));
        assert!(!is_present(Probe::Succeeds(&[
            "cargo",
            "no-such-command-anywhere"
        ])));
        assert!(is_present(Probe::Program("cargo")));
    }
}
