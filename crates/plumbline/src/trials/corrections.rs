//! Corrections at random, of every kind, that these books allow.

use figures::model::Posting;
use figures::source::SourceRef;
use figures::{Date, Money, SmolStr};
use gate::action::Kind;
use gate::correction::{
    BillLine, Coding, Correction, InvoiceLine, JournalLine, NewBill, NewInvoice, NewJournal,
    Recoding,
};
use gate::digest::Digest;
use gate::draft::Document;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use sandbox::quickbooks::{Edit, Handle};
use serde_json::{Value, json};

use super::Books;

/// The kinds that are tried.
pub(crate) const KINDS: [Kind; 7] = [
    Kind::PostBill,
    Kind::EnterInvoice,
    Kind::PostJournal,
    Kind::ApplyPayment,
    Kind::Recode,
    Kind::RemoveDuplicate,
    Kind::AttachDocument,
];

/// The bytes of a paper of this name.
pub(crate) fn paper(name: &str) -> Vec<u8> {
    format!("%PDF-1.7\n{name}\n").into_bytes()
}

/// Makes corrections from a seed.
pub(super) struct Random<'a> {
    pub(crate) books: &'a Books,
    pub(crate) company: &'a Handle,
    pub(crate) rng: &'a mut ChaCha8Rng,
    pub(crate) number: u64,
}

impl Random<'_> {
    /// A correction of a kind; nothing when these books have nothing for it.
    pub(crate) fn of_kind(&mut self, kind: Kind) -> Option<Correction> {
        match kind {
            Kind::PostBill => self.bill(),
            Kind::EnterInvoice => self.invoice(),
            Kind::PostJournal => self.journal(),
            Kind::ApplyPayment => self.payment(),
            Kind::Recode => self.recoding(),
            Kind::AttachDocument => self.attachment(),
            _ => self.removal(),
        }
    }

    fn pick(&mut self, entity: &str, fits: impl Fn(&Value) -> bool) -> Option<Value> {
        let mut all = self.books.all(entity);
        all.retain(|one| one.get("Active") != Some(&Value::Bool(false)) && fits(one));
        all.choose(self.rng).cloned()
    }

    fn account(&mut self) -> Option<SmolStr> {
        let is_cost = |one: &Value| {
            let kind = text(one, "AccountType");
            kind == "Cost of Goods Sold" || kind == "Expense"
        };
        self.pick("Account", is_cost).map(|one| id(&one))
    }

    fn job(&mut self) -> Option<SmolStr> {
        self.pick("Customer", |one| one.get("Job") == Some(&Value::Bool(true)))
            .map(|one| id(&one))
    }

    /// An item that is bought.
    fn item(&mut self) -> Option<SmolStr> {
        let is_bought = |one: &Value| {
            one.get("ExpenseAccountRef").is_some() && text(one, "Type") != "Inventory"
        };
        self.pick("Item", is_bought).map(|one| id(&one))
    }

    fn location(&mut self) -> Option<SmolStr> {
        self.pick("Department", |_| true).map(|one| id(&one))
    }

    fn cents(&mut self) -> Money {
        Money::from_cents(self.rng.random_range(1..5_000_000))
    }

    fn day(&mut self) -> Date {
        // After every closing date of a simulated contractor.
        jiff::civil::date(2026, 11, self.rng.random_range(1..=28))
    }

    fn new_number(&mut self, letter: char) -> SmolStr {
        self.number += 1;
        format!(
            "{letter}{}-{}",
            self.number,
            self.rng.random_range(0..100_000)
        )
        .into()
    }

    fn bill(&mut self) -> Option<Correction> {
        let vendor = self.pick("Vendor", |_| true)?;
        let mut lines = Vec::new();
        for _ in 0..self.rng.random_range(1..4) {
            let on = match self.item() {
                Some(item) if self.rng.random_bool(0.3) => Coding::Item(item),
                _ => Coding::Account(self.account()?),
            };
            lines.push(BillLine {
                amount: self.cents(),
                on,
                customer: self.job(),
                class: self.pick("Class", |_| true).map(|one| id(&one)),
                description: "Trial".into(),
            });
        }
        Some(Correction::PostBill(NewBill {
            vendor: id(&vendor),
            number: self.new_number('B'),
            date: self.day(),
            due: None,
            location: self.location(),
            lines,
        }))
    }

    fn invoice(&mut self) -> Option<Correction> {
        let item = self.pick("Item", |one| {
            text(one, "Type") == "Service" && one.get("IncomeAccountRef").is_some()
        })?;
        let line = InvoiceLine {
            amount: self.cents(),
            item: id(&item),
            class: self.pick("Class", |_| true).map(|one| id(&one)),
            description: "Trial".into(),
        };
        Some(Correction::EnterInvoice(NewInvoice {
            customer: self.job()?,
            number: self.new_number('I'),
            date: self.day(),
            due: None,
            location: self.location(),
            lines: vec![line],
        }))
    }

    fn journal(&mut self) -> Option<Correction> {
        let amount = self.cents();
        let mut line = |posting| {
            Some(JournalLine {
                posting,
                amount,
                account: self.account()?,
                entity: None,
                class: None,
                description: "Trial".into(),
            })
        };
        let lines = vec![line(Posting::Debit)?, line(Posting::Credit)?];
        Some(Correction::PostJournal(NewJournal {
            number: self.new_number('J'),
            date: self.day(),
            lines,
        }))
    }

    /// Somebody receives money without saying for what, and it is applied to an open invoice.
    fn payment(&mut self) -> Option<Correction> {
        let invoice = self.pick("Invoice", |one| cents(one, "Balance") > 1)?;
        let open = cents(&invoice, "Balance");
        let (received, part) = {
            let received = self.rng.random_range(1..=open);
            (received, self.rng.random_range(1..=received))
        };
        let day = self.day();
        let paid = json!({
            "CustomerRef": invoice.get("CustomerRef")?, "TotalAmt": decimal(received),
            "TxnDate": day.to_string(), "PaymentRefNum": self.new_number('P').as_str(),
        });
        let known: Vec<SmolStr> = self.books.all("Payment").iter().map(id).collect();
        self.edit("create", "Payment", None, paid)?;
        let after = Books::of(self.company).ok()?;
        let payment = after
            .all("Payment")
            .iter()
            .map(id)
            .find(|id| !known.contains(id))?;
        Some(Correction::ApplyPayment {
            payment,
            to: vec![(id(&invoice), Money::from_cents(part))],
        })
    }

    fn recoding(&mut self) -> Option<Correction> {
        let entity = if self.rng.random_bool(0.7) {
            "Bill"
        } else {
            "Purchase"
        };
        let (kind, member) = if self.rng.random_bool(0.5) {
            ("AccountBasedExpenseLineDetail", "AccountRef")
        } else {
            ("ItemBasedExpenseLineDetail", "ItemRef")
        };
        let from_of = |one: &Value| {
            one.get("Line")?.as_array()?.iter().find_map(|line| {
                let named = |member| line.get(kind)?.get(member)?.get("value")?.as_str();
                Some((
                    SmolStr::new(named("CustomerRef")?),
                    SmolStr::new(named(member)?),
                ))
            })
        };
        let closed = self.books.closed_until();
        let document = self.pick(entity, |one| is_open(one, closed) && from_of(one).is_some())?;
        let (customer, coded) = from_of(&document)?;
        let change = if self.rng.random_bool(0.5) {
            Recoding::Customer {
                from: customer,
                to: self.job()?,
            }
        } else if member == "ItemRef" {
            Recoding::Item {
                from: coded,
                to: self.item()?,
            }
        } else {
            Recoding::Account {
                from: coded,
                to: self.account()?,
            }
        };
        let is_change = match &change {
            Recoding::Customer { from, to }
            | Recoding::Account { from, to }
            | Recoding::Item { from, to } => from != to,
            Recoding::Class { .. } => true,
        };
        is_change.then(|| Correction::Recode {
            document: SourceRef::quickbooks(entity, &id(&document)),
            change,
        })
    }

    fn removal(&mut self) -> Option<Correction> {
        let entity = if self.rng.random_bool(0.5) {
            "Bill"
        } else {
            "Invoice"
        };
        let closed = self.books.closed_until();
        let is_free = |one: &Value| {
            let links = one.get("LinkedTxn").and_then(Value::as_array);
            is_open(one, closed)
                && links.is_none_or(Vec::is_empty)
                && cents(one, "Balance") == cents(one, "TotalAmt")
                && cents(one, "TotalAmt") > 0
        };
        let document = self.pick(entity, is_free)?;
        Some(Correction::Remove {
            document: SourceRef::quickbooks(entity, &id(&document)),
        })
    }

    fn attachment(&mut self) -> Option<Correction> {
        let entity = ["Bill", "Invoice", "Purchase", "JournalEntry"].choose(self.rng)?;
        // In an open period, where somebody can edit it meanwhile.
        let closed = self.books.closed_until();
        let to = self.pick(entity, |one| is_open(one, closed))?;
        let name = format!("{}.pdf", self.new_number('D'));
        let content = paper(&name);
        Some(Correction::Attach {
            to: SourceRef::quickbooks(entity, &id(&to)),
            document: Document {
                id: format!("doc_{}", self.number).into(),
                media_type: "application/pdf".into(),
                bytes: u64::try_from(content.len()).ok()?,
                digest: Digest::of(&content),
                name,
            },
        })
    }

    fn edit(&self, action: &str, entity: &str, id: Option<&str>, body: Value) -> Option<()> {
        let edit = Edit {
            action: action.to_owned(),
            entity: entity.to_owned(),
            id: id.map(str::to_owned),
            body,
        };
        self.company.edit(&self.company.realm_id(), &edit).ok()
    }
}

/// Whether a document is dated after the day up to which the books are closed.
fn is_open(document: &Value, closed: Option<Date>) -> bool {
    let date = text(document, "TxnDate").parse::<Date>();
    date.is_ok_and(|date| closed.is_none_or(|closed| date > closed))
}

pub(crate) fn id(record: &Value) -> SmolStr {
    record
        .get("Id")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .into()
}

fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn cents(record: &Value, name: &str) -> i64 {
    let text = record.get(name).map(Value::to_string).unwrap_or_default();
    Money::parse(&text).map_or(0, Money::cents)
}

fn decimal(cents: i64) -> Value {
    serde_json::from_str(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap_or_default()
}
