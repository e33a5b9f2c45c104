//! The daily letter: what needs you, what changed, whether the connections stand.
//!
//! It goes to those who want it and may read the books, at most once a day: a letter is claimed
//! before it is handed over, and never handed over again. Each figure says for which day it is true.

use askama::Template;
use gate::roles::{Action, Department, Grants, Role, may};
use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp};
use store::control::digest_letters::{self, Outcome};
use store::control::people::{self, Colleague};
use store::proposals;

use crate::desk::Desk;
use crate::mail::{Letter, Mailer, one_line};
use crate::web::format;
use crate::web::states::banners;
use crate::web::tenant_view::{BooksView, TenantView};
use crate::web::today::{self, Change, Headline, Todo};
use crate::witness;

/// How the letter is sent.
#[derive(Debug, Clone)]
pub struct Post {
    /// The mail server.
    pub mailer: Mailer,
    /// Where people find the pages, for the links; without it there are none.
    pub origin: Option<String>,
}

/// Items and changes that are told one by one.
const TOLD: usize = 10;

/// Sends today's letter to everybody who wants it and has not got it. Without books there is
/// nothing to tell.
///
/// # Errors
/// When the store cannot be read, or the mail server does not answer; no letter was begun then.
pub async fn send(desk: &Desk, post: &Post) -> anyhow::Result<()> {
    let (control, scope) = (desk.installation.control(), &desk.scope);
    let (today, now) = (desk.today()?, desk.clock.now());
    let choices = digest_letters::choices(control, scope).await?;
    let everybody = people::colleagues(control, scope).await?;
    let readers: Vec<Colleague> = everybody
        .iter()
        .filter(|one| may(&one.grants, Action::ReadBooks, today).is_permitted())
        .filter(|one| wants(choices.get(&one.id).copied(), &one.grants))
        .cloned()
        .collect();
    if readers.is_empty() {
        return Ok(());
    }
    let view = TenantView::load(desk).await?;
    let Some(books) = &view.books else {
        return Ok(());
    };
    // Asked before a letter is claimed: a server that is away costs nobody their letter.
    post.mailer.answers().await?;
    let digest = Digest::new(
        &view,
        books,
        (approvals(desk, &everybody).await?, audit(desk).await?),
        post.origin.as_deref(),
        now,
    );
    let (text, html) = (digest.render()?, Page { digest: &digest }.render()?);
    for reader in readers {
        if !digest_letters::claim(control, scope, &reader.id, today, now).await? {
            continue;
        }
        let letter = Letter {
            to: reader.mail,
            name: reader.name,
            subject: format!("{}: {}", digest.company, digest.subject),
            text: text.clone(),
            html: Some(html.clone()),
            id: format!("digest.{}.{}.{today}", scope.tenant_id(), reader.id),
        };
        let outcome = match post.mailer.send(letter, now).await {
            Ok(()) => Outcome::Sent,
            Err(error) => {
                tracing::error!(%error, person = reader.id, "a daily letter was not sent");
                Outcome::NotTaken
            }
        };
        digest_letters::ended(control, scope, &reader.id, today, outcome).await?;
    }
    Ok(())
}

/// Whoever said nothing gets it as an owner or a lead.
#[must_use]
pub fn wants(choice: Option<bool>, grants: &Grants) -> bool {
    let mut grants = grants.all();
    choice.unwrap_or_else(|| grants.any(|grant| matches!(grant.role, Role::Owner | Role::Lead(_))))
}

/// The letter as text.
#[derive(Debug, Template)]
#[template(path = "digest/letter.txt")]
pub struct Digest {
    company: String,
    subject: String,
    day: String,
    as_of: String,
    sentence: String,
    figures: Vec<Headline>,
    todo: Vec<Todo>,
    more: Option<String>,
    since: String,
    changes: Vec<Change>,
    approvals: Vec<String>,
    health: Vec<String>,
    audit: String,
    origin: Option<String>,
}

/// The same as a page.
#[derive(Debug, Template)]
#[template(path = "digest/letter.html")]
struct Page<'a> {
    digest: &'a Digest,
}

impl Digest {
    fn new(
        view: &TenantView,
        books: &BooksView,
        (approvals, audit): (Vec<String>, String),
        origin: Option<&str>,
        now: Timestamp,
    ) -> Self {
        let today = now.to_zoned(view.zone.clone()).date();
        let mut todo: Vec<Todo> = books
            .to_decide()
            .take(TOLD)
            .map(|item| today::todo(item, books))
            .collect();
        let count = books.to_decide().count();
        let (since, mut changes) = match books.since {
            Some((cycle, at)) => (
                format!("Since {}", format::moment(at, now, &view.zone)),
                today::changes(books, cycle, TOLD),
            ),
            None => (
                "The books were read for the first time today".to_owned(),
                Vec::new(),
            ),
        };
        for text in todo
            .iter_mut()
            .flat_map(|one| [&mut one.title, &mut one.why, &mut one.note])
            .chain(changes.iter_mut().map(|one| &mut one.title))
        {
            *text = one_line(text);
        }
        Self {
            company: one_line(&view.name),
            subject: match count {
                0 => "nothing needs you".to_owned(),
                1 => "1 item needs you".to_owned(),
                several => format!("{} need you", format::of(several, "item", "items")),
            },
            day: today.strftime("%A, %B %-d").to_string(),
            as_of: format::weekday(books.as_of),
            sentence: today::sentence(books),
            figures: today::headlines(books),
            more: (count > TOLD).then(|| format!("and {} more", count - TOLD)),
            todo,
            since,
            changes,
            approvals,
            health: health(view, now),
            audit,
            origin: origin.map(str::to_owned),
        }
    }
}

/// When each system was read, and what stands in the way.
fn health(view: &TenantView, now: Timestamp) -> Vec<String> {
    let reads = view.systems.iter().map(|system| {
        let name = system.system.label();
        match system.read_at {
            Some(at) => format!("{name} was read {}.", format::moment(at, now, &view.zone)),
            None => format!("{name} was not read."),
        }
    });
    let troubles = banners(view, now)
        .into_iter()
        .map(|banner| one_line(&format!("{} {}", banner.what, banner.then)));
    reads.chain(troubles).collect()
}

/// How many proposals wait for which lead, and on Mondays what one person approved alone. A letter
/// leads to the page and never approves.
async fn approvals(desk: &Desk, everybody: &[Colleague]) -> anyhow::Result<Vec<String>> {
    let waiting = proposals::open_count(&desk.store, &desk.scope).await?;
    let line = |(department, count): (Department, i64)| {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let waits = format::of(count, "proposal waits", "proposals wait");
        format!("{waits} for the {}.", department.lead_title())
    };
    let mut lines: Vec<String> = waiting.into_iter().map(line).collect();
    if desk.today()?.weekday() == Weekday::Monday {
        lines.extend(approved_alone(desk, everybody).await?);
    }
    Ok(lines)
}

/// What one person approved alone within the last seven days.
async fn approved_alone(desk: &Desk, everybody: &[Colleague]) -> anyhow::Result<Vec<String>> {
    let week = SignedDuration::from_hours(7 * 24);
    let since = desk.clock.now().checked_sub(week)?;
    let found = proposals::approved_alone(&desk.store, &desk.scope, since).await?;
    let line = |one: proposals::Alone| {
        let by = everybody.iter().find(|it| it.id == one.by.as_str());
        let by = by.map_or(one.by.as_str(), |it| it.name.as_str());
        one_line(&format!(
            "Approved by {by} alone: {} ({})",
            format::sentence(&one.sentence, |_| None),
            format::dollars(one.money)
        ))
    };
    Ok(found.into_iter().map(line).collect())
}

/// The anchor of the audit's chain: whoever keeps the letters can prove later what was written.
async fn audit(desk: &Desk) -> anyhow::Result<String> {
    witness::take_in(desk).await?;
    Ok(
        match store::audit::verify(&desk.store, &desk.scope, Vec::new()).await? {
            Ok(anchor) => format!("{} entries, anchor {}", anchor.entries, anchor.hash),
            Err(broken) => format!("NOT whole: {broken}. Tell whoever runs the server."),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use gate::roles::Grant;

    #[test]
    fn owners_and_leads_get_it_unless_they_say_otherwise() {
        for (role, by_default) in [
            (Role::Owner, true),
            (Role::Lead(Department::Payroll), true),
            (Role::Preparer, false),
            (Role::Viewer, false),
            (Role::Auditor, false),
        ] {
            let grants = Grants::new(vec![Grant::standing(role)]);
            assert_eq!(wants(None, &grants), by_default, "{role:?}");
            assert!(wants(Some(true), &grants));
            assert!(!wants(Some(false), &grants));
        }
    }
}
