//! Roles, and the one question that every route asks: [`may`].
//!
//! A role is given for good, or for some days as cover for somebody who is away. The table of who
//! may do what is in `Action::is_permitted_by`; the tests hold the same table as text.

use std::fmt;

use figures::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A part of the office with a lead of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Department {
    /// Books, reconciliation, cash.
    Financial,
    /// Accounts receivable: who owes, who is chased.
    Collections,
    /// Accounts payable: bills, holds, the check run.
    Payables,
    /// Contracts, waivers, certificates.
    Documents,
    /// Time cards and pay.
    Payroll,
    /// Crews and where they go.
    Dispatch,
    /// Prices of material and their moves.
    Pricebook,
}

impl Department {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Financial,
        Self::Collections,
        Self::Payables,
        Self::Documents,
        Self::Payroll,
        Self::Dispatch,
        Self::Pricebook,
    ];

    /// The name in storage and forms.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Financial => "financial",
            Self::Collections => "collections",
            Self::Payables => "payables",
            Self::Documents => "documents",
            Self::Payroll => "payroll",
            Self::Dispatch => "dispatch",
            Self::Pricebook => "pricebook",
        }
    }

    /// The department with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    /// What its lead is called.
    #[must_use]
    pub fn lead_title(self) -> &'static str {
        match self {
            Self::Financial => "Financial lead",
            Self::Collections => "A/R lead",
            Self::Payables => "A/P lead",
            Self::Documents => "Documents lead",
            Self::Payroll => "Payroll lead",
            Self::Dispatch => "Dispatch lead",
            Self::Pricebook => "Pricebook lead",
        }
    }
}

/// What somebody is in a tenant. The operator of the machine is none of these: there is no role
/// on the web that creates tenants or restores them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Decides about people, connections and switches.
    Owner,
    /// Approves what leaves a department.
    Lead(Department),
    /// Prepares; approves nothing.
    Preparer,
    /// Reads.
    Viewer,
    /// Reads, from outside the office; holds no other role.
    Auditor,
}

impl Role {
    /// All of them, leads once for each department.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Owner]
            .into_iter()
            .chain(Department::ALL.into_iter().map(Self::Lead))
            .chain([Self::Preparer, Self::Viewer, Self::Auditor])
    }

    /// The name in storage and forms, such as `owner` or `lead.payroll`.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Owner => "owner".to_owned(),
            Self::Lead(department) => format!("lead.{}", department.name()),
            Self::Preparer => "preparer".to_owned(),
            Self::Viewer => "viewer".to_owned(),
            Self::Auditor => "auditor".to_owned(),
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|it| it.name() == name)
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Lead(department) => department.lead_title(),
            Self::Preparer => "Preparer",
            Self::Viewer => "Viewer",
            Self::Auditor => "Auditor",
        }
    }

    /// Whether it is held only with a second factor: it decides, or will approve, what counts.
    #[must_use]
    pub fn needs_two_factors(self) -> bool {
        matches!(self, Self::Owner | Self::Lead(_))
    }
}

/// How long a role is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// Until it is taken away.
    Standing,
    /// As cover for somebody who is away, both days included. It cannot be handed on.
    Cover {
        /// The first day.
        from: Date,
        /// The last day.
        until: Date,
    },
}

/// One role of one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// For how long.
    pub term: Term,
}

impl Grant {
    /// A role until it is taken away.
    #[must_use]
    pub fn standing(role: Role) -> Self {
        Self {
            role,
            term: Term::Standing,
        }
    }

    /// Whether it counts on this day.
    #[must_use]
    pub fn is_in_force(&self, on: Date) -> bool {
        match self.term {
            Term::Standing => true,
            Term::Cover { from, until } => from <= on && on <= until,
        }
    }
}

/// All roles of one person in one tenant. Empty ones permit nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(Vec<Grant>);

impl Grants {
    /// The grants, in a fixed order.
    #[must_use]
    pub fn new(mut grants: Vec<Grant>) -> Self {
        grants.sort();
        grants.dedup();
        Self(grants)
    }

    /// All of them, those too that do not count today.
    pub fn all(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter()
    }

    /// Those that count on this day.
    pub fn in_force(&self, on: Date) -> impl Iterator<Item = &Grant> {
        self.0.iter().filter(move |grant| grant.is_in_force(on))
    }

    /// Whether the role is held for good.
    #[must_use]
    pub fn hold_standing(&self, role: Role) -> bool {
        self.0.contains(&Grant::standing(role))
    }

    /// Whether a session of this person must have shown a second factor.
    ///
    /// Cover that has not begun or is over counts too: a factor is not enrolled for a week.
    #[must_use]
    pub fn need_two_factors(&self) -> bool {
        self.0.iter().any(|grant| grant.role.needs_two_factors())
    }
}

/// A second factor is fresh for so long.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// Whether a second factor that was shown then is fresh now. One of the future is not.
#[must_use]
pub fn is_fresh(shown_at: Timestamp, now: Timestamp) -> bool {
    shown_at <= now && now.duration_since(shown_at) < FRESH
}

/// Everything that can be done on the web beyond looking after one's own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Read worklist, jobs, bridges, matches and the receipts of figures.
    ReadBooks,
    /// Confirm or refuse that two records are the same, or take that back.
    DecideMatches,
    /// Ask for both systems to be read now.
    RunCycle,
    /// Make or edit a draft of something to be done, also of taking back what was done.
    Prepare,
    /// Say yes or no to what is proposed. For which department, and whether an owner stands in for a
    /// lead that there is not, is asked again with the proposal ([`crate::approval`]).
    Approve,
    /// See how the connections are, what they read and what they cannot see.
    ReadConnections,
    /// Connect and disconnect systems.
    ManageConnections,
    /// See the settings.
    ReadSettings,
    /// Change the settings.
    ChangeSettings,
    /// See who has which role.
    ReadPeople,
    /// Invite people, give and take roles, disable people.
    ManagePeople,
    /// Hand one's department to somebody for some days.
    Delegate,
    /// Read who did what, and take a copy of it along.
    ReadAudit,
    /// Take a copy of everything along.
    TakeEverything,
    /// Have the company erased, and take that back.
    EraseCompany,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::ReadBooks,
        Self::DecideMatches,
        Self::RunCycle,
        Self::Prepare,
        Self::Approve,
        Self::ReadConnections,
        Self::ManageConnections,
        Self::ReadSettings,
        Self::ChangeSettings,
        Self::ReadPeople,
        Self::ManagePeople,
        Self::Delegate,
        Self::ReadAudit,
        Self::TakeEverything,
        Self::EraseCompany,
    ];

    /// Whether the second factor must have been shown within the last minutes.
    #[must_use]
    pub fn needs_fresh_factor(self) -> bool {
        matches!(
            self,
            Self::Approve
                | Self::ManageConnections
                | Self::ChangeSettings
                | Self::ManagePeople
                | Self::TakeEverything
                | Self::EraseCompany
        )
    }

    /// Who may do it, for the sentence of a refusal.
    #[must_use]
    pub fn who(self) -> &'static str {
        match self {
            Self::ReadBooks | Self::ReadConnections => "everybody with a role",
            Self::DecideMatches | Self::RunCycle | Self::Prepare => "preparers, leads and owners",
            Self::Approve => "leads, and an owner who stands in for one",
            Self::ReadSettings | Self::ReadPeople => "leads, owners and auditors",
            Self::ManageConnections
            | Self::ChangeSettings
            | Self::ManagePeople
            | Self::TakeEverything
            | Self::EraseCompany => "owners",
            Self::Delegate => "owners, and leads for their own department",
            Self::ReadAudit => "owners and auditors",
        }
    }

    /// Whether this grant is enough, its dates apart.
    fn is_permitted_by(self, grant: &Grant) -> bool {
        match self {
            Self::ReadBooks | Self::ReadConnections => true,
            Self::DecideMatches | Self::RunCycle | Self::Prepare => {
                matches!(grant.role, Role::Owner | Role::Lead(_) | Role::Preparer)
            }
            Self::Approve => matches!(grant.role, Role::Owner | Role::Lead(_)),
            Self::ReadSettings | Self::ReadPeople => {
                matches!(grant.role, Role::Owner | Role::Lead(_) | Role::Auditor)
            }
            Self::ManageConnections
            | Self::ChangeSettings
            | Self::ManagePeople
            | Self::TakeEverything
            | Self::EraseCompany => grant.role == Role::Owner,
            Self::ReadAudit => matches!(grant.role, Role::Owner | Role::Auditor),
            // What one holds as cover cannot be handed on.
            Self::Delegate => {
                matches!(grant.role, Role::Owner | Role::Lead(_)) && grant.term == Term::Standing
            }
        }
    }
}

/// The answer of [`may`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// It may be done.
    Permitted,
    /// It may not.
    Denied(Denial),
}

impl Decision {
    /// Whether it may be done.
    #[must_use]
    pub fn is_permitted(self) -> bool {
        self == Self::Permitted
    }
}

/// Why something may not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// The person has no role today.
    NoRole,
    /// None of the person's roles is enough.
    OtherRole(Action),
}

impl fmt::Display for Denial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRole => out.write_str(
                "You have no role here today. Ask an owner of your company to give you one.",
            ),
            Self::OtherRole(action) => write!(
                out,
                "Your role does not include this. It is for {}. Ask an owner of your company.",
                action.who()
            ),
        }
    }
}

/// Whether somebody with these grants may do this on this day. Nothing else gives permission.
///
/// ```
/// use gate::roles::{Action, Grant, Grants, Role, may};
/// let today = figures::Date::constant(2026, 11, 23);
/// let owner = Grants::new(vec![Grant::standing(Role::Owner)]);
/// assert!(may(&owner, Action::ManagePeople, today).is_permitted());
/// assert!(!may(&Grants::default(), Action::ReadBooks, today).is_permitted());
/// ```
pub fn may(grants: &Grants, action: Action, on: Date) -> Decision {
    if grants.in_force(on).next().is_none() {
        return Decision::Denied(Denial::NoRole);
    }
    if grants
        .in_force(on)
        .any(|grant| action.is_permitted_by(grant))
    {
        Decision::Permitted
    } else {
        Decision::Denied(Denial::OtherRole(action))
    }
}

/// Whether this grant is enough for an action while it is in force.
pub(crate) fn permits(grant: &Grant, action: Action) -> bool {
    action.is_permitted_by(grant)
}

#[cfg(test)]
mod tests;
