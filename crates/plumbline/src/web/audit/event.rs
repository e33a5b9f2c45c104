//! One thing that somebody did, in one form for all places that keep it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use store::audit::{Action, Entry};
use store::control::history::{Happened, Happening};
use store::decisions::{Decision, Verdict};

use crate::web::tenant_view::BooksView;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Signing in, sessions, tokens.
    Access,
    /// Who belongs here, with which roles.
    People,
    /// What was decided about the books.
    Books,
    /// What was proposed, approved and done.
    Approvals,
    /// Settings and connections.
    Company,
}

impl Sort {
    /// All of them, with their names in addresses and on the page.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Access, "access", "Signing in"),
        (Self::People, "people", "People and roles"),
        (Self::Books, "books", "Decisions"),
        (Self::Approvals, "approvals", "Approvals"),
        (Self::Company, "company", "Settings and connections"),
    ];

    pub(super) fn from_name(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known, _)| *known == name);
        found.map(|(sort, _, _)| *sort)
    }
}

/// One event.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    pub(super) sort: Sort,
    /// Its name in copies, such as `role.given`.
    pub(super) name: &'static str,
    /// A person's id, or a name where only that is kept.
    pub(super) by: Option<String>,
    /// The id of the person whom it happened to.
    pub(super) to: Option<String>,
    /// What was done, in words that follow a name.
    pub(super) words: &'static str,
    /// To what.
    pub(super) about: String,
}

impl Event {
    pub(super) fn of_people(one: Happened) -> Self {
        let (sort, words) = match one.what {
            Happening::Joined => (Sort::People, "became a member"),
            Happening::Left => (Sort::People, "took out of the company"),
            Happening::RoleGiven => (Sort::People, "gave a role"),
            Happening::RoleTaken => (Sort::People, "took a role away"),
            Happening::Invited => (Sort::People, "invited"),
            Happening::SignedIn => (Sort::Access, "signed in"),
            Happening::SessionEnded => (Sort::Access, "session ended"),
            Happening::TokenMade => (Sort::Access, "made a token for programs"),
            Happening::TokenRevoked => (Sort::Access, "revoked a token for programs"),
            Happening::RaiseProposed => (Sort::People, "proposed"),
            Happening::RaiseConfirmed => (Sort::People, "confirmed"),
            Happening::RaiseRipened => (Sort::People, "was given, after the delay, alone"),
            Happening::RaiseRefused => (Sort::People, "refused"),
            Happening::RaiseWithdrawn => (Sort::People, "withdrew the proposal of"),
            Happening::RaiseLapsed => (Sort::People, "nobody confirmed in time"),
            Happening::RaiseVoided => (Sort::People, "ended what a proposal stood on"),
            Happening::SwitchingProposed => (Sort::Company, "proposed"),
            Happening::SwitchingConfirmed => (Sort::Company, "confirmed"),
            Happening::SwitchingRipened => (Sort::Company, "switched, after the delay, alone"),
            Happening::SwitchingRefused => (Sort::Company, "refused"),
            Happening::SwitchingWithdrawn => (Sort::Company, "withdrew the proposal of"),
            Happening::SwitchingLapsed => (Sort::Company, "nobody confirmed in time"),
            Happening::SwitchingVoided => (Sort::Company, "ended as void"),
            Happening::AloneBegun => (Sort::People, "switched sole approver mode on"),
            Happening::AloneEnded => (Sort::People, "ended sole approver mode"),
            Happening::ErasureAsked => (Sort::Company, "asked for the company to be erased"),
            Happening::ErasureWithdrawn => (Sort::Company, "took back that it is erased"),
            Happening::HookMade => (Sort::Company, "made an address for announcements"),
            Happening::HookEnded => (Sort::Company, "ended an address for announcements"),
        };
        Self {
            at: one.at,
            sort,
            name: one.what.name(),
            by: one.by,
            to: one.to,
            words,
            about: one.about,
        }
    }

    pub(super) fn of_company(one: Entry) -> Self {
        let words = match one.action {
            Action::SettingsChanged => "changed the settings",
            Action::Connected => "connected",
            Action::Disconnected => "disconnected",
            Action::ConnectionBroke => "needs to be connected again",
            Action::JobRetried => "tried work again that was given up",
            Action::Released => "ended the quarantine of restored books",
            Action::Exported => "took a copy of the audit along",
            Action::DocumentAdded => "added a document",
            Action::TakenAlong => "took a copy of everything along",
            Action::Proposal(what) => proposal_in_words(what),
            Action::People(_) => "was told in the chain:",
        };
        let sort = match one.action {
            Action::Proposal(_) => Sort::Approvals,
            _ => Sort::Company,
        };
        Self {
            at: one.at,
            sort,
            name: one.action.name(),
            by: one.actor,
            to: None,
            words,
            about: one.about,
        }
    }

    pub(super) fn of_books(one: &Decision, books: Option<&BooksView>) -> Self {
        let (name, words) = match one.verdict {
            Verdict::Confirmed => ("match.confirmed", "confirmed a match"),
            Verdict::Refused => ("match.refused", "refused a match"),
            Verdict::Withdrawn => ("match.withdrawn", "took a decision back"),
        };
        let sides = [&one.pair.procore, &one.pair.quickbooks];
        let about = sides.map(|records| match books {
            Some(books) => books.record_names(records),
            None => crate::web::shell::refs(records),
        });
        Self {
            at: one.decided_at,
            sort: Sort::Books,
            name,
            by: one.decided_by.clone(),
            to: None,
            words,
            about: about.join(" and "),
        }
    }

    /// Whether the person with this id did it, or it happened to them.
    pub(super) fn is_about(&self, who: &str, names: &BTreeMap<String, String>) -> bool {
        let name = names.get(who).map(String::as_str);
        let is = |person: &Option<String>| {
            person
                .as_deref()
                .is_some_and(|it| it == who || Some(it) == name)
        };
        is(&self.by) || is(&self.to)
    }

    /// The event as a line of JSON.
    pub(super) fn line(&self) -> String {
        let line = serde_json::json!({
            "at": self.at.to_string(),
            "what": self.name,
            "by": self.by,
            "to": self.to,
            "about": self.about,
        });
        format!("{line}\n")
    }
}

/// What happened to a proposal, after the name of whoever did it.
fn proposal_in_words(what: &str) -> &'static str {
    match what {
        "made" => "proposed",
        "edited" => "changed the draft of",
        "approved_by_one" => "approved, as the first of two,",
        "approved" => "approved",
        "rejected" => "said no to",
        "voided" => "approvals became void for",
        "cleared" => "the finding is gone behind",
        "expired" => "nobody decided in time about",
        "begun" => "began",
        "done" => "did",
        "failed" => "QuickBooks refused",
        "lost_sight" => "does not know yet whether it was done:",
        "undone" => "took back",
        "viewed" => "looked at",
        _ => "did something of another version with",
    }
}
