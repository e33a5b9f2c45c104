//! What the worklist shows, as text.

use std::collections::BTreeMap;

use askama::Template;
use figures::source::System;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::worklist::{Event, EventKind};

use super::evidence::{Comparison, Other, compare};
use super::query::{Asking, Tab};
use crate::web::connections::ReadingPanel;
use crate::web::format::{self, Amount};
use crate::web::jobs::words;
use crate::web::links::Link;
use crate::web::shell::{Shell, refs};
use crate::web::states::{Empty, no_books};
use crate::web::tenant_view::{BooksView, Item, TenantView};

/// Rows on a page.
const ROWS: usize = 50;

/// The page.
#[derive(Debug, Template)]
#[template(path = "worklist/worklist.html")]
pub struct WorklistPage {
    /// What stands around it.
    pub shell: Shell,
    /// The answer first.
    pub sentence: String,
    /// What is shown instead when there is nothing to list.
    pub empty: Option<Empty>,
    /// The reading that is under way.
    pub reading: Option<ReadingPanel>,
    /// The tabs.
    pub tabs: Vec<TabLink>,
    /// The chosen tab, for the form.
    pub tab: String,
    /// Jobs to choose from.
    pub jobs: Vec<Choice>,
    /// Classes to choose from.
    pub classes: Vec<Choice>,
    /// Ways to group.
    pub groups: Vec<Choice>,
    /// The words that are looked for.
    pub find: String,
    /// Whether anything narrows the list.
    pub narrows: bool,
    /// The rows of this page, in groups.
    pub list: Vec<RowGroup>,
    /// `1 to 50 of 10,000`.
    pub range: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// The open item.
    pub item: Option<ItemPart>,
    /// Whether the item was asked for, which on a phone hides the list.
    pub is_open: bool,
    /// Back to the list.
    pub back: String,
    /// `← Worklist, 9 items`.
    pub back_words: String,
}

/// A tab with its count.
#[derive(Debug, Clone)]
pub struct TabLink {
    /// Where it leads.
    pub href: String,
    /// `To decide 9`.
    pub label: String,
    /// Whether it is chosen.
    pub is_here: bool,
}

/// A choice of the form.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// Rows under a heading; without one when the list is not grouped.
#[derive(Debug, Clone)]
pub struct RowGroup {
    /// The heading.
    pub title: String,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Clone)]
pub struct Row {
    /// The item.
    pub id: String,
    /// Where it opens.
    pub href: String,
    /// The class.
    pub title: String,
    /// The amount.
    pub amount: String,
    /// The record and the job.
    pub about: String,
    /// The code, or the day it was cleared.
    pub mark: String,
    /// Whether it is open.
    pub is_here: bool,
}

/// One item with everything that is known of it.
#[derive(Debug, Clone, Template)]
#[template(path = "worklist/item_partial.html")]
pub struct ItemPart {
    /// The item.
    pub id: String,
    /// The class.
    pub title: String,
    /// The record and the amount.
    pub heading: String,
    /// The tags above it.
    pub tags: Vec<Tag>,
    /// What is the case.
    pub what: String,
    /// Why this usually happens.
    pub why: String,
    /// What to do.
    pub next: String,
    /// Whether there is nothing to do but wait.
    pub is_timing: bool,
    /// What the check means, from the catalogue.
    pub meaning: String,
    /// The records.
    pub comparison: Option<Comparison>,
    /// Further records.
    pub others: Vec<Other>,
    /// What it moves.
    pub effects: Vec<EffectLine>,
    /// Its life.
    pub history: Vec<HistoryLine>,
    /// The day for which it was last seen.
    pub as_of: String,
    /// The next item in the list.
    pub following: Option<String>,
    /// Where the record is corrected.
    pub open: Option<Link>,
    /// The pair that a person may refuse here.
    pub pair: Option<PairForm>,
    /// The session's token, for people who may decide.
    pub csrf: Option<String>,
}

/// A tag.
#[derive(Debug, Clone)]
pub struct Tag {
    /// Its words.
    pub text: String,
    /// Its style.
    pub kind: &'static str,
}

/// What an item moves on one bridge.
#[derive(Debug, Clone)]
pub struct EffectLine {
    /// The job.
    pub job: String,
    /// The measure.
    pub measure: &'static str,
    /// Its bridge.
    pub href: String,
    /// Procore minus QuickBooks.
    pub amount: Amount,
}

/// A step of an item's life.
#[derive(Debug, Clone)]
pub struct HistoryLine {
    /// What happened.
    pub what: String,
    /// When.
    pub when: String,
}

/// Two records that were taken to be the same.
#[derive(Debug, Clone)]
pub struct PairForm {
    /// Procore's.
    pub procore: String,
    /// QuickBooks'.
    pub quickbooks: String,
    /// Both in words.
    pub words: String,
}

impl WorklistPage {
    /// The page that was asked for.
    #[must_use]
    pub fn new(
        shell: Shell,
        view: &TenantView,
        asking: &Asking,
        item: Option<ItemPart>,
        is_open: bool,
    ) -> Self {
        let mut page = Self {
            shell,
            sentence: String::new(),
            empty: None,
            reading: None,
            tabs: Vec::new(),
            tab: asking.tab.clone(),
            jobs: Vec::new(),
            classes: Vec::new(),
            groups: Vec::new(),
            find: asking.find.clone(),
            narrows: asking.narrows(),
            list: Vec::new(),
            range: String::new(),
            previous: None,
            next: None,
            item,
            is_open,
            back: format!("/worklist{}", asking.with(&[])),
            back_words: String::new(),
        };
        match &view.books {
            Some(books) => page.fill(books, view, asking),
            None => page.empty = Some(no_books(view, "The worklist")),
        }
        page
    }

    fn fill(&mut self, books: &BooksView, view: &TenantView, asking: &Asking) {
        self.sentence = sentence(books);
        self.tabs = tabs(books, asking);
        self.choices(books, asking);
        let chosen = asking.chosen(books);
        self.back_words = format!("← Worklist, {}", format::of(chosen.len(), "item", "items"));
        if chosen.is_empty() {
            self.empty = Some(nothing(books, view, asking));
            return;
        }
        let last = (chosen.len() - 1) / ROWS;
        let at = asking.page().min(last);
        let rows: Vec<&&Item> = chosen.iter().skip(at * ROWS).take(ROWS).collect();
        let count = |number: usize| format::count(u64::try_from(number).unwrap_or(u64::MAX));
        self.range = format!(
            "{} to {} of {}",
            count(at * ROWS + 1),
            count(at * ROWS + rows.len()),
            count(chosen.len())
        );
        let page = |number: usize| {
            let number = if number == 0 {
                String::new()
            } else {
                (number + 1).to_string()
            };
            format!("/worklist{}", asking.with(&[("page", &number)]))
        };
        self.previous = (at > 0).then(|| page(at - 1));
        self.next = (at < last).then(|| page(at + 1));
        let open = self.item.as_ref().map(|item| item.id.clone());
        for item in rows {
            let title = group_title(item, books, asking);
            let row = row(
                item,
                books,
                asking,
                open.as_deref() == Some(item.id.as_str()),
            );
            match self.list.last_mut() {
                Some(group) if group.title == title => group.rows.push(row),
                _ => self.list.push(RowGroup {
                    title,
                    rows: vec![row],
                }),
            }
        }
    }

    fn choices(&mut self, books: &BooksView, asking: &Asking) {
        let items = asking.tab().items(books);
        let mut jobs: BTreeMap<(String, i64), usize> = BTreeMap::new();
        let mut classes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for item in items {
            if let Some(id) = item.project_id {
                *jobs.entry((books.job_name(id), id)).or_default() += 1;
            }
            *classes.entry((&item.code, &item.title)).or_default() += 1;
        }
        self.jobs = jobs
            .into_iter()
            .map(|((name, id), count)| Choice {
                is_chosen: asking.job == id.to_string(),
                value: id.to_string(),
                label: format!("{name} ({count})"),
            })
            .collect();
        self.classes = classes
            .into_iter()
            .map(|((code, title), count)| Choice {
                is_chosen: asking.class == code,
                value: code.to_owned(),
                label: format!("{code} {title} ({count})"),
            })
            .collect();
        let group = |value: &str, label: &str| Choice {
            is_chosen: asking.group == value,
            value: value.to_owned(),
            label: label.to_owned(),
        };
        self.groups = vec![
            group("", "worst first"),
            group("job", "by job"),
            group("class", "by class"),
        ];
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let choice = Choice {
            value: "1".to_owned(),
            label: "Foothills Clinic (3)".to_owned(),
            is_chosen: true,
        };
        Self {
            shell: Shell::sample(),
            sentence: "9 items need you.".to_owned(),
            empty: None,
            reading: None,
            tabs: vec![TabLink {
                href: "/worklist".to_owned(),
                label: "To decide 9".to_owned(),
                is_here: true,
            }],
            tab: String::new(),
            jobs: vec![choice.clone()],
            classes: vec![choice.clone()],
            groups: vec![choice],
            find: "rexel".to_owned(),
            narrows: true,
            list: vec![RowGroup {
                title: "Foothills Clinic".to_owned(),
                rows: vec![Row {
                    id: "fnd_1".to_owned(),
                    href: "/worklist/fnd_1".to_owned(),
                    title: "Unapplied payment".to_owned(),
                    amount: "$86,450.00".to_owned(),
                    about: "payment 5521, Foothills Clinic".to_owned(),
                    mark: "R01".to_owned(),
                    is_here: true,
                }],
            }],
            range: "1 to 50 of 10,000".to_owned(),
            previous: Some("/worklist".to_owned()),
            next: Some("/worklist?page=2".to_owned()),
            item: Some(ItemPart::sample()),
            is_open: true,
            back: "/worklist".to_owned(),
            back_words: "← Worklist, 9 items".to_owned(),
        }
    }
}

fn sentence(books: &BooksView) -> String {
    let decide = books.to_decide().count();
    let first = match decide {
        0 => "Nothing needs you.".to_owned(),
        1 => "1 item waits for a decision.".to_owned(),
        _ => format!(
            "{} wait for a decision, worst first.",
            format::of(decide, "item", "items")
        ),
    };
    format!(
        "{first} Books as of {}. Plumbline changes nothing by itself: correct the record where it \
         is kept, and the next reading clears the item.",
        format::day(books.as_of)
    )
}

fn tabs(books: &BooksView, asking: &Asking) -> Vec<TabLink> {
    let here = asking.tab();
    Tab::ALL
        .into_iter()
        .filter_map(|tab| {
            let count = tab.items(books).len();
            // What is not there needs no tab.
            if tab == Tab::Unproven && count == 0 && tab != here {
                return None;
            }
            let count = format::count(u64::try_from(count).unwrap_or(u64::MAX));
            Some(TabLink {
                href: format!(
                    "/worklist{}",
                    asking.with(&[("tab", tab.name()), ("page", "")])
                ),
                label: format!("{} {count}", tab.label()),
                is_here: tab == here,
            })
        })
        .collect()
}

fn nothing(books: &BooksView, view: &TenantView, asking: &Asking) -> Empty {
    if asking.narrows() {
        let words = asking.find.trim();
        let what = if words.is_empty() {
            "No items match this filter.".to_owned()
        } else {
            format!("No items match “{words}”.")
        };
        return Empty {
            what,
            then: "Other tabs may hold some.".to_owned(),
            action: Some((
                format!(
                    "/worklist{}",
                    asking.with(&[("job", ""), ("class", ""), ("find", ""), ("page", "")])
                ),
                "Clear filters".to_owned(),
            )),
            is_primary: false,
        };
    }
    let (what, then) = match asking.tab() {
        Tab::Decide if !books.not_connected.is_empty() => (
            "Nothing could be compared.",
            "A system was not connected when the books were last compared, so this says nothing \
             about them."
                .to_owned(),
        ),
        Tab::Decide => (
            "Nothing needs you.",
            format!(
                "{} were compared at {}.",
                format::of(books.jobs.len(), "job", "jobs"),
                format::time(books.read_at, &view.zone)
            ),
        ),
        Tab::Timing => ("Nothing waits for its time.", String::new()),
        Tab::Unproven => ("Everything could be proven.", String::new()),
        Tab::Done => (
            "Nothing was cleared yet.",
            "Items come here when a reading proves them gone.".to_owned(),
        ),
    };
    Empty {
        what: what.to_owned(),
        then,
        action: None,
        is_primary: false,
    }
}

fn group_title(item: &Item, books: &BooksView, asking: &Asking) -> String {
    match asking.group.as_str() {
        "job" => item
            .project_id
            .map_or_else(|| "No job".to_owned(), |id| books.job_name(id)),
        "class" => format!("{} {}", item.code, item.title),
        _ => String::new(),
    }
}

fn row(item: &Item, books: &BooksView, asking: &Asking, is_here: bool) -> Row {
    let job = item.project_id.map(|id| books.job_name(id));
    Row {
        id: item.id.clone(),
        href: format!("/worklist/{}{}", item.id, asking.with(&[])),
        title: item.title.clone(),
        amount: format::dollars(item.amount),
        about: match job {
            Some(job) if asking.group != "job" => format!("{} · {job}", item.subject),
            _ => item.subject.clone(),
        },
        mark: item.code.clone(),
        is_here,
    }
}

impl ItemPart {
    /// The item as it stands in the books.
    #[must_use]
    pub fn new(item: &Item, books: &BooksView, history: &[Event], asking: &Asking) -> Self {
        let (comparison, others) = compare(&item.records, item.project_id, books);
        let chosen = asking.chosen(books);
        let at = chosen.iter().position(|one| one.id == item.id);
        let following = at.and_then(|at| chosen.get(at + 1));
        let open = comparison.as_ref().and_then(|comparison| {
            let by_key = comparison.heads.iter().find(|head| head.key == "o");
            by_key.and_then(|head| head.link.clone())
        });
        Self {
            id: item.id.clone(),
            title: item.title.clone(),
            heading: format!("{}, {}", item.subject, format::dollars(item.amount)),
            tags: tags(item, books, history),
            what: item.what.clone(),
            why: item.why.clone(),
            next: item.next.clone(),
            is_timing: item.is_timing(),
            meaning: crate::web::catalogue::entry(&item.code).what,
            comparison,
            others,
            effects: effects(item, books),
            history: Vec::new(),
            as_of: format::day(item.seen_as_of),
            following: following.map(|one| format!("/worklist/{}{}", one.id, asking.with(&[]))),
            open,
            pair: pair(item, books),
            csrf: None,
        }
    }

    /// Adds the life of the item, newest first.
    pub fn timed(&mut self, history: &[Event], zone: &TimeZone, now: Timestamp) {
        self.history = history
            .iter()
            .rev()
            .map(|event| {
                let what = match event.kind {
                    EventKind::Opened => "Found for the first time",
                    EventKind::Changed => "Changed",
                    EventKind::Cleared => "Cleared: proven gone",
                    EventKind::Reopened => "Came back",
                };
                let amount = event.amount_cents.map_or_else(String::new, |cents| {
                    format!(", {}", format::dollars(figures::Money::from_cents(cents)))
                });
                HistoryLine {
                    what: format!("{what}{amount}"),
                    when: format!(
                        "{}, books as of {}",
                        format::moment(event.at, now, zone),
                        format::day(event.as_of)
                    ),
                }
            })
            .collect();
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            id: "fnd_1".to_owned(),
            title: "Unapplied payment".to_owned(),
            heading: "payment 5521, $86,450.00".to_owned(),
            tags: vec![Tag {
                text: "Reconciliation R01".to_owned(),
                kind: "",
            }],
            what: "Payment 5521 leaves 86,450.00 unapplied.".to_owned(),
            why: "The payment was recorded without linking it.".to_owned(),
            next: "Apply the payment to the open invoice.".to_owned(),
            is_timing: false,
            meaning: "A customer payment is not applied.".to_owned(),
            comparison: Some(Comparison::sample()),
            others: vec![Other {
                is_procore: true,
                name: "direct cost 118".to_owned(),
                about: "Nov 18, 2026, 86,450.00".to_owned(),
                link: None,
            }],
            effects: vec![EffectLine {
                job: "Foothills Clinic".to_owned(),
                measure: "Received",
                href: "/jobs/1/bridge/received".to_owned(),
                amount: format::amount(figures::Money::from_cents(8_645_000)),
            }],
            history: vec![HistoryLine {
                what: "Found for the first time, $86,450.00".to_owned(),
                when: "6:04 am, books as of Nov 23, 2026".to_owned(),
            }],
            as_of: "Nov 23, 2026".to_owned(),
            following: Some("/worklist/fnd_2".to_owned()),
            open: Comparison::sample().heads.swap_remove(0).link,
            pair: Some(PairForm {
                procore: "direct_cost:118".to_owned(),
                quickbooks: "Bill:4471".to_owned(),
                words: "direct cost 118 and bill 4471".to_owned(),
            }),
            csrf: Some("token".to_owned()),
        }
    }
}

fn tags(item: &Item, books: &BooksView, history: &[Event]) -> Vec<Tag> {
    let tag = |text: String, kind| Tag { text, kind };
    let mut tags = vec![tag(format!("Reconciliation {}", item.code), "")];
    if let Some(id) = item.project_id {
        tags.push(tag(books.job_name(id), ""));
    }
    if item.is_timing() {
        tags.push(tag("Timing: clears by itself".to_owned(), "info"));
    }
    if item.cleared_cycle.is_some() {
        tags.push(tag("✓ Cleared".to_owned(), "good"));
    } else if !item.is_proven {
        tags.push(tag(
            format!("! Last seen {}", format::day(item.seen_as_of)),
            "warn",
        ));
    }
    if history
        .iter()
        .any(|event| event.kind == EventKind::Reopened)
    {
        tags.push(tag("! Came back".to_owned(), "warn"));
    }
    tags
}

fn effects(item: &Item, books: &BooksView) -> Vec<EffectLine> {
    item.effects
        .iter()
        .map(|effect| EffectLine {
            job: books.job_name(effect.project_id),
            measure: words::label(effect.measure),
            href: format!("/jobs/{}/bridge/{}", effect.project_id, effect.measure),
            amount: format::amount(effect.amount),
        })
        .collect()
}

/// Kinds of records that are documents: only those are paired as documents.
const DOCUMENTS: [&str; 4] = [
    "payment_application",
    "requisition",
    "contract_payment",
    "direct_cost",
];

/// One document on each side: a person may say that they are not the same after all.
fn pair(item: &Item, books: &BooksView) -> Option<PairForm> {
    let of = |system: System| {
        let mut found = item
            .records
            .iter()
            .filter(move |record| record.system == system);
        found.next().filter(|_| found.next().is_none())
    };
    let (procore, quickbooks) = (of(System::Procore)?, of(System::QuickBooks)?);
    let is_document = DOCUMENTS.contains(&procore.kind.as_str())
        && figures::model::DocumentKind::from_entity(&quickbooks.kind).is_some();
    is_document.then(|| PairForm {
        procore: refs(std::slice::from_ref(procore)),
        quickbooks: refs(std::slice::from_ref(quickbooks)),
        words: format!(
            "{} and {}",
            books.record_name(procore),
            books.record_name(quickbooks)
        ),
    })
}
