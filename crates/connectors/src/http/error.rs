//! What can go wrong while reading, in words that say what to do next.

use std::fmt;
use std::time::Duration;

use figures::source::System;
use smol_str::SmolStr;

/// A read that failed: which system, which resource, why.
///
/// The message is a sentence for a person. It never holds a token, a body or an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchError {
    /// The system that was asked.
    pub system: System,
    /// The snapshot name or entity that was asked for.
    pub resource: SmolStr,
    /// The Procore project, if the resource belongs to one.
    pub project_id: Option<i64>,
    /// Why it failed.
    pub cause: Cause,
    /// The vendor's number for the call, for its support.
    pub trace: Option<Box<str>>,
}

/// Why a read failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// There is no usable authorisation: never connected, expired, revoked.
    NotConnected {
        /// Why, as a fragment.
        reason: String,
    },
    /// The application is not installed in the Procore company.
    NotInstalled,
    /// Nothing answers at that address.
    Unreachable {
        /// What the network said.
        detail: String,
    },
    /// No answer in time.
    TimedOut,
    /// The answer broke off.
    Interrupted {
        /// What the network said.
        detail: String,
    },
    /// The answer is larger than the limit.
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The vendor's rate limit, and the wait is longer than we are willing to wait.
    Throttled {
        /// How long the vendor wants us to wait, if it said so.
        wait: Option<Duration>,
    },
    /// 403: the connection may not read this.
    Denied {
        /// What the vendor said.
        message: String,
    },
    /// 404: it does not exist, or the connection may not see it.
    NotFound {
        /// What the vendor said.
        message: String,
    },
    /// The vendor refused the request itself.
    Refused {
        /// HTTP status.
        status: u16,
        /// The vendor's error code, often empty.
        code: String,
        /// What the vendor said.
        message: String,
    },
    /// The vendor failed, repeatedly.
    ServerFault {
        /// HTTP status.
        status: u16,
        /// What the vendor said.
        message: String,
    },
    /// The answer is not what the interface promises.
    Unreadable {
        /// What is wrong with it.
        detail: String,
    },
    /// The budget of metered calls for this cycle is used up.
    BudgetSpent {
        /// The budget.
        calls: u64,
    },
    /// What was read could not be kept.
    NotKept {
        /// What the receiver said.
        detail: String,
    },
}

impl Cause {
    /// Whether no other read over the same connection can succeed either.
    #[must_use]
    pub const fn stops_everything(&self) -> bool {
        matches!(
            self,
            Self::NotConnected { .. }
                | Self::NotInstalled
                | Self::Unreachable { .. }
                | Self::Throttled { .. }
                | Self::BudgetSpent { .. }
                | Self::NotKept { .. }
        )
    }

    /// Whether the vendor said that this connection may not see the resource.
    #[must_use]
    pub const fn is_blind(&self) -> bool {
        matches!(self, Self::Denied { .. } | Self::NotFound { .. })
    }

    /// Whether the same call may succeed a little later.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::TimedOut
                | Self::Interrupted { .. }
                | Self::ServerFault { .. }
                | Self::Unreadable { .. }
        )
    }

    /// The sentence without the names of system and resource.
    #[must_use]
    pub fn sentence(&self, system: System) -> String {
        match self {
            Self::NotConnected { reason } => {
                format!("{system} is not connected ({reason}). Connect it again.")
            }
            Self::NotInstalled => format!(
                "the application is not installed in this {system} company. Install it under App Management, or check the company's id, then try again."
            ),
            Self::Unreachable { detail } => format!(
                "{system} cannot be reached ({detail}). Check the network and the address, then try again."
            ),
            Self::TimedOut => format!("{system} did not answer in time. Try again later."),
            Self::Interrupted { detail } => {
                format!("the answer of {system} broke off ({detail}). Try again later.")
            }
            Self::TooLarge { limit_bytes } => format!(
                "the answer of {system} is larger than {limit_bytes} bytes. Raise the limit if the size is legitimate."
            ),
            Self::Throttled { wait: Some(wait) } => format!(
                "{system} asks to wait {} seconds before the next call. Try again after that.",
                wait.as_secs()
            ),
            Self::Throttled { wait: None } => {
                format!("{system} keeps refusing calls because of its rate limit. Try again later.")
            }
            Self::Denied { message } => format!(
                "{system} does not allow this connection to read it ({message}). Ask an administrator for read access."
            ),
            Self::NotFound { message } => format!(
                "{system} does not show it to this connection ({message}). Ask an administrator whether it exists and may be read."
            ),
            Self::Refused {
                status,
                code,
                message,
            } if code.is_empty() => format!(
                "{system} refused the request with status {status} ({message}). Report this with the trace number."
            ),
            Self::Refused {
                status,
                code,
                message,
            } => format!(
                "{system} refused the request with status {status}, code {code} ({message}). Report this with the trace number."
            ),
            Self::ServerFault { status, message } => {
                format!("{system} failed with status {status} ({message}). Try again later.")
            }
            Self::Unreadable { detail } => {
                format!("the answer of {system} cannot be read ({detail}). Try again later.")
            }
            Self::BudgetSpent { calls } => format!(
                "the budget of {calls} metered {system} calls is used up. Raise the budget or wait for the next month."
            ),
            Self::NotKept { detail } => format!("what {system} sent could not be kept ({detail})."),
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.system, self.resource)?;
        if let Some(project) = self.project_id {
            write!(out, " of project {project}")?;
        }
        write!(out, ": {}", self.cause.sentence(self.system))?;
        match &self.trace {
            Some(trace) => write!(out, " Trace {trace}."),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FetchError {}

/// Shortens a vendor's message and drops control characters, so that it can be shown.
pub(crate) fn shown(message: &str) -> String {
    let mut text: String = message
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    if text.is_empty() {
        text.push_str("no reason given");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_system_the_resource_and_what_to_do() {
        let error = FetchError {
            system: System::Procore,
            resource: SmolStr::new("requisitions"),
            project_id: Some(882_301),
            cause: Cause::TimedOut,
            trace: Some("abc".into()),
        };
        assert_eq!(
            error.to_string(),
            "Procore requisitions of project 882301: Procore did not answer in time. Try again later. Trace abc."
        );
    }

    #[test]
    fn a_vendors_message_is_shortened_and_cannot_break_the_line() {
        assert_eq!(shown("a\nb\u{1b}[31m"), "ab[31m");
        assert_eq!(shown(&"x".repeat(5_000)).len(), 200);
        assert_eq!(shown(""), "no reason given");
    }
}
