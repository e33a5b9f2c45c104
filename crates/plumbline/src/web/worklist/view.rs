//! What the worklist shows, as text.

use askama::Template;

use super::item::ItemPart;
use super::query::{Asking, Tab};
use crate::web::connections::ReadingPanel;
use crate::web::format;
use crate::web::shell::Shell;
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

impl WorklistPage {
    /// The page that was asked for.
    #[must_use]
    pub fn new(
        shell: Shell,
        view: &TenantView,
        asking: &Asking,
        chosen: &[&Item],
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
            Some(books) => page.fill(books, view, asking, chosen),
            None => page.empty = Some(no_books(&page.shell, view, "The worklist")),
        }
        page
    }

    fn fill(&mut self, books: &BooksView, view: &TenantView, asking: &Asking, chosen: &[&Item]) {
        self.sentence = sentence(books);
        self.tabs = tabs(books, asking);
        self.choices(books, asking);
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
            let title = group_title(item, asking);
            let row = row(item, asking, open.as_deref() == Some(item.id.as_str()));
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
        let tally = books.tally(asking.tab());
        self.jobs = tally
            .by_job
            .iter()
            .map(|((name, id), count)| Choice {
                is_chosen: asking.job == id.to_string(),
                value: id.to_string(),
                label: format!("{name} ({count})"),
            })
            .collect();
        self.classes = tally
            .by_class
            .iter()
            .map(|((code, title), count)| Choice {
                is_chosen: asking.class == *code,
                value: code.clone(),
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
    let decide = books.tally(Tab::Decide).count;
    let first = match decide {
        0 => "Nothing needs you.".to_owned(),
        1 => "1 item waits for a decision.".to_owned(),
        _ => format!(
            "{} wait for a decision, worst first.",
            format::of(decide, "item", "items")
        ),
    };
    format!(
        "{first} Books as of {}. Plumbline changes nothing by itself: approve what it proposes, or \
         correct the record where it is kept; the next reading clears the item.",
        format::day(books.as_of)
    )
}

fn tabs(books: &BooksView, asking: &Asking) -> Vec<TabLink> {
    let here = asking.tab();
    Tab::ALL
        .into_iter()
        .filter_map(|tab| {
            let count = books.tally(tab).count;
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

fn group_title(item: &Item, asking: &Asking) -> String {
    match asking.group.as_str() {
        "job" => item
            .project_id
            .map_or_else(|| "No job".to_owned(), |_| item.job.clone()),
        "class" => format!("{} {}", item.code, item.title),
        _ => String::new(),
    }
}

fn row(item: &Item, asking: &Asking, is_here: bool) -> Row {
    Row {
        id: item.id.clone(),
        href: format!("/worklist/{}{}", item.id, asking.with(&[])),
        title: item.title.clone(),
        amount: format::dollars(item.amount),
        about: if item.job.is_empty() || asking.group == "job" {
            item.subject.clone()
        } else {
            format!("{} · {}", item.subject, item.job)
        },
        mark: item.code.clone(),
        is_here,
    }
}
