//! What Today shows, as text.

use askama::Template;
use figures::Money;
use jiff::Timestamp;

use crate::web::connections::ReadingPanel;
use crate::web::format;
use crate::web::jobs::words;
use crate::web::progress::Progress;
use crate::web::shell::Shell;
use crate::web::states::{Empty, no_books};
use crate::web::tenant_view::{BooksView, Item, Job, Standing, TenantView};
use crate::web::worklist::Tab;

/// The page.
#[derive(Debug, Template)]
#[template(path = "today/today.html")]
pub struct TodayPage {
    /// What stands around it.
    pub shell: Shell,
    /// `Monday, November 23`.
    pub day: String,
    /// The answer first.
    pub sentence: String,
    /// What is shown instead when there are no books.
    pub empty: Option<Empty>,
    /// The reading that is under way.
    pub reading: Option<ReadingPanel>,
    /// Headline figures.
    pub figures: Vec<Headline>,
    /// What needs a decision, worst first.
    pub todo: Vec<Todo>,
    /// How many there are.
    pub todo_count: String,
    /// Since when changes are told.
    pub since: String,
    /// What is said when nothing changed.
    pub unchanged: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// What was checked and is quiet.
    pub quiet: Vec<Quiet>,
    /// Jobs that do not tie.
    pub jobs: Vec<JobLine>,
    /// `5 other jobs tie`, when some do.
    pub others_tie: Option<String>,
}

/// A headline figure that leads to its work.
#[derive(Debug, Clone)]
pub struct Headline {
    /// What it is.
    pub label: &'static str,
    /// Its value.
    pub value: String,
    /// Where its work is shown.
    pub href: String,
    /// What to know about it.
    pub note: String,
}

/// Something that needs a decision.
#[derive(Debug, Clone)]
pub struct Todo {
    /// Where it is.
    pub href: String,
    /// What it is.
    pub title: String,
    /// Why, in a sentence.
    pub why: String,
    /// The amount.
    pub amount: String,
    /// The class and the job.
    pub note: String,
}

/// Something that changed.
#[derive(Debug, Clone)]
pub struct Change {
    /// `New`, `Cleared`.
    pub what: &'static str,
    /// Style of the tag.
    pub kind: &'static str,
    /// Where it is.
    pub href: String,
    /// What it is.
    pub title: String,
    /// The amount.
    pub amount: String,
}

/// Something that was checked.
#[derive(Debug, Clone)]
pub struct Quiet {
    /// What.
    pub what: String,
    /// What came of it.
    pub came: String,
}

/// A job that does not tie.
#[derive(Debug, Clone)]
pub struct JobLine {
    /// Where its bridge is.
    pub href: String,
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// What differs.
    pub note: String,
    /// `warn` or `bad`.
    pub kind: &'static str,
    /// `≈ Explained` or `! Look`.
    pub status: &'static str,
}

const TODO_SHOWN: usize = 5;
const CHANGES_SHOWN: usize = 6;
const JOBS_SHOWN: usize = 8;

impl TodayPage {
    /// The page of this moment.
    #[must_use]
    pub fn new(shell: Shell, view: &TenantView, progress: &Progress, now: Timestamp) -> Self {
        let today = now.to_zoned(view.zone.clone()).date();
        let mut page = Self {
            day: today.strftime("%A, %B %-d").to_string(),
            sentence: String::new(),
            empty: None,
            reading: ReadingPanel::of(progress, view, now),
            figures: Vec::new(),
            todo: Vec::new(),
            todo_count: String::new(),
            since: String::new(),
            unchanged: String::new(),
            changes: Vec::new(),
            quiet: Vec::new(),
            jobs: Vec::new(),
            others_tie: None,
            shell,
        };
        match &view.books {
            Some(books) => page.fill(books, view, now),
            None if page.reading.is_some() => {
                page.sentence =
                    "The books are being read for the first time. Findings appear here when both \
                     systems are in."
                        .to_owned();
            }
            None => page.empty = Some(no_books(&page.shell, view, "Today")),
        }
        page
    }

    fn fill(&mut self, books: &BooksView, view: &TenantView, now: Timestamp) {
        let decide = books.tally(Tab::Decide).count;
        self.sentence = sentence(books);
        self.figures = headlines(books);
        self.todo_count = format::count(u64::try_from(decide).unwrap_or(u64::MAX));
        self.todo = books
            .to_decide()
            .take(TODO_SHOWN)
            .map(|item| todo(item, books))
            .collect();
        match books.since {
            Some((from, at)) => {
                self.since = format!("Since {}", format::moment(at, now, &view.zone));
                self.unchanged = "Nothing opened or cleared since then.".to_owned();
                self.changes = changes(books, from, CHANGES_SHOWN);
            }
            None => {
                self.since = "New today".to_owned();
                self.unchanged = format!(
                    "The books were read for the first time today: {} found.",
                    format::of(books.open.len(), "item was", "items were")
                );
            }
        }
        self.quiet = quiet(books);
        let differing: Vec<&Job> = books.jobs.iter().filter(|job| !job.ties()).collect();
        let tie = books.jobs.len() - differing.len();
        self.jobs = differing
            .iter()
            .take(JOBS_SHOWN)
            .map(|job| job_line(job))
            .collect();
        self.others_tie = (tie > 0).then(|| match differing.len() {
            0 => format::of(tie, "job ties", "jobs tie"),
            _ => format::of(tie, "other job ties", "other jobs tie"),
        });
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample(),
            day: "Monday, November 23".to_owned(),
            sentence: "Five decisions need you.".to_owned(),
            empty: None,
            reading: Some(ReadingPanel::sample()),
            figures: vec![Headline {
                label: "To decide",
                value: "9".to_owned(),
                href: "/worklist".to_owned(),
                note: "2 more are timing".to_owned(),
            }],
            todo: vec![Todo {
                href: "/worklist/fnd_1".to_owned(),
                title: "Unapplied payment: payment 5521".to_owned(),
                why: "QuickBooks holds it unapplied.".to_owned(),
                amount: "$86,450.00".to_owned(),
                note: "R01".to_owned(),
            }],
            todo_count: "9".to_owned(),
            since: "Since Nov 20, 5:40 pm".to_owned(),
            unchanged: String::new(),
            changes: vec![Change {
                what: "New",
                kind: "info",
                href: "/worklist/fnd_1".to_owned(),
                title: "Bill never posted".to_owned(),
                amount: "$38,400.00".to_owned(),
            }],
            quiet: vec![Quiet {
                what: "Documents paired".to_owned(),
                came: "1,204".to_owned(),
            }],
            jobs: vec![JobLine {
                href: "/jobs/1".to_owned(),
                number: "24-031".to_owned(),
                name: "Foothills Clinic".to_owned(),
                note: "3 measures differ".to_owned(),
                kind: "warn",
                status: "≈ Explained",
            }],
            others_tie: Some("5 other jobs tie".to_owned()),
        }
    }
}

pub(crate) fn sentence(books: &BooksView) -> String {
    let decide = books.tally(Tab::Decide).count;
    let unexplained = books.jobs.iter().filter(|job| job.is_unexplained()).count();
    let first = match decide {
        0 => "Nothing needs you.".to_owned(),
        1 => "One item needs you.".to_owned(),
        several => format!("{} need you.", format::of(several, "item", "items")),
    };
    let rest = match (books.jobs_that_differ(), unexplained) {
        (0, _) if books.jobs.is_empty() => {
            "No job is compared, so nothing can be said about the books.".to_owned()
        }
        (0, _) => format!(
            "The books tie on all {}.",
            format::of(books.jobs.len(), "job", "jobs")
        ),
        (differ, 0) => format!(
            "{} of {} differ between the two books, and every cent of it is explained.",
            format::count(u64::try_from(differ).unwrap_or(u64::MAX)),
            format::of(books.jobs.len(), "job", "jobs")
        ),
        (differ, open) => format!(
            "{} of {} differ between the two books; on {open} a part is unexplained.",
            format::count(u64::try_from(differ).unwrap_or(u64::MAX)),
            format::of(books.jobs.len(), "job", "jobs")
        ),
    };
    format!("{first} {rest}")
}

pub(crate) fn headlines(books: &BooksView) -> Vec<Headline> {
    let decide = books.tally(Tab::Decide).count;
    let timing = books.open.len() - decide;
    let tie = books.jobs.len() - books.jobs_that_differ();
    let measures = books.jobs.iter().flat_map(|job| &job.measures);
    let compared = measures.clone().count();
    let differ = measures
        .clone()
        .filter(|one| one.standing() != Standing::Ties)
        .count();
    // Measures are unlike things and are never added; the largest one is named.
    let worst = books
        .jobs
        .iter()
        .flat_map(|job| job.measures.iter().map(move |one| (job, one)))
        .filter(|(_, one)| one.standing() == Standing::Unexplained)
        .max_by_key(|(_, one)| one.unexplained.abs());
    let unexplained = match worst {
        Some((job, one)) => Headline {
            label: "Largest unexplained",
            value: format::dollars(one.unexplained),
            href: format!("/jobs/{}/bridge/{}", job.id, one.measure),
            note: format!("{} of {}", words::label(one.measure), job.name),
        },
        None => Headline {
            label: "Unexplained",
            value: format::dollars(Money::ZERO),
            href: "/jobs".to_owned(),
            note: "every difference has its reason".to_owned(),
        },
    };
    let count = |number: usize| format::count(u64::try_from(number).unwrap_or(u64::MAX));
    vec![
        Headline {
            label: "To decide",
            value: count(decide),
            href: "/worklist".to_owned(),
            note: match timing {
                0 => "nothing waits for its time".to_owned(),
                _ => format!("{} more clear by themselves", count(timing)),
            },
        },
        Headline {
            label: "Jobs that tie",
            value: format!("{} of {}", count(tie), count(books.jobs.len())),
            href: "/jobs".to_owned(),
            note: "in every measure, to the cent".to_owned(),
        },
        Headline {
            label: "Measures that differ",
            value: format!("{} of {}", count(differ), count(compared)),
            href: "/jobs".to_owned(),
            note: format!("as of {}", format::day(books.as_of)),
        },
        unexplained,
    ]
}

pub(crate) fn todo(item: &Item, books: &BooksView) -> Todo {
    Todo {
        href: format!("/worklist/{}", item.id),
        title: format!("{}: {}", item.title, item.subject),
        why: item.what.clone(),
        amount: format::dollars(item.amount),
        note: item
            .project_id
            .map_or_else(|| item.code.clone(), |id| short(&books.job_name(id))),
    }
}

/// A name that fits beside an amount.
fn short(name: &str) -> String {
    const MOST: usize = 22;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    let cut: String = name.chars().take(MOST).collect();
    format!("{}…", cut.trim_end())
}

pub(crate) fn changes(books: &BooksView, from: i64, most: usize) -> Vec<Change> {
    let change = |what, kind, item: &Item| Change {
        what,
        kind,
        href: format!("/worklist/{}", item.id),
        title: format!("{}: {}", item.title, item.subject),
        amount: format::dollars(item.amount),
    };
    let fresh = books.open.iter().filter(|item| item.opened_cycle >= from);
    let gone = books
        .cleared
        .iter()
        .filter(|item| item.cleared_cycle.is_some_and(|cycle| cycle >= from));
    fresh
        .map(|item| change("New", "info", item))
        .chain(gone.map(|item| change("Cleared", "good", item)))
        .take(most)
        .collect()
}

fn quiet(books: &BooksView) -> Vec<Quiet> {
    let mut lines = vec![
        Quiet {
            what: "Documents that carry each other's number or id".to_owned(),
            came: format!(
                "{} paired",
                format::count(u64::try_from(books.paired).unwrap_or(u64::MAX))
            ),
        },
        Quiet {
            what: "Pairs made by evidence".to_owned(),
            came: format::of(
                books
                    .pairs
                    .iter()
                    .filter(|pair| pair.kind == "document")
                    .count(),
                "pair",
                "pairs",
            ),
        },
        Quiet {
            what: "Records that could not be used".to_owned(),
            came: match books.rejections.len() {
                0 => "none".to_owned(),
                several => format::of(several, "record", "records"),
            },
        },
    ];
    for one in &books.not_kept {
        lines.push(Quiet {
            what: format!("{} is not kept in QuickBooks", words::label(one.measure)),
            came: "not compared".to_owned(),
        });
    }
    lines
}

fn job_line(job: &Job) -> JobLine {
    let differ = job
        .measures
        .iter()
        .filter(|one| one.standing() != Standing::Ties)
        .count();
    let open = job.is_unexplained();
    JobLine {
        href: format!("/jobs/{}", job.id),
        number: job.number.clone(),
        name: job.name.clone(),
        note: format!(
            "{}, {}",
            format::of(differ, "measure differs", "measures differ"),
            if open {
                "a part is unexplained"
            } else {
                "all explained"
            }
        ),
        kind: if open { "bad" } else { "warn" },
        status: if open { "! Look" } else { "≈ Explained" },
    }
}
