//! Proposals to give somebody more: confirming, refusing and withdrawing them, and telling those
//! whom it concerns.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use gate::roles::Role;
use jiff::{SignedDuration, Timestamp};
use store::control::people;
use store::control::raises::{self, About, Confirmed, Confirming, Proposal};

use super::view::{said, titles};
use super::{INVITATION_COUNTS, back, refused, sent};
use crate::mail::{Letter, one_line};
use crate::web::error::AppError;
use crate::web::house::House;
use crate::web::shell::Asked;
use crate::web::visitor::Visitor;

/// Whoever was an owner until so long ago is told what an owner does alone.
const FORMER_OWNERS_HEAR_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

fn number(text: &str) -> Result<i64, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
}

/// `POST /people/proposals/{id}/confirm`
///
/// # Errors
/// When `gate` refuses it, there is no such proposal, or the store or the machine fails.
pub async fn confirm(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let (door, number) = (house.door(), number(&id)?);
    let (now, token) = (door.now(), door.token()?);
    let confirming = Confirming {
        number,
        by: visitor.person_id.clone(),
        on: visitor.on,
        invitation_id: door.id("inv")?,
        token: token.clone(),
        expires_at: now + INVITATION_COUNTS,
    };
    let confirmed = raises::confirm(door.control(), &visitor.scope, confirming, now)
        .await
        .map_err(refused)?;
    match confirmed {
        Confirmed::Given { .. } => Ok(back()),
        Confirmed::Invited { mail, name, by } => {
            let all = people::colleagues(door.control(), &visitor.scope).await?;
            let inviter = all.into_iter().find(|one| one.id == by);
            let inviter = inviter.map_or_else(|| visitor.name.clone(), |one| one.name);
            sent(&house, &visitor, (&mail, &name), &inviter, &token)
        }
    }
}

/// `POST /people/proposals/{id}/refuse`
///
/// # Errors
/// When there is no such proposal of another owner, or the store fails.
pub async fn refuse(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let (door, number) = (house.door(), number(&id)?);
    let (scope, by) = (&visitor.scope, &visitor.person_id);
    raises::refuse(door.control(), scope, number, by, door.now())
        .await
        .map_err(refused)?;
    Ok(back())
}

/// `POST /people/proposals/{id}/withdraw`
///
/// # Errors
/// When there is no such proposal of this person, or the store fails.
pub async fn withdraw(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let (door, number) = (house.door(), number(&id)?);
    let (scope, by) = (&visitor.scope, &visitor.person_id);
    raises::withdraw(door.control(), scope, number, by, door.now())
        .await
        .map_err(refused)?;
    Ok(back())
}

/// What a proposal gives to whom, in words.
pub(super) fn in_words(about: &About, names: &BTreeMap<String, String>) -> String {
    match about {
        About::Member { person_id, grant } => {
            let name = names.get(person_id).map_or(person_id.as_str(), |it| it);
            format!("{} for {name}", said(grant))
        }
        About::Invitation { mail, name, roles } => {
            format!("{} for {name}, {mail}, who is not here yet", titles(roles))
        }
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
    let link = door.link("/people");
    for (mail, name) in told {
        door.send(Letter {
            to: mail,
            name: one_line(&name),
            subject: "A change of roles waits in Plumbline".to_owned(),
            text: format!("{by} proposes in {company}: {what}.\n\n{then}\n\n{link}\n"),
            html: None,
            id: door.id("proposal")?,
        });
    }
    Ok(())
}
