//! Pairs anew what changes can reach.

use std::collections::BTreeSet;

use figures::SmolStr;
use figures::model::DocumentKind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Reconciler;
use super::found::{Found, Paired, Stays};
use super::kept::{GroupNumber, Joined, Kept, KeptGroup};
use super::keys::{DocumentKey, LedgerKey};
use super::recut::Touched;
use super::scene::{Cast, Fresh, InOrder, Scene};
use super::state::{State, document_of};
use super::woken::Woken;
use crate::reconcile::matching::decisions::Decisions;
use crate::reconcile::matching::links;
use crate::reconcile::matching::pairing::memory::{Memory, Remembered};
use crate::reconcile::matching::pairing::{self, Known, NONE, Pairing};
use crate::reconcile::result::PairKind;
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
    /// Something is free that may be paired with what sleeps.
    Woken(Woken),
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
        let mut woken = self.woken();
        for _ in 0..MOST_ROUNDS {
            match self.pair_anew(touched, &fresh, &woken) {
                Round::Done => return Some(fresh),
                Round::Everything => return None,
                Round::Wider(more) => {
                    fresh.jobs.extend(more.jobs);
                    fresh.documents.extend(more.documents);
                }
                Round::Woken(more) => woken.wake(more),
            }
        }
        None
    }

    fn pair_anew(&mut self, touched: &Touched, fresh: &Fresh, woken: &Woken) -> Round {
        let scene = self
            .scene_to_pair(touched, fresh, woken)
            .in_order(&self.state.kept);
        let by = (self.as_of, &self.policy);
        let (singles, documents) = (&scene.project, &scene.documents);
        let view = self.shelf.view(by, &fresh.jobs, singles, documents);
        let state = &mut self.state;
        let anew = (touched, fresh, woken);
        pair_scene(state, &self.decisions, anew, &scene, &view)
    }

    /// What must be looked at to pair what is fresh: its units, everything that is left over in
    /// all jobs, and what these are bound to.
    fn scene_to_pair(&self, touched: &Touched, fresh: &Fresh, woken: &Woken) -> Scene {
        let kept = &self.state.kept;
        let mut scene = Scene::of_fresh(kept, fresh);
        for document in &fresh.documents {
            scene.ledger.extend(kept.parts_of(document));
        }
        for number in &touched.groups {
            if let Some(group) = kept.groups.get(number) {
                scene.add_group(group);
            }
        }
        self.add_decided(&mut scene, fresh);
        self.add_linked(&mut scene, fresh);
        self.add_other_sides(&mut scene);
        scene.project.extend(kept.loose_project.awake().copied());
        let awake = kept.loose_ledger.but(DocumentKind::Estimate);
        scene.ledger.extend(awake.cloned());
        if woken.estimates {
            let estimates = kept.loose_ledger.of_kind(DocumentKind::Estimate);
            scene.ledger.extend(estimates.cloned());
        }
        let ledger: Vec<LedgerKey> = scene.ledger.iter().cloned().collect();
        let decided = self.decided();
        for key in &ledger {
            let Some(unit) = kept.ledger_unit(key) else {
                continue;
            };
            if decided.contains(&key.document) || self.is_looked_at_whole(key) {
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
            if unit.standing == Standing::Void {
                let marks = unit.marks.iter().flatten();
                for document in marks.flat_map(|mark| self.state.marks.with(*mark)) {
                    scene.add_document(kept, document);
                }
            }
        }
        scene.add_groups(kept);
        self.add_woken(&mut scene, woken);
        scene
    }

    /// What a person said is the same as something fresh.
    fn add_decided(&self, scene: &mut Scene, fresh: &Fresh) {
        let kept = &self.state.kept;
        for decision in self.decisions.confirmed_of(PairKind::Document) {
            let Some(document) = document_of(&decision.quickbooks) else {
                continue;
            };
            let units = || kept.decided(&decision.procore);
            let is_fresh = units().any(|key| fresh.jobs.contains(&key.job))
                || kept.parts_of(&document).any(|part| fresh.has(kept, &part));
            if is_fresh {
                scene.project.extend(units());
                scene.add_document(kept, &document);
            }
        }
    }

    /// Documents of which a person said what they are.
    fn decided(&self) -> FxHashSet<DocumentKey> {
        let confirmed = self.decisions.confirmed_of(PairKind::Document);
        confirmed
            .filter_map(|decision| document_of(&decision.quickbooks))
            .collect()
    }

    /// Whether the other units of its document decide about a unit too. Of a payment made, and of a
    /// journal that nobody pays, those that are paired already decide nothing, and a check run or a
    /// payroll has hundreds of them.
    fn is_looked_at_whole(&self, key: &LedgerKey) -> bool {
        match key.document.kind {
            DocumentKind::Payment | DocumentKind::Deposit => true,
            DocumentKind::BillPayment => false,
            DocumentKind::JournalEntry if self.shelf.payers(&key.document).next().is_none() => {
                false
            }
            _ => self.state.kept.loose_ledger.contains(key),
        }
    }

    /// Documents that links of fresh units name, and everything else that is linked to them.
    fn add_linked(&self, scene: &mut Scene, fresh: &Fresh) {
        let kept = &self.state.kept;
        let of_jobs = fresh.jobs.iter().flat_map(|job| kept.project_of(*job));
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
    (touched, fresh, woken): (&Touched, &Fresh, &Woken),
    scene: &InOrder,
    view: &View<'_>,
) -> Round {
    let kept = &state.kept;
    let cast = Cast::new(kept, scene, view);
    let anew = Anew::of(&cast, fresh);
    let open = open_groups(kept, (touched, fresh), &cast, &anew);
    let memory = memory(kept, fresh, &cast, anew, &open);
    let known = Known {
        jobs: &state.jobs,
        decisions,
        enters_retainage: kept.with_retainage > 0,
        memory: Some(&memory),
    };
    let pairing = pairing::pair(view, &cast.project, &cast.ledger, &known);
    if let Some(more) = woken.missing(&cast, &memory, &pairing) {
        return Round::Woken(more);
    }
    let wider = wider(kept, &cast, &memory, &pairing);
    if !wider.jobs.is_empty() || !wider.documents.is_empty() {
        return Round::Wider(wider);
    }
    let stays = Stays::of(kept, &cast, &pairing, &open);
    let paired = Paired {
        cast: &cast,
        memory: &memory,
        pairing: &pairing,
        stays: &stays,
    };
    let found = Found::of(state, touched, view, &paired);
    let open = open.difference(&stays.kept).copied().collect();
    drop(cast);
    if found.commit(state, &open, view) {
        Round::Done
    } else {
        Round::Everything
    }
}

/// Which units are paired anew.
struct Anew {
    project: Vec<bool>,
    ledger: Vec<bool>,
}

impl Anew {
    fn of(cast: &Cast<'_>, fresh: &Fresh) -> Self {
        let project = cast.names.project.iter();
        let ledger = cast.names.ledger.iter().zip(&cast.known_ledger);
        Self {
            project: project.map(|key| fresh.jobs.contains(&key.job)).collect(),
            ledger: ledger.map(|(key, known)| fresh.holds(known, key)).collect(),
        }
    }
}

/// Groups that hold a unit which is paired anew, or one that is linked to the same document: what is
/// linked to one document shares its parts.
fn open_groups(
    kept: &Kept,
    (touched, fresh): (&Touched, &Fresh),
    cast: &Cast<'_>,
    anew: &Anew,
) -> BTreeSet<GroupNumber> {
    let mut open = touched.groups.clone();
    let project = cast.known_project.iter().zip(&anew.project);
    let ledger = cast.known_ledger.iter().zip(&anew.ledger);
    open.extend(
        project
            .filter(|(_, anew)| **anew)
            .filter_map(|(known, _)| Some(known.joined?.group)),
    );
    open.extend(
        ledger
            .filter(|(_, anew)| **anew)
            .filter_map(|(known, _)| Some(known.joined?.group)),
    );
    let parts = cast.names.ledger.iter().zip(&anew.ledger);
    let parts = parts.filter(|(_, anew)| **anew);
    let of_parts = parts.filter_map(|(key, _)| kept.linked.get(&key.document.id));
    let of_jobs = fresh.jobs.iter().flat_map(|job| kept.linked_with(*job));
    let linked = of_parts.flatten().chain(of_jobs);
    open.extend(linked.filter_map(|key| Some(kept.project_unit(key)?.joined?.group)));
    open.retain(|number| kept.groups.contains_key(number));
    open
}

/// What is known of the units that are not paired anew.
fn memory(
    kept: &Kept,
    fresh: &Fresh,
    cast: &Cast<'_>,
    anew: Anew,
    open: &BTreeSet<GroupNumber>,
) -> Memory {
    let numbers = cast.groups();
    let groups = numbers
        .difference(open)
        .filter_map(|number| kept.groups.get(number))
        .map(|group| remember(cast, group));
    let groups = groups.collect();
    let broken = cast.known_project.iter().zip(&anew.project).zip(0..);
    let broken = broken
        .filter(|((_, anew), _)| !**anew)
        .filter_map(|((known, _), place)| Some((place, known.broken.clone()?)));
    Memory {
        jobs: fresh.jobs.clone(),
        broken: broken.collect(),
        fresh_project: anew.project,
        fresh_ledger: anew.ledger,
        ..Memory::default()
    }
    .with_groups(groups)
}

fn remember(cast: &Cast<'_>, group: &KeptGroup) -> Remembered {
    let project = group.project.iter().filter_map(|key| {
        let place = cast.project_place(key)?;
        Some((place, cast.known_project[place as usize].joined?.stage))
    });
    let ledger = group.ledger.iter().filter_map(|key| {
        let place = cast.ledger_place(key)?;
        Some((place, cast.known_ledger[place as usize].joined?.stage))
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
    let mut same = SameGroups::default();
    for (place, known) in cast.known_project.iter().enumerate() {
        let now = (pairing.of_project[place], pairing.joined_project[place]);
        if !memory.fresh_project[place] && !same.hold(kept, cast, pairing, known.joined, now) {
            wider.jobs.insert(known.key.job);
        }
    }
    for (place, known) in cast.known_ledger.iter().enumerate() {
        let now = (pairing.of_ledger[place], pairing.joined_ledger[place]);
        if !memory.fresh_ledger[place] && !same.hold(kept, cast, pairing, known.joined, now) {
            match known.job {
                Some(job) => wider.jobs.insert(job),
                None => wider
                    .documents
                    .insert(cast.names.ledger[place].document.clone()),
            };
        }
    }
    wider
}

/// Whether a group that was found is a kept one, asked once for all of its units.
#[derive(Default)]
struct SameGroups(FxHashMap<(GroupNumber, u32), bool>);

impl SameGroups {
    /// Whether a unit is in the same group as before, since the same step.
    fn hold(
        &mut self,
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
        let same = self.0.entry((before.group, group));
        *same.or_insert_with(|| {
            let was = kept.groups.get(&before.group);
            let now = pairing.groups.get(group as usize);
            was.zip(now)
                .is_some_and(|(was, now)| is_same_group(cast, was, now))
        })
    }
}

pub(super) fn is_same_group(cast: &Cast<'_>, was: &KeptGroup, now: &pairing::Group) -> bool {
    let one = &was.group;
    cast.is_same(was, now)
        && (one.family, one.basis, one.score, one.evidence, one.reversed)
            == (now.family, now.basis, now.score, now.evidence, now.reversed)
}
