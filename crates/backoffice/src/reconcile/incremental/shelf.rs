//! The records of both books, kept so that those of a few jobs can be taken out without a look at
//! the others.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::{Books, DocumentKind, Incomplete, LedgerBooks, LedgerDocument, ProjectBooks};
use figures::{Date, Money};
use rustc_hash::{FxHashMap, FxHashSet};

use super::keys::{self, DocumentKey, ProjectKey, RecordKey};
use crate::reconcile::checks::looked_up_by;
use crate::reconcile::order;
use crate::reconcile::policy::Policy;
use crate::reconcile::records::{Records, of_project};
use crate::reconcile::units::ProjectKind;
use crate::reconcile::view::View;

/// All records.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Procore's lists that belong to no single project.
    company: ProjectBooks,
    /// What belongs to one project.
    pub(super) projects: BTreeMap<i64, Project>,
    /// QuickBooks' lists, without documents.
    lists: LedgerBooks,
    pub(super) documents: FxHashMap<DocumentKey, LedgerDocument>,
    /// How many documents there are of each kind.
    kinds: BTreeMap<DocumentKind, usize>,
    pub(super) incomplete: Vec<Incomplete>,
    /// Documents whose lines link to a document.
    payers: FxHashMap<DocumentKey, BTreeSet<DocumentKey>>,
    /// Credits that payments use up, by payment.
    credits: FxHashMap<DocumentKey, Vec<DocumentKey>>,
    /// Checks and charges by amount, and bills by open amount: a joint check is found by them.
    by_amount: BTreeMap<(DocumentKind, i64), BTreeSet<DocumentKey>>,
}

/// The records of a project, every list by id.
#[derive(Debug, Default)]
pub(super) struct Project {
    pub(super) books: ProjectBooks,
    /// Where each record is in its list.
    places: FxHashMap<RecordKey, u32>,
}

impl Shelf {
    /// Sorts the books in; nothing when two records of a list have one name.
    pub(super) fn new(mut books: Books) -> Option<Self> {
        let mut company = books.project.take()?;
        let mut lists = books.ledger.take()?;
        let mut projects: BTreeMap<i64, ProjectBooks> = BTreeMap::new();
        macro_rules! sort_in {
            ($($list:ident),*) => {
                $(for one in std::mem::take(&mut company.$list) {
                    projects.entry(one.project_id).or_default().$list.push(one);
                })*
            };
        }
        of_project!(sort_in);
        let projects = projects.into_iter();
        let projects = projects.map(|(job, books)| (job, Project::new(books)));
        let mut shelf = Self {
            company,
            projects: projects.collect(),
            incomplete: books.incomplete,
            ..Self::default()
        };
        for document in std::mem::take(&mut lists.documents) {
            if shelf.put(document).is_some() {
                return None;
            }
        }
        shelf.lists = lists;
        Some(shelf)
    }

    /// Puts a document in; what stood in its place comes out.
    pub(super) fn put(&mut self, document: LedgerDocument) -> Option<LedgerDocument> {
        let key = DocumentKey::of(&document);
        let before = self.remove(&key);
        let credits: Vec<DocumentKey> = targets(&document)
            .filter(|target| is_credit(target.kind))
            .collect();
        if !credits.is_empty() {
            self.credits.insert(key.clone(), credits);
        }
        for target in targets(&document) {
            self.payers.entry(target).or_default().insert(key.clone());
        }
        if let Some(amount) = looked_up_by(&document) {
            self.by_amount
                .entry(amount)
                .or_default()
                .insert(key.clone());
        }
        *self.kinds.entry(key.kind).or_default() += 1;
        self.documents.insert(key, document);
        before
    }

    /// Takes a document out.
    pub(super) fn remove(&mut self, key: &DocumentKey) -> Option<LedgerDocument> {
        let before = self.documents.remove(key)?;
        if let Some(count) = self.kinds.get_mut(&key.kind) {
            *count -= 1;
        }
        self.credits.remove(key);
        for target in targets(&before) {
            if let Some(payers) = self.payers.get_mut(&target) {
                payers.remove(key);
            }
        }
        if let Some(same) = looked_up_by(&before).and_then(|amount| self.by_amount.get_mut(&amount))
        {
            same.remove(key);
        }
        Some(before)
    }

    /// Purchases of an amount, or bills that are open for it.
    pub(super) fn of_amount(
        &self,
        kind: DocumentKind,
        amount: Money,
    ) -> impl Iterator<Item = &DocumentKey> {
        let found = self.by_amount.get(&(kind, amount.cents()));
        found.into_iter().flatten()
    }

    /// Whether there is any document of a kind.
    pub(super) fn has(&self, kind: DocumentKind) -> bool {
        self.kinds.get(&kind).is_some_and(|count| *count > 0)
    }

    /// Credits that a payment uses up.
    pub(super) fn credits_of(&self, payment: &DocumentKey) -> impl Iterator<Item = &DocumentKey> {
        self.credits.get(payment).into_iter().flatten()
    }

    /// Documents that link to this one, there or not.
    pub(super) fn payers(&self, key: &DocumentKey) -> impl Iterator<Item = &DocumentKey> {
        self.payers.get(key).into_iter().flatten()
    }

    /// Procore's lists that belong to no single project.
    pub(super) fn company(&self) -> &ProjectBooks {
        &self.company
    }

    /// QuickBooks' lists, to look at or to change.
    pub(super) fn lists(&mut self) -> &mut LedgerBooks {
        &mut self.lists
    }

    /// All books again.
    pub(super) fn into_books(self) -> Books {
        let (mut company, mut lists) = (self.company, self.lists);
        for mut project in self.projects.into_values() {
            macro_rules! put_back {
                ($($list:ident),*) => { $(company.$list.append(&mut project.books.$list);)* };
            }
            of_project!(put_back);
        }
        lists.documents = self.documents.into_values().collect();
        let mut books = Books {
            project: Some(company),
            ledger: Some(lists),
            incomplete: self.incomplete,
        };
        order::put_in_order(&mut books);
        books
    }

    /// The records of whole jobs, single records with the agreements that they belong to, and some
    /// documents, with all lists.
    pub(super) fn view<'v>(
        &'v self,
        (as_of, policy): (Date, &'v Policy),
        jobs: &BTreeSet<i64>,
        singles: &[ProjectKey],
        documents: &FxHashSet<DocumentKey>,
    ) -> View<'v> {
        let documents = documents
            .iter()
            .filter_map(|key| self.documents.get_key_value(key));
        let mut documents: Vec<(&DocumentKey, &LedgerDocument)> = documents.collect();
        documents.sort_unstable_by_key(|(key, _)| *key);
        let documents = documents.into_iter().map(|(_, document)| document);
        let records = self.records(jobs, singles);
        let lists = (&self.lists, documents.collect());
        View::over(as_of, policy, (&self.company, records), lists)
    }

    fn records(&self, jobs: &BTreeSet<i64>, singles: &[ProjectKey]) -> Records<'_> {
        let mut records = Records::default();
        for project in jobs.iter().filter_map(|job| self.projects.get(job)) {
            records.add(&project.books);
        }
        let mut agreements: BTreeSet<(i64, RecordKey)> = BTreeSet::new();
        let mut last = None;
        for key in singles.iter().filter(|key| !jobs.contains(&key.job)) {
            let record = (key.job, key.record());
            let is_agreement = matches!(
                key.kind,
                ProjectKind::PrimeContract | ProjectKind::Commitment
            );
            if is_agreement {
                agreements.insert(record);
            } else if last != Some(record)
                && let Some(project) = self.projects.get(&key.job)
            {
                // A cost and its payment are one record.
                last = Some(record);
                project.add(&mut records, &record.1, &mut agreements);
            }
        }
        for (job, record) in &agreements {
            if let Some(project) = self.projects.get(job) {
                project.add(&mut records, record, &mut BTreeSet::new());
            }
        }
        order::put_records_in_order(&mut records);
        records
    }
}

/// What a document links to from its lines.
pub(super) fn targets(document: &LedgerDocument) -> impl Iterator<Item = DocumentKey> + '_ {
    let links = document.lines.iter().flat_map(|line| &line.links);
    links.filter_map(|link| {
        let kind = DocumentKind::from_entity(&link.kind)?;
        Some(DocumentKey::new(kind, &link.id))
    })
}

impl Project {
    pub(super) fn new(books: ProjectBooks) -> Self {
        let places = keys::places(&Records::of(&books));
        Self { books, places }
    }

    /// Adds a record, if it is here, and notes the agreements that it may belong to.
    fn add<'p>(
        &'p self,
        records: &mut Records<'p>,
        record: &RecordKey,
        agreements: &mut BTreeSet<(i64, RecordKey)>,
    ) {
        let Some(at) = self.places.get(record).map(|place| *place as usize) else {
            return;
        };
        let books = &self.books;
        let prime = |job, id| (job, (ProjectKind::PrimeContract, id, 0));
        // A commitment of either kind may have the id.
        let commitments = |job, id| [0, 1].map(|apart| (job, (ProjectKind::Commitment, id, apart)));
        match record.0 {
            ProjectKind::PrimeContract => records.prime_contracts.push(&books.prime_contracts[at]),
            ProjectKind::Commitment => records.commitments.push(&books.commitments[at]),
            ProjectKind::DirectCost => records.direct_costs.push(&books.direct_costs[at]),
            ProjectKind::PayApplication => {
                let one = &books.pay_applications[at];
                agreements.insert(prime(one.project_id, one.contract_id));
                records.pay_applications.push(one);
            }
            ProjectKind::SubcontractorInvoice => {
                let one = &books.subcontractor_invoices[at];
                agreements.extend(commitments(one.project_id, one.commitment_id));
                records.subcontractor_invoices.push(one);
            }
            ProjectKind::ContractPayment => {
                let one = &books.contract_payments[at];
                agreements.insert(prime(one.project_id, one.contract_id));
                agreements.extend(commitments(one.project_id, one.contract_id));
                records.contract_payments.push(one);
            }
        }
    }
}

/// Whether documents of a kind are used up by payments.
pub(super) fn is_credit(kind: DocumentKind) -> bool {
    matches!(kind, DocumentKind::CreditMemo | DocumentKind::VendorCredit)
}
