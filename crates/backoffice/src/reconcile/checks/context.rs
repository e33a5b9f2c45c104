//! What a check may look at: the books, the pairing and a few indexes made once.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::{DocumentKind, LedgerDocument};
use figures::source::SourceRef;
use figures::{Date, Money, SmolStr};
use rustc_hash::FxHashMap;

use super::super::cases::{Case, Relation};
use super::super::convention::counted_changes;
use super::super::matching::jobs::JobMap;
use super::super::matching::pairing::{NONE, Pairing};
use super::super::matching::parties::PartyMap;
use super::super::result::Effect;
use super::super::units::{Family, LedgerUnit, ProjectKind, ProjectUnit, Standing};
use super::super::view::View;
use super::numbers::{compact_number, is_revision, is_series, is_variant};
use super::wide::Wide;

/// A check's word that a case is its own.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    /// The figure of the catalogue.
    pub(crate) amount: Money,
    /// What is the case, in a sentence.
    pub(crate) what: String,
    /// Further records that tell the story, shown after those of the case.
    pub(crate) also: Vec<SourceRef>,
    /// The record that the finding is about, when it is none of the case's first: shown first,
    /// and what the finding is known by.
    pub(crate) about: Option<SourceRef>,
}

impl Claim {
    pub(crate) fn new(amount: Money, what: String) -> Self {
        Self {
            amount: amount.abs(),
            what,
            also: Vec::new(),
            about: None,
        }
    }

    pub(crate) fn about(mut self, record: SourceRef) -> Self {
        self.about = Some(record);
        self
    }

    pub(crate) fn with(mut self, also: impl IntoIterator<Item = SourceRef>) -> Self {
        self.also.extend(also);
        self
    }
}

/// Something found by looking at the books as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) amount: Money,
    pub(crate) project_id: Option<i64>,
    pub(crate) customer_id: Option<SmolStr>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) records: Vec<SourceRef>,
    pub(crate) what: String,
    pub(crate) date: Option<Date>,
    /// Reported under this check instead, when it is only timing.
    pub(crate) instead: Option<&'static str>,
}

/// Records by which a finding is known from cycle to cycle.
pub(crate) const KNOWN_BY: usize = 2;

/// The books, the pairing and the indexes.
pub(crate) struct Context<'c, 'a> {
    pub(crate) view: &'c View<'a>,
    pub(crate) jobs: &'c JobMap,
    pub(crate) parties: &'c PartyMap,
    pub(crate) project: &'c [ProjectUnit<'a>],
    pub(crate) ledger: &'c [LedgerUnit<'a>],
    pub(crate) pairing: &'c Pairing,
    /// The books as a whole.
    pub(crate) wide: &'c Wide,
    /// Ledger units of the cost and billing families that are paired, by party or job and number.
    same_number: FxHashMap<(Family, u32, String), Vec<u32>>,
    /// The same by gross amount.
    same_amount: FxHashMap<(Family, u32, i64), Vec<u32>>,
    /// Journals of payroll.
    pub(crate) payroll_journals: BTreeSet<u32>,
    /// What bill payments paid of each bill.
    pub(crate) paid: FxHashMap<u32, Money>,
    /// Gross billed to date by commitment.
    pub(crate) billed: BTreeMap<i64, Money>,
    /// Approved change orders by prime contract.
    pub(crate) prime_changes: BTreeMap<i64, Money>,
    customer_places: FxHashMap<&'a str, u32>,
    /// Documents by what they are looked up by.
    of_amount: FxHashMap<(DocumentKind, i64), Vec<u32>>,
}

impl<'c, 'a> Context<'c, 'a> {
    pub(crate) fn new(
        view: &'c View<'a>,
        jobs: &'c JobMap,
        parties: &'c PartyMap,
        units: (&'c [ProjectUnit<'a>], &'c [LedgerUnit<'a>]),
        pairing: &'c Pairing,
        wide: &'c Wide,
    ) -> Self {
        let (project, ledger) = units;
        let mut context = Self {
            view,
            jobs,
            parties,
            project,
            ledger,
            pairing,
            wide,
            same_number: FxHashMap::default(),
            same_amount: FxHashMap::default(),
            payroll_journals: BTreeSet::new(),
            paid: FxHashMap::default(),
            billed: BTreeMap::new(),
            prime_changes: BTreeMap::new(),
            customer_places: FxHashMap::default(),
            of_amount: FxHashMap::default(),
        };
        for (place, customer) in view.lists.customers.iter().enumerate() {
            context
                .customer_places
                .insert(&customer.id, u32::try_from(place).unwrap_or(NONE));
        }
        for change in counted_changes(&view.records) {
            *context.prime_changes.entry(change.contract_id).or_default() += change.amount;
        }
        for unit in ledger.iter().filter(|unit| unit.family == Family::Payment) {
            if let Some(bill) = unit.pays {
                *context.paid.entry(bill).or_default() += unit.shown.gross;
            }
        }
        for unit in project {
            if let (ProjectKind::SubcontractorInvoice, Standing::Counted, Some(commitment)) =
                (unit.kind, unit.standing, unit.contract)
            {
                *context.billed.entry(commitment).or_default() += unit.shown.gross;
            }
        }
        context.index_paired();
        context.index_documents();
        context
    }

    fn index_documents(&mut self) {
        for (document, place) in self.view.documents.iter().zip(0_u32..) {
            if document.kind == DocumentKind::JournalEntry && is_payroll(self.view, document) {
                self.payroll_journals.insert(place);
            }
            if let Some(amount) = looked_up_by(document) {
                self.of_amount.entry(amount).or_default().push(place);
            }
        }
    }

    /// Purchases of an amount, or bills that are open for it.
    pub(crate) fn of_amount(
        &self,
        kind: DocumentKind,
        amount: Money,
    ) -> impl Iterator<Item = &'a LedgerDocument> {
        let found = self.of_amount.get(&(kind, amount.cents()));
        found
            .into_iter()
            .flatten()
            .map(|place| self.view.at(*place))
    }

    fn index_paired(&mut self) {
        for (place, unit) in self.ledger.iter().enumerate() {
            let billing = unit.family == Family::Billing;
            if !(billing || unit.family == Family::Cost) || unit.standing == Standing::Void {
                continue;
            }
            let Some(key) = self.sameness(unit) else {
                continue;
            };
            let place = u32::try_from(place).unwrap_or(NONE);
            let number = compact_number(unit.number);
            if !number.is_empty() {
                self.same_number
                    .entry((unit.family, key, number))
                    .or_default()
                    .push(place);
            }
            let amount = unit.shown.gross.cents();
            self.same_amount
                .entry((unit.family, key, amount))
                .or_default()
                .push(place);
        }
    }

    /// What duplicates share besides number or amount: the vendor, or the job for invoices.
    fn sameness(&self, unit: &LedgerUnit<'_>) -> Option<u32> {
        if unit.family == Family::Billing {
            let customer = self.view.at(unit.document).customer.as_deref()?;
            self.customer_places.get(customer).copied()
        } else {
            (unit.party != u32::MAX).then_some(unit.party)
        }
    }

    /// Whether two customers are in one tree.
    pub(crate) fn same_tree(&self, one: &str, other: &str) -> bool {
        self.view.root_customer(one) == self.view.root_customer(other)
    }

    /// The paired document that this unpaired one repeats (domain rule E3): the same number, or
    /// the same amount near the same date with a number that is missing or a variant.
    pub(crate) fn repeats(&self, unit: &LedgerUnit<'a>) -> Option<&'c LedgerUnit<'a>> {
        let key = self.sameness(unit)?;
        let number = compact_number(unit.number);
        let paired = |place: &&u32| {
            self.pairing.of_ledger[**place as usize] != NONE
                && self.ledger[**place as usize].document != unit.document
        };
        let by_number = self.same_number.get(&(unit.family, key, number.clone()));
        let running = number.len() <= 3;
        let alike = |place: &&u32| {
            let other = &self.ledger[**place as usize];
            // A running number comes again every month and on every job.
            if running && (other.job != unit.job || !self.is_near(unit, other)) {
                return false;
            }
            let (one, two) = (
                unit.shown.gross.cents().abs(),
                other.shown.gross.cents().abs(),
            );
            one == two || unit.shown.net == other.shown.net || one.max(two) <= one.min(two) * 2
        };
        let found = by_number.into_iter().flatten().filter(paired).find(alike);
        if let Some(place) = found {
            return Some(&self.ledger[*place as usize]);
        }
        let amount = unit.shown.gross.cents();
        let same = self.same_amount.get(&(unit.family, key, amount))?;
        let series = is_series(
            same.iter()
                .filter_map(|place| self.ledger[*place as usize].date),
        );
        same.iter()
            .filter(paired)
            .map(|place| &self.ledger[*place as usize])
            .filter(|other| other.job == unit.job)
            .filter(|other| !series || is_revision(&number, &compact_number(other.number)))
            .find(|other| {
                let near = match (unit.date, other.date) {
                    (Some(one), Some(other)) => {
                        figures::dates::days_between(one, other).abs()
                            <= self.view.policy.duplicate_window_days
                    }
                    _ => false,
                };
                // A re-issued invoice gets a number of its own.
                let invoice = unit.family == Family::Billing;
                near && (invoice || is_variant(&number, &compact_number(other.number)))
            })
    }

    fn is_near(&self, unit: &LedgerUnit<'_>, other: &LedgerUnit<'_>) -> bool {
        unit.date.zip(other.date).is_some_and(|(one, two)| {
            figures::dates::days_between(one, two).abs() <= self.view.policy.duplicate_window_days
        })
    }

    /// Whether the case is young enough to be timing, by the date of the side that stands alone.
    pub(crate) fn in_grace(&self, case: &Case<'_, '_>) -> bool {
        let date = match case.relation {
            Relation::OnlyProject | Relation::LedgerVoided => case.project_date(),
            Relation::OnlyLedger | Relation::ProjectGone(_) => case.ledger_date(),
            Relation::Paired | Relation::Reversed => case.project_date().max(case.ledger_date()),
        };
        self.view.in_grace(date)
    }

    /// The document of a unit.
    pub(crate) fn document(&self, unit: &LedgerUnit<'a>) -> &'a LedgerDocument {
        self.view.at(unit.document)
    }

    /// The first ledger document of a case.
    pub(crate) fn first_document(&self, case: &Case<'_, 'a>) -> Option<&'a LedgerDocument> {
        case.ledger.first().map(|unit| self.document(unit))
    }

    /// A ledger document as people speak of it.
    pub(crate) fn name_ledger(&self, unit: &LedgerUnit<'a>) -> String {
        name_document(self.document(unit))
    }

    /// A Procore document as people speak of it.
    pub(crate) fn name_project(&self, unit: &ProjectUnit<'a>) -> String {
        let kind = match unit.kind {
            ProjectKind::PrimeContract => "prime contract",
            ProjectKind::PayApplication => "pay application",
            ProjectKind::ContractPayment => "payment",
            ProjectKind::Commitment => "commitment",
            ProjectKind::SubcontractorInvoice => "subcontractor invoice",
            ProjectKind::DirectCost => "direct cost",
        };
        let number = if unit.number.is_empty() {
            format!("{kind} {}", unit.id)
        } else {
            format!("{kind} {}", unit.number)
        };
        let party = if unit.party_name.is_empty() {
            String::new()
        } else {
            format!(" of {}", unit.party_name)
        };
        match unit.date {
            Some(date) => format!("{number}{party}, dated {date}"),
            None => format!("{number}{party}"),
        }
    }
}

/// The amount by which a joint check or the bill that it pays is looked up.
pub(crate) fn looked_up_by(document: &LedgerDocument) -> Option<(DocumentKind, i64)> {
    match document.kind {
        DocumentKind::Purchase => Some((document.kind, document.total.cents())),
        DocumentKind::Bill => Some((document.kind, document.balance.cents())),
        _ => None,
    }
}

/// Whether a journal is a payroll journal: it says so, or it books labor against what is owed to
/// employees and tax offices.
pub(super) fn is_payroll(view: &View<'_>, document: &LedgerDocument) -> bool {
    let says = |text: &str| {
        let text = text.to_lowercase();
        ["payroll", "wages", "burden"]
            .iter()
            .any(|word| text.contains(word))
    };
    if says(&document.note) {
        return true;
    }
    let (mut labor, mut owed) = (false, false);
    for line in &document.lines {
        let role = view.role_of(line);
        labor |= role.wages || role.burden;
        owed |= role.payroll_liability || says(&line.description);
    }
    labor && owed
}

/// A ledger document as people speak of it.
pub(crate) fn name_document(document: &LedgerDocument) -> String {
    let kind = document.kind.noun();
    let number = if document.number.is_empty() {
        &document.id
    } else {
        &document.number
    };
    let payee = if document.payee_name.is_empty() {
        String::new()
    } else {
        format!(" of {}", document.payee_name)
    };
    format!("{kind} {number}{payee}, dated {}", document.date)
}
