//! The books as they lie before whoever seeks a remedy: what is paired with what, what is paid, and
//! whose it is.

use std::collections::BTreeMap;

use figures::Money;
use figures::model::{
    DocumentKind, LedgerBooks, LedgerDocument, LedgerLine, LineKind, ProjectBooks,
};
use figures::source::{SourceRef, System};
use rustc_hash::{FxHashMap, FxHashSet};

use super::precedent::Precedents;
use crate::reconcile::matching::pairing::withheld::retainage_entry;
use crate::reconcile::matching::pairing::{compact, project_ref};
use crate::reconcile::matching::parties::PartyMap;
use crate::reconcile::policy::Policy;
use crate::reconcile::result::{Finding, Pair, PairKind, Reconciliation};
use crate::reconcile::units::{self, Family, ProjectKind, ProjectUnit};
use crate::reconcile::view::View;

/// A record by system, kind and id.
type Key<'d> = (System, &'d str, &'d str);

pub(super) struct Desk<'d> {
    pub(super) view: View<'d>,
    pub(super) outcome: &'d Reconciliation,
    pub(super) units: Vec<ProjectUnit<'d>>,
    pub(super) precedents: Precedents<'d>,
    by_record: FxHashMap<SourceRef, usize>,
    partners: FxHashMap<Key<'d>, &'d Pair>,
    /// Customers of each job, the main one first.
    customers: BTreeMap<i64, Vec<&'d str>>,
    jobs: FxHashMap<&'d str, i64>,
    vendors: FxHashMap<i64, Vec<&'d str>>,
    /// Documents that a line of another document names.
    linked: FxHashSet<(&'d str, &'d str)>,
    /// Jobs with a pay application that has no invoice.
    pub(super) lone_billing: FxHashSet<i64>,
    /// Living invoices by number, numbers of entries, and payments by what they leave unapplied.
    pub(super) of_number: FxHashMap<String, u32>,
    pub(super) entries: FxHashSet<&'d str>,
    pub(super) of_unapplied: FxHashMap<Money, Vec<u32>>,
    /// Documents of costs by vendor, and invoices by customer.
    pub(super) of_vendor: FxHashMap<&'d str, Vec<u32>>,
    pub(super) of_customer: FxHashMap<&'d str, Vec<u32>>,
}

impl<'d> Desk<'d> {
    pub(super) fn new(
        project: &'d ProjectBooks,
        ledger: &'d LedgerBooks,
        outcome: &'d Reconciliation,
        policy: &'d Policy,
    ) -> Self {
        let view = View::new(outcome.as_of, policy, project, ledger);
        let units = units::project_units(&view, &PartyMap::default());
        let mut by_record = FxHashMap::default();
        for (place, unit) in units.iter().enumerate() {
            by_record.entry(project_ref(unit, &view)).or_insert(place);
        }
        let mut desk = Self {
            view,
            outcome,
            units,
            precedents: Precedents::default(),
            by_record,
            partners: FxHashMap::default(),
            customers: BTreeMap::new(),
            jobs: FxHashMap::default(),
            vendors: FxHashMap::default(),
            linked: FxHashSet::default(),
            lone_billing: FxHashSet::default(),
            of_number: FxHashMap::default(),
            entries: FxHashSet::default(),
            of_unapplied: FxHashMap::default(),
            of_vendor: FxHashMap::default(),
            of_customer: FxHashMap::default(),
        };
        desk.index_pairs();
        desk.index_documents();
        desk.note_lone_billing();
        desk.precedents = Precedents::learn(&desk);
        desk
    }

    fn index_pairs(&mut self) {
        for pair in &self.outcome.pairs {
            match pair.kind {
                PairKind::Document => {
                    for side in &pair.procore {
                        let key = (System::Procore, side.kind.as_str(), side.id.as_str());
                        self.partners.insert(key, pair);
                    }
                    for side in &pair.quickbooks {
                        let key = (System::QuickBooks, side.kind.as_str(), side.id.as_str());
                        self.partners.insert(key, pair);
                    }
                }
                PairKind::Job => {
                    for job in pair.procore.iter().filter_map(|side| side.id.parse().ok()) {
                        let own = pair.quickbooks.iter().map(|side| side.id.as_str());
                        self.customers.entry(job).or_default().extend(own.clone());
                        self.jobs.extend(own.map(|customer| (customer, job)));
                    }
                }
                PairKind::Party => {
                    let vendors = pair.quickbooks.iter().filter(|side| side.kind == "Vendor");
                    let vendors: Vec<&str> = vendors.map(|side| side.id.as_str()).collect();
                    for company in pair.procore.iter().filter_map(|side| side.id.parse().ok()) {
                        self.vendors.entry(company).or_default().extend(&vendors);
                    }
                }
            }
        }
    }

    fn index_documents(&mut self) {
        for (place, document) in self.view.documents.iter().enumerate() {
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            let links = document.lines.iter().flat_map(|line| &line.links);
            self.linked
                .extend(links.map(|link| (link.kind.as_str(), link.id.as_str())));
            match document.kind {
                DocumentKind::Bill | DocumentKind::Purchase | DocumentKind::VendorCredit => {
                    if let Some(vendor) = document.vendor.as_deref() {
                        self.of_vendor.entry(vendor).or_default().push(place);
                    }
                }
                DocumentKind::Invoice => {
                    if !document.voided && !document.number.is_empty() {
                        self.of_number
                            .entry(compact(&document.number))
                            .or_insert(place);
                    }
                    if let Some(customer) = document.customer.as_deref() {
                        self.of_customer.entry(customer).or_default().push(place);
                    }
                }
                DocumentKind::Payment if document.unapplied > Money::ZERO => {
                    let same = self.of_unapplied.entry(document.unapplied);
                    same.or_default().push(place);
                }
                DocumentKind::JournalEntry => {
                    self.entries.insert(&document.number);
                }
                _ => {}
            }
        }
    }

    fn note_lone_billing(&mut self) {
        for unit in &self.units {
            let counts = unit.family == Family::Billing && !unit.share.is_none();
            if counts && self.pair(&project_ref(unit, &self.view)).is_none() {
                self.lone_billing.insert(unit.job);
            }
        }
    }

    /// The ledger document that a record is.
    pub(super) fn document(&self, record: &SourceRef) -> Option<&'d LedgerDocument> {
        let kind = DocumentKind::from_entity(&record.kind)?;
        let ledger = record.system == System::QuickBooks;
        let place = self.view.document(kind, &record.id).filter(|_| ledger)?;
        Some(self.view.at(place))
    }

    /// The first ledger document among records that is of one of these kinds.
    pub(super) fn first(
        &self,
        finding: &Finding,
        kinds: &[DocumentKind],
    ) -> Option<&'d LedgerDocument> {
        let mut documents = finding.records.iter().filter_map(|one| self.document(one));
        documents.find(|one| kinds.contains(&one.kind))
    }

    /// Procore's document that a record is.
    pub(super) fn unit(&self, record: &SourceRef) -> Option<&ProjectUnit<'d>> {
        let place = self.by_record.get(record)?;
        self.units.get(*place)
    }

    /// Procore's documents of a family among the records of a finding.
    pub(super) fn units_of(&self, finding: &Finding, family: Family) -> Vec<&ProjectUnit<'d>> {
        let units = finding
            .records
            .iter()
            .filter_map(|record| self.unit(record));
        units.filter(|unit| unit.family == family).collect()
    }

    /// What a record is paired with.
    pub(super) fn pair(&self, record: &SourceRef) -> Option<&'d Pair> {
        let key = (record.system, record.kind.as_str(), record.id.as_str());
        self.partners.get(&key).copied()
    }

    /// The ledger document that Procore's document is paired with, one with one.
    pub(super) fn partner(&self, unit: &ProjectUnit<'d>) -> Option<&'d LedgerDocument> {
        let pair = self.pair(&project_ref(unit, &self.view))?;
        let [_] = pair.procore.as_slice() else {
            return None;
        };
        self.only_document(pair)
    }

    /// The only ledger document of a pair. An entry that books its retainage is a part of it.
    pub(super) fn only_document(&self, pair: &Pair) -> Option<&'d LedgerDocument> {
        let sides = pair.quickbooks.iter();
        let mut all =
            sides.filter_map(|one| self.document(&SourceRef::quickbooks(&one.kind, &one.id)));
        if pair.quickbooks.len() == 1 {
            return all.next();
        }
        let mut own = all.filter(|one| retainage_entry(&self.view, one).is_none());
        own.next().filter(|_| own.next().is_none())
    }

    /// Nothing when a ledger document is paired with exactly one document of Procore's, and that
    /// with it alone.
    pub(super) fn one_to_one(&self, document: &LedgerDocument) -> Result<(), String> {
        let pair = self.pair(&document.source());
        let pair = pair.filter(|pair| pair.procore.len() == 1);
        match pair.map(|pair| (pair.quickbooks.len(), self.only_document(pair))) {
            Some((1, _)) => Ok(()),
            Some((_, Some(_))) => Err("an entry that books its retainage would be left".to_owned()),
            _ => Err("it stands for several documents of Procore's".to_owned()),
        }
    }

    /// The job of a customer or of its nearest mapped ancestor.
    pub(super) fn job_of(&self, customer: &str) -> Option<i64> {
        let mut at = self.view.customer(customer)?;
        // Five levels is the deepest tree QuickBooks allows.
        for _ in 0..6 {
            if let Some(job) = self.jobs.get(at.id.as_str()) {
                return Some(*job);
            }
            at = self.view.customer(at.parent.as_deref()?)?;
        }
        None
    }

    /// The only customer of a job.
    pub(super) fn customer_of(&self, job: i64) -> Result<&'d str, String> {
        match self.customers.get(&job).map(Vec::as_slice) {
            Some([only]) => Ok(only),
            Some(_) => Err(format!(
                "{} is several customers in QuickBooks",
                self.job_name(job)
            )),
            None => Err(format!(
                "{} is no customer in QuickBooks",
                self.job_name(job)
            )),
        }
    }

    /// Vendors that a company of Procore's is.
    pub(super) fn vendors_of(&self, company: i64) -> &[&'d str] {
        self.vendors
            .get(&company)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// The company in Procore's directory that a cost is of.
    pub(super) fn company_of(&self, unit: &ProjectUnit<'_>) -> Option<i64> {
        let records = &self.view.records;
        let own = match unit.kind {
            ProjectKind::SubcontractorInvoice => {
                records.subcontractor_invoices[unit.place as usize].vendor_id
            }
            ProjectKind::DirectCost => records.direct_costs[unit.place as usize].vendor_id,
            _ => None,
        };
        let commitment = unit.contract.and_then(|id| self.view.commitment(id));
        own.or(commitment.and_then(|one| one.vendor_id))
    }

    /// Whether something is paid on a document or it is tied to another one.
    pub(super) fn is_touched(&self, document: &LedgerDocument) -> bool {
        let owed = matches!(document.kind, DocumentKind::Bill | DocumentKind::Invoice);
        (owed && document.balance != document.total)
            || !document.links.is_empty()
            || document.lines.iter().any(|line| !line.links.is_empty())
            || self
                .linked
                .contains(&(document.kind.entity(), document.id.as_str()))
    }

    /// Whether a payment lies in a deposit.
    pub(super) fn is_deposited(&self, payment: &LedgerDocument) -> bool {
        let named = payment.links.iter().any(|link| link.kind == "Deposit");
        named || self.linked.contains(&("Payment", payment.id.as_str()))
    }

    /// Whether an office of this convention enters the net amount only.
    pub(super) fn enters_net(&self) -> bool {
        self.outcome.retainage_convention == Some("net")
    }
}

/// Lines that are not payments.
pub(super) fn lines(document: &LedgerDocument) -> impl Iterator<Item = &LedgerLine> {
    document
        .lines
        .iter()
        .filter(|line| line.kind != LineKind::Applied)
}
