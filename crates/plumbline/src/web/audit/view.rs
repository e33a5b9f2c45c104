//! What the page of the audit shows.

use std::collections::BTreeMap;

use askama::Template;
use gate::roles::Role;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::event::{Event, Sort};
use super::{Asking, Gathered};
use crate::web::format;
use crate::web::shell::Shell;

/// How far back the page can look.
pub(super) const DAYS: [i64; 4] = [7, 30, 90, 365];
/// Entries of one page.
const ROWS: usize = 100;

/// The page.
#[derive(Debug, Template)]
#[template(path = "audit/page.html")]
pub struct AuditPage {
    /// What stands around it.
    pub shell: Shell,
    /// The sentence that answers how much happened.
    pub answer: String,
    /// Whom one can ask about.
    pub people: Vec<Choice>,
    /// What one can ask about.
    pub sorts: Vec<Choice>,
    /// How far back.
    pub spans: Vec<Choice>,
    /// The entries.
    pub rows: Vec<Row>,
    /// The person who was asked for, for a copy of the same.
    pub who: String,
    /// What was asked for.
    pub sort: String,
    /// The days that were asked for.
    pub days: i64,
    /// `1 to 100 of 240`, when there is more than a page.
    pub range: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
}

/// One choice of a list.
#[derive(Debug)]
pub struct Choice {
    /// What the address holds.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Whether it is the one that was asked for.
    pub is_chosen: bool,
}

/// One entry.
#[derive(Debug)]
pub struct Row {
    /// The moment for machines.
    pub at: String,
    /// The moment in the company's zone.
    pub when: String,
    /// Who did it.
    pub who: String,
    /// What was done.
    pub what: String,
    /// To what or whom.
    pub about: String,
}

impl AuditPage {
    pub(super) fn new(
        shell: Shell,
        gathered: &Gathered,
        asking: &Asking,
        (now, zone): (Timestamp, &TimeZone),
    ) -> Self {
        let (events, names) = (&gathered.events, &gathered.names);
        let pages = events.len().div_ceil(ROWS).max(1);
        let page = asking.page.parse().unwrap_or(1).clamp(1, pages);
        let from = (page - 1) * ROWS;
        let shown = events.iter().skip(from).take(ROWS);
        let rows: Vec<Row> = shown.map(|one| row(one, names, now, zone)).collect();
        let range = if pages > 1 {
            format!("{} to {} of {}", from + 1, from + rows.len(), events.len())
        } else {
            String::new()
        };
        let to = |page: usize| address(asking, page);
        Self {
            answer: answer(events.len(), asking.days(), gathered.is_cut),
            people: people(names, &asking.who),
            sorts: sorts(&asking.sort),
            spans: spans(asking.days()),
            who: asking.who.clone(),
            sort: asking.sort.clone(),
            days: asking.days(),
            previous: (page > 1).then(|| to(page - 1)),
            next: (page < pages).then(|| to(page + 1)),
            shell,
            rows,
            range,
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample(),
            answer: "1 entry in the last 30 days. Entries are added and never changed.".to_owned(),
            people: people(&BTreeMap::new(), ""),
            sorts: sorts("people"),
            spans: spans(30),
            rows: vec![Row {
                at: "2026-11-23T16:10:00Z".to_owned(),
                when: "Nov 23, 9:10 am".to_owned(),
                who: "Dana Whitfield".to_owned(),
                what: "gave a role".to_owned(),
                about: "A/R lead, to Priya Raman".to_owned(),
            }],
            who: String::new(),
            sort: "people".to_owned(),
            days: 30,
            range: "1 to 100 of 240".to_owned(),
            previous: None,
            next: Some("/audit?page=2".to_owned()),
        }
    }
}

fn answer(events: usize, days: i64, is_cut: bool) -> String {
    let events = format::of(events, "entry", "entries");
    let more = if is_cut {
        "There are more: choose a shorter time, or take a copy, which holds all. "
    } else {
        ""
    };
    format!("{events} in the last {days} days. {more}Entries are added and never changed.")
}

fn address(asking: &Asking, page: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("days", &asking.days().to_string());
    for (name, value) in [("who", &asking.who), ("sort", &asking.sort)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    query.append_pair("page", &page.to_string());
    format!("/audit?{}", query.finish())
}

fn people(names: &BTreeMap<String, String>, chosen: &str) -> Vec<Choice> {
    let mut people: Vec<Choice> = names
        .iter()
        .map(|(id, name)| Choice {
            value: id.clone(),
            label: name.clone(),
            is_chosen: id == chosen,
        })
        .collect();
    people.sort_by(|one, other| (&one.label, &one.value).cmp(&(&other.label, &other.value)));
    people
}

fn sorts(chosen: &str) -> Vec<Choice> {
    let choice = |(_, name, label): &(Sort, &str, &str)| Choice {
        value: (*name).to_owned(),
        label: (*label).to_owned(),
        is_chosen: *name == chosen,
    };
    Sort::ALL.iter().map(choice).collect()
}

fn spans(chosen: i64) -> Vec<Choice> {
    let choice = |days: i64| Choice {
        value: days.to_string(),
        label: format!("{days} days"),
        is_chosen: days == chosen,
    };
    DAYS.into_iter().map(choice).collect()
}

fn row(event: &Event, names: &BTreeMap<String, String>, now: Timestamp, zone: &TimeZone) -> Row {
    let named = |id: &str| names.get(id).map_or_else(|| id.to_owned(), String::clone);
    let who = match event.by.as_deref() {
        None => event
            .to
            .as_deref()
            .map_or_else(|| "Plumbline".to_owned(), named),
        Some("setup" | "operator") => "The operator of the server".to_owned(),
        Some(by) => named(by),
    };
    let mut about = in_words(event);
    // Where nobody is named as doing it, it is told of the person whom it happened to.
    if let (Some(_), Some(to)) = (&event.by, &event.to) {
        let to = named(to);
        about = if about.is_empty() {
            to
        } else {
            format!("{about}, {to}")
        };
    }
    Row {
        at: event.at.to_string(),
        when: format::moment(event.at, now, zone),
        who,
        what: event.words.to_owned(),
        about,
    }
}

/// Roles are written as people call them.
fn in_words(event: &Event) -> String {
    let is_role = matches!(event.name, "role.given" | "role.taken");
    // A proposal about somebody who is not here yet begins with their name instead.
    let is_raise = event.name.starts_with("raise.") && event.to.is_some();
    if !(is_role || is_raise) {
        return event.about.clone();
    }
    let (role, days) = event.about.split_once(' ').unwrap_or((&event.about, ""));
    let title = match Role::from_name(role) {
        Some(known) => known.title(),
        None => role,
    };
    match days.split_once(' ') {
        Some((from, until)) => format!("{title} from {from} to {until}"),
        None => title.to_owned(),
    }
}
