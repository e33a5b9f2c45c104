//! Entries that book the retainage of a document which was entered without it.
//!
//! Such an entry is part of its document: the document's retainage is what its lines and its entry
//! say (decision 0035). It joins only where nothing is left to judge: it has two lines, it names one
//! document of the job, and it is to the cent what that document lacks. Everything else stays an
//! entry without a document.

use std::collections::{BTreeMap, BTreeSet};

use figures::Money;
use figures::model::{DocumentKind, LedgerDocument, Posting};
use rustc_hash::FxHashMap;

use super::{Group, NONE, Run, compact, index};
use crate::reconcile::units::{Family, LedgerUnit, Share, Standing};
use crate::reconcile::view::View;

/// What the number of an entry ends in behind the number of its document.
pub(crate) const SUFFIX: &str = "-RET";

/// An entry that does nothing but book retainage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetainageEntry<'a> {
    /// Billings, for retainage receivable against income, or costs, for cost or payables against
    /// retainage payable.
    family: Family,
    /// The vendor whose payable it lowers.
    vendor: Option<&'a str>,
}

/// What an entry is that has two lines of one amount, one on retainage for a job and one on what was
/// booked short of it; nothing for every other document.
pub(crate) fn retainage_entry<'a>(
    view: &View<'a>,
    document: &'a LedgerDocument,
) -> Option<RetainageEntry<'a>> {
    if document.kind != DocumentKind::JournalEntry || document.voided {
        return None;
    }
    let [one, other] = document.lines.as_slice() else {
        return None;
    };
    let (debit, credit) = match (one.posting?, other.posting?) {
        (Posting::Debit, Posting::Credit) => (one, other),
        (Posting::Credit, Posting::Debit) => (other, one),
        _ => return None,
    };
    if debit.amount != credit.amount || debit.amount <= Money::ZERO {
        return None;
    }
    let (from, to) = (view.role_of(debit), view.role_of(credit));
    let one_job = debit.customer.is_some() && debit.customer == credit.customer;
    let (family, vendor) = if from.retainage_receivable && to.income && one_job {
        (Family::Billing, None)
    } else if to.retainage_payable && from.cost && one_job {
        (Family::Cost, None)
    } else if to.retainage_payable && from.payable && credit.customer.is_some() {
        (Family::Cost, Some(debit.vendor.as_deref()?))
    } else {
        return None;
    };
    Some(RetainageEntry { family, vendor })
}

/// The only unit of one side of a group, entries of retainage left out.
pub(crate) fn only_document<'c, 'a: 'c>(
    view: &View<'a>,
    mut units: impl Iterator<Item = &'c LedgerUnit<'a>> + Clone,
) -> Option<&'c LedgerUnit<'a>> {
    let is_own = |unit: &&LedgerUnit<'a>| retainage_entry(view, view.at(unit.document)).is_none();
    let mut own = units.clone().filter(is_own);
    match (own.next(), own.next()) {
        (Some(only), None) => Some(only),
        (None, _) => units.next().filter(|_| units.next().is_none()),
        _ => None,
    }
}

/// Numbers of the document that the number of an entry may name.
pub(crate) fn named_by(number: &str) -> BTreeSet<String> {
    let whole = compact(number);
    let stem = whole.strip_suffix(compact(SUFFIX).as_str());
    let named = stem.map(str::to_owned).into_iter().chain([whole.clone()]);
    named.filter(|one| !one.is_empty()).collect()
}

/// What the memo of an entry and of its lines may name, word by word.
fn named_in_words(entry: &LedgerDocument) -> BTreeSet<String> {
    let lines = entry.lines.iter().map(|line| &line.description);
    let texts = std::iter::once(&entry.note).chain(lines);
    let words = texts.flat_map(|text| text.split_whitespace());
    words.map(compact).filter(|one| !one.is_empty()).collect()
}

/// Whether an entry may name the document of this number.
pub(crate) fn may_name(entry: &LedgerDocument, number: &str) -> bool {
    let number = compact(number);
    named_by(&entry.number).contains(&number) || named_in_words(entry).contains(&number)
}

/// An entry that is looked at, with the job that it is on.
struct Candidate<'a> {
    part: u32,
    job: i64,
    entry: RetainageEntry<'a>,
    document: &'a LedgerDocument,
}

impl<'a> Run<'_, 'a> {
    /// Entries of retainage join the documents that they name.
    pub(super) fn retainage_entries(&mut self) {
        let candidates = self.entries_to_join();
        if candidates.is_empty() {
            return;
        }
        let jobs: BTreeSet<(Family, i64)> = candidates
            .iter()
            .map(|one| (one.entry.family, one.job))
            .collect();
        let documents = self.documents_by_number(&jobs);
        let mut wanted: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for one in &candidates {
            if let Some(group) = self.group_of_named(one, &documents) {
                wanted.entry(group).or_default().push(one.part);
            }
        }
        for (group, parts) in wanted {
            if let [part] = parts.as_slice()
                && self.is_what_it_lacks(group, *part)
            {
                self.pairing.join(*part, group);
                self.pairing.groups[group as usize].ledger.push(*part);
            }
        }
    }

    /// Whether a unit is of an entry of retainage, which is no document of its own.
    pub(super) fn is_retainage_entry(&self, unit: &LedgerUnit<'_>) -> bool {
        retainage_entry(self.view, self.view.at(unit.document)).is_some()
    }

    fn entries_to_join(&self) -> Vec<Candidate<'a>> {
        let mut found = Vec::new();
        for (place, unit) in self.ledger.iter().enumerate() {
            let document = self.view.at(unit.document);
            let job = unit.job.filter(|job| self.is_anew(*job));
            let free = self.pairing.of_ledger[place] == NONE;
            let (Some(job), true, Standing::Counted) = (job, free, unit.standing) else {
                continue;
            };
            if let Some(entry) = retainage_entry(self.view, document) {
                found.push(Candidate {
                    part: index(place),
                    job,
                    entry,
                    document,
                });
            }
        }
        found
    }

    /// Living documents of these jobs by their numbers, each with one of its units.
    fn documents_by_number(
        &self,
        jobs: &BTreeSet<(Family, i64)>,
    ) -> FxHashMap<(Family, i64, String), Vec<u32>> {
        use DocumentKind::{Bill, Invoice, Purchase};
        let mut found: FxHashMap<_, Vec<u32>> = FxHashMap::default();
        for (place, unit) in self.ledger.iter().enumerate() {
            let Some(job) = unit.job.filter(|job| jobs.contains(&(unit.family, *job))) else {
                continue;
            };
            let document = self.view.at(unit.document);
            let asks = matches!(document.kind, Bill | Invoice | Purchase) && !document.is_refund;
            if asks && unit.standing != Standing::Void && !document.number.is_empty() {
                let key = (unit.family, job, compact(&document.number));
                found.entry(key).or_default().push(index(place));
            }
        }
        found
    }

    /// The group of the only document that an entry names; its number speaks before its memo.
    fn group_of_named(
        &self,
        one: &Candidate<'_>,
        documents: &FxHashMap<(Family, i64, String), Vec<u32>>,
    ) -> Option<u32> {
        let of = |numbers: BTreeSet<String>| -> Vec<u32> {
            let keys = numbers
                .into_iter()
                .map(|number| (one.entry.family, one.job, number));
            let places = keys.filter_map(|key| documents.get(&key)).flatten();
            let payable = |place: &&u32| {
                let document = self.view.at(self.ledger[**place as usize].document);
                one.entry.vendor.is_none_or(|vendor| {
                    document.kind == DocumentKind::Bill
                        && document.vendor.as_deref() == Some(vendor)
                })
            };
            places.filter(payable).copied().collect()
        };
        let mut named = of(named_by(&one.document.number));
        if named.is_empty() {
            named = of(named_in_words(one.document));
        }
        let [place] = named.as_slice() else {
            return None;
        };
        let whole = self.ledger[*place as usize].one_job;
        let group = self.pairing.of_ledger[*place as usize];
        (whole && group != NONE).then_some(group)
    }

    /// Whether an entry is exactly what a group lacks, on the one job that it is about.
    fn is_what_it_lacks(&self, group: u32, part: u32) -> bool {
        let entry = &self.ledger[part as usize];
        let group = &self.pairing.groups[group as usize];
        let project = group.project.iter().map(|place| {
            let unit = &self.project[*place as usize];
            (Some(unit.job), unit.entered)
        });
        let ledger = group.ledger.iter().map(|place| {
            let unit = &self.ledger[*place as usize];
            (unit.job, Share::NONE - unit.entered)
        });
        let mut lacks = Share::NONE - entry.entered;
        for (job, share) in project.chain(ledger) {
            if job != entry.job {
                return false;
            }
            lacks.main += share.main;
            lacks.retainage += share.retainage;
        }
        let joined = Group {
            ledger: vec![part],
            ..group.clone()
        };
        lacks.is_none() && !group.reversed && !self.refused(&joined)
    }
}
