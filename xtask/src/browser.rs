//! The screens in a real browser: a program of their own serves the demo and looks at every page.
//!
//! Installs the pinned packages below the target folder and hands over. Screenshots stay there as
//! output of the tests.

use anyhow::Result;

use crate::command::{cargo, command, find_program, run, run_counted, step};
use crate::layers::metadata;
use crate::tally::Tally;
use crate::{packages, tree, witness};

const FOLDER: &str = "crates/plumbline/tests/browser";

/// Builds the product and looks at its screens.
pub(crate) fn test(total: &mut Tally) -> Result<()> {
    packages::ensure(&packages::BROWSER)?;
    let target = metadata::target_folder()?;
    let folder = target.join("browser");
    let pins = tree::root().join(FOLDER);
    let modules = step("packages of the browser tests", || {
        witness::prepare_node(&pins, &folder.join("node"))
    })?;
    step("the screens in a browser", || {
        run(&mut cargo(&[
            "build",
            "--package",
            "plumbline",
            "--bin",
            "plumbline",
        ]))?;
        let mut screens = command("node");
        screens
            .arg(pins.join("screens.mjs"))
            .arg(target.join("debug").join("plumbline"))
            .arg(folder.join("screenshots"))
            .env("PLUMBLINE_BROWSER_NODE_MODULES", modules);
        if let Some(chromium) = find_program("chromium") {
            screens.env("PLUMBLINE_CHROMIUM", chromium);
        }
        run_counted(&mut screens, total).map(|_| ())
    })
}
