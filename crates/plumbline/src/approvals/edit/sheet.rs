//! A bill, an invoice or an entry as a person fills it in: everything is text until it is read.

use connectors::quickbooks::write::request::LONGEST_NUMBER;
use figures::model::Posting;
use figures::{Date, Money, SmolStr};
use gate::correction::{
    BillLine, Coding, Correction, Entity, InvoiceLine, JournalLine, NewBill, NewInvoice, NewJournal,
};

use super::Names;

/// So many lines at most; QuickBooks takes more, a person does not look at them.
const MOST_LINES: usize = 200;
/// Characters of what a line says (fault 2050).
const LONGEST_TEXT: usize = 4_000;

/// What a line is coded to, and what it is called on the sheet.
const ACCOUNT: &str = "Account";
const ITEM: &str = "Item";

/// A document as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its number.
    pub number: String,
    /// Its date.
    pub date: String,
    /// When it is due; nothing for an entry, which is never due.
    pub due: Option<String>,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// `Debit` or `Credit`; nothing where every line is on one side.
    pub side: Option<String>,
    /// The amount; a line without one is left out.
    pub amount: String,
    /// `Account` or `Item`.
    pub coding: String,
    /// The name of the account or item.
    pub on: String,
    /// The name of the job, or on an entry of the customer or vendor; may be empty. Nothing on an
    /// invoice, whose lines are all of its job.
    pub job: Option<String>,
    /// The name of the class; may be empty.
    pub class: String,
    /// What it says.
    pub description: String,
}

/// What is wrong with a sheet. The texts are shown to people as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// The line, from 1; nothing for the document.
    pub line: Option<usize>,
    /// What to do.
    pub text: String,
}

impl Sheet {
    /// The sheet of what would be entered.
    #[must_use]
    pub fn of(correction: &Correction, names: &Names) -> Self {
        let day = |due: Option<Date>| due.map_or_else(String::new, |due| due.to_string());
        let class = |id: &Option<SmolStr>| {
            let id = id.as_deref();
            id.map_or_else(String::new, |id| names.name("Class", id))
        };
        let customer = |id: &Option<SmolStr>| {
            let id = id.as_deref();
            id.map_or_else(String::new, |id| names.name("Customer", id))
        };
        match correction {
            Correction::PostBill(bill) => Self {
                number: bill.number.to_string(),
                date: bill.date.to_string(),
                due: Some(day(bill.due)),
                lines: bill
                    .lines
                    .iter()
                    .map(|line| {
                        let (coding, id) = match &line.on {
                            Coding::Account(id) => (ACCOUNT, id),
                            Coding::Item(id) => (ITEM, id),
                        };
                        Line {
                            side: None,
                            amount: line.amount.to_string(),
                            coding: coding.to_owned(),
                            on: names.name(coding, id),
                            job: Some(customer(&line.customer)),
                            class: class(&line.class),
                            description: line.description.to_string(),
                        }
                    })
                    .collect(),
            },
            Correction::EnterInvoice(one) => Self {
                number: one.number.to_string(),
                date: one.date.to_string(),
                due: Some(day(one.due)),
                lines: one
                    .lines
                    .iter()
                    .map(|line| Line {
                        side: None,
                        amount: line.amount.to_string(),
                        coding: ITEM.to_owned(),
                        on: names.name(ITEM, &line.item),
                        job: None,
                        class: class(&line.class),
                        description: line.description.to_string(),
                    })
                    .collect(),
            },
            Correction::PostJournal(entry) => Self {
                number: entry.number.to_string(),
                date: entry.date.to_string(),
                due: None,
                lines: entry
                    .lines
                    .iter()
                    .map(|line| Line {
                        side: Some(side(line.posting).to_owned()),
                        amount: line.amount.to_string(),
                        coding: ACCOUNT.to_owned(),
                        on: names.name(ACCOUNT, &line.account),
                        job: Some(match &line.entity {
                            None => String::new(),
                            Some(Entity::Customer(id)) => names.name("Customer", id),
                            Some(Entity::Vendor(id)) => names.name("Vendor", id),
                        }),
                        class: class(&line.class),
                        description: line.description.to_string(),
                    })
                    .collect(),
            },
            _ => Self::default(),
        }
    }

    /// An empty line like the others, to be filled in.
    #[must_use]
    pub fn another(&self) -> Line {
        let first = self.lines.first().cloned().unwrap_or_default();
        Line {
            side: first.side,
            coding: first.coding,
            job: first.job.map(|_| String::new()),
            ..Line::default()
        }
    }

    /// What a person wrote, with who is paid or pays and the location as they were.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn correction(&self, was: &Correction, names: &Names) -> Result<Correction, Vec<Flaw>> {
        let mut reading = Reading {
            names,
            flaws: Vec::new(),
        };
        let made = reading.correction(self, was);
        match (made, reading.flaws) {
            (Some(made), flaws) if flaws.is_empty() => Ok(made),
            (_, flaws) => Err(flaws),
        }
    }
}

fn side(posting: Posting) -> &'static str {
    match posting {
        Posting::Debit => "Debit",
        Posting::Credit => "Credit",
    }
}

/// Reads a sheet and gathers what is wrong with it.
struct Reading<'a> {
    names: &'a Names,
    flaws: Vec<Flaw>,
}

impl Reading<'_> {
    fn flaw<T>(&mut self, line: Option<usize>, text: impl Into<String>) -> Option<T> {
        let text = text.into();
        self.flaws.push(Flaw { line, text });
        None
    }

    fn correction(&mut self, sheet: &Sheet, was: &Correction) -> Option<Correction> {
        let number = self.number(&sheet.number);
        let date = self.day(&sheet.date, "The date");
        let due = match sheet.due.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => self.day(text, "The day on which it is due"),
        };
        let lines: Vec<(usize, &Line)> = (1..)
            .zip(&sheet.lines)
            .filter(|(_, line)| !line.amount.trim().is_empty())
            .collect();
        if lines.len() > MOST_LINES {
            return self.flaw(None, format!("Write {MOST_LINES} lines at most."));
        }
        match was {
            Correction::PostBill(was) => {
                let lines: Vec<_> = lines.into_iter().map(|it| self.bill_line(it)).collect();
                let lines = self.some(lines)?;
                self.not_negative(lines.iter().map(|it| it.amount).sum())?;
                Some(Correction::PostBill(NewBill {
                    vendor: was.vendor.clone(),
                    number: number?,
                    date: date?,
                    due,
                    location: was.location.clone(),
                    lines,
                }))
            }
            Correction::EnterInvoice(was) => {
                let lines: Vec<_> = lines.into_iter().map(|it| self.invoice_line(it)).collect();
                let lines = self.some(lines)?;
                self.not_negative(lines.iter().map(|it| it.amount).sum())?;
                Some(Correction::EnterInvoice(NewInvoice {
                    customer: was.customer.clone(),
                    number: number?,
                    date: date?,
                    due,
                    location: was.location.clone(),
                    lines,
                }))
            }
            Correction::PostJournal(_) => {
                let lines: Vec<_> = lines.into_iter().map(|it| self.entry_line(it)).collect();
                let lines = self.some(lines)?;
                self.balanced(&lines)?;
                Some(Correction::PostJournal(NewJournal {
                    number: number?,
                    date: date?,
                    lines,
                }))
            }
            _ => None,
        }
    }

    fn number(&mut self, text: &str) -> Option<SmolStr> {
        let text = text.trim();
        match text.chars().count() {
            0 => self.flaw(None, "Write a number, so that it is found again."),
            1..=LONGEST_NUMBER => Some(text.into()),
            _ => self.flaw(
                None,
                format!("The number has {LONGEST_NUMBER} characters at most."),
            ),
        }
    }

    fn day(&mut self, text: &str, what: &str) -> Option<Date> {
        match text.trim().parse() {
            Ok(day) => Some(day),
            Err(_) => self.flaw(None, format!("{what} is a day such as 2026-11-28.")),
        }
    }

    /// All of the lines, if there are any and none has a flaw.
    fn some<T>(&mut self, lines: Vec<Option<T>>) -> Option<Vec<T>> {
        if lines.is_empty() {
            return self.flaw(None, "Write one line with an amount at least.");
        }
        lines.into_iter().collect()
    }

    fn not_negative(&mut self, total: Money) -> Option<()> {
        if total < Money::ZERO {
            return self.flaw(
                None,
                format!("The lines come to {total}, which is below zero."),
            );
        }
        Some(())
    }

    fn balanced(&mut self, lines: &[JournalLine]) -> Option<()> {
        let of = |posting| -> Money {
            let all = lines.iter().filter(|it| it.posting == posting);
            all.map(|it| it.amount).sum()
        };
        let (debits, credits) = (of(Posting::Debit), of(Posting::Credit));
        if debits != credits {
            return self.flaw(
                None,
                format!("Debits come to {debits} and credits to {credits}; they must be equal."),
            );
        }
        Some(())
    }

    fn amount(&mut self, (at, line): (usize, &Line)) -> Option<Money> {
        let text = line.amount.trim().trim_start_matches('$').replace(',', "");
        match Money::parse(&text) {
            Ok(amount) if amount.is_zero() => self.flaw(Some(at), "Write an amount, or nothing."),
            Ok(amount) => Some(amount),
            Err(_) => self.flaw(
                Some(at),
                format!("{:?} is no amount such as 1,250.00.", line.amount.trim()),
            ),
        }
    }

    fn named(&mut self, at: usize, kind: &'static str, name: &str) -> Option<SmolStr> {
        let found = self.names.id(kind, name);
        if found.is_none() {
            return self.flaw(
                Some(at),
                format!(
                    "There is no one active {} in QuickBooks that is called {:?}.",
                    kind.to_lowercase(),
                    name.trim()
                ),
            );
        }
        found
    }

    /// A name that may be left out: nothing then, and nothing at all for a flaw.
    fn maybe(&mut self, at: usize, kind: &'static str, name: &str) -> Option<Option<SmolStr>> {
        if name.trim().is_empty() {
            return Some(None);
        }
        self.named(at, kind, name).map(Some)
    }

    fn description(&mut self, (at, line): (usize, &Line)) -> Option<SmolStr> {
        let text = line.description.trim();
        if text.chars().count() > LONGEST_TEXT {
            return self.flaw(
                Some(at),
                format!("What a line says has {LONGEST_TEXT} characters at most."),
            );
        }
        Some(text.into())
    }

    fn bill_line(&mut self, (at, line): (usize, &Line)) -> Option<BillLine> {
        let amount = self.amount((at, line));
        let on = if line.coding == ITEM {
            self.named(at, ITEM, &line.on).map(Coding::Item)
        } else {
            self.named(at, ACCOUNT, &line.on).map(Coding::Account)
        };
        let job = line.job.as_deref().unwrap_or_default();
        let customer = self.maybe(at, "Customer", job);
        let class = self.maybe(at, "Class", &line.class);
        let description = self.description((at, line));
        Some(BillLine {
            amount: amount?,
            on: on?,
            customer: customer?,
            class: class?,
            description: description?,
        })
    }

    fn invoice_line(&mut self, (at, line): (usize, &Line)) -> Option<InvoiceLine> {
        let amount = self.amount((at, line));
        let item = self.named(at, ITEM, &line.on);
        let class = self.maybe(at, "Class", &line.class);
        let description = self.description((at, line));
        Some(InvoiceLine {
            amount: amount?,
            item: item?,
            class: class?,
            description: description?,
        })
    }

    fn entry_line(&mut self, (at, line): (usize, &Line)) -> Option<JournalLine> {
        let posting = match line.side.as_deref() {
            Some("Credit") => Posting::Credit,
            _ => Posting::Debit,
        };
        let amount = match self.amount((at, line)) {
            Some(amount) if amount < Money::ZERO => self.flaw(
                Some(at),
                "An amount of an entry is above zero; choose the other side.",
            ),
            other => other,
        };
        let account = self.named(at, ACCOUNT, &line.on);
        let entity = self.entity(at, line.job.as_deref().unwrap_or_default());
        let class = self.maybe(at, "Class", &line.class);
        let description = self.description((at, line));
        Some(JournalLine {
            posting,
            amount: amount?,
            account: account?,
            entity: entity?,
            class: class?,
            description: description?,
        })
    }

    fn entity(&mut self, at: usize, name: &str) -> Option<Option<Entity>> {
        if name.trim().is_empty() {
            return Some(None);
        }
        let (customer, vendor) = (
            self.names.id("Customer", name),
            self.names.id("Vendor", name),
        );
        match (customer, vendor) {
            (Some(id), None) => Some(Some(Entity::Customer(id))),
            (None, Some(id)) => Some(Some(Entity::Vendor(id))),
            (None, None) => self.flaw(
                Some(at),
                format!(
                    "There is no one active customer or vendor called {:?}.",
                    name.trim()
                ),
            ),
            (Some(_), Some(_)) => self.flaw(
                Some(at),
                format!(
                    "A customer and a vendor are called {:?}; give one another name.",
                    name.trim()
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests;
