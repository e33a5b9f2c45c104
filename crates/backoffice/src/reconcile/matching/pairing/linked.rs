//! What a person decided, and what an integration's id ties together.

use std::collections::{BTreeMap, BTreeSet};

use figures::Money;
use figures::model::DocumentKind;
use figures::source::SourceRef;

use super::super::links;
use super::{Evidence, Group, NONE, Run, index, project_ref};
use crate::reconcile::result::{PairBasis, PairKind};
use crate::reconcile::units::{Family, ProjectKind, ProjectUnit};

impl<'a> Run<'_, 'a> {
    /// Pairs that a person confirmed.
    pub(super) fn decided(&mut self) {
        let mut by_ref: BTreeMap<SourceRef, Vec<u32>> = BTreeMap::new();
        if self
            .decisions
            .confirmed_of(PairKind::Document)
            .next()
            .is_none()
        {
            return;
        }
        for (place, unit) in self.project.iter().enumerate() {
            by_ref
                .entry(project_ref(unit, self.view))
                .or_default()
                .push(index(place));
        }
        for decision in self.decisions.confirmed_of(PairKind::Document) {
            let kind = DocumentKind::from_entity(&decision.quickbooks.kind);
            let document = kind.and_then(|kind| self.view.document(kind, &decision.quickbooks.id));
            for unit in by_ref.get(&decision.procore).into_iter().flatten() {
                let family = self.project[*unit as usize].family;
                let ledger = document
                    .map(|at| self.parts_of(at, family))
                    .unwrap_or_default();
                self.add(Group {
                    family,
                    project: vec![*unit],
                    ledger,
                    basis: PairBasis::Confirmed,
                    score: 10_000,
                    evidence: Evidence::Confirmed,
                    reversed: false,
                });
            }
        }
    }

    /// Pairs that an integration's id ties together.
    pub(super) fn linked(&mut self) {
        let mut by_document: BTreeMap<(Family, u32), Vec<u32>> = BTreeMap::new();
        if let Some(memory) = self.memory {
            self.pairing.broken_links.clone_from(&memory.broken);
        }
        for (place, unit) in self.project.iter().enumerate() {
            let Some(link) = links::parse(unit.origin_id) else {
                continue;
            };
            let place = index(place);
            match self.link_target(unit, link) {
                Some(document) => {
                    by_document
                        .entry((unit.family, document))
                        .or_default()
                        .push(place);
                }
                None if self.is_fresh_unit(place) => self.note_broken(place, unit, link),
                None => {}
            }
        }
        for ((family, document), units) in by_document {
            let parts = self.parts_of(document, family);
            let fresh = units.iter().any(|unit| self.is_fresh_unit(*unit))
                || parts.iter().any(|part| self.is_fresh_part(*part));
            if !fresh {
                continue;
            }
            let free = |unit: &u32| self.pairing.of_project[*unit as usize] == NONE;
            let units: Vec<u32> = units.into_iter().filter(free).collect();
            for (project, ledger) in self.split(units, parts) {
                let group = Group {
                    family,
                    project,
                    ledger,
                    basis: PairBasis::Link,
                    score: 9_900,
                    evidence: Evidence::Link,
                    reversed: false,
                };
                self.add(group);
            }
        }
    }

    /// Several Procore documents linked to one ledger document: each takes the part of its own
    /// amount, its job's first; what is left goes by job.
    fn split(&self, project: Vec<u32>, mut ledger: Vec<u32>) -> Vec<(Vec<u32>, Vec<u32>)> {
        let gross = |part: &u32| self.ledger[*part as usize].shown.gross;
        let linked: Money = project
            .iter()
            .map(|unit| self.project[*unit as usize].shown.gross)
            .sum();
        if project.len() <= 1 && ledger.iter().map(gross).sum::<Money>() == linked {
            return vec![(project, ledger)];
        }
        let mut groups = Vec::new();
        let mut left = Vec::new();
        for unit in project {
            let one = &self.project[unit as usize];
            let equal = |part: &u32| self.ledger[*part as usize].shown.gross == one.shown.gross;
            let of_job = |part: &u32| self.ledger[*part as usize].job == Some(one.job);
            let best = ledger
                .iter()
                .position(|part| equal(part) && of_job(part))
                .or_else(|| ledger.iter().position(equal));
            match best {
                Some(at) => groups.push((vec![unit], vec![ledger.remove(at)])),
                None => left.push(unit),
            }
        }
        // Parts that nothing is linked to stay free for what they really are.
        if !left.is_empty() {
            groups.extend(self.split_by_job(left, ledger));
        }
        groups
    }

    /// Several Procore documents linked to one ledger document: each takes the part of its job,
    /// where the parts can be told apart that way.
    pub(super) fn split_by_job(
        &self,
        project: Vec<u32>,
        ledger: Vec<u32>,
    ) -> Vec<(Vec<u32>, Vec<u32>)> {
        if project.len() <= 1 {
            return vec![(project, ledger)];
        }
        let job_of = |unit: &u32| self.project[*unit as usize].job;
        let jobs: BTreeSet<i64> = project.iter().map(job_of).collect();
        let covered = ledger.iter().all(|part| {
            self.ledger[*part as usize]
                .job
                .is_some_and(|job| jobs.contains(&job))
        });
        if jobs.len() == 1 || !covered {
            return vec![(project, ledger)];
        }
        jobs.into_iter()
            .map(|job| {
                let of_job = ledger
                    .iter()
                    .copied()
                    .filter(|part| self.ledger[*part as usize].job == Some(job));
                let own = project.iter().copied().filter(|unit| job_of(unit) == job);
                (own.collect(), of_job.collect())
            })
            .collect()
    }

    pub(super) fn link_target(
        &self,
        unit: &ProjectUnit<'_>,
        link: links::OriginLink<'_>,
    ) -> Option<u32> {
        let kinds: &[DocumentKind] = match unit.family {
            Family::Contract => &[DocumentKind::Estimate],
            Family::Billing => &[DocumentKind::Invoice, DocumentKind::CreditMemo],
            Family::Receipt => &[DocumentKind::Payment],
            Family::Commitment => &[DocumentKind::PurchaseOrder],
            Family::Cost => &[
                DocumentKind::Bill,
                DocumentKind::Purchase,
                DocumentKind::VendorCredit,
                DocumentKind::JournalEntry,
            ],
            Family::Payment => &[DocumentKind::BillPayment],
        };
        let of_kind = |kind: &DocumentKind| link.kind.is_none_or(|named| named == *kind);
        kinds
            .iter()
            .filter(|kind| of_kind(kind))
            .find_map(|kind| self.view.document(*kind, link.id))
            .filter(|document| !self.parts_of(*document, unit.family).is_empty())
    }

    pub(super) fn note_broken(
        &mut self,
        place: u32,
        unit: &ProjectUnit<'_>,
        link: links::OriginLink<'_>,
    ) {
        // A paid direct cost has one link for its bill; the payment unit has none of its own.
        if unit.family == Family::Payment && unit.kind == ProjectKind::DirectCost {
            return;
        }
        let gone = self.view.lists.tombstones.iter().find(|tombstone| {
            tombstone.id == link.id
                && link
                    .kind
                    .is_none_or(|kind| kind.entity() == tombstone.entity)
        });
        let record = match (gone, link.kind) {
            (Some(gone), _) => SourceRef::quickbooks(&gone.entity, &gone.id),
            (None, Some(kind)) if link.certain && self.view.document(kind, link.id).is_none() => {
                SourceRef::quickbooks(kind.entity(), link.id)
            }
            _ => return,
        };
        self.pairing.broken_links.insert(place, record);
    }
}
