//! A suggested action, with everything that an approval is bound to.
//!
//! A draft says exactly what will be sent and what every record that it touches looked like. Its
//! digest covers all of it, so whoever approves approves these facts and no others.

use figures::source::SourceRef;
use figures::{Money, SmolStr};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::action::{Effect, Kind};
use crate::digest::{Digest, Fields};
use crate::roles::Department;

/// A record as it was when the draft was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreImage {
    /// The record.
    pub record: SourceRef,
    /// The digest of its canonical content: what people entered.
    pub content: Digest,
    /// The digest of what the vendor keeps about it, such as its balance and what is linked to it;
    /// nothing for a record that is only named, whose balance may move.
    pub standing: Option<Digest>,
}

/// What a request does to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Makes a new one.
    Create,
    /// Puts other content in the place of what is there.
    Update,
    /// Leaves it there with nothing in it.
    Void,
    /// Takes it away.
    Delete,
}

impl Verb {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Create, Self::Update, Self::Void, Self::Delete];

    /// The name in the digest of an approval and in what is shown.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Void => "void",
            Self::Delete => "delete",
        }
    }
}

/// One request, as it will be sent but for its idempotency key and its version token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// What it does.
    pub verb: Verb,
    /// To what kind of record, as QuickBooks names it, such as `Bill`.
    pub entity: SmolStr,
    /// To which one; nothing when it makes one.
    pub id: Option<SmolStr>,
    /// The exact body; the version token is put into it when it is sent.
    pub body: String,
    /// Every record that it touches or names, as it was.
    pub before: Vec<PreImage>,
}

/// A document that goes with a draft, as it is kept here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its id, such as `doc_…`.
    pub id: SmolStr,
    /// The file's name.
    pub name: String,
    /// Its media type, such as `application/pdf`.
    pub media_type: SmolStr,
    /// How long it is.
    pub bytes: u64,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// A figure that is shown with the draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its id, whose receipt can be asked for.
    pub id: SmolStr,
    /// Its definition and version, such as `bridge.billed@1`.
    pub definition: SmolStr,
    /// Its value as it is shown.
    pub value: String,
}

/// A suggested action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// What is sent; nothing where a person does it. What takes two requests is two proposals, so that
    /// one that is refused leaves nothing half done.
    #[serde(alias = "steps", deserialize_with = "one_request", default)]
    pub request: Option<Request>,
    /// What a person does, in this order, where no interface can.
    pub instructions: Vec<String>,
    /// The figures that are shown with it.
    pub figures: Vec<Shown>,
    /// The records that show why.
    pub evidence: Vec<SourceRef>,
    /// The finding that it settles.
    pub finding: Option<SmolStr>,
    /// The proposal whose effect it takes back.
    pub undoes: Option<SmolStr>,
    /// What is attached; with a bill or an invoice, what is to be attached to it once it is there.
    #[serde(default)]
    pub document: Option<Document>,
}

/// Drafts that were kept before a draft sent one request hold a list of one.
fn one_request<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Request>, D::Error> {
    deserializer.deserialize_any(OneOrListed)
}

struct OneOrListed;

impl<'de> Visitor<'de> for OneOrListed {
    type Value = Option<Request>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a request, or a list of one at most")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Request::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
        let first = all.next_element()?;
        match all.next_element::<Request>()? {
            None => Ok(first),
            Some(_) => Err(A::Error::invalid_length(2, &self)),
        }
    }
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
    /// A change that does not say of which record, or a new record that has an id already.
    WrongRecord,
    /// An attachment without a document, or a document with what has none.
    WrongDocument,
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
            Self::WrongRecord => "a request does not say which record it changes",
            Self::WrongDocument => {
                "an attachment has a document, a bill or an invoice may have one, nothing else has"
            }
        })
    }
}

impl std::error::Error for Flaw {}

impl Request {
    /// The record that it changes; nothing when it makes one.
    #[must_use]
    pub fn target(&self) -> Option<SourceRef> {
        let id = self.id.as_deref()?;
        Some(SourceRef::quickbooks(&self.entity, id))
    }

    /// Whether it says which record it changes and what that looked like.
    fn check(&self) -> Result<(), Flaw> {
        if (self.verb == Verb::Create) != self.id.is_none() {
            return Err(Flaw::WrongRecord);
        }
        let was_looked_at = match self.target() {
            None => !self.before.is_empty(),
            Some(target) => self
                .before
                .iter()
                .any(|before| before.record == target && before.standing.is_some()),
        };
        if was_looked_at {
            Ok(())
        } else {
            Err(Flaw::NoPreImage)
        }
    }
}

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
        match (self.request.is_none(), self.instructions.is_empty()) {
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
        match (self.kind, self.document.is_some()) {
            (Kind::AttachDocument, true) | (Kind::PostBill | Kind::EnterInvoice, _) => {}
            (Kind::AttachDocument, false) | (_, true) => return Err(Flaw::WrongDocument),
            (_, false) => {}
        }
        self.request.as_ref().map_or(Ok(()), Request::check)
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
        let all = Fields::of("plumbline.approval.v1")
            .text(tenant_id)
            .text(proposal_id)
            .number(i64::from(version))
            .text(self.kind.name())
            .text(self.department.name())
            .text(&self.company)
            .text(&self.sentence)
            .number(self.money.cents())
            .maybe(self.party.as_deref())
            .list(self.request.as_slice(), |fields, request| {
                let what = fields
                    .text(request.verb.name())
                    .text(&request.entity)
                    .maybe(request.id.as_deref())
                    .text(&request.body);
                what.list(&request.before, |fields, before: &PreImage| {
                    let content = record(fields, &before.record).bytes(before.content.as_bytes());
                    let standing = before.standing.map(SmolStr::from);
                    content.maybe(standing.as_deref())
                })
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
            .maybe(self.undoes.as_deref());
        // At the end, where nothing can be taken for it, so that drafts without one keep their digest.
        match &self.document {
            None => all,
            Some(document) => all
                .text(&document.id)
                .text(&document.name)
                .text(&document.media_type)
                .text(&document.bytes.to_string())
                .bytes(document.digest.as_bytes()),
        }
        .digest()
    }
}

#[cfg(test)]
pub(crate) mod tests;
