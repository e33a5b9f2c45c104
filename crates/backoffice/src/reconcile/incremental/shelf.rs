//! The records of both books, kept so that those of a few jobs can be taken out without a look at
//! the others.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::{Books, DocumentKind, Incomplete, LedgerBooks, LedgerDocument, ProjectBooks};
use figures::{Date, Money};
use rustc_hash::{FxHashMap, FxHashSet};

use super::keys::{DocumentKey, ProjectKey};
use crate::reconcile::order;
use crate::reconcile::policy::Policy;
use crate::reconcile::units::ProjectKind;
use crate::reconcile::view::View;

/// All records.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    /// Procore's lists that belong to no single project.
    company: ProjectBooks,
    /// What belongs to one project.
    pub(super) projects: BTreeMap<i64, ProjectBooks>,
    /// QuickBooks' lists, without documents.
    lists: LedgerBooks,
    pub(super) documents: FxHashMap<DocumentKey, LedgerDocument>,
    /// How many documents there are of each kind.
    kinds: BTreeMap<DocumentKind, usize>,
    pub(super) incomplete: Vec<Incomplete>,
    /// Documents whose lines link to a document.
    payers: FxHashMap<DocumentKey, BTreeSet<DocumentKey>>,
    /// Checks and charges by amount, and bills by open amount: a joint check is found by them.
    by_amount: BTreeMap<(DocumentKind, i64), BTreeSet<DocumentKey>>,
}

/// Hands each list of a project's records to the same code.
macro_rules! of_project {
    ($each:ident) => {
        $each!(
            prime_contracts,
            commitments,
            change_orders,
            pay_applications,
            subcontractor_invoices,
            contract_payments,
            direct_costs,
            billing_periods
        )
    };
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
        let mut shelf = Self {
            company,
            projects,
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
                ($($list:ident),*) => { $(company.$list.append(&mut project.$list);)* };
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

    /// Procore's books of whole jobs and of single records, with the company's lists. These are
    /// lent: they come back with [`Shelf::take_back`].
    pub(super) fn lend<'k>(
        &mut self,
        jobs: &BTreeSet<i64>,
        singles: impl Iterator<Item = &'k ProjectKey>,
    ) -> ProjectBooks {
        let mut company = std::mem::take(&mut self.company);
        for job in jobs {
            let Some(project) = self.projects.get(job) else {
                continue;
            };
            macro_rules! copy {
                ($($list:ident),*) => {
                    $(company.$list.extend(project.$list.iter().cloned());)*
                };
            }
            of_project!(copy);
        }
        let mut wanted: BTreeSet<Single> = singles
            .filter(|key| !jobs.contains(&key.job))
            .map(|key| (key.job, key.kind, key.id))
            .collect();
        let agreements: Vec<Single> = wanted
            .iter()
            .flat_map(|single| self.agreements(single))
            .collect();
        wanted.extend(agreements);
        for single in &wanted {
            if let Some(project) = self.projects.get(&single.0) {
                copy_single(&mut company, project, single);
            }
        }
        order::order_records(&mut company);
        company
    }

    /// Takes lent lists back.
    pub(super) fn take_back(&mut self, mut company: ProjectBooks) {
        macro_rules! clear {
            ($($list:ident),*) => { $(company.$list.clear();)* };
        }
        of_project!(clear);
        self.company = company;
    }

    /// Lent books, with QuickBooks' lists and some of its documents.
    pub(super) fn view<'v>(
        &'v self,
        as_of: Date,
        policy: &'v Policy,
        lent: &'v ProjectBooks,
        documents: &FxHashSet<DocumentKey>,
    ) -> View<'v> {
        let found = documents
            .iter()
            .filter_map(|key| self.documents.get_key_value(key));
        let mut found: Vec<(&DocumentKey, &LedgerDocument)> = found.collect();
        found.sort_unstable_by_key(|(key, _)| *key);
        let documents = found.into_iter().map(|(_, document)| document).collect();
        View::over(as_of, policy, lent, (&self.lists, documents))
    }
}

/// The amount by which a joint check or the bill that it pays is looked up.
fn looked_up_by(document: &LedgerDocument) -> Option<(DocumentKind, i64)> {
    match document.kind {
        DocumentKind::Purchase => Some((document.kind, document.total.cents())),
        DocumentKind::Bill => Some((document.kind, document.balance.cents())),
        _ => None,
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

/// A record of a project: the project, what it is, and its id.
type Single = (i64, ProjectKind, i64);

/// The records of a list that have this id.
macro_rules! by_id {
    ($from:ident, $list:ident, $id:expr) => {{
        let at = $from.$list.partition_point(|one| one.id < $id);
        $from.$list[at..].iter().take_while(|one| one.id == $id)
    }};
}

impl Shelf {
    /// The agreements that a record belongs to.
    fn agreements(&self, (job, kind, id): &Single) -> Vec<Single> {
        let Some(project) = self.projects.get(job) else {
            return Vec::new();
        };
        let prime = |id| (*job, ProjectKind::PrimeContract, id);
        let commitment = |id| (*job, ProjectKind::Commitment, id);
        match kind {
            ProjectKind::PayApplication => by_id!(project, pay_applications, *id)
                .map(|one| prime(one.contract_id))
                .collect(),
            ProjectKind::SubcontractorInvoice => by_id!(project, subcontractor_invoices, *id)
                .map(|one| commitment(one.commitment_id))
                .collect(),
            ProjectKind::ContractPayment => by_id!(project, contract_payments, *id)
                .flat_map(|one| [prime(one.contract_id), commitment(one.contract_id)])
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn copy_single(into: &mut ProjectBooks, from: &ProjectBooks, (_, kind, id): &Single) {
    macro_rules! copy {
        ($list:ident) => {
            into.$list.extend(by_id!(from, $list, *id).cloned())
        };
    }
    match kind {
        ProjectKind::PrimeContract => copy!(prime_contracts),
        ProjectKind::PayApplication => copy!(pay_applications),
        ProjectKind::ContractPayment => copy!(contract_payments),
        ProjectKind::Commitment => copy!(commitments),
        ProjectKind::SubcontractorInvoice => copy!(subcontractor_invoices),
        ProjectKind::DirectCost => copy!(direct_costs),
    }
}
