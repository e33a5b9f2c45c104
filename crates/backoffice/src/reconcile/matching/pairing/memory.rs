//! What an earlier pairing found out about units that are not paired anew.
//!
//! Steps that look at each job by itself are not done again for other jobs: what they found is
//! recalled, step by step, so that each unit is free for exactly as long as it was. Steps over all
//! jobs are done again, with everything that was left when they came. Whether they found the same
//! for the other jobs is for the caller to see.

use std::collections::BTreeSet;

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
    /// Repeats what joined in the step that is under way.
    pub(super) fn recall(&self, pairing: &mut Pairing) {
        for remembered in &self.groups {
            let now = |units: &[(u32, Stage)]| -> Vec<u32> {
                let joined = units.iter().filter(|(_, stage)| *stage == pairing.stage);
                joined.map(|(unit, _)| *unit).collect()
            };
            let (project, ledger) = (now(&remembered.project), now(&remembered.ledger));
            if project.is_empty() && ledger.is_empty() {
                continue;
            }
            match remembered.standing(pairing) {
                Some(group) => {
                    for part in ledger {
                        if pairing.of_ledger[part as usize] == NONE {
                            pairing.join(part, group);
                            pairing.groups[group as usize].ledger.push(part);
                        }
                    }
                }
                None => pairing.found(Group {
                    project,
                    ledger,
                    ..remembered.group.clone()
                }),
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
