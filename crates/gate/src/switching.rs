//! Switching more on takes two, like giving somebody more; lowering takes nobody else.
//!
//! A change of the switches and limits is a list of [`Step`]s, each with what it was and what it
//! becomes. Those that are raises wait as [`crate::raises`] says; whoever confirms them confirms
//! exactly those steps, and only as long as each still begins where it says ([`Step::begins_at`]).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use figures::{Date, Money, SmolStr};
use serde::{Deserialize, Serialize};

use crate::changes::{Refusal, demand, member};
use crate::raises::{Course, Office, course};
use crate::roles::{Action, Denial};
use crate::switches::{Level, Switches};

/// The master switch, as people read it.
pub const WRITES: &str = "Plumbline writes";
/// The connection's own switch, as people read it.
pub const CONNECTION_WRITES: &str = "The QuickBooks connection writes";

/// An amount up to which fewer people are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Above it, within seven days and to one party, it takes two to approve.
    SecondApprovalAbove,
    /// Up to it alike proposals are approved together.
    TogetherUpTo,
}

/// How far a limit lets things go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    UpTo(Money),
    Everything,
}

impl Limit {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::SecondApprovalAbove, Self::TogetherUpTo];

    /// What people read before the amount.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::SecondApprovalAbove => "Above this it takes two people",
            Self::TogetherUpTo => "Up to this alike proposals are approved together",
        }
    }

    /// What it means that no amount is set.
    fn when_empty(self) -> Reach {
        match self {
            Self::SecondApprovalAbove => Reach::Everything,
            Self::TogetherUpTo => Reach::UpTo(Money::ZERO),
        }
    }

    fn reach(self, amount: Option<Money>) -> Reach {
        amount.map_or_else(|| self.when_empty(), Reach::UpTo)
    }
}

/// What an owner lets happen: the switches, and the limits that are set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Powers {
    /// The switches.
    pub switches: Switches,
    /// The limits; one that is not listed is empty.
    pub limits: BTreeMap<Limit, Money>,
}

/// One switch or limit that becomes another. Leads who let an agent work by itself are none:
/// that is theirs ([`Switches::let_alone`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The master switch, now on or off.
    Writes(bool),
    /// The connection's own switch, now on or off.
    ConnectionWrites(bool),
    /// An agent's level.
    Agent {
        /// Its name, such as `documents`.
        agent: SmolStr,
        /// What it could do.
        from: Level,
        /// What it can do then.
        to: Level,
    },
    /// A limit.
    Limit {
        /// Which.
        limit: Limit,
        /// The amount that it was, unless it was empty.
        from: Option<Money>,
        /// The amount that it becomes, unless it becomes empty.
        to: Option<Money>,
    },
}

impl Step {
    /// Whether more can happen afterwards, or fewer people are asked.
    #[must_use]
    pub fn is_raise(&self) -> bool {
        match self {
            Self::Writes(on) | Self::ConnectionWrites(on) => *on,
            Self::Agent { from, to, .. } => to > from,
            Self::Limit { limit, from, to } => limit.reach(*to) > limit.reach(*from),
        }
    }

    /// Whether what it says was before is so now. If not, it says nothing that is true any more.
    #[must_use]
    pub fn begins_at(&self, powers: &Powers) -> bool {
        let switches = &powers.switches;
        match self {
            Self::Writes(on) => switches.writes != *on,
            Self::ConnectionWrites(on) => switches.connection_writes != *on,
            Self::Agent { agent, from, .. } => switches.level(agent) == *from,
            Self::Limit { limit, from, .. } => powers.limits.get(limit).copied() == *from,
        }
    }
}

impl Powers {
    /// What differs in what is wanted from what is now, the switches first.
    #[must_use]
    pub fn steps_to(&self, wanted: &Self) -> Vec<Step> {
        let (now, then) = (&self.switches, &wanted.switches);
        let mut steps = Vec::new();
        if then.writes != now.writes {
            steps.push(Step::Writes(then.writes));
        }
        if then.connection_writes != now.connection_writes {
            steps.push(Step::ConnectionWrites(then.connection_writes));
        }
        let agents: BTreeSet<&SmolStr> = now.agents.keys().chain(then.agents.keys()).collect();
        for agent in agents {
            let (from, to) = (now.level(agent), then.level(agent));
            if from != to {
                let agent = agent.clone();
                steps.push(Step::Agent { agent, from, to });
            }
        }
        for limit in Limit::ALL {
            let of = |powers: &Self| powers.limits.get(&limit).copied();
            let (from, to) = (of(self), of(wanted));
            if from != to {
                steps.push(Step::Limit { limit, from, to });
            }
        }
        steps
    }

    /// The same after these steps. An agent that is off, or asks again, is let by nobody.
    #[must_use]
    pub fn after<'a>(&self, steps: impl IntoIterator<Item = &'a Step>) -> Self {
        let mut after = self.clone();
        for step in steps {
            match step {
                Step::Writes(on) => after.switches.writes = *on,
                Step::ConnectionWrites(on) => after.switches.connection_writes = *on,
                Step::Agent { agent, to, .. } => {
                    after.switches.agents.insert(agent.clone(), *to);
                    if *to < Level::AutoWithUndo {
                        after.switches.let_by.remove(agent);
                    }
                }
                Step::Limit { limit, to, .. } => {
                    match to {
                        Some(amount) => after.limits.insert(*limit, *amount),
                        None => after.limits.remove(limit),
                    };
                }
            }
        }
        after
    }
}

/// Whether every one of these steps still begins where it says.
#[must_use]
pub fn is_true_of(steps: &[Step], powers: &Powers) -> bool {
    steps.iter().all(|step| step.begins_at(powers))
}

/// How these steps come about, together.
///
/// # Errors
/// Why they may not be made, whoever confirms them; or [`Refusal::NobodyConfirms`].
pub fn course_of_switching(
    actor: &str,
    steps: &[Step],
    on: Date,
    office: &Office<'_>,
) -> Result<Course, Refusal> {
    let theirs = member(office.members, actor).ok_or(Refusal::NotPermitted(Denial::NoRole))?;
    demand(&theirs.grants, Action::ChangeSettings, on)?;
    if steps.iter().any(Step::is_raise) {
        course(actor, None, office)
    } else {
        Ok(Course::AtOnce)
    }
}

/// The steps as they are shown, told by mail and kept: `Plumbline writes: off to on; Above this it
/// takes two people: $25,000.00 to never`.
#[must_use]
pub fn in_words(steps: &[Step]) -> String {
    let steps: Vec<String> = steps.iter().map(Step::to_string).collect();
    steps.join("; ")
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |on: bool| if on { "on" } else { "off" };
        match self {
            Self::Writes(on) => write!(out, "{WRITES}: {} to {}", word(!on), word(*on)),
            Self::ConnectionWrites(on) => {
                write!(out, "{CONNECTION_WRITES}: {} to {}", word(!on), word(*on))
            }
            Self::Agent { agent, from, to } => {
                write!(out, "{}: {} to {}", title(agent), from.words(), to.words())
            }
            Self::Limit { limit, from, to } => {
                let words = |amount: &Option<Money>| {
                    amount.map_or_else(|| "never".to_owned(), |amount| format!("${amount}"))
                };
                write!(out, "{}: {} to {}", limit.title(), words(from), words(to))
            }
        }
    }
}

/// An agent as people read it: `Documents`.
fn title(agent: &str) -> String {
    let mut letters = agent.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

#[cfg(test)]
mod tests;
