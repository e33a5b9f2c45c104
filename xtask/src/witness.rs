//! The third-party clients that speak to the sandbox in the tests.
//!
//! Installs exactly the pinned versions that lie beside the witness programs, below the target
//! folder, and tells the tests where. Installing again is skipped while the pins are unchanged.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{command, run, step};
use crate::layers::metadata;
use crate::{packages, tree};

const PYTHON_PINS: &str = "crates/sandbox/witness/quickbooks/requirements.txt";
const NODE_FOLDER: &str = "crates/sandbox/witness/procore";

/// Where the tests find the installed clients.
#[derive(Debug)]
pub(crate) struct Witnesses {
    python: PathBuf,
    node_modules: PathBuf,
}

impl Witnesses {
    /// The variables that the witness tests read.
    pub(crate) fn environment(&self) -> [(&'static str, &Path); 2] {
        [
            ("PLUMBLINE_WITNESS_PYTHON", &self.python),
            ("PLUMBLINE_WITNESS_NODE_MODULES", &self.node_modules),
        ]
    }

    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self {
            python: "a/python".into(),
            node_modules: "b/modules".into(),
        }
    }
}

/// Makes both clients ready.
pub(crate) fn prepare() -> Result<Witnesses> {
    packages::ensure(&packages::WITNESSES)?;
    let folder = metadata::target_folder()?.join("witness");
    let python = step(
        "witness of QuickBooks: python-quickbooks and intuit-oauth",
        || prepare_python(&tree::root().join(PYTHON_PINS), &folder.join("python")),
    )?;
    let node_modules = step("witness of Procore: @procore/js-sdk", || {
        prepare_node(&tree::root().join(NODE_FOLDER), &folder.join("node"))
    })?;
    Ok(Witnesses {
        python,
        node_modules,
    })
}

/// A virtual environment with the pinned packages; the path of its interpreter.
fn prepare_python(pins: &Path, folder: &Path) -> Result<PathBuf> {
    let python = folder.join("bin").join("python");
    let wanted = read_pins(pins)?;
    let stamp = folder.join("installed.txt");
    if python.is_file() && is_installed(&stamp, &wanted) {
        println!("already installed in {}", folder.display());
        return Ok(python);
    }
    empty(folder)?;
    run(command("python3").args(["-m", "venv"]).arg(folder))?;
    run(command(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ])
        .arg(pins))?;
    write(&stamp, &wanted)?;
    Ok(python)
}

/// A folder with the pinned packages; the path of its `node_modules`.
pub(crate) fn prepare_node(pins: &Path, folder: &Path) -> Result<PathBuf> {
    let modules = folder.join("node_modules");
    let manifest = read_pins(&pins.join("package.json"))?;
    let lock = fs::read_to_string(pins.join("package-lock.json")).ok();
    let wanted = format!("{manifest}{}", lock.as_deref().unwrap_or_default());
    let stamp = folder.join("installed.txt");
    if modules.is_dir() && is_installed(&stamp, &wanted) {
        println!("already installed in {}", folder.display());
        return Ok(modules);
    }
    empty(folder)?;
    write(&folder.join("package.json"), &manifest)?;
    let verb = match &lock {
        Some(lock) => {
            write(&folder.join("package-lock.json"), lock)?;
            "ci"
        }
        None => "install",
    };
    run(command("npm").current_dir(folder).args([
        verb,
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--loglevel=error",
    ]))?;
    if !modules.is_dir() {
        bail!("npm {verb} left no node_modules in {}", folder.display());
    }
    write(&stamp, &wanted)?;
    Ok(modules)
}

fn read_pins(path: &Path) -> Result<String> {
    fs::read_to_string(path)
        .with_context(|| format!("failed to read the pinned versions in {}", path.display()))
}

fn is_installed(stamp: &Path, wanted: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|installed| installed == wanted)
}

fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("failed to empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_pins_are_an_error_and_never_a_skip() {
        let nowhere = Path::new("no-such-folder");
        let error = prepare_python(&nowhere.join("requirements.txt"), nowhere).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("failed to read the pinned versions")
        );
        assert!(prepare_node(nowhere, nowhere).is_err());
        assert!(!nowhere.exists());
    }

    #[test]
    fn the_tests_are_told_where_both_clients_are() {
        let witnesses = Witnesses::for_tests();
        assert_eq!(
            witnesses.environment(),
            [
                ("PLUMBLINE_WITNESS_PYTHON", Path::new("a/python")),
                ("PLUMBLINE_WITNESS_NODE_MODULES", Path::new("b/modules")),
            ]
        );
    }

    #[test]
    fn changed_pins_are_installed_again() {
        assert!(!is_installed(Path::new("no-such-stamp"), ""));
    }
}
