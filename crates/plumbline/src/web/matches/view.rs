//! What Matches shows, as text.

use askama::Template;
use figures::source::SourceRef;
use jiff::Timestamp;
use store::decisions::{Decision, Verdict};

use super::Asking;
use crate::web::format;
use crate::web::records::Card;
use crate::web::shell::{Shell, refs};
use crate::web::states::{Empty, no_books};
use crate::web::tenant_view::{BooksView, Pairing, Question, TenantView};
use crate::web::worklist::{Comparison, side_by_side};

/// Rows on a page.
const ROWS: usize = 40;
/// Questions on a page; each shows its records.
const QUESTIONS: usize = 10;

/// The page.
#[derive(Debug, Template)]
#[template(path = "matches/matches.html")]
pub struct MatchesPage {
    /// What stands around it.
    pub shell: Shell,
    /// The answer first.
    pub sentence: String,
    /// What is shown instead of rows.
    pub empty: Option<Empty>,
    /// The tabs.
    pub tabs: Vec<TabLink>,
    /// What the list of this tab is called.
    pub title: &'static str,
    /// Questions of this page.
    pub questions: Vec<QuestionCard>,
    /// Pairs of this page.
    pub pairs: Vec<PairRow>,
    /// Decisions of this page.
    pub decisions: Vec<DecisionRow>,
    /// `1 to 40 of 120`.
    pub range: String,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// The page that forms come back to.
    pub back: String,
    /// Whether this person may decide.
    pub may_decide: bool,
    /// Whether the books are being compared with the newest answers.
    pub is_comparing: bool,
}

/// A tab with its count.
#[derive(Debug, Clone)]
pub struct TabLink {
    /// Where it leads.
    pub href: String,
    /// `Questions 2`.
    pub label: String,
    /// Whether it is chosen.
    pub is_here: bool,
}

/// A question with its possible answers.
#[derive(Debug, Clone)]
pub struct QuestionCard {
    /// The question.
    pub text: String,
    /// The answers, most likely first.
    pub candidates: Vec<Answer>,
}

/// One possible answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The evidence.
    pub evidence: String,
    /// Both records.
    pub comparison: Comparison,
    /// The pair.
    pub pair: PairRow,
}

/// A pair, and what was decided about it.
#[derive(Debug, Clone)]
pub struct PairRow {
    /// Its kind.
    pub kind: String,
    /// Procore's records for the form.
    pub procore: String,
    /// QuickBooks' records for the form.
    pub quickbooks: String,
    /// Procore's records in words.
    pub procore_name: String,
    /// QuickBooks' records in words.
    pub quickbooks_name: String,
    /// Company, date and amount of Procore's record, where it is one.
    pub procore_about: String,
    /// The same of QuickBooks'.
    pub quickbooks_about: String,
    /// Why they are taken to be the same.
    pub basis: &'static str,
    /// The evidence.
    pub evidence: String,
    /// What a person said.
    pub said: Option<Said>,
}

/// A decision that stands.
#[derive(Debug, Clone)]
pub struct Said {
    /// `✓ The same` or `✕ Not the same`.
    pub text: &'static str,
    /// Style of the tag.
    pub kind: &'static str,
}

/// A decision in the history.
#[derive(Debug, Clone)]
pub struct DecisionRow {
    /// What was said about what.
    pub pair: PairRow,
    /// The word.
    pub verdict: &'static str,
    /// Style of the tag.
    pub style: &'static str,
    /// Who.
    pub by: String,
    /// When.
    pub when: String,
    /// In their own words.
    pub note: String,
    /// Whether it still stands, so that it can be taken back.
    pub stands: bool,
}

/// Which list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Questions,
    Jobs,
    Companies,
    Documents,
    Decisions,
}

impl Tab {
    const ALL: [Self; 5] = [
        Self::Questions,
        Self::Jobs,
        Self::Companies,
        Self::Documents,
        Self::Decisions,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Questions => "questions",
            Self::Jobs => "jobs",
            Self::Companies => "companies",
            Self::Documents => "documents",
            Self::Decisions => "decisions",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Questions => "Questions",
            Self::Jobs => "Jobs",
            Self::Companies => "Companies",
            Self::Documents => "Documents by evidence",
            Self::Decisions => "Decided",
        }
    }

    const fn kind(self) -> Option<&'static str> {
        match self {
            Self::Jobs => Some("job"),
            Self::Companies => Some("party"),
            Self::Documents => Some("document"),
            Self::Questions | Self::Decisions => None,
        }
    }

    fn count(self, books: &BooksView, decided: usize) -> usize {
        match self {
            Self::Questions => books.questions.len(),
            Self::Decisions => decided,
            Self::Jobs | Self::Companies | Self::Documents => pairs_of(self, books).count(),
        }
    }
}

fn pairs_of(tab: Tab, books: &BooksView) -> impl Iterator<Item = &Pairing> {
    let pairs = books.pairs.iter();
    pairs.filter(move |pair| Some(pair.kind.as_str()) == tab.kind())
}

impl MatchesPage {
    /// The page that was asked for; decisions with their history, and those that stand.
    #[must_use]
    pub fn new(
        shell: Shell,
        view: &TenantView,
        asking: &Asking,
        (history, standing): (&[Decision], &[Decision]),
        now: Timestamp,
    ) -> Self {
        let mut page = Self {
            shell,
            sentence: String::new(),
            empty: None,
            tabs: Vec::new(),
            title: "",
            questions: Vec::new(),
            pairs: Vec::new(),
            decisions: Vec::new(),
            range: String::new(),
            previous: None,
            next: None,
            back: String::new(),
            may_decide: false,
            is_comparing: false,
        };
        let Some(books) = &view.books else {
            page.empty = Some(no_books(&page.shell, view, "Matching"));
            return page;
        };
        let named = Tab::ALL.into_iter().find(|tab| tab.name() == asking.tab);
        let tab = named.unwrap_or(if books.questions.is_empty() {
            Tab::Jobs
        } else {
            Tab::Questions
        });
        page.title = tab.label();
        page.sentence = sentence(books);
        page.tabs = Tab::ALL
            .into_iter()
            .map(|one| {
                let count = one.count(books, history.len());
                let count = format::count(u64::try_from(count).unwrap_or(u64::MAX));
                TabLink {
                    href: format!("/matches?tab={}", one.name()),
                    label: format!("{} {count}", one.label()),
                    is_here: one == tab,
                }
            })
            .collect();
        let size = if tab == Tab::Questions {
            QUESTIONS
        } else {
            ROWS
        };
        let count = tab.count(books, history.len());
        let at = asking.page.parse::<usize>().unwrap_or(1).saturating_sub(1);
        let at = at.min(count.saturating_sub(1) / size);
        page.back = format!("/matches?tab={}&page={}", tab.name(), at + 1);
        page.paging(tab, at, size, count);
        let range = at * size..(at * size + size).min(count);
        match tab {
            Tab::Questions => {
                let questions = books.questions.get(range).unwrap_or_default();
                page.questions = questions
                    .iter()
                    .map(|one| question(one, books, standing))
                    .collect();
            }
            Tab::Decisions => {
                let newest: Vec<&Decision> = history.iter().rev().collect();
                page.decisions = newest
                    .get(range)
                    .unwrap_or_default()
                    .iter()
                    .map(|one| decision(one, books, standing, view, now))
                    .collect();
            }
            Tab::Jobs | Tab::Companies | Tab::Documents => {
                page.pairs = pairs_of(tab, books)
                    .skip(range.start)
                    .take(size)
                    .map(|pair| pair_row(pair, books, standing))
                    .collect();
            }
        }
        if count == 0 {
            page.empty = Some(nothing(tab));
        }
        page
    }

    fn paging(&mut self, tab: Tab, at: usize, size: usize, count: usize) {
        if count <= size {
            return;
        }
        let number = |number: usize| format::count(u64::try_from(number).unwrap_or(u64::MAX));
        self.range = format!(
            "{} to {} of {}",
            number(at * size + 1),
            number((at * size + size).min(count)),
            number(count)
        );
        let address = |page: usize| format!("/matches?tab={}&page={page}", tab.name());
        self.previous = (at > 0).then(|| address(at));
        self.next = ((at + 1) * size < count).then(|| address(at + 2));
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let pair = PairRow {
            kind: "document".to_owned(),
            procore: "direct_cost:118".to_owned(),
            quickbooks: "Bill:4471".to_owned(),
            procore_name: "direct cost 118".to_owned(),
            quickbooks_name: "bill 4471".to_owned(),
            procore_about: "Rexel, Nov 18, 2026, 86.45".to_owned(),
            quickbooks_about: "Rexel, Nov 18, 2026, 86.45".to_owned(),
            basis: "evidence",
            evidence: "same amount, three days apart".to_owned(),
            said: Some(Said {
                text: "✓ The same",
                kind: "good",
            }),
        };
        let open = PairRow {
            said: None,
            ..pair.clone()
        };
        Self {
            shell: Shell::sample(),
            sentence: "2 questions only a person can answer.".to_owned(),
            empty: None,
            tabs: vec![TabLink {
                href: "/matches?tab=questions".to_owned(),
                label: "Questions 2".to_owned(),
                is_here: true,
            }],
            title: "Questions",
            questions: vec![QuestionCard {
                text: "Which bill is direct cost 118?".to_owned(),
                candidates: vec![Answer {
                    evidence: "same amount".to_owned(),
                    comparison: Comparison::sample(),
                    pair: open.clone(),
                }],
            }],
            pairs: vec![open, pair.clone()],
            decisions: vec![DecisionRow {
                pair,
                verdict: "✓ The same",
                style: "good",
                by: "Dana Whitfield".to_owned(),
                when: "6:10 am".to_owned(),
                note: "Asked the vendor.".to_owned(),
                stands: true,
            }],
            range: "1 to 40 of 120".to_owned(),
            previous: Some("/matches?page=1".to_owned()),
            next: Some("/matches?page=3".to_owned()),
            back: "/matches".to_owned(),
            may_decide: true,
            is_comparing: true,
        }
    }
}

fn sentence(books: &BooksView) -> String {
    let paired = format::count(u64::try_from(books.paired).unwrap_or(u64::MAX));
    let first = match books.questions.len() {
        0 => "No question needs a person.".to_owned(),
        1 => "1 question only a person can answer.".to_owned(),
        several => format!("{several} questions only a person can answer."),
    };
    format!(
        "{first} {paired} documents carry each other's number or id and are not listed. What you \
         say here outranks every score."
    )
}

fn nothing(tab: Tab) -> Empty {
    let (what, then) = match tab {
        Tab::Questions => (
            "No question needs a person.",
            "Every record either has its partner or certainly has none.",
        ),
        Tab::Decisions => (
            "Nobody has decided anything yet.",
            "Confirm or refuse a pair, and it is listed here with its way back.",
        ),
        Tab::Jobs | Tab::Companies | Tab::Documents => {
            ("No pairs of this kind.", "None were found in the books.")
        }
    };
    Empty {
        what: what.to_owned(),
        then: then.to_owned(),
        action: None,
        is_primary: false,
    }
}

fn question(one: &Question, books: &BooksView, standing: &[Decision]) -> QuestionCard {
    let is_procore = one.about.system == figures::source::System::Procore;
    let candidates = one.candidates.iter().map(|candidate| {
        let (procore, quickbooks) = if is_procore {
            (&one.about, &candidate.record)
        } else {
            (&candidate.record, &one.about)
        };
        let pair = Pairing {
            kind: one.kind.clone(),
            procore: vec![procore.clone()],
            quickbooks: vec![quickbooks.clone()],
            basis: "scored".to_owned(),
            evidence: candidate.evidence.clone(),
        };
        Answer {
            evidence: format::sentence(&candidate.evidence, |_| None),
            comparison: side_by_side(&[procore, quickbooks], None, books),
            pair: pair_row(&pair, books, standing),
        }
    });
    QuestionCard {
        text: format::sentence(&one.text, |id| books.job(id).map(|job| job.name.clone())),
        candidates: candidates.collect(),
    }
}

fn pair_row(pair: &Pairing, books: &BooksView, standing: &[Decision]) -> PairRow {
    let sorted = |records: &[SourceRef]| {
        let mut records = records.to_vec();
        records.sort();
        records
    };
    let (procore, quickbooks) = (sorted(&pair.procore), sorted(&pair.quickbooks));
    let said = standing.iter().find(|decision| {
        decision.pair.kind == pair.kind
            && decision.pair.procore == procore
            && decision.pair.quickbooks == quickbooks
    });
    PairRow {
        kind: pair.kind.clone(),
        procore: refs(&procore),
        quickbooks: refs(&quickbooks),
        procore_name: books.record_names(&procore),
        quickbooks_name: books.record_names(&quickbooks),
        procore_about: about(&procore, books),
        quickbooks_about: about(&quickbooks, books),
        basis: match pair.basis.as_str() {
            "confirmed" => "a person said so",
            "link" => "linked",
            "number" => "same number",
            _ => "evidence",
        },
        evidence: format::sentence(&pair.evidence, |_| None),
        said: said.map(|decision| {
            let (text, kind) = words(decision.verdict);
            Said { text, kind }
        }),
    }
}

/// Company, date and amount of a record that stands alone on its side.
fn about(records: &[SourceRef], books: &BooksView) -> String {
    match records {
        [one] => books.cards.get(one).map_or_else(String::new, Card::about),
        _ => String::new(),
    }
}

const fn words(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Confirmed => ("✓ The same", "good"),
        Verdict::Refused => ("✕ Not the same", "bad"),
        Verdict::Withdrawn => ("↺ Taken back", ""),
    }
}

fn decision(
    one: &Decision,
    books: &BooksView,
    standing: &[Decision],
    view: &TenantView,
    now: Timestamp,
) -> DecisionRow {
    let pair = Pairing {
        kind: one.pair.kind.clone(),
        procore: one.pair.procore.clone(),
        quickbooks: one.pair.quickbooks.clone(),
        basis: "confirmed".to_owned(),
        evidence: String::new(),
    };
    let (verdict, style) = words(one.verdict);
    DecisionRow {
        pair: pair_row(&pair, books, &[]),
        verdict,
        style,
        by: one
            .decided_by
            .clone()
            .unwrap_or_else(|| "not recorded".to_owned()),
        when: format::moment(one.decided_at, now, &view.zone),
        note: one.note.clone().unwrap_or_default(),
        stands: standing
            .iter()
            .any(|decision| decision.number == one.number),
    }
}
