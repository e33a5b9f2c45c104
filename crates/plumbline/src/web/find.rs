//! Finding a job, a record or an item by its name, number or amount.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use figures::source::{SourceRef, System};
use serde::Deserialize;

use super::error::{AppError, page as rendered};
use super::format;
use super::house::House;
use super::links::{self, Link};
use super::records::Card;
use super::shell::{Asked, Place, Shell};
use super::states::{Empty, no_books};
use super::tenant_view::{BooksView, TenantView};
use super::visitor::Visitor;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asking {
    /// The words.
    q: String,
}

/// The page of what was found.
///
/// # Errors
/// When the store cannot be read.
pub async fn page(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Query(asking): Query<Asking>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let shell = asked.shell(Place::Elsewhere, "Find");
    rendered(&FindPage::new(shell, &asked.view, &asking.q))
}

/// What was found.
#[derive(Debug, Template)]
#[template(path = "find.html")]
pub struct FindPage {
    /// What stands around it.
    pub shell: Shell,
    /// What was looked for.
    pub words: String,
    /// How much was found.
    pub sentence: String,
    /// What is shown instead.
    pub empty: Option<Empty>,
    /// Jobs.
    pub jobs: Vec<Found>,
    /// Items of the worklist.
    pub items: Vec<Found>,
    /// Records.
    pub records: Vec<FoundRecord>,
}

/// A page of ours.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it is.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// What else to know.
    pub about: String,
}

/// A record of one of the systems.
#[derive(Debug, Clone)]
pub struct FoundRecord {
    /// Procore's mark, else QuickBooks'.
    pub is_procore: bool,
    /// What it is called.
    pub name: String,
    /// Company, date and amount.
    pub about: String,
    /// Where it opens.
    pub link: Option<Link>,
}

const SHOWN: usize = 25;

impl FindPage {
    /// Looks for words; all of them must be there.
    #[must_use]
    pub fn new(mut shell: Shell, view: &TenantView, words: &str) -> Self {
        let words = words.trim();
        words.clone_into(&mut shell.find);
        let mut page = Self {
            shell,
            words: words.to_owned(),
            sentence: String::new(),
            empty: None,
            jobs: Vec::new(),
            items: Vec::new(),
            records: Vec::new(),
        };
        match &view.books {
            None => page.empty = Some(no_books(&page.shell, view, "The finder")),
            Some(_) if words.is_empty() => {
                page.sentence = "Type a job, a company, a number or an amount.".to_owned();
            }
            Some(books) => page.fill(books),
        }
        page
    }

    fn fill(&mut self, books: &BooksView) {
        let lower = self.words.to_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let holds = |text: &str| words.iter().all(|word| text.contains(word));
        self.jobs = books
            .jobs
            .iter()
            .filter(|job| holds(&format!("{} {} {}", job.number, job.name, job.id).to_lowercase()))
            .take(SHOWN)
            .map(|job| Found {
                href: format!("/jobs/{}", job.id),
                name: job.name.clone(),
                about: job.number.clone(),
            })
            .collect();
        self.items = books
            .open
            .iter()
            .chain(&books.cleared)
            .filter(|item| holds(&item.haystack))
            .take(SHOWN)
            .map(|item| Found {
                href: format!("/worklist/{}", item.id),
                name: format!("{}: {}", item.title, item.subject),
                about: format::dollars(item.amount),
            })
            .collect();
        self.records = books
            .cards
            .iter()
            .filter(|(source, card)| holds(&text_of(source, card)))
            .take(SHOWN)
            .map(|(source, card)| FoundRecord {
                is_procore: source.system == System::Procore,
                name: card.name.clone(),
                about: card.about(),
                link: links::record(source, card.project_id),
            })
            .collect();
        let count = self.jobs.len() + self.items.len() + self.records.len();
        self.sentence = match count {
            0 => format!(
                "Nothing matches “{}” among jobs, items and their records.",
                self.words
            ),
            _ => format!("Jobs, items and records that hold “{}”.", self.words),
        };
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let found = Found {
            href: "/jobs/1".to_owned(),
            name: "Foothills Clinic".to_owned(),
            about: "24-031".to_owned(),
        };
        Self {
            shell: Shell::sample(),
            words: "rexel".to_owned(),
            sentence: "Jobs, items and records that hold “rexel”.".to_owned(),
            empty: None,
            jobs: vec![found.clone()],
            items: vec![found],
            records: vec![FoundRecord {
                is_procore: false,
                name: "bill 4471".to_owned(),
                about: "Rexel, Nov 18, 2026, 86,450.00".to_owned(),
                link: links::quickbooks("Bill", "4471"),
            }],
        }
    }
}

fn text_of(source: &SourceRef, card: &Card) -> String {
    let lines: Vec<&str> = card.lines.values().map(String::as_str).collect();
    format!("{} {} {}", card.name, source.id, lines.join(" ")).to_lowercase()
}
