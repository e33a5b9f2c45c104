//! What an earlier pairing found out about units that are not paired anew.
//!
//! Steps that look at each job by itself are not done again for other jobs: what they found is
//! recalled, step by step, so that each unit is free for exactly as long as it was. Steps over all
//! jobs are done again, with everything that was left when they came. Whether they found the same
//! for the other jobs is for the caller to see.

use std::collections::{BTreeMap, BTreeSet};

use figures::source::SourceRef;

use super::{Group, NONE, Pairing, Run, Stage};

/// Units outside the jobs that are paired anew.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The jobs that are paired anew.
    pub(crate) jobs: BTreeSet<i64>,
    /// Whether each project unit is paired anew.
    pub(crate) fresh_project: Vec<bool>,
    /// Whether each ledger unit is paired anew.
    pub(crate) fresh_ledger: Vec<bool>,
    /// Groups without a unit that is paired anew.
    pub(crate) groups: Vec<Remembered>,
    /// Places of the groups that something joined in a step.
    pub(crate) by_stage: BTreeMap<Stage, Vec<usize>>,
    /// Units that are not paired anew and whose link names a document that is gone.
    pub(crate) broken: BTreeMap<u32, SourceRef>,
}

/// A group with the step in which each of its units joined.
#[derive(Debug, Clone)]
pub(crate) struct Remembered {
    /// The group; its units are those below.
    pub(crate) group: Group,
    /// Project units.
    pub(crate) project: Vec<(u32, Stage)>,
    /// Ledger units.
    pub(crate) ledger: Vec<(u32, Stage)>,
}

impl Memory {
    /// Takes the groups in.
    pub(crate) fn with_groups(mut self, groups: Vec<Remembered>) -> Self {
        for (place, group) in groups.iter().enumerate() {
            for (_, stage) in group.project.iter().chain(&group.ledger) {
                let of_stage = self.by_stage.entry(*stage).or_default();
                if of_stage.last() != Some(&place) {
                    of_stage.push(place);
                }
            }
        }
        self.groups = groups;
        self
    }

    /// Repeats what joined in the step that is under way. A unit that what is paired anew took
    /// away stays where it is now: the caller sees that it is not where it was.
    pub(super) fn recall(&self, pairing: &mut Pairing) {
        let stage = pairing.stage;
        let of_stage = self.by_stage.get(&stage).into_iter().flatten();
        for remembered in of_stage.map(|place| &self.groups[*place]) {
            let now = |units: &[(u32, Stage)], of: &[u32]| -> Vec<u32> {
                let joined = units.iter().filter(|(_, joined)| *joined == stage);
                let units = joined.map(|(unit, _)| *unit);
                units.filter(|unit| of[*unit as usize] == NONE).collect()
            };
            let project = now(&remembered.project, &pairing.of_project);
            let ledger = now(&remembered.ledger, &pairing.of_ledger);
            match remembered.standing(pairing) {
                Some(group) => {
                    for part in ledger {
                        pairing.join(part, group);
                        pairing.groups[group as usize].ledger.push(part);
                    }
                }
                None if !project.is_empty() => pairing.found(Group {
                    project,
                    ledger,
                    ..remembered.group.clone()
                }),
                None => {}
            }
        }
    }
}

impl Remembered {
    /// The group in the pairing, once a unit of it has joined.
    fn standing(&self, pairing: &Pairing) -> Option<u32> {
        let joined = self
            .project
            .iter()
            .map(|(unit, _)| pairing.of_project[*unit as usize]);
        joined.into_iter().find(|group| *group != NONE)
    }
}

impl Run<'_, '_> {
    /// Whether a group holds a unit that is paired anew.
    pub(super) fn is_fresh_group(&self, group: u32) -> bool {
        let group = &self.pairing.groups[group as usize];
        group.project.iter().any(|unit| self.is_fresh_unit(*unit))
            || group.ledger.iter().any(|part| self.is_fresh_part(*part))
    }
}
