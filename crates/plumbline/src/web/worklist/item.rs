//! One item of the worklist with everything that is known of it, as text.

use askama::Template;
use figures::source::System;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::worklist::{Event, EventKind};

use super::evidence::{Comparison, Other, compare};
use super::query::Asking;
use crate::web::catalogue;
use crate::web::format::{self, Amount};
use crate::web::jobs::words;
use crate::web::links::Link;
use crate::web::shell::refs;
use crate::web::tenant_view::{BooksView, Item};

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
    /// What is proposed about it: what will happen, where it stands, its page.
    pub proposal: Option<(String, &'static str, String)>,
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

impl ItemPart {
    /// The item as it stands in the books.
    #[must_use]
    pub fn new(
        item: &Item,
        books: &BooksView,
        history: &[Event],
        asking: &Asking,
        chosen: &[&Item],
    ) -> Self {
        let (comparison, others) = compare(&item.records, item.project_id, books);
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
            meaning: catalogue::entry(&item.code).what,
            comparison,
            others,
            effects: effects(item, books),
            history: Vec::new(),
            as_of: format::day(item.seen_as_of),
            following: following.map(|one| format!("/worklist/{}{}", one.id, asking.with(&[]))),
            open,
            pair: pair(item, books),
            csrf: None,
            proposal: None,
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
            proposal: Some((
                "Payment 5521 is applied to invoice 1087.".to_owned(),
                "Waits for a decision",
                "/approvals/prp_1".to_owned(),
            )),
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
