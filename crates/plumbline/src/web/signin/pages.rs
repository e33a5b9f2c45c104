//! The pages at the door: each reads a form, takes one step of `flow` and shows what came of it.

use std::sync::Arc;

use axum::Form as Sent;
use axum::extract::{Path, Query, State};
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use store::control::{factors, invitations, resets, sessions};
use store::{Refusal, Secret, StoreError};

use super::door::{Door, Knocking};
use super::flow::Denied;
use super::view::{DoorPage, Field, Form};
use super::{qr, totp};
use crate::metrics::{METRICS, SignIn};
use crate::web::error::{AppError, page};
use crate::web::house::House;
use crate::web::visitor::{Arriving, Visitor};

const FORGOTTEN: (&str, &str) = ("/sign-in/forgotten", "Choose a new password");
const BACK: (&str, &str) = ("/sign-in", "Back to signing in");

/// Where to go afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct To {
    to: String,
}

/// A path of ours, or the first page: nobody is sent elsewhere by a link that leads here.
fn safe(to: &str) -> &str {
    let is_ours = to.starts_with('/')
        && !to.starts_with("//")
        && !to.contains(['\\', '\r', '\n'])
        && !to.starts_with("/sign-");
    if is_ours { to } else { "/" }
}

pub(super) fn with_cookie(door: &Door, token: &Secret, mut answer: Response) -> Response {
    answer
        .headers_mut()
        .append(SET_COOKIE, door.cookie().set(token));
    answer
}

/// A page that says what was wrong, with the status that programs read.
pub(super) fn refused(denied: &Denied, template: &DoorPage) -> Result<Response, AppError> {
    let mut answer = page(template)?;
    *answer.status_mut() = if denied.is_too_often() {
        StatusCode::TOO_MANY_REQUESTS
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    if let Denied::Wait { seconds } = denied {
        answer
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(*seconds));
    }
    Ok(answer)
}

/// Address and password.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SignInForm {
    mail: String,
    password: String,
    to: String,
}

fn sign_in_page(mail: &str, to: &str, denied: Option<&Denied>) -> DoorPage {
    let fields = vec![Field::mail(mail), Field::password("password", "Password")];
    let field = denied
        .is_some_and(|denied| *denied == Denied::Wrong)
        .then_some("password");
    let form = Form::new("/sign-in", fields, "Sign in")
        .hiding("to", safe(to))
        .with(field, denied);
    DoorPage::new("Sign in", "Use the address that you were invited with.")
        .with_form(form)
        .with_links(&[FORGOTTEN])
}

/// `GET /sign-in`
///
/// # Errors
/// When the page cannot be made.
pub async fn sign_in(Query(to): Query<To>) -> Result<Response, AppError> {
    page(&sign_in_page("", &to.to, None))
}

/// `POST /sign-in`
///
/// # Errors
/// When the store fails.
pub async fn sign_in_now(
    State(house): State<Arc<House>>,
    who: Knocking,
    Sent(sent): Sent<SignInForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    let password = Secret::new(sent.password);
    let step = door.sign_in(&who, &sent.mail, password).await?;
    METRICS.signed_in("password", outcome(step.as_ref().err()));
    match step {
        // Whether a code is needed is decided by the page that is asked for next.
        Ok(token) => Ok(with_cookie(
            door,
            &token,
            Redirect::to(safe(&sent.to)).into_response(),
        )),
        Err(denied) => refused(&denied, &sign_in_page(&sent.mail, &sent.to, Some(&denied))),
    }
}

/// How a step ended, for the counters.
fn outcome(denied: Option<&Denied>) -> SignIn {
    match denied {
        None => SignIn::Right,
        Some(Denied::Wait { .. }) => SignIn::TooMany,
        Some(Denied::NoCompany) => SignIn::NoCompany,
        Some(_) => SignIn::Wrong,
    }
}

/// A code.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct CodeForm {
    code: String,
    to: String,
}

const CODE_HINT: &str = "Six digits from the app on your phone, or one of your recovery codes.";

fn factor_page(arriving: &Arriving, to: &str, denied: Option<&Denied>) -> DoorPage {
    let form = Form::new("/sign-in/factor", vec![Field::code(CODE_HINT)], "Go on")
        .hiding("to", safe(to))
        .with(Some("code"), denied);
    let text = format!("You are signing in as {}.", arriving.seen().mail);
    DoorPage::new("Enter your code", &text)
        .with_form(form)
        .of_session(arriving.csrf())
}

/// `GET /sign-in/factor`: at the door, and again before what needs a fresh code.
///
/// # Errors
/// When the page cannot be made.
pub async fn factor(arriving: Arriving, Query(to): Query<To>) -> Result<Response, AppError> {
    page(&factor_page(&arriving, &to.to, None))
}

/// `POST /sign-in/factor`
///
/// # Errors
/// When the store fails.
pub async fn factor_now(
    State(house): State<Arc<House>>,
    who: Knocking,
    arriving: Arriving,
    Sent(sent): Sent<CodeForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    let step = door
        .second_factor(&who, arriving.seen(), &sent.code)
        .await?;
    METRICS.signed_in("code", outcome(step.as_ref().err()));
    match step {
        Ok(token) => Ok(with_cookie(
            door,
            &token,
            Redirect::to(safe(&sent.to)).into_response(),
        )),
        Err(denied) => refused(&denied, &factor_page(&arriving, &sent.to, Some(&denied))),
    }
}

async fn set_up_page(
    door: &Door,
    arriving: &Arriving,
    denied: Option<&Denied>,
) -> Result<DoorPage, AppError> {
    let prepared = factors::prepared(door.control(), &arriving.seen().person_id).await?;
    let title = "Set up your second factor";
    let Some(secret) = prepared else {
        let form = Form::new(
            "/sign-in/set-up/prepare",
            Vec::new(),
            "Show the code to scan",
        );
        let text = "You need an app for one-time codes on your phone. Each code signs you in once, \
                    together with your password.";
        return Ok(DoorPage::new(title, text)
            .with_form(form)
            .of_session(arriving.csrf()));
    };
    let address = totp::address(&arriving.seen().mail, secret.expose());
    let hint = "Six digits that the app shows now.";
    let form =
        Form::new("/sign-in/set-up", vec![Field::code(hint)], "Set up").with(Some("code"), denied);
    let mut shown = DoorPage::new(
        title,
        "Scan this with the app for one-time codes on your phone.",
    )
    .with_form(form)
    .of_session(arriving.csrf());
    shown.qr = qr::svg(
        &address,
        "Code to scan with your phone; the same key follows as text",
    );
    shown.secret = Some(in_groups(secret.expose()));
    Ok(shown)
}

fn in_groups(text: &str) -> String {
    let groups: Vec<&str> = text
        .as_bytes()
        .chunks(4)
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(" ")
}

/// `GET /sign-in/set-up`
///
/// # Errors
/// When the store fails.
pub async fn set_up_factor(
    State(house): State<Arc<House>>,
    arriving: Arriving,
) -> Result<Response, AppError> {
    page(&set_up_page(house.door(), &arriving, None).await?)
}

/// `POST /sign-in/set-up/prepare`
///
/// # Errors
/// When the store fails.
pub async fn prepare_factor(
    State(house): State<Arc<House>>,
    arriving: Arriving,
) -> Result<Response, AppError> {
    may_set_up(house.door(), &arriving)?;
    house
        .door()
        .prepare_factor(&arriving.seen().person_id)
        .await?;
    Ok(Redirect::to("/sign-in/set-up").into_response())
}

/// Whoever has a factor must have shown it a moment ago before it is replaced.
fn may_set_up(door: &Door, arriving: &Arriving) -> Result<(), AppError> {
    let seen = arriving.seen();
    if seen.has_factor && !door.is_fresh(seen.factor_at, true) {
        return Err(AppError::Refused(
            "Enter a code of your present second factor first. Nothing was changed.",
        ));
    }
    Ok(())
}

/// `POST /sign-in/set-up`
///
/// # Errors
/// When the store fails.
pub async fn set_up_factor_now(
    State(house): State<Arc<House>>,
    who: Knocking,
    arriving: Arriving,
    Sent(sent): Sent<CodeForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    may_set_up(door, &arriving)?;
    match door
        .set_up_factor(&who, arriving.seen(), &sent.code)
        .await?
    {
        Ok((codes, token)) => {
            let text = "Your second factor is set up. Keep these recovery codes where you would \
                        keep a key: each signs you in once when your phone is gone. They are not \
                        shown again.";
            let mut shown = DoorPage::new("Keep your recovery codes", text);
            shown.codes = codes;
            shown.go_on = Some(("/", "I have kept them"));
            Ok(with_cookie(door, &token, page(&shown)?))
        }
        Err(denied) => refused(&denied, &set_up_page(door, &arriving, Some(&denied)).await?),
    }
}

/// An address.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct MailForm {
    mail: String,
}

fn forgotten_page(door: &Door, denied: Option<&Denied>) -> DoorPage {
    let title = "Choose a new password";
    if !door.sends_mail() {
        let text = "This installation sends no mail. Ask whoever runs it to set up mail \
                    (PLUMBLINE_SMTP_URL), then come back.";
        return DoorPage::new(title, text).with_links(&[BACK]);
    }
    let form = Form::new(
        "/sign-in/forgotten",
        vec![Field::mail("")],
        "Send me a link",
    )
    .with(None, denied);
    let text = "We send a link to your address. Your second factor stays as it is.";
    DoorPage::new(title, text)
        .with_form(form)
        .with_links(&[BACK])
}

/// `GET /sign-in/forgotten`
///
/// # Errors
/// When the page cannot be made.
pub async fn forgotten(State(house): State<Arc<House>>) -> Result<Response, AppError> {
    page(&forgotten_page(house.door(), None))
}

/// `POST /sign-in/forgotten`
///
/// # Errors
/// When the store fails.
pub async fn forgotten_now(
    State(house): State<Arc<House>>,
    who: Knocking,
    Sent(sent): Sent<MailForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    if let Err(denied) = door.ask_for_reset(&who, &sent.mail).await? {
        return refused(&denied, &forgotten_page(door, Some(&denied)));
    }
    let text = "If somebody here has this address, a link is on its way. It counts for 30 minutes \
                and once.";
    page(&DoorPage::new("Look into your mail", text).with_links(&[BACK]))
}

/// A new password, with a name where one is asked for.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PasswordForm {
    name: String,
    password: String,
}

fn reset_page(token: &str, mail: &str, denied: Option<&Denied>) -> DoorPage {
    let mut username = Field::mail(mail);
    username.label = "For";
    let form = Form::new(
        &format!("/sign-in/reset/{token}"),
        vec![username, Field::new_password()],
        "Save the new password",
    )
    .with(Some("password"), denied);
    let text = "You are signed out everywhere when you save it.";
    DoorPage::new("Choose a new password", text).with_form(form)
}

fn spent() -> Result<Response, AppError> {
    let template = DoorPage::new(
        "This link does not count any more",
        &Denied::SpentLink.text(),
    )
    .with_links(&[FORGOTTEN, BACK]);
    let mut answer = page(&template)?;
    *answer.status_mut() = StatusCode::NOT_FOUND;
    Ok(answer)
}

/// `GET /sign-in/reset/{token}`
///
/// # Errors
/// When the store fails.
pub async fn reset(
    State(house): State<Arc<House>>,
    Path(token): Path<String>,
) -> Result<Response, AppError> {
    let door = house.door();
    match resets::open(door.control(), &Secret::new(token.clone()), door.now()).await {
        Ok(mail) => page(&reset_page(&token, &mail, None)),
        Err(StoreError::Refused(Refusal::NoSuchReset)) => spent(),
        Err(error) => Err(error.into()),
    }
}

/// `POST /sign-in/reset/{token}`
///
/// # Errors
/// When the store fails.
pub async fn reset_now(
    State(house): State<Arc<House>>,
    who: Knocking,
    Path(token): Path<String>,
    Sent(sent): Sent<PasswordForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    let secret = Secret::new(token.clone());
    match door
        .reset(&who, &secret, Secret::new(sent.password))
        .await?
    {
        Ok(()) => {
            let mut done = DoorPage::new("Your new password is saved", "Sign in with it now.");
            done.go_on = Some(("/sign-in", "Sign in"));
            page(&done)
        }
        Err(Denied::SpentLink) => spent(),
        Err(denied) => match resets::open(door.control(), &secret, door.now()).await {
            Ok(mail) => refused(&denied, &reset_page(&token, &mail, Some(&denied))),
            Err(StoreError::Refused(Refusal::NoSuchReset)) => spent(),
            Err(error) => Err(error.into()),
        },
    }
}

async fn invitation_page(
    door: &Door,
    token: &str,
    visitor: Option<&Visitor>,
    name: Option<&str>,
    denied: Option<&Denied>,
) -> Result<Option<DoorPage>, AppError> {
    let open = invitations::open(door.control(), &Secret::new(token.to_owned()), door.now()).await;
    let open = match open {
        Ok(open) => open,
        Err(StoreError::Refused(Refusal::NoSuchInvitation)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let title = format!("Join {}", open.tenant_name);
    let text = format!("You are invited as {}.", open.mail);
    let action = format!("/invitation/{token}");
    if let Some(visitor) = visitor {
        let form = Form::new(&format!("{action}/join"), Vec::new(), "Join").with(None, denied);
        return Ok(Some(
            DoorPage::new(&title, &text)
                .with_form(form)
                .of_session(&visitor.csrf),
        ));
    }
    if open.is_known {
        let text = format!("{text} Sign in with this address, then open the link again.");
        let mut shown = DoorPage::new(&title, &text);
        shown.go_on = Some(("/sign-in", "Sign in"));
        return Ok(Some(shown));
    }
    let mut username = Field::mail(&open.mail);
    username.label = "You will sign in as";
    let mut name_field = Field::text("name", "Your name", name.unwrap_or(&open.name));
    name_field.autocomplete = Some("name");
    let fields = vec![username, name_field, Field::new_password()];
    let form = Form::new(&action, fields, "Join").with(Some("password"), denied);
    Ok(Some(DoorPage::new(&title, &text).with_form(form)))
}

/// `GET /invitation/{token}`
///
/// # Errors
/// When the store fails.
pub async fn invitation(
    State(house): State<Arc<House>>,
    Path(token): Path<String>,
    visitor: Option<Visitor>,
) -> Result<Response, AppError> {
    match invitation_page(house.door(), &token, visitor.as_ref(), None, None).await? {
        Some(template) => page(&template),
        None => spent(),
    }
}

/// `POST /invitation/{token}`: somebody new comes in.
///
/// # Errors
/// When the store fails.
pub async fn invitation_now(
    State(house): State<Arc<House>>,
    who: Knocking,
    Path(token): Path<String>,
    Sent(sent): Sent<PasswordForm>,
) -> Result<Response, AppError> {
    let door = house.door();
    let (secret, password) = (Secret::new(token.clone()), Secret::new(sent.password));
    match door
        .accept_invitation(&who, &secret, &sent.name, password)
        .await?
    {
        Ok(token) => Ok(with_cookie(door, &token, Redirect::to("/").into_response())),
        Err(denied) => {
            let shown = invitation_page(door, &token, None, Some(&sent.name), Some(&denied));
            match shown.await? {
                Some(template) => refused(&denied, &template),
                None => spent(),
            }
        }
    }
}

/// `POST /invitation/{token}/join`: somebody who is signed in joins another company.
///
/// # Errors
/// When the store fails.
pub async fn join(
    State(house): State<Arc<House>>,
    Path(token): Path<String>,
    visitor: Visitor,
) -> Result<Response, AppError> {
    let door = house.door();
    let secret = Secret::new(token.clone());
    match door.join(&secret, &visitor.person_id).await? {
        Ok(()) => Ok(Redirect::to("/account").into_response()),
        Err(denied) => {
            let shown = invitation_page(door, &token, Some(&visitor), None, Some(&denied));
            match shown.await? {
                Some(template) => refused(&denied, &template),
                None => spent(),
            }
        }
    }
}

/// `POST /sign-out`
///
/// # Errors
/// When the store fails.
pub async fn sign_out(
    State(house): State<Arc<House>>,
    arriving: Arriving,
) -> Result<Response, AppError> {
    let (door, seen) = (house.door(), arriving.seen());
    match sessions::end(
        door.control(),
        &seen.person_id,
        &seen.session_id,
        door.now(),
    )
    .await
    {
        Ok(()) | Err(StoreError::Refused(Refusal::NoSuchSession)) => {}
        Err(error) => return Err(error.into()),
    }
    let mut answer = Redirect::to("/sign-in").into_response();
    answer
        .headers_mut()
        .append(SET_COOKIE, door.cookie().clear());
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn a_link_to_the_door_cannot_lead_elsewhere_afterwards() {
        for (to, goes) in [
            ("/worklist?job=3", "/worklist?job=3"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/sign-in", "/"),
            ("/a\r\nSet-Cookie: b", "/"),
        ] {
            assert_eq!(safe(to), goes, "{to}");
        }
    }
}
