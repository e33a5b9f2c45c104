//! Rules about the documents beside the code.

use crate::tree::SourceFile;
use crate::violation::Violation;

/// A reader should get through the architecture in one sitting.
const LONGEST_ARCHITECTURE: usize = 250;

/// What a reader expects to find at the root.
const REQUIRED: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
];

/// What a decision record answers, as headings.
const DECISION_HEADINGS: [&str; 5] = [
    "## Context",
    "## Options",
    "## Choice",
    "## Consequences",
    "## How we would notice it was wrong",
];

/// Missing documents, an architecture too long to read, decisions without their answers.
pub(crate) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let mut found: Vec<Violation> = REQUIRED
        .iter()
        .filter(|name| !files.iter().any(|file| file.path == **name))
        .map(|name| Violation::of_file(name, "is missing"))
        .collect();
    for file in files {
        if file.path == "ARCHITECTURE.md" {
            let lines = file.text.lines().count();
            if lines > LONGEST_ARCHITECTURE {
                let message = format!("{lines} lines, at most {LONGEST_ARCHITECTURE}");
                found.push(Violation::of_file(&file.path, message));
            }
        }
        if let Some(name) = file.path.strip_prefix("docs/decisions/") {
            found.extend(decision(file, name));
        }
    }
    found
}

fn decision(file: &SourceFile, name: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    let number = name.split('-').next().unwrap_or_default();
    if number.len() != 4 || !number.chars().all(|digit| digit.is_ascii_digit()) {
        found.push(Violation::of_file(
            &file.path,
            "is not named `NNNN-title.md`",
        ));
    }
    for heading in DECISION_HEADINGS {
        if !file.text.lines().any(|line| line == heading) {
            found.push(Violation::of_file(
                &file.path,
                format!("has no `{heading}`"),
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

    fn complete() -> Vec<SourceFile> {
        REQUIRED
            .iter()
            .map(|name| file(name, "# Title\n"))
            .collect()
    }

    #[test]
    fn every_required_document_is_missed_when_it_is_gone() {
        assert!(check(&complete()).is_empty());
        for (index, name) in REQUIRED.iter().enumerate() {
            let mut files = complete();
            files.remove(index);
            let found = check(&files);
            assert_eq!((found.len(), found[0].path.as_str()), (1, *name));
        }
    }

    #[test]
    fn an_architecture_too_long_to_read_is_found() {
        let mut files = complete();
        files[1] = file("ARCHITECTURE.md", &"line\n".repeat(LONGEST_ARCHITECTURE));
        assert!(check(&files).is_empty());
        files[1] = file(
            "ARCHITECTURE.md",
            &"line\n".repeat(LONGEST_ARCHITECTURE + 1),
        );
        assert_eq!(check(&files)[0].message, "251 lines, at most 250");
    }

    #[test]
    fn a_decision_answers_all_five_questions_and_has_a_number() {
        let whole = DECISION_HEADINGS.join("\n\ntext\n\n");
        assert!(decision(&file("docs/decisions/0001-a.md", &whole), "0001-a.md").is_empty());
        assert_eq!(
            decision(&file("docs/decisions/a.md", &whole), "a.md").len(),
            1
        );
        assert_eq!(
            decision(&file("docs/decisions/0001-a.md", "# A\n"), "0001-a.md").len(),
            5
        );
    }
}
