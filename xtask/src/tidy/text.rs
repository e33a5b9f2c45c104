//! Rules about single files: words that must not be left behind, size, documentation, paths.

use crate::rust_source::RustSource;
use crate::test_code::TestCode;
use crate::tree::SourceFile;
use crate::violation::Violation;

/// Beyond this a file surely holds two ideas.
const LONGEST: usize = 600;

/// Files that are one idea and still longer, with the reason.
const LONG_FILES: [(&str, &str); 0] = [];

/// Code that must not be shipped, tests included, and what to do instead.
const NEVER: [(&str, &str); 7] = [
    ("dbg!(", "remove it or log it"),
    ("todo!(", "finish it"),
    ("unimplemented!(", "finish it"),
    ("#[allow(", "use `#[expect(lint, reason = \"…\")]`"),
    ("#![allow(", "use `#![expect(lint, reason = \"…\")]`"),
    (
        "#[serde(flatten",
        "name the members; flattening turns exact numbers into others",
    ),
    (
        "#[serde(untagged",
        "read by hand; untagged enums turn exact numbers into others",
    ),
];

/// Code that only tests may use.
const NOT_SHIPPED: [(&str, &str); 1] = [(
    ".unwrap()",
    "use `?`, or `expect` with the reason why it cannot fail",
)];

/// Marks of unfinished work; an issue remembers better than a comment.
const MARKERS: [&str; 4] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
];

/// Folders of one machine, which mean nothing on another.
const MACHINE_FOLDERS: [&str; 3] = [
    concat!("/wo", "rk/"),
    concat!("/tm", "p/"),
    concat!("/ro", "ot/"),
];

/// Every rule on every file.
pub(crate) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let scanned: Vec<(&SourceFile, RustSource)> = files
        .iter()
        .filter(|file| file.is_rust())
        .map(|file| (file, RustSource::scan(&file.text)))
        .collect();
    let test_code = TestCode::of(files);

    let mut found: Vec<Violation> = files.iter().flat_map(any_text).collect();
    for (file, source) in &scanned {
        let is_test = test_code.holds(&file.path);
        if !is_test {
            found.extend(module_documentation(file));
        }
        found.extend(words(file, source, is_test));
    }
    found.extend(sizes(files, &LONG_FILES));
    found
}

fn any_text(file: &SourceFile) -> Vec<Violation> {
    let mut found = Vec::new();
    for (index, line) in file.text.split('\n').enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            found.push(Violation::at_line(
                &file.path,
                index + 1,
                "space at the end of the line",
            ));
        }
        for folder in MACHINE_FOLDERS
            .iter()
            .filter(|folder| names_folder(line, folder))
        {
            let message = format!("`{folder}` is a folder of one machine");
            found.push(Violation::at_line(&file.path, index + 1, message));
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        found.push(Violation::of_file(
            &file.path,
            "no line end at the end of the file",
        ));
    }
    found
}

/// Whether the line names the folder itself and not a part of a longer path or address.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        !line[..at].ends_with(|before: char| {
            before.is_alphanumeric() || matches!(before, '_' | '-' | '.' | '}' | '/' | '~')
        })
    })
}

fn module_documentation(file: &SourceFile) -> Option<Violation> {
    let first = file
        .text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    (!first.starts_with("//!")).then(|| {
        Violation::of_file(
            &file.path,
            "begin with `//!`: what it is for, what it must not know",
        )
    })
}

fn words(file: &SourceFile, source: &RustSource, is_test: bool) -> Vec<Violation> {
    let mut found = Vec::new();
    for (index, code) in source.code.iter().enumerate() {
        for (word, instead) in NEVER.iter().filter(|(word, _)| code.contains(word)) {
            found.push(Violation::at_line(
                &file.path,
                index + 1,
                format!("`{word}`: {instead}"),
            ));
        }
    }
    for (index, comment) in source.comments.iter().enumerate() {
        for marker in MARKERS.iter().filter(|marker| has_word(comment, marker)) {
            let message = format!("`{marker}`: finish it, or file an issue");
            found.push(Violation::at_line(&file.path, index + 1, message));
        }
    }
    if !is_test {
        for (line, code) in source.shipped_code() {
            for (word, instead) in NOT_SHIPPED.iter().filter(|(word, _)| code.contains(word)) {
                found.push(Violation::at_line(
                    &file.path,
                    line,
                    format!("`{word}`: {instead}"),
                ));
            }
        }
    }
    found
}

/// Whether the text has the word on its own.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let joins = |character: char| character.is_alphanumeric() || character == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(joins) && !text[at + word.len()..].starts_with(joins))
}

/// Long files, and excuses that are no longer needed.
fn sizes(files: &[SourceFile], excused: &[(&str, &str)]) -> Vec<Violation> {
    let mut found = Vec::new();
    let lines = |file: &SourceFile| file.text.lines().count();
    for file in files
        .iter()
        .filter(|file| file.is_rust() && lines(file) > LONGEST)
    {
        if !excused.iter().any(|(path, _)| *path == file.path) {
            let message = format!(
                "{} lines; over {LONGEST} it surely holds two ideas",
                lines(file)
            );
            found.push(Violation::of_file(&file.path, message));
        }
    }
    for (path, _) in excused {
        if !files
            .iter()
            .any(|file| file.path == *path && lines(file) > LONGEST)
        {
            found.push(Violation::of_file(
                path,
                "is no longer long: remove its excuse from tidy",
            ));
        }
    }
    found
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

    /// Checks one module whose documentation is in order.
    fn said(body: &str) -> Vec<String> {
        let text = format!("//! A module.\n{body}\n");
        check(&[file("crates/gate/src/roles.rs", &text)])
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn a_tidy_file_is_left_alone() {
        assert!(said("fn a() -> Option<()> {\n    b()?;\n    None\n}").is_empty());
    }

    #[test]
    fn words_left_behind_are_found_even_in_tests() {
        for word in [
            "dbg!(x);",
            "todo!();",
            "unimplemented!();",
            "#[allow(dead_code)]",
        ] {
            assert_eq!(
                said(&format!("fn a() {{\n    {word}\n}}")).len(),
                1,
                "{word}"
            );
            let test = format!("#[cfg(test)]\nmod tests {{\n    {word}\n}}");
            assert_eq!(said(&test).len(), 1, "{word}");
        }
        assert_eq!(said("#![allow(dead_code)]").len(), 1);
        assert_eq!(said("#[serde(flatten)]").len(), 1);
        assert_eq!(said("#[serde(untagged, deny_unknown_fields)]").len(), 1);
    }

    #[test]
    fn the_same_words_in_a_string_are_not_code() {
        assert!(said("const A: &str = \"dbg!( #[allow( .unwrap()\";").is_empty());
    }

    #[test]
    fn marks_of_unfinished_work_are_found_in_comments_only() {
        for marker in MARKERS {
            assert_eq!(said(&format!("// {marker}: later")).len(), 1, "{marker}");
            assert!(
                said(&format!("const A: &str = \"{marker}\";")).is_empty(),
                "{marker}"
            );
            assert!(
                said(&format!("// a{marker}b is a word")).is_empty(),
                "{marker}"
            );
        }
    }

    #[test]
    fn unwrap_is_for_tests() {
        assert_eq!(said("fn a() {\n    b().unwrap();\n}").len(), 1);
        assert!(said("/// ```\n/// a().unwrap();\n/// ```\nfn a() {}").is_empty());
        assert!(said("#[cfg(test)]\nmod tests {\n    a().unwrap();\n}").is_empty());
        assert!(said("fn a() {\n    b().unwrap_or(0);\n}").is_empty());
    }

    #[test]
    fn a_file_that_its_parent_declares_for_tests_is_a_test() {
        let files = [
            file(
                "crates/gate/src/lib.rs",
                "//! A.\n#[cfg(test)]\nmod fixtures;\n",
            ),
            file(
                "crates/gate/src/fixtures.rs",
                "//! B.\nfn a() {\n    b().unwrap();\n}\n",
            ),
            file(
                "crates/gate/src/fixtures/more.rs",
                "//! C.\nfn a() {\n    b().unwrap();\n}\n",
            ),
            file(
                "crates/gate/tests/it/main.rs",
                "//! D.\nfn a() {\n    b().unwrap();\n}\n",
            ),
            file(
                "crates/gate/src/shipped.rs",
                "//! E.\nfn a() {\n    b().unwrap();\n}\n",
            ),
        ];
        let found = check(&files);
        let paths: Vec<&str> = found
            .iter()
            .map(|violation| violation.path.as_str())
            .collect();
        assert_eq!(paths, ["crates/gate/src/shipped.rs"]);
    }

    #[test]
    fn a_module_says_what_it_is_for() {
        let found = check(&[file("crates/gate/src/roles.rs", "use a::b;\n")]);
        assert!(found[0].message.starts_with("begin with `//!`"));
        assert!(check(&[file("crates/gate/src/roles/tests.rs", "use a::b;\n")]).is_empty());
    }

    #[test]
    fn trailing_space_and_a_missing_last_line_end_are_found() {
        let found = check(&[file("docs/guide/start.md", "one \ntwo\t\nthree")]);
        let lines: Vec<Option<usize>> = found.iter().map(|violation| violation.line).collect();
        assert_eq!(lines, [Some(1), Some(2), None]);
    }

    #[test]
    fn folders_of_one_machine_are_found_in_any_file() {
        for folder in MACHINE_FOLDERS {
            let found = check(&[file(
                "docs/guide/start.md",
                &format!("see `{folder}books`\n"),
            )]);
            assert_eq!(found.len(), 1, "{folder}");
            let address = format!("https://example.test/v1{folder}orders\n");
            assert!(
                check(&[file("docs/guide/start.md", &address)]).is_empty(),
                "{folder}"
            );
        }
    }

    #[test]
    fn a_long_file_needs_a_reason_and_a_reason_needs_a_long_file() {
        let long = file("crates/gate/src/long.rs", &"//! A.\n".repeat(LONGEST + 1));
        let short = file("crates/gate/src/short.rs", "//! A.\n");
        assert_eq!(sizes(std::slice::from_ref(&long), &[]).len(), 1);
        assert!(
            sizes(
                std::slice::from_ref(&long),
                &[("crates/gate/src/long.rs", "a table")]
            )
            .is_empty()
        );
        assert_eq!(
            sizes(&[short], &[("crates/gate/src/short.rs", "a table")]).len(),
            1
        );
        assert_eq!(
            sizes(&[], &[("crates/gate/src/gone.rs", "a table")]).len(),
            1
        );
    }
}
