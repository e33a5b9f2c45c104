//! What people may do to a record of either system.

use figures::model::{Books, LedgerDocument, ProjectBooks};
use figures::{Date, Money, SmolStr};
use proptest::prelude::*;
use proptest::sample::Index;

/// What happens to a document of QuickBooks.
#[derive(Debug, Clone)]
pub(super) enum LedgerEdit {
    NoNumber,
    /// The number of a record in Procore, if one has a number.
    ProcoreNumber(Index),
    NumberOf(Index),
    Customer(Option<&'static str>),
    Job(Index, Option<&'static str>),
    Vendor(&'static str),
    /// A line pays another document.
    Pays(Index, Index),
    Amount(Index, i64),
    Voided,
    Days(i8),
    Removed,
    /// As it was when the books were first compared.
    Back,
}

pub(super) fn ledger_edit() -> impl Strategy<Value = LedgerEdit> {
    use LedgerEdit as Edit;
    let place = any::<Index>;
    let customer = || {
        prop_oneof![
            Just(Some("61")),
            Just(Some("62")),
            Just(Some("900")),
            Just(None)
        ]
    };
    let vendor = prop_oneof![Just("77"), Just("78")];
    prop_oneof![
        3 => Just(Edit::NoNumber),
        3 => place().prop_map(Edit::ProcoreNumber),
        3 => place().prop_map(Edit::NumberOf),
        1 => customer().prop_map(Edit::Customer),
        2 => (place(), customer()).prop_map(|(line, customer)| Edit::Job(line, customer)),
        1 => vendor.prop_map(Edit::Vendor),
        1 => (place(), place()).prop_map(|(line, other)| Edit::Pays(line, other)),
        2 => (place(), 1_i64..4_000_000).prop_map(|(line, cents)| Edit::Amount(line, cents)),
        1 => Just(Edit::Voided),
        1 => (-60_i8..60).prop_map(Edit::Days),
        2 => Just(Edit::Removed),
        3 => Just(Edit::Back),
    ]
}

/// The numbers of Procore's documents.
pub(super) fn numbers(books: &Books) -> Vec<SmolStr> {
    let Some(books) = &books.project else {
        return Vec::new();
    };
    let invoices = books
        .subcontractor_invoices
        .iter()
        .map(|one| &one.invoice_number);
    let costs = books.direct_costs.iter().map(|one| &one.invoice_number);
    let applications = books.pay_applications.iter().map(|one| &one.invoice_number);
    invoices.chain(costs).chain(applications).cloned().collect()
}

impl LedgerEdit {
    /// A document after the edit; nothing when it goes.
    pub(super) fn apply(
        &self,
        document: &LedgerDocument,
        first: &[LedgerDocument],
        numbers: &[SmolStr],
    ) -> Option<LedgerDocument> {
        let mut one = document.clone();
        let lines = one.lines.len();
        match self {
            Self::NoNumber => one.number = SmolStr::default(),
            Self::ProcoreNumber(at) if !numbers.is_empty() => {
                one.number = at.get(numbers).clone();
            }
            Self::NumberOf(other) => one.number = other.get(first).number.clone(),
            Self::Customer(customer) if one.customer.is_some() => {
                one.customer = customer.map(SmolStr::new);
            }
            Self::Job(line, customer) if lines > 0 => {
                one.lines[line.index(lines)].customer = customer.map(SmolStr::new);
            }
            Self::Vendor(vendor) if one.vendor.is_some() => one.vendor = Some(SmolStr::new(vendor)),
            Self::Pays(line, other) if lines > 0 => {
                let other = other.get(first);
                for link in &mut one.lines[line.index(lines)].links {
                    link.kind = SmolStr::new(other.kind.entity());
                    link.id = other.id.clone();
                }
            }
            Self::Amount(line, cents) if lines > 0 => {
                let line = &mut one.lines[line.index(lines)];
                let amount = Money::from_cents(*cents);
                one.total += amount - line.amount;
                line.amount = amount;
            }
            Self::Voided => one.voided = true,
            Self::Days(days) => one.date = later(one.date, *days),
            Self::Removed => return None,
            Self::Back => {
                let original = first.iter().find(|it| it.source() == one.source());
                return original.cloned();
            }
            _ => {}
        }
        Some(one)
    }
}

fn later(date: Date, days: i8) -> Date {
    date.saturating_add(jiff::Span::new().days(i64::from(days)))
}

/// What happens to a record of Procore's.
#[derive(Debug, Clone)]
pub(super) enum ProjectEdit {
    NoNumber,
    NumberOf(Index),
    /// A link to a document of QuickBooks.
    Link(Index),
    NoLink,
    Amount(i64),
    Status(&'static str),
    Deleted(bool),
    Days(i8),
    Removed,
    /// All of its job as it was when the books were first compared.
    Back,
}

pub(super) fn project_edit() -> impl Strategy<Value = ProjectEdit> {
    use ProjectEdit as Edit;
    let status = prop_oneof![Just("draft"), Just("approved"), Just("void")];
    prop_oneof![
        1 => Just(Edit::NoNumber),
        2 => any::<Index>().prop_map(Edit::NumberOf),
        2 => any::<Index>().prop_map(Edit::Link),
        1 => Just(Edit::NoLink),
        2 => (1_i64..4_000_000).prop_map(Edit::Amount),
        2 => status.prop_map(Edit::Status),
        2 => any::<bool>().prop_map(Edit::Deleted),
        1 => (-60_i8..60).prop_map(Edit::Days),
        2 => Just(Edit::Removed),
        2 => Just(Edit::Back),
    ]
}

/// What an edit may change of a record.
struct Fields<'r> {
    job: i64,
    name: String,
    number: Option<&'r mut SmolStr>,
    link: &'r mut SmolStr,
    amount: &'r mut Money,
    status: Option<&'r mut SmolStr>,
    deleted: &'r mut bool,
    date: &'r mut Option<Date>,
}

/// Every record of Procore's that units are made of, one after the other.
fn fields(books: &mut ProjectBooks) -> Vec<Fields<'_>> {
    let mut all = Vec::new();
    macro_rules! fields {
        ($($list:ident: $number:ident $amount:ident$(.$of:ident)? $date:ident $(status $status:ident)?;)*) => {
            $(for one in &mut books.$list {
                all.push(Fields {
                    job: one.project_id,
                    name: format!("{} {}", stringify!($list), one.id),
                    number: Some(&mut one.$number),
                    link: &mut one.origin_id,
                    amount: &mut one.$amount$(.$of)?,
                    status: None$(.or(Some(&mut one.$status)))?,
                    deleted: &mut one.deleted,
                    date: &mut one.$date,
                });
            })*
        };
    }
    fields! {
        prime_contracts: number original date status status;
        commitments: number revised date status status;
        change_orders: number amount date status status;
        pay_applications: invoice_number totals.completed_and_stored billing_date status status;
        subcontractor_invoices:
            invoice_number totals.completed_and_stored billing_date status status;
        contract_payments: check_number amount date;
        direct_costs: invoice_number amount date status status;
    }
    all
}

impl ProjectEdit {
    /// Changes a record; gives its job and what happened.
    pub(super) fn apply(
        &self,
        books: &mut ProjectBooks,
        at: Index,
        first: &ProjectBooks,
        ledger: &[LedgerDocument],
    ) -> Option<(i64, String)> {
        let mut all = fields(books);
        if all.is_empty() {
            return None;
        }
        let at = at.index(all.len());
        let one = all.swap_remove(at);
        let (job, name) = (one.job, one.name);
        match self {
            Self::NoNumber => set(one.number, SmolStr::default()),
            Self::NumberOf(other) => set(one.number, other.get(ledger).number.clone()),
            Self::Link(other) => {
                let other = other.get(ledger);
                let kind = other.kind.entity().to_uppercase();
                *one.link = SmolStr::new(format!("QBO-{kind}-{}", other.id));
            }
            Self::NoLink => *one.link = SmolStr::default(),
            Self::Amount(cents) => *one.amount = Money::from_cents(*cents),
            Self::Status(status) => set(one.status, SmolStr::new(status)),
            Self::Deleted(deleted) => *one.deleted = *deleted,
            Self::Days(days) => *one.date = one.date.map(|date| later(date, *days)),
            Self::Removed => remove(books, &name),
            Self::Back => restore(books, job, first),
        }
        Some((job, format!("{name} of {job}: {self:?}")))
    }
}

fn set(field: Option<&mut SmolStr>, now: SmolStr) {
    if let Some(field) = field {
        *field = now;
    }
}

/// Does something with every list that units are made of.
macro_rules! each_list {
    ($do:ident) => {
        $do!(prime_contracts);
        $do!(commitments);
        $do!(change_orders);
        $do!(pay_applications);
        $do!(subcontractor_invoices);
        $do!(contract_payments);
        $do!(direct_costs);
    };
}

fn remove(books: &mut ProjectBooks, name: &str) {
    macro_rules! forget {
        ($list:ident) => {
            let is_other = |id: i64| format!("{} {id}", stringify!($list)) != name;
            books.$list.retain(|one| is_other(one.id));
        };
    }
    each_list!(forget);
}

/// Puts all records of a job back as they were.
fn restore(books: &mut ProjectBooks, job: i64, first: &ProjectBooks) {
    macro_rules! put_back {
        ($list:ident) => {
            books.$list.retain(|one| one.project_id != job);
            let of_job = first.$list.iter().filter(|one| one.project_id == job);
            books.$list.extend(of_job.cloned());
        };
    }
    each_list!(put_back);
}
