//! My account: password, second factor, sessions, tokens for programs, companies.

mod view;

use std::sync::Arc;

use axum::Form as Sent;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;
use serde::Deserialize;
use store::control::api_tokens::{self, NewApiToken};
use store::control::{digest_letters, factors, sessions};
use store::{Secret, StoreError};

pub use view::AccountPage;
use view::Parts;

use super::error::{AppError, page as rendered};
use super::house::House;
use super::shell::{Asked, Place};
use super::signin::door::Knocking;
use super::signin::flow::Denied;
use super::signin::view::DoorPage;
use super::visitor::Visitor;

async fn shown(
    house: &House,
    asked: &Asked,
    denied: Option<&Denied>,
) -> Result<AccountPage, AppError> {
    let (control, visitor) = (house.door().control(), &asked.visitor);
    let parts = Parts {
        codes_left: factors::recovery_codes_left(control, &visitor.person_id).await?,
        sessions: sessions::open_ones(control, &visitor.person_id, asked.now).await?,
        tokens: api_tokens::list(control, &visitor.scope, &visitor.person_id, asked.now).await?,
        companies: sessions::companies(control, &visitor.person_id).await?,
        letter: digest_letters::choices(control, &visitor.scope)
            .await?
            .get(&visitor.person_id)
            .copied(),
    };
    let shell = asked.shell(Place::Elsewhere, "My account");
    AccountPage::new(shell, asked, &parts, house.door().sends_mail(), denied)
}

/// `GET /account`
///
/// # Errors
/// When the store cannot be read.
pub async fn page(State(house): State<Arc<House>>, visitor: Visitor) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    rendered(&shown(&house, &asked, None).await?)
}

/// The old password and the new one.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PasswordForm {
    old: String,
    password: String,
}

/// `POST /account/password`
///
/// # Errors
/// When the store fails.
pub async fn password(
    State(house): State<Arc<House>>,
    who: Knocking,
    visitor: Visitor,
    Sent(sent): Sent<PasswordForm>,
) -> Result<Response, AppError> {
    let (old, new) = (Secret::new(sent.old), Secret::new(sent.password));
    let door = house.door();
    match door
        .change_password(&who, visitor.session()?, old, new)
        .await?
    {
        Ok(()) => {
            let text = "It is your new password from now on. You are signed out everywhere else.";
            let mut done = DoorPage::new("Your new password is saved", text);
            done.go_on = Some(("/account", "Back to my account"));
            rendered(&done)
        }
        Err(denied) => {
            let asked = Asked::gather(&house, visitor).await?;
            let mut answer = rendered(&shown(&house, &asked, Some(&denied)).await?)?;
            *answer.status_mut() = if denied.is_too_often() {
                StatusCode::TOO_MANY_REQUESTS
            } else {
                StatusCode::UNPROCESSABLE_ENTITY
            };
            Ok(answer)
        }
    }
}

/// The id of what is meant.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct IdForm {
    id: String,
}

fn refused(error: StoreError) -> AppError {
    match error {
        StoreError::Refused(refusal) => AppError::Conflict(refusal.to_string()),
        error => error.into(),
    }
}

fn back() -> Response {
    Redirect::to("/account").into_response()
}

/// `POST /account/sessions/end`
///
/// # Errors
/// When there is no such session of this person, or the store fails.
pub async fn end_session(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<IdForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    sessions::end(door.control(), &visitor.person_id, &sent.id, door.now())
        .await
        .map_err(refused)?;
    Ok(back())
}

/// What a token is for and how long it counts.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenForm {
    name: String,
    days: String,
}

/// `POST /account/tokens`
///
/// # Errors
/// When it has no name, counts too long, or the store fails.
pub async fn make_token(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<TokenForm>,
) -> Result<Response, AppError> {
    let days = sent
        .days
        .parse::<i32>()
        .ok()
        .filter(|days| (1..=365).contains(days));
    let (Some(days), false) = (days, sent.name.trim().is_empty()) else {
        return Err(AppError::Refused(
            "A token needs a name and counts for 1 to 365 days. None was made.",
        ));
    };
    let door = house.door();
    let token = door.token()?;
    let new = NewApiToken {
        id: door.id("tok")?,
        token: token.clone(),
        name: sent.name.clone(),
        expires_at: door.now() + SignedDuration::from_hours(24 * i64::from(days)),
    };
    api_tokens::create(
        door.control(),
        &visitor.scope,
        &visitor.person_id,
        new,
        door.now(),
    )
    .await
    .map_err(refused)?;
    let text = "Programs send it as “Authorization: Bearer …”. It reads what you may read in this \
                company and changes nothing. It is not shown again.";
    let mut done = DoorPage::new(&format!("Token for {}", sent.name.trim()), text);
    done.shown_once = Some(token.expose().to_owned());
    done.go_on = Some(("/account", "I have kept it"));
    rendered(&done)
}

/// `POST /account/tokens/revoke`
///
/// # Errors
/// When there is no such token of this person, or the store fails.
pub async fn revoke_token(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<IdForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    api_tokens::revoke(
        door.control(),
        &visitor.scope,
        &visitor.person_id,
        &sent.id,
        door.now(),
    )
    .await
    .map_err(refused)?;
    Ok(back())
}

/// Whether the daily letter is wanted.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LetterForm {
    wanted: String,
}

/// `POST /account/letter`
///
/// # Errors
/// When the store fails.
pub async fn letter(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<LetterForm>,
) -> Result<Response, AppError> {
    let control = house.door().control();
    let wanted = sent.wanted == "yes";
    digest_letters::choose(control, &visitor.scope, &visitor.person_id, wanted).await?;
    Ok(back())
}

/// `POST /account/company`: the same person in another of their companies, in a new session.
///
/// # Errors
/// [`AppError::NotFound`] for a company that they do not belong to, as for one that is not there.
pub async fn company(
    State(house): State<Arc<House>>,
    who: Knocking,
    visitor: Visitor,
    Sent(sent): Sent<IdForm>,
) -> Result<Response, AppError> {
    let (door, seen) = (house.door(), visitor.session()?);
    let person = seen.person_id.clone();
    let Ok(token) = door
        .begin(&who, person, Some(sent.id), seen.factor_at)
        .await?
    else {
        return Err(AppError::NotFound);
    };
    sessions::end(
        door.control(),
        &seen.person_id,
        &seen.session_id,
        door.now(),
    )
    .await?;
    let mut answer = Redirect::to("/").into_response();
    answer
        .headers_mut()
        .append(SET_COOKIE, door.cookie().set(&token));
    Ok(answer)
}
