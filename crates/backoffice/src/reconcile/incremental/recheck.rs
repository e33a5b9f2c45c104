//! Asks the checks again about what a change can reach.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use figures::dates::days_between;
use figures::model::DocumentKind;
use rustc_hash::FxHashSet;

use super::Reconciler;
use super::kept::{Kept, KeptLedger, KeptProject};
use super::keys::{DocumentKey, LedgerKey, ProjectKey};
use super::recut::Touched;
use super::scene::{Cast, Fresh, InOrder, Scene};
use super::state::{
    BY_JOB, INACTIVE, Names, ON_HOLD, State, case_place, document_of, note_steps, number_of,
    numbered, scan_place,
};
use super::verdicts::Home;
use crate::reconcile::cases::{self, Case};
use crate::reconcile::checks::{self, CHECKS, Turn};
use crate::reconcile::result::Finding;
use crate::reconcile::units::{Family, Part};
use crate::reconcile::view::View;

/// Days around a payroll journal in which labor without one is judged by it.
const PAYROLL_DAYS: i32 = checks::PAYROLL_RUN_DAYS;

/// Units besides the fresh ones about which something else may be said.
#[derive(Debug, Default)]
struct Asked {
    project: BTreeSet<ProjectKey>,
    ledger: BTreeSet<LedgerKey>,
}

impl Asked {
    /// Adds what is not fresh anyway.
    fn add_others(&mut self, scene: Scene, anew: &Scene) {
        let project = scene.project.into_iter();
        self.project
            .extend(project.filter(|key| !anew.project.contains(key)));
        let ledger = scene.ledger.into_iter();
        self.ledger
            .extend(ledger.filter(|key| !anew.ledger.contains(key)));
    }
}

impl Reconciler {
    /// Asks again, and gives what each changed finding was before.
    pub(super) fn recheck(
        &mut self,
        touched: &Touched,
        fresh: &Fresh,
    ) -> BTreeMap<SmolStr, Option<Finding>> {
        let anew = Scene::of_fresh(&self.state.kept, fresh);
        let asked = self.also_asked(touched, &anew);
        let scene = self.scene_to_check(fresh, anew, &asked);
        let mut scene = scene.in_order(&self.state.kept);
        self.add_looked_up(&mut scene);
        let by = (self.as_of, &self.policy);
        let (singles, documents) = (&scene.project, &scene.documents);
        let view = self.shelf.view(by, &fresh.jobs, singles, documents);
        let state = &mut self.state;
        check_scene(state, fresh, &asked, &scene, &view);
        self.state.add_up(fresh.jobs.iter().copied());
        let before = self.state.verdicts.settle();
        for (id, was) in &before {
            if let Some(was) = was {
                note_steps(&mut self.state.steps, was, Turn::TakeAway);
            }
            if let Some(now) = self.state.verdicts.findings.get(id) {
                note_steps(&mut self.state.steps, now, Turn::Add);
            }
        }
        before
    }

    /// Units of other jobs that may be judged otherwise because of what was touched.
    fn also_asked(&self, touched: &Touched, anew: &Scene) -> Asked {
        let kept = &self.state.kept;
        let mut asked = Asked::default();
        let changed =
            |kinds: &[DocumentKind]| kinds.iter().any(|kind| touched.kinds.contains(kind));
        // Money gone astray is judged by what is open and by what waits for its deposit.
        if changed(&[
            DocumentKind::Invoice,
            DocumentKind::Payment,
            DocumentKind::Deposit,
        ]) {
            let kinds = [
                DocumentKind::Payment,
                DocumentKind::Deposit,
                DocumentKind::JournalEntry,
            ];
            let loose = kinds
                .into_iter()
                .flat_map(|kind| kept.loose_ledger.of_kind(kind));
            let astray = loose.filter(|key| {
                let unit = kept.ledger_unit(key);
                unit.is_some_and(|unit| {
                    matches!(
                        unit.part,
                        Part::Unapplied | Part::ToIncome | Part::ToReceivable
                    )
                })
            });
            asked.ledger.extend(astray.cloned());
        }
        // A joint check is looked up by amount, and so is the bill that it pays.
        if changed(&[DocumentKind::Bill]) {
            let checks = kept.loose_ledger.of_kind(DocumentKind::Purchase);
            asked.ledger.extend(checks.cloned());
        }
        if changed(&[DocumentKind::Purchase]) {
            let payments = kept.loose_project.awake_of(Family::Payment);
            asked.project.extend(payments.copied());
        }
        for day in &touched.payroll_days {
            let labor = kept.loose_project.awake_of(Family::Cost).filter(|key| {
                let unit = kept.project_unit(key).filter(|unit| unit.labor);
                unit.and_then(KeptProject::date)
                    .is_some_and(|date| days_between(date, *day).abs() <= PAYROLL_DAYS)
            });
            asked.project.extend(labor.copied());
            let asleep = kept.loose_project.asleep_near(*day, PAYROLL_DAYS);
            asked.project.extend(asleep.copied());
        }
        self.add_repeated(touched, anew, &mut asked);
        self.add_other_parts(anew, &mut asked);
        self.add_other_payments(touched, &mut asked);
        self.add_symptoms(anew, &mut asked);
        self.add_causes(anew, &mut asked);
        asked
    }

    /// Other payments of what changed documents pay or paid: whether they are too much is told by all
    /// of them together.
    fn add_other_payments(&self, touched: &Touched, asked: &mut Asked) {
        let kept = &self.state.kept;
        for paid in &touched.paid {
            asked.ledger.extend(kept.parts_paying(paid).cloned());
        }
        // What a credit explained of the payments that use it up is told otherwise once it is gone.
        let using = touched.changed.iter();
        asked
            .ledger
            .extend(using.flat_map(|credit| self.parts_using(credit)));
    }

    /// Payments of what is asked about, on whichever jobs: what is wrong with a document explains its
    /// payments, or no longer does.
    fn add_symptoms(&self, anew: &Scene, asked: &mut Asked) {
        let mut scene = anew.clone();
        scene.project.extend(asked.project.iter().copied());
        scene.ledger.extend(asked.ledger.iter().cloned());
        scene.add_groups(&self.state.kept);
        let mut around = Scene::default();
        self.add_payments(&scene, &mut around);
        self.add_project_payments(&scene, &mut around);
        asked.add_others(around, anew);
    }

    /// What payments pay and use up that are asked about: a payment that differs because the document
    /// differs is told under the document, or no longer.
    fn add_causes(&self, anew: &Scene, asked: &mut Asked) {
        let kept = &self.state.kept;
        let pays = |family: Family| matches!(family, Family::Receipt | Family::Payment);
        let mut payments = anew.clone();
        let project = asked.project.iter();
        payments.project.extend(
            project.filter(|key| kept.project_unit(key).is_some_and(|unit| pays(unit.family))),
        );
        let ledger = asked.ledger.iter();
        let ledger =
            ledger.filter(|key| kept.ledger_unit(key).is_some_and(|unit| pays(unit.family)));
        payments.ledger.extend(ledger.cloned());
        payments.add_groups(kept);
        let mut causes = Scene::default();
        self.add_explaining(&payments, &mut causes);
        asked.add_others(causes, anew);
    }

    /// What is left over in other jobs and may repeat, or may no longer repeat, what is fresh.
    fn add_repeated(&self, touched: &Touched, anew: &Scene, asked: &mut Asked) {
        let kept = &self.state.kept;
        // Nothing else repeats; what decides about contracts besides, such as change orders, is at
        // hand for fresh jobs only.
        let repeats = |unit: &&KeptLedger| matches!(unit.family, Family::Billing | Family::Cost);
        let fresh = anew.ledger.iter().filter_map(|key| kept.ledger_unit(key));
        let fresh = fresh.filter(repeats).flat_map(|unit| unit.marks).flatten();
        let shared = fresh.filter(|mark| self.state.marks.is_shared(*mark));
        let marks: FxHashSet<u64> = touched.marks.iter().copied().chain(shared).collect();
        let documents = marks.iter().flat_map(|mark| self.state.marks.with(*mark));
        let parts = documents.flat_map(|document| kept.parts_of(document));
        asked.ledger.extend(parts.filter(|key| {
            let unit = kept.ledger_unit(key).filter(repeats);
            let mut of_unit = unit.into_iter().flat_map(|unit| unit.marks).flatten();
            of_unit.any(|mark| marks.contains(&mark)) && kept.loose_ledger.contains(key)
        }));
    }

    /// What other jobs have left over of documents that fresh jobs share: what is left over of one
    /// document is one case, whichever jobs it is on.
    fn add_other_parts(&self, anew: &Scene, asked: &mut Asked) {
        let kept = &self.state.kept;
        let is_lone_cost = |key: &LedgerKey| {
            let unit = kept.ledger_unit(key);
            unit.is_some_and(|unit| unit.family == Family::Cost && unit.joined.is_none())
        };
        let documents: FxHashSet<&DocumentKey> =
            anew.ledger.iter().map(|key| &key.document).collect();
        for document in documents {
            let parts = kept.parts_of(document);
            let others = parts.filter(|part| !anew.ledger.contains(part) && is_lone_cost(part));
            asked.ledger.extend(others);
        }
    }

    /// What must be looked at to judge what is fresh or asked about.
    fn scene_to_check(&self, fresh: &Fresh, mut scene: Scene, asked: &Asked) -> Scene {
        let kept = &self.state.kept;
        scene.project.extend(asked.project.iter().copied());
        scene.ledger.extend(asked.ledger.iter().cloned());
        scene.add_groups(kept);
        // What is left of one document is judged together.
        let lone = scene.ledger.iter().filter(|key| {
            kept.ledger_unit(key)
                .is_some_and(|unit| unit.joined.is_none())
                || self.state.journals.contains_key(&key.document)
        });
        let documents: BTreeSet<DocumentKey> = lone.map(|key| key.document.clone()).collect();
        for document in documents.iter().chain(&fresh.documents) {
            scene.add_document(kept, document);
        }
        // What is left of a document is beside what of it is paired.
        scene.add_groups(kept);
        let mut around = scene.beside();
        self.add_payments(&scene, &mut around);
        self.add_project_payments(&scene, &mut around);
        around.add_groups(kept);
        // What explains such a payment may be what is wrong with either document that it pays, or with
        // a credit that it uses up.
        let mut causes = scene.beside();
        self.add_explaining(&around, &mut causes);
        causes.add_groups(kept);
        scene.project.extend(causes.project);
        scene.ledger.extend(causes.ledger);
        scene.project.extend(around.project);
        scene.ledger.extend(around.ledger);
        self.add_taken_back(&mut scene);
        self.add_originals(&mut scene);
        scene
    }
}

/// Asks the checks about a scene and takes over what they say of what is fresh or asked about.
fn check_scene(state: &mut State, fresh: &Fresh, asked: &Asked, scene: &InOrder, view: &View<'_>) {
    let kept = std::mem::take(&mut state.kept);
    let wide = std::mem::take(&mut state.wide);
    let (jobs, parties) = (
        std::mem::take(&mut state.jobs),
        std::mem::take(&mut state.parties),
    );
    {
        let cast = Cast::new(&kept, scene, view);
        let pairing = cast.pairing(&kept);
        let names = &cast.names;
        let units = (cast.project.as_slice(), cast.ledger.as_slice());
        let all = cases::cases(units.0, units.1, &pairing);
        let context = checks::Context::new(view, &jobs, &parties, units, &pairing, &wide);
        let is_asked: Vec<bool> = all
            .iter()
            .map(|case| is_asked(case, names, |key| fresh.has(&kept, key), fresh, asked))
            .collect();
        forget(state, fresh, &all, &is_asked, names);
        forget_parts(state, &kept, asked);
        for (place, nth, finding) in numbered(checks::of_cases(&all, &context)) {
            if is_asked[place] {
                let (place, homes) = case_place(&all[place], names, nth);
                state.verdicts.say(place, finding, homes);
            }
        }
        scan_again(state, fresh, &context, (&cast, scene), |key| {
            fresh.has(&kept, key)
        });
    }
    (state.kept, state.wide, state.jobs, state.parties) = (kept, wide, jobs, parties);
}

/// Whether a case holds a unit that is fresh or asked about.
fn is_asked(
    case: &Case<'_, '_>,
    names: &Names,
    is_fresh: impl Fn(&LedgerKey) -> bool,
    fresh: &Fresh,
    asked: &Asked,
) -> bool {
    let project = case
        .project_places
        .iter()
        .map(|at| &names.project[*at as usize]);
    let ledger = case
        .ledger_places
        .iter()
        .map(|at| &names.ledger[*at as usize]);
    project
        .clone()
        .any(|key| fresh.jobs.contains(&key.job) || asked.project.contains(key))
        || ledger
            .clone()
            .any(|key| is_fresh(key) || asked.ledger.contains(key))
}

/// Forgets what was said of everything that is asked about.
fn forget(
    state: &mut State,
    fresh: &Fresh,
    all: &[Case<'_, '_>],
    is_asked: &[bool],
    names: &Names,
) {
    for job in &fresh.jobs {
        state.verdicts.forget(&Home::Job(*job));
    }
    for document in &fresh.documents {
        state.verdicts.forget(&Home::Document(document.clone()));
    }
    for (case, _) in all.iter().zip(is_asked).filter(|(_, asked)| **asked) {
        let (place, homes) = case_place(case, names, 0);
        state.verdicts.forget_case(&homes, &place);
    }
}

/// Forgets what was said of asked parts together with others, which may no longer be of their case.
fn forget_parts(state: &mut State, kept: &Kept, asked: &Asked) {
    for key in &asked.ledger {
        let Some(unit) = kept.ledger_unit(key) else {
            continue;
        };
        let home = match unit.job {
            Some(job) => Home::Job(job),
            None => Home::Document(key.document.clone()),
        };
        state.verdicts.forget_part(&home, key);
    }
}

/// Asks the checks that look at the books as a whole, each about what it is asked by.
fn scan_again(
    state: &mut State,
    fresh: &Fresh,
    context: &checks::Context<'_, '_>,
    (cast, scene): (&Cast<'_>, &InOrder),
    is_fresh: impl Fn(&LedgerKey) -> bool,
) {
    for code in BY_JOB.iter().chain([&ON_HOLD, &INACTIVE]) {
        let number = number_of(code);
        if *code == INACTIVE {
            state.verdicts.forget(&Home::Check(number));
        }
        for (nth, finding) in checks::scanned(&CHECKS[number], context)
            .into_iter()
            .enumerate()
        {
            let (place, homes) = scan_place(number, nth, &finding);
            let concerns = homes.iter().all(|home| match home {
                Home::Job(job) => fresh.jobs.contains(job),
                Home::Document(document) => fresh.documents.contains(document),
                Home::Check(_) => true,
            });
            if concerns {
                state.verdicts.say(place, finding, homes);
            }
        }
    }
    // A journal that is not what it was, that is left over in part, or that was told before.
    let of_fresh = cast.names.ledger.iter().filter(|key| is_fresh(key));
    let mut journals: BTreeSet<DocumentKey> = of_fresh
        .map(|key| key.document.clone())
        .filter(|key| scene.whole.contains(key))
        .collect();
    journals.extend(fresh.documents.iter().cloned());
    journals.retain(|key| key.kind == DocumentKind::JournalEntry);
    for journal in &journals {
        state.journals.remove(journal);
    }
    for hit in checks::unexplained_journals(context) {
        if let Some(key) = document_of(&hit.records[0]).filter(|key| journals.contains(key)) {
            state.journals.insert(key, hit);
        }
    }
    state.say_journals(context);
}
