//! What a pairing found about what was paired anew, and how it is taken over.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use figures::source::SourceRef;

use super::kept::{GroupNumber, Joined, Kept, KeptGroup};
use super::keys::{LedgerKey, ProjectKey};
use super::recut::Touched;
use super::repair::is_same_group;
use super::scene::Cast;
use super::state::{Names, State, vote};
use crate::reconcile::checks::{JobVote, Turn};
use crate::reconcile::convention::Convention;
use crate::reconcile::matching::pairing::memory::Memory;
use crate::reconcile::matching::pairing::{self, NONE, Pairing};
use crate::reconcile::result::Question;
use crate::reconcile::view::View;

/// Groups that were found again as they were, of units that are as they were: one that was cut anew has
/// joined none yet.
pub(super) struct Stays {
    pub(super) kept: BTreeSet<GroupNumber>,
    /// Whether each group that was found is one of them.
    found: Vec<bool>,
}

impl Stays {
    pub(super) fn of(
        kept: &Kept,
        cast: &Cast<'_>,
        pairing: &Pairing,
        open: &BTreeSet<GroupNumber>,
    ) -> Self {
        let mut stays = Self {
            kept: BTreeSet::new(),
            found: vec![false; pairing.groups.len()],
        };
        for number in open {
            let Some(was) = kept.groups.get(number) else {
                continue;
            };
            let now = was.project.first().and_then(|key| cast.project_place(key));
            let now = now.map_or(NONE, |place| pairing.of_project[place as usize]);
            if now != NONE && is_as_it_was(cast, pairing, was, &pairing.groups[now as usize]) {
                stays.kept.insert(*number);
                stays.found[now as usize] = true;
            }
        }
        stays
    }

    /// Whether a unit was found where it was: in such a group, or in none.
    fn hold(&self, before: Option<Joined>, now: u32) -> bool {
        match now {
            NONE => before.is_none(),
            group => self.found[group as usize],
        }
    }
}

/// Whether a group is the one that was, joined by its units in the same steps.
fn is_as_it_was(cast: &Cast<'_>, pairing: &Pairing, was: &KeptGroup, now: &pairing::Group) -> bool {
    let stage = |joined: Option<Joined>| joined.map(|joined| joined.stage);
    let mut project = now.project.iter().map(|place| *place as usize);
    let mut ledger = now.ledger.iter().map(|place| *place as usize);
    is_same_group(cast, was, now)
        && project.all(|place| {
            stage(cast.known_project[place].joined) == Some(pairing.joined_project[place])
        })
        && ledger.all(|place| {
            stage(cast.known_ledger[place].joined) == Some(pairing.joined_ledger[place])
        })
}

/// A scene after its pairing.
pub(super) struct Paired<'p, 'k> {
    pub(super) cast: &'p Cast<'k>,
    pub(super) memory: &'p Memory,
    pub(super) pairing: &'p Pairing,
    pub(super) stays: &'p Stays,
}

/// What a pairing found about what was paired anew, under lasting names.
pub(super) struct Found {
    groups: Vec<FoundGroup>,
    broken: Vec<(ProjectKey, Option<SourceRef>)>,
    votes: Vec<(LedgerKey, Option<JobVote>)>,
    questions: Vec<(i64, Question)>,
    /// What of it is not as it was.
    names: Names,
    jobs: BTreeSet<i64>,
}

struct FoundGroup {
    group: KeptGroup,
    project: Vec<pairing::Stage>,
    ledger: Vec<pairing::Stage>,
}

impl Found {
    pub(super) fn of(
        state: &State,
        touched: &Touched,
        view: &View<'_>,
        paired: &Paired<'_, '_>,
    ) -> Self {
        let mut found = Self {
            groups: Vec::new(),
            broken: Vec::new(),
            votes: Vec::new(),
            questions: paired.questions(view),
            names: Names::default(),
            jobs: paired.memory.jobs.clone(),
        };
        found.take_groups(state, view, paired);
        found.take_project(touched, paired);
        found.take_ledger(view, paired);
        found
    }

    fn take_groups(&mut self, state: &State, view: &View<'_>, paired: &Paired<'_, '_>) {
        let (cast, memory, pairing) = (paired.cast, paired.memory, paired.pairing);
        for (group, stays) in pairing.groups.iter().zip(&paired.stays.found) {
            let project = group.project.iter().map(|place| *place as usize);
            let ledger = group.ledger.iter().map(|place| *place as usize);
            let is_fresh = project.clone().any(|place| memory.fresh_project[place])
                || ledger.clone().any(|place| memory.fresh_ledger[place]);
            if is_fresh && !stays {
                let units = (cast.project.as_slice(), cast.ledger.as_slice());
                self.groups.push(FoundGroup {
                    group: state.keep_group(group, &cast.names, view, units),
                    project: project.map(|at| pairing.joined_project[at]).collect(),
                    ledger: ledger.map(|at| pairing.joined_ledger[at]).collect(),
                });
            }
        }
    }

    fn take_project(&mut self, touched: &Touched, paired: &Paired<'_, '_>) {
        let fresh = paired.cast.known_project.iter().enumerate();
        for (place, known) in fresh.filter(|(place, _)| paired.memory.fresh_project[*place]) {
            let broken = u32::try_from(place).ok();
            let broken = broken.and_then(|place| paired.pairing.broken_links.get(&place));
            if known.broken.as_ref() != broken {
                self.broken.push((known.key, broken.cloned()));
            }
            let now = paired.pairing.of_project[place];
            let cut_anew = touched.projects.contains(&known.key.job);
            if cut_anew || !paired.stays.hold(known.joined, now) {
                self.names.project.push(known.key);
            }
        }
    }

    fn take_ledger(&mut self, view: &View<'_>, paired: &Paired<'_, '_>) {
        let cast = paired.cast;
        let fresh = cast.known_ledger.iter().enumerate();
        for (place, known) in fresh.filter(|(place, _)| paired.memory.fresh_ledger[*place]) {
            let now = paired.pairing.of_ledger[place];
            if !paired.stays.hold(known.joined, now) {
                let key = &cast.names.ledger[place];
                let vote = vote(now != NONE, view, &cast.ledger[place]);
                self.votes.push((key.clone(), vote));
                self.names.ledger.push(key.clone());
            }
        }
    }

    /// Takes it over in the place of the groups that held these units. False when a fact about the
    /// tenant turns over: everything must be compared then.
    pub(super) fn commit(
        self,
        state: &mut State,
        open: &BTreeSet<GroupNumber>,
        view: &View<'_>,
    ) -> bool {
        let closed_before = state.wide.completed.carries();
        let codes = self.cost_codes(state, open);
        let usual_before = usual_accounts(state, &codes, view);
        for number in open {
            if let Some(group) = state.kept.dissolve(*number) {
                state.count_votes(&group.votes, Turn::TakeAway);
            }
        }
        for one in self.groups {
            state.count_votes(&one.group.votes, Turn::Add);
            state.kept.add_group(one.group, &one.project, &one.ledger);
        }
        for (key, broken) in self.broken {
            if let Some(unit) = state.kept.project_unit_mut(&key) {
                unit.broken = broken;
            }
        }
        for (key, vote) in self.votes {
            count_vote(state, &key, vote);
        }
        state.note_loose_project(self.names.project.iter());
        state.note_loose_ledger(self.names.ledger.iter());
        for job in &self.jobs {
            state.questions.remove(job);
        }
        for (job, question) in self.questions {
            state.questions.entry(job).or_default().push(question);
        }
        usual_accounts(state, &codes, view) == usual_before
            && state.wide.completed.carries() == closed_before
            && Convention::of(view, state.with_lines) == state.convention
    }

    /// Cost codes whose usual account may change.
    fn cost_codes(&self, state: &State, open: &BTreeSet<GroupNumber>) -> BTreeSet<SmolStr> {
        let before = open
            .iter()
            .filter_map(|number| state.kept.groups.get(number));
        let now = self.groups.iter().map(|one| &one.group);
        let votes = before
            .chain(now)
            .filter_map(|group| group.votes.account.as_ref());
        votes.map(|(code, _)| code.clone()).collect()
    }
}

fn usual_accounts(
    state: &State,
    codes: &BTreeSet<SmolStr>,
    view: &View<'_>,
) -> Vec<Option<SmolStr>> {
    let habits = &state.wide.habits;
    let of_code = |code| habits.account_of(code, view.policy).map(SmolStr::new);
    codes.iter().map(|code| of_code(code)).collect()
}

/// Counts what a unit says about its job, in the place of what it said before.
fn count_vote(state: &mut State, key: &LedgerKey, now: Option<JobVote>) {
    let Some(unit) = state.kept.ledger_unit_mut(key) else {
        return;
    };
    let before = std::mem::replace(&mut unit.vote, now.clone());
    let Some(job) = unit.job else { return };
    for (vote, turn) in [(before, Turn::TakeAway), (now, Turn::Add)] {
        if let Some(vote) = vote {
            state.wide.habits.count_job(job, &vote, turn);
        }
    }
}

impl Paired<'_, '_> {
    /// What is asked about what was paired anew, by job.
    fn questions(&self, view: &View<'_>) -> Vec<(i64, Question)> {
        let asked = &self.pairing.questions;
        if asked.is_empty() {
            return Vec::new();
        }
        let fresh = self.cast.project.iter().zip(&self.memory.fresh_project);
        let fresh = fresh.filter(|(_, fresh)| **fresh);
        let jobs: BTreeMap<SourceRef, i64> = fresh
            .map(|(unit, _)| (pairing::project_ref(unit, view), unit.job))
            .collect();
        let of_job = asked
            .iter()
            .filter_map(|one| Some((*jobs.get(&one.about)?, one.clone())));
        of_job.collect()
    }
}
