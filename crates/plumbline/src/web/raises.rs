//! Proposals that wait for a second person, wherever they are shown, and telling those whom they
//! concern.

use std::collections::BTreeMap;

use gate::roles::Role;
use gate::switching;
use jiff::{SignedDuration, Timestamp};
use store::control::people;
use store::control::raises::{self, About, Proposal};

use super::error::AppError;
use super::house::House;
use super::people::{refused, said, titles};
use super::shell::Asked;
use super::signin::view::Form;
use super::visitor::Visitor;
use super::{format, notices};
use crate::mail::{Letter, one_line};

/// Whoever was an owner until so long ago is told what an owner does alone.
const FORMER_OWNERS_HEAR_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// One proposal.
#[derive(Debug)]
pub struct Proposed {
    /// What it gives to whom, or what becomes what.
    pub what: String,
    /// Who proposed it, and when.
    pub by: String,
    /// What it waits for.
    pub waits: String,
    /// Forms to decide about it.
    pub forms: Vec<Form>,
}

impl Proposed {
    /// An example for tests.
    #[must_use]
    pub fn sample(what: &str, form: Form) -> Self {
        Self {
            what: what.to_owned(),
            by: "Dana Whitfield, Nov 22, 4:10 pm".to_owned(),
            waits: "for another owner until Dec 6, 4:10 pm".to_owned(),
            forms: vec![form],
        }
    }
}

/// The page on which a proposal is shown and decided about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    People,
    Settings,
}

impl Page {
    pub(super) fn of(about: &About) -> Self {
        match about {
            About::Member { .. } | About::Invitation { .. } => Self::People,
            About::Switching { .. } => Self::Settings,
        }
    }

    pub(super) fn address(self) -> &'static str {
        match self {
            Self::People => "/people",
            Self::Settings => "/settings",
        }
    }

    fn of_decisions(self) -> &'static str {
        match self {
            Self::People => "/people/proposals",
            Self::Settings => "/settings/writes/proposals",
        }
    }
}

/// The number of a proposal in an address.
pub(super) fn number(text: &str) -> Result<i64, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
}

/// Ends the proposal of another owner.
pub(super) async fn refuse(house: &House, visitor: &Visitor, id: &str) -> Result<(), AppError> {
    let (door, number) = (house.door(), number(id)?);
    let (scope, by) = (&visitor.scope, &visitor.person_id);
    raises::refuse(door.control(), scope, number, by, door.now())
        .await
        .map_err(refused)
}

/// Takes an own proposal back.
pub(super) async fn withdraw(house: &House, visitor: &Visitor, id: &str) -> Result<(), AppError> {
    let (door, number) = (house.door(), number(id)?);
    let (scope, by) = (&visitor.scope, &visitor.person_id);
    raises::withdraw(door.control(), scope, number, by, door.now())
        .await
        .map_err(refused)
}

/// What the rows of proposals need besides them.
pub(super) struct Around<'a> {
    /// Everybody's name by their id.
    pub names: BTreeMap<String, String>,
    /// Whether sole approver mode is switched on.
    pub is_alone: bool,
    /// Whether this visitor may decide.
    pub may_decide: bool,
    pub asked: &'a Asked,
}

impl Around<'_> {
    pub(super) fn row(&self, one: &Proposal) -> Proposed {
        let (zone, now) = (&self.asked.view.zone, self.asked.now);
        let moment = |at| format::moment(at, now, zone);
        let by = self.names.get(&one.by).unwrap_or(&one.by);
        Proposed {
            what: in_words(&one.about, &self.names),
            by: format!("{by}, {}", moment(one.at)),
            waits: match (one.ripe_at, &one.about) {
                (Some(ripe_at), _) if !self.is_alone || ripe_at <= now => {
                    format!("until {}", moment(one.lapses_at))
                }
                (Some(ripe_at), About::Member { .. } | About::Switching { .. }) => {
                    format!("counts by itself {}", notices::when(ripe_at, now, zone))
                }
                (Some(ripe_at), About::Invitation { .. }) => {
                    format!("can be sent {}", notices::when(ripe_at, now, zone))
                }
                (None, _) => format!("for another owner until {}", moment(one.lapses_at)),
            },
            forms: self.decisions(one),
        }
    }

    /// What this visitor may decide about a proposal. What comes about by itself needs no button.
    fn decisions(&self, one: &Proposal) -> Vec<Form> {
        let visitor = &self.asked.visitor;
        if !self.may_decide {
            return Vec::new();
        }
        let decisions = Page::of(&one.about).of_decisions();
        let form = |what: &str, button| {
            let to = format!("{decisions}/{}/{what}", one.number);
            Form::new(&to, Vec::new(), button)
                .of_session(&visitor.csrf)
                .one_of_many(&format!("{what}{}", one.number))
        };
        if one.by != visitor.person_id {
            return vec![form("confirm", "Confirm"), form("refuse", "Refuse")];
        }
        let is_ripe = one.ripe_at.is_some_and(|ripe_at| ripe_at <= self.asked.now);
        let is_invitation = matches!(one.about, About::Invitation { .. });
        let mut forms = vec![form("withdraw", "Withdraw")];
        if is_ripe && is_invitation && self.is_alone {
            forms.insert(0, form("confirm", "Send the invitation"));
        }
        forms
    }
}

/// What a proposal gives to whom, or what becomes what, in words.
fn in_words(about: &About, names: &BTreeMap<String, String>) -> String {
    match about {
        About::Member { person_id, grant } => {
            let name = names.get(person_id).map_or(person_id.as_str(), |it| it);
            format!("{} for {name}", said(grant))
        }
        About::Invitation { mail, name, roles } => {
            format!("{} for {name}, {mail}, who is not here yet", titles(roles))
        }
        About::Switching { steps } => switching::in_words(steps),
    }
}

/// Tells by mail that something was proposed: those who can confirm it; where nobody can, everybody
/// with a role, and whoever was an owner until lately.
pub(super) async fn tell(
    house: &House,
    asked: &Asked,
    proposal: &Proposal,
) -> Result<(), AppError> {
    let (door, visitor) = (house.door(), &asked.visitor);
    let (control, scope) = (door.control(), &visitor.scope);
    let all = people::colleagues(control, scope).await?;
    let names: BTreeMap<String, String> = all
        .iter()
        .map(|one| (one.id.clone(), one.name.clone()))
        .collect();
    let waits = |at: Timestamp| {
        let at = at.to_zoned(asked.view.zone.clone());
        at.strftime("%B %-d, %Y, %-I:%M %P %Z").to_string()
    };
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let then = match proposal.ripe_at {
        None => {
            let others = all.iter().filter(|one| one.id != visitor.person_id);
            let owners = others.filter(|one| one.grants.hold_standing(Role::Owner));
            told.extend(owners.map(|one| (one.mail.clone(), one.name.clone())));
            format!(
                "It counts when another owner confirms it, and lapses on {}.",
                waits(proposal.lapses_at)
            )
        }
        Some(ripe_at) => {
            let with_role = all.iter().filter(|one| one.grants.all().next().is_some());
            told.extend(with_role.map(|one| (one.mail.clone(), one.name.clone())));
            let since = asked.now - FORMER_OWNERS_HEAR_FOR;
            told.extend(people::former_owners(control, scope, since).await?);
            format!(
                "There is no second owner to confirm it, so it counts on {}, unless it is \
                 withdrawn before. If that is not right, speak up now.",
                waits(ripe_at)
            )
        }
    };
    let company = one_line(&visitor.session()?.tenant_name);
    let by = one_line(&visitor.name);
    let what = one_line(&in_words(&proposal.about, &names));
    let page = Page::of(&proposal.about);
    let subject = match page {
        Page::People => "A change of roles waits in Plumbline",
        Page::Settings => "A change of what may be written waits in Plumbline",
    };
    let link = door.link(page.address());
    for (mail, name) in told {
        door.send(Letter {
            to: mail,
            name: one_line(&name),
            subject: subject.to_owned(),
            text: format!("{by} proposes in {company}: {what}.\n\n{then}\n\n{link}\n"),
            html: None,
            id: door.id("proposal")?,
        });
    }
    Ok(())
}
