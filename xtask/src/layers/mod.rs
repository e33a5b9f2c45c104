//! `cargo xtask layers`: the walls between the crates, checked and not only intended.
//!
//! Three kinds of wall: which crate may see which ([`walls`]), what may be in the tree of
//! dependencies at all ([`walls`]), and that the read side of the connectors has no way to change
//! a vendor's data ([`read_only`]). What the crates contain otherwise is none of its business.

pub(crate) mod metadata;
mod read_only;
mod walls;

use anyhow::Result;

use crate::{tree, violation};

/// Checks every wall.
pub(crate) fn run() -> Result<()> {
    let workspace = metadata::load()?;
    let files = tree::read(&tree::root())?;
    let mut found = walls::between_crates(&workspace);
    found.extend(walls::around_the_workspace(&workspace));
    found.extend(read_only::connectors(&files));
    violation::report("layers", found)
}
