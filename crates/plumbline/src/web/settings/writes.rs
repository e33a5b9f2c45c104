//! What may be written to QuickBooks: the master switch, the connection's own, the agents', and the
//! limit above which it takes two people.

use std::sync::Arc;

use askama::Template;
use axum::Form as Sent;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use figures::Money;
use gate::switches::{Level, Switches};
use gate::switching::{CONNECTION_WRITES, Limit, Powers, Step, WRITES};
use serde::Deserialize;
use store::control::raises::switching::{self as raises, Switching};

use super::{ENDED, LOWERED, WAITS, refused, switching};

use crate::approvals::DOCUMENTS;
use crate::propose::RECONCILIATION;
use crate::settings::Settings;
use crate::web::access::Action;
use crate::web::error::AppError;
use crate::web::house::House;
use crate::web::raises::{Proposed, tell};
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
    together_up_to: String,
}

impl Changed {
    /// The switches and limits that this asks for.
    fn wanted(&self, now: &Powers) -> Result<Powers, AppError> {
        let mut wanted = now.clone();
        let switches = &mut wanted.switches;
        switches.writes = self.writes == ON;
        switches.connection_writes = self.connection_writes == ON;
        switches.switch(RECONCILIATION, self.reconciliation == PROPOSE);
        switches.switch(DOCUMENTS, self.documents == PROPOSE);
        for (kind, sent) in self.limits() {
            match limit(sent)? {
                Some(amount) => wanted.limits.insert(kind, amount),
                None => wanted.limits.remove(&kind),
            };
        }
        Ok(wanted)
    }

    /// What was written for each limit.
    fn limits(&self) -> [(Limit, &str); Limit::ALL.len()] {
        [
            (Limit::SecondApprovalAbove, &self.second_above),
            (Limit::TogetherUpTo, &self.together_up_to),
        ]
    }
}

/// `POST /settings/writes`: what is turned off or lowered is so at once, and approvals that were not
/// used are void then. What is turned on or raised takes a second person, as `gate` says.
///
/// # Errors
/// When the limit is no amount, there is nobody to confirm a raise, or the store fails.
pub async fn save(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<Changed>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let settings = asked.tenant.settings().await?;
    let now = settings.powers();
    let steps = now.steps_to(&sent.wanted(&now)?);
    let (raises, lowerings): (Vec<Step>, Vec<Step>) = steps.into_iter().partition(Step::is_raise);
    let mut done = Vec::new();
    if !lowerings.is_empty() {
        let lowered = settings.with_powers(now.after(&lowerings));
        let (store, scope) = (asked.tenant.store(), &asked.visitor.scope);
        lowered.change(store, scope, asked.now).await?;
        if switching::settle(&house, &asked, &lowered).await? {
            done.push(ENDED);
        }
    }
    match raised(&house, &asked, raises).await {
        Ok(Raised::Waits) if lowerings.is_empty() => done.push(WAITS),
        Ok(Raised::Waits) => done.extend([LOWERED, WAITS]),
        Ok(Raised::AtOnce { has_ended: true }) if !done.contains(&ENDED) => done.push(ENDED),
        Ok(Raised::AtOnce { .. }) => {}
        Err(AppError::Conflict(why)) if !lowerings.is_empty() => {
            return Err(AppError::Conflict(format!(
                "What you turned off or lowered is so. The rest was not done: {why}"
            )));
        }
        Err(error) => return Err(error),
    }
    Ok(super::back(&done))
}

/// How raises came about.
enum Raised {
    AtOnce {
        /// Whether a proposal that is not true any more ended with it.
        has_ended: bool,
    },
    Waits,
}

/// Makes raises where nobody has to confirm them, or proposes them.
async fn raised(house: &House, asked: &Asked, steps: Vec<Step>) -> Result<Raised, AppError> {
    if steps.is_empty() {
        return Ok(Raised::AtOnce { has_ended: false });
    }
    let (control, visitor) = (house.door().control(), &asked.visitor);
    let switching = Switching {
        by: visitor.person_id.clone(),
        steps: steps.clone(),
        on: visitor.on,
    };
    let course = raises::ask(control, &visitor.scope, switching, asked.now)
        .await
        .map_err(refused)?;
    match course {
        raises::Asked::AtOnce => {
            let has_ended = switching::make(house, asked, &steps).await?;
            Ok(Raised::AtOnce { has_ended })
        }
        raises::Asked::Proposed(proposal) => {
            tell(house, asked, &proposal).await?;
            Ok(Raised::Waits)
        }
    }
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
    if !asked.visitor.is_lead() {
        return Err(AppError::Conflict(
            "Only a lead lets documents of their department be attached.".to_owned(),
        ));
    }
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
    /// What waits for a second person.
    pub proposed: Vec<Proposed>,
    /// For a lead: whether documents are attached without asking, and to change that.
    pub alone: Option<(&'static str, Form)>,
}

impl WritesPart {
    pub(super) fn new(asked: &Asked, settings: &Settings, proposed: Vec<Proposed>) -> Self {
        let may_change = asked.visitor.may(Action::ChangeSettings);
        let form = form(settings).of_session(&asked.visitor.csrf);
        Self {
            text: sentence(&settings.switches).to_owned(),
            standing: standing(&settings.switches),
            form: may_change.then_some(form),
            proposed,
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
            proposed: vec![Proposed::sample(
                "Plumbline writes: off to on",
                Form::new(
                    "/settings/writes/proposals/1/confirm",
                    Vec::new(),
                    "Confirm",
                )
                .of_session("token")
                .one_of_many("confirm1"),
            )],
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
    let may = visitor.is_lead() && (is_on || is_let);
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
             turned off here stops at once, and approvals that were not used are void. Turning on \
             and raising takes a second owner."
        }
        Err(_) => {
            "Nothing is written to QuickBooks until both switches are on, and then only what a lead \
             approves. Procore is never written."
        }
    }
}

fn standing(switches: &Switches) -> Vec<(&'static str, &'static str)> {
    let on = |is: bool| if is { "on" } else { "off" };
    let agent = |name| switches.level(name).words();
    vec![
        (WRITES, on(switches.writes)),
        (CONNECTION_WRITES, on(switches.connection_writes)),
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
    let amount = |limit: Option<Money>| limit.map_or_else(String::new, |it| it.to_string());
    let text = |name, limit: Limit, now| Field::text(name, limit.title(), &amount(now)).optional();
    let mut above = text(
        "second_above",
        Limit::SecondApprovalAbove,
        settings.second_approval_above,
    );
    above.hint = Some("To one vendor or customer within seven days. Empty for never.");
    let mut together = text(
        "together_up_to",
        Limit::TogetherUpTo,
        settings.together_up_to,
    );
    together.hint = Some("What they come to in all. Empty for one by one.");
    let fields = vec![
        choice("writes", WRITES, word(switches.writes), &both),
        choice(
            "connection_writes",
            CONNECTION_WRITES,
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
        together,
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
