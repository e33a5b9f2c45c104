//! The log: what the program says about itself, and nothing about anybody's books.
//!
//! Messages are constant, what varies is a field: ids, counts, durations, kinds of errors. Our own
//! code keeps to that; what other crates say is let through from warnings on only, whatever is asked
//! for, because at their lower levels they show headers and addresses.

use std::error::Error;

use clap::ValueEnum;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// For programs: one JSON object per line
    Json,
}

/// The crates that are ours.
const OURS: [&str; 6] = [
    "plumbline",
    "store",
    "connectors",
    "backoffice",
    "gate",
    "sandbox",
];

/// Begins to log to the standard error, at the level of `PLUMBLINE_LOG` or else at this one.
pub fn begin(format: LogFormat, level: &str) {
    let filter = EnvFilter::try_from_env("PLUMBLINE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    subscriber(format, filter, std::io::stderr).init();
}

/// Where events go: filtered, in this form, to this writer.
pub fn subscriber<W>(
    format: LogFormat,
    filter: EnvFilter,
    writer: W,
) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_writer(writer);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_ansi(false).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter.and(filter_fn(may_be_said))))
}

fn may_be_said(about: &Metadata<'_>) -> bool {
    let whose = about.target().split("::").next().unwrap_or_default();
    OURS.contains(&whose) || *about.level() <= Level::WARN
}

/// An error for the log. Parsers and databases quote what they could not use, so of their errors
/// only the kind is told; what we say ourselves holds ids and paths and nothing else.
#[must_use]
pub fn kind(error: &anyhow::Error) -> String {
    for cause in error.chain() {
        if let Some(ours) = cause.downcast_ref::<store::StoreError>() {
            return ours.to_string();
        }
        if let Some(json) = cause.downcast_ref::<serde_json::Error>() {
            return format!(
                "JSON cannot be read: {:?} at line {}",
                json.classify(),
                json.line()
            );
        }
    }
    let root: &(dyn Error + 'static) = error.root_cause();
    root.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parser_quotes_is_not_told() {
        let json = serde_json::from_str::<u8>("\"Harbor Warehouse\"").unwrap_err();
        assert!(json.to_string().contains("Harbor"));
        let told = kind(&anyhow::Error::from(json).context("failed to read"));
        assert!(!told.contains("Harbor"), "{told}");
        assert!(told.contains("line 1"), "{told}");
    }
}
