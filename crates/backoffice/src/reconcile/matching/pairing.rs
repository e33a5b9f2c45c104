//! Pairs the units of both sides, family by family.
//!
//! In each family: what a person decided, then links, then the document matcher within each job,
//! then the matcher over what is left in all jobs. Payments come last, because the documents that
//! they pay are the best evidence for them.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::DocumentKind;
use figures::source::SourceRef;
use figures::{Money, SmolStr};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::decisions::Decisions;
use super::jobs::JobMap;
use super::documents::{self, Amounts, Document, UNKNOWN};
use super::links;
use crate::reconcile::result::{Candidate, PairBasis, PairKind, Question, Score};
use crate::reconcile::units::{
    Family, LedgerUnit, Part, ProjectKind, ProjectUnit, Shown, Standing,
};
use crate::reconcile::view::View;

/// Units of both sides that are the same thing.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) family: Family,
    /// Places in the list of project units.
    pub(crate) project: Vec<u32>,
    /// Places in the list of ledger units.
    pub(crate) ledger: Vec<u32>,
    pub(crate) basis: PairBasis,
    pub(crate) score: u16,
    pub(crate) evidence: Evidence,
    /// Found only after the sign of the ledger side was turned round.
    pub(crate) reversed: bool,
}

/// What a group rests on; made into a sentence only when it is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Evidence {
    Confirmed,
    Link,
    /// The documents that they pay are the same.
    PaysTheSame,
    Matcher(documents::Evidence),
    /// Nothing else is left of this party or job near this date.
    OnlyOnesLeft,
    /// The ledger document was voided and keeps only its number.
    VoidedNumber,
    /// Several ledger documents are equal; this one is nearest in number and date.
    NearestTwin,
    /// The payroll of the job for that day.
    Payroll,
    /// The same owner paid the same amount at the same time.
    SameMoney,
    /// The job has one prime contract.
    OnlyContract,
}

impl Evidence {
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Confirmed => "a person confirmed it".to_owned(),
            Self::Link => "Procore's external id names it".to_owned(),
            Self::PaysTheSame => "both pay the same document".to_owned(),
            Self::Matcher(evidence) => evidence.sentence(),
            Self::VoidedNumber => "the voided document has the same number".to_owned(),
            Self::OnlyContract => "it is the only prime contract of the job".to_owned(),
            Self::SameMoney => "the owner, the amount and nearly the day agree".to_owned(),
            Self::NearestTwin => {
                "the amounts agree; of several equal documents this is the nearest".to_owned()
            }
            Self::Payroll => "it is the payroll of the job for that day".to_owned(),
            Self::OnlyOnesLeft => {
                "they are the only ones left near this date and alike in amount".to_owned()
            }
        }
    }
}

/// Which units belong together, and which are left.
#[derive(Debug, Default)]
pub(crate) struct Pairing {
    pub(crate) groups: Vec<Group>,
    /// Group of each project unit; `NONE` when it has none.
    pub(crate) of_project: Vec<u32>,
    /// Group of each ledger unit; `NONE` when it has none.
    pub(crate) of_ledger: Vec<u32>,
    /// Project units that a link ties to a ledger document which is gone.
    pub(crate) broken_links: BTreeMap<u32, SourceRef>,
    pub(crate) questions: Vec<Question>,
}

/// Equal documents further apart than this are not twins.
const TWIN_DAYS: i32 = 31;
/// Money that went astray is booked within this many days.
const ASTRAY_DAYS: i32 = 15;
/// Payroll is posted within this many days of the labor.
const PAYROLL_DAYS: i32 = 10;

/// No group.
pub(crate) const NONE: u32 = u32::MAX;

impl Pairing {
    fn new(project: usize, ledger: usize) -> Self {
        Self {
            of_project: vec![NONE; project],
            of_ledger: vec![NONE; ledger],
            ..Self::default()
        }
    }

    fn add(&mut self, group: Group) {
        let free = group.project.iter().all(|unit| self.of_project[*unit as usize] == NONE)
            && group.ledger.iter().all(|unit| self.of_ledger[*unit as usize] == NONE);
        if !free || group.project.is_empty() || group.ledger.is_empty() {
            return;
        }
        let number = u32::try_from(self.groups.len()).unwrap_or(NONE);
        for unit in &group.project {
            self.of_project[*unit as usize] = number;
        }
        for unit in &group.ledger {
            self.of_ledger[*unit as usize] = number;
        }
        self.groups.push(group);
    }
}

/// Pairs all units.
pub(crate) fn pair(
    view: &View<'_>,
    project: &[ProjectUnit<'_>],
    ledger: &[LedgerUnit<'_>],
    job_map: &JobMap,
    decisions: &Decisions,
) -> Pairing {
    let mut run = Run::new(view, project, ledger, job_map, decisions);
    run.decided();
    run.linked();
    run.match_payroll();
    for family in [Family::Contract, Family::Billing, Family::Commitment, Family::Cost] {
        run.match_family(family);
    }
    run.further_estimates();
    for family in [Family::Receipt, Family::Payment] {
        run.match_paying(family);
        run.match_astray(family);
        run.match_family(family);
    }
    for family in Family::ALL {
        run.match_ghosts(family);
    }
    run.pairing
}

struct Run<'r, 'a> {
    view: &'r View<'a>,
    project: &'r [ProjectUnit<'a>],
    ledger: &'r [LedgerUnit<'a>],
    decisions: &'r Decisions,
    job_map: &'r JobMap,
    /// Ledger units of each document.
    parts: FxHashMap<u32, Vec<u32>>,
    jobs: FxHashMap<i64, u32>,
    /// Whether any ledger document carries retainage.
    enters_retainage: bool,
    pairing: Pairing,
}

/// Reference to a unit's Procore record.
pub(crate) fn project_ref(unit: &ProjectUnit<'_>, view: &View<'_>) -> SourceRef {
    let kind = match unit.kind {
        ProjectKind::PrimeContract => "prime_contract",
        ProjectKind::PayApplication => "payment_application",
        ProjectKind::ContractPayment => "contract_payment",
        ProjectKind::Commitment => {
            view.project.commitments[unit.place as usize].kind.record_kind()
        }
        ProjectKind::SubcontractorInvoice => "requisition",
        ProjectKind::DirectCost => "direct_cost",
    };
    SourceRef::procore(kind, unit.id)
}

/// A unit that stands: it counts, or will count when its day comes.
fn stands(standing: Standing) -> bool {
    matches!(standing, Standing::Counted | Standing::Later)
}

impl<'r, 'a> Run<'r, 'a> {
    fn new(
        view: &'r View<'a>,
        project: &'r [ProjectUnit<'a>],
        ledger: &'r [LedgerUnit<'a>],
        job_map: &'r JobMap,
        decisions: &'r Decisions,
    ) -> Self {
        let mut parts: FxHashMap<u32, Vec<u32>> = FxHashMap::default();
        for (place, unit) in ledger.iter().enumerate() {
            parts.entry(unit.document).or_default().push(index(place));
        }
        let jobs = view
            .project
            .projects
            .iter()
            .enumerate()
            .map(|(place, job)| (job.id, index(place)))
            .collect();
        let pairing = Pairing::new(project.len(), ledger.len());
        let enters_retainage = ledger.iter().any(|unit| unit.shown.gross != unit.shown.net);
        Self { view, project, ledger, decisions, job_map, parts, jobs, enters_retainage, pairing }
    }

    /// Pairs that a person confirmed.
    fn decided(&mut self) {
        let mut by_ref: BTreeMap<SourceRef, Vec<u32>> = BTreeMap::new();
        if self.decisions.confirmed_of(PairKind::Document).next().is_none() {
            return;
        }
        for (place, unit) in self.project.iter().enumerate() {
            by_ref.entry(project_ref(unit, self.view)).or_default().push(index(place));
        }
        for decision in self.decisions.confirmed_of(PairKind::Document) {
            let kind = DocumentKind::from_entity(&decision.quickbooks.kind);
            let document =
                kind.and_then(|kind| self.view.document(kind, &decision.quickbooks.id));
            for unit in by_ref.get(&decision.procore).into_iter().flatten() {
                let family = self.project[*unit as usize].family;
                let ledger = document.map(|at| self.parts_of(at, family)).unwrap_or_default();
                self.pairing.add(Group {
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

    fn parts_of(&self, document: u32, family: Family) -> Vec<u32> {
        let parts = self.parts.get(&document).map(Vec::as_slice).unwrap_or_default();
        parts.iter().copied().filter(|part| self.ledger[*part as usize].family == family).collect()
    }

    /// Pairs that an integration's id ties together.
    fn linked(&mut self) {
        let mut by_document: BTreeMap<(Family, u32), Vec<u32>> = BTreeMap::new();
        for (place, unit) in self.project.iter().enumerate() {
            let Some(link) = links::parse(unit.origin_id) else { continue };
            let place = index(place);
            match self.link_target(unit, link) {
                Some(document) => {
                    by_document.entry((unit.family, document)).or_default().push(place);
                }
                None => self.note_broken(place, unit, link),
            }
        }
        for ((family, document), units) in by_document {
            let free = |unit: &u32| self.pairing.of_project[*unit as usize] == NONE;
            let units: Vec<u32> = units.into_iter().filter(free).collect();
            let ledger = self.parts_of(document, family);
            for (project, ledger) in self.split_by_job(units, ledger) {
                let group = Group {
                    family,
                    project,
                    ledger,
                    basis: PairBasis::Link,
                    score: 9_900,
                    evidence: Evidence::Link,
                    reversed: false,
                };
                self.pairing.add(group);
            }
        }
    }

    /// Several Procore documents linked to one ledger document: each takes the part of its job,
    /// where the parts can be told apart that way.
    fn split_by_job(&self, project: Vec<u32>, ledger: Vec<u32>) -> Vec<(Vec<u32>, Vec<u32>)> {
        if project.len() <= 1 {
            return vec![(project, ledger)];
        }
        let job_of = |unit: &u32| self.project[*unit as usize].job;
        let jobs: BTreeSet<i64> = project.iter().map(job_of).collect();
        let covered = ledger
            .iter()
            .all(|part| self.ledger[*part as usize].job.is_some_and(|job| jobs.contains(&job)));
        if jobs.len() == 1 || !covered {
            return vec![(project, ledger)];
        }
        jobs.into_iter()
            .map(|job| {
                let of_job =
                    ledger.iter().copied().filter(|part| self.ledger[*part as usize].job == Some(job));
                let own = project.iter().copied().filter(|unit| job_of(unit) == job);
                (own.collect(), of_job.collect())
            })
            .collect()
    }

    fn link_target(&self, unit: &ProjectUnit<'_>, link: links::OriginLink<'_>) -> Option<u32> {
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

    fn note_broken(&mut self, place: u32, unit: &ProjectUnit<'_>, link: links::OriginLink<'_>) {
        // A paid direct cost has one link for its bill; the payment unit has none of its own.
        if unit.family == Family::Payment && unit.kind == ProjectKind::DirectCost {
            return;
        }
        let gone = self.view.ledger.tombstones.iter().find(|tombstone| {
            tombstone.id == link.id && link.kind.is_none_or(|kind| kind.entity() == tombstone.entity)
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

    fn free_project(&self, family: Family) -> impl Iterator<Item = u32> + '_ {
        self.project.iter().enumerate().filter_map(move |(place, unit)| {
            let free = unit.family == family
                && stands(unit.standing)
                && self.pairing.of_project[place] == NONE
                && !self.pairing.broken_links.contains_key(&index(place));
            free.then_some(index(place))
        })
    }

    fn free_ledger(&self, family: Family) -> impl Iterator<Item = u32> + '_ {
        self.ledger.iter().enumerate().filter_map(move |(place, unit)| {
            let free = unit.family == family
                && stands(unit.standing)
                && unit.part != Part::Retainage
                && self.pairing.of_ledger[place] == NONE;
            free.then_some(index(place))
        })
    }

    /// The matcher within each job, then over everything that is left.
    fn match_family(&mut self, family: Family) {
        let mut by_job: BTreeMap<i64, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for unit in self.free_project(family) {
            by_job.entry(self.project[unit as usize].job).or_default().0.push(unit);
        }
        for unit in self.free_ledger(family) {
            if let Some(job) = self.ledger[unit as usize].job {
                by_job.entry(job).or_default().1.push(unit);
            }
        }
        let blocks: Vec<(Vec<u32>, Vec<u32>)> = by_job
            .into_values()
            .filter(|(project, ledger)| !project.is_empty() && !ledger.is_empty())
            .collect();
        let found: Vec<Matched> = blocks
            .par_iter()
            .map(|(project, ledger)| self.match_block(family, project, ledger, (Reach::OneJob, Sign::AsIs)))
            .collect();
        let asked = found.into_iter().flat_map(|matched| self.accept(matched)).collect();
        self.twins(&blocks);
        self.rebills(family);
        self.only_ones_left(family, &blocks);

        for sign in [Sign::AsIs, Sign::Reversed] {
            let project: Vec<u32> = self.free_project(family).collect();
            let ledger: Vec<u32> = self.free_ledger(family).collect();
            if !project.is_empty() && !ledger.is_empty() {
                let matched = self.match_block(family, &project, &ledger, (Reach::AllJobs, sign));
                self.accept(matched);
            }
        }
        self.ask(asked);
    }

    fn accept(&mut self, matched: Matched) -> Vec<Asked> {
        for group in matched.groups {
            if !self.refused(&group) {
                self.pairing.add(group);
            }
        }
        matched.asked
    }

    fn refused(&self, group: &Group) -> bool {
        !self.decisions.refused.is_empty()
            && group.project.iter().any(|unit| {
                let procore = project_ref(&self.project[*unit as usize], self.view);
                group.ledger.iter().any(|part| {
                    let document = self.view.at(self.ledger[*part as usize].document);
                    self.decisions.refuses(PairKind::Document, &procore, &document.source())
                })
            })
    }

    /// Runs the document matcher over one block.
    fn match_block(
        &self,
        family: Family,
        project: &[u32],
        ledger: &[u32],
        (reach, sign): (Reach, Sign),
    ) -> Matched {
        let ids: (Vec<String>, Vec<String>) = (
            project.iter().map(|unit| format!("{unit:09}")).collect(),
            ledger.iter().map(|unit| format!("{unit:09}")).collect(),
        );
        let owner_side = matches!(family, Family::Contract | Family::Billing | Family::Receipt);
        // On the owner's side the job says who the party is; over several jobs nobody does.
        let owner = |party: u32, job: Option<i64>| match (owner_side, reach) {
            (false, _) => party,
            (true, Reach::AllJobs) => UNKNOWN,
            (true, Reach::OneJob) => {
                job.and_then(|job| self.jobs.get(&job)).copied().unwrap_or(UNKNOWN)
            }
        };
        let left: Vec<Document<'_>> = project
            .iter()
            .zip(&ids.0)
            .map(|(unit, id)| {
                let unit = &self.project[*unit as usize];
                Document {
                    id,
                    party: owner(unit.party, Some(unit.job)),
                    party_name: if owner_side { "" } else { unit.party_name },
                    number: if is_sequence(unit.number) { "" } else { unit.number },
                    amounts: amounts(&self.as_entered(unit), Sign::AsIs),
                    date: unit.date,
                    job: self.jobs.get(&unit.job).copied().unwrap_or(UNKNOWN),
                }
            })
            .collect();
        let right: Vec<Document<'_>> = ledger
            .iter()
            .zip(&ids.1)
            .map(|(unit, id)| {
                let unit = &self.ledger[*unit as usize];
                let job = unit.job.and_then(|job| self.jobs.get(&job)).copied();
                Document {
                    id,
                    party: owner(unit.party, unit.job),
                    party_name: if owner_side { "" } else { unit.party_name },
                    number: unit.number,
                    amounts: amounts(&unit.shown, sign),
                    date: unit.date,
                    job: job.unwrap_or(UNKNOWN),
                }
            })
            .collect();
        let matching = documents::pair_documents(&left, &right, &documents::Policy::default());
        let groups = matching.pairs.into_iter().map(|pair| Group {
            family,
            project: pair.left.rows().iter().map(|row| project[*row as usize]).collect(),
            ledger: pair.right.rows().iter().map(|row| ledger[*row as usize]).collect(),
            basis: match pair.basis {
                documents::Basis::Number => PairBasis::Number,
                documents::Basis::Scored => PairBasis::Scored,
            },
            score: pair.score,
            evidence: Evidence::Matcher(pair.evidence),
            reversed: matches!(sign, Sign::Reversed),
        });
        let groups = groups.collect();
        let asked = matching.questions.into_iter().map(|question| Asked {
            unit: project[question.left as usize],
            candidates: question
                .candidates
                .iter()
                .map(|candidate| {
                    (ledger[candidate.right as usize], candidate.score, candidate.evidence)
                })
                .collect(),
        });
        Matched { groups, asked: asked.collect() }
    }

    /// What is left on one side against what was voided, deleted or never approved on the other.
    fn match_ghosts(&mut self, family: Family) {
        let drafts: Vec<u32> = self
            .project
            .iter()
            .enumerate()
            .filter(|(place, unit)| {
                unit.family == family
                    && !stands(unit.standing)
                    && self.pairing.of_project[*place] == NONE
            })
            .map(|(place, _)| index(place))
            .collect();
        let living: Vec<u32> = self
            .free_ledger(family)
            .filter(|unit| self.ledger[*unit as usize].job.is_some())
            .collect();
        if !drafts.is_empty() && !living.is_empty() {
            let matched = self.match_block(family, &drafts, &living, (Reach::AllJobs, Sign::AsIs));
            self.accept(matched);
        }
        let mut voided: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (place, unit) in self.ledger.iter().enumerate() {
            let gone = unit.family == family && unit.standing == Standing::Void;
            if gone && self.pairing.of_ledger[place] == NONE {
                let context = self.context_key(family, unit.party, unit.job);
                voided.entry(context).or_default().push(index(place));
            }
        }
        if voided.is_empty() {
            return;
        }
        let left: Vec<u32> = self.free_project(family).collect();
        for place in left {
            let unit = &self.project[place as usize];
            let context = self.context_key(family, unit.party, Some(unit.job));
            let Some(gone) = voided.get_mut(&context) else { continue };
            let known = |part: &u32| self.is_voided_twin(unit, *part);
            let found = gone.iter().position(|part| known(part) == Some(true)).or_else(|| {
                // Without a number, the only one of its party near the date.
                let mut near = gone.iter().enumerate().filter(|(_, part)| known(part).is_none());
                near.next().filter(|_| near.next().is_none()).map(|(at, _)| at)
            });
            if let Some(at) = found {
                self.pairing.add(Group {
                    family,
                    project: vec![place],
                    ledger: vec![gone.remove(at)],
                    basis: PairBasis::Number,
                    score: 9_000,
                    evidence: Evidence::VoidedNumber,
                    reversed: false,
                });
            }
        }
    }

    /// Whether a voided document has the unit's number; nothing when it has no number to tell by
    /// but lies near the date.
    fn is_voided_twin(&self, unit: &ProjectUnit<'_>, part: u32) -> Option<bool> {
        let other = &self.ledger[part as usize];
        let (one, two) = (compact(unit.number), compact(other.number));
        if !one.is_empty() && !two.is_empty() {
            return Some(one == two || one.ends_with(&two) || two.ends_with(&one));
        }
        let near = match (unit.date, other.date) {
            (Some(one), Some(two)) => figures::dates::days_between(one, two).abs() <= 7,
            _ => false,
        };
        (!near).then_some(false)
    }

    /// What must agree besides the number: the job on the owner's side, the party otherwise.
    fn context_key(&self, family: Family, party: u32, job: Option<i64>) -> u32 {
        if matches!(family, Family::Contract | Family::Billing | Family::Receipt) {
            job.and_then(|job| self.jobs.get(&job)).copied().unwrap_or(UNKNOWN)
        } else {
            party
        }
    }

    /// One Procore document and several ledger documents of the same amount: the matcher finds
    /// them equally good and chooses none. One of them is the partner, the one nearest in date;
    /// the others are left to be called duplicates.
    fn twins(&mut self, blocks: &[(Vec<u32>, Vec<u32>)]) {
        for (project, ledger) in blocks {
            let mut same: BTreeMap<(u32, Money), Vec<u32>> = BTreeMap::new();
            for part in ledger.iter().filter(|part| self.pairing.of_ledger[**part as usize] == NONE)
            {
                let unit = &self.ledger[*part as usize];
                let owner_side = matches!(
                    unit.family,
                    Family::Contract | Family::Billing | Family::Receipt
                );
                let key = (if owner_side { UNKNOWN } else { unit.party }, unit.shown.net);
                same.entry(key).or_default().push(*part);
            }
            let free: Vec<u32> = project
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                .collect();
            for place in free {
                let unit = &self.project[place as usize];
                let owner_side = matches!(
                    unit.family,
                    Family::Contract | Family::Billing | Family::Receipt
                );
                let party = if owner_side { UNKNOWN } else { unit.party };
                let key = (party, unit.shown.net);
                let Some(candidates) = same.get(&key).filter(|all| all.len() > 1) else { continue };
                let apart = |part: &u32| {
                    let other = &self.ledger[*part as usize];
                    match (unit.date, other.date) {
                        (Some(one), Some(other)) => {
                            figures::dates::days_between(one, other).abs()
                        }
                        _ => i32::MAX,
                    }
                };
                let best = candidates
                    .iter()
                    .copied()
                    .filter(|part| self.pairing.of_ledger[*part as usize] == NONE)
                    .filter(|part| apart(part) <= TWIN_DAYS)
                    .min_by_key(|part| {
                        let number = self.ledger[*part as usize].number;
                        (number.is_empty(), number.len(), apart(part), *part)
                    });
                if let Some(part) = best {
                    self.pairing.add(Group {
                        family: unit.family,
                        project: vec![place],
                        ledger: vec![part],
                        basis: PairBasis::Scored,
                        score: 8_000,
                        evidence: Evidence::NearestTwin,
                        reversed: false,
                    });
                }
            }
        }
    }

    /// Credit and rebill: a document that was credited in full and entered again is stood for by
    /// the one entered again.
    fn rebills(&mut self, family: Family) {
        if !matches!(family, Family::Billing | Family::Cost) {
            return;
        }
        let key = |unit: &LedgerUnit<'_>, sign: i64| {
            let net = Money::from_cents(sign * unit.shown.net.cents());
            (unit.party, unit.job, Money::from_cents(sign * unit.shown.gross.cents()), net)
        };
        let mut entered: BTreeMap<_, Vec<u32>> = BTreeMap::new();
        let mut credits = Vec::new();
        for place in self.free_ledger(family) {
            let unit = &self.ledger[place as usize];
            if unit.shown.gross < Money::ZERO {
                credits.push(place);
            } else {
                entered.entry(key(unit, 1)).or_default().push(place);
            }
        }
        if credits.is_empty() || entered.is_empty() {
            return;
        }
        let mut paired: BTreeMap<_, Vec<u32>> = BTreeMap::new();
        for (place, unit) in self.ledger.iter().enumerate() {
            let group = self.pairing.of_ledger[place];
            if unit.family == family && group != NONE {
                paired.entry(key(unit, 1)).or_default().push(index(place));
            }
        }
        for credit in credits {
            let unit = &self.ledger[credit as usize];
            let same = key(unit, -1);
            let (Some(before), Some(again)) = (paired.get(&same), entered.get_mut(&same)) else {
                continue;
            };
            let held = before.iter().copied().find(|place| {
                self.ledger[*place as usize].date <= unit.date
                    && self.pairing.groups[self.pairing.of_ledger[*place as usize] as usize]
                        .basis
                        > PairBasis::Link
            });
            let later = again.iter().position(|place| self.ledger[*place as usize].date >= unit.date);
            if let (Some(held), Some(later)) = (held, later) {
                let again = again.remove(later);
                let group = self.pairing.of_ledger[held as usize];
                self.pairing.of_ledger[held as usize] = NONE;
                self.pairing.of_ledger[again as usize] = group;
                let group = &mut self.pairing.groups[group as usize];
                for part in &mut group.ledger {
                    if *part == held {
                        *part = again;
                    }
                }
            }
        }
    }

    /// Estimates that are left belong to the only prime contract of their job: each change order
    /// may have an estimate of its own.
    fn further_estimates(&mut self) {
        let mut primes: BTreeMap<i64, Vec<u32>> = BTreeMap::new();
        for place in 0..self.project.len() {
            let unit = &self.project[place];
            if unit.family == Family::Contract && unit.standing == Standing::Counted {
                primes.entry(unit.job).or_default().push(index(place));
            }
        }
        let left: Vec<u32> = self.free_ledger(Family::Contract).collect();
        for place in left {
            let unit = &self.ledger[place as usize];
            let Some([prime]) = unit.job.and_then(|job| primes.get(&job)).map(Vec::as_slice) else {
                continue;
            };
            match self.pairing.of_project[*prime as usize] {
                NONE => self.pairing.add(Group {
                    family: Family::Contract,
                    project: vec![*prime],
                    ledger: vec![place],
                    basis: PairBasis::Scored,
                    score: 8_000,
                    evidence: Evidence::OnlyContract,
                    reversed: false,
                }),
                group => {
                    self.pairing.of_ledger[place as usize] = group;
                    self.pairing.groups[group as usize].ledger.push(place);
                }
            }
        }
    }

    /// Labor: payroll costs of a job against the payroll journals of that job. They have no
    /// numbers and no parties, but equal amounts on nearly equal days, and wages and burden apart.
    fn match_payroll(&mut self) {
        let mut blocks: BTreeMap<i64, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for place in self.free_project(Family::Cost) {
            let unit = &self.project[place as usize];
            let payroll = unit.kind == ProjectKind::DirectCost
                && self.view.project.direct_costs[unit.place as usize].kind == "payroll";
            if payroll {
                blocks.entry(unit.job).or_default().0.push(place);
            }
        }
        for place in self.free_ledger(Family::Cost) {
            let unit = &self.ledger[place as usize];
            let journal = self.view.at(unit.document).kind == DocumentKind::JournalEntry;
            if let Some(job) = unit.job.filter(|_| journal) {
                blocks.entry(job).or_default().1.push(place);
            }
        }
        for (project, ledger) in blocks.into_values() {
            self.match_labor(&project, &ledger, |one, other| one == other);
            self.match_crews(&project, &ledger);
            self.match_labor(&project, &ledger, same_order);
        }
        self.match_strayed_labor();
    }

    /// Labor entered worker by worker: all costs of a day against the part of the job's journal
    /// that they sum to, else the fewest of them that do.
    fn match_crews(&mut self, project: &[u32], ledger: &[u32]) {
        for part in ledger {
            let posted = &self.ledger[*part as usize];
            if self.pairing.of_ledger[*part as usize] != NONE {
                continue;
            }
            let apart = |unit: &u32| {
                let date = self.project[*unit as usize].date.zip(posted.date);
                date.map_or(i32::MAX, |(one, two)| figures::dates::days_between(one, two).abs())
            };
            let mut costs: Vec<u32> = project
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                .filter(|unit| apart(unit) <= PAYROLL_DAYS)
                .collect();
            costs.sort_by_key(|unit| (apart(unit), *unit));
            let nearest = costs.first().map(apart);
            let of_day: Vec<u32> =
                costs.iter().copied().filter(|unit| Some(apart(unit)) == nearest).collect();
            let sum: Money =
                of_day.iter().map(|unit| self.project[*unit as usize].shown.gross).sum();
            let chosen = if sum == posted.shown.gross {
                Some(of_day)
            } else {
                self.summing_to(&costs, posted.shown.gross)
            };
            if let Some(project) = chosen {
                self.pairing.add(Group {
                    family: Family::Cost,
                    project,
                    ledger: vec![*part],
                    basis: PairBasis::Scored,
                    score: 9_200,
                    evidence: Evidence::Payroll,
                    reversed: false,
                });
            }
        }
    }

    /// Labor that the journal of its day posted to another job, or to none: one cost against one
    /// part, else the costs left of a day against the parts left, when they sum to the same.
    fn match_strayed_labor(&mut self) {
        let project: Vec<u32> = self
            .free_project(Family::Cost)
            .filter(|place| {
                let unit = &self.project[*place as usize];
                unit.kind == ProjectKind::DirectCost
                    && self.view.project.direct_costs[unit.place as usize].kind == "payroll"
            })
            .collect();
        let ledger: Vec<u32> = self
            .free_ledger(Family::Cost)
            .filter(|place| {
                let document = self.view.at(self.ledger[*place as usize].document);
                document.kind == DocumentKind::JournalEntry
            })
            .collect();
        self.match_labor(&project, &ledger, |one, other| one == other);
        let mut by_day: BTreeMap<_, LaborOfDay> = BTreeMap::new();
        for unit in project.iter().filter(|unit| self.pairing.of_project[**unit as usize] == NONE) {
            by_day.entry(self.project[*unit as usize].date).or_default().0.push(*unit);
        }
        for part in ledger.iter().filter(|part| self.pairing.of_ledger[**part as usize] == NONE) {
            let unit = &self.ledger[*part as usize];
            let journals = &mut by_day.entry(unit.date).or_default().1;
            journals.entry(unit.document).or_default().push(*part);
        }
        for (costs, journals) in by_day.into_values() {
            for parts in journals.into_values() {
                let posted: Money =
                    parts.iter().map(|part| self.ledger[*part as usize].shown.gross).sum();
                let free: Vec<u32> = costs
                    .iter()
                    .copied()
                    .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                    .collect();
                if let Some(costs) = self.summing_to(&free, posted) {
                    self.pairing.add(Group {
                        family: Family::Cost,
                        project: costs,
                        ledger: parts,
                        basis: PairBasis::Scored,
                        score: 8_500,
                        evidence: Evidence::Payroll,
                        reversed: false,
                    });
                }
            }
        }
    }

    /// The fewest of a few costs that sum to an amount.
    fn summing_to(&self, costs: &[u32], amount: Money) -> Option<Vec<u32>> {
        let costs = &costs[..costs.len().min(12)];
        let chosen = |mask: u32| {
            costs.iter().enumerate().filter(move |(at, _)| mask & (1 << at) != 0).map(|(_, one)| *one)
        };
        let sum = |mask: u32| -> Money {
            chosen(mask).map(|unit| self.project[unit as usize].shown.gross).sum()
        };
        (1_u32..1 << costs.len())
            .filter(|mask| sum(*mask) == amount)
            .min_by_key(|mask| mask.count_ones())
            .map(|mask| chosen(mask).collect())
    }

    /// Pairs labor of one job by amount and nearest day.
    fn match_labor(
        &mut self,
        project: &[u32],
        ledger: &[u32],
        agree: impl Fn(Money, Money) -> bool,
    ) {
        let mut near: Vec<(i32, u32, u32)> = Vec::new();
        for unit in project.iter().filter(|unit| self.pairing.of_project[**unit as usize] == NONE) {
            for part in ledger.iter().filter(|part| self.pairing.of_ledger[**part as usize] == NONE)
            {
                let (one, other) = (&self.project[*unit as usize], &self.ledger[*part as usize]);
                let (Some(day), Some(posted)) = (one.date, other.date) else { continue };
                let apart = figures::dates::days_between(day, posted).abs();
                if apart <= PAYROLL_DAYS && agree(one.shown.gross, other.shown.gross) {
                    near.push((apart, *unit, *part));
                }
            }
        }
        near.sort_unstable();
        for (_, unit, part) in near {
            self.pairing.add(Group {
                family: Family::Cost,
                project: vec![unit],
                ledger: vec![part],
                basis: PairBasis::Scored,
                score: 9_400,
                evidence: Evidence::Payroll,
                reversed: false,
            });
        }
    }

    /// Money received that never reached its invoice: unapplied, or deposited straight to income or
    /// to receivables. The owner, the amount and nearly the day are what is left to go by.
    fn match_astray(&mut self, family: Family) {
        if family != Family::Receipt {
            return;
        }
        let mut by_amount: BTreeMap<Money, Vec<u32>> = BTreeMap::new();
        for place in self.free_ledger(family) {
            let unit = &self.ledger[place as usize];
            // A payment that did reach an invoice of the job comes before money gone astray.
            if unit.part != Part::Applied || unit.job.is_some() {
                by_amount.entry(unit.shown.gross).or_default().push(place);
            }
        }
        let mut near: Vec<(bool, bool, i32, u32, u32)> = Vec::new();
        for place in self.free_project(family) {
            let unit = &self.project[place as usize];
            for part in by_amount.get(&unit.shown.gross).into_iter().flatten() {
                let other = &self.ledger[*part as usize];
                let (Some(one), Some(two)) = (unit.date, other.date) else { continue };
                let apart = figures::dates::days_between(one, two).abs();
                let number = compact(unit.number);
                let same_number = !number.is_empty() && number == compact(other.number);
                if (apart <= ASTRAY_DAYS || same_number) && self.may_be_owner(unit.job, other) {
                    let astray = other.part != Part::Applied;
                    near.push((astray, !same_number, apart, place, *part));
                }
            }
        }
        near.sort_unstable();
        for (_, other_number, _, unit, part) in near {
            self.pairing.add(Group {
                family,
                project: vec![unit],
                ledger: vec![part],
                basis: if other_number { PairBasis::Scored } else { PairBasis::Number },
                score: 8_600,
                evidence: Evidence::SameMoney,
                reversed: false,
            });
        }
    }

    /// Whether a receipt names the owner of a job, or nobody.
    fn may_be_owner(&self, job: i64, unit: &LedgerUnit<'_>) -> bool {
        if unit.job.is_some() {
            return unit.job == Some(job);
        }
        let document = self.view.at(unit.document);
        let amount = unit.shown.gross;
        let line = document.lines.iter().find(|line| line.amount == amount);
        let named = document.customer.as_deref().or(line.and_then(|line| line.customer.as_deref()));
        let Some(named) = named else { return true };
        let customers = self.job_map.customers.get(&job).map(Vec::as_slice).unwrap_or_default();
        customers.iter().any(|own| self.view.root_customer(own) == self.view.root_customer(named))
    }

    /// Within a job: two documents of one party that are alone near one date, have no numbers
    /// that contradict each other, and amounts of one order. They differ, and that is the point.
    fn only_ones_left(&mut self, family: Family, blocks: &[(Vec<u32>, Vec<u32>)]) {
        if matches!(family, Family::Receipt | Family::Payment) {
            return;
        }
        for (project, ledger) in blocks {
            let free_project: Vec<u32> = project
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_project[*unit as usize] == NONE)
                .collect();
            let free_ledger: Vec<u32> = ledger
                .iter()
                .copied()
                .filter(|unit| self.pairing.of_ledger[*unit as usize] == NONE)
                .collect();
            if free_project.is_empty() || free_ledger.is_empty() || free_ledger.len() > 2_000 {
                continue;
            }
            let near = |unit: u32, part: u32| self.may_be(unit, part);
            let mut groups = Vec::new();
            for unit in &free_project {
                let mut partners = free_ledger.iter().filter(|part| near(*unit, **part));
                let (Some(part), None) = (partners.next(), partners.next()) else { continue };
                if free_project.iter().filter(|other| near(**other, *part)).count() == 1 {
                    groups.push((*unit, *part));
                }
            }
            for (unit, part) in groups {
                let group = Group {
                    family,
                    project: vec![unit],
                    ledger: vec![part],
                    basis: PairBasis::Scored,
                    score: 7_500,
                    evidence: Evidence::OnlyOnesLeft,
                    reversed: false,
                };
                if !self.refused(&group) {
                    self.pairing.add(group);
                }
            }
        }
    }

    fn may_be(&self, unit: u32, part: u32) -> bool {
        let (one, other) = (&self.project[unit as usize], &self.ledger[part as usize]);
        let billing = one.family == Family::Billing;
        let same_party = matches!(one.family, Family::Billing | Family::Contract)
            || (one.party == other.party && one.party != UNKNOWN);
        let apart = match (one.date, other.date) {
            (Some(one), Some(other)) => figures::dates::days_between(one, other).abs(),
            _ => i32::MAX,
        };
        let near = matches!(one.family, Family::Commitment | Family::Contract) || apart <= 4;
        let numbers_allow = billing
            || one.family == Family::Contract
            || one.number.is_empty()
            || other.number.is_empty();
        same_party
            && near
            && numbers_allow
            && (same_order(one.shown.gross, other.shown.gross)
                || same_order(one.shown.net, other.shown.net))
    }

    /// The amounts of a Procore document as this office enters them: an office whose documents
    /// carry no retainage at all enters the net amount.
    fn as_entered(&self, unit: &ProjectUnit<'_>) -> Shown {
        if self.enters_retainage {
            return unit.shown;
        }
        Shown { gross: unit.shown.net, ..unit.shown }
    }

    /// Questions about units that are still free at the end of their family.
    fn ask(&mut self, asked: Vec<Asked>) {
        for question in asked {
            let free = |unit: u32| self.pairing.of_ledger[unit as usize] == NONE;
            if self.pairing.of_project[question.unit as usize] != NONE {
                continue;
            }
            let about = project_ref(&self.project[question.unit as usize], self.view);
            let candidates: Vec<Candidate> = question
                .candidates
                .iter()
                .filter(|(unit, _, _)| free(*unit))
                .map(|(unit, score, evidence)| Candidate {
                    record: self.view.at(self.ledger[*unit as usize].document).source(),
                    score: Score(*score),
                    evidence: evidence.sentence(),
                })
                .filter(|candidate| {
                    !self.decisions.refuses(PairKind::Document, &about, &candidate.record)
                })
                .collect();
            if candidates.is_empty() {
                continue;
            }
            let text = format!("Is {about} the same as {}?", candidates[0].record);
            let id = SmolStr::new(format!("qst_{}_{}", about.kind, about.id));
            let kind = PairKind::Document;
            self.pairing.questions.push(Question { id, kind, about, candidates, text });
        }
    }

    /// Payments of documents that are paired: what pays one side of a pair is matched with what
    /// pays the other side.
    fn match_paying(&mut self, family: Family) {
        let targets = self.targets(family);
        let mut blocks: BTreeMap<u32, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
        for unit in self.free_project(family) {
            if let Some(group) = targets.get(&unit) {
                blocks.entry(*group).or_default().0.push(unit);
            }
        }
        let of_document = self.groups_of_documents();
        for unit in self.free_ledger(family) {
            let pays = self.ledger[unit as usize].pays;
            if let Some(group) = pays.and_then(|document| of_document.get(&document)) {
                blocks.entry(*group).or_default().1.push(unit);
            }
        }
        let blocks: Vec<_> = blocks
            .into_values()
            .filter(|(project, ledger)| !project.is_empty() && !ledger.is_empty())
            .collect();
        let found: Vec<Vec<Group>> =
            blocks.par_iter().map(|(project, ledger)| self.same_target(family, project, ledger)).collect();
        for mut group in found.into_iter().flatten() {
            self.take_unapplied(&mut group);
            if !self.refused(&group) {
                self.pairing.add(group);
            }
        }
    }

    /// A payment that was applied only in part: what it leaves unapplied is of the same payment.
    fn take_unapplied(&self, group: &mut Group) {
        let sum = |group: &Group| -> (Money, Money) {
            (
                group.project.iter().map(|unit| self.project[*unit as usize].shown.gross).sum(),
                group.ledger.iter().map(|part| self.ledger[*part as usize].shown.gross).sum(),
            )
        };
        let (received, applied) = sum(group);
        if received <= applied {
            return;
        }
        let rest = group.ledger.iter().find_map(|part| {
            let parts = self.parts.get(&self.ledger[*part as usize].document)?;
            parts.iter().copied().find(|other| {
                let unit = &self.ledger[*other as usize];
                unit.part == Part::Unapplied
                    && unit.shown.gross == received - applied
                    && self.pairing.of_ledger[*other as usize] == NONE
            })
        });
        group.ledger.extend(rest);
    }

    /// Group of the document that each project payment pays.
    fn targets(&self, family: Family) -> FxHashMap<u32, u32> {
        let paid = PaidDocuments::new(self.project);
        let mut targets = FxHashMap::default();
        for unit in self.free_project(family) {
            let group = paid
                .of(self.view, &self.project[unit as usize])
                .map(|paid| self.pairing.of_project[paid as usize])
                .filter(|group| *group != NONE);
            if let Some(group) = group {
                targets.insert(unit, group);
            }
        }
        targets
    }

    /// Group of each ledger document that is paid.
    fn groups_of_documents(&self) -> FxHashMap<u32, u32> {
        let mut found = FxHashMap::default();
        for (place, unit) in self.ledger.iter().enumerate() {
            let group = self.pairing.of_ledger[place];
            if group != NONE && matches!(unit.family, Family::Billing | Family::Cost) {
                found.entry(unit.document).or_insert(group);
            }
        }
        found
    }

    /// Within payments of one document: all of both sides when they sum to the same, else one by
    /// one by amount and order of date; what is left stays free.
    fn same_target(&self, family: Family, project: &[u32], ledger: &[u32]) -> Vec<Group> {
        let group = |project: Vec<u32>, ledger: Vec<u32>| Group {
            family,
            project,
            ledger,
            basis: PairBasis::Number,
            score: 9_700,
            evidence: Evidence::PaysTheSame,
            reversed: false,
        };
        let (mut project, mut ledger) = (project.to_vec(), ledger.to_vec());
        project.sort_by_key(|unit| (self.project[*unit as usize].date, *unit));
        ledger.sort_by_key(|unit| (self.ledger[*unit as usize].date, *unit));
        let mut groups = Vec::new();
        project.retain(|unit| {
            let amount = self.project[*unit as usize].shown.gross;
            let equal = |part: &&u32| self.ledger[**part as usize].shown.gross == amount;
            let Some(part) = ledger.iter().find(equal).copied() else { return true };
            ledger.retain(|other| *other != part);
            groups.push(group(vec![*unit], vec![part]));
            false
        });
        if !project.is_empty() && !ledger.is_empty() {
            let sums: (Money, Money) = (
                project.iter().map(|unit| self.project[*unit as usize].shown.gross).sum(),
                ledger.iter().map(|part| self.ledger[*part as usize].shown.gross).sum(),
            );
            let single = project.len() == 1 && ledger.len() == 1;
            if sums.0 == sums.1 || (single && same_order(sums.0, sums.1)) {
                groups.push(group(project, ledger));
            }
        }
        groups
    }
}

/// Which Procore document a payment pays.
pub(crate) struct PaidDocuments<'a> {
    by_id: FxHashMap<(ProjectKind, i64), u32>,
    by_number: FxHashMap<(i64, String), u32>,
    marker: std::marker::PhantomData<&'a ()>,
}

impl<'a> PaidDocuments<'a> {
    pub(crate) fn new(project: &[ProjectUnit<'a>]) -> Self {
        let mut by_id = FxHashMap::default();
        let mut by_number = FxHashMap::default();
        for (place, unit) in project.iter().enumerate() {
            if !matches!(unit.family, Family::Billing | Family::Cost) {
                continue;
            }
            by_id.insert((unit.kind, unit.id), index(place));
            if let Some(contract) = unit.contract.filter(|_| !unit.number.is_empty()) {
                by_number.entry((contract, compact(unit.number))).or_insert(index(place));
            }
        }
        Self { by_id, by_number, marker: std::marker::PhantomData }
    }

    /// The unit paid by a payment, when the payment names it.
    pub(crate) fn of(&self, view: &View<'_>, payment: &ProjectUnit<'_>) -> Option<u32> {
        if payment.kind == ProjectKind::DirectCost {
            return self.by_id.get(&(ProjectKind::DirectCost, payment.id)).copied();
        }
        let record = &view.project.contract_payments[payment.place as usize];
        let named = record
            .subcontractor_invoice_id
            .and_then(|id| self.by_id.get(&(ProjectKind::SubcontractorInvoice, id)));
        if named.is_some() {
            return named.copied();
        }
        let number = compact(&record.invoice_number);
        let of_contract = (record.contract_id, number);
        self.by_number.get(&of_contract).filter(|_| !record.invoice_number.is_empty()).copied()
    }
}

fn compact(number: &str) -> String {
    number.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Labor of one day that is left: costs, and parts of journals by journal.
type LaborOfDay = (Vec<u32>, BTreeMap<u32, Vec<u32>>);

/// The outcome of one block.
struct Matched {
    groups: Vec<Group>,
    asked: Vec<Asked>,
}

struct Asked {
    unit: u32,
    candidates: Vec<(u32, u16, documents::Evidence)>,
}

/// Whether a block is one job or everything that is left.
#[derive(Clone, Copy)]
enum Reach {
    OneJob,
    AllJobs,
}

#[derive(Clone, Copy)]
enum Sign {
    AsIs,
    Reversed,
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(NONE)
}

/// Amounts of one order: the same sign and neither more than one and a half times the other.
fn same_order(one: Money, other: Money) -> bool {
    let (one, other) = (one.cents(), other.cents());
    one != 0
        && other != 0
        && (one > 0) == (other > 0)
        && one.unsigned_abs().max(other.unsigned_abs()) * 2
            <= one.unsigned_abs().min(other.unsigned_abs()) * 3
}

/// A running number, which Procore gives to every application, is no document number.
fn is_sequence(number: &str) -> bool {
    number.len() <= 3 && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn amounts(shown: &Shown, sign: Sign) -> Amounts {
    let turn = |amount: Money| match sign {
        Sign::AsIs => amount.cents(),
        Sign::Reversed => -amount.cents(),
    };
    // A release of retainage bills no work, or less than it asks for; then the net amount is what
    // the document shows.
    let releases = shown.net.abs() > shown.gross.abs();
    let primary = if releases { shown.net } else { shown.gross };
    Amounts {
        primary: turn(primary),
        net_of_retainage: (shown.net != primary).then(|| turn(shown.net)),
        with_tax: (!shown.tax.is_zero()).then(|| turn(shown.net + shown.tax)),
    }
}
