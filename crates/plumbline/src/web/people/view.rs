//! What the page of people shows.

use askama::Template;
use gate::roles::{Action, Department, Grant, Role, Term};
use store::control::invitations::Pending;
use store::control::people::Colleague;
use store::control::raises::Proposal;

use super::may_manage;
use crate::web::format;
use crate::web::raises::{Around, Proposed};
use crate::web::shell::{Asked, Shell};
use crate::web::signin::view::{Field, Form};

/// What the page is made of.
#[derive(Debug)]
pub struct There {
    /// Everybody who belongs to the company.
    pub colleagues: Vec<Colleague>,
    /// Invitations that wait.
    pub invited: Vec<Pending>,
    /// Proposals that wait.
    pub proposed: Vec<Proposal>,
    /// Whether sole approver mode is switched on.
    pub is_alone: bool,
}

/// The page.
#[derive(Debug, Template)]
#[template(path = "people/page.html")]
pub struct PeoplePage {
    /// What stands around it.
    pub shell: Shell,
    /// The sentence that answers who there is.
    pub answer: String,
    /// The people.
    pub rows: Vec<Row>,
    /// Proposals that wait for a second person, or for their delay.
    pub proposed: Vec<Proposed>,
    /// Invitations that wait.
    pub pending: Vec<Waiting>,
    /// The form to invite somebody.
    pub invite: Option<Form>,
    /// Whether a code of the second factor is missing before anything can be changed.
    pub needs_code: bool,
}

/// One person.
#[derive(Debug)]
pub struct Row {
    /// Their name.
    pub name: String,
    /// Where mail reaches them.
    pub mail: String,
    /// Their roles, with the days of cover.
    pub roles: Vec<String>,
    /// Whether a second factor is set up.
    pub has_factor: bool,
    /// Whether one is needed and missing.
    pub lacks_factor: bool,
    /// When they were last here.
    pub seen: String,
    /// Forms to change what they may do.
    pub changes: Vec<(String, Form)>,
}

/// One invitation that waits.
#[derive(Debug)]
pub struct Waiting {
    /// Whom it is for.
    pub name: String,
    /// Their address.
    pub mail: String,
    /// The roles they will have.
    pub roles: String,
    /// When it ends.
    pub ends: String,
    /// The form to take it back.
    pub withdraw: Option<Form>,
}

impl PeoplePage {
    pub(super) fn new(shell: Shell, asked: &Asked, there: &There) -> Self {
        let colleagues = &there.colleagues;
        let may_manage = may_manage(&asked.visitor);
        let waiting = |one: &Pending| Waiting {
            name: one.name.clone(),
            mail: one.mail.clone(),
            roles: titles(&one.roles),
            ends: format::moment(one.expires_at, asked.now, &asked.view.zone),
            withdraw: may_manage.then(|| {
                Form::new("/people/invite/withdraw", Vec::new(), "Withdraw")
                    .of_session(&asked.visitor.csrf)
                    .hiding("id", &one.id)
                    .one_of_many(&one.id)
            }),
        };
        let invite = may_manage.then(|| {
            let mut mail = Field::mail("");
            mail.autocomplete = Some("off");
            let fields = vec![Field::text("name", "Name", ""), mail, role_field()];
            Form::new("/people/invite", fields, "Invite").of_session(&asked.visitor.csrf)
        });
        Self {
            shell,
            answer: answer(colleagues),
            rows: colleagues.iter().map(|one| row(one, asked)).collect(),
            proposed: proposed(there, asked),
            pending: there.invited.iter().map(waiting).collect(),
            invite,
            needs_code: asked.visitor.may(Action::ManagePeople) && !may_manage,
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let form = |prefix| {
            Form::new("/people/psn_1/give", vec![role_field()], "Give this role")
                .of_session("token")
                .one_of_many(prefix)
        };
        Self {
            shell: Shell::sample(),
            answer: "2 people, 1 of them an owner.".to_owned(),
            rows: vec![Row {
                name: "Priya Raman".to_owned(),
                mail: "priya@ridgeline.example".to_owned(),
                roles: vec!["A/R lead".to_owned()],
                has_factor: false,
                lacks_factor: true,
                seen: "never".to_owned(),
                changes: vec![("Give a role".to_owned(), form("a"))],
            }],
            proposed: vec![Proposed::sample("A/P lead for Marcus Bell", form("d"))],
            pending: vec![Waiting {
                name: "Noor".to_owned(),
                mail: "noor@ridgeline.example".to_owned(),
                roles: "Preparer".to_owned(),
                ends: "Nov 30".to_owned(),
                withdraw: Some(form("b")),
            }],
            invite: Some(form("c")),
            needs_code: true,
        }
    }
}

fn answer(colleagues: &[Colleague]) -> String {
    let owners = colleagues
        .iter()
        .filter(|one| one.grants.hold_standing(Role::Owner))
        .count();
    let without = colleagues
        .iter()
        .filter(|one| one.grants.need_two_factors() && !one.has_factor)
        .count();
    let people = match colleagues.len() {
        1 => "1 person".to_owned(),
        many => format!("{many} people"),
    };
    let owners = match owners {
        1 => "1 owner".to_owned(),
        many => format!("{many} owners"),
    };
    let factors = match without {
        0 => "Everybody who needs a second factor has one.".to_owned(),
        1 => "1 person still has to set up a second factor.".to_owned(),
        many => format!("{many} people still have to set up a second factor."),
    };
    format!("{people}, {owners}. {factors}")
}

pub(in crate::web) fn titles(roles: &[Role]) -> String {
    let titles: Vec<&str> = roles.iter().map(|role| role.title()).collect();
    titles.join(", ")
}

pub(in crate::web) fn said(grant: &Grant) -> String {
    match grant.term {
        Term::Standing => grant.role.title().to_owned(),
        Term::Cover { from, until } => format!(
            "{}, cover {} to {}",
            grant.role.title(),
            format::day(from),
            format::day(until)
        ),
    }
}

fn proposed(there: &There, asked: &Asked) -> Vec<Proposed> {
    let all = there.colleagues.iter();
    let around = Around {
        names: all.map(|one| (one.id.clone(), one.name.clone())).collect(),
        is_alone: there.is_alone,
        may_decide: may_manage(&asked.visitor),
        asked,
    };
    there.proposed.iter().map(|one| around.row(one)).collect()
}

fn role_field() -> Field {
    let mut roles: Vec<Role> = Role::all().collect();
    // Whoever sends the list as it is gives the least away.
    roles.sort_by_key(|role| *role != Role::Viewer);
    let choices = roles
        .iter()
        .map(|role| (role.name(), role.title().to_owned()));
    Field::choice("role", "Role", choices.collect())
}

fn row(one: &Colleague, asked: &Asked) -> Row {
    Row {
        name: one.name.clone(),
        mail: one.mail.clone(),
        roles: one.grants.all().map(said).collect(),
        has_factor: one.has_factor,
        lacks_factor: one.grants.need_two_factors() && !one.has_factor,
        seen: one.seen_at.map_or("never".to_owned(), |at| {
            format::moment(at, asked.now, &asked.view.zone)
        }),
        changes: changes(one, asked),
    }
}

/// The changes that this visitor may ask for about this person.
fn changes(one: &Colleague, asked: &Asked) -> Vec<(String, Form)> {
    let visitor = &asked.visitor;
    if visitor.person_id == one.id {
        return Vec::new();
    }
    let form = |what: &str, fields: Vec<Field>, button| {
        Form::new(&format!("/people/{}/{what}", one.id), fields, button).of_session(&visitor.csrf)
    };
    let mut found = Vec::new();
    let may_manage = may_manage(visitor);
    if may_manage {
        let give = form("give", vec![role_field()], "Give this role");
        found.push(("Give a role".to_owned(), give));
    }
    for grant in one.grants.all() {
        match grant.term {
            Term::Standing if may_manage => found.push((
                format!("Take {} away", grant.role.title()),
                form("take", Vec::new(), "Take away").hiding("role", &grant.role.name()),
            )),
            Term::Cover { from, until } if may_cover(asked, grant.role) => found.push((
                format!("End the cover as {}", grant.role.title()),
                form("cover/end", Vec::new(), "End it now")
                    .hiding("role", &grant.role.name())
                    .hiding("from", &from.to_string())
                    .hiding("until", &until.to_string()),
            )),
            Term::Standing | Term::Cover { .. } => {}
        }
    }
    let leads: Vec<(String, String)> = Department::ALL
        .into_iter()
        .map(Role::Lead)
        .filter(|role| may_cover(asked, *role))
        .map(|role| (role.name(), role.title().to_owned()))
        .collect();
    if !leads.is_empty() {
        let fields = vec![
            Field::choice("role", "Stands in as", leads),
            Field::day("from", "First day"),
            Field::day("until", "Last day"),
        ];
        found.push((
            "Cover for some days".to_owned(),
            form("cover", fields, "Hand over"),
        ));
    }
    if may_manage {
        let disable = form("disable", Vec::new(), "Disable now");
        found.push(("Take out of the company".to_owned(), disable));
    }
    found
        .into_iter()
        .enumerate()
        .map(|(index, (title, form))| (title, form.one_of_many(&format!("{}{index}", one.id))))
        .collect()
}

/// Whether the visitor may hand this department on: an owner any, a lead their own.
fn may_cover(asked: &Asked, role: Role) -> bool {
    let visitor = &asked.visitor;
    visitor.may(Action::Delegate)
        && (visitor.grants.hold_standing(Role::Owner) || visitor.grants.hold_standing(role))
}
