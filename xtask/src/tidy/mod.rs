//! `cargo xtask tidy`: the habits of the house that a program can check.
//!
//! Style is checked here, so that review can be about meaning. [`text`] reads single files,
//! [`coverage`] whole folders of checks, [`documents`] what must lie beside the code,
//! [`manifests`] where versions and lints are named.

mod coverage;
mod documents;
mod manifests;
mod text;

use anyhow::Result;

use crate::{tree, violation};

/// Checks every file of the workspace.
pub(crate) fn run() -> Result<()> {
    let files = tree::read(&tree::root())?;
    let mut found = text::check(&files);
    found.extend(coverage::check(&files));
    found.extend(documents::check(&files));
    found.extend(manifests::check(&files));
    violation::report("tidy", found)
}
