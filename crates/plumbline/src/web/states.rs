//! The exact sentences for what is not as it should be: not connected, stale, signed out,
//! partial. Each says what is true and what to do.

use figures::source::System;
use jiff::Timestamp;
use store::connections::ConnectionState;
use store::quarantine::Quarantine;

use super::format;
use super::shell::Shell;
use super::tenant_view::{SystemStanding, TenantView};

/// A sentence above a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Banner {
    /// `bad`, `warn` or `info`.
    pub kind: &'static str,
    /// The mark before it, which repeats the kind without color.
    pub mark: &'static str,
    /// What is true, in bold.
    pub what: String,
    /// What follows from it.
    pub then: String,
    /// Where to do something about it, and its words.
    pub action: Option<(&'static str, String)>,
}

/// What must be said above every page that shows the books.
#[must_use]
pub fn banners(view: &TenantView, now: Timestamp) -> Vec<Banner> {
    let kept_apart = view
        .quarantine
        .map(|quarantine| restored(view, &quarantine, now));
    let systems = view.systems.iter();
    let mut found: Vec<Banner> = kept_apart
        .into_iter()
        .chain(systems.filter_map(|system| of_system(view, system, now)))
        .collect();
    if let Some(books) = &view.books {
        let age = now.duration_since(books.read_at).as_hours() / 24;
        if age >= i64::from(view.stale_after_days) {
            found.push(Banner {
                kind: "warn",
                mark: "!",
                what: format!("These books are {age} days old."),
                then: format!(
                    "They were last read on {} and may have changed since.",
                    format::moment(books.read_at, now, &view.zone)
                ),
                action: Some(("/connections", "See the connections".to_owned())),
            });
        }
    }
    found
}

fn restored(view: &TenantView, quarantine: &Quarantine, now: Timestamp) -> Banner {
    Banner {
        kind: "bad",
        mark: "✕",
        what: format!(
            "These books were restored from a backup of {}.",
            format::moment(quarantine.backup_of, now, &view.zone)
        ),
        then:
            "What was decided later is not here. Nothing is read or sent until an owner says that \
               nothing else works with these books."
                .to_owned(),
        action: Some(("/settings", "End the quarantine".to_owned())),
    }
}

fn of_system(view: &TenantView, system: &SystemStanding, now: Timestamp) -> Option<Banner> {
    let name = system.system.label();
    let since = |at: Option<Timestamp>| {
        at.map_or_else(String::new, |at| {
            format!(" on {}", format::moment(at, now, &view.zone))
        })
    };
    match &system.connection {
        None if view.books.is_some() => Some(not_connected(system.system)),
        None => None,
        Some(ConnectionState::Disconnected) => Some(Banner {
            kind: "bad",
            mark: "✕",
            what: format!("{name} was disconnected{}.", since(system.changed_at)),
            then: "What is shown below is from before that.".to_owned(),
            action: Some(("/connections", format!("Connect {name}"))),
        }),
        Some(ConnectionState::NeedsReconnect(reason)) => Some(Banner {
            kind: "bad",
            mark: "✕",
            what: format!("{name} signed us out{}.", since(system.changed_at)),
            then: format!(
                "{} What is shown below is from before that.",
                format::sentence(reason, |_| None)
            ),
            action: Some(("/connections", format!("Reconnect {name}"))),
        }),
        Some(ConnectionState::Connected) => {
            let reason = system.failed.as_ref()?;
            Some(Banner {
                kind: "bad",
                mark: "✕",
                what: format!("{name} could not be read."),
                then: format::sentence(reason, |_| None),
                action: Some(("/connections", "See the connections".to_owned())),
            })
        }
    }
}

fn not_connected(system: System) -> Banner {
    let name = system.label();
    Banner {
        kind: "bad",
        mark: "✕",
        what: format!("{name} is not connected."),
        then: "Nothing that needs it is shown.".to_owned(),
        action: Some(("/connections", format!("Connect {name}"))),
    }
}

/// The whole page when a part of the product cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Empty {
    /// What is true.
    pub what: String,
    /// What follows, and what to do.
    pub then: String,
    /// Where to go, and its words.
    pub action: Option<(String, String)>,
    /// Whether going there is what this page is for.
    pub is_primary: bool,
}

/// Why there are no books yet, and what this person can do about it.
#[must_use]
pub fn no_books(shell: &Shell, view: &TenantView, what: &str) -> Empty {
    let missing: Vec<&SystemStanding> = view
        .systems
        .iter()
        .filter(|system| !system.stands())
        .collect();
    match missing.as_slice() {
        [] => Empty {
            what: "The books were not read yet.".to_owned(),
            then: "Both systems are connected. The first reading takes some minutes.".to_owned(),
            action: Some(("/connections".to_owned(), "Read both systems".to_owned())),
            is_primary: true,
        },
        [one] => {
            let (name, other) = match one.system {
                System::Procore => ("Procore", "QuickBooks"),
                System::QuickBooks => ("QuickBooks", "Procore"),
            };
            Empty {
                what: format!("{what} needs {name}."),
                then: format!(
                    "It is not connected, so there is nothing to compare {other} with and no \
                     figure to show.{}",
                    who_connects(shell)
                ),
                action: Some(way_to(shell, one)),
                is_primary: true,
            }
        }
        [first, ..] => Empty {
            what: format!("{what} needs Procore and QuickBooks."),
            then: format!(
                "Neither is connected, so there is no figure to show.{}",
                who_connects(shell)
            ),
            action: Some(way_to(shell, first)),
            is_primary: true,
        },
    }
}

/// Where a system is connected. What never was connected has a page of its own for it.
fn way_to(shell: &Shell, system: &SystemStanding) -> (String, String) {
    let name = system.system.label();
    if !shell.may_connect {
        return (
            "/connections".to_owned(),
            "See what would be read".to_owned(),
        );
    }
    let to = match &system.connection {
        None => format!("/connections/{}/set-up", system.system.name()),
        Some(_) => "/connections".to_owned(),
    };
    (to, format!("Connect {name}"))
}

fn who_connects(shell: &Shell) -> &'static str {
    if shell.may_connect {
        ""
    } else {
        " An owner can connect it."
    }
}
