//! `cargo xtask catalogue`: the reference pages that are written from the source.
//!
//! A check's documentation and a figure's formula are said once, beside the code that they
//! describe. This copies them where people read them and fails when the copy is stale.

pub(crate) mod checks;
mod figures;

use std::fs;

use anyhow::{Context, Result, bail};

use crate::tree::{self, SourceFile};

/// A generated page.
struct Page {
    path: &'static str,
    text: String,
}

/// Writes the pages, or with `--check` compares them.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => write(),
        [only] if only == "--check" => verify(),
        _ => bail!(
            "`catalogue` knows only `--check`, got: {}",
            arguments.join(" ")
        ),
    }
}

fn write() -> Result<()> {
    let root = tree::root();
    for page in pages(&tree::read(&root)?)? {
        let path = root.join(page.path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("failed to create {}", folder.display()))?;
        }
        fs::write(&path, &page.text).with_context(|| format!("failed to write {}", page.path))?;
        println!("wrote {}", page.path);
    }
    Ok(())
}

/// Fails and names the pages that are not what the source says.
pub(crate) fn verify() -> Result<()> {
    let files = tree::read(&tree::root())?;
    let stale = stale(&pages(&files)?, &files);
    if stale.is_empty() {
        println!("catalogue: up to date");
        return Ok(());
    }
    bail!(
        "stale: {}. Run `cargo xtask catalogue` and commit the result",
        stale.join(", ")
    )
}

fn pages(files: &[SourceFile]) -> Result<[Page; 2]> {
    Ok([
        Page {
            path: "docs/reference/checks.md",
            text: checks::page(files),
        },
        Page {
            path: "docs/reference/figures.md",
            text: figures::page(files)?,
        },
    ])
}

fn stale(pages: &[Page], files: &[SourceFile]) -> Vec<&'static str> {
    pages
        .iter()
        .filter(|page| {
            !files
                .iter()
                .any(|file| file.path == page.path && file.text == page.text)
        })
        .map(|page| page.path)
        .collect()
}

/// The module documentation at the top of a file, without its markers.
fn module_documentation(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .skip_while(|line| line.trim().is_empty())
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_differs_or_is_missing_is_stale() {
        let page = || {
            [Page {
                path: "docs/reference/checks.md",
                text: "new\n".to_owned(),
            }]
        };
        let on_disk = |text: &str| {
            [SourceFile {
                path: "docs/reference/checks.md".to_owned(),
                text: text.to_owned(),
            }]
        };
        assert!(stale(&page(), &on_disk("new\n")).is_empty());
        assert_eq!(
            stale(&page(), &on_disk("old\n")),
            ["docs/reference/checks.md"]
        );
        assert_eq!(stale(&page(), &[]), ["docs/reference/checks.md"]);
    }

    #[test]
    fn module_documentation_ends_where_the_code_begins() {
        let text = "//! # Title\n//!\n//!  indented\n\nuse a;\n//! not this\n";
        assert_eq!(module_documentation(text), "# Title\n\n indented");
        assert_eq!(module_documentation("use a;\n"), "");
    }

    #[test]
    fn an_unknown_option_is_refused() {
        assert!(run(&["--chek".to_owned()]).is_err());
    }
}
