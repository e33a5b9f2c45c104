//! What the pages at the door show: one form, a few sentences, and where else to go.

use askama::Template;

use super::flow::Denied;
use crate::web::assets;

/// Something to fix in a form.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The field, if it is about one.
    pub field: Option<&'static str>,
    /// What to do, in words.
    pub text: String,
}

/// One field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What stands above it.
    pub label: &'static str,
    /// `text`, `email`, `password`, `date` or `file`.
    pub kind: &'static str,
    /// What is in it.
    pub value: String,
    /// What a browser may fill in.
    pub autocomplete: Option<&'static str>,
    /// A sentence of help.
    pub hint: Option<&'static str>,
    /// Whether it takes a code.
    pub is_code: bool,
    /// The choices of a list: value and label. Empty for a plain field.
    pub choices: Vec<(String, String)>,
    /// Whether it may not stay empty.
    pub is_required: bool,
}

impl Field {
    fn plain(name: &'static str, label: &'static str, kind: &'static str) -> Self {
        Self {
            name,
            label,
            kind,
            value: String::new(),
            autocomplete: None,
            hint: None,
            is_code: false,
            choices: Vec::new(),
            is_required: true,
        }
    }

    /// The same, which may stay empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.is_required = false;
        self
    }

    /// A line of text.
    #[must_use]
    pub fn text(name: &'static str, label: &'static str, value: &str) -> Self {
        Self {
            value: value.to_owned(),
            ..Self::plain(name, label, "text")
        }
    }

    /// A mail address.
    #[must_use]
    pub fn mail(value: &str) -> Self {
        Self {
            value: value.to_owned(),
            autocomplete: Some("username"),
            ..Self::plain("mail", "Mail address", "email")
        }
    }

    /// A password that is known.
    #[must_use]
    pub fn password(name: &'static str, label: &'static str) -> Self {
        Self {
            autocomplete: Some("current-password"),
            ..Self::plain(name, label, "password")
        }
    }

    /// A password that is being chosen.
    #[must_use]
    pub fn new_password() -> Self {
        Self {
            autocomplete: Some("new-password"),
            hint: Some("At least 12 characters. A few unrelated words are good."),
            ..Self::plain("password", "New password", "password")
        }
    }

    /// A secret of a program, which no browser keeps.
    #[must_use]
    pub fn secret(name: &'static str, label: &'static str) -> Self {
        Self {
            autocomplete: Some("off"),
            ..Self::plain(name, label, "password")
        }
    }

    /// A code of the second factor.
    #[must_use]
    pub fn code(hint: &'static str) -> Self {
        Self {
            autocomplete: Some("one-time-code"),
            hint: Some(hint),
            is_code: true,
            ..Self::plain("code", "Code", "text")
        }
    }

    /// A file.
    #[must_use]
    pub fn file(name: &'static str, label: &'static str, hint: &'static str) -> Self {
        Self {
            hint: Some(hint),
            ..Self::plain(name, label, "file")
        }
    }

    /// A day.
    #[must_use]
    pub fn day(name: &'static str, label: &'static str) -> Self {
        Self::plain(name, label, "date")
    }

    /// A list.
    #[must_use]
    pub fn choice(name: &'static str, label: &'static str, choices: Vec<(String, String)>) -> Self {
        Self {
            choices,
            ..Self::plain(name, label, "text")
        }
    }
}

/// A form.
#[derive(Debug, Clone, Template)]
#[template(path = "signin/form.html")]
pub struct Form {
    /// Where it is sent.
    pub action: String,
    /// What the session's forms send back.
    pub csrf: Option<String>,
    /// Makes the ids of the fields its own on a page with several forms.
    pub prefix: String,
    /// What is to be fixed.
    pub problems: Vec<Problem>,
    /// Values that are sent along.
    pub hidden: Vec<(&'static str, String)>,
    /// The fields.
    pub fields: Vec<Field>,
    /// What the button does.
    pub button: &'static str,
    /// Whether it is the one filled button of the page.
    pub is_primary: bool,
}

impl Form {
    /// A form without problems.
    #[must_use]
    pub fn new(action: &str, fields: Vec<Field>, button: &'static str) -> Self {
        Self {
            action: action.to_owned(),
            csrf: None,
            prefix: String::new(),
            problems: Vec::new(),
            hidden: Vec::new(),
            fields,
            button,
            is_primary: true,
        }
    }

    /// The same with what was wrong; none when nothing was.
    #[must_use]
    pub fn with(mut self, field: Option<&'static str>, denied: Option<&Denied>) -> Self {
        self.problems.extend(denied.map(|denied| Problem {
            field,
            text: denied.text(),
        }));
        self
    }

    /// The same for a session.
    #[must_use]
    pub fn of_session(mut self, csrf: &str) -> Self {
        self.csrf = Some(csrf.to_owned());
        self
    }

    /// The same, one of several on a page.
    #[must_use]
    pub fn one_of_many(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self.is_primary = false;
        self
    }

    /// The same with a value that is sent along.
    #[must_use]
    pub fn hiding(mut self, name: &'static str, value: &str) -> Self {
        self.hidden.push((name, value.to_owned()));
        self
    }

    fn has_file(&self) -> bool {
        self.fields.iter().any(|field| field.kind == "file")
    }

    fn problem_count(&self) -> String {
        match self.problems.len() {
            1 => "There is 1 thing to fix".to_owned(),
            many => format!("There are {many} things to fix"),
        }
    }

    fn problem_of(&self, name: &str) -> Option<&str> {
        self.problems
            .iter()
            .find(|problem| problem.field == Some(name))
            .map(|problem| problem.text.as_str())
    }

    fn described_by(&self, field: &Field) -> Option<String> {
        let mut ids = Vec::new();
        if field.hint.is_some() {
            ids.push(format!("h-{}{}", self.prefix, field.name));
        }
        if self.problem_of(field.name).is_some() {
            ids.push(format!("w-{}{}", self.prefix, field.name));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    }
}

/// A page at the door.
#[derive(Debug, Clone, Template)]
#[template(path = "signin/page.html")]
pub struct DoorPage {
    /// Where style and type are.
    pub assets: &'static str,
    /// What the page is for.
    pub title: String,
    /// Sentences.
    pub texts: Vec<String>,
    /// A QR code.
    pub qr: Option<String>,
    /// The same to type.
    pub secret: Option<String>,
    /// A link or token to keep, shown once.
    pub shown_once: Option<String>,
    /// Recovery codes, shown once.
    pub codes: Vec<String>,
    /// The form.
    pub form: Option<Form>,
    /// The way on, when there is nothing to fill in.
    pub go_on: Option<(&'static str, &'static str)>,
    /// Where else to go.
    pub links: Vec<(&'static str, &'static str)>,
    /// What signing out sends back, when somebody is signed in.
    pub sign_out: Option<String>,
}

impl DoorPage {
    /// A page with a title and a sentence.
    #[must_use]
    pub fn new(title: &str, text: &str) -> Self {
        Self {
            assets: assets::FOLDER.as_str(),
            title: title.to_owned(),
            texts: vec![text.to_owned()],
            qr: None,
            secret: None,
            shown_once: None,
            codes: Vec::new(),
            form: None,
            go_on: None,
            links: Vec::new(),
            sign_out: None,
        }
    }

    /// The same with a form.
    #[must_use]
    pub fn with_form(mut self, form: Form) -> Self {
        self.form = Some(form);
        self
    }

    /// The same with links.
    #[must_use]
    pub fn with_links(mut self, links: &[(&'static str, &'static str)]) -> Self {
        self.links = links.to_vec();
        self
    }

    /// The same for somebody who is signed in.
    #[must_use]
    pub fn of_session(mut self, csrf: &str) -> Self {
        self.form = self.form.map(|form| form.of_session(csrf));
        self.sign_out = Some(csrf.to_owned());
        self
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let form = Form::new(
            "/sign-in",
            vec![
                Field::mail("dana@ridgeline.example"),
                Field::password("password", "Password"),
            ],
            "Sign in",
        )
        .with(Some("password"), Some(&Denied::Wrong));
        Self {
            qr: super::qr::svg("otpauth://totp/a", "Code for the app on your phone"),
            secret: Some("MZXW 6YTB".to_owned()),
            codes: vec!["mzxw6-ytboi".to_owned()],
            ..Self::new("Sign in", "Use the address that you were invited with.")
        }
        .with_form(form)
        .with_links(&[("/sign-in/forgotten", "Choose a new password")])
        .of_session("token")
    }
}
