//! Sole approver mode: switched on and off, and its delay.

use std::sync::Arc;

use askama::Template;
use axum::Form as Sent;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use gate::alone::{CoolingOff, SoleApprover};
use gate::roles::{Action, Role};
use serde::Deserialize;
use store::control::alone::{self, Switching};
use store::control::people::{self, Colleague};

use super::{refused, tell};
use crate::mail::one_line;
use crate::web::error::AppError;
use crate::web::format;
use crate::web::house::House;
use crate::web::shell::Asked;
use crate::web::signin::view::{Field, Form};
use crate::web::visitor::Visitor;

/// What a person sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AloneForm {
    reason: String,
    hours: String,
}

fn back() -> Response {
    Redirect::to("/settings").into_response()
}

/// `POST /settings/alone`
///
/// # Errors
/// When `gate` refuses it, or the store fails.
pub async fn begin(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<AloneForm>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let (door, visitor) = (house.door(), &asked.visitor);
    let hours = sent.hours.trim().parse().unwrap_or_default();
    let cooling_off = CoolingOff::try_from_hours(hours)
        .map_err(|refusal| AppError::Conflict(refusal.to_string()))?;
    let switching = Switching {
        by: visitor.person_id.clone(),
        reason: sent.reason.clone(),
        cooling_off,
        on: visitor.on,
    };
    alone::begin(door.control(), &visitor.scope, switching, asked.now)
        .await
        .map_err(refused)?;
    let all = people::colleagues(door.control(), &visitor.scope).await?;
    let with_role = all.iter().filter(|one| one.grants.all().next().is_some());
    let text = format!(
        "{} switched sole approver mode on in {}: {}.\n\nAs long as there is one owner, what takes \
         two people waits for {hours} hours instead, and everybody with a role is told.\n\n{}\n",
        one_line(&visitor.name),
        one_line(&visitor.session()?.tenant_name),
        one_line(sent.reason.trim_end_matches(['.', ' '])),
        door.link("/settings"),
    );
    tell(
        &house,
        with_role,
        "Sole approver mode is on in Plumbline",
        &text,
    )?;
    Ok(back())
}

/// `POST /settings/alone/end`
///
/// # Errors
/// When it is not switched on, or the store fails.
pub async fn end(State(house): State<Arc<House>>, visitor: Visitor) -> Result<Response, AppError> {
    let door = house.door();
    alone::end(
        door.control(),
        &visitor.scope,
        &visitor.person_id,
        door.now(),
    )
    .await
    .map_err(refused)?;
    Ok(back())
}

/// The part of the page about it.
#[derive(Debug, Template)]
#[template(path = "settings/alone_partial.html")]
pub struct AlonePart {
    /// How the office decides what takes two people.
    pub text: String,
    /// What was said when it was switched on.
    pub standing: Option<(String, String)>,
    /// To switch it on, or to give it another delay.
    pub begin: Option<Form>,
    /// To switch it off.
    pub end: Option<Form>,
}

impl AlonePart {
    pub(super) fn new(
        asked: &Asked,
        mode: Option<&SoleApprover>,
        colleagues: &[Colleague],
    ) -> Self {
        let visitor = &asked.visitor;
        let owners = colleagues.iter();
        let owners = owners.filter(|one| one.grants.hold_standing(Role::Owner));
        let owners = owners.count();
        let may_change = visitor.may(Action::ChangeSettings);
        let hours = mode.map_or(CoolingOff::SHORTEST, |mode| mode.cooling_off);
        let mut delay = Field::text(
            "hours",
            "Hours that what is done alone waits",
            &hours.hours().to_string(),
        );
        delay.hint = Some("From 24 to 168.");
        let reason = mode.map_or("", |mode| mode.reason.as_str());
        let mut why = Field::text("reason", "Why nobody else decides", reason);
        why.hint = Some("It stays in the audit, and everybody with a role is told.");
        let button = if mode.is_some() {
            "Keep this delay"
        } else {
            "Switch sole approver mode on"
        };
        let begin = (may_change && owners == 1).then(|| {
            Form::new("/settings/alone", vec![why, delay], button)
                .of_session(&visitor.csrf)
                .one_of_many("alone-")
        });
        let end = (may_change && mode.is_some()).then(|| {
            Form::new("/settings/alone/end", Vec::new(), "Switch it off")
                .of_session(&visitor.csrf)
                .one_of_many("alone-end-")
        });
        let text = match (owners, mode) {
            (0 | 1, None) => {
                "Giving somebody more, or switching more on, takes two owners, and there is one. Sole \
                 approver mode lets a delay that everybody is told of stand in for the second one."
                    .to_owned()
            }
            (0 | 1, Some(mode)) => format!(
                "Sole approver mode is on. What takes two people waits for {} hours instead.",
                mode.cooling_off.hours()
            ),
            (many, _) => format!(
                "There are {many} owners: what one proposes another one confirms."
            ),
        };
        Self {
            text,
            standing: mode.map(|mode| {
                let names = colleagues.iter().find(|one| one.id == mode.by.as_str());
                let by = names.map_or(mode.by.as_str(), |one| one.name.as_str());
                let since = format::moment(mode.since, asked.now, &asked.view.zone);
                (format!("{by}, {since}"), mode.reason.clone())
            }),
            begin,
            end,
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let form = |to: &str, prefix: &str| {
            Form::new(to, Vec::new(), "Switch it off")
                .of_session("token")
                .one_of_many(prefix)
        };
        Self {
            text: "Sole approver mode is on.".to_owned(),
            standing: Some((
                "Dana Whitfield, Nov 22, 4:10 pm".to_owned(),
                "Nobody else works in this office.".to_owned(),
            )),
            begin: Some(form("/settings/alone", "alone-")),
            end: Some(form("/settings/alone/end", "alone-end-")),
        }
    }
}
