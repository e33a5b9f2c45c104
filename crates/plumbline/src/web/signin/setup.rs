//! The first owner: the one person who comes in without an invitation.

use std::sync::Arc;

use axum::Form as Sent;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use store::Secret;

use super::door::Knocking;
use super::flow::{Denied, FirstOwner};
use super::pages::{refused, with_cookie};
use super::view::{DoorPage, Field, Form};
use crate::web::error::{AppError, page as rendered};
use crate::web::house::House;

/// What the first owner says.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SetupForm {
    token: String,
    company: String,
    name: String,
    mail: String,
    password: String,
}

fn setup_page(sent: &SetupForm, denied: Option<&Denied>) -> DoorPage {
    let mut token = Field::text("token", "Token", &sent.token);
    token.hint = Some("It was printed in the terminal when Plumbline started.");
    token.autocomplete = Some("off");
    let mut company = Field::text("company", "Company", &sent.company);
    company.autocomplete = Some("organization");
    let mut name = Field::text("name", "Your name", &sent.name);
    name.autocomplete = Some("name");
    let fields = vec![
        token,
        company,
        name,
        Field::mail(&sent.mail),
        Field::new_password(),
    ];
    let form = Form::new("/setup", fields, "Become the owner").with(None, denied);
    let text = "Nobody is known here yet. The first person is the owner of the company: they \
                connect both systems and invite everybody else.";
    DoorPage::new("Set up Plumbline", text).with_form(form)
}

/// `GET /setup`
///
/// # Errors
/// [`AppError::NotFound`] once somebody is known.
pub async fn page(State(house): State<Arc<House>>) -> Result<Response, AppError> {
    if !store::control::people::nobody_yet(house.door().control()).await? {
        return Err(AppError::NotFound);
    }
    rendered(&setup_page(&SetupForm::default(), None))
}

/// `POST /setup`
///
/// # Errors
/// [`AppError::NotFound`] once somebody is known.
pub async fn send(
    State(house): State<Arc<House>>,
    who: Knocking,
    Sent(sent): Sent<SetupForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    if !store::control::people::nobody_yet(door.control()).await? {
        return Err(AppError::NotFound);
    }
    let first = FirstOwner {
        token: Secret::new(sent.token.clone()),
        company: sent.company.clone(),
        name: sent.name.clone(),
        mail: sent.mail.clone(),
        password: Secret::new(sent.password.clone()),
    };
    match door.set_up(&who, first).await? {
        Ok(token) => Ok(with_cookie(door, &token, Redirect::to("/").into_response())),
        Err(denied) => refused(&denied, &setup_page(&sent, Some(&denied))),
    }
}
