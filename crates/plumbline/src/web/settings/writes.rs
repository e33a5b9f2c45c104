//! What may be written to QuickBooks: the master switch, the connection's own, the agents', and the
//! limit above which it takes two people.

use std::sync::Arc;

use askama::Template;
use axum::Form as Sent;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use figures::Money;
use gate::switches::{Level, Switches};
use serde::Deserialize;

use crate::approvals::DOCUMENTS;
use crate::propose::RECONCILIATION;
use crate::settings::Settings;
use crate::web::access::Action;
use crate::web::error::AppError;
use crate::web::house::{House, Work};
use crate::web::shell::Asked;
use crate::web::signin::view::{Field, Form};
use crate::web::visitor::Visitor;

/// What a person sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Changed {
    writes: String,
    connection_writes: String,
    reconciliation: String,
    documents: String,
    second_above: String,
}

/// `POST /settings/writes`: keeps the switches. What was approved and not written yet is void once
/// something is turned off.
///
/// # Errors
/// When the limit is no amount, or the store fails.
pub async fn save(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<Changed>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let mut settings = asked.tenant.settings().await?;
    settings.second_approval_above = limit(&sent.second_above)?;
    settings.switches.writes = sent.writes == ON;
    settings.switches.connection_writes = sent.connection_writes == ON;
    let switches = &mut settings.switches;
    switches.switch(RECONCILIATION, sent.reconciliation == PROPOSE);
    switches.switch(DOCUMENTS, sent.documents == PROPOSE);
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    settings.change(store, scope, asked.now).await?;
    asked.tenant.refresh().await?;
    house.asked(scope, Some(Work::Read)).await;
    Ok(Redirect::to("/settings").into_response())
}

/// What a lead sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Letting {
    documents: String,
}

/// `POST /settings/writes/alone`: a lead lets documents be attached without being asked about each, or
/// wants to be asked again. It can be undone exactly and is neither money nor legal; nothing else can
/// be let.
///
/// # Errors
/// When the agent is switched off, or the store fails.
pub async fn let_alone(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<Letting>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let mut settings = asked.tenant.settings().await?;
    let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
    let (switches, who) = (&mut settings.switches, &asked.visitor.person_id);
    if sent.documents == ON {
        let switched_off = |off: gate::switches::Off| AppError::Conflict(off.to_string());
        switches.let_alone(DOCUMENTS, who).map_err(switched_off)?;
    } else {
        switches.no_longer_alone(DOCUMENTS, who);
    }
    settings.change(store, scope, asked.now).await?;
    asked.tenant.refresh().await?;
    Ok(Redirect::to("/settings").into_response())
}

fn limit(text: &str) -> Result<Option<Money>, AppError> {
    let text = text.trim().trim_start_matches('$').replace(',', "");
    if text.is_empty() {
        return Ok(None);
    }
    let amount = Money::parse(&text)
        .ok()
        .filter(|amount| *amount >= Money::ZERO);
    amount.map(Some).ok_or(AppError::Refused(
        "The limit is an amount such as 25,000.00, or empty. Nothing was changed.",
    ))
}

const ON: &str = "on";
const OFF: &str = "off";
const PROPOSE: &str = "propose";

/// The part of the page about it.
#[derive(Debug, Template)]
#[template(path = "settings/writes_partial.html")]
pub struct WritesPart {
    /// Whether anything is written, in a sentence.
    pub text: String,
    /// The switches, for whoever may not change them.
    pub standing: Vec<(&'static str, &'static str)>,
    /// To change them.
    pub form: Option<Form>,
    /// For a lead: whether documents are attached without asking, and to change that.
    pub alone: Option<(&'static str, Form)>,
}

impl WritesPart {
    pub(super) fn new(asked: &Asked, settings: &Settings) -> Self {
        let may_change = asked.visitor.may(Action::ChangeSettings);
        let form = form(settings).of_session(&asked.visitor.csrf);
        Self {
            text: sentence(&settings.switches).to_owned(),
            standing: standing(&settings.switches),
            form: may_change.then_some(form),
            alone: alone(asked, &settings.switches),
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let settings = Settings::default();
        Self {
            text: sentence(&settings.switches).to_owned(),
            standing: standing(&settings.switches),
            form: Some(form(&settings).of_session("token")),
            alone: Some((NOT_ALONE, alone_form(false).of_session("token"))),
        }
    }
}

const ALONE: &str = "Documents of your department are attached in your name as soon as their bill or \
     invoice is in QuickBooks. Each can be taken back.";
const NOT_ALONE: &str = "You are asked about each document that is to be attached.";

/// What a lead may let be done; nothing for others, or while the agent is off.
fn alone(asked: &Asked, switches: &Switches) -> Option<(&'static str, Form)> {
    let is_on = switches.level(DOCUMENTS) != Level::Off;
    let (visitor, is_let) = (
        &asked.visitor,
        switches.is_let_by(DOCUMENTS, &asked.visitor.person_id),
    );
    let may = visitor.may(Action::Approve) && (is_on || is_let);
    may.then(|| {
        let text = if is_let { ALONE } else { NOT_ALONE };
        (text, alone_form(is_let).of_session(&visitor.csrf))
    })
}

fn alone_form(is_let: bool) -> Form {
    let (value, button) = if is_let {
        (OFF, "Ask me about each")
    } else {
        (ON, "Attach without asking me")
    };
    Form::new("/settings/writes/alone", Vec::new(), button)
        .hiding("documents", value)
        .one_of_many("alone-")
}

fn sentence(switches: &Switches) -> &'static str {
    match switches.grant(None) {
        Ok(_) => {
            "What a lead approves is written to QuickBooks. Procore is never written. Whatever is \
             turned off here stops at once, and approvals that were not used are void."
        }
        Err(_) => {
            "Nothing is written to QuickBooks until both switches are on, and then only what a lead \
             approves. Procore is never written."
        }
    }
}

fn standing(switches: &Switches) -> Vec<(&'static str, &'static str)> {
    let on = |is: bool| if is { "on" } else { "off" };
    let agent = |name| match switches.level(name) {
        Level::Off => "off",
        Level::Propose => "proposes",
        Level::AutoWithUndo => "works by itself where a lead lets it",
    };
    vec![
        ("Plumbline writes", on(switches.writes)),
        (
            "The QuickBooks connection writes",
            on(switches.connection_writes),
        ),
        ("Reconciliation", agent(RECONCILIATION)),
        ("Documents", agent(DOCUMENTS)),
    ]
}

fn choice(name: &'static str, label: &'static str, chosen: &str, all: &[(&str, &str)]) -> Field {
    let all = all.iter();
    let all = all.map(|(value, words)| ((*value).to_owned(), (*words).to_owned()));
    Field {
        value: chosen.to_owned(),
        ..Field::choice(name, label, all.collect())
    }
}

fn form(settings: &Settings) -> Form {
    let switches = &settings.switches;
    let word = |is: bool| if is { ON } else { OFF };
    let both = [(ON, "On"), (OFF, "Off")];
    let level = |name| match switches.level(name) {
        Level::Off => OFF,
        Level::Propose | Level::AutoWithUndo => PROPOSE,
    };
    let limit = settings.second_approval_above;
    let limit = limit.map_or_else(String::new, |limit| limit.to_string());
    let mut above =
        Field::text("second_above", "Above this it takes two people", &limit).optional();
    above.hint = Some("To one vendor or customer within seven days. Empty for never.");
    let fields = vec![
        choice("writes", "Plumbline writes", word(switches.writes), &both),
        choice(
            "connection_writes",
            "The QuickBooks connection writes",
            word(switches.connection_writes),
            &both,
        ),
        choice(
            "reconciliation",
            "Reconciliation",
            level(RECONCILIATION),
            &[(OFF, "Off"), (PROPOSE, "Proposes corrections")],
        ),
        choice(
            "documents",
            "Documents",
            level(DOCUMENTS),
            &[(OFF, "Off"), (PROPOSE, "Proposes to attach them")],
        ),
        above,
    ];
    Form::new("/settings/writes", fields, "Keep these switches").one_of_many("writes-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_an_amount_or_nothing() {
        assert_eq!(limit(" ").ok().flatten(), None);
        let some = limit("$25,000.00").ok().flatten();
        assert_eq!(some, Some(Money::from_cents(2_500_000)));
        for bad in ["-1", "many", "0.005"] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }
}
