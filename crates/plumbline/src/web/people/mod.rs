//! People and roles: who may do what, who stands in for whom, who is invited.
//!
//! What may be changed is `gate`'s to say, inside the transaction that changes it; these handlers
//! read a form, ask for the change, and show the page again.

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
use store::control::invitations::{self, NewInvitation};
use store::control::people::{self, ChangeRequest};
use store::{Refusal, StoreError};

pub use view::PeoplePage;

use super::error::{AppError, page as rendered};
use super::house::House;
use super::shell::{Asked, Place};
use super::signin::view::DoorPage;
use super::visitor::Visitor;
use crate::mail::Letter;

/// An invitation counts so long.
const INVITATION_COUNTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// `GET /people`
///
/// # Errors
/// When the store cannot be read.
pub async fn page(State(house): State<Arc<House>>, visitor: Visitor) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let shell = asked.shell(Place::People, "People and roles");
    let control = house.door().control();
    let colleagues = people::colleagues(control, &asked.visitor.scope).await?;
    let pending = invitations::pending(control, &asked.visitor.scope, asked.now).await?;
    rendered(&PeoplePage::new(shell, &asked, &colleagues, &pending))
}

/// What the store refuses is told in its own words; nothing was changed.
fn refused(error: StoreError) -> AppError {
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

async fn changed(
    house: &House,
    visitor: &Visitor,
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
    people::change(door.control(), &visitor.scope, request, door.now())
        .await
        .map_err(refused)?;
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
    changed(&house, &visitor, subject, change).await
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
    changed(&house, &visitor, subject, change).await
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
    changed(&house, &visitor, subject, Change::Disable).await
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
    changed(&house, &visitor, subject, Change::Give(sent.grant()?)).await
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
    changed(&house, &visitor, subject, Change::Take(sent.grant()?)).await
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
    Sent(sent): Sent<InviteForm>,
) -> Result<Response, AppError> {
    if !sent.mail.contains('@') || sent.name.trim().is_empty() {
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
        mail: sent.mail.clone(),
        name: sent.name.clone(),
        roles: vec![role(&sent.role)?],
        invited_by: visitor.person_id.clone(),
        expires_at: asked.now + INVITATION_COUNTS,
    };
    invitations::invite(
        door.control(),
        &visitor.scope,
        invitation,
        visitor.on,
        asked.now,
    )
    .await
    .map_err(refused)?;
    let link = door.link(&format!("/invitation/{}", token.expose()));
    let company = &visitor.session()?.tenant_name;
    let mut shown = if door.sends_mail() {
        door.send(Letter {
            to: people::same_mail(&sent.mail),
            name: sent.name.clone(),
            subject: "You are invited to Plumbline".to_owned(),
            text: format!(
                "{} invites you to the books of {company} in Plumbline.\n\n\
                 Open this within 7 days; it counts once:\n{link}\n",
                visitor.name
            ),
            html: None,
            id: door.id("invitation")?,
        });
        let text = format!(
            "A link is on its way to {}. It counts for 7 days and once.",
            sent.mail
        );
        DoorPage::new(&format!("{} is invited", sent.name), &text)
    } else {
        let text = "This installation sends no mail, so hand this link over yourself. It counts \
                    for 7 days and once, and is not shown again.";
        let mut shown = DoorPage::new(&format!("{} is invited", sent.name), text);
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
