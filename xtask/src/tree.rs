//! The files of the workspace that the rules read.
//!
//! Walks the folders rather than asking version control, so that the rules also hold in an
//! unpacked archive. It decides what is read, never what is right.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Folders that hold nothing of ours.
const NOT_OURS: [&str; 4] = ["target", "node_modules", ".git", ".demo"];

/// A text file with its path from the root of the workspace, written with `/`.
#[derive(Debug, Clone)]
pub(crate) struct SourceFile {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl SourceFile {
    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// The folder that holds the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map_or_else(|| own.clone(), Path::to_path_buf)
}

/// Every text file of the workspace under `root`, sorted by path.
pub(crate) fn read(root: &Path) -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    collect(root, "", &mut files)?;
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<SourceFile>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("failed to list {}", folder.display()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry
            .file_type()
            .with_context(|| format!("failed to look at {name}"))?;
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}/{name}")
        };
        if kind.is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                collect(&entry.path(), &path, files)?;
            }
        } else if kind.is_file() && is_text(&path) {
            let bytes = fs::read(entry.path()).with_context(|| format!("failed to read {path}"))?;
            files.push(SourceFile {
                path,
                text: String::from_utf8_lossy(&bytes).into_owned(),
            });
        }
    }
    Ok(())
}

/// Text that people write. Lock files are written by tools.
fn is_text(path: &str) -> bool {
    const ENDINGS: [&str; 13] = [
        ".rs", ".toml", ".md", ".txt", ".py", ".js", ".mjs", ".cjs", ".sql", ".sh", ".yml",
        ".html", ".css",
    ];
    path == ".ci/run" || ENDINGS.iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_finds_this_file_and_skips_what_is_built() {
        let files = read(&root()).unwrap();
        assert!(files.iter().any(|file| file.path == "xtask/src/tree.rs"));
        assert!(files.iter().any(|file| file.path == "Cargo.toml"));
        assert!(files.iter().all(|file| !file.path.starts_with("target/")));
        assert!(files.windows(2).all(|pair| pair[0].path < pair[1].path));
    }

    #[test]
    fn lock_files_and_pictures_are_not_read() {
        assert!(!is_text("Cargo.lock"));
        assert!(!is_text("docs/bridge.png"));
        assert!(is_text("crates/sandbox/witness/procore/witness.mjs"));
    }
}
