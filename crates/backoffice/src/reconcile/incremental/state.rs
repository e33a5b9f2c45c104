//! What is known after a comparison, in a form in which a part of it can be known anew.

use std::collections::{BTreeMap, BTreeSet};

use figures::model::DocumentKind;
use figures::source::Rejection;
use figures::{Measure, Money, SmolStr};
use rustc_hash::FxHashSet;

use super::kept::{GroupVotes, Joined, Kept, KeptGroup, KeptLedger, KeptProject, not_of_one};
use super::keys::{DocumentKey, LedgerKey, ProjectKey};
use super::marks::Marks;
use super::verdicts::{Home, Place, Verdicts};
use crate::reconcile::cases::{self, Case};
use crate::reconcile::checks::{self, Hit, JobVote, Tally, Turn, Wide};
use crate::reconcile::convention::{Convention, retainage_vote};
use crate::reconcile::matching::decisions::Decisions;
use crate::reconcile::matching::job_evidence::{self, Mark};
use crate::reconcile::matching::jobs::JobMap;
use crate::reconcile::matching::pairing::{self, Group, NONE, STRAYED_LABOR, Stage};
use crate::reconcile::matching::parties::PartyMap;
use crate::reconcile::result::{Explained, Finding, NotKept, PairKind, Question};
use crate::reconcile::units::{Family, LedgerUnit, ProjectKind, ProjectUnit, Share};
use crate::reconcile::view::View;
use crate::reconcile::{Worked, convention};

/// Everything that was worked out.
#[derive(Debug)]
pub(super) struct State {
    pub(super) jobs: JobMap,
    pub(super) parties: PartyMap,
    pub(super) convention: Convention,
    pub(super) not_kept: Vec<NotKept>,
    pub(super) kept: Kept,
    pub(super) first_common: BTreeMap<Family, Stage>,
    pub(super) marks: Marks,
    pub(super) wide: Wide,
    /// Whether ledger documents carry retainage lines.
    pub(super) with_lines: Tally,
    pub(super) verdicts: Verdicts,
    /// Manual journals that nothing explains, before reversals take each other back.
    pub(super) journals: BTreeMap<DocumentKey, Hit>,
    /// Questions about documents by job.
    pub(super) questions: BTreeMap<i64, Vec<Question>>,
    /// What was wrong with documents when they were cut.
    pub(super) rejections: BTreeMap<DocumentKey, Vec<Rejection>>,
    /// Discounts that a bill payment took.
    pub(super) discounts: BTreeMap<DocumentKey, Vec<SmolStr>>,
    /// Marks of the documents that told which customer a project is.
    pub(super) evidence: FxHashSet<Mark>,
    pub(super) totals: BTreeMap<(i64, Measure), (Money, Money)>,
    pub(super) steps: BTreeMap<(i64, Measure), BTreeSet<Explained>>,
}

/// The number of a check in the catalogue.
pub(super) fn number_of(code: &str) -> usize {
    let place = checks::CHECKS
        .iter()
        .position(|check| check.id.starts_with(code));
    place.unwrap_or(checks::CHECKS.len())
}

/// The check of manual journals, whose hits take each other back over all journals.
pub(super) const JOURNALS: &str = "R37";
/// The check of payments on hold, which is asked payment by payment.
pub(super) const ON_HOLD: &str = "R43";
/// The check of balances, which is asked of the books as a whole.
pub(super) const INACTIVE: &str = "R45";
/// Checks that look at one job after the other.
pub(super) const BY_JOB: [&str; 3] = ["R11", "R41", "R42"];

impl State {
    /// Takes over what was worked out; nothing when two records have one name.
    pub(super) fn of(
        worked: &Worked<'_, '_>,
        jobs: JobMap,
        parties: PartyMap,
        decisions: &Decisions,
    ) -> Option<Self> {
        let view = worked.view;
        let decided = decisions.confirmed_of(PairKind::Document);
        let decided = decided.filter_map(|one| one.procore.id.parse().ok());
        let wide = Wide::learn(view, worked.project, worked.ledger, worked.pairing);
        let mut state = Self {
            evidence: evidence(view, &jobs),
            jobs,
            parties,
            convention: worked.convention,
            not_kept: convention::not_kept(view, worked.convention),
            kept: Kept::knowing(decided),
            first_common: worked.pairing.first_common.clone(),
            marks: Marks::default(),
            wide,
            with_lines: Tally::default(),
            verdicts: Verdicts::default(),
            journals: BTreeMap::new(),
            questions: BTreeMap::new(),
            rejections: rejections(worked),
            discounts: BTreeMap::new(),
            totals: BTreeMap::new(),
            steps: BTreeMap::new(),
        };
        let names = state.take_units(worked)?;
        state.take_groups(worked, &names);
        state.take_questions(&worked.pairing.questions, worked.project, view);
        let terms = checks::terms(view);
        for document in &view.documents {
            let found = checks::discounts_of(view, &terms, document);
            if !found.is_empty() {
                state.discounts.insert(DocumentKey::of(document), found);
            }
        }
        state.take_findings(worked, &names);
        let all: Vec<i64> = state.kept.units_of.keys().copied().collect();
        let with_documents: Vec<i64> = state.kept.documents_of.keys().copied().collect();
        state.add_up(all.into_iter().chain(with_documents));
        Some(state)
    }

    fn take_units(&mut self, worked: &Worked<'_, '_>) -> Option<Names> {
        let (view, pairing) = (worked.view, worked.pairing);
        let project: Vec<ProjectKey> = worked
            .project
            .iter()
            .map(|unit| ProjectKey::of(unit, view))
            .collect();
        let ledger: Vec<LedgerKey> = worked
            .ledger
            .iter()
            .map(|unit| LedgerKey::of(unit, view))
            .collect();
        if !project.is_sorted_by(|a, b| a < b) || !ledger.is_sorted_by(|a, b| a < b) {
            return None;
        }
        let wide = wide_groups(worked);
        let mut by_job: BTreeMap<i64, Vec<KeptProject>> = BTreeMap::new();
        for (place, unit) in worked.project.iter().enumerate() {
            let mut kept = keep_project(unit, project[place], view);
            kept.pays = unit.pays.map(|paid| project[paid as usize]);
            kept.joined = joined(
                pairing.of_project[place],
                pairing.joined_project[place],
                &wide,
            );
            kept.broken = u32::try_from(place)
                .ok()
                .and_then(|place| pairing.broken_links.get(&place).cloned());
            by_job.entry(unit.job).or_default().push(kept);
        }
        for (job, units) in by_job {
            self.kept.replace_project(job, units);
        }
        let mut parts: Vec<KeptLedger> = Vec::new();
        for (place, unit) in worked.ledger.iter().enumerate() {
            let mut kept = KeptLedger::keep(unit, view);
            kept.joined = joined(
                pairing.of_ledger[place],
                pairing.joined_ledger[place],
                &wide,
            );
            kept.vote = vote(kept.joined.is_some(), view, unit);
            parts.push(kept);
            let document = &ledger[place].document;
            if ledger
                .get(place + 1)
                .is_none_or(|next| next.document != *document)
            {
                self.put_parts(document, std::mem::take(&mut parts));
            }
        }
        Some(Names { project, ledger })
    }

    /// Puts the units of a document in, with their marks.
    pub(super) fn put_parts(&mut self, document: &DocumentKey, parts: Vec<KeptLedger>) {
        for part in &parts {
            self.marks.add(&part.marks, document);
        }
        self.kept.replace_document(document, parts);
    }

    fn take_groups(&mut self, worked: &Worked<'_, '_>, names: &Names) {
        for (number, group) in worked.pairing.groups.iter().enumerate() {
            let kept = self.keep_group(group, names, worked.view, (worked.project, worked.ledger));
            // Habits and closed orders were counted with everything else.
            if let Some(with_line) = kept.votes.with_retainage {
                self.with_lines.count(with_line, Turn::Add);
            }
            self.kept
                .insert_group(u32::try_from(number).unwrap_or(NONE), kept);
        }
        self.note_loose_project(names.project.iter());
        self.note_loose_ledger(names.ledger.iter());
    }

    /// A group under the names of its units, with its votes.
    pub(super) fn keep_group(
        &self,
        group: &Group,
        names: &Names,
        view: &View<'_>,
        (project, ledger): (&[ProjectUnit<'_>], &[LedgerUnit<'_>]),
    ) -> KeptGroup {
        let enters = self.kept.with_retainage > 0;
        KeptGroup {
            votes: GroupVotes {
                account: self.wide.habits.account_vote(view, project, ledger, group),
                closed: checks::closed_vote(view, project, ledger, group),
                with_retainage: retainage_vote(view, group, (project, ledger)),
            },
            lacks: pairing::lack_of(group, project, ledger, enters).map(Money::cents),
            project: group
                .project
                .iter()
                .map(|at| names.project[*at as usize])
                .collect(),
            ledger: group
                .ledger
                .iter()
                .map(|at| names.ledger[*at as usize].clone())
                .collect(),
            group: Group {
                project: Vec::new(),
                ledger: Vec::new(),
                ..group.clone()
            },
        }
    }

    /// Counts what a group says about the tenant, or takes it back.
    pub(super) fn count_votes(&mut self, votes: &GroupVotes, turn: Turn) {
        if let Some(vote) = &votes.account {
            self.wide.habits.count_account(vote, turn);
        }
        if let Some(closed) = votes.closed {
            self.wide.completed.count(closed, turn);
        }
        if let Some(with_line) = votes.with_retainage {
            self.with_lines.count(with_line, turn);
        }
    }

    /// Notes which of these units were left over when a step looked over all jobs.
    pub(super) fn note_loose_project<'n>(&mut self, keys: impl Iterator<Item = &'n ProjectKey>) {
        for key in keys {
            let Some(unit) = self.kept.project_unit(key).cloned() else {
                continue;
            };
            let from = self.common_from(unit.family, unit.labor);
            if unit.joined.is_none_or(|joined| joined.stage >= from) {
                self.kept.loose_project.insert(&unit);
            } else {
                self.kept.loose_project.remove(&unit);
            }
        }
    }

    pub(super) fn note_loose_ledger<'n>(&mut self, keys: impl Iterator<Item = &'n LedgerKey>) {
        for key in keys {
            let Some(unit) = self.kept.ledger_unit(key).cloned() else {
                continue;
            };
            let journal = key.document.kind == DocumentKind::JournalEntry;
            let from = self.common_from(unit.family, journal && unit.family == Family::Cost);
            if unit.joined.is_none_or(|joined| joined.stage >= from) {
                self.kept.loose_ledger.insert(key, &unit);
            } else {
                self.kept.loose_ledger.remove(key, &unit);
            }
        }
    }

    /// The first step that looks at a unit over all jobs.
    fn common_from(&self, family: Family, labor: bool) -> Stage {
        if labor {
            return STRAYED_LABOR;
        }
        self.first_common
            .get(&family)
            .copied()
            .unwrap_or(STRAYED_LABOR)
    }

    /// Notes questions at the jobs that they are about.
    pub(super) fn take_questions(
        &mut self,
        questions: &[Question],
        project: &[ProjectUnit<'_>],
        view: &View<'_>,
    ) {
        if questions.is_empty() {
            return;
        }
        let jobs: BTreeMap<_, i64> = project
            .iter()
            .map(|unit| (pairing::project_ref(unit, view), unit.job))
            .collect();
        for question in questions {
            if let Some(job) = jobs.get(&question.about) {
                self.questions
                    .entry(*job)
                    .or_default()
                    .push(question.clone());
            }
        }
    }

    fn take_findings(&mut self, worked: &Worked<'_, '_>, names: &Names) {
        let view = worked.view;
        let all = cases::cases(worked.project, worked.ledger, worked.pairing);
        let wide = std::mem::take(&mut self.wide);
        let context = checks::Context::new(
            view,
            worked.jobs,
            worked.parties,
            (worked.project, worked.ledger),
            worked.pairing,
            &wide,
        );
        for (place, nth, finding) in numbered(checks::of_cases(&all, &context)) {
            let (place, homes) = case_place(&all[place], names, nth);
            self.verdicts.say(place, finding, homes);
        }
        for (number, check) in checks::CHECKS.iter().enumerate() {
            if number == number_of(JOURNALS) {
                continue;
            }
            for (nth, finding) in checks::scanned(check, &context).into_iter().enumerate() {
                let (place, homes) = scan_place(number, nth, &finding);
                self.verdicts.say(place, finding, homes);
            }
        }
        for hit in checks::unexplained_journals(&context) {
            if let Some(key) = document_of(&hit.records[0]) {
                self.journals.insert(key, hit);
            }
        }
        self.say_journals(&context);
        self.verdicts.settle();
        for finding in self.verdicts.findings.values() {
            note_steps(&mut self.steps, finding, Turn::Add);
        }
        drop(context);
        self.wide = wide;
    }

    /// Says again which manual journals stand, after reversals took each other back.
    pub(super) fn say_journals(&mut self, context: &checks::Context<'_, '_>) {
        let number = number_of(JOURNALS);
        self.verdicts.forget(&Home::Check(number));
        let hits: Vec<Hit> = self.journals.values().cloned().collect();
        for (nth, hit) in checks::without_reversals(hits).into_iter().enumerate() {
            let finding = checks::from_hit(&checks::CHECKS[number], hit, context);
            let homes = BTreeSet::from([Home::Check(number)]);
            self.verdicts.say(Place::Scan(number, nth), finding, homes);
        }
    }

    /// Adds up the totals of jobs.
    pub(super) fn add_up(&mut self, jobs: impl Iterator<Item = i64>) {
        let jobs: BTreeSet<i64> = jobs.collect();
        for job in &jobs {
            for measure in Measure::ALL {
                self.totals.remove(&(*job, measure));
            }
            for unit in self.kept.project_of(*job) {
                for (measure, amount) in moved(unit.family, unit.share) {
                    self.totals.entry((*job, measure)).or_default().0 += amount;
                }
            }
            let documents = self.kept.documents_of.get(job).into_iter().flatten();
            let parts = documents.filter_map(|document| self.kept.ledger.get(document));
            for part in parts.flatten().filter(|part| part.job == Some(*job)) {
                for (measure, amount) in moved(part.family, part.share) {
                    self.totals.entry((*job, measure)).or_default().1 += amount;
                }
            }
        }
    }
}

/// What a share adds to which totals.
fn moved(family: Family, share: Share) -> impl Iterator<Item = (Measure, Money)> {
    let retainage = family.retainage_measure();
    let main = std::iter::once((family.measure(), share.main));
    main.chain(retainage.map(|measure| (measure, share.retainage)))
}

/// Findings of cases, each with its number within its case.
pub(super) fn numbered(
    findings: Vec<(usize, Finding)>,
) -> impl Iterator<Item = (usize, usize, Finding)> {
    let mut last = (usize::MAX, 0);
    findings.into_iter().map(move |(place, finding)| {
        last = if last.0 == place {
            (place, last.1 + 1)
        } else {
            (place, 0)
        };
        (place, last.1, finding)
    })
}

/// Adds the effects of a finding to the steps of bridges, or takes them away.
pub(super) fn note_steps(
    steps: &mut BTreeMap<(i64, Measure), BTreeSet<Explained>>,
    finding: &Finding,
    turn: Turn,
) {
    for effect in &finding.effects {
        let of = steps
            .entry((effect.project_id, effect.measure))
            .or_default();
        let step = Explained {
            check: finding.check,
            finding: finding.id.clone(),
            amount: effect.amount,
        };
        match turn {
            Turn::Add => of.insert(step),
            Turn::TakeAway => of.remove(&step),
        };
    }
}

/// The names of units by their places.
#[derive(Default)]
pub(super) struct Names {
    pub(super) project: Vec<ProjectKey>,
    pub(super) ledger: Vec<LedgerKey>,
}

fn joined(group: u32, stage: Stage, wide: &[bool]) -> Option<Joined> {
    (group != NONE).then(|| Joined {
        group,
        stage,
        wide: wide[group as usize],
    })
}

/// Which groups hold units that are not of one job.
fn wide_groups(worked: &Worked<'_, '_>) -> Vec<bool> {
    let groups = worked.pairing.groups.iter();
    let is_wide = groups.map(|group| {
        let project = group.project.iter();
        let project = project.map(|at| Some(worked.project[*at as usize].job));
        let ledger = group.ledger.iter();
        not_of_one(project.chain(ledger.map(|at| worked.ledger[*at as usize].job)))
    });
    is_wide.collect()
}

/// A unit of Procore's, without what is known of it by others.
pub(super) fn keep_project(
    unit: &ProjectUnit<'_>,
    key: ProjectKey,
    view: &View<'_>,
) -> KeptProject {
    let mut kept = KeptProject::keep(unit, key);
    kept.labor = unit.kind == ProjectKind::DirectCost
        && unit.family == Family::Cost
        && view.records.direct_costs[unit.place as usize].kind == "payroll";
    kept
}

/// What is counted of a unit among the habits of its job, when it is paired.
pub(super) fn vote(paired: bool, view: &View<'_>, unit: &LedgerUnit<'_>) -> Option<JobVote> {
    (paired && unit.job.is_some()).then(|| JobVote::of(view, unit))
}

/// Where a case is kept, and what it is about.
pub(super) fn case_place(
    case: &Case<'_, '_>,
    names: &Names,
    nth: usize,
) -> (Place, BTreeSet<Home>) {
    let project: Vec<ProjectKey> = case
        .project_places
        .iter()
        .map(|at| names.project[*at as usize])
        .collect();
    let ledger: Vec<LedgerKey> = case
        .ledger_places
        .iter()
        .map(|at| names.ledger[*at as usize].clone())
        .collect();
    let mut homes: BTreeSet<Home> = project.iter().map(|key| Home::Job(key.job)).collect();
    for (unit, key) in case.ledger.iter().zip(&ledger) {
        homes.insert(match unit.job {
            Some(job) => Home::Job(job),
            None => Home::Document(key.document.clone()),
        });
    }
    (Place::Case(case.family, project, ledger, nth), homes)
}

/// Where a finding about the books as a whole is kept, and what it is about.
pub(super) fn scan_place(number: usize, nth: usize, finding: &Finding) -> (Place, BTreeSet<Home>) {
    let whole = || (Place::Scan(number, nth), Home::Check(number));
    let (place, home) = if BY_JOB.iter().any(|code| number == number_of(code)) {
        match finding.project_id {
            Some(job) => (Place::Of(number, finding.id.clone()), Home::Job(job)),
            None => whole(),
        }
    } else if number == number_of(ON_HOLD) {
        match finding.records.first().and_then(document_of) {
            Some(key) => (Place::Of(number, finding.id.clone()), Home::Document(key)),
            None => whole(),
        }
    } else {
        whole()
    };
    (place, BTreeSet::from([home]))
}

/// The document that a reference names.
pub(super) fn document_of(record: &figures::source::SourceRef) -> Option<DocumentKey> {
    let kind = DocumentKind::from_entity(&record.kind)?;
    Some(DocumentKey::new(kind, &record.id))
}

/// What was wrong with documents when they were cut.
fn rejections(worked: &Worked<'_, '_>) -> BTreeMap<DocumentKey, Vec<Rejection>> {
    let mut found: BTreeMap<DocumentKey, Vec<Rejection>> = BTreeMap::new();
    for rejection in &worked.rejections {
        if let Some(key) = document_of(&rejection.record) {
            found.entry(key).or_default().push(rejection.clone());
        }
    }
    found
}

/// Marks of the documents of customers whose project only their documents could tell.
fn evidence(view: &View<'_>, jobs: &JobMap) -> FxHashSet<Mark> {
    let documents = view.documents.iter();
    documents
        .filter_map(|document| {
            let (sort, customer) = job_evidence::mark_of(document)?;
            let amount = (document.total - document.tax).cents();
            jobs.by_evidence
                .contains(customer)
                .then_some((sort, amount))
        })
        .collect()
}
