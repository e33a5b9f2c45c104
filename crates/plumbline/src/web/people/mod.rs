//! People and roles: who may do what, who stands in for whom, who is invited.
//!
//! What may be changed is `gate`'s to say, inside the transaction that changes it; these handlers
//! read a form, ask for the change, and show the page again.

pub mod proposals;
mod view;

use std::sync::Arc;

use axum::Form as Sent;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use figures::Date;
use gate::changes::Change;
use gate::roles::{Action, Grant, Role, Term};
use jiff::SignedDuration;
use serde::Deserialize;
use store::control::changes::{self, ChangeRequest, Changed};
use store::control::invitations::{self, Invited, NewInvitation};
use store::control::{alone, people, raises};
use store::{Refusal, Secret, StoreError};

pub use view::{PeoplePage, There};
pub(super) use view::{said, titles};

use super::error::{AppError, page as rendered};
use super::house::House;
use super::notices;
use super::raises::{Page, tell};
use super::shell::{Asked, Place};
use super::signin::view::DoorPage;
use super::visitor::Visitor;
use crate::mail::Letter;

/// An invitation counts so long.
pub(super) const INVITATION_COUNTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// `GET /people`
///
/// # Errors
/// When the store cannot be read.
pub async fn page(State(house): State<Arc<House>>, visitor: Visitor) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let mut shell = asked.shell(Place::People, "People and roles");
    let (control, scope) = (house.door().control(), &asked.visitor.scope);
    let mode = alone::standing(control, scope).await?;
    if let Some(mode) = &mode {
        let banner = notices::alone(mode, &asked.view.zone, asked.now);
        shell.banners.push(banner);
    }
    let mut proposed = raises::pending(control, scope, asked.now).await?;
    proposed.retain(|one| Page::of(&one.about) == Page::People);
    let there = There {
        proposed,
        colleagues: people::colleagues(control, scope).await?,
        invited: invitations::pending(control, scope, asked.now).await?,
        is_alone: mode.is_some(),
    };
    rendered(&PeoplePage::new(shell, &asked, &there))
}

/// What the store refuses is told in its own words; nothing was changed.
pub(super) fn refused(error: StoreError) -> AppError {
    match error {
        StoreError::Refused(Refusal::Change(gate::changes::Refusal::NotPermitted(denial))) => {
            AppError::Forbidden(denial.to_string())
        }
        StoreError::Refused(refusal) => AppError::Conflict(refusal.to_string()),
        error => error.into(),
    }
}

fn back() -> Response {
    Redirect::to("/people").into_response()
}

/// Makes a change, or tells those whom it concerns that it waits.
async fn changed(
    house: &House,
    visitor: Visitor,
    subject: String,
    change: Change,
) -> Result<Response, AppError> {
    let door = house.door();
    let request = ChangeRequest {
        actor: visitor.person_id.clone(),
        subject,
        change,
        on: visitor.on,
    };
    let changed = changes::change(door.control(), &visitor.scope, request, door.now())
        .await
        .map_err(refused)?;
    if let Changed::Proposed(proposal) = changed {
        let asked = Asked::gather(house, visitor).await?;
        tell(house, &asked, &proposal).await?;
    }
    Ok(back())
}

/// A role.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct RoleForm {
    role: String,
}

fn role(name: &str) -> Result<Role, AppError> {
    Role::from_name(name).ok_or(AppError::Refused(
        "There is no such role. Choose one of the list; nothing was changed.",
    ))
}

/// `POST /people/{id}/give`
///
/// # Errors
/// When `gate` refuses it, or the store fails.
pub async fn give(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(subject): Path<String>,
    Sent(sent): Sent<RoleForm>,
) -> Result<Response, AppError> {
    let change = Change::Give(Grant::standing(role(&sent.role)?));
    changed(&house, visitor, subject, change).await
}

/// `POST /people/{id}/take`
///
/// # Errors
/// When `gate` refuses it, or the store fails.
pub async fn take(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(subject): Path<String>,
    Sent(sent): Sent<RoleForm>,
) -> Result<Response, AppError> {
    let change = Change::Take(Grant::standing(role(&sent.role)?));
    changed(&house, visitor, subject, change).await
}

/// `POST /people/{id}/disable`
///
/// # Errors
/// When `gate` refuses it, or the store fails.
pub async fn disable(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(subject): Path<String>,
) -> Result<Response, AppError> {
    changed(&house, visitor, subject, Change::Disable).await
}

/// A role for some days.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CoverForm {
    role: String,
    from: String,
    until: String,
}

impl CoverForm {
    fn grant(&self) -> Result<Grant, AppError> {
        let day = |text: &str| -> Result<Date, AppError> {
            text.trim().parse().map_err(|_| {
                AppError::Refused("Enter both days, such as 2026-11-23. Nothing was changed.")
            })
        };
        Ok(Grant {
            role: role(&self.role)?,
            term: Term::Cover {
                from: day(&self.from)?,
                until: day(&self.until)?,
            },
        })
    }
}

/// `POST /people/{id}/cover`
///
/// # Errors
/// When `gate` refuses it, or the store fails.
pub async fn cover(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(subject): Path<String>,
    Sent(sent): Sent<CoverForm>,
) -> Result<Response, AppError> {
    changed(&house, visitor, subject, Change::Give(sent.grant()?)).await
}

/// `POST /people/{id}/cover/end`
///
/// # Errors
/// When `gate` refuses it, or the store fails.
pub async fn end_cover(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(subject): Path<String>,
    Sent(sent): Sent<CoverForm>,
) -> Result<Response, AppError> {
    changed(&house, visitor, subject, Change::Take(sent.grant()?)).await
}

/// Whom to invite.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct InviteForm {
    name: String,
    mail: String,
    role: String,
}

/// `POST /people/invite`
///
/// # Errors
/// When `gate` refuses it, or the store or the machine fails.
pub async fn invite(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent_form): Sent<InviteForm>,
) -> Result<Response, AppError> {
    if !sent_form.mail.contains('@') || sent_form.name.trim().is_empty() {
        return Err(AppError::Refused(
            "An invitation needs a name and a mail address. Nobody was invited.",
        ));
    }
    let asked = Asked::gather(&house, visitor).await?;
    let (door, visitor) = (house.door(), &asked.visitor);
    let token = door.token()?;
    let invitation = NewInvitation {
        id: door.id("inv")?,
        token: token.clone(),
        mail: sent_form.mail.clone(),
        name: sent_form.name.clone(),
        roles: vec![role(&sent_form.role)?],
        invited_by: visitor.person_id.clone(),
        expires_at: asked.now + INVITATION_COUNTS,
    };
    let invited = invitations::invite(
        door.control(),
        &visitor.scope,
        invitation,
        visitor.on,
        asked.now,
    )
    .await
    .map_err(refused)?;
    match invited {
        Invited::Sent => sent(
            &house,
            visitor,
            (&sent_form.mail, &sent_form.name),
            &visitor.name,
            &token,
        ),
        Invited::Proposed(proposal) => {
            tell(&house, &asked, &proposal).await?;
            Ok(back())
        }
    }
}

/// Hands an invitation over: by mail, or to whoever asked for it.
fn sent(
    house: &House,
    visitor: &Visitor,
    (mail, name): (&str, &str),
    inviter: &str,
    token: &Secret,
) -> Result<Response, AppError> {
    let door = house.door();
    let link = door.link(&format!("/invitation/{}", token.expose()));
    let company = &visitor.session()?.tenant_name;
    let mut shown = if door.sends_mail() {
        door.send(Letter {
            to: people::same_mail(mail),
            name: name.to_owned(),
            subject: "You are invited to Plumbline".to_owned(),
            text: format!(
                "{inviter} invites you to the books of {company} in Plumbline.\n\n\
                 Open this within 7 days; it counts once:\n{link}\n"
            ),
            html: None,
            id: door.id("invitation")?,
        });
        let text = format!("A link is on its way to {mail}. It counts for 7 days and once.");
        DoorPage::new(&format!("{name} is invited"), &text)
    } else {
        let text = "This installation sends no mail, so hand this link over yourself. It counts \
                    for 7 days and once, and is not shown again.";
        let mut shown = DoorPage::new(&format!("{name} is invited"), text);
        shown.shown_once = Some(link);
        shown
    };
    shown.go_on = Some(("/people", "Back to people"));
    rendered(&shown)
}

/// An invitation.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct InvitationForm {
    id: String,
}

/// `POST /people/invite/withdraw`
///
/// # Errors
/// When there is no such invitation, or the store fails.
pub async fn withdraw(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<InvitationForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    invitations::withdraw(door.control(), &visitor.scope, &sent.id, door.now())
        .await
        .map_err(refused)?;
    Ok(back())
}

/// Whether this person may change this role for good now; forms that would be refused are not
/// shown.
fn may_manage(visitor: &Visitor) -> bool {
    visitor.may(Action::ManagePeople) && visitor.is_fresh
}
