//! A suggested action, with everything that an approval is bound to.
//!
//! A draft says exactly what will be sent and what every record that it touches looked like. Its
//! digest covers all of it, so whoever approves approves these facts and no others.

use figures::source::SourceRef;
use figures::{Money, SmolStr};

use crate::action::{Effect, Kind};
use crate::digest::{Digest, Fields};
use crate::roles::Department;

/// A record as it was when the draft was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreImage {
    /// The record.
    pub record: SourceRef,
    /// The digest of its canonical content.
    pub digest: Digest,
}

/// One request, as it will be sent but for its idempotency key and its version tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The path, such as `/bill`.
    pub path: String,
    /// The exact body.
    pub body: String,
    /// Every record that it touches or rests on.
    pub before: Vec<PreImage>,
}

/// A figure that is shown with the draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its id, whose receipt can be asked for.
    pub id: SmolStr,
    /// Its definition and version, such as `bridge.billed@1`.
    pub definition: SmolStr,
    /// Its value as it is shown.
    pub value: String,
}

/// A suggested action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What is done.
    pub kind: Kind,
    /// Whose lead approves it.
    pub department: Department,
    /// The company in QuickBooks that it is done to.
    pub company: SmolStr,
    /// What will happen, in one sentence.
    pub sentence: String,
    /// The money that it moves, without a sign; zero when it moves none.
    pub money: Money,
    /// Who is paid or pays, so that amounts of one party are added up; nothing when nobody is.
    pub party: Option<SmolStr>,
    /// What is sent, in this order.
    pub steps: Vec<Step>,
    /// What a person does, in this order, where no interface can.
    pub instructions: Vec<String>,
    /// The figures that are shown with it.
    pub figures: Vec<Shown>,
    /// The records that show why.
    pub evidence: Vec<SourceRef>,
    /// The finding that it settles.
    pub finding: Option<SmolStr>,
}

/// Why something is no draft. The texts are fragments that finish "the draft is not usable: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// The action is not of this department.
    OtherDepartment,
    /// Nothing says what will happen.
    NoSentence,
    /// Nothing is sent and nobody is told anything.
    NothingToDo,
    /// A person is told what to do and something is sent as well, or the other way round.
    BothWays,
    /// An amount below zero.
    NegativeMoney,
    /// An action that is not about money moves some.
    UnexpectedMoney,
    /// A change of a record that nobody looked at.
    NoPreImage,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::OtherDepartment => "the action belongs to another department",
            Self::NoSentence => "it does not say what will happen",
            Self::NothingToDo => "it does nothing",
            Self::BothWays => "an action either sends requests or instructs a person",
            Self::NegativeMoney => "its amount is below zero",
            Self::UnexpectedMoney => "an action that is not about money moves some",
            Self::NoPreImage => "it changes a record whose state is not part of it",
        })
    }
}

impl std::error::Error for Flaw {}

impl Draft {
    /// Whether it can be proposed.
    ///
    /// # Errors
    /// The first flaw.
    pub fn check(&self) -> Result<(), Flaw> {
        if !self.kind.departments().contains(&self.department) {
            return Err(Flaw::OtherDepartment);
        }
        if self.sentence.trim().is_empty() {
            return Err(Flaw::NoSentence);
        }
        let is_instruction = self.kind == Kind::Instruct;
        match (self.steps.is_empty(), self.instructions.is_empty()) {
            (true, true) => return Err(Flaw::NothingToDo),
            (sends_nothing, tells_nothing)
                if sends_nothing != is_instruction || tells_nothing == is_instruction =>
            {
                return Err(Flaw::BothWays);
            }
            _ => {}
        }
        if self.money < Money::ZERO {
            return Err(Flaw::NegativeMoney);
        }
        if self.kind.effect() == Effect::Neither && self.money != Money::ZERO {
            return Err(Flaw::UnexpectedMoney);
        }
        if self.steps.iter().any(|step| step.before.is_empty()) {
            return Err(Flaw::NoPreImage);
        }
        Ok(())
    }

    /// The digest that an approval covers: everything above, and whose, which and which version.
    #[must_use]
    pub fn digest(&self, tenant_id: &str, proposal_id: &str, version: u32) -> Digest {
        let record = |fields: Fields, record: &SourceRef| {
            fields
                .text(record.system.name())
                .text(&record.kind)
                .text(&record.id)
        };
        Fields::of("plumbline.approval.v1")
            .text(tenant_id)
            .text(proposal_id)
            .number(i64::from(version))
            .text(self.kind.name())
            .text(self.department.name())
            .text(&self.company)
            .text(&self.sentence)
            .number(self.money.cents())
            .maybe(self.party.as_deref())
            .list(&self.steps, |fields, step| {
                fields.text(&step.path).text(&step.body).list(
                    &step.before,
                    |fields, before: &PreImage| {
                        record(fields, &before.record).bytes(before.digest.as_bytes())
                    },
                )
            })
            .list(&self.instructions, |fields, line| fields.text(line))
            .list(&self.figures, |fields, figure| {
                fields
                    .text(&figure.id)
                    .text(&figure.definition)
                    .text(&figure.value)
            })
            .list(&self.evidence, record)
            .maybe(self.finding.as_deref())
            .digest()
    }
}

#[cfg(test)]
pub(crate) mod tests;
