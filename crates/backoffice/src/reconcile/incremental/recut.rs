//! Takes changes into the books and cuts what they touch into units again.

use std::collections::BTreeSet;

use figures::model::{DocumentKind, LedgerDocument, PrimeContract, ProjectBooks};
use figures::source::Rejection;
use figures::{Date, SmolStr};
use rustc_hash::FxHashSet;

use super::kept::{GroupNumber, KeptLedger, KeptProject, place_of};
use super::keys::{DocumentKey, LedgerKey, ProjectKey};
use super::shelf::{Project, targets};
use super::state::{self, State};
use super::{Change, Reconciler};
use crate::reconcile::checks::{self, Turn};
use crate::reconcile::matching::job_evidence::{self, Mark};
use crate::reconcile::units;
use crate::reconcile::view::View;

/// What changes touch.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Jobs whose comparison may come out otherwise.
    pub(super) jobs: BTreeSet<i64>,
    /// Projects whose records are others.
    pub(super) projects: BTreeSet<i64>,
    /// Documents that are others, and then those that are cut anew.
    pub(super) changed: BTreeSet<DocumentKey>,
    documents: BTreeSet<DocumentKey>,
    /// Of those, the ones that are not cut as they were.
    pub(super) anew: BTreeSet<DocumentKey>,
    /// Documents as they were.
    before: Vec<LedgerDocument>,
    /// What changed documents pay, and paid before.
    pub(super) paid: BTreeSet<DocumentKey>,
    /// Groups of units that are no longer what they were.
    pub(super) groups: BTreeSet<GroupNumber>,
    /// What repetitions of documents would share with them, before and now.
    pub(super) marks: Vec<u64>,
    /// Kinds of the documents that are others.
    pub(super) kinds: BTreeSet<DocumentKind>,
    /// Days on which payroll is posted now and was not, or the other way round.
    pub(super) payroll_days: BTreeSet<Date>,
}

impl Reconciler {
    /// Puts the changed records on the shelf. Nothing when everything must be compared again.
    pub(super) fn put(&mut self, changes: Vec<Change>) -> Option<Touched> {
        let kinds = [DocumentKind::Estimate, DocumentKind::PurchaseOrder];
        let kept_before = kinds.map(|kind| self.shelf.has(kind));
        let mut touched = Touched::default();
        let mut local = true;
        for change in changes {
            match change {
                Change::Project(job, records) => {
                    local &= self.put_project(job, records.into_books());
                    touched.projects.insert(job);
                    touched.jobs.insert(job);
                }
                Change::Document(document) => {
                    local &= !self.tells_a_project(&document);
                    touched.changed.insert(DocumentKey::of(&document));
                    touched.kinds.insert(document.kind);
                    touched.before.extend(self.shelf.put(*document));
                }
                Change::Gone(kind, id, tombstone) => {
                    let key = DocumentKey::new(kind, &id);
                    touched.before.extend(self.shelf.remove(&key));
                    touched.changed.insert(key);
                    touched.kinds.insert(kind);
                    self.note_gone(tombstone);
                }
            }
        }
        local &= !touched
            .before
            .iter()
            .any(|before| self.tells_a_project(before));
        local &= kept_before == kinds.map(|kind| self.shelf.has(kind));
        local.then_some(touched)
    }

    fn note_gone(&mut self, tombstone: Option<figures::model::Tombstone>) {
        let Some(tombstone) = tombstone else { return };
        let tombstones = &mut self.shelf.lists().tombstones;
        let key =
            |one: &figures::model::Tombstone| (one.entity.clone(), one.id.len(), one.id.clone());
        let at = tombstones.partition_point(|one| key(one) < key(&tombstone));
        if tombstones.get(at) != Some(&tombstone) {
            tombstones.insert(at, tombstone);
        }
    }

    /// Whether a document helps to tell which customer a project is.
    fn tells_a_project(&self, document: &LedgerDocument) -> bool {
        job_evidence::mark_of(document)
            .is_some_and(|(_, customer)| self.state.jobs.by_evidence.contains(customer))
    }

    /// Replaces the records of a project; false when they say other things about parties or about
    /// which customer a project is.
    fn put_project(&mut self, job: i64, books: ProjectBooks) -> bool {
        let evidence = &self.state.evidence;
        let marks = |books: &ProjectBooks| -> Vec<Mark> {
            let all = job_evidence::project_marks(books).map(|(_, mark)| mark);
            let mut telling: Vec<Mark> = all.filter(|mark| evidence.contains(mark)).collect();
            telling.sort();
            telling
        };
        let owners = |books: &ProjectBooks| -> Vec<(Option<i64>, SmolStr)> {
            let standing = books.prime_contracts.iter().filter(|one| !one.deleted);
            standing
                .map(|one: &PrimeContract| (one.owner_id, one.owner_name.clone()))
                .collect()
        };
        let now = (marks(&books), owners(&books));
        let project = Project::new(books);
        let before = self.shelf.projects.insert(job, project);
        let before = before.unwrap_or_default().books;
        now == (marks(&before), owners(&before))
    }

    /// Cuts everything into units again that changes touch.
    pub(super) fn recut(&mut self, mut touched: Touched) -> Option<Touched> {
        let carries_retainage = self.state.kept.with_retainage > 0;
        self.gather(&mut touched);
        let mut around: FxHashSet<DocumentKey> = touched.documents.iter().cloned().collect();
        for key in &touched.documents {
            around.extend(self.shelf.documents.get(key).into_iter().flat_map(targets));
        }
        let by = (self.as_of, &self.policy);
        let view = self.shelf.view(by, &touched.projects, &[], &around);
        count(&mut self.state, &mut touched, &view);
        recut_projects(&mut self.state, &mut touched, &view);
        recut_documents(&mut self.state, &mut touched, &view);
        (carries_retainage == (self.state.kept.with_retainage > 0)).then_some(touched)
    }

    /// Everything that is cut anew, and the jobs that it is or was on.
    fn gather(&mut self, touched: &mut Touched) {
        let kept = &self.state.kept;
        touched.documents = touched.changed.clone();
        for key in &touched.changed {
            touched.documents.extend(self.shelf.payers(key).cloned());
            for linked in kept.linked.get(&key.id).into_iter().flatten() {
                touched.jobs.insert(linked.job);
            }
        }
        let mut linked: BTreeSet<DocumentKey> = touched.before.iter().flat_map(targets).collect();
        for key in &touched.changed {
            linked.extend(self.shelf.documents.get(key).into_iter().flat_map(targets));
        }
        // A bill whose lines sum to zero is named once, whichever of its payments told it.
        for bill in linked.iter().chain(&touched.changed) {
            if self.state.rejections.contains_key(bill) {
                touched.documents.extend(self.shelf.payers(bill).cloned());
            }
        }
        for key in touched.changed.iter().chain(&linked) {
            for unit in kept.ledger.get(key).into_iter().flatten() {
                touched.jobs.extend(unit.job);
                // What is on no job is of the jobs that it is paired with: its payments are.
                let joined = unit.joined.filter(|_| unit.job.is_none());
                let group = joined.and_then(|joined| kept.groups.get(&joined.group));
                let project = group.into_iter().flat_map(|group| &group.project);
                touched.jobs.extend(project.map(|unit| unit.job));
            }
        }
        touched.paid = linked;
    }
}

/// Counts what changed about the tenant as a whole.
fn count(state: &mut State, touched: &mut Touched, view: &View<'_>) {
    let days: BTreeSet<Date> = state.wide.payroll_days().collect();
    for before in &touched.before {
        state.wide.count_document(view, before, Turn::TakeAway);
    }
    for key in &touched.changed {
        if let Some(place) = view.document(key.kind, &key.id) {
            state.wide.count_document(view, view.at(place), Turn::Add);
        }
    }
    let now: BTreeSet<Date> = state.wide.payroll_days().collect();
    touched.payroll_days = days.symmetric_difference(&now).copied().collect();
    let terms = checks::terms(view);
    for key in &touched.documents {
        for credit in state.discounts.remove(key).unwrap_or_default() {
            state.wide.count_discount(&credit, Turn::TakeAway);
        }
        let Some(place) = view.document(key.kind, &key.id) else {
            continue;
        };
        let found = checks::discounts_of(view, &terms, view.at(place));
        for credit in &found {
            state.wide.count_discount(credit, Turn::Add);
        }
        if !found.is_empty() {
            state.discounts.insert(key.clone(), found);
        }
    }
}

fn recut_projects(state: &mut State, touched: &mut Touched, view: &View<'_>) {
    if touched.projects.is_empty() {
        return;
    }
    let mut cut = units::project_units(view, &state.parties);
    state.convention.apply(&mut cut, &mut []);
    let keys: Vec<ProjectKey> = cut.iter().map(|unit| ProjectKey::of(unit, view)).collect();
    for job in &touched.projects {
        let before = state.kept.project_of(*job);
        touched
            .groups
            .extend(before.filter_map(|unit| Some(unit.joined?.group)));
        let of_job = cut.iter().zip(&keys).filter(|(unit, _)| unit.job == *job);
        let fresh = of_job.map(|(unit, key)| {
            let mut kept: KeptProject = state::keep_project(unit, *key, view);
            kept.pays = unit.pays.map(|paid| keys[paid as usize]);
            kept
        });
        let fresh = fresh.collect();
        // Who is linked to one document is told by all that are.
        let kept = &mut state.kept;
        let linked = &mut touched.jobs;
        linked.extend(kept.linked_with(*job).map(|key| key.job));
        kept.replace_project(*job, fresh);
        linked.extend(kept.linked_with(*job).map(|key| key.job));
    }
}

fn recut_documents(state: &mut State, touched: &mut Touched, view: &View<'_>) {
    let mut rejections: Vec<Rejection> = Vec::new();
    let mut cut = units::ledger_units(view, &state.jobs, &state.parties, &mut rejections);
    state.convention.apply(&mut [], &mut cut);
    for key in &touched.documents {
        let place = view.document(key.kind, &key.id);
        let parts = cut.iter().filter(|unit| Some(unit.document) == place);
        let mut parts: Vec<KeptLedger> = parts.map(|unit| KeptLedger::keep(unit, view)).collect();
        let before = state.kept.ledger.get(key).cloned().unwrap_or_default();
        let is_other = touched.changed.contains(key);
        for unit in &before {
            let place = place_of(&parts, unit.nth);
            // A payment stays what it was, but for what it pays of a document that changed.
            if let Some(part) = place.map(|place| &mut parts[place])
                && !is_other
                && unit.is_cut_like(part)
            {
                (part.joined, part.vote) = (unit.joined, unit.vote.clone());
                // On a job, it is asked about with the document that it pays.
                let pays = unit.pays.as_ref().filter(|_| unit.job.is_none());
                if pays.is_some_and(|pays| touched.changed.contains(pays)) {
                    touched.anew.insert(key.clone());
                }
                continue;
            }
            touched.anew.insert(key.clone());
            touched.jobs.extend(unit.job);
            touched
                .jobs
                .extend(place.and_then(|place| parts[place].job));
            touched
                .groups
                .extend(unit.joined.map(|joined| joined.group));
            if let (Some(job), Some(vote)) = (unit.job, &unit.vote) {
                state.wide.habits.count_job(job, vote, Turn::TakeAway);
            }
        }
        let is_new = |part: &&KeptLedger| is_other || place_of(&before, part.nth).is_none();
        let new: Vec<&KeptLedger> = parts.iter().filter(is_new).collect();
        if is_other || !new.is_empty() {
            touched.jobs.extend(new.iter().filter_map(|part| part.job));
            touched.anew.insert(key.clone());
        }
        for unit in &before {
            state.marks.remove(&unit.marks, key);
        }
        let marks = before.iter().chain(&parts).flat_map(|unit| unit.marks);
        touched.marks.extend(marks.flatten());
        state.put_parts(key, parts);
        let all: Vec<LedgerKey> = state.kept.parts_of(key).collect();
        state.note_loose_ledger(all.iter());
    }
    let bills = touched.documents.iter().filter_map(|key| {
        let place = view.document(key.kind, &key.id)?;
        Some(targets(view.at(place)))
    });
    for bill in bills.flatten().chain(touched.changed.iter().cloned()) {
        state.rejections.remove(&bill);
    }
    for rejection in rejections {
        if let Some(bill) = state::document_of(&rejection.record) {
            let known = state.rejections.entry(bill).or_default();
            if !known.contains(&rejection) {
                known.push(rejection);
            }
        }
    }
}
