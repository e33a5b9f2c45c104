//! Words that open a door to the outside, and the only files that may say them.
//!
//! The walls between crates stop a crate from seeing another one; these stop it from going around:
//! pure code that reads a clock through the standard library, a statement outside a transaction.

use crate::rust_source::RustSource;
use crate::test_code::TestCode;
use crate::tree::SourceFile;
use crate::violation::Violation;

/// A set of words that a part of the workspace must not say.
struct Door {
    /// Where the rule holds.
    folders: &'static [&'static str],
    words: &'static [&'static str],
    /// Files below those folders that hold the door.
    holders: &'static [&'static str],
    reason: &'static str,
}

const DOORS: [Door; 2] = [
    Door {
        folders: &[
            "crates/figures/src/",
            "crates/gate/src/",
            "crates/backoffice/src/",
        ],
        words: &[
            "std::env",
            "std::fs",
            "std::io",
            "std::net",
            "std::process",
            "std::thread",
            "std::time",
            "RandomState",
            "HashMap::new",
            "HashSet::new",
            "collections::HashMap",
            "collections::HashSet",
        ],
        holders: &[],
        reason: "pure code takes what it needs as arguments, and its order does not depend on a \
                 random hash",
    },
    Door {
        folders: &["crates/store/src/"],
        words: &[".begin(", ".begin_with(", ".try_begin(", ".acquire("],
        holders: &["crates/store/src/sqlite.rs", "crates/store/src/tx.rs"],
        reason: "a connection is only had through `tx`, which outlives a cancelled caller",
    },
];

/// Every such word outside the files that may say it.
pub(crate) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let test_code = TestCode::of(files);
    let mut found = Vec::new();
    for file in files
        .iter()
        .filter(|file| file.is_rust() && !test_code.holds(&file.path))
    {
        let doors: Vec<&Door> = DOORS
            .iter()
            .filter(|door| {
                door.folders
                    .iter()
                    .any(|folder| file.path.starts_with(folder))
            })
            .filter(|door| !door.holders.contains(&file.path.as_str()))
            .collect();
        if doors.is_empty() {
            continue;
        }
        let source = RustSource::scan(&file.text);
        for (line, code) in source.shipped_code() {
            for door in &doors {
                for word in door.words.iter().filter(|word| opens(code, word)) {
                    let message = format!("`{word}`: {}", door.reason);
                    found.push(Violation::at_line(&file.path, line, message));
                }
            }
        }
    }
    found
}

/// Whether the code says the word itself; `FxHashMap::new` is another one than `HashMap::new`.
fn opens(code: &str, word: &str) -> bool {
    let joins = |character: char| character.is_alphanumeric() || character == '_';
    let starts_a_word = word.starts_with(joins);
    code.match_indices(word).any(|(at, _)| {
        let before = !starts_a_word || !code[..at].ends_with(joins);
        let after = word.ends_with('(') || !code[at + word.len()..].starts_with(joins);
        before && after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, code: &str) -> usize {
        let text = format!("//! A module.\nfn f() {{\n    {code};\n}}\n");
        check(&[SourceFile {
            path: path.to_owned(),
            text,
        }])
        .len()
    }

    #[test]
    fn pure_code_reaches_for_nothing_outside() {
        for word in DOORS[0].words {
            for folder in DOORS[0].folders {
                assert_eq!(
                    said(&format!("{folder}calc/wip.rs"), &format!("{word}()")),
                    1,
                    "{word}"
                );
            }
            assert_eq!(
                said("crates/plumbline/src/main.rs", &format!("{word}()")),
                0,
                "{word}"
            );
        }
    }

    #[test]
    fn a_hash_of_our_own_and_longer_names_are_other_words() {
        assert_eq!(said("crates/backoffice/src/desk.rs", "FxHashMap::new()"), 0);
        assert_eq!(said("crates/backoffice/src/desk.rs", "use std::iofoo"), 0);
    }

    #[test]
    fn a_connection_is_only_had_through_the_transaction() {
        for word in DOORS[1].words {
            let code = format!("pool{word})");
            assert_eq!(said("crates/store/src/mirror/read.rs", &code), 1, "{word}");
            assert_eq!(said("crates/store/src/tx.rs", &code), 0, "{word}");
        }
    }

    #[test]
    fn tests_may_open_any_door() {
        assert_eq!(
            said(
                "crates/backoffice/src/reconcile/checks/tests.rs",
                "std::fs::read(a)"
            ),
            0
        );
    }
}
