//! What Reconciliation shows, as text.

use askama::Template;
use backoffice::reconcile::receipts::{FigureSide, figure_id};
use figures::{Measure, Money};

use super::bridge::BridgePanel;
use super::words;
use crate::web::figures::FigureCell;
use crate::web::format::{self, Amount};
use crate::web::links::{self, Link};
use crate::web::shell::Shell;
use crate::web::states::{Empty, no_books};
use crate::web::tenant_view::{BooksView, Job, JobMeasure, Standing, TenantView};

/// Jobs on a page.
const JOBS: usize = 40;

/// All jobs.
#[derive(Debug, Template)]
#[template(path = "jobs/jobs.html")]
pub struct JobsPage {
    /// What stands around it.
    pub shell: Shell,
    /// The answer first.
    pub sentence: String,
    /// What is shown instead.
    pub empty: Option<Empty>,
    /// The heads of the columns.
    pub heads: Vec<&'static str>,
    /// The jobs of this page, those that need a look first.
    pub jobs: Vec<JobRow>,
    /// Figures that are not shown, with the reason.
    pub refused: Vec<String>,
    /// `1 to 40 of 120`, when there are more pages.
    pub range: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// The day of the books, for paper.
    pub as_of: String,
}

/// A job with a cell for each measure.
#[derive(Debug, Clone)]
pub struct JobRow {
    /// Where it opens.
    pub href: String,
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// Its cells, in the order of the heads.
    pub cells: Vec<MeasureCell>,
    /// `✓ Ties`, `≈ Explained`, `! Look`.
    pub status: &'static str,
    /// `good`, `warn`, `bad`.
    pub kind: &'static str,
}

/// What one measure of a job comes to.
#[derive(Debug, Clone)]
pub struct MeasureCell {
    /// Its bridge.
    pub href: String,
    /// The difference; nothing when it ties.
    pub difference: Option<Amount>,
    /// Whether a part is unexplained.
    pub is_open: bool,
    /// Why there is no figure.
    pub missing: Option<&'static str>,
}

impl JobsPage {
    /// The page that was asked for, from 0.
    #[must_use]
    pub fn new(shell: Shell, view: &TenantView, page: usize) -> Self {
        let mut shown = Self {
            shell,
            sentence: String::new(),
            empty: None,
            heads: Vec::new(),
            jobs: Vec::new(),
            refused: Vec::new(),
            range: String::new(),
            previous: None,
            next: None,
            as_of: String::new(),
        };
        match &view.books {
            Some(books) if books.jobs.is_empty() => shown.empty = Some(nothing(books)),
            Some(books) => shown.fill(books, page),
            None => shown.empty = Some(no_books(&shown.shell, view, "Reconciliation")),
        }
        shown
    }

    fn fill(&mut self, books: &BooksView, page: usize) {
        let is_kept = |measure: &Measure| !books.not_kept.iter().any(|one| one.measure == *measure);
        let kept: Vec<Measure> = Measure::ALL.into_iter().filter(is_kept).collect();
        self.sentence = sentence(books);
        self.heads = kept.iter().map(|measure| words::short(*measure)).collect();
        self.as_of = format::day(books.as_of);
        let last = (books.jobs.len() - 1) / JOBS;
        let at = page.min(last);
        let jobs = books.jobs.iter().skip(at * JOBS).take(JOBS);
        self.jobs = jobs.map(|job| job_row(job, &kept)).collect();
        if last > 0 {
            self.range = format!(
                "{} to {} of {}",
                at * JOBS + 1,
                at * JOBS + self.jobs.len(),
                books.jobs.len()
            );
        }
        self.previous = (at > 0).then(|| format!("/jobs?page={at}"));
        self.next = (at < last).then(|| format!("/jobs?page={}", at + 2));
        let not_kept = books.not_kept.iter().map(|one| {
            format!(
                "{} is not kept in QuickBooks: {}",
                words::label(one.measure),
                format::sentence(&one.reason, |_| None)
            )
        });
        let refused = books.refused.iter().map(|one| {
            let job = one
                .project_id
                .map_or_else(String::new, |id| format!("{}: ", books.job_name(id)));
            format!("{job}{}", format::sentence(&one.reason, |_| None))
        });
        self.refused = not_kept.chain(refused).take(JOBS).collect();
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let cell = |difference| MeasureCell {
            href: "/jobs/1/bridge/cost".to_owned(),
            difference,
            is_open: false,
            missing: None,
        };
        Self {
            shell: Shell::sample(),
            sentence: "7 of 8 jobs differ.".to_owned(),
            empty: None,
            heads: vec!["Contract", "Cost"],
            jobs: vec![JobRow {
                href: "/jobs/1".to_owned(),
                number: "24-031".to_owned(),
                name: "Foothills Clinic".to_owned(),
                cells: vec![
                    cell(None),
                    cell(Some(format::amount(Money::from_cents(5_407_709)))),
                ],
                status: "≈ Explained",
                kind: "warn",
            }],
            refused: vec!["Budget is not kept in QuickBooks.".to_owned()],
            range: "1 to 40 of 120".to_owned(),
            previous: Some("/jobs?page=1".to_owned()),
            next: Some("/jobs?page=3".to_owned()),
            as_of: "Nov 23, 2026".to_owned(),
        }
    }
}

fn nothing(books: &BooksView) -> Empty {
    let reasons: Vec<&str> = books
        .refused
        .iter()
        .map(|one| one.reason.as_str())
        .collect();
    Empty {
        what: "No job is compared.".to_owned(),
        then: if reasons.is_empty() {
            "Procore has no job whose books could be compared.".to_owned()
        } else {
            reasons.join(" ")
        },
        action: Some(("/connections".to_owned(), "See the connections".to_owned())),
        is_primary: false,
    }
}

fn sentence(books: &BooksView) -> String {
    let differ = books.jobs_that_differ();
    let open = books.jobs.iter().filter(|job| job.is_unexplained()).count();
    let all = format::of(books.jobs.len(), "job", "jobs");
    match (differ, open) {
        (0, _) => format!("All {all} tie in every measure, to the cent."),
        (_, 0) => format!(
            "{differ} of {all} differ between Procore and QuickBooks. Every cent of it is explained."
        ),
        _ => format!(
            "{differ} of {all} differ between Procore and QuickBooks. {open} of them have a part \
             that nothing explains; they come first."
        ),
    }
}

const fn status(standing: Standing) -> (&'static str, &'static str) {
    match standing {
        Standing::Ties => ("✓ Ties", "good"),
        Standing::Explained => ("≈ Explained", "warn"),
        Standing::Unexplained => ("! Look", "bad"),
    }
}

fn job_row(job: &Job, kept: &[Measure]) -> JobRow {
    let worst = job.measures.iter().map(JobMeasure::standing).max();
    let (status, kind) = status(worst.unwrap_or(Standing::Ties));
    JobRow {
        href: format!("/jobs/{}", job.id),
        number: job.number.clone(),
        name: job.name.clone(),
        cells: kept.iter().map(|measure| cell(job, *measure)).collect(),
        status,
        kind,
    }
}

fn cell(job: &Job, measure: Measure) -> MeasureCell {
    let one = job.measure(measure);
    let standing = one.map(JobMeasure::standing);
    MeasureCell {
        href: format!("/jobs/{}/bridge/{measure}", job.id),
        difference: one
            .filter(|_| standing != Some(Standing::Ties))
            .map(|one| format::amount(one.difference)),
        is_open: standing == Some(Standing::Unexplained),
        missing: one.is_none().then_some("not shown"),
    }
}

/// One job.
#[derive(Debug, Template)]
#[template(path = "jobs/job.html")]
pub struct JobPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its number.
    pub number: String,
    /// Its name.
    pub name: String,
    /// The answer first.
    pub sentence: String,
    /// How many jobs there are.
    pub jobs: String,
    /// Where it opens in Procore.
    pub link: Option<Link>,
    /// `Eight measures, both books`.
    pub title: String,
    /// Its measures.
    pub measures: Vec<MeasureRow>,
    /// Measures that are not shown, with the reason.
    pub missing: Vec<String>,
    /// The bridge.
    pub bridge: Option<BridgePanel>,
    /// The items of the job.
    pub items: String,
    /// Where they are listed.
    pub items_href: String,
    /// The day of the books.
    pub as_of: String,
}

/// One measure of a job.
#[derive(Debug, Clone)]
pub struct MeasureRow {
    /// Its words.
    pub label: &'static str,
    /// Its bridge.
    pub href: String,
    /// Procore's total.
    pub procore: FigureCell,
    /// QuickBooks' total.
    pub quickbooks: FigureCell,
    /// Procore minus QuickBooks.
    pub difference: Amount,
    /// The sum of the items.
    pub explained: Amount,
    /// What is left.
    pub unexplained: FigureCell,
    /// `≈ 7 items, explained`.
    pub status: String,
    /// Style of the tag.
    pub kind: &'static str,
    /// Whether its bridge is shown below.
    pub is_here: bool,
    /// Whether it ties, which a phone folds.
    pub ties: bool,
}

impl JobPage {
    /// The page of a job with the bridge of a measure.
    #[must_use]
    pub fn new(shell: Shell, books: &BooksView, job: &Job, chosen: Option<Measure>) -> Self {
        let one = chosen.and_then(|measure| job.measure(measure));
        let items = books
            .to_decide()
            .filter(|item| {
                item.project_id == Some(job.id)
                    || item
                        .effects
                        .iter()
                        .any(|effect| effect.project_id == job.id)
            })
            .count();
        let words = [
            "No measure",
            "One measure",
            "Two measures",
            "Three measures",
            "Four measures",
            "Five measures",
            "Six measures",
            "Seven measures",
            "Eight measures",
        ];
        let count = words.get(job.measures.len()).copied().unwrap_or("Measures");
        let number = if job.number.is_empty() {
            job.id.to_string()
        } else {
            job.number.clone()
        };
        Self {
            shell,
            number,
            name: job.name.clone(),
            sentence: one.map_or_else(String::new, answer),
            jobs: format::of(books.jobs.len(), "job", "jobs"),
            link: links::procore("project", &job.id.to_string(), None),
            title: format!("{count}, both books"),
            measures: job
                .measures
                .iter()
                .map(|one| measure_row(job, one, chosen))
                .collect(),
            missing: missing(job, books),
            bridge: one.map(|one| BridgePanel::new(job, one, books)),
            items: format::of(items, "item", "items"),
            items_href: format!("/worklist?job={}", job.id),
            as_of: format::day(books.as_of),
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            shell: Shell::sample(),
            number: "24-031".to_owned(),
            name: "Foothills Clinic".to_owned(),
            sentence: "Procore shows $54,077.09 more cost than QuickBooks.".to_owned(),
            jobs: "8 jobs".to_owned(),
            link: links::procore("project", "1", None),
            title: "Eight measures, both books".to_owned(),
            measures: vec![MeasureRow {
                label: "Cost to date",
                href: "/jobs/1/bridge/cost".to_owned(),
                procore: FigureCell::sample(),
                quickbooks: FigureCell::sample(),
                difference: format::amount(Money::from_cents(5_407_709)),
                explained: format::amount(Money::from_cents(5_407_709)),
                unexplained: FigureCell::sample(),
                status: "≈ 7 items, explained".to_owned(),
                kind: "warn",
                is_here: true,
                ties: false,
            }],
            missing: vec!["Contract value is not shown.".to_owned()],
            bridge: Some(BridgePanel::sample()),
            items: "7 items".to_owned(),
            items_href: "/worklist?job=1".to_owned(),
            as_of: "Nov 23, 2026".to_owned(),
        }
    }
}

/// The bridge in a sentence.
fn answer(one: &JobMeasure) -> String {
    let noun = words::noun(one.measure);
    let items = format::of(one.steps.len(), "item", "items");
    let explain = if one.steps.len() == 1 {
        "explains"
    } else {
        "explain"
    };
    if one.difference.is_zero() {
        return match one.steps.len() {
            0 => format!("Both systems show the same {noun}, to the cent."),
            _ => {
                format!("Both systems show the same {noun}, because {items} cancel each other out.")
            }
        };
    }
    let more = if one.difference.cents() > 0 {
        "more"
    } else {
        "less"
    };
    let first = format!(
        "Procore shows {} {more} {noun} than QuickBooks.",
        format::dollars(one.difference)
    );
    if one.unexplained.is_zero() {
        format!("{first} {items} {explain} it to the cent.")
    } else if one.steps.is_empty() {
        format!("{first} Nothing explains it yet.")
    } else {
        format!(
            "{first} {items} {explain} a part of it; {} is unexplained.",
            format::dollars(one.unexplained)
        )
    }
}

fn measure_row(job: &Job, one: &JobMeasure, chosen: Option<Measure>) -> MeasureRow {
    let figure = |money: Money, side| FigureCell::new(money, figure_id(job.id, one.measure, side));
    let standing = one.standing();
    let items = format::of(one.steps.len(), "item", "items");
    let status = match standing {
        Standing::Ties => "✓ Ties".to_owned(),
        Standing::Explained => format!("≈ {items}, explained"),
        Standing::Unexplained => "! Unexplained".to_owned(),
    };
    MeasureRow {
        label: words::label(one.measure),
        href: format!("/jobs/{}/bridge/{}", job.id, one.measure),
        procore: figure(one.procore, FigureSide::Procore),
        quickbooks: figure(one.quickbooks, FigureSide::QuickBooks),
        difference: format::amount(one.difference),
        explained: format::amount(one.explained),
        unexplained: figure(one.unexplained, FigureSide::Unexplained),
        status,
        kind: self::status(standing).1,
        is_here: chosen == Some(one.measure),
        ties: standing == Standing::Ties,
    }
}

fn missing(job: &Job, books: &BooksView) -> Vec<String> {
    Measure::ALL
        .into_iter()
        .filter(|measure| job.measure(*measure).is_none())
        .map(|measure| {
            let not_kept = books.not_kept.iter().find(|one| one.measure == measure);
            let refused = books.refused.iter().find(|one| {
                one.project_id.is_none_or(|id| id == job.id)
                    && one.measure.is_none_or(|one| one == measure)
            });
            let reason = not_kept
                .map(|one| one.reason.as_str())
                .or(refused.map(|one| one.reason.as_str()))
                .unwrap_or("what it needs is missing");
            format!(
                "{} is not shown. {}",
                words::label(measure),
                format::sentence(reason, |_| None)
            )
        })
        .collect()
}
