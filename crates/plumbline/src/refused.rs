//! The refusal of a command that would have to guess: the fail-closed answer of the program.

use std::fmt;

/// Why nothing, or not everything, is shown: which system or reading is missing, and what to do.
///
/// The command line turns it into exit code 4, so that scripts can tell "not known" from "wrong".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(String);

impl Refused {
    /// A refusal in whole sentences.
    #[must_use]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}
