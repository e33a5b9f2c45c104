//! A record as a person reads it: what it is called, whom it concerns, its dates and amounts.
//!
//! Made from the normalised books, for the records that the screens name. Fields of both systems
//! have the same names, so that the two can stand on one line.

mod ledger;
mod project;

use std::collections::{BTreeMap, BTreeSet};

use figures::model::Books;
use figures::source::{SourceRef, System};
use figures::{Date, Money};
use serde::{Deserialize, Serialize};

use super::format;

/// What a line of a card says, in the order in which cards show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Owner, customer, vendor.
    Party,
    /// The number that people know it by.
    Number,
    /// The date on it.
    Date,
    /// When it is due.
    Due,
    /// Its amount.
    Amount,
    /// To date, on certificates.
    Completed,
    /// Held back.
    Retainage,
    /// Sales tax.
    Tax,
    /// Not yet paid or applied.
    Open,
    /// The job, or the customer that stands for it.
    Job,
    /// Where it stands.
    Status,
    /// What it is linked to.
    Linked,
    /// Account.
    Account,
    /// Note or description.
    Note,
}

impl Field {
    /// The word at the beginning of the line.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Party => "Company",
            Self::Number => "Number",
            Self::Date => "Date",
            Self::Due => "Due",
            Self::Amount => "Amount",
            Self::Completed => "Completed to date",
            Self::Retainage => "Retainage to date",
            Self::Tax => "Sales tax",
            Self::Open => "Open",
            Self::Job => "Job",
            Self::Status => "Status",
            Self::Linked => "Linked to",
            Self::Account => "Account",
            Self::Note => "Note",
        }
    }
}

/// A record with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// What it is called in a sentence: `bill HPR-38205`.
    pub name: String,
    /// The job it belongs to in Procore, for links.
    pub project_id: Option<i64>,
    /// Its lines.
    pub lines: BTreeMap<Field, String>,
}

impl Card {
    fn new(kind: &str, number: &str, id: &str) -> Self {
        let number = if number.is_empty() { id } else { number };
        let mut card = Self {
            name: format!("{kind} {number}"),
            project_id: None,
            lines: BTreeMap::new(),
        };
        card.text(Field::Number, number);
        card
    }

    fn named(name: &str, kind: &str) -> Self {
        Self {
            name: format!("{kind} {name}"),
            project_id: None,
            lines: BTreeMap::new(),
        }
    }

    /// Company, date and amount, as far as they are known.
    #[must_use]
    pub fn about(&self) -> String {
        let shown = [Field::Party, Field::Date, Field::Amount];
        let texts: Vec<&str> = shown
            .iter()
            .filter_map(|field| self.lines.get(field).map(String::as_str))
            .collect();
        texts.join(", ")
    }

    fn text(&mut self, field: Field, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.lines.insert(field, text.to_owned());
        }
    }

    fn status(&mut self, status: &str) {
        self.text(Field::Status, &status.replace('_', " "));
    }

    fn day(&mut self, field: Field, day: Option<Date>) {
        if let Some(day) = day {
            self.lines.insert(field, format::day(day));
        }
    }

    fn money(&mut self, field: Field, money: Money) {
        self.lines.insert(field, format::amount(money).text);
    }

    fn money_unless_zero(&mut self, field: Field, money: Money) {
        if !money.is_zero() {
            self.money(field, money);
        }
    }
}

/// Cards of the records that are wanted; those that the books do not hold have none.
#[must_use]
pub fn cards(books: &Books, wanted: &BTreeSet<SourceRef>) -> BTreeMap<SourceRef, Card> {
    let mut found = BTreeMap::new();
    if let Some(books) = &books.project {
        project::cards(books, wanted, &mut found);
    }
    if let Some(books) = &books.ledger {
        ledger::cards(books, wanted, &mut found);
    }
    found
}

/// What a record is called when the books do not hold it any more.
#[must_use]
pub fn bare_name(source: &SourceRef) -> String {
    format!("{} {}", kind_words(source), source.id)
}

/// The trade's word for a kind of record.
#[must_use]
pub fn kind_words(source: &SourceRef) -> String {
    let word = match (source.system, source.kind.as_str()) {
        (System::Procore, "project") => "job",
        (System::Procore, "payment_application") => "pay application",
        (System::Procore, "requisition") => "subcontractor invoice",
        (System::Procore, "work_order_contract") => "subcontract",
        (System::Procore, "purchase_order_contract" | "purchase_order") => "purchase order",
        (System::Procore, "contract_payment") => "payment",
        (System::Procore, "vendor") => "company",
        (System::Procore, "prime_change_order" | "change_order_package") => "change order",
        (System::Procore, kind) => return kind.replace('_', " "),
        (System::QuickBooks, kind) => return spaced(kind),
    };
    word.to_owned()
}

/// `JournalEntry` as `journal entry`.
fn spaced(entity: &str) -> String {
    let mut out = String::with_capacity(entity.len() + 2);
    for letter in entity.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// Whether two values say the same to a reader, however they are typed.
#[must_use]
pub fn says_the_same(one: &str, other: &str) -> bool {
    let letters = |text: &str| -> String {
        let kept = text.chars().filter(|letter| letter.is_alphanumeric());
        kept.flat_map(char::to_lowercase).collect()
    };
    let (one, other) = (letters(one), letters(other));
    !one.is_empty() && one == other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_called_by_the_trades_words() {
        let name = |source: SourceRef| bare_name(&source);
        assert_eq!(
            name(SourceRef::procore("requisition", 7)),
            "subcontractor invoice 7"
        );
        assert_eq!(
            name(SourceRef::quickbooks("JournalEntry", "12")),
            "journal entry 12"
        );
    }

    #[test]
    fn values_are_the_same_however_they_are_typed() {
        assert!(says_the_same("Inv. SSL-11798", "INV SSL11798"));
        assert!(!says_the_same("1,234.50", "1,234.51"));
        assert!(!says_the_same("-", " "));
    }
}
