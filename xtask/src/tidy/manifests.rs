//! Rules about `Cargo.toml` files: one place for versions, one set of lints.

use crate::tree::SourceFile;
use crate::violation::Violation;

/// Every manifest of the workspace.
pub(crate) fn check(files: &[SourceFile]) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in files {
        if file.path == "Cargo.toml" {
            found.extend(root(file));
        } else if file.path.ends_with("/Cargo.toml") {
            found.extend(member(file));
        }
    }
    found
}

/// Each outside dependency says what it is for.
fn root(file: &SourceFile) -> Vec<Violation> {
    lines(&file.text)
        .filter(|(section, _, line)| {
            *section == "workspace.dependencies"
                && !line.contains("path = \"")
                && !line.contains(" # ")
        })
        .map(|(_, number, _)| {
            Violation::at_line(
                &file.path,
                number,
                "say what the dependency is for: `… # what for`",
            )
        })
        .collect()
}

/// Each dependency comes from the workspace, and the workspace's lints hold.
fn member(file: &SourceFile) -> Vec<Violation> {
    let mut found: Vec<Violation> = lines(&file.text)
        .filter(|(section, _, line)| {
            section.ends_with("dependencies") && !line.replace(' ', "").contains("workspace=true")
        })
        .map(|(_, number, _)| {
            let message = "name the version in the workspace's Cargo.toml and use it from there";
            Violation::at_line(&file.path, number, message)
        })
        .collect();
    if !lines(&file.text).any(|(section, _, line)| section == "lints" && line == "workspace = true")
    {
        found.push(Violation::of_file(
            &file.path,
            "`[lints] workspace = true` is missing",
        ));
    }
    found
}

/// The lines that say something, with their section and number.
fn lines(text: &str) -> impl Iterator<Item = (&str, usize, &str)> {
    let mut section = "";
    text.lines().enumerate().filter_map(move |(index, line)| {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or(name);
            return None;
        }
        let says = !line.is_empty() && !line.starts_with('#');
        says.then_some((section, index + 1, line))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> Vec<String> {
        let file = SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        check(&[file])
            .into_iter()
            .map(|violation| violation.to_string())
            .collect()
    }

    #[test]
    fn an_outside_dependency_says_what_it_is_for() {
        let text = "[workspace.dependencies]\ngate = { path = \"crates/gate\" }\n\
                    csv = \"1\" # tables\nurl = \"2\"\n[profile.dev]\ndebug = 1\n";
        let found = said("Cargo.toml", text);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("Cargo.toml:4: say what"));
    }

    #[test]
    fn a_crate_takes_its_versions_from_the_workspace() {
        let text = "[lints]\nworkspace = true\n[dependencies]\ncsv.workspace = true\n\
                    jiff = { workspace = true, features = [\"std\"] }\nurl = \"2\"\n";
        let found = said("crates/gate/Cargo.toml", text);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/gate/Cargo.toml:6: "));
        assert_eq!(
            said("crates/gate/Cargo.toml", &text.replace("[dep", "[dev-dep")).len(),
            1
        );
    }

    #[test]
    fn a_crate_without_the_lints_of_the_workspace_is_found() {
        assert_eq!(
            said("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n").len(),
            1
        );
    }
}
