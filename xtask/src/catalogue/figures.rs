//! The measures and the definitions of figures, read from the source that computes them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use crate::rust_source::RustSource;
use crate::tree::SourceFile;

const MEASURES: &str = "crates/figures/src/measure.rs";
/// Crates whose code may define a figure.
const SOURCES: [&str; 2] = ["crates/figures/src/", "crates/backoffice/src/"];

/// A definition as it stands in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Definition {
    version: u16,
    formula: String,
    path: String,
}

/// The page for users.
///
/// # Errors
/// When two definitions share an id and version, or a definition cannot be read.
pub(crate) fn page(files: &[SourceFile]) -> Result<String> {
    let mut page = String::from(
        "<!-- Written by `cargo xtask catalogue` from the definitions in the source. -->\n\n\
         # Figures\n\n\
         Every number that Plumbline shows carries the id and the version of its definition. A \
         changed formula gets a new version.\n\n\
         ## Measures of a job bridge\n\n\
         | Measure | What it compares |\n|---|---|\n",
    );
    let measures = files.iter().find(|file| file.path == MEASURES);
    for (name, meaning) in measures
        .map(|file| measures_in(&file.text))
        .unwrap_or_default()
    {
        let _ = writeln!(page, "| `{name}` | {meaning} |");
    }
    let definitions = definitions(files)?;
    if !definitions.is_empty() {
        page.push_str("\n## Definitions\n\n| Figure | Formula | Computed in |\n|---|---|---|\n");
    }
    for (id, definition) in &definitions {
        let formula = definition.formula.replace('|', "\\|");
        let Definition { version, path, .. } = definition;
        let _ = writeln!(page, "| `{id}@{version}` | {formula} | `{path}` |");
    }
    Ok(page)
}

/// Each variant of `Measure` with its documentation, in page order.
fn measures_in(text: &str) -> Vec<(String, String)> {
    let body = text
        .split_once("pub enum Measure {")
        .map_or("", |(_, rest)| rest);
    let mut found = Vec::new();
    let mut meaning = String::new();
    for line in body.lines().map(str::trim).take_while(|line| *line != "}") {
        if let Some(said) = line.strip_prefix("///") {
            if !meaning.is_empty() {
                meaning.push(' ');
            }
            meaning.push_str(said.trim());
        } else if let Some(variant) = line.strip_suffix(',') {
            found.push((snake_case(variant), std::mem::take(&mut meaning)));
        }
    }
    found
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

/// Every definition by id.
fn definitions(files: &[SourceFile]) -> Result<BTreeMap<String, Definition>> {
    let mut found = BTreeMap::new();
    let ours =
        |file: &&SourceFile| file.is_rust() && SOURCES.iter().any(|it| file.path.starts_with(it));
    for file in files.iter().filter(ours) {
        let shipped = shipped_text(&file.text);
        for literal in literals(&shipped) {
            let Some((id, definition)) = read_literal(literal, &file.path)? else {
                continue;
            };
            if let Some(other) = found.insert(id.clone(), definition) {
                bail!(
                    "figure `{id}` is defined in {} and in {}",
                    other.path,
                    file.path
                );
            }
        }
    }
    Ok(found)
}

/// The original lines outside tests, strings included.
fn shipped_text(text: &str) -> String {
    let source = RustSource::scan(text);
    let lines = text.split('\n').zip(&source.in_test).zip(&source.code);
    lines
        .filter(|((_, in_test), _)| !**in_test)
        .map(|((line, _), code)| if is_comment(line, code) { "" } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_comment(line: &str, code: &str) -> bool {
    code.trim().is_empty() && line.trim_start().starts_with("//")
}

/// The inside of every `Definition { … }`.
fn literals(text: &str) -> Vec<&str> {
    text.match_indices("Definition {")
        .filter_map(|(at, opening)| {
            let rest = &text[at + opening.len()..];
            closing_brace(rest).map(|end| &rest[..end])
        })
        .collect()
}

/// Where the brace closes that is open at the start; braces in strings do not count.
fn closing_brace(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (1_usize, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '{' if !in_text => depth += 1,
            '}' if !in_text => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Reads a literal; none when its id is not written out there, as in the type or a constructor.
fn read_literal(literal: &str, path: &str) -> Result<Option<(String, Definition)>> {
    let Some(id) = text_of(literal, "id:") else {
        return Ok(None);
    };
    let unreadable = || format!("failed to read the definition of figure `{id}` in {path}");
    let version = literal
        .split_once("version:")
        .and_then(|(_, rest)| rest.split([',', '}', '\n']).next())
        .and_then(|number| number.trim().parse().ok())
        .with_context(unreadable)?;
    let formula = text_of(literal, "formula:").with_context(unreadable)?;
    Ok(Some((
        id,
        Definition {
            version,
            formula,
            path: path.to_owned(),
        },
    )))
}

/// The string literal that follows a member's name.
fn text_of(literal: &str, member: &str) -> Option<String> {
    let (_, rest) = literal.split_once(member)?;
    let mut characters = rest.trim_start().strip_prefix('"')?.chars().peekable();
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Some(text),
            '\\' => match characters.next()? {
                '\n' => while characters.next_if(|next| next.is_whitespace()).is_some() {},
                'n' => text.push(' '),
                escaped => text.push(escaped),
            },
            _ => text.push(character),
        }
    }
    None
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

    const BILLED: &str = "const BILLED: Definition = Definition {\n    id: \"bridge.billed\",\n    \
                          version: 2,\n    formula: \"earned {less} \\\n        retainage | tax\",\n};\n";

    #[test]
    fn a_definition_is_listed_with_its_version_and_formula() {
        let page = page(&[file("crates/figures/src/calc/wip.rs", BILLED)]).unwrap();
        assert!(page.contains(
            "| `bridge.billed@2` | earned {less} retainage \\| tax | `crates/figures/src/calc/wip.rs` |\n"
        ));
    }

    #[test]
    fn the_type_itself_and_definitions_in_tests_are_not_listed() {
        let text = "pub struct Definition {\n    pub id: &'static str,\n}\n#[cfg(test)]\nmod tests {\n    \
                    const A: Definition = Definition { id: \"a\", version: 1, formula: \"b\" };\n}\n";
        assert!(
            definitions(&[file("crates/figures/src/figure.rs", text)])
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn one_id_defined_twice_is_an_error() {
        let files = [
            file("crates/figures/src/a.rs", BILLED),
            file("crates/backoffice/src/b.rs", BILLED),
        ];
        let said = definitions(&files).unwrap_err().to_string();
        assert!(said.contains("`bridge.billed` is defined in"), "{said}");
    }

    #[test]
    fn a_definition_that_cannot_be_read_is_an_error() {
        let text =
            "const A: Definition = Definition { id: \"a\", version: NEXT, formula: \"b\" };\n";
        let said = definitions(&[file("crates/figures/src/a.rs", text)])
            .unwrap_err()
            .to_string();
        assert_eq!(
            said,
            "failed to read the definition of figure `a` in crates/figures/src/a.rs"
        );
    }

    #[test]
    fn measures_are_listed_in_their_order() {
        let text = "pub enum Measure {\n    /// Retainage we owe,\n    /// held back.\n    \
                    RetainagePayable,\n    /// Cash.\n    Paid,\n}\n";
        assert_eq!(
            measures_in(text),
            [
                (
                    "retainage_payable".to_owned(),
                    "Retainage we owe, held back.".to_owned()
                ),
                ("paid".to_owned(), "Cash.".to_owned()),
            ]
        );
    }
}
