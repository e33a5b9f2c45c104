//! What the page of one's own account shows.

use askama::Template;
use store::control::api_tokens;
use store::control::sessions;

use crate::web::error::AppError;
use crate::web::format;
use crate::web::shell::{Asked, Shell};
use crate::web::signin::flow::Denied;
use crate::web::signin::view::{Field, Form};
use crate::work::digest;

/// What is read for the page.
pub(super) struct Parts {
    pub(super) codes_left: i64,
    pub(super) sessions: Vec<sessions::Listed>,
    pub(super) tokens: Vec<api_tokens::Listed>,
    pub(super) companies: Vec<(String, String)>,
    /// What the person said about the daily letter, if anything.
    pub(super) letter: Option<bool>,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "account/page.html")]
pub struct AccountPage {
    /// What stands around it.
    pub shell: Shell,
    /// The person's name.
    pub name: String,
    /// Where mail reaches them.
    pub mail: String,
    /// Their roles.
    pub roles: String,
    /// The form for a new password.
    pub password: Form,
    /// What the second factor is like.
    pub factor: String,
    /// The form to set one up, unless a code is missing first.
    pub set_up: Option<Form>,
    /// Their sessions.
    pub sessions: Vec<Line>,
    /// Their tokens.
    pub tokens: Vec<Line>,
    /// The form for another token.
    pub new_token: Form,
    /// Their other companies.
    pub companies: Vec<Line>,
    /// Whether they get the daily letter.
    pub letter: String,
    /// The way to change that.
    pub letter_form: Form,
}

/// One line of a list, with what can be done about it.
#[derive(Debug)]
pub struct Line {
    /// What it is.
    pub what: String,
    /// When.
    pub when: String,
    /// What can be done.
    pub form: Form,
}

impl AccountPage {
    pub(super) fn new(
        shell: Shell,
        asked: &Asked,
        parts: &Parts,
        sends_mail: bool,
        denied: Option<&Denied>,
    ) -> Result<Self, AppError> {
        let visitor = &asked.visitor;
        let seen = visitor.session()?;
        let at = |moment| format::moment(moment, asked.now, &asked.view.zone);
        let button = |action: &str, id: &str, label| {
            Form::new(action, Vec::new(), label)
                .of_session(&visitor.csrf)
                .hiding("id", id)
                .one_of_many(id)
        };
        let roles: Vec<&str> = visitor
            .grants
            .in_force(visitor.on)
            .map(|grant| grant.role.title())
            .collect();
        let password = Form::new(
            "/account/password",
            vec![
                Field::password("old", "Present password"),
                Field::new_password(),
            ],
            "Save the new password",
        )
        .of_session(&visitor.csrf)
        .with(None, denied);
        let gets_letter = digest::wants(parts.letter, &visitor.grants);
        let may_set_up = !seen.has_factor || visitor.is_fresh;
        let label = if seen.has_factor {
            "Set up another one"
        } else {
            "Set up a second factor"
        };
        let days = [("30", "30 days"), ("90", "90 days"), ("365", "a year")];
        let days = days.map(|(value, label)| (value.to_owned(), label.to_owned()));
        let new_token = Form::new(
            "/account/tokens",
            vec![
                Field::text("name", "What it is for", ""),
                Field::choice("days", "Counts for", days.to_vec()),
            ],
            "Make a token",
        )
        .of_session(&visitor.csrf)
        .one_of_many("token");
        Ok(Self {
            name: visitor.name.clone(),
            mail: seen.mail.clone(),
            roles: if roles.is_empty() {
                "No role today".to_owned()
            } else {
                roles.join(", ")
            },
            password,
            factor: factor(seen.has_factor, parts.codes_left),
            set_up: may_set_up.then(|| {
                Form::new("/sign-in/set-up/prepare", Vec::new(), label)
                    .of_session(&visitor.csrf)
                    .one_of_many("factor")
            }),
            sessions: parts
                .sessions
                .iter()
                .map(|one| Line {
                    what: if one.id == seen.session_id {
                        format!("This one, from {}", one.address)
                    } else {
                        format!("{}, from {}", browser(&one.user_agent), one.address)
                    },
                    when: format!("since {}, last {}", at(one.created_at), at(one.seen_at)),
                    form: button("/account/sessions/end", &one.id, "Sign out"),
                })
                .collect(),
            tokens: parts
                .tokens
                .iter()
                .map(|one| Line {
                    what: one.name.clone(),
                    when: match one.used_at {
                        Some(used) => {
                            format!("until {}, last used {}", at(one.expires_at), at(used))
                        }
                        None => format!("until {}, never used", at(one.expires_at)),
                    },
                    form: button("/account/tokens/revoke", &one.id, "Revoke"),
                })
                .collect(),
            new_token,
            letter: letter(gets_letter, sends_mail),
            letter_form: letter_form(gets_letter).of_session(&visitor.csrf),
            companies: parts
                .companies
                .iter()
                .filter(|(id, _)| id != visitor.scope.tenant_id())
                .map(|(id, name)| Line {
                    what: name.clone(),
                    when: String::new(),
                    form: button("/account/company", id, "Go there"),
                })
                .collect(),
            shell,
        })
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let form =
            || Form::new("/account/sessions/end", Vec::new(), "Sign out").of_session("token");
        let line = || Line {
            what: "Firefox, from 203.0.113.7".to_owned(),
            when: "since 6:02 am".to_owned(),
            form: form(),
        };
        Self {
            shell: Shell::sample(),
            name: "Dana Whitfield".to_owned(),
            mail: "dana@ridgeline.example".to_owned(),
            roles: "Owner".to_owned(),
            password: Form::new("/account/password", vec![Field::new_password()], "Save")
                .of_session("token")
                .with(None, Some(&Denied::Wrong)),
            factor: factor(true, 1),
            set_up: Some(form()),
            sessions: vec![line()],
            tokens: vec![line()],
            new_token: form(),
            companies: vec![line()],
            letter: letter(true, true),
            letter_form: letter_form(true).of_session("token"),
        }
    }
}

fn letter(wanted: bool, sends_mail: bool) -> String {
    let text = if wanted {
        "You get it once a day: what needs you, what changed, how the connections are."
    } else {
        "You do not get it."
    };
    let more = if sends_mail {
        ""
    } else {
        " This server sends no mail yet."
    };
    format!("{text}{more}")
}

fn letter_form(wanted: bool) -> Form {
    let (value, label) = if wanted {
        ("no", "Stop the daily letter")
    } else {
        ("yes", "Get the daily letter")
    };
    Form::new("/account/letter", Vec::new(), label)
        .hiding("wanted", value)
        .one_of_many("letter")
}

fn factor(has_factor: bool, codes_left: i64) -> String {
    match (has_factor, codes_left) {
        (false, _) => "None is set up.".to_owned(),
        (true, 0) => "It is set up. No recovery code is left: set up another factor to get new \
                      ones."
            .to_owned(),
        (true, 1) => "It is set up. 1 recovery code is left.".to_owned(),
        (true, left) => format!("It is set up. {left} recovery codes are left."),
    }
}

/// The name that a browser is known by; what it calls itself holds them all.
fn browser(user_agent: &str) -> &'static str {
    for (mark, name) in [
        ("Edg/", "Edge"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ] {
        if user_agent.contains(mark) {
            return name;
        }
    }
    "Another browser"
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_called_by_its_own_name() {
        let edge = "Mozilla/5.0 AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0";
        assert_eq!(browser(edge), "Edge");
        assert_eq!(browser("Mozilla/5.0 Version/18 Safari/605"), "Safari");
        assert_eq!(browser("curl/8"), "Another browser");
    }
}
