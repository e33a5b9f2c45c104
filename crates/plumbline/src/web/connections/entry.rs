//! What a person enters so that a system can be connected: which application calls it, where,
//! and with whose rights. Parsed once, here; what cannot be used is told field by field.

use figures::source::System;
use serde::Deserialize;

use crate::sandboxes::Local;
use crate::settings::{Access, Client, Environment, ProcoreAccess, QuickBooksAccess, Rights};
use crate::web::signin::view::{Field, Form, Problem};

/// A form as it was sent. No `Debug`, because the client secret is in it.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Entered {
    environment: String,
    client_id: String,
    client_secret: String,
    company_id: String,
    rights: String,
}

/// What is shown of it again; the secret never is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Shown {
    environment: String,
    client_id: String,
    company_id: String,
    rights: String,
}

/// What a form may hold for a system: the sandboxes on this machine, where the process has some,
/// and the company that the tenant's books are of already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) system: System,
    pub(super) local: Option<&'a Local>,
    pub(super) bound: Option<&'a str>,
}

/// The name of the sandboxes on this machine among the environments.
const LOCAL: &str = "local";
const PERSON: &str = "person";
const OWN_ACCOUNT: &str = "own_account";
/// Ids and secrets of both vendors are far shorter.
const LONGEST: usize = 500;

impl Entered {
    /// The part that may be shown again.
    pub(super) fn shown(&self) -> Shown {
        Shown {
            environment: self.environment.clone(),
            client_id: self.client_id.trim().to_owned(),
            company_id: self.company_id.trim().to_owned(),
            rights: self.rights.clone(),
        }
    }

    /// How the system is to be reached, with the browser coming back to this address.
    pub(super) fn access(
        self,
        frame: Frame<'_>,
        redirect_uri: &str,
    ) -> Result<Access, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wrong = |field, text: &str| {
            let text = text.to_owned();
            problems.push(Problem {
                field: Some(field),
                text,
            });
        };
        let (client_id, secret) = (self.client_id.trim(), self.client_secret.trim());
        if !is_one_word(client_id) {
            wrong(
                "client_id",
                "Enter the client id as the vendor shows it: one word, without spaces.",
            );
        }
        if !is_one_word(secret) {
            wrong(
                "client_secret",
                "Enter the client secret as the vendor shows it: one word, without spaces.",
            );
        }
        let client = Client {
            id: client_id.to_owned(),
            secret: store::Secret::new(secret.to_owned()),
            redirect_uri: redirect_uri.to_owned(),
        };
        let place = place(&self.environment, frame.local);
        if place.is_none() {
            wrong("environment", "Choose one of the list.");
        }
        let access = match frame.system {
            System::QuickBooks => place.map(|place| {
                Access::QuickBooks(QuickBooksAccess {
                    environment: place.quickbooks,
                    client,
                })
            }),
            System::Procore => {
                let company = company(self.company_id.trim(), frame.bound)
                    .map_err(|text| wrong("company_id", &text))
                    .ok();
                let rights = match self.rights.as_str() {
                    PERSON => Some(Rights::Person),
                    OWN_ACCOUNT => Some(Rights::ServiceAccount),
                    _ => None,
                };
                if rights.is_none() {
                    wrong("rights", "Choose one of the list.");
                }
                place
                    .zip(company)
                    .zip(rights)
                    .map(|((place, company_id), rights)| {
                        Access::Procore(ProcoreAccess {
                            login: place.login,
                            api: place.api,
                            company_id,
                            rights,
                            client,
                        })
                    })
            }
        };
        access.filter(|_| problems.is_empty()).ok_or(problems)
    }
}

fn is_one_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Where both systems are in the environment of this name. Addresses are ours, never the form's.
fn place(name: &str, local: Option<&Local>) -> Option<Local> {
    if name == LOCAL {
        return local.cloned();
    }
    let known = [Environment::Production, Environment::Sandbox];
    let environment = known.into_iter().find(|one| one.name() == name)?;
    let (login, api) = environment.procore_hosts();
    Some(Local {
        login: login.to_owned(),
        api: api.to_owned(),
        quickbooks: environment.name().to_owned(),
    })
}

/// The Procore company: the one that the books are of, once they are of one.
fn company(text: &str, bound: Option<&str>) -> Result<i64, String> {
    let id = text.parse::<i64>().ok().filter(|id| *id > 0);
    let id = id.ok_or("Enter the company's number in Procore, such as 26972.")?;
    match bound.filter(|bound| *bound != id.to_string()) {
        None => Ok(id),
        Some(bound) => Err(format!(
            "These books are of Procore company {bound}, so another one is not connected to them. \
             Enter {bound}, or have the operator make a tenant of its own for the other company."
        )),
    }
}

impl Shown {
    /// What to show of an access that was entered before.
    pub(super) fn of(access: &Access, local: Option<&Local>) -> Self {
        let names = [
            Environment::Production.name(),
            Environment::Sandbox.name(),
            LOCAL,
        ];
        let is_there = |name: &&str| {
            place(name, local).is_some_and(|place| match access {
                Access::Procore(access) => {
                    (&access.login, &access.api) == (&place.login, &place.api)
                }
                Access::QuickBooks(access) => access.environment == place.quickbooks,
            })
        };
        let environment = names.into_iter().find(is_there).unwrap_or_default();
        let (company_id, rights) = match access {
            Access::Procore(access) => (access.company_id.to_string(), access.rights),
            Access::QuickBooks(_) => (String::new(), Rights::Person),
        };
        Self {
            environment: environment.to_owned(),
            client_id: access.client().id.clone(),
            company_id,
            rights: match rights {
                Rights::Person => PERSON,
                Rights::ServiceAccount => OWN_ACCOUNT,
            }
            .to_owned(),
        }
    }

    /// The form with these values in it and an empty secret.
    pub(super) fn form(self, frame: Frame<'_>, csrf: &str, problems: Vec<Problem>) -> Form {
        let pair = |value: &str, label: &str| (value.to_owned(), label.to_owned());
        let mut environments = vec![
            pair(Environment::Production.name(), "Production: real companies"),
            pair(
                Environment::Sandbox.name(),
                "Sandbox: the vendor's, for developers",
            ),
        ];
        if frame.local.is_some() {
            environments.push(pair(LOCAL, "The sandbox on this machine"));
        }
        let mut fields = vec![
            Field {
                value: self.environment,
                ..Field::choice("environment", "Environment", environments)
            },
            Field {
                autocomplete: Some("off"),
                ..Field::text("client_id", "Client id of the application", &self.client_id)
            },
            Field {
                hint: Some("It is kept sealed and never shown again."),
                ..Field::secret("client_secret", "Client secret")
            },
        ];
        if frame.system == System::Procore {
            let company = frame.bound.unwrap_or(&self.company_id);
            fields.push(Field {
                autocomplete: Some("off"),
                hint: Some("It stands in the address of the company's pages in Procore."),
                ..Field::text("company_id", "Company id in Procore", company)
            });
            let rights = vec![
                pair(PERSON, "Those of the person who signs in"),
                pair(OWN_ACCOUNT, "Those of the application's own account"),
            ];
            fields.push(Field {
                value: self.rights,
                hint: Some(
                    "The application's own account, which Procore calls a service account, needs \
                     no sign-in; its rights are set where the application is installed.",
                ),
                ..Field::choice("rights", "Rights that it reads with", rights)
            });
        }
        let action = format!("/connections/{}/set-up", frame.system.name());
        let mut form = Form::new(&action, fields, "Go on").of_session(csrf);
        form.problems = problems;
        form
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT_HOME: &str = "http://127.0.0.1:8420/connect/x/callback";

    fn local() -> Local {
        Local {
            login: "http://127.0.0.1:1".to_owned(),
            api: "http://127.0.0.1:2".to_owned(),
            quickbooks: "http://127.0.0.1:3".to_owned(),
        }
    }

    fn entered(environment: &str, company_id: &str) -> Entered {
        Entered {
            environment: environment.to_owned(),
            client_id: " id ".to_owned(),
            client_secret: " secret\n".to_owned(),
            company_id: company_id.to_owned(),
            rights: PERSON.to_owned(),
        }
    }

    fn frame<'a>(system: System, local: Option<&'a Local>, bound: Option<&'a str>) -> Frame<'a> {
        Frame {
            system,
            local,
            bound,
        }
    }

    fn fields(given: Result<Access, Vec<Problem>>) -> Vec<&'static str> {
        let problems = given.err().unwrap_or_default();
        problems.iter().filter_map(|one| one.field).collect()
    }

    #[test]
    fn a_form_becomes_an_access_without_the_spaces_of_pasting() {
        let given = entered("production", "26972");
        let shown = given.shown();
        let access = given.access(frame(System::Procore, None, None), AT_HOME);
        let Ok(Access::Procore(access)) = access else {
            panic!("it was refused");
        };
        assert_eq!(access.client.id, "id");
        assert_eq!(access.client.secret.expose(), "secret");
        assert_eq!(access.client.redirect_uri, AT_HOME);
        assert_eq!(access.company_id, 26_972);
        assert!(access.environment().is_ok(), "the hosts belong together");
        assert_eq!(Shown::of(&Access::Procore(access), None), shown);
    }

    #[test]
    fn addresses_are_never_taken_from_the_form() {
        let local = local();
        for system in [System::Procore, System::QuickBooks] {
            for name in [
                "http://127.0.0.1:9",
                "https://elsewhere.example",
                "",
                "local",
            ] {
                let given = entered(name, "1").access(frame(system, None, None), AT_HOME);
                assert_eq!(fields(given), ["environment"], "{name}");
            }
            let here = entered("local", "1").access(frame(system, Some(&local), None), AT_HOME);
            let here = here.unwrap_or_else(|_| panic!("it was refused"));
            assert_eq!(Shown::of(&here, Some(&local)).environment, "local");
        }
    }

    #[test]
    fn every_field_that_cannot_be_used_is_told() {
        let given = Entered::default().access(frame(System::Procore, None, None), AT_HOME);
        let all = [
            "client_id",
            "client_secret",
            "environment",
            "company_id",
            "rights",
        ];
        assert_eq!(fields(given), all);
        let mut spaced = entered("sandbox", "1");
        spaced.client_secret = "two words".to_owned();
        spaced.client_id = "x".repeat(501);
        let given = spaced.access(frame(System::QuickBooks, None, None), AT_HOME);
        assert_eq!(fields(given), ["client_id", "client_secret"]);
    }

    #[test]
    fn books_of_one_company_take_no_other() {
        for (id, taken) in [("7", true), ("8", false), ("-7", false), ("7x", false)] {
            let given = entered("sandbox", id);
            let given = given.access(frame(System::Procore, None, Some("7")), AT_HOME);
            assert_eq!(given.is_ok(), taken, "{id}");
        }
    }

    #[test]
    fn a_form_never_holds_a_secret() {
        let given = entered("sandbox", "7");
        let form = given
            .shown()
            .form(frame(System::Procore, None, None), "token", Vec::new());
        let secret = form.fields.iter().find(|one| one.name == "client_secret");
        let secret = secret.unwrap();
        assert_eq!((secret.value.as_str(), secret.kind), ("", "password"));
    }
}
