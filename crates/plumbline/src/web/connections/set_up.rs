//! Connecting a system for the first time: a page that says what is read, why, and what never
//! happens, and asks as which application the vendor is called.
//!
//! Nothing of it counts before the consent is given and the company has answered; until then it
//! lies sealed with the consent that was begun.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form as Sent, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use figures::source::System;

use super::consent::{leave, redirect_uri};
use super::entry::{Entered, Frame, Shown};
use super::view::PartLine;
use super::{reaching_out, system, what};
use crate::settings::Access;
use crate::web::access::Action;
use crate::web::error::{AppError, page as rendered};
use crate::web::house::House;
use crate::web::shell::{Asked, Place, Shell};
use crate::web::signin::view::{Form, Problem};
use crate::web::visitor::Visitor;

/// The address of the page for a system.
pub(super) fn path(system: System) -> String {
    format!("/connections/{}/set-up", system.name())
}

/// `GET /connections/{system}/set-up`
///
/// # Errors
/// For a company that was restored and keeps to itself; when the store cannot be read.
pub async fn page(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(name): Path<String>,
) -> Result<Response, AppError> {
    let system = system(&name)?;
    let asked = reaching_out(&house, visitor).await?;
    let known = asked.tenant.settings().await?.access(system);
    let shown = known.map(|access| Shown::of(&access, house.local()));
    let page = SetUpPage::new(
        &house,
        &asked,
        system,
        shown.unwrap_or_default(),
        Vec::new(),
    );
    rendered(&page)
}

/// `POST /connections/{system}/set-up`: what was entered is looked at, and the consent begins.
///
/// # Errors
/// As [`page`].
pub async fn enter(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Path(name): Path<String>,
    Sent(entered): Sent<Entered>,
) -> Result<Response, AppError> {
    let system = system(&name)?;
    let asked = reaching_out(&house, visitor).await?;
    let shown = entered.shown();
    let access = entered.access(frame(&house, &asked, system), &redirect_uri(&house, system));
    match access {
        Ok(access) => {
            let mut desk = asked.desk().await?;
            leave(&house, &asked, &mut desk, access).await
        }
        Err(problems) => {
            let page = SetUpPage::new(&house, &asked, system, shown, problems);
            Ok((StatusCode::UNPROCESSABLE_ENTITY, rendered(&page)?).into_response())
        }
    }
}

/// The page once more, after a try that came to nothing.
pub(super) fn once_more(
    house: &House,
    asked: &Asked,
    tried: &Access,
    why: String,
) -> Result<Response, AppError> {
    let shown = Shown::of(tried, house.local());
    let problem = Problem {
        field: None,
        text: why,
    };
    let page = SetUpPage::new(house, asked, tried.system(), shown, vec![problem]);
    Ok((StatusCode::CONFLICT, rendered(&page)?).into_response())
}

fn frame<'a>(house: &'a House, asked: &'a Asked, system: System) -> Frame<'a> {
    let standing = asked.view.systems.iter().find(|one| one.system == system);
    let bound = standing.map(|one| one.account_id.as_str());
    Frame {
        system,
        local: house.local(),
        bound: bound.filter(|id| !id.is_empty()),
    }
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "connections/set_up.html")]
pub struct SetUpPage {
    /// What stands around it.
    pub shell: Shell,
    /// Procore's mark, else QuickBooks'.
    pub is_procore: bool,
    /// The system.
    pub name: &'static str,
    /// What to do at the vendor first.
    pub steps: &'static [&'static str],
    /// The address to register there.
    pub redirect_uri: String,
    /// What the vendor makes of that address, where it is not one of TLS.
    pub caution: Option<&'static str>,
    /// What will be read, and why.
    pub parts: Vec<PartLine>,
    /// The form, once the second factor was shown lately.
    pub form: Option<Form>,
    /// Where to show it, and come back.
    pub factor: String,
}

impl SetUpPage {
    fn new(
        house: &House,
        asked: &Asked,
        system: System,
        shown: Shown,
        problems: Vec<Problem>,
    ) -> Self {
        let visitor = &asked.visitor;
        // Whoever would be asked for a code after typing the secret is asked before.
        let may_send = visitor.is_fresh || !Action::ManageConnections.needs_fresh_factor();
        let frame = frame(house, asked, system);
        Self::of(
            asked.shell(Place::Connections, &format!("Connect {system}")),
            system,
            redirect_uri(house, system),
            may_send.then(|| shown.form(frame, &visitor.csrf, problems)),
        )
    }

    fn of(shell: Shell, system: System, redirect_uri: String, form: Option<Form>) -> Self {
        let is_procore = system == System::Procore;
        let is_encrypted = redirect_uri.starts_with("https://");
        Self {
            shell,
            is_procore,
            name: system.label(),
            steps: if is_procore { PROCORE } else { QUICKBOOKS },
            caution: (!is_encrypted).then_some(if is_procore {
                "It is not an https address. Procore takes such a one only on the machine that \
                 the browser runs on."
            } else {
                "It is not an https address. Intuit takes such a one only for its sandbox, and \
                 only on the machine that the browser runs on."
            }),
            redirect_uri,
            parts: PartLine::all(what::parts(system)),
            form,
            factor: format!("/sign-in/factor?to={}", path(system)),
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let frame = Frame {
            system: System::Procore,
            local: None,
            bound: None,
        };
        let problem = Problem {
            field: Some("client_secret"),
            text: "Enter the client secret.".to_owned(),
        };
        Self::of(
            Shell::sample(),
            System::Procore,
            "http://127.0.0.1:8420/connect/procore/callback".to_owned(),
            Some(Shown::default().form(frame, "token", vec![problem])),
        )
    }
}

/// What to do at Procore.
const PROCORE: &[&str] = &[
    "In Procore's developer portal, open the application that is to read, or make one. It is \
     yours; Plumbline has none of its own.",
    "Register this redirect address with it, letter by letter:",
    "Have an administrator install the application in the company, under App Management.",
    "Copy its client id and client secret for the environment that you choose here.",
];

/// What to do at Intuit.
const QUICKBOOKS: &[&str] = &[
    "In Intuit's developer portal, open the application that is to read, or make one for \
     QuickBooks Online accounting. It is yours; Plumbline has none of its own.",
    "Register this redirect address with it, letter by letter:",
    "Copy its client id and client secret for the environment that you choose here.",
    "Go on as somebody who administers the company in QuickBooks: only they can give access.",
];
