//! Which files hold test code: by the name cargo gives them, or because their parent says so.

use std::collections::BTreeSet;

use crate::rust_source::RustSource;
use crate::tree::SourceFile;

/// The test code of the workspace.
#[derive(Debug)]
pub(crate) struct TestCode {
    /// Beginnings of paths that a parent declares under `#[cfg(test)]`.
    declared: BTreeSet<String>,
}

impl TestCode {
    /// Reads every declaration.
    pub(crate) fn of(files: &[SourceFile]) -> Self {
        Self {
            declared: files
                .iter()
                .filter(|file| file.is_rust())
                .flat_map(declared)
                .collect(),
        }
    }

    /// Whether the whole file is test code.
    pub(crate) fn holds(&self, path: &str) -> bool {
        let by_name = path.split('/').any(|part| {
            matches!(part, "tests" | "benches" | "tests.rs") || part.ends_with("_tests.rs")
        });
        by_name
            || self
                .declared
                .iter()
                .any(|beginning| path.starts_with(beginning.as_str()))
    }
}

/// Where the modules lie that a file declares under `#[cfg(test)]`.
fn declared(file: &SourceFile) -> Vec<String> {
    let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
    let home = match name {
        "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
        _ => file.path.trim_end_matches(".rs").to_owned(),
    };
    RustSource::scan(&file.text)
        .test_modules()
        .into_iter()
        .flat_map(|module| [format!("{home}/{module}.rs"), format!("{home}/{module}/")])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn cargo_and_the_house_name_tests() {
        let none = TestCode::of(&[]);
        for path in [
            "crates/a/tests/it/main.rs",
            "crates/a/src/b/tests.rs",
            "xtask/src/b_tests.rs",
        ] {
            assert!(none.holds(path), "{path}");
        }
        assert!(!none.holds("crates/a/src/contest.rs"));
    }

    #[test]
    fn a_parent_declares_a_file_or_a_folder_for_tests() {
        let test_code = TestCode::of(&[
            file(
                "crates/a/src/lib.rs",
                "#[cfg(test)]\nmod fixtures;\nmod shipped;\n",
            ),
            file("crates/a/src/b.rs", "#[cfg(test)]\npub(crate) mod books;\n"),
        ]);
        assert!(test_code.holds("crates/a/src/fixtures.rs"));
        assert!(test_code.holds("crates/a/src/fixtures/more.rs"));
        assert!(test_code.holds("crates/a/src/b/books.rs"));
        assert!(!test_code.holds("crates/a/src/shipped.rs"));
        assert!(!test_code.holds("crates/a/src/books.rs"));
    }
}
