//! Alike proposals on one page, approved at once.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form as Sent, RawQuery, State};
use axum::response::Response;
use gate::digest::Digest;
use gate::proposal::Proposal;
use serde::Deserialize;
use url::form_urlencoded;

use super::{card, decider, told};
use crate::approvals::{self, Chosen, Decided, NotApproved, NotDecided};
use crate::web::access::Action;
use crate::web::error::{AppError, page as rendered};
use crate::web::format;
use crate::web::house::House;
use crate::web::shell::{Asked, Place, Shell};
use crate::web::signin::view::Form;
use crate::web::visitor::Visitor;

/// What a person sends: `id:digest` of each, with commas between, and the digest of all.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Together {
    chosen: String,
    batch: String,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Line {
    /// Its page.
    pub href: String,
    /// What will happen.
    pub sentence: String,
    /// What it moves.
    pub amount: String,
    /// What came of it, once it was decided.
    pub outcome: Option<String>,
}

/// All of them.
#[derive(Debug, Template)]
#[template(path = "approvals/together.html")]
pub struct TogetherPage {
    /// What stands around it.
    pub shell: Shell,
    /// Their tags, which they have in common.
    pub tags: Vec<card::Tag>,
    /// How many, of what.
    pub title: String,
    /// What they move in all; or why they are not approved together.
    pub total: String,
    /// One by one.
    pub lines: Vec<Line>,
    /// Who approves, and how each can be undone.
    pub terms: Option<(String, String)>,
    /// To approve them.
    pub approve: Option<Form>,
}

/// `GET /approvals/together?id=…&id=…`
///
/// # Errors
/// When `gate` does not let them be approved together; when the store cannot be read.
pub async fn page(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let query = query.unwrap_or_default();
    let chosen: Vec<Chosen> = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "id")
        .map(|(_, id)| Chosen {
            id: id.into_owned(),
            shown: None,
        })
        .collect();
    let desk = asked.desk().await?;
    let shown = match approvals::look_together(&desk, &chosen).await {
        Ok(shown) => shown,
        Err(NotApproved::Store(error)) => return Err(error.into()),
        Err(why) => return rendered(&TogetherPage::without(&asked, why.to_string())),
    };
    let each = shown.each.iter();
    let hidden: Vec<String> = each
        .map(|(one, digest)| format!("{}:{digest}", one.id))
        .collect();
    let batch = &shown.batch;
    let department = batch.department;
    let form = Form::new("/approvals/together", Vec::new(), "Approve all of these")
        .of_session(&asked.visitor.csrf)
        .hiding("chosen", &hidden.join(","))
        .hiding("batch", &batch.digest.to_string());
    let decides = asked.visitor.may(Action::Approve);
    rendered(&TogetherPage {
        shell: asked.shell(Place::Approvals, "Approve together"),
        tags: card::tags(batch.kind),
        title: format::of(batch.count, "proposal", "proposals") + " together",
        total: format!("In all {}", format::dollars(batch.total)),
        lines: shown.each.iter().map(|(one, _)| line(one, None)).collect(),
        terms: Some((
            format!(
                "The {}, who had no hand in any of them. Each is approved for itself, and whatever \
                 changed meanwhile is left out.",
                department.lead_title()
            ),
            format::sentence(&format!("Each {}.", batch.kind.undo()), |_| None),
        )),
        approve: decides.then_some(form),
    })
}

/// `POST /approvals/together`
///
/// # Errors
/// When `gate` does not let them be approved together, or they are others than were shown; when the
/// store fails. What may not be approved for itself is told on the page.
pub async fn approve(
    State(house): State<Arc<House>>,
    visitor: Visitor,
    Sent(sent): Sent<Together>,
) -> Result<Response, AppError> {
    let asked = Asked::gather(&house, visitor).await?;
    let chosen: Option<Vec<Chosen>> = sent.chosen.split(',').map(chosen).collect();
    let (Some(chosen), Some(batch)) = (chosen, Digest::from_text(&sent.batch)) else {
        return Err(refused(NotApproved::Changed));
    };
    let (desk, decider) = (asked.desk().await?, decider(&asked));
    let done = approvals::approve_together(&desk, &decider, &chosen, batch)
        .await
        .map_err(refused)?;
    house.asked(asked.tenant.scope(), None).await;
    for (one, decided) in &done {
        if let Ok(Decided::Waits(until)) = decided {
            told(&house, &asked, &one.id, *until).await?;
        }
    }
    let given: Vec<&Proposal> = done
        .iter()
        .filter(|(_, decided)| decided.is_ok())
        .map(|(one, _)| one)
        .collect();
    let total = given.iter().map(|one| one.newest().draft.money).sum();
    let kind = done.first().map(|(one, _)| one.newest().draft.kind);
    rendered(&TogetherPage {
        shell: asked.shell(Place::Approvals, "Approved together"),
        tags: kind.map(card::tags).unwrap_or_default(),
        title: format!(
            "{} of {} approved",
            given.len(),
            format::of(done.len(), "proposal", "proposals")
        ),
        total: format!("In all {}", format::dollars(total)),
        lines: done
            .iter()
            .map(|(one, decided)| line(one, Some(outcome(decided, &asked))))
            .collect(),
        terms: None,
        approve: None,
    })
}

fn chosen(text: &str) -> Option<Chosen> {
    let (id, digest) = text.split_once(':')?;
    Some(Chosen {
        id: id.to_owned(),
        shown: Some(Digest::from_text(digest)?),
    })
}

fn outcome(decided: &Result<Decided, NotDecided>, asked: &Asked) -> String {
    match decided {
        Ok(Decided::Approved) => "Approved".to_owned(),
        Ok(Decided::OneOfTwo) => "Approved, it takes somebody else as well".to_owned(),
        Ok(Decided::Waits(until)) => format!(
            "Approved, written from {} on",
            format::moment(*until, asked.now, &asked.view.zone)
        ),
        Err(NotDecided::Gate(refusal)) => refusal.to_string(),
        Err(NotDecided::Store(_)) => {
            "Could not be kept. Nothing was changed; try it again from its page.".to_owned()
        }
    }
}

fn line(one: &Proposal, outcome: Option<String>) -> Line {
    let draft = &one.newest().draft;
    Line {
        href: format!("/approvals/{}", one.id),
        sentence: format::sentence(&draft.sentence, |_| None),
        amount: if draft.money.is_zero() {
            String::new()
        } else {
            format::dollars(draft.money)
        },
        outcome,
    }
}

fn refused(error: NotApproved) -> AppError {
    match error {
        NotApproved::Store(error) => error.into(),
        other => AppError::Conflict(other.to_string()),
    }
}

impl TogetherPage {
    /// Why these are not approved together.
    fn without(asked: &Asked, why: String) -> Self {
        Self {
            shell: asked.shell(Place::Approvals, "Approve together"),
            tags: Vec::new(),
            title: "Not together".to_owned(),
            total: why,
            lines: Vec::new(),
            terms: None,
            approve: None,
        }
    }

    /// An example for tests.
    #[must_use]
    pub fn sample() -> Self {
        let line = |outcome: Option<&str>| Line {
            href: "/approvals/prp_1".to_owned(),
            sentence: "Payment 5521 is applied to invoice 1087.".to_owned(),
            amount: "$86,450.00".to_owned(),
            outcome: outcome.map(str::to_owned),
        };
        Self {
            shell: Shell::sample(),
            tags: card::tags(gate::action::Kind::ApplyPayment),
            title: "2 proposals together".to_owned(),
            total: "In all $172,900.00".to_owned(),
            lines: vec![line(None), line(Some("Approved"))],
            terms: Some((
                "The A/R lead, who had no hand in any of them.".to_owned(),
                "Each can be undone exactly.".to_owned(),
            )),
            approve: Some(
                Form::new("/approvals/together", Vec::new(), "Approve all of these")
                    .of_session("token"),
            ),
        }
    }
}
