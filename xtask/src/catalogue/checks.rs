//! The checks as the folders and the list of the back office tell them.
//!
//! One folder is one check, named by its catalogue code; its module documentation is what a user
//! reads. The order is that of registration.

use std::fmt::Write as _;

use crate::catalogue::module_documentation;
use crate::rust_source::RustSource;
use crate::tree::SourceFile;

/// Where the checks are.
pub(crate) const FOLDER: &str = "crates/backoffice/src/reconcile/checks/";

/// One check's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folder {
    /// Such as `r01_unapplied_payment`.
    pub(crate) name: String,
    /// From the root of the workspace.
    pub(crate) path: String,
    /// Module documentation of its `mod.rs`; none without that file.
    pub(crate) documentation: Option<String>,
    /// Whether its code says its own name, code first: `R01_unapplied_payment`.
    pub(crate) says_its_id: bool,
    /// Names of the files in `scenarios`.
    pub(crate) scenarios: Vec<String>,
}

impl Folder {
    /// The code and name in interfaces: `R01_unapplied_payment`.
    pub(crate) fn check_name(&self) -> String {
        let mut letters = self.name.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect()
    }

    /// The catalogue code alone: `R01`.
    fn code(&self) -> String {
        self.name
            .split('_')
            .next()
            .unwrap_or_default()
            .to_uppercase()
    }
}

/// Whether a folder's name starts with a catalogue code, as in `r01_unapplied_payment`.
pub(crate) fn is_check_name(name: &str) -> bool {
    let Some((code, rest)) = name.split_once('_') else {
        return false;
    };
    let (series, number) = code.split_at(code.len().min(1));
    matches!(series, "r" | "t")
        && number.len() == 2
        && number.chars().all(|digit| digit.is_ascii_digit())
        && !rest.is_empty()
}

/// Every folder below `checks`, by name.
pub(crate) fn folders(files: &[SourceFile]) -> Vec<Folder> {
    let mut folders: Vec<Folder> = Vec::new();
    for file in files {
        let Some((name, inside)) = file
            .path
            .strip_prefix(FOLDER)
            .and_then(|path| path.split_once('/'))
        else {
            continue;
        };
        if folders.last().is_none_or(|last| last.name != name) {
            folders.push(Folder {
                name: name.to_owned(),
                path: format!("{FOLDER}{name}"),
                documentation: None,
                says_its_id: false,
                scenarios: Vec::new(),
            });
        }
        let Some(folder) = folders.last_mut() else {
            continue;
        };
        folder.says_its_id |= file.text.contains(&format!("\"{}\"", folder.check_name()));
        if inside == "mod.rs" {
            folder.documentation = Some(module_documentation(&file.text));
        } else if let Some(scenario) = inside.strip_prefix("scenarios/") {
            folder.scenarios.push(scenario.to_owned());
        }
    }
    folders
}

/// Names of the checks that the code of `checks/mod.rs` lists, in its order.
pub(crate) fn registered(files: &[SourceFile]) -> Vec<String> {
    let list = format!("{FOLDER}mod.rs");
    let Some(file) = files.iter().find(|file| file.path == list) else {
        return Vec::new();
    };
    let source = RustSource::scan(&file.text);
    let mut names: Vec<String> = Vec::new();
    for (_, line) in source.shipped_code() {
        let words = line.split(|character: char| !character.is_alphanumeric() && character != '_');
        for word in words.filter(|word| is_check_name(word)) {
            if !names.iter().any(|name| name == word) {
                names.push(word.to_owned());
            }
        }
    }
    names
}

/// The page for users.
pub(crate) fn page(files: &[SourceFile]) -> String {
    let order = registered(files);
    let mut folders = folders(files);
    folders.retain(|folder| order.contains(&folder.name));
    folders.sort_by_key(|folder| order.iter().position(|name| *name == folder.name));

    let mut page = String::from(
        "<!-- Written by `cargo xtask catalogue` from the documentation of each check. -->\n\n\
         # Checks\n\n\
         What Plumbline looks for when it compares the two sets of books. Amounts are Procore \
         minus QuickBooks. Codes that begin with R are disagreements; codes that begin with T are \
         differences of timing, which close by themselves or are promoted when their grace period \
         has passed.\n\n\
         The order is the order of precedence: a difference goes to the first check that claims \
         it, so that one root cause is reported once.\n",
    );
    page.push('\n');
    for folder in &folders {
        let heading = heading(folder);
        let _ = writeln!(page, "- [{heading}](#{})", anchor(&heading));
    }
    for folder in &folders {
        let _ = write!(
            page,
            "\n## {}\n\n`{}`\n",
            heading(folder),
            folder.check_name()
        );
        let documentation = folder.documentation.as_deref().unwrap_or_default();
        let body: Vec<&str> = documentation
            .lines()
            .skip_while(|line| line.starts_with("# "))
            .collect();
        let body = demoted(&body);
        if !body.is_empty() {
            let _ = write!(page, "\n{body}\n");
        }
    }
    page
}

fn heading(folder: &Folder) -> String {
    let first = folder
        .documentation
        .as_deref()
        .and_then(|text| text.lines().next());
    let title = first
        .and_then(|line| line.strip_prefix("# "))
        .unwrap_or(&folder.name)
        .trim();
    let code = folder.code();
    let title = title
        .strip_prefix(&code)
        .map_or(title, |rest| rest.trim_start_matches([':', ' ']));
    format!("{code} {title}")
}

/// Headings one level deeper, because the page has a title of its own; code blocks as they are.
fn demoted(lines: &[&str]) -> String {
    let mut in_code = false;
    let deeper: Vec<String> = lines
        .iter()
        .map(|line| {
            in_code ^= line.trim_start().starts_with("```");
            if line.starts_with('#') && !in_code {
                format!("#{line}")
            } else {
                (*line).to_owned()
            }
        })
        .collect();
    deeper.join("\n").trim().to_owned()
}

/// The name that the usual renderers give a heading.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|character| match character {
            ' ' => Some('-'),
            '-' | '_' => Some(character),
            _ => character.is_alphanumeric().then_some(character),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: format!("{FOLDER}{path}"),
            text: text.to_owned(),
        }
    }

    fn two_checks() -> Vec<SourceFile> {
        vec![
            file(
                "mod.rs",
                "//! All: r01_unapplied first.\nmod run;\nchecks! {\n    t01_in_transit,\n    r01_unapplied,\n}\n",
            ),
            file(
                "r01_unapplied/mod.rs",
                "//! # Payment left unapplied\n//!\n//! ## What\n//! Cash.\n",
            ),
            file("r01_unapplied/scenarios/firing.txt", ""),
            file("scenario.rs", "//! Reads scenarios.\n"),
            file(
                "t01_in_transit/mod.rs",
                "//! # T01: Deposit in transit\n//!\n//! ```text\n//! # raw\n//! ```\n",
            ),
        ]
    }

    #[test]
    fn folders_are_checks_and_files_beside_them_are_not() {
        let folders = folders(&two_checks());
        assert_eq!(folders.len(), 2);
        assert_eq!(folders[0].scenarios, ["firing.txt"]);
        assert_eq!(folders[0].check_name(), "R01_unapplied");
    }

    #[test]
    fn the_page_follows_the_order_of_registration() {
        let page = page(&two_checks());
        let list: Vec<&str> = page.lines().filter(|line| line.starts_with("- ")).collect();
        assert_eq!(
            list,
            [
                "- [T01 Deposit in transit](#t01-deposit-in-transit)",
                "- [R01 Payment left unapplied](#r01-payment-left-unapplied)",
            ]
        );
        assert!(
            page.contains(
                "\n## R01 Payment left unapplied\n\n`R01_unapplied`\n\n### What\nCash.\n"
            )
        );
    }

    #[test]
    fn code_blocks_keep_their_signs() {
        assert!(page(&two_checks()).contains("```text\n# raw\n```"));
    }

    #[test]
    fn an_unregistered_folder_is_not_a_check_yet() {
        let mut files = two_checks();
        files[0] = file("mod.rs", "//! All.\nmod r01_unapplied;\n");
        assert!(!page(&files).contains("T01"));
    }

    #[test]
    fn names_carry_their_catalogue_code() {
        assert!(is_check_name("r01_unapplied_payment"));
        assert!(is_check_name("t04_x"));
        for wrong in ["r1_x", "r001_x", "x01_y", "r01", "r01_", "unapplied", ""] {
            assert!(!is_check_name(wrong), "{wrong}");
        }
    }
}
