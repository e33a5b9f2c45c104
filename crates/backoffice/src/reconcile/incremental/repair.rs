//! Pairs anew what changes can reach.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use figures::model::DocumentKind;

use super::Reconciler;
use super::kept::{GroupNumber, Joined, Kept, KeptGroup};
use super::keys::{DocumentKey, LedgerKey, ProjectKey};
use super::marks::marks_of;
use super::recut::Touched;
use super::scene::{Cast, Fresh, Scene};
use super::state::{Names, State, vote};
use crate::reconcile::checks::{AccountVote, Turn};
use crate::reconcile::convention::Convention;
use crate::reconcile::matching::decisions::Decisions;
use crate::reconcile::matching::links;
use crate::reconcile::matching::pairing::memory::{Memory, Remembered};
use crate::reconcile::matching::pairing::{self, Known, NONE, Pairing};
use crate::reconcile::units::Standing;
use crate::reconcile::view::View;

/// Growing further than this, it is no longer faster than comparing everything.
const MOST_ROUNDS: usize = 12;

/// What a round of pairing came to.
enum Round {
    /// Nothing outside what was paired anew came out otherwise.
    Done,
    /// These came out otherwise as well.
    Wider(Fresh),
    /// A fact about the tenant turned over.
    Everything,
}

impl Reconciler {
    /// Pairs what changes touch, and whatever comes out otherwise because of it. Nothing when
    /// everything must be compared again.
    pub(super) fn repair(&mut self, touched: &Touched) -> Option<Fresh> {
        let mut fresh = Fresh {
            jobs: touched.jobs.clone(),
            documents: touched.anew.clone(),
        };
        for _ in 0..MOST_ROUNDS {
            match self.pair_anew(touched, &fresh) {
                Round::Done => return Some(fresh),
                Round::Everything => return None,
                Round::Wider(more) => {
                    fresh.jobs.extend(more.jobs);
                    fresh.documents.extend(more.documents);
                }
            }
        }
        None
    }

    fn pair_anew(&mut self, touched: &Touched, fresh: &Fresh) -> Round {
        let scene = self.scene_to_pair(touched, fresh);
        let documents = scene.all_documents(&self.state.kept);
        let books = self
            .shelf
            .lend(&fresh.jobs, scene.project.iter(), &documents);
        let mut round = Round::Everything;
        if let (Some(project), Some(ledger)) = (&books.project, &books.ledger) {
            let view = View::new(self.as_of, &self.policy, project, ledger);
            let state = &mut self.state;
            round = pair_scene(state, &self.decisions, (touched, fresh), &scene, &view);
        }
        self.shelf.take_back(books);
        round
    }

    /// What must be looked at to pair what is fresh: its units, everything that is left over in
    /// all jobs, and what these are bound to.
    fn scene_to_pair(&self, touched: &Touched, fresh: &Fresh) -> Scene {
        let kept = &self.state.kept;
        let mut scene = Scene::of_fresh(kept, fresh);
        for number in &touched.groups {
            if let Some(group) = kept.groups.get(number) {
                scene.add_group(group);
            }
        }
        self.add_linked(&mut scene, fresh);
        scene.project.extend(kept.loose_project.iter().copied());
        let ledger: Vec<LedgerKey> = scene
            .ledger
            .iter()
            .chain(&kept.loose_ledger)
            .cloned()
            .collect();
        for key in &ledger {
            let Some(unit) = kept.ledger_unit(key) else {
                continue;
            };
            let whole = matches!(
                key.document.kind,
                DocumentKind::Payment | DocumentKind::Deposit
            );
            if whole || kept.loose_ledger.contains(key) {
                scene.ledger.extend(kept.parts_of(&key.document));
            }
            // What a pair lacks may be exactly this.
            let lacking = kept.lacking.get(&(unit.family, unit.shown.gross.cents()));
            for group in lacking
                .into_iter()
                .flatten()
                .filter_map(|one| kept.groups.get(one))
            {
                scene.add_group(group);
            }
            if unit.standing == Standing::Void
                && let Some(document) = self.shelf.documents.get(&key.document)
            {
                let marks = marks_of(unit, document);
                let again: Vec<DocumentKey> = self.state.marks.with(&marks).cloned().collect();
                again
                    .iter()
                    .for_each(|document| scene.add_document(kept, document));
            }
        }
        close(kept, &mut scene);
        scene
    }

    /// Documents that links of fresh units name, and everything else that is linked to them.
    fn add_linked(&self, scene: &mut Scene, fresh: &Fresh) {
        let kept = &self.state.kept;
        let of_jobs = fresh
            .jobs
            .iter()
            .flat_map(|job| kept.project.get(job).into_iter().flatten());
        let mut ids: BTreeSet<SmolStr> = of_jobs
            .filter_map(|unit| links::parse(&unit.origin_id).map(|link| SmolStr::new(link.id)))
            .collect();
        let documents = scene.ledger.iter().map(|key| &key.document.id);
        let named = documents.chain(fresh.documents.iter().map(|key| &key.id));
        ids.extend(named.filter(|id| kept.linked.contains_key(*id)).cloned());
        for id in ids {
            scene
                .project
                .extend(kept.linked.get(&id).into_iter().flatten().copied());
            for kind in DocumentKind::ALL {
                let key = DocumentKey::new(kind, &id);
                if self.shelf.documents.contains_key(&key) {
                    scene.add_document(kept, &key);
                }
            }
        }
    }
}

fn pair_scene(
    state: &mut State,
    decisions: &Decisions,
    (touched, fresh): (&Touched, &Fresh),
    scene: &Scene,
    view: &View<'_>,
) -> Round {
    let kept = &state.kept;
    let cast = Cast::new(kept, scene, view);
    let open = open_groups(kept, touched, fresh, &cast);
    let memory = memory(kept, fresh, &cast, &open);
    let known = Known {
        jobs: &state.jobs,
        decisions,
        enters_retainage: kept.with_retainage > 0,
        memory: Some(&memory),
    };
    let pairing = pairing::pair(view, &cast.project, &cast.ledger, &known);
    let wider = wider(kept, &cast, &memory, &pairing);
    if !wider.jobs.is_empty() || !wider.documents.is_empty() {
        return Round::Wider(wider);
    }
    let found = found(state, view, &cast, &memory, &pairing);
    drop(cast);
    commit(state, &open, found, view)
}

/// Takes the new groups over. Facts about the tenant that turn over are told.
fn commit(state: &mut State, open: &BTreeSet<GroupNumber>, found: Found, view: &View<'_>) -> Round {
    let closed_before = state.wide.completed.carries();
    let codes: BTreeSet<SmolStr> = open
        .iter()
        .filter_map(|number| state.kept.groups.get(number)?.votes.account.as_ref())
        .chain(
            found
                .groups
                .iter()
                .filter_map(|one| one.group.votes.account.as_ref()),
        )
        .map(|(code, _): &AccountVote| code.clone())
        .collect();
    let usual = |state: &State| -> Vec<Option<SmolStr>> {
        let habits = &state.wide.habits;
        let of_code = |code| habits.account_of(code, view.policy).map(SmolStr::new);
        codes.iter().map(|code| of_code(code)).collect()
    };
    let usual_before = usual(state);
    for number in open {
        if let Some(group) = state.kept.dissolve(*number) {
            state.count_votes(&group.votes, Turn::TakeAway);
        }
    }
    for one in found.groups {
        state.count_votes(&one.group.votes, Turn::Add);
        state.kept.add_group(one.group, &one.project, &one.ledger);
    }
    for (key, broken) in found.broken {
        if let Some(unit) = state.kept.project_unit_mut(&key) {
            unit.broken = broken;
        }
    }
    for (key, now) in found.votes {
        let Some(unit) = state.kept.ledger_unit_mut(&key) else {
            continue;
        };
        let before = std::mem::replace(&mut unit.vote, now.clone());
        let Some(job) = unit.job else { continue };
        for (vote, turn) in [(before, Turn::TakeAway), (now, Turn::Add)] {
            if let Some(vote) = vote {
                state.wide.habits.count_job(job, &vote, turn);
            }
        }
    }
    state.note_loose_project(found.names.project.iter());
    state.note_loose_ledger(found.names.ledger.iter());
    for job in &found.jobs {
        state.questions.remove(job);
    }
    for (job, question) in found.questions {
        state.questions.entry(job).or_default().push(question);
    }
    let same = usual(state) == usual_before
        && state.wide.completed.carries() == closed_before
        && Convention::of(view, state.with_lines) == state.convention;
    if same { Round::Done } else { Round::Everything }
}

/// Adds what the units of a scene are paired with.
fn close(kept: &Kept, scene: &mut Scene) {
    let mut seen: BTreeSet<GroupNumber> = BTreeSet::new();
    loop {
        let project = scene
            .project
            .iter()
            .filter_map(|key| kept.project_unit(key)?.joined);
        let ledger = scene
            .ledger
            .iter()
            .filter_map(|key| kept.ledger_unit(key)?.joined);
        let numbers: Vec<GroupNumber> = project
            .chain(ledger)
            .map(|joined| joined.group)
            .filter(|number| !seen.contains(number))
            .collect();
        if numbers.is_empty() {
            return;
        }
        for number in numbers {
            if seen.insert(number)
                && let Some(group) = kept.groups.get(&number)
            {
                scene.add_group(group);
            }
        }
    }
}

/// Groups that hold a unit which is paired anew.
fn open_groups(
    kept: &Kept,
    touched: &Touched,
    fresh: &Fresh,
    cast: &Cast<'_>,
) -> BTreeSet<GroupNumber> {
    let mut open = touched.groups.clone();
    let project = cast
        .project_keys
        .iter()
        .filter(|key| fresh.jobs.contains(&key.job));
    open.extend(project.filter_map(|key| Some(kept.project_unit(key)?.joined?.group)));
    let ledger = cast.ledger_keys.iter().filter(|key| fresh.has(kept, key));
    open.extend(ledger.filter_map(|key| Some(kept.ledger_unit(key)?.joined?.group)));
    open.retain(|number| kept.groups.contains_key(number));
    open
}

/// What is known of the units that are not paired anew.
fn memory(kept: &Kept, fresh: &Fresh, cast: &Cast<'_>, open: &BTreeSet<GroupNumber>) -> Memory {
    let mut numbers: BTreeSet<GroupNumber> = BTreeSet::new();
    let project = cast
        .project_keys
        .iter()
        .filter_map(|key| kept.project_unit(key)?.joined);
    let ledger = cast
        .ledger_keys
        .iter()
        .filter_map(|key| kept.ledger_unit(key)?.joined);
    numbers.extend(project.chain(ledger).map(|joined| joined.group));
    let remembered = numbers
        .difference(open)
        .filter_map(|number| kept.groups.get(number));
    let broken = cast
        .project_keys
        .iter()
        .zip(0..)
        .filter_map(|(key, place)| {
            let gone = kept.project_unit(key)?.broken.clone()?;
            (!fresh.jobs.contains(&key.job)).then_some((place, gone))
        });
    Memory {
        jobs: fresh.jobs.clone(),
        fresh_project: cast
            .project_keys
            .iter()
            .map(|key| fresh.jobs.contains(&key.job))
            .collect(),
        fresh_ledger: cast
            .ledger_keys
            .iter()
            .map(|key| fresh.has(kept, key))
            .collect(),
        broken: broken.collect(),
        ..Memory::default()
    }
    .with_groups(
        remembered
            .map(|group| remember(kept, cast, group))
            .collect(),
    )
}

fn remember(kept: &Kept, cast: &Cast<'_>, group: &KeptGroup) -> Remembered {
    let project = group.project.iter().filter_map(|key| {
        Some((
            cast.project_place(key)?,
            kept.project_unit(key)?.joined?.stage,
        ))
    });
    let ledger = group.ledger.iter().filter_map(|key| {
        Some((
            cast.ledger_place(key)?,
            kept.ledger_unit(key)?.joined?.stage,
        ))
    });
    Remembered {
        group: group.group.clone(),
        project: project.collect(),
        ledger: ledger.collect(),
    }
}

/// Jobs and documents outside what was paired anew that came out otherwise.
fn wider(kept: &Kept, cast: &Cast<'_>, memory: &Memory, pairing: &Pairing) -> Fresh {
    let mut wider = Fresh::default();
    for (place, key) in cast.project_keys.iter().enumerate() {
        let joined = kept.project_unit(key).and_then(|unit| unit.joined);
        let now = (pairing.of_project[place], pairing.joined_project[place]);
        if !memory.fresh_project[place] && !is_same(kept, cast, pairing, joined, now) {
            wider.jobs.insert(key.job);
        }
    }
    for (place, key) in cast.ledger_keys.iter().enumerate() {
        let Some(unit) = kept.ledger_unit(key) else {
            continue;
        };
        let now = (pairing.of_ledger[place], pairing.joined_ledger[place]);
        if !memory.fresh_ledger[place] && !is_same(kept, cast, pairing, unit.joined, now) {
            match unit.job {
                Some(job) => wider.jobs.insert(job),
                None => wider.documents.insert(key.document.clone()),
            };
        }
    }
    wider
}

/// Whether a unit is in the same group as before, since the same step.
fn is_same(
    kept: &Kept,
    cast: &Cast<'_>,
    pairing: &Pairing,
    before: Option<Joined>,
    (group, stage): (u32, pairing::Stage),
) -> bool {
    let Some(before) = before else {
        return group == NONE;
    };
    if group == NONE || stage != before.stage {
        return false;
    }
    let (Some(was), Some(now)) = (
        kept.groups.get(&before.group),
        pairing.groups.get(group as usize),
    ) else {
        return false;
    };
    let (project, ledger) = cast.named(now);
    let one = &was.group;
    (was.project.as_slice(), was.ledger.as_slice()) == (project.as_slice(), ledger.as_slice())
        && (one.family, one.basis, one.score, one.evidence, one.reversed)
            == (now.family, now.basis, now.score, now.evidence, now.reversed)
}

/// What a pairing found about what was paired anew, under lasting names.
struct Found {
    groups: Vec<FoundGroup>,
    broken: Vec<(ProjectKey, Option<figures::source::SourceRef>)>,
    votes: Vec<(LedgerKey, Option<crate::reconcile::checks::JobVote>)>,
    questions: Vec<(i64, crate::reconcile::result::Question)>,
    /// What was paired anew.
    names: Names,
    jobs: BTreeSet<i64>,
}

struct FoundGroup {
    group: KeptGroup,
    project: Vec<pairing::Stage>,
    ledger: Vec<pairing::Stage>,
}

fn found(
    state: &State,
    view: &View<'_>,
    cast: &Cast<'_>,
    memory: &Memory,
    pairing: &Pairing,
) -> Found {
    let names = Names {
        project: cast.project_keys.clone(),
        ledger: cast.ledger_keys.clone(),
    };
    let is_fresh = |group: &pairing::Group| {
        group
            .project
            .iter()
            .any(|place| memory.fresh_project[*place as usize])
            || group
                .ledger
                .iter()
                .any(|place| memory.fresh_ledger[*place as usize])
    };
    let groups = pairing
        .groups
        .iter()
        .filter(|group| is_fresh(group))
        .map(|group| FoundGroup {
            group: state.keep_group(group, &names, view, (&cast.project, &cast.ledger)),
            project: group
                .project
                .iter()
                .map(|at| pairing.joined_project[*at as usize])
                .collect(),
            ledger: group
                .ledger
                .iter()
                .map(|at| pairing.joined_ledger[*at as usize])
                .collect(),
        });
    let groups = groups.collect();
    let mut broken = Vec::new();
    let mut jobs_of: BTreeMap<figures::source::SourceRef, i64> = BTreeMap::new();
    for ((key, unit), place) in cast.project_keys.iter().zip(&cast.project).zip(0_u32..) {
        if memory.fresh_project[place as usize] {
            broken.push((*key, pairing.broken_links.get(&place).cloned()));
            jobs_of.insert(pairing::project_ref(unit, view), key.job);
        }
    }
    let mut votes = Vec::new();
    for ((key, unit), place) in cast.ledger_keys.iter().zip(&cast.ledger).zip(0_usize..) {
        if memory.fresh_ledger[place]
            && let Some(mut kept) = state.kept.ledger_unit(key).cloned()
        {
            let of = pairing.of_ledger[place];
            kept.joined = (of != NONE).then_some(Joined {
                group: of,
                stage: pairing.joined_ledger[place],
            });
            votes.push((key.clone(), vote(&kept, view, unit)));
        }
    }
    let questions = pairing.questions.iter();
    let questions = questions
        .filter_map(|question| Some((*jobs_of.get(&question.about)?, question.clone())))
        .collect();
    let fresh_project = cast.project_keys.iter().zip(&memory.fresh_project);
    let fresh_ledger = cast.ledger_keys.iter().zip(&memory.fresh_ledger);
    Found {
        groups,
        broken,
        votes,
        questions,
        names: Names {
            project: fresh_project
                .filter(|(_, fresh)| **fresh)
                .map(|(key, _)| *key)
                .collect(),
            ledger: fresh_ledger
                .filter(|(_, fresh)| **fresh)
                .map(|(key, _)| key.clone())
                .collect(),
        },
        jobs: memory.jobs.clone(),
    }
}
