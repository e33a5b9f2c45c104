//! Two records side by side: the same field on the same line, values that agree marked.

use std::collections::BTreeSet;

use figures::source::{SourceRef, System};

use crate::web::links::{self, Link};
use crate::web::records::{Card, Field, says_the_same};
use crate::web::tenant_view::BooksView;

/// One or two records as a table.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The records, Procore's first.
    pub heads: Vec<Head>,
    /// A line for each field that any of them has.
    pub lines: Vec<Line>,
}

/// The head of a column.
#[derive(Debug, Clone)]
pub struct Head {
    /// Procore's mark, else QuickBooks'.
    pub is_procore: bool,
    /// `QuickBooks bill 4471`.
    pub name: String,
    /// Where it opens.
    pub link: Option<Link>,
    /// The key that opens it.
    pub key: &'static str,
}

/// One field of the records.
#[derive(Debug, Clone)]
pub struct Line {
    /// What it is.
    pub label: &'static str,
    /// The values, one for each head; empty where a record has none.
    pub values: Vec<Value>,
}

/// A value, and whether the other record says the same.
#[derive(Debug, Clone)]
pub struct Value {
    /// The text.
    pub text: String,
    /// Whether both agree.
    pub agrees: bool,
}

/// A further record.
#[derive(Debug, Clone)]
pub struct Other {
    /// Procore's mark, else QuickBooks'.
    pub is_procore: bool,
    /// What it is called.
    pub name: String,
    /// Its date and amount, as far as they are known.
    pub about: String,
    /// Where it opens.
    pub link: Option<Link>,
}

/// The two records that tell most, and the rest. Sides of both systems come first; two records
/// of one system are compared with each other.
#[must_use]
pub fn compare(
    records: &[SourceRef],
    project_id: Option<i64>,
    books: &BooksView,
) -> (Option<Comparison>, Vec<Other>) {
    let of = |system: System| records.iter().find(|record| record.system == system);
    let shown: Vec<&SourceRef> = match (of(System::Procore), of(System::QuickBooks)) {
        (Some(procore), Some(quickbooks)) => vec![procore, quickbooks],
        _ => records.iter().take(2).collect(),
    };
    let others = records
        .iter()
        .filter(|record| !shown.contains(record))
        .map(|record| other(record, project_id, books))
        .collect();
    let comparison = (!shown.is_empty()).then(|| side_by_side(&shown, project_id, books));
    (comparison, others)
}

/// These records beside each other.
#[must_use]
pub fn side_by_side(
    shown: &[&SourceRef],
    project_id: Option<i64>,
    books: &BooksView,
) -> Comparison {
    let cards: Vec<_> = shown
        .iter()
        .map(|record| books.cards.get(*record))
        .collect();
    let fields: BTreeSet<Field> = cards
        .iter()
        .flatten()
        .flat_map(|card| card.lines.keys().copied())
        .collect();
    let mut lines: Vec<Line> = fields
        .into_iter()
        .map(|field| {
            let texts: Vec<&str> = cards
                .iter()
                .map(|card| {
                    card.and_then(|card| card.lines.get(&field))
                        .map_or("", String::as_str)
                })
                .collect();
            let agrees = match texts.as_slice() {
                [one, other] => says_the_same(one, other),
                _ => false,
            };
            Line {
                label: field.label(),
                values: texts
                    .into_iter()
                    .map(|text| Value {
                        text: text.to_owned(),
                        agrees,
                    })
                    .collect(),
            }
        })
        .collect();
    if cards.iter().any(Option::is_none) {
        lines.push(Line {
            label: "In the books",
            values: cards
                .iter()
                .map(|card| Value {
                    text: if card.is_some() {
                        "yes"
                    } else {
                        "not as a record of its own"
                    }
                    .to_owned(),
                    agrees: false,
                })
                .collect(),
        });
    }
    let mut keys = ["o", "p"].into_iter();
    let mut heads: Vec<Head> = shown
        .iter()
        .map(|record| Head {
            is_procore: record.system == System::Procore,
            name: format!("{} {}", record.system, books.record_name(record)),
            link: links::record(record, project_of(record, project_id, books)),
            key: "",
        })
        .collect();
    // QuickBooks is where things are corrected, so the first key is its.
    heads.sort_by_key(|head| head.is_procore);
    for head in heads.iter_mut().filter(|head| head.link.is_some()) {
        head.key = keys.next().unwrap_or_default();
    }
    heads.sort_by_key(|head| !head.is_procore);
    Comparison { heads, lines }
}

fn project_of(record: &SourceRef, item: Option<i64>, books: &BooksView) -> Option<i64> {
    let card = books.cards.get(record);
    card.and_then(|card| card.project_id).or(item)
}

fn other(record: &SourceRef, project_id: Option<i64>, books: &BooksView) -> Other {
    let about = books
        .cards
        .get(record)
        .map_or_else(String::new, Card::about);
    Other {
        is_procore: record.system == System::Procore,
        name: books.record_name(record),
        about,
        link: links::record(record, project_of(record, project_id, books)),
    }
}

impl Comparison {
    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let head = |is_procore, name: &str| Head {
            is_procore,
            name: name.to_owned(),
            link: Some(Link {
                href: "https://app.qbo.intuit.com/app/bill?txnId=1".to_owned(),
                words: "Open in QuickBooks".to_owned(),
            }),
            key: "o",
        };
        let value = |text: &str| Value {
            text: text.to_owned(),
            agrees: true,
        };
        Self {
            heads: vec![
                head(true, "Procore pay application 9"),
                head(false, "QuickBooks payment 5521"),
            ],
            lines: vec![Line {
                label: "Amount",
                values: vec![value("86,450.00"), value("86,450.00")],
            }],
        }
    }
}
