//! Every check has its documentation, its scenarios and its place in the list.
//!
//! A folder below `checks` is one check. This compares the folders with the list and with each
//! other; whether a scenario holds is for the tests of the check.

use crate::catalogue::checks::{self, Folder};
use crate::tidy::text::has_word;
use crate::tree::SourceFile;
use crate::violation::Violation;

/// The scenarios that each check must have, by the beginning of the file's name: one where it
/// speaks, one where it keeps quiet, and one where the books do not say.
const SCENARIOS: [&str; 3] = ["firing", "silent", "ambiguous"];

/// The parts of a check's documentation, each the beginning of a paragraph.
const PARTS: [&str; 3] = ["**What.**", "**Why it happens.**", "**What to do.**"];

/// Checks that are incomplete, unregistered or hold dead scenarios.
pub(crate) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let folders = checks::folders(files);
    let registered = checks::registered(files);
    let mut found = Vec::new();
    for folder in &folders {
        found.extend(check_folder(folder, files));
        if !registered.contains(&folder.name) {
            let message = format!("`{}` is not registered in checks/mod.rs", folder.name);
            found.push(Violation::of_file(&folder.path, message));
        }
    }
    found
}

fn check_folder(folder: &Folder, files: &[SourceFile]) -> Vec<Violation> {
    let mut found = Vec::new();
    if !checks::is_check_name(&folder.name) {
        let message = "a check is named like `r01_unapplied_payment` or `t01_deposit_in_transit`";
        found.push(Violation::of_file(&folder.path, message));
    }
    match &folder.documentation {
        None => found.push(Violation::of_file(&folder.path, "has no mod.rs")),
        Some(documentation) => found.extend(check_documentation(folder, documentation)),
    }
    if !folder.says_its_id {
        let message = format!("has no id \"{}\"", folder.check_name());
        found.push(Violation::of_file(&folder.path, message));
    }
    for kind in SCENARIOS {
        if !folder.scenarios.iter().any(|name| name.starts_with(kind)) {
            let message = format!("needs a scenario scenarios/{kind}*.txt");
            found.push(Violation::of_file(&folder.path, message));
        }
    }
    for name in &folder.scenarios {
        let path = format!("{}/scenarios/{name}", folder.path);
        if !SCENARIOS.iter().any(|kind| name.starts_with(kind)) {
            let message = "a scenario is named firing*, silent* or ambiguous*";
            found.push(Violation::of_file(&path, message));
        }
        if !is_run(files, name) {
            found.push(Violation::of_file(&path, "no test runs this scenario"));
        }
    }
    found
}

fn check_documentation(folder: &Folder, documentation: &str) -> Vec<Violation> {
    let path = format!("{}/mod.rs", folder.path);
    let mut found = Vec::new();
    if !documentation.starts_with("# ") {
        found.push(Violation::of_file(
            &path,
            "its documentation begins with `# Title`",
        ));
    }
    for part in PARTS {
        if !documentation.lines().any(|line| line.starts_with(part)) {
            let message = format!("its documentation has no paragraph `{part} …`");
            found.push(Violation::of_file(&path, message));
        }
    }
    found
}

/// Where the tests of the checks are.
const RECONCILE: &str = "crates/backoffice/src/reconcile/";

/// A scenario is run when the tests of the checks name it, or read the folders themselves.
fn is_run(files: &[SourceFile], scenario: &str) -> bool {
    files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with(RECONCILE))
        .any(|file| has_word(&file.text, scenario) || has_word(&file.text, "read_dir"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: &str = "//! # Unapplied payment\n//!\n//! **What.** a\n//!\n\
                         //! **Why it happens.** b\n//!\n//! **What to do.** c\n\n\
                         const ID: &str = \"R01_unapplied_payment\";\n";

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile {
            path: format!("{}{path}", checks::FOLDER),
            text: text.to_owned(),
        }
    }

    fn complete() -> Vec<SourceFile> {
        vec![
            file(
                "mod.rs",
                "//! The checks.\nchecks! {\n    r01_unapplied_payment,\n}\n",
            ),
            file(
                "tests.rs",
                "//! Runs every scenario.\nuse std::fs::read_dir;\n",
            ),
            file("r01_unapplied_payment/mod.rs", CHECK),
            file("r01_unapplied_payment/scenarios/firing.txt", "a"),
            file("r01_unapplied_payment/scenarios/silent_by_link.txt", "b"),
            file("r01_unapplied_payment/scenarios/ambiguous.txt", "c"),
        ]
    }

    fn said_without(index: usize) -> Vec<String> {
        let mut files = complete();
        files.remove(index);
        check(&files)
            .into_iter()
            .map(|violation| violation.message)
            .collect()
    }

    #[test]
    fn a_complete_check_is_left_alone() {
        assert_eq!(check(&complete()), []);
    }

    #[test]
    fn an_unregistered_check_is_found() {
        let mut files = complete();
        files[0] = file(
            "mod.rs",
            "//! Not mod r01_unapplied_payment;\nmod r02_other;\n",
        );
        let found = check(&files);
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("is not registered"));
    }

    #[test]
    fn a_missing_scenario_is_found_for_each_kind() {
        for (index, kind) in [(3, "firing"), (4, "silent"), (5, "ambiguous")] {
            assert_eq!(
                said_without(index),
                [format!("needs a scenario scenarios/{kind}*.txt")]
            );
        }
    }

    #[test]
    fn a_scenario_that_nothing_runs_is_dead() {
        let said = said_without(1);
        assert_eq!(said, ["no test runs this scenario"; 3]);
        let mut files = complete();
        files[1] = file(
            "tests.rs",
            "//! Runs.\nconst A: &str = \"ambiguous.txt\";\n",
        );
        assert_eq!(check(&files).len(), 2);
    }

    #[test]
    fn a_check_without_documentation_is_found() {
        let mut files = complete();
        let id = "const ID: &str = \"R01_unapplied_payment\";\n";
        files[2] = file(
            "r01_unapplied_payment/mod.rs",
            &format!("//! Unapplied.\n{id}"),
        );
        assert_eq!(check(&files).len(), 4);
        files.remove(2);
        assert!(
            check(&files)
                .iter()
                .any(|violation| violation.message == "has no mod.rs")
        );
    }

    #[test]
    fn each_part_of_the_documentation_is_missed_when_it_is_gone() {
        for part in PARTS {
            let mut files = complete();
            files[2] = file(
                "r01_unapplied_payment/mod.rs",
                &CHECK.replace(part, "**So.**"),
            );
            let found = check(&files);
            assert_eq!(found.len(), 1, "{part}");
            assert!(found[0].message.contains(part));
        }
    }

    #[test]
    fn a_check_that_goes_by_another_id_is_found() {
        let mut files = complete();
        files[2] = file(
            "r01_unapplied_payment/mod.rs",
            &CHECK.replace("R01_", "R02_"),
        );
        assert_eq!(
            check(&files)[0].message,
            "has no id \"R01_unapplied_payment\""
        );
    }

    #[test]
    fn names_of_folders_and_scenarios_follow_the_catalogue() {
        let mut files = complete();
        files.push(file("r01_unapplied_payment/scenarios/other.txt", "d"));
        files.push(file("unapplied/mod.rs", CHECK));
        let said: Vec<String> = check(&files)
            .into_iter()
            .map(|violation| violation.message)
            .collect();
        assert!(
            said.iter()
                .any(|it| it.contains("is named firing*, silent* or ambiguous*"))
        );
        assert!(said.iter().any(|it| it.contains("a check is named like")));
    }
}
