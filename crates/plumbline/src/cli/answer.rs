//! What a command answers, and the exit codes that scripts rely on.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use crate::refused::Refused;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Done, nothing missing.
    Done,
    /// Done, and there are findings.
    Findings,
    /// Something is not shown because it is not connected, incomplete or stale.
    Refused,
    /// An error of the program, its files or its disk.
    Failed,
}

impl Status {
    /// The exit code. 2, a wrong command line, is given by the parser of the command line.
    #[must_use]
    pub fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Findings => 3,
            Self::Refused => 4,
        })
    }

    /// What an error means for scripts.
    #[must_use]
    pub fn of(error: &anyhow::Error) -> Self {
        let refused = error.chain().any(|cause| {
            // A store's error stands for its refusal, which therefore is no cause of its own.
            let store = match cause.downcast_ref::<store::StoreError>() {
                Some(store::StoreError::Refused(refusal)) => Some(refusal),
                _ => cause.downcast_ref::<store::Refusal>(),
            };
            let connection = store.is_some_and(|refusal| {
                matches!(
                    refusal,
                    store::Refusal::NotConnected { .. }
                        | store::Refusal::NeedsReconnect { .. }
                        | store::Refusal::Quarantined { .. }
                )
            });
            connection || cause.is::<Refused>() || cause.is::<connectors::http::FetchError>()
        });
        if refused { Self::Refused } else { Self::Failed }
    }
}

/// What a command answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For the standard output.
    pub text: String,
    /// For the standard error, a line each.
    pub notes: Vec<String>,
    /// How it ended.
    pub status: Status,
}

impl Answer {
    /// A plain answer.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            notes: Vec::new(),
            status: Status::Done,
        }
    }

    /// The same with notes.
    #[must_use]
    pub fn with_notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// Prints the answer. Findings are an error only when the caller asked for that.
    #[must_use]
    pub fn finish(self, fail_on_findings: bool) -> ExitCode {
        let mut out = std::io::stdout().lock();
        let mut text = self.text;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let printed = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        for note in &self.notes {
            drop(writeln!(std::io::stderr(), "{note}"));
        }
        match printed {
            // A reader that has seen enough, such as `head`, is no failure.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Status::Failed.code(),
            _ if self.status == Status::Findings && !fail_on_findings => Status::Done.code(),
            _ => self.status.code(),
        }
    }
}
