//! Whether anything may be written at all: a master switch, the connection's own, and one for each
//! agent. All are off until an owner turns them on, and off wins.

use std::collections::BTreeMap;

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
    }

    /// Whether an agent may do this without anybody's approval. Money and legal actions never.
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
