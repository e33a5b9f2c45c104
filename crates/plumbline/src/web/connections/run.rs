//! What Connections says about work that runs by itself: what was given up, and what is announced.

use jiff::Timestamp;
use store::jobs::Job;

use crate::web::access::Action;
use crate::web::format;
use crate::web::house::House;
use crate::web::shell::Asked;
use crate::web::signin::view::Form;
use crate::work;

/// Work that was given up.
#[derive(Debug, Clone)]
pub struct FailedLine {
    /// What it was.
    pub what: &'static str,
    /// Since when, and how often it was tried.
    pub when: String,
    /// Why the last try failed.
    pub reason: String,
    /// The way to try it again, for those who may.
    pub again: Option<Form>,
}

impl FailedLine {
    /// The line of a job.
    #[must_use]
    pub fn new(job: &Job, asked: &Asked) -> Self {
        let reason = job.last_error.as_deref().unwrap_or("Nobody knows why.");
        Self {
            what: work::kind_in_words(&job.kind),
            when: format!(
                "due {}, tried {}",
                format::moment(job.run_at, asked.now, &asked.view.zone),
                format::of(usize::try_from(job.attempts).unwrap_or(0), "time", "times"),
            ),
            reason: format::sentence(reason, |_| None),
            again: asked.visitor.may(Action::ManageConnections).then(|| {
                Form::new("/connections/jobs/retry", Vec::new(), "Try again")
                    .of_session(&asked.visitor.csrf)
                    .hiding("id", &job.id)
                    .one_of_many(&job.id)
            }),
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            what: "Reading both systems",
            when: "due 5:30 am, tried 12 times".to_owned(),
            reason: "The disk is full.".to_owned(),
            again: Some(
                Form::new("/connections/jobs/retry", Vec::new(), "Try again").of_session("token"),
            ),
        }
    }
}

/// How the vendors can announce changes, so that they are read within a minute or two.
#[derive(Debug, Clone)]
pub struct Announcements {
    /// What is the case with QuickBooks.
    pub quickbooks: String,
    /// What is the case with Procore.
    pub procore: String,
    /// The way to make an address for Procore.
    pub make: Form,
    /// The way to end it.
    pub end: Option<Form>,
}

impl Announcements {
    /// What is the case now.
    #[must_use]
    pub fn new(house: &House, asked: &Asked, made_at: Option<Timestamp>) -> Self {
        let csrf = &asked.visitor.csrf;
        let button = |action: &str, label| {
            Form::new(action, Vec::new(), label)
                .of_session(csrf)
                .one_of_many("hook")
        };
        Self {
            quickbooks: if house.hooks().knows_quickbooks() {
                format!(
                    "Intuit sends them to {}/hooks/quickbooks, for all companies of this server.",
                    house.origin()
                )
            } else {
                "Not set up. The operator of the server gives it Intuit's verifier token."
                    .to_owned()
            },
            procore: match made_at {
                Some(at) => format!(
                    "An address was made {}.",
                    format::moment(at, asked.now, &asked.view.zone)
                ),
                None => "No address was made.".to_owned(),
            },
            make: button(
                "/connections/hook",
                if made_at.is_some() {
                    "Make a new address"
                } else {
                    "Make an address"
                },
            ),
            end: made_at.map(|_| button("/connections/hook/end", "End it")),
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let form = |label| Form::new("/connections/hook", Vec::new(), label).of_session("token");
        Self {
            quickbooks: "Not set up.".to_owned(),
            procore: "An address was made Nov 22, 4:10 pm.".to_owned(),
            make: form("Make a new address"),
            end: Some(form("End it")),
        }
    }
}
