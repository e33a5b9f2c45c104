//! Units and groups between two comparisons.

use std::collections::{BTreeMap, BTreeSet};

use figures::source::SourceRef;
use figures::{Date, SmolStr};
use rustc_hash::FxHashMap;

use super::keys::{DocumentKey, LedgerKey, ProjectKey};
use super::loose::{LooseLedger, LooseProject};
use super::marks::{UnitMarks, marks_of};
use crate::reconcile::checks::{AccountVote, JobVote};
use crate::reconcile::matching::documents::UNKNOWN;
use crate::reconcile::matching::pairing::{Group, Stage};
use crate::reconcile::result::Side;
use crate::reconcile::units::{
    Family, LedgerUnit, PARTS_OF_A_BILL, Part, ProjectUnit, Share, Shown, Standing,
};
use crate::reconcile::view::View;

/// Number of a kept group.
pub(super) type GroupNumber = u32;

/// A unit of Procore's.
#[derive(Debug, Clone)]
pub(super) struct KeptProject {
    pub(super) key: ProjectKey,
    pub(super) family: Family,
    contract: Option<i64>,
    party: u32,
    party_name: SmolStr,
    number: SmolStr,
    pub(super) origin_id: SmolStr,
    date: Option<Date>,
    pub(super) shown: Shown,
    standing: Standing,
    pub(super) share: Share,
    weight: Share,
    entered: Share,
    pub(super) pays: Option<ProjectKey>,
    /// Labor, which is looked at over all jobs before anything else is.
    pub(super) labor: bool,
    pub(super) joined: Option<Joined>,
    /// The document that its link names and that is gone.
    pub(super) broken: Option<SourceRef>,
}

/// A unit of a ledger document.
#[derive(Debug, Clone)]
pub(super) struct KeptLedger {
    /// Which of the document's units it is.
    pub(super) nth: u32,
    is_first: bool,
    pub(super) family: Family,
    pub(super) pays: Option<DocumentKey>,
    pub(super) job: Option<i64>,
    pub(super) party: u32,
    party_name: SmolStr,
    pub(super) number: SmolStr,
    date: Option<Date>,
    pub(super) shown: Shown,
    pub(super) standing: Standing,
    pub(super) share: Share,
    entered: Share,
    pub(super) part: Part,
    one_job: bool,
    pub(super) marks: UnitMarks,
    pub(super) joined: Option<Joined>,
    /// What was counted of it among the habits of its job.
    pub(super) vote: Option<JobVote>,
}

/// The group that a unit is in, and since which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) group: GroupNumber,
    pub(super) stage: Stage,
    /// Whether not all units of the group are of one job.
    pub(super) wide: bool,
}

/// A group with what was counted of it.
#[derive(Debug, Clone)]
pub(super) struct KeptGroup {
    /// Everything but the units.
    pub(super) group: Group,
    pub(super) project: Vec<ProjectKey>,
    pub(super) ledger: Vec<LedgerKey>,
    pub(super) votes: GroupVotes,
    /// What its ledger side lacks.
    pub(super) lacks: Option<i64>,
}

/// What a group says about the tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct GroupVotes {
    pub(super) account: Option<AccountVote>,
    pub(super) closed: Option<bool>,
    pub(super) with_retainage: Option<bool>,
}

impl KeptProject {
    pub(super) fn keep(unit: &ProjectUnit<'_>, key: ProjectKey) -> Self {
        Self {
            key,
            family: unit.family,
            contract: unit.contract,
            party: unit.party,
            party_name: SmolStr::new(unit.party_name),
            number: SmolStr::new(unit.number),
            origin_id: SmolStr::new(unit.origin_id),
            date: unit.date,
            shown: unit.shown,
            standing: unit.standing,
            share: unit.share,
            weight: unit.weight,
            entered: unit.entered,
            pays: None,
            labor: false,
            joined: None,
            broken: None,
        }
    }

    /// Whether it has neither a party nor a number, and one amount.
    pub(super) fn names_nobody(&self) -> bool {
        let plain = Shown::plain(self.shown.gross) == self.shown;
        plain && self.number.is_empty() && self.party_name.is_empty() && self.party == UNKNOWN
    }

    pub(super) fn date(&self) -> Option<Date> {
        self.date
    }

    /// The unit, for books in which its record has this place.
    pub(super) fn revive(&self, place: u32, pays: Option<u32>) -> ProjectUnit<'_> {
        ProjectUnit {
            family: self.family,
            kind: self.key.kind,
            place,
            id: self.key.id,
            job: self.key.job,
            contract: self.contract,
            party: self.party,
            party_name: &self.party_name,
            number: &self.number,
            origin_id: &self.origin_id,
            date: self.date,
            shown: self.shown,
            standing: self.standing,
            share: self.share,
            weight: self.weight,
            entered: self.entered,
            pays,
        }
    }
}

impl KeptLedger {
    pub(super) fn keep(unit: &LedgerUnit<'_>, view: &View<'_>) -> Self {
        let document = view.at(unit.document);
        Self {
            family: unit.family,
            pays: unit.pays.map(|paid| DocumentKey::of(view.at(paid))),
            marks: marks_of(unit, document),
            job: unit.job,
            party: unit.party,
            party_name: SmolStr::new(unit.party_name),
            number: SmolStr::new(unit.number),
            date: unit.date,
            shown: unit.shown,
            standing: unit.standing,
            share: unit.share,
            entered: unit.entered,
            part: unit.part,
            one_job: unit.one_job,
            nth: unit.nth,
            is_first: unit.is_first,
            joined: None,
            vote: None,
        }
    }

    pub(super) fn date(&self) -> Option<Date> {
        self.date
    }

    /// Its name, as a part of its document.
    fn name(&self, document: &DocumentKey) -> LedgerKey {
        LedgerKey {
            document: document.clone(),
            nth: self.nth,
        }
    }

    /// Whether a unit is cut like this one.
    pub(super) fn is_cut_like(&self, other: &Self) -> bool {
        let amounts = |one: &Self| (one.shown, one.share, one.standing, one.part, one.one_job);
        let bound = |one: &Self| {
            (
                one.family,
                one.job,
                one.party,
                one.date,
                one.is_first,
                one.entered,
            )
        };
        amounts(self) == amounts(other)
            && bound(self) == bound(other)
            && (&self.pays, &self.number, &self.party_name)
                == (&other.pays, &other.number, &other.party_name)
    }

    /// The unit, for books in which its document has this place.
    pub(super) fn revive(&self, document: u32, pays: Option<u32>) -> LedgerUnit<'_> {
        LedgerUnit {
            family: self.family,
            document,
            pays,
            job: self.job,
            party: self.party,
            party_name: &self.party_name,
            number: &self.number,
            date: self.date,
            shown: self.shown,
            standing: self.standing,
            share: self.share,
            entered: self.entered,
            part: self.part,
            nth: self.nth,
            is_first: self.is_first,
            one_job: self.one_job,
        }
    }
}

/// All units and groups.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Procore's units.
    project: FxHashMap<ProjectKey, KeptProject>,
    /// Their names by job, in order.
    pub(super) units_of: BTreeMap<i64, Vec<ProjectKey>>,
    /// Payments by what they pay.
    paying: FxHashMap<ProjectKey, Vec<ProjectKey>>,
    /// Units whose records a person said something about, by the ids of such records.
    decided: FxHashMap<i64, Vec<ProjectKey>>,
    /// Ledger units by document.
    pub(super) ledger: FxHashMap<DocumentKey, Vec<KeptLedger>>,
    /// Of these, the ones that pay a document, by what they pay.
    paying_ledger: FxHashMap<DocumentKey, Vec<LedgerKey>>,
    /// Documents with a unit on a job.
    pub(super) documents_of: BTreeMap<i64, BTreeSet<DocumentKey>>,
    pub(super) groups: FxHashMap<GroupNumber, KeptGroup>,
    next_group: GroupNumber,
    /// Units that were left over when a step looked over all jobs.
    pub(super) loose_project: LooseProject,
    pub(super) loose_ledger: LooseLedger,
    /// Groups by what their ledger side lacks.
    pub(super) lacking: BTreeMap<(Family, i64), BTreeSet<GroupNumber>>,
    /// Procore's units by the QuickBooks id that their link names.
    pub(super) linked: BTreeMap<SmolStr, BTreeSet<ProjectKey>>,
    /// Ledger units whose gross and net differ.
    pub(super) with_retainage: u64,
}

impl Kept {
    /// With room for the units of records that a person said something about.
    pub(super) fn knowing(decided: impl Iterator<Item = i64>) -> Self {
        Self {
            decided: decided.map(|id| (id, Vec::new())).collect(),
            ..Self::default()
        }
    }

    /// Procore's units of a record that a person said something about.
    pub(super) fn decided(&self, record: &SourceRef) -> impl Iterator<Item = &ProjectKey> {
        let side = Side::from(record);
        let of_id = record
            .id
            .parse()
            .ok()
            .and_then(|id: i64| self.decided.get(&id));
        let units = of_id.into_iter().flatten();
        units.filter(move |key| key.side() == side)
    }

    pub(super) fn project_unit(&self, key: &ProjectKey) -> Option<&KeptProject> {
        self.project.get(key)
    }

    pub(super) fn project_unit_mut(&mut self, key: &ProjectKey) -> Option<&mut KeptProject> {
        self.project.get_mut(key)
    }

    /// Procore's units of a job, in order.
    pub(super) fn project_of(&self, job: i64) -> impl Iterator<Item = &KeptProject> {
        let keys = self.units_of.get(&job).into_iter().flatten();
        keys.filter_map(|key| self.project.get(key))
    }

    /// Procore's units that are linked to what a job's units are linked to, the job's own among them.
    pub(super) fn linked_with(&self, job: i64) -> impl Iterator<Item = &ProjectKey> {
        let ids = self.project_of(job).filter_map(link_id);
        ids.flat_map(|id| self.linked.get(&id).into_iter().flatten())
    }

    /// Procore's payments of a unit.
    pub(super) fn payments_of(&self, paid: &ProjectKey) -> impl Iterator<Item = &ProjectKey> {
        self.paying.get(paid).into_iter().flatten()
    }

    pub(super) fn ledger_unit(&self, key: &LedgerKey) -> Option<&KeptLedger> {
        let parts = self.ledger.get(&key.document)?;
        parts.get(place_of(parts, key.nth)?)
    }

    pub(super) fn ledger_unit_mut(&mut self, key: &LedgerKey) -> Option<&mut KeptLedger> {
        let parts = self.ledger.get_mut(&key.document)?;
        let place = place_of(parts, key.nth)?;
        parts.get_mut(place)
    }

    /// The names of all units of a document.
    pub(super) fn parts_of(&self, document: &DocumentKey) -> impl Iterator<Item = LedgerKey> + '_ {
        let parts = self.ledger.get(document).into_iter().flatten();
        let document = document.clone();
        parts.map(move |part| part.name(&document))
    }

    /// The names of the units that pay a document.
    pub(super) fn parts_paying(&self, document: &DocumentKey) -> impl Iterator<Item = &LedgerKey> {
        self.paying_ledger.get(document).into_iter().flatten()
    }

    /// The names of the units of ledger documents on a job.
    pub(super) fn ledger_of(&self, job: i64) -> impl Iterator<Item = LedgerKey> + '_ {
        let documents = self.documents_of.get(&job).into_iter().flatten();
        documents.flat_map(move |document| {
            let parts = self.ledger.get(document).into_iter().flatten();
            let of_job = parts.filter(move |part| part.job == Some(job));
            of_job.map(|part| part.name(document))
        })
    }

    /// Replaces the units of a job. Groups are left as they are.
    pub(super) fn replace_project(&mut self, job: i64, units: Vec<KeptProject>) {
        for key in self.units_of.remove(&job).unwrap_or_default() {
            let Some(before) = self.project.remove(&key) else {
                continue;
            };
            self.loose_project.remove(&before);
            if let Some(same) = self.decided.get_mut(&key.id) {
                same.retain(|one| *one != key);
            }
            if let Some(id) = link_id(&before) {
                self.linked.entry(id).or_default().remove(&key);
            }
            if let Some(paying) = before.pays.and_then(|paid| self.paying.get_mut(&paid)) {
                paying.retain(|one| *one != key);
            }
        }
        for unit in &units {
            if let Some(id) = link_id(unit) {
                self.linked.entry(id).or_default().insert(unit.key);
            }
            if let Some(paid) = unit.pays {
                self.paying.entry(paid).or_default().push(unit.key);
            }
            if let Some(same) = self.decided.get_mut(&unit.key.id) {
                same.push(unit.key);
            }
        }
        if !units.is_empty() {
            let keys = units.iter().map(|unit| unit.key).collect();
            self.units_of.insert(job, keys);
        }
        let named = units.into_iter().map(|unit| (unit.key, unit));
        self.project.extend(named);
    }

    /// Replaces the units of a document, and gives back what was there.
    pub(super) fn replace_document(
        &mut self,
        key: &DocumentKey,
        units: Vec<KeptLedger>,
    ) -> Vec<KeptLedger> {
        let before = self.ledger.remove(key).unwrap_or_default();
        for unit in &before {
            if let Some(documents) = unit.job.and_then(|job| self.documents_of.get_mut(&job)) {
                documents.remove(key);
            }
            self.with_retainage -= u64::from(unit.shown.gross != unit.shown.net);
            let name = unit.name(key);
            self.loose_ledger.remove(&name, unit);
            if let Some(paying) = unit
                .pays
                .as_ref()
                .and_then(|paid| self.paying_ledger.get_mut(paid))
            {
                paying.retain(|one| *one != name);
            }
        }
        for unit in &units {
            if let Some(job) = unit.job {
                self.documents_of
                    .entry(job)
                    .or_default()
                    .insert(key.clone());
            }
            self.with_retainage += u64::from(unit.shown.gross != unit.shown.net);
            if let Some(paid) = &unit.pays {
                let paying = self.paying_ledger.entry(paid.clone()).or_default();
                paying.push(unit.name(key));
            }
        }
        if !units.is_empty() {
            self.ledger.insert(key.clone(), units);
        }
        before
    }

    /// Puts a group in whose units know it already.
    pub(super) fn insert_group(&mut self, number: GroupNumber, group: KeptGroup) {
        self.next_group = self.next_group.max(number + 1);
        if let Some(lacks) = group.lacks {
            let same = self.lacking.entry((group.group.family, lacks)).or_default();
            same.insert(number);
        }
        self.groups.insert(number, group);
    }

    /// Adds a group and notes it at its units, with the steps in which they joined.
    pub(super) fn add_group(&mut self, group: KeptGroup, project: &[Stage], ledger: &[Stage]) {
        let wide = self.is_wide(&group);
        let number = self.next_group;
        let joined = |stage: &Stage| {
            Some(Joined {
                group: number,
                stage: *stage,
                wide,
            })
        };
        for (key, stage) in group.project.iter().zip(project) {
            if let Some(unit) = self.project_unit_mut(key) {
                unit.joined = joined(stage);
            }
        }
        for (key, stage) in group.ledger.iter().zip(ledger) {
            if let Some(unit) = self.ledger_unit_mut(key) {
                unit.joined = joined(stage);
            }
        }
        self.insert_group(number, group);
    }

    fn is_wide(&self, group: &KeptGroup) -> bool {
        let ledger = group.ledger.iter();
        let ledger = ledger.filter_map(|key| self.ledger_unit(key));
        let project = group.project.iter().map(|key| Some(key.job));
        not_of_one(project.chain(ledger.map(|unit| unit.job)))
    }

    /// Takes a group apart: its units are in none then.
    pub(super) fn dissolve(&mut self, number: GroupNumber) -> Option<KeptGroup> {
        let group = self.groups.remove(&number)?;
        if let Some(lacks) = group.lacks
            && let Some(same) = self.lacking.get_mut(&(group.group.family, lacks))
        {
            same.remove(&number);
        }
        for key in &group.project {
            if let Some(unit) = self.project_unit_mut(key) {
                unit.joined = None;
            }
        }
        for key in &group.ledger {
            if let Some(unit) = self.ledger_unit_mut(key) {
                unit.joined = None;
            }
        }
        Some(group)
    }
}

/// Whether these are not all one job.
pub(super) fn not_of_one(mut jobs: impl Iterator<Item = Option<i64>>) -> bool {
    let first = jobs.next().flatten();
    first.is_none() || jobs.any(|job| job != first)
}

/// Where the part of this number is among the parts of a document.
pub(super) fn place_of(parts: &[KeptLedger], nth: u32) -> Option<usize> {
    // Only payments of several bills have gaps, and most bills have one part.
    let likely = [nth, nth / PARTS_OF_A_BILL].map(|place| place as usize);
    let found = likely
        .into_iter()
        .find(|place| parts.get(*place).is_some_and(|part| part.nth == nth));
    found.or_else(|| parts.binary_search_by_key(&nth, |part| part.nth).ok())
}

/// The QuickBooks id that a unit's link names.
fn link_id(unit: &KeptProject) -> Option<SmolStr> {
    crate::reconcile::matching::links::parse(&unit.origin_id).map(|link| SmolStr::new(link.id))
}
