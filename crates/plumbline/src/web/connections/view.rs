//! What Connections shows, as text.

use std::collections::BTreeSet;

use askama::Template;
use figures::source::System;
use jiff::Timestamp;
use store::connections::ConnectionState;

use super::run::{Announcements, FailedLine};
use super::what;
use crate::connect;
use crate::settings::Settings;
use crate::web::format;
use crate::web::house::Work;
use crate::web::progress::Progress;
use crate::web::shell::Shell;
use crate::web::tenant_view::{SystemStanding, TenantView};

/// The page.
#[derive(Debug, Template)]
#[template(path = "connections/connections.html")]
pub struct ConnectionsPage {
    /// What stands around it.
    pub shell: Shell,
    /// The answer first.
    pub sentence: String,
    /// The reading that is under way, or that broke.
    pub reading: Option<ReadingPanel>,
    /// Both systems.
    pub systems: Vec<SystemPanel>,
    /// Whether this person may read now, and both systems stand.
    pub may_read: bool,
    /// Whether anything can be read.
    pub can_read: bool,
    /// Work that was given up.
    pub failed: Vec<FailedLine>,
    /// How changes are announced, for those who may set it up.
    pub announcements: Option<Announcements>,
}

/// One system.
#[derive(Debug, Clone)]
pub struct SystemPanel {
    /// Procore's mark, else QuickBooks'.
    pub is_procore: bool,
    /// Its name.
    pub name: &'static str,
    /// Its name in addresses.
    pub key: &'static str,
    /// `✓ Connected`.
    pub state: &'static str,
    /// Style of the tag.
    pub kind: &'static str,
    /// What is the case, when it is not connected.
    pub reason: String,
    /// Words and values: company, signed in as, last read, calls.
    pub facts: Vec<(&'static str, String)>,
    /// What is read and why.
    pub parts: Vec<PartLine>,
    /// What could not be read or proven whole.
    pub gaps: Vec<String>,
    /// How many more gaps there are.
    pub more_gaps: usize,
    /// Whether it is connected.
    pub is_connected: bool,
    /// `Connect` or `Reconnect`.
    pub verb: &'static str,
    /// Whether it is known as which application the system is called.
    pub is_entered: bool,
    /// Whether connecting it is the next thing to do.
    pub is_next: bool,
}

/// A part that is read.
#[derive(Debug, Clone)]
pub struct PartLine {
    /// What it is.
    pub label: &'static str,
    /// Why.
    pub why: &'static str,
    /// Whether the newest reading had trouble with it.
    pub has_gap: bool,
}

impl PartLine {
    fn of(part: &what::Part) -> Self {
        Self {
            label: part.label,
            why: part.why,
            has_gap: false,
        }
    }

    /// All parts of a system, before anything is read.
    pub(super) fn all(parts: &[what::Part]) -> Vec<Self> {
        parts.iter().map(Self::of).collect()
    }
}

/// How far a reading has come. It asks for itself again as long as the reading runs.
#[derive(Debug, Clone, Template)]
#[template(path = "connections/progress_partial.html")]
pub struct ReadingPanel {
    /// `First reading of Procore and QuickBooks`.
    pub title: String,
    /// `Started 8:14 am`.
    pub started: String,
    /// The parts of each system in their order.
    pub groups: Vec<SystemProgress>,
    /// What follows.
    pub text: String,
    /// What a reader of the page aloud is told: the part that ended last.
    pub announced: String,
    /// Whether it still runs.
    pub is_running: bool,
}

/// The parts of one system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemProgress {
    /// Procore's mark, else QuickBooks'.
    pub is_procore: bool,
    /// The system.
    pub name: &'static str,
    /// Its parts.
    pub parts: Vec<PartProgress>,
}

/// One part of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartProgress {
    /// A name for its label in the page.
    pub key: String,
    /// What it is.
    pub label: String,
    /// Records so far and in all; none while nobody knows how many there will be.
    pub share: Option<(u64, u64)>,
    /// `806 of 1,240`, `waiting`.
    pub text: String,
}

impl ReadingPanel {
    /// The panel of a reading that runs or has broken; none otherwise.
    #[must_use]
    pub fn of(progress: &Progress, view: &TenantView, now: Timestamp) -> Option<Self> {
        let Some((work, at)) = progress.running else {
            return progress.broke.then(Self::broken);
        };
        let at = format::moment(at, now, &view.zone);
        let started = if progress.is_elsewhere {
            format!("Asked for {at}")
        } else {
            format!("Started {at}")
        };
        if work == Work::Compare {
            return Some(Self {
                title: "Comparing again with your answer".to_owned(),
                started,
                groups: Vec::new(),
                text: "What is shown is from before it. This page shows the new comparison as \
                       soon as it is there."
                    .to_owned(),
                announced: String::new(),
                is_running: true,
            });
        }
        let is_first = view.books.is_none();
        Some(Self {
            title: if is_first {
                "First reading of Procore and QuickBooks"
            } else {
                "Reading Procore and QuickBooks"
            }
            .to_owned(),
            started,
            groups: if progress.is_elsewhere {
                Vec::new()
            } else {
                groups(progress)
            },
            text: format!(
                "You can leave this page. {}",
                if is_first {
                    "Findings appear when both systems are in."
                } else {
                    "Until it is done, the pages show the reading before."
                }
            ),
            announced: announced(progress),
            is_running: true,
        })
    }

    fn broken() -> Self {
        Self {
            title: "The last reading broke on our side".to_owned(),
            started: String::new(),
            groups: Vec::new(),
            text: "What is shown is from the reading before. Read again; if it breaks again, the \
                   server's log says why."
                .to_owned(),
            announced: String::new(),
            is_running: false,
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            title: "First reading of Procore and QuickBooks".to_owned(),
            started: "Started 8:14 am".to_owned(),
            groups: vec![SystemProgress {
                is_procore: true,
                name: "Procore",
                parts: vec![PartProgress {
                    key: "p0".to_owned(),
                    label: "Subcontractor invoices".to_owned(),
                    share: Some((806, 1_240)),
                    text: "806 of 1,240".to_owned(),
                }],
            }],
            text: "You can leave this page.".to_owned(),
            announced: "Jobs are in.".to_owned(),
            is_running: true,
        }
    }
}

fn groups(progress: &Progress) -> Vec<SystemProgress> {
    let systems = [(System::Procore, "p"), (System::QuickBooks, "q")];
    let groups = systems.map(|(system, short)| SystemProgress {
        is_procore: system == System::Procore,
        name: system.label(),
        parts: what::parts(system)
            .iter()
            .enumerate()
            .map(|(at, part)| part_progress(progress, system, part, format!("{short}{at}")))
            .collect(),
    });
    groups.into()
}

fn part_progress(
    progress: &Progress,
    system: System,
    part: &what::Part,
    key: String,
) -> PartProgress {
    let read: Vec<_> = progress
        .resources
        .iter()
        .filter(|one| one.system == system && part.resources.contains(&one.name.as_str()))
        .collect();
    let records: u64 = read.iter().map(|one| one.records).sum();
    let total: u64 = read.iter().map(|one| one.total.unwrap_or_default()).sum();
    // Procore is read job by job, so its parts are all in only when the next system begins.
    let is_over = match system {
        System::Procore => progress.resources.iter().any(|one| one.system != system),
        System::QuickBooks => read.iter().all(|one| one.done),
    };
    let is_done = !read.is_empty() && is_over;
    let (share, text) = if read.is_empty() {
        (Some((0, 1)), "waiting".to_owned())
    } else if is_done {
        (Some((1, 1)), format::count(records))
    } else if total > records {
        let text = format!("{} of {}", format::count(records), format::count(total));
        (Some((records, total)), text)
    } else {
        (None, format!("{} so far", format::count(records)))
    };
    PartProgress {
        key,
        label: part.label.to_owned(),
        share,
        text,
    }
}

fn announced(progress: &Progress) -> String {
    let last = progress.resources.iter().rev().find(|one| one.done);
    last.map_or_else(String::new, |one| {
        format!(
            "{} of {} are in.",
            what::label(one.system, &one.name),
            one.system
        )
    })
}

/// Gaps that are told one by one.
const GAPS: usize = 12;

impl ConnectionsPage {
    /// The page of this moment.
    #[must_use]
    pub fn new(shell: Shell, view: &TenantView, progress: &Progress, now: Timestamp) -> Self {
        let known = |system: &SystemStanding| system.connection.is_some();
        let can_read =
            view.systems.iter().any(SystemStanding::stands) && view.systems.iter().all(known);
        let mut systems: Vec<SystemPanel> = view
            .systems
            .iter()
            .map(|system| panel(system, view, now))
            .collect();
        if let Some(next) = systems.iter_mut().find(|one| !one.is_connected) {
            next.is_next = true;
        }
        Self {
            sentence: sentence(view, shell.may_connect),
            shell,
            reading: ReadingPanel::of(progress, view, now),
            systems,
            may_read: false,
            can_read: can_read && progress.running.is_none(),
            failed: Vec::new(),
            announcements: None,
        }
    }

    /// Notes which systems are called as an application that was entered before.
    pub fn note_applications(&mut self, settings: &Settings) {
        for panel in &mut self.systems {
            let system = if panel.is_procore {
                System::Procore
            } else {
                System::QuickBooks
            };
            panel.is_entered = connect::is_entered(settings, system);
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let panel = |is_connected| SystemPanel {
            is_procore: is_connected,
            name: "Procore",
            key: "procore",
            state: "✓ Connected",
            kind: "good",
            reason: "The authorisation has expired.".to_owned(),
            facts: vec![("Company", "26972".to_owned())],
            parts: vec![PartLine {
                label: "Jobs",
                why: "to know which customer is which job",
                has_gap: true,
            }],
            gaps: vec!["Budget of 25-021 is hidden.".to_owned()],
            more_gaps: 3,
            is_connected,
            verb: "Reconnect",
            is_entered: is_connected,
            is_next: !is_connected,
        };
        Self {
            shell: Shell::sample(),
            sentence: "Both systems answer.".to_owned(),
            reading: Some(ReadingPanel::sample()),
            systems: vec![panel(true), panel(false)],
            may_read: true,
            can_read: true,
            failed: vec![FailedLine::sample()],
            announcements: Some(Announcements::sample()),
        }
    }
}

fn sentence(view: &TenantView, may_connect: bool) -> String {
    let standing: Vec<&SystemStanding> = view
        .systems
        .iter()
        .filter(|system| system.stands() && system.failed.is_none())
        .collect();
    let gaps: usize = view
        .systems
        .iter()
        .map(|system| system.incomplete.len() + system.blind_spots.len())
        .sum();
    let first = match standing.as_slice() {
        [_, _] => "Both systems are connected.".to_owned(),
        [one] => {
            let other = if one.system == System::Procore {
                "QuickBooks"
            } else {
                "Procore"
            };
            format!(
                "{} is connected; {other} is not, so nothing that needs it is shown.",
                one.system
            )
        }
        _ => "Neither system can be read, so no figure is shown.".to_owned(),
    };
    let is_one_new = view.systems.iter().any(|one| one.connection.is_none());
    let next = match (is_one_new, may_connect) {
        (true, true) => " Reading begins once both are connected.",
        (true, false) => " An owner can connect what is missing.",
        (false, _) => "",
    };
    let rest = if gaps == 0 {
        ""
    } else {
        " Some parts could not be read; they are listed below."
    };
    format!(
        "{first}{next}{rest} Procore is never written; QuickBooks only where a lead approved it."
    )
}

fn panel(system: &SystemStanding, view: &TenantView, now: Timestamp) -> SystemPanel {
    let (state, kind, reason) = match &system.connection {
        None => (
            "Not connected",
            "",
            format!("Nothing of {} is read or shown.", system.system),
        ),
        Some(ConnectionState::Disconnected) => (
            "Disconnected",
            "",
            "Its tokens are destroyed. What was read before stays as the past.".to_owned(),
        ),
        Some(ConnectionState::NeedsReconnect(reason)) => {
            ("✕ Signed out", "bad", format::sentence(reason, |_| None))
        }
        Some(ConnectionState::Connected) => match &system.failed {
            Some(reason) => ("! Not read", "bad", format::sentence(reason, |_| None)),
            None => ("✓ Connected", "good", String::new()),
        },
    };
    let named = |id: Option<i64>| {
        let books = view.books.as_ref();
        id.map_or_else(
            || "all jobs".to_owned(),
            |id| books.map_or_else(|| id.to_string(), |books| books.job_name(id)),
        )
    };
    let blind = system.blind_spots.iter().map(|spot| {
        let part = what::label(system.system, &spot.resource);
        let why = if spot.reason == "permission" {
            "hidden from the login that is connected. Ask the Procore admin to add it, or leave \
             it out on purpose."
                .to_owned()
        } else {
            format!("not readable ({}).", spot.reason)
        };
        format!("{part} of {}: {why}", named(spot.project_id))
    });
    let incomplete = system.incomplete.iter().map(|gap| {
        let part = what::label(system.system, &gap.resource);
        format!(
            "{part} of {}: not proven whole. {}",
            named(gap.project_id),
            format::sentence(&gap.reason, |_| None)
        )
    });
    let mut gaps: Vec<String> = blind.chain(incomplete).collect();
    gaps.dedup();
    let troubled: BTreeSet<&str> = system
        .blind_spots
        .iter()
        .map(|spot| spot.resource.as_str())
        .chain(system.incomplete.iter().map(|gap| gap.resource.as_str()))
        .collect();
    let more_gaps = gaps.len().saturating_sub(GAPS);
    gaps.truncate(GAPS);
    SystemPanel {
        is_procore: system.system == System::Procore,
        name: system.system.label(),
        key: system.system.name(),
        state,
        kind,
        reason,
        facts: facts(system, view, now),
        parts: what::parts(system.system)
            .iter()
            .map(|part| PartLine {
                has_gap: part.resources.iter().any(|one| troubled.contains(one)),
                ..PartLine::of(part)
            })
            .collect(),
        gaps,
        more_gaps,
        is_connected: system.stands(),
        verb: if system.connection.is_some() {
            "Reconnect"
        } else {
            "Connect"
        },
        is_entered: false,
        is_next: false,
    }
}

fn facts(
    system: &SystemStanding,
    view: &TenantView,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if !system.account_id.is_empty() {
        facts.push(("Company", system.account_id.clone()));
    }
    if system.connection.is_some() {
        let rights = if system.grant == "client_credentials" {
            "the application's own account"
        } else {
            "a person's consent"
        };
        facts.push(("Read with", rights.to_owned()));
    }
    if let Some(at) = system.changed_at {
        facts.push(("Connection since", format::moment(at, now, &view.zone)));
    }
    facts.push((
        "Last good reading",
        system.read_at.map_or_else(
            || "none yet".to_owned(),
            |at| format::moment(at, now, &view.zone),
        ),
    ));
    let calls = if system.calls.is_empty() {
        "none".to_owned()
    } else {
        let texts: Vec<String> = system
            .calls
            .iter()
            .map(|(meter, count)| format!("{} {meter}", format::count(*count)))
            .collect();
        texts.join(", ")
    };
    facts.push(("Spent in the last reading", calls));
    facts
}

/// The page before a person leaves for the vendor.
#[derive(Debug, Template)]
#[template(path = "connections/away.html")]
pub struct AwayPage {
    /// What stands around it.
    pub shell: Shell,
    /// The system.
    pub name: &'static str,
    /// Where to go.
    pub address: String,
    /// What will be read, and why.
    pub parts: Vec<PartLine>,
    /// What the vendor's own page will say about rights.
    pub scope: &'static str,
}

impl AwayPage {
    /// The page for a system.
    #[must_use]
    pub fn new(shell: Shell, system: System, address: &str) -> Self {
        Self {
            shell,
            name: system.label(),
            address: address.to_owned(),
            parts: PartLine::all(what::parts(system)),
            scope: match system {
                System::Procore => {
                    "Procore gives us what the person who signs in may see. Plumbline reads only \
                     what is listed here."
                }
                System::QuickBooks => {
                    "Intuit has no right that only reads, so its page will say that changes are \
                     allowed. Plumbline makes one only where an owner switched writing on and a \
                     lead approved exactly it."
                }
            },
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self::new(
            Shell::sample(),
            System::QuickBooks,
            "https://appcenter.intuit.com/connect/oauth2?state=1",
        )
    }
}
