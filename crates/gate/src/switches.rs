//! Whether anything may be written at all: a master switch, the connection's own, and one for each
//! agent. All are off until an owner turns them on, and off wins.

use std::collections::{BTreeMap, BTreeSet};

use figures::SmolStr;
use serde::{Deserialize, Serialize};

use crate::action::{Effect, Undo};
use crate::draft::Draft;

/// What an agent may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing, not even a proposal.
    #[default]
    Off,
    /// Propose.
    Propose,
    /// Besides, do by itself what can be undone exactly and is neither money nor legal.
    AutoWithUndo,
}

impl Level {
    /// What people read after the agent's name.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Propose => "proposes",
            Self::AutoWithUndo => "works by itself where a lead lets it",
        }
    }
}

/// The switches of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switches {
    /// Whether Plumbline writes at all.
    pub writes: bool,
    /// Whether the connection was given permission to write.
    pub connection_writes: bool,
    /// What each agent may do; one that is not listed is off.
    pub agents: BTreeMap<SmolStr, Level>,
    /// The leads, by id, who let an agent do by itself what [`Level::AutoWithUndo`] covers, each for
    /// what they lead. Without any it only proposes.
    #[serde(default)]
    pub let_by: BTreeMap<SmolStr, BTreeSet<SmolStr>>,
}

/// Why nothing is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Off {
    /// The master switch.
    Master,
    /// The connection may only read.
    Connection,
    /// The agent.
    Agent,
}

impl std::fmt::Display for Off {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Master => "Writing is switched off. An owner switches it on under Settings.",
            Self::Connection => {
                "This connection may only read. An owner lets it write under Connections."
            }
            Self::Agent => "This agent is switched off. An owner switches it on under Settings.",
        })
    }
}

impl std::error::Error for Off {}

/// That the switches are on for one agent at this moment. A write asks for one and keeps none, and
/// only [`Switches::grant`] makes one:
///
/// ```compile_fail
/// let forged = gate::switches::WriteGrant { _made_here: () };
/// ```
///
/// ```compile_fail
/// fn again(grant: gate::switches::WriteGrant) -> [gate::switches::WriteGrant; 2] {
///     [grant.clone(), grant]
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct WriteGrant {
    _made_here: (),
}

impl Switches {
    /// What an agent may do.
    #[must_use]
    pub fn level(&self, agent: &str) -> Level {
        self.agents.get(agent).copied().unwrap_or_default()
    }

    /// Whether what an agent, or a person, proposed may be written now.
    ///
    /// # Errors
    /// The switch that is off.
    pub fn grant(&self, agent: Option<&str>) -> Result<WriteGrant, Off> {
        if !self.writes {
            return Err(Off::Master);
        }
        if !self.connection_writes {
            return Err(Off::Connection);
        }
        if agent.is_some_and(|agent| self.level(agent) == Level::Off) {
            return Err(Off::Agent);
        }
        Ok(WriteGrant { _made_here: () })
    }

    /// Whether something that was on before is off now, or less far on.
    #[must_use]
    pub fn is_less_than(&self, before: &Self) -> bool {
        (before.writes && !self.writes)
            || (before.connection_writes && !self.connection_writes)
            || before
                .agents
                .iter()
                .any(|(agent, level)| self.level(agent) < *level)
            || before
                .let_by
                .iter()
                .any(|(agent, by)| by.iter().any(|id| !self.is_let_by(agent, id)))
    }

    /// Whether this person lets an agent work by itself.
    #[must_use]
    pub fn is_let_by(&self, agent: &str, person_id: &str) -> bool {
        let by = self.let_by.get(agent);
        by.is_some_and(|by| by.contains(person_id))
    }

    /// Lets an agent that proposes work by itself, in this person's name.
    ///
    /// # Errors
    /// [`Off::Agent`] when it is switched off.
    pub fn let_alone(&mut self, agent: &str, person_id: &str) -> Result<(), Off> {
        let level = self.agents.get_mut(agent).ok_or(Off::Agent)?;
        if *level == Level::Off {
            return Err(Off::Agent);
        }
        *level = Level::AutoWithUndo;
        let by = self.let_by.entry(agent.into()).or_default();
        by.insert(person_id.into());
        Ok(())
    }

    /// Takes back that this person lets an agent work by itself. Without anybody it only proposes.
    pub fn no_longer_alone(&mut self, agent: &str, person_id: &str) {
        let Some(by) = self.let_by.get_mut(agent) else {
            return;
        };
        by.remove(person_id);
        if by.is_empty() {
            self.let_by.remove(agent);
            if let Some(level) = self.agents.get_mut(agent) {
                *level = (*level).min(Level::Propose);
            }
        }
    }

    /// Switches an agent on or off. One that is on already keeps what leads let it do.
    pub fn switch(&mut self, agent: &str, on: bool) {
        let level = self.agents.entry(agent.into()).or_default();
        if on {
            *level = (*level).max(Level::Propose);
        } else {
            *level = Level::Off;
            self.let_by.remove(agent);
        }
    }

    /// Whether an agent may do this without being asked about each. Money and legal actions never.
    #[must_use]
    pub fn lets_run_alone(&self, agent: &str, draft: &Draft) -> bool {
        self.grant(Some(agent)).is_ok()
            && self.level(agent) == Level::AutoWithUndo
            && draft.kind.effect() == Effect::Neither
            && draft.kind.undo() == Undo::Exact
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::action::Kind;
    use crate::draft::tests::draft;

    /// Everything on, for one agent.
    pub(crate) fn all_on(agent: &str) -> Switches {
        Switches {
            writes: true,
            connection_writes: true,
            agents: [(agent.into(), Level::Propose)].into(),
            let_by: BTreeMap::new(),
        }
    }

    #[test]
    fn less_is_what_was_on_and_is_off() {
        let on = all_on("documents");
        let change = |change: fn(&mut Switches)| {
            let mut one = on.clone();
            change(&mut one);
            one
        };
        for less in [
            change(|it| it.writes = false),
            change(|it| it.connection_writes = false),
            change(|it| it.agents.clear()),
        ] {
            assert!(less.is_less_than(&on) && !on.is_less_than(&less));
        }
        let more = change(|it| {
            it.agents.insert("documents".into(), Level::AutoWithUndo);
        });
        assert!(on.is_less_than(&more) && !more.is_less_than(&on) && !on.is_less_than(&on));
    }

    #[test]
    fn an_agent_works_alone_in_the_names_of_leads_until_the_last_takes_it_back() {
        let mut one = Switches::default();
        assert_eq!(one.let_alone("documents", "psn_a"), Err(Off::Agent));
        one.switch("documents", false);
        assert_eq!(one.let_alone("documents", "psn_a"), Err(Off::Agent));
        one.switch("documents", true);
        one.let_alone("documents", "psn_a").unwrap();
        one.let_alone("documents", "psn_b").unwrap();
        one.switch("documents", true);
        let both = one.clone();
        assert_eq!(one.level("documents"), Level::AutoWithUndo);
        one.no_longer_alone("documents", "psn_a");
        assert!(
            one.is_less_than(&both),
            "what was approved in A's name is void"
        );
        assert!(!one.is_let_by("documents", "psn_a") && one.is_let_by("documents", "psn_b"));
        assert_eq!(one.level("documents"), Level::AutoWithUndo);
        one.no_longer_alone("documents", "psn_b");
        assert_eq!(one.level("documents"), Level::Propose);
        let mut off = both.clone();
        off.switch("documents", false);
        assert!(off.is_less_than(&both) && off.let_by.is_empty());
    }

    #[test]
    fn everything_is_off_until_all_three_are_on_and_only_harmless_things_run_alone() {
        let mut ran_alone = Vec::new();
        for writes in [false, true] {
            for connection_writes in [false, true] {
                for level in [Level::Off, Level::Propose, Level::AutoWithUndo] {
                    let agents = [(SmolStr::new("documents"), level)].into();
                    let switches = Switches {
                        writes,
                        connection_writes,
                        agents,
                        let_by: BTreeMap::new(),
                    };
                    let expected = match (writes, connection_writes, level) {
                        (false, _, _) => Err(Off::Master),
                        (_, false, _) => Err(Off::Connection),
                        (_, _, Level::Off) => Err(Off::Agent),
                        _ => Ok(WriteGrant { _made_here: () }),
                    };
                    assert_eq!(switches.grant(Some("documents")), expected);
                    assert!(
                        switches.grant(Some("another")).is_err(),
                        "an unlisted agent is off"
                    );
                    let by_hand = switches.grant(None).is_ok();
                    assert_eq!(by_hand, writes && connection_writes);
                    for kind in Kind::ALL {
                        if switches.lets_run_alone("documents", &draft(kind)) {
                            assert!(expected.is_ok() && level == Level::AutoWithUndo);
                            ran_alone.push(kind);
                        }
                    }
                }
            }
        }
        assert_eq!(ran_alone, [Kind::AttachDocument]);
        assert_eq!(
            Switches::default().grant(Some("documents")),
            Err(Off::Master)
        );
    }
}
