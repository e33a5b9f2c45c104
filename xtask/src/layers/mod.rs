//! `cargo xtask layers`: the walls between the crates, checked and not only intended.
//!
//! Which crate may see which and what may be in the tree of dependencies at all ([`walls`]); what
//! pure code and the store must not reach for ([`doors`]); and that the connectors have no way to
//! change a vendor's data ([`read_only`]). What the crates do otherwise is none of its business.

mod doors;
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
    found.extend(doors::check(&files));
    found.extend(read_only::connectors(&files));
    violation::report("layers", found)
}
