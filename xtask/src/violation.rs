//! A broken rule, said so that an editor can jump to it.

use std::fmt;

use anyhow::{Result, bail};

/// One place that breaks a rule of the house.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    /// Path from the root of the workspace, with `/`.
    pub(crate) path: String,
    /// Line, counted from 1; none when the rule is about the whole file.
    pub(crate) line: Option<usize>,
    /// What is wrong and what to do instead.
    pub(crate) message: String,
}

impl Violation {
    pub(crate) fn of_file(path: &str, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            message: message.into(),
        }
    }

    pub(crate) fn at_line(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.path, self.message),
            None => write!(out, "{}: {}", self.path, self.message),
        }
    }
}

/// Prints every violation in order and fails when there is one.
pub(crate) fn report(rule: &str, mut found: Vec<Violation>) -> Result<()> {
    found.sort();
    for violation in &found {
        println!("{violation}");
    }
    if found.is_empty() {
        println!("{rule}: clean");
        return Ok(());
    }
    bail!("{rule}: {} broken", found.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_violation_fails_the_rule_and_none_passes_it() {
        assert!(report("tidy", Vec::new()).is_ok());
        let found = vec![Violation::at_line("a.rs", 3, "say why")];
        assert_eq!(found[0].to_string(), "a.rs:3: say why");
        assert_eq!(
            report("tidy", found).unwrap_err().to_string(),
            "tidy: 1 broken"
        );
    }
}
